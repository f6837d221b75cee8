"""A thousand seats and 64 universes from one bus, next to the kernel's own price of a datagram.

    python -m engine.bench.bus --fleet --seconds 15

The bus plays 1,000 six-axis seats at 200 Hz and 64 Art-Net universes of 170 RGB fixtures at 44 Hz, every seat and every universe
with its own values, over loopback UDP to a socket that reads nothing. The control is a loop that calls `sendmmsg` on datagrams of
the same size to as many addresses and does nothing else, before and after, and `cyclictest` after it.

Frames per second per core is datagrams over processor time of the whole bus process (user and system, all its threads).
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.bus.datagrams import DatagramPort, Table
from engine.bus.driver import Batched, park_frames
from engine.bus.fleet import Cohort
from engine.bus.lateness import LatenessHistogram
from engine.bus.link import BusProcess, Message
from engine.bus.loop import BusCore, BusEvent, cohorts_of
from engine.bus.process import BusConfig, Show
from engine.bus.registry import create_drivers
from engine.bus.setup import bus_devices
from engine.errors import Place
from engine.experience.resolve import resolve
from engine.experience.rig import AudioSpec, DeviceSpec, Latency, Rig, RoleTarget, SeatSpec
from engine.time.clocks import Clock, MonotonicClock
from engine.time.publisher import TransportWriter
from engine.time.realtime import become_realtime
from engine.time.segments import Controls, Transport
from engine.time.shared import LocalBlock, TransportBlock
from engine.timeline.roles import RoleKind, RoleSpec, RoleTable

_NS_PER_S = 1_000_000_000
_FL_PER_S = 705_600_000
_SEAT_HZ = 200.0
_UNIVERSE_HZ = 44.0
_FIXTURES = 170
_SEAT_BYTES = 20

Floats = NDArray[np.float64]


class OwnMotion:
    """A made-up show: each seat sways with a phase of its own, each universe breathes with its own.

    Parameters
    ----------
    seats, universes : int
    seconds : float
        How long; it begins and ends at rest.
    alike : bool
        All seats play the same instead.
    """

    def __init__(self, seats: int, universes: int, seconds: float, *, alike: bool = False) -> None:
        self._alike = alike
        self._ramp_s = min(4.0, seconds / 3.0)
        self._end_s = seconds
        self._phase = np.arange(seats) * 0.37
        self._size = np.array([0.004, 0.004, 0.01, 1.0, 1.0, 0.5])
        self._states: dict[int, Floats] = {}
        self._room = np.repeat(np.arange(universes) * 0.21, 3) + np.tile([0.0, 0.5, 1.0], universes)

    def levels(self, transport: Transport, host_ns: int, seat: int) -> Floats:
        """State vector of one seat, or of the room."""
        return self.levels_of(transport, host_ns, (seat,))[0][0].copy()

    def levels_of(
        self, transport: Transport, host_ns: int, seats: Sequence[int]
    ) -> tuple[Floats, NDArray[np.intp] | None]:
        """State vectors of many seats, good until the next call; see `engine.bus.loop.ShowState`."""
        moment = transport.at(host_ns)
        room = seats[0] < 0
        count = 1 if self._alike or room else len(seats)
        states = self._states.get(count)
        if states is None:
            states = self._states[count] = np.zeros((count, 6 + len(self._room)))
        else:
            states[:, : 6 + len(self._room) * room] = 0.0
        if moment.scene >= 0:
            t_s = moment.at_fl / _FL_PER_S
            if room:
                states[:, 6:] = 0.5 - 0.5 * np.cos(1.3 * t_s + self._room)
            else:
                # From rest, gently: what a seat is asked for is what it can do, as in a scene that was checked.
                rise = min(max(min(t_s, self._end_s - t_s) / self._ramp_s, 0.0), 1.0)
                rise = rise**3 * (10.0 - 15.0 * rise + 6.0 * rise * rise)
                phase = self._phase[:1] if self._alike else self._phase[list(seats)]
                states[:, :6] = (rise * np.sin(2.0 * np.pi * 0.3 * t_s + phase))[:, None] * self._size
        return states, None if count == len(seats) else np.zeros(len(seats), dtype=np.intp)


def fleet_show(seats: int, universes: int, seconds: float, alike: bool) -> Show:
    """The show of `OwnMotion`; importable, so that a spawned process can make it."""
    roles = RoleTable.of(
        (
            RoleSpec("seat.motion", RoleKind.MOTION, "seat", "motion"),
            *(
                RoleSpec(f"light.u{number:02d}", RoleKind.COLOR, "room", "light")
                for number in range(universes)
            ),
        )
    )
    return Show(OwnMotion(seats, universes, seconds, alike=alike), roles)


def fleet_rig(seats: int, universes: int, port: int) -> Rig:
    """Seats and universes at loopback addresses of their own, all on one UDP port."""
    here = Path("fleet.yaml")
    place = Place(str(here))
    fixtures = {
        f"f{number:03d}": {"channels": [3 * number + 1, 3 * number + 2, 3 * number + 3], "form": "rgb"}
        for number in range(_FIXTURES)
    }
    devices = [
        DeviceSpec(
            f"seat_{seat:04d}",
            "amc",
            f"udp://{_host(seat)}:{port}",
            seat,
            _SEAT_HZ,
            Latency(),
            {},
            {},
            {},
            place,
        )
        for seat in range(seats)
    ]
    devices += [
        DeviceSpec(
            f"lights_{number:02d}",
            "artnet",
            f"udp://{_host(seats + number)}:{port}",
            -1,
            _UNIVERSE_HZ,
            Latency(),
            {},
            {},
            {"fixtures": fixtures, "universe": number},
            place,
        )
        for number in range(universes)
    ]
    roles = {"seat.motion": tuple(RoleTarget(f"seat_{seat:04d}") for seat in range(seats))}
    for number in range(universes):
        roles[f"light.u{number:02d}"] = tuple(RoleTarget(f"lights_{number:02d}", name) for name in fixtures)
    return Rig(
        path=here,
        name={"en": "fleet"},
        tick_hz=1000,
        watchdog_ns=_NS_PER_S,
        seats=tuple(SeatSpec(seat, f"s{seat}", (0.0, 0.0, 0.0), 0.0, None) for seat in range(seats)),
        devices=tuple(devices),
        roles=roles,
        audio=AudioSpec(),
        displays=(),
        hash="fleet",
    )


def measure_fleet(
    seconds: float, *, seats: int = 1000, universes: int = 64, alike: bool = False, realtime: bool = True
) -> dict[str, object]:
    """Play the fleet for `seconds`: datagrams per second and core, and how late they were."""
    clock = MonotonicClock()
    health: list[dict[str, object]] = []
    messages: list[Message] = []
    with _Sink() as sink, TransportBlock.create() as block:
        writer = TransportWriter(block)
        writer.beat(clock.now_ns())
        config = BusConfig(
            block.name,
            fleet_rig(seats, universes, sink.port),
            partial(fleet_show, seats, universes, seconds - 1.0, alike),
            realtime=realtime,
        )
        with BusProcess(config) as bus:
            ready, _ = bus.await_ready(60.0)
            writer.append(from_ns=ready.epoch_ns + 500_000_000, scene=0, rate=Fraction(1))
            end_ns = ready.epoch_ns + round(seconds * _NS_PER_S)
            while clock.now_ns() < end_ns:
                writer.beat(clock.now_ns())
                messages += bus.poll(0.1)
            health += [
                payload for kind, payload in messages if kind == "health" and isinstance(payload, dict)
            ]
            bus.retire()
            while bus.alive and not any(kind == "ended" for kind, _ in messages):
                writer.beat(clock.now_ns())
                messages += bus.poll(0.1)
            messages += bus.join(20.0)
    ended = next((payload for kind, payload in messages if kind == "ended"), None)
    failed = [payload for kind, payload in messages if kind == "failed"]
    if not isinstance(ended, dict) or failed or len(health) < 2:
        raise RuntimeError(
            f"the bus did not report its end; it said {[kind for kind, _ in messages]} {failed}"
        )
    late, sent_late = LatenessHistogram(), LatenessHistogram()
    for name, into in (("dispatch", late), ("sent", sent_late)):
        for row in ended[name].values():
            into.merge(_histogram(row))
    # The seconds between the first and the last sign of health: neither coming up nor parking.
    first, last = health[0], health[-1]
    frames = _sent(last) - _sent(first)
    cpu_s = _number(last["cpu_s"]) - _number(first["cpu_s"])
    wall_s = (_number(last["at_ns"]) - _number(first["at_ns"])) / _NS_PER_S
    overruns = [
        payload for _, payload in messages if isinstance(payload, BusEvent) and payload.kind == "overrun"
    ]
    return {
        "bench": "fleet",
        "what": f"{seats} seats at {_SEAT_HZ:g} Hz, {universes} universes at {_UNIVERSE_HZ:g} Hz"
        + (", all seats alike" if alike else ", each its own values"),
        "seconds": round(wall_s, 2),
        "realtime": list(ready.realtime),
        "frames": frames,
        "frames_per_s": round(frames / wall_s),
        "wanted_per_s": round(seats * _SEAT_HZ + universes * 1000 / round(1000 / _UNIVERSE_HZ)),
        "core_share": round(cpu_s / wall_s, 3),
        "us_per_frame": round(1e6 * cpu_s / frames, 3),
        "frames_per_s_per_core": round(frames / cpu_s),
        "overruns": len(overruns),
        "p50_us": _us(late.quantile_ns(0.5)),
        "p99_us": _us(late.quantile_ns(0.99)),
        "max_us": _us(late.max_ns),
        "sent_p50_us": _us(sent_late.quantile_ns(0.5)),
        "sent_p99_us": _us(sent_late.quantile_ns(0.99)),
    }


def measure_bare(seconds: float, *, messages: int = 200, realtime: bool = True) -> dict[str, object]:
    """`sendmmsg` over one prepared table, again and again: what the kernel takes for a datagram."""
    clock = MonotonicClock()
    grant = become_realtime() if realtime else None
    try:
        with _Sink() as sink:
            port = DatagramPort()
            table = port.table(messages, _SEAT_BYTES)
            for row in range(messages):
                table.set_address(row, (_host(row), sink.port))
            frames = np.zeros((messages, _SEAT_BYTES), dtype=np.uint8)
            begun_ns, begun_s, sent = clock.now_ns(), sum(os.times()[:2]), 0
            while clock.now_ns() - begun_ns < seconds * _NS_PER_S:
                sent += table.send(frames, None)
                # Not all of the time: beyond 95 % of a second the kernel takes a real-time task's core away.
                if realtime and (clock.now_ns() - begun_ns) % 50_000_000 > 45_000_000:
                    clock.sleep_until_ns(clock.now_ns() + 5_000_000)
            cpu_s = sum(os.times()[:2]) - begun_s
            port.close()
    finally:
        if grant is not None:
            grant.close()
    return {
        "bench": "fleet",
        "what": f"control: bare sendmmsg, {messages} datagrams of {_SEAT_BYTES} bytes a call",
        "frames": sent,
        "us_per_frame": round(1e6 * cpu_s / sent, 3),
        "frames_per_s_per_core": round(sent / cpu_s),
    }


def measure_stages(ticks: int, *, seats: int = 1000, universes: int = 64) -> dict[str, object]:
    """Where the time goes: each stage by itself, on the same show, in us per frame."""
    clock = MonotonicClock()
    with _Sink() as sink:
        rig = fleet_rig(seats, universes, sink.port)
        show = fleet_show(seats, universes, 3600.0, False)
        drivers = create_drivers(rig.devices)
        devices = bus_devices(drivers, resolve(rig, show.roles), show.roles, rig)
        cohorts = cohorts_of(devices, rig.tick_hz)
        block = LocalBlock()
        TransportWriter(block).append(from_ns=0, scene=0)
        core = BusCore(
            devices, show.state, epoch_ns=0, watchdog_ns=0, cohorts=cohorts, sink=lambda event: None
        )
        while core.next_due_ns() < 100_000_000:
            core.advance(core.next_due_ns(), block.read(), 0)
        port = DatagramPort()
        spent = dict.fromkeys(("evaluate", "map", "govern", "encode", "hash", "stamp", "send"), 0)
        frames = 0
        for cohort, table in _tables(cohorts, port):
            stages = _Stages(clock, spent)
            at_ns = core.instant_ns(cohort.next_tick)
            for _ in range(max(ticks // len(cohorts), 1)):
                at_ns += round(cohort.dt_s * _NS_PER_S)
                stages.begin()
                states, which = cohort.states_for(
                    show.state, getattr(show.state, "levels_of", None), block.read(), at_ns
                )
                stages.end("evaluate")
                wanted = cohort.wanted(states, which, Controls())
                stages.end("map")
                values = cohort.governor.step(wanted)
                stages.end("govern")
                made, _ = cohort.encode(values)
                assert made is not None
                stages.end("encode")
                cohort.digest.update(made.data)
                stages.end("hash")
                cohort.batch.stamp(made, None)
                stages.end("stamp")
                frames += table.send(made, None)
                stages.end("send")
        port.close()
    return {
        "bench": "fleet",
        "what": "where the time goes, us per frame",
        "frames": frames,
        **{name: round(ns / 1000 / frames, 3) for name, ns in spent.items()},
        "sum": round(sum(spent.values()) / 1000 / frames, 3),
    }


def measure_stop(*, seats: int = 1000) -> dict[str, object]:
    """A stop while every seat moves in its own way: the dearest thing that can happen to a fleet.

    No seat's blend is another's then. What counts is that computing all of it takes less time than the bound within which the bus
    promises the safe state; if it takes longer than the seats do, instants are left out and each seat moves later, never faster.
    """
    clock = MonotonicClock()
    rig = fleet_rig(seats, 0, 9)
    show = fleet_show(seats, 0, 3600.0, False)
    devices = bus_devices(create_drivers(rig.devices), resolve(rig, show.roles), show.roles, rig)
    block = LocalBlock()
    writer = TransportWriter(block)
    writer.append(from_ns=0, scene=0)
    core = BusCore(devices, show.state, epoch_ns=0, watchdog_ns=0, sink=lambda event: None)
    while core.next_due_ns() < 5 * _NS_PER_S:
        core.advance(core.next_due_ns(), block.read(), 0)
    stopped_ns = core.next_due_ns()
    writer.control(from_ns=stopped_ns, stopped=True)
    begun_ns, worst_ns = clock.now_ns(), 0
    while not all(cohort.governor.at(cohort.safe).all() for cohort in core.cohorts):
        before_ns = clock.now_ns()
        core.advance(core.next_due_ns(), block.read(), 0)
        worst_ns = max(worst_ns, clock.now_ns() - before_ns)
    return {
        "bench": "fleet",
        "what": f"a stop of {seats} seats that all move differently",
        "moves_s": round((core.next_due_ns() - stopped_ns) / _NS_PER_S, 3),
        "computed_in_s": round((clock.now_ns() - begun_ns) / _NS_PER_S, 3),
        "worst_tick_us": round(worst_ns / 1000),
        "safe_bound_s": round(core.safe_bound_s, 3),
    }


def run(seconds: float, control: dict[str, object]) -> Iterator[dict[str, object]]:
    """The fleet and its controls, one JSON object a line; the last is the verdict.

    Parameters
    ----------
    seconds : float
        Of the fleet's run; the controls take a part of that.
    control : dict
        Of `engine.bench.bus.measure_control` in the same minute.
    """
    yield control
    before = measure_bare(min(seconds / 6, 2.0))
    yield before
    own = measure_fleet(seconds)
    yield own
    after = measure_bare(min(seconds / 6, 2.0))
    yield after
    alike = measure_fleet(seconds / 2, alike=True)
    yield alike
    stages = measure_stages(2000)
    yield stages
    yield measure_stop()
    bare_us = (_number(before["us_per_frame"]) + _number(after["us_per_frame"])) / 2
    own_us = _number(own["us_per_frame"])
    yield {
        "bench": "fleet",
        "what": "verdict",
        "ratio_to_bare_sendmmsg": round(bare_us / own_us, 3),
        "ratio_alike": round(bare_us / _number(alike["us_per_frame"]), 3),
        "ratio_wanted": 0.5,
        "other_us_per_frame": round(own_us - _number(stages["sum"]), 3),
        "p99_us": own["p99_us"],
        "p99_wanted_us": 1000.0,
        "control_p99_us": control["p99_us"],
    }


class _Sink:
    """Takes datagrams for any loopback address on one port, and keeps next to none."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self._socket.bind(("0.0.0.0", 0))
        self.port: int = self._socket.getsockname()[1]

    def __enter__(self) -> _Sink:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()


