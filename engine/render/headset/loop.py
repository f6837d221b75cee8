"""The headset's frame loop: simulate for the instant the guest sees, locate last, draw, submit; and what goes on without a headset.

One frame, in the vocabulary of frame pacing: wake up (`xrWaitFrame`, the only pacer) -> simulate for the predicted display time ->
begin -> locate the eyes, as late as possible -> draw -> copy and submit. While no session runs the same stage is drawn for the
operator's window at a quiet pace, so that the show is seen to go on, and the ladder is climbed between frames.
"""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from engine.errors import OutputError
from engine.motion.seat_predictor import SeatPredictor
from engine.render.comfort import SnapTurn
from engine.render.frames import FrameState
from engine.render.headset.canvas import EyeCanvas, rest_matrix
from engine.render.headset.garbage import Garbage
from engine.render.headset.hand_models import HandModels
from engine.render.headset.mirror import EyesPicture, eyes_of
from engine.render.headset.onlooker import Onlooker
from engine.render.headset.sheet import Sheet, SheetPanel
from engine.render.headset.still import Stills
from engine.render.headset.touch import HandPulses
from engine.render.headset.turning import Turning
from engine.render.inbox import Inbox, StatsMeter
from engine.render.live import GuestEvent, LiveView
from engine.render.stage import Stage
from engine.render.vignette import Vignette
from engine.render.watching import GuestWatch, head_pose
from engine.time.clocks import Clock
from engine.time.segments import Transport
from engine.xr.faults import XrError, XrRefused
from engine.xr.headset import Headset
from engine.xr.poses import composed
from engine.xr.runtime import Layer
from engine.xr.track_files import PoseRecorder
from engine.xr.values import Fov, FrameTime, MaskChanged, Pose, ProfileChanged, Tracked, View
from engine.xr.wearing import (
    GuestArrived,
    GuestLeft,
    HeadsetEvent,
    Recentred,
    RecentreRefused,
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
        Where the resting guest is put in the vehicle.
    snap : SnapTurn
    source : TransportSource
    inbox : Inbox
    clock : Clock
    onlooker : Onlooker
    stills : Stills
    hands : HandModels
    pulses : HandPulses
    recorder : PoseRecorder or None
        Takes the guest's head and hands.
    seat : SeatPredictor or None
        Whose motion is taken out of the head's; what it goes by is said when that changes.
    idle_hz : float, default 30
        Frames a second while no session runs.

    Attributes
    ----------
    stage : Stage
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
        snap: SnapTurn,
        source: TransportSource,
        inbox: Inbox,
        clock: Clock,
        onlooker: Onlooker,
        stills: Stills,
        hands: HandModels,
        pulses: HandPulses,
        recorder: PoseRecorder | None = None,
        seat: SeatPredictor | None = None,
        *,
        idle_hz: float = 30.0,
    ) -> None:
        self.stage, self._canvas, self._headset, self._sheet = stage, canvas, headset, sheet
        self._watch, self._turning, self._snap = watch, turning, snap
        self._source, self._inbox, self._clock = source, inbox, clock
        self._onlooker, self._stills, self._hands, self._pulses = onlooker, stills, hands, pulses
        self._recorder = recorder
        self._seat = seat
        self._seat_said = "none"
        self._idle_ns = round(_NS_PER_S / idle_hz)
        self._due_ns = clock.now_ns()
        self._meter = StatsMeter(self._due_ns)
        self._garbage = Garbage()
        self._vignette = Vignette()
        self._vignette.hang(stage.picture.camera)
        self._veil = 0.0
        self._scene = -1
        self.exhausted = False

    def step(self) -> bool:
        """One frame.

        Returns
        -------
        bool
            Whether there is to be another: False once retired, closed, or when this process is to be replaced.
        """
        self._inbox.poll()
        if self._inbox.retired or self._onlooker.closed:
            return False
        if self._inbox.folder:
            self._onlooker.open(self._inbox.folder)
        if self._inbox.recentre or self._onlooker.recentre:
            self._inbox.recentre = self._onlooker.recentre = False
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

    def loaded(self) -> None:
        """What the show begins with is there: it is set aside before the first frame, so that no frame's collector looks at it."""
        self._garbage.unwatched()

    def close(self) -> None:
        """Give Python's collector back as it was; idempotent. Everything else belongs to whoever made it."""
        self._garbage.close()

    # ---- with a headset

    def _worn(self, frame: FrameTime) -> None:
        transport = self._source.read()
        tracked = self._headset.tracked(frame)
        live = self._dimmed(self._inbox.live, tracked)
        # captions keep to the vehicle's axes, and a guest may have snapped round in it
        head = composed(self._turning.T_eye_rest, tracked.head)
        state = self._prepare(transport, frame.display_ns, head, live)
        panels = self._panels(live)
        self._vignette.show(state.vignette_ratio)
        self._turn(tracked)
        T_vehicle_rest = rest_matrix(self.stage.eye_m, self._turning.T_eye_rest)
        self._hands.show(
            tracked.hands, self.stage.picture.T_world_vehicle @ T_vehicle_rest, self._watch.pointing
        )
        self._headset.begin(frame)
        seen = self._headset.views(frame)
        layers: list[Layer] = []
        picture: EyesPicture | None = None
        rig = self._canvas.rig
        if frame.should_render and seen.live and rig is not None:
            rig.draw(T_vehicle_rest, seen.head, seen.eyes)
            picture = eyes_of(rig, seen.head, seen.eyes, frame.display_ns)
            try:
                layers = self._canvas.layers(seen, panels, self._turning.T_rest_eye)
            except XrError as error:
                self._headset.failed(error)
            except (
                OutputError
            ) as error:  # images that take no picture are the session's fault, not this process'
                self._headset.failed(XrRefused("copying the picture", str(error)))
        self._headset.end(frame, layers)
        now_ns = self._clock.now_ns()
        until_ns = frame.woken_ns + frame.period_ns
        # From here on the guest's frame is on its way: everything else takes the time that is left, or none.
        if state.scene >= 0:
            self._watch.follow(tracked, T_vehicle_rest, self._turning.T_eye_rest)
        if self._recorder is not None:
            # whoever plays it knows of no snap turns
            self._recorder.add(self._turning.in_vehicle(replace(tracked, head=seen.head)))
        self._pulses.advance(transport, now_ns, frame.period_ns)
        self._finish(
            picture,
            state,
            live,
            tracked,
            display_ns=frame.display_ns,
            period_ns=frame.period_ns,
            spent_ns=now_ns - frame.woken_ns,
            until_ns=until_ns,
        )

    def _panels(self, live: LiveView) -> list[SheetPanel]:
        """Texts on the sheet, as far as the runtime takes layers; the world shows them otherwise."""
        found: list[SheetPanel] | None = None
        if self._sheet is not None and self._canvas.quads:
            found = self._sheet.show(self.stage.shown_panels, live.time_left_ratio)
            if found is not None and len(found) > self._canvas.most_quads:
                found = None
        self.stage.panels.in_world(found is None)
        return found or []

    def _dimmed(self, live: LiveView, tracked: Tracked) -> LiveView:
        wanted = 0.0 if tracked.head_valid else _LOST_VEIL
        self._veil += min(max(wanted - self._veil, -_VEIL_STEP), _VEIL_STEP)
        return live if self._veil <= live.veil_ratio else replace(live, veil_ratio=self._veil)

    def _turn(self, tracked: Tracked) -> None:
        """By the stick that is pushed further."""
        stick = max((hand.stick[0] for hand in tracked.hands), key=abs)
        left_deg = self._snap.take(stick)
        if left_deg:
            self._turning.turn(math.radians(left_deg), tracked.head)

    # ---- without one

    def _alone(self) -> None:
        """No session: draw the stage as the resting eye sees it, for whoever watches the window."""
        now_ns = self._clock.now_ns()
        self._due_ns = max(self._due_ns + self._idle_ns, now_ns)
        state = self._prepare(self._source.read(), self._due_ns, Pose(), self._inbox.live)
        self.stage.panels.in_world(True)
        self._vignette.show(0.0)
        # what was looked at when the headset went is looked at no longer, or it would be chosen by nobody's eyes
        self.stage.look_away(now_ns)
        self._watch.forget()
        self._hands.hide()
        picture: EyesPicture | None = None
        rig = self._canvas.rig
        if rig is not None:
            rig.draw(rest_matrix(self.stage.eye_m, Pose()), Pose(), _RESTING_EYES)
            picture = eyes_of(rig, Pose(), _RESTING_EYES, self._due_ns)
        self._finish(
            picture,
            state,
            self._inbox.live,
            None,
            display_ns=self._due_ns,
            period_ns=self._idle_ns,
            spent_ns=self._clock.now_ns() - now_ns,
            until_ns=self._due_ns,
        )
        self._clock.sleep_until_ns(self._due_ns)

    # ---- both

    def _prepare(self, transport: Transport, display_ns: int, head: Pose, live: LiveView) -> FrameState:
        state = self.stage.prepare(transport, display_ns, head_pose(head), live)
        if state.scene != self._scene:
            self._scene = state.scene
            self._garbage.scene_changed()
            # standing guests keep the floor under their feet: scenes differ in how high their resting eye is over it
            self._headset.scene_eye(self.stage.eye_m[2])
        return state

    def _finish(
        self,
        picture: EyesPicture | None,
        state: FrameState,
        live: LiveView,
        tracked: Tracked | None,
        *,
        display_ns: int,
        period_ns: int,
        spent_ns: int,
        until_ns: int,
    ) -> None:
        late = spent_ns > period_ns
        self._onlooker.look(
            picture,
            state,
            live,
            tracked,
            self._headset.status,
            display_ns=display_ns,
            period_ns=period_ns,
            late=late,
            until_ns=until_ns,
        )
        if state.scene >= 0:
            self._give_stills(display_ns)
        stats = self._meter.count(spent_ns, self._clock.now_ns(), late=late)
        if stats is not None:
            self._inbox.post("stats", stats)
            self._say_seat()
        self._garbage.after_frame(until_ns - self._clock.now_ns())

    def _say_seat(self) -> None:
        if self._seat is None or self._seat.standing == self._seat_said:
            return
        self._seat_said = self._seat.standing
        self._inbox.post("say", f"headset: the seat's motion is {_SEAT_WORDS[self._seat_said]}")

    def _hidden_areas(self) -> None:
        """The runtime says that they are others now; it may be gone since."""
        try:
            self._canvas.mask()
        except XrError as error:
            self._headset.failed(error)

    def _give_stills(self, display_ns: int) -> None:
        """One a frame: each is a drawing of its own."""
        if not self._inbox.stills:
            return
        path = self._inbox.stills.pop(0)
        try:
            self._stills.write(Path(path), display_ns)
        except OutputError as error:
            self._inbox.post("say", str(error))
            return
        self._inbox.post("still", path)

    def _hear(self, event: HeadsetEvent) -> None:
        match event:
            case StatusChanged():
                self._inbox.post("headset", event.status)
            case GuestArrived():
                self._watch.forget()
                self._inbox.post("input", GuestEvent(event.at_ns, "arrived"))
            case GuestLeft():
                self._garbage.unwatched()  # nobody is shown a frame: the one moment when it may take long
                self._inbox.post("input", GuestEvent(event.at_ns, "left"))
            case Recentred():
                if event.cause in ("operator", "arrival", "calibrated"):
                    self._turning.reset()
                self._inbox.post("say", _recentred(event))
            case RecentreRefused():
                self._inbox.post("say", f"headset: {event.line}")
            case ProfileChanged():
                self._pulses.controllers_changed()
            case MaskChanged():
                self._hidden_areas()
            case _:
                pass


_SEAT_WORDS = {
    "none": "not known; nothing is taken out of the head's",
    "commanded": "foretold from its commands",
    "measured": "foretold from its commands and what it reports",
    "stale": "not heard of any more; what was taken out of the head's fades",
}

# A pair of eyes as most people have them, looking ahead with half a right angle to each side.
_FOV = Fov(-0.785, 0.785, 0.7, -0.7)
_RESTING_EYES = (View(Pose((-0.0315, 0.0, 0.0)), _FOV), View(Pose((0.0315, 0.0, 0.0)), _FOV))


def _recentred(event: Recentred) -> str:
    height = "" if event.eye_height_m is None else f", eyes {event.eye_height_m:.2f} m over the floor"
    return f"headset: recentred ({event.cause}){height}"
