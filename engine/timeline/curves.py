"""Turns what an author drew (steps, ramps, curves, waves, knocks) into runs of cubic pieces.

Notes
-----
Times are flicks of the program; slopes are per flick inside this module. Each function appends to a
`PieceRun`, the run of one channel, which `flatten` lays end to end with the others as a `LevelBank`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from engine.time.flicks import FLICKS_PER_SECOND
from engine.timeline.bank import LevelBank

Coef = tuple[float, float, float, float]

VOID = math.nan
"""Value of a channel that contributes nothing."""

WAVE_PIECES_PER_CYCLE = 16
"""Cubic Hermite pieces of a sine. The error of one is h^4 / 384 of the amplitude with h = 2 pi / pieces:
6.2e-5 at 16, 1.5e-4 at 12."""


@dataclass(slots=True)
class PieceRun:
    """Pieces of one channel, by start. The same start twice replaces the earlier piece."""

    t0_fl: list[int] = field(default_factory=list)
    inv_len: list[float] = field(default_factory=list)
    coef: list[Coef] = field(default_factory=list)
    fire: list[bool] = field(default_factory=list)
    cue_at_fl: list[int] = field(default_factory=list)
    base: list[float] = field(default_factory=list)
    # What the cue now being written is; every piece added takes these.
    cue_fl: int = 0
    is_fire: bool = False
    fire_base: float = 0.0

    def begin_cue(self, at_fl: int, *, fire: bool = False, base: float = 0.0) -> None:
        """Pieces added from now on belong to the cue at ``at_fl``; for a one-shot, ``base`` holds when it
        does not.
        """
        self.cue_fl, self.is_fire, self.fire_base = at_fl, fire, base

    def end_cue(self) -> None:
        """Pieces added from now on belong to no one-shot."""
        self.is_fire = False

    def add(self, t0_fl: int, t1_fl: int, coef: Coef) -> None:
        """A cubic from ``t0_fl``, with u = 1 at ``t1_fl``; ``t1_fl <= t0_fl`` makes it constant c0."""
        if self.t0_fl and self.t0_fl[-1] == t0_fl:
            for values in (self.t0_fl, self.inv_len, self.coef, self.fire, self.cue_at_fl, self.base):
                values.pop()
        self.t0_fl.append(t0_fl)
        self.inv_len.append(1.0 / (t1_fl - t0_fl) if t1_fl > t0_fl else 0.0)
        self.coef.append(coef)
        self.fire.append(self.is_fire)
        self.cue_at_fl.append(self.cue_fl)
        self.base.append(self.fire_base)

    def hold(self, at_fl: int, value: float) -> None:
        """A constant from ``at_fl`` on."""
        self.add(at_fl, at_fl, (value, 0.0, 0.0, 0.0))


def hermite(a: float, b: float, slope_a: float, slope_b: float, length: float) -> Coef:
    """Cubic through a and b with these slopes, in local u over ``length``."""
    ma, mb = slope_a * length, slope_b * length
    return (a, ma, 3.0 * (b - a) - 2.0 * ma - mb, 2.0 * (a - b) + ma + mb)


def ramp(run: PieceRun, at_fl: int, over_fl: int, a: float, b: float, ease: str) -> None:
    """From a to b within ``over_fl``, then b.

    ``smooth`` starts and ends at rest, ``in`` starts and ``out`` ends at rest, ``step`` jumps at the end.
    """
    if over_fl > 0:
        d = b - a
        coef: Coef = {
            "linear": (a, d, 0.0, 0.0),
            "smooth": (a, 0.0, 3.0 * d, -2.0 * d),
            "in": (a, 0.0, d, 0.0),
            "out": (a, 2.0 * d, -d, 0.0),
            "step": (a, 0.0, 0.0, 0.0),
        }[ease]
        run.add(at_fl, at_fl + over_fl, coef)
    run.hold(at_fl + over_fl, b)


def monotone_slopes(times: Sequence[float], values: Sequence[float]) -> list[float]:
    """Slopes of the monotone cubic through the points (Fritsch and Butland 1984; ends by Moler's
    three-point rule).

    The same numbers as SciPy's PchipInterpolator, which is not imported here: it costs 0.2 s at start.
    """
    count = len(times)
    if count == 1:
        return [0.0]
    h = [times[i + 1] - times[i] for i in range(count - 1)]
    d = [(values[i + 1] - values[i]) / h[i] for i in range(count - 1)]
    if count == 2:
        return [d[0], d[0]]
    slopes = [0.0] * count
    for i in range(1, count - 1):
        if d[i - 1] * d[i] > 0.0:
            w1, w2 = 2.0 * h[i] + h[i - 1], h[i] + 2.0 * h[i - 1]
            slopes[i] = (w1 + w2) / (w1 / d[i - 1] + w2 / d[i])
    slopes[0] = _end_slope(h[0], h[1], d[0], d[1])
    slopes[-1] = _end_slope(h[-1], h[-2], d[-1], d[-2])
    return slopes


def _end_slope(h0: float, h1: float, d0: float, d1: float) -> float:
    slope = ((2.0 * h0 + h1) * d0 - h0 * d1) / (h0 + h1)
    if slope * d0 <= 0.0:
        return 0.0
    if d0 * d1 <= 0.0 and abs(slope) > 3.0 * abs(d0):
        return 3.0 * d0
    return slope


def catmull_slopes(times: Sequence[float], values: Sequence[float]) -> list[float]:
    """Slopes of the Catmull-Rom curve: the chord between a point's neighbours; one-sided at the ends."""
    last = len(times) - 1
    if last == 0:
        return [0.0]
    slopes: list[float] = []
    for i in range(last + 1):
        before, after = max(i - 1, 0), min(i + 1, last)
        slopes.append((values[after] - values[before]) / (times[after] - times[before]))
    return slopes


