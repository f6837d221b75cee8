"""The heart of the bus: a pure machine that knows at which instant which device is commanded what.

Every device has instants on an absolute grid, ``epoch + k * period``. Its frames at an instant are computed
*for* that instant, however late the machine wakes: show state at instant + lead, through routes and governor,
encoded. So frames are a pure function of (package, transport adopted, notes taken, k), a run replays bit for
bit, and jitter of the machine shows in the lateness histogram and nowhere else.

The machine reads no clock and does no I/O; `engine.bus.process` and `engine.bus.inline` drive it.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.bus.budgets import BudgetKeeper
from engine.bus.doses import DoseKeeper
from engine.bus.driver import Driver, park_values, safe_values
from engine.bus.fleet import Cohort, Member, form_cohorts
from engine.bus.governor import Governor
from engine.bus.live_motion import LiveMotion, LiveMoves
from engine.bus.mapping import Mapper, Route
from engine.bus.seams import Seams
from engine.bus.seats import LIGHT, CalmShow, SeatControls
from engine.experience.budget import Budget
from engine.experience.dose import SeatDose
from engine.experience.live_motion import LiveMotionSpec
from engine.motion.blend_play import Ahead
from engine.motion.platforms.bounds import LegBounds
from engine.time.segments import Controls, Segment, Transport

_NS_PER_S = 1_000_000_000
DEFAULT_TICK_HZ = 1000
# Instants missed by less than this are computed after all, and only the newest is sent: a late wake-up then
# changes neither trajectories nor hashes. Beyond it (a suspended machine) the grid is picked up again at the
# present.
CATCH_UP_NS = 250_000_000


class ShowState(Protocol):
    """The evaluator of `engine.timeline`, as far as the bus needs it.

    One that can tell many seats' states at once has a second method, used for fleets: ``levels_of(transport, host_ns,
    seats)`` gives the distinct state vectors, float64[distinct, components], and for each of the seats its row in
    them, intp[seats] (None: each has its own, in order). One with lamps has ``calm_levels`` and ``calm_levels_of``, which give the
    same with light averaged over time, for photosensitive guests.
    """

    def levels(self, transport: Transport, host_ns: int, seat: int) -> Sequence[float] | NDArray[np.float64]:
        """State vector of the package at `host_ns` for one seat (-1: the room)."""
        ...


@dataclass(frozen=True, slots=True)
class BusEvent:
    """Something that happened on the bus, for the journal.

    Attributes
    ----------
    kind : str
        ``adopt`` (a transport), ``stop``, ``rearm``, ``stale``, ``fresh``, ``gone``, ``back``, ``joined``,
        ``forbid``, ``permit``, ``report``, ``fault``, ``retire``, ``frames`` (checkpoint), ``overrun``,
        ``given`` (what a bus before this one had counted), ``refused``, ``parked``, ``budget`` (a channel ran
        out, may again, or is purged), ``dose`` (a seat's motion fades, or rests, since its guest has had
        enough), ``felt`` (a sample of live motion), ``live`` (it is heard, or falls silent).
    tick : int
        Grid tick from which it holds.
    at_ns : int
        The scheduled instant of that tick.
    device : str
        Its name, or "" for the whole bus.
    data : mapping
        Plain values.
    """

    kind: str
    tick: int
    at_ns: int
    device: str = ""
    data: Mapping[str, object] = field(default_factory=dict)


EventSink = Callable[[BusEvent], None]


@dataclass(frozen=True, slots=True)
class DeviceNote:
    """Something the outside says about a device: an input of the machine, therefore journalled.

    Parameters
    ----------
    device : str
        Its name in the rig.
    kind : {"gone", "back", "joined", "forbid", "permit", "report", "felt", "given"}
        ``back``: it has just connected and rests in park. ``joined``: its line is ours now, and it is where the
        governor has it (a standby that took over). ``forbid``: to its safe state, and held there until
        ``permit``. ``report``: something for the journal, without any effect on what is commanded. ``felt``: a sample of live
        motion (`engine.bus.live_motion`), whose source is then named instead of a device. ``given``: what its dose and budgets
        had counted in a bus before this one.
    text : str
        For people.
    topic : str
        Of a report: `Report.kind`.
    values : tuple of float
        Of ``felt``: specific force in m/s^2 and angular rate in deg/s; of ``given``: as in the data of ``frames``.
    """

    device: str
    kind: str
    text: str = ""
    topic: str = ""
    values: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Dispatch:
    """Frames to hand to a device's line.

    Attributes
    ----------
    device : int
        Index into the drivers.
    tick : int
    due_ns : int
        Scheduled instant.
    frames : tuple of bytes
    changed : bool
        False for a repetition that only keeps the line alive.
    """

    device: int
    tick: int
    due_ns: int
    frames: tuple[bytes, ...]
    changed: bool


@dataclass(frozen=True, slots=True)
class FleetDispatch:
    """Frames to hand to the lines of a cohort (`engine.bus.fleet`).

    Attributes
    ----------
    cohort : int
        Index into `BusCore.cohorts`.
    tick : int
    due_ns : int
        Scheduled instant.
    frames : uint8[devices, bytes of a frame]
        Of all its devices; valid until the cohort's next instant.
    rows : intp[n] or None
        Those to send; None for all of them.
    """

    cohort: int
    tick: int
    due_ns: int
    frames: NDArray[np.uint8]
    rows: NDArray[np.intp] | None


@dataclass(frozen=True, slots=True)
class Command:
    """What a device was commanded last.

    Attributes
    ----------
    at_ns : int
        Scheduled instant; before the epoch as long as there was none.
    for_ns : int
        The show's instant it was computed for: later by the device's lead.
    next_ns : int
        When the next is due.
    present : bool
        False while the device is away and gets no frames.
    values : sequence of float
        By channel, out of the governor.
    """

    at_ns: int
    for_ns: int
    next_ns: int
    present: bool
    values: Sequence[float]


@dataclass(frozen=True, slots=True)
class BusDevice:
    """One device with what it is to render; one that needs a permit is `forbidden` until it has it.

    `legs` are those of the platform it moves, where the rig says; devices that are to form a fleet have the same object.
    What is heard of `live` moves it too. It shows what the show was `phase_ns` before the instant that its latency makes good for.
    Its motion keeps within `dose` for a guest whose head is `head_m` from the centre of rotation.
    """

    driver: Driver
    routes: tuple[Route, ...]
    forbidden: bool = False
    legs: LegBounds | None = None
    budgets: Mapping[str, Budget] = field(default_factory=dict)
    phase_ns: int = 0
    dose: SeatDose | None = None
    head_m: tuple[float, float, float] = (0.0, 0.0, 0.0)
    live: LiveMotionSpec | None = None


class _Line:
    """What the machine keeps per device."""

    __slots__ = (
        "budgets",
        "digest",
        "dose",
        "driver",
        "dt_s",
        "faulty",
        "forbidden",
        "foresight",
        "frame_count",
        "governor",
        "index",
        "keep_alive_ticks",
        "last_frames",
        "last_sent_tick",
        "lead_ns",
        "lit",
        "live",
        "mapper",
        "next_tick",
        "park",
        "parked",
        "period_ticks",
        "present",
        "refused",
        "safe",
        "seams",
        "seats",
        "second",
    )

    def __init__(self, index: int, device: BusDevice, tick_hz: int) -> None:
        driver = device.driver
        self.index = index
        self.driver = driver
        self.seats = tuple(sorted({route.seat for route in device.routes}))
        self.period_ticks = max(1, round(tick_hz / driver.rate_hz))
        self.dt_s = self.period_ticks / tick_hz
        self.lead_ns = driver.latency.lead_ns - device.phase_ns
        self.lit = any(route.modality == LIGHT for route in device.routes)
        self.governor = Governor(driver.channels, self.dt_s, device.legs)
        self.budgets: BudgetKeeper | None = None
        if device.budgets:
            self.budgets = BudgetKeeper(
                device.budgets, driver.channels, driver.groups, tick_hz=tick_hz, step_ticks=self.period_ticks
            )
        self.dose: DoseKeeper | None = None
        if device.dose is not None:
            self.dose = DoseKeeper(device.dose, driver, self.dt_s, device.head_m)
        self.live: LiveMoves | None = None
        self.mapper = Mapper(driver, device.routes, self.dt_s)
        self.foresight = Mapper(driver, device.routes, self.dt_s)  # what a rumble remembers stays out of it
        self.seams = Seams()
        self.safe = safe_values(driver)
        self.park = park_values(driver)
        self.digest = hashlib.blake2b(digest_size=16)
        self.frame_count = 0
        self.second = 0
        self.next_tick = 0
        self.keep_alive_ticks = math.floor(driver.keep_alive_ns * tick_hz / _NS_PER_S)
        self.last_frames: tuple[bytes, ...] = ()
        self.last_sent_tick = -(1 << 60)
        self.present = True
        self.parked = False
        self.refused = 0
        self.forbidden = device.forbidden
        self.faulty = False

    @property
    def given(self) -> tuple[float, ...]:
        """What its guest and its room have been given so far, as dose and budgets count it."""
        dose = () if self.dose is None else self.dose.given()
        return dose if self.budgets is None else (*dose, *self.budgets.given())

    def resume(self, given: Sequence[float], tick: int) -> None:
        """Go on from what another line of this device has given; of another rig's it is left alone."""
        if len(given) != len(self.given):
            return
        if self.dose is not None:
            self.dose.resume(given[:4])
            given = given[4:]
        if self.budgets is not None:
            self.budgets.resume(given, tick)


