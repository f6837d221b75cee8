"""The stages that feed loudspeakers: a room, a dome, a seat's headrest; and an Ambisonic output for somebody else's decoder."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.audio.ambisonics import channels_of, encode, harmonics
from engine.audio.ambisonics.decoder import Decoder
from engine.audio.block import BED_ORDER, SAMPLE_RATE_HZ, STAGE_LATENCY, Beds, Head, ObjectBlock
from engine.audio.kernels import mix_ramped
from engine.audio.speakers.alignment import Alignment
from engine.audio.speakers.direct import DirectSpeakers, label_direction
from engine.audio.speakers.extent import SpreadTable
from engine.audio.speakers.layouts import Layout
from engine.audio.speakers.low import LowPass
from engine.audio.speakers.panner import PointSourcePanner
from engine.units import db_to_gain

Samples = NDArray[np.float32]
Floats = NDArray[np.float64]

INSIDE_M = 0.5
"""Nearer than this a sound has less and less of a direction; in the head's middle it is heard from everywhere."""
LFE_HZ = 120.0
_MOST_ORDER = 7


@dataclass(frozen=True, slots=True)
class Correction:
    """What one loudspeaker needs so that all sound alike at the listener's place.

    Attributes
    ----------
    delay_ns : int
        0 or more; added.
    gain_db : float
    inverted : bool
    """

    delay_ns: int = 0
    gain_db: float = 0.0
    inverted: bool = False


class _Panning(Protocol):
    """Gains of objects: from places (S, 3) and half widths (S,) to (S, C)."""

    def gains(self, at: Floats, spread_deg: NDArray[np.float32] | None = None) -> Samples: ...


class SpeakerStage:
    """Objects and beds on the loudspeakers of one layout.

    Parameters
    ----------
    layout : Layout
        Its order is the order of the channels given.
    corrections : sequence of Correction, optional
        One a loudspeaker.
    decoder : {"bs2127", "allrad"}
        ``bs2127``: objects by the point source panner, for rooms. ``allrad``: objects too by way of a sound field, evenly soft, for
        domes.
    lfe_send_db : float, optional
        Level at which the objects' lowest two octaves (below 120 Hz) go to the first low-frequency channel as well. None: not at all,
        as BS.2127 has it.

    Notes
    -----
    Building takes 0.1 s (tables of gains); a block of 64 moving objects 0.1 ms on 4+7+0, 0.17 on 9+10+3.
    """

    def __init__(
        self,
        layout: Layout,
        corrections: Sequence[Correction] = (),
        *,
        decoder: Literal["bs2127", "allrad"] = "bs2127",
        lfe_send_db: float | None = None,
    ) -> None:
        self.layout = layout
        panner = PointSourcePanner(layout)
        virtual = Decoder(panner.gains)
        # Weights of max-rE: a room is more than its best seat.
        self._decode = virtual.matrix(BED_ORDER, max_re=True).astype(np.float32)
        self._panning: _Panning = (
            SpreadTable(_AllRound(virtual, layout).gains)
            if decoder == "allrad"
            else SpreadTable(panner.gains)
        )
        self._direct = DirectSpeakers(layout, panner)
        self._bed_gains: dict[str, Samples] = {}
        low = np.flatnonzero(layout.lfe())
        self._low: LowPass | None = None
        if lfe_send_db is not None and low.size:
            self._low = LowPass(LFE_HZ, SAMPLE_RATE_HZ)
            self._low_channel, self._low_gain = int(low[0]), np.float32(db_to_gain(lfe_send_db))
        given = list(corrections) or [Correction()] * len(layout.speakers)
        if len(given) != len(layout.speakers):
            raise ValueError(f"{len(given)} corrections for {len(layout.speakers)} loudspeakers")
        self._alignment = Alignment(
            [STAGE_LATENCY + one.delay_ns * SAMPLE_RATE_HZ / 1e9 for one in given],
            [db_to_gain(one.gain_db) * (-1 if one.inverted else 1) for one in given],
        )

    @property
    def channels(self) -> int:
        """Loudspeakers, LFE included."""
        return len(self.layout.speakers)

    def render(self, block: ObjectBlock, emission: Samples, beds: Beds, heads: tuple[Head, Head]) -> Samples:
        """See `engine.audio.block.Stage.render`; shape (channels, n)."""
        del heads
        mixed = _objects(self._panning, block, emission, self.channels)
        mixed += self._decode @ beds.hoa
        for name, pcm in beds.channels.items():
            gains = self._bed_gains.get(name)
            if gains is None:
                gains = self._bed_gains[name] = self._direct.gains(name).astype(np.float32)
            for channel in np.flatnonzero(gains):
                mixed[channel] += gains[channel] * pcm
        if self._low is not None:
            alone = emission[(block.in_bed < 1).any(axis=0)].sum(axis=0) + beds.hoa[0]
            mixed[self._low_channel] += self._low_gain * self._low.process(alone)
        return self._alignment.process(mixed)

    def forget(self) -> None:
        """See `engine.audio.block.Stage.forget`."""
        self._alignment.forget()
        if self._low is not None:
            self._low.forget()


