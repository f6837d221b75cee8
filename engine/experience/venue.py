"""Values of a rig file's ties to the venue around it: timecode, inputs from outside, permissives, standby."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal

from engine.errors import Place
from engine.experience.headset import COMFORT_LEVELS
from engine.experience.live_motion import LiveMotionSpec, build_live_motion
from engine.time.codes.phase import base_rate, split
from engine.time.flicks import fl_to_ns, parse_duration_fl
from engine.time.rates import FrameRate, rate_named
from engine.time.timecode import parse_timecode

if TYPE_CHECKING:
    from engine.experience.rig_model import RigDoc
    from engine.experience.venue_model import ActionDoc, CueInDoc, FollowDoc, SendDoc

Say = Callable[[Sequence[str | int], str, str], None]
Find = Callable[[Sequence[str | int]], Place]
_LEAST_STALE_NS = 10_000_000
_LEAST_TAKE_OVER_NS = 50_000_000
WIRES = ("ltc", "mtc", "artnet", "cinema")
# A wire counts at most 30 frames a second; digital-cinema sync counts edit units instead (SMPTE ST 430-12).
_WIRE_RATES: Mapping[str, tuple[str, ...]] = {
    "ltc": ("23.976", "24", "25", "29.97", "29.97df", "30"),
    "mtc": ("23.976", "24", "25", "29.97", "29.97df", "30"),
    "artnet": ("23.976", "24", "25", "29.97df", "30"),
    "cinema": ("24", "25", "30", "48", "50", "60", "96", "100", "120"),
}


@dataclass(frozen=True, slots=True)
class FollowSpec:
    """The clock a show follows. `start_index` is the frame, at `rate`, at which the show's running time is zero.

    A high frame rate is followed by its base rate, `rate`; what of `start` lies within a base frame is in `offset_ns`.
    """

    wire: Literal["ltc", "mtc", "artnet", "cinema"]
    port: str
    rate: FrameRate
    start_index: int
    offset_ns: int
    freewheel_ns: int
    then: Literal["hold", "jam"]
    slew_ppm: float
    jump_over_fl: int
    missed: Literal["late", "skip", "chase"]
    place: Place


@dataclass(frozen=True, slots=True)
class SendSpec:
    """One timecode a show generates. `start_index` is sent at running time zero."""

    wire: Literal["ltc", "mtc", "artnet", "cinema"]
    port: str
    rate: FrameRate
    start_index: int
    offset_ns: int
    place: Place


@dataclass(frozen=True, slots=True)
class InputSpec:
    """One source that is listened to."""

    name: str
    source: str
    port: str
    settings: Mapping[str, Any]
    place: Place


@dataclass(frozen=True, slots=True)
class Action:
    """What a trigger does.

    ``kind`` is external, vote, operator, seek_by, intensity, language, comfort (``value`` an index into `COMFORT_LEVELS`),
    photosensitive (``value`` 1 or 0) or guest (``name`` arrived or left).
    """

    kind: str
    name: str = ""
    value: int = 0


@dataclass(frozen=True, slots=True)
class CueIn:
    """Signals of `input` at `address` (a trailing ``*`` matches any rest) that set off `action`."""

    input: str
    address: str
    action: Action
    equals: float | int | str | bool | None = None
    above: float | None = None
    below: float | None = None
    seat: int = 0
    cooldown_ns: int = 0
    place: Place = field(default_factory=lambda: Place("rig"))


@dataclass(frozen=True, slots=True)
class PermitSpec:
    """A permissive: devices that name it move only while it is true and fresh."""

    name: str
    source: str
    port: str
    stale_ns: int
    settings: Mapping[str, Any]
    place: Place


@dataclass(frozen=True, slots=True)
class StandbySpec:
    """Where leader and standby meet."""

    listen: str
    take_over_ns: int
    place: Place = field(default_factory=lambda: Place("rig"))


@dataclass(frozen=True, slots=True)
class Venue:
    """Everything around the show. Values only: it can be pickled and handed to a spawned process."""

    follow: FollowSpec | None = None
    send: tuple[SendSpec, ...] = ()
    inputs: tuple[InputSpec, ...] = ()
    cues: tuple[CueIn, ...] = ()
    permits: tuple[PermitSpec, ...] = ()
    live_motion: tuple[LiveMotionSpec, ...] = ()
    standby: StandbySpec = field(default_factory=lambda: StandbySpec("tcp://127.0.0.1:7410", 400_000_000))


def build_venue(doc: RigDoc, seats: Mapping[str, int], find: Find, say: Say) -> Venue:
    """Turn the checked document into values; `say` takes ``(path, message, hint)`` for what is wrong."""
    follow = None
    if doc.timecode.follow is not None:
        follow = _follow(doc.timecode.follow, find, say)
    inputs = tuple(
        InputSpec(name, row.source, row.port, row.settings, find(("inputs", name)))
        for name, row in doc.inputs.items()
    )
    cues = [_cue(row, index, doc, seats, find, say) for index, row in enumerate(doc.triggers)]
    permits = tuple(
        PermitSpec(name, row.source, row.port, fl_to_ns(row.stale), row.settings, find(("permits", name)))
        for name, row in doc.permits.items()
    )
    for name, device in doc.devices.items():
        if device.permit is not None and device.permit not in doc.permits:
            there = ", ".join(doc.permits) or "none"
            say(("devices", name, "permit"), f"there is no permit {device.permit!r}", f"permits are: {there}")
    for name, permit in doc.permits.items():
        if fl_to_ns(permit.stale) < _LEAST_STALE_NS:
            say(
                ("permits", name, "stale"),
                "stale is too short for anything to be read in",
                "10ms at least, 300ms is usual",
            )
    if fl_to_ns(doc.standby.take_over) < _LEAST_TAKE_OVER_NS:
        say(
            ("standby", "take_over"),
            "take_over is shorter than a leader may be silent",
            "50ms at least, 400ms is usual",
        )
    return Venue(
        follow=follow,
        send=tuple(_send(row, index, find, say) for index, row in enumerate(doc.timecode.send)),
        inputs=inputs,
        cues=tuple(cue for cue in cues if cue is not None),
        permits=permits,
        live_motion=build_live_motion(doc, find, say),
        standby=StandbySpec(doc.standby.listen, fl_to_ns(doc.standby.take_over), find(("standby",))),
    )


def parse_offset_ns(text: str) -> int:
    """Nanoseconds of ``80ms`` or ``-80ms``.

    Raises
    ------
    ValueError
        With what is allowed.
    """
    sign, rest = (-1, text[1:]) if text.startswith("-") else (1, text)
    return sign * fl_to_ns(int(parse_duration_fl(rest)))


def _rate(wire: str, label: str, at: Sequence[str | int], say: Say) -> tuple[FrameRate, FrameRate, int]:
    """The rate as written, the one the wire counts, and how many of the former's frames are one of the latter's."""
    try:
        rate = rate_named(label)
        counted, parts = (rate, 1) if wire == "cinema" else base_rate(rate)
    except ValueError as error:
        say((*at, "rate"), str(error), "")
        rate = rate_named("25")
        return rate, rate, 1
    if counted.label not in _WIRE_RATES[wire]:
        allowed = ", ".join(_WIRE_RATES[wire])
        say(
            (*at, "rate"),
            f"{wire} cannot carry {label} frames a second",
            f"it counts {allowed}, and whole multiples of these",
        )
    return rate, counted, parts


def _start(
    text: str, rate: tuple[FrameRate, FrameRate, int], at: Sequence[str | int], say: Say
) -> tuple[int, int]:
    """The wire's frame in which `text` lies, and how far into it, in nanoseconds: the phase of a high frame rate."""
    high, _, parts = rate
    phased = split(_label(text, high, at, say), parts)
    return phased.base, round(Fraction(phased.phase * 1_000_000_000) / high.fps)


