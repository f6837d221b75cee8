"""Renders an ADM programme to loudspeakers: ITU-R BS.2127-1.

All metadata is turned into gains at the beginning, once for all blocks; what is left to do per sample is products of small matrices.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.audio.adm.beds import BedGains
from engine.audio.adm.decorrelation import Decorrelator, Waiting
from engine.audio.adm.items import HoaItem, ObjectItem, Programme, SpeakerItem
from engine.audio.adm.mix import GainTracks
from engine.audio.adm.model import HoaBlock
from engine.audio.adm.object_gains import block_gains
from engine.audio.adm.timeline import Stretch, stretches
from engine.audio.ambisonics.decoder import Decoder
from engine.audio.speakers.decorrelation import DELAY_SAMPLES
from engine.audio.speakers.layouts import Layout
from engine.audio.speakers.objects import ObjectGains
from engine.audio.speakers.panner import PointSourcePanner
from engine.audio.speakers.screen import screen

Samples = NDArray[np.float32]
Floats = NDArray[np.float64]

_Row = tuple[list[Stretch], Floats]


class LayoutRenderer:
    """A programme on one layout.

    Parameters
    ----------
    programme : Programme
    layout : Layout
    rate_hz : int
        Of the file.

    Attributes
    ----------
    latency : int
        Samples by which `process` answers late: 0, or half a decorrelator where anything is diffuse.
    notes : list of str
        What had to be mended.
    """

    def __init__(self, programme: Programme, layout: Layout, rate_hz: int) -> None:
        self.layout = layout
        self.notes: list[str] = []
        self._tracks: list[int] = []
        self._objects = [item for item in programme.items if isinstance(item, ObjectItem)]
        direct: list[_Row] = []
        diffuse: list[_Row] = []
        channels = len(layout.speakers)
        if self._objects:
            panner = ObjectGains(layout, screen())
            found = block_gains(panner, [(item.blocks, item.common) for item in self._objects])
            for item, (straight, spread) in zip(self._objects, found, strict=True):
                when = stretches(item.blocks, item.common, rate_hz, self.notes)
                direct.append((when, straight))
                diffuse.append((when, spread))
                self._tracks.append(item.track)
        self._diffuse_tracks = list(self._tracks)
        beds = [item for item in programme.items if isinstance(item, SpeakerItem)]
        if beds:
            bed_gains = BedGains(layout)
            for bed in beds:
                when = stretches(bed.blocks, bed.common, rate_hz, self.notes, glides=False)
                direct.append((when, np.array([bed_gains.gains(block, bed) for block in bed.blocks])))
                self._tracks.append(bed.track)
        fields = [item for item in programme.items if isinstance(item, HoaItem)]
        if fields:
            decoder = Decoder(PointSourcePanner(layout).gains)
            for field in fields:
                for track, row in zip(field.tracks, _hoa_gains(decoder, field), strict=True):
                    block = HoaBlock(field.rtime_s, field.block_duration_s, 0, 0)
                    direct.append(
                        (stretches([block], field.common, rate_hz, self.notes, glides=False), row[None])
                    )
                    self._tracks.append(track)
        self._direct = GainTracks(direct, channels)
        spreads = GainTracks(diffuse, channels)
        self._diffuse = None if not diffuse or spreads.silent else spreads
        self._decorrelator = Decorrelator(layout) if self._diffuse is not None else None
        self._waiting = Waiting(channels)
        self.latency = DELAY_SAMPLES if self._diffuse is not None else 0

    def process(self, samples: Samples, first: int) -> Samples:
        """The next stretch.

        Parameters
        ----------
        samples : ndarray of float32, shape (n, file's channels)
        first : int
            Frame of the file that the first of them is; must follow the call before.

        Returns
        -------
        ndarray of float32, shape (n, channels)
            `latency` samples late.
        """
        channels = len(self.layout.speakers)
        out = np.zeros((len(samples), channels), np.float32)
        self._direct.mix(_picked(samples, self._tracks), first, out)
        if self._diffuse is None or self._decorrelator is None:
            return out
        spread = np.zeros((len(samples), channels), np.float32)
        self._diffuse.mix(_picked(samples, self._diffuse_tracks), first, spread)
        return self._waiting.process(out) + self._decorrelator.process(spread)


def _picked(samples: Samples, tracks: list[int]) -> Samples:
    """The tracks' columns; the samples as they are where that is all of them in order, which is the rule."""
    return samples if tracks == list(range(samples.shape[1])) else samples[:, tracks]


def _hoa_gains(decoder: Decoder, field: HoaItem) -> Floats:
    """Gains of an Ambisonic field's tracks, shape (tracks, channels)."""
    matrix = decoder.matrix_of(
        np.array(field.degrees), np.array(field.indices), normalization=field.normalization
    )
    gains: Floats = matrix.T * (np.array(field.gains) * field.common.gain)[:, None]
    return gains
