"""A seat that moves by what is heard while the show runs: where that comes from, and how it is to be read. Values only; it is
filtered in `engine.bus.live_motion`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from engine.errors import InputError, Place
from engine.experience.telemetry.frames import Frame, factor_of, parse_frame
from engine.experience.telemetry.values import GRAVITY_MPS2
from engine.time.flicks import fl_to_ns
from engine.units import Dimension

if TYPE_CHECKING:
    from engine.experience.live_motion_model import LiveMotionDoc
    from engine.experience.rig_model import RigDoc

Say = Callable[[Sequence[str | int], str, str], None]
Find = Callable[[Sequence[str | int]], Place]
Triple = tuple[float, float, float]

_LEAST_STALE_NS = 20_000_000
_DIMENSIONS = {"force": (Dimension.ACCELERATION, "m/s2"), "turn": (Dimension.ANGULAR_SPEED, "deg/s")}


@dataclass(frozen=True, slots=True)
class Washing:
    """Parameters of the washout; see `engine.motion.cueing.washout.WashoutParameters`."""

    order: int = 3
    high_rps: float = 2.5
    high_zeta: float = 1.0
    pole_rps: float = 0.25
    low_rps: float = 5.0
    turn_rps: float = 2.5
    tilt_dps: float = 3.0
    force_gain: float = 1.0
    turn_gain: float = 1.0


@dataclass(frozen=True, slots=True)
class LiveMotionSpec:
    """One source of live motion.

    Attributes
    ----------
    force, turn : tuple of str
        One address with three values, or three with one each; `turn` may be empty.
    frame : Frame
        Axes and signs of what comes in.
    force_factor, turn_factor : float
        To m/s^2 and deg/s.
    stale_ns : int
        Silence after which it is led to rest.
    """

    name: str
    source: str
    port: str
    settings: Mapping[str, Any]
    force: tuple[str, ...]
    turn: tuple[str, ...]
    frame: Frame
    force_factor: float
    turn_factor: float
    stale_ns: int
    washing: Washing = field(default_factory=Washing)
    place: Place = field(default_factory=lambda: Place("rig"))

    def specific_force(self, given: Triple) -> Triple:
        """Specific force in the guest's frame (right, forward, up), m/s^2, from three values as they came in."""
        sign = -1.0 if self.frame.gravity == "inverted" else 1.0
        found = [0.0, 0.0, GRAVITY_MPS2 if self.frame.gravity == "free" else 0.0]
        for value, (axis, along) in zip(given, self.frame.axes, strict=True):
            found[axis] += sign * along * value * self.force_factor
        return found[0], found[1], found[2]

    def angular_rate(self, given: Triple) -> Triple:
        """Angular rate in the guest's frame (nose up, right side down, to the left), deg/s, from three values about the source's axes."""
        found = [0.0, 0.0, 0.0]
        for value, (axis, _) in zip(given, self.frame.axes, strict=True):
            found[axis] = self.frame.sign_about(axis) * value * self.turn_factor
        return found[0], found[1], found[2]


def build_live_motion(doc: RigDoc, find: Find, say: Say) -> tuple[LiveMotionSpec, ...]:
    """The rig's `live_motion:` as values; `say` takes ``(path, message, hint)`` for what is wrong."""
    for name, device in doc.devices.items():
        if device.live is not None and device.live not in doc.live_motion:
            there = ", ".join(doc.live_motion) or "none"
            say(
                ("devices", name, "live"),
                f"there is no live motion {device.live!r}",
                f"live_motion has: {there}",
            )
    found = (_built(name, row, find, say) for name, row in doc.live_motion.items())
    return tuple(spec for spec in found if spec is not None)


def _built(name: str, row: LiveMotionDoc, find: Find, say: Say) -> LiveMotionSpec | None:
    at = ("live_motion", name)
    for what in ("force", "turn"):
        given = getattr(row, what)
        if len(given) == 2 or len(set(given)) < len(given):
            say(
                (*at, what),
                f"{what} names {', '.join(given)}",
                "one address with three values, or three different ones",
            )
    if fl_to_ns(row.stale) < _LEAST_STALE_NS:
        say((*at, "stale"), "stale is too short for anything to be heard in", "20ms at least, 250ms is usual")
    try:
        frame = parse_frame(row.frame)
    except InputError as error:
        say((*at, "frame"), error.message, "")
        return None
    factors = {}
    for what, (dimension, usual) in _DIMENSIONS.items():
        factors[what] = factor_of(frame.units.get(dimension, usual), dimension) or 1.0
    tuned = row.washout
    return LiveMotionSpec(
        name,
        row.source,
        row.port,
        row.settings,
        tuple(row.force),
        tuple(row.turn),
        frame,
        factors["force"],
        factors["turn"],
        fl_to_ns(row.stale),
        Washing(
            tuned.order,
            tuned.high,
            tuned.damping,
            tuned.home,
            tuned.low,
            tuned.turn,
            tuned.tilt_rate,
            tuned.force_gain,
            tuned.turn_gain,
        ),
        find(at),
    )
