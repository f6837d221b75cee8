"""Opposing transitions: of tiles and of lamps."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.safety.flash.lamps import Course, LampTrack, course_turns, lamp_courses
from engine.safety.flash.profiles import BT1702, WCAG
from engine.safety.flash.turns import Turns, general_rule, red_rule
from engine.time.flicks import FLICKS_PER_SECOND as SECOND

GENERAL = general_rule(WCAG)


def turned(values: list[float]) -> list[int]:
    """+1, -1 or 0 at every value."""
    turns = Turns(1, GENERAL)
    result = []
    for value in values:
        up, down = turns.push(np.array([value], dtype=np.float32))
        result.append(int(up[0]) - int(down[0]))
    return result


def longest(values: list[float], change: float) -> int:
    """Most alternating changes of at least `change` that a course holds: every choice of instants tried."""
    best = {(at, way): 0 for at in range(len(values)) for way in (1, -1)}
    for at in range(len(values)):
        for before in range(at):
            step = values[at] - values[before]
            for way in (1, -1):
                if way * step >= change - 1e-9:
                    best[at, way] = max(best[at, way], best[before, -way] + 1)
    return max(best.values())


def test_a_tenth_up_and_down_again_is_two() -> None:
    assert turned([0.3, 0.4, 0.3]) == [0, 1, -1]
    assert turned([0.3, 0.399, 0.3]) == [0, 0, 0]


def test_a_change_of_many_frames_is_one_and_ripples_are_none() -> None:
    assert turned([0.0, 0.05, 0.1, 0.4, 0.38, 0.5, 0.45, 0.38, 0.1]) == [0, 0, 1, 0, 0, 0, 0, -1, 0]


def test_the_darker_state_has_to_be_dark() -> None:
    assert turned([1.0, 0.85, 1.0, 0.8, 1.0]) == [0] * 5
    assert turned([1.0, 0.85, 0.79, 1.0]) == [0, 0, -1, 1]


@given(st.lists(st.integers(0, 7).map(lambda tenth: tenth / 10), min_size=2, max_size=24))
def test_no_longer_series_of_changes_is_in_the_course(values: list[float]) -> None:
    found = [one for one in turned(values) if one]
    assert len(found) == longest(values, 0.1)
    assert all(one == -two for one, two in itertools.pairwise(found))


@given(st.lists(st.floats(0, 1, width=32), min_size=1, max_size=24))
def test_a_lamp_that_holds_turns_as_a_tile_does(values: list[float]) -> None:
    course = Course(range(len(values)), values, [True] * len(values))
    turns, *_ = course_turns(course, GENERAL, 3, linear=False)
    tile = turned(values)
    near = any(abs(abs(a - b) - 0.1) < 1e-4 or abs(a - 0.8) < 1e-4 for a in values for b in values)
    if not near:
        assert [(turn.at_fl, 1 if turn.up else -1) for turn in turns] == [
            (at, one) for at, one in enumerate(tile) if one
        ]
        assert all(turn.cell == 3 for turn in turns)


def lamp(points: list[tuple[float, float]], *, linear: bool) -> LampTrack:
    at, levels = zip(*points, strict=True)
    rgb = np.repeat(np.array(levels)[:, None], 3, axis=1)
    return LampTrack(
        "strobe", np.array([round(one * SECOND) for one in at]), rgb, solid_sr=0.01, linear=linear
    )


def test_a_ramp_turns_where_the_line_has_changed_by_a_tenth() -> None:
    course, _ = lamp_courses(lamp([(0, 0.0), (1, 1.0), (2, 1.0), (4, 0.0)], linear=True), WCAG, 200.0)
    (up, down), *_ = course_turns(course, GENERAL, 0, linear=True)
    assert up.up and not down.up
    assert up.at_fl == pytest.approx(0.1 * SECOND, abs=2)
    # From 1.0 a fall counts where it gets below 0.8, not at 0.9.
    assert down.at_fl == pytest.approx(2.4 * SECOND, abs=2)


def test_a_jump_turns_at_its_instant() -> None:
    course, _ = lamp_courses(
        lamp([(0, 0.0), (0.7, 0.0), (0.7, 1.0), (0.71, 1.0), (0.71, 0.0)], linear=True), WCAG, 200.0
    )
    turns, *_ = course_turns(course, GENERAL, 0, linear=True)
    assert [turn.at_fl for turn in turns] == [round(0.7 * SECOND), round(0.71 * SECOND)]


def test_bright_states_turn_by_contrast_under_bt1702() -> None:
    rule = general_rule(BT1702)
    # 160 to 180 cd/m^2 is a Michelson contrast of exactly 1/17, 400 to 440 of 1/21.
    for low, high, expected in (
        (160, 180, True),
        (400, 440, False),
        (400, 452, True),
        (10, 30, True),
        (10, 29.9, False),
    ):
        met = rule.met(np.array([low], dtype=np.float32), np.array([high], dtype=np.float32), None)
        assert bool(met[0]) is expected, (low, high)
        course = Course([0, 1], [low, high], [True, True])
        assert bool(course_turns(course, rule, 0, linear=False)[0]) is expected
        back = Course([0, 1], [high, low], [True, True])
        assert bool(course_turns(back, rule, 0, linear=False)[0]) is expected


def test_red_turns_only_where_one_of_the_states_is_saturated() -> None:
    rule = red_rule(WCAG)
    turns = Turns(2, rule)
    values = np.array([[0, 0], [224, 224], [16, 16], [40, 36]], dtype=np.float32)
    opened = np.array([[False, True], [False, True], [True, True], [True, True]])
    seen = [turns.push(value, gate) for value, gate in zip(values, opened, strict=True)]
    assert [up.tolist() for up, _ in seen] == [[False, False], [False, True], [False, False], [True, False]]
    assert [down.tolist() for _, down in seen][2] == [True, True]


def test_a_red_lamp_is_red_and_a_white_one_is_not() -> None:
    red = LampTrack(
        "wash", np.array([0, 10, 20]), np.array([[0, 0, 0], [1, 0, 0], [0, 0, 0.0]]), field_share=1.0
    )
    white = lamp([(0, 0), (1, 1), (2, 0)], linear=False)
    for track, expected in ((red, 2), (white, 0)):
        _, course = lamp_courses(track, WCAG, 200.0)
        assert len(course_turns(course, red_rule(WCAG), 0, linear=False)[0]) == expected


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"at_fl": np.array([0, 5, 4])}, "do not rise"),
        ({"rgb": np.full((3, 3), math.nan)}, "negative or not a number"),
        ({"rgb": np.zeros((2, 3))}, "one row of red"),
        ({"solid_sr": None}, "either a solid angle or a share"),
        ({"field_share": 0.5}, "either a solid angle or a share"),
        ({"solid_sr": -1.0}, "0 or more"),
        ({"solid_sr": None, "field_share": 1.5}, "1 is all of it"),
        ({"white": 0.0}, "above 0"),
    ],
)
def test_lamps_that_are_wrong(change: dict[str, object], said: str) -> None:
    right: dict[str, object] = {"at_fl": np.array([0, 1, 2]), "rgb": np.zeros((3, 3)), "solid_sr": 0.01}
    with pytest.raises(ValueError, match=said):
        LampTrack("strobe", **(right | change))  # type: ignore[arg-type]


def test_where_a_lamp_is() -> None:
    track = LampTrack("spot", np.array([0]), np.zeros((1, 3)), solid_sr=0.01, direction_deg=(90.0, 0.0))
    assert track.direction() == pytest.approx([1.0, 0.0, 0.0], abs=1e-12)
    assert lamp([(0, 0)], linear=False).direction() is None
