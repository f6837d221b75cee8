"""A seat's pose at display time: what the bus commanded, run through each device's lateness, corrected by what is measured.

    block = SeatPoseBlock.attach(name)             # the name comes with the viewer's configuration
    seat = SeatPredictor(block, seat=0)
    pose = seat.pose_at(frame.display_ns)          # once per frame

Devices of one seat add up, axis by axis (a turntable under a tilting platform).

When nothing more is heard
--------------------------
A device whose bus falls silent stands where it was sent, so its pose is held, and the weight of everything stays 1 for `STALE_NS`. Then
the weight goes to 0 within `FADE_NS`, without a corner, and comes back in the same way: a guest may see the horizon drift for a third
of a second, and never sees it jump. The weight moves by at most 50 ms' worth from one call to the next, however long a frame took. It
begins at 1 where the bus is heard at the first call (a viewer that joins in the middle: nothing was shown before that could jump, and the
guest is placed in the seat as it is tilted then), else at 0.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from engine.motion.seat_model import Between, LaggedTrack, SeatPose, smooth
from engine.motion.seat_poses import AT_REST, Axes, PoseSample, SeatRow
from engine.units import ANGULAR_AXES, MOTION_AXES

STALE_NS = 500_000_000
"""Silence of the bus after which its last word no longer counts. A bus whose spare goes on is silent for a few tens of ms; the
firmware of seats parks them by itself after about a second."""
FADE_NS = 300_000_000
"""How long compensation takes to go when there is nothing to go by, and to come back."""
TRUST_S = 0.15
"""Time constant with which a measured pose corrects the model: below 1 Hz the measured one has its way, above it the model has."""
UNMEASURED_NS = 250_000_000
"""Silence of whoever measures, after which its correction fades (within `FADE_NS`) and the model stands alone."""

_ROOM = -1
"""A device of the room carries every seat."""
_NS_PER_S = 1_000_000_000
_MOST_STEP_NS = 50_000_000
_LATENESS_MEMORY_S = 10.0
_LATENESS_MOST_S = 0.05
# Movement that has to be seen before half of a lateness is believed: 20 mm/s for a second.
_LATENESS_DOUBT = 0.02**2
# A degree at an arm's length and a bit, so that turns and shifts weigh alike in one sum.
_M_PER_DEG = math.radians(1.0) * 0.9
_SCALE = tuple(_M_PER_DEG if axis in ANGULAR_AXES else 1.0 for axis in MOTION_AXES)
_TURNS = tuple(axis in ANGULAR_AXES for axis in MOTION_AXES)


class PoseSource(Protocol):
    """What a `SeatPredictor` reads: `engine.motion.seat_poses.SeatPoseBlock`."""

    @property
    def table_number(self) -> int:
        """Changes when there are other rows."""
        ...

    @property
    def rows(self) -> Sequence[SeatRow]:
        """The devices there are."""
        ...

    def read(self, row: int, since: int = 0) -> Sequence[PoseSample]:
        """Commands after number `since`."""
        ...

    def read_measured(self, row: int, since: int = 0) -> Sequence[PoseSample]:
        """Measured poses after number `since`."""
        ...


class MeasuredBlend:
    """Corrects a model by what was measured.

    Two things are learnt from the difference e = measured - model at the instant a measurement holds for:

    *The lateness that was stated wrongly.* A device later than its rig says by d shows e = -d * velocity, so d is the least-squares
    slope of e over the velocity (means apart), over the last ten seconds or so, all axes together (a degree counts as 16 mm), doubted
    until enough has moved and never believed beyond 50 ms. The model is read that much earlier.

    *What is left*: sag under a heavy guest, backlash, somebody who stopped the seat. It goes through a first-order low-pass of
    `TRUST_S` and is added. The sum is a complementary filter: slow things as measured, quick things as commanded, so that neither a
    tracker's noise nor its delay reaches the picture.
    """

    __slots__ = ("_asked_ns", "_at_ns", "_from_ns", "_left", "_share", "_slopes", "_span_s", "_toward")

    def __init__(self) -> None:
        self._at_ns: int | None = None
        # The correction from an instant on, where it goes, and for how long: twice the time to the next measurement, if that comes as
        # this did. It begins at the instant shown last: whatever a measurement says, what has been shown goes on from where it was.
        self._from_ns = 0
        self._left: Axes = AT_REST
        self._toward: Axes = AT_REST
        self._span_s = TRUST_S
        self._slopes = [_Slope(scale) for scale in _SCALE]
        self._share = 0.0
        self._asked_ns: int | None = None

    @property
    def last_ns(self) -> int | None:
        """Instant of the newest measurement."""
        return self._at_ns

    @property
    def late_ns(self) -> int:
        """How much later than stated the device seems to be."""
        moved = sum(slope.moved for slope in self._slopes)
        late_s = -sum(slope.together for slope in self._slopes) / (moved + _LATENESS_DOUBT)
        return round(min(max(late_s, -_LATENESS_MOST_S), _LATENESS_MOST_S) * _NS_PER_S)

    def take(self, sample: PoseSample, track: LaggedTrack) -> None:
        """Take a measurement; one that is no number, or older than the newest, is left out."""
        if self._at_ns is not None and sample.at_ns <= self._at_ns:
            return
        if not all(map(math.isfinite, sample.pose)):
            return
        at_ns = sample.at_ns
        passed_s = TRUST_S if self._at_ns is None else (at_ns - self._at_ns) / _NS_PER_S
        late_ns = self.late_ns
        model, velocity = track.at(at_ns - late_ns), track.velocity_at(at_ns - late_ns)
        keep = math.exp(-passed_s / _LATENESS_MEMORY_S)
        from_ns = at_ns if self._asked_ns is None else max(at_ns, self._asked_ns)
        left = self._left_at(from_ns)
        errors = list(left)
        for axis, slope in enumerate(self._slopes):
            if not sample.axes >> axis & 1:
                continue
            errors[axis] = error = _difference(axis, sample.pose[axis], model[axis])
            # Against the model without what has been learnt already: to first order, which is what is asked for.
            unlearnt = error - velocity[axis] * late_ns / _NS_PER_S
            slope.take(velocity[axis], unlearnt, min(passed_s, TRUST_S), keep)
        self._at_ns, self._from_ns, self._left, self._toward = at_ns, from_ns, left, _axes(errors)
        self._span_s = min(2.0 * passed_s, TRUST_S)

    def corrected(self, track: LaggedTrack, host_ns: int) -> Axes:
        """The model at an instant, corrected as far as measurements are fresh; comes and goes within `FADE_NS`."""
        weight = self._weight_at(host_ns)
        if weight == 0.0:
            return track.at(host_ns)
        model = track.at(host_ns - round(weight * self.late_ns))
        return _axes(value + weight * left for value, left in zip(model, self._left_at(host_ns), strict=True))

    def _left_at(self, host_ns: int) -> Axes:
        if self._at_ns is None:
            return AT_REST
        since_s = min(max((host_ns - self._from_ns) / _NS_PER_S, 0.0), self._span_s)
        share = 1.0 - math.exp(-since_s / TRUST_S)
        return _axes(a + share * (b - a) for a, b in zip(self._left, self._toward, strict=True))

    def _weight_at(self, host_ns: int) -> float:
        if self._at_ns is None:
            return 0.0
        left = 1.0 - (host_ns - self._at_ns - UNMEASURED_NS) / FADE_NS
        passed_ns = 0 if self._asked_ns is None else min(max(host_ns - self._asked_ns, 0), _MOST_STEP_NS)
        self._asked_ns = host_ns if self._asked_ns is None else max(host_ns, self._asked_ns)
        self._share = min(max(min(self._share + passed_ns / FADE_NS, left), 0.0), 1.0)
        return smooth(self._share)


class _Slope:
    """How much of an axis' error goes with its velocity, the error's mean apart: sums that forget."""

    __slots__ = ("_both", "_error", "_scale2", "_velocity", "_velocity2", "_weight")

    def __init__(self, scale: float) -> None:
        self._scale2 = scale * scale
        self._weight = self._velocity = self._error = self._velocity2 = self._both = 0.0

    def take(self, velocity: float, error: float, weight_s: float, keep: float) -> None:
        self._weight = keep * self._weight + weight_s
        self._velocity = keep * self._velocity + weight_s * velocity
        self._error = keep * self._error + weight_s * error
        self._velocity2 = keep * self._velocity2 + weight_s * velocity * velocity
        self._both = keep * self._both + weight_s * velocity * error

    @property
    def together(self) -> float:
        """m2/s: sum of velocity times error, each from its mean."""
        if self._weight == 0.0:
            return 0.0
        return self._scale2 * (self._both - self._velocity * self._error / self._weight)

    @property
    def moved(self) -> float:
        """m2/s: sum of velocity squared from its mean."""
        if self._weight == 0.0:
            return 0.0
        return self._scale2 * (self._velocity2 - self._velocity * self._velocity / self._weight)


@dataclass(slots=True)
class _Device:
    """What is kept of one row."""

    row: int
    track: LaggedTrack
    blend: MeasuredBlend
    read: int = 0
    read_measured: int = 0


class SeatPredictor:
    """Foretells one seat: a `engine.motion.seat_model.SeatPoses`.

    Parameters
    ----------
    source : PoseSource
        An attachment of its own.
    seat : int
        Index in the rig.
    between : {"held", "linear"}
        See `LaggedTrack`.

    Notes
    -----
    Some 30 us a call with one device at 200 Hz. One thread.
    """

    def __init__(self, source: PoseSource, seat: int, *, between: Between = "held") -> None:
        self._source = source
        self._seat = seat
        self._between: Between = between
        self._table = -1
        self._devices: list[_Device] = []
        self._share = 0.0
        self._asked_ns: int | None = None

    @property
    def standing(self) -> Literal["none", "commanded", "measured", "stale"]:
        """What the last pose went by: nothing moves this seat, commands, commands and measurements, or nothing any more."""
        if not self._devices:
            return "none"
        asked_ns = self._asked_ns
        if asked_ns is None or not self._fresh(asked_ns):
            return "stale"
        measured = [device.blend.last_ns for device in self._devices if device.blend.last_ns is not None]
        return "measured" if measured and asked_ns - max(measured) < UNMEASURED_NS else "commanded"

    @property
    def late_ns(self) -> tuple[int, ...]:
        """By device of the seat, how much later it was measured to be than its rig says; 0 where nobody measures."""
        return tuple(device.blend.late_ns for device in self._devices)

    def pose_at(self, display_ns: int) -> SeatPose:
        """The seat at a host instant; takes in what the bus has told meanwhile."""
        self._listen()
        self._weigh(display_ns)
        if self._share == 0.0 or not self._devices:
            return SeatPose()
        weight = smooth(self._share)
        total = [0.0] * len(MOTION_AXES)
        for device in self._devices:
            for axis, value in enumerate(device.blend.corrected(device.track, display_ns)):
                total[axis] += weight * value
        return SeatPose(*total)

    # -- inside ----------------------------------------------------------------------------------------------

    def _listen(self) -> None:
        source = self._source
        table = source.table_number
        if table != self._table:
            rows = source.rows
            self._table = table
            self._devices = [
                _Device(index, LaggedTrack(row, between=self._between), MeasuredBlend())
                for index, row in enumerate(rows)
                if row.seat in (self._seat, _ROOM)
            ]
        for device in self._devices:
            for sample in source.read(device.row, device.read):
                device.track.command(sample.at_ns, sample.pose)
                device.read = sample.number
            for sample in source.read_measured(device.row, device.read_measured):
                device.blend.take(sample, device.track)
                device.read_measured = sample.number

    def _fresh(self, display_ns: int) -> bool:
        """Whether the bus has been heard of lately; of several devices one that is unplugged does not silence the others."""
        heard = [device.track.last_ns for device in self._devices if device.track.last_ns is not None]
        return bool(heard) and display_ns - max(heard) <= STALE_NS

    def _weigh(self, display_ns: int) -> None:
        if self._asked_ns is None:
            self._asked_ns = display_ns
            self._share = 1.0 if self._fresh(display_ns) else 0.0
            return
        passed_ns = display_ns - self._asked_ns
        if passed_ns < 0:
            return
        self._asked_ns = display_ns
        step = min(passed_ns, _MOST_STEP_NS) / FADE_NS
        self._share = min(max(self._share + (step if self._fresh(display_ns) else -step), 0.0), 1.0)


def _axes(values: Iterable[float]) -> Axes:
    surge, sway, heave, roll, pitch, yaw = values
    return (surge, sway, heave, roll, pitch, yaw)


def _difference(axis: int, a: float, b: float) -> float:
    """`a - b`; of angles the shorter way round (a chair counts to 360, the bus goes round and round)."""
    difference = a - b
    return (difference + 180.0) % 360.0 - 180.0 if _TURNS[axis] else difference
