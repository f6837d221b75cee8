"""The bus as a process of its own: absolute deadlines, nothing in the loop that can wait for anybody.

The parent starts `main` in a *spawned* process and talks over one pipe, in pairs ``(kind, payload)``:

==========  ===============================================================================================
to parent   ``ready`` (BusReady), ``event`` (BusEvent), ``health`` (dict, each second), ``failed`` (text),
            ``spare`` (loaded, waiting for ``go``), ``unmuted`` (host instant at which the lines began to open),
            ``ended`` (dict: hashes, lateness, frames sent)
from it     ``retire``: lead devices to park, close, end; ``unmute``: see below; ``go`` (epoch_ns or None): see below;
            ``heir`` (ns or None): see below; ``note`` (DeviceNote): for its next tick
==========  ===============================================================================================

A *muted* bus (``BusConfig.muted``, a standby's) computes every frame, hash and event on the grid it was given, but
opens no line and sends nothing. Told ``unmute`` it opens the lines and goes on from where its governors stand: the
devices are where the other bus, computing the same, left them, so there is no park frame and no jump. Its first
connection to each device is the event ``joined``; only one that is lost later rests in park when it is ``back``.
Told ``retire`` while it is muted it ends at once.

A *spare* bus (``BusConfig.spare``) loads everything and then waits, using no processor time, until ``go`` names its
grid; a supervisor that keeps one has a bus running again in a fraction of the time a fresh process needs.

A bus with an *heir* (a standby that takes its devices over when its parent falls silent for the time told) must not be
found beside it: when its parent dies it goes on for that long and a little, commanding what the heir commands, then
leaves every device where it is, without parking; while its parent is silent it sends nothing.

If the parent dies the pipe ends; if it merely hangs its heartbeat does. The first parks and ends, the second
goes to the safe state and waits for it to come back.
"""

from __future__ import annotations

import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Condition, Event, Thread
from typing import Any, Protocol

from engine.bus.driver import Driver
from engine.bus.fleet import Cohort
from engine.bus.lateness import LatenessHistogram
from engine.bus.lines import Lines
from engine.bus.live_motion import LiveWatch
from engine.bus.loop import BusCore, BusDevice, DeviceNote, ShowState, cohorts_of
from engine.bus.registry import TWIN_PORT, create_drivers
from engine.bus.seat_telling import SeatTelling, movers_of
from engine.bus.setup import bus_devices
from engine.bus.twins import TwinProgram
from engine.errors import InputError, SensoramaError
from engine.experience.resolve import resolve
from engine.experience.rig import Rig
from engine.motion.seat_poses import SeatPoseBlock
from engine.time.clocks import Clock, MonotonicClock
from engine.time.realtime import DEFAULT_PRIORITY, become_realtime, request_realtime_priority
from engine.time.shared import TransportBlock
from engine.timeline.roles import RoleTable

_NS_PER_S = 1_000_000_000
_EVENT_BACKLOG = 8192
# Of a wait, the end is spent awake: waking takes the kernel and the interpreter some 35 us at p50. Only with
# a real-time priority and a second core; without, the wait would be for somebody else's time slice.
_SPIN_NS = 50_000
_CROWD = 200
_OPEN_LIMIT_S = 2.0
_FIRST_TICK_NS = 5_000_000
_FIRST_WORD_NS = 150_000
# How long beyond the heir's patience an orphaned bus goes on, so that no device is left without a word in between.
_HEIR_GRACE_NS = 100_000_000


@dataclass(frozen=True, slots=True)
class Show:
    """What the bus plays: the evaluator and the roles it fills."""

    state: ShowState
    roles: RoleTable


ShowLoader = Callable[[], Show]


def load_package_show(package: str, rig: Rig) -> Show:
    """The show of an experience package on a rig, for `BusConfig.show` through `functools.partial`."""
    from engine.experience.package import load_package
    from engine.motion.cueing.apply import fitted
    from engine.timeline.evaluate import Evaluator

    loaded = fitted(load_package(package, hashed=False), rig)
    return Show(Evaluator(loaded.scenes, loaded.roles), loaded.roles)


