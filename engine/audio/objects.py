"""From the voices of a plan to the rows of a block: which stretch of which file, from where, how loud.

A pure function of (plan, grid, first sample); what is kept is a cache. A row's numbers at a block's end are those of the next block's
start, so places are looked up once a block.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.audio.block import AFTER, BED_CHANNELS, BEFORE, Beds, ObjectBlock
from engine.audio.clips import Clip, ClipCache
from engine.audio.envelopes import edges
from engine.audio.grid import FL_PER_SAMPLE
from engine.audio.places import beside_seat, from_pose
from engine.audio.plan import Voice
from engine.audio.reading import loudest, read_into
from engine.audio.sounds import SeatPlace, SoundBook, Vec3

Samples = NDArray[np.float32]
Ends = tuple[float, float]

REFERENCE_M = 1.0
FURTHEST_M = 150.0
_INAUDIBLE = 10 ** (-96 / 20)
_NO_LOW_PASS_HZ = 24_000.0
_SUB_ROWS = 64
"""Rows a voice may have: its parts around the listener, its early reflections."""
_KEPT_KEYS = 4096
# A loop that is a bed: four stretches of it, a quarter of its length apart, from four sides. One noise at both ears would sit in the
# middle of the head; copies at one place of the file would collapse into one.
_AROUND = tuple(beside_seat(SeatPlace(azimuth_deg, 0.0, 3.0)) for azimuth_deg in (45.0, -45.0, 135.0, -135.0))
_PRIORITY = {"voice": 3.0, "music": 2.0, "effects": 1.0, "shakers": 0.0}
_BED_PRIORITY = 0.25


@dataclass(slots=True)
class _Row:
    """One row to come."""

    key: int
    clip: Clip
    channel: int
    at: int
    loop: bool
    place: tuple[Vec3, Vec3]
    gain: Ends
    shape: Samples | None
    spread_deg: float
    priority: float
    distant: bool = True


@dataclass(slots=True)
class Gathered:
    """What was found for a block, before it is laid out in arrays."""

    rows: list[_Row] = field(default_factory=list)
    channels: dict[str, Samples] = field(default_factory=dict)

    def add_channel(self, name: str, samples: Samples) -> None:
        """Add to a bed's channel."""
        there = self.channels.get(name)
        self.channels[name] = samples if there is None else there + samples