def _scaled(dose: DoseKeeper, ahead: Callable[[int], Sequence[float]]) -> Callable[[int], Sequence[float]]:
    """What will be wanted, with the share of motion that is allowed now."""

    def foreseen(ticks: int) -> Sequence[float]:
        return dose.wanted(ahead(ticks))

    return foreseen


def cohorts_of(devices: Sequence[BusDevice], tick_hz: int) -> tuple[Cohort, ...]:
    """The cohorts these devices form; see `engine.bus.fleet`."""
    members = [
        Member(index, device.driver, device.routes, device.forbidden, device.legs, device.phase_ns)
        for index, device in enumerate(devices)
        if not device.budgets and device.dose is None and device.live is None  # kept one by one
    ]
    return form_cohorts(members, tick_hz)


class BusCore:
    """Commands all devices of a rig.

    Parameters
    ----------
    devices : sequence of BusDevice
    show : ShowState
    epoch_ns : int
        Host instant of tick 0.
    tick_hz : int, default 1000
        The grid. A device's period is rounded to whole ticks.
    watchdog_ns : int, default 0.5 s
        A conductor silent for longer leads to the safe state; 0 switches it off (inline, where it cannot be
        silent).
    cohorts : sequence of Cohort, optional
        Devices to be commanded together, fresh from `cohorts_of`; made here where not given.
    sink : callable
        Takes events; must not block.

    Attributes
    ----------
    cohorts : tuple of Cohort
        Of the fleets; the devices in them are dispatched by cohort.

    Notes
    -----
    Not thread-safe: one thread owns it.
    """

    def __init__(
        self,
        devices: Sequence[BusDevice],
        show: ShowState,
        *,
        epoch_ns: int,
        tick_hz: int = DEFAULT_TICK_HZ,
        watchdog_ns: int = 500_000_000,
        cohorts: Sequence[Cohort] | None = None,
        sink: EventSink,
    ) -> None:
        self._show = show
        self._epoch_ns = epoch_ns
        self._tick_hz = tick_hz
        self._watchdog_ns = watchdog_ns
        self._sink = sink
        self._levels_of = getattr(show, "levels_of", None)
        self._calm = CalmShow(show)
        self._seats = SeatControls()
        self._drivers = tuple(device.driver for device in devices)
        self.cohorts: tuple[Cohort, ...] = tuple(cohorts_of(devices, tick_hz) if cohorts is None else cohorts)
        self._in_fleet = {
            driver.name: (cohort, row) for cohort in self.cohorts for row, driver in enumerate(cohort.drivers)
        }
        self._lines = [
            _Line(index, device, tick_hz)
            for index, device in enumerate(devices)
            if device.driver.name not in self._in_fleet
        ]
        self._by_name = {line.driver.name: line for line in self._lines}
        self._live: dict[tuple[str, int], LiveMotion] = {}
        self._live_heard: dict[str, bool] = {}
        for line in self._lines:
            line.live = self._moved_by(devices[line.index], line)
        self._all: tuple[_Line | Cohort, ...] = (*self._lines, *self.cohorts)
        self._sequence = -1
        self._stopped = False
        self._stop_version = -1
        self._stale = False
        self._retiring = False
        self._retire_said = False
        self._idle_tick = 0

    # -- reading ---------------------------------------------------------------------------------------------

    @property
    def epoch_ns(self) -> int:
        """Host instant of tick 0."""
        return self._epoch_ns

    @property
    def drivers(self) -> tuple[Driver, ...]:
        """The drivers, in the order of `Dispatch.device`."""
        return self._drivers

    @property
    def single_names(self) -> tuple[str, ...]:
        """Devices that are in no cohort."""
        return tuple(self._by_name)

    @property
    def stopped(self) -> bool:
        """Whether the stop is latched."""
        return self._stopped

    @property
    def stale(self) -> bool:
        """Whether the conductor is silent."""
        return self._stale

    @property
    def retired(self) -> bool:
        """Whether every device has been led to park, after `retire`; a forbidden one stays where it is safe."""
        return (
            self._retiring
            and all(line.parked for line in self._lines)
            and all(cohort.retired for cohort in self.cohorts)
        )

    @property
    def safe_bound_s(self) -> float:
        """Time within which every device is in its safe state, from any state."""
        return max(
            (line.governor.safe_bound_s + 2 * line.dt_s for line in self._all),
            default=0.0,
        )

    def values(self, device: str) -> tuple[float, ...]:
        """Channel values commanded last."""
        if device in self._in_fleet:
            cohort, row = self._in_fleet[device]
            return tuple(cohort.governor.values[row].tolist())
        return self._by_name[device].governor.values

    def newest_command(self, device: str) -> Command:
        """What a device was commanded last, and when."""
        line: _Line | Cohort
        if device in self._in_fleet:
            line, row = self._in_fleet[device]
            present = bool(line.present[row])
        else:
            line = self._by_name[device]
            present = line.present
        at_ns = self.instant_ns(line.next_tick - line.period_ticks)
        return Command(
            at_ns, at_ns + line.lead_ns, self.instant_ns(line.next_tick), present, self.values(device)
        )

    def forbidden(self, device: str) -> bool:
        """Whether the device is held in its safe state for want of a permit."""
        if device in self._in_fleet:
            cohort, row = self._in_fleet[device]
            return bool(cohort.forbidden[row])
        return self._by_name[device].forbidden

    def frame_hash(self, device: str) -> str:
        """Running hash over all frames commanded so far; in a fleet, over those of its cohort."""
        if device in self._in_fleet:
            return self._in_fleet[device][0].digest.hexdigest()
        return self._by_name[device].digest.hexdigest()

    def instant_ns(self, tick: int) -> int:
        """Scheduled host instant of a grid tick."""
        return self._epoch_ns + tick * _NS_PER_S // self._tick_hz

    def next_due_ns(self) -> int:
        """Instant at which the next device is due."""
        return self.instant_ns(self._next_tick())

    # -- inputs ----------------------------------------------------------------------------------------------

    def retire(self) -> None:
        """Lead every device to park from the next tick on; there is no way back."""
        self._retiring = True

    def advance(
        self,
        now_ns: int,
        transport: Transport,
        heartbeat_ns: int,
        notes: Sequence[DeviceNote] = (),
    ) -> list[Dispatch | FleetDispatch]:
        """Compute everything due up to `now_ns`.

        Parameters
        ----------
        now_ns : int
            Host instant; at least `next_due_ns` for anything to happen.
        transport : Transport
            The snapshot adopted for these ticks.
        heartbeat_ns : int
            Host instant of the conductor's last sign of life; 0 for none yet.
        notes : sequence of DeviceNote
            What became known about devices since the last call.

        Returns
        -------
        list of Dispatch and FleetDispatch
            The newest frames of each device that has any to send.
        """
        tick = self._next_tick()
        if now_ns < self.instant_ns(tick):
            self._take_notes(tick, notes)
            return []
        tick = self._pick_up(tick, now_ns)
        self._take_notes(tick, notes)
        if self._retiring and not self._retire_said:
            self._retire_said = True
            self._say("retire", tick)
        if transport.sequence != self._sequence:
            self._sequence = transport.sequence
            self._say(
                "adopt",
                tick,
                data={"sequence": transport.sequence, "generation": transport.generation},
            )
        newest: dict[int, Dispatch | FleetDispatch] = {}  # a cohort's under a negative key
        while (at_ns := self.instant_ns(tick)) <= now_ns:
            self._watch(tick, at_ns, heartbeat_ns)
            controls = transport.controls_at(at_ns)
            self._latch(tick, controls)
            self._seats.look(transport, controls, at_ns)
            states: dict[tuple[int, int, bool], Sequence[float]] = {}
            for line in self._lines:
                if line.next_tick != tick:
                    continue
                dispatch = self._command(line, tick, at_ns, transport, controls, states)
                if dispatch is not None:
                    newest[line.index] = dispatch
                line.next_tick = tick + line.period_ticks
            for number, cohort in enumerate(self.cohorts):
                if cohort.next_tick != tick:
                    continue
                before = newest.get(~number)
                assert not isinstance(before, Dispatch)
                batch = self._command_cohort(number, cohort, tick, at_ns, transport, controls, before)
                if batch is not None:
                    newest[~number] = batch
                cohort.next_tick = tick + cohort.period_ticks
            if not self._drivers:  # a rig without devices still watches and latches, 100 times a second
                self._idle_tick = tick + max(self._tick_hz // 100, 1)
            tick = self._next_tick()
        return list(newest.values())

    # -- inside ----------------------------------------------------------------------------------------------

    def _next_tick(self) -> int:
        return min((line.next_tick for line in self._all), default=self._idle_tick)

    def _pick_up(self, tick: int, now_ns: int) -> int:
        """After a gap too long to make good, go on with the present; tell which ticks were left out."""
        if now_ns - self.instant_ns(tick) <= CATCH_UP_NS:
            return tick
        present = (now_ns - self._epoch_ns) * self._tick_hz // _NS_PER_S
        for line in self._all:
            behind = present - line.next_tick
            if behind > 0:
                line.next_tick += -(-behind // line.period_ticks) * line.period_ticks
        resumed = self._next_tick()
        self._say("overrun", tick, data={"first": tick, "resumed": resumed})
        return resumed

    def _take_notes(self, tick: int, notes: Sequence[DeviceNote]) -> None:
        for note in notes:
            if note.kind == "felt":
                for (name, _), motion in self._live.items():
                    if name == note.device:
                        motion.hear(note.values, self.instant_ns(tick))
                self._say("felt", tick, note.device, {"values": list(note.values)})
                continue
            if note.kind == "report":
                self._say("report", tick, note.device, {"report": note.topic, "text": note.text})
                continue
            if note.device in self._in_fleet:
                self._take_fleet_note(tick, note)
                continue
            line = self._by_name[note.device]
            match note.kind:
                case "given":
                    line.resume(note.values, tick)
                    self._say("given", tick, note.device, {"values": list(note.values)})
                    continue
                case "forbid" | "permit":
                    if line.forbidden == (note.kind == "forbid"):
                        continue  # said again, nothing new
                    line.forbidden = not line.forbidden
                    line.parked = False
                case "gone":
                    line.present = False
                case "joined":
                    line.present = True
                    line.last_sent_tick = -(1 << 60)
                case "back":
                    # Whatever it did meanwhile, a device that has just connected rests in park; blend from there.
                    line.present = True
                    line.faulty = False
                    line.governor.rest_in_park()
                    line.last_sent_tick = -(1 << 60)
                case _:
                    raise _unknown(note)
            self._say(note.kind, tick, note.device, {"text": note.text})

    def _take_fleet_note(self, tick: int, note: DeviceNote) -> None:
        """As for a device of its own, on a row of its cohort."""
        cohort, row = self._in_fleet[note.device]
        match note.kind:
            case "forbid" | "permit":
                if cohort.forbidden[row] == (note.kind == "forbid"):
                    return
                cohort.forbidden[row] = note.kind == "forbid"
                cohort.parked[row] = False
            case "gone":
                cohort.present[row] = False
            case "joined":
                cohort.present[row] = True
                cohort.resend(row)
            case "back":
                cohort.present[row] = True
                cohort.faulty[row] = False
                cohort.connected(row)
            case _:
                raise _unknown(note)
        cohort.update_flags()
        self._say(note.kind, tick, note.device, {"text": note.text})

    def _watch(self, tick: int, at_ns: int, heartbeat_ns: int) -> None:
        if self._watchdog_ns == 0:
            return
        stale = at_ns - max(heartbeat_ns, self._epoch_ns) > self._watchdog_ns
        if stale != self._stale:
            self._stale = stale
            self._say("stale" if stale else "fresh", tick, data={"heartbeat_ns": heartbeat_ns})

    def _latch(self, tick: int, controls: Controls) -> None:
        if controls.stopped:
            self._stop_version = max(self._stop_version, controls.version)
            if not self._stopped:
                self._stopped = True
                self._say("stop", tick, data={"version": controls.version})
        elif self._stopped and controls.version > self._stop_version:
            # Only controls published after the stop re-arm: a restarted conductor's blank ones do not.
            self._stopped = False
            for line in self._lines:
                line.faulty = False
            for cohort in self.cohorts:
                cohort.faulty[:] = False
                cohort.update_flags()
            self._say("rearm", tick, data={"version": controls.version})

    def _command(
        self,
        line: _Line,
        tick: int,
        at_ns: int,
        transport: Transport,
        controls: Controls,
        states: dict[tuple[int, int, bool], Sequence[float]],
    ) -> Dispatch | None:
        goal = line.safe if line.forbidden or line.faulty else line.park
        if line.live is not None:
            self._move_live(line.live, tick, at_ns, transport)
        wanted: Sequence[float]
        playing = False
        ahead: Callable[[int], Sequence[float]] | None = None
        segment: Segment | None = None
        if self._retiring:
            wanted = goal
        elif self._stopped or self._stale:
            wanted = line.safe
        elif line.forbidden or line.faulty:
            wanted = line.safe
            segment = transport.segment_at(at_ns + line.lead_ns)
        else:
            playing = True
            ahead_ns = at_ns + line.lead_ns
            calm = line.lit and self._seats.calm
            show: ShowState = self._calm if calm else self._show
            for seat in line.seats:
                if (seat, ahead_ns, calm) not in states:
                    states[seat, ahead_ns, calm] = _plain(show.levels(transport, ahead_ns, seat))
            by_seat = {seat: states[seat, ahead_ns, calm] for seat in line.seats}
            if line.live is not None:
                by_seat = {seat: line.live.added(state) for seat, state in by_seat.items()}
            segment = transport.segment_at(ahead_ns)
            wanted = line.mapper.map(
                by_seat, controls.intensities, controls.muted_roles_mask, segment.index, self._seats.own
            )
        line.seams.look(segment, transport, controls, self._seats.own, meeting=line.governor.meeting)
        if line.seams.left:
            line.governor.leave()
        if line.seams.due and playing and segment is not None:
            ahead = self._foreseen(line, tick, transport, controls, segment, show)
            if line.dose is not None:
                ahead = _scaled(line.dose, ahead)
        if line.budgets is not None:
            wanted, news = line.budgets.step(wanted, tick, playing=playing)
            for said in news:
                data = {"channel": said.channel, "budget": said.what, **said.data}
                self._say("budget", tick, line.driver.name, data)
        if line.dose is not None and playing:
            wanted = line.dose.wanted(wanted)
        values = line.governor.step(wanted, not playing, ahead, anew=line.seams.jumped)
        if line.dose is not None:
            for faded in line.dose.commanded(values, at_ns):
                self._say("dose", tick, line.driver.name, {"fade": faded.what, **faded.data})
        if line.governor.refused != line.refused:
            line.refused = line.governor.refused
            self._say("refused", tick, line.driver.name, {"count": line.refused})
        arrived = self._retiring and not line.parked and line.governor.at(goal)
        line.parked |= arrived
        frames: tuple[bytes, ...] = ()
        try:
            frames = line.driver.encode(values)
        except Exception as error:
            # A fault of one driver is that device's fault alone. It is led to its safe state, in case some values
            # can be encoded, and stays there until it connects again or a person re-arms; meanwhile nothing is
            # sent for values that cannot.
            if not line.faulty:
                line.faulty = True
                self._say("fault", tick, line.driver.name, {"text": f"{type(error).__name__}: {error}"})
        self._count(line, tick, frames)
        if arrived:
            self._say("parked", tick, line.driver.name, {"frames": line.digest.hexdigest()})
        if not frames:
            return None
        changed = frames != line.last_frames
        line.last_frames = frames
        if not line.present:
            return None
        if not changed and tick - line.last_sent_tick < line.keep_alive_ticks:
            return None
        line.last_sent_tick = tick
        return Dispatch(line.index, tick, at_ns, frames, changed)

    def _moved_by(self, device: BusDevice, line: _Line) -> LiveMoves | None:
        """The live motion of a device, shared with the others of its rate."""
        start = min((route.start for route in device.routes if route.kind == "motion"), default=-1)
        if device.live is None or start < 0:
            return None
        key = device.live.name, line.period_ticks
        if key not in self._live:
            self._live[key] = LiveMotion(device.live, 1.0 / line.dt_s)
        return LiveMoves(device.live.name, self._live[key], start)

    def _move_live(self, live: LiveMoves, tick: int, at_ns: int, transport: Transport) -> None:
        """One step of what is heard; while the show is held or stopped it fades to rest like what falls silent."""
        segment = transport.segment_at(at_ns)
        runs = segment.scene >= 0 and segment.rate_num > 0
        live.motion.pose(at_ns, runs and not (self._stopped or self._stale or self._retiring))
        heard = not live.motion.stale
        if self._live_heard.get(live.name, False) != heard:
            self._live_heard[live.name] = heard
            self._say("live", tick, live.name, {"state": "heard" if heard else "silent"})

    def _foreseen(
        self,
        line: _Line,
        tick: int,
        transport: Transport,
        controls: Controls,
        segment: Segment,
        show: ShowState,
    ) -> Callable[[int], Sequence[float]]:
        """What a device will be wanted so many of its instants from a tick, as far as this is known now."""
        own = self._seats.own

        def ahead(count: int) -> Sequence[float]:
            for_ns = self.instant_ns(tick + count * line.period_ticks) + line.lead_ns
            if transport.segment_at(for_ns).index != segment.index:
                return (math.nan,) * len(line.driver.channels)
            by_seat = {seat: _plain(show.levels(transport, for_ns, seat)) for seat in line.seats}
            if line.live is not None:  # whose future nobody knows
                by_seat = {seat: line.live.added(state) for seat, state in by_seat.items()}
            return line.foresight.map(
                by_seat, controls.intensities, controls.muted_roles_mask, segment.index, own
            )

        return ahead

    def _foreseen_fleet(
        self,
        cohort: Cohort,
        tick: int,
        transport: Transport,
        controls: Controls,
        segment: Segment,
        show: ShowState,
        levels_of: object,
    ) -> Ahead:
        """The same for all devices of a cohort."""
        own = self._seats.own

        def ahead(count: int) -> NDArray[np.float64]:
            for_ns = self.instant_ns(tick + count * cohort.period_ticks) + cohort.lead_ns
            if transport.segment_at(for_ns).index != segment.index:
                return np.full(cohort.park.shape, np.nan)
            states, which = cohort.states_for(show, levels_of, transport, for_ns)
            return np.array(cohort.wanted(states, which, controls, own))

        return ahead

    def _command_cohort(
        self,
        number: int,
        cohort: Cohort,
        tick: int,
        at_ns: int,
        transport: Transport,
        controls: Controls,
        before: FleetDispatch | None,
    ) -> FleetDispatch | None:
        """As `_command`, for all devices of a cohort; `before`: of an instant just made good, not sent yet."""
        rest: bool | NDArray[np.bool_] = True
        ahead: Ahead | None = None
        segment: Segment | None = None
        if self._retiring:
            wanted = cohort.goal
        elif self._stopped or self._stale:
            wanted = cohort.safe
        else:
            rest = cohort.held
            show: ShowState = self._show
            levels_of = self._levels_of
            if cohort.lit and self._seats.calm:
                show, levels_of = self._calm, self._calm.levels_of if levels_of is not None else None
            segment = transport.segment_at(at_ns + cohort.lead_ns)
            states, which = cohort.states_for(show, levels_of, transport, at_ns + cohort.lead_ns)
            wanted = cohort.wanted(states, which, controls, self._seats.own)
        cohort.seams.look(segment, transport, controls, self._seats.own, meeting=cohort.governor.meeting)
        if cohort.seams.left:
            cohort.governor.leave()
        if cohort.seams.due and segment is not None:
            ahead = self._foreseen_fleet(cohort, tick, transport, controls, segment, show, levels_of)
        refused = cohort.governor.refused
        before_refused = refused.sum()
        values = cohort.governor.step(wanted, rest, ahead, anew=cohort.seams.jumped)
        if refused.sum() != before_refused:
            self._say("refused", tick, cohort.name, {"count": int(refused.sum())})
        frames, faults = cohort.encode(values)
        for row, text in faults.items():
            if not cohort.faulty[row]:
                cohort.faulty[row] = True
                cohort.update_flags()
                self._say("fault", tick, cohort.drivers[row].name, {"text": text})
        if frames is not None:
            self._checkpoint(cohort, tick, cohort.name)
            cohort.frame_count += len(cohort)
            cohort.digest.update(tick.to_bytes(8, "little"))
            cohort.digest.update(frames.data)
        if self._retiring and not cohort.retired:
            for row in np.nonzero(cohort.governor.at(cohort.goal) & ~cohort.parked)[0].tolist():
                cohort.parked[row] = True
                self._say("parked", tick, cohort.drivers[row].name, {"frames": cohort.digest.hexdigest()})
        if frames is None:
            return None
        rows = cohort.to_send(frames, tick, faults)
        if before is not None and rows is not None:
            # What changed at the instant before and not at this one has not been sent either.
            rows = None if before.rows is None else np.union1d(rows, before.rows)
        return FleetDispatch(number, tick, at_ns, frames, rows) if rows is None or len(rows) else before

    def _checkpoint(self, line: _Line | Cohort, tick: int, name: str) -> None:
        """Before the first frame of each new second, tell where the running hash stands."""
        second = tick // self._tick_hz
        if second > line.second:
            line.second = second
            data: dict[str, object] = {
                "second": second,
                "count": line.frame_count,
                "hash": line.digest.hexdigest(),
            }
            if isinstance(line, _Line) and (given := line.given):
                data["given"] = list(given)
            self._say("frames", tick, name, data)

    def _count(self, line: _Line, tick: int, frames: tuple[bytes, ...]) -> None:
        """Add frames to the running hash."""
        self._checkpoint(line, tick, line.driver.name)
        line.frame_count += 1
        line.digest.update(tick.to_bytes(8, "little"))
        for frame in frames:
            line.digest.update(len(frame).to_bytes(4, "little"))
            line.digest.update(frame)

    def _say(self, kind: str, tick: int, device: str = "", data: Mapping[str, object] | None = None) -> None:
        self._sink(BusEvent(kind, tick, self.instant_ns(tick), device, data or {}))


def _unknown(note: DeviceNote) -> ValueError:
    return ValueError(
        f"note of kind {note.kind!r} about {note.device}; allowed: gone, back, joined, forbid, permit, report, felt, given"
    )


def _plain(state: Sequence[float] | NDArray[np.float64]) -> Sequence[float]:
    """A state vector as plain floats: reading a numpy array number by number costs six times as much."""
    return state.tolist() if isinstance(state, np.ndarray) else state
