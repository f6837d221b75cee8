"""A head in closed form: a rigid sphere with its ears at the sides.

No measurement, no file: what benchmarks and tests listen through, and what is left where no set can be read. It has the time and the level
between the ears, but no outer ears, so it tells up from down badly.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.audio.ambisonics import degrees, harmonics
from engine.audio.binaural.near import HEAD_RADIUS_M, SPEED_OF_SOUND_MPS, minimum_phase, sphere_gain
from engine.audio.block import BED_ORDER, SAMPLE_RATE_HZ

Spectra = NDArray[np.complex64]

_DISTANCE_M = 1.4
_ANGLE_STEP_DEG = 3.0


class SphereHead:
    """A `HeadTable` of a sphere's responses at 1.4 m.

    Parameters
    ----------
    step_deg : float
        Between directions, in azimuth and in elevation; a divisor of 180. Between them triangles.

    Notes
    -----
    Time between the ears: Woodworth, Experimental Psychology, 1938: radius / c (side + sin side).
    """

    def __init__(self, step_deg: float = 7.5) -> None:
        self._step_deg = step_deg
        self._around, self._up = round(360 / step_deg), round(180 / step_deg) + 1
        self.grid = (self._around, self._up)
        azimuth, elevation = np.meshgrid(
            np.radians(np.arange(self._around) * step_deg), np.radians(np.arange(self._up) * step_deg - 90.0)
        )
        azimuth, elevation = azimuth.ravel(), elevation.ravel()
        flat = np.cos(elevation)
        self.directions = np.stack(
            [-flat * np.sin(azimuth), flat * np.cos(azimuth), np.sin(elevation)], axis=1
        )
        side = np.arcsin(np.clip(self.directions[:, 0], -1.0, 1.0))
        itd_s = HEAD_RADIUS_M / SPEED_OF_SOUND_MPS * (side + np.sin(side))
        self.itd_samples = (itd_s * SAMPLE_RATE_HZ).astype(np.float32)

    def lookup(self, directions: NDArray[np.float64]) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """See `HeadTable.lookup`."""
        x, y, z = directions.T
        azimuth = np.degrees(np.arctan2(-x, y)) % 360.0 / self._step_deg
        elevation = (np.degrees(np.arcsin(np.clip(z, -1.0, 1.0))) + 90.0) / self._step_deg
        column, row = azimuth.astype(np.intp), np.minimum(elevation.astype(np.intp), self._up - 2)
        across, up = azimuth - column, elevation - row
        here, right = (
            row * self._around + column % self._around,
            row * self._around + (column + 1) % self._around,
        )
        upper = across + up > 1.0
        index = np.stack([np.where(upper, right + self._around, here), right, here + self._around], axis=1)
        beyond = np.abs(1.0 - across - up)
        weight = np.stack(
            [beyond, np.where(upper, 1.0 - up, across), np.where(upper, 1.0 - across, up)], axis=1
        )
        return index.astype(np.int32), weight.astype(np.float32)

    def spectra(self, length: int) -> Spectra:
        """See `HeadTable.spectra`."""
        hz = np.arange(1, length // 2 + 1) * SAMPLE_RATE_HZ / length
        gain = sphere_gain(np.array([_DISTANCE_M]), np.arange(0.0, 181.0, _ANGLE_STEP_DEG), hz)[0]
        # A sphere's far pole has nulls that no head has.
        whole = minimum_phase(np.clip(np.concatenate([gain[:, :1], gain], axis=1), 0.03, 10.0))
        to_left_deg = np.degrees(np.arccos(np.clip(-self.directions[:, 0], -1.0, 1.0)))
        at = np.stack([to_left_deg, 180.0 - to_left_deg], axis=1) / _ANGLE_STEP_DEG
        low = np.minimum(at.astype(np.intp), whole.shape[0] - 2)
        part = (at - low)[..., None]
        return ((1.0 - part) * whole[low] + part * whole[low + 1]).astype(np.complex64)

    def bed_spectra(self, length: int) -> Spectra:
        """See `HeadTable.bed_spectra`: every direction weighs by what of the field comes from there."""
        turns = -2j * np.pi * np.arange(length // 2 + 1) / length
        half = 0.5 * self.itd_samples[:, None]
        ears = self.spectra(length) * np.exp(turns * np.stack([half, -half], axis=1))
        area = np.sqrt(np.clip(1.0 - self.directions[:, 2] ** 2, 0.0, None))
        share = (2 * degrees(BED_ORDER)[0] + 1) * (area / area.sum())[:, None]
        made = np.einsum("dc,def->cef", harmonics(self.directions, BED_ORDER) * share, ears, optimize=True)
        made[..., -1] = made[..., -1].real
        return np.asarray(made, np.complex64)
