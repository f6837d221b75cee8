"""The law of `engine.motion.trajectories.Follower` on many axes at once, operation by operation.

Every expression stands in the order in which the scalar law has it, and uses only operations IEEE 754 rounds exactly (no sine, no
power), so the numbers are the same to the last bit; that is tested. It pays from some twenty axes on, when many seats blend at once:
at the beginning, at a seam, at a stop. Iterations go on with those that are not done yet.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from engine.motion.trajectories import ACCEPT_MARGIN, PLANNING_MARGIN, canonical_stop

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Rows = NDArray[np.intp]

_MAX_ROOT_STEPS = 60
# A stop on arrays costs 200 us before it does anything, a scalar one 3 us.
_ARRAYS_FROM = 80


@dataclass(frozen=True, slots=True)
class Limits:
    """What the law needs of each axis' limits, per tick: as `Follower` keeps them."""

    low: Floats
    high: Floats
    vl: Floats
    al: Floats
    jl: Floats
    tolerance: Floats
    reach: Floats
    bl: Floats

    def take(self, rows: Rows | Flags) -> Limits:
        """Those of some of the axes."""
        return Limits(*(getattr(self, each.name)[rows] for each in fields(self)))


@dataclass(frozen=True, slots=True)
class Stops:
    """As `engine.motion.trajectories.Stop`, without what the law does not ask for."""

    end: Floats
    dip: Floats
    first_jerk: Floats


def _ramp_sum(a: Floats, j: Floats) -> Floats:
    m = np.floor(a / j)
    found: Floats = m * a - j * (m * (m + 1)) * 0.5
    return found


def left_over(v: Floats, a: Floats, j: Floats) -> Floats:
    """Velocity left over once the acceleration is let go."""
    ramp = _ramp_sum(np.abs(a), j)
    return np.where(a >= 0.0, v + ramp, v - ramp)


def canonical_stops(v: Floats, a: Floats, brake_up: Floats, brake_down: Floats, j: Floats) -> Stops:
    """`engine.motion.trajectories.canonical_stop` of many states."""
    if len(v) < _ARRAYS_FROM:
        rows = zip(v.tolist(), a.tolist(), brake_up.tolist(), brake_down.tolist(), j.tolist(), strict=True)
        one = [canonical_stop(*row) for row in rows]
        return Stops(
            np.array([stop.end for stop in one]),
            np.array([stop.dip for stop in one]),
            np.array([stop.first_jerk for stop in one]),
        )
    left = left_over(v, a, j)
    mirrored = left < 0.0
    v, a = np.where(mirrored, -v, v), np.where(mirrored, -a, a)
    sign = np.where(mirrored, -1.0, 1.0)
    brake = np.maximum(np.where(mirrored, brake_up, brake_down), -a)
    u = a / j
    w = v / j
    b = brake / j
    area = w + 0.5 * u * u
    lowest = np.sqrt(np.maximum(area, 0.0))
    t = np.where(lowest > b, u + b + np.maximum((area - b * b) / b, 0.0) + b, u + 2.0 * lowest)
    t = np.maximum(np.maximum(t, -u), 0.0)
    t, m, h, n, k_hold = _solve(t, u, w, b)
    # Walk the runs of constant jerk; a run of no ticks adds nothing.
    s1 = m * (m + 1) * 0.5
    p = m * w + u * s1 - m * (m + 1) * (m + 2) / 6.0
    vel = w + (m * u - s1)
    p = p + (h * vel - b * h * (h + 1) * 0.5)
    vel = vel - h * b
    line = -(t - k_hold - 1.0)
    up = n > 0
    q = n - 1
    vel = vel + line
    s1 = q * (q + 1) * 0.5
    p = np.where(up, (p + vel) + (q * vel + line * s1 + q * (q + 1) * (q + 2) / 6.0), p)
    first = np.where(t <= 1.0, -u, np.maximum(np.maximum(u - 1.0, -b), 1.0 - t) - u)
    dip = np.zeros(len(p))
    against = np.nonzero((w < 0.0) & (u > 0.0))[0]
    if len(against):
        dip[against] = _dips(u[against], w[against])
    scale = sign * j
    return Stops(p * scale, dip * scale, first * scale)


