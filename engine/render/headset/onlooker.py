"""The operator beside the headset: the mirror, its keys, and what is written over it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from engine.errors import OutputError
from engine.experience.headset import HeadsetSpec
from engine.render.desk import CLIP_KEY, STILL_KEY, Desk
from engine.render.frames import FrameState
from engine.render.headset.mirror import EyesPicture, Mirror, MirrorOptions
from engine.render.headset.overlay import info_of
from engine.render.headset.pace import FrameMeter
from engine.render.live import ClosedEvent, InputEvent, KeyEvent, LiveView
from engine.render.output import Output
from engine.render.stage import Stage
from engine.time.clocks import Clock
from engine.xr.values import Tracked
from engine.xr.wearing import HeadsetStatus

#: The operator's own key, besides those of `engine.render.desk`: the guest's head is put where the resting eye is.
RECENTRE_KEY = "f8"


class Onlooker:
    """Shows an operator what the guest sees, and takes the operator's keys.

    Parameters
    ----------
    output : Output
        Whose context the eyes are drawn in.
    stage : Stage
    scenes : sequence of str
        Ids, by number.
    spec : HeadsetSpec
    clock : Clock
    emit : callable
        Takes input events.
    say : callable
        Takes lines for people.
    size_px : tuple of int
        Of the window.
    title : str
    reserved : collection of str
        Keys that some scene needs.

    Attributes
    ----------
    recentre : bool
        The operator asked for it; whoever does it takes it back.
    """

    def __init__(
        self,
        output: Output,
        stage: Stage,
        scenes: Sequence[str],
        spec: HeadsetSpec,
        clock: Clock,
        emit: Callable[[InputEvent], None],
        say: Callable[[str], None],
        *,
        size_px: tuple[int, int],
        title: str,
        window: bool,
        reserved: Collection[str] = (),
    ) -> None:
        self._output, self._stage, self._scenes, self._spec = output, stage, scenes, spec
        self._clock, self._emit, self._say = clock, emit, say
        self._size_px, self._title, self._window, self._reserved = size_px, title, window, reserved
        self._meter = FrameMeter()
        self._mirror: Mirror | None = None
        self._desk: Desk | None = None
        self._refused = False
        self.recentre = False

    def open(self, folder: str) -> None:
        """Open the window, once it is known where pictures and clips go; a window that cannot be had is said once."""
        if self._mirror is not None or self._refused:
            return
        wanted = self._window and self._spec.mirror != "none"
        options = MirrorOptions(
            eyes="both" if self._spec.mirror == "both" else "left",
            size_px=self._size_px,
            steady_ns=self._spec.steady_ns,
            title=self._title,
            folder=Path(folder) if folder else None,
        )
        try:
            self._mirror = Mirror(self._output, self._clock, options, self._stage.panels.font, window=wanted)
        except OutputError as error:
            self._refused = True
            self._say(f"no mirror: {error}")
            return
        if self._mirror.window is not None:
            self._desk = Desk(self._mirror.window, self._reserved, name="mirror")

    @property
    def closed(self) -> bool:
        """Whether somebody closed the window."""
        return self._mirror is not None and self._mirror.is_closed

    def look(
        self,
        picture: EyesPicture | None,
        state: FrameState,
        live: LiveView,
        tracked: Tracked | None,
        status: HeadsetStatus,
        *,
        display_ns: int,
        period_ns: int,
        late: bool,
        until_ns: int,
    ) -> None:
        """After a frame: show it if there is time, and hear the operator. Never waits.

        Parameters
        ----------
        picture : EyesPicture or None
            What was drawn.
        state : FrameState
        live : LiveView
        tracked : Tracked or None
            The guest, where there is one.
        status : HeadsetStatus
        display_ns, period_ns : int
            Of the frame.
        late : bool
        until_ns : int
            When the headset needs this thread again.
        """
        self._meter.add(display_ns, late=late)
        mirror = self._mirror
        if mirror is None:
            return
        if self._desk is not None:
            self._hear(self._desk, display_ns)
        if mirror.is_closed:
            self._emit(ClosedEvent(display_ns))
            return
        info = info_of(
            state,
            self._scenes[state.scene] if state.scene >= 0 else "",
            live,
            tracked,
            fps=self._meter.fps,
            period_ns=period_ns,
            late_frames=self._meter.late,
            mirror_ms=mirror.stats.per_headset_frame_ns * 1e-6,
            status=status.line,
            status_zh=status.line_zh,
        )
        mirror.update(picture, info, until_ns)
        for line in mirror.said():
            self._say(line)

    def _hear(self, desk: Desk, host_ns: int) -> None:
        did = desk.poll()
        assert self._mirror is not None
        for key in did.operator_keys:
            if key == STILL_KEY:
                self._mirror.screenshot()
            elif key == CLIP_KEY:
                self._mirror.clip()
        for key in did.keys:
            if key == RECENTRE_KEY and key not in self._reserved:
                self.recentre = True
            else:
                self._emit(KeyEvent(host_ns, key))

    def close(self) -> None:
        """Finish what is being written and let the window go."""
        if self._mirror is not None:
            self._mirror.close()
            for line in self._mirror.said():
                self._say(line)