@dataclass(frozen=True, slots=True)
class BusConfig:
    """Everything the process needs; plain values, since it crosses a spawn.

    Parameters
    ----------
    block : str
        Name of the transport's shared memory.
    rig : Rig
    show : callable
        Gives the `Show`; must be picklable. See `package_config`.
    epoch_ns : int or None
        Host instant of tick 0; None: as soon as the lines are open.
    record_dir : str or None
        Where the software twins record what they receive.
    realtime : bool, default True
        Ask the system for real-time priority and the rest.
    prepare_ns : int, default 800 us
        How long before an instant its frames are computed, so that computing does not make them late.
    muted : bool, default False
        See the module; needs `epoch_ns`.
    spare : bool, default False
        See the module.
    permits : str
        ``"module:callable"`` that reads the permissives of a rig that has any: called with ``(rig, clock, post)``,
        posts `DeviceNote` of kind ``permit`` or ``forbid``, gives something with `close`.
    seat_poses : str
        Name of the shared memory in which the viewers are told where the seats are (`engine.bus.seat_telling`); "" for nobody.
    given : tuple of DeviceNote
        Notes of kind ``given``: what a bus before this one had counted.
    deaf : bool, default False
        Live motion is told by the parent as notes of kind ``felt``, until it is unmuted: another bus of this machine has the port.
    """

    block: str
    rig: Rig
    show: ShowLoader
    epoch_ns: int | None = None
    record_dir: str | None = None
    realtime: bool = True
    prepare_ns: int = 800_000
    muted: bool = False
    spare: bool = False
    permits: str = "engine.bus.permits:watch_permits"
    seat_poses: str = ""
    given: tuple[DeviceNote, ...] = ()
    deaf: bool = False


class Watch(Protocol):
    """What reads permits or live motion in threads of its own."""

    def close(self) -> None:
        """Stop reading."""
        ...


class NoteBox:
    """Notes from other threads, for the loop to take up at its next tick."""

    def __init__(self) -> None:
        self._notes: deque[DeviceNote] = deque()

    def post(self, note: DeviceNote) -> None:
        """Leave a note; never waits."""
        self._notes.append(note)

    def take(self) -> list[DeviceNote]:
        """The notes left since the last call, in their order."""
        found = []
        while self._notes:
            found.append(self._notes.popleft())
        return found


def package_config(block: str, rig: Rig, package: str, **options: Any) -> BusConfig:
    """The configuration for playing a package."""
    return BusConfig(block=block, rig=rig, show=partial(load_package_show, package, rig), **options)


@dataclass(frozen=True, slots=True)
class BusReady:
    """Sent once, when the loop is about to start.

    Attributes
    ----------
    epoch_ns : int
    realtime : tuple of str
        What the system granted, one line each.
    devices : mapping of str to str
        By device: "" when connected, else why not.
    ports : mapping of str to str
        By device: the port really in use (a twin's is made up at the start).
    notices : tuple of str
        Roles that are not rendered, or by a fallback.
    safe_bound_s : float
        Time within which everything is safe after a stop.
    """

    epoch_ns: int
    realtime: tuple[str, ...]
    devices: Mapping[str, str]
    ports: Mapping[str, str]
    notices: tuple[str, ...]
    safe_bound_s: float


def main(config: BusConfig, pipe: Connection) -> None:
    """Run until retired, or until the parent is gone. The target of the spawned process."""
    helpers = DEFAULT_PRIORITY - 1 if config.realtime else None
    outbox = Outbox(pipe, priority=helpers)
    control = _Control(pipe)
    # Ctrl-C reaches every process of a terminal: the parent decides what it means, and devices are never
    # dropped where they are. A plea to terminate is granted as soon as they are parked.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda _number, _frame: control.ask_retire())
    try:
        with _Plant(config) as plant:
            _run(plant, config, outbox, control)
    except SensoramaError as error:
        outbox.post("failed", str(error))
    except Exception as error:
        # A fault of ours; the parent shows one line, and a traceback on standard error would land in its
        # status view.
        outbox.post("failed", f"device bus: {type(error).__name__}: {error}")
    finally:
        # The pipe is left to the end of the process: closing it under the control thread's read would make that
        # thread fail with a TypeError of the interpreter's own.
        outbox.close()


