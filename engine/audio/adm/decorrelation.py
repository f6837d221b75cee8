"""Diffuse sound of a block after the other: the layout's all-pass filters (`engine.audio.speakers.decorrelation`) by overlap-save."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.audio.speakers.decorrelation import DELAY_SAMPLES, TAPS, decorrelators
from engine.audio.speakers.layouts import Layout

Samples = NDArray[np.float32]

_SIZE = 4096


class Decorrelator:
    """Filters a layout's channels.

    Parameters
    ----------
    layout : Layout
    """

    def __init__(self, layout: Layout) -> None:
        from scipy import fft

        self._spectra = fft.rfft(decorrelators(layout).astype(np.float32), _SIZE)
        self._past = np.zeros((len(layout.speakers), TAPS - 1), np.float32)

    def process(self, samples: Samples) -> Samples:
        """Filtered samples, `DELAY_SAMPLES` late in the mean; shape (n, channels) in and out."""
        from scipy import fft

        count = len(samples)
        line = np.concatenate([self._past, samples.T], axis=1)
        out = np.empty((line.shape[0], count), np.float32)
        step = _SIZE - TAPS + 1
        for first in range(0, count, step):
            made = fft.irfft(fft.rfft(line[:, first : first + _SIZE], _SIZE) * self._spectra, _SIZE)
            keep = min(step, count - first)
            out[:, first : first + keep] = made[:, TAPS - 1 : TAPS - 1 + keep]
        self._past = line[:, count:].copy()
        return out.T


class Waiting:
    """What is not diffuse, as late as what is."""

    def __init__(self, channels: int) -> None:
        self._past = np.zeros((DELAY_SAMPLES, channels), np.float32)

    def process(self, samples: Samples) -> Samples:
        """Samples of `DELAY_SAMPLES` before."""
        line = np.concatenate([self._past, samples])
        self._past = line[len(samples) :].copy()
        return line[: len(samples)]
