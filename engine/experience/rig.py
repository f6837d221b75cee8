"""A rig: the venue's seats, devices and displays, and what each role of a show drives there.

The file is checked in two steps: its shape by `rig_model.RigDoc`, then quantities and names here. Both report
with file and line, all at once. What a driver's `settings` mean and whether a port answers is the bus's to
find out; every `DeviceSpec` keeps the place of its parts so that those messages point into the same file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from engine.errors import Place, Problem, RigError, UsageError
from engine.experience.audio_rig import AudioSpec, ShakerSpec  # noqa: F401 - part of a rig, named from here
from engine.experience.audio_rig_builder import build_audio
from engine.experience.budget import Budget, build_budgets
from engine.experience.bundled import shown_file
from engine.experience.certification import CertificatePolicy, build_certification
from engine.experience.dose import SeatDose, build_dose
from engine.experience.headset import (
    DEFAULT_PIVOT_M,
    GuestPolicy,
    HeadsetSpec,
    ProfileSpec,
    build_guests,
    build_headset,
)
from engine.experience.platform import PlatformSpec, build_platform
from engine.experience.venue import Venue, build_venue
from engine.time.flicks import fl_to_ns
from engine.timeline.yamlsource import Places, load_yaml
from engine.units import ANGULAR_AXES, LINEAR_AXES, MOTION_AXES, Dimension, parse_quantity

if TYPE_CHECKING:
    from engine.experience.rig_model import DeviceDoc, RigDoc

_RIGS = Path(__file__).resolve().parent / "rigs"
DEFAULT_RIG = "studio"

# What a limit of each order measures: position, velocity, acceleration, jerk.
_LINEAR = (Dimension.LENGTH, Dimension.SPEED, Dimension.ACCELERATION, Dimension.JERK)
_ANGULAR = (
    Dimension.ANGLE,
    Dimension.ANGULAR_SPEED,
    Dimension.ANGULAR_ACCELERATION,
    Dimension.ANGULAR_JERK,
)


@dataclass(frozen=True, slots=True)
class AxisLimits:
    """What one axis or channel may do. Metres or degrees for motion axes, shares 0..1 for everything else.

    `velocity`, `acceleration` and `jerk` are per second, per second squared and cubed; None where the rig
    sets no limit (never on a motion axis).
    """

    low: float
    high: float
    velocity: float | None = None
    acceleration: float | None = None
    jerk: float | None = None


@dataclass(frozen=True, slots=True)
class Latency:
    """A device answers after `dead_ns` and then approaches its target with the time constant `lag_ns`."""

    dead_ns: int = 0
    lag_ns: int = 0

    @property
    def lead_ns(self) -> int:
        """How far ahead of the picture a command has to leave."""
        return self.dead_ns + self.lag_ns


@dataclass(frozen=True, slots=True)
class SeatSpec:
    """A guest's place; `at_m` is its origin in the room (X right, Y forward, Z up).

    `pivot_m` is the centre of rotation of its platform, seen from the guest's resting eye; `profile` is how it plays for whoever
    sits down, until somebody says otherwise. Its motion and haptics come later than the show by `phase_ns`.
    """

    index: int
    name: str
    at_m: tuple[float, float, float]
    heading_deg: float
    language: str | None
    pivot_m: tuple[float, float, float] = DEFAULT_PIVOT_M
    profile: ProfileSpec = field(default_factory=ProfileSpec)
    phase_ns: int = 0


@dataclass(frozen=True, slots=True)
class DeviceSpec:
    """One device as the rig declares it.

    `seat` is the index of its seat, or -1 for a device of the room. `settings` is handed to the driver as it
    was written. `permit` names the permissive without which it stays in its safe state; `live` the live motion that moves it too;
    `platform` is what it moves its seat with, where the rig says; `budgets` how much its channels may give; `dose` how much motion
    its guest.
    `places` maps the path of a value below the device (`("settings", "universe")`) to its place.
    """

    name: str
    driver: str
    port: str
    seat: int
    rate_hz: float
    latency: Latency
    limits: Mapping[str, AxisLimits]
    safe: Mapping[str, float]
    settings: Mapping[str, Any]
    place: Place
    places: Mapping[tuple[str | int, ...], Place] = field(default_factory=dict, repr=False)
    permit: str = ""
    live: str = ""
    platform: PlatformSpec | None = None
    budgets: Mapping[str, Budget] = field(default_factory=dict)
    dose: SeatDose | None = None

    def place_of(self, *path: str | int) -> Place:
        """Give the place of a value of this device, or of its nearest known parent."""
        for length in range(len(path), 0, -1):
            found = self.places.get(path[:length])
            if found is not None:
                return found
        return self.place


@dataclass(frozen=True, slots=True)
class RoleTarget:
    """One candidate for a role: a device, or with `device` None the declared end of the chain (`none`).

    One that is `also` plays the role beside whichever candidate is chosen.
    """

    device: str | None
    group: str | None = None
    rendered_as: str | None = None
    gain: float = 1.0
    place: Place | None = None
    also: bool = False


@dataclass(frozen=True, slots=True)
class DisplaySpec:
    """One picture, of one seat or (seat -1) of the room."""

    name: str
    kind: Literal["window", "headset", "wall", "offscreen"]
    seat: int
    size_px: tuple[int, int]
    preroll_ns: int


@dataclass(frozen=True, slots=True)
class Rig:
    """A checked rig. Values only: it can be pickled and handed to a spawned process."""

    path: Path
    name: Mapping[str, str]
    tick_hz: int
    watchdog_ns: int
    seats: tuple[SeatSpec, ...]
    devices: tuple[DeviceSpec, ...]
    roles: Mapping[str, tuple[RoleTarget, ...]]
    audio: AudioSpec
    displays: tuple[DisplaySpec, ...]
    hash: str
    venue: Venue = field(default_factory=Venue)
    headset: HeadsetSpec = field(default_factory=HeadsetSpec)
    guests: GuestPolicy = field(default_factory=GuestPolicy)
    certificate: CertificatePolicy = field(default_factory=CertificatePolicy)

    def device(self, name: str) -> DeviceSpec:
        """Give a device by name; KeyError when the rig has none such."""
        for device in self.devices:
            if device.name == name:
                return device
        raise KeyError(name)


def bundled_rigs() -> tuple[str, ...]:
    """List the names of the rigs that come with the engine, sorted."""
    return tuple(sorted(path.stem for path in _RIGS.glob("*.yaml")))


def load_rig(path: str | Path | None = None) -> Rig:
    """Read a rig.

    Parameters
    ----------
    path : str, Path or None
        A file, the name of a rig that comes with the engine (`studio`, `cinema4d`), or None for `studio`.

    Returns
    -------
    Rig

    Raises
    ------
    RigError
        With every mistake of the file as file:line.
    UsageError
        When there is no such file or name.
    """
    source = find_rig(path)
    problems: list[Problem] = []
    data, places = load_yaml(source, shown=shown_file(source), problems=problems)
    doc = None
    if not problems:
        from engine.experience.rig_arrays import expand_arrays

        data, places = expand_arrays(data, places, problems)
        doc = _read(data, places, problems)
        if doc is not None and not doc.seats and not problems:
            problems.append(
                Problem(places.of(("seats",)), "the rig has no seat", "a show needs one at least", code="rig")
            )
    rig = None if doc is None else _Builder(source, doc, data, places, problems).build()
    if problems or rig is None:
        # What an array's template has wrong is wrong with each of its seats, and told once.
        raise RigError(list(dict.fromkeys(problems)))
    return rig


def _read(data: Any, places: Places, problems: list[Problem]) -> RigDoc | None:
    """Read the document; where it has mistakes, give what is sound of it, so that the rest is checked too."""
    from pydantic import BaseModel, ValidationError

    from engine.experience.audio_rig_model import AudioDoc
    from engine.experience.certification_model import CertificateDoc
    from engine.experience.headset_model import GuestsDoc, HeadsetDoc
    from engine.experience.live_motion_model import LiveMotionDoc
    from engine.experience.rig_model import BusDoc, DeviceDoc, RigDoc, SeatDoc, TargetDoc
    from engine.experience.venue_model import CueInDoc, FollowDoc, InputDoc, PermitDoc, SendDoc, StandbyDoc
    from engine.timeline.parse import read_model

    doc = read_model(RigDoc, data, places, problems, what="the rig file")
    if doc is not None or not isinstance(data, dict):
        return doc

    def fits(model: type[BaseModel], value: Any) -> bool:
        try:
            model.model_validate(value)
        except ValidationError:
            return False
        return True

    def sound_part(model: type[BaseModel], value: Any, least: dict[str, Any]) -> dict[str, Any]:
        """Of a part, the values that are sound by themselves, so that these are checked too."""
        if not isinstance(value, dict) or fits(model, value):
            return value if isinstance(value, dict) else least
        return least | {key: item for key, item in value.items() if fits(model, least | {key: item})}

    def sound_lists(model: type[BaseModel], value: dict[str, Any], keys: Iterable[str]) -> dict[str, Any]:
        """Of lists, what stands before the first mistake: the rest would be told with the wrong lines."""
        kept = dict(value)
        for key in keys:
            items = rows(value.get(key))
            kept[key] = next(
                (items[:n] for n in range(len(items), 0, -1) if fits(model, {key: items[:n]})), []
            )
        return kept

    def mapping(key: str) -> dict[str, Any]:
        found = data.get(key)
        return found if isinstance(found, dict) else {}

    def rows(value: Any) -> list[Any]:
        return value if isinstance(value, list) else []

    def no_trigger(row: Any) -> dict[str, Any]:
        asked = row.get("input") if isinstance(row, dict) else None
        there = asked if isinstance(asked, str) and asked else next(iter(mapping("inputs")), "none")
        return {"input": there, "address": "/", "do": {"operator": "hold"}}

    def timecode(value: dict[str, Any]) -> dict[str, Any]:
        no_wire = {"wire": "cinema", "port": "none", "rate": "25"}
        found: dict[str, Any] = {
            "send": [sound_part(SendDoc, row, no_wire) for row in rows(value.get("send"))]
        }
        if isinstance(value.get("follow"), dict):
            found["follow"] = sound_part(FollowDoc, value["follow"], no_wire)
        return found

    parts: tuple[tuple[str, type[BaseModel]], ...] = (
        ("bus", BusDoc),
        ("standby", StandbyDoc),
    )
    sound: dict[str, Any] = {
        "sensorama_rig": 1,
        "name": {"en": "rig"},
        "seats": {name: sound_part(SeatDoc, seat, {}) for name, seat in mapping("seats").items()},
        "audio": sound_part(AudioDoc, sound_lists(AudioDoc, mapping("audio"), ("outputs", "shakers")), {}),
        "headset": sound_part(HeadsetDoc, mapping("headset"), {}),
        "guests": sound_part(GuestsDoc, mapping("guests"), {}),
        "certificate": sound_part(CertificateDoc, mapping("certificate"), {}),
        "devices": {
            name: sound_part(DeviceDoc, device, {"driver": "none"})
            for name, device in mapping("devices").items()
        },
        "inputs": {
            name: sound_part(InputDoc, row, {"source": "none", "port": "none"})
            for name, row in mapping("inputs").items()
        },
        "permits": {
            name: sound_part(PermitDoc, row, {"port": "none"}) for name, row in mapping("permits").items()
        },
        "live_motion": {
            name: sound_part(LiveMotionDoc, row, {"port": "none"})
            for name, row in mapping("live_motion").items()
        },
        "triggers": [sound_part(CueInDoc, row, no_trigger(row)) for row in rows(data.get("triggers"))],
        "timecode": timecode(mapping("timecode")),
        "roles": {
            role: [target for target in targets if fits(TargetDoc, target)]
            for role, targets in mapping("roles").items()
            if isinstance(targets, list)
        },
    }
    sound.update({key: data[key] for key, model in parts if fits(model, data.get(key))})
    try:
        return RigDoc.model_validate(sound)
    except ValidationError:
        return None


def quantity(value: float | str, axis: str, order: int) -> float:
    """Convert an authored quantity to the engine's unit for an axis.

    Parameters
    ----------
    value : float or str
        `50mm`, `8deg`, `250mm/s`; for anything but a motion axis a share: `0.5`, `50%`.
    axis : str
        Name of the axis or channel; it says which units are allowed.
    order : int
        0 position, 1 velocity, 2 acceleration, 3 jerk.

    Raises
    ------
    ValueError
        With what is wrong and what to write instead.
    """
    if axis in LINEAR_AXES:
        return parse_quantity(value, _LINEAR[order])
    if axis in ANGULAR_AXES:
        return parse_quantity(value, _ANGULAR[order])
    return parse_quantity(value, Dimension.RATIO)


def find_rig(path: str | Path | None = None) -> Path:
    """The file of a rig, as `load_rig` takes it.

    Raises
    ------
    UsageError
        When there is no such file or name.
    """
    path = DEFAULT_RIG if path is None else path
    asked = Path(path).expanduser()
    if asked.is_file():
        return asked
    named = _RIGS / f"{asked}.yaml"
    if len(asked.parts) == 1 and named.is_file():
        return named
    raise UsageError(
        f"rig {str(path)!r}: no such file, and no rig of that name comes with the engine. "
        f"Give a file, or one of: {', '.join(bundled_rigs())}"
    )


class _Builder:
    """Turns a checked document into values, collecting what only the whole document shows to be wrong."""

    def __init__(self, source: Path, doc: RigDoc, data: Any, places: Places, problems: list[Problem]) -> None:
        self._source = source
        self._doc = doc
        self._data = data
        self._places = places
        self._problems = problems
        self._seat_index = {name: index for index, name in enumerate(doc.seats)}

    def build(self) -> Rig:
        doc = self._doc
        seats = tuple(
            SeatSpec(
                index=self._seat_index[name],
                name=name,
                at_m=(seat.at[0], seat.at[1], seat.at[2]),
                heading_deg=seat.heading,
                language=seat.language,
                pivot_m=seat.pivot,
                profile=ProfileSpec(seat.profile.comfort, seat.profile.photosensitive),
                phase_ns=fl_to_ns(seat.phase),
            )
            for name, seat in doc.seats.items()
        )
        devices = tuple(self._device(name, device) for name, device in doc.devices.items())
        roles = {role: self._targets(role) for role in doc.roles}
        audio = build_audio(doc.audio, self._seat_index, self._source.parent, self._say)
        displays = tuple(
            DisplaySpec(
                name=display.name,
                kind=display.kind,
                seat=self._seat(display.seat, ("displays", index, "seat")),
                size_px=(display.size[0], display.size[1]),
                preroll_ns=fl_to_ns(display.preroll),
            )
            for index, display in enumerate(doc.displays)
        )
        return Rig(
            path=self._source,
            name=doc.name,
            tick_hz=doc.bus.tick_hz,
            watchdog_ns=fl_to_ns(doc.bus.watchdog),
            seats=seats,
            devices=devices,
            roles=roles,
            audio=audio,
            displays=displays,
            hash=hashlib.sha256(self._source.read_bytes()).hexdigest(),
            venue=build_venue(doc, self._seat_index, lambda at: self._places.of(tuple(at)), self._say),
            headset=build_headset(doc.headset),
            guests=build_guests(doc.guests, self._say),
            certificate=build_certification(doc.certificate, self._source.parent),
        )

    def _device(self, name: str, doc: DeviceDoc) -> DeviceSpec:
        at: tuple[str | int, ...] = ("devices", name)
        return DeviceSpec(
            name=name,
            driver=doc.driver,
            port=doc.port,
            seat=self._seat(doc.seat, (*at, "seat")),
            rate_hz=doc.rate_hz,
            latency=Latency(
                fl_to_ns(doc.latency.dead),
                fl_to_ns(doc.latency.lag),
            ),
            limits={axis: self._limits(axis, doc, (*at, "limits", axis)) for axis in doc.limits},
            safe={
                axis: self._quantity(value, axis, 0, (*at, "safe", axis)) for axis, value in doc.safe.items()
            },
            settings=doc.settings,
            place=self._places.of(at),
            places=dict(self._walk(self._data["devices"][name], at, ())),
            permit=doc.permit or "",
            live=doc.live or "",
            budgets=build_budgets(doc.budgets, (*at, "budgets"), self._say),
            dose=build_dose(doc.dose),
            platform=None
            if doc.platform is None
            else build_platform(doc.platform, (*at, "platform"), self._say),
        )

    def _limits(self, axis: str, device: DeviceDoc, at: tuple[str | int, ...]) -> AxisLimits:
        doc = device.limits[axis]
        low = self._quantity(doc.range[0], axis, 0, (*at, "range", 0))
        high = self._quantity(doc.range[1], axis, 0, (*at, "range", 1))
        if low > high:
            message = f"range of {axis} runs from {low:g} down to {high:g}"
            self._say((*at, "range"), message, "put the lower end first")
        found: dict[str, float | None] = {}
        for order, field_name in ((1, "velocity"), (2, "acceleration"), (3, "jerk")):
            value = getattr(doc, field_name)
            if value is None:
                if axis in MOTION_AXES:
                    self._say(at, f"{axis} has no limit of {field_name}", "a moving axis needs all four")
                found[field_name] = None
                continue
            number = self._quantity(value, axis, order, (*at, field_name), on_error=1.0)
            if not number > 0:
                message = f"{field_name} of {axis} is {value}; it must be above 0"
                self._say((*at, field_name), message, "give the fastest that the device may move")
            found[field_name] = number
        return AxisLimits(low, high, **found)

    def _targets(self, role: str) -> tuple[RoleTarget, ...]:
        targets: list[RoleTarget] = []
        for index, doc in enumerate(self._doc.roles[role]):
            at: tuple[str | int, ...] = ("roles", role, index)
            place = self._places.of(at)
            if doc.device is None:
                targets.append(RoleTarget(None, place=place))
                if index + 1 < len(self._doc.roles[role]):
                    self._say(at, f"`none` ends the list of {role}, but more follows it", "put `none` last")
                continue
            if doc.device not in self._doc.devices:
                self._say(
                    (*at, "device"),
                    f"{role} is to drive the device {doc.device!r}, which the rig does not have",
                    f"devices are: {', '.join(self._doc.devices) or 'none'}",
                )
            targets.append(RoleTarget(doc.device, doc.group, doc.as_, doc.gain, place, doc.also))
        return tuple(targets)

    def _seat(self, name: str | None, at: tuple[str | int, ...]) -> int:
        if name is None:
            return -1
        if name not in self._seat_index:
            self._say(at, f"there is no seat {name!r}", f"seats are: {', '.join(self._seat_index)}")
            return -1
        return self._seat_index[name]

    def _quantity(
        self, value: float | str, axis: str, order: int, at: tuple[str | int, ...], *, on_error: float = 0.0
    ) -> float:
        try:
            return quantity(value, axis, order)
        except ValueError as error:
            self._say(at, str(error), "")
            return on_error

    def _say(self, at: Sequence[str | int], message: str, hint: str) -> None:
        self._problems.append(Problem(self._places.of(tuple(at)), message, hint, code="rig"))

    def _walk(
        self, value: Any, root: tuple[str | int, ...], below: tuple[str | int, ...]
    ) -> list[tuple[tuple[str | int, ...], Place]]:
        rows = [(below, self._places.of((*root, *below)))] if below else []
        items: Iterable[tuple[Any, Any]] = ()
        if isinstance(value, dict):
            items = value.items()
        elif isinstance(value, list):
            items = enumerate(value)
        for key, inner in items:
            rows.extend(self._walk(inner, root, (*below, key)))
        return rows
