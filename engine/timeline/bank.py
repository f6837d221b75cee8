"""Level-like channels as cubic pieces in flat arrays, evaluated all at once.

Design remarks
--------------
Every channel (one component of one track) is a run of pieces; a piece holds from its start to the start of
the next one, and its value is a cubic in ``u = (t - t0) / length``. All runs lie end to end in the same
arrays. To find the piece of every channel at a time t in one bisection, the start of each piece is stored
as ``channel * stride + t0`` with a stride larger than any time in the bank: these keys ascend over the
whole array, and one `searchsorted` with the keys ``channel * stride + t`` bisects all channels, O(C log N),
in compiled code.

Coefficients are in local u, so that a piece an hour into a show is as exact as the first one.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class LevelBank:
    """The level-like channels of one program.

    Attributes
    ----------
    t0_fl
        Start of each piece, int64[N], flicks of the program's own time.
    inv_len
        One over the length of each piece in flicks, float64[N]; 0 for a constant.
    coef
        float64[N, 4]: c0 + c1 u + c2 u^2 + c3 u^3. NaN throughout: the channel contributes nothing here.
    fire
        bool[N]: the piece belongs to a one-shot, which holds only if time ran across its cue.
    cue_at_fl
        Start of the cue a piece belongs to, int64[N].
    base
        Value of a one-shot's piece when it does not hold, float64[N].
    starts
        First piece of each channel, and N at the end: int64[C + 1]. The first piece of a channel starts at 0.
    """

    t0_fl: Ints
    inv_len: Floats
    coef: Floats
    fire: NDArray[np.bool_]
    cue_at_fl: Ints
    base: Floats
    starts: Ints
    _keys: Ints = field(init=False, repr=False)
    _bases: Ints = field(init=False, repr=False)
    _limit_fl: int = field(init=False, repr=False)
    _any_fire: bool = field(init=False, repr=False)

    def __post_init__(self) -> None:
        channels = len(self.starts) - 1
        latest = int(self.t0_fl.max(initial=0))
        # Times beyond the last start behave like the limit: every last piece is constant.
        stride = 1 << (latest + 1).bit_length()
        if channels.bit_length() + stride.bit_length() > 62:
            raise ValueError(f"{channels} channels over {latest} flicks do not fit 64-bit keys")
        bases = np.arange(channels, dtype=np.int64) * stride
        keys = self.t0_fl + np.repeat(bases, np.diff(self.starts))
        if np.any(np.diff(keys) <= 0):
            raise ValueError("the pieces of a channel must start one after the other")
        if channels and np.any(self.t0_fl[self.starts[:-1]] != 0):
            raise ValueError("the first piece of every channel must start at 0")
        object.__setattr__(self, "_bases", bases)
        object.__setattr__(self, "_keys", keys)
        object.__setattr__(self, "_limit_fl", stride - 1)
        object.__setattr__(self, "_any_fire", bool(self.fire.any()))

    @property
    def channels(self) -> int:
        """Number of channels, C."""
        return len(self.starts) - 1

    @property
    def pieces(self) -> int:
        """Number of pieces, N."""
        return len(self.t0_fl)

    def find(self, at_fl: int, keys: NDArray[np.generic] | None = None) -> NDArray[np.intp]:
        """Piece of every channel at a time, intp[C].

        Parameters
        ----------
        at_fl
            Program time; below 0 counts as 0.
        keys
            Other keys to bisect in place of the bank's own (a test counts comparisons with them).
        """
        at = min(max(at_fl, 0), self._limit_fl)
        where = self._keys if keys is None else keys
        return where.searchsorted(self._bases + at, side="right") - 1

    @property
    def keys(self) -> Ints:
        """What `find` bisects, int64[N], ascending."""
        return self._keys

    def evaluate(self, at_fl: int, run_from_fl: int = 0) -> Floats:
        """Value of every channel at a time.

        Parameters
        ----------
        at_fl
            Program time, flicks.
        run_from_fl
            Program time at which the present continuous run began: one-shots whose cue lies before it were
            not run across and do not hold.

        Returns
        -------
        float64[C], a new array.
        """
        at = min(max(at_fl, 0), self._limit_fl)
        index = self._keys.searchsorted(self._bases + at, side="right")
        index -= 1
        u = (at - self.t0_fl.take(index)) * self.inv_len.take(index)
        c = self.coef.take(index, axis=0)
        value: Floats = c[:, 3] * u
        value += c[:, 2]
        value *= u
        value += c[:, 1]
        value *= u
        value += c[:, 0]
        if self._any_fire and run_from_fl > 0:
            lost = self.fire.take(index)
            lost &= self.cue_at_fl.take(index) < run_from_fl
            np.copyto(value, self.base.take(index), where=lost)
        return value

    def evaluate_many(self, at_fl: Ints, run_from_fl: int = 0) -> Floats:
        """Values at many times: float64[M, C] for int64[M]. Row m equals ``evaluate(at_fl[m],
        run_from_fl)``.
        """
        at = np.clip(np.asarray(at_fl, dtype=np.int64), 0, self._limit_fl)[:, None]
        index = self._keys.searchsorted(self._bases[None, :] + at, side="right") - 1
        u = (at - self.t0_fl[index]) * self.inv_len[index]
        c = self.coef[index]
        value: Floats = ((c[..., 3] * u + c[..., 2]) * u + c[..., 1]) * u + c[..., 0]
        if self._any_fire and run_from_fl > 0:
            lost = self.fire[index] & (self.cue_at_fl[index] < run_from_fl)
            value = np.where(lost, self.base[index], value)
        return value


def empty_bank() -> LevelBank:
    """A bank without channels."""
    return LevelBank(
        t0_fl=np.zeros(0, np.int64),
        inv_len=np.zeros(0),
        coef=np.zeros((0, 4)),
        fire=np.zeros(0, np.bool_),
        cue_at_fl=np.zeros(0, np.int64),
        base=np.zeros(0),
        starts=np.zeros(1, np.int64),
    )