class Keys:
    """Numbers for voices, the same for as long as somebody asks."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, str, int, int], int] = {}
        self._next = 0

    def of(self, voice: Voice) -> int:
        """The number of a voice; a plan that is made anew gives the same voice the same number."""
        name = (id(voice.sound), voice.file, voice.zero, voice.begin)
        key = self._known.get(name)
        if key is None:
            if len(self._known) >= _KEPT_KEYS:
                self._known.clear()  # whoever still sounds starts anew under another number, with nothing to hear of it but a fade
            key = self._known[name] = self._next * _SUB_ROWS
            self._next += 1
        return key


class ObjectMaker:
    """Makes rows of voices.

    Parameters
    ----------
    book : SoundBook
    clips : ClipCache
    live : bool
        True: never decode; what is not there is silent and counted in `late_clips`.
    """

    def __init__(self, book: SoundBook, clips: ClipCache, *, live: bool) -> None:
        self._book = book
        self._clips = clips
        self._live = live
        self.keys = Keys()
        self._waiting: set[tuple[str, int]] = set()
        self._places: dict[int, tuple[int, Vec3]] = {}
        self._pcm = np.zeros((64, 0), np.float32)
        self.late_clips = 0

    def forget(self) -> None:
        """Drop what is cached about where things were."""
        self._places.clear()

    def gather(
        self,
        voices: Mapping[int, Voice],
        first: int,
        n: int,
        levels: Mapping[str, Ends],
        ramp: Samples,
        into: Gathered,
        *,
        fade: Samples | None = None,
    ) -> None:
        """Adds the rows of what is heard over grid samples [first, first + n).

        Parameters
        ----------
        voices : mapping of int to Voice
            By key, those that sound in these samples.
        first, n : int
        levels : mapping of str to (float, float)
            Linear gain of every bus at the block's two ends; a bus that is missing is not heard.
        ramp : ndarray of float32, shape (n,)
            0 rising to almost 1.
        into : Gathered
        fade : ndarray of float32, shape (n,), optional
            Multiplied with all of them.
        """
        last = first + n
        for key, voice in voices.items():
            bus = levels.get(voice.sound.bus)
            if bus is None:
                continue
            clip = self._clip(voice)
            if clip is None:
                continue
            gain = (bus[0] * voice.sound.gain, bus[1] * voice.sound.gain)
            at = first - voice.zero
            loop = voice.sound.loop
            if loudest(clip, at - BEFORE, n + BEFORE + AFTER, loop) * max(gain) < _INAUDIBLE:
                continue
            shape = edges(voice, first, n)
            if fade is not None:
                shape = fade if shape is None else shape * fade
            if voice.sound.place is None:
                self._bed(voice, clip, key, at, gain, shape, ramp, into)
                continue
            place = (self._at_m(voice, key, first), self._at_m(voice, key, last))
            self._places[key] = (last, place[1])
            priority = _PRIORITY.get(voice.sound.bus, 1.0)
            into.rows.append(_Row(key, clip, -1, at, loop, place, gain, shape, 0.0, priority))

    def block(self, found: Gathered, first: int, n: int) -> tuple[ObjectBlock, Beds]:
        """Lays the rows out in arrays."""
        rows = found.rows
        count = len(rows)
        width = BEFORE + n + AFTER
        if self._pcm.shape[1] != width or self._pcm.shape[0] < count:
            self._pcm = np.zeros((max(64, 2 * count), width), np.float32)
        pcm = self._pcm[:count]
        at_m = np.empty((2, count, 3))
        gain = np.empty((2, count), np.float32)
        shape: Samples | None = None
        for i, row in enumerate(rows):
            read_into(pcm[i], row.clip, row.channel, row.at - BEFORE, row.loop)
            at_m[0, i], at_m[1, i] = row.place
            gain[0, i], gain[1, i] = row.gain
            if row.shape is not None:
                if shape is None:
                    shape = np.ones((count, n), np.float32)
                shape[i] = row.shape
        distant = np.fromiter((row.distant for row in rows), bool, count)
        distance_m = np.clip(np.sqrt(np.sum(at_m**2, axis=2)), REFERENCE_M, FURTHEST_M)
        gain *= np.where(distant, REFERENCE_M / distance_m, 1.0).astype(np.float32)
        return (
            ObjectBlock(
                first=first,
                keys=np.fromiter((row.key for row in rows), np.int64, count),
                pcm=pcm,
                delay=np.zeros((2, count)),
                gain=gain,
                shape=shape,
                low_pass_hz=np.full((2, count), _NO_LOW_PASS_HZ, np.float32),
                at_m=at_m,
                in_bed=np.zeros((2, count), np.float32),
                spread_deg=np.fromiter((row.spread_deg for row in rows), np.float32, count),
                send=np.zeros((2, count), np.float32),
                priority=np.fromiter((row.priority for row in rows), np.float32, count),
            ),
            Beds(np.zeros((BED_CHANNELS, n), np.float32), found.channels),
        )

    # ---- inside

    def _bed(
        self,
        voice: Voice,
        clip: Clip,
        key: int,
        at: int,
        gain: Ends,
        shape: Samples | None,
        ramp: Samples,
        into: Gathered,
    ) -> None:
        n = ramp.size
        loop = voice.sound.loop
        if clip.channels == 1 and loop:
            level = (0.5 * gain[0], 0.5 * gain[1])
            for part, place in enumerate(_AROUND):
                from_at = at + clip.length * part // len(_AROUND)
                into.rows.append(
                    _Row(
                        key + part,
                        clip,
                        0,
                        from_at,
                        True,
                        (place, place),
                        level,
                        shape,
                        0.0,
                        _BED_PRIORITY,
                        False,
                    )
                )
            return
        scale: Samples | np.float32 = np.float32(gain[0])
        if gain[0] != gain[1]:
            scale = scale + np.float32(gain[1] - gain[0]) * ramp
        if shape is not None:
            scale = scale * shape
        for channel, name in enumerate(("M+030", "M-030")):
            samples = np.empty(n, np.float32)
            read_into(samples, clip, min(channel, clip.channels - 1), at, loop)
            if clip.channels == 1:
                samples *= np.float32(math.sqrt(0.5))
            into.add_channel(name, samples * scale)

    def _clip(self, voice: Voice) -> Clip | None:
        if not self._live:
            return self._clips.get(voice.file)
        clip = self._clips.ready(voice.file)
        if clip is None:
            key = (voice.file, voice.zero)
            if key not in self._waiting:
                self._waiting.add(key)
                self.late_clips += 1
        return clip

    def _at_m(self, voice: Voice, key: int, sample: int) -> Vec3:
        sound = voice.sound
        if isinstance(sound.place, SeatPlace):
            return beside_seat(sound.place)
        before = self._places.get(key)
        if before is not None and before[0] == sample:
            return before[1]
        place: Callable[[int], Vec3] | None = sound.place
        if place is None:
            raise RuntimeError("a bed has no place")
        at_m = place(round((sample - voice.own_begin) * FL_PER_SAMPLE))
        if sound.rides_seat:
            return at_m
        scene = self._book.scenes[voice.scene]
        at_fl = min(max(0, round((sample - voice.origin) * FL_PER_SAMPLE)), scene.duration_fl)
        return from_pose(scene.pose(at_fl), at_m)
