"""The mixer: a transport and a time in, two ears out.

    transport --plan--> voices on the sample grid --read, place, gain--> raw mix --limiter--> block

Everything before the limiter is a pure function of (book, transport, grid, sample): a block does not depend
on the blocks before it, so a seek sounds like having played up to there, and an offline rendering equals the
live sound
sample for sample. The limiter remembers less than half a second.

The mixer works on a fixed grid of blocks inside, whatever the caller asks for; parameters are evaluated at
the grid's ends and glide in between.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.audio.clips import PAD, PEAK_STEP, SAMPLE_RATE_HZ, Clip, ClipCache
from engine.audio.limiter import LOOK_AHEAD, Limiter
from engine.audio.plan import FL_PER_SAMPLE, Grid, Plan, Voice, plan
from engine.audio.sounds import BUSES, Pose, SeatPlace, SoundBook
from engine.audio.spatial import READ_AFTER, READ_BEFORE, Ears, PlainHead, direction, ears
from engine.time.segments import NO_SCENE, Transport
from engine.units import db_to_gain

Samples = NDArray[np.float32]

DEFAULT_BLOCK = 512
# A device's clock and ours drift by some 50 ppm: below this the sound is left alone, above it moves once,
# with a fade.
RESYNC_NS = 15_000_000
_RESYNC_FADE = 480
_INAUDIBLE = 10 ** (-96 / 20)
# Under speech (design value after the level plan of the score): 150 ms down, ahead of the voice, 600 ms up.
_DUCK_DOWN = SAMPLE_RATE_HZ * 150 // 1000
_DUCK_UP = SAMPLE_RATE_HZ * 600 // 1000
_PAGE = SAMPLE_RATE_HZ
# A reaction is published 20 ms ahead; a device may already hold more than that.
_LATEST_START = SAMPLE_RATE_HZ * 150 // 1000


@dataclass(frozen=True, slots=True)
class Listener:
    """What is live about the listener: the head's turn in the seat, + = left."""

    head_yaw_deg: float = 0.0


@dataclass(frozen=True, slots=True)
class MixSettings:
    """Levels of a venue.

    Attributes
    ----------
    volume_db : float
        Of everything. The default brings the shipped content, whose cues leave 4 dB of room, to -23.5 LUFS
        (EBU R 128: -23); listening on headphones in a quiet room one wants 5 dB more.
    bus_db : mapping of str to float
        Per bus; those left out are 0.
    duck_db : mapping of str to float
        How far a bus steps back while somebody speaks.
    """

    volume_db: float = 4.0
    bus_db: dict[str, float] = field(default_factory=dict)
    duck_db: dict[str, float] = field(default_factory=lambda: {"effects": -6.0, "music": -4.0})


