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

from engine.bus.driver import Driver, park_values, safe_values
from engine.bus.governor import Governor
from engine.bus.mapping import Mapper, Route
from engine.time.segments import Controls, Transport

_NS_PER_S = 1_000_000_000
DEFAULT_TICK_HZ = 1000
# Instants missed by less than this are computed after all, and only the newest is sent: a late wake-up then
# changes neither trajectories nor hashes. Beyond it (a suspended machine) the grid is picked up again at the
# present.
CATCH_UP_NS = 250_000_000


class ShowState(Protocol):
    """The evaluator of `engine.timeline`, as far as the bus needs it."""

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
        ``refused``, ``parked``.
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
    kind : {"gone", "back", "joined", "forbid", "permit", "report"}
        ``back``: it has just connected and rests in park. ``joined``: its line is ours now, and it is where the
        governor has it (a standby that took over). ``forbid``: to its safe state, and held there until
        ``permit``. ``report``: something for the journal, without any effect on what is commanded.
    text : str
        For people.
    topic : str
        Of a report: `Report.kind`.
    """

    device: str
    kind: str
    text: str = ""
    topic: str = ""


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
class BusDevice:
    """One device with what it is to render; one that needs a permit is `forbidden` until it has it."""

    driver: Driver
    routes: tuple[Route, ...]
    forbidden: bool = False


class _Line:
    """What the machine keeps per device."""

    __slots__ = (
        "digest",
        "driver",
        "dt_s",
        "faulty",
        "forbidden",
        "frame_count",
        "governor",
        "keep_alive_ticks",
        "last_frames",
        "last_sent_tick",
        "lead_ns",
        "mapper",
        "next_tick",
        "park",
        "parked",
        "period_ticks",
        "present",
        "refused",
        "safe",
        "seats",
        "second",
    )

    def __init__(self, device: BusDevice, tick_hz: int) -> None:
        driver = device.driver
        self.driver = driver
        self.seats = tuple(sorted({route.seat for route in device.routes}))
        self.period_ticks = max(1, round(tick_hz / driver.rate_hz))
        self.dt_s = self.period_ticks / tick_hz
        self.lead_ns = driver.latency.lead_ns
        self.governor = Governor(driver.channels, self.dt_s)
        self.mapper = Mapper(driver, device.routes, self.dt_s)
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
    sink : callable
        Takes events; must not block.

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
        sink: EventSink,
    ) -> None:
        self._show = show
        self._epoch_ns = epoch_ns
        self._tick_hz = tick_hz
        self._watchdog_ns = watchdog_ns
        self._sink = sink
        self._lines = [_Line(device, tick_hz) for device in devices]
        self._by_name = {line.driver.name: line for line in self._lines}
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
        return tuple(line.driver for line in self._lines)

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
        return self._retiring and all(line.parked for line in self._lines)

    @property
    def safe_bound_s(self) -> float:
        """Time within which every device is in its safe state, from any state."""
        return max((line.governor.safe_bound_s + 2 * line.dt_s for line in self._lines), default=0.0)

    def values(self, device: str) -> tuple[float, ...]:
        """Channel values commanded last."""
        return self._by_name[device].governor.values

    def forbidden(self, device: str) -> bool:
        """Whether the device is held in its safe state for want of a permit."""
        return self._by_name[device].forbidden

    def frame_hash(self, device: str) -> str:
        """Running hash over all frames commanded so far."""
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
    ) -> list[Dispatch]:
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
        list of Dispatch
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
        newest: dict[int, Dispatch] = {}
        while (at_ns := self.instant_ns(tick)) <= now_ns:
            self._watch(tick, at_ns, heartbeat_ns)
            controls = transport.controls_at(at_ns)
            self._latch(tick, controls)
            states: dict[tuple[int, int], Sequence[float]] = {}
            for index, line in enumerate(self._lines):
                if line.next_tick != tick:
                    continue
                dispatch = self._command(index, line, tick, at_ns, transport, controls, states)
                if dispatch is not None:
                    newest[index] = dispatch
                line.next_tick = tick + line.period_ticks
            if not self._lines:  # a rig without devices still watches and latches, 100 times a second
                self._idle_tick = tick + max(self._tick_hz // 100, 1)
            tick = self._next_tick()
        return list(newest.values())

    # -- inside ----------------------------------------------------------------------------------------------

    def _next_tick(self) -> int:
        return min((line.next_tick for line in self._lines), default=self._idle_tick)

    def _pick_up(self, tick: int, now_ns: int) -> int:
        """After a gap too long to make good, go on with the present; tell which ticks were left out."""
        if now_ns - self.instant_ns(tick) <= CATCH_UP_NS:
            return tick
        present = (now_ns - self._epoch_ns) * self._tick_hz // _NS_PER_S
        for line in self._lines:
            behind = present - line.next_tick
            if behind > 0:
                line.next_tick += -(-behind // line.period_ticks) * line.period_ticks
        resumed = self._next_tick()
        self._say("overrun", tick, data={"first": tick, "resumed": resumed})
        return resumed

    def _take_notes(self, tick: int, notes: Sequence[DeviceNote]) -> None:
        for note in notes:
            line = self._by_name[note.device]
            match note.kind:
                case "report":
                    self._say("report", tick, note.device, {"report": note.topic, "text": note.text})
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
                    raise ValueError(
                        f"note of kind {note.kind!r} about {note.device}; "
                        "allowed: gone, back, joined, forbid, permit, report"
                    )
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
            self._say("rearm", tick, data={"version": controls.version})

    def _command(
        self,
        index: int,
        line: _Line,
        tick: int,
        at_ns: int,
        transport: Transport,
        controls: Controls,
        states: dict[tuple[int, int], Sequence[float]],
    ) -> Dispatch | None:
        goal = line.safe if line.forbidden or line.faulty else line.park
        wanted: Sequence[float]
        if self._retiring:
            wanted = goal
        elif self._stopped or self._stale or line.forbidden or line.faulty:
            wanted = line.safe
        else:
            ahead_ns = at_ns + line.lead_ns
            for seat in line.seats:
                if (seat, ahead_ns) not in states:
                    states[seat, ahead_ns] = _plain(self._show.levels(transport, ahead_ns, seat))
            by_seat = {seat: states[seat, ahead_ns] for seat in line.seats}
            run = transport.segment_at(ahead_ns).index
            wanted = line.mapper.map(by_seat, controls.intensities, controls.muted_roles_mask, run)
        values = line.governor.step(wanted)
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
        return Dispatch(index, tick, at_ns, frames, changed)

    def _count(self, line: _Line, tick: int, frames: tuple[bytes, ...]) -> None:
        """Add frames to the running hash; before the first of each new second, tell where it stands."""
        second = tick // self._tick_hz
        if second > line.second:
            line.second = second
            self._say(
                "frames",
                tick,
                line.driver.name,
                {"second": second, "count": line.frame_count, "hash": line.digest.hexdigest()},
            )
        line.frame_count += 1
        line.digest.update(tick.to_bytes(8, "little"))
        for frame in frames:
            line.digest.update(len(frame).to_bytes(4, "little"))
            line.digest.update(frame)

    def _say(self, kind: str, tick: int, device: str = "", data: Mapping[str, object] | None = None) -> None:
        self._sink(BusEvent(kind, tick, self.instant_ns(tick), device, data or {}))


def _plain(state: Sequence[float] | NDArray[np.float64]) -> Sequence[float]:
    """A state vector as plain floats: reading a numpy array number by number costs six times as much."""
    return state.tolist() if isinstance(state, np.ndarray) else state
