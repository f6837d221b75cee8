"""From the voices of a plan to the rows of a block: which stretch of which file, from where, how loud, how dull, how late.

A pure function of (plan, grid, first sample); what is kept is a cache. A row's numbers at a block's end are those of the next block's
start, so places are looked up once a block. What is heard later than it sounds (Doppler, early reflections) is the same file read at an
earlier place, fades and all, so nothing has to be remembered.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.audio.acoustics.facing import THE_GUEST, facing_at
from engine.audio.acoustics.frames import listener_from_scene, scene_from_listener
from engine.audio.acoustics.propagation import Spaces, arrive, spaces
from engine.audio.acoustics.scene import SceneAcoustics, scene_acoustics
from engine.audio.block import AFTER, BED_CHANNELS, BEFORE, Beds, ObjectBlock
from engine.audio.clips import Clip, ClipCache
from engine.audio.crossfade import Likenesses
from engine.audio.envelopes import edges
from engine.audio.grid import FL_PER_SAMPLE
from engine.audio.places import beside_seat, from_pose
from engine.audio.plan import Voice
from engine.audio.reading import loudest, read_into
from engine.audio.sounds import Pose, SeatPlace, SoundBook, Vec3

Samples = NDArray[np.float32]
Values = NDArray[np.float64]
Ends = tuple[float, float]

_INAUDIBLE = 10 ** (-96 / 20)
_FAINT = 1e-3
"""A reflection that is 60 dB under its source is left out."""
_NO_LOW_PASS_HZ = 24_000.0
_PARTS = 64
"""Rows a voice may have: itself, its parts around the listener, its early reflections."""
_FIRST_REFLECTION = 8
_KEPT_KEYS = 4096
SWITCH_SAMPLES = 480
"""Over which what was going to be heard turns into what now holds, where that comes late."""
MOST_DELAY = 28_800
"""Samples that a sound may be heard later than it sounds: 0.6 s, 200 m."""
_MOST_GLIDE = 120.0
"""Samples by which a delay may glide within a block; the emitter reads 64 to either side."""
# A loop that is a bed: four stretches of it, a quarter of its length apart, from four sides. One noise at both ears would sit in the
# middle of the head; copies at one place of the file would collapse into one.
_AROUND = tuple(beside_seat(SeatPlace(azimuth_deg, 0.0, 3.0)) for azimuth_deg in (40.0, -40.0, 110.0, -110.0))
_AHEAD = (0.0, 1.0, 0.0)
_HALF_POWER = math.sqrt(0.5)
_PRIORITY = {"voice": 3.0, "music": 2.0, "effects": 1.0, "shakers": 0.0}
_BED_PRIORITY = 0.25


@dataclass(slots=True)
class _Row:
    """One row to come.

    `voice` is None for what distance and air do not touch: a bed's parts, whatever is mixed flat. `was` is how it was going to go on
    before a row came late.
    """

    key: int
    clip: Clip
    channel: int
    at: int
    loop: bool
    place: tuple[Vec3, Vec3]
    gain: Ends
    shape: Samples | None
    priority: float
    voice: Voice | None = None
    fade: Samples | None = None
    was: Voice | None = None


@dataclass(slots=True)
class Gathered:
    """What was found for a block, before it is laid out in arrays."""

    rows: list[_Row] = field(default_factory=list)
    channels: dict[str, Samples] = field(default_factory=dict)
    fields: dict[int, Samples] = field(default_factory=dict)

    def add_channel(self, name: str, samples: Samples) -> None:
        """Add to a bed's channel; ``ACN4`` is a component of an Ambisonic one."""
        if name.startswith("ACN"):
            acn = int(name[3:])
            self.fields[acn] = samples if acn not in self.fields else self.fields[acn] + samples
            return
        there = self.channels.get(name)
        self.channels[name] = samples if there is None else there + samples


@dataclass(frozen=True, slots=True, eq=False)
class Sends:
    """What goes into the rooms' reverberation.

    Attributes
    ----------
    send : ndarray of float32, shape (2, S, R)
        Share of every row's emission, by room of the package.
    heard : mapping of int to (float, float)
        How loud each room is where the listener is.
    """

    send: Samples
    heard: Mapping[int, Ends]


