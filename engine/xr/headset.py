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

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Protocol

from engine.motion.seat_model import SeatPoses
from engine.time.clocks import Clock
from engine.xr import ladder as ladders
from engine.xr import session as sessions
from engine.xr.compensation import NO_MOTION, SeatCompensation
from engine.xr.faults import InstanceLost, SessionLost, XrError, XrRefused, XrUnavailable
from engine.xr.ladder import Do, Happened, Ladder, Rung, Stands
from engine.xr.poses import composed, inverted, is_sound, unit
from engine.xr.presence import PresenceJudge
from engine.xr.runtime import (
    HapticPulse,
    InputPort,
    Instance,
    InstanceWish,
    Layer,
    Runtime,
    Session,
    Space,
    SystemInfo,
    Views,
)
from engine.xr.session import Did, Next, SessionLife, Stage
from engine.xr.spaces import Refusal, SeatPlace, chosen_space, seen_from
from engine.xr.status_lines import line_of, rung_of
from engine.xr.values import (
    NO_HAND,
    EventsLost,
    Fov,
    FrameTime,
    Hand,
    InstanceLossPending,
    Located,
    Pose,
    PresenceChanged,
    SpaceChanged,
    StateChanged,
    Tracked,
    View,
    XrEvent,
)
from engine.xr.watch import NoWatch, RuntimeWatch
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

_EVENTS_A_PUMP = 256
"""A runtime that never runs out of events must not hold the picture; the rest comes with the next frame."""
_REFUSALS_TO_LOSS = 10
"""So many frames in a row refused: the session is worth nothing."""
_LOOK_EVERY_NS = 50_000_000
_UNSHOWN_NS = 5_000_000_000
"""A session made anew that is not shown this long after: nobody wears the headset (and not: it is still coming up)."""
_OPERATOR_PATIENCE_NS = 2_000_000_000
_ARRIVAL_PATIENCE_NS = 15_000_000_000


_ANY_FOV = Fov(-0.75, 0.75, 0.75, -0.75)
"""Of a frame that will not be submitted, before any was."""