def _label(text: str, rate: FrameRate, at: Sequence[str | int], say: Say) -> int:
    try:
        return parse_timecode(
            text.replace(":", ";", 3).replace(";", ":", 2) if rate.drop else text, rate
        ).to_index()
    except ValueError as error:
        say((*at, "start"), str(error), "")
        return 0


def _offset(text: str, at: Sequence[str | int], say: Say) -> int:
    try:
        return parse_offset_ns(text)
    except ValueError as error:
        say((*at, "offset"), str(error), "")
        return 0


def _follow(doc: FollowDoc, find: Find, say: Say) -> FollowSpec:
    at = ("timecode", "follow")
    if doc.rate is None:
        hint = "write what the source sends, as rate: 25; `sensorama timecode read` shows it"
        say(at, "the rate is missing: `start` cannot be placed without it", hint)
    rate = _rate(doc.wire, doc.rate or "25", at, say)
    start_index, into_ns = _start(doc.start, rate, at, say)
    return FollowSpec(
        wire=doc.wire,
        port=doc.port,
        rate=rate[1],
        start_index=start_index,
        offset_ns=_offset(doc.offset, at, say) - into_ns,
        freewheel_ns=fl_to_ns(doc.freewheel),
        then=doc.then,
        slew_ppm=doc.slew_ppm,
        jump_over_fl=doc.jump_over,
        missed=doc.missed,
        place=find(at),
    )


