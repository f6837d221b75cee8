"""Where a seat is at an instant that has not come yet: its commands, run through its own lateness.

A device is late: nothing happens for its dead time, then it follows with a first-order lag (ISO/IEC 23005-2, and the rig states
both). For a picture seen a frame or two from now that is a gift: nearly everything the seat will have done by then was commanded
already. So nothing is guessed that can be known: the commands of the last second are run through dead time and lag in closed form,
exactly, and only what lies beyond the newest command plus the dead time is carried on from its velocity and acceleration.

`engine.motion.seat_predictor` puts this together with the rings of the bus and with what is measured. No clock anywhere.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Protocol

from engine.motion.seat_poses import AT_REST, Axes, SeatRow
from engine.units import MOTION_AXES

Between = Literal["held", "linear"]

_NS_PER_S = 1_000_000_000
_KEEP_NS = 1_500_000_000
# Beyond the newest command: this long as velocity and acceleration have it, then back to the command within as long again.
# Jerk-limited commands (2000 deg/s3) are then foretold to 0.02 deg over 40 ms, before the device's own lag smooths it further.
_AHEAD_NS = 40_000_000
# Limits hold for what the governor gives; differences of its samples may exceed them by rounding, not by this much.
_SLACK = 1.25


@dataclass(frozen=True, slots=True)
class SeatPose:
    """How far a seat is from its rest, by motion axis (`engine.units`); about which point it turns is its pivot's business."""

    surge_m: float = 0.0
    sway_m: float = 0.0
    heave_m: float = 0.0
    roll_deg: float = 0.0
    pitch_deg: float = 0.0
    yaw_deg: float = 0.0

    @property
    def axes(self) -> Axes:
        """The same in the order of `MOTION_AXES`."""
        return (self.surge_m, self.sway_m, self.heave_m, self.roll_deg, self.pitch_deg, self.yaw_deg)


class SeatPoses(Protocol):
    """Whoever knows where a guest's seat will be."""

    def pose_at(self, display_ns: int) -> SeatPose:
        """The seat at a host instant, usually that at which a frame is seen; asked with instants that do not go back far."""
        ...


