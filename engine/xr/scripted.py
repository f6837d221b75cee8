"""A runtime without a device: plays a script of states and losses on a manual clock, and checks the specification's rules.

For tests of everything above `engine.xr.runtime`, ours and other parts' (loop, mirror, input). It is a real program behind the
protocols, not a mock: sessions go through their states by themselves, frames are paced, spaces move, and whatever a caller does
against the specification raises `RuleBroken` at once. Missing: layers are kept, not composed; swapchain images are bare numbers.

Example
-------
>>> from engine.time.clocks import ManualClock
>>> from engine.xr.runtime import InstanceWish
>>> clock = ManualClock()
>>> device = ScriptedDevice(clock)
>>> instance = ScriptedRuntime(device).open(InstanceWish())
>>> instance.system().name
'Scripted headset'

What a test turns (all on `ScriptedDevice`, which stands for the machine's runtime and its headset together, whatever becomes of
instances):

- ``worn``: put on and taken off; sessions go to FOCUSED or back to SYNCHRONIZED, or to IDLE with ``sleeps``.
- ``runtime_up``, ``headset_there``: `kill()` and `start()` the runtime, pull and plug the cable.
- ``head``, ``eyes_apart_m``, ``head_valid``: `T_stage_head`; reference spaces have their own origins, moved by `move_origin`.
- ``input_state``: what actions say; ``pulses``: what hands were to feel.
- ``fail_next(call, error)``: let one call of that name raise; ``send(event)``: any event at all, in any order.
- ``frames_ended``: layers of each frame ended.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from engine.errors import SensoramaError
from engine.time.clocks import Clock
from engine.xr.actions import ActionTable, InputState
from engine.xr.faults import InstanceLost, SessionLost, XrError, XrRefused, XrUnavailable
from engine.xr.poses import composed, inverted
from engine.xr.runtime import (
    HapticForm,
    HapticPulse,
    InstanceWish,
    Layer,
    Mask,
    Runtime,
    Space,
    SpaceKind,
    SwapchainSpec,
    SystemInfo,
    Views,
)
from engine.xr.values import (
    NO_HAND,
    Fov,
    FrameTime,
    Located,
    Pose,
    PresenceChanged,
    SessionState,
    SpaceChanged,
    StateChanged,
    View,
    XrEvent,
)

PERIOD_NS = 11_111_111
"""90 Hz."""

SRGB8_ALPHA8, RGBA16F, RGBA8, DEPTH24 = 0x8C43, 0x881A, 0x8058, 0x81A6

_SHOWN = (SessionState.SYNCHRONIZED, SessionState.VISIBLE, SessionState.FOCUSED)
_FOV = Fov(-0.74, 0.74, 0.78, -0.78)


class RuleBroken(SensoramaError):
    """A caller did what the OpenXR specification forbids; a mistake of ours, so no `XrError`: nothing recovers from it."""


@dataclass
class ScriptedDevice:
    """The runtime's side: what a test turns, and what it looks at afterwards.

    Attributes
    ----------
    clock : Clock
        Waiting for a frame sleeps on it: a `ManualClock` jumps.
    period_ns : int
        Between frames.
    ahead_ns : int
        From waking to display.
    system : SystemInfo
    extensions : frozenset of str
    space_kinds : frozenset of str
    refresh_rates_hz : tuple of float
    formats : tuple of int
    runtime_up, headset_there : bool
    worn : bool
        Use `put_on` and `take_off`.
    sleeps : bool
        Whether taking it off stops the session (STOPPING, IDLE) rather than only hiding it.
    head : Pose
        `T_stage_head`, at any instant; or see `head_at`.
    head_at : Callable or None
        Display instant, ns -> `T_stage_head`; overrides `head`.
    """

    clock: Clock
    period_ns: int = PERIOD_NS
    ahead_ns: int = 19_500_000
    system: SystemInfo = field(
        default_factory=lambda: SystemInfo("Scripted headset", (640, 480), (1920, 1080))
    )
    extensions: frozenset[str] = frozenset({"XR_EXT_local_floor", "XR_MND_headless"})
    space_kinds: frozenset[str] = frozenset({"view", "local", "local_floor", "stage"})
    refresh_rates_hz: tuple[float, ...] = ()
    formats: tuple[int, ...] = (RGBA16F, SRGB8_ALPHA8, RGBA8, DEPTH24)
    masks: tuple[Mask | None, Mask | None] = (None, None)
    runtime_up: bool = True
    headset_there: bool = True
    worn: bool = True
    sleeps: bool = False
    should_render: bool = True
    head: Pose = field(default_factory=lambda: Pose((0.0, 0.0, 1.2)))
    head_at: Callable[[int], Pose] | None = None
    turn_valid: bool = True
    position_valid: bool = True
    position_tracked: bool = True
    eyes_apart_m: float = 0.063
    input_state: InputState = field(default_factory=InputState)
    haptic_form: HapticForm = "simple"
    pcm_rate_hz: float = 0.0
    origins: dict[str, Pose] = field(
        default_factory=lambda: {"local": Pose((0.0, 0.0, 1.2)), "local_floor": Pose(), "stage": Pose()}
    )
    """`T_stage_origin` of each reference space."""

    calls: list[str] = field(default_factory=list)
    frames_ended: list[tuple[Layer, ...]] = field(default_factory=list)
    pulses: list[HapticPulse] = field(default_factory=list)
    stopped_hands: list[int] = field(default_factory=list)
    eyes_allowed: bool = True
    refresh_hz: float | None = None
    actions: ActionTable | None = None
    instances_made: int = 0
    sessions_made: int = 0
    open_things: set[str] = field(default_factory=set)
    """Names of whatever was made and not closed; empty after a clean `close`."""

    instance: ScriptedInstance | None = None
    _failures: dict[str, deque[XrError]] = field(default_factory=dict)
    _waits: dict[str, int] = field(default_factory=dict)
    _made: int = 0

    # ---- what a test does

    def kill(self) -> None:
        """The runtime dies: every call of the instance there was raises `InstanceLost` from now on."""
        self.runtime_up = False
        if self.instance is not None:
            self.instance.lost = True
        self.instance = None

    def start(self) -> None:
        """The runtime is there again; its clock and its origins are new ones."""
        self.runtime_up = True

    def put_on(self) -> None:
        """Somebody puts the headset on."""
        self.worn = True
        self._tell_presence()
        self._session_follows()

    def take_off(self) -> None:
        """Somebody takes it off."""
        self.worn = False
        self._tell_presence()
        self._session_follows()

    def unplug(self) -> None:
        """The cable comes out: the session is about to be lost."""
        self.headset_there = False
        self.send(StateChanged(SessionState.LOSS_PENDING))

    def plug(self) -> None:
        """The cable is in again."""
        self.headset_there = True

    def send(self, event: XrEvent) -> None:
        """Queue an event of any kind, however absurd; nothing where there is no instance."""
        if self.instance is not None:
            self.instance.events.append(event)

    def fail_next(self, call: str, error: XrError, *, after: int = 0) -> None:
        """Let the next call of that name raise `error`, `after` calls of it having gone well.

        Losses stay: after an `InstanceLost` or `SessionLost` every further call of the same object raises it too.
        """
        self._failures.setdefault(call, deque()).append(error)
        self._waits[call] = after

    def clear_failures(self) -> None:
        """Nothing fails any more."""
        self._failures.clear()

    def move_origin(self, kind: str, T_old_new: Pose, *, at_xr_time: int, told: bool = True) -> None:
        """Somebody recentres the runtime: the origin of a space moves at an instant of the runtime's clock.

        Parameters
        ----------
        T_old_new : Pose
            The new origin in the frame of the old one.
        told : bool
            Whether the event says so (`pose_in_previous`); runtimes may leave that out.
        """
        before = self.origins[kind]
        self._moves.append((at_xr_time, kind, composed(before, T_old_new)))
        self.send(SpaceChanged(kind, at_xr_time, T_old_new if told else None))

    _moves: list[tuple[int, str, Pose]] = field(default_factory=list)

    # ---- what its own parts ask

    def called(self, call: str) -> None:
        """A call is made; raises what was put there for it."""
        self.calls.append(call)
        waiting = self._failures.get(call)
        if not waiting:
            return
        if self._waits[call] > 0:
            self._waits[call] -= 1
            return
        raise waiting.popleft()

    def name(self, what: str) -> str:
        """A name for a thing just made."""
        self._made += 1
        name = f"{what}-{self._made}"
        self.open_things.add(name)
        return name

    def head_pose(self, display_ns: int) -> Pose:
        """`T_stage_head` then."""
        return self.head if self.head_at is None else self.head_at(display_ns)

    def origin(self, kind: str, xr_time: int) -> Pose:
        """`T_stage_origin` of a reference space at an instant of the runtime's clock."""
        for at, which, T_stage_origin in self._moves:
            if which == kind and at <= xr_time:
                self.origins[kind] = T_stage_origin
        self._moves = [move for move in self._moves if not (move[1] == kind and move[0] <= xr_time)]
        return self.origins[kind]

    def _tell_presence(self) -> None:
        if self.system.has_presence:
            self.send(PresenceChanged(self.worn))

    def _session_follows(self) -> None:
        session = None if self.instance is None else self.instance.current
        if session is not None:
            session.follow()