class Outbox:
    """Messages to the parent, sent by a thread: a full pipe holds up that thread, never the loop."""

    def __init__(self, pipe: Connection, *, priority: int | None = None) -> None:
        self._pipe = pipe
        self._priority = (
            priority  # see PortWriter: whoever may hold the interpreter's lock must not be starved
        )
        self._rows: deque[tuple[str, object]] = deque()
        self._wake = Condition()
        self._closing = False
        self._broken = False
        self.dropped = 0
        self._thread = Thread(target=self._run, name="outbox", daemon=True)
        self._thread.start()

    def post(self, kind: str, payload: object) -> None:
        """Leave a message; when thousands wait already, it is counted as dropped instead."""
        if self._broken or len(self._rows) >= _EVENT_BACKLOG:
            self.dropped += 1
            return
        self._rows.append((kind, payload))
        with self._wake:
            self._wake.notify()

    def close(self, timeout_s: float = 2.0) -> None:
        """Send what is left, for a bounded time."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._thread.join(timeout_s)

    def _run(self) -> None:
        if self._priority is not None:
            request_realtime_priority(self._priority)
        while True:
            with self._wake:
                while not self._rows and not self._closing:
                    self._wake.wait()
                if not self._rows:
                    return
            row = self._rows.popleft()
            try:
                self._pipe.send(row)
            except (OSError, ValueError):
                self._broken = True  # the parent is gone; the control thread notices by itself
                return


class _Control:
    """Listens to the parent: the events are set by its word, `retire_asked` also by its death."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self.retire_asked = Event()
        self.unmute_asked = Event()
        self.go = Event()
        self.epoch_ns: int | None = None
        self.heir_ns: int | None = None
        self.orphaned = False
        self.notes = NoteBox()
        Thread(target=self._run, name="control", daemon=True).start()

    def _run(self) -> None:
        while True:
            try:
                kind, payload = self._pipe.recv()
            except (EOFError, OSError):
                self.orphaned = True
                if self.heir_ns is None:
                    self.ask_retire()
                return
            match kind:
                case "retire":
                    self.ask_retire()
                case "unmute":
                    self.unmute_asked.set()
                case "note":
                    self.notes.post(payload)
                case "heir":
                    self.heir_ns = payload
                case "go":
                    self.epoch_ns = payload
                    self.go.set()

    def ask_retire(self) -> None:
        """As if the parent had said so."""
        self.retire_asked.set()
        self.go.set()  # a spare that waits has nothing to park


