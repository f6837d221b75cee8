"""The audio process: a mixer, a loader beside it, a device in front.

The parent starts `main` in a *spawned* process and talks over one pipe, in pairs ``(kind, payload)``: to it ``ready`` (str: what plays),
``say`` (str) and ``failed`` (str); from it ``retire``. If the parent dies the pipe ends, and so does the sound.

Spawned, so that no lock of the rest of the show can reach a block's deadline (a busy main thread in the same
process cost 161 dropouts in 6 s when measured; a process of its own, none).
"""

from __future__ import annotations

import os
import queue
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.audio.assembly import ShakerSetup, make_mix, settings_of
from engine.audio.block import BLOCK
from engine.audio.clips import DEFAULT_BUDGET_BYTES, ClipCache, unsound_line
from engine.audio.clock.pace import Pace
from engine.audio.clock.publishing import ClockMeter
from engine.audio.clock.shared import ClockBlock
from engine.audio.crossfade import Likenesses
from engine.audio.device_mix import DeviceMix
from engine.audio.heads import TrackedHead
from engine.audio.mixer import HeadAt
from engine.audio.output import Output, open_output
from engine.audio.plan import Plan
from engine.audio.warm_up import WARM_UP_BLOCKS, instant_of, warm_up_show
from engine.errors import SensoramaError
from engine.experience.audio_rig import STEREO, AudioOutput, HearingSpec, MixSpec
from engine.motion.seat_poses import SeatPoseBlock
from engine.time.flicks import NS_PER_SECOND
from engine.time.segments import Transport

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from engine.audio.sounds import SoundBook
    from engine.experience.rig import ShakerSpec
    from engine.time.clocks import Clock
    from engine.time.shared import LocalBlock, TransportBlock

Samples = NDArray[np.float32]

_THREAD_VARIABLES = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS")
_SWITCH_S = 0.0005
# A device that begins asks for several blocks at once, and the first of everything is slow: not a load that stays.
_SETTLING_BLOCKS = 100
_FADE_SAMPLES = 2048
_RISE_SAMPLES = 960
# How often the loader is told what is wanted, besides at every change of the transport.
_TELL_NS = 500_000_000


@dataclass(frozen=True, slots=True)
class AudioConfig:
    """What an audio process is told at its start; plain values, so that it can be spawned.

    Attributes
    ----------
    package_path : Path
    block_name : str
        Of the transport in shared memory.
    device : str or None
        Part of the device's name; None the system's choice; ``"none"`` no device.
    api : str or None
        Part of the name of its host interface.
    clock_block : str
        Where the device's clock is told (`engine.audio.clock.shared`); "" nowhere.
    head_block : str
        Where viewers tell their guests' heads (`engine.motion.head_poses`); "" nowhere.
    leads : bool
        The device's clock leads the show.
    outputs : tuple of AudioOutput
        What of the rig this device plays.
    mix : MixSpec
        The venue's levels.
    hearing : HearingSpec
        Protection of guests' ears.
    stand_ins : bool
        Lines that nobody has recorded are spoken all the same.
    budget_bytes : int
        Bound of the decoded sounds in memory.
    shakers : tuple of ShakerSpec
        Audio-band shakers of the rig, as further channels.
    watchdog_ns : int
        A conductor silent for longer silences the shakers: nothing that moves a guest outlives who conducts it.
    """

    package_path: Path
    block_name: str
    device: str | None = None
    api: str | None = None
    clock_block: str = ""
    head_block: str = ""
    leads: bool = False
    outputs: tuple[AudioOutput, ...] = (STEREO,)
    mix: MixSpec = field(default_factory=MixSpec)
    hearing: HearingSpec = field(default_factory=HearingSpec)
    stand_ins: bool = False
    budget_bytes: int = DEFAULT_BUDGET_BYTES
    shakers: tuple[ShakerSpec, ...] = ()
    watchdog_ns: int = 500_000_000


class Say(Protocol):
    """Where lines for people go."""

    def put(self, text: str, /) -> None:
        """Say one line."""
        ...


@dataclass(frozen=True, slots=True)
class _Seams:
    """A plan whose seams are to be measured, and where to."""

    likenesses: Likenesses
    plan: Plan


