"""A head as the renderer asks for it: minimum-phase spectra and times on an even grid of directions, three of them around any.

Laid out once when the sound starts: logarithms of magnitudes and times between the ears are blended over the hull of the measured
directions (leaving one out, 1.1 dB of log-spectral distortion, against 4.5 for blended responses and 1.7 for the nearest), then made
minimum phase. Between the grid's points, 5 degrees apart, spectra are so alike that the renderer blends them as they are.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from engine.audio.ambisonics import degrees, harmonics
from engine.audio.block import BED_CHANNELS, BED_ORDER, SAMPLE_RATE_HZ
from engine.audio.hrtf.equalise import equalised
from engine.audio.hrtf.hull import around
from engine.audio.hrtf.itd import itd_s
from engine.audio.hrtf.measured import MeasuredHead
from engine.audio.hrtf.minimum_phase import CEPSTRUM, log_magnitude, minimum_phase

Values = NDArray[np.float64]

STEP_DEG = 5.0
_AROUND, _UP = round(360 / STEP_DEG), round(180 / STEP_DEG) + 1
TAPS = 128
_MEASURED_TAPS = 256


class HeadGrid:
    """Fulfils `engine.audio.binaural.table.HeadTable`.

    Parameters
    ----------
    measured : MeasuredHead
    head_radius_m : float, optional
        Of the guest; scales the time between the ears from the measured head's own radius. None: as measured.
    equalise : bool
        Takes out what has no direction. False only to compare with what was measured.

    Attributes
    ----------
    directions : ndarray of float64, shape (D, 3)
    itd_samples : ndarray of float32, shape (D,)
    responses : ndarray of float32, shape (D, 2, TAPS)
        Minimum phase.
    radius_m : float
        Of the measured head, from its time between the ears at the side (Woodworth 1938).
    """

    def __init__(
        self, measured: MeasuredHead, *, head_radius_m: float | None = None, equalise: bool = True
    ) -> None:
        azimuth, elevation = np.meshgrid(np.arange(_AROUND) * STEP_DEG, np.arange(_UP) * STEP_DEG - 90.0)
        self.directions = _unit(azimuth.ravel(), elevation.ravel())
        self.grid = (_AROUND, _UP)
        heard = _heard(measured.responses)
        logs = log_magnitude(heard)
        bare = minimum_phase(logs, _MEASURED_TAPS).astype(np.float64)
        time_s = itd_s(heard, SAMPLE_RATE_HZ, bare)
        if equalise:
            logs = equalised(logs, measured.directions, SAMPLE_RATE_HZ)
        index, weight = around(measured.directions, self.directions)
        blended = np.einsum("dk,dkef->def", weight, logs[index])
        self.responses = minimum_phase(blended, TAPS)
        self.radius_m = _radius_m(measured.directions, itd_s(heard, SAMPLE_RATE_HZ))
        scale = 1.0 if head_radius_m is None else head_radius_m / self.radius_m
        times = np.einsum("dk,dk->d", weight, time_s[index]) * scale
        self.itd_samples = (times * SAMPLE_RATE_HZ).astype(np.float32)

    def lookup(self, directions: Values) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """See `HeadTable.lookup`. What has no direction is taken from ahead."""
        v = np.asarray(directions, np.float64)
        flat = np.hypot(v[:, 0], v[:, 1])
        with np.errstate(invalid="ignore"):
            azimuth = np.nan_to_num(np.degrees(np.arctan2(-v[:, 0], v[:, 1]))) % 360.0 / STEP_DEG
            elevation = (np.nan_to_num(np.degrees(np.arctan2(v[:, 2], flat))) + 90.0) / STEP_DEG
        a = np.minimum(azimuth.astype(np.int32), _AROUND - 1)
        e = np.clip(elevation.astype(np.int32), 0, _UP - 2)
        x, y = azimuth - a, elevation - e
        upper = x + y > 1.0
        after = (a + 1) % _AROUND
        first = np.where(upper, (e + 1) * _AROUND + after, e * _AROUND + a)
        index = np.stack([first, e * _AROUND + after, (e + 1) * _AROUND + a], axis=1)
        low = np.stack([1.0 - x - y, x, y], axis=1)
        high = np.stack([x + y - 1.0, 1.0 - y, 1.0 - x], axis=1)
        return index.astype(np.int32), np.where(upper[:, None], high, low).astype(np.float32)

    def spectra(self, length: int) -> NDArray[np.complex64]:
        """See `HeadTable.spectra`."""
        return np.asarray(np.fft.rfft(self.responses, length, axis=-1), np.complex64)

    def bed_spectra(self, length: int) -> NDArray[np.complex64]:
        """See `HeadTable.bed_spectra`.

        Notes
        -----
        Magnitude least squares (Schörkhuber, Zaunschirm and Höldrich 2018, DAGA): below 1.5 kHz the responses with their times, above
        their magnitudes, with the phase that the order can follow carried on from bin to bin.
        """
        turns = -2j * np.pi * np.arange(length // 2 + 1) / length
        half = 0.5 * self.itd_samples[:, None].astype(np.float64)
        ears = np.fft.rfft(self.responses, length, axis=-1) * np.exp(turns * np.stack([half, -half], axis=1))
        area = np.sqrt(np.clip(1.0 - self.directions[:, 2] ** 2, 0.0, None))
        area /= area.sum()
        basis = harmonics(self.directions, BED_ORDER)
        scaled = basis * (2 * degrees(BED_ORDER)[0] + 1)
        weights = scaled * area[:, None]  # the projection onto the sphere
        out = np.empty((BED_CHANNELS, 2, length // 2 + 1), np.complex128)
        hz = np.arange(length // 2 + 1) * SAMPLE_RATE_HZ / length
        previous: NDArray[np.complex128] | None = None
        for k in range(length // 2 + 1):
            wanted = ears[:, :, k]
            if previous is not None and hz[k] > _MAGNITUDES_FROM_HZ:
                phase = np.angle(basis @ previous)
                wanted = np.abs(wanted) * np.exp(1j * phase)
            out[:, :, k] = weights.T @ wanted
            previous = out[:, :, k]
        out[:, :, -1] = out[:, :, -1].real
        return out.astype(np.complex64)


_MAGNITUDES_FROM_HZ = 1500.0
_ARRIVED, _BEFORE = 1e-3, 32


@lru_cache(maxsize=4)
def head_grid(hrtf: str = "", head_radius_m: float | None = None) -> HeadGrid:
    """The head of an output.

    Parameters
    ----------
    hrtf : str
        Path of a SOFA file; "" the shipped set.
    head_radius_m : float, optional

    Raises
    ------
    InputError
        The file cannot be used.
    """
    from engine.audio.hrtf.apart import read_sofa_apart
    from engine.audio.hrtf.shipped import shipped_head

    return HeadGrid(read_sofa_apart(hrtf) if hrtf else shipped_head(), head_radius_m=head_radius_m)


def _unit(azimuth_deg: Values, elevation_deg: Values) -> Values:
    a, e = np.radians(azimuth_deg), np.radians(elevation_deg)
    return np.stack([-np.cos(e) * np.sin(a), np.cos(e) * np.cos(a), np.sin(e)], axis=-1)


def _heard(responses: Values) -> Values:
    """From just before the first arrival, as long as the cepstrum: sets measured from afar begin with nothing, others end with a room."""
    at = np.abs(responses).max(axis=(0, 1))
    start = max(0, int(np.argmax(at > _ARRIVED * at.max())) - _BEFORE)
    cut = responses[..., start : start + CEPSTRUM]
    if responses.shape[-1] - start <= CEPSTRUM:
        return cut
    fade = CEPSTRUM // 8
    return np.concatenate(
        [cut[..., :-fade], cut[..., -fade:] * (0.5 + 0.5 * np.cos(np.pi * (np.arange(fade) + 0.5) / fade))],
        axis=-1,
    )


def _radius_m(directions: Values, time_s: Values) -> float:
    """Radius of the sphere that has the same times, by least squares over directions near the horizontal plane.

    Woodworth's time is ``a / c (lateral + sin lateral)``; low-frequency phase has up to 3/2 of it (Kuhn 1977), which scales all heads
    alike.
    """
    lateral = np.arcsin(np.clip(directions[:, 0], -1.0, 1.0))
    model = (lateral + np.sin(lateral)) / 343.2
    near = np.abs(directions[:, 2]) < 0.5
    return float(np.sum(model[near] * time_s[near]) / np.sum(model[near] ** 2))
