"""The way to a runtime and one session on it: climbs the ladder, keeps frames in order, clears away what is lost.

Below `engine.xr.headset`, which knows guests and places; here is only what is made, begun, ended and dropped, and in which order.
Any call may raise a loss: within `guard` it is noted, everything of the session is void from then on, and `pump` clears away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from engine.time.clocks import Clock
from engine.xr import ladder as ladders
from engine.xr import session as sessions
from engine.xr.actions import ActionTable
from engine.xr.faults import InstanceLost, SessionLost, XrError, XrRefused, XrUnavailable
from engine.xr.ladder import Do, Happened, Ladder, Stands
from engine.xr.refresh import choose_rate_hz
from engine.xr.runtime import Instance, InstanceWish, Layer, Runtime, Session, Space, SystemInfo
from engine.xr.session import Did, Next, SessionLife, Stage
from engine.xr.spaces import chosen_space
from engine.xr.values import EventsLost, FrameTime, InstanceLossPending, StateChanged, XrEvent
from engine.xr.watch import NoWatch, RuntimeWatch

_EVENTS_A_PUMP = 256
"""A runtime that never runs out of events must not hold the picture; the rest comes with the next frame."""
_REFUSALS_TO_LOSS = 10
"""So many frames in a row refused: the session is worth nothing."""
_LOOK_EVERY_NS = 50_000_000


class Canvas(Protocol):
    """Whoever draws: owns the swapchains of a session."""

    def open(self, session: Session, system: SystemInfo) -> None:
        """Make swapchains for a session just made, before it is begun; `XrError` counts as a refused session."""
        ...

    def close(self) -> None:
        """Let go of them, before the session is destroyed; graphics context current. Never raises; also after a failed `open`."""
        ...


class Listener(Protocol):
    """Who is told what happens here."""

    def session_made(self, session: Session, now_ns: int) -> None:
        """There is a new session; its spaces are `Connection.space` and `head_space`. What an older one said is void."""
        ...

    def session_gone(self) -> None:
        """It was dropped."""
        ...

    def heard(self, event: XrEvent) -> None:
        """An event that is not about the session's life."""
        ...


