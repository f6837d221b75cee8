"""Objects and beds to the two ears of a guest.

Every object is transformed once a block, together with the block before (overlap-save), and weighed for both ears with the filter it comes
from and the one it goes to; the sums are transformed back, four transforms in all however many objects there are, and the old pair of ears
glides into the new one over the block. The time between the ears is part of the filters, as a turn of phase.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.audio.ambisonics import Rotator
from engine.audio.binaural.aim import Aim, Aimed
from engine.audio.binaural.carried import Carried
from engine.audio.binaural.table import HeadTable
from engine.audio.block import BED_CHANNELS, BED_ORDER, BLOCK, STAGE_LATENCY, Beds, Head, ObjectBlock
from engine.audio.kernels import Kernels, kernels
from engine.audio.speakers.direct import label_direction

Samples = NDArray[np.float32]
Places = NDArray[np.float64]

_SIDES = ("M+030", "M-030")
_SPEAKER_M = 2.0
_AT_ONCE = 96
"""Rows transformed at a time: their spectra and filters, 0.6 MB, stay in the cache until they are used."""
_UNTURNED = np.eye(3)


class BinauralStage:
    """A pair of ears.

    Parameters
    ----------
    table : HeadTable
        Whose.
    frames : int
        Samples of every block.
    using : Kernels, optional
        Default: the fastest there are.

    Attributes
    ----------
    unsound_blocks : int
        Blocks so far that came out as NaN or infinity and were silenced.

    Notes
    -----
    One thread. What is carried is one block of every object and the filter it was last heard through: where an object is at a block's
    start is only asked when it is new, so one that leaps glides from where it was, and nothing clicks.
    """

    channels = 2

    def __init__(self, table: HeadTable, *, frames: int = BLOCK, using: Kernels | None = None) -> None:
        from scipy.fft import irfft, rfft  # NumPy's takes twice as long for 64 rows, and far more for 256

        self._to_spectra, self._to_samples = rfft, irfft
        self._kernels = using or kernels()
        self._frames = frames
        self._length = 2 * frames
        self._aim = Aim(table, self._length, self._kernels)
        self._rows = Carried(frames, self._aim.bins, self._kernels, reserved=BED_CHANNELS)
        self._bed_slots = np.arange(BED_CHANNELS)
        self._build_bed(table)
        self._rotator = Rotator(BED_ORDER)
        self._turns: tuple[tuple[float, ...], Samples] = ((), np.zeros((0, 0), np.float32))
        self._bed_past: Samples | None = None
        self._straight_past = np.zeros((2, STAGE_LATENCY), np.float32)
        self._ramp = (np.arange(frames) / frames).astype(np.float32)
        self._sums = np.zeros((3, 2, frames + 1), np.complex64)
        self._speakers: dict[str, tuple[int, Places]] = {}
        self.unsound_blocks = 0

    def forget(self) -> None:
        """Drop what is carried from block to block: the next block has no past."""
        self._rows.forget()
        self._bed_past = None
        self._straight_past[:] = 0.0

    def render(self, block: ObjectBlock, emission: Samples, beds: Beds, heads: tuple[Head, Head]) -> Samples:
        """The block at the ears, `STAGE_LATENCY` samples late.

        Returns
        -------
        ndarray of float32, shape (2, n)

        Raises
        ------
        ValueError
            The block is not as long as all the others.
        """
        if emission.shape[1] != self._frames:
            raise ValueError(
                f"a block of {emission.shape[1]} samples; this stage was made for {self._frames}"
            )
        keys, at_m, spread_deg, signals = self._heard(block, emission, beds)
        new, frames = self._rows.follow(keys)
        count = self._rows.keys.size
        self._put(frames[: keys.size, self._rows.now], signals)
        moved, parts = self._aimed(new, at_m, spread_deg, heads)
        slots = self._rows.slots
        if self._bed(beds.hoa, heads, frames[count : count + BED_CHANNELS]):
            slots = np.concatenate([slots, self._bed_slots])
        out = self._transformed(frames[: slots.size], slots, moved, parts)
        self._add_straight(out, beds)
        if not np.isfinite(out.sum()):
            self.forget()
            self.unsound_blocks += 1
            out[:] = 0.0
        return out

    # ---- what is heard

    def _heard(
        self, block: ObjectBlock, emission: Samples, beds: Beds
    ) -> tuple[NDArray[np.int64], Places, Samples, list[Samples]]:
        """Keys, places at both ends, spreads and signals of the objects and of loudspeakers that stand around."""
        keys, at_m, spread_deg, signals = block.keys, block.at_m, block.spread_deg, [emission]
        if block.in_bed.any():
            own = np.flatnonzero(block.in_bed.min(axis=0) < 1.0)
            share = 1.0 - block.in_bed[:, own]
            weighed = emission[own] * (share[0][:, None] + (share[1] - share[0])[:, None] * self._ramp)
            keys, at_m, spread_deg, signals = keys[own], at_m[:, own], spread_deg[own], [weighed]
        around = [name for name in beds.channels if name not in _SIDES and not name.startswith("LFE")]
        if around:
            stand = [self._speaker(name) for name in around]
            keys = np.concatenate([keys, [key for key, _ in stand]])
            places = np.array([place for _, place in stand])
            at_m = np.concatenate([at_m, np.stack([places, places])], axis=1)
            spread_deg = np.concatenate([spread_deg, np.zeros(len(around), np.float32)])
            signals.extend(beds.channels[name][None] for name in around)
        return keys, at_m, spread_deg, signals

    def _speaker(self, name: str) -> tuple[int, Places]:
        there = self._speakers.get(name)
        if there is None:
            # Objects' keys are 0 or more.
            there = (-1 - len(self._speakers), np.asarray(_SPEAKER_M * label_direction(name)))
            self._speakers[name] = there
        return there

    @staticmethod
    def _put(into: Samples, signals: list[Samples]) -> None:
        row = 0
        for part in signals:
            into[row : row + part.shape[0]] = part
            row += part.shape[0]

    # ---- filters

    def _aimed(
        self, new: NDArray[np.bool_], at_m: Places, spread_deg: Samples, heads: tuple[Head, Head]
    ) -> tuple[NDArray[np.int64], list[Aimed]]:
        """Which rows are heard from elsewhere at the block's end, and what makes their filters; the filters of new rows are made."""
        rows = self._rows
        here = at_m.shape[1]
        fresh = np.flatnonzero(new)
        if fresh.size:
            start_m = _relative_m(at_m[0, fresh], heads[0])
            rows.relative_m[fresh], rows.spread_deg[fresh] = start_m, spread_deg[fresh]
            for part in self._aim.at(start_m, spread_deg[fresh]):
                self._build(part, slice(None), rows.slots[fresh])
        end_m = _relative_m(at_m[1], heads[1])
        moves = (end_m != rows.relative_m[:here]).any(axis=1) | (spread_deg != rows.spread_deg[:here])
        moved = np.flatnonzero(moves)
        if not moved.size:
            return moved, []
        whole = moved.size == here
        parts = self._aim.at(end_m if whole else end_m[moved], spread_deg if whole else spread_deg[moved])
        rows.relative_m[:here], rows.spread_deg[:here] = end_m, spread_deg
        return moved, parts if whole else [replace(part, rows=moved[part.rows]) for part in parts]

    def _build(self, part: Aimed, some: slice, slots: NDArray[np.int64]) -> None:
        """Writes some of the filters of a part; `slots` of all rows."""
        self._kernels.build_filters(
            self._aim.bank,
            np.ascontiguousarray(part.index[some], np.int32),
            np.ascontiguousarray(part.weight[some], np.float32),
            part.delay[some],
            self._length,
            None if part.colour is None else part.colour[some],
            slots[part.rows[some]],
            self._rows.filters,
        )

    def _build_bed(self, table: HeadTable) -> None:
        spectra = np.ascontiguousarray(table.bed_spectra(self._length), np.complex64)
        self._kernels.build_filters(
            self._kernels.bank_of(spectra),
            np.arange(BED_CHANNELS, dtype=np.int32)[:, None, None],
            np.ones((BED_CHANNELS, 1, 1), np.float32),
            np.full((BED_CHANNELS, 2), STAGE_LATENCY, np.float32),
            self._length,
            None,
            self._bed_slots,
            self._rows.filters,
        )

    # ---- beds

    def _bed(self, hoa: Samples, heads: tuple[Head, Head], frames: Samples) -> bool:
        """Puts the Ambisonic bed, turned against the head, into the frames; whether there is anything to be heard of it."""
        sounds = bool(hoa.any())
        if not sounds and self._bed_past is None:
            return False
        past, now = self._rows.past, self._rows.now
        frames[:, past] = 0.0 if self._bed_past is None else self._bed_past
        if not sounds:
            frames[:, now] = 0.0
            self._bed_past = None
            return True
        if not np.isfinite(hoa.sum()):
            hoa = np.nan_to_num(hoa, nan=0.0, posinf=0.0, neginf=0.0)
        turn0, turn1 = self._turned(heads[0]), self._turned(heads[1])
        frames[:, now] = (
            hoa if turn0 is None and turn1 is None else self._kernels.mix_ramped(hoa, *_both(turn0, turn1))
        )
        self._bed_past = frames[:, now].copy()
        return True

    def _turned(self, head: Head) -> Samples | None:
        """Gains (from, to) that turn the field against the head; None: it looks ahead."""
        if head.rotation == tuple(_UNTURNED.ravel()):
            return None
        known, gains = self._turns
        if known != head.rotation:
            gains = np.ascontiguousarray(self._rotator.matrix(head.matrix().T).T, np.float32)
            self._turns = (head.rotation, gains)
        return gains

    def _add_straight(self, out: Samples, beds: Beds) -> None:
        """A stereo bed's two sides go to the two ears as they are, and low-frequency channels to both."""
        late = STAGE_LATENCY
        out[:, :late] += self._straight_past
        self._straight_past[:] = 0.0
        for name, samples in beds.channels.items():
            if name in _SIDES:
                ears = slice(_SIDES.index(name), _SIDES.index(name) + 1)
            elif name.startswith("LFE"):
                ears = slice(0, 2)
            else:
                continue
            if not np.isfinite(samples.sum()):
                continue
            out[ears, late:] += samples[:-late]
            self._straight_past[ears] += samples[-late:]

    # ---- transforms

    def _transformed(
        self, frames: Samples, slots: NDArray[np.int64], moved: NDArray[np.int64], parts: list[Aimed]
    ) -> Samples:
        """Some rows at a time, while they are in the cache: their spectra, through the filters they come from, then through those they go
        to, which take the others' slots.
        """
        n = self._frames
        if not slots.size:
            return np.zeros((2, n), np.float32)
        sums, filters = self._sums, self._rows.filters
        sums[:] = 0.0
        still = np.ones(slots.size, np.bool_)
        still[moved] = False
        for first in range(0, slots.size, _AT_ONCE):
            last = min(first + _AT_ONCE, slots.size)
            spectra = self._to_spectra(frames[first:last], axis=1)
            rests = np.flatnonzero(still[first:last])
            if rests.size:
                self._kernels.add_filtered(spectra, rests, slots[first:last][rests], filters, sums[2])
            if rests.size == last - first:
                continue
            goes = np.flatnonzero(~still[first:last])
            own = slots[first:last][goes]
            self._kernels.add_filtered(spectra, goes, own, filters, sums[0])
            for part in parts:
                low, high = np.searchsorted(part.rows, (first, last))
                if low < high:
                    self._build(part, slice(low, high), slots)
            self._kernels.add_filtered(spectra, goes, own, filters, sums[1])
        sums[:2] += sums[2]
        ears = self._to_samples(sums[:2], self._length, axis=2)[:, :, self._rows.now]
        return np.asarray(ears[0] + (ears[1] - ears[0]) * self._ramp, np.float32)


def _relative_m(at_m: Places, head: Head) -> Places:
    """Places as seen from a head; what is not a number is taken to be in its middle."""
    seen = (at_m - head.at_m) @ head.matrix()
    if not np.isfinite(seen.sum()):
        seen[~np.isfinite(seen).all(axis=1)] = 0.0
    return seen


def _both(one: Samples | None, other: Samples | None) -> tuple[Samples, Samples]:
    still = np.eye(BED_CHANNELS, dtype=np.float32)
    return still if one is None else one, still if other is None else other
