"""What is heard over one block, before any ears or loudspeakers: the value between the mixer and its outputs.

    transport --plan--> voices --Mixer--> ObjectBlock --Emitter--> emission --stages--> ears, rooms, domes, shakers

One row an object (a voice, or one of its early reflections), structure of arrays, so that hundreds of them cost no Python each. The
numbers of a block hold at its first sample and at the sample after its last, which is the next block's first; in between everything
glides linearly. What an object sounds like at the listener's place (delay, level, dullness) is made once, by the `Emitter`; from which
side it is heard is each stage's own affair.

Frame: the resting listener's. Origin the resting head's centre, x to the right, y ahead, z up, in metres; it rides with the vehicle.
Loudspeakers are fixed in it, a guest's head moves in it (`Head`).

Every stage answers `STAGE_LATENCY` samples late, no more and no less, so that several of them stay aligned; the mixer makes its blocks
that much ahead, so nothing of it is heard.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
Places = NDArray[np.float64]

SAMPLE_RATE_HZ = 48_000
BLOCK = 256
"""Samples of a block, constant within a run, so that an offline rendering equals the live one. 5.33 ms."""
BEFORE, AFTER = 96, 96
"""Columns of `ObjectBlock.pcm` before the block's first and after its last sample: fractional reading, and Doppler within a block."""
STAGE_LATENCY = 32
"""Samples by which every stage answers late: half the time between the ears, read on both sides, and the reader's half width."""
BED_ORDER = 3
BED_CHANNELS = (BED_ORDER + 1) ** 2
"""Of the Ambisonic bed: ACN order, SN3D weights, in the resting listener's frame."""


@dataclass(slots=True)
class ObjectBlock:
    """The objects of one block.

    Attributes
    ----------
    first : int
        Grid sample of the block's first sample.
    keys : ndarray of int64, shape (S,)
        Who a row is: the same number, the same object, from block to block. Renderers keep what they carry over by it.
    pcm : ndarray of float32, shape (S, BEFORE + n + AFTER)
        The dry file around the block: column ``BEFORE + i`` is what sounds at sample i when `delay` is 0.
    delay : ndarray of float64, shape (2, S)
        Samples by which the object is heard later, at both ends; -64 to 64 (what is beyond is in where `pcm` was read).
    gain : ndarray of float32, shape (2, S)
        Linear, everything in it: cue, bus, distance, occlusion.
    shape : ndarray of float32, shape (S, n), or None
        Fades inside the block, multiplied with `gain`; None when all are 1.
    low_pass_hz : ndarray of float32, shape (2, S)
        First-order low-pass (-3 dB there) for air and what stands in between; 24000 or more: none.
    at_m : ndarray of float64, shape (2, S, 3)
        Where it is, in the resting listener's frame.
    in_bed : ndarray of float32, shape (2, S)
        0: rendered by itself; 1: in the Ambisonic bed; in between it moves from one to the other (equal gain: the two are alike).
    spread_deg : ndarray of float32, shape (S,)
        How wide it is: 0 a point, 180 all around.
    priority : ndarray of float32, shape (S,)
        The higher, the later it is demoted into the bed.
    """

    first: int
    keys: NDArray[np.int64]
    pcm: Samples
    delay: Places
    gain: Samples
    shape: Samples | None
    low_pass_hz: Samples
    at_m: Places
    in_bed: Samples
    spread_deg: Samples
    priority: Samples

    @property
    def count(self) -> int:
        """Rows, S."""
        return int(self.keys.size)

    @property
    def frames(self) -> int:
        """Samples, n."""
        return int(self.pcm.shape[1]) - BEFORE - AFTER


@dataclass(slots=True)
class Beds:
    """What is not an object, of one block; gains and fades are in it.

    Attributes
    ----------
    hoa : ndarray of float32, shape (BED_CHANNELS, n)
        The Ambisonic bed: beds that came as one, reverberation, objects that were demoted.
    channels : mapping of str to ndarray of float32, shape (n,)
        Beds for loudspeakers by their BS.2051 name (``M+030`` ``M-030`` a stereo bed's two sides, ``LFE1``...). Headphones hear
        them from where these loudspeakers would stand; a stereo bed goes to the two ears as it is.
    """

    hoa: Samples
    channels: dict[str, Samples] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Head:
    """A guest's head at one instant, in the resting listener's frame.

    Attributes
    ----------
    at_m : tuple of float
        Centre of the head.
    rotation : tuple of 9 float
        Row-major matrix R with ``v_rest = R @ v_head``; the head's axes are x right, y ahead, z up.
    """

    at_m: tuple[float, float, float] = (0.0, 0.0, 0.0)
    rotation: tuple[float, ...] = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)

    def matrix(self) -> Places:
        """R as an array, shape (3, 3)."""
        return np.asarray(self.rotation, np.float64).reshape(3, 3)


RESTING = Head()


class Emitter(Protocol):
    """Makes what every object sounds like at the listener's place, once for all stages (`engine.audio.binaural`)."""

    def emit(self, block: ObjectBlock) -> Samples:
        """Delay, level and dullness applied.

        Returns
        -------
        ndarray of float32, shape (S, n)
        """
        ...


class Stage(Protocol):
    """One output: a pair of ears, a room of loudspeakers, a dome."""

    @property
    def channels(self) -> int:
        """How many it gives."""
        ...

    def render(self, block: ObjectBlock, emission: Samples, beds: Beds, heads: tuple[Head, Head]) -> Samples:
        """The block, `STAGE_LATENCY` samples late.

        Parameters
        ----------
        block : ObjectBlock
        emission : ndarray of float32, shape (S, n)
            From the `Emitter`. Rows that are wholly in the bed (`in_bed` 1 at both ends) are in `beds.hoa` already.
        beds : Beds
        heads : pair of Head
            At the block's two ends. Loudspeakers take no notice.

        Returns
        -------
        ndarray of float32, shape (channels, n)
        """
        ...

    def forget(self) -> None:
        """Drop what is carried from block to block: the next block has no past."""
        ...