class ScriptedRuntime:
    """`engine.xr.runtime.Runtime` over a `ScriptedDevice`."""

    def __init__(self, device: ScriptedDevice) -> None:
        self.device = device

    def open(self, wish: InstanceWish) -> ScriptedInstance:
        """Connect, if the runtime is up."""
        device = self.device
        device.called("open")
        if not device.runtime_up:
            raise XrUnavailable("no OpenXR runtime answers; start it")
        device.instances_made += 1
        device.instance = ScriptedInstance(device)
        return device.instance


def scripted(device: ScriptedDevice) -> Runtime:
    """The runtime over a device, as whoever uses it sees it."""
    return ScriptedRuntime(device)


class ScriptedInstance:
    """`engine.xr.runtime.Instance`."""

    def __init__(self, device: ScriptedDevice) -> None:
        self.device = device
        self.lost = False
        self.closed = False
        self.events: deque[XrEvent] = deque()
        self.current: ScriptedSession | None = None
        # the epoch of each instance's clock is its own, as on Monado: an XrTime that survives a recovery is found out
        self.epoch_ns = device.instances_made * 7_000_000_007
        self._name = device.name("instance")

    @property
    def runtime_name(self) -> str:
        """Its name."""
        return "Scripted 1.0"

    @property
    def extensions(self) -> frozenset[str]:
        """As the device says."""
        return self.device.extensions

    def call(self, name: str) -> None:
        """Every call goes through here."""
        if self.closed:
            raise RuleBroken(f"{name} of an instance that was destroyed")
        if self.lost:
            raise InstanceLost(f"{name}: XR_ERROR_INSTANCE_LOST")
        try:
            self.device.called(name)
        except InstanceLost:
            self.lost = True
            raise

    def system(self) -> SystemInfo:
        """The headset, if the cable is in."""
        self.call("system")
        if not self.device.headset_there:
            raise XrUnavailable("no headset is connected; check its cable")
        return self.device.system

    def poll(self) -> XrEvent | None:
        """The next event."""
        self.call("poll")
        return self.events.popleft() if self.events else None

    def session(self, actions: ActionTable) -> ScriptedSession:
        """A session; one at a time."""
        self.call("session")
        if self.current is not None:
            raise RuleBroken("a second session while the first is not destroyed")
        if not self.device.headset_there:
            raise XrUnavailable("no headset is connected; check its cable")
        self.device.actions = actions
        self.device.sessions_made += 1
        self.current = ScriptedSession(self)
        return self.current

    def close(self) -> None:
        """Destroy it."""
        if self.closed:
            return
        if self.current is not None:
            raise RuleBroken("an instance is destroyed while its session is not")
        self.closed = True
        self.device.open_things.discard(self._name)
        if self.device.instance is self:
            self.device.instance = None


