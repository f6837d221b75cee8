"""Numbers of a feedback delay network that decays like a given room.

Sixteen delay lines feed one another through a Hadamard matrix, which loses nothing; what a line loses on its way is its filter's doing
(Jot and Chaigne 1991, AES 90th, preprint 3030): -60 dB in T seconds is ``-60 m / (rate T)`` decibels for a line of m samples, at every
octave. The filter is a chain of six first-order shelves between the octaves, whose poles are the same in every line, so that NumPy can
run all lines at once; their gains are solved for by least squares on the logarithmic response, since shelves overlap (Schlecht and Habets
2017, IEEE WASPAA, do the same for graphic equalisers).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from engine.audio.ambisonics import degrees, harmonics
from engine.audio.block import BED_ORDER, SAMPLE_RATE_HZ
from engine.timeline.acoustics import OCTAVES_HZ

Values = NDArray[np.float64]

LINES = 16
SECTIONS = len(OCTAVES_HZ) - 1
CHUNK = 256
"""Samples computed at once; no line is shorter, so that a chunk never needs what it is about to make."""
RING = 8192
TAPS = 4
"""Times an input enters each line, spread over the first milliseconds: 64 echoes at once instead of 16."""

_LONGEST = RING - CHUNK
_SHORTEST = CHUNK + 1
# Modes a hertz that a tail needs for its decay to sound smooth: 0.15 T rate samples of delay in all (Schroeder 1962, J. AES 10, 219),
# with a third in hand.
_DENSITY = 0.2
_ROUNDS = 40
_LOUDEST = 0.9999
_LONGEST_MEMORY = 60 * SAMPLE_RATE_HZ


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """A feedback delay network.

    Attributes
    ----------
    delay : ndarray of int64, shape (LINES,)
        Samples; primes, so that no two echo together.
    poles : ndarray of float64, shape (SECTIONS,)
        Of the shelves' one-pole low-passes ``l[n] = p l[n-1] + (1 - p) x[n]``.
    first, high : ndarray of float64, shape (LINES,) and (SECTIONS, LINES)
        A line's gain, and its shelves' gains above their corner: ``y = high x + (1 - high) l``.
    turn : ndarray of float64, shape (LINES,)
        Signs after the Hadamard matrix, its scale included.
    tap_delay : ndarray of int64, shape (LINES, TAPS)
    tap_gain : ndarray of float64, shape (LINES, TAPS)
        Energies of all taps add to 1.
    field : ndarray of float64, shape (16, LINES)
        From the lines to the Ambisonic bed: a diffuse field whose first channel has the energy 1 for an impulse of 1.
    memory : int
        Samples after which an impulse is 100 dB down at every frequency, and forgotten.
    """

    delay: NDArray[np.int64]
    poles: Values
    first: Values
    high: Values
    turn: Values
    tap_delay: NDArray[np.int64]
    tap_gain: Values
    field: Values
    memory: int


def network(rt60_s: Values, free_path_s: float) -> Network:
    """Designs the network of a room.

    Parameters
    ----------
    rt60_s : ndarray, shape (7,)
        By octave of `OCTAVES_HZ`.
    free_path_s : float
        Mean time between two walls, ``4 V / (S c)``: echoes begin that far apart.

    Returns
    -------
    Network
    """
    longest_s = float(np.max(rt60_s))
    delay = _delays(free_path_s * SAMPLE_RATE_HZ, _DENSITY * longest_s * SAMPLE_RATE_HZ)
    poles = np.array(
        [math.exp(-2 * math.pi * math.sqrt(a * b) / SAMPLE_RATE_HZ) for a, b in pairwise(OCTAVES_HZ)]
    )
    first, high, slowest = _shelves(delay, np.asarray(rt60_s, np.float64), poles)
    signs = _signs(LINES * (TAPS + 1))
    loss = math.log(1e6) * float(np.mean(delay)) / (SAMPLE_RATE_HZ * float(rt60_s[3]))
    energy = 1.0 / math.expm1(loss) / LINES
    span = min(max(2.0 * free_path_s * SAMPLE_RATE_HZ, CHUNK), _LONGEST / 2)
    return Network(
        delay=delay,
        poles=poles,
        first=first,
        high=high,
        turn=signs[:LINES] / math.sqrt(LINES),
        tap_delay=_spread(LINES * TAPS, span).reshape(LINES, TAPS),
        tap_gain=signs[LINES:].reshape(LINES, TAPS) / math.sqrt(LINES * TAPS),
        field=_diffuse_field() / math.sqrt(energy),
        memory=min(math.ceil(math.log(1e5) / slowest), _LONGEST_MEMORY) + int(delay.max()) + int(span),
    )


def _delays(free_path: float, total: float) -> NDArray[np.int64]:
    """Primes from about the mean free path upwards, evenly spaced in ratio, that add up to at least `total` where there is room."""
    low = min(max(0.8 * free_path, _SHORTEST), _LONGEST / 4)
    high = 3.0 * low
    while high < _LONGEST and sum(np.geomspace(low, high, LINES)) < total:
        high *= 1.05
    found: list[int] = []
    for wanted in np.geomspace(low, min(high, _LONGEST), LINES).tolist():
        candidate = max(math.floor(wanted), found[-1] + 1 if found else _SHORTEST)
        while not _is_prime(candidate):
            candidate += 1
        found.append(candidate)
    return np.asarray(found, np.int64)


def _is_prime(number: int) -> bool:
    return number > 1 and all(number % d for d in range(2, math.isqrt(number) + 1))


def _shelves(delay: NDArray[np.int64], rt60_s: Values, poles: Values) -> tuple[Values, Values, float]:
    """First gains, shelves' gains, and the slowest decay of all frequencies and lines, in nepers a sample."""
    # Beyond the octaves that are told, the last ones hold: without that a falling course would be carried on below 125 Hz for ever.
    hz = np.array([31.5, 63.0, *OCTAVES_HZ, 16_000.0])
    weight = np.array([0.2, 0.2, *(1.0,) * len(OCTAVES_HZ), 0.1])
    seconds = np.concatenate(([rt60_s[0]] * 2, rt60_s, [rt60_s[-1]]))
    wanted = -math.log(1e3) * delay[:, None] / (SAMPLE_RATE_HZ * seconds)  # (LINES, F), natural logarithms
    weight = weight / np.abs(
        wanted
    )  # so that what is made small is the error of the reverberation time, in shares of it
    low = _low_passes(hz, poles)
    x = np.zeros((LINES, 1 + SECTIONS))  # logarithms: of the first gain, of each shelf's
    x[:, 0] = wanted[:, 2]
    damping = np.full(LINES, 1e-3)
    off, slope = _errors(x, low, wanted, weight)
    for _ in range(_ROUNDS):
        # Levenberg and Marquardt, every line by itself: where a step makes it worse, it is not taken and the next is shorter.
        normal = np.einsum("lfi,lfj->lij", slope, slope)
        scale = np.einsum("lii->li", normal)
        normal += np.einsum("li,ij->lij", damping[:, None] * scale + 1e-9, np.eye(1 + SECTIONS))
        step = np.linalg.solve(normal, np.einsum("lfi,lf->li", slope, off)[..., None])[..., 0]
        tried = x - np.clip(step, -1.0, 1.0)
        new_off, new_slope = _errors(tried, low, wanted, weight)
        better = np.sum(new_off**2, axis=1) < np.sum(off**2, axis=1)
        damping = np.clip(np.where(better, damping / 3.0, damping * 4.0), 1e-9, 1e6)
        x[better], off[better], slope[better] = tried[better], new_off[better], new_slope[better]
    high = np.exp(x[:, None, 1:])
    low = _low_passes(np.concatenate(([0.0], np.geomspace(10.0, SAMPLE_RATE_HZ / 2, 256))), poles)
    loudest = np.exp(x[:, 0]) * np.max(np.prod(np.abs(high + (1.0 - high) * low), axis=2), axis=1)
    held = np.minimum(1.0, _LOUDEST / loudest)  # no loop may grow, whatever is asked for
    slowest = float(np.min(-np.log(loudest * held) / delay))
    return np.exp(x[:, 0]) * held, np.ascontiguousarray(np.exp(x[:, 1:]).T), slowest


