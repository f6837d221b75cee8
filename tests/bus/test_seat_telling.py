"""What the bus tells of the seats: which devices, which instants; that the twins are there; and that nothing else changes."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from devices.freed import create as freed
from devices.openmotion import create as openmotion
from devices.yaw import create as yaw
from engine.bench.bus import synthetic_rig, synthetic_show
from engine.bus.driver import DeviceConfig, Driver, Latency, MeasuredPose
from engine.bus.inline import InlineBus
from engine.bus.link import BusProcess
from engine.bus.loop import BusCore, BusDevice, DeviceNote
from engine.bus.mapping import make_route
from engine.bus.process import BusConfig
from engine.bus.seat_telling import SeatTelling, movers_of, seat_movers, seats_to_tell
from engine.experience.rig import DisplaySpec, RoleTarget, SeatSpec
from engine.motion.seat_poses import MAX_ROWS, SeatPoseBlock
from engine.motion.seat_predictor import SeatPredictor
from engine.time.clocks import MonotonicClock
from engine.time.publisher import TransportWriter
from engine.time.shared import LocalBlock, TransportBlock
from tests.devices.seats import MS, S, Sway, seat

LATENCY = Latency(30 * MS, 40 * MS)


def moving(driver: Driver, *, of_seat: int = 0) -> BusDevice:
    """A device that plays the motion role."""
    route = make_route(
        driver, role="r", role_index=0, seat=of_seat, kind="motion", start=0, rest=(0.0,) * 6, modality="",
        group=driver.groups[0].name,
    )  # fmt: skip
    return BusDevice(driver, (route,))


def chair(name: str = "seat", seat_index: int = 0) -> BusDevice:
    config = seat("yaw", "pitch", "roll", "heave", latency=LATENCY)
    return moving(openmotion(replace(config, name=name, seat=seat_index)), of_seat=seat_index)


def played(devices: Sequence[BusDevice], **options: Any) -> InlineBus:
    block = LocalBlock()
    TransportWriter(block).append(from_ns=0, scene=0)
    return InlineBus(devices, Sway(), block, epoch_ns=0, **options)


def test_every_command_is_told_with_when_it_left_and_what_it_was_for() -> None:
    poses = SeatPoseBlock.local()
    bus = played([chair()], poses=poses)
    bus.run_until(S)
    (row,) = poses.rows
    assert (row.seat, row.device, row.dead_ns, row.lag_ns, row.period_ns) == (
        0,
        "seat",
        30 * MS,
        40 * MS,
        10 * MS,
    )
    assert row.velocity == (0.0, 0.0, 0.25, 25.0, 25.0, 25.0) and row.acceleration[2:4] == (2.5, 150.0)
    samples = poses.read(0)
    assert [sample.at_ns for sample in samples] == [tick * 10 * MS for tick in range(101)]
    assert {sample.for_ns - sample.at_ns for sample in samples} == {70 * MS}
    assert samples[-1].pose == bus.core.values("seat") and abs(samples[-1].pose[3]) > 0.5


@pytest.mark.parametrize("count", [1, 8])
def test_the_seat_is_foretold_to_where_its_twin_then_is(count: int) -> None:
    """Also in a fleet: eight are one cohort, and each has a place of its own in it."""
    poses = SeatPoseBlock.local()
    bus = played([chair(f"seat {number}", number) for number in range(count)], poses=poses)
    assert bool(bus.core.cohorts) == (count > 1)
    last = count - 1
    predictor = SeatPredictor(poses, last)
    twin = bus.twins[f"seat {last}"]
    assert twin is not None
    errors = []
    now_ns = 0
    while now_ns < 3 * S:
        bus.run_until(now_ns)
        foretold = predictor.pose_at(now_ns + 30 * MS)
        now_ns += 30 * MS
        bus.run_until(now_ns)
        state = twin.state_at(now_ns)
        if now_ns > S:
            errors += [abs(foretold.roll_deg - state["roll"]), abs(foretold.heave_m - state["heave"])]
    assert max(errors) < 1e-6  # the datagram's floats have 24 bits


def test_a_device_that_is_away_stands_and_is_not_told_of() -> None:
    poses = SeatPoseBlock.local()
    bus = played([chair()], poses=poses)
    bus.run_until(S)
    bus.run_until(2 * S, [DeviceNote("seat", "gone")])
    assert poses.read(0)[-1].at_ns == S
    bus.run_until(3 * S, [DeviceNote("seat", "back")])
    after = [sample for sample in poses.read(0) if sample.at_ns > 2 * S]
    assert after[-1].at_ns == 3 * S and max(abs(value) for value in after[0].pose) < 0.5  # from park


def test_frames_are_the_same_with_and_without_a_listener() -> None:
    devices = [[chair("a", 0), moving(yaw(replace(seat("yaw", "pitch"), name="y")))] for _ in range(2)]
    told, quiet = played(devices[0], poses=SeatPoseBlock.local()), played(devices[1])
    for bus in (told, quiet):
        bus.run_until(2 * S)
        bus.finish()
    assert [told.core.frame_hash(name) for name in ("a", "y")] == [
        quiet.core.frame_hash(name) for name in ("a", "y")
    ]
    assert told.events == quiet.events


def test_a_command_that_left_late_is_told_with_when_it_left() -> None:
    block, poses = LocalBlock(), SeatPoseBlock.local()
    TransportWriter(block).append(from_ns=0, scene=0)
    device = chair()
    core = BusCore([device], Sway(), epoch_ns=0, watchdog_ns=0, sink=lambda event: None)
    telling = SeatTelling(poses, seat_movers([device], {0}), core)
    telling.tell(0, 0)
    assert poses.read(0) == []  # nothing was commanded yet
    core.advance(0, block.read(), 0)
    telling.tell(0, 200_000)
    core.advance(40 * MS, block.read(), 0)  # woke 30 ms late: of three only the newest is sent
    telling.tell(10 * MS, 40 * MS + 70_000)
    core.advance(50 * MS, block.read(), 0)
    telling.tell(50 * MS, 55 * MS)
    telling.tell(50 * MS, 55 * MS)
    # The next instant is on time again, but nothing leaves a line before what went in ahead of it.
    core.advance(60 * MS, block.read(), 0)
    telling.tell(60 * MS, 68 * MS)
    core.advance(67 * MS, block.read(), 0)
    core.advance(70 * MS, block.read(), 0)
    telling.tell(70 * MS, 70 * MS + 400_000)
    assert [sample.at_ns for sample in poses.read(0)] == [0, 40 * MS, 55 * MS, 68 * MS, 70 * MS]


def test_what_was_caught_up_is_told_in_the_order_in_which_it_left() -> None:
    """A bus that was away for 6 ms sends its instants one after the other; the last of them is on time."""
    block, poses = LocalBlock(), SeatPoseBlock.local()
    TransportWriter(block).append(from_ns=0, scene=0)
    device = chair()
    core = BusCore([device], Sway(), epoch_ns=0, watchdog_ns=0, sink=lambda event: None)
    telling = SeatTelling(poses, seat_movers([device], {0}), core)
    for due_ns, left_ns in ((0, 10 * MS + 100_000), (10 * MS, 10 * MS + 200_000), (20 * MS, 20 * MS)):
        core.advance(due_ns, block.read(), 0)
        telling.tell(due_ns, left_ns)
    assert [sample.at_ns for sample in poses.read(0)] == [10 * MS + 100_000, 10 * MS + 200_000, 20 * MS]


class Sensing:
    """A seat that reports: the driver's own names, and one more."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self.report: MeasuredPose | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._driver, name)

    def measured(self) -> MeasuredPose | None:
        return self.report


