"""Which filters an object at some place is heard through: directions of the table by weight, a delay for each ear, a colour."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.audio.binaural.near import HEAD_RADIUS_M, NEAR_M, NearField, in_head_share, minimum_phase
from engine.audio.binaural.table import HeadTable
from engine.audio.block import SAMPLE_RATE_HZ, STAGE_LATENCY
from engine.audio.kernels import Kernels

Samples = NDArray[np.float32]
Places = NDArray[np.float64]
Spectra = NDArray[np.complex64]

_POINTS = 12
_WIDE_DEG = 0.5
# Phases of opposite sign at the two ears, which widen a sound without colouring it: Zotter, Frank, Kronlachner and Choi, "Efficient
# phantom source widening and diffuseness in Ambisonics", EAA Joint Symposium on Auralization and Ambisonics, 2014. Radians, samples: what
# is 40 dB below lies within two periods, so that the filters stay as long as the transform has room.
_WIDENING, _WIDENING_PERIOD = 0.6, 10.0
_MIDDLE = np.arange(_POINTS) + 0.5
_GOLDEN = np.pi * (1.0 + np.sqrt(5.0)) * _MIDDLE


@dataclass(frozen=True, slots=True)
class Aimed:
    """Some of the rows and what `Kernels.build_filters` takes for them."""

    rows: NDArray[np.intp]
    index: NDArray[np.int32]
    weight: Samples
    delay: Samples
    colour: Spectra | None


class Aim:
    """Makes filters out of places.

    Parameters
    ----------
    table : HeadTable
    length : int
        Of the transform.
    using : Kernels
    """

    def __init__(self, table: HeadTable, length: int, using: Kernels) -> None:
        self._table = table
        self._using = using
        # An even grid is found one's way about in without asking, which for few objects is a fifth of the block's time.
        self._grid: tuple[int, int] | None = getattr(table, "grid", None)
        self._length = length
        self.bins = length // 2 + 1
        hz = np.arange(self.bins) * SAMPLE_RATE_HZ / length
        spectra = table.spectra(length)
        self._in_head = spectra.shape[0]
        centre = _average(spectra)
        whole = np.concatenate([spectra, np.broadcast_to(centre, (1, 2, self.bins))])
        self.bank = using.bank_of(whole.astype(np.complex64))
        self._itd = np.append(np.asarray(table.itd_samples, np.float32), np.float32(0.0))
        self._near = NearField(length)
        self._wide_phase = np.sin(2.0 * np.pi * hz * _WIDENING_PERIOD / SAMPLE_RATE_HZ)

    def at(self, relative_m: Places, spread_deg: Samples) -> list[Aimed]:
        """What objects at these places are heard through.

        Parameters
        ----------
        relative_m : ndarray of float64, shape (S, 3)
            In the head's frame.
        spread_deg : ndarray of float32, shape (S,)

        Returns
        -------
        list of Aimed
            Every row in one of them.
        """
        distance_m = np.sqrt(np.einsum("sk,sk->s", relative_m, relative_m))
        inside = distance_m < 1e-9
        if inside.any():
            relative_m = np.where(inside[:, None], (0.0, 1e-6, 0.0), relative_m)
            distance_m = np.maximum(distance_m, 1e-6)
        direction = relative_m / distance_m[:, None]
        wide = spread_deg > _WIDE_DEG
        near = distance_m < NEAR_M
        if not wide.any() and not near.any():
            return [self._far(np.arange(distance_m.size), direction)]
        parts: list[Aimed] = []
        rows = np.flatnonzero(~wide & ~near)
        if rows.size:
            parts.append(self._far(rows, direction[rows]))
        rows = np.flatnonzero(~wide & near)
        if rows.size:
            parts.append(self._close(rows, direction[rows], distance_m[rows]))
        rows = np.flatnonzero(wide)
        if rows.size:
            parts.append(self._broad(rows, direction[rows], distance_m[rows], spread_deg[rows]))
        return parts

    # ---- inside

    def _delays(self, itd: Samples) -> Samples:
        """Half of the time between the ears to each, about the latency."""
        return np.stack([STAGE_LATENCY + 0.5 * itd, STAGE_LATENCY - 0.5 * itd], axis=1).astype(np.float32)

    def _far(self, rows: NDArray[np.intp], direction: Places) -> Aimed:
        if self._grid is not None:
            return Aimed(rows, *self._using.on_grid(direction, *self._grid, self._itd, STAGE_LATENCY), None)
        index, weight = self._table.lookup(direction)
        itd = np.einsum("sk,sk->s", weight, self._itd[index])
        return Aimed(rows, index[:, None], weight[:, None], self._delays(itd), None)

    def _close(self, rows: NDArray[np.intp], direction: Places, distance_m: Places) -> Aimed:
        """Each ear its own direction (parallax onto the sphere of 1 m), the shadow of a near head, and at last the middle of it."""
        count = rows.size
        ear_m = np.array([[-HEAD_RADIUS_M, 0.0, 0.0], [HEAD_RADIUS_M, 0.0, 0.0]])
        # Within the head the lines turn about; there the middle is heard, so they may stay where they were at its surface.
        outside_m = np.maximum(distance_m, 1.2 * HEAD_RADIUS_M)
        from_ear = direction[:, None] * outside_m[:, None, None] - ear_m
        from_ear /= np.sqrt(np.einsum("sek,sek->se", from_ear, from_ear))[..., None]
        along = np.einsum("sek,ek->se", from_ear, ear_m)
        reach = -along + np.sqrt(along * along + NEAR_M**2 - HEAD_RADIUS_M**2)
        seen = (ear_m + reach[..., None] * from_ear) / NEAR_M
        index3, weight3 = self._table.lookup(seen.reshape(-1, 3))
        middle, middle_weight = self._table.lookup(direction)
        share = in_head_share(distance_m).astype(np.float32)
        index = np.full((count, 2, 4), self._in_head, np.int32)
        index[..., :3] = index3.reshape(count, 2, 3)
        weight = np.empty((count, 2, 4), np.float32)
        weight[..., :3] = weight3.reshape(count, 2, 3) * (1.0 - share)[:, None, None]
        weight[..., 3] = share[:, None]
        itd = np.einsum("sk,sk->s", middle_weight, self._itd[middle]) * (1.0 - share)
        to_left_deg = np.degrees(np.arccos(np.clip(-direction[:, 0], -1.0, 1.0)))
        angles = np.stack([to_left_deg, 180.0 - to_left_deg], axis=1)
        colour = 1.0 + (1.0 - share)[:, None, None] * (self._near.spectra(distance_m, angles) - 1.0)
        return Aimed(rows, index, weight, self._delays(itd), colour.astype(np.complex64))

    def _broad(
        self, rows: NDArray[np.intp], direction: Places, distance_m: Places, spread_deg: Samples
    ) -> Aimed:
        """A cap of points around the direction, and phases that set the ears apart."""
        count = rows.size
        spread = np.radians(np.clip(spread_deg, 0.0, 180.0)).astype(np.float64)
        height = 1.0 - _MIDDLE / _POINTS * (1.0 - np.cos(spread))[:, None]
        flat = np.sqrt(np.clip(1.0 - height * height, 0.0, None))
        # Any two axes across the direction: Duff et al., "Building an orthonormal basis, revisited", JCGT 6(1), 2017.
        x, y, z = direction.T
        sign = np.where(z >= 0.0, 1.0, -1.0)
        a = -1.0 / (sign + z)
        b = x * y * a
        one = np.stack([1.0 + sign * x * x * a, sign * b, -sign * x], axis=1)
        two = np.stack([b, sign + y * y * a, -y], axis=1)
        points = (
            direction[:, None] * height[..., None]
            + one[:, None] * (flat * np.cos(_GOLDEN))[..., None]
            + two[:, None] * (flat * np.sin(_GOLDEN))[..., None]
        )
        index3, weight3 = self._table.lookup(points.reshape(-1, 3))
        share = in_head_share(distance_m).astype(np.float32)
        index = np.full((count, 1, 3 * _POINTS + 1), self._in_head, np.int32)
        index[:, 0, :-1] = index3.reshape(count, -1)
        weight = np.empty(index.shape, np.float32)
        weight[:, 0, :-1] = weight3.reshape(count, -1) * ((1.0 - share) / _POINTS)[:, None]
        weight[:, 0, -1] = share
        itd = np.einsum("sk,sk->s", weight[:, 0], self._itd[index[:, 0]])
        apart = _WIDENING * np.minimum(1.0, spread / (0.5 * np.pi))
        turn = np.exp(1j * apart[:, None] * self._wide_phase)
        turn[:, -1] = turn[:, -1].real
        colour = np.stack([turn, turn.conj()], axis=1).astype(np.complex64)
        return Aimed(rows, index, weight, self._delays(itd), colour)


def _average(spectra: Spectra) -> Spectra:
    """The diffuse field's spectrum at an ear, minimum phase, shape (bins,): what is heard in the middle of the head."""
    power = np.mean(np.abs(spectra) ** 2, axis=(0, 1), dtype=np.float64)
    return minimum_phase(np.sqrt(power)).astype(np.complex64)