@dataclass(slots=True)
class _Plant:
    """Everything that has to be let go of, in the right order."""

    config: BusConfig
    block: TransportBlock | None = None
    poses: SeatPoseBlock | None = None
    drivers: list[Driver] = field(default_factory=list)
    twins: TwinProgram | None = None
    lines: Lines | None = None
    watch: Watch | None = None
    ears: Watch | None = None
    held: set[str] = field(default_factory=set)
    """Devices that have to stay where they are at the end, without park frames."""

    def __enter__(self) -> _Plant:
        return self

    def __exit__(self, *_: object) -> None:
        for watch in (self.watch, self.ears):
            if watch is not None:
                watch.close()
        if self.lines is not None:
            self.lines.close(stay=self.held)
        if self.twins is not None:
            self.twins.close()
        if self.poses is not None:
            self.poses.close()
        if self.block is not None:
            self.block.close()

    def begin(self) -> None:
        """Attach to the transport, make the drivers, send the twins on their way."""
        rig = self.config.rig
        self.block = TransportBlock.attach(self.config.block)
        self.drivers = create_drivers(rig.devices)
        twinned = [driver for driver in self.drivers if driver.config.port == TWIN_PORT]
        if twinned:
            record = self.config.record_dir
            self.twins = TwinProgram(twinned, None if record is None else Path(record))

    def tell_seats(
        self, core: BusCore, devices: Sequence[BusDevice], notes: NoteBox
    ) -> tuple[SeatTelling | None, tuple[str, ...]]:
        """Begin to tell where the seats are, where anybody asks; and what a person should know of it.

        A headset's picture never stops a device: without the block the seats move all the same.
        """
        if not self.config.seat_poses:
            return None, ()
        movers, left_out = movers_of(self.config.rig, devices)
        try:
            self.poses = SeatPoseBlock.attach(self.config.seat_poses)
        except InputError as error:
            return None, (f"motion compensation: none, {error.message}",)
        return SeatTelling(self.poses, movers, core, notes.post), (left_out,) if left_out else ()

    def reach_twins(self) -> list[Driver]:
        """The drivers, those of software twins with the ports these have by now."""
        if self.twins is not None:
            self.drivers = create_drivers(self.config.rig.devices, self.twins.ports)
        return self.drivers

    def connect(self, cohorts: Sequence[Cohort], clock: Clock, *, park_first: bool = True) -> Lines:
        """Open every line, all at once."""
        priority = DEFAULT_PRIORITY - 1 if self.config.realtime else None
        self.lines = Lines(self.drivers, cohorts, clock, park_first=park_first, priority=priority)
        self.lines.start()
        return self.lines

    def watch_permits(self, clock: Clock, notes: NoteBox) -> None:
        """Begin to read the permissives, if the rig has any."""
        if not self.config.rig.venue.permits:
            return
        module, _, name = self.config.permits.partition(":")
        self.watch = getattr(import_module(module), name)(self.config.rig, clock, notes.post)

    def listen_for_motion(self, clock: Clock, notes: NoteBox) -> None:
        """Begin to listen to sources of live motion that move a device, if the rig has any."""
        rig = self.config.rig
        used = {spec.live for spec in rig.devices}
        specs = [spec for spec in rig.venue.live_motion if spec.name in used]
        if not specs:
            return

        def hear(name: str, sample: tuple[float, ...]) -> None:
            notes.post(DeviceNote(name, "felt", values=sample))

        def tell(name: str, state: str, text: str) -> None:
            if state == "gone":
                notes.post(DeviceNote(name, "report", text, "live motion cannot be heard"))

        self.ears = LiveWatch(specs, clock, hear, tell)
        self.ears.start()


