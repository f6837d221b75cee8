"""The mixer: a transport and a time in, what every output plays out.

    transport --plan--> voices on the sample grid --ObjectMaker--> ObjectBlock --Emitter--> emission --stages--> limiters --> block

Everything before the limiters is a pure function of (book, transport, grid, sample), but for what a filter carries over a fraction of a
second: a seek sounds like having played up to there, and an offline rendering equals the live sound sample for sample.

The mixer works on a fixed grid of blocks inside, whatever the caller asks for; parameters are evaluated at the blocks' ends and
glide in between.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.audio.acoustics.reverb import Reverberation
from engine.audio.binaural import ObjectEmitter
from engine.audio.block import BLOCK, RESTING, STAGE_LATENCY, Emitter, Head
from engine.audio.clips import SAMPLE_RATE_HZ, ClipCache
from engine.audio.crossfade import Likenesses
from engine.audio.ducking import ducked, near, speech_at
from engine.audio.field_bed import add_to_field
from engine.audio.grid import Grid
from engine.audio.hearing import Exposure
from engine.audio.limiter import LOOK_AHEAD
from engine.audio.objects import SWITCH_SAMPLES, Ends, Gathered, ObjectMaker
from engine.audio.outputs import Output, stereo
from engine.audio.overload import Overload
from engine.audio.plan import Plan, Voice, plan
from engine.audio.sounds import BUSES, SoundBook
from engine.time.publisher import MAX_REACTIONS
from engine.time.segments import NO_SCENE, Transport
from engine.units import db_to_gain

Samples = NDArray[np.float32]
HeadAt = Callable[[int], Head]
"""A guest's head at a host instant."""

# What the read position may be off before the sound is moved, once and with a fade. A device's clock is followed closer than
# that (`engine.audio.clock`); this is for what nobody announced.
RESYNC_NS = 15_000_000
LEAD = STAGE_LATENCY + LOOK_AHEAD
"""Samples by which blocks are made ahead of what is given out."""
_PAGE = SAMPLE_RATE_HZ
# A reaction is published 20 ms ahead; a device may already hold more than that.
_LATEST_START = SAMPLE_RATE_HZ * 150 // 1000


@dataclass(frozen=True, slots=True)
class MixSettings:
    """Levels of a venue.

    Attributes
    ----------
    volume_db : float
        Of everything, what brings the package to the venue's loudness included.
    bus_db : mapping of str to float
        Per bus; those left out are 0.
    duck_db : mapping of str to float
        How far a bus steps back while somebody speaks.
    """

    volume_db: float = 0.0
    bus_db: dict[str, float] = field(default_factory=dict)
    duck_db: dict[str, float] = field(default_factory=lambda: {"effects": -6.0, "music": -4.0})