class Canvas(Protocol):
    """Whoever draws: owns the swapchains of a session."""

    def open(self, session: Session, system: SystemInfo) -> None:
        """Make swapchains for a session just made, before it is begun; `XrError` counts as a refused session."""
        ...

    def close(self) -> None:
        """Let go of them, before the session is destroyed; graphics context current. Never raises; also after a failed `open`."""
        ...


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
        self.canvas: Canvas | None = None
        self._runtime = runtime
        self._wish = wish
        self._setup = setup
        self._clock = clock
        self._say = say
        self._compensation = SeatCompensation(seat if setup.compensate else None, setup.pivot_m)
        self._watch = watch if watch is not None else NoWatch()
        self._ladder = Ladder()
        self._life = SessionLife()
        self._instance: Instance | None = None
        self._system: SystemInfo | None = None
        self._session: Session | None = None
        self._space: Space | None = None
        self._head_space: Space | None = None
        self._canvas_open = False
        self._frame: FrameTime | None = None
        self._broken: tuple[Happened, str] | None = None
        self._refusals = 0
        self._spoiled = False
        self._detail = ""
        self._place = SeatPlace(setup)
        self._presence = PresenceJudge(setup)
        self._recentre: tuple[RecentreCause, int] | None = None
        self._refusal: Refusal | None = None
        self._motion = NO_MOTION
        self._T_space_rest = Pose()
        self._head = Located(Pose(), turn_valid=False, position_valid=False, tracked=False)
        self._good_head = Pose()
        self._good_eyes: tuple[View, View] | None = None
        self._looked_ns = -_LOOK_EVERY_NS
        self._look: bool | None = None
        self._made_ns = 0
        self._sessions_begun = 0
        self._eyes_allowed: bool | None = None
        self._out: list[HeadsetEvent] = []
        now_ns = clock.now_ns()
        english, chinese = line_of(Rung.NO_RUNTIME)
        self._status = HeadsetStatus(Rung.NO_RUNTIME, self._life.state, english, chinese, now_ns)

    # ------------------------------------------------------------------------------------------------ what others ask

    @property
    def status(self) -> HeadsetStatus:
        """As of the last `pump`."""
        return self._status

    @property
    def running(self) -> bool:
        """A session has begun: `wait` gives frames, and paces."""
        return self._session is not None and self._broken is None and self._life.running

    @property
    def system(self) -> SystemInfo | None:
        """The headset, while there is one."""
        return self._system

    @property
    def extensions(self) -> frozenset[str]:
        """In use with this instance; empty without one."""
        return self._instance.extensions if self._instance is not None else frozenset()

    @property
    def input(self) -> InputPort | None:
        """Of the session that runs, for whoever cuts haptics (`engine.xr.haptics`); None without one. Its calls may raise: see `failed`."""
        return self._session.input if self._session is not None and self.running else None

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
        self._close_frame()
        self._clear_away()
        if self._instance is not None:
            self._poll()
            self._obey(*sessions.waited_out(self._life, self._clock.now_ns()))
            self._clear_away()
        if self._climb():
            self._poll()  # a session just made may be READY already
        self._clear_away()
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

    def close(self) -> None:
        """Let go of everything; never raises. Idempotent; graphics context current."""
        self._close_frame()
        self._drop_session()
        self._drop_instance()
        self._ladder = Ladder()

    # ------------------------------------------------------------------------------------------------ a frame

    def wait(self) -> FrameTime | None:
        """The next frame, once it is time to begin with it; None: no session runs, pace yourself.

        This is the only pacer. The head's place at the frame's display time is taken here (for presence, recentring and as the
        prediction for `tracked`); the eyes are located again by `views`.
        """
        self._close_frame()
        session = self._session
        if session is None or not self.running:
            return None
        with self._guard():
            frame = session.wait_frame()
            self._life = sessions.did(self._life, Did.FRAME_WAITED, self._clock.now_ns())
            self._frame = frame
            if self._ladder.running_since_ns is None:
                self._ladder, _ = ladders.step(self._ladder, Happened.RAN, self._clock.now_ns())
            self._follow(session, frame)
        if self._broken is not None:
            return None
        return self._frame

    def begin(self, frame: FrameTime) -> None:
        """Begin drawing; graphics context current."""
        if self._is_open(frame) and self._life.frame is Stage.WAITED:
            self._begin()

    def tracked(self, frame: FrameTime) -> Tracked:
        """Head (predicted), hands and gaze at the frame's display time, in the resting guest's frame; the last known after a loss."""
        head_ok = self._head.turn_valid
        T_rest_space = inverted(self._T_space_rest)
        head = composed(T_rest_space, self._good_head)
        hands, gaze = (NO_HAND, NO_HAND), None
        session, space = self._session, self._space
        if self._is_open(frame) and session is not None and space is not None:
            with self._guard():
                state = session.input.read(frame, space)
                if state.focused:
                    hands = (_hand_in(T_rest_space, state.hands[0]), _hand_in(T_rest_space, state.hands[1]))
                    eye = state.gaze
                    if eye is not None and eye.turn_valid and eye.position_valid and is_sound(eye.pose):
                        gaze = composed(T_rest_space, eye.pose)
        return Tracked(
            at_ns=frame.display_ns,
            head=head,
            head_valid=head_ok and self._broken is None,
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
        session, space = self._session, self._space
        if space is None:
            raise RuntimeError("views() without a frame: wait() has given none that still has a session")
        views: Views | None = None
        if self._is_open(frame) and session is not None:
            with self._guard():
                views = session.views(frame, space)
        live = views is not None and self._broken is None
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
        if not self._is_open(frame):
            return
        if self._life.frame is Stage.WAITED:
            self._begin()
        if not self._is_open(frame):
            return
        self._end(frame, layers if frame.should_render else ())

    def failed(self, error: XrError) -> None:
        """Somebody else's call into this session (a swapchain's, a haptic one) raised this; the ladder is told."""
        if isinstance(error, InstanceLost):
            self._break(Happened.INSTANCE_LOST, str(error))
        elif isinstance(error, SessionLost):
            self._break(Happened.SESSION_LOST, str(error))
        else:
            self._refused(error)

    def allow_eyes(self, allowed: bool) -> None:
        """Whether the guest's eyes may be looked at (`InputPort.allow_eyes`); holds for later sessions, too."""
        self._eyes_allowed = allowed
        if self._session is not None and self._broken is None:
            with self._guard():
                self._session.input.allow_eyes(allowed)

    def play(self, pulse: HapticPulse) -> None:
        """Let a hand feel something; nothing without focus (the specification's rule: no haptics then)."""
        port = self.input
        if port is not None and self._status.rung is Rung.FOCUSED:
            with self._guard():
                port.play(pulse)

    def stop(self, hand: int) -> None:
        """End what a hand feels."""
        port = self.input
        if port is not None and self._status.rung is Rung.FOCUSED:
            with self._guard():
                port.stop(hand)

    # ------------------------------------------------------------------------------------------------ losses

    @contextmanager
    def _guard(self) -> Iterator[None]:
        """What a runtime raises becomes something for the ladder."""
        try:
            yield
        except XrError as error:
            self.failed(error)

    def _break(self, happened: Happened, detail: str) -> None:
        """Void from now on; cleared away by the next `pump`. A lost instance outweighs a lost session."""
        outweighs = happened in {Happened.INSTANCE_LOST, Happened.INSTANCE_LEAVING}
        if self._broken is None or (outweighs and self._broken[0] is not Happened.INSTANCE_LOST):
            self._broken = (happened, detail)

    def _refused(self, error: XrError) -> None:
        self._refusals += 1
        self._spoiled = True
        if self._refusals == 1:
            self._say(f"headset: {error}")
        if self._refusals >= _REFUSALS_TO_LOSS:
            self._break(Happened.SESSION_LOST, str(error))

    def _clear_away(self) -> None:
        if self._broken is None:
            return
        (happened, detail), self._broken = self._broken, None
        self._detail = detail
        self._ladder, actions = ladders.step(self._ladder, happened, self._clock.now_ns())
        self._drop(actions)

    def _drop(self, actions: Sequence[Do]) -> None:
        for action in actions:
            if action is Do.DROP_SESSION:
                self._drop_session()
            elif action is Do.DROP_INSTANCE:
                self._drop_session()
                self._drop_instance()

    def _drop_session(self) -> None:
        if self._canvas_open and self.canvas is not None:
            self.canvas.close()
        self._canvas_open = False
        for space in (self._head_space, self._space):
            if space is not None:
                space.close()
        if self._session is not None:
            self._session.close()
        self._session = self._space = self._head_space = None
        self._frame = None
        self._life = SessionLife()
        self._presence.fault()

    def _drop_instance(self) -> None:
        if self._instance is not None:
            self._instance.close()
        self._instance = self._system = None

    # ------------------------------------------------------------------------------------------------ climbing

    def _climb(self) -> bool:
        """As far as it goes at once: from nothing to a session is three attempts of one pump. Whether a session was made."""
        for _ in range(len(Stands)):
            now_ns = self._clock.now_ns()
            self._ladder, actions = ladders.step(
                self._ladder, Happened.TICK, now_ns, seen=self._looked(now_ns)
            )
            attempts = [action for action in actions if action not in {Do.DROP_SESSION, Do.DROP_INSTANCE}]
            if not attempts:
                return False
            happened = self._attempt(attempts[0])
            self._ladder, dropped = ladders.step(self._ladder, happened, self._clock.now_ns())
            self._drop(dropped)
            if happened is not Happened.DONE or attempts[0] is Do.MAKE_SESSION:
                return happened is Happened.DONE
        return False

    def _looked(self, now_ns: int) -> bool | None:
        if self._ladder.stands is not Stands.NOTHING:
            return self._look
        if now_ns - self._looked_ns >= _LOOK_EVERY_NS:
            self._looked_ns = now_ns
            self._look = self._watch.look()
        return self._look

    def _attempt(self, action: Do) -> Happened:
        try:
            if action is Do.OPEN_INSTANCE:
                self._instance = self._runtime.open(self._wish)
            elif action is Do.LOOK_FOR_HEADSET:
                self._system = self._instance.system() if self._instance is not None else None
            else:
                self._make_session()
        except XrUnavailable as error:
            self._undo(action, error)
            return Happened.ABSENT
        except InstanceLost as error:
            self._undo(action, error)
            return Happened.ABSENT if action is Do.OPEN_INSTANCE else Happened.INSTANCE_LOST
        except XrError as error:
            self._undo(action, error)
            return Happened.REFUSED
        except BaseException:
            self._drop_session()  # not the runtime's doing: nothing half made stays behind
            raise
        return Happened.DONE

    def _undo(self, action: Do, error: XrError) -> None:
        self._detail = str(error)
        if action is Do.MAKE_SESSION:
            self._drop_session()

    def _make_session(self) -> None:
        instance, system = self._instance, self._system
        if instance is None or system is None:
            raise XrUnavailable("no headset to make a session for; it was looked for before")
        now_ns = self._clock.now_ns()
        self._life = SessionLife(since_ns=now_ns)
        self._refusals = 0
        self._good_eyes = None
        session = self._session = instance.session(self._setup.actions)
        try:
            kind = chosen_space(session.space_kinds)
        except ValueError as error:
            raise XrRefused("xrEnumerateReferenceSpaces", "no space to be in", str(error)) from error
        self._space = session.space(kind)
        self._head_space = session.space("view")
        self._place.begun(kind, now_ns)
        self._presence.session_began()
        self._made_ns = now_ns
        assumed_m = self._place.floor_z_m + self._setup.assumed_eye_height_m
        self._good_head = Pose((0.0, 0.0, assumed_m))
        if self.canvas is not None:
            self._canvas_open = True  # also a canvas that fails half way is to be closed
            self.canvas.open(session, system)
        self._ask_for_rate(session)
        if self._eyes_allowed is not None:
            session.input.allow_eyes(self._eyes_allowed)

    def _ask_for_rate(self, session: Session) -> None:
        """The display's rate; a runtime that refuses keeps its own, that is no reason to go without a picture."""
        rates_hz = session.refresh_rates_hz
        if not rates_hz:
            return
        wanted_hz = self._setup.refresh_hz
        rate_hz = max(rates_hz) if wanted_hz is None else min(rates_hz, key=lambda hz: abs(hz - wanted_hz))
        try:
            session.set_refresh_rate(rate_hz)
        except XrRefused as error:
            self._say(f"headset: {rate_hz:g} Hz was refused, its own rate stays: {error}")

    # ------------------------------------------------------------------------------------------------ events

    def _poll(self) -> None:
        for _ in range(_EVENTS_A_PUMP):
            instance = self._instance
            if instance is None or self._broken is not None:
                return
            event: XrEvent | None = None
            with self._guard():
                event = instance.poll()
            if event is None:
                return
            self._heard(event)

    def _heard(self, event: XrEvent) -> None:
        now_ns = self._clock.now_ns()
        if isinstance(event, StateChanged):
            if self._session is not None:
                self._obey(*sessions.heard(self._life, event.state, now_ns))
        elif isinstance(event, EventsLost):
            self._say(f"headset: the runtime dropped {event.count} events")
            if self._session is not None:
                self._obey(*sessions.missed_events(self._life, now_ns))
        elif isinstance(event, SpaceChanged):
            self._place.changed(event)
        elif isinstance(event, PresenceChanged):
            self._presence.told(event.present)
        elif isinstance(event, InstanceLossPending):
            self._break(Happened.INSTANCE_LEAVING, "the runtime is going")
        else:
            self._out.append(event)

    def _obey(self, life: SessionLife, steps: Sequence[Next]) -> None:
        self._life = life
        session = self._session
        if session is None:
            return
        for step in steps:
            if self._broken is not None:
                return
            if step is Next.CLOSE_FRAME:
                self._close_frame()
            elif step is Next.BEGIN_SESSION:
                if self._cross(session.begin, Did.SESSION_BEGUN):
                    self._sessions_begun += 1
            elif step is Next.END_SESSION:
                self._cross(session.end, Did.SESSION_ENDED)
            elif step is Next.DROP:
                self._break(Happened.SESSION_LOST, f"the session is void ({life.state.name})")
            else:
                self._break(Happened.SESSION_LEFT, "the runtime asked us to leave")

    def _cross(self, call: Callable[[], None], done: Did) -> bool:
        """Begin or end the session. One that refuses is worth nothing: what it waits for next would never come."""
        try:
            call()
        except InstanceLost as error:
            self.failed(error)
            return False
        except XrError as error:
            self._break(Happened.SESSION_LOST, str(error))
            return False
        self._life = sessions.did(self._life, done, self._clock.now_ns())
        return True

    # ------------------------------------------------------------------------------------------------ frames

    def _is_open(self, frame: FrameTime) -> bool:
        return self._frame is frame and self._session is not None and self._broken is None

    def _begin(self) -> None:
        session = self._session
        if session is None:
            return
        with self._guard():
            session.begin_frame()
            self._life = sessions.did(self._life, Did.FRAME_BEGUN, self._clock.now_ns())

    def _end(self, frame: FrameTime, layers: Sequence[Layer]) -> None:
        session = self._session
        if session is None:
            return
        if self._life.frame is not Stage.BEGUN:
            # its begin was refused twice: the next wait would wait for it for ever
            self._break(Happened.SESSION_LOST, "a frame could not be begun")
            return
        try:
            session.end_frame(frame, layers)
        except XrRefused as error:
            self._refused(error)
            if layers and self._broken is None:
                try:
                    session.end_frame(
                        frame, ()
                    )  # the frame is still open, and the next wait would never return
                except XrError as second:
                    self.failed(second)
        except XrError as error:
            self.failed(error)
        self._frame_over()

    def _frame_over(self) -> None:
        self._life = sessions.did(self._life, Did.FRAME_ENDED, self._clock.now_ns())
        self._frame = None
        if not self._spoiled:
            self._refusals = 0
        self._spoiled = False

    def _close_frame(self) -> None:
        """Begin and end a frame that somebody left open, with nothing in it."""
        frame = self._frame
        if frame is None:
            return
        if self._broken is not None:
            self._frame = None
            return
        self.end(frame, ())
        self._frame = None

    # ------------------------------------------------------------------------------------------------ places

    def _follow(self, session: Session, frame: FrameTime) -> None:
        """Where the head and the resting guest are at this frame's display time."""
        space, head_space = self._space, self._head_space
        if space is None or head_space is None:
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
        if self._session is not None:
            visible = self._life.visible
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
        rung = rung_of(self._ladder, self._life)
        before = self._status
        exhausted = self._ladder.exhausted
        if rung is Rung.FOCUSED:
            self._detail = ""
        changed = rung is not before.rung or exhausted is not before.exhausted
        english, chinese = line_of(rung, exhausted=exhausted, detail=self._detail)
        self._status = HeadsetStatus(
            rung=rung,
            state=self._life.state,
            line=english if changed else before.line,
            line_zh=chinese if changed else before.line_zh,
            since_ns=now_ns if changed else before.since_ns,
            runtime=self._instance.runtime_name if self._instance is not None else "",
            headset=self._system.name if self._system is not None else "",
            recoveries=max(self._sessions_begun - 1, 0),
            exhausted=exhausted,
        )
        if changed:
            self._say(f"headset: {english}")
            self._out.append(StatusChanged(now_ns, self._status))


def _hand_in(T_rest_space: Pose, hand: Hand) -> Hand:
    """A hand located in the space, in the resting guest's frame."""
    if not hand.kind:
        return hand
    return replace(
        hand,
        grip=composed(T_rest_space, hand.grip) if hand.grip is not None else None,
        aim=composed(T_rest_space, hand.aim) if hand.aim is not None else None,
        joints=tuple(composed(T_rest_space, joint) for joint in hand.joints),
    )