def _solve(t: Floats, u: Floats, w: Floats, b: Floats) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Real duration of the stop, and the ticks of its parts: down, held, up, and the last one held."""
    out = tuple(np.zeros(len(t)) for _ in range(5))
    at = np.arange(len(t))
    t_low, t_high = np.zeros(len(t)), np.full(len(t), np.inf)
    enough = 1e-13 * np.where(w > 0.0, 1.0 + w, 1.0 - w)
    for turn in range(_MAX_ROOT_STEPS):
        last = np.maximum(np.ceil(t) - 1, 0.0)
        m = np.minimum(np.maximum(np.floor(np.minimum((u + t) * 0.5, u + b) + 1e-12), 0.0), last)
        k_hold = np.minimum(np.maximum(np.floor(t - b + 1e-12), m), last)
        h = k_hold - m
        n = last - k_hold
        error = m * u - 0.5 * m * (m + 1) - h * b - (n * (t - k_hold) - 0.5 * n * (n + 1)) + w
        above = error > 0.0
        some = n > 0
        t_low = np.where(above, t, t_low)
        t_high = np.where(above, t_high, t)
        alone = np.where(above, last + 1.0, np.where(h > 0, k_hold + b, 2.0 * m - u)) + error
        step = np.where(some, t + error / np.where(some, n, 1.0), alone)
        inside = (t_low < step) & (step < t_high)
        half = np.where(t_high < np.inf, 0.5 * (t_low + t_high), t + 1.0)
        step = np.where(inside, step, half)
        done = (np.abs(error) <= enough) | (step == t) | (step == t_low) | (step == t_high)
        if turn == _MAX_ROOT_STEPS - 1:
            t = np.where(done, t, step)
            done[:] = True
        if done.any():
            rows = at[done]
            for into, values in zip(out, (t, m, h, n, k_hold), strict=True):
                into[rows] = values[done]
            go = ~done
            if not go.any():
                break
            at, u, w, b, enough = at[go], u[go], w[go], b[go], enough[go]
            t_low, t_high, step = t_low[go], t_high[go], step[go]
        t = step
    found_t, found_m, found_h, found_n, found_k = out
    return found_t, found_m, found_h, found_n, found_k


def _dips(u: Floats, w: Floats) -> Floats:
    """How far a stop goes against its final direction first."""
    c = u - 0.5
    root = c - np.sqrt(np.maximum(c * c + 2.0 * w, 0.0))
    k = np.maximum(np.ceil(root) - 1, 0.0)
    while (over := (k > 0) & (w + k * u - 0.5 * k * (k + 1) >= 0.0)).any():
        k = np.where(over, k - 1, k)
    dip = k * w + u * k * (k + 1) * 0.5 - k * (k + 1) * (k + 2) / 6.0
    return np.minimum(dip, 0.0)


def _highest_acceleration(headroom: Floats, j: Floats) -> Floats:
    room = np.maximum(headroom, 0.0)
    x = room / j
    m = np.floor((np.sqrt(1.0 + 8.0 * x) - 1.0) * 0.5)
    found = j * (x + 0.5 * m * (m + 1)) / (m + 1)
    return np.where(headroom <= 0.0, headroom, found)


def certified(limits: Limits, p: Floats, v: Floats, a: Floats) -> Flags:
    """`Follower._certified` of many states."""
    low, high = limits.low - limits.tolerance, limits.high + limits.tolerance
    vl = limits.vl * (1.0 + 4.0 * PLANNING_MARGIN)
    good: Flags = (low <= p) & (p <= high)
    good &= (np.abs(left_over(v, a, limits.jl)) <= vl) & (np.abs(v) <= vl)
    free = (limits.low + limits.reach <= p) & (p <= limits.high - limits.reach)
    near = np.nonzero(good & ~free)[0]
    if len(near):
        bl = limits.bl[near]
        stop = canonical_stops(v[near], a[near], bl, bl, limits.jl[near])
        end, dip = p[near] + stop.end, p[near] + stop.dip
        good[near] = (low[near] <= end) & (end <= high[near]) & (low[near] <= dip) & (dip <= high[near])
    return good


def follow(
    limits: Limits,
    state: tuple[Floats, Floats, Floats, Floats, Floats, Floats, Floats],
    target: Floats,
) -> tuple[tuple[Floats, Floats, Floats, Floats, Floats, Floats, Floats], Flags]:
    """`Follower.follow` of many axes: their next states (as `Follower.state`), and which are on target.

    Parameters
    ----------
    limits : Limits
    state : tuple of float64[axes]
        Position, velocity, acceleration of the axis and of the target, per tick; samples for which the target has been quiet.
    target : float64[axes]
        Finite.
    """
    p, v, a, q0, qv0, qa0, quiet = state
    q = np.minimum(np.maximum(target, limits.low), limits.high)
    qv = q - q0
    qa = qv - qv0
    qj = qa - qa0
    rest = (q == p) & (v == 0.0) & (a == 0.0) & (qv == 0.0) & (qa == 0.0) & (qj == 0.0)
    vl, al, jl = limits.vl, limits.al, limits.jl
    excess = 1.0 + PLANNING_MARGIN + ACCEPT_MARGIN
    noise = 4.0 * np.spacing(np.abs(p)) + 4.0 * np.spacing(np.abs(q))
    most_v, most_a, most_j = vl * excess, al * excess + noise, jl * excess + noise
    fair = (np.abs(qv) <= most_v) & (np.abs(qa) <= most_a) & (np.abs(qj) <= most_j)
    quiet = np.where(rest, 3.0, np.where(fair, np.minimum(quiet + 1, 3.0), 0.0))
    v1 = q - p
    a1 = v1 - v
    j1 = a1 - a
    good = (np.abs(v1) <= most_v) & (np.abs(a1) <= most_a) & (np.abs(j1) <= most_j)
    good &= _holdable(limits, v1, a1, qv, qa, qj, noise)
    asked = np.nonzero(good & ~rest)[0]
    if len(asked):
        good[asked] = certified(limits.take(asked), q[asked], v1[asked], a1[asked])
    good |= rest
    out_p, out_v, out_a = np.where(good, q, p), np.where(good & ~rest, v1, v), np.where(good & ~rest, a1, a)
    rows = np.nonzero(~good)[0]
    if len(rows):
        believed = quiet[rows] >= 3
        of_v, of_a = np.where(believed, qv[rows], 0.0), np.where(believed, qa[rows], 0.0)
        p1 = _approach(limits.take(rows), p[rows], v[rows], a[rows], q[rows], of_v, of_a)
        out_p[rows] = p1
        out_v[rows] = p1 - p[rows]
        out_a[rows] = out_v[rows] - v[rows]
    return (
        out_p,
        out_v,
        out_a,
        np.where(rest, q0, q),
        np.where(rest, qv0, qv),
        np.where(rest, qa0, qa),
        quiet,
    ), good


def _holdable(
    limits: Limits, v1: Floats, a1: Floats, qv: Floats, qa: Floats, qj: Floats, noise: Floats
) -> Flags:
    dv = v1 - qv
    da = a1 - qa
    jerk_room = np.maximum(limits.jl - np.abs(qj), 0.0) + noise
    accel_room = np.maximum(limits.al - np.abs(qa), 0.0) + noise
    found: Flags = (
        (np.abs(dv + da) <= jerk_room) & (np.abs(dv) <= jerk_room) & (np.abs(dv) <= accel_room)
    ) | ((dv == 0.0) & (da == 0.0))
    return found


def _approach(limits: Limits, p: Floats, v: Floats, a: Floats, q: Floats, qv: Floats, qa: Floats) -> Floats:
    """`Follower._approach` of many axes: their next positions."""
    vl, al, jl = limits.vl, limits.al, limits.jl
    up = np.minimum(np.minimum(a + jl, al), _highest_acceleration(vl - v, jl))
    down = np.maximum(np.maximum(a - jl, -al), -_highest_acceleration(vl + v, jl))
    up = np.maximum(up, a - jl)
    down = np.minimum(down, a + jl)
    crossed = down > up
    middle = np.minimum(np.maximum(0.0, a - jl), a + jl)
    up, down = np.where(crossed, middle, up), np.where(crossed, middle, down)
    brake_up = np.maximum(al - qa, 0.1 * al)
    brake_down = np.maximum(al + qa, 0.1 * al)
    chosen = _aim(up, down, p - q, v, a, qv, qa, brake_up, brake_down, limits.tolerance, jl)
    walled = np.nonzero(~certified(limits, p + v + chosen, v + chosen, chosen))[0]
    if len(walled):
        chosen[walled] = _before_walls(
            limits.take(walled), p[walled], v[walled], a[walled], up[walled], down[walled], chosen[walled]
        )
    return np.minimum(np.maximum(p + v + chosen, limits.low), limits.high)


def _before_walls(
    limits: Limits, p: Floats, v: Floats, a: Floats, up: Floats, down: Floats, chosen: Floats
) -> Floats:
    """The same law, aimed at the walls of the range; failing that, as near as there is a stop."""
    tol, bl, jl = 0.25 * limits.tolerance, limits.bl, limits.jl
    none = np.zeros(len(p))
    roof = _aim(up, down, p - limits.high, v, a, none, none, bl, bl, tol, jl)
    floor = _aim(up, down, p - limits.low, v, a, none, none, bl, bl, tol, jl)
    chosen = np.minimum(np.maximum(chosen, floor), roof)
    lost = np.nonzero(~certified(limits, p + v + chosen, v + chosen, chosen))[0]
    if len(lost):
        few = limits.take(lost)
        stop = canonical_stops(v[lost], a[lost], few.bl, few.bl, few.jl)
        good, bad = a[lost] + stop.first_jerk, chosen[lost]
        for _ in range(30):
            middle = 0.5 * (good + bad)
            fine = certified(few, p[lost] + v[lost] + middle, v[lost] + middle, middle)
            good, bad = np.where(fine, middle, good), np.where(fine, bad, middle)
        chosen[lost] = good
    return chosen


def _aim(
    up: Floats,
    down: Floats,
    e: Floats,
    v: Floats,
    a: Floats,
    qv: Floats,
    qa: Floats,
    brake_up: Floats,
    brake_down: Floats,
    tol: Floats,
    jl: Floats,
) -> Floats:
    """`Follower._aim` of many axes."""
    dv = v - qv

    def misses(rows: Rows) -> Callable[[Floats], Floats]:
        of_dv, of_qa, of_e, of_v = dv[rows], qa[rows], e[rows], v[rows]
        of_up, of_down, of_jl = brake_up[rows], brake_down[rows], jl[rows]

        def miss(acc: Floats) -> Floats:
            return of_e + of_v + acc + canonical_stops(of_dv + acc, acc - of_qa, of_up, of_down, of_jl).end

        return miss

    everything = np.arange(len(up))
    found = up.copy()
    high_miss = misses(everything)(up)
    rows = np.nonzero(~(high_miss <= tol))[0]
    if not len(rows):
        return found
    low_miss = misses(rows)(down[rows])
    at_low = low_miss >= -tol[rows]
    found[rows[at_low]] = down[rows[at_low]]
    go = ~at_low
    rows, f_hi, f_lo = rows[go], high_miss[rows[go]], low_miss[go]
    if not len(rows):
        return found
    lo, hi, near = down[rows], up[rows], 0.1 * tol[rows]
    stops = canonical_stops(dv[rows], a[rows] - qa[rows], brake_up[rows], brake_down[rows], jl[rows])
    onward = a[rows] + stops.first_jerk
    f = misses(rows)(onward)
    inside = (lo < onward) & (onward < hi)
    hit = inside & (np.abs(f) <= near)
    found[rows[hit]] = onward[hit]
    hi, f_hi = np.where(inside & (f > 0.0), onward, hi), np.where(inside & (f > 0.0), f, f_hi)
    lo, f_lo = np.where(inside & ~(f > 0.0), onward, lo), np.where(inside & ~(f > 0.0), f, f_lo)
    go = ~hit
    rows, lo, hi, f_lo, f_hi, near = rows[go], lo[go], hi[go], f_lo[go], f_hi[go], near[go]
    side = np.zeros(len(rows))
    for step in range(_MAX_ROOT_STEPS):
        if not len(rows):
            break
        half = 0.5 * (lo + hi)
        middle = (lo * f_hi - hi * f_lo) / (f_hi - f_lo) if step % 6 != 5 else half
        inside = (lo < middle) & (middle < hi)
        middle = np.where(inside, middle, half)
        stuck = ~inside & ((middle == lo) | (middle == hi))
        f = misses(rows)(middle)
        hit = ~stuck & (np.abs(f) <= near)
        found[rows[stuck]] = lo[stuck]
        found[rows[hit]] = middle[hit]
        above = f > 0.0
        f_lo = np.where(above & (side == 1), 0.5 * f_lo, f_lo)
        f_hi = np.where(~above & (side == -1), 0.5 * f_hi, f_hi)
        hi, f_hi = np.where(above, middle, hi), np.where(above, f, f_hi)
        lo, f_lo = np.where(above, lo, middle), np.where(above, f_lo, f)
        side = np.where(above, 1.0, -1.0)
        go = ~(stuck | hit)
        rows, lo, hi, f_lo, f_hi, near, side = (
            rows[go],
            lo[go],
            hi[go],
            f_lo[go],
            f_hi[go],
            near[go],
            side[go],
        )
    found[rows] = lo
    return found
