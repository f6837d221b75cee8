"""The governor over a platform: exact legs and rates against what the bus commands, whatever arrives."""

from __future__ import annotations

import math
import pickle
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.amc import AmcDriver
from engine.bus.driver import Channel, ChannelLimits, DeviceConfig
from engine.bus.governor import Governor, GovernorBatch
from engine.bus.legs import LegTable
from engine.bus.loop import BusCore, BusDevice, BusEvent, DeviceNote
from engine.bus.mapping import make_route
from engine.experience.platform import PlatformSpec
from engine.motion.platforms import LegBounds, Platform, leg_bounds, make_platform
from engine.time.publisher import TransportWriter
from engine.time.segments import Transport
from engine.time.shared import LocalBlock
from engine.units import MOTION_AXES
from tests.motion.platforms.platforms import hexapod

MS, S = 1_000_000, 1_000_000_000
DT_S = 0.005
LIMITS = {
    "surge": ChannelLimits(-0.1, 0.1, 0.25, 2.0, 30.0),
    "sway": ChannelLimits(-0.1, 0.1, 0.25, 2.0, 30.0),
    "heave": ChannelLimits(-0.1, 0.1, 0.25, 2.0, 30.0),
    "roll": ChannelLimits(-10.0, 10.0, 20.0, 100.0, 1500.0),
    "pitch": ChannelLimits(-10.0, 10.0, 20.0, 100.0, 1500.0),
    "yaw": ChannelLimits(-12.0, 12.0, 20.0, 100.0, 1500.0),
}
HIGH = np.array([LIMITS[axis].high for axis in MOTION_AXES])


@pytest.fixture(scope="module")
def spec() -> PlatformSpec:
    """A hexapod whose legs are too short, too slow and too weak for what its axes may do together."""
    made = hexapod()
    reach = make_platform(made).legs(np.zeros(6))
    return replace(
        made,
        actuators=tuple(
            replace(leg, low=float(at) - 0.08, high=float(at) + 0.08, velocity=0.25, acceleration=2.5)
            for leg, at in zip(made.actuators, reach, strict=True)
        ),
    )


@pytest.fixture(scope="module")
def platform(spec: PlatformSpec) -> Platform:
    return make_platform(spec)


@pytest.fixture(scope="module")
def bounds(platform: Platform) -> LegBounds:
    return leg_bounds(platform, -HIGH, HIGH)


def seat_driver(name: str = "seat", seat: int = 0) -> AmcDriver:
    return AmcDriver(DeviceConfig(name, rate_hz=200.0, seat=seat, limits=LIMITS))


def assert_legs_within(platform: Platform, samples: np.ndarray) -> None:
    """Positions, and exact rates from the samples' differences, of every leg."""
    legs = platform.legs(samples)
    assert (legs <= platform.high).all() and (legs >= platform.low).all()
    v = np.diff(samples, axis=0) / DT_S
    a = np.diff(v, axis=0) / DT_S
    noise = 64.0 * np.spacing(np.abs(legs).max())
    speed, push = platform.rates(samples[2:], v[1:], a)
    assert (np.abs(speed) <= platform.velocity * (1.0 + 1e-6) + noise / DT_S).all()
    assert (np.abs(push) <= platform.acceleration * (1.0 + 1e-6) + noise / DT_S**2).all()
    for order, most in ((1, platform.velocity), (2, platform.acceleration)):
        found = np.abs(np.diff(legs, order, axis=0)) / DT_S**order
        assert (found <= most * (1.0 + 1e-6) + noise / DT_S**order).all()


@settings(max_examples=8)
@given(
    pieces=st.lists(
        st.tuples(
            st.sampled_from(["jump", "corner", "noise", "wave", "nan", "rest"]),
            st.integers(1, 40),
            st.integers(0, 2**32),
        ),
        min_size=2,
        max_size=5,
    )
)
def test_whatever_is_wanted_no_command_breaks_a_leg(
    pieces: list[tuple[str, int, int]], platform: Platform, bounds: LegBounds
) -> None:
    channels = seat_driver().channels
    governor = Governor(channels, DT_S, bounds)
    batch = GovernorBatch(channels, DT_S, 7, bounds)
    rows = [np.zeros(6)] * 3
    for kind, ticks, seed in pieces:
        random = np.random.default_rng(seed)
        goal = random.uniform(-1.5, 1.5, 6) * HIGH
        rate = 2.0 * math.pi * 10.0 ** random.uniform(-1.0, 2.0, 6)
        for tick in range(ticks):
            wanted = {
                "jump": goal,
                "corner": np.sign(goal) * HIGH,
                "noise": random.uniform(-2.0, 2.0, 6) * HIGH,
                "wave": goal * np.sin(rate * tick * DT_S + seed),
                "nan": np.where(random.uniform(size=6) < 0.5, np.nan, goal * 1e300),
                "rest": np.zeros(6),
            }[kind]
            values = governor.step(wanted.tolist())
            assert batch.step(np.repeat(wanted[None], 7, axis=0)).tolist() == [list(values)] * 7
            rows.append(np.array(values))
    assert batch.refused.tolist() == [governor.refused] * 7
    assert_legs_within(platform, np.array(rows))


