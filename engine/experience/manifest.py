"""The model of `experience.yaml`: what an experience is called, which roles it plays on, what its assets are.

Only shape is checked here (types, allowed words, required fields). What needs other files (does the story
exist, is every asset covered by a row) is the work of `package.py`; both kinds are reported together.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    PlainValidator,
    WithJsonSchema,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from engine.timeline.part import Part
from engine.timeline.quantities import Vec3, read_color, read_number
from engine.timeline.roles import COMPONENTS, RoleKind, RoleSpec

# Version of the format this engine writes and reads. A later one gets a migration from this one.
MANIFEST_VERSION = 1

Modality = Literal["motion", "haptic", "wind", "scent", "light", "water", "fog", "audio", "temperature"]


class Strict(Part):
    """A part whose values are taken as they stand: no text becomes a number, no number a text."""

    model_config = ConfigDict(strict=True)


def _shaped(pattern: str, form: str) -> tuple[AfterValidator, WithJsonSchema]:
    """A text of a certain form, with a message that says which."""

    def check(text: str) -> str:
        if re.fullmatch(pattern, text) is None:
            raise ValueError(f"{text!r} is not {form}")
        return text

    return AfterValidator(check), WithJsonSchema({"type": "string", "pattern": f"^{pattern}$"})


# ids travel into file names, journals, fixture names and URLs: hence so few characters.
Name = Annotated[
    str, *_shaped(r"[a-z][a-z0-9_]*", "a name; use small letters, digits and _, as in night_market")
]
RoleName = Annotated[
    str,
    *_shaped(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+", "a role; write family.name, as in light.street"),
]
LOCALE_PATTERN = r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*"
Locale = Annotated[str, *_shaped(LOCALE_PATTERN, "a locale; write for one en, zh or zh-Hant")]


def _text_in_every_locale(value: dict[str, str]) -> dict[str, str]:
    if not value:
        raise ValueError("needs a text in at least one language, as {en: ..., zh: ...}")
    empty = [locale for locale, text in value.items() if not text.strip()]
    if empty:
        raise ValueError(f"the text for {', '.join(empty)} is empty")
    return value


Localised = Annotated[
    dict[Locale, str],
    AfterValidator(_text_in_every_locale),
    Field(description="A text per locale, as {en: ..., zh: ...}."),
]


def _read_rest(value: Any) -> float | Vec3 | None:
    if value is None:
        return None
    return read_color(value) if isinstance(value, list | str) else read_number(value)


class RoleDoc(Strict):
    """One thing a show can play on. The show names it, a rig says what it drives."""

    kind: Literal["level", "color", "motion", "haptic"] = Field(
        description="level: one number 0..1. color: three. motion: six axes. haptic: amplitude and frequency."
    )
    per: Literal["seat", "room"] = Field(default="room", description="Whether every seat has one of its own.")
    modality: Modality | None = Field(
        default=None, description="Which of a guest's intensity controls scales it."
    )
    picture_only: bool = Field(default=False, description="Drives the picture alone; a rig need not know it.")
    rest: Annotated[
        float | Vec3 | None,
        PlainValidator(_read_rest),
        WithJsonSchema({"anyOf": [{"type": kind} for kind in ("number", "array", "string", "null")]}),
    ] = Field(default=None, description="Value before any cue and after a stop. Default 0.")

    @model_validator(mode="after")
    def _rest_and_modality_fit(self) -> RoleDoc:
        if not self.picture_only and self.modality is None:
            raise ValueError("needs a modality (or picture_only: true)")
        if isinstance(self.rest, tuple) and self.kind != "color":
            raise ValueError(f"rest of a {self.kind} role is one number, not a colour")
        if self.kind in {"motion", "haptic"} and self.rest:
            raise ValueError(f"rest of a {self.kind} role is always 0, not {self.rest}")
        return self

    def spec(self, name: str) -> RoleSpec:
        """Give the role as the timeline knows it."""
        kind = RoleKind(self.kind)
        rest = self.rest if isinstance(self.rest, tuple) else (self.rest or 0.0,) * len(COMPONENTS[kind])
        return RoleSpec(name, kind, self.per, self.modality or "", self.picture_only, rest)


class Comfort(Strict):
    """What a guest is told beforehand."""

    flashes: Literal["none", "mild", "strong"] = "none"
    motion: Literal["none", "gentle", "moderate", "strong"] = "none"
    darkness: bool = Field(default=False, description="Long dark passages.")
    loud: bool = Field(default=False, description="Sudden or loud sounds.")
    scent: bool = Field(default=False, description="Scents that can trouble people with allergies.")
    water: bool = Field(default=False, description="Mist or spray that reaches the guest.")
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
    id: Name
    title: Localised
    description: Localised | None = None
    languages: list[Locale] = Field(
        min_length=1, description="Locales with captions; the first is the one others fall back to."
    )
    story: str = Field(default="story.ink.json", description="Compiled ink; its source lies beside it.")
    font: str | None = Field(default=None, description="Caption font; default the engine's own.")
    roles: dict[RoleName, RoleDoc] = Field(default_factory=dict)
    comfort: Comfort = Comfort()
    loudness: Annotated[float, Field(ge=-60.0, le=0.0)] | None = Field(
        default=None,
        description="Integrated loudness in LUFS as it is authored, as `sensorama loudness` measures it; a venue plays it at its own.",
    )
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
    """A caption; plain text alone, or with its speaker."""

    text: str
    speaker: str | None = Field(default=None, description="A key of `speakers`, or the name itself.")

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        return {"text": value} if isinstance(value, str) else value

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"anyOf": [{"type": "string"}, handler.resolve_ref_schema(handler(core))]}


class Captions(Strict):
    """The whole of `captions/<locale>.yaml`."""

    lines: dict[str, CaptionLine] = Field(default_factory=dict, description="Caption by line id.")
    options: dict[str, str] = Field(default_factory=dict, description="Text on the panel, by option id.")
    speakers: dict[str, str] = Field(
        default_factory=dict, description="Name by speaker key; the story's `# speaker:` tags give the key."
    )
