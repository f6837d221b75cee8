"""The classical washout against its closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.motion.cueing.values import GRAVITY_MPS2
from engine.motion.cueing.washout import Washout, WashoutParameters, washed_out
from tests.motion.cueing.cases import ride, still

SURGE, SWAY, HEAVE, ROLL, PITCH, YAW = range(6)
RATE = 500.0


def step(component: int, size: float, seconds: float = 12.0) -> tuple[np.ndarray, np.ndarray]:
    force, turn = still(round(seconds * RATE) + 1)
    force[1:, component] += size
    return force, turn


def ran(parameters: WashoutParameters, force: np.ndarray, turn: np.ndarray) -> np.ndarray:
    return Washout(parameters).run(force, turn)


def test_the_second_order_settles_at_a_over_w_squared_and_never_washes_out() -> None:
    poses = ran(WashoutParameters(rate_hz=RATE, order=2), *step(1, 1.0))
    assert poses[-1, SURGE] == pytest.approx(1.0 / 2.5**2, abs=1e-9)  # 0.16 m


def test_the_third_order_comes_home() -> None:
    """With all three poles at w the answer to a step is t^2/2 exp(-w t), 43 mm at 0.8 s; with one at 0.25 rad/s 116 mm."""
    force, turn = step(1, 1.0, 60.0)
    t = (
        np.arange(len(force)) / RATE - 0.5 / RATE
    )  # the bilinear transform has a step begin between two samples
    quick = ran(WashoutParameters(rate_hz=RATE, pole_rps=2.5), force, turn)[:, SURGE]
    np.testing.assert_allclose(quick[1:], (t**2 / 2 * np.exp(-2.5 * t))[1:], atol=2e-6)
    assert quick.max() == pytest.approx(0.0433, abs=5e-5)
    slow = ran(WashoutParameters(rate_hz=RATE, pole_rps=0.25), force, turn)[:, SURGE]
    a = 1 / 2.25**2
    exact = a * np.exp(-0.25 * t) - (a + t / 2.25) * np.exp(-2.5 * t)
    np.testing.assert_allclose(slow[1:], exact[1:], atol=2e-6)
    assert slow.max() == pytest.approx(0.116, abs=5e-4)
    assert abs(quick[-1]) < 1e-12
    assert abs(slow[-1]) < 1e-6


def test_tilt_ends_at_the_angle_whose_gravity_is_the_force() -> None:
    force, turn = step(1, 0.1 * GRAVITY_MPS2)
    free = ran(WashoutParameters(rate_hz=RATE, tilt_dps=math.inf), force, turn)
    assert free[-1, PITCH] == pytest.approx(math.degrees(math.asin(0.1)), abs=1e-9)  # 5.739 deg
    # The low-passed force of a step rises by at most w a / e a second.
    assert np.diff(free[:, PITCH]).max() * RATE == pytest.approx(10.54, abs=0.02)
    held = ran(WashoutParameters(rate_hz=RATE), force, turn)
    assert np.diff(held[:, PITCH]).max() * RATE == pytest.approx(3.0, abs=1e-9)
    assert held[-1, PITCH] == pytest.approx(5.7392, abs=1e-3)


def test_at_three_degrees_a_second_a_tenth_of_g_takes_1_91_s() -> None:
    """With a low-pass too quick to matter, all that is left is the rate limit: 5.739 / 3."""
    parameters = WashoutParameters(rate_hz=RATE, low_rps=500.0)
    poses = ran(parameters, *step(1, 0.1 * GRAVITY_MPS2))
    arrived_s = np.argmax(poses[:, PITCH] >= 5.739) / RATE
    assert arrived_s == pytest.approx(1.913, abs=0.01)


def test_forces_tilt_towards_where_they_feel_right() -> None:
    poses = ran(WashoutParameters(rate_hz=RATE), *step(0, 1.0))
    assert poses[-1, ROLL] < -5.0  # pushed to the right: the left side goes down
    assert poses[:, SWAY].max() > 0.01
    down = ran(WashoutParameters(rate_hz=RATE), *step(2, -1.0))
    assert down[:, HEAVE].min() < -0.01
    assert not down[:, [ROLL, PITCH, YAW]].any()


def test_rotation_follows_and_returns() -> None:
    force, turn = still(round(20 * RATE) + 1)
    turn[1:, 2] = 10.0
    poses = ran(WashoutParameters(rate_hz=RATE), force, turn)
    assert poses[-1, YAW] == pytest.approx(10.0 / 2.5, abs=1e-9)
    turn[round(10 * RATE) :] = 0.0
    assert abs(ran(WashoutParameters(rate_hz=RATE), force, turn)[-1, YAW]) < 1e-9


def test_at_rest_it_is_at_home_to_the_bit() -> None:
    force, turn = still(5000)
    assert not Washout().run(force, turn).any()


def test_what_has_always_been_is_steady_from_the_first_sample() -> None:
    """On a slope that was there before the first sample nothing moves."""
    force, turn = still(2000)
    force[:, 1] = 0.2 * GRAVITY_MPS2
    poses = Washout(WashoutParameters(rate_hz=RATE)).run(force, turn)
    assert np.ptp(poses[:, PITCH]) < 1e-9
    assert np.abs(poses[:, SURGE]).max() < 1e-9


@settings(max_examples=12)
@given(st.integers(0, 1000), st.floats(0.1, 3.0))
def test_without_limits_it_is_linear(seed: int, factor: float) -> None:
    rng = np.random.default_rng(seed)
    force, turn = still(300)
    extra, spin = rng.normal(size=(300, 3)) * 0.05, rng.normal(size=(300, 3))
    parameters = WashoutParameters(rate_hz=100.0, tilt_dps=math.inf)
    linear = [SURGE, SWAY, HEAVE, YAW]
    once = ran(parameters, force + extra, turn + spin)[:, linear]
    more = ran(parameters, force + factor * extra, turn + factor * spin)[:, linear]
    np.testing.assert_allclose(more, factor * once, atol=1e-9)


@settings(max_examples=12)
@given(st.lists(st.integers(1, 120), min_size=1, max_size=6))
def test_blocks_of_any_length_give_what_one_block_gives(cuts: list[int]) -> None:
    course = ride(8.0)
    parameters = WashoutParameters(rate_hz=50.0)
    whole = ran(parameters, course.force_mps2, course.turn_dps)
    filters, parts, begin = Washout(parameters), [], 0
    for length in [*cuts, 10_000]:
        parts.append(
            filters.run(course.force_mps2[begin : begin + length], course.turn_dps[begin : begin + length])
        )
        begin += length
    np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_many_seats_at_once_are_each_as_alone() -> None:
    course = ride(6.0)
    scales = np.array([0.0, 0.5, 1.0, -2.0])
    rest, _ = still(len(course))
    force = rest[:, None] + scales[:, None] * (course.force_mps2 - rest)[:, None]
    turn = scales[:, None] * course.turn_dps[:, None]
    poses = ran(WashoutParameters(rate_hz=50.0), force, turn)
    for seat in range(4):
        alone = ran(WashoutParameters(rate_hz=50.0), force[:, seat], turn[:, seat])
        np.testing.assert_array_equal(poses[:, seat], alone)


def test_bounded_in_bounded_out_for_ever() -> None:
    """The worst bounded input of a translational channel is the sign of its impulse response backwards: even that stays bounded."""
    p = WashoutParameters(rate_hz=50.0)
    impulse = still(4001)
    impulse[0][1, 1] += 1.0
    response = ran(p, *impulse)[:, SURGE]
    most_m = np.abs(response).sum()
    force, turn = still(4001)
    force[1:, 1] += np.where(response[:0:-1] >= 0, 1.0, -1.0)
    poses = ran(p, force, turn)
    assert poses[-1, SURGE] == pytest.approx(np.abs(response[1:]).sum(), rel=1e-6)
    assert np.abs(poses[:, SURGE]).max() <= most_m * (1 + 1e-9)
    assert most_m < 0.35


def test_a_sample_that_is_no_number_counts_as_rest() -> None:
    force, turn = still(200)
    force[50, 1] = np.nan
    turn[60, 2] = np.inf
    assert not Washout().run(force, turn).any()


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"order": 4}, "allowed: 2, 3"),
        ({"tilt_dps": 0.0}, "tilt_dps is 0.0"),
        ({"pole_rps": 0.0}, "pole_rps"),
        ({"tilt_most": 1.5}, "tilt_most"),
        ({"rate_hz": 2.0}, "too few"),
    ],
)
def test_parameters_that_make_no_filter_are_refused(wrong: dict[str, float], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        WashoutParameters(**wrong)  # type: ignore[arg-type]


def test_a_course_is_washed_out_at_its_own_rate() -> None:
    course = ride(4.0)
    np.testing.assert_array_equal(
        washed_out(course), ran(WashoutParameters(rate_hz=50.0), course.force_mps2, course.turn_dps)
    )