class AmbisonicStage:
    """The whole sound as one field (ACN, SN3D), for a decoder elsewhere.

    Parameters
    ----------
    order : int
        0 to 7. Objects are encoded at this order, the bed as far as both go.
    """

    def __init__(self, order: int = BED_ORDER) -> None:
        if not 0 <= order <= _MOST_ORDER:
            raise ValueError(f"order {order}; 0 to {_MOST_ORDER}")
        self._order = order
        self._panning = _Field(order)
        self._bed_gains: dict[str, Samples] = {}
        self._alignment = Alignment([STAGE_LATENCY] * self.channels, [1.0] * self.channels)

    @property
    def channels(self) -> int:
        """(order + 1)²."""
        return channels_of(self._order)

    def render(self, block: ObjectBlock, emission: Samples, beds: Beds, heads: tuple[Head, Head]) -> Samples:
        """See `engine.audio.block.Stage.render`; shape (channels, n)."""
        del heads
        mixed = _objects(self._panning, block, emission, self.channels)
        both = min(self.channels, len(beds.hoa))
        mixed[:both] += beds.hoa[:both]
        for name, pcm in beds.channels.items():
            gains = self._bed_gains.get(name)
            if gains is None:
                # A field has no channel for low-frequency effects.
                level = 0.0 if name.startswith("LFE") else 1.0
                gains = self._bed_gains[name] = (
                    level * harmonics(label_direction(name), self._order)
                ).astype(np.float32)
            mixed += gains[:, None] * pcm
        return self._alignment.process(mixed)

    def forget(self) -> None:
        """See `engine.audio.block.Stage.forget`."""
        self._alignment.forget()


class _Field:
    """Panning into a sound field."""

    def __init__(self, order: int) -> None:
        self._order = order

    def gains(self, at: Floats, spread_deg: NDArray[np.float32] | None = None) -> Samples:
        return encode(np.nan_to_num(at), self._order, spread_deg=spread_deg)


class _AllRound:
    """Panning by way of a sound field of as high an order as the loudspeakers carry, power kept."""

    def __init__(self, decoder: Decoder, layout: Layout) -> None:
        heard = int(np.count_nonzero(~layout.lfe()))
        self._order = max(1, min(_MOST_ORDER, round(math.sqrt(heard))))
        self._decode = decoder.matrix(self._order, max_re=True)

    def gains(self, at: Floats) -> Floats:
        found: Floats = harmonics(at, self._order) @ self._decode.T
        found /= np.maximum(np.sqrt(np.einsum("pc,pc->p", found, found)), 1e-12)[:, None]
        return found


def _objects(panning: _Panning, block: ObjectBlock, emission: Samples, channels: int) -> Samples:
    """The objects that are not in the bed, on their channels; shape (channels, n)."""
    alone = 1 - block.in_bed
    heard = np.flatnonzero((alone > 0).any(axis=0))
    if not heard.size:
        return np.zeros((channels, emission.shape[1]), np.float32)
    at = block.at_m[:, heard].reshape(-1, 3)
    away = np.sqrt(np.einsum("sk,sk->s", at, at))
    spread = np.tile(block.spread_deg[heard], 2)
    inside = away < INSIDE_M
    if inside.any():
        spread = np.where(inside, np.maximum(spread, 180 * (1 - away / INSIDE_M)), spread).astype(np.float32)
    wide = spread if spread.any() else None
    gains = panning.gains(at, wide).reshape(2, heard.size, channels)
    if not (alone[:, heard] == 1).all():
        gains = gains * alone[:, heard, None]
    signals = emission if heard.size == len(emission) else emission[heard]
    return mix_ramped(signals, np.ascontiguousarray(gains[0]), np.ascontiguousarray(gains[1]))
