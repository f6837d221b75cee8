"""Reads a mix a little faster or slower than it was made: the device's frames between the samples of the grid.

The mix lies still on its grid, whatever the device does, so what is made stays a pure function of transport and sample; the trim is one
fractional read of what is about to go out. Frames that lie on the grid's samples (no device, or one that leads the show) are handed
on as they are, to the bit.

Same reader as the files' (`engine.audio.kernels.sinc`, 90 dB); a device slower than the grid (44100 Hz) is read through a
longer sinc that ends below its band, so that nothing folds down.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from engine.audio.clock.values import Trim
from engine.audio.kernels.sinc import STEPS, sinc_table

Samples = NDArray[np.float32]

Pull = Callable[[int, int], Samples]
"""The next grid samples of a mix: (host instant of the first, how many) -> shape (how many, channels)."""
PlaceOf = Callable[[int], float]
"""Where an instant lies on the mix's grid, in samples (`engine.audio.grid.Grid.place`)."""

_ON_A_SAMPLE = 1e-3
_OFF_LINE = 0.01
_BETA = 8.0
_PER_NS = 48e-6
# 48 taps with the edge at 0.93 of half the device's rate: flat to 18 kHz, -60 dB from 23 kHz on, for a device at 44100 Hz.
_WIDE_TAPS = 48
_CUT = 0.93


class TrimmedReader:
    """Turns grid samples into device frames.

    Parameters
    ----------
    channels : int
    nominal_ratio : float, default 1
        Grid samples a frame of the device, but for the trim (48000/44100).

    Notes
    -----
    Costs 16 products a frame and channel: 0.1 ms for a block of 256 frames in two channels. One thread.
    """

    def __init__(self, channels: int, nominal_ratio: float = 1.0) -> None:
        slower = nominal_ratio > 1.001
        self._weight, self._rise = _wide_table(nominal_ratio) if slower else sinc_table()
        self._half = self._weight.shape[1] // 2
        self._held = np.zeros((self._half, channels), np.float32)
        self._first = -self._half
        """Grid sample of the first that is held; what lies before the first of all is silence."""
        self._at = 0.0
        self._begun = False

    @property
    def at(self) -> float:
        """Grid place of the next frame, counted from the first sample pulled."""
        return self._at

    def read(self, trim: Trim, frames: int, pull: Pull, place: PlaceOf) -> Samples:
        """The next frames.

        Parameters
        ----------
        trim : Trim
            For them.
        frames : int
        pull : callable
            Called once or not at all.
        place : callable
            Called after `pull`; its zero is the first sample ever pulled.

        Returns
        -------
        ndarray of float32, shape (frames, channels)
        """
        # The grid itself may bend; what is pulled too early is only kept.
        reach = self._at + frames * (trim.ratio + _OFF_LINE) + self._half + 1
        have = self._first + self._held.shape[0]
        count = math.ceil(reach) - have
        if count > 0:
            ahead_ns = round((have - self._at) / _PER_NS)
            made = pull(trim.host_ns + ahead_ns, count)
            self._held = np.concatenate([self._held, made.astype(np.float32, copy=False)])
        end = self._end(trim, frames, place)
        out = self._frames(self._at, end, frames)
        self._at = end
        keep = math.floor(end) - self._half + 1
        if keep > self._first:
            self._held = self._held[keep - self._first :]
            self._first = keep
        return out

    def _end(self, trim: Trim, frames: int, place: PlaceOf) -> float:
        expected = self._at + frames * trim.ratio
        after_ns = trim.part_ns + trim.span_ns
        whole_ns = math.floor(after_ns)
        end = place(trim.host_ns + whole_ns) + (after_ns - whole_ns) * _PER_NS
        # A mix that has not followed a jump yet is read on, at a speed that differs by no more than is bearable.
        end = min(max(end, expected - frames * _OFF_LINE), expected + frames * _OFF_LINE)
        whole = round(end)
        return float(whole) if trim.ratio == 1.0 and abs(end - whole) < _ON_A_SAMPLE else end

    def _frames(self, begin: float, end: float, frames: int) -> Samples:
        if begin == math.floor(begin) and end - begin == frames:
            at = int(begin) - self._first
            return self._held[at : at + frames].copy()
        places = begin + (end - begin) / frames * np.arange(frames) - self._first
        whole = np.floor(places).astype(np.intp)
        steps = self._weight.shape[0]
        fine = (places - whole) * steps
        step = fine.astype(np.intp)
        weights = self._weight[step] + (fine - step).astype(np.float32)[:, None] * self._rise[step]
        columns = whole[:, None] + np.arange(-self._half + 1, self._half + 1)
        out: Samples = np.einsum("fk,fkc->fc", weights, self._held[columns])
        return out


def _wide_table(ratio: float) -> tuple[Samples, Samples]:
    """As `sinc_table`, cut off below half the rate of a device that is slower by `ratio`."""
    half = math.ceil(_WIDE_TAPS / 2 * ratio)
    fraction = np.arange(STEPS + 1)[:, None] / STEPS
    from_centre = np.arange(-half + 1, half + 1)[None, :] - fraction
    inside = np.clip(1.0 - (from_centre / half) ** 2, 0.0, None)
    table = np.sinc(from_centre * _CUT / ratio) * np.i0(_BETA * np.sqrt(inside))
    table /= table.sum(axis=1, keepdims=True)
    return table[:-1].astype(np.float32), np.diff(table, axis=0).astype(np.float32)
