"""A guest's headset as the engine uses it: ladder, session, places, presence and compensation over a `Runtime`.

One thread, the one that draws; nothing here blocks but `wait`, and that only inside a running session. Losses may come out of any
call: it then returns what keeps the caller's frame going, and the next `pump` clears away and begins to climb again. So a loop
needs no error handling of its own::

    while True:
        for event in headset.pump(): ...
        frame = headset.wait()
        if frame is None: (mirror, events, pace by the clock); continue
        tracked = headset.tracked(frame)
        headset.begin(frame)
        seen = headset.views(frame)
        try: draw, with `seen.live` only: fill the swapchains
        except XrError as error: headset.failed(error)
        headset.end(frame, layers)

Instants of the runtime's clock (`FrameTime.xr_time`) are valid inside their session only; a frame of an older session is
recognised by its identity and every call with it does nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from engine.motion.seat_model import SeatPoses
from engine.time.clocks import Clock
from engine.xr.compensation import NO_MOTION, SeatCompensation
from engine.xr.connection import Canvas, Connection
from engine.xr.faults import XrError
from engine.xr.ladder import Rung
from engine.xr.poses import composed, hand_in, inverted, is_sound, unit
from engine.xr.presence import PresenceJudge
from engine.xr.runtime import (
    HapticPulse,
    InputPort,
    InstanceWish,
    Layer,
    Runtime,
    Session,
    SystemInfo,
    Views,
)
from engine.xr.spaces import Refusal, SeatPlace, as_reference, seen_from
from engine.xr.status_lines import line_of, rung_of
from engine.xr.values import (
    NO_HAND,
    Fov,
    FrameTime,
    Located,
    MaskChanged,
    Pose,
    PresenceChanged,
    ProfileChanged,
    RefreshRateChanged,
    SpaceChanged,
    Tracked,
    View,
    XrEvent,
)
from engine.xr.watch import RuntimeWatch
from engine.xr.wearing import (
    GuestArrived,
    GuestLeft,
    HeadsetEvent,
    HeadsetSetup,
    HeadsetStatus,
    RecentreCause,
    Recentred,
    RecentreRefused,
    Seen,
    StatusChanged,
)

__all__ = [
    "Canvas",
    "GuestArrived",
    "GuestLeft",
    "Headset",
    "HeadsetEvent",
    "HeadsetSetup",
    "HeadsetStatus",
    "RecentreRefused",
    "Recentred",
    "Rung",
    "Seen",
    "StatusChanged",
]

_UNSHOWN_NS = 5_000_000_000
"""A session made anew that is not shown this long after: nobody wears the headset (and not: it is still coming up)."""
_OPERATOR_PATIENCE_NS = 2_000_000_000
_ARRIVAL_PATIENCE_NS = 15_000_000_000


_ANY_FOV = Fov(-0.75, 0.75, 0.75, -0.75)
"""Of a frame that will not be submitted, before any was."""


class Headset:
    """One guest's headset, through everything that happens to it.

    Parameters
    ----------
    runtime : Runtime
    wish : InstanceWish
    setup : HeadsetSetup
    clock : Clock
    say : Callable
        Takes one line for the log.
    seat : SeatPoses, optional
        Where the guest's seat is at a display time; its motion is taken out of the head's.
    watch : RuntimeWatch, optional
        See `engine.xr.watch.watch_for`.
    """

    def __init__(
        self,
        runtime: Runtime,
        wish: InstanceWish,
        setup: HeadsetSetup,
        clock: Clock,
        *,
        say: Callable[[str], None],
        seat: SeatPoses | None = None,
        watch: RuntimeWatch | None = None,
    ) -> None:
        self._setup = setup
        self._clock = clock
        self._say = say
        self._compensation = SeatCompensation(seat if setup.compensate else None, setup.pivot_m)
        self._link = Connection(runtime, wish, setup.actions, setup.refresh_hz, clock, say, self, watch)
        self._place = SeatPlace(setup)
        self._presence = PresenceJudge(setup)
        self._recentre: tuple[RecentreCause, int] | None = None
        self._refusal: Refusal | None = None
        self._motion = NO_MOTION
        self._T_space_rest = Pose()
        self._head = Located(Pose(), turn_valid=False, position_valid=False, tracked=False)
        self._good_head = Pose()
        self._good_eyes: tuple[View, View] | None = None
        self._made_ns = 0
        self._eyes_allowed: bool | None = None
        self._out: list[HeadsetEvent] = []
        now_ns = clock.now_ns()
        english, chinese = line_of(Rung.NO_RUNTIME)
        self._status = HeadsetStatus(Rung.NO_RUNTIME, self._link.life.state, english, chinese, now_ns)

    # ------------------------------------------------------------------------------------------------ what others ask

    @property
    def canvas(self) -> Canvas | None:
        """Whoever draws; set it before the first `pump`."""
        return self._link.canvas

    @canvas.setter
    def canvas(self, canvas: Canvas | None) -> None:
        self._link.canvas = canvas

    @property
    def status(self) -> HeadsetStatus:
        """As of the last `pump`."""
        return self._status

    @property
    def running(self) -> bool:
        """A session has begun: `wait` gives frames, and paces."""
        return self._link.running

    @property
    def system(self) -> SystemInfo | None:
        """The headset, while there is one."""
        return self._link.system

    @property
    def extensions(self) -> frozenset[str]:
        """In use with this instance; empty without one."""
        instance = self._link.instance
        return instance.extensions if instance is not None else frozenset()

    @property
    def input(self) -> InputPort | None:
        """Of the session that runs, for whoever cuts haptics (`engine.xr.haptics`); None without one. Its calls may raise: see `failed`."""
        session = self._link.session
        return session.input if session is not None and self.running else None

    @property
    def present(self) -> bool | None:
        """Whether a guest wears it (debounced); None: unknown."""
        return self._presence.present

    # ------------------------------------------------------------------------------------------------ between frames

    def pump(self) -> tuple[HeadsetEvent, ...]:
        """Events of the runtime, one step of the ladder, presence. Between frames; a frame left open is closed first.

        Returns
        -------
        tuple of HeadsetEvent
            What has happened since the last call.

        Notes
        -----
        Never waits. Making an instance and a session is done here, in this thread, since the graphics context is (35 ms on Monado
        25.0); while there is no runtime an attempt costs what the runtime's library takes to say so, and they grow rare.
        """
        self._link.pump()
        now_ns = self._clock.now_ns()
        self._mind_guest(now_ns)
        self._give_up_recentring(now_ns)
        self._tell(now_ns)
        events = tuple(self._out)
        self._out.clear()
        return events

    def recentre(self) -> None:
        """The operator: put the guest's head where the resting eye is, looking ahead, with the next good head pose."""
        self._recentre = ("operator", self._clock.now_ns() + _OPERATOR_PATIENCE_NS)

    def calibrate(self) -> None:
        """Place the guest by the mean of a head that is still for a second; within 15 s, else the place stays."""
        self._place.calibrate(self._clock.now_ns())

    def scene_eye(self, height_m: float) -> None:
        """The scene on show has its resting eye at this height over its vehicle's floor; for guests who stand. From the next frame on."""
        self._place.scene_eye(height_m)

    def close(self) -> None:
        """Let go of everything; never raises. Idempotent; graphics context current."""
        self._link.close()

    # ------------------------------------------------------------------------------------------------ a frame

    def wait(self) -> FrameTime | None:
        """The next frame, once it is time to begin with it; None: no session runs, pace yourself.

        This is the only pacer. The head's place at the frame's display time is taken here (for presence, recentring and as the
        prediction for `tracked`); the eyes are located again by `views`.
        """
        frame = self._link.wait()
        if frame is None:
            return None
        with self._link.guard():
            self._follow(frame)
        return frame if self._link.is_open(frame) else None

    def begin(self, frame: FrameTime) -> None:
        """Begin drawing; graphics context current."""
        self._link.begin(frame)

    def tracked(self, frame: FrameTime) -> Tracked:
        """Head (predicted), hands and gaze at the frame's display time, in the resting guest's frame; the last known after a loss."""
        head_ok = self._head.turn_valid
        T_rest_space = inverted(self._T_space_rest)
        head = composed(T_rest_space, self._good_head)
        hands, gaze = (NO_HAND, NO_HAND), None
        link = self._link
        session, space = link.session, link.space
        if link.is_open(frame) and session is not None and space is not None:
            with self._link.guard():
                state = session.input.read(frame, space)
                if state.focused:
                    hands = (hand_in(T_rest_space, state.hands[0]), hand_in(T_rest_space, state.hands[1]))
                    eye = state.gaze
                    if eye is not None and eye.turn_valid and eye.position_valid and is_sound(eye.pose):
                        gaze = composed(T_rest_space, eye.pose)
        return Tracked(
            at_ns=frame.display_ns,
            head=head,
            head_valid=head_ok and self._link.broken is None,
            hands=hands,
            gaze=gaze,
            present=self._presence.present,
        )

    def views(self, frame: FrameTime) -> Seen:
        """The eyes at the frame's display time; call it as late as possible, after `begin`.

        Raises
        ------
        RuntimeError
            When no session was ever there to give a frame.
        """
        link = self._link
        session, space = link.session, link.space
        if space is None:
            raise RuntimeError("views() without a frame: wait() has given none that still has a session")
        views: Views | None = None
        if link.is_open(frame) and session is not None:
            with self._link.guard():
                views = session.views(frame, space)
        live = views is not None and self._link.broken is None
        if views is None:
            views = Views(self._last_eyes(), turn_valid=False, position_valid=False, tracked=False)
        if not all(is_sound(eye.pose) for eye in views.eyes):
            views = replace(views, turn_valid=False, position_valid=False, tracked=False)
        eyes = self._held(views)
        views = replace(views, eyes=eyes)
        head, in_rest = seen_from(self._T_space_rest, eyes)
        if live and views.turn_valid and views.position_valid:
            self._good_eyes = eyes
            self._place.note(head, frame.display_ns)
        return Seen(
            head=head,
            eyes=in_rest,
            raw=views,
            space=space,
            T_space_rest=self._T_space_rest,
            turn_valid=views.turn_valid,
            position_valid=views.position_valid,
            tracked=views.tracked,
            live=live,
        )

    def end(self, frame: FrameTime, layers: Sequence[Layer]) -> None:
        """Submit; graphics context current. Also closes a frame whose begin or draw failed: give no layers then.

        Layers of a frame that need not be rendered are left out. A frame whose layers the runtime refuses is ended without them.
        """
        self._link.end(frame, layers)

    def failed(self, error: XrError) -> None:
        """Somebody else's call into this session (a swapchain's, a haptic one) raised this; the ladder is told."""
        self._link.failed(error)

    def allow_eyes(self, allowed: bool) -> None:
        """Whether the guest's eyes may be looked at (`InputPort.allow_eyes`); holds for later sessions, too."""
        self._eyes_allowed = allowed
        session = self._link.session
        if session is not None and self._link.broken is None:
            with self._link.guard():
                session.input.allow_eyes(allowed)

    def play(self, pulse: HapticPulse) -> None:
        """Let a hand feel something; nothing without focus (the specification's rule: no haptics then)."""
        port = self.input
        if port is not None and self._status.rung is Rung.FOCUSED:
            with self._link.guard():
                port.play(pulse)

    def stop(self, hand: int) -> None:
        """End what a hand feels."""
        port = self.input
        if port is not None and self._status.rung is Rung.FOCUSED:
            with self._link.guard():
                port.stop(hand)

    # ------------------------------------------------------------------------------------------------ what the connection tells

    def session_made(self, session: Session, now_ns: int) -> None:
        """The connection's: a new session stands."""
        space = self._link.space
        if space is None:
            return
        self._place.begun(as_reference(space.kind), now_ns)
        self._presence.session_began()
        self._made_ns = now_ns
        self._good_eyes = None
        self._good_head = Pose((0.0, 0.0, self._place.floor_z_m + self._setup.assumed_eye_height_m))
        if self._eyes_allowed is not None:
            session.input.allow_eyes(self._eyes_allowed)

    def session_gone(self) -> None:
        """The connection's: it was dropped, and no guest had to do with it."""
        self._presence.fault()

    def heard(self, event: XrEvent) -> None:
        """The connection's: an event about something else than the session's life."""
        if isinstance(event, SpaceChanged):
            self._place.changed(event)
        elif isinstance(event, PresenceChanged):
            self._presence.told(event.present)
        elif isinstance(event, ProfileChanged | RefreshRateChanged | MaskChanged):
            self._out.append(event)

    # ------------------------------------------------------------------------------------------------ places

    def _follow(self, frame: FrameTime) -> None:
        """Where the head and the resting guest are at this frame's display time."""
        link = self._link
        session, space, head_space = link.session, link.space, link.head_space
        if session is None or space is None or head_space is None:
            return
        at_ns = frame.display_ns
        moved = self._place.reached(frame.xr_time)
        if moved:
            self._presence.jumped()
            self._good_eyes = None
            self._out.append(Recentred(at_ns, "runtime"))
        self._motion = self._compensation.motion_at(at_ns)
        located = session.locate(head_space, space, frame)
        if not is_sound(located.pose):
            located = Located(self._good_head, turn_valid=False, position_valid=False, tracked=False)
        self._head = located
        self._good_head = Pose(
            located.pose.position_m if located.position_valid else self._good_head.position_m,
            unit(located.pose.turn) if located.turn_valid else self._good_head.turn,
        )
        if located.turn_valid:
            self._put_guest(located, at_ns)
        if self._place.placed:
            self._T_space_rest = self._place.T_space_rest(self._motion)
        else:
            z_m = self._place.floor_z_m + self._setup.assumed_eye_height_m - self._setup.lift_m
            self._T_space_rest = composed(Pose((0.0, 0.0, z_m)), self._motion)
        if located.turn_valid and located.position_valid:
            # in the seat's frame: a headset that lies on a moving seat is not worn for that
            self._presence.head(composed(inverted(self._T_space_rest), self._good_head), at_ns)

    def _put_guest(self, located: Located, at_ns: int) -> None:
        place = self._place
        head = self._good_head
        if not place.placed:
            carried = place.settle(head, self._motion, at_ns)
            self._placed("recovered" if carried else "first", head, at_ns)
        if self._recentre is not None:
            refusal = place.place(head, self._motion)
            if refusal is None:
                cause, self._recentre = self._recentre[0], None
                self._placed(cause, head, at_ns)
            self._refusal = refusal
        if place.calibrating and self._recentre is None:
            result, ended = place.sample(located, self._motion, at_ns)
            if isinstance(result, Refusal):
                self._out.append(RecentreRefused(at_ns, result.line, result.line_zh))
            elif ended and result is not None:
                self._placed("calibrated", result, at_ns)

    def _placed(self, cause: RecentreCause, head: Pose, at_ns: int) -> None:
        self._presence.jumped()
        self._out.append(Recentred(at_ns, cause, self._place.eye_height_m(head)))

    def _give_up_recentring(self, now_ns: int) -> None:
        if self._recentre is None or now_ns < self._recentre[1]:
            return
        why = self._refusal or Refusal("the headset gives no picture now", "头显目前没有画面")
        self._recentre, self._refusal = None, None
        self._out.append(
            RecentreRefused(now_ns, f"not recentred: {why.line}", f"未能重新居中：{why.line_zh}")
        )

    def _last_eyes(self) -> tuple[View, View]:
        """Where the eyes were last, or as good as that: both in the head, a common field of view."""
        if self._good_eyes is not None:
            return self._good_eyes
        return (View(self._good_head, _ANY_FOV), View(self._good_head, _ANY_FOV))

    def _held(self, views: Views) -> tuple[View, View]:
        """The eyes, with an invalid half held as it last was."""
        if views.turn_valid and views.position_valid:
            return views.eyes
        last = self._last_eyes()
        left, right = (
            View(
                Pose(
                    eye.pose.position_m if views.position_valid else held.pose.position_m,
                    eye.pose.turn if views.turn_valid else held.pose.turn,
                ),
                eye.fov,
            )
            for eye, held in zip(views.eyes, last, strict=True)
        )
        return (left, right)

    # ------------------------------------------------------------------------------------------------ guests, status

    def _mind_guest(self, now_ns: int) -> None:
        if self._link.session is not None:
            visible = self._link.life.visible
            if visible or now_ns - self._made_ns >= _UNSHOWN_NS or self._presence.watching:
                self._presence.shown(visible)
        event = self._presence.judge(now_ns)
        if event is None:
            return
        self._out.append(event)
        if isinstance(event, GuestLeft):
            self._place.forget()
            return
        if "recentre" in self._setup.on_arrival:
            self._recentre = ("arrival", now_ns + _ARRIVAL_PATIENCE_NS)
        if "calibrate" in self._setup.on_arrival:
            self._place.calibrate(now_ns)

    def _tell(self, now_ns: int) -> None:
        link = self._link
        rung = rung_of(link.ladder, link.life)
        before = self._status
        exhausted = link.ladder.exhausted
        if rung is Rung.FOCUSED:
            link.detail = ""
        changed = rung is not before.rung or exhausted is not before.exhausted
        english, chinese = line_of(rung, exhausted=exhausted, detail=link.detail)
        self._status = HeadsetStatus(
            rung=rung,
            state=link.life.state,
            line=english if changed else before.line,
            line_zh=chinese if changed else before.line_zh,
            since_ns=now_ns if changed else before.since_ns,
            runtime=link.instance.runtime_name if link.instance is not None else "",
            headset=link.system.name if link.system is not None else "",
            recoveries=max(link.begun - 1, 0),
            exhausted=exhausted,
        )
        if changed:
            self._say(f"headset: {english}")
            self._out.append(StatusChanged(now_ns, self._status))
