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
- any single value of the ringing is at most `peak` times the norm, ``peak^2 = C P^-1 C^T`` (Cauchy and Schwarz, and the norm falls), so
  its L4 norm is at most ``sqrt(peak)`` times the norm, since ``int y^4 <= max y^2 int y^2``;
- a signal u of N steps leaves a state of at most ``|P^1/2 [B, A B, .. A^(N-1) B]| |u|`` (`Ringing.fed`). So what rings on from any
  instant is known from instants a little apart (`Ringing.highest_ring`).

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

#: How far apart what rings on is computed where a signal may end anywhere; between, it is bounded.
_LOOKED_AT_S = 0.01


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
        # The norm falls at every step, so no later value can be higher than the first.
        self.peak = float(np.linalg.norm(self._out @ self._inverse)) * (1.0 + 1e-9)
        self.l4_per_l2 = math.sqrt(self.peak)
        self._in = _driven(self.sos)
        self._decays: dict[int, float] = {}
        self._feds: dict[int, float] = {}

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

    def highest_ring(self, signal: ArrayLike, first: int) -> float:
        """Never less than the norm of what rings on, if the signal ends anywhere from sample `first` to its end.

        Parameters
        ----------
        signal : float64[n]
            m/s^2, from rest.
        first : int
            Earliest end, 0..n.
        """
        from scipy.signal import sosfilt

        row = np.asarray(signal, dtype=np.float64)
        step = max(1, round(_LOOKED_AT_S * self.rate_hz))
        state = np.zeros((len(self.sos), 2))
        if first > 0:
            _, state = sosfilt(self.sos, row[:first], zi=state)
        most = float(self.ring_of(state))
        for begin in range(first, len(row), step):
            part = row[begin : begin + step]
            between = float(self.ring_of(state)) + self.fed(len(part)) * float(
                np.sqrt(part @ part / self.rate_hz)
            )
            _, state = sosfilt(self.sos, part, zi=state)
            most = max(most, between, float(self.ring_of(state)))
        return most

    def fed(self, steps: int) -> float:
        """Norm of the ringing that any signal of at most so many steps can leave, per unit of its own L2 norm."""
        if steps not in self._feds:
            columns, column = [], self._in
            for _ in range(steps):
                columns.append(column)
                column = self._step @ column
            reached = self._root @ np.stack(columns, axis=1) if columns else np.zeros((1, 1))
            self._feds[steps] = float(np.linalg.norm(reached, 2)) * math.sqrt(self.rate_hz) * (1.0 + 1e-9)
        return self._feds[steps]

    def decay(self, after_s: float) -> float:
        """Share of any ringing's norm that can be left after so long; 1 for no time, less for any."""
        steps = max(0, math.floor(after_s * self.rate_hz + 1e-9))
        if steps not in self._decays:
            moved = self._root @ np.linalg.matrix_power(self._step, steps) @ self._inverse
            self._decays[steps] = min(1.0, float(np.linalg.norm(moved, 2)) * (1.0 + 1e-9))
        return self._decays[steps]


def _free(made: Floats) -> tuple[Floats, Floats]:
    """One step without input: state to state float64[m, m], and state to output float64[m]."""
    from scipy.signal import sosfilt

    size = 2 * len(made)
    states = np.eye(size).reshape(size, len(made), 2)
    output, after = sosfilt(made, np.zeros((size, 1)), axis=-1, zi=np.moveaxis(states, 0, 1).copy())
    step = np.moveaxis(after, 1, 0).reshape(size, size).T
    return np.ascontiguousarray(step), output[:, 0]


def _driven(made: Floats) -> Floats:
    """The state that one sample of 1 leaves, float64[m]."""
    from scipy.signal import sosfilt

    _, state = sosfilt(made, np.ones(1), zi=np.zeros((len(made), 2)))
    return np.asarray(state).reshape(-1)


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