class Mixer:
    """Renders the sound of a show.

    Parameters
    ----------
    book : SoundBook
    clips : ClipCache
    block : int
        Samples of the inner grid. 512 (10.7 ms) costs half of 256 per second of sound.
    seat : int
        Whose reactions are heard besides the room's.
    settings : MixSettings
    live : bool
        True: never decode, a clip that is not there yet is silent and counted in `late_clips`. False: decode
        on the spot.
    shakers : bool, default False
        True: the bus `shakers` alone, for the exciters (`engine.audio.shakers`). False: everything but that bus, which is
        kept from the ears.

    Notes
    -----
    One thread.
    """

    channels = 2

    def __init__(
        self,
        book: SoundBook,
        clips: ClipCache,
        *,
        block: int = DEFAULT_BLOCK,
        seat: int = 0,
        settings: MixSettings | None = None,
        live: bool = False,
        shakers: bool = False,
    ) -> None:
        self._shakers = shakers
        self._book = book
        self._clips = clips
        self._block = block
        self._seat = seat
        self._settings = settings or MixSettings()
        self._live = live
        self._head = PlainHead()
        self._limiter = Limiter()
        self._ramp = (np.arange(block) / block).astype(np.float32)
        self._grid: Grid | None = None
        self._old_grid: Grid | None = None
        self._made = 0
        self._given = 0
        self._queue: list[Samples] = []
        self._queued = 0
        self._yaw_deg = 0.0
        self._transport: Transport | None = None
        self._plan = Plan((), ())
        self._planned_grid: Grid | None = None
        self._page = -1
        self._page_voices: list[Voice] = []
        self._page_speech: list[tuple[int, int]] = []
        self._filters: dict[Ears, tuple[Samples, Samples]] = {}
        self._ears_before: dict[Voice, tuple[int, float, Ears]] = {}
        self._waiting: set[tuple[str, int]] = set()
        self._delays: dict[int, int] = {}
        volume = db_to_gain(self._settings.volume_db)
        self._bus_gain = {bus: volume * db_to_gain(self._settings.bus_db.get(bus, 0.0)) for bus in BUSES}
        self.late_clips = 0
        self.resyncs = 0

    @property
    def deepest_limit_db(self) -> float:
        """The most the limiter has taken away so far."""
        return self._limiter.deepest_db

    def wanted(self, transport: Transport, host_ns: int) -> list[str]:
        """Files to have decoded: those of the scene now, of the ones published ahead, and of the
        candidates.
        """
        scenes: dict[int, None] = {}
        now = transport.segment_at(host_ns)
        for segment in (now, *(s for s in transport.segments if s.from_ns > host_ns)):
            scenes[segment.scene] = None
        for scene in transport.candidates:
            scenes[scene] = None
        files: dict[str, None] = {}
        for scene in scenes:
            if scene != NO_SCENE:
                files.update(dict.fromkeys(self._book.scenes[scene].files()))
        return list(files)

    def render(
        self, transport: Transport, host_ns: int, frames: int, listener: Listener | None = None
    ) -> Samples:
        """The next `frames` samples.

        Parameters
        ----------
        transport : Transport
            The newest there is.
        host_ns : int
            When the first of these samples reaches the ear. The mixer counts samples by itself; it only moves
            when this is more than `RESYNC_NS` off.
        frames : int
        listener : Listener, optional

        Returns
        -------
        ndarray of float32, shape (frames, 2)
        """
        self._keep_time(host_ns)
        yaw_deg = 0.0 if listener is None else listener.head_yaw_deg
        while self._queued < frames:
            made = self._next_block(transport, yaw_deg)
            self._queue.append(made)
            self._queued += made.shape[1]
        joined = self._queue[0] if len(self._queue) == 1 else np.concatenate(self._queue, axis=1)
        self._queue = [joined[:, frames:]]
        self._queued -= frames
        self._given += frames
        return np.ascontiguousarray(joined[:, :frames].T)

    # ---- time

    def _keep_time(self, host_ns: int) -> None:
        if self._grid is None:
            self._grid = Grid(host_ns)
            return
        off_ns = host_ns - self._grid.ns(self._given)
        if abs(off_ns) > RESYNC_NS and self._old_grid is None:
            self._old_grid = self._grid
            self._grid = Grid(self._grid.epoch_ns + off_ns)
            self.resyncs += 1

    def _next_block(self, transport: Transport, yaw_deg: float) -> Samples:
        if self._made == 0:
            # The limiter looks ahead; its first samples are history.
            self._limiter.process(self._raw(transport, 0, LOOK_AHEAD, yaw_deg, yaw_deg))
            self._made = LOOK_AHEAD
            self._yaw_deg = yaw_deg
        raw = self._raw(transport, self._made, self._block, self._yaw_deg, yaw_deg)
        self._made += self._block
        self._yaw_deg = yaw_deg
        return self._limiter.process(raw)

    def _raw(self, transport: Transport, first: int, n: int, yaw0_deg: float, yaw1_deg: float) -> Samples:
        if self._grid is None:
            raise RuntimeError("the grid is laid by render before anything is mixed")
        past = self._transport
        late = past is not None and _came_late(past, transport, self._grid.ns(first))
        if self._old_grid is None and not late:
            return self._mixed(transport, self._grid, first, n, yaw0_deg, yaw1_deg)
        # What was going to be heard fades into what now holds.
        before = self._mixed(
            past if past is not None and late else transport,
            self._old_grid or self._grid,
            first,
            n,
            yaw0_deg,
            yaw1_deg,
        )
        after = self._mixed(transport, self._grid, first, n, yaw0_deg, yaw1_deg)
        self._old_grid = None
        x = np.clip(np.arange(n) / min(n, _RESYNC_FADE), 0, 1).astype(np.float32) * np.float32(math.pi / 2)
        return np.asarray(before * np.cos(x) + after * np.sin(x))

    # ---- one block

    def _follow(self, transport: Transport, grid: Grid, first: int, last: int) -> None:
        if transport is not self._transport or grid is not self._planned_grid:
            self._notice_reactions(transport, grid, first)
            self._plan = plan(
                transport, self._book, grid, seat=self._seat, since=first - _PAGE, delays=self._delays
            )
            self._transport, self._planned_grid = transport, grid
            self._page = -1
        page = first // _PAGE
        if page != self._page:
            self._page = page
            self._ears_before.clear()
            low, high = page * _PAGE, (page + 1) * _PAGE + self._block
            self._page_voices = [v for v in self._plan.voices if v.begin < high and v.over > low]
            near = (low - _DUCK_UP, high + _DUCK_DOWN)
            self._page_speech = [s for s in self._plan.speech() if s[0] < near[1] and s[1] > near[0]]

    def _notice_reactions(self, transport: Transport, grid: Grid, first: int) -> None:
        """A reaction whose first samples have gone out without it starts now instead: a stroke keeps its attack."""
        for row in transport.reactions:
            if row.index in self._delays:
                continue
            missed = first - grid.first(row.from_ns)
            self._delays[row.index] = missed if 0 < missed < _LATEST_START else 0

    def _mixed(
        self, transport: Transport, grid: Grid, first: int, n: int, yaw0_deg: float, yaw1_deg: float
    ) -> Samples:
        last = first + n
        self._follow(transport, grid, first, last)
        out = np.zeros((2, n), np.float32)
        ramp = self._ramp if n == self._block else (np.arange(n) / n).astype(np.float32)
        master = (
            transport.controls_at(grid.ns(first)).intensity("audio"),
            transport.controls_at(grid.ns(last)).intensity("audio"),
        )
        speech = (self._speech_at(first), self._speech_at(last))
        buses: dict[str, tuple[float, float]] = {}
        for bus, gain in self._bus_gain.items():
            duck_db = self._settings.duck_db.get(bus, 0.0)
            buses[bus] = (
                gain * master[0] * db_to_gain(duck_db * speech[0]),
                gain * master[1] * db_to_gain(duck_db * speech[1]),
            )
        for voice in self._page_voices:
            if voice.begin >= last or voice.over <= first or (voice.sound.bus == "shakers") != self._shakers:
                continue
            clip = self._clip(voice)
            if clip is None:
                continue
            level0, level1 = (value * voice.sound.gain for value in buses[voice.sound.bus])
            heard = self._heard(voice, clip, first, n, (yaw0_deg, yaw1_deg), max(level0, level1), ramp)
            if heard is None:
                continue
            shape = _edges(voice, first, n)
            scale: Samples | np.float32 = np.float32(level0)
            if level0 != level1:
                scale = scale + np.float32(level1 - level0) * ramp
            out += heard * (scale if shape is None else scale * shape)
        return out

    def _speech_at(self, sample: int) -> float:
        """0 where nobody speaks, 1 under speech."""
        most = 0.0
        for begin, end in self._page_speech:
            if sample < begin:
                most = max(most, 1 - (begin - sample) / _DUCK_DOWN)
            elif sample < end:
                return 1.0
            else:
                most = max(most, 1 - (sample - end) / _DUCK_UP)
        return most

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

    def _heard(
        self,
        voice: Voice,
        clip: Clip,
        first: int,
        n: int,
        yaw_deg: tuple[float, float],
        gain: float,
        ramp: Samples,
    ) -> Samples | None:
        """The voice at the two ears without its gain; None when there is nothing to hear."""
        sound = voice.sound
        at = first - voice.zero
        if sound.place is None:
            if clip.channels == 2:
                heard = _read(clip, 0, at, n, sound.loop, both=True)
            elif sound.loop:
                # One noise at both ears would sit in the middle of the head; half a loop apart they are two.
                wide = [_read(clip, 0, at, n, True), _read(clip, 0, at + clip.length // 2, n, True)]
                return np.stack(wide) * np.float32(math.sqrt(0.5))
            else:
                if not _audible(clip, at, n, gain):
                    return None
                heard = np.broadcast_to(_read(clip, 0, at, n, False), (2, n)) * np.float32(math.sqrt(0.5))
            return heard
        if not sound.loop and not _audible(clip, at, n, gain):
            return None
        before = self._ears_before.get(voice)
        known = before is not None and before[:2] == (first, yaw_deg[0])
        start = before[2] if before is not None and known else self._ears_at(voice, first, yaw_deg[0])
        stays = isinstance(sound.place, SeatPlace) and yaw_deg[0] == yaw_deg[1]
        stop = start if stays else self._ears_at(voice, first + n, yaw_deg[1])
        self._ears_before[voice] = (first + n, yaw_deg[1], stop)
        if max(*start.gain, *stop.gain) * gain < _INAUDIBLE:
            return None
        count = READ_BEFORE + n + READ_AFTER
        read = _read(clip, 0, at - READ_BEFORE, count, sound.loop)
        if clip.channels == 2:
            read = 0.5 * (read + _read(clip, 1, at - READ_BEFORE, count, sound.loop))
        return self._head.heard(read, self._filters_of(start), self._filters_of(stop), ramp)

    def _ears_at(self, voice: Voice, sample: int, yaw_deg: float) -> Ears:
        sound = voice.sound
        if isinstance(sound.place, SeatPlace):
            return ears(sound.place, yaw_deg)
        place: Callable[[int], tuple[float, float, float]] | None = sound.place
        if place is None:
            raise RuntimeError("a bed has no place")
        cue_fl = round((sample - voice.own_begin) * FL_PER_SAMPLE)
        at_m = place(cue_fl)
        if sound.rides_seat:
            return ears(direction(Pose(0.0, 0.0, 0.0, 0.0), at_m), yaw_deg)
        scene = self._book.scenes[voice.scene]
        at_fl = min(max(0, round((sample - voice.origin) * FL_PER_SAMPLE)), scene.duration_fl)
        return ears(direction(scene.pose(at_fl), at_m), yaw_deg)

    def _filters_of(self, at: Ears) -> tuple[Samples, Samples]:
        found = self._filters.get(at)
        if found is None:
            if len(self._filters) > 64:
                self._filters.clear()
            found = self._filters[at] = self._head.filters(at)
        return found


def _came_late(before: Transport, now: Transport, at_ns: int) -> bool:
    """Whether a segment was published for an instant that has already gone out."""
    if now is before or not now.segments:
        return False
    known = before.segments[-1].index if before.segments else -1
    return any(segment.index > known and segment.from_ns < at_ns for segment in now.segments)


def _audible(clip: Clip, at: int, n: int, gain: float) -> bool:
    low = (at + PAD - READ_BEFORE) // PEAK_STEP
    high = (at + PAD + n + READ_AFTER) // PEAK_STEP + 1
    peaks = clip.peaks[max(0, low) : max(0, high)]
    return peaks.size > 0 and float(peaks.max()) * gain > _INAUDIBLE


def _read(clip: Clip, channel: int, at: int, count: int, loop: bool, *, both: bool = False) -> Samples:
    """`count` samples from clip sample `at` on: silence outside, or round and round."""
    rows = clip.samples if both else clip.samples[channel]
    if loop:
        start = at % clip.length
        if start + count <= clip.length:
            return rows[..., PAD + start : PAD + start + count]
        where = PAD + (start + np.arange(count)) % clip.length
        return rows[..., where]
    low, high = at + PAD, at + PAD + count
    total = clip.samples.shape[1]
    if low >= 0 and high <= total:
        return rows[..., low:high]
    out = np.zeros((*rows.shape[:-1], count), np.float32)
    a, b = max(0, low), min(total, high)
    if a < b:
        out[..., a - low : b - low] = rows[..., a:b]
    return out


def _edges(voice: Voice, first: int, n: int) -> Samples | None:
    """Gain of the voice's fades in a block, equal power; None where all of them are over or not begun."""
    last = first + n
    sound = voice.sound
    fades_in = first < voice.begin + voice.entry or first < voice.begin
    own_in = first < voice.own_begin + sound.fade_in_samples
    own_out = last > voice.own_end - sound.fade_out_samples
    fades_out = last > voice.end
    if not (fades_in or own_in or own_out or fades_out):
        return None
    at = np.arange(first, last)
    gain = np.ones(n)
    quarter = math.pi / 2
    if fades_in:
        gain *= _rise(at - voice.begin, voice.entry)
    if own_in:
        gain *= _rise(at - voice.own_begin, sound.fade_in_samples)
    if own_out and sound.fade_out_samples:
        gain *= np.cos(quarter * np.clip((at - voice.own_end) / sound.fade_out_samples + 1, 0, 1))
    if fades_out:
        beyond = at - voice.end
        gain *= beyond < voice.release
        if voice.release:
            gain *= np.cos(quarter * np.clip(beyond / voice.release, 0, 1))
    return gain.astype(np.float32)


def _rise(since: NDArray[np.int64], length: int) -> NDArray[np.float64]:
    if length == 0:
        return (since >= 0).astype(np.float64)
    return np.asarray(np.sin(math.pi / 2 * np.clip(since / length, 0, 1)))