class Mixer:
    """Renders the sound of a show.

    Parameters
    ----------
    book : SoundBook
    clips : ClipCache
    emitter : Emitter, optional
        Default the product's own.
    outputs : sequence of Output
        What is listened to; default a pair of loudspeakers at 30 degrees.
    block : int
        Samples of the inner grid.
    seat : int or None
        Whose reactions are heard besides the room's; None: everybody's.
    settings : MixSettings
    live : bool
        True: never decode, a clip that is not there yet is silent and counted in `late_clips`. False: decode
        on the spot.
    buses : sequence of str
        What is heard. Default everything but the shakers' bus, which is kept from the ears.
    flat : bool
        Places mean nothing: for exciters.

    Attributes
    ----------
    overload : Overload or None
        Who is demoted when the machine cannot keep up; None (offline): nobody.
    resyncs : int
        How often the sound was moved to follow the clock.

    Notes
    -----
    One thread.
    """

    def __init__(
        self,
        book: SoundBook,
        clips: ClipCache,
        *,
        outputs: Sequence[Output] | None = None,
        emitter: Emitter | None = None,
        block: int = BLOCK,
        seat: int | None = 0,
        settings: MixSettings | None = None,
        live: bool = False,
        buses: Sequence[str] = ("voice", "music", "effects"),
        flat: bool = False,
    ) -> None:
        self._book = book
        self._block = block
        self._seat = seat
        self._settings = settings or MixSettings()
        self._outputs = tuple(outputs) if outputs is not None else (stereo(),)
        self._emitter = emitter if emitter is not None else ObjectEmitter()
        self._reverberation = Reverberation(book.rooms) if book.rooms and not flat else None
        self.overload: Overload | None = None
        self._maker = ObjectMaker(book, clips, live=live, flat=flat)
        self._ramp = (np.arange(block) / block).astype(np.float32)
        self._grid: Grid | None = None
        self._old_grid: Grid | None = None
        self._made = 0
        self._given = 0
        self._queue: list[Samples] = []
        self._queued = 0
        self._head = RESTING
        self._present = True
        self._transport: Transport | None = None
        self._planned: tuple[Transport, Grid] | None = None
        self._plan = Plan((), ())
        self._page: int | None = None
        self._page_voices: list[Voice] = []
        self._page_speech: list[tuple[int, int]] = []
        self._delays: dict[int, int] = {}
        volume = db_to_gain(self._settings.volume_db)
        self._bus_gain = {
            bus: volume * db_to_gain(self._settings.bus_db.get(bus, 0.0)) for bus in BUSES if bus in buses
        }
        self._level_there: tuple[int | None, dict[str, float]] = (None, {})
        self.resyncs = 0

    @property
    def channels(self) -> int:
        """How many it gives: the outputs', one after the other."""
        return sum(output.channels for output in self._outputs)

    @property
    def late_clips(self) -> int:
        """Sounds that were not decoded when their time came."""
        return self._maker.late_clips

    @property
    def unsound(self) -> int:
        """How often something was no number, or infinite, and was silenced."""
        rows = int(getattr(self._emitter, "unsound_rows", 0))
        return rows + sum(output.unsound for output in self._outputs)

    @property
    def deepest_limit_db(self) -> float:
        """The most a limiter has taken away so far."""
        return max(output.deepest_limit_db for output in self._outputs)

    @property
    def exposures(self) -> dict[str, Exposure]:
        """What whoever listens has taken up, by output."""
        return {output.name: output.exposure for output in self._outputs}

    @property
    def grid(self) -> Grid | None:
        """Where its samples lie; None before the first."""
        return self._grid

    @property
    def given(self) -> int:
        """Grid sample of the next one it gives."""
        return self._given

    @property
    def plan(self) -> Plan:
        """What its last block was part of; its `pairs` are to be measured by `likenesses` before they meet."""
        return self._plan

    @property
    def likenesses(self) -> Likenesses:
        """How alike what meets at seams is; measured by whoever loads sounds."""
        return self._maker.likenesses

    def voice_of(self, key: int) -> Voice | None:
        """The voice of a row of its blocks."""
        return self._maker.keys.voice(key)

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
        self, transport: Transport, host_ns: int, frames: int, head: Head | HeadAt | None = None
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
        head : Head or callable, optional
            The guest's head, or where it will be at a host instant.

        Returns
        -------
        ndarray of float32, shape (frames, channels)
        """
        self._keep_time(host_ns)
        while self._queued < frames:
            made = self._next_block(transport, head)
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
            self._grid = self._grid.moved(off_ns)
            self.resyncs += 1

    def _next_block(self, transport: Transport, head: Head | HeadAt | None) -> Samples:
        if self._made == 0:
            # Filters and limiters look back and ahead: the block before the first is made for their sake.
            self._blend(transport, LEAD - self._block, head)
        out = self._blend(transport, LEAD + self._made, head)
        self._made += self._block
        return out

    # ---- one block

    def _blend(self, transport: Transport, first: int, head: Head | HeadAt | None) -> Samples:
        """The block from grid sample `first` on, as the limiters give it: `LEAD` samples late."""
        if self._grid is None:
            raise RuntimeError("the grid is laid by render before anything is mixed")
        n = self._block
        first_ns = self._grid.ns(first)
        self._grid = self._grid.following(transport, first_ns)
        found = Gathered()
        past = self._transport
        late = past is not None and _came_late(past, transport, first_ns)
        if self._old_grid is None and not late:
            now = self._voices(transport, self._grid, first)
            self._maker.gather(now, first, n, self._levels(transport, first), self._ramp, found)
        else:
            # What was going to be heard fades into what now holds; what is in both goes on, from its old fades to its new ones.
            before = past if past is not None and late else transport
            was = self._voices(before, self._old_grid or self._grid, first)
            now = self._voices(transport, self._grid, first)
            levels = self._levels(transport, first)
            x = np.clip(np.arange(n) / min(n, SWITCH_SAMPLES), 0, 1).astype(np.float32) * np.float32(
                math.pi / 2
            )
            stays = was.keys() & now.keys()
            for voices, fade, going in (
                (_without(was, stays), np.cos(x), None),
                (_without(now, stays), np.sin(x), None),
                ({key: now[key] for key in stays}, None, was),
            ):
                self._maker.gather(voices, first, n, levels, self._ramp, found, fade=fade, was=going)
            self._old_grid = None
        self._transport = transport
        heads = (self._head, self._head_at(head, first + n))
        self._head = heads[1]
        self._greet(transport, first_ns)
        block, beds, sends = self._maker.block(found, first, n)
        if self.overload is not None:
            block.in_bed = self.overload.in_bed(
                block.keys, block.priority, block.gain.max(axis=0), block.in_bed[0]
            )
        emission = self._emitter.emit(block)
        add_to_field(block, emission, beds)
        if self._reverberation is not None:
            # Also where nothing sounds: a guest who walks out of a room leaves its tail behind.
            heard = {**self._rooms_heard(first), **sends.heard}
            self._reverberation.add(emission[: sends.send.shape[1]], sends.send, heard, beds.hoa)
        parts = [output.render(block, emission, beds, heads) for output in self._outputs]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _rooms_heard(self, first: int) -> Mapping[int, Ends]:
        """How loud the rooms of the scene in force are where its guest is."""
        for piece in reversed(self._plan.pieces):
            if piece.begin <= first < piece.end and piece.origin is not None:
                return self._maker.rooms_heard(piece.segment.scene, piece.origin, first, self._block)
        return {}

    def _greet(self, transport: Transport, at_ns: int) -> None:
        """A guest who sits down begins with ears that have heard nothing."""
        if self._seat is None:
            return
        present = transport.profile_at(self._seat, at_ns).present
        if present and not self._present:
            for output in self._outputs:
                output.begin_guest()
        self._present = present

    def _head_at(self, head: Head | HeadAt | None, sample: int) -> Head:
        if head is None:
            return RESTING
        if isinstance(head, Head):
            return head
        assert self._grid is not None
        return head(self._grid.ns(sample))

    # ---- what is heard

    def _voices(self, transport: Transport, grid: Grid, first: int) -> dict[int, Voice]:
        """Voices that may be heard in a block, by key."""
        self._follow(transport, grid, first)
        last = first + self._block
        return {
            self._maker.keys.of(voice): voice
            for voice in self._page_voices
            if voice.begin < last and voice.over + self._maker.lingers(voice) > first
        }

    def _follow(self, transport: Transport, grid: Grid, first: int) -> None:
        if self._planned is None or self._planned[0] is not transport or self._planned[1] is not grid:
            self._notice_reactions(transport, grid, first)
            # On a grid that was moved nothing is where it was.
            same = self._planned is not None and self._planned[1].epoch_ns == grid.epoch_ns
            self._plan = plan(
                transport, self._book, grid, seat=self._seat, since=first - _PAGE, delays=self._delays,
                before=self._plan if same else None,
            )  # fmt: skip
            self._planned = (transport, grid)
            self._page = None
        page = first // _PAGE
        if page != self._page:
            self._page = page
            self._maker.forget()
            low, high = page * _PAGE, (page + 1) * _PAGE + self._block
            self._page_voices = [
                v for v in self._plan.voices if v.begin < high and v.over + self._maker.lingers(v) > low
            ]
            self._page_speech = near(self._plan.speech(), low, high)

    def _notice_reactions(self, transport: Transport, grid: Grid, first: int) -> None:
        """A reaction whose first samples have gone out without it starts now instead: a stroke keeps its attack."""
        if len(self._delays) > 2 * MAX_REACTIONS:
            kept = {row.index for row in transport.reactions}
            self._delays = {index: delay for index, delay in self._delays.items() if index in kept}
        for row in transport.reactions:
            if row.index in self._delays:
                continue
            missed = first - grid.first(row.from_ns)
            self._delays[row.index] = missed if 0 < missed < _LATEST_START else 0

    def _levels(self, transport: Transport, first: int) -> dict[str, Ends]:
        """Gain of every bus at a block's two ends: the venue's, the live intensity, and the step back under speech."""
        # A line or a lower intensity that is published shortly before its instant would step where a block begins.
        at, start = self._level_there
        if at != first:
            start = self._level_at(transport, first)
        end = self._level_at(transport, first + self._block)
        self._level_there = (first + self._block, end)
        return {bus: (start[bus], end[bus]) for bus in self._bus_gain}

    def _level_at(self, transport: Transport, sample: int) -> dict[str, float]:
        assert self._grid is not None
        at_ns = self._grid.ns(sample)
        controls = (
            transport.controls_at(at_ns) if self._seat is None else transport.controls_of(self._seat, at_ns)
        )
        live = controls.intensity("audio")
        speech = speech_at(self._page_speech, sample)
        return {
            bus: gain * live * ducked(self._settings.duck_db.get(bus, 0.0), speech)
            for bus, gain in self._bus_gain.items()
        }


def _without(voices: Mapping[int, Voice], keys: Set[int]) -> dict[int, Voice]:
    return {key: voice for key, voice in voices.items() if key not in keys}


def _came_late(before: Transport, now: Transport, at_ns: int) -> bool:
    """Whether a segment was published for an instant that has already gone out."""
    if now is before or not now.segments:
        return False
    known = before.segments[-1].index if before.segments else -1
    return any(segment.index > known and segment.from_ns < at_ns for segment in now.segments)
