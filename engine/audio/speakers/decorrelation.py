"""Filters that make one signal diffuse: ITU-R BS.2127-1, 7.4."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.audio.speakers.layouts import Layout

TAPS = 512
DELAY_SAMPLES = (TAPS - 1) // 2
"""By which the direct path is delayed, so that both arrive together."""


def decorrelators(layout: Layout) -> NDArray[np.float64]:
    """One all-pass filter of random phase for each channel.

    Parameters
    ----------
    layout : Layout
        LFE included; a channel's filter follows from its name's place in the alphabet.

    Returns
    -------
    ndarray of float64, shape (channels, 512)

    Notes
    -----
    The standard names the Mersenne Twister's raw numbers (MT19937), seeded by the channel's place, as phases of the positive frequencies.
    """
    ordered = sorted(layout.names)
    filters = []
    for name in layout.names:
        numbers = np.random.RandomState(ordered.index(name)).randint(0, 2**32, TAPS // 2 - 1, dtype=np.uint32)
        phase = np.zeros(TAPS // 2 + 1)
        phase[1:-1] = 2 * np.pi * numbers / 2**32
        filters.append(np.fft.irfft(np.exp(1j * phase)))
    return np.array(filters)
