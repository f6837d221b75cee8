"""Norms of weighted signals that can be added up, piece by piece, whatever the order of the pieces.

A weighting h is a linear filter. Cut a signal into pieces: within one of them the filter's output is the response to that piece from rest,
plus the free ringing of the state that the filter had at its beginning. By Minkowski's inequality the norm of the sum is at most the sum of
the norms. So a piece is described by three numbers: the norm of its `own` response, the norm of the ringing that its end leaves, and the
share of an earlier ringing that is left after it.

With the filter as ``x' = A x, y = C x`` (one step without input), the energy of all free ringing of a state is ``x^T Q x``, Q the
observability Gramian (``Q = A^T Q A + C^T C``). Taken with a little less damping than there is, ``A / r`` with ``|A| < r < 1`` (its largest
eigenvalue), the same sum gives a P that is no smaller than Q and falls at every step: ``A^T P A <= r^2 P``. In the norm of P:

- it is never less than the L2 norm of the ringing, and the norm of a sum of states is at most the sum of their norms;
- what is left after N steps is ``|A^N x| <= |P^1/2 A^N P^-1/2| |x|``: the largest singular value, at most ``r^N``, so less than all of it
  after however short a piece (`Ringing.decay`);
- any single value of the ringing is at most `peak` times the norm, ``peak^2 = max_k C A^k P^-1 A^k^T C^T`` (Cauchy and Schwarz), so its
  L4 norm is at most ``sqrt(peak)`` times the norm, since ``int y^4 <= max y^2 int y^2``.

Norms are integrals over time: L2 in m/s^1.5 and L4 in m/s^1.75 of an acceleration in m/s^2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.motion.exposure.weightings import sos

Floats = NDArray[np.float64]

#: Share of the slowest damping that is taken away for the norm: more makes short pieces damp better and the norm looser.
_LESS_DAMPED = 0.25


@dataclass(frozen=True, slots=True, eq=False)
class Norms:
    """A piece of a signal, weighted.

    Attributes
    ----------
    output : float64[..., n]
        The weighted signal, from rest.
    l2, l4 : float64[...]
        Its norms within the piece.
    ring : float64[...]
        Never less than the L2 norm of all that rings on after its end.
    """

    output: Floats
    l2: Floats
    l4: Floats
    ring: Floats


class Ringing:
    """A weighting at a rate, with what is known about its ringing.

    Parameters
    ----------
    name : str
    rate_hz : float
        As `engine.motion.exposure.weightings.sos` takes it.

    Attributes
    ----------
    peak : float
        No value of a ringing exceeds its norm by more than this factor, 1/sqrt(s).
    l4_per_l2 : float
        No ringing's L4 norm exceeds its norm by more than this factor.
    """

    def __init__(self, name: str, rate_hz: float) -> None:
        self.name, self.rate_hz = name, rate_hz
        self.sos = sos(name, rate_hz)
        self._step, self._out = _free(self.sos)
        slowest = float(np.abs(np.linalg.eigvals(self._step)).max())
        gramian = _gramian(self._step / slowest**_LESS_DAMPED, self._out) / rate_hz
        self._root = _root(gramian)
        self._inverse = np.linalg.inv(self._root)
        self.peak = self._peak()
        self.l4_per_l2 = math.sqrt(self.peak)
        self._decays: dict[int, float] = {}

    def weigh(self, signal: ArrayLike) -> Norms:
        """Weigh a piece from rest, float64[..., n] in m/s^2; any number of rows at once."""
        from scipy.signal import sosfilt

        rows = np.asarray(signal, dtype=np.float64)
        start = np.zeros((len(self.sos), *rows.shape[:-1], 2))
        output, state = sosfilt(self.sos, rows, axis=-1, zi=start)
        square = output * output
        dt = 1.0 / self.rate_hz
        return Norms(
            output,
            np.sqrt(square.sum(axis=-1) * dt),
            (np.einsum("...i,...i->...", square, square) * dt) ** 0.25,
            self.ring_of(state),
        )

    def ring_of(self, state: Floats) -> Floats:
        """Norm of the free ringing of filter states float64[sections, ..., 2], as `scipy.signal.sosfilt` hands them on."""
        flat = np.moveaxis(state, 0, -2).reshape(*state.shape[1:-1], -1)
        rung = flat @ self._root.T
        return np.sqrt(np.einsum("...i,...i->...", rung, rung))

    def decay(self, after_s: float) -> float:
        """Share of any ringing's norm that can be left after so long; 1 for no time, less for any."""
        steps = max(0, math.floor(after_s * self.rate_hz + 1e-9))
        if steps not in self._decays:
            moved = self._root @ np.linalg.matrix_power(self._step, steps) @ self._inverse
            self._decays[steps] = min(1.0, float(np.linalg.norm(moved, 2)) * (1.0 + 1e-9))
        return self._decays[steps]

    def _peak(self) -> float:
        """Of the whole ringing: the highest value per unit of its norm, over all states and instants."""
        row = self._out @ self._inverse
        turn = self._root @ self._step @ self._inverse
        most, still = 0.0, 0
        # |row turn^k| falls in the end; four seconds without a new highest are many times the slowest rise of it.
        while still < 4.0 * self.rate_hz and still < 40_000:
            here = float(np.linalg.norm(row))
            most, still = (here, 0) if here > most else (most, still + 1)
            row = row @ turn
        return most * (1.0 + 1e-9)


def _free(made: Floats) -> tuple[Floats, Floats]:
    """One step without input: state to state float64[m, m], and state to output float64[m]."""
    from scipy.signal import sosfilt

    size = 2 * len(made)
    states = np.eye(size).reshape(size, len(made), 2)
    output, after = sosfilt(made, np.zeros((size, 1)), axis=-1, zi=np.moveaxis(states, 0, 1).copy())
    step = np.moveaxis(after, 1, 0).reshape(size, size).T
    return np.ascontiguousarray(step), output[:, 0]


def _gramian(step: Floats, out: Floats) -> Floats:
    """``sum_k (A^T)^k C^T C A^k`` by doubling: every turn has twice as many terms; no equation has to be solved."""
    total = np.outer(out, out)
    power = step
    for _ in range(64):
        more = power.T @ total @ power
        total = total + more
        if np.abs(more).max() <= 1e-18 * np.abs(total).max():
            break
        power = power @ power
    return (total + total.T) / 2.0


def _root(gramian: Floats) -> Floats:
    """R with R^T R = Q; what rounding may have taken from Q is put back on its diagonal, so that R never says less."""
    scale = np.sqrt(np.diag(gramian))
    unit = gramian / np.outer(scale, scale)
    lift = 1e-12
    while True:
        try:
            return np.linalg.cholesky(unit + lift * np.eye(len(unit))).T * scale
        except np.linalg.LinAlgError:
            lift *= 10.0
