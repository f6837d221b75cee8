"""The viewer as a process of its own: it draws what the transport says, and reports what the guest does.

The parent starts `main` in a *spawned* process and talks over one pipe, in pairs ``(kind, payload)``:

==========  ====================================================================================
to parent   ``ready`` (str: what draws), ``input`` (an input event), ``stats`` (ViewerStats, each
            second), ``still`` (str: path written), ``say`` (a line for people), ``failed`` (text),
            ``ended`` (None)
from it     ``live`` (LiveView), ``head`` (HeadPose), ``still`` (str: path to write), ``retire``
==========  ====================================================================================

The process holds nothing that the transport does not say: it may die and be started again in the middle of a
scene, and shows the very frame it would have shown. If the parent dies the pipe ends, and so does the
process.
"""

from __future__ import annotations

import gc
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

from engine.errors import SensoramaError
from engine.render.live import ClosedEvent, HeadPose, InputEvent, LiveView
from engine.time.clocks import Clock, MonotonicClock
from engine.time.shared import TransportBlock

_NS_PER_S = 1_000_000_000


@dataclass(frozen=True, slots=True)
class HeadsetConfig:
    """What a viewer needs to know to show the picture in a headset.

    Parameters
    ----------
    rig : str or None
        The rig file: form, comfort and guests are the venue's to say.
    keep_looking : bool
        Go on looking for a headset that is not there; False: look once, then be a flat viewer.
    required : bool
        Fail where there is none at the start.
    window : bool
        Whether the operator's window can be opened.
    seats : str or None
        Name of the shared memory in which the bus says where the seats are (`engine.motion.seat_poses`).
    """

    rig: str | None = None
    keep_looking: bool = True
    required: bool = False
    window: bool = True
    seats: str | None = None


@dataclass(frozen=True, slots=True)
class ViewerConfig:
    """Everything the process needs; plain values, since it crosses a spawn.

    Parameters
    ----------
    block : str
        Name of the transport's shared memory.
    package : str
        Path or name of the experience.
    size : tuple of int
    headless : bool
    language, second_language : str or None
    quality : str
    seat : int
    fps : float
        Frames a second where no display paces the loop, and the guess for how far ahead a frame is seen.
    title : str
    headset : HeadsetConfig or None
        For a headset; None: a flat picture.
    poses, record_poses : str or None
        Pose tracks to play and to record.
    """

    block: str
    package: str
    size: tuple[int, int] = (1280, 720)
    headless: bool = False
    language: str | None = None
    second_language: str | None = None
    quality: str = "desktop"
    seat: int = 0
    fps: float = 60.0
    title: str = "Sensorama"
    headset: HeadsetConfig | None = None
    poses: str | None = None
    record_poses: str | None = None


@dataclass(frozen=True, slots=True)
class ViewerStats:
    """One second of drawing: frames, median and longest frame time in milliseconds."""

    frames: int
    median_ms: float
    worst_ms: float


@dataclass(slots=True)
class _Inbox:
    """The parent's latest word."""

    pipe: Connection
    live: LiveView = field(default_factory=LiveView)
    head: HeadPose | None = None  # no tracker has spoken yet: the mouse looks
    stills: list[str] = field(default_factory=list)
    retired: bool = False

    def poll(self) -> None:
        """Take everything that waits; never blocks."""
        try:
            while self.pipe.poll(0):
                kind, payload = self.pipe.recv()
                if kind == "live":
                    self.live = payload
                elif kind == "head":
                    self.head = payload
                elif kind == "still":
                    self.stills.append(payload)
                elif kind == "retire":
                    self.retired = True
        except (EOFError, OSError):
            self.retired = True  # the parent is gone


def main(config: ViewerConfig, pipe: Connection) -> None:
    """Run until retired, the window is closed, or the parent is gone. The target of the spawned process."""
    try:
        _run(config, pipe, MonotonicClock())
    except SensoramaError as error:
        _post(pipe, "failed", str(error))
    except KeyboardInterrupt:
        pass  # Ctrl-C reaches every process of the terminal; the parent decides what follows
    finally:
        _post(pipe, "ended", None)
        pipe.close()


def _post(pipe: Connection, kind: str, payload: object) -> bool:
    try:
        pipe.send((kind, payload))
    except (OSError, ValueError):
        return False  # the parent is gone; the inbox notices by itself
    return True


def _run(config: ViewerConfig, pipe: Connection, clock: Clock) -> None:
    from engine.experience.package import load_package
    from engine.render.viewer import Viewer, ViewerOptions

    package = load_package(config.package, hashed=False)
    options = ViewerOptions(
        size=config.size,
        headless=config.headless,
        language=config.language,
        second_language=config.second_language,
        quality=config.quality,
        seat=config.seat,
        title=config.title,
    )
    inbox = _Inbox(pipe)

    def forward(event: InputEvent) -> None:
        if isinstance(event, ClosedEvent):
            inbox.retired = True
        _post(pipe, "input", event)

    def say(text: str) -> None:
        _post(pipe, "say", text)

    block = TransportBlock.attach(config.block)
    try:
        with Viewer(package, options, forward, say) as viewer:
            _post(pipe, "ready", viewer.notice)
            # Panda's objects live in reference cycles with their Python wrappers, so the collector stays on,
            # but what is there now need not be looked at again: a full collection would cost tens of
            # milliseconds.
            gc.collect()
            gc.freeze()
            _loop(viewer, block, inbox, clock, config.fps)
    finally:
        block.close()


def _loop(viewer: object, block: TransportBlock, inbox: _Inbox, clock: Clock, fps: float) -> None:
    from engine.render.viewer import Viewer

    assert isinstance(viewer, Viewer)
    period_ns = round(_NS_PER_S / fps)
    due_ns = clock.now_ns()
    times_ms: list[float] = []
    second_ns = due_ns + _NS_PER_S
    while True:
        inbox.poll()
        if inbox.retired:
            return
        begun_ns = clock.now_ns()
        viewer.draw(block.read(), begun_ns + period_ns, inbox.head, inbox.live)
        for path in inbox.stills:
            viewer.still(Path(path))
            _post(inbox.pipe, "still", path)
        inbox.stills.clear()
        now_ns = clock.now_ns()
        times_ms.append((now_ns - begun_ns) * 1e-6)
        if now_ns >= second_ns:
            second_ns = now_ns + _NS_PER_S
            times_ms.sort()
            _post(inbox.pipe, "stats", ViewerStats(len(times_ms), times_ms[len(times_ms) // 2], times_ms[-1]))
            times_ms.clear()
        # A display with vsync has paced the draw already; without one the grid does. Frames that took too
        # long move the grid on instead of being caught up.
        due_ns = max(due_ns + period_ns, now_ns)
        if due_ns > now_ns:
            clock.sleep_until_ns(due_ns)
