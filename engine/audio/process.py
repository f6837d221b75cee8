"""The audio process: a mixer, a loader beside it, a device in front.

Spawned, so that no lock of the rest of the show can reach a block's deadline (a busy main thread in the same
process cost 161 dropouts in 6 s when measured; a process of its own, none).
"""

from __future__ import annotations

import multiprocessing
import os
import queue
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from engine.audio.clips import DEFAULT_BUDGET_BYTES, ClipCache
from engine.audio.mixer import DEFAULT_BLOCK, Mixer, MixSettings
from engine.audio.output import Output, SilentOutput, open_output
from engine.errors import DeviceGone, SensoramaError
from engine.time.segments import Transport

if TYPE_CHECKING:
    from multiprocessing.queues import Queue
    from multiprocessing.synchronize import Event

    from engine.time.clocks import Clock
    from engine.time.shared import LocalBlock, TransportBlock

Samples = NDArray[np.float32]

_THREAD_VARIABLES = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS")
_WARM_UP_BLOCKS = 20
_FADE_SAMPLES = 2048
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
    seat : int
    block : int
    settings : MixSettings
    budget_bytes : int
        Bound of the decoded sounds in memory.
    """

    package_path: Path
    block_name: str
    device: str | None = None
    seat: int = 0
    block: int = DEFAULT_BLOCK
    settings: MixSettings = field(default_factory=MixSettings)
    budget_bytes: int = DEFAULT_BUDGET_BYTES


class Loader:
    """Decodes what the mixer will want, in a thread of its own.

    Parameters
    ----------
    clips : ClipCache
    say : callable
        Called once per file that cannot be read.
    """

    def __init__(self, clips: ClipCache, say: queue.Queue[str] | Queue[str]) -> None:
        self._clips = clips
        self._say = say
        self._asked: queue.Queue[tuple[str, ...] | None] = queue.Queue()
        self._last: tuple[str, ...] = ()
        self._bad: set[str] = set()
        self._thread = threading.Thread(target=self._run, name="audio-loader", daemon=True)
        self._thread.start()

    def want(self, files: list[str]) -> None:
        """Asks for files; returns at once."""
        asked = tuple(files)
        if asked != self._last:
            self._last = asked
            self._asked.put(asked)

    def close(self) -> None:
        """Ends the thread after the file it is at."""
        self._asked.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (files := self._asked.get()) is not None:
            for file in files:
                if not self._asked.empty():
                    break  # a newer wish stands in the queue and holds what still matters of this one
                if file in self._bad:
                    continue
                try:
                    self._clips.get(file)
                except SensoramaError as error:
                    self._bad.add(file)
                    self._say.put(f"audio: {error}; it stays silent")


class Player:
    """Answers a device's calls: reads the transport, tells the loader, mixes; fades out once `stop` is set.

    Parameters
    ----------
    block : TransportBlock or LocalBlock
        Read by the thread that calls, and by no other.
    mixer, loader : Mixer, Loader
    stop : Event
    """

    def __init__(
        self, block: TransportBlock | LocalBlock, mixer: Mixer, loader: Loader, stop: threading.Event | Event
    ) -> None:
        self._block = block
        self._mixer = mixer
        self._loader = loader
        self._stop = stop
        self._faded = 0
        self._told: tuple[int, int, int] | None = None

    def __call__(self, at_ns: int, frames: int) -> Samples | None:
        """The next `frames` samples, which will be heard at `at_ns`; None after the fade."""
        if self._faded >= _FADE_SAMPLES:
            return None
        transport = self._block.read()
        told = (transport.generation, transport.sequence, at_ns // _TELL_NS)
        if told != self._told:
            self._told = told
            self._loader.want(self._mixer.wanted(transport, at_ns))
        samples = self._mixer.render(transport, at_ns, frames)
        if self._stop.is_set():
            fade = 1 - (self._faded + np.arange(frames)) / _FADE_SAMPLES
            samples = samples * np.maximum(fade, 0.0).astype(np.float32)[:, None]
            self._faded += frames
        return samples


def play(
    player: Player,
    output: Output,
    clock: Clock,
    say: queue.Queue[str] | Queue[str],
    block: int = DEFAULT_BLOCK,
    *,
    note: str = "",
) -> None:
    """Plays until the player ends. The first line it says names what plays, and ends with `note`.

    Notes
    -----
    A device that goes away is replaced by the silent clock, so that the show's sound keeps its place.
    """
    say.put(f"audio: {output.description}" + (f"; {note}" if note else ""))
    try:
        output.run(player)
    except DeviceGone as error:
        silent = SilentOutput(clock, str(error), block)
        say.put(f"audio: {silent.description}")
        silent.run(player)


def audio_main(config: AudioConfig, stop: Event, say: Queue[str]) -> None:
    """What the spawned process runs."""
    # A BLAS that starts threads of its own stalls a block by 20 ms under load (measured).
    for name in _THREAD_VARIABLES:
        os.environ[name] = "1"
    from engine.audio.book import book_of
    from engine.experience.package import load_package
    from engine.time import realtime
    from engine.time.clocks import MonotonicClock
    from engine.time.shared import TransportBlock

    clock = MonotonicClock()
    book = book_of(load_package(config.package_path))
    clips = ClipCache(config.package_path, budget_bytes=config.budget_bytes)
    warm = Mixer(book, clips, block=config.block, seat=config.seat, settings=config.settings, live=True)
    for k in range(_WARM_UP_BLOCKS):
        warm.render(Transport(), k * config.block * 62_500 // 3, config.block)
    mixer = Mixer(book, clips, block=config.block, seat=config.seat, settings=config.settings, live=True)
    block = TransportBlock.attach(config.block_name)
    loader = Loader(clips, say)
    output = open_output(clock, config.device, config.block)
    granted = realtime.request_realtime_priority()
    realtime.freeze_garbage()
    try:
        play(Player(block, mixer, loader, stop), output, clock, say, config.block, note=granted)
    finally:
        loader.close()
        block.close()
        if mixer.late_clips or mixer.resyncs:
            say.put(
                f"audio: {mixer.late_clips} sounds came late from disk, {mixer.resyncs} clock corrections"
            )


class AudioProcess:
    """Starts and stops the audio process.

    Parameters
    ----------
    config : AudioConfig

    Notes
    -----
    If it dies, the show goes on without sound; `alive` says so and `start` may be called again.
    """

    def __init__(self, config: AudioConfig) -> None:
        self._config = config
        self._context = multiprocessing.get_context("spawn")
        self._stop = self._context.Event()
        self._say: Queue[str] = self._context.Queue()
        self._process: multiprocessing.process.BaseProcess | None = None

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.is_alive()

    def start(self) -> None:
        """Starts it, unless it runs."""
        if self.alive:
            return
        self._stop.clear()
        self._process = self._context.Process(
            target=audio_main, args=(self._config, self._stop, self._say), name="sensorama-audio", daemon=True
        )
        self._process.start()

    def messages(self) -> list[str]:
        """Lines it has said since the last call."""
        found = []
        while True:
            try:
                found.append(self._say.get_nowait())
            except queue.Empty:
                return found

    def stop(self, timeout_s: float = 3.0) -> None:
        """Fades out and ends it; ends it hard after `timeout_s`."""
        if self._process is None:
            return
        self._stop.set()
        self._process.join(timeout_s)
        if self._process.is_alive():
            self._process.terminate()
            self._process.join()
        self._process = None