def test_what_a_driver_measured_is_passed_on_once() -> None:
    poses = SeatPoseBlock.local()
    driver = Sensing(chair().driver)
    bus = played([moving(driver)], poses=poses)  # type: ignore[arg-type]
    bus.run_until(50 * MS)
    assert poses.read_measured(0) == []
    for at_ns in (20 * MS, 90 * MS):
        driver.report = MeasuredPose(at_ns, at_ns + 5 * MS, (0.0, 0.0, 0.01, 1.0, 2.0, 0.0), 0b011100)
        bus.run_until(bus.core.next_due_ns() + 50 * MS)
    told = poses.read_measured(0)
    assert [(sample.at_ns, sample.for_ns, sample.axes) for sample in told] == [
        (20 * MS, 25 * MS, 0b011100),
        (90 * MS, 95 * MS, 0b011100),
    ]
    assert told[1].pose == (0.0, 0.0, 0.01, 1.0, 2.0, 0.0)


class Failing(Sensing):
    """A driver with a fault of its own."""

    def measured(self) -> MeasuredPose | None:
        raise RuntimeError("no such register")


def test_a_driver_that_cannot_say_where_it_is_is_asked_once_and_everything_moves_on() -> None:
    block, poses = LocalBlock(), SeatPoseBlock.local()
    TransportWriter(block).append(from_ns=0, scene=0)
    device = moving(Failing(chair().driver))  # type: ignore[arg-type]
    core = BusCore([device], Sway(), epoch_ns=0, watchdog_ns=0, sink=lambda event: None)
    notes: list[DeviceNote] = []
    telling = SeatTelling(poses, seat_movers([device], {0}), core, notes.append)
    for _ in range(5):
        due_ns = core.next_due_ns()
        core.advance(due_ns, block.read(), 0)
        telling.tell(due_ns, due_ns)
    assert len(poses.read(0)) == 5 and poses.read_measured(0) == []
    (note,) = notes
    assert (note.device, note.kind, note.topic) == ("seat", "report", "fault")
    assert "cannot be had (RuntimeError: no such register)" in note.text


