"""The model of `experience.yaml`: what an experience is called, which roles it plays on, what its assets are.

Only shape is checked here (types, allowed words, required fields). What needs other files (does the story
exist, is every asset covered by a row) is the work of `package.py`; both kinds are reported together.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

# Version of the format this engine writes and reads. A later one gets a migration from this one.
MANIFEST_VERSION = 1

# ids travel into file names, journals, DMX fixture names and URLs: small letters, digits and underscore only.
ID_PATTERN = r"^[a-z][a-z0-9_]*$"
# Roles read as `family.name`: light.street, seat.motion.
ROLE_PATTERN = r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$"
LOCALE_PATTERN = r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$"

Modality = Literal["motion", "haptic", "wind", "scent", "light", "water", "fog", "audio", "temperature"]


class Strict(BaseModel):
    """Base of all authored documents: unknown keys and silent conversions are refused."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, validate_default=True)


def _text_in_every_locale(value: dict[str, str]) -> dict[str, str]:
    if not value:
        raise ValueError("needs a text in at least one language, as {en: ..., zh: ...}")
    empty = [locale for locale, text in value.items() if not text.strip()]
    if empty:
        raise ValueError(f"has an empty text for {', '.join(empty)}")
    return value


Localised = Annotated[
    dict[Annotated[str, Field(pattern=LOCALE_PATTERN)], str],
    AfterValidator(_text_in_every_locale),
    Field(description="A text per locale, as {en: ..., zh: ...}."),
]


class RoleDoc(Strict):
    """One thing a show can play on. The show names it, a rig says what it drives."""

    kind: Literal["level", "color", "motion", "haptic"] = Field(
        description="level: one number 0..1. color: three. motion: six axes. haptic: amplitude and frequency."
    )
    per: Literal["seat", "room"] = Field("room", description="Whether every seat has one of its own.")
    modality: Modality | None = Field(
        None, description="Which of a guest's intensity controls scales it; none for picture_only roles."
    )
    picture_only: bool = Field(False, description="Drives the picture alone; a rig need not know it.")
    rest: float | list[float] | None = Field(
        None, description="Value where no cue has spoken yet, and where a stop leads. Default 0."
    )

    @model_validator(mode="after")
    def _rest_and_modality_fit(self) -> RoleDoc:
        if not self.picture_only and self.modality is None:
            raise ValueError("needs a modality (or picture_only: true)")
        if isinstance(self.rest, list):
            if self.kind != "color":
                raise ValueError(f"rest of a {self.kind} role is one number, not a list of {len(self.rest)}")
            if len(self.rest) != 3:
                raise ValueError(f"rest of a color role is [r, g, b]; this list has {len(self.rest)}")
        elif self.rest is not None and self.kind in {"motion", "haptic"} and self.rest != 0:
            raise ValueError(f"rest of a {self.kind} role is always 0; this is {self.rest}")
        return self

    def rest_values(self) -> tuple[float, ...]:
        """Give the rest value of each component, in the order of the role's kind."""
        width = {"level": 1, "color": 3, "motion": 6, "haptic": 2}[self.kind]
        if isinstance(self.rest, list):
            return tuple(float(value) for value in self.rest)
        return (float(self.rest or 0.0),) * width


class Comfort(Strict):
    """What a guest is told beforehand."""

    flashes: Literal["none", "mild", "strong"] = "none"
    motion: Literal["none", "gentle", "moderate", "strong"] = "none"
    darkness: bool = Field(False, description="Long dark passages.")
    loud: bool = Field(False, description="Sudden or loud sounds.")
    scent: bool = Field(False, description="Scents that can trouble people with allergies.")
    water: bool = Field(False, description="Mist or spray that reaches the guest.")
    note: Localised | None = None


class Credit(Strict):
    """One line of the credits."""

    role: Localised
    name: str = Field(min_length=1)


class AssetRow(Strict):
    """Where the files that a pattern covers come from."""

    source: str = Field(min_length=1, description="A URL, or the folder of the generator that made them.")
    licence: str = Field(min_length=1, description="SPDX identifier, as Apache-2.0, OFL-1.1, CC-BY-4.0.")
    made_by: Literal["human", "generator", "ai"] = Field(description="Who made it.")
    note: str = ""


class Manifest(Strict):
    """The whole of `experience.yaml`."""

    sensorama: Literal[1] = Field(description="Version of this format.")
    id: str = Field(pattern=ID_PATTERN)
    title: Localised
    description: Localised | None = None
    languages: list[Annotated[str, Field(pattern=LOCALE_PATTERN)]] = Field(
        min_length=1, description="Locales with captions; the first is the one others fall back to."
    )
    story: str = Field("story.ink.json", description="Compiled ink; its source lies beside it as story.ink.")
    font: str | None = Field(None, description="Caption font inside the package; default the engine's own.")
    roles: dict[Annotated[str, Field(pattern=ROLE_PATTERN)], RoleDoc] = Field(default_factory=dict)
    comfort: Comfort = Field(default_factory=Comfort)
    credits: list[Credit] = Field(default_factory=list)
    assets: dict[str, AssetRow] = Field(
        default_factory=dict,
        description="One row per file or glob under models, audio, fonts and video.",
    )

    @model_validator(mode="after")
    def _languages_once(self) -> Manifest:
        twice = sorted({locale for locale in self.languages if self.languages.count(locale) > 1})
        if twice:
            raise ValueError(f"languages names {', '.join(twice)} more than once")
        return self


class CaptionLine(Strict):
    """A caption with what belongs to it, where plain text is not enough."""

    text: str
    speaker: str | None = Field(None, description="A key of `speakers`, or the name itself.")


class Captions(Strict):
    """The whole of `captions/<locale>.yaml`."""

    lines: dict[str, str | CaptionLine] = Field(default_factory=dict, description="Caption by line id.")
    options: dict[str, str] = Field(default_factory=dict, description="Text on the panel, by option id.")
    speakers: dict[str, str] = Field(
        default_factory=dict, description="Name by speaker key (or by line id, where a line names no key)."
    )
