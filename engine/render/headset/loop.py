"""The headset's frame loop: simulate for the instant the guest sees, locate last, draw, submit; and what goes on without a headset.

One frame, in the vocabulary of frame pacing: wake up (`xrWaitFrame`, the only pacer) -> simulate for the predicted display time ->
begin -> locate the eyes, as late as possible -> draw -> copy and submit. While no session runs the same stage is drawn for the
operator's window at a quiet pace, so that the show is seen to go on, and the ladder is climbed between frames.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

from engine.render.eye import Matrix
from engine.render.frames import FrameState
from engine.render.headset.canvas import EyeCanvas, rest_matrix
from engine.render.headset.garbage import Garbage
from engine.render.headset.sheet import Sheet, SheetPanel
from engine.render.headset.turning import Turning
from engine.render.inbox import Inbox, StatsMeter
from engine.render.live import GuestEvent, LiveView
from engine.render.stage import Stage
from engine.render.watching import GuestWatch, head_pose
from engine.time.clocks import Clock
from engine.time.segments import Transport
from engine.xr.faults import XrError
from engine.xr.headset import Headset
from engine.xr.runtime import Layer
from engine.xr.values import Fov, FrameTime, MaskChanged, Pose, Tracked, View
from engine.xr.wearing import (
    GuestArrived,
    GuestLeft,
    HeadsetEvent,
    HeadsetStatus,
    Recentred,
    RecentreRefused,
    Seen,
    StatusChanged,
)

_NS_PER_S = 1_000_000_000
# How dark it gets while the head is a guess, and how fast: five frames, so that a moment's loss is a blink.
_LOST_VEIL = 0.6
_VEIL_STEP = 0.12


class TransportSource(Protocol):
    """The transport's block, as far as a viewer needs it."""

    def read(self) -> Transport:
        """The newest snapshot."""
        ...


@dataclass(frozen=True, slots=True)
class Shown:
    """One frame as an onlooker may want to know it.

    Attributes
    ----------
    state : FrameState
        What of the show.
    live : LiveView
        Choice and hint.
    head : Pose
        The guest's, in the rest frame.
    status : HeadsetStatus
    fps : float
        Of the last second.
    worn : bool
        Whether a headset showed it; False: drawn for the onlooker alone.
    late : bool
        The frame's own work took longer than its period: whoever has something optional to do leaves it.
    """

    state: FrameState
    live: LiveView
    head: Pose
    status: HeadsetStatus
    fps: float
    worn: bool
    late: bool


class Onlooker(Protocol):
    """The operator's window (`engine.render.headset.mirror`)."""

    def before(self, *, worn: bool, late: bool) -> None:
        """A frame is about to be drawn: have the window drawn with it, or not."""
        ...

    def after(self, shown: Shown, host_ns: int) -> None:
        """It was drawn; look at keys, keep what is to be kept. Never waits."""
        ...

    @property
    def closed(self) -> bool:
        """Whether somebody closed the window."""
        ...


class Pulses(Protocol):
    """What the guest's hands feel (`engine.render.headset.touch`)."""

    def advance(self, transport: Transport, now_ns: int) -> None:
        """Play what comes next."""
        ...