class _Stages:
    """Adds up the time between marks."""

    def __init__(self, clock: Clock, spent: dict[str, int]) -> None:
        self._clock = clock
        self._spent = spent
        self._at_ns = 0

    def begin(self) -> None:
        self._at_ns = self._clock.now_ns()

    def end(self, stage: str) -> None:
        now_ns = self._clock.now_ns()
        self._spent[stage] += now_ns - self._at_ns
        self._at_ns = now_ns


def _tables(cohorts: Sequence[Cohort], port: DatagramPort) -> Iterator[tuple[Cohort, Table]]:
    for cohort in cohorts:
        table = port.table(len(cohort), len(park_frames(cohort.drivers[0])[0]))
        for row, driver in enumerate(cohort.drivers):
            assert isinstance(driver, Batched) and driver.address is not None
            table.set_address(row, driver.address)
        yield cohort, table


def _host(number: int) -> str:
    return f"127.{1 + number // 62500}.{number // 250 % 250}.{1 + number % 250}"


def _sent(health: dict[str, object]) -> int:
    devices = health["devices"]
    assert isinstance(devices, dict)
    return sum(row["sent"] for row in devices.values())


def _histogram(summary: dict[str, object]) -> LatenessHistogram:
    made = LatenessHistogram()
    bins = summary["bins"]
    assert isinstance(bins, list)
    for edge_ns, count in bins:
        made.add(round(edge_ns / 1.045), count)  # the middle of its bin
    return made


def _number(value: object) -> float:
    assert isinstance(value, int | float)
    return float(value)


def _us(value_ns: int) -> float:
    return round(value_ns / 1000, 1)
