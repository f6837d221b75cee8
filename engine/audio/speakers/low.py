"""The low-pass of low-frequency channels."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]


class LowPass:
    """Butterworth of the fourth order, block by block.

    Parameters
    ----------
    corner_hz : float
        -3 dB.
    rate_hz : int

    Notes
    -----
    A recursive filter runs sample by sample, which Python does not at a block's pace. Its impulse response is convolved instead, block
    on block, by one FFT each; it is cut where it has fallen to -100 dB (some 40 ms at 120 Hz).
    """

    def __init__(self, corner_hz: float, rate_hz: int) -> None:
        response = _butterworth(corner_hz, rate_hz)
        # Faded out over its last tenth, so that the cut itself is not heard.
        tail = response.size // 10
        response[-tail:] *= 0.5 + 0.5 * np.cos(np.pi * np.arange(tail) / tail)
        self._response = response / response.sum()
        self._past = np.zeros(response.size - 1)
        self._spectra: dict[int, NDArray[np.complex128]] = {}

    def process(self, signal: Samples) -> Samples:
        """The next samples, shape (n,)."""
        line = np.concatenate([self._past, signal])
        self._past = line[signal.size :]
        size = 1 << (line.size + self._response.size - 2).bit_length()
        spectrum = self._spectra.get(size)
        if spectrum is None:
            spectrum = self._spectra[size] = np.fft.rfft(self._response, size)
        made = np.fft.irfft(np.fft.rfft(line, size) * spectrum, size)
        out: Samples = made[self._response.size - 1 : line.size].astype(np.float32)
        return out

    def forget(self) -> None:
        """Drop the past."""
        self._past[:] = 0.0


def _butterworth(corner_hz: float, rate_hz: int) -> NDArray[np.float64]:
    """Impulse response: two second-order sections by the bilinear transform (Q 0.5412 and 1.3066)."""
    k = math.tan(math.pi * corner_hz / rate_hz)
    signal = np.zeros(round(5.0 * rate_hz / corner_hz))
    signal[0] = 1.0
    for q in (0.541196, 1.306563):
        scale = 1 / (1 + k / q + k * k)
        b0, b1 = k * k * scale, 2 * k * k * scale
        a1, a2 = 2 * (k * k - 1) * scale, (1 - k / q + k * k) * scale
        x1 = x2 = y1 = y2 = 0.0
        for n in range(signal.size):
            x0 = float(signal[n])
            y0 = b0 * (x0 + x2) + b1 * x1 - a1 * y1 - a2 * y2
            x2, x1, y2, y1 = x1, x0, y1, y0
            signal[n] = y0
    return signal
