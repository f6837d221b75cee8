"""Which role a hand feels, and when it feels nothing."""

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.time.profiles import SeatProfile
from engine.time.segments import Controls, Segment, SegmentKind, Transport
from engine.timeline.evaluate import Evaluator
from engine.timeline.roles import RoleKind, RoleSpec, RoleTable
from engine.units import MODALITIES
from engine.xr.feel import SEAT_PITCH, SEAT_RATIO, HandFeel, felt_by
from engine.xr.haptics import HapticFeed, HapticSetup, HapticStop
from engine.xr.runtime import HapticPulse

SEAT = RoleSpec("seat.shaker", RoleKind.HAPTIC, "seat", "haptic")
LEFT_ROLE = RoleSpec("hand.left", RoleKind.HAPTIC, "seat", "haptic")
RIGHT_ROLE = RoleSpec("hand.right", RoleKind.HAPTIC, "seat", "haptic")
BOTH = RoleSpec("hand.both", RoleKind.HAPTIC, "seat", "haptic")
LEVEL = RoleSpec("hand.both", RoleKind.LEVEL, "seat", "haptic")


def table(*roles: RoleSpec) -> RoleTable:
    return RoleTable.of(roles)


def running(
    *, rate: int = 1, scene: int = 0, sequence: int = 1, controls: Controls | None = None, **more: object
) -> Transport:
    segment = Segment(0, 0, scene, 0, rate, 1, SegmentKind.START, 0, 0, 0)
    return Transport(1, sequence, (segment,), controls=(controls or Controls(),), **more)  # type: ignore[arg-type]


class Show:
    """Levels that are what they are told, and the evaluator's own rule for controls."""

    def __init__(self, roles: RoleTable, *values: float) -> None:
        self.values = np.array(values)
        self.asked: list[tuple[int, int]] = []
        self._rule = Evaluator((), roles)

    def levels(self, transport: Transport, host_ns: int, seat: int) -> NDArray[np.float64]:
        self.asked.append((host_ns, seat))
        return self.values

    def controlled(self, state: NDArray[np.float64], controls: Controls) -> NDArray[np.float64]:
        return self._rule.controlled(state, controls)


@pytest.mark.parametrize(
    ("roles", "felt"),
    [
        ((SEAT, LEFT_ROLE, RIGHT_ROLE), ("hand.left", "hand.right")),
        ((LEFT_ROLE,), ("hand.left", "")),
        ((BOTH, LEFT_ROLE), ("hand.left", "hand.both")),
        ((SEAT, BOTH), ("hand.both", "hand.both")),
        ((SEAT,), ("seat.shaker", "seat.shaker")),
        ((), ("", "")),
    ],
)
def test_which_role_a_hand_feels(roles: tuple[RoleSpec, ...], felt: tuple[str, str]) -> None:
    assert tuple(felt_by(table(*roles), hand).role for hand in (0, 1)) == felt


def test_a_seat_that_shakes_is_not_felt_twice() -> None:
    assert felt_by(table(SEAT), 0, seat_too=False).role == ""


def test_a_curve_reads_its_own_hand() -> None:
    roles = table(LEFT_ROLE, RIGHT_ROLE)
    feel = HandFeel(Show(roles, 0.5, 100.0, 0.25, 200.0), roles, 3)
    feel.take(running())
    assert (feel.curve(0)(5), feel.curve(1)(5)) == ((0.5, 100.0), (0.25, 200.0))


def test_a_seat_s_shaker_is_weaker_and_higher_in_the_hand() -> None:
    roles = table(SEAT)
    feel = HandFeel(Show(roles, 0.8, 40.0), roles, 0)
    feel.take(running())
    assert feel.curve(1)(5) == (0.8 * SEAT_RATIO, 40.0 * SEAT_PITCH)


def test_a_level_has_no_frequency() -> None:
    roles = table(LEVEL)
    feel = HandFeel(Show(roles, 0.8), roles, 0)
    feel.take(running())
    assert feel.curve(0)(5) == (0.8, 0.0)


def test_both_hands_ask_once_an_instant() -> None:
    roles = table(BOTH)
    show = Show(roles, 0.5, 60.0)
    feel = HandFeel(show, roles, 2)
    feel.take(running())
    feel.curve(0)(7)
    feel.curve(1)(7)
    assert show.asked == [(7, 2)]
    feel.take(running(sequence=2))
    feel.curve(0)(7)
    assert show.asked == [(7, 2), (7, 2)]


STRONG = tuple(0.5 if name == "haptic" else 1.0 for name in MODALITIES)


@pytest.mark.parametrize(
    ("transport", "felt"),
    [
        (Transport(), 0.0),
        (running(rate=0), 0.0),
        (running(scene=-1), 0.0),
        (running(controls=Controls(stopped=True)), 0.0),
        (running(controls=Controls(muted_roles_mask=1)), 0.0),
        (running(controls=Controls(intensities=STRONG)), 0.4),
        (running(profiles=(SeatProfile(0, 1, 0, intensities=STRONG),)), 0.4),
        (running(profiles=(SeatProfile(0, 1, 0, present=False),)), 0.0),
        (running(profiles=(SeatProfile(1, 1, 0, present=False),)), 0.8),
        (running(), 0.8),
    ],
)
def test_a_hold_a_stop_a_mute_and_a_guest_s_profile(transport: Transport, felt: float) -> None:
    roles = table(BOTH)
    feel = HandFeel(Show(roles, 0.8, 60.0), roles, 0)
    feel.take(transport)
    assert feel.curve(0)(5)[0] == pytest.approx(felt)


def test_a_hold_reaches_the_hand_in_the_next_frame() -> None:
    roles = table(BOTH)
    feel = HandFeel(Show(roles, 0.8, 60.0), roles, 0)
    feed = HapticFeed(HapticSetup(0, "envelope"), feel.curve(0))
    feel.take(running())
    [pulse] = feed.step(0, 11_000_000, feel.revision)
    assert isinstance(pulse, HapticPulse)
    feel.take(running(rate=0, sequence=2))
    assert feed.step(11_000_000, 11_000_000, feel.revision) == (HapticStop(0),)