def _send(doc: SendDoc, index: int, find: Find, say: Say) -> SendSpec:
    at = ("timecode", "send", index)
    rate = _rate(doc.wire, doc.rate, at, say)
    start_index, into_ns = _start(doc.start, rate, at, say)
    return SendSpec(
        doc.wire, doc.port, rate[1], start_index, _offset(doc.offset, at, say) + into_ns, find(at)
    )


def _cue(
    doc: CueInDoc, index: int, rig: RigDoc, seats: Mapping[str, int], find: Find, say: Say
) -> CueIn | None:
    at = ("triggers", index)
    if doc.input not in rig.inputs:
        say(
            (*at, "input"),
            f"there is no input {doc.input!r}",
            f"inputs are: {', '.join(rig.inputs) or 'none'}",
        )
        return None
    if doc.above is not None and doc.below is not None and doc.above >= doc.below:
        say(
            (*at, "above"),
            f"no value is above {doc.above:g} and below {doc.below:g}",
            "above and below together are a band: give above the smaller one, or make it two triggers",
        )
    seat = 0
    if doc.seat is not None:
        if doc.seat not in seats:
            say((*at, "seat"), f"there is no seat {doc.seat!r}", f"seats are: {', '.join(seats)}")
        seat = seats.get(doc.seat, 0)
    return CueIn(
        input=doc.input,
        address=doc.address,
        action=_action(doc.do, at, say),
        equals=doc.equals,
        above=doc.above,
        below=doc.below,
        seat=seat,
        cooldown_ns=fl_to_ns(doc.cooldown),
        place=find(at),
    )


def _action(doc: ActionDoc, at: Sequence[str | int], say: Say) -> Action:
    from engine.units import MODALITIES

    if doc.seek_by is not None:
        sign, text = (-1, doc.seek_by[1:]) if doc.seek_by.startswith("-") else (1, doc.seek_by)
        try:
            return Action("seek_by", value=sign * int(parse_duration_fl(text)))
        except ValueError as error:
            say((*at, "do", "seek_by"), str(error), "write 5s, or -5s to go back")
    if doc.intensity is not None and doc.intensity not in MODALITIES:
        say(
            (*at, "do", "intensity"),
            f"{doc.intensity!r} is no modality",
            f"there are {', '.join(MODALITIES)}",
        )
    if doc.comfort is not None:
        return Action("comfort", value=COMFORT_LEVELS.index(doc.comfort))
    if doc.photosensitive is not None:
        return Action("photosensitive", value=int(doc.photosensitive))
    for kind in ("external", "vote", "operator", "intensity", "language", "guest"):
        name = getattr(doc, kind)
        if name is not None:
            return Action(kind, str(name))
    return Action("external", "")
