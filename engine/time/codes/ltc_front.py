"""Brings sound of any sample rate near 48 kHz for the timecode decoder, and knows where its samples came from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Signal = NDArray[np.float32]

_LOWEST_HZ = 32_000
_LARGEST = 8.0
_TAPS = 8
"""Samples the interpolation looks at on either side."""


class FrontEnd:
    """Raises or lowers the sample rate by a whole factor.

    Parameters
    ----------
    sample_rate_hz : int

    Attributes
    ----------
    rate_hz : int
        Sample rate behind it, 32 to 96 kHz.
    """

    def __init__(self, sample_rate_hz: int) -> None:
        self._up = -(-_LOWEST_HZ // sample_rate_hz)
        self._down = max(1, sample_rate_hz // 48_000)
        self.rate_hz = sample_rate_hz * self._up // self._down
        self._rest = np.zeros(2 * _TAPS if self._up > 1 else 0, dtype=np.float32)
        place = np.arange(-_TAPS + 1, _TAPS + 1)
        phases = np.arange(self._up) / self._up
        away = place[None, :] - phases[:, None]
        self._kernels = np.sinc(away) * np.cos(np.pi * away / (2 * _TAPS + 2)) ** 2

    def input_sample(self, sample: float) -> float:
        """Where a sample behind it lies before it, both counted from the start."""
        if self._up > 1:
            return sample / self._up - _TAPS - 1
        return sample * self._down + (self._down - 1) / 2

    def push(self, sound: Signal) -> Signal:
        """Sound at the new rate; what is not a number is silence, what is out of all bounds is cut off."""
        sound = np.clip(np.nan_to_num(sound, nan=0.0, posinf=_LARGEST, neginf=-_LARGEST), -_LARGEST, _LARGEST)
        sound = sound.astype(np.float32, copy=False)
        if self._up > 1:
            return self._raised(sound)
        if self._down == 1:
            return sound
        held = np.concatenate([self._rest, sound])
        whole = len(held) // self._down
        self._rest = held[whole * self._down :]
        used = held[: whole * self._down]
        lowered = used[0 :: self._down].copy()
        for place in range(1, self._down):
            lowered += used[place :: self._down]
        lowered /= np.float32(self._down)
        return np.asarray(lowered, dtype=np.float32)

    def finish(self) -> Signal:
        """What is left inside at the end."""
        return self.push(np.zeros(2 * _TAPS if self._up > 1 else 0, dtype=np.float32))

    def _raised(self, sound: Signal) -> Signal:
        held = np.concatenate([self._rest, sound])
        count = len(held) - 2 * _TAPS
        self._rest = held[count:]
        if count <= 0:
            return np.zeros(0, dtype=np.float32)
        windows = np.lib.stride_tricks.sliding_window_view(held, 2 * _TAPS)[:count]
        return np.asarray((windows @ self._kernels.T).reshape(-1), dtype=np.float32)
