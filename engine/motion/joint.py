"""Following with axes that share actuators: no leg leaves its stroke, moves too fast or is pushed too hard, whatever is wanted.

An axis' own range says nothing about what six legs can do together. What they can do is known over the whole range of the axes by
constants (`engine.motion.platforms.bounds.LegBounds`), so a decision costs some multiplications and no trigonometry. Six followers
(`engine.motion.trajectories`) propose a sample each; together they are accepted only when *everything they are committed to* is
inside the legs' limits.

What is proven
--------------
Let ``s = (p, v, a)`` be an axis' state after a sample. Its canonical stop is fixed by ``s``; on it the axis stays in ``C = hull(p, p +
end, p + dip)``, no faster than ``P = max(|v|, |peak|)`` and accelerated by no more than ``Q`` (below). A *tested* state is one whose
six C, P, Q satisfy for every leg i, with J, g, c of `LegBounds` and ``m_j = max |C_j|``::

    stroke        home_i + sum_j max(J_ij C_j) + w_i <= high_i,   home_i + sum_j min(J_ij C_j) - w_i >= low_i
                  w_i = 1/2 sum_jk c_ijk m_j m_k
    speed         sum_j g_ij P_j <= velocity_i
    acceleration  sum_j g_ij Q_j <= acceleration_i - sum_jk c_ijk V_j V_k        (V: the axes' largest speeds)

``w`` is Taylor's remainder about the pose zero: a leg's second derivative along any direction u is at most ``sum_jk c_ijk |u_j| |u_k|``
(that is what c bounds), so ``|L_i(p) - home_i - J_i p| <= 1/2 sum_jk c_ijk |p_j| |p_k|``. It vanishes with the pose, where an error for
the whole box of the axes (`LegBounds.error`) would cost most of the stroke everywhere.

*Every emitted sample keeps every leg inside its limits.* The law has three ways to go on, and no other:

1. *Free.* A state is accepted when it is tested. Its sample has ``p in C``, ``|v| <= P`` and ``|a| <= Q``, so by the bounds the legs are
   inside stroke and speed. A leg's finite differences are no larger: between samples the pose may be taken along the straight segment,
   which stays in the box of the axes; on it the leg's speed is at most ``sum_j g_ij |v_j|``, and the second difference of a leg is
   ``grad L . a`` plus half the curvature along either segment, at most ``sum_j g_ij |a_j| + sum_jk c_ijk V_j V_k``.
2. *Brake.* Every axis goes on with its canonical stop. Stops are memoryless, so until a new state is accepted all samples are those of
   the tested state's own stop: inside its C, P and Q.
3. *Line.* From exact rest at r to t, both inside the stroke test (a point is its own C): ``p = r + s (t - r)`` with s a follower of its own
   in 0..1, its limits those of axes and legs divided by what a unit of s moves them. The segment is inside: either its pieces' boxes
   were tested one by one, or one of its ends is the neutral pose zero, and what the test takes, ``s J_i t + s^2 w_i(t)``, is convex in s
   and inside at both ends. Speeds and accelerations of all axes are one number times ``t - r``, and the sums above are tested for it
   once. Its follower may stop at any time, on the segment.

The state at the start is at rest in a tested place, and that is checked. So by induction all samples are inside, for any sequence of
wanted poses, their dips and overshoots included. Tests leave 1e-6 of the stroke and 1e-5 of the rates for the rounding of
doubles; a stop's own rounding is `1e-12` of an axis' range a tick and lasts as long as the stop.

Q is at most ``max(|a|, min(b, sqrt(|v| j + a^2/2) + 1.5 j))`` (per tick): from (v, a) the fastest stop brakes with ``sqrt(v j + a^2/2)``
where time is continuous, and sampling adds less than a tick's jerk and a half. The brake b is what all axes can do at once: the axes'
accelerations times ``min_i acceleration_i / sum_j g_ij A_j``. So a stop of everything is always possible, while an axis alone may still
be pushed as hard as its own limit and the legs' allow.

What it does with what it may not
---------------------------------
A wanted pose outside the stroke is drawn in along its ray from the neutral pose, never axis by axis: its direction stays. Where the
proposal of all six is too much, each axis gets a share of what the legs have left: a narrower range and speed for one sample. That does
not always find a way out of a corner of the workspace, where every axis alone would burden some leg that another would have to relieve
first; so axes that have come to rest away from where they are wanted go there on a straight line (3), by way of the neutral pose where
the straight one is not certain, and so a constant pose is always reached.

Everything is sums, products, comparisons and square roots in a fixed order: the same bits on every machine, and those of
`engine.motion.joint_batch`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from engine.motion.joint_law import PAD, Commitment, LegLaw, commitment, products
from engine.motion.trajectories import PLANNING_MARGIN, AxisLimits, Follower

SLOW = 0.02  # of its speed: an axis below it gets nowhere
_PATIENCE_S = 0.1  # after which axes that get nowhere stop, and go on a line
_LINE_SHARE = 0.98  # of what the legs can do, on a line
_PIECES = 16  # of a line, tested one by one

FREE, STOPPING, LINE = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Course:
    """What a joint follower remembers beside its axes' states; `FREE_COURSE` for nearly all of them, nearly always.

    Attributes
    ----------
    mode : {FREE, STOPPING, LINE}
    since : int
        Samples for which the same pose has been wanted, and not been reached.
    stuck : int
        Samples for which the axes have got nowhere.
    line : tuple
        Of a line: start, end, state of its follower; else empty.
    """

    mode: int = FREE
    since: int = 0
    stuck: int = 0
    line: tuple[tuple[float, ...], ...] = ()


FREE_COURSE = Course()

AxisState = tuple[float, float, float, float, float, float, int]


class JointFollower:
    """Follows a wanted pose without ever breaking a limit of an axis or of a leg.

    Parameters
    ----------
    law : LegLaw
    dt_s : float
        Time between samples, in s.
    start : sequence of float
        Pose at rest from which it starts.

    Raises
    ------
    ValueError
        The start is out of range or stroke.

    Notes
    -----
    Not thread-safe.
    """

    def __init__(self, law: LegLaw, dt_s: float, start: Sequence[float]) -> None:
        self._law = law
        self._dt_s = dt_s
        self._axes = tuple(Follower(axis, dt_s, value) for axis, value in zip(law.limits, start, strict=True))
        self._plan = tuple(axis.planning_limits() for axis in self._axes)
        self._jacobian = law.jacobian.tolist()
        self._gain = law.gain.tolist()
        self._bend = law.bend.tolist()
        self._ends = list(
            zip(law.above.tolist(), law.below.tolist(), law.speed.tolist(), law.push.tolist(), strict=True)
        )
        self.patience = max(math.ceil(_PATIENCE_S / dt_s), 2)
        self._course = FREE_COURSE
        # Twice what axes by themselves need: then they are led there on a line.
        self.alone_s = max(
            (axis.move_time_s(axis.limits.high - axis.limits.low) for axis in self._axes), default=0.0
        )
        self.too_long = math.ceil(2.0 * self.alone_s / dt_s)
        self._raw: tuple[float, ...] | None = None
        self._clipped: tuple[float, ...] = ()
        self.on_target = False
        self.rest_at(start)

    @property
    def law(self) -> LegLaw:
        """The limits enforced."""
        return self._law

    @property
    def position(self) -> tuple[float, ...]:
        """The last sample."""
        return tuple(axis.position for axis in self._axes)

    @property
    def resting(self) -> bool:
        """Whether all axes are at rest (to rounding)."""
        return all(axis.resting for axis in self._axes)

    def rest_at(self, pose: Sequence[float]) -> None:
        """Forget all motion: the axes are known to rest at `pose`.

        Raises
        ------
        ValueError
            When that is out of range or stroke.
        """
        for axis, value in zip(self._axes, pose, strict=True):
            axis.rest_at(value)
        self._course = FREE_COURSE
        self.on_target = False
        if not self._tested(self._commitments()):
            raise ValueError(
                f"pose {tuple(pose)!r} is out of a leg's stroke; rest and park where the legs reach, "
                f"as {self._law.clip(pose)!r}"
            )

    def adopt(self, states: Sequence[AxisState], course: Course) -> None:
        """Go on from what another of the same law remembered."""
        for axis, state in zip(self._axes, states, strict=True):
            axis.adopt_state(state)
        self._course = course

    def remembered(self) -> tuple[tuple[AxisState, ...], Course]:
        """All it remembers."""
        return tuple(axis.state() for axis in self._axes), self._course

    def move_time_s(self) -> float:
        """Upper bound of the time from any state to rest in any constant pose, in s."""
        if not self._axes:
            return 0.0
        stop_s = max(axis.stop_time_s() for axis in self._axes)
        speed, push, jerk = self._line_limits([axis.limits.high - axis.limits.low for axis in self._axes])
        line = Follower(AxisLimits(0.0, 1.0, speed, push, jerk), self._dt_s, 0.0)
        # A line begun for what was wanted before, a stop, and two lines, by way of the neutral pose, to what is wanted.
        return 3.0 * line.move_time_s(1.0) + 2.0 * stop_s + (self.too_long + 2 * self.patience) * self._dt_s

    def clip(self, target: Sequence[float]) -> tuple[float, ...]:
        """`LegLaw.clip`, remembered while the same is asked."""
        raw = tuple(target)
        if raw != self._raw:
            self._clipped = self._law.clip(raw)
            self._raw = raw
        return self._clipped

    def follow(self, target: Sequence[float]) -> tuple[float, ...]:
        """Emit the next samples on the way to `target`.

        Parameters
        ----------
        target : sequence of float
            Wanted next pose, one value an axis, all finite.

        Returns
        -------
        tuple of float
            The samples: `target` itself whenever it is in reach and can be held on to.

        Raises
        ------
        ValueError
            When a value is not finite; nothing is changed.
        """
        for value in target:
            if not math.isfinite(value):
                raise ValueError(f"axis target is {value!r}; it must be a finite number")
        wanted = self.clip(target)
        axes, course = self._axes, self._course
        before = [axis.state() for axis in axes]
        still = True
        for axis, value in zip(axes, wanted, strict=True):
            still &= value == axis.state()[3]
            axis.follow(value)
        since = course.since + 1 if still else 0
        if course.mode == FREE:
            reached = all(axis.on_target for axis in axes)
            if self._tested(self._commitments()):
                self._course = FREE_COURSE if reached or not since else Course(FREE, since)
                self.on_target = reached
                if since <= self.too_long or reached:
                    return self.position
        self.on_target = False
        after = [axis.state() for axis in axes]
        if course.mode == LINE:
            if still or not self._leaves(before, after):
                self._on_line(before, wanted, since)
            else:
                self._course = FREE_COURSE
        elif course.mode == STOPPING or since > self.too_long:
            self._stop(before, wanted, since)
        else:
            self._share(before, wanted, after, since)
        for axis, state in zip(axes, after, strict=True):
            axis.adopt_state((*axis.state()[:3], *state[3:]))
        return self.position

    # -- inside ----------------------------------------------------------------------------------------------

    def _commitments(self) -> list[Commitment]:
        return [
            commitment(*axis.state()[:3], plan[7], plan[4])
            for axis, plan in zip(self._axes, self._plan, strict=True)
        ]

    def _tested(self, of: Sequence[Commitment]) -> bool:
        """Whether all legs are inside their limits, whatever of it the axes do."""
        pairwise_products = products([max(abs(axis.low), abs(axis.high)) for axis in of])
        for row, gain, bend, (above, below, speed, push) in zip(
            self._jacobian, self._gain, self._bend, self._ends, strict=True
        ):
            high = low = fast = hard = bent = 0.0
            for factor, value in zip(bend, pairwise_products, strict=True):
                bent += factor * value
            for factor, much, axis in zip(row, gain, of, strict=True):
                one, other = factor * axis.low, factor * axis.high
                high += max(one, other)
                low += min(one, other)
                fast += much * axis.speed
                hard += much * axis.push
            if not (high + bent <= above and bent - low <= below and fast <= speed and hard <= push):
                return False
        return True

    def _adopt_motion(self, states: Sequence[AxisState]) -> None:
        for axis, state in zip(self._axes, states, strict=True):
            axis.adopt_state(state)

    def _share(
        self, before: Sequence[AxisState], wanted: Sequence[float], after: Sequence[AxisState], since: int
    ) -> None:
        """Give every axis its share of what the legs have left; failing that, brake."""
        proposed = self._commitments()
        self._adopt_motion(before)
        present = self._commitments()
        moved = False
        if self._tested(present):
            for axis, value, (low, high, speed) in zip(
                self._axes, wanted, self._shares(present, proposed), strict=True
            ):
                axis.follow_within(value, low, high, speed)
            moved = self._tested(self._commitments())
        if not moved:
            self._adopt_motion(before)
            for axis in self._axes:
                axis.brake()
        slow = all(
            abs(axis.state()[1]) <= SLOW * plan[2] for axis, plan in zip(self._axes, self._plan, strict=True)
        )
        stuck = self._course.stuck + 1 if slow else 0
        still = all(axis.state()[1] == 0.0 and axis.state()[2] == 0.0 for axis in self._axes)
        if still or stuck >= self.patience:
            self._course = Course(STOPPING, since)
        else:
            self._course = Course(FREE, since, stuck)

    def _shares(
        self, present: Sequence[Commitment], proposed: Sequence[Commitment]
    ) -> list[tuple[float, float, float]]:
        """By axis: a range and a speed (per tick) that hold what it is committed to, and together break no leg's limit."""
        count = len(self._axes)
        down = [max(now.low - then.low, 0.0) for now, then in zip(present, proposed, strict=True)]
        up = [max(then.high - now.high, 0.0) for now, then in zip(present, proposed, strict=True)]
        faster = [max(then.speed - now.speed, 0.0) for now, then in zip(present, proposed, strict=True)]
        of_down, of_up, of_speed = [1.0] * count, [1.0] * count, 1.0
        # What bends grows at most by the difference of the products of the largest and the present reaches.
        reach = products([max(abs(axis.low), abs(axis.high)) for axis in present])
        farther = products(
            [
                max(abs(axis.low), abs(axis.high), abs(axis.low - less), abs(axis.high + more))
                for axis, less, more in zip(present, down, up, strict=True)
            ]
        )
        for row, gain, bend, (above, below, speed, push) in zip(
            self._jacobian, self._gain, self._bend, self._ends, strict=True
        ):
            bent = more_bent = 0.0
            for factor, value, then in zip(bend, reach, farther, strict=True):
                bent += factor * value
                more_bent += factor * (then - value)
            room = 1e-3 * PAD * (above + below) + bent
            high, low, fast = above - room, below - room, speed
            more_high = more_low = more_bent
            more_fast = hard = 0.0
            for index, (factor, much) in enumerate(zip(row, gain, strict=True)):
                axis = present[index]
                one, other = factor * axis.low, factor * axis.high
                high -= max(one, other)
                low += min(one, other)
                fast -= much * axis.speed
                hard += much * proposed[index].push
                if factor > 0.0:
                    more_high += factor * up[index]
                    more_low += factor * down[index]
                else:
                    more_high -= factor * down[index]
                    more_low -= factor * up[index]
                more_fast += much * faster[index]
            share_high = 1.0 if more_high <= high else max(high, 0.0) / more_high
            share_low = 1.0 if more_low <= low else max(low, 0.0) / more_low
            for index, factor in enumerate(row):
                rising, falling = (share_high, share_low) if factor > 0.0 else (share_low, share_high)
                of_up[index] = min(of_up[index], rising)
                of_down[index] = min(of_down[index], falling)
            if more_fast > fast:
                of_speed = min(of_speed, max(fast, 0.0) / more_fast)
            if hard > push:
                of_speed = 0.0  # nobody gets faster while a leg is pushed as hard as it may be
        keep = 1.0 - PLANNING_MARGIN
        return [
            (
                axis.low - of_down[index] * down[index],
                axis.high + of_up[index] * up[index],
                max(axis.speed, (axis.speed + of_speed * faster[index]) * keep),
            )
            for index, axis in enumerate(present)
        ]

    def _stop(self, before: Sequence[AxisState], wanted: tuple[float, ...], since: int) -> None:
        """Come to rest; from rest, go on a line."""
        self._adopt_motion(before)
        if any(state[1] != 0.0 or state[2] != 0.0 for state in before):
            for axis in self._axes:
                axis.brake()
            self._course = Course(STOPPING, since)
            return
        start = self.position
        if start == wanted:
            self._course = FREE_COURSE
            return
        end = wanted if self._straight(start, wanted) else (0.0,) * len(start)
        self._course = Course(LINE, since, 0, (start, end, (0.0,) * 7))
        self._on_line(before, wanted, since)

    def _straight(self, start: Sequence[float], end: Sequence[float]) -> bool:
        """Whether all of a line is certainly inside the stroke: from or to the neutral pose, or piece by piece."""
        if not any(start) or not any(end):
            return True
        marks = [
            [at + number / _PIECES * (to - at) for at, to in zip(start, end, strict=True)]
            for number in range(_PIECES + 1)
        ]
        return all(
            self._tested(
                [Commitment(min(pair), max(pair), 0.0, 0.0) for pair in zip(one, other, strict=True)]
            )
            for one, other in pairwise(marks)
        )

    def _line_limits(self, way: Sequence[float]) -> tuple[float, float, float]:
        """Largest speed, acceleration and jerk of the share of a way, per s."""
        # Never in less than some samples, however short the way: a way of nothing has limits without end.
        dt_s = self._dt_s
        speed, push, jerk = 0.25 / dt_s, 0.05 / (dt_s * dt_s), 0.02 / (dt_s * dt_s * dt_s)
        for axis, step in zip(self._law.limits, way, strict=True):
            if step:
                speed = min(speed, axis.velocity / abs(step))
                push = min(push, axis.stopping / abs(step))
                jerk = min(jerk, axis.jerk / abs(step))
        for gain, (_, _, most_fast, most_hard) in zip(self._gain, self._ends, strict=True):
            fast = 0.0
            for much, step in zip(gain, way, strict=True):
                fast += much * abs(step)
            if fast:
                speed = min(speed, most_fast / dt_s / fast)
                push = min(push, most_hard / (dt_s * dt_s) / fast)
        return _LINE_SHARE * speed, _LINE_SHARE * push, _LINE_SHARE * jerk

    def _on_line(self, before: Sequence[AxisState], wanted: Sequence[float], since: int) -> None:
        """The next sample of the line, or of the stop on it once what is wanted lies behind."""
        start, end, of_share = self._course.line
        way = [to - at for at, to in zip(start, end, strict=True)]
        speed, push, jerk = self._line_limits(way)
        along = Follower(AxisLimits(0.0, 1.0, speed, push, jerk), self._dt_s, 0.0)
        p, v, a, q, qv, qa, quiet = of_share
        along.adopt_state((p, v, a, q, qv, qa, int(quiet)))
        onward = 0.0
        for limits, state, to, step in zip(self._law.limits, before, wanted, way, strict=True):
            span = limits.high - limits.low
            onward += (to - state[0]) * step / (span * span)
        # The neutral pose is on the way to everywhere.
        go_on = onward > 0.0 or tuple(wanted) == end or not any(end)
        share = along.follow(1.0) if go_on else along.brake()
        for axis, state, at, to, step in zip(self._axes, before, start, end, way, strict=True):
            place = to if share == 1.0 else axis.limits.clamp(at + share * step)
            speed = place - state[0]
            axis.adopt_state((place, speed, speed - state[1], *state[3:]))
        if along.resting and (share == 1.0 or along.state()[1] == 0.0):
            # What is left of the motion is rounding: at rest, exactly, from the next sample on.
            for axis in self._axes:
                axis.adopt_state((axis.position, 0.0, 0.0, *axis.state()[3:]))
            self._course = (
                FREE_COURSE if self.position == tuple(wanted) else Course(FREE, since, self.patience)
            )
        else:
            self._course = Course(LINE, since, 0, (start, end, tuple(map(float, along.state()))))

    def _leaves(self, before: Sequence[AxisState], after: Sequence[AxisState]) -> bool:
        """Whether the axes may go on by themselves: all of it within each axis' limits, and tested."""
        excess = 1.0 + 2.0 * PLANNING_MARGIN
        for axis, was, now, plan in zip(self._axes, before, after, self._plan, strict=True):
            p, v, a = now[:3]
            low, high, vl, al, jl = plan[:5]
            inside = low <= p <= high and abs(v) <= vl * excess and abs(a) <= al * excess
            noise = 16.0 * math.ulp(max(abs(p), abs(was[0])))
            if not (inside and abs(a - was[2]) <= jl * excess + noise and axis.certified):
                return False
        return self._tested(self._commitments())
