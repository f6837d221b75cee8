"""The mirror's calm view: what it looks up, how it follows, and that it never shows what is not there."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.render.headset.steady import Crop, Steady, crop_of, lies_inside, lookup
from engine.xr.angles import angles_deg, turn_of_deg
from engine.xr.poses import conjugated, multiplied, rotated
from engine.xr.values import Fov

SQUARE = Fov(-math.pi / 4, math.pi / 4, math.pi / 4, -math.pi / 4)
LOPSIDED = Fov(-0.9, 0.7, 0.75, -0.85)
STEP_NS = 11_111_111


def found(matrix: np.ndarray, x: float, y: float) -> tuple[float, float]:
    u, v, w = matrix @ np.array([x, y, 1.0])
    return (u / w, v / w)


def test_a_crop_keeps_its_shape_and_a_rim() -> None:
    assert crop_of(SQUARE, 1.0, 0.8) == Crop(pytest.approx(0.8), pytest.approx(0.8))
    wide = crop_of(SQUARE, 16 / 9, 0.8)
    assert wide.right_tan == pytest.approx(0.8) and wide.right_tan / wide.up_tan == pytest.approx(16 / 9)
    tall = crop_of(SQUARE, 0.5, 0.8)
    assert tall.up_tan == pytest.approx(0.8) and tall.right_tan == pytest.approx(0.4)
    assert crop_of(LOPSIDED, 1.0, 1.0).right_tan == pytest.approx(math.tan(0.7))


def test_looking_where_the_eye_looks_is_cutting_out_the_middle() -> None:
    turn = turn_of_deg(33.0, -12.0, 5.0)
    matrix = lookup(turn, turn, SQUARE, Crop(0.5, 0.5))
    assert found(matrix, 0.0, 0.0) == pytest.approx((0.5, 0.5))
    assert found(matrix, 1.0, -1.0) == pytest.approx((0.75, 0.25))
    whole = lookup(turn, turn, LOPSIDED, Crop(math.tan(0.7), math.tan(0.75)))
    assert found(whole, 1.0, 1.0) == pytest.approx((1.0, 1.0))


def test_the_look_up_is_the_projection_of_the_same_ray() -> None:
    eye, shown = turn_of_deg(4.0, 1.0, 3.0), turn_of_deg(0.0, -2.0, 0.0)
    crop = Crop(0.5, 0.3)
    u, v = found(lookup(shown, eye, LOPSIDED, crop), 0.6, -0.4)
    x, y, z = rotated(multiplied(conjugated(eye), shown), (0.6 * 0.5, 1.0, -0.4 * 0.3))
    left, right, down, up = (math.tan(a) for a in (-0.9, 0.7, -0.85, 0.75))
    assert (u, v) == pytest.approx(((x / y - left) / (right - left), (z / y - down) / (up - down)))


def test_a_head_that_turns_left_moves_the_old_view_to_its_right() -> None:
    u, v = found(lookup(turn_of_deg(0.0), turn_of_deg(10.0), SQUARE, Crop(0.5, 0.5)), 0.0, 0.0)
    assert u > 0.5 and v == pytest.approx(0.5)
    u, v = found(lookup(turn_of_deg(0.0), turn_of_deg(0.0, 10.0), SQUARE, Crop(0.5, 0.5)), 0.0, 0.0)
    assert u == pytest.approx(0.5) and v < 0.5


def tremor_deg(steady: Steady, hz: float) -> float:
    """How much of a nod of one degree is left, at its largest, once the start has died away."""
    left = []
    for number in range(400):
        at_s = number / 90
        turn = steady.follow(turn_of_deg(0.0, math.sin(2 * math.pi * hz * at_s)), round(at_s * 1e9))
        left.append(abs(angles_deg(turn)[1]))
    return max(left[200:])


def test_tremor_is_taken_out_and_slow_turns_are_not() -> None:
    assert tremor_deg(Steady(250_000_000), 5.0) < 0.08
    assert tremor_deg(Steady(250_000_000), 0.1) > 0.95
    assert tremor_deg(Steady(0), 5.0) == pytest.approx(1.0, abs=0.02)  # sampled beside its top


def test_behind_an_even_turn_it_is_late_by_what_was_asked() -> None:
    steady = Steady(200_000_000)
    turn = (0.0, 0.0, 0.0, 1.0)
    for number in range(200):
        turn = steady.follow(turn_of_deg(10.0 * number / 90), round(number / 90 * 1e9))
    behind_s = 199 / 90 - angles_deg(turn)[0] / 10.0
    assert behind_s == pytest.approx(0.2, abs=0.02)  # the steps of a sampled low pass make it 11 ms less


def test_the_frame_rate_does_not_matter() -> None:
    ends = []
    for hz in (30, 90):
        steady = Steady(250_000_000)
        for number in range(hz + 1):
            steady.follow(turn_of_deg(20.0 if number else 0.0), round(number / hz * 1e9))
        ends.append(angles_deg(steady.turn)[0])
    assert ends[0] == pytest.approx(ends[1], abs=0.01)


@pytest.mark.parametrize(("step_ns", "yaw_deg"), [(600_000_000, 5.0), (STEP_NS, 90.0), (-STEP_NS, 5.0)])
def test_after_a_gap_a_jump_or_a_step_back_it_begins_anew(step_ns: int, yaw_deg: float) -> None:
    steady = Steady(250_000_000)
    steady.follow(turn_of_deg(0.0), 10**9)
    assert steady.follow(turn_of_deg(yaw_deg), 10**9 + step_ns) == turn_of_deg(yaw_deg)


def test_reset_begins_anew() -> None:
    steady = Steady(250_000_000)
    steady.follow(turn_of_deg(0.0), 0)
    steady.reset()
    assert steady.follow(turn_of_deg(20.0), STEP_NS) == turn_of_deg(20.0)


@given(
    st.lists(st.tuples(st.floats(-25, 25), st.floats(-25, 25), st.floats(-20, 20)), min_size=1, max_size=12),
    st.sampled_from([SQUARE, LOPSIDED]),
    st.floats(0.4, 1.0),
)
def test_however_a_head_is_thrown_about_nothing_outside_the_picture_is_shown(
    turns: list[tuple[float, float, float]], fov: Fov, keep: float
) -> None:
    steady = Steady(300_000_000)
    crop = crop_of(fov, 16 / 9, keep)
    for number, angles in enumerate(turns):
        head = turn_of_deg(*angles)
        steady.follow(head, number * STEP_NS)
        (matrix,) = steady.keep_inside([(head, fov)], crop)
        assert lies_inside(matrix)


def test_within_the_rim_the_view_is_left_alone_and_beyond_it_is_pulled_along() -> None:
    steady = Steady(10**9)
    crop = crop_of(SQUARE, 1.0, 0.8)
    steady.follow(turn_of_deg(0.0), 0)
    steady.follow(turn_of_deg(3.0), STEP_NS)
    calm = steady.turn
    steady.keep_inside([(turn_of_deg(3.0), SQUARE)], crop)
    assert steady.turn == calm
    steady.follow(turn_of_deg(30.0), 2 * STEP_NS)
    steady.keep_inside([(turn_of_deg(30.0), SQUARE)], crop)
    # The rim is 45 - atan 0.8 = 6.3 degrees; corners make it a little less.
    assert 30.0 - 6.4 < angles_deg(steady.turn)[0] < 30.0 - 3.0


def test_both_eyes_are_kept_inside_with_one_turn() -> None:
    steady = Steady(10**9)
    left, right = turn_of_deg(2.0), turn_of_deg(-2.0)  # canted displays
    steady.follow(turn_of_deg(0.0), 0)
    matrices = steady.keep_inside([(left, SQUARE), (right, SQUARE)], crop_of(SQUARE, 1.0, 0.8))
    assert len(matrices) == 2 and all(map(lies_inside, matrices))
    assert found(matrices[0], 0, 0)[0] > 0.5 > found(matrices[1], 0, 0)[0]


def test_what_is_behind_is_not_inside() -> None:
    assert not lies_inside(lookup(turn_of_deg(180.0), turn_of_deg(0.0), SQUARE, Crop(0.5, 0.5)))
