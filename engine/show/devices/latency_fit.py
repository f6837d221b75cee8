"""How late a device answers, from what it was told and what was seen: dead time and first-order lag. Pure.

The model is MPEG-V's (ISO/IEC 23005-2, the one the bus leads by): the command, held between its changes, delayed by a dead time and
passed through a first-order low-pass, with an unknown gain and offset, since a tracker's metres need not be the channel's. A coarse
cross-correlation over a row of lags finds the neighbourhood, least squares over the samples at their own instants the place.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LAGS = 28
GRID = 8192
ROUNDS = 160


@dataclass(frozen=True, slots=True)
class Fit:
    """What was found.

    Attributes
    ----------
    dead_s, lag_s : float
    gain, offset : float
        Of the response over the command.
    agreement : float
        Share of the response's movement that the model explains, at most 1.
    """

    dead_s: float
    lag_s: float
    gain: float
    offset: float
    agreement: float


def changes(commands: Sequence[tuple[float, float]]) -> tuple[Floats, Floats]:
    """Instants and values of a command without its repetitions."""
    kept = [commands[0]]
    for row in commands[1:]:
        if row[1] != kept[-1][1]:
            kept.append(row)
    return np.array([t for t, _ in kept]), np.array([v for _, v in kept])


def respond(times: Floats, values: Floats, lag_s: float, at: Floats) -> Floats:
    """Exact answer of a first-order lag to a command that is held between its changes, at rest before them."""
    index = np.maximum(np.searchsorted(times, at, side="right") - 1, 0)
    if lag_s <= 0:
        return values[index]
    states = np.empty(len(values))
    state = float(values[0])
    states[0] = state
    for k in range(1, len(values)):
        before = float(values[k - 1])
        state = before + (state - before) * math.exp(-(times[k] - times[k - 1]) / lag_s)
        states[k] = state
    passed = np.maximum(at - times[index], 0.0)
    return values[index] + (states[index] - values[index]) * np.exp(-passed / lag_s)


def fit_latency(
    commands: Sequence[tuple[float, float]], response: Sequence[tuple[float, float]], *, longest_s: float
) -> Fit:
    """Estimate dead time and lag.

    Parameters
    ----------
    commands : sequence of (s, value)
        What was sent and when, ascending; a value holds until the next.
    response : sequence of (s, value)
        What was seen and when, on the same clock.
    longest_s : float
        Longest dead time to look for.

    Raises
    ------
    ValueError
        When there is too little to go by, with what is missing.
    """
    times, values = changes(commands) if commands else (np.zeros(0), np.zeros(0))
    seen = np.array(sorted(response), dtype=np.float64).reshape(-1, 2)
    if len(times) < 3:
        raise ValueError("the command did not change")
    if len(seen) < 20:
        raise ValueError(f"{len(seen)} values were seen; at least 20 are needed")
    at, y = seen[:, 0], seen[:, 1]
    if float(np.ptp(y)) <= 1e-12:
        raise ValueError("what was watched did not move")

    def cost(dead_s: float, lag_s: float) -> float:
        if not 0 <= dead_s <= longest_s or lag_s < 0:
            return math.inf
        return _line(respond(times, values, lag_s, at - dead_s), y)[2]

    starts = _coarse(times, values, at, y, longest_s)
    best = min((_descend(cost, start) for start in starts), key=lambda row: row[0])
    dead_s, lag_s = _middle(cost, best, float(np.median(np.diff(at))))
    gain, offset, error = _line(respond(times, values, lag_s, at - dead_s), y)
    whole = float(np.sum((y - y.mean()) ** 2))
    return Fit(dead_s, lag_s, gain, offset, 1.0 - error / whole)


def _middle(
    cost: Callable[[float, float], float], best: tuple[float, float, float], period_s: float
) -> tuple[float, float]:
    """The middle of the dead times that are as good as the best.

    Between two samples of a sharp step nothing was seen: every dead time that puts the step there fits alike.
    """
    _, dead_s, lag_s = best
    tried = [max(0.0, dead_s + 1.5 * period_s * k / 60) for k in range(-60, 61)]
    costs = [cost(one, lag_s) for one in tried]
    low = min(costs)
    alike = [one for one, found in zip(tried, costs, strict=True) if found <= low * (1 + 1e-9) + 1e-300]
    return (min(alike) + max(alike)) / 2, lag_s


def _line(x: Floats, y: Floats) -> tuple[float, float, float]:
    """Least-squares gain and offset, and the squared error that remains."""
    mx, my = float(x.mean()), float(y.mean())
    dx, dy = x - mx, y - my
    power = float(dx @ dx)
    gain = float(dx @ dy) / power if power > 0 else 0.0
    return gain, my - gain * mx, max(0.0, float(dy @ dy) - gain * gain * power)


def _coarse(
    times: Floats, values: Floats, at: Floats, y: Floats, longest_s: float
) -> list[tuple[float, float]]:
    """For a row of lags the dead time of the best cross-correlation; the best few of them."""
    begin, end = float(min(times[0], at[0])), float(at[-1])
    step = max((end - begin) / GRID, 2e-4)
    grid = np.arange(begin, end, step)
    target = np.interp(grid, at, y)
    target -= target.mean()
    size = 1 << (2 * len(grid) - 1).bit_length()
    spectrum = np.fft.rfft(target, size)
    most = max(1, min(len(grid) - 1, round(longest_s / step) + 1))
    found = []
    for lag_s in [0.0, *np.geomspace(0.001, max(0.002, (end - begin) / 3), LAGS)]:
        x = respond(times, values, float(lag_s), grid)
        x = x - x.mean()
        power = float(np.sqrt(x @ x))
        if power == 0:
            continue
        # A gain may be negative: a distance that shrinks as the seat rises.
        correlation = np.abs(np.fft.irfft(spectrum * np.conj(np.fft.rfft(x, size)), size)[:most]) / power
        index = int(np.argmax(correlation))
        found.append((float(correlation[index]), index * step, float(lag_s)))
    found.sort(reverse=True)
    return [(dead_s, lag_s) for _, dead_s, lag_s in found[:4]]


def _descend(cost: Callable[[float, float], float], start: tuple[float, float]) -> tuple[float, float, float]:
    """Nelder and Mead's simplex in two dimensions: a step command has no slope to follow at its edges."""
    dead_s, lag_s = start
    spread = max(0.004, 0.25 * (dead_s + lag_s))
    points = [
        (dead_s, lag_s),
        (max(0.0, dead_s - spread), lag_s + spread),
        (dead_s + spread / 2, max(0.0, lag_s - spread)),
    ]
    simplex = sorted((cost(*point), *point) for point in points)
    for _ in range(ROUNDS):
        (low, *_), (second, *_), worst = simplex
        middle = ((simplex[0][1] + simplex[1][1]) / 2, (simplex[0][2] + simplex[1][2]) / 2)

        def along(
            share: float, worst: tuple[float, float, float] = worst, middle: tuple[float, float] = middle
        ) -> tuple[float, float, float]:
            dead = max(0.0, middle[0] + share * (worst[1] - middle[0]))
            lag = max(0.0, middle[1] + share * (worst[2] - middle[1]))
            return (cost(dead, lag), dead, lag)

        tried = along(-1.0)
        if tried[0] < low:
            tried = min(tried, along(-2.0))
        elif tried[0] >= second:
            tried = min(along(-0.5), along(0.5))
        if tried[0] < worst[0]:
            simplex[2] = tried
        else:
            best = simplex[0]
            simplex = [
                best,
                *(
                    (cost(d, t), d, t)
                    for d, t in (((row[1] + best[1]) / 2, (row[2] + best[2]) / 2) for row in simplex[1:])
                ),
            ]
        simplex.sort()
        if max(abs(row[1] - simplex[0][1]) + abs(row[2] - simplex[0][2]) for row in simplex) < 1e-6:
            break
    return simplex[0]
