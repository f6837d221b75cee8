"""When a machine cannot keep up: the least important objects go into the Ambisonic bed, which blurs them; nothing ever drops out.

Watches what share of a block's time is spent. Goes down fast (a late block is heard) and comes back slowly (going to and fro would be
heard too). Pure: it is told shares and asked who may be heard by himself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

HIGH = 0.6
"""Share of the block's time beyond which objects are demoted: what remains is the system's, and the worst block's."""
LOW = 0.4
_PATIENCE = 3
"""Blocks in a row over `HIGH`; one near the deadline is enough."""
_NEAR = 0.85
_CALM = 375
"""Blocks in a row under `LOW` (2 s) before some come back."""
_KEEP = 0.75
_FEWEST = 4
_STEP = 0.25
"""Of the way to the bed or back, a block: 21 ms in all."""


@dataclass(frozen=True, slots=True)
class OverloadReport:
    """What became of it.

    Attributes
    ----------
    most_demoted : int
        Objects in the bed at the same time for want of time.
    blocks : int
        During how many blocks there were any.
    """

    most_demoted: int
    blocks: int


class Overload:
    """Decides who is rendered by himself.

    Attributes
    ----------
    allowed : int or None
        How many objects are; None: all.
    """

    def __init__(self) -> None:
        self.allowed: int | None = None
        self._over = 0
        self._calm = 0
        self._there = 0
        self._weights: dict[int, float] = {}
        self._most = 0
        self._blocks = 0

    @property
    def report(self) -> OverloadReport:
        """So far."""
        return OverloadReport(self._most, self._blocks)

    def spent(self, share: float) -> None:
        """Tell what the last block took.

        Parameters
        ----------
        share : float
            Of the block's own duration; 1 is the deadline.
        """
        self._over = self._over + 1 if share > HIGH else 0
        self._calm = self._calm + 1 if share < LOW else 0
        now = self._there if self.allowed is None else min(self.allowed, self._there)
        if now > _FEWEST and (self._over >= _PATIENCE or share > _NEAR):
            self.allowed = max(_FEWEST, int(now * _KEEP))
            self._over = self._calm = 0
        elif self._calm >= _CALM and self.allowed is not None:
            self.allowed += max(1, self.allowed // 8)
            self._calm = 0
            if self.allowed >= self._there and not self._weights:
                self.allowed = None

    def in_bed(
        self, keys: NDArray[np.int64], priority: Samples, loudness: Samples, fixed: Samples
    ) -> Samples:
        """How far every object is in the bed over the next block.

        Parameters
        ----------
        keys : ndarray of int64, shape (S,)
        priority, loudness : ndarray of float32, shape (S,)
            The lower, the sooner it goes; loudness (linear) decides among the same priority.
        fixed : ndarray of float32, shape (S,)
            Rows with 1 are in the bed anyway and do not count.

        Returns
        -------
        ndarray of float32, shape (2, S)
            At the block's two ends.
        """
        own = np.flatnonzero(fixed < 1.0)
        self._there = int(own.size)
        out = np.stack([fixed, fixed]).astype(np.float32)
        if self.allowed is None and not self._weights:
            return out
        wanted = np.zeros(keys.size, np.float32)
        allowed = self.allowed
        if allowed is not None and own.size > allowed:
            rank = priority[own] + np.clip(loudness[own], 0.0, 4.0) * 0.1
            # Who is down already stays down before another goes: nobody moves to and fro because two are alike.
            rank -= np.fromiter(
                (0.2 if self._weights.get(int(key)) else 0.0 for key in keys[own]), np.float32, own.size
            )
            order = np.argsort(-rank, kind="stable")
            wanted[own[order[allowed:]]] = 1.0
        kept: dict[int, float] = {}
        for i in own:
            key = int(keys[i])
            before = self._weights.get(key, 0.0)
            after = before + min(_STEP, max(-_STEP, float(wanted[i]) - before))
            out[0, i], out[1, i] = max(fixed[i], before), max(fixed[i], after)
            if after > 0.0:
                kept[key] = after
        self._weights = kept
        self._most = max(self._most, len(kept))
        self._blocks += bool(kept)
        return out