class ScriptedSpace:
    """`engine.xr.runtime.Space`: a reference space, `offset` from the runtime's own."""

    def __init__(self, session: ScriptedSession, kind: str, offset: Pose) -> None:
        self.session = session
        self.offset = offset
        self._kind = kind
        self._name = session.device.name(f"space {kind}")

    @property
    def kind(self) -> str:
        """Which."""
        return self._kind

    def close(self) -> None:
        """Destroy it."""
        self.session.device.open_things.discard(self._name)


class ScriptedSwapchain:
    """`engine.xr.runtime.Swapchain`: three images, numbers without a texture."""

    def __init__(self, session: ScriptedSession, spec: SwapchainSpec) -> None:
        self.session = session
        self._spec = spec
        self._images = tuple(session.device.sessions_made * 100 + index for index in range(3))
        self._next = 0
        self._held = False
        self._closed = False
        self._name = session.device.name("swapchain")

    @property
    def spec(self) -> SwapchainSpec:
        """What it was made as."""
        return self._spec

    @property
    def images(self) -> Sequence[int]:
        """Their names."""
        return self._images

    def acquire(self) -> int:
        """The next one."""
        self._check("acquire")
        if self._held:
            raise RuleBroken("acquire: an image is held already")
        self._held = True
        image = self._images[self._next]
        self._next = (self._next + 1) % len(self._images)
        return image

    def release(self) -> None:
        """Give it back."""
        self._check("release")
        if not self._held:
            raise RuleBroken("release without acquire")
        self._held = False

    def close(self) -> None:
        """Destroy it."""
        if self.session.closed:
            raise RuleBroken("a swapchain is destroyed after its session")
        self._closed = True
        self.session.device.open_things.discard(self._name)

    def _check(self, call: str) -> None:
        if self._closed:
            raise RuleBroken(f"{call} of a swapchain that was destroyed")
        self.session.call(call)


