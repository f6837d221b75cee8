"""Devices commanded together: the same values and bytes as one at a time, and the same care for each of them."""

from __future__ import annotations

import dataclasses
import math
import socket
from collections.abc import Sequence
from threading import Event
from typing import Any

import numpy as np
import pytest

from devices.amc import AmcDriver
from devices.artnet import ArtnetDriver
from devices.shaker import ShakerDriver
from engine.bus import datagrams
from engine.bus.datagrams import DatagramPort
from engine.bus.driver import Batched, DeviceConfig, Driver
from engine.bus.fleet import LEAST, Cohort
from engine.bus.fleet_writer import FleetWriter
from engine.bus.inline import InlineBus
from engine.bus.loop import BusCore, BusDevice, BusEvent, DeviceNote, Dispatch, FleetDispatch, cohorts_of
from engine.bus.mapping import Route, make_route
from engine.time.clocks import ManualClock
from engine.time.publisher import TransportWriter
from engine.time.segments import Transport
from engine.time.shared import LocalBlock

MS = 1_000_000
S = 1_000_000_000
FL_PER_S = 705_600_000
SIZE = 12


class SeatShow:
    """Each seat sways with a phase of its own; the room lights up."""

    def levels(self, transport: Transport, host_ns: int, seat: int) -> Sequence[float]:
        moment = transport.at(host_ns)
        if moment.scene < 0:
            return (0.0,) * SIZE
        t_s = moment.at_fl / FL_PER_S
        phase = 0.7 * seat + 1.7 * moment.scene
        light = min(t_s, 1.0)
        return (
            0.0,
            0.002 * math.sin(t_s + phase),
            0.02 * math.sin(2.5 * t_s + phase),
            2.0 * math.cos(1.9 * t_s),
            1.0,
            0.0,
            light,
            0.5 * light,
            0.1,
            0.3,
            40.0,
            0.25,
        )

    def calm_levels(self, transport: Transport, host_ns: int, seat: int) -> Sequence[float]:
        state = list(self.levels(transport, host_ns, seat))
        before = self.levels(transport, host_ns - S // 3, seat)
        state[6:] = [(now + then) / 2 for now, then in zip(state[6:], before[6:], strict=True)]
        return state


class BatchShow(SeatShow):
    """The same, telling many seats at once; seats of even number share a state."""

    def levels(self, transport: Transport, host_ns: int, seat: int) -> Sequence[float]:
        return super().levels(transport, host_ns, seat if seat % 2 else min(seat, 0))

    def levels_of(
        self, transport: Transport, host_ns: int, seats: Sequence[int]
    ) -> tuple[np.ndarray, np.ndarray | None]:
        key = [seat if seat % 2 else min(seat, 0) for seat in seats]
        first = list(dict.fromkeys(key))
        rows = np.array([self.levels(transport, host_ns, seat) for seat in first])
        return rows, np.array([first.index(seat) for seat in key])

    def calm_levels_of(
        self, transport: Transport, host_ns: int, seats: Sequence[int]
    ) -> tuple[np.ndarray, np.ndarray | None]:
        return np.array([self.calm_levels(transport, host_ns, seat) for seat in seats]), None


def route(
    driver: Driver, kind: str, start: int, rest: int, seat: int, group: str | None = None, **more: Any
) -> Route:
    return make_route(
        driver,
        role=f"{kind}.{start}",
        role_index=start,
        seat=seat,
        kind=kind,
        start=start,
        rest=(0.0,) * rest,
        modality="motion" if kind == "motion" else "light",
        group=group,
        **more,
    )


def seats(count: int, **options: Any) -> list[BusDevice]:
    made = []
    for seat in range(count):
        driver = AmcDriver(DeviceConfig(f"seat_{seat}", rate_hz=200.0, seat=seat, **options))
        made.append(BusDevice(driver, (route(driver, "motion", 0, 6, seat),)))
    return made


def lights(count: int) -> list[BusDevice]:
    fixtures = {
        "spot": {"channels": [1, 2, 3], "form": "rgb"},
        "wash": {"channels": [4, 5, 6], "form": "rgb"},
        "lamp": {"channels": [8], "form": "dimmer"},
        "dark": {"channels": [9], "form": "dimmer"},
    }
    made = []
    for number in range(count):
        driver = ArtnetDriver(
            DeviceConfig(
                f"lights_{number}", rate_hz=40.0, settings={"fixtures": fixtures, "universe": number}
            )
        )
        routes = (
            route(driver, "color", 6, 3, -1, "spot"),
            route(driver, "level", 9, 1, -1, "wash", gain=0.5),
            route(driver, "haptic", 9, 2, -1, "lamp"),
        )
        made.append(BusDevice(driver, routes[: 3 if number % 2 else 2]))
    return made


def play(
    devices: list[BusDevice], show: SeatShow, *, fleets: bool, until_ns: int = 2 * S
) -> tuple[dict[str, list[tuple[int, bytes]]], BusCore, list[BusEvent]]:
    """A scripted run with a seam, an intensity, a mute, a loss, a permit, a stop; frames sent, by device."""
    block = LocalBlock()
    writer = TransportWriter(block)
    writer.append(from_ns=100 * MS, scene=0)
    writer.append(from_ns=700 * MS, scene=1)
    writer.control(from_ns=300 * MS, intensities=(0.8,) * 9)
    writer.control(from_ns=500 * MS, muted_roles_mask=1 << 6)
    writer.profile(1, from_ns=250 * MS, intensities=(0.5,) * 9)
    writer.profile(2, from_ns=350 * MS, present=False)
    writer.profile(0, from_ns=800 * MS, photosensitive=True)
    writer.profile(2, from_ns=1000 * MS, present=True)
    writer.control(from_ns=1200 * MS, stopped=True)
    writer.control(from_ns=1500 * MS, stopped=False)
    events: list[BusEvent] = []
    core = BusCore(
        devices, show, epoch_ns=0, watchdog_ns=0, cohorts=None if fleets else (), sink=events.append
    )
    assert bool(core.cohorts) is fleets
    first, last = devices[0].driver.name, devices[-1].driver.name
    script = {
        400: [DeviceNote(first, "gone", "pulled")],
        600: [DeviceNote(first, "back"), DeviceNote(last, "forbid")],
        650: [DeviceNote(last, "report", "ok", "reply"), DeviceNote(last, "forbid")],
        900: [DeviceNote(last, "permit"), DeviceNote(first, "joined")],
    }
    sent: dict[str, list[tuple[int, bytes]]] = {device.driver.name: [] for device in devices}
    while (due_ns := core.next_due_ns()) <= until_ns:
        notes = []
        for ms in [ms for ms in script if ms * MS <= due_ns]:
            notes += script.pop(ms)
        for dispatch in core.advance(due_ns, block.read(), 0, notes):
            if isinstance(dispatch, Dispatch):
                sent[devices[dispatch.device].driver.name].append((dispatch.due_ns, dispatch.frames[0]))
                continue
            cohort = core.cohorts[dispatch.cohort]
            for row in range(len(cohort)) if dispatch.rows is None else dispatch.rows.tolist():
                sent[cohort.drivers[row].name].append((dispatch.due_ns, dispatch.frames[row].tobytes()))
    return sent, core, events


@pytest.mark.parametrize("show", [SeatShow(), BatchShow()])
@pytest.mark.parametrize("make", [seats, lights])
def test_a_fleet_is_commanded_the_same_bytes_as_its_devices_by_themselves(make: Any, show: SeatShow) -> None:
    together, core, events = play(make(LEAST), show, fleets=True)
    alone, single, alone_events = play(make(LEAST), show, fleets=False)
    assert len(core.cohorts) == 1 and core.cohorts[0].next_tick % core.cohorts[0].period_ticks == 0
    assert together == alone
    for name in together:
        assert core.values(name) == single.values(name)
    told = [(e.kind, e.tick, e.device) for e in events if e.device and e.kind != "frames"]
    assert sorted(told) == sorted(
        (e.kind, e.tick, e.device) for e in alone_events if e.device and e.kind != "frames"
    )


class TestForming:
    def test_a_thousand_seats_are_spread_over_the_ticks_of_a_period(self) -> None:
        cohorts = cohorts_of(seats(1000), 1000)
        assert [(len(cohort), cohort.next_tick) for cohort in cohorts] == [(200, tick) for tick in range(5)]
        assert sorted(index for cohort in cohorts for index in cohort.indices) == list(range(1000))

    def test_few_devices_stay_by_themselves(self) -> None:
        assert cohorts_of(seats(LEAST - 1), 1000) == ()

    def test_those_that_differ_do_too(self) -> None:
        mixed = seats(LEAST - 1) + seats(LEAST - 1, settings={"middle": 0x7F0F})
        assert cohorts_of(mixed, 1000) == ()
        assert len(cohorts_of([*seats(LEAST), *mixed[LEAST - 1 :]], 1000)) == 1

    def test_a_rumble_needs_the_pose_before_and_is_no_matter_of_picking(self) -> None:
        shakers = []
        for seat in range(LEAST):
            driver = ShakerDriver(DeviceConfig(f"shaker_{seat}", rate_hz=200.0, seat=seat))
            assert not isinstance(driver, Batched)
            shakers.append(BusDevice(driver, (route(driver, "motion", 0, 6, seat, rendered_as="rumble"),)))
        assert cohorts_of(shakers, 1000) == ()

    def test_the_port_makes_no_difference(self) -> None:
        one = cohorts_of(seats(LEAST), 1000)
        other = cohorts_of(seats(LEAST, port="udp://127.0.0.1:9"), 1000)
        assert [cohort.indices for cohort in one] == [cohort.indices for cohort in other]


class TestSick:
    def test_one_that_cannot_be_encoded_is_led_to_safe_and_the_others_play(self) -> None:
        devices = seats(LEAST)
        sick = devices[3].driver
        plain = sick.encode

        def encode(values: Sequence[float]) -> tuple[bytes, ...]:
            if values[2] > 0.005:
                raise IndexError("a fault of ours")
            return plain(values)

        sick.encode = encode  # type: ignore[method-assign]
        events: list[BusEvent] = []
        core = BusCore(devices, SeatShow(), epoch_ns=0, watchdog_ns=0, sink=events.append)
        (cohort,) = core.cohorts

        class Failing:
            """As a batch with a fault would be."""

            def encode(self, values: np.ndarray) -> np.ndarray:
                raise IndexError("somewhere")

            def stamp(self, frames: np.ndarray, rows: np.ndarray | None) -> None:
                """Nothing to count."""

        cohort.batch = Failing()
        block = LocalBlock()
        TransportWriter(block).append(from_ns=0, scene=0)
        sent = 0
        while (due_ns := core.next_due_ns()) <= 3 * S:
            for dispatch in core.advance(due_ns, block.read(), 0):
                assert isinstance(dispatch, FleetDispatch)
                rows = range(LEAST) if dispatch.rows is None else dispatch.rows.tolist()
                sent += 5 in rows
        faults = [(event.device, event.data) for event in events if event.kind == "fault"]
        assert faults == [("seat_3", {"text": "IndexError: a fault of ours"})]
        assert core.values("seat_3") == (0.0,) * 6 and core.values("seat_5")[2] != 0.0
        assert sent == 601

    def test_a_value_that_is_no_number_moves_nothing_and_is_told(self) -> None:
        class Broken(SeatShow):
            def levels(self, transport: Transport, host_ns: int, seat: int) -> Sequence[float]:
                state = list(super().levels(transport, host_ns, seat))
                if seat == 4 and host_ns > 500 * MS:
                    state[2] = math.nan
                return state

        _, core, events = play(seats(LEAST), Broken(), fleets=True, until_ns=S)
        _, single, _ = play(seats(LEAST), Broken(), fleets=False, until_ns=S)
        assert core.values("seat_4") == single.values("seat_4")
        assert next(event.device for event in events if event.kind == "refused") == core.cohorts[0].name

    def test_retiring_parks_all_but_what_is_forbidden(self) -> None:
        devices = seats(LEAST, settings={"park": {"heave": "-40mm"}})
        devices[2] = dataclasses.replace(devices[2], forbidden=True)
        events: list[BusEvent] = []
        core = BusCore(devices, SeatShow(), epoch_ns=0, watchdog_ns=0, sink=events.append)
        block = LocalBlock()
        TransportWriter(block).append(from_ns=0, scene=0)
        while core.next_due_ns() <= S:
            core.advance(core.next_due_ns(), block.read(), 0)
        core.retire()
        limit_ns = core.next_due_ns() + round(core.safe_bound_s * S)
        while not core.retired and core.next_due_ns() <= limit_ns:
            core.advance(core.next_due_ns(), block.read(), 0)
        assert core.retired
        assert {core.values(device.driver.name)[2] for device in devices} == {-0.04, 0.0}
        assert core.values("seat_2")[2] == 0.0 and core.forbidden("seat_2")
        assert len([event for event in events if event.kind == "parked"]) == LEAST


class Node:
    """Something that listens on a UDP port of its own."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(2.0)
        self.port = self.socket.getsockname()[1]

    def read(self) -> bytes:
        return self.socket.recv(2048)


@pytest.mark.parametrize("many", [True, False])
def test_datagrams_reach_their_addresses(many: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not many:
        monkeypatch.setattr(datagrams.sys, "platform", "elsewhere")
    nodes = [Node() for _ in range(3)]
    port = DatagramPort()
    table = port.table(3, 4)
    for row, node in enumerate(nodes):
        table.set_address(row, ("127.0.0.1", node.port))
    frames = np.arange(12, dtype=np.uint8).reshape(3, 4)
    assert table.send(frames, None) == 3
    assert [node.read() for node in nodes] == [row.tobytes() for row in frames]
    assert table.send(frames + 1, np.array([2, 0])) == 2
    assert nodes[0].read() == (frames[0] + 1).tobytes() and nodes[2].read() == (frames[2] + 1).tobytes()
    nodes[1].socket.setblocking(False)
    with pytest.raises(BlockingIOError):
        nodes[1].read()
    port.close()
    for node in nodes:
        node.socket.close()


@pytest.mark.skipif(datagrams.sys.platform != "linux", reason="refusals are told on Linux only")
def test_a_fleet_parks_first_and_last_and_names_who_is_not_there() -> None:
    nodes = [Node() for _ in range(LEAST)]
    devices = []
    for seat, node in enumerate(nodes):
        driver = AmcDriver(
            DeviceConfig(f"seat_{seat}", rate_hz=200.0, seat=seat, port=f"udp://localhost:{node.port}")
        )
        devices.append(BusDevice(driver, (route(driver, "motion", 0, 6, seat),)))
    cohort: Cohort = cohorts_of(devices, 1000)[0]
    clock = ManualClock()
    writer = FleetWriter(cohort, clock)
    writer.start()
    parked = devices[0].driver.encode((0.0,) * 6)[0]
    assert [node.read() for node in nodes] == [parked] * LEAST
    notes = take(writer, LEAST)
    assert {note.kind for note in notes} == {"back"} and len(notes) == LEAST
    frames = np.repeat(np.frombuffer(parked, dtype=np.uint8)[None], LEAST, axis=0).copy()
    frames[:, 5] = np.arange(LEAST)
    nodes[4].socket.close()
    writer.offer(FleetDispatch(0, 0, 0, frames, None))
    assert [node.read()[5] for node in nodes if node is not nodes[4]] == [n for n in range(LEAST) if n != 4]
    clock.advance_ns(S)
    (gone,) = take(writer, 1, clock.now_ns())
    assert (gone.device, gone.kind) == ("seat_4", "gone") and f":{nodes[4].port}" in gone.text
    # The refusal, reported by the system at the next call, costs nobody a frame.
    rows = np.array([row for row in range(LEAST) if row != 4])
    writer.offer(FleetDispatch(0, 5, 0, frames, rows))
    assert [nodes[row].read()[5] for row in rows.tolist()] == rows.tolist()
    (again,) = take(writer, 1, clock.now_ns() + S)
    assert (again.device, again.kind) == ("seat_4", "back")
    writer.close(stay={"seat_3"})
    for row in rows.tolist():
        if row != 3:
            assert nodes[row].read() == parked
    nodes[3].socket.setblocking(False)
    with pytest.raises(BlockingIOError):
        nodes[3].read()
    for node in nodes:
        node.socket.close()
    assert writer.sent == 2 * LEAST - 1 and writer.failures == 1


def test_a_fleet_on_serial_lines_has_a_thread_a_device() -> None:
    devices = seats(LEAST, port="loop://")
    (cohort,) = cohorts_of(devices, 1000)
    writer = FleetWriter(cohort, ManualClock())
    writer.start()
    notes = take(writer, LEAST)
    assert [note.kind for note in notes] == ["back"] * LEAST and writer.open_count == LEAST
    writer.offer(FleetDispatch(0, 0, 0, cohort.batch.encode(cohort.park), None))
    for _ in range(300):
        if writer.all_sent == 2 * LEAST:
            break
        Event().wait(0.01)
    assert writer.all_sent == 2 * LEAST and writer.sent == 0 and writer.all_sent_late().count == LEAST
    writer.close()


@pytest.mark.skipif(datagrams.sys.platform != "linux", reason="refusals are told on Linux only")
def test_when_hundreds_vanish_their_news_come_a_few_at_a_time() -> None:
    count = 40
    nodes = [Node() for _ in range(count)]
    devices = []
    for seat, node in enumerate(nodes):
        driver = AmcDriver(
            DeviceConfig(f"seat_{seat}", rate_hz=200.0, seat=seat, port=f"udp://127.0.0.1:{node.port}")
        )
        devices.append(BusDevice(driver, (route(driver, "motion", 0, 6, seat),)))
    (cohort,) = cohorts_of(devices, 1000)
    writer = FleetWriter(cohort, ManualClock())
    writer.start()
    assert len(take(writer, count)) == count
    for node in nodes:
        node.socket.close()
    frames = cohort.batch.encode(cohort.safe)
    gone: list[DeviceNote] = []
    for turn in range(1, 60):
        writer.offer(FleetDispatch(0, 5 * turn, 0, frames, None))
        news = [note for note in writer.take_notes(turn * 20 * MS) if note.kind == "gone"]
        assert len(news) <= 8
        gone += news
        if len({note.device for note in gone}) == count:
            break
    assert {note.device for note in gone} == {device.driver.name for device in devices}
    writer.close()


def take(writer: FleetWriter, count: int, now_ns: int = 0) -> list[DeviceNote]:
    """So many notes; its thread is given time to come up with them, not the clock."""
    found: list[DeviceNote] = []
    for turn in range(300):
        found += writer.take_notes(now_ns + turn * MS // 4)
        if len(found) >= count:
            break
        Event().wait(0.01)
    return found


def test_a_wide_device_that_no_role_reaches_rests() -> None:
    fixtures = {f"f{n}": {"channels": [3 * n + 1, 3 * n + 2, 3 * n + 3], "form": "rgb"} for n in range(40)}
    driver = ArtnetDriver(DeviceConfig("lights", rate_hz=40.0, settings={"fixtures": fixtures}))

    class NoRoles:
        """A show that plays on nothing."""

        def levels(self, transport: Transport, host_ns: int, seat: int) -> tuple[float, ...]:
            return ()

    bus = InlineBus([BusDevice(driver, ())], NoRoles(), LocalBlock(), epoch_ns=0)
    bus.run_until(1_000_000_000)
    assert set(bus.core.values("lights")) == {0.0}
    assert not [event for event in bus.events if event.kind == "fault"]