class Loader:
    """Decodes what the mixer will want, and measures its seams ahead of them, in a thread of its own.

    Parameters
    ----------
    clips : ClipCache
    say : callable
        Called once per file that cannot be read.
    begin : callable
        Called first, by the thread: asks for its priority.
    """

    def __init__(self, clips: ClipCache, say: Say, *, begin: Callable[[], object] = lambda: None) -> None:
        self._clips = clips
        self._begin = begin
        self._say = say
        self._asked: queue.Queue[tuple[str, ...] | str | _Seams | None] = queue.Queue()
        self._last: tuple[str, ...] = ()
        self._bad: set[str] = set()
        self._unsound: set[str] = set()
        self._seams_fail = False
        self._full = False
        self._thread = threading.Thread(target=self._run, name="audio-loader", daemon=True)
        self._thread.start()

    def want(self, files: list[str]) -> None:
        """Asks for files; returns at once."""
        asked = tuple(files)
        if asked != self._last:
            self._last = asked
            self._asked.put(asked)

    def measure(self, likenesses: Likenesses, plan: Plan) -> None:
        """Has measured how alike what meets at the seams of a plan is; returns at once."""
        self._asked.put(_Seams(likenesses, plan))

    def tell(self, text: str) -> None:
        """Has a line said, by the loader's thread: who has a deadline does not wait for a pipe."""
        self._asked.put(text)

    def close(self) -> None:
        """Ends the thread after the file it is at."""
        self._asked.put(None)
        self._thread.join()

    def _run(self) -> None:
        self._begin()
        wished: list[str] = []  # of the newest wish, what is not decoded yet
        done: list[str] = []  # and what is
        while True:
            try:
                asked = self._asked.get(block=not wished)
            except queue.Empty:
                file = wished.pop(0)
                if not self._kept(done, file):
                    wished.clear()
                    self._say_full(file)
                done.append(file)
                continue
            match asked:
                case None:
                    return
                case str():
                    self._say.put(asked)
                case _Seams(likenesses, plan):
                    self._measure(likenesses, plan)
                case _:
                    wished, done = list(asked), []

    def _kept(self, done: list[str], file: str) -> bool:
        """Decodes a file. False when there was no room for it beside those wished for before it, which stay: they are heard sooner."""
        self._touch(done)
        self._decode(file)
        lost = [one for one in done if one not in self._bad and self._clips.ready(one) is None]
        for one in lost:
            self._touch(done)  # so that it is `file` that goes
            self._decode(one)
        return not lost

    def _touch(self, files: list[str]) -> None:
        """Has the cache drop others first, and of these the last."""
        for file in reversed(files):
            self._clips.ready(file)

    def _say_full(self, file: str) -> None:
        if not self._full:
            self._full = True
            self._say.put(
                f"sound: {file}: no room beside what is heard before it; it and what follows wait for their scene and may begin late"
            )

    def _decode(self, file: str) -> None:
        if file in self._bad:
            return
        try:
            clip = self._clips.get(file)
        except SensoramaError as error:
            self._bad.add(file)
            self._say.put(f"sound: {error}; it stays silent")
        except Exception as error:  # whatever one file does, all others are still wanted
            self._bad.add(file)
            self._say.put(f"sound: {file}: {type(error).__name__}: {error}; it stays silent")
        else:
            if clip.unsound and file not in self._unsound:
                self._unsound.add(file)
                self._say.put(f"sound: {unsound_line(file)}")

    def _measure(self, likenesses: Likenesses, plan: Plan) -> None:
        try:
            likenesses.measure(plan.pairs())
        except Exception as error:  # as above; a seam that is not measured is crossed as one of strangers
            if not self._seams_fail:
                self._seams_fail = True
                self._say.put(f"sound: how alike sounds at a seam are: {type(error).__name__}: {error}")