class ScriptedSession:
    """`engine.xr.runtime.Session`, with the order of calls checked (specification 9.3 and 10.4)."""

    def __init__(self, instance: ScriptedInstance) -> None:
        self.instance = instance
        self.device = instance.device
        self.closed = False
        self.lost = False
        self.running = False
        self.state = SessionState.IDLE
        self.frame = "none"
        self.frames = 0
        self._name = self.device.name("session")
        self._last_wake_ns: int | None = None
        self._current: FrameTime | None = None
        self._input = ScriptedInput(self)
        self._tell(SessionState.IDLE)
        if self.device.worn or not self.device.sleeps:
            self._tell(SessionState.READY)
        if self.device.system.has_presence:
            instance.events.append(PresenceChanged(self.device.worn))

    def call(self, name: str) -> None:
        """Every call goes through here."""
        if self.closed:
            raise RuleBroken(f"{name} of a session that was destroyed")
        if self.lost and not self.instance.lost:
            raise SessionLost(f"{name}: XR_ERROR_SESSION_LOST")
        try:
            self.instance.call(name)
        except SessionLost:
            self.lost = True
            raise

    def follow(self) -> None:
        """Go where the headset's being worn or not leads."""
        device = self.device
        if self.state is SessionState.STOPPING:
            return  # nothing else until it is ended, as the specification has it
        if device.worn:
            if self.running:
                self._climb(SessionState.FOCUSED)
            elif self.state is SessionState.IDLE:
                self._tell(SessionState.READY)
        elif self.running:
            self._descend(SessionState.SYNCHRONIZED)
            if device.sleeps:
                self._tell(SessionState.STOPPING)

    def _tell(self, state: SessionState) -> None:
        self.state = state
        self.instance.events.append(StateChanged(state))

    def _climb(self, to: SessionState) -> None:
        at = _SHOWN.index(self.state) if self.state in _SHOWN else -1
        for state in _SHOWN[at + 1 : _SHOWN.index(to) + 1]:
            self._tell(state)

    def _descend(self, to: SessionState) -> None:
        if self.state not in _SHOWN:
            return
        for state in reversed(_SHOWN[_SHOWN.index(to) : _SHOWN.index(self.state)]):
            self._tell(state)

    def begin(self) -> None:
        """After READY."""
        self.call("begin")
        if self.running:
            raise RuleBroken("xrBeginSession of a running session")
        if self.state is not SessionState.READY:
            raise XrRefused("xrBeginSession", "XR_ERROR_SESSION_NOT_READY")
        self.running = True
        self._climb(SessionState.FOCUSED if self.device.worn else SessionState.SYNCHRONIZED)
        if self.device.sleeps and not self.device.worn:
            self._tell(SessionState.STOPPING)

    def end(self) -> None:
        """After STOPPING."""
        self.call("end")
        if not self.running:
            raise RuleBroken("xrEndSession of a session that does not run")
        if self.frame != "none":
            raise RuleBroken(f"xrEndSession while a frame is {self.frame}")
        if self.state is not SessionState.STOPPING:
            raise XrRefused("xrEndSession", "XR_ERROR_SESSION_NOT_STOPPING")
        self.running = False
        self._tell(SessionState.IDLE)
        if self.device.worn:
            self._tell(SessionState.READY)

    def request_exit(self) -> None:
        """STOPPING follows."""
        self.call("request_exit")
        if not self.running:
            raise RuleBroken("xrRequestExitSession of a session that does not run")
        self._tell(SessionState.STOPPING)

    def wait_frame(self) -> FrameTime:
        """Sleeps on the clock until the next period."""
        self.call("wait_frame")
        if not self.running:
            raise RuleBroken("xrWaitFrame outside a running session")
        if self.frame != "none":
            raise RuleBroken(
                f"xrWaitFrame while a frame is {self.frame}: each wait has one begin and one end"
            )
        device = self.device
        now_ns = device.clock.now_ns()
        last_ns = self._last_wake_ns
        wake_ns = now_ns if last_ns is None else max(now_ns, last_ns + device.period_ns)
        device.clock.sleep_until_ns(wake_ns)
        self._last_wake_ns = wake_ns
        display_ns = wake_ns + device.ahead_ns
        self.frame = "waited"
        self._current = FrameTime(
            number=self.frames,
            xr_time=display_ns + self.instance.epoch_ns,
            display_ns=display_ns,
            period_ns=device.period_ns,
            woken_ns=wake_ns,
            should_render=device.should_render and self.state in _SHOWN[1:],
        )
        self.frames += 1
        return self._current

    def begin_frame(self) -> bool:
        """True always: an order that would discard a frame is refused before."""
        self.call("begin_frame")
        if self.frame != "waited":
            raise RuleBroken(f"xrBeginFrame while the frame is {self.frame}")
        self.frame = "begun"
        return True

    def end_frame(self, frame: FrameTime, layers: Sequence[Layer]) -> None:
        """Keeps the layers."""
        self._mine(frame, "xrEndFrame")
        if self.frame != "begun":
            raise RuleBroken(f"xrEndFrame while the frame is {self.frame}")
        self.call("end_frame")
        self.frame = "none"
        self.device.frames_ended.append(tuple(layers))

    def space(self, kind: SpaceKind, pose: Pose | None = None) -> ScriptedSpace:
        """One of those offered."""
        self.call("space")
        if kind not in self.device.space_kinds:
            raise XrRefused("xrCreateReferenceSpace", "XR_ERROR_REFERENCE_SPACE_UNSUPPORTED")
        return ScriptedSpace(self, kind, pose if pose is not None else Pose())

    @property
    def space_kinds(self) -> frozenset[str]:
        """As the device says."""
        self.call("space_kinds")
        return self.device.space_kinds

    def views(self, frame: FrameTime, base: Space) -> Views:
        """Both eyes, half their distance from the head's middle."""
        self.call("views")
        self._mine(frame, "xrLocateViews")
        T_base_head = self._head_in(base, frame)
        half_m = self.device.eyes_apart_m / 2.0
        left, right = (View(composed(T_base_head, Pose((x_m, 0.0, 0.0))), _FOV) for x_m in (-half_m, half_m))
        device = self.device
        return Views((left, right), device.turn_valid, device.position_valid, device.position_tracked)

    def locate(self, space: Space, base: Space, frame: FrameTime) -> Located:
        """A reference space in another one; "view" is the head."""
        self.call("locate")
        self._mine(frame, "xrLocateSpace")
        device = self.device
        T_base_stage = inverted(self._in_stage(base, frame))
        pose = composed(T_base_stage, self._in_stage(space, frame))
        of_head = space.kind == "view"
        return Located(
            pose,
            turn_valid=device.turn_valid or not of_head,
            position_valid=device.position_valid or not of_head,
            tracked=device.position_tracked or not of_head,
        )

    def _head_in(self, base: Space, frame: FrameTime) -> Pose:
        return composed(inverted(self._in_stage(base, frame)), self.device.head_pose(frame.display_ns))

    def _in_stage(self, space: Space, frame: FrameTime) -> Pose:
        if not isinstance(space, ScriptedSpace) or space.session is not self:
            raise RuleBroken(f"a space of another session ({space.kind})")
        if space.kind == "view":
            return composed(self.device.head_pose(frame.display_ns), space.offset)
        return composed(self.device.origin(space.kind, frame.xr_time), space.offset)

    def _mine(self, frame: FrameTime, call: str) -> None:
        if frame is not self._current:
            raise RuleBroken(
                f"{call} with a frame that is not the one waited for; XrTime dies with its session"
            )

    @property
    def formats(self) -> Sequence[int]:
        """As the device says."""
        self.call("formats")
        return self.device.formats

    def swapchain(self, spec: SwapchainSpec) -> ScriptedSwapchain:
        """One of three images."""
        self.call("swapchain")
        if spec.format not in self.device.formats:
            raise XrRefused("xrCreateSwapchain", "XR_ERROR_SWAPCHAIN_FORMAT_UNSUPPORTED")
        return ScriptedSwapchain(self, spec)

    def mask(self, eye: int) -> Mask | None:
        """As the device says."""
        self.call("mask")
        return self.device.masks[eye]

    @property
    def refresh_rates_hz(self) -> Sequence[float]:
        """As the device says."""
        self.call("refresh_rates_hz")
        return self.device.refresh_rates_hz

    def set_refresh_rate(self, hz: float) -> None:
        """Noted."""
        self.call("set_refresh_rate")
        self.device.refresh_hz = hz

    @property
    def input(self) -> ScriptedInput:
        """Hands; the same port for the session's whole life."""
        return self._input

    def close(self) -> None:
        """Destroy it; its swapchains and spaces must be gone before."""
        if self.closed:
            return
        left = sorted(name for name in self.device.open_things if name.startswith("swapchain"))
        if left:
            raise RuleBroken(f"a session is destroyed before {', '.join(left)}: close the canvas first")
        self.closed = True
        self.device.open_things.discard(self._name)
        if self.instance.current is self:
            self.instance.current = None
        # a destroyed session says nothing any more
        self.instance.events = deque(e for e in self.instance.events if not isinstance(e, StateChanged))