def curve(
    run: PieceRun,
    at_fl: int,
    times_fl: Sequence[int],
    values: Sequence[float],
    shape: str,
    tangents: Sequence[tuple[float, float]] | None = None,
) -> None:
    """Through the points; the first value holds from the cue's start, the last one afterwards.

    Parameters
    ----------
    run
        Receives the pieces.
    at_fl
        Start of the cue.
    times_fl
        Times of the points after ``at_fl``, ascending.
    values
        One a point.
    shape
        ``linear``, ``step``, ``smooth`` (at rest in every point), ``cubic`` (monotone: never beyond the
        points), ``catmull`` or ``spline``.
    tangents
        For spline: in and out, in units of the value per second.
    """
    if times_fl[0] > 0:
        run.hold(at_fl, values[0])
    ins = outs = [0.0] * len(values)
    if shape == "cubic":
        ins = outs = monotone_slopes(times_fl, values)
    elif shape == "catmull":
        ins = outs = catmull_slopes(times_fl, values)
    elif shape == "spline" and tangents is not None:
        ins = [pair[0] / FLICKS_PER_SECOND for pair in tangents]
        outs = [pair[1] / FLICKS_PER_SECOND for pair in tangents]
    for i in range(len(values) - 1):
        t0, t1, a, b = at_fl + times_fl[i], at_fl + times_fl[i + 1], values[i], values[i + 1]
        if shape == "step" or (a == b and outs[i] == 0.0 and ins[i + 1] == 0.0):
            run.hold(t0, a)
        elif shape == "linear":
            run.add(t0, t1, (a, b - a, 0.0, 0.0))
        else:
            run.add(t0, t1, hermite(a, b, outs[i], ins[i + 1], t1 - t0))
    run.hold(at_fl + times_fl[-1], values[-1])