class Player:
    """Answers a device's calls: reads the transport, tells the loader, mixes, at the device's pace; fades out once `stop` is set.

    Parameters
    ----------
    block : TransportBlock or LocalBlock
        Read by the thread that calls, and by no other.
    mix : DeviceMix
    loader : Loader
    stop : Event
    output : Output
        Whose calls these are.
    clock : Clock
        Measures what a block takes.
    pace : Pace, optional
    watchdog_ns : int
        See `AudioConfig`.
    heads : mapping of int to callable, optional
        Heads by seat.
    """

    def __init__(
        self,
        block: TransportBlock | LocalBlock,
        mix: DeviceMix,
        loader: Loader,
        stop: threading.Event,
        output: Output,
        clock: Clock,
        *,
        pace: Pace | None = None,
        watchdog_ns: int = 500_000_000,
        heads: Mapping[int, HeadAt] | None = None,
    ) -> None:
        self._watchdog_ns = watchdog_ns
        self._block = block
        self._mix = mix
        self._loader = loader
        self._stop = stop
        self._output = output
        self._clock = clock
        self._pace = pace or Pace(mix.channels, ClockMeter())
        self._heads = heads
        self._opened = output.opened
        self._overloads = mix.overloads
        self._demoting = False
        self._faded = 0
        self._risen = 0
        self._played = 0
        self._told: tuple[int, int, int] | None = None
        self._plans: dict[Likenesses, Plan] = {}
        self._unsound_said = self._late_said = False
        self._transport = Transport()
        self._alive = True

    def __call__(self, at_ns: int, frames: int) -> Samples | None:
        """The next `frames` frames, which will be heard at `at_ns`; None after the fade."""
        if self._faded >= _FADE_SAMPLES:
            return None
        begun_ns = self._clock.now_ns()
        self._transport = transport = self._block.read()
        told = (transport.generation, transport.sequence, at_ns // _TELL_NS)
        if told != self._told:
            self._told = told
            self._loader.want(self._mix.wanted(transport, at_ns))
            self._own_up()
        self._alive = at_ns - self._block.heartbeat_ns() <= self._watchdog_ns
        if self._output.opened != self._opened:
            self._opened = self._output.opened
            self._pace.changed()
            self._risen = self._played = 0
        samples = self._pace.read(at_ns, frames, self._output.rate_hz, self._pull, self._mix)
        for mixer in self._mix.mixers:
            if self._plans.get(mixer.likenesses) is not mixer.plan:
                self._plans[mixer.likenesses] = mixer.plan
                self._loader.measure(mixer.likenesses, mixer.plan)
        if self._risen < _RISE_SAMPLES:
            # Whatever is in full swing when a device begins comes up, and does not burst out of it.
            rise = (self._risen + np.arange(frames)) / _RISE_SAMPLES
            samples = samples * np.minimum(rise, 1.0).astype(np.float32)[:, None]
            self._risen += frames
        if self._stop.is_set():
            fade = 1 - (self._faded + np.arange(frames)) / _FADE_SAMPLES
            samples = samples * np.maximum(fade, 0.0).astype(np.float32)[:, None]
            self._faded += frames
        self._played += 1
        if self._overloads and self._played > _SETTLING_BLOCKS:
            self._govern((self._clock.now_ns() - begun_ns) * self._output.rate_hz / (frames * NS_PER_SECOND))
        return samples

    def _pull(self, host_ns: int, count: int) -> Samples:
        return self._mix.render(self._transport, host_ns, count, self._heads, alive=self._alive)

    def _own_up(self) -> None:
        """Says once that something was not heard as it should have been; how often, the end of the run says."""
        if self._mix.unsound and not self._unsound_said:
            self._unsound_said = True
            self._loader.tell(
                "sound: part of the mix came out as no numbers, or infinite, and was silenced; report it with the run's folder"
            )
        if self._mix.late_seams and not self._late_said:
            self._late_said = True
            self._loader.tell(
                "sound: two sounds met before it was known how alike they are; the level at that seam may be off by up to 3 dB"
            )

    def _govern(self, share: float) -> None:
        for overload in self._overloads:
            overload.spent(share)
        demoting = any(overload.allowed is not None for overload in self._overloads)
        if demoting == self._demoting:
            return
        self._demoting = demoting
        if demoting:
            most = min(overload.allowed for overload in self._overloads if overload.allowed is not None)
            self._loader.tell(
                f"sound: a block took {share:.0%} of its time; {most} objects stay by themselves, the least important move into the bed"
            )
        else:
            self._loader.tell("sound: every object by itself again")


def told_of(mix: DeviceMix) -> str:
    """What was counted of a mix, for the end of its run; "" where there is nothing to tell."""
    counted = []
    if mix.late_clips or mix.resyncs:
        counted.append(f"{mix.late_clips} sounds came late from disk, {mix.resyncs} clock corrections")
    if mix.late_seams:
        counted.append(f"{mix.late_seams} seams came before they were measured")
    if mix.unsound:
        counted.append(f"{mix.unsound} samples, rows or blocks were no sound and were silenced")
    return f"sound: {', '.join(counted)}" if counted else ""


class _Voice:
    """The line to the parent; the first word names what plays, which is when the sound is ready."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._lock = threading.Lock()  # the loader's thread speaks too
        self._spoken = False

    def put(self, text: str) -> None:
        """Say one line; a parent that is gone does not hear it."""
        with self._lock:
            kind = "say" if self._spoken else "ready"
            self._spoken = True
            try:
                self._pipe.send((kind, text))
            except (OSError, ValueError):
                pass  # the listener sees the same end of the pipe and stops the sound

    def fail(self, text: str) -> None:
        """Say why there will be no sound."""
        with self._lock:
            try:
                self._pipe.send(("failed", text))
            except (OSError, ValueError):
                pass  # as above


def main(config: AudioConfig, pipe: Connection) -> None:
    """Run until told to retire, or until the parent is gone. The target of the spawned process."""
    stop = threading.Event()

    def listen() -> None:
        from engine.time import realtime

        realtime.request_helper_priority()  # see `_run`
        try:
            while pipe.recv()[0] != "retire":
                pass
        except (EOFError, OSError):
            pass  # the parent is gone
        stop.set()

    threading.Thread(target=listen, name="parent", daemon=True).start()
    voice = _Voice(pipe)
    try:
        _run(config, stop, voice)
    except SensoramaError as error:
        voice.fail(str(error))
    except KeyboardInterrupt:
        pass  # Ctrl-C reaches every process of the terminal; the parent decides what follows


def _run(config: AudioConfig, stop: threading.Event, say: Say) -> None:
    # A BLAS that starts threads of its own stalls a block by 20 ms under load (measured).
    for name in _THREAD_VARIABLES:
        os.environ[name] = "1"
    # The loader decodes beside the device's calls: a call waits for the interpreter no longer than this.
    sys.setswitchinterval(_SWITCH_S)
    from engine.audio.book import book_of
    from engine.audio.standin import STAND_IN, stand_ins_of
    from engine.experience.package import load_package
    from engine.time import realtime
    from engine.time.clocks import MonotonicClock
    from engine.time.shared import TransportBlock

    clock = MonotonicClock()
    package = load_package(config.package_path, hashed=False)
    stand_ins = stand_ins_of(package) if config.stand_ins else None
    notes: list[str] = []  # said after the first line, which is the one that means: ready
    book = book_of(package, stand_ins, say=lambda text: notes.append(f"sound: {text}"))
    if stand_ins is not None and stand_ins.made:
        notes.append(f"sound: {stand_ins.told}")
    shakers = None
    if config.shakers:
        from engine.timeline.evaluate import Evaluator

        shakers = ShakerSetup(config.shakers, Evaluator(package.scenes, package.roles), package.roles)
    makers = {} if stand_ins is None else {STAND_IN: stand_ins.clip}
    clips = ClipCache(config.package_path, budget_bytes=config.budget_bytes, makers=makers)

    levels = settings_of(config.mix, package.manifest.loudness)

    def make(book: SoundBook, clips: ClipCache, tell: Callable[[str], None]) -> DeviceMix:
        return make_mix(
            book, clips, config.outputs, settings=levels, ceiling_dbtp=config.mix.ceiling_dbtp,
            hearing=config.hearing, shakers=shakers, live=True, say=tell,
        )  # fmt: skip

    warm_book, warm_clips, warm_transport = warm_up_show(book)
    warm = make(warm_book, warm_clips, lambda text: None)
    for k in range(WARM_UP_BLOCKS):
        warm.render(warm_transport, instant_of(k), BLOCK)
    mix = make(book, clips, notes.append)
    block = TransportBlock.attach(config.block_name)
    told = ClockBlock.attach(config.clock_block) if config.clock_block else None
    meter = ClockMeter(told)
    poses = SeatPoseBlock.attach(config.head_block) if config.head_block else None
    seats = {output.seat for output in config.outputs if output.kind == "binaural"}
    # Whoever has the interpreter keeps a device's call waiting: none of this process's threads is an ordinary one.
    loader = Loader(clips, say, begin=realtime.request_helper_priority)
    granted = realtime.request_realtime_priority()
    output = open_output(
        clock, config.device, BLOCK, mix.channels, api=config.api, meter=meter, say=loader.tell
    )
    player = Player(
        block, mix, loader, stop, output, clock,
        pace=Pace(mix.channels, meter, leads=config.leads), watchdog_ns=config.watchdog_ns,
        heads={} if poses is None else {seat: TrackedHead(poses, seat) for seat in seats},
    )  # fmt: skip
    realtime.freeze_garbage()
    try:
        say.put(f"sound: {output.description}; {granted}")
        for note in notes:
            say.put(note)
        output.run(player)
    finally:
        loader.close()
        block.close()
        for other in (told, poses):
            if other is not None:
                other.close()
        if counted := told_of(mix):
            say.put(counted)