def _run(plant: _Plant, config: BusConfig, outbox: Outbox, control: _Control) -> None:
    clock = MonotonicClock()
    rig = config.rig
    plant.begin()
    show = config.show()
    drivers = plant.reach_twins()
    # A device that cannot be reached keeps its roles: it is tried again and taken up, blended, when it answers.
    # Handing them to a fallback for good would leave it idle then, and make the frames depend on the weather.
    bindings = resolve(rig, show.roles)
    devices = bus_devices(drivers, bindings, show.roles, rig)
    asked_ns = config.epoch_ns
    if config.spare:
        outbox.post("spare", None)
        control.go.wait()
        if control.retire_asked.is_set():
            return
        asked_ns = control.epoch_ns
    notes = control.notes
    for note in config.given:
        notes.post(note)
    plant.watch_permits(clock, notes)
    if not config.deaf:
        plant.listen_for_motion(clock, notes)
    cohorts = cohorts_of(devices, rig.tick_hz)
    if not config.muted:
        plant.connect(cohorts, clock)
    # Several threads share one interpreter lock; at the default 5 ms a writer could hold the loop up for that long.
    sys.setswitchinterval(0.0002)
    # Before the grid begins: collecting and locking memory takes some 20 ms. The lines are opened meanwhile.
    grant = become_realtime() if config.realtime else None
    # A new grid begins once the lines are open; one that runs already is joined by each line as it opens.
    opened = _await_lines(plant.lines, clock) if asked_ns is None and plant.lines is not None else {}
    # What has been heard of a thousand devices takes a while to be told; the first command is not held up by it.
    lead_ns = _FIRST_TICK_NS + len(drivers) * _FIRST_WORD_NS
    epoch_ns = asked_ns if asked_ns is not None else clock.now_ns() + lead_ns
    core = BusCore(
        devices,
        show.state,
        epoch_ns=epoch_ns,
        tick_hz=rig.tick_hz,
        watchdog_ns=rig.watchdog_ns,
        cohorts=cohorts,
        sink=lambda event: outbox.post("event", event),
    )
    telling, told_of_it = plant.tell_seats(core, devices, notes)
    outbox.post(
        "ready",
        BusReady(
            epoch_ns=epoch_ns,
            realtime=() if grant is None else grant.notes,
            devices=opened,
            ports={driver.name: driver.config.port for driver in drivers},
            notices=(*(str(notice) for notice in bindings.notices), *told_of_it),
            safe_bound_s=core.safe_bound_s,
        ),
    )
    try:
        assert plant.block is not None
        sharp = grant is not None and grant.notes[0].startswith("SCHED_FIFO") and (os.cpu_count() or 1) > 1

        # A core that hundreds of devices keep busy has no time to spend awake; and the kernel stops a real-time
        # task for 50 ms that has used more than 95 % of a second.
        crowded = sum(map(len, cohorts)) >= _CROWD

        def unmute() -> Lines:
            if config.deaf:
                plant.listen_for_motion(clock, notes)
            return plant.connect(cohorts, clock, park_first=False)

        loop = Loop(
            core,
            plant.lines,
            plant.block,
            clock,
            outbox,
            notes=notes,
            unmute=unmute if config.muted else None,
            unmute_asked=control.unmute_asked,
            heir=lambda: (control.heir_ns, control.orphaned),
            prepare_ns=config.prepare_ns,
            telling=telling,
            spin_ns=_SPIN_NS if sharp and not crowded else 0,
        )
        try:
            loop.run(control.retire_asked)
        except Exception as error:
            # Whatever broke (a fault in the evaluator, say), the devices are led to park before anything
            # else; that path needs nothing but the governor.
            outbox.post("failed", f"device bus: {type(error).__name__}: {error}")
            control.retire_asked.set()
            loop.run(control.retire_asked)
        plant.held = {driver.name for driver in drivers if loop.left or core.forbidden(driver.name)}
        outbox.post("ended", {**loop.summary(), "orphaned": control.orphaned, "dropped": outbox.dropped})
    finally:
        if grant is not None:
            grant.close()


def _await_lines(lines: Lines, clock: Clock) -> dict[str, str]:
    """Wait, for a bounded time, until every line is open or known not to be; the notes stay for the loop."""
    limit_ns = clock.now_ns() + round(_OPEN_LIMIT_S * _NS_PER_S)
    while clock.now_ns() < limit_ns and not lines.settled():
        clock.sleep_until_ns(clock.now_ns() + 2_000_000)
    return lines.first_words(_OPEN_LIMIT_S)


