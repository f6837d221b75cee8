"""Seats led onto what is wanted after somebody's doing: seeks, holds, stops that are over; in a fleet as alone, and again in a replay."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pytest

from devices.amc import AmcDriver
from engine.bus.driver import ChannelLimits, DeviceConfig
from engine.bus.loop import BusCore, BusDevice, BusEvent, DeviceNote
from engine.bus.mapping import make_route
from engine.bus.seams import Seams
from engine.motion.platforms import LegBounds, leg_bounds, make_platform
from engine.time.publisher import TransportWriter
from engine.time.segments import Controls, Segment, SegmentKind, Transport
from engine.time.shared import LocalBlock
from engine.units import MOTION_AXES
from tests.motion.platforms.platforms import hexapod

MS, S = 1_000_000, 1_000_000_000
FL_PER_S = 705_600_000
DT_S = 0.005
SEATS = 6
LIMITS = {
    axis: ChannelLimits(-0.05, 0.05, 0.3, 3.0, 40.0)
    if number < 3
    else ChannelLimits(-8.0, 8.0, 30.0, 200.0, 2500.0)
    for number, axis in enumerate(MOTION_AXES)
}
HIGH = np.array([LIMITS[axis].high for axis in MOTION_AXES])


class Sway:
    """Each pair of seats sways alike, by where the show is."""

    def levels(self, transport: Transport, host_ns: int, seat: int) -> Sequence[float]:
        moment = transport.at(host_ns)
        if moment.scene < 0:
            return (0.0,) * 6
        t_s = moment.at_fl / FL_PER_S
        soft = min(t_s / 3.0, 1.0) ** 3
        return tuple(
            float(0.15 * soft * high * math.sin(1.1 * t_s + 0.8 * axis + seat // 2))
            for axis, high in enumerate(HIGH)
        )


@pytest.fixture(scope="module")
def bounds() -> LegBounds:
    return leg_bounds(make_platform(hexapod()), -HIGH, HIGH)


def devices(count: int, legs: LegBounds | None) -> list[BusDevice]:
    found = []
    for seat in range(count):
        driver = AmcDriver(DeviceConfig(f"seat_{seat}", rate_hz=200.0, seat=seat, limits=LIMITS))
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
        found.append(BusDevice(driver, (motion,), legs=legs))
    return found


def played(legs: LegBounds | None, *, fleet: bool) -> tuple[np.ndarray, list[bool]]:
    """A show with a seek, one amid the blend after it, a hold, a resumption, other intensities, a stop; all commands."""
    events: list[BusEvent] = []
    rig = devices(SEATS, legs)
    core = BusCore(rig, Sway(), epoch_ns=0, watchdog_ns=0, cohorts=None if fleet else (), sink=events.append)
    assert bool(core.cohorts) == fleet
    block = LocalBlock()
    writer = TransportWriter(block)
    writer.append(from_ns=0, scene=0, at_fl=4 * FL_PER_S)
    doings = {
        600 * MS: lambda at: writer.append(from_ns=at, scene=0, at_fl=7 * FL_PER_S, kind=SegmentKind.SEEK),
        750 * MS: lambda at: writer.append(from_ns=at, scene=0, at_fl=20 * FL_PER_S, kind=SegmentKind.SEEK),
        1200 * MS: lambda at: writer.set_rate(at, 0),
        1500 * MS: lambda at: writer.set_rate(at, Fraction(1)),
        1900 * MS: lambda at: writer.append(from_ns=at, scene=0, at_fl=5 * FL_PER_S, kind=SegmentKind.SEEK),
        1950 * MS: lambda at: writer.control(from_ns=at, intensities=(0.5,) * 9),
        2300 * MS: lambda at: writer.control(from_ns=at, stopped=True),
        2800 * MS: lambda at: writer.control(from_ns=at, stopped=False),
    }
    rows, led = [], []
    while (now_ns := core.next_due_ns()) <= 3200 * MS:
        for at_ns in [at_ns for at_ns in doings if at_ns <= now_ns + 50 * MS]:
            doings.pop(at_ns)(at_ns)
        notes = (DeviceNote("seat_5", "forbid"),) if now_ns == 700 * MS else ()
        core.advance(now_ns, block.read(), now_ns, notes)
        rows.append([core.values(device.driver.name) for device in rig])
        governors = [cohort.governor for cohort in core.cohorts] or [line.governor for line in core._lines]
        led.append(any(governor.meeting for governor in governors))
    return np.array(rows), led


@pytest.mark.parametrize("with_legs", [False, True])
def test_what_is_wanted_after_a_seek_is_met_within_all_limits_alone_as_in_a_fleet(
    with_legs: bool, bounds: LegBounds
) -> None:
    legs = bounds if with_legs else None
    made, led = played(legs, fleet=True)
    alone, _ = played(legs, fleet=False)
    assert np.array_equal(made, alone)
    if not with_legs:
        assert np.array_equal(played(legs, fleet=True)[0], made)
    when = np.nonzero(led)[0] * DT_S
    for begun_s in (0.0, 0.6, 0.75, 1.2, 1.5, 1.9, 2.8):
        assert ((begun_s - 0.05 < when) & (when < begun_s + 0.05)).any(), begun_s
    for order, name in ((1, "velocity"), (2, "acceleration"), (3, "jerk")):
        most = np.array([getattr(LIMITS[axis], name) for axis in MOTION_AXES]) * DT_S**order
        noise = 2.0 ** (order + 2) * np.spacing(HIGH)
        assert (np.abs(np.diff(made, order, axis=0)) <= most * (1.0 + 2e-6) + noise).all()


def segment(index: int, kind: SegmentKind) -> Segment:
    return Segment(index, 0, 0, 0, 1, 1, kind, 0, 0, 0)


class TestSeams:
    def test_one_scene_after_another_is_the_followers(self) -> None:
        seams, own = Seams(), object()
        seams.look(segment(0, SegmentKind.START), Transport(), Controls(), own, meeting=False)
        assert seams.jumped and seams.due  # it plays again, or for the first time
        for index, kind, jumped, left in (
            (1, SegmentKind.START, False, True),
            (2, SegmentKind.LOOP, False, True),
            (3, SegmentKind.SEEK, True, True),
            (3, SegmentKind.SEEK, True, False),
            (3, SegmentKind.SEEK, True, False),
            (3, SegmentKind.SEEK, False, False),
            (4, SegmentKind.CONTINUE, True, True),
            (5, SegmentKind.START, False, True),
        ):
            seams.look(segment(index, kind), Transport(), Controls(), own, meeting=True)
            assert (seams.jumped, seams.left) == (jumped, left)

    def test_what_changes_while_a_blend_is_played_has_it_planned_anew(self) -> None:
        seams, own = Seams(), object()
        at = segment(0, SegmentKind.START)
        for _ in range(4):
            seams.look(at, Transport(), Controls(), own, meeting=False)
        for meeting in (False, True):
            for transport, controls, theirs in (
                (Transport(sequence=7), Controls(), own),
                (Transport(sequence=7), Controls(version=3), own),
                (Transport(sequence=7), Controls(version=3), object()),
            ):
                seams.look(at, transport, controls, theirs, meeting=meeting)
                assert seams.left == seams.due == meeting and not seams.jumped
                seams.look(at, transport, controls, theirs, meeting=False)
            seams.look(at, Transport(), Controls(), own, meeting=False)
