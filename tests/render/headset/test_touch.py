"""What hands feel, through whichever session there is."""

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.render.headset.touch import HandPulses
from engine.time.segments import Controls, Segment, SegmentKind, Transport
from engine.timeline.roles import RoleKind, RoleSpec, RoleTable
from engine.xr.feel import HandFeel
from engine.xr.headset import Rung
from engine.xr.values import SessionState, StateChanged
from tests.xr.wearer import Wearer

ROLES = RoleTable.of([RoleSpec("hand.right", RoleKind.HAPTIC, "seat", "haptic")])


class Hum:
    """A right hand that hums for ever."""

    def levels(self, transport: Transport, host_ns: int, seat: int) -> NDArray[np.float64]:
        return np.array([0.5, 120.0])

    def controlled(self, state: NDArray[np.float64], controls: Controls) -> NDArray[np.float64]:
        return state


def running(rate: int = 1, sequence: int = 1) -> Transport:
    return Transport(1, sequence, (Segment(0, 0, 0, 0, rate, 1, SegmentKind.START, 0, 0, 0),))


class Guest:
    def __init__(self) -> None:
        self.wearer = Wearer()
        self.pulses = HandPulses(self.wearer.headset, HandFeel(Hum(), ROLES, 0))
        self.transport = running()

    def frames(self, count: int) -> None:
        for _ in range(count):
            self.wearer.turn()
            self.pulses.advance(self.transport, self.wearer.clock.now_ns(), self.wearer.device.period_ns)

    def focused(self) -> bool:
        return self.wearer.headset.status.rung is Rung.FOCUSED


@pytest.fixture
def guest() -> Guest:
    guest = Guest()
    guest.wearer.until(guest.focused, within_s=2.0)
    return guest


def test_a_role_is_felt_by_its_hand_without_a_gap(guest: Guest) -> None:
    guest.frames(90)
    played = guest.wearer.device.pulses
    assert {pulse.hand for pulse in played} == {1}
    assert {pulse.amplitude for pulse in played} == {0.5}
    total_ns = sum(pulse.duration_ns for pulse in played)
    assert total_ns >= 80 * guest.wearer.device.period_ns
    assert guest.wearer.device.stopped_hands == []


def test_a_hold_stops_it(guest: Guest) -> None:
    guest.frames(10)
    guest.transport = running(rate=0, sequence=2)
    guest.frames(1)
    assert guest.wearer.device.stopped_hands == [1]


def test_without_focus_nothing_is_played(guest: Guest) -> None:
    guest.frames(5)
    guest.wearer.device.send(StateChanged(SessionState.VISIBLE))
    guest.frames(3)
    count = len(guest.wearer.device.pulses)
    guest.frames(20)
    assert len(guest.wearer.device.pulses) == count


def test_another_form_is_taken_when_the_controller_changes(guest: Guest) -> None:
    guest.frames(3)
    assert guest.wearer.device.pulses[-1].envelope == ()
    guest.wearer.device.haptic_form = "envelope"
    guest.pulses.controllers_changed()
    guest.frames(3)
    assert len(guest.wearer.device.pulses[-1].envelope) > 1
