"""Garbage between frames: what is collected when, and that the collector is given back."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from engine.render.headset.garbage import Garbage
from engine.time.clocks import ManualClock

MS = 1_000_000


class Knot:
    """Refers to itself: only the collector frees it."""

    def __init__(self) -> None:
        self.itself = self


class SlowMachine(ManualClock):
    """Every collection takes a millisecond on it: a reading before and one after."""

    def now_ns(self) -> int:
        self.advance_ns(MS)
        return super().now_ns()


def knots(count: int) -> weakref.ref[Knot]:
    """Make so many, of which nobody holds one; a reference to the first."""
    first = Knot()
    for _ in range(count - 1):
        Knot()
    return weakref.ref(first)


def old_knot() -> tuple[Knot, weakref.ref[Knot]]:
    """One that only a full collection finds."""
    held = Knot()
    gc.collect(0)
    gc.collect(1)
    return held, weakref.ref(held)


@pytest.fixture
def garbage() -> Iterator[Garbage]:
    made = Garbage(SlowMachine())
    yield made
    made.close()


def test_nothing_is_collected_while_a_frame_is_made(garbage: Garbage) -> None:
    knot = knots(5000)
    assert knot() is not None
    garbage.after_frame(10 * MS)
    assert knot() is None


def test_a_few_objects_are_not_worth_a_look_until_a_second_has_passed(garbage: Garbage) -> None:
    knot = knots(5)
    for _ in range(89):
        garbage.after_frame(10 * MS)
    assert knot() is not None
    garbage.after_frame(10 * MS)
    assert knot() is None


def test_a_late_frame_is_not_made_later(garbage: Garbage) -> None:
    knots(1000)
    garbage.after_frame(10 * MS)  # that took a millisecond, so the next one needs two
    knot = knots(1000)
    for slack_ns in (-3 * MS, MS, 2 * MS):
        garbage.after_frame(slack_ns)
        assert knot() is not None, slack_ns
    garbage.after_frame(3 * MS)
    assert knot() is None


def test_when_frames_are_always_late_memory_still_has_a_bound(garbage: Garbage) -> None:
    knot = knots(50_000)
    garbage.after_frame(-3 * MS)
    assert knot() is None


def test_what_an_old_scene_held_goes_after_the_change(garbage: Garbage) -> None:
    held, knot = old_knot()
    del held
    garbage.after_frame(10 * MS)
    assert knot() is not None
    garbage.scene_changed()
    garbage.after_frame(10 * MS)
    assert not garbage.full_wanted
    assert knot() is None


def test_a_full_look_waits_for_as_much_time_as_what_came_since_needs(garbage: Garbage) -> None:
    for _ in range(3):
        knots(1000)
        garbage.after_frame(10 * MS)
    held, knot = old_knot()
    del held
    garbage.scene_changed()
    garbage.after_frame(
        12 * MS
    )  # three looks of 1 ms, twice as slow from memory, and as much again to be sure
    assert garbage.full_wanted
    assert knot() is not None
    garbage.after_frame(13 * MS)
    assert not garbage.full_wanted
    assert knot() is None


def test_a_full_look_that_never_fits_is_put_off_until_nobody_wears_the_headset(garbage: Garbage) -> None:
    knots(1000)
    garbage.after_frame(10 * MS)
    held, knot = old_knot()
    del held
    garbage.scene_changed()
    for _ in range(601):
        garbage.after_frame(0)
    assert not garbage.full_wanted
    garbage.scene_changed()
    garbage.after_frame(50 * MS)
    assert knot() is not None, "it was set aside: no frame looks at it any more"
    garbage.unwatched()
    assert knot() is None


def test_the_collector_is_given_back() -> None:
    assert gc.isenabled()
    garbage = Garbage(ManualClock())
    assert not gc.isenabled()
    assert gc.get_freeze_count() > 0
    garbage.close()
    garbage.close()
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0


def test_the_end_of_the_loop_gives_it_back_as_well() -> None:
    garbage = Garbage(ManualClock())
    assert not gc.isenabled()
    del garbage
    assert gc.isenabled()
