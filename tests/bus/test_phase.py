"""Seats whose motion comes later by a phase, and seats on platforms, from the rig to the frames."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from pathlib import Path

import pytest

from devices.amc import AmcDriver
from engine.bus.driver import DeviceConfig, Latency
from engine.bus.loop import BusCore, BusDevice, Dispatch, cohorts_of
from engine.bus.mapping import make_route
from engine.bus.registry import create_drivers
from engine.bus.setup import bus_devices
from engine.errors import RigError
from engine.experience.resolve import resolve
from engine.experience.rig import Rig, load_rig
from engine.time.publisher import TransportWriter
from engine.time.segments import Transport
from engine.time.shared import LocalBlock
from engine.timeline.roles import RoleKind, RoleSpec, RoleTable
from tests.bus.platform_rigs import PLATFORM, cinema

MS = 1_000_000
FL_PER_MS = 705_600
ROLES = RoleTable.of(
    (
        RoleSpec("seat.motion", RoleKind.MOTION, "seat", "motion"),
        RoleSpec("seat.shaker", RoleKind.HAPTIC, "seat", "haptic"),
        RoleSpec("light.street", RoleKind.COLOR, "room", "light"),
    )
)


class Waves:
    """Every seat feels the same."""

    def levels(self, transport: Transport, host_ns: int, seat: int) -> Sequence[float]:
        moment = transport.at(host_ns)
        t_s = moment.at_fl / FL_PER_MS / 1000 if moment.scene >= 0 else 0.0
        return (0.0, 0.0, 0.03 * math.sin(3.0 * t_s), 3.0 * math.sin(2.0 * t_s), 0.0, 0.0)


def seat(number: int, phase_ns: int) -> BusDevice:
    driver = AmcDriver(
        DeviceConfig(f"seat_{number}", rate_hz=200.0, seat=number, latency=Latency(20 * MS, 0))
    )
    route = make_route(
        driver, role="seat.motion", role_index=0, seat=number, kind="motion", start=0, rest=(0.0,) * 6, modality="motion"
    )  # fmt: skip
    return BusDevice(driver, (route,), phase_ns=phase_ns)


def play(devices: list[BusDevice], *, fleets: bool = False) -> dict[str, list[tuple[int, bytes]]]:
    """Frames by device over a second and a half with a seam in it."""
    block = LocalBlock()
    writer = TransportWriter(block)
    writer.append(from_ns=100 * MS, scene=0)
    writer.append(from_ns=800 * MS, scene=1)
    core = BusCore(
        devices, Waves(), epoch_ns=0, watchdog_ns=0, cohorts=None if fleets else (), sink=lambda _: None
    )
    assert bool(core.cohorts) is fleets
    sent: dict[str, list[tuple[int, bytes]]] = {device.driver.name: [] for device in devices}
    while (due_ns := core.next_due_ns()) <= 1500 * MS:
        for dispatch in core.advance(due_ns, block.read(), 0, []):
            if isinstance(dispatch, Dispatch):
                sent[devices[dispatch.device].driver.name].append((dispatch.due_ns, dispatch.frames[0]))
                continue
            cohort = core.cohorts[dispatch.cohort]
            for row in range(len(cohort)) if dispatch.rows is None else dispatch.rows.tolist():
                sent[cohort.drivers[row].name].append((dispatch.due_ns, dispatch.frames[row].tobytes()))
    return sent


@pytest.mark.parametrize("phase_ms", [5, 40, 315])
def test_a_phase_is_the_same_frames_later(phase_ms: int) -> None:
    """Also where it is longer than the device's lead, and across a seam."""
    sent = play([seat(0, 0), seat(1, phase_ms * MS)])
    late = dict(sent["seat_1"])
    compared = [(at_ns, frame) for at_ns, frame in sent["seat_0"] if at_ns <= (1500 - phase_ms) * MS]
    assert len(compared) > 200 and len({frame for _, frame in compared}) > 100
    assert all(late[at_ns + phase_ms * MS] == frame for at_ns, frame in compared)


def test_fleets_keep_phases_apart_and_send_the_same() -> None:
    devices = [seat(number, (number % 2) * 40 * MS) for number in range(16)]
    cohorts = cohorts_of(devices, 1000)
    assert [len(cohort) for cohort in cohorts] == [8, 8]
    assert {cohort.lead_ns for cohort in cohorts} == {20 * MS, -20 * MS}
    assert play(devices, fleets=True) == play(devices)


def made(rig: Rig) -> dict[str, BusDevice]:
    return {
        row.driver.name: row
        for row in bus_devices(create_drivers(rig.devices), resolve(rig, ROLES), ROLES, rig)
    }


def phased(rig: Rig, phase_ns: int) -> Rig:
    return dataclasses.replace(
        rig, seats=tuple(dataclasses.replace(row, phase_ns=phase_ns) for row in rig.seats)
    )


def test_motion_and_haptics_of_a_seat_come_later_and_light_does_not() -> None:
    devices = made(phased(load_rig("studio"), 40 * MS))
    assert devices["seat_a"].phase_ns == devices["shaker_a"].phase_ns == 40 * MS
    assert devices["lights"].phase_ns == 0


def test_seats_of_one_make_have_one_set_of_bounds(tmp_path: Path) -> None:
    rig = load_rig(cinema(tmp_path, "40ms"))
    assert [row.phase_ns for row in rig.seats] == [0, 40 * MS]
    devices = made(rig)
    legs = devices["seat_a"].legs
    assert legs is not None and legs is devices["seat_b"].legs
    assert legs.velocity.tolist() == [0.5] * 6
    assert devices["shaker_a"].legs is None


def test_limits_for_which_no_bound_is_known_are_told_with_their_place(tmp_path: Path) -> None:
    hexagon = "{radius: 0.5m, angles: [0deg, 60deg, 120deg, 180deg, 240deg, 300deg]}"
    text = PLATFORM.replace("620mm\n", "20mm\n", 1)
    for circle in ("{radius: 0.7m, spread: 20deg}", "{radius: 0.5m, spread: 20deg}"):
        text = text.replace(circle, hexagon)
    path = cinema(tmp_path, platform=text)
    with pytest.raises(RigError, match=r"cinema.yaml:\d+: seat_a: .*narrower"):
        made(load_rig(path))


def test_a_park_that_the_legs_cannot_take_is_told_with_its_place(tmp_path: Path) -> None:
    """Though every channel alone may be there."""
    rig = load_rig(cinema(tmp_path))
    drivers = create_drivers(rig.devices)
    driver = next(row for row in drivers if row.name == "seat_a")
    driver.channels = tuple(dataclasses.replace(channel, park=channel.high) for channel in driver.channels)  # type: ignore[misc]
    with pytest.raises(RigError, match=r"cinema.yaml:\d+: seat_a: .*out of"):
        bus_devices(drivers, resolve(rig, ROLES), ROLES, rig)
