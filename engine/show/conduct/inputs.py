"""What people do to a show: the only things, besides time, that a run depends on.

Each input is a small frozen value. The conductor stamps it with the host instant at which it took it, the journal
keeps it, and a replay hands the same values back at the same instants.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

from engine.errors import JournalError
from engine.experience.headset import COMFORT_LEVELS
from engine.units import MODALITIES


@dataclass(frozen=True, slots=True)
class Look:
    """A guest's gaze came to rest on something, or left everything (``target=None``).

    ``target`` is ``"option:<id>"`` for a choice panel and ``"target:<id>"`` for a thing of the scene.
    """

    seat: int
    target: str | None


@dataclass(frozen=True, slots=True)
class Pick:
    """A guest chose an option outright: a click on its panel, a key, a seat button, a phone."""

    seat: int
    option: str
    by: str = "mouse"


@dataclass(frozen=True, slots=True)
class Touch:
    """A hand, a controller or a mouse click reached a target of the scene."""

    seat: int
    target: str


@dataclass(frozen=True, slots=True)
class Key:
    """A key that a scene's trigger may be waiting for."""

    seat: int
    key: str


@dataclass(frozen=True, slots=True)
class External:
    """A go from outside: a console, a PLC, a network message. Named by the rig's mapping."""

    name: str


@dataclass(frozen=True, slots=True)
class Operator:
    """What the operator does.

    ``action`` is one of ``hold``, ``resume``, ``toggle_hold``, ``stop``, ``interrupt`` and ``fail`` (``name`` says why: the run ends
    for a reason outside the show), ``seek_by`` (``value`` in flicks),
    ``intensity`` (``name`` a modality, ``value`` 0..1000 permille) and ``language`` (``value`` an index).
    """

    action: str
    value: int = 0
    name: str = ""


@dataclass(frozen=True, slots=True)
class Clock:
    """What the timecode that is followed asks of the show; decided by `engine.time.chase`.

    ``action`` is ``rate`` (run at another speed), ``hold``, ``resume`` (go on at this rate) or ``jump`` (move the place in the
    show by ``by_fl`` under the missed-cue ``policy`` late, skip or chase, and run). The rate is ``rate_num / rate_den`` in show time
    per host time, above 0.
    """

    action: str
    rate_num: int = 1
    rate_den: int = 1
    by_fl: int = 0
    policy: str = "skip"

    def __post_init__(self) -> None:
        if self.action not in ("rate", "hold", "resume", "jump"):
            raise JournalError(f"clock input {self.action!r} is unknown; allowed: rate, hold, resume, jump")
        if self.rate_num <= 0 or self.rate_den <= 0:
            raise JournalError(
                f"the rate of a clock input is {self.rate_num}/{self.rate_den}; it must be above 0"
            )

    @property
    def rate(self) -> Fraction:
        """Show time per host time."""
        return Fraction(self.rate_num, self.rate_den)


#: What can be said of a guest.
GUEST_ACTIONS = ("arrived", "left", "language", "comfort", "photosensitive", "intensity")


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody sat down, got up, or said how the show is to be on that seat; or somebody said it for her.

    ``action`` is ``arrived``, ``left``, ``language`` (``value`` an index into the package's languages, -1 for the show's own), ``comfort``
    (``value`` an index into `engine.experience.headset.COMFORT_LEVELS`), ``photosensitive`` (``value`` 1 or 0) or ``intensity`` (``name``
    a modality, ``value`` 0..1000 permille).
    """

    seat: int
    action: str
    value: int = 0
    name: str = ""

    def __post_init__(self) -> None:
        if self.action not in GUEST_ACTIONS:
            raise JournalError(f"guest input {self.action!r} is unknown; allowed: {', '.join(GUEST_ACTIONS)}")
        low, high = {
            "language": (-1, 255),
            "comfort": (0, len(COMFORT_LEVELS) - 1),
            "photosensitive": (0, 1),
            "intensity": (0, 1000),
        }.get(self.action, (0, 0))
        if not low <= self.value <= high:
            raise JournalError(
                f"guest input {self.action} has the value {self.value}; allowed: {low} to {high}"
            )
        if self.action == "intensity" and self.name not in MODALITIES:
            raise JournalError(f"guest input intensity names {self.name!r}; allowed: {', '.join(MODALITIES)}")


Input = Look | Pick | Touch | Key | External | Operator | Clock | Guest

_BY_NAME: dict[str, type[Any]] = {
    "look": Look,
    "pick": Pick,
    "touch": Touch,
    "key": Key,
    "external": External,
    "operator": Operator,
    "clock": Clock,
    "guest": Guest,
}


def to_json(event: Input) -> dict[str, Any]:
    """The journal's form of an input: its fields and a ``type``."""
    return {"type": type(event).__name__.lower(), **asdict(event)}


def from_json(row: Mapping[str, Any]) -> Input:
    """The inverse of :func:`to_json`; unknown fields of a later version are ignored.

    Raises
    ------
    JournalError
        The type is not one of ours.
    """
    name = str(row.get("type", ""))
    kind = _BY_NAME.get(name)
    if kind is None:
        raise JournalError(f"input of type {name!r} is unknown; this version reads {', '.join(_BY_NAME)}")
    fields = kind.__dataclass_fields__
    result: Input = kind(**{key: value for key, value in row.items() if key in fields})
    return result
