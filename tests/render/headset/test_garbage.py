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


def knots(count: int) -> weakref.ref[Knot]:
    """Make so many, of which nobody holds one; a reference to the first."""
    first = Knot()
    for _ in range(count - 1):
        Knot()
    return weakref.ref(first)


@pytest.fixture
def garbage() -> Iterator[Garbage]:
    made = Garbage(ManualClock())
    yield made
    made.close()


def test_nothing_is_collected_while_a_frame_is_made(garbage: Garbage) -> None:
    knot = knots(5000)
    assert knot() is not None
    garbage.after_frame(10 * MS)
    assert knot() is None


def test_a_few_objects_are_not_worth_a_look(garbage: Garbage) -> None:
    gc.collect(0)
    knot = knots(5)
    garbage.after_frame(10 * MS)
    assert knot() is not None


def test_a_late_frame_is_not_made_later(garbage: Garbage) -> None:
    garbage._young_ns = MS
    knot = knots(1000)
    garbage.after_frame(-3 * MS)
    assert knot() is not None
    garbage.after_frame(1 * MS)
    assert knot() is not None, "half of what it may take is too little"
    garbage.after_frame(2 * MS)
    assert knot() is None


def test_when_frames_are_always_late_memory_still_has_a_bound(garbage: Garbage) -> None:
    garbage._young_ns = MS
    knot = knots(50_000)
    garbage.after_frame(-3 * MS)
    assert knot() is None


def test_what_an_old_scene_held_goes_after_the_change_and_only_with_time_to_spare(garbage: Garbage) -> None:
    held = Knot()
    knot = weakref.ref(held)
    gc.collect(0)
    gc.collect(1)  # it is old now: a look at the young does not find it
    del held
    garbage.scene_changed()
    garbage.after_frame(MS)
    assert garbage.full_wanted
    assert knot() is not None
    garbage.after_frame(10 * MS)
    assert not garbage.full_wanted
    assert knot() is None


def test_a_full_look_that_never_fits_is_given_up_for_good(garbage: Garbage) -> None:
    garbage.scene_changed()
    before = gc.get_freeze_count()
    kept = [Knot() for _ in range(100)]
    for _ in range(601):
        garbage.after_frame(0)
    assert not garbage.full_wanted
    assert gc.get_freeze_count() >= before + len(kept)


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
