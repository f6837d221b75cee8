"""What one guest's profile does to the devices: her seat, nobody else's; the lamps of the room, for everybody."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from types import SimpleNamespace

import pytest

from engine.bus.inline import InlineBus
from engine.bus.loop import BusDevice
from engine.bus.mapping import make_route
from engine.bus.seats import NOBODY, SeatControls
from engine.time import Controls, LocalBlock, Transport, TransportWriter
from engine.units import MODALITIES

MS = 1_000_000
S = 1_000_000_000
GENTLE = tuple(0.5 if name == "motion" else 1.0 for name in MODALITIES)


class Strobe:
    """Every seat heaves by 20 mm; the street light flashes at 5 Hz; its average is a half."""

    def levels(self, transport: Transport, host_ns: int, seat: int) -> Sequence[float]:
        on = float(math.floor(host_ns / S * 10) % 2 == 0)
        return (0.0, 0.0, 0.02, 0.0, 0.0, 0.0, 0.5, 40.0, 0.6, on, on, on)

    def calm_levels(self, transport: Transport, host_ns: int, seat: int) -> Sequence[float]:
        return (*self.levels(transport, host_ns, seat)[:9], 0.5, 0.5, 0.5)


class Rig:
    """Two moving seats and the lamps of the room, in memory."""

    def __init__(self, parts: SimpleNamespace) -> None:
        seats = [parts.seat_driver(f"seat_{name}", dead_ns=0, lag_ns=0) for name in "ab"]
        devices = [
            BusDevice(
                driver,
                (
                    make_route(
                        driver,
                        role="seat.motion",
                        role_index=0,
                        seat=seat,
                        kind="motion",
                        start=0,
                        rest=(0.0,) * 6,
                        modality="motion",
                    ),
                ),
            )
            for seat, driver in enumerate(seats)
        ]
        devices.append(parts.bind(parts.lights_driver(), ("light.street", "street", None)))
        self.block = LocalBlock()
        self.writer = TransportWriter(self.block)
        self.writer.append(from_ns=0, scene=0)
        self.bus = InlineBus(devices, Strobe(), self.block, epoch_ns=0)

    def heaves(self, at_ns: int) -> tuple[float, float]:
        self.bus.run_until(at_ns)
        heave_a, heave_b = (self.bus.core.values(f"seat_{name}")[2] for name in "ab")
        return round(heave_a, 6), round(heave_b, 6)

    def lamp(self, at_ns: int) -> set[float]:
        """Every level the street's red had in the second before."""
        seen = set()
        for number in range(40):
            self.bus.run_until(at_ns - S + number * 25 * MS)
            seen.add(round(self.bus.core.values("lights")[0], 6))
        return seen


@pytest.fixture
def rig(parts: SimpleNamespace) -> Rig:
    return Rig(parts)


def test_a_gentle_guest_moves_half_and_the_neighbour_as_before(rig: Rig) -> None:
    assert rig.heaves(2 * S) == (0.02, 0.02)
    rig.writer.profile(1, from_ns=2 * S, intensities=GENTLE)
    assert rig.heaves(4 * S) == (0.02, 0.01)


def test_what_is_turned_down_for_all_and_by_one_multiplies(rig: Rig) -> None:
    rig.writer.control(from_ns=0, intensities=GENTLE)
    rig.writer.profile(0, from_ns=0, intensities=GENTLE)
    assert rig.heaves(2 * S) == (0.005, 0.01)


def test_an_empty_seat_rests_and_rises_again_within_its_limits(rig: Rig) -> None:
    rig.writer.profile(0, from_ns=2 * S, present=False)
    assert rig.heaves(2 * S - 1) == (0.02, 0.02)
    course = [rig.heaves(2 * S + number * 5 * MS)[0] for number in range(1, 400)]
    assert course[-1] == 0.0
    assert max(abs(b - a) for a, b in pairwise(course)) <= 0.25 * 0.005 + 1e-9
    rig.writer.profile(0, from_ns=4 * S, present=True)
    assert rig.heaves(6 * S) == (0.02, 0.02)


def test_a_photosensitive_guest_has_the_rooms_lamps_averaged(rig: Rig) -> None:
    assert rig.lamp(2 * S) == {0.0, 1.0}
    rig.writer.profile(1, from_ns=2 * S, photosensitive=True)
    rig.bus.run_until(3 * S)
    assert rig.lamp(4 * S) == {0.5}
    rig.writer.profile(1, from_ns=4 * S, photosensitive=False)
    rig.bus.run_until(5 * S)
    assert rig.lamp(6 * S) == {0.0, 1.0}


def test_controls_are_worked_out_again_only_when_something_has_changed() -> None:
    writer, seats = TransportWriter(LocalBlock()), SeatControls()
    plain = Controls()
    seats.look(writer.transport, plain, 0)
    assert seats.own is NOBODY
    writer.profile(3, from_ns=100, intensities=GENTLE)
    seats.look(writer.transport, plain, 50)
    assert seats.own is NOBODY
    seats.look(writer.transport, plain, 100)
    own = seats.own
    assert own[3].intensity("motion") == 0.5
    writer.append(from_ns=120, scene=0)  # another transport, the same guests
    seats.look(writer.transport, plain, 130)
    assert seats.own is own
    seats.look(writer.transport, Controls(1, intensities=GENTLE), 140)
    assert seats.own[3].intensity("motion") == 0.25
