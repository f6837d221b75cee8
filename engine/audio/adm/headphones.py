"""Renders an ADM programme to two ears, by the product's own binaural stage."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.audio.adm.common import place_of_label
from engine.audio.adm.items import HoaItem, ObjectItem, Programme, SpeakerItem
from engine.audio.adm.mix import GainTracks
from engine.audio.adm.model import HoaBlock, ObjectBlock, SpeakerBlock
from engine.audio.adm.object_gains import moved, vector_of
from engine.audio.adm.timeline import Stretch, stretches
from engine.audio.ambisonics.conversion import weights_over_sn3d
from engine.audio.block import AFTER, BED_CHANNELS, BED_ORDER, BEFORE, RESTING, Beds, Stage
from engine.audio.block import ObjectBlock as Block
from engine.audio.speakers.coordinates import to_polar
from engine.audio.speakers.direct import plain_label
from engine.audio.speakers.layouts import directions

Samples = NDArray[np.float32]
Floats = NDArray[np.float64]

_AT_M = 2.0
"""How far away loudspeakers, and objects at distance 1, stand."""
_NO_LOW_PASS_HZ = 24_000.0
_GAIN, _PLACE, _WIDE = 0, slice(1, 4), 4


class EarRenderer:
    """A programme at a pair of ears.

    Parameters
    ----------
    programme : Programme
    stage : Stage
        The ears.
    rate_hz : int
        Of the file; the stage is made for 48000.

    Attributes
    ----------
    notes : list of str
        What was left out.
    """

    def __init__(self, programme: Programme, stage: Stage, rate_hz: int) -> None:
        self._stage = stage
        self.notes: list[str] = []
        rows: list[tuple[list[Stretch], Floats]] = []
        self._tracks: list[int] = []
        beds: list[tuple[list[Stretch], Floats]] = []
        self._bed_tracks: list[int] = []
        self._bed_labels: list[str] = []
        fields: list[tuple[list[Stretch], Floats]] = []
        self._field_tracks: list[int] = []
        for item in programme.items:
            if isinstance(item, ObjectItem):
                when = stretches(item.blocks, item.common, rate_hz, self.notes)
                rows.append((when, np.array([_object_row(block, item) for block in item.blocks])))
                self._tracks.append(item.track)
            elif isinstance(item, SpeakerItem):
                when = stretches(item.blocks, item.common, rate_hz, self.notes, glides=False)
                label = _label_of(item.blocks[0]) if item.blocks else ""
                gains = np.array([[block.gain * item.common.gain] for block in item.blocks])
                if label:
                    beds.append((when, gains))
                    self._bed_tracks.append(item.track)
                    self._bed_labels.append(label)
                else:
                    rows.append((when, np.array([_speaker_row(block, item) for block in item.blocks])))
                    self._tracks.append(item.track)
            else:
                self._add_field(item, rate_hz, fields)
        self._objects = GainTracks(rows, 5)
        self._beds = GainTracks(beds, 1)
        self._fields = GainTracks(fields, BED_CHANNELS)

    def _add_field(self, item: HoaItem, rate_hz: int, fields: list[tuple[list[Stretch], Floats]]) -> None:
        weights = weights_over_sn3d(item.normalization, np.array(item.degrees), np.array(item.indices))
        when = stretches(
            [HoaBlock(item.rtime_s, item.block_duration_s, 0, 0)],
            item.common,
            rate_hz,
            self.notes,
            glides=False,
        )
        if max(item.degrees) > BED_ORDER:
            self.notes.append(
                f"{item.common.name or 'a field'}: what is above order {BED_ORDER} is left out at headphones"
            )
        for track, degree, index, gain, weight in zip(
            item.tracks, item.degrees, item.indices, item.gains, weights, strict=True
        ):
            if degree <= BED_ORDER:
                row = np.zeros((1, BED_CHANNELS))
                row[0, degree * degree + degree + index] = gain * item.common.gain / weight
                fields.append((when, row))
                self._field_tracks.append(track)

    def process(self, samples: Samples, first: int) -> Samples:
        """One block.

        Parameters
        ----------
        samples : ndarray of float32, shape (n, file's channels)
        first : int

        Returns
        -------
        ndarray of float32, shape (n, 2)
            `STAGE_LATENCY` samples late.
        """
        count = len(samples)
        edges, begin, end = self._objects.over(first, count)
        emission = np.zeros((len(self._tracks), count), np.float32)
        for k, (low, high) in enumerate(zip(edges[:-1] - first, edges[1:] - first, strict=True)):
            ramp = np.arange(high - low, dtype=np.float32) / np.float32(high - low)
            gain = begin[k, :, _GAIN, None] + (end[k, :, _GAIN] - begin[k, :, _GAIN])[:, None] * ramp
            emission[:, low:high] = samples[low:high, self._tracks].T * gain
        at_m = np.stack([begin[0, :, _PLACE], end[-1, :, _PLACE]]).astype(np.float64)
        # Who is not heard has no place: it keeps the other end's, or is ahead.
        nowhere = np.asarray(~at_m.any(axis=2))
        at_m[0][nowhere[0]] = at_m[1][nowhere[0]]
        at_m[1][nowhere[1]] = at_m[0][nowhere[1]]
        at_m[:, nowhere.all(axis=0)] = (0.0, _AT_M, 0.0)
        heard = np.flatnonzero(begin[:, :, _GAIN].any(axis=0) | end[:, :, _GAIN].any(axis=0))
        block = _block(
            first, heard, at_m[:, heard], np.maximum(begin[0, heard, _WIDE], end[-1, heard, _WIDE]), count
        )
        hoa = np.zeros((count, BED_CHANNELS), np.float32)
        self._fields.mix(samples[:, self._field_tracks], first, hoa)
        beds = Beds(np.ascontiguousarray(hoa.T), self._channels(samples, first))
        return self._stage.render(block, np.ascontiguousarray(emission[heard]), beds, (RESTING, RESTING)).T

    def _channels(self, samples: Samples, first: int) -> dict[str, Samples]:
        found: dict[str, Samples] = {}
        if not self._bed_labels:
            return found
        edges, begin, _ = self._beds.over(first, len(samples))
        level = np.repeat(begin[:, :, 0], np.diff(edges), axis=0)
        for row, (label, track) in enumerate(zip(self._bed_labels, self._bed_tracks, strict=True)):
            sound = samples[:, track] * level[:, row]
            found[label] = found[label] + sound if label in found else sound
        return found


def _label_of(block: SpeakerBlock) -> str:
    """A label of BS.2051 by which a stage knows the loudspeaker; "" when it has none."""
    for label in block.labels:
        name = plain_label(label)
        try:
            place_of_label(name)
        except (KeyError, ValueError):
            continue
        return name
    return ""


def _speaker_row(block: SpeakerBlock, item: SpeakerItem) -> list[float]:
    azimuth, elevation, _ = to_polar(*block.position) if block.cartesian else block.position
    return [block.gain * item.common.gain, *(directions(azimuth, elevation) * _AT_M).tolist(), 0.0]


def _object_row(block: ObjectBlock, item: ObjectItem) -> list[float]:
    position = moved(block, item.common)
    if block.cartesian:
        position = to_polar(*position)
    at = np.array(vector_of(position, False)) * _AT_M
    wide = max(block.size[0], block.size[1]) * (180.0 if block.cartesian else 0.5)
    # A place in the middle of the head has no direction; it is heard from all around.
    if not at.any():
        at, wide = np.array([0.0, _AT_M, 0.0]), 180.0
    return [block.gain * item.common.gain, *at.tolist(), max(min(180.0, wide), 180.0 * block.diffuse)]


def _block(first: int, keys: NDArray[np.intp], at_m: Floats, spread_deg: Samples, count: int) -> Block:
    size = keys.size
    flat = np.ones((2, size), np.float32)
    return Block(
        first=first,
        keys=keys.astype(np.int64),
        pcm=np.zeros((size, BEFORE + count + AFTER), np.float32),
        delay=np.zeros((2, size)),
        gain=flat,
        shape=None,
        low_pass_hz=flat * np.float32(_NO_LOW_PASS_HZ),
        at_m=at_m,
        in_bed=np.zeros((2, size), np.float32),
        spread_deg=np.ascontiguousarray(spread_deg, np.float32),
        priority=np.ones(size, np.float32),
    )