def test_who_moves_a_seat_and_who_is_only_told_of_it() -> None:
    camera = moving(freed(DeviceConfig("camera", seat=0)))
    devices = [
        chair("a", 0),
        chair("b", 1),
        camera,
        chair("turntable", -1),
        chair("mirror", 0),
        BusDevice(chair("idle").driver, ()),
    ]
    found = seat_movers(devices, {0}, beside={"mirror"})
    assert [(mover.row.device, mover.row.seat) for mover in found] == [("a", 0), ("turntable", -1)]


def test_seats_with_a_headset_are_told_of_and_the_first() -> None:
    rig = synthetic_rig()
    assert seats_to_tell(rig) == {0}
    screens = [
        DisplaySpec(f"d{seat}", kind, seat, (640, 480), 0)
        for seat, kind in ((2, "headset"), (5, "headset"), (1, "window"))
    ]  # type: ignore[arg-type]
    assert seats_to_tell(replace(rig, displays=tuple(screens))) == {0, 2, 5}


def test_more_seats_than_a_block_holds_are_said_once() -> None:
    count = MAX_ROWS + 2
    rig = synthetic_rig()
    rig = replace(
        rig,
        seats=tuple(SeatSpec(number, f"s{number}", (0.0, 0.0, 0.0), 0.0, None) for number in range(count)),
        displays=tuple(
            DisplaySpec(f"d{number}", "headset", number, (640, 480), 0) for number in range(count)
        ),
        roles={"seat.motion": (RoleTarget("seat 3", also=True),)},
    )
    devices = [chair(f"seat {number}", number) for number in range(count)]
    movers, said = movers_of(rig, devices)
    assert len(movers) == MAX_ROWS and "seat 3" not in {mover.row.device for mover in movers}
    assert "65 devices move seats with a headset, of which 64 are told of" in said and "seat 65" in said
    assert movers_of(rig, devices[:5])[1] == ""


def config(block: TransportBlock, name: str, **changes: Any) -> BusConfig:
    return BusConfig(block.name, synthetic_rig(), synthetic_show, realtime=False, seat_poses=name, **changes)


@pytest.mark.slow
def test_a_bus_without_its_block_plays_all_the_same() -> None:
    with TransportBlock.create() as block:
        TransportWriter(block).beat(MonotonicClock().now_ns())
        with BusProcess(config(block, "nobody_made_this")) as bus:
            ready, _ = bus.await_ready()
    assert ready.devices["seat"] == ""
    assert [
        notice for notice in ready.notices if "motion compensation: none, no shared memory block" in notice
    ]


@pytest.mark.long
def test_the_rings_outlive_a_bus_that_is_killed_and_a_muted_one_is_silent() -> None:
    clock = MonotonicClock()
    with TransportBlock.create() as block, SeatPoseBlock.create() as poses:
        writer = TransportWriter(block)

        def conduct(bus: BusProcess, for_ms: int) -> None:
            until_ns = clock.now_ns() + for_ms * MS
            while clock.now_ns() < until_ns:
                writer.beat(clock.now_ns())
                bus.poll(0.02)

        writer.beat(clock.now_ns())
        with BusProcess(config(block, poses.name)) as first:
            ready, _ = first.await_ready()
            writer.append(from_ns=ready.epoch_ns, scene=0)
            with BusProcess(config(block, poses.name, muted=True, epoch_ns=ready.epoch_ns)) as spare:
                spare.await_ready()
                conduct(first, 300)
                told = poses.read(0)
                # One voice: a tick is told once, and in order.
                assert all(a.at_ns < b.at_ns for a, b in pairwise(told))
                assert len(told) > 200 and max(abs(sample.pose[2]) for sample in told) > 1e-4
                table = poses.table_number
                assert first._process.pid is not None
                os.kill(first._process.pid, signal.SIGKILL)
                first.join(1.0)
                last = poses.read(0)[-1]
                spare._pipe.send(("unmute", None))
                conduct(spare, 300)
                after = poses.read(0, since=last.number)
                assert len(after) > 100 and poses.table_number == table
                assert abs(after[0].pose[2] - last.pose[2]) < 0.02