class Loop:
    """Wakes for every instant at which a device is due, and for nothing else.

    Parameters
    ----------
    core : BusCore
    lines : Lines or None
        None for a muted bus.
    block : TransportBlock
    clock : Clock
    outbox : Outbox
    prepare_ns : int
        See `BusConfig`.
    notes : NoteBox, optional
        What others than the writers have to say about devices.
    unmute : callable, optional
        Of a muted bus, which has no lines: makes them, connecting.
    unmute_asked : Event, optional
        When to.
    heir : callable, optional
        ``(patience_ns or None, orphaned)``: see the module.
    spin_ns : int, default 0
        How much of a wait is spent awake.
    telling : SeatTelling, optional
        Told what has left; a muted bus leaves that to the one that speaks.
    """

    def __init__(
        self,
        core: BusCore,
        lines: Lines | None,
        block: TransportBlock,
        clock: Clock,
        outbox: Outbox,
        *,
        prepare_ns: int,
        spin_ns: int = 0,
        notes: NoteBox | None = None,
        unmute: Callable[[], Lines] | None = None,
        unmute_asked: Event | None = None,
        heir: Callable[[], tuple[int | None, bool]] = lambda: (None, False),
        telling: SeatTelling | None = None,
    ) -> None:
        self._heir = heir
        #: Whether the devices were left where they are, for an heir.
        self.left = False
        self._notes = notes if notes is not None else NoteBox()
        self._unmute = unmute
        self._unmute_asked = unmute_asked if unmute_asked is not None else Event()
        self._core = core
        self._lines = lines
        self._block = block
        self._clock = clock
        self._outbox = outbox
        self._prepare_ns = prepare_ns
        self._spin_ns = spin_ns
        self._telling = telling
        self._next_health_ns = core.epoch_ns + _NS_PER_S
        self.wake_late = LatenessHistogram()

    def run(self, retire_asked: Event) -> None:
        """Run until told to retire and everything is parked, or the bound for that is over."""
        core, clock = self._core, self._clock
        give_up_ns: int | None = None
        leave_ns: int | None = None
        now_ns = clock.now_ns()
        if now_ns < core.next_due_ns():
            # What is known of the lines already is taken in before the first command is due.
            core.advance(now_ns, self._block.read(), self._block.heartbeat_ns(), self._heard(now_ns))
        while True:
            due_ns = core.next_due_ns()
            clock.sleep_until_ns(due_ns - self._prepare_ns)
            if self._unmute is not None:
                if retire_asked.is_set():
                    return  # no device of ours: nothing to park
                if self._unmute_asked.is_set():
                    self._lines, self._unmute = self._unmute(), None
                    self._outbox.post("unmuted", clock.now_ns())
            heir_ns, orphaned = self._heir()
            if heir_ns is not None and orphaned:
                now_ns = clock.now_ns()
                leave_ns = now_ns + heir_ns + _HEIR_GRACE_NS if leave_ns is None else leave_ns
                if now_ns >= leave_ns:
                    self.left = True
                    return
            if give_up_ns is None and retire_asked.is_set():
                core.retire()
                give_up_ns = clock.now_ns() + round(core.safe_bound_s * _NS_PER_S) + _NS_PER_S
            self.once(due_ns)
            if give_up_ns is not None and (core.retired or clock.now_ns() > give_up_ns):
                return

    def once(self, due_ns: int) -> None:
        """Compute ahead of `due_ns`, then hand everything over at it."""
        core, clock, block = self._core, self._clock, self._block
        now_ns = clock.now_ns()
        notes = self._heard(now_ns)
        dispatches = core.advance(max(due_ns, now_ns), block.read(), block.heartbeat_ns(), notes)
        clock.sleep_until_ns(due_ns - self._spin_ns)
        while (woken_ns := clock.now_ns()) < due_ns:
            pass
        self.wake_late.add(woken_ns - due_ns)
        # Safe is the heir's to command by then; two voices would tear the devices between them.
        lines = self._lines
        if lines is not None and not (core.stale and self._heir()[0] is not None):
            for dispatch in dispatches:
                lines.offer(dispatch)
            if self._telling is not None:
                self._telling.tell(due_ns, woken_ns)
        if now_ns >= self._next_health_ns:
            self._next_health_ns += _NS_PER_S * ((now_ns - self._next_health_ns) // _NS_PER_S + 1)
            self._outbox.post("health", self._health(now_ns))

    def _heard(self, now_ns: int) -> list[DeviceNote]:
        notes = self._notes.take()
        if self._lines is not None:
            notes += self._lines.take_notes(now_ns)
        return notes

    def summary(self) -> dict[str, object]:
        """Hashes, lateness and counts, for the journal and the report."""
        core = self._core
        empty: dict[str, dict[str, object]] = {"dispatch": {}, "sent": {}, "frames": {}}
        single = core.single_names
        return {
            "hashes": {
                **{name: core.frame_hash(name) for name in single},
                **{cohort.name: cohort.digest.hexdigest() for cohort in core.cohorts},
            },
            **(empty if self._lines is None else self._lines.summary()),
            "wake": self.wake_late.summary(),
            "cpu_s": sum(os.times()[:2]),
            "parked": core.retired,
        }

    def _health(self, now_ns: int) -> dict[str, object]:
        core = self._core
        rows: dict[str, dict[str, object]] = {} if self._lines is None else self._lines.health()
        for name in core.single_names if rows else ():
            rows[name]["values"] = core.values(name)
        return {
            "at_ns": now_ns,
            "stopped": core.stopped,
            "stale": core.stale,
            "muted": self._unmute is not None,
            "cpu_s": sum(os.times()[:2]),
            "devices": rows,
        }