@pytest.mark.parametrize("with_legs", [False, True])
@settings(max_examples=4)
@given(
    pieces=st.lists(
        st.tuples(
            st.sampled_from(["play", "stop", "park", "permit"]), st.integers(1, 60), st.integers(0, 2**32)
        ),
        min_size=3,
        max_size=6,
    )
)
def test_stops_and_ways_home_keep_every_limit_whenever_they_are_broken_off(
    with_legs: bool, pieces: list[tuple[str, int, int]], platform: Platform, bounds: LegBounds
) -> None:
    channels = seat_driver().channels
    legs = bounds if with_legs else None
    alone = [Governor(channels, DT_S, legs) for _ in range(3)]
    batch = GovernorBatch(channels, DT_S, 3, legs)
    rows = [np.zeros((3, 6))] * 3
    for kind, ticks, seed in pieces:
        random = np.random.default_rng(seed)
        rate = 2.0 * math.pi * 10.0 ** random.uniform(-1.0, 0.5, (3, 6))
        held = {"play": [False] * 3, "permit": (random.uniform(size=3) < 0.5).tolist()}.get(kind, [True] * 3)
        still = np.zeros(6) if kind != "park" else random.uniform(-0.3, 0.3, 6) * HIGH
        for tick in range(ticks):
            wanted = 0.8 * HIGH * np.sin(rate * tick * DT_S + seed)
            if tick == 7 and kind == "permit":
                wanted[0] = np.nan
            wanted[held] = still
            found = [
                governor.step(row, rest)
                for governor, row, rest in zip(alone, wanted.tolist(), held, strict=True)
            ]
            assert batch.step(wanted, np.array(held)).tolist() == [list(row) for row in found]
            rows.append(np.array(found))
    if with_legs:
        for seat in range(3):
            assert_legs_within(platform, np.array(rows)[:, seat])
    made = np.array(rows)
    for order, name in ((1, "velocity"), (2, "acceleration"), (3, "jerk")):
        most = np.array([getattr(LIMITS[axis], name) for axis in MOTION_AXES]) * DT_S**order
        noise = 2.0 ** (order + 2) * np.spacing(HIGH)
        assert (np.abs(np.diff(made, order, axis=0)) <= most * (1.0 + 2e-6) + noise).all()


@pytest.mark.parametrize("with_legs", [False, True])
def test_a_seat_told_to_rest_is_led_there_by_all_axes_at_once_within_its_bound(
    with_legs: bool, bounds: LegBounds
) -> None:
    governor = Governor(seat_driver().channels, DT_S, bounds if with_legs else None)
    t_s = np.arange(300) * DT_S
    for row in 0.015 * np.outer(np.minimum(t_s, 1.0) ** 3 * np.sin(3.0 * t_s), HIGH):
        governor.step(row.tolist())
    assert not governor.blending
    ticks, last = 0, np.zeros(6)
    while not governor.at((0.0,) * 6):
        before = np.array(governor.values)
        last = np.where(np.array(governor.step((0.0,) * 6, rest=True)) != before, ticks, last)
        assert governor.blending or governor.at((0.0,) * 6) or not any(governor.values)
        ticks += 1
        assert ticks * DT_S <= governor.safe_bound_s
    assert np.ptp(last) <= 2
    governor.rest_in_park()
    assert governor.step((0.0,) * 6, rest=True) == (0.0,) * 6


class Storm:
    """A show that asks for what no seat can do, with seams, and of one seat for nonsense."""

    def levels(self, transport: Transport, host_ns: int, seat: int) -> tuple[float, ...]:
        moment = transport.at(host_ns)
        if moment.scene < 0:
            return (0.0,) * 6
        t_s = host_ns / S
        if seat == 3 and int(t_s * 4) % 3 == 2:
            return (math.nan, math.inf, 1e300, -math.inf, math.nan, 0.0)
        phase = 0.7 * seat + 1.9 * moment.scene
        return tuple(
            float(1.4 * high * math.sin((2.0 + 0.7 * axis) * t_s + phase + axis))
            for axis, high in enumerate(HIGH)
        )