class LaggedTrack:
    """What a device does with the commands it was sent.

    Parameters
    ----------
    row : SeatRow
        Its lateness, its period and its limits.
    between : {"held", "linear"}
        What the device takes for its target between two commands. ``held``: the newest, as everything does that has a "last
        command received" (and as the software twins do). ``linear``: the straight line between them, for a controller that
        interpolates and whose latency was measured against the curve.

    Notes
    -----
    With input u(s) = a + b s from a node on and state x0 there, a lag L gives
    x(s) = a + b (s - L) + (x0 - a + b L) exp(-s / L); no step is integrated numerically.
    """

    __slots__ = ("_at", "_between", "_dead_ns", "_lag_s", "_period_ns", "_row", "_trend", "_u", "_x")

    def __init__(self, row: SeatRow, *, between: Between = "held") -> None:
        self._row = row
        self._between = between
        self._dead_ns = row.dead_ns
        self._lag_s = row.lag_ns / _NS_PER_S
        self._period_ns = max(row.period_ns, 1)
        self._at: list[int] = []
        self._u: list[Axes] = []
        self._x: list[Axes] = []
        self._trend: tuple[Axes, Axes] | None = None

    @property
    def row(self) -> SeatRow:
        """The device."""
        return self._row

    @property
    def last_ns(self) -> int | None:
        """When the newest command left."""
        return self._at[-1] if self._at else None

    def command(self, at_ns: int, pose: Axes) -> None:
        """Take a command that left at `at_ns`. One that is older than the newest is left out."""
        if not self._at:
            self._append(at_ns, pose, pose)
            return
        before_ns = self._at[-1]
        if at_ns <= before_ns:
            return
        if self._between == "linear" and at_ns - before_ns > 2 * self._period_ns:
            # Nothing was sent for a while: it stood, and goes to the new target within a period.
            stood_ns = at_ns - self._period_ns
            self._append(stood_ns, self._u[-1], self._x_after(stood_ns - before_ns, AT_REST))
            before_ns = stood_ns
        slope = AT_REST
        if self._between == "linear":
            slope = _over(pose, self._u[-1], (at_ns - before_ns) / _NS_PER_S)
        self._append(at_ns, pose, self._x_after(at_ns - before_ns, slope))
        if at_ns - self._at[0] > 2 * _KEEP_NS:
            keep = bisect_right(self._at, at_ns - _KEEP_NS) - 1
            del self._at[:keep], self._u[:keep], self._x[:keep]

    def at(self, host_ns: int) -> Axes:
        """Where it is at an instant."""
        if not self._at:
            return AT_REST
        effective_ns = host_ns - self._dead_ns
        index = bisect_right(self._at, effective_ns) - 1
        if index < 0:
            return self._x[0]
        if index == len(self._at) - 1:
            return self._ahead(effective_ns - self._at[-1])
        elapsed_ns = effective_ns - self._at[index]
        slope = AT_REST
        if self._between == "linear":
            slope = _over(
                self._u[index + 1], self._u[index], (self._at[index + 1] - self._at[index]) / _NS_PER_S
            )
        return self._follow(self._x[index], self._u[index], slope, elapsed_ns)

    def velocity_at(self, host_ns: int) -> Axes:
        """How fast it moves, per s; over 10 ms around the instant."""
        half_ns = 5_000_000
        return _over(self.at(host_ns + half_ns), self.at(host_ns - half_ns), 2 * half_ns / _NS_PER_S)

    # -- inside ----------------------------------------------------------------------------------------------

    def _append(self, at_ns: int, u: Axes, x: Axes) -> None:
        self._at.append(at_ns)
        self._u.append(u)
        self._x.append(x)
        self._trend = None

    def _x_after(self, elapsed_ns: int, slope: Axes) -> Axes:
        return self._follow(self._x[-1], self._u[-1], slope, elapsed_ns)

    def _follow(self, x: Axes, u: Axes, slope: Axes, elapsed_ns: int) -> Axes:
        s = elapsed_ns / _NS_PER_S
        lag = self._lag_s
        if lag <= 0.0:
            return _six(a + b * s for a, b in zip(u, slope, strict=True))
        left = math.exp(-s / lag)
        return _six(
            a + b * (s - lag) + (x0 - a + b * lag) * left for x0, a, b in zip(x, u, slope, strict=True)
        )

    def _ahead(self, beyond_ns: int) -> Axes:
        """Past the newest command: commands are made up as they seem to go on, and run through the lag as the real ones are."""
        if self._trend is None:
            self._trend = self._find_trend()
        x, u = self._x[-1], self._u[-1]
        step_ns = self._period_ns
        if self._trend == (AT_REST, AT_REST):
            return self._follow(x, u, AT_REST, beyond_ns)
        done_ns = 0
        while done_ns + step_ns <= min(beyond_ns, 2 * _AHEAD_NS + step_ns):
            after = self._foretold(done_ns + step_ns)
            slope = _over(after, u, step_ns / _NS_PER_S) if self._between == "linear" else AT_REST
            x, u = self._follow(x, u, slope, step_ns), after
            done_ns += step_ns
        slope = AT_REST
        if self._between == "linear":
            slope = _over(self._foretold(done_ns + step_ns), u, step_ns / _NS_PER_S)
        return self._follow(x, u, slope, beyond_ns - done_ns)

    def _foretold(self, beyond_ns: int) -> Axes:
        """The command that is expected so long after the newest."""
        assert self._trend is not None
        weight = 1.0 - smooth((beyond_ns - _AHEAD_NS) / _AHEAD_NS)
        s = beyond_ns / _NS_PER_S
        return _six(
            u + weight * (v * s + 0.5 * a * s * s) for u, v, a in zip(self._u[-1], *self._trend, strict=True)
        )

    def _find_trend(self) -> tuple[Axes, Axes]:
        """Velocity and acceleration at the newest command; none for an axis that does not keep to its limits (it was set anew)."""
        if len(self._at) < 3:
            return AT_REST, AT_REST
        first_ns, middle_ns, last_ns = self._at[-3:]
        longest_ns = 3 * self._period_ns // 2
        if last_ns - middle_ns > longest_ns or middle_ns - first_ns > longest_ns:
            return AT_REST, AT_REST
        late_s, early_s = (last_ns - middle_ns) / _NS_PER_S, (middle_ns - first_ns) / _NS_PER_S
        found_v, found_a = [], []
        for axis in range(len(MOTION_AXES)):
            u0, u1, u2 = (self._u[index][axis] for index in (-3, -2, -1))
            late, early = (u2 - u1) / late_s, (u1 - u0) / early_s
            a = 2.0 * (late - early) / (late_s + early_s)
            v = late + 0.5 * a * late_s
            inside = abs(v) <= _SLACK * self._row.velocity[axis]
            inside &= abs(a) <= _SLACK * self._row.acceleration[axis]
            found_v.append(v if inside else 0.0)
            found_a.append(a if inside else 0.0)
        return _six(found_v), _six(found_a)


def _over(after: Axes, before: Axes, seconds: float) -> Axes:
    return _six((a - b) / seconds for a, b in zip(after, before, strict=True))


def _six(values: Iterable[float]) -> Axes:
    surge, sway, heave, roll, pitch, yaw = values
    return (surge, sway, heave, roll, pitch, yaw)


def smooth(share: float) -> float:
    """0 to 1 without a corner."""
    share = min(max(share, 0.0), 1.0)
    return share * share * (3.0 - 2.0 * share)
