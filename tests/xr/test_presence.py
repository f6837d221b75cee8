"""Whether somebody is there: what the runtime tells, what the session shows, what the head does; and the debounce."""

import pytest

from engine.xr.angles import turn_of_deg
from engine.xr.presence import PresenceJudge
from engine.xr.values import Pose
from engine.xr.wearing import GuestArrived, GuestLeft, HeadsetSetup

S_NS = 1_000_000_000
SETUP = HeadsetSetup(settle_ns=1 * S_NS, gone_ns=4 * S_NS, still_ns=10 * S_NS)


class Day:
    def __init__(self, setup: HeadsetSetup = SETUP) -> None:
        self.judge = PresenceJudge(setup)
        self.now_ns = 0
        self.events: list[tuple[float, str]] = []

    def passes(self, for_s: float, head: Pose | None = None, *, sway_m: float = 0.004) -> None:
        for index in range(round(for_s * 10)):
            self.now_ns += S_NS // 10
            if head is not None:
                x, y, z = head.position_m
                self.judge.head(Pose((x + sway_m * (index % 2), y, z), head.turn), self.now_ns)
            event = self.judge.judge(self.now_ns)
            if event is not None:
                assert event.at_ns == self.now_ns
                self.events.append((self.now_ns / S_NS, type(event).__name__))


HEAD = Pose((0, 0, 1.2))


def test_a_session_shown_for_a_while_is_a_guest_and_hidden_for_a_while_is_none() -> None:
    day = Day()
    day.judge.shown(True)
    assert day.judge.present is None
    day.passes(2, HEAD)
    day.judge.shown(False)
    day.passes(3)
    assert day.judge.present is True
    day.passes(3)
    day.judge.shown(True)
    day.passes(2, HEAD)
    assert [name for _, name in day.events] == ["GuestArrived", "GuestLeft", "GuestArrived"]
    assert [round(at, 1) for at, _ in day.events] == [1.1, 6.1, 9.1]


@pytest.mark.parametrize(("off_s", "events"), [(3.9, 1), (4.5, 3)])
def test_a_short_doff_is_the_same_guest(off_s: float, events: int) -> None:
    day = Day()
    day.judge.shown(True)
    day.passes(2)
    day.judge.shown(False)
    day.passes(off_s)
    day.judge.shown(True)
    day.passes(2)
    assert len(day.events) == events


def test_a_headset_put_up_for_a_moment_is_nobody() -> None:
    day = Day()
    day.judge.shown(False)
    day.passes(5)
    assert day.judge.present is False and day.events == []
    for _ in range(5):
        day.judge.shown(True)
        day.passes(0.8)
        day.judge.shown(False)
        day.passes(0.5)
    assert day.events == []


def test_what_the_runtime_tells_outweighs_everything() -> None:
    day = Day()
    day.judge.shown(True)
    day.judge.told(False)
    day.passes(20, HEAD)
    assert day.events == []
    day.judge.told(True)
    day.passes(60, HEAD, sway_m=0.0)
    assert [name for _, name in day.events] == ["GuestArrived"]
    day.judge.shown(False)
    day.passes(60)
    assert len(day.events) == 1


def test_a_headset_laid_down_is_noticed_and_taken_up_again() -> None:
    day = Day()
    day.judge.shown(True)
    day.passes(5, HEAD)
    day.passes(20, HEAD, sway_m=0.0005)
    assert [name for _, name in day.events] == ["GuestArrived", "GuestLeft"]
    day.passes(5, Pose((0, 0, 0.7), turn_of_deg(0, -90)), sway_m=0.003)
    assert [name for _, name in day.events] == ["GuestArrived", "GuestLeft", "GuestArrived"]


def test_a_still_guest_is_not_taken_for_a_headset_on_a_hook() -> None:
    day = Day()
    day.judge.shown(True)
    for minute in range(10):
        day.passes(9, HEAD, sway_m=0.0)
        day.passes(1, Pose((0.002 * (minute % 2 + 1), 0, 1.2)), sway_m=0.0)
    assert len(day.events) == 1


def test_stillness_can_be_left_out() -> None:
    day = Day(HeadsetSetup(still_ns=0))
    day.judge.shown(True)
    day.passes(200, HEAD, sway_m=0.0)
    assert len(day.events) == 1


def test_a_frame_that_jumps_is_no_hand_that_takes_the_headset_up() -> None:
    day = Day()
    day.judge.shown(True)
    day.passes(30, HEAD, sway_m=0.0)
    assert day.judge.present is False
    day.judge.jumped()
    day.passes(5, Pose((3, 0, 1.2)), sway_m=0.0)
    assert len(day.events) == 2


def test_a_fault_is_nobodys_doing() -> None:
    day = Day()
    day.judge.shown(True)
    day.passes(2)
    day.judge.fault()
    day.passes(600)
    assert day.judge.present is True and not day.judge.watching
    day.judge.session_began()
    day.judge.shown(True)
    day.passes(10, HEAD)
    assert len(day.events) == 1
    day.judge.shown(False)
    day.passes(3)
    day.judge.fault()
    day.passes(100)
    day.judge.shown(False)
    day.passes(3.9)
    assert len(day.events) == 1, "the debounce begins anew after a fault"
    day.passes(1)
    assert [name for _, name in day.events] == ["GuestArrived", "GuestLeft"]


def test_events_are_values() -> None:
    assert GuestArrived(5) == GuestArrived(5)
    assert GuestLeft(5) != GuestLeft(6)
