"""Two scenes that follow each other: never fewer flashes than the meter finds in both as one film."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.safety.flash import BT1702, FlashEnds, FlashMeter, LampTrack, flat_screen, in_one, worst_across
from engine.time.flicks import FLICKS_PER_SECOND as SECOND
from tests.safety.flash.seen import SMALL, at_frame, filled, shown, square

TINY = flat_screen(0.09, 0.09, 1.0)
"""5 by 5 degrees: 36 tiles, of 0.0081 sr."""
RATE = 12


def film(levels: list[tuple[int, int]]) -> list[np.ndarray]:
    """Frames whose left and right halves have a level each."""
    frames = []
    for left, right in levels:
        frame = filled(left, 12, 12)
        frame[:, 6:] = right
        frames.append(frame)
    return frames


def seen(levels: list[tuple[int, int]]) -> FlashMeter:
    meter = FlashMeter(TINY, record=True)
    for index, frame in enumerate(film(levels)):
        meter.push(at_frame(index, RATE), frame)
    return meter


LEVEL = st.sampled_from([0, 60, 100, 130, 180, 230, 255])
COURSE = st.lists(st.tuples(LEVEL, LEVEL), min_size=RATE + 1, max_size=3 * RATE)


@settings(max_examples=25)
@given(COURSE, COURSE)
def test_never_fewer_than_in_one_piece(first: list[tuple[int, int]], second: list[tuple[int, int]]) -> None:
    before, after = seen(first), seen(second)
    bound = worst_across(before.ends(), after.ends())
    # The last frame of the first and the first of the second come at one instant; a film has one after the other.
    whole = FlashMeter(TINY)
    worst = 0
    for index, frame in enumerate(film(first + second)):
        count = whole.push(
            at_frame(index, RATE) if index < len(first) else at_frame(index - 1, RATE) + 1, frame
        )
        if index >= len(first):
            worst = max(worst, count.general_transitions)
    assert worst <= bound.general
    own = max(before.summary().general_transitions, after.summary().general_transitions)
    assert bound.general <= 2 * own + 2


def patches(seed: int, count: int) -> list[np.ndarray]:
    """Sixteen places that change at random, each by itself: what a field counts is never in step."""
    random = np.random.default_rng(seed)
    levels = random.choice([0, 60, 100, 130, 180, 255], (4, 4))
    frames = []
    for _ in range(count):
        changing = random.random((4, 4)) < 0.2
        levels = np.where(changing, random.choice([0, 60, 100, 130, 180, 255], (4, 4)), levels)
        frames.append(np.kron(levels, np.ones((3, 3)))[:, :, None].repeat(3, axis=2).astype(np.uint8))
    return frames


@pytest.mark.parametrize("seed", range(3))
def test_places_that_change_out_of_step_are_bounded_too(seed: int) -> None:
    view = flat_screen(0.14, 0.14, 1.0)
    films = [patches(seed, 64), patches(seed + 100, 90)]
    parts = [FlashMeter(view, record=True) for _ in films]
    whole = FlashMeter(view)
    worst, at = 0, 0
    for part, frames in zip(parts, films, strict=True):
        for index, frame in enumerate(frames):
            part.push(at_frame(index), frame)
            # The first frame of the second comes with the last one of the first.
            at += SECOND // 60 if index else 1
            count = whole.push(at, frame)
            worst = max(worst, count.general_transitions if part is parts[1] else 0)
    assert worst <= worst_across(parts[0].ends(), parts[1].ends()).general


SHORT = st.lists(st.tuples(LEVEL, LEVEL), min_size=2, max_size=RATE // 2)


@settings(max_examples=15)
@given(COURSE, SHORT, COURSE)
def test_a_scene_shorter_than_a_second_lies_between(
    first: list[tuple[int, int]], short: list[tuple[int, int]], last: list[tuple[int, int]]
) -> None:
    bound = worst_across(in_one(seen(first).ends(), seen(short).ends()), seen(last).ends())
    whole = FlashMeter(TINY)
    worst, at = 0, 0
    for part in (first, short, last):
        for index, frame in enumerate(film(part)):
            at += SECOND // RATE if index else 1
            count = whole.push(at, frame)
            worst = max(worst, count.general_transitions if part is last else 0)
    assert worst <= bound.general


def ends(order: list[int], low: int = 0, high: int = 255) -> FlashEnds:
    meter = FlashMeter(SMALL, record=True)
    shown(meter, [filled(low), filled(high)], order)
    return meter.ends()


def test_a_cut_between_like_pictures_costs_nothing_and_one_between_unlike_pictures_one() -> None:
    assert worst_across(ends([0] * 70), ends([0] * 70)) == (0, 0)
    assert worst_across(ends([0] * 70), ends([1] * 70)) == (1, 0)
    assert worst_across(ends([0] * 70, 0, 80), ends([0] * 70, 20, 80)) == (0, 0)


def test_two_scenes_that_pass_can_fail_where_they_meet() -> None:
    quiet, ending = [0] * 100, [0] * 90 + [1] * 5 + [0] * 5 + [1] * 5 + [0] * 5
    beginning = [1] * 5 + [0] * 5 + [1] * 5 + [0] * 100
    count = worst_across(ends(ending), ends(beginning))
    assert count.general == 4 + 1 + 3
    assert worst_across(ends(ending), ends(quiet)).general == 4
    assert worst_across(ends(quiet), ends(beginning)).general == 4


def test_a_steady_flicker_goes_on_across_a_seam_without_a_transition_more() -> None:
    first = square(3, 120)
    assert first[-1] == 1
    assert worst_across(ends(first), ends([0] * 10 + [1] * 10 + square(3, 100))).general <= 7


def test_lamps_are_joined_too() -> None:
    def lit(instants_s: list[float], first: int = 0) -> FlashEnds:
        at = np.array([0, *(round(one * SECOND) for one in instants_s)])
        levels = ((np.arange(len(at)) + first) % 2).astype(float)
        lamp = LampTrack("strobe", at, np.repeat(levels[:, None], 3, axis=1), field_share=1.0)
        meter = FlashMeter(None, lamps=[lamp], record=True, from_fl=0)
        meter.advance(2 * SECOND)
        return meter.ends()

    assert worst_across(lit([1.5, 1.6, 1.7, 1.8]), lit([0.1, 0.2, 0.3])) == (7, 0)
    assert worst_across(lit([1.5, 1.6, 1.7]), lit([0.1, 0.2, 0.3])) == (7, 0)
    assert worst_across(lit([1.5, 1.6, 1.7]), lit([0.1, 0.2], 1)) == (5, 0)
    # What lies a second apart does not meet: 1.05 s from the first of the one to the last of the other.
    assert worst_across(lit([1.35, 1.45]), lit([0.3, 0.4])) == (3, 0)


def test_a_scene_may_end_at_any_instant() -> None:
    meter = FlashMeter(SMALL, record=True)
    taken = {}
    for index, which in enumerate([0] * 70 + square(5, 60) + [0] * 70):
        meter.push(at_frame(index), filled(which * 255))
        if index in (60, 125, 199):
            taken[index] = meter.ends()
    flashes = ends([1, 1, 0, 0] + [0] * 70)
    # Before, in the middle of and long after the flashes of the first scene.
    assert [worst_across(taken[index], flashes).general for index in (60, 125, 199)] == [2, 10, 2]


def test_views_that_are_not_one() -> None:
    other = FlashMeter(TINY, record=True)
    shown(other, [filled(0)], [0])
    with pytest.raises(ValueError, match="one view"):
        worst_across(ends([0] * 70), other.ends())
    rules = FlashMeter(SMALL, record=True, profile=BT1702)
    shown(rules, [filled(0)], [0])
    with pytest.raises(ValueError, match="one profile"):
        worst_across(ends([0] * 70), rules.ends())
    with pytest.raises(ValueError, match="nothing was judged"):
        FlashMeter(SMALL, record=True).ends()