class HeadsetLoop:
    """Draws for one guest's headset.

    Parameters
    ----------
    stage : Stage
    canvas : EyeCanvas
    headset : Headset
        Its canvas is this one.
    sheet : Sheet or None
        For texts as layers.
    watch : GuestWatch
        What the guest's eyes and hands do to the stage.
    turning : Turning
        Where the resting guest is put in the vehicle; `watch` turns it.
    source : TransportSource
    inbox : Inbox
    clock : Clock
    onlooker : Onlooker or None
    pulses : Pulses or None
    idle_hz : float, default 30
        Frames a second while no session runs.

    Attributes
    ----------
    exhausted : bool
        Only another process can help.

    Notes
    -----
    The drawing thread's. `step` blocks in `xrWaitFrame`, or in the clock while no session runs, and nowhere else.
    """

    def __init__(
        self,
        stage: Stage,
        canvas: EyeCanvas,
        headset: Headset,
        sheet: Sheet | None,
        watch: GuestWatch,
        turning: Turning,
        source: TransportSource,
        inbox: Inbox,
        clock: Clock,
        *,
        onlooker: Onlooker | None = None,
        pulses: Pulses | None = None,
        idle_hz: float = 30.0,
    ) -> None:
        self._stage, self._canvas, self._headset, self._sheet = stage, canvas, headset, sheet
        self._watch, self._turning = watch, turning
        self._source, self._inbox, self._clock = source, inbox, clock
        self._onlooker, self._pulses = onlooker, pulses
        self._idle_ns = round(_NS_PER_S / idle_hz)
        self._due_ns = clock.now_ns()
        self._meter = StatsMeter(self._due_ns)
        self._fps = 0.0
        self._garbage = Garbage()
        self._veil = 0.0
        self._scene = -1
        self._late = False
        self._head = Pose()
        self.exhausted = False

    def step(self) -> bool:
        """One frame.

        Returns
        -------
        bool
            Whether there is to be another: False once retired, closed, or when this process is to be replaced.
        """
        self._inbox.poll()
        if self._inbox.retired or (self._onlooker is not None and self._onlooker.closed):
            return False
        if self._inbox.recentre:
            self._inbox.recentre = False
            self._headset.recentre()
        for event in self._headset.pump():
            self._hear(event)
        if self._headset.status.exhausted:
            self.exhausted = True
            return False
        if self._headset.running:
            frame = self._headset.wait()
            if frame is not None:
                self._worn(frame)
                return True
        self._alone()
        return True

    # ---- with a headset

    def _worn(self, frame: FrameTime) -> None:
        transport = self._source.read()
        tracked = self._headset.tracked(frame)
        live = self._dimmed(self._inbox.live, tracked)
        state = self._prepare(transport, frame.display_ns, tracked.head, live)
        panels = self._panels(live)
        self._headset.begin(frame)
        layers: list[Layer] = []
        seen = self._headset.views(frame)
        T_vehicle_rest = rest_matrix(self._stage.eye_m, self._turning.T_eye_rest)
        if frame.should_render and seen.live and self._canvas.rig is not None:
            layers = self._drawn(seen, T_vehicle_rest, panels)
        self._headset.end(frame, layers)
        now_ns = self._clock.now_ns()
        self._head = seen.head
        self._late = now_ns - frame.woken_ns > frame.period_ns
        if state.scene >= 0:
            self._watch.follow(tracked, T_vehicle_rest)
        if self._pulses is not None:
            self._pulses.advance(transport, now_ns)
        self._finish(state, live, frame.display_ns, now_ns - frame.woken_ns, now_ns, worn=True)
        self._garbage.after_frame(frame.display_ns - self._clock.now_ns())

    def _drawn(self, seen: Seen, T_vehicle_rest: Matrix, panels: list[SheetPanel]) -> list[Layer]:
        if self._onlooker is not None:
            self._onlooker.before(worn=True, late=self._late)
        self._canvas.draw(T_vehicle_rest, seen.head, seen.eyes)
        try:
            return self._canvas.layers(seen, panels, self._turning.T_rest_eye)
        except XrError:
            return []  # the session went between two calls; `end` finds out, and the ladder answers

    def _panels(self, live: LiveView) -> list[SheetPanel]:
        """Texts on the sheet, as far as the runtime takes layers; the world shows them otherwise."""
        found: list[SheetPanel] | None = None
        if self._sheet is not None and self._canvas.quads:
            found = self._sheet.show(self._stage.shown_panels, live.time_left_ratio)
            if found is not None and len(found) > self._canvas.most_quads:
                found = None
        self._stage.panels.in_world(found is None)
        return found or []

    def _dimmed(self, live: LiveView, tracked: Tracked) -> LiveView:
        wanted = 0.0 if tracked.head_valid else _LOST_VEIL
        self._veil += min(max(wanted - self._veil, -_VEIL_STEP), _VEIL_STEP)
        return live if self._veil <= live.veil_ratio else replace(live, veil_ratio=self._veil)

    # ---- without one

    def _alone(self) -> None:
        """No session: draw the stage as the resting eye sees it, for whoever watches the window."""
        now_ns = self._clock.now_ns()
        self._due_ns = max(self._due_ns + self._idle_ns, now_ns)
        transport = self._source.read()
        state = self._prepare(transport, self._due_ns, Pose(), self._inbox.live)
        self._stage.panels.in_world(True)
        self._late = False
        if self._onlooker is not None:
            self._onlooker.before(worn=False, late=False)
            rig = self._canvas.rig
            if rig is not None:
                rig.draw(rest_matrix(self._stage.eye_m, Pose()), Pose(), _RESTING_EYES)
        self._finish(state, self._inbox.live, self._due_ns, self._clock.now_ns() - now_ns, now_ns, worn=False)
        self._garbage.after_frame(self._due_ns - self._clock.now_ns())
        self._clock.sleep_until_ns(self._due_ns)

    # ---- both

    def _prepare(self, transport: Transport, display_ns: int, head: Pose, live: LiveView) -> FrameState:
        state = self._stage.prepare(transport, display_ns, head_pose(head), live)
        if state.scene != self._scene:
            self._scene = state.scene
            self._garbage.scene_changed()
        return state

    def _finish(
        self, state: FrameState, live: LiveView, display_ns: int, spent_ns: int, now_ns: int, *, worn: bool
    ) -> None:
        if self._onlooker is not None:
            shown = Shown(state, live, self._head, self._headset.status, self._fps, worn, self._late)
            self._onlooker.after(shown, display_ns)
        stats = self._meter.count(spent_ns, now_ns, late=self._late)
        if stats is not None:
            self._fps = float(stats.frames)
            self._inbox.post("stats", stats)

    def _hear(self, event: HeadsetEvent) -> None:
        match event:
            case StatusChanged():
                self._inbox.post("headset", event.status)
            case GuestArrived():
                self._watch.forget()
                self._inbox.post("input", GuestEvent(event.at_ns, "arrived"))
            case GuestLeft():
                self._inbox.post("input", GuestEvent(event.at_ns, "left"))
            case Recentred():
                if event.cause in ("operator", "arrival"):
                    self._turning.reset()
                self._inbox.post("say", _recentred(event))
            case RecentreRefused():
                self._inbox.post("say", f"headset: {event.line}")
            case MaskChanged():
                self._canvas.mask()
            case _:
                pass


# A pair of eyes as most people have them, looking ahead with half a right angle to each side.
_FOV = Fov(-0.785, 0.785, 0.7, -0.7)
_RESTING_EYES = (View(Pose((-0.0315, 0.0, 0.0)), _FOV), View(Pose((0.0315, 0.0, 0.0)), _FOV))


def _recentred(event: Recentred) -> str:
    height = "" if event.eye_height_m is None else f", eyes {event.eye_height_m:.2f} m over the floor"
    return f"headset: recentred ({event.cause}){height}"