class Connection:
    """One runtime, one headset, at most one session.

    Parameters
    ----------
    runtime : Runtime
    wish : InstanceWish
    actions : ActionTable
        For every session.
    refresh_hz : float or None
        Rate asked for; None: the highest.
    clock : Clock
    say : Callable
        Takes one line for the log.
    listener : Listener
    watch : RuntimeWatch or None

    Attributes
    ----------
    canvas : Canvas or None
    ladder : Ladder
    life : SessionLife
    instance, system, session, space, head_space
        What stands.
    broken : tuple or None
        What has been lost since the last `pump`, and in which words.
    detail : str
        Why the last attempt failed or the last session went.
    begun : int
        Sessions begun so far.
    """

    def __init__(
        self,
        runtime: Runtime,
        wish: InstanceWish,
        actions: ActionTable,
        refresh_hz: float | None,
        clock: Clock,
        say: Callable[[str], None],
        listener: Listener,
        watch: RuntimeWatch | None,
    ) -> None:
        self.canvas: Canvas | None = None
        self.ladder = Ladder()
        self.life = SessionLife()
        self.instance: Instance | None = None
        self.system: SystemInfo | None = None
        self.session: Session | None = None
        self.space: Space | None = None
        self.head_space: Space | None = None
        self.broken: tuple[Happened, str] | None = None
        self.detail = ""
        self.begun = 0
        self._runtime = runtime
        self._wish = wish
        self._actions = actions
        self._refresh_hz = refresh_hz
        self._clock = clock
        self._say = say
        self._listener = listener
        self._watch = watch if watch is not None else NoWatch()
        self._canvas_open = False
        self._frame: FrameTime | None = None
        self._refusals = 0
        self._spoiled = False
        self._looked_ns = -_LOOK_EVERY_NS
        self._look: bool | None = None

    @property
    def running(self) -> bool:
        """A session has begun and nothing was lost: `wait` gives frames."""
        return self.session is not None and self.broken is None and self.life.running

    def pump(self) -> None:
        """Events, and a step of the ladder; between frames."""
        self.close_frame()
        self._clear_away()
        if self.instance is not None:
            self._poll()
            self._obey(*sessions.waited_out(self.life, self._clock.now_ns()))
            self._clear_away()
        if self._climb():
            self._poll()  # a session just made may be READY already
        self._clear_away()

    def close(self) -> None:
        """Let go of everything; never raises."""
        self.close_frame()
        self._drop_session()
        self._drop_instance()
        self.broken = None
        self.ladder = Ladder()

    # ------------------------------------------------------------------------------------------------ a frame

    def wait(self) -> FrameTime | None:
        """The next frame; None where no session runs, or none does any more."""
        self.close_frame()
        session = self.session
        if session is None or not self.running:
            return None
        with self.guard():
            self._frame = session.wait_frame()
            self._did(Did.FRAME_WAITED)
            self.ladder, _ = ladders.step(self.ladder, Happened.RAN, self._clock.now_ns())
        return self._frame if self.broken is None else None

    def is_open(self, frame: FrameTime) -> bool:
        """Whether this is the frame at hand and its session stands."""
        return self._frame is frame and self.session is not None and self.broken is None

    def begin(self, frame: FrameTime) -> None:
        """Begin it."""
        if self.is_open(frame) and self.life.frame is Stage.WAITED and self.session is not None:
            with self.guard():
                self.session.begin_frame()
                self._did(Did.FRAME_BEGUN)

    def end(self, frame: FrameTime, layers: Sequence[Layer]) -> None:
        """End it, begun or not."""
        self.begin(frame)
        if self.is_open(frame):
            self._end(frame, layers if frame.should_render else ())

    def close_frame(self) -> None:
        """Begin and end a frame that somebody left open, with nothing in it."""
        frame = self._frame
        if frame is not None:
            self.end(frame, ())
        self._frame = None

    # ------------------------------------------------------------------------------------------------ losses

    @contextmanager
    def guard(self) -> Iterator[None]:
        """What a runtime raises becomes something for the ladder."""
        try:
            yield
        except XrError as error:
            self.failed(error)

    def failed(self, error: XrError) -> None:
        """A call into this session or its instance has raised this."""
        if isinstance(error, InstanceLost):
            self._break(Happened.INSTANCE_LOST, str(error))
        elif isinstance(error, SessionLost):
            self._break(Happened.SESSION_LOST, str(error))
        else:
            self._refused(error)

    def _break(self, happened: Happened, detail: str) -> None:
        """Void from now on; cleared away by the next `pump`. A lost instance outweighs a lost session."""
        outweighs = happened in {Happened.INSTANCE_LOST, Happened.INSTANCE_LEAVING}
        if self.broken is None or (outweighs and self.broken[0] is not Happened.INSTANCE_LOST):
            self.broken = (happened, detail)

    def _refused(self, error: XrError) -> None:
        self._refusals += 1
        self._spoiled = True
        if self._refusals == 1:
            self._say(f"headset: {error}")
        if self._refusals >= _REFUSALS_TO_LOSS:
            self._break(Happened.SESSION_LOST, str(error))

    def _clear_away(self) -> None:
        if self.broken is None:
            return
        (happened, detail), self.broken = self.broken, None
        self.detail = detail
        self.ladder, actions = ladders.step(self.ladder, happened, self._clock.now_ns())
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
        for space in (self.head_space, self.space):
            if space is not None:
                space.close()
        if self.session is not None:
            self.session.close()
        self.session = self.space = self.head_space = None
        self._frame = None
        self.life = SessionLife()
        self._listener.session_gone()

    def _drop_instance(self) -> None:
        if self.instance is not None:
            self.instance.close()
        self.instance = self.system = None

    # ------------------------------------------------------------------------------------------------ climbing

    def _climb(self) -> bool:
        """As far as it goes at once: from nothing to a session is three attempts of one pump. Whether a session was made."""
        for _ in range(len(Stands)):
            now_ns = self._clock.now_ns()
            self.ladder, actions = ladders.step(self.ladder, Happened.TICK, now_ns, seen=self._looked(now_ns))
            attempts = [action for action in actions if action not in {Do.DROP_SESSION, Do.DROP_INSTANCE}]
            if not attempts:
                return False
            happened = self._attempt(attempts[0])
            self.ladder, dropped = ladders.step(self.ladder, happened, self._clock.now_ns())
            self._drop(dropped)
            if happened is not Happened.DONE or attempts[0] is Do.MAKE_SESSION:
                return happened is Happened.DONE
        return False

    def _looked(self, now_ns: int) -> bool | None:
        if self.ladder.stands is not Stands.NOTHING:
            return self._look
        if now_ns - self._looked_ns >= _LOOK_EVERY_NS:
            self._looked_ns = now_ns
            self._look = self._watch.look()
        return self._look

    def _attempt(self, action: Do) -> Happened:
        try:
            if action is Do.OPEN_INSTANCE:
                self.instance = self._runtime.open(self._wish)
            elif action is Do.LOOK_FOR_HEADSET:
                self.system = self.instance.system() if self.instance is not None else None
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
        self.detail = str(error)
        if action is Do.MAKE_SESSION:
            self._drop_session()

    def _make_session(self) -> None:
        instance, system = self.instance, self.system
        if instance is None or system is None:
            raise XrUnavailable("no headset to make a session for; it was looked for before")
        now_ns = self._clock.now_ns()
        self.life = SessionLife(since_ns=now_ns)
        self._refusals = 0
        session = self.session = instance.session(self._actions)
        try:
            kind = chosen_space(session.space_kinds)
        except ValueError as error:
            raise XrRefused("xrEnumerateReferenceSpaces", "no space to be in", str(error)) from error
        self.space = session.space(kind)
        self.head_space = session.space("view")
        if self.canvas is not None:
            self._canvas_open = True  # also a canvas that fails half way is to be closed
            self.canvas.open(session, system)
        self._ask_for_rate(session)
        self._listener.session_made(session, now_ns)

    def _ask_for_rate(self, session: Session) -> None:
        """The display's rate; a runtime that refuses keeps its own, that is no reason to go without a picture."""
        rate_hz = choose_rate_hz(session.refresh_rates_hz, self._refresh_hz)
        if rate_hz is None:
            return
        try:
            session.set_refresh_rate(rate_hz)
        except XrRefused as error:
            self._say(f"headset: {rate_hz:g} Hz was refused, its own rate stays: {error}")

    # ------------------------------------------------------------------------------------------------ events

    def _poll(self) -> None:
        for _ in range(_EVENTS_A_PUMP):
            instance = self.instance
            if instance is None or self.broken is not None:
                return
            event: XrEvent | None = None
            with self.guard():
                event = instance.poll()
            if event is None:
                return
            self._heard(event)

    def _heard(self, event: XrEvent) -> None:
        now_ns = self._clock.now_ns()
        if isinstance(event, StateChanged):
            if self.session is not None:
                self._obey(*sessions.heard(self.life, event.state, now_ns))
        elif isinstance(event, EventsLost):
            self._say(f"headset: the runtime dropped {event.count} events")
            if self.session is not None:
                self._obey(*sessions.missed_events(self.life, now_ns))
        elif isinstance(event, InstanceLossPending):
            self._break(Happened.INSTANCE_LEAVING, "the runtime is going")
        else:
            self._listener.heard(event)

    def _obey(self, life: SessionLife, steps: Sequence[Next]) -> None:
        self.life = life
        session = self.session
        if session is None:
            return
        for step in steps:
            if self.broken is not None:
                return
            if step is Next.CLOSE_FRAME:
                self.close_frame()
            elif step is Next.BEGIN_SESSION:
                if self._cross(session.begin, Did.SESSION_BEGUN):
                    self.begun += 1
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
        self._did(done)
        return True

    def _end(self, frame: FrameTime, layers: Sequence[Layer]) -> None:
        session = self.session
        if session is None:
            return
        if self.life.frame is not Stage.BEGUN:
            # its begin was refused twice: the next wait would wait for it for ever
            self._break(Happened.SESSION_LOST, "a frame could not be begun")
            return
        # a frame whose end is refused is still open, and the next wait would never return: so once more, with nothing in it
        for submitted in (layers, ()):
            with self.guard():
                session.end_frame(frame, submitted)
                self._frame_over()
                return
            if self.broken is not None:
                return
        self._break(Happened.SESSION_LOST, "a frame could not be ended")

    def _frame_over(self) -> None:
        self._did(Did.FRAME_ENDED)
        self._frame = None
        if not self._spoiled:
            self._refusals = 0
        self._spoiled = False

    def _did(self, what: Did) -> None:
        self.life = sessions.did(self.life, what, self._clock.now_ns())