class ScriptedInput:
    """`engine.xr.runtime.InputPort`: what the device says is in the guest's hands."""

    def __init__(self, session: ScriptedSession) -> None:
        self._session = session

    def read(self, frame: FrameTime, base: Space) -> InputState:
        """The device's `input_state`, poses as given there; inactive without focus."""
        self._session.call("read")
        if not isinstance(base, ScriptedSpace) or base.session is not self._session:
            raise RuleBroken(f"a space of another session ({base.kind})")
        if self._session.state is not SessionState.FOCUSED:
            return InputState(hands=(NO_HAND, NO_HAND), focused=False)
        state = self._session.device.input_state
        return state if self._session.device.eyes_allowed else replace(state, gaze=None)

    def haptic_form(self, hand: int) -> HapticForm:
        """As the device says."""
        return self._session.device.haptic_form

    def allow_eyes(self, allowed: bool) -> None:
        """Kept in `ScriptedDevice.eyes_allowed`; without leave there is no gaze."""
        self._session.device.eyes_allowed = allowed

    def pcm_rate_hz(self, hand: int) -> float:
        """As the device says."""
        return self._session.device.pcm_rate_hz

    def play(self, pulse: HapticPulse) -> None:
        """Kept in `ScriptedDevice.pulses`."""
        self._session.call("play")
        self._session.device.pulses.append(pulse)

    def stop(self, hand: int) -> None:
        """Kept in `ScriptedDevice.stopped_hands`."""
        self._session.call("stop")
        self._session.device.stopped_hands.append(hand)