class Keys:
    """Numbers for voices, the same for as long as somebody asks."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, str, int, int], int] = {}
        self._voices: dict[int, Voice] = {}
        self._next = 0

    def voice(self, key: int) -> Voice | None:
        """Whose number it is, parts of it included; None when that is forgotten."""
        return self._voices.get(key - key % _PARTS)

    def of(self, voice: Voice) -> int:
        """The number of a voice; a plan that is made anew gives the same voice the same number."""
        name = (id(voice.sound), voice.file, voice.zero, voice.begin)
        key = self._known.get(name)
        if key is None:
            if len(self._known) >= _KEPT_KEYS:
                self._voices.clear()
                self._known.clear()  # whoever still sounds starts anew under another number: a filter's past, 5 ms of it, is lost
            key = self._known[name] = self._next * _PARTS
            self._voices[key] = voice
            self._next += 1
        return key


def delayed(voice: Voice) -> bool:
    """Whether a voice may be heard later than it sounds."""
    return voice.sound.place is not None and voice.sound.space.doppler != "off"


class ObjectMaker:
    """Makes rows of voices.

    Parameters
    ----------
    book : SoundBook
    clips : ClipCache
    live : bool
        True: never decode; what is not there is silent and counted in `late_clips`.
    flat : bool
        True: places mean nothing, every voice is one row 3 dB down, as it would be at each of two ears straight ahead; for exciters.
    """

    def __init__(self, book: SoundBook, clips: ClipCache, *, live: bool, flat: bool = False) -> None:
        self._book = book
        self._clips = clips
        self._live = live
        self._flat = flat
        ((self._open,), _) = scene_acoustics([None])
        self.keys = Keys()
        self._waiting: set[tuple[str, int]] = set()
        self._places: dict[int, tuple[int, Vec3]] = {}
        self._spaces: tuple[tuple[int, ...], Spaces] = ((), spaces(()))
        self._pcm = np.zeros((64, 0), np.float32)
        self.late_clips = 0
        self.likenesses = Likenesses(clips, live=live)

    def forget(self) -> None:
        """Drop what is cached about where things were."""
        self._places.clear()

    def lingers(self, voice: Voice) -> int:
        """Samples for which something of a voice is still to be heard after its end."""
        if voice.sound.place is None or self._flat:
            return 0
        rooms = self._acoustics(voice.scene).rooms and voice.sound.space.reverb_db is not None
        return MOST_DELAY if rooms or delayed(voice) else 0

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
        was: Mapping[int, Voice] | None = None,
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
        was : mapping of int to Voice, optional
            By key, how some of them were going to go on until now: places and fades go from there to what now holds within the block.
        """
        last = first + n
        was = was or {}
        for key, voice in voices.items():
            bus = levels.get(voice.sound.bus)
            if bus is None:
                continue
            clip = self._clip(voice)
            if clip is None:
                continue
            sound = voice.sound
            gain = (bus[0] * sound.gain, bus[1] * sound.gain)
            at = first - voice.zero
            linger = self.lingers(voice)
            reach = at - BEFORE - linger
            if loudest(clip, reach, n + BEFORE + AFTER + linger, sound.loop) * max(gain) < _INAUDIBLE:
                continue
            if self._flat or sound.place is None:
                shape = self._edges(voice, was.get(key), first, n)
                if fade is not None:
                    shape = fade if shape is None else shape * fade
                if not self._flat:
                    self._bed(voice, clip, key, at, gain, shape, ramp, into)
                    continue
                gain = (gain[0] * _HALF_POWER, gain[1] * _HALF_POWER)
                into.rows.append(_Row(key, clip, -1, at, sound.loop, (_AHEAD, _AHEAD), gain, shape, 0.0))
                continue
            place = (self._at_m(was.get(key, voice), key, first), self._at_m(voice, key, last))
            self._places[key] = (last, place[1])
            priority = _PRIORITY.get(sound.bus, 1.0)
            into.rows.append(
                _Row(
                    key, clip, sound.channel, at, sound.loop, place, gain, None, priority, voice, fade, was.get(key)
                )
            )  # fmt: skip

    def block(self, found: Gathered, first: int, n: int) -> tuple[ObjectBlock, Beds, Sends]:
        """Lays the rows out in arrays: how each arrives, and what its room sends back of it."""
        rows = found.rows
        count = len(rows)
        at_m = np.array([row.place for row in rows], np.float64).reshape(count, 2, 3).swapaxes(0, 1)
        gain = np.array([row.gain for row in rows], np.float64).reshape(count, 2).T.copy()
        low_pass_hz = np.full((2, count), _NO_LOW_PASS_HZ)
        delay = np.zeros((2, count))
        in_bed = np.zeros(count, np.float32)
        send = np.zeros((2, count, len(self._book.rooms)), np.float32)
        heard: dict[int, Ends] = {}
        extra: list[_Reflected] = []
        for scene, members in _by_scene(rows).items():
            index = np.asarray(members)
            acoustics = self._acoustics(scene)
            of = self._spaces_of([rows[i] for i in members])
            seen = self._seen([rows[i] for i in members], first, n)
            facing = self._facing([rows[i] for i in members], first, n)
            poses = self._poses(rows[members[0]].voice, first, n)
            arrival = arrive(at_m[:, index], facing, of, acoustics.air, *seen)
            dry = gain[:, index]
            gain[:, index] = dry * arrival.gain
            low_pass_hz[:, index] = arrival.low_pass_hz
            delay[:, index] = np.clip(arrival.delay, 0.0, MOST_DELAY)
            if not acoustics.rooms:
                continue
            source_m = scene_from_listener(poses, at_m[:, index])
            send[:, index] = acoustics.sends(of, source_m, poses[:, :3], arrival.direct_gain, send.shape[2])
            heard.update(acoustics.heard(poses[:, :3]))
            extra.append(self._reflect(acoustics, members, of, source_m, poses, dry, delay))
        for one in extra:
            new = [rows[i] for i in one.parent]
            rows = [*rows, *new]
            at_m = np.concatenate([at_m, one.at_m], axis=1)
            gain = np.concatenate([gain, one.gain], axis=1)
            low_pass_hz = np.concatenate([low_pass_hz, one.low_pass_hz], axis=1)
            delay = np.concatenate([delay, one.delay], axis=1)
            in_bed = np.concatenate([in_bed, np.ones(len(new), np.float32)])
            send = np.concatenate([send, np.zeros((2, len(new), send.shape[2]), np.float32)], axis=1)
        part = np.concatenate([np.zeros(count, np.int64), *(one.part for one in extra)])
        keys = np.fromiter((row.key for row in rows), np.int64, len(rows)) + part
        fades: dict[int, Samples] = {}
        leaps = np.flatnonzero(np.abs(delay[1] - delay[0]) > _MOST_GLIDE)
        if leaps.size:
            # It is at another place at once, nearer or further than any pitch could tell: there it fades out, and here in.
            x = np.arange(n, dtype=np.float32) * np.float32(0.5 * math.pi / n)
            fades = dict.fromkeys(leaps.tolist(), np.sin(x))
            fades |= dict.fromkeys(range(len(rows), len(rows) + leaps.size), np.cos(x))
            rows = [*rows, *(rows[i] for i in leaps)]
            at_m, gain, low_pass_hz, delay, send = (
                _parted(one, leaps) for one in (at_m, gain, low_pass_hz, delay, send)
            )
            keys = np.concatenate([keys, -1 - keys[leaps]])
            in_bed = np.concatenate([in_bed, in_bed[leaps]])
        whole = np.rint(delay.mean(axis=0)).astype(np.int64)
        total = len(rows)
        pcm, shape = self._read(rows, whole, first, n, fades)
        block = ObjectBlock(
            first=first,
            keys=keys,
            pcm=pcm,
            delay=delay - whole,
            gain=gain.astype(np.float32),
            shape=shape,
            low_pass_hz=low_pass_hz.astype(np.float32),
            at_m=at_m,
            in_bed=np.stack([in_bed, in_bed]),
            spread_deg=np.fromiter(
                (0.0 if row.voice is None else row.voice.sound.space.spread_deg for row in rows),
                np.float32,
                total,
            ),
            priority=np.fromiter((row.priority for row in rows), np.float32, total),
        )
        hoa = np.zeros((BED_CHANNELS, n), np.float32)
        for acn, samples in found.fields.items():
            hoa[acn] += samples
        return block, Beds(hoa, found.channels), Sends(send, heard)

    def rooms_heard(self, scene: int, origin: float, first: int, n: int) -> Mapping[int, Ends]:
        """How loud the rooms of a scene are where its guest is, at both ends of a block.

        Parameters
        ----------
        scene : int
        origin : float
            Grid place at which its position is 0.
        first, n : int
        """
        acoustics = self._acoustics(scene) if scene >= 0 else self._open
        if not acoustics.rooms:
            return {}
        sounds = self._book.scenes[scene]
        at_fl = [round((sample - origin) * FL_PER_SAMPLE) for sample in (first, first + n)]
        poses = np.array([sounds.pose(min(max(0, one), sounds.duration_fl)) for one in at_fl])
        return acoustics.heard(poses[:, :3])

    # ---- how it arrives

    def _acoustics(self, scene: int) -> SceneAcoustics:
        return self._book.scenes[scene].acoustics or self._open

    def _spaces_of(self, rows: Sequence[_Row]) -> Spaces:
        keys = tuple(row.key for row in rows)
        if keys != self._spaces[0]:
            sounds = [row.voice.sound for row in rows if row.voice is not None]
            self._spaces = (keys, spaces([(sound.space, sound.nearest_m) for sound in sounds]))
        return self._spaces[1]

    def _seen(self, rows: Sequence[_Row], first: int, n: int) -> tuple[Values | float, Values | float]:
        """What gets past what stands in between: gain and low-pass in hertz, shape (2, S)."""
        if all(row.voice is None or row.voice.sound.sight is None for row in rows):
            return 1.0, _NO_LOW_PASS_HZ
        found = np.ones((2, 2, len(rows)))
        found[1] = _NO_LOW_PASS_HZ
        for i, row in enumerate(rows):
            voice = row.voice
            if voice is not None and voice.sound.sight is not None:
                for end, sample in enumerate((first, first + n)):
                    found[:, end, i] = voice.sound.sight(self._scene_fl(voice, sample))
        return found[0], found[1]

    def _facing(self, rows: Sequence[_Row], first: int, n: int) -> Values | None:
        """Where they face, in the resting listener's frame, shape (2, S, 3); None: all of them the listener."""
        turned = [row.voice for row in rows if row.voice is not None]
        if all(
            voice.sound.space.facing_deg is None and not voice.sound.space.faces_ahead for voice in turned
        ):
            return None
        found = np.zeros((2, len(turned), 3))
        for i, voice in enumerate(turned):
            sound = voice.sound
            place = None if isinstance(sound.place, SeatPlace) else sound.place
            for end, sample in enumerate((first, first + n)):
                way = facing_at(sound.space, place, round(voice.cue_samples(sample) * FL_PER_SAMPLE))
                if way != THE_GUEST and not (sound.rides_seat or isinstance(sound.place, SeatPlace)):
                    way = from_pose(Pose(0.0, 0.0, 0.0, self._pose(voice, sample).heading_deg), way)
                found[end, i] = way
        return found

    def _reflect(
        self,
        acoustics: SceneAcoustics,
        members: Sequence[int],
        of: Spaces,
        source_m: Values,
        poses: Values,
        dry: Values,
        delay: Values,
    ) -> _Reflected:
        found = acoustics.reflections(of, source_m, poses[:, :3])
        parent = np.asarray(members)[found.parent]
        at_m = listener_from_scene(poses, found.at_m)
        their = Spaces(*(getattr(of, name)[found.parent] for name in Spaces.__slots__))
        arrival = arrive(at_m, None, their, acoustics.air, found.gain, found.low_pass_hz)
        gain = dry[:, found.parent] * arrival.gain
        late = delay[:, parent] + found.delay
        keep = (np.max(arrival.gain, axis=0) > _FAINT) & (np.max(late, axis=0) < MOST_DELAY)
        return _Reflected(
            parent[keep].tolist(),
            _FIRST_REFLECTION + found.number[keep],
            at_m[:, keep],
            gain[:, keep],
            arrival.low_pass_hz[:, keep],
            late[:, keep],
        )

    # ---- the samples

    def _read(
        self,
        rows: Sequence[_Row],
        whole: NDArray[np.int64],
        first: int,
        n: int,
        fades: Mapping[int, Samples],
    ) -> tuple[Samples, Samples | None]:
        count, width = len(rows), BEFORE + n + AFTER
        if self._pcm.shape[1] != width or self._pcm.shape[0] < count:
            self._pcm = np.zeros((max(64, 2 * count), width), np.float32)
        pcm = self._pcm[:count]
        shape: Samples | None = None
        for i, (row, late) in enumerate(zip(rows, whole.tolist(), strict=True)):
            read_into(pcm[i], row.clip, row.channel, row.at - late - BEFORE, row.loop)
            own = row.shape
            if row.voice is not None:
                own = self._edges(row.voice, row.was, first - late, n)
                if row.fade is not None:
                    own = row.fade if own is None else own * row.fade
            if i in fades:
                own = fades[i] if own is None else own * fades[i]
            if own is not None:
                if shape is None:
                    shape = np.ones((count, n), np.float32)
                shape[i] = own
        return pcm, shape

    def _edges(self, voice: Voice, was: Voice | None, first: int, n: int) -> Samples | None:
        """The fades of a voice; from those that were to be heard to those that now hold, where they are others."""
        now = edges(voice, first, n, self.likenesses.of)
        before = now if was is None else edges(was, first, n, self.likenesses.of)
        if before is now:
            return now
        a, b = (np.ones(n, np.float32) if one is None else one for one in (before, now))
        # One sound twice adds by amplitude.
        return a + (b - a) * np.minimum(np.arange(n, dtype=np.float32) / min(n, SWITCH_SAMPLES), 1.0)

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
        if clip.channels == 1 and loop and not voice.sound.labels:
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
                        _BED_PRIORITY,
                    )
                )
            return
        scale: Samples | np.float32 = np.float32(gain[0])
        if gain[0] != gain[1]:
            scale = scale + np.float32(gain[1] - gain[0]) * ramp
        if shape is not None:
            scale = scale * shape
        if voice.sound.labels:
            for channel, name in enumerate(voice.sound.labels):
                if name and channel < clip.channels:
                    samples = np.empty(n, np.float32)
                    read_into(samples, clip, channel, at, loop)
                    into.add_channel(name, samples * scale)
            return
        for channel, name in enumerate(("M+030", "M-030")):
            samples = np.empty(n, np.float32)
            read_into(samples, clip, min(channel, clip.channels - 1), at, loop)
            if clip.channels == 1:
                samples *= np.float32(_HALF_POWER)
            into.add_channel(name, samples * scale)

    def _clip(self, voice: Voice) -> Clip | None:
        if not self._live:
            return self._clips.heard(voice.file)
        clip = self._clips.ready(voice.file)
        if clip is None:
            key = (voice.file, voice.zero)
            if key not in self._waiting:
                if len(self._waiting) >= _KEPT_KEYS:
                    self._waiting.clear()
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
        at_m = place(round(voice.cue_samples(sample) * FL_PER_SAMPLE))
        if sound.rides_seat:
            return at_m
        return from_pose(self._pose(voice, sample), at_m)

    def _scene_fl(self, voice: Voice, sample: int) -> int:
        """Scene time at a grid sample, of the voice's own scene; it stands still at the scene's end."""
        at_fl = round((sample - voice.origin_at(sample)) * FL_PER_SAMPLE)
        return min(max(0, at_fl), self._book.scenes[voice.scene].duration_fl)

    def _pose(self, voice: Voice, sample: int) -> Pose:
        return self._book.scenes[voice.scene].pose(self._scene_fl(voice, sample))

    def _poses(self, voice: Voice | None, first: int, n: int) -> Values:
        """The listener at a block's two ends, shape (2, 4)."""
        assert voice is not None
        return np.array([self._pose(voice, first), self._pose(voice, first + n)])


@dataclass(slots=True)
class _Reflected:
    """Rows of early reflections: whose, which, and how they arrive."""

    parent: list[int]
    part: NDArray[np.int64]
    at_m: Values
    gain: Values
    low_pass_hz: Values
    delay: Values


def _parted(ends: NDArray[Any], rows: NDArray[np.intp]) -> NDArray[Any]:
    """Values at a block's two ends, where some rows keep those of the last, and stand behind once more with those of the first."""
    behind = np.broadcast_to(ends[:1, rows], ends[:, rows].shape)
    ends = ends.copy()
    ends[0, rows] = ends[1, rows]
    return np.concatenate([ends, behind], axis=1)


def _by_scene(rows: Sequence[_Row]) -> dict[int, list[int]]:
    """Rows that distance touches, by the scene whose coordinates they are in."""
    found: dict[int, list[int]] = {}
    for i, row in enumerate(rows):
        if row.voice is not None:
            found.setdefault(row.voice.scene, []).append(i)
    return found
