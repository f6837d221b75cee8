"""Jerk-limited following of one axis, sample by sample.

The follower decides only the next sample of an axis. What it promises is about the *emitted samples*: their
finite differences v = (p' - p)/dt, a = (v' - v)/dt and j = (a' - a)/dt stay inside the limits and p inside
the range, for every target sequence whatsoever. Three ideas carry it:

1. **Viability.** After every step a jerk-limited stop that stays inside all limits must exist. The *canonical
   stop* below is memoryless: after its first step, the canonical stop of the new state is the rest of the old
   one. So a state with a certificate always has a next step with a certificate, for ever after.
2. **Exact when feasible.** If the wanted sample is reachable, keeps a certificate and can be held on to, it
   is emitted as it is: no filter, no lag.
3. **Otherwise time-near-optimal.** Pick the jerk for which the canonical stop, seen from the moving target,
   ends exactly on the target. For the triple integrator that is the time-optimal switching law; solving for
   the jerk instead of taking its sign is what keeps it from chattering in discrete time.

Inside, time is counted in ticks (dt = 1), so v, a and j are per tick, per tick^2, per tick^3. In these units
a run of k ticks at constant jerk j is exactly::

    a_k = a + k j;   v_k = v + k a + j k(k+1)/2;   p_k = p + k v + a k(k+1)/2 + j k(k+1)(k+2)/6.

Scalar on purpose: the search branches differently on every axis, and six axes are too few to pay for array calls.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

# Planning keeps this fraction below the limits so that the rounding of doubles in p' - p (which is what a
# device sees) cannot carry a planned step above them.
PLANNING_MARGIN = 1e-6
# Accepted excess of a wanted sample's own differences, for the same rounding.
ACCEPT_MARGIN = 1e-9
_ROUNDING = 1e-12  # of the range: position tolerance of certificates and of the root search
_MAX_ROOT_STEPS = 60


@dataclass(frozen=True, slots=True)
class AxisLimits:
    """What one axis may do.

    Parameters
    ----------
    low, high : float
        Range, in the axis' unit (m or deg); low < high.
    velocity, acceleration, jerk : float
        Largest magnitudes, per s, s^2 and s^3; finite and positive.
    brake : float, optional
        Acceleration with which a stop brakes, at most `acceleration`, which it is by default. Less where axes share
        actuators that cannot brake all of them at once (`engine.motion.joint`).
    """

    low: float
    high: float
    velocity: float
    acceleration: float
    jerk: float
    brake: float | None = None

    def __post_init__(self) -> None:
        for name in ("low", "high", "velocity", "acceleration", "jerk"):
            value = getattr(self, name)
            if not math.isfinite(value):
                raise ValueError(f"axis limit {name} is {value!r}; it must be a finite number")
        if not self.low < self.high:
            raise ValueError(
                f"axis range is {self.low!r}..{self.high!r}; the low end must lie below the high end"
            )
        for name in ("velocity", "acceleration", "jerk"):
            if getattr(self, name) <= 0.0:
                raise ValueError(f"axis limit {name} is {getattr(self, name)!r}; it must be positive")
        if self.brake is not None and not 0.0 < self.brake <= self.acceleration:
            raise ValueError(
                f"axis limit brake is {self.brake!r}; it must be positive and at most the acceleration, "
                f"{self.acceleration!r}"
            )

    @property
    def stopping(self) -> float:
        """Acceleration with which a stop brakes, per s^2."""
        return self.acceleration if self.brake is None else self.brake

    def clamp(self, value: float) -> float:
        """Return `value` brought into the range."""
        return min(max(value, self.low), self.high)

    def contains(self, other: AxisLimits) -> bool:
        """Tell whether everything allowed by `other` is allowed here too."""
        return (
            self.low <= other.low
            and self.high >= other.high
            and self.velocity >= other.velocity
            and self.acceleration >= other.acceleration
            and self.stopping >= other.stopping
            and self.jerk >= other.jerk
        )


@dataclass(frozen=True, slots=True)
class Stop:
    """A canonical stop, in ticks.

    Attributes
    ----------
    end : float
        Where it comes to rest, relative to the start.
    dip : float
        Farthest excursion against the final direction, relative to the start (0 when there is none).
    peak_velocity : float
        Velocity of largest magnitude after the start, per tick.
    first_jerk : float
        Jerk of its first tick.
    ticks : int
        Ticks until velocity and acceleration are zero.
    """

    end: float
    dip: float
    peak_velocity: float
    first_jerk: float
    ticks: int


def ramp_sum(a: float, j: float) -> float:
    """Sum of a - j, a - 2j, ... while positive: velocity still gained when a > 0 is let go at full jerk."""
    m = math.floor(a / j)
    return m * a - j * (m * (m + 1)) * 0.5


def canonical_stop(v: float, a: float, brake_up: float, brake_down: float, j: float) -> Stop:
    """Fastest way from (v, a) to (0, 0) with jerk `j`, in ticks.

    Parameters
    ----------
    v, a : float
        Velocity and acceleration, per tick and per tick^2.
    brake_up, brake_down : float
        Largest acceleration in the positive and (as a magnitude) the negative direction, per tick^2.
    j : float
        Largest jerk, per tick^3.

    Returns
    -------
    Stop
        In the mirrored sense where the velocity left over is positive, the acceleration of tick k is
        ``max(a - k j, -brake, -(T - k) j)`` and zero from tick T on; T is real and makes the sum equal to -v.
        T may fall between ticks, which makes the end a continuous function of the start.
    """
    sign = 1.0
    left = v + ramp_sum(a, j) if a >= 0.0 else v - ramp_sum(-a, j)
    if left < 0.0:
        v, a, left, sign = -v, -a, -left, -1.0
    brake = max(brake_down if sign > 0.0 else brake_up, -a)

    u = a / j  # in units of the jerk from here on
    w = v / j
    b = brake / j
    # Initial guess: the continuous trapezoid or triangle, then Newton on the piecewise linear, monotone sum.
    lowest = math.sqrt(max(w + 0.5 * u * u, 0.0))
    if lowest > b:
        t = u + b + max((w + 0.5 * u * u - b * b) / b, 0.0) + b
    else:
        t = u + 2.0 * lowest
    t = max(t, -u, 0.0)
    m = h = n = k_hold = 0
    t_low, t_high = 0.0, math.inf
    for _ in range(_MAX_ROOT_STEPS):
        last = max(math.ceil(t) - 1, 0)  # last tick with a non-zero acceleration
        m = min(max(math.floor(min((u + t) * 0.5, u + b) + 1e-12), 0), last)  # ticks on the way down
        k_hold = min(max(math.floor(t - b + 1e-12), m), last)  # held at -b up to this tick
        h = k_hold - m
        n = last - k_hold  # ticks on the way up, before the zero
        error = m * u - 0.5 * m * (m + 1) - h * b - (n * (t - k_hold) - 0.5 * n * (n + 1)) + w
        if abs(error) <= 1e-13 * (1.0 + w if w > 0.0 else 1.0 - w):
            break
        if error > 0.0:
            t_low = t
            # Without a tick on the way up the sum is flat in T until the next tick begins to count.
            step = t + error / n if n else last + 1.0 + error
        else:
            t_high = t
            step = t + error / n if n else (k_hold + b if h else 2.0 * m - u) + error
        if not t_low < step < t_high:
            step = 0.5 * (t_low + t_high) if t_high < math.inf else t + 1.0
        if step in (t, t_low, t_high):
            break
        t = step
    # Walk the runs of constant jerk: down m, one tick to the hold or the upward line, hold, one, up, one to
    # zero.
    p = 0.0
    vel = w
    acc = u
    if m:
        s1 = m * (m + 1) * 0.5
        p = m * vel + acc * s1 - m * (m + 1) * (m + 2) / 6.0
        vel += m * acc - s1
        acc -= m
    if h:
        p += h * vel - b * h * (h + 1) * 0.5
        vel -= h * b
        acc = -b
    if n:
        line = -(t - k_hold - 1.0)  # acceleration of the first tick of the way up
        q = n - 1
        vel += line
        p += vel
        if q:
            s1 = q * (q + 1) * 0.5
            p += q * vel + line * s1 + q * (q + 1) * (q + 2) / 6.0
            vel += q * line + s1
        acc = line + q
    # What is left of vel is rounding; the last tick takes acc to zero and adds it to the position.
    first = _first_jerk(u, b, t)
    dip = 0.0
    if w < 0.0 < u:
        # Moving against the final direction: position still falls while v_k = w + k u - k(k+1)/2 is negative.
        c = u - 0.5
        root = c - math.sqrt(max(c * c + 2.0 * w, 0.0))
        k = max(math.ceil(root) - 1, 0)
        while k > 0 and w + k * u - 0.5 * k * (k + 1) >= 0.0:
            k -= 1
        dip = k * w + u * k * (k + 1) * 0.5 - k * (k + 1) * (k + 2) / 6.0
        dip = min(dip, 0.0)
    peak = left / j if u >= 0.0 else w
    scale = sign * j
    return Stop(p * scale, dip * scale, peak * scale, first * scale, m + h + n + 1)


def _first_jerk(u: float, b: float, t: float) -> float:
    """Jerk of tick 1 of a canonical stop, in units of the jerk."""
    if t <= 1.0:
        return -u
    return max(u - 1.0, -b, 1.0 - t) - u


def _highest_acceleration(headroom: float, j: float) -> float:
    """Largest a with a + (a - j) + (a - 2j) + ... <= headroom, by which velocity may still grow."""
    if headroom <= 0.0:
        return 0.0 if headroom == 0.0 else headroom
    x = headroom / j
    m = math.floor((math.sqrt(1.0 + 8.0 * x) - 1.0) * 0.5)
    return j * (x + 0.5 * m * (m + 1)) / (m + 1)


class Follower:
    """Follows a wanted position along one axis without ever breaking its limits.

    Parameters
    ----------
    limits : AxisLimits
    dt_s : float
        Time between samples, in s.
    start : float
        Position at rest from which it starts; must lie in the range.

    Notes
    -----
    Not thread-safe. Measured on one 2-core machine, Python 3.11: 9 us a tick while the target is feasible and moves,
    under 1 us at rest, 23 us while blending.
    """

    __slots__ = (
        "_a",
        "_al",
        "_bl",
        "_dt",
        "_high",
        "_jl",
        "_limits",
        "_low",
        "_p",
        "_pending",
        "_q",
        "_qa",
        "_quiet",
        "_qv",
        "_reach",
        "_tolerance",
        "_v",
        "_vl",
        "on_target",
    )
    _low: float
    _high: float
    _vl: float

    def __init__(self, limits: AxisLimits, dt_s: float, start: float) -> None:
        if not (math.isfinite(dt_s) and dt_s > 0.0):
            raise ValueError(f"sample time is {dt_s!r} s; it must be positive")
        self._dt = dt_s
        self._pending: AxisLimits | None = None
        self._p = self._v = self._a = 0.0
        self._q = self._qv = self._qa = 0.0
        self._quiet = 0
        self.on_target = False
        self._adopt(limits)
        self.rest_at(start)

    @property
    def limits(self) -> AxisLimits:
        """The limits enforced now."""
        return self._limits

    @property
    def pending_limits(self) -> AxisLimits | None:
        """Tighter limits asked for and not yet enforceable without breaking the present ones."""
        return self._pending

    @property
    def position(self) -> float:
        """The last emitted sample."""
        return self._p

    @property
    def velocity(self) -> float:
        """Finite difference of the last two samples, per s."""
        return self._v / self._dt

    @property
    def acceleration(self) -> float:
        """Second finite difference, per s^2."""
        return self._a / (self._dt * self._dt)

    @property
    def resting(self) -> bool:
        """Whether velocity and acceleration are zero (to rounding)."""
        return abs(self._v) <= 4.0 * self._tolerance and abs(self._a) <= 8.0 * self._tolerance

    def rest_at(self, position: float) -> None:
        """Forget all motion: the axis is known to rest at `position` (after connecting, from park)."""
        if not math.isfinite(position):
            raise ValueError(f"axis position is {position!r}; it must be a finite number")
        if not self._limits.low <= position <= self._limits.high:
            raise ValueError(
                f"axis position {position!r} lies outside its range "
                f"{self._limits.low!r}..{self._limits.high!r}"
            )
        self._p = self._q = position
        self._v = self._a = self._qv = self._qa = 0.0
        self._quiet = 0
        self.on_target = False

    def state(self) -> tuple[float, float, float, float, float, float, int]:
        """All it remembers: position, velocity, acceleration of the axis and of the target (per tick), and for how many
        samples the target has moved as it may."""
        return self._p, self._v, self._a, self._q, self._qv, self._qa, self._quiet

    def planning_limits(self) -> tuple[float, float, float, float, float, float, float, float]:
        """What it plans with, per tick: low, high, velocity, acceleration, jerk, tolerance, the farthest a state that has a
        stop can stop from where it is, and the acceleration with which it brakes."""
        return self._low, self._high, self._vl, self._al, self._jl, self._tolerance, self._reach, self._bl

    def adopt_state(self, state: tuple[float, float, float, float, float, float, int]) -> None:
        """Go on from what another with the same limits remembered."""
        self._p, self._v, self._a, self._q, self._qv, self._qa, self._quiet = state

    def change_limits(self, limits: AxisLimits) -> None:
        """Ask for other limits.

        Wider ones hold from the next sample. Narrower ones hold as soon as the present state has a stop
        inside them; until then the old ones are kept and the axis is braked towards the new range.
        """
        self._pending = limits
        self._try_pending()

    def stop_time_s(self) -> float:
        """Upper bound of the time from any allowed state to rest, in s."""
        limits = self._limits
        ramp = limits.acceleration / limits.jerk
        return limits.velocity / limits.stopping + 4.0 * ramp + 4.0 * self._dt

    def move_time_s(self, distance: float) -> float:
        """Upper bound of the time from any allowed state to rest `distance` away or nearer, in s."""
        limits = self._limits
        ramp = limits.acceleration / limits.jerk
        cube = (32.0 * distance / limits.jerk) ** (1.0 / 3.0)
        triangle = 2.0 * math.sqrt(distance / limits.stopping) + 2.0 * ramp
        return self.stop_time_s() + max(cube, triangle) + distance / limits.velocity + 4.0 * self._dt

    def follow(self, target: float) -> float:
        """Emit the next sample on the way to `target`.

        Parameters
        ----------
        target : float
            Wanted next sample; any finite value, clamped into the range.

        Returns
        -------
        float
            The sample: `target` itself whenever it is reachable and can be held on to.

        Raises
        ------
        ValueError
            When `target` is not finite; the state is unchanged.
        """
        if not math.isfinite(target):
            raise ValueError(f"axis target is {target!r}; it must be a finite number")
        pending = self._pending
        if pending is not None and self._try_pending():
            pending = None
        if pending is not None:
            target = pending.clamp(target)
        q = min(max(target, self._low), self._high)
        qv = q - self._q
        qa = qv - self._qv
        qj = qa - self._qa
        v, a = self._v, self._a
        if q == self._p and v == a == qv == qa == qj == 0.0:
            self.on_target = True  # at rest where it is wanted: most axes, most of the time
            self._quiet = 3
            return q
        vl, al, jl = self._vl, self._al, self._jl
        excess = 1.0 + PLANNING_MARGIN + ACCEPT_MARGIN
        noise = 4.0 * math.ulp(self._p) + 4.0 * math.ulp(q)
        # Is the target's own motion allowed? Only then is its velocity worth believing for a blend.
        if abs(qv) <= vl * excess and abs(qa) <= al * excess + noise and abs(qj) <= jl * excess + noise:
            self._quiet = min(self._quiet + 1, 3)
        else:
            self._quiet = 0
        self._q, self._qv, self._qa = q, qv, qa

        v1 = q - self._p
        a1 = v1 - v
        j1 = a1 - a
        if (
            abs(v1) <= vl * excess
            and abs(a1) <= al * excess + noise
            and abs(j1) <= jl * excess + noise
            and self._holdable(v1, a1, qv, qa, qj, noise)
            and self._certified(q, v1, a1)
        ):
            self._p, self._v, self._a = q, v1, a1
            self.on_target = True
            return q
        self.on_target = False
        if self._quiet < 3:
            qv = qa = 0.0
        return self._approach(q, qv, qa)

    @property
    def certified(self) -> bool:
        """Whether a stop from here stays inside range and velocity; always, but for states adopted from elsewhere."""
        return self._certified(self._p, self._v, self._a)

    def brake(self) -> float:
        """Emit the next sample of the stop that is always possible, whatever is wanted; exact rest at its end.

        The target's own motion is left as it was last seen.
        """
        p = self._p
        if self.resting:
            p1 = p  # what is left of the motion is rounding
        else:
            acc = self._a + canonical_stop(self._v, self._a, self._bl, self._bl, self._jl).first_jerk
            p1 = min(max(p + self._v + acc, self._low), self._high)
        v1 = p1 - p
        self._a = v1 - self._v
        self._v = v1
        self._p = p1
        self.on_target = False
        return p1

    def follow_within(self, target: float, low: float, high: float, velocity: float) -> float:
        """`follow`, for this sample inside a narrower range and a lower speed (per tick), both of which hold the present stop.

        The target's own motion is judged by what can be seen of it inside that range.
        """
        limits = self._low, self._high, self._vl
        self._low, self._high, self._vl = max(low, limits[0]), min(high, limits[1]), min(velocity, limits[2])
        try:
            return self.follow(target)
        finally:
            self._low, self._high, self._vl = limits

    # -- inside ----------------------------------------------------------------------------------------------

    def _adopt(self, limits: AxisLimits) -> None:
        dt = self._dt
        keep = 1.0 - PLANNING_MARGIN
        self._limits = limits
        self._vl = limits.velocity * dt * keep
        self._al = limits.acceleration * dt * dt * keep
        self._bl = self._al if limits.brake is None else limits.brake * dt * dt * keep
        self._jl = limits.jerk * dt * dt * dt * keep
        self._low = limits.low
        self._high = limits.high
        self._tolerance = _ROUNDING * max(abs(limits.low), abs(limits.high), limits.high - limits.low)
        worst = canonical_stop(self._vl, self._al, self._bl, self._bl, self._jl)
        self._reach = worst.end + self._vl  # no certified state stops farther away than this

    def _try_pending(self) -> bool:
        """Adopt the pending limits if the state can live under them; tell whether it did."""
        wanted = self._pending
        if wanted is None:
            return True
        before = self._limits
        if not wanted.contains(before):
            self._adopt(wanted)
            inside = (
                wanted.low <= self._p <= wanted.high
                and abs(self._v) <= self._vl
                and abs(self._a) <= self._al
                and self._certified(self._p, self._v, self._a)
            )
            if not inside:
                self._adopt(before)
                return False
        else:
            self._adopt(wanted)
        self._pending = None
        return True

    def _certified(self, p: float, v: float, a: float) -> bool:
        """Whether the canonical stop from this state stays inside range and velocity."""
        tol = self._tolerance
        if not self._low - tol <= p <= self._high + tol:
            return False
        jl = self._jl
        vl = self._vl * (1.0 + 4.0 * PLANNING_MARGIN)
        peak = v + ramp_sum(a, jl) if a >= 0.0 else v - ramp_sum(-a, jl)
        if abs(peak) > vl or abs(v) > vl:
            return False
        if self._low + self._reach <= p <= self._high - self._reach:
            return True
        stop = canonical_stop(v, a, self._bl, self._bl, jl)
        low, high = self._low - tol, self._high + tol
        return low <= p + stop.end <= high and low <= p + stop.dip <= high

    def _holdable(self, v1: float, a1: float, qv: float, qa: float, qj: float, noise: float) -> bool:
        """Whether the two samples after this one can also be the target's, if it keeps its acceleration.

        Without this, a fast crossing would be taken for an arrival, and the residue of an arrival would turn
        into a tiny limit cycle around the target.
        """
        dv = v1 - qv
        da = a1 - qa
        if dv == 0.0 and da == 0.0:
            return True
        jerk_room = max(self._jl - abs(qj), 0.0) + noise
        accel_room = max(self._al - abs(qa), 0.0) + noise
        return abs(dv + da) <= jerk_room and abs(dv) <= jerk_room and abs(dv) <= accel_room

    def _approach(self, q: float, qv: float, qa: float) -> float:
        p, v, a = self._p, self._v, self._a
        vl, al, jl = self._vl, self._al, self._jl
        # Accelerations allowed by jerk, acceleration and velocity; by viability the interval is never empty.
        up = min(a + jl, al, _highest_acceleration(vl - v, jl))
        down = max(a - jl, -al, -_highest_acceleration(vl + v, jl))
        up = max(up, a - jl)
        down = min(down, a + jl)
        if down > up:
            down = up = min(max(0.0, a - jl), a + jl)
        brake_up = max(al - qa, 0.1 * al)
        brake_down = max(al + qa, 0.1 * al)
        chosen = self._aim(up, down, p - q, v, a, qv, qa, brake_up, brake_down, self._tolerance)
        p1 = p + v + chosen
        if not self._certified(p1, v + chosen, chosen):
            # Only a wall of the range can be in the way now: the same law, aimed at the wall.
            tol = 0.25 * self._tolerance
            bl = self._bl
            roof = self._aim(up, down, p - self._high, v, a, 0.0, 0.0, bl, bl, tol)
            floor = self._aim(up, down, p - self._low, v, a, 0.0, 0.0, bl, bl, tol)
            chosen = min(max(chosen, floor), roof)
            p1 = p + v + chosen
            if not self._certified(p1, v + chosen, chosen):
                stop = canonical_stop(v, a, bl, bl, jl)
                chosen = self._nearest_certified(a + stop.first_jerk, chosen)
        p1 = min(max(p + v + chosen, self._low), self._high)
        v1 = p1 - p
        self._a = v1 - v
        self._v = v1
        self._p = p1
        return p1

    def _nearest_certified(self, safe: float, wanted: float) -> float:
        """Acceleration nearest to `wanted` with a certificate, searched from the stop's own."""
        p, v = self._p, self._v
        good, bad = safe, wanted
        for _ in range(30):
            middle = 0.5 * (good + bad)
            if self._certified(p + v + middle, v + middle, middle):
                good = middle
            else:
                bad = middle
        return good

    def _aim(
        self,
        up: float,
        down: float,
        e: float,
        v: float,
        a: float,
        qv: float,
        qa: float,
        brake_up: float,
        brake_down: float,
        tol: float,
    ) -> float:
        """Acceleration in down..up whose canonical stop, seen from the target, ends on the target.

        `e` is the present distance from the target's *next* sample. An axis that is on such a stop already only goes
        on with it, which is tried first; else, since the end rises with the acceleration, a bracketed secant
        (Illinois) finds it.
        """
        jl = self._jl
        dv = v - qv

        def miss(acc: float) -> float:
            stop = canonical_stop(dv + acc, acc - qa, brake_up, brake_down, jl)
            return e + v + acc + stop.end

        high_miss = miss(up)
        if high_miss <= tol:
            return up
        low_miss = miss(down)
        if low_miss >= -tol:
            return down
        lo, hi, f_lo, f_hi = down, up, low_miss, high_miss
        onward = a + canonical_stop(dv, a - qa, brake_up, brake_down, jl).first_jerk
        if lo < onward < hi:
            f = miss(onward)
            if abs(f) <= 0.1 * tol:
                return onward
            if f > 0.0:
                hi, f_hi = onward, f
            else:
                lo, f_lo = onward, f
        side = 0
        for step in range(_MAX_ROOT_STEPS):
            middle = (lo * f_hi - hi * f_lo) / (f_hi - f_lo) if step % 6 != 5 else 0.5 * (lo + hi)
            if not lo < middle < hi:
                middle = 0.5 * (lo + hi)
                if middle in (lo, hi):
                    break
            f = miss(middle)
            if abs(f) <= 0.1 * tol:
                return middle
            if f > 0.0:
                hi, f_hi = middle, f
                if side == 1:
                    f_lo *= 0.5
                side = 1
            else:
                lo, f_lo = middle, f
                if side == -1:
                    f_hi *= 0.5
                side = -1
        return lo