def wave(
    run: PieceRun,
    at_fl: int,
    for_fl: int,
    *,
    hz: float,
    middle: float,
    amplitude: float,
    phase_cycles: float,
    fade_in_fl: int = 0,
    fade_out_fl: int = 0,
) -> float:
    """A sine around ``middle`` as Hermite pieces that meet it exactly, with its slope, at whole flicks.

    Fades are smoothsteps of the amplitude. Returns the value at the end of the cue.
    """
    cycles = hz * for_fl / FLICKS_PER_SECOND
    count = max(1, math.ceil(cycles * WAVE_PIECES_PER_CYCLE))
    if fade_in_fl or fade_out_fl:
        # A fade adds its own curvature: at least 16 pieces over the shorter one keep the product as exact.
        shortest = min(part for part in (fade_in_fl, fade_out_fl) if part)
        count = max(count, math.ceil(for_fl / shortest * WAVE_PIECES_PER_CYCLE))
    count = min(count, for_fl)
    edges = {(for_fl * i) // count for i in range(count + 1)}
    edges.update((min(fade_in_fl, for_fl), max(for_fl - fade_out_fl, 0)))
    local = np.array(sorted(edges), dtype=np.int64)
    omega = 2.0 * math.pi * hz / FLICKS_PER_SECOND
    # The phase is taken from whole cycles, so that a long wave loses nothing in the sine's argument.
    turns = np.mod(local * (hz / FLICKS_PER_SECOND) + phase_cycles, 1.0) * (2.0 * math.pi)
    size, size_slope = _envelope(local, for_fl, fade_in_fl, fade_out_fl)
    value = middle + amplitude * size * np.sin(turns)
    slope = amplitude * (size_slope * np.sin(turns) + size * omega * np.cos(turns))
    h = np.diff(local).astype(np.float64)
    a, b, ma, mb = value[:-1], value[1:], slope[:-1] * h, slope[1:] * h
    c2 = 3.0 * (b - a) - 2.0 * ma - mb
    c3 = 2.0 * (a - b) + ma + mb
    starts = (local + at_fl).tolist()
    for i, coef in enumerate(zip(a.tolist(), ma.tolist(), c2.tolist(), c3.tolist(), strict=True)):
        run.add(starts[i], starts[i + 1], coef)
    return float(value[-1])


def _envelope(
    local: np.ndarray, for_fl: int, fade_in_fl: int, fade_out_fl: int
) -> tuple[np.ndarray, np.ndarray]:
    size, slope = np.ones(len(local)), np.zeros(len(local))
    for length, passed, sign in (
        (fade_in_fl, local, 1.0),
        (fade_out_fl, for_fl - local, -1.0),
    ):
        if length:
            x = np.clip(passed / length, 0.0, 1.0)
            part = x * x * (3.0 - 2.0 * x)
            part_slope = sign * 6.0 * x * (1.0 - x) / length
            slope = slope * part + size * part_slope
            size = size * part
    return size, slope


TRANSIENT_LOW_HZ, TRANSIENT_SPAN_HZ = 65.0, 235.0
"""Frequency of a transient, low + sharpness * span: the mapping of the MPEG haptics reference model."""

_TAU_DULL_S, _TAU_SHARP_S = 0.12, 0.02
_DECAY_TAUS = 5.0
# Nodes of the decaying exponential in time constants; the Hermite error between them is below 0.3 % of the
# peak.
_TRANSIENT_NODES = (0.0, 0.75, 1.5, 2.5, 3.5)


def transient_length_fl(sharpness: float, decay_fl: int | None) -> int:
    """How long a transient sounds: five time constants, 600 ms (dull) to 100 ms (sharp), unless given."""
    if decay_fl:
        return decay_fl
    tau_s = _TAU_DULL_S + (_TAU_SHARP_S - _TAU_DULL_S) * sharpness
    return round(_DECAY_TAUS * tau_s * FLICKS_PER_SECOND)


def transient(
    run: PieceRun, at_fl: int, length_fl: int, intensity: float, *, cut_fl: int | None = None
) -> None:
    """A knock that decays exponentially to silence at ``at_fl + length_fl``, or is cut by the next one."""
    tau = length_fl / _DECAY_TAUS
    end_fl = at_fl + length_fl
    nodes = sorted({round(node * tau) for node in _TRANSIENT_NODES} | {length_fl})
    for t0, t1 in pairwise(nodes):
        if cut_fl is not None and at_fl + t0 >= cut_fl:
            return
        a = intensity * math.exp(-t0 / tau)
        last = t1 == length_fl
        b = 0.0 if last else intensity * math.exp(-t1 / tau)
        run.add(at_fl + t0, at_fl + t1, hermite(a, b, -a / tau, 0.0 if last else -b / tau, t1 - t0))
    if cut_fl is None or end_fl < cut_fl:
        run.end_cue()
        run.hold(end_fl, 0.0)


def flatten(runs: Sequence[PieceRun]) -> LevelBank:
    """Lay the runs of all channels end to end."""
    counts = [len(run.t0_fl) for run in runs]
    starts = np.zeros(len(runs) + 1, dtype=np.int64)
    np.cumsum(counts, out=starts[1:])
    total = int(starts[-1])
    return LevelBank(
        t0_fl=np.fromiter((t for run in runs for t in run.t0_fl), np.int64, total),
        inv_len=np.fromiter((x for run in runs for x in run.inv_len), np.float64, total),
        coef=np.array([c for run in runs for c in run.coef], dtype=np.float64).reshape(total, 4),
        fire=np.fromiter((f for run in runs for f in run.fire), np.bool_, total),
        cue_at_fl=np.fromiter((t for run in runs for t in run.cue_at_fl), np.int64, total),
        base=np.fromiter((x for run in runs for x in run.base), np.float64, total),
        starts=starts,
    )
