"""What the binaural stage keeps of its objects from block to block: their last samples, and the filter they were last heard through."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.audio.binaural.rows import places_of
from engine.audio.kernels import Kernels

Samples = NDArray[np.float32]
Places = NDArray[np.float64]
Keys = NDArray[np.int64]

_NOBODY = np.zeros(0, np.int64)


class Carried:
    """The rows of the last block.

    A row keeps the slot of its filter for as long as it lives, so that no filter is copied when others come and go.

    Parameters
    ----------
    frames : int
        Samples of a block.
    bins : int
    using : Kernels
    reserved : int
        Slots, from 0, that are never given to a row.
    """

    def __init__(self, frames: int, bins: int, using: Kernels, *, reserved: int) -> None:
        self._frames, self._bins, self._using = frames, bins, using
        self._reserved = reserved
        self.filters: NDArray[Any] = using.filters_of(reserved, bins)
        self._free: list[int] = []
        self._grow(256)
        self._buffer = np.zeros((64 + reserved, 2 * frames), np.float32)
        self._second = False
        self.forget()

    def forget(self) -> None:
        """Nobody was there."""
        self.keys = _NOBODY
        self.slots = np.zeros(0, np.int64)
        self.relative_m = np.zeros((0, 3))
        self.spread_deg = np.zeros(0, np.float32)
        self._leaving = 0
        self._free = list(range(self._reserved, self.filters.shape[0]))

    @property
    def now(self) -> slice:
        """Columns of this block's samples. They take turns with the last block's, which so stay where they are: in a transform the end goes
        over into the beginning, and what comes before the first half is the second one.
        """
        return slice(self._frames, 2 * self._frames) if self._second else slice(0, self._frames)

    @property
    def past(self) -> slice:
        """Columns of the last block's samples."""
        return slice(0, self._frames) if self._second else slice(self._frames, 2 * self._frames)

    def follow(self, keys: Keys) -> tuple[NDArray[np.bool_], Samples]:
        """Brings the rows into the order of a new block. Who is gone stays for one block more, at the end: its sound has not died away yet.

        Parameters
        ----------
        keys : ndarray of int64, shape (S,)

        Returns
        -------
        new : ndarray of bool, shape (S + leaving,)
            Who was not there.
        frames : ndarray of float32, shape (S + leaving + extra, 2 n)
            The last block's samples in columns `past`, and in columns `now` room for this one's, which is 0 for who leaves. There is room
            for `reserved` rows more.
        """
        self._second = not self._second
        if not self._leaving and np.array_equal(keys, self.keys):
            return np.zeros(keys.size, np.bool_), self._buffer
        was = self.keys.size
        at = places_of(keys, self.keys)
        stays = np.zeros(was, np.bool_)
        stays[at[at >= 0]] = True
        gone = np.flatnonzero(~stays)
        over = gone[gone >= was - self._leaving]  # who was leaving already
        leaving = gone[gone < was - self._leaving]
        self._free.extend(self.slots[over].tolist())
        at = np.concatenate([at, leaving])
        new = at < 0
        past = self._buffer[at, self.past] if was else np.zeros((at.size, self._frames), np.float32)
        past[new] = 0.0
        if self._buffer.shape[0] < at.size + self._reserved:
            self._buffer = np.zeros(
                (max(64, at.size + at.size // 2) + self._reserved, 2 * self._frames), np.float32
            )
        self._buffer[: at.size, self.past] = past
        self._buffer[keys.size : at.size, self.now] = 0.0
        slots = self.slots[at] if was else np.zeros(at.size, np.int64)
        for row in np.flatnonzero(new):
            slots[row] = self._take()
        self.relative_m = self.relative_m[at] if was else np.zeros((at.size, 3))
        self.spread_deg = self.spread_deg[at] if was else np.zeros(at.size, np.float32)
        self.keys = np.concatenate([keys, self.keys[leaving]])
        self.slots = slots
        self._leaving = leaving.size
        return new, self._buffer

    def _take(self) -> int:
        if not self._free:
            self._grow(self.filters.shape[0])
        return self._free.pop()

    def _grow(self, rows: int) -> None:
        there = self.filters
        self.filters = self._using.filters_of(there.shape[0] + rows, self._bins)
        self.filters[: there.shape[0]] = there
        self._free.extend(range(there.shape[0], self.filters.shape[0]))