def _low_passes(hz: Values, poles: Values) -> NDArray[np.complex128]:
    """Responses of the shelves' low-passes, shape (F, SECTIONS)."""
    return np.asarray((1.0 - poles) / (1.0 - poles * np.exp(-2j * np.pi * hz / SAMPLE_RATE_HZ)[:, None]))


def _errors(x: Values, low: NDArray[np.complex128], wanted: Values, weight: Values) -> tuple[Values, Values]:
    """Weighted errors of the logarithmic response, (LINES, F), and how they change with `x`, (LINES, F, 1 + SECTIONS)."""
    high = np.exp(x[:, None, 1:])
    h = high + (1.0 - high) * low
    off = (x[:, :1] + np.sum(np.log(np.abs(h)), axis=2) - wanted) * weight
    slope = (
        np.concatenate((np.ones((*off.shape, 1)), np.real((1.0 - low) / h) * high), axis=2)
        * weight[..., None]
    )
    return off, slope


def _spread(count: int, span: float) -> NDArray[np.int64]:
    """Places over [0, span) by the golden ratio: no two near each other, no period."""
    golden = (math.sqrt(5.0) - 1.0) / 2.0
    return np.asarray([math.floor((0.5 + k * golden) % 1.0 * span) for k in range(count)], np.int64)


def _signs(count: int) -> Values:
    """Signs from a small linear congruential generator (Knuth's MMIX constants): the same on every machine."""
    state, found = 20, []
    for _ in range(count):
        state = (state * 6364136223846793005 + 1442695040888963407) % (1 << 64)
        found.append(1.0 if state >> 63 else -1.0)
    return np.asarray(found)


def _diffuse_field() -> Values:
    """From lines to channels: as plane waves from sixteen sides, made exactly diffuse.

    Sixteen directions sample a sphere of order 3 unevenly, so their fields are not equally loud in every channel. The orthogonal matrix
    that comes nearest (polar decomposition) has that property for uncorrelated lines of one level, and keeps what direction there is.
    """
    count = LINES
    k = np.arange(count) + 0.5
    z, turn = 1.0 - 2.0 * k / count, math.pi * (1.0 + math.sqrt(5.0)) * k
    flat = np.sqrt(1.0 - z * z)
    waves = harmonics(np.stack((flat * np.cos(turn), flat * np.sin(turn), z), axis=1), BED_ORDER, "n3d")
    left, _, right = np.linalg.svd(waves.T)
    n, _ = degrees(BED_ORDER)
    return np.asarray((left @ right) / np.sqrt(2.0 * n + 1.0)[:, None])
