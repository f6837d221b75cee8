"""Many tracks into few channels with gains that glide: one matrix product per stretch in which all of them go straight.

Between two instants at which any track's gains bend, every gain is a straight line in time; `mix_ramped` is exact there. The tracks of a
master mostly bend together, and then there are few such stretches.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.audio.adm.timeline import FOREVER, Stretch

Samples = NDArray[np.float32]
Floats = NDArray[np.float64]

_ROW = 1 << 41
"""Apart enough that all rows' samples can be searched at once."""


class GainTracks:
    """Gains of tracks over time.

    Parameters
    ----------
    rows : sequence of (list of Stretch, ndarray)
        Per track, its stretches in order, and the gains of its blocks, shape (blocks, C).
    channels : int
        C.
    """

    def __init__(self, rows: Sequence[tuple[Sequence[Stretch], NDArray[np.floating]]], channels: int) -> None:
        first: list[int] = []
        last: list[int] = []
        before: list[int] = []
        after: list[int] = []
        shares: list[tuple[float, float]] = []
        tables: list[NDArray[np.float32]] = [np.zeros((1, channels), np.float32)]
        base = 1
        for number, (stretches, gains) in enumerate(rows):
            # A row begins with a stretch of silence, so that every search finds one of its own.
            first.append(number * _ROW)
            last.append(number * _ROW)
            before.append(0)
            after.append(0)
            shares.append((1.0, 1.0))
            for one in stretches:
                first.append(number * _ROW + one.first)
                last.append(number * _ROW + one.last)
                before.append(base + one.before)
                after.append(base + one.after)
                shares.append((one.share_first, one.share_last))
            tables.append(np.asarray(gains, np.float32).reshape(-1, channels))
            base += len(tables[-1])
        self.rows = len(rows)
        self._first = np.asarray(first, np.int64)
        self._last = np.asarray(last, np.int64)
        self._before = np.asarray(before, np.intp)
        self._after = np.asarray(after, np.intp)
        self._shares = np.asarray(shares, np.float64).reshape(-1, 2)
        self._gains = np.concatenate(tables)
        within = np.concatenate([self._first, self._last]) % _ROW
        self._bends = np.unique(within[(within > 0) & (within < FOREVER)])

    @property
    def silent(self) -> bool:
        """Whether nothing is ever heard."""
        return not self._gains.any()

    def over(self, first: int, count: int) -> tuple[NDArray[np.int64], Samples, Samples]:
        """The gains over samples [first, first + count).

        Returns
        -------
        edges : ndarray of int64, shape (K + 1,)
            Where straight parts begin and end, from `first` to ``first + count``.
        begin, end : ndarray of float32, shape (K, rows, channels)
            Gains at both ends of each part; the end belongs to the part.
        """
        low, high = np.searchsorted(self._bends, (first, first + count), side="right")
        inner = self._bends[low:high]
        edges = np.unique(np.concatenate([[first], inner[inner < first + count], [first + count]]))
        at = np.arange(self.rows)[:, None] * _ROW + edges[None, :-1]
        one = np.searchsorted(self._first, at, side="right") - 1
        sounds = at < self._last[one]
        width = np.maximum(self._last[one] - self._first[one], 1)
        ends = []
        for place in (at, at + np.diff(edges)):
            share = self._shares[one, 0] + (place - self._first[one]) / width * (
                self._shares[one, 1] - self._shares[one, 0]
            )
            share = np.where(sounds, share, 0.0).astype(np.float32)[..., None]
            rest = np.where(sounds[..., None], 1 - share, np.float32(0))
            mixed = self._gains[self._after[one]] * share + self._gains[self._before[one]] * rest
            ends.append(np.ascontiguousarray(mixed.transpose(1, 0, 2)))
        return edges, ends[0], ends[1]

    def mix(self, signals: Samples, first: int, out: Samples) -> None:
        """Adds the tracks to the channels.

        Parameters
        ----------
        signals : ndarray of float32, shape (n, rows)
        first : int
            Sample of the first frame.
        out : ndarray of float32, shape (n, channels)
        """
        if not self.rows:
            return
        edges, begin, end = self.over(first, len(signals))
        for k, (low, high) in enumerate(zip(edges[:-1] - first, edges[1:] - first, strict=True)):
            part = signals[low:high]
            rise = end[k] - begin[k]
            if begin[k].any():
                out[low:high] += part @ begin[k]
            if rise.any():
                ramp = (np.arange(high - low, dtype=np.float32) / np.float32(high - low))[:, None]
                out[low:high] += (part * ramp) @ rise