@pytest.mark.parametrize("count", [1, pytest.param(7, marks=pytest.mark.long)])
def test_permits_watchdog_stop_and_retirement_win_over_everything_within_the_legs(
    count: int, platform: Platform, bounds: LegBounds
) -> None:
    devices = []
    for seat in range(count):
        driver = seat_driver(f"seat_{seat}", seat)
        motion = make_route(
            driver,
            role="m",
            role_index=0,
            seat=seat,
            kind="motion",
            start=0,
            rest=(0.0,) * 6,
            modality="motion",
        )
        devices.append(BusDevice(driver, (motion,), forbidden=seat == 2, legs=bounds))
    events: list[BusEvent] = []
    core = BusCore(devices, Storm(), epoch_ns=0, watchdog_ns=200 * MS, sink=events.append)
    assert len(core.cohorts) == (count > 1)
    block = LocalBlock()
    writer = TransportWriter(block)
    writer.append(from_ns=0, scene=0)
    writer.append(from_ns=700 * MS, scene=1)
    bound_ns = round(core.safe_bound_s * S)
    rows: dict[str, list[tuple[float, ...]]] = {device.driver.name: [(0.0,) * 6] * 3 for device in devices}

    def run_until(end_ns: int, *, alive: bool = True, notes: tuple[DeviceNote, ...] = ()) -> None:
        while core.next_due_ns() <= end_ns:
            now_ns = core.next_due_ns()
            core.advance(now_ns, block.read(), now_ns if alive else 1, notes)
            notes = ()
            for name, found in rows.items():
                found.append(core.values(name))

    def safe(name: str) -> bool:
        return core.values(name) == (0.0,) * 6

    run_until(1200 * MS)
    if count > 2:
        assert safe("seat_2") and not safe("seat_1")
    run_until(1500 * MS, notes=(DeviceNote("seat_0", "forbid"),))
    run_until(core.next_due_ns() + 3 * S)
    assert safe("seat_0")
    run_until(core.next_due_ns() + S, notes=(DeviceNote("seat_0", "permit"),))
    assert not safe("seat_0")
    writer.control(from_ns=core.next_due_ns(), stopped=True)
    run_until(core.next_due_ns() + 3 * S)
    assert all(map(safe, rows)) and core.stopped
    run_until(core.next_due_ns() + S)
    assert all(map(safe, rows))
    writer.control(from_ns=core.next_due_ns(), stopped=False)
    run_until(core.next_due_ns() + S)
    assert not safe("seat_0")
    run_until(core.next_due_ns() + 3 * S, alive=False)
    assert all(map(safe, rows)) and core.stale
    run_until(core.next_due_ns() + S)
    core.retire()
    run_until(core.next_due_ns() + 3 * S)
    assert core.retired and bound_ns > 3 * S
    for found in rows.values():
        assert_legs_within(platform, np.array(found))


def test_seats_of_different_platforms_are_no_fleet(bounds: LegBounds) -> None:
    from engine.bus.loop import cohorts_of

    def made(seat: int, legs: LegBounds | None) -> BusDevice:
        driver = seat_driver(f"seat_{seat}", seat)
        motion = make_route(
            driver,
            role="m",
            role_index=0,
            seat=seat,
            kind="motion",
            start=0,
            rest=(0.0,) * 6,
            modality="motion",
        )
        return BusDevice(driver, (motion,), legs=legs)

    assert len(cohorts_of([made(seat, bounds) for seat in range(6)], 1000)) == 1
    assert cohorts_of([made(seat, bounds if seat else None) for seat in range(6)], 1000) == ()


def test_a_channel_that_may_jump_has_no_legs(bounds: LegBounds) -> None:
    with pytest.raises(ValueError, match="channel heave may jump, and the legs it moves may not"):
        Governor([Channel("heave", "m", -0.05, 0.05)], DT_S, bounds)


def test_devices_of_one_platform_share_its_legs_in_another_process_too(spec: PlatformSpec) -> None:
    table = LegTable()
    first = table.of(seat_driver("seat_0"), spec)
    assert first is not None and table.of(seat_driver("seat_1"), pickle.loads(pickle.dumps(spec))) is first
    assert table.of(seat_driver("still"), None) is None
