"""The viewer as a process of its own: it draws what the transport says, and reports what the guest does.

The parent starts `main` in a *spawned* process and talks over one pipe, in pairs ``(kind, payload)``:

==========  ====================================================================================
to parent   ``ready`` (str: what draws), ``input`` (an input event), ``stats`` (ViewerStats, each
            second), ``still`` (str: path written), ``say`` (a line for people), ``headset``
            (HeadsetStatus, when it changes), ``failed`` (text), ``ended`` (None)
from it     ``live`` (LiveView), ``head`` (HeadPose), ``still`` (str: path to write), ``folder`` (str: where
            the run keeps what it leaves), ``recentre``, ``retire``
==========  ====================================================================================

The process holds nothing that the transport does not say: it may die and be started again in the middle of a
scene, and shows the very frame it would have shown. If the parent dies the pipe ends, and so does the
process.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import SensoramaError
from engine.motion.head_poses import HeadTelling
from engine.motion.seat_poses import SeatPoseBlock
from engine.render.inbox import Inbox, StatsMeter
from engine.render.live import ClosedEvent, InputEvent
from engine.time.clocks import Clock, MonotonicClock
from engine.time.shared import TransportBlock

if TYPE_CHECKING:
    from engine.experience.package import Package
    from engine.render.viewer import Viewer

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
    first : str or None
        Scene the run begins with; None: the story's own beginning.
    heads : str
        Name of the shared memory in which the guest's head is told to the sound (`engine.motion.head_poses`); "" for none.
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
    first: str | None = None
    heads: str = ""


def main(config: ViewerConfig, pipe: Connection) -> None:
    """Run until retired, the window is closed, or the parent is gone. The target of the spawned process."""
    inbox = Inbox(pipe)
    try:
        _run(config, inbox, MonotonicClock())
    except SensoramaError as error:
        inbox.post("failed", str(error))
    except KeyboardInterrupt:
        pass  # Ctrl-C reaches every process of the terminal; the parent decides what follows
    finally:
        inbox.post("ended", None)
        pipe.close()


def _run(config: ViewerConfig, inbox: Inbox, clock: Clock) -> None:
    from engine.experience.package import load_package

    package = load_package(config.package, hashed=False)
    block = TransportBlock.attach(config.block)
    try:
        if config.headset is not None:
            from engine.render.headset.process import run_headset

            if run_headset(config, config.headset, package, block, inbox, clock):
                return
        with head_telling(config) as heads:
            _run_flat(config, package, block, inbox, clock, heads)
    finally:
        block.close()


@contextmanager
def head_telling(config: ViewerConfig) -> Iterator[HeadTelling | None]:
    """Where the guest's head is told, for as long as the viewer runs; None where nobody asked."""
    if not config.heads:
        yield None
        return
    poses = SeatPoseBlock.attach(config.heads)
    try:
        yield HeadTelling(poses, config.seat)
    finally:
        poses.close()


def _run_flat(
    config: ViewerConfig,
    package: Package,
    block: TransportBlock,
    inbox: Inbox,
    clock: Clock,
    heads: HeadTelling | None = None,
) -> None:
    from engine.render.desk import HELP, HELP_ZH
    from engine.render.viewer import Viewer, ViewerOptions

    options = ViewerOptions(
        size=config.size,
        headless=config.headless,
        language=config.language,
        second_language=config.second_language,
        quality=config.quality,
        seat=config.seat,
        title=config.title,
        poses=None if config.poses is None else Path(config.poses),
        record_poses=None if config.record_poses is None else Path(config.record_poses),
    )

    def forward(event: InputEvent) -> None:
        if isinstance(event, ClosedEvent):
            inbox.retired = True
        inbox.post("input", event)

    def say(text: str) -> None:
        inbox.post("say", text)

    with Viewer(package, options, forward, say, heads) as viewer:
        inbox.post("ready", viewer.notice)
        if not config.headless:
            say(HELP)
            say(HELP_ZH)
        # Panda's objects live in reference cycles with their Python wrappers, so the collector stays on,
        # but what is there now need not be looked at again: a full collection would cost tens of
        # milliseconds.
        gc.collect()
        gc.freeze()
        _loop(viewer, block, inbox, clock, config.fps)


def _loop(viewer: Viewer, block: TransportBlock, inbox: Inbox, clock: Clock, fps: float) -> None:
    from engine.render.desk import STILL_KEY
    from engine.render.headset.clip import write_numbered

    period_ns = round(_NS_PER_S / fps)
    due_ns = clock.now_ns()
    meter = StatsMeter(due_ns)
    while True:
        inbox.poll()
        if inbox.retired:
            return
        begun_ns = clock.now_ns()
        viewer.draw(block.read(), begun_ns + period_ns, inbox.head, inbox.live)
        if STILL_KEY in viewer.operator_keys and inbox.folder:
            inbox.post("say", f"kept {write_numbered(Path(inbox.folder), 'still', '.png', viewer.png())}")
        viewer.operator_keys.clear()
        for path in inbox.stills:
            viewer.still(Path(path))
            inbox.post("still", path)
        inbox.stills.clear()
        now_ns = clock.now_ns()
        stats = meter.count(now_ns - begun_ns, now_ns)
        if stats is not None:
            inbox.post("stats", stats)
        # A display with vsync has paced the draw already; without one the grid does. Frames that took too
        # long move the grid on instead of being caught up.
        due_ns = max(due_ns + period_ns, now_ns)
        if due_ns > now_ns:
            clock.sleep_until_ns(due_ns)
