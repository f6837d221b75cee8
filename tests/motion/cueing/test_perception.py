"""The vestibular filters against their transfer functions, and the error they make of a cue."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engine.motion.cueing.perception import felt_error, sensed_force, sensed_turn
from engine.motion.cueing.values import Course
from tests.motion.cueing.cases import ride, still

RATE = 100.0


def gain(sensed: np.ndarray, hz: float) -> float:
    """Amplitude of the settled second half of an answer to a unit sine."""
    half = len(sensed) // 2
    cycles = math.floor((len(sensed) - half) / RATE * hz)
    rows = sensed[-round(cycles * RATE / hz) :]
    t = np.arange(len(rows)) / RATE
    return float(2 * abs(np.mean(rows * np.exp(-2j * np.pi * hz * t))))


@pytest.mark.parametrize("hz", [0.05, 0.2, 1.0, 5.0])
def test_otoliths_have_the_published_gain(hz: float) -> None:
    t = np.arange(round(400 * RATE)) / RATE
    s = 2j * math.pi * hz
    exact = abs(0.4 * (1 + 10 * s) / ((1 + 5 * s) * (1 + 0.016 * s)))
    assert gain(sensed_force(np.sin(2 * np.pi * hz * t), RATE), hz) == pytest.approx(exact, rel=0.01)


@pytest.mark.parametrize("hz", [0.05, 0.2, 1.0, 5.0])
def test_canals_have_the_published_gain(hz: float) -> None:
    t = np.arange(round(800 * RATE)) / RATE
    s = 2j * math.pi * hz
    exact = abs(5.73 * 80 * s**2 * (1 + 0.06 * s) / ((1 + 80 * s) * (1 + 5.73 * s) * (1 + 0.005 * s)))
    assert gain(sensed_turn(np.sin(2 * np.pi * hz * t), RATE), hz) == pytest.approx(exact, rel=0.01)


def test_a_lasting_turn_is_forgotten_and_a_lasting_force_is_not() -> None:
    turn = np.concatenate((np.zeros(100), np.full(round(60 * RATE), 10.0)))
    assert sensed_turn(turn, RATE).max() > 9.0
    assert abs(sensed_turn(turn, RATE)[-1]) < 1.0
    force = np.concatenate((np.zeros(100), np.ones(round(60 * RATE))))
    assert sensed_force(force, RATE)[-1] == pytest.approx(0.4, abs=1e-3)


def test_the_wanted_course_itself_has_no_error() -> None:
    course = ride(4.0)
    found = felt_error(course, course)
    assert found.over_rms == 0.0
    assert found.noticed == 0.0
    assert not found.force_mps2.any()


def test_errors_below_the_thresholds_count_for_nothing_and_more_counts_more() -> None:
    force, turn = still(500)
    wanted = Course(RATE, force, turn)
    small = felt_error(wanted, Course(RATE, force + 0.1, turn + 1.0))
    assert (small.over_rms, small.noticed) == (0.0, 0.0)
    pushed = force.copy()
    pushed[100:, 1] += 1.0
    large = felt_error(wanted, Course(RATE, pushed, turn))
    # Over all the time after the first second; sensed at 0.8, falling to 0.4: four thresholds and less.
    assert large.noticed == pytest.approx(0.8, abs=0.01)
    assert 1.5 < large.over_rms < 3.7
    assert large.force_rms_mps2[0] == 0.0 < large.force_rms_mps2[1]


def test_courses_that_do_not_match_are_refused() -> None:
    course = ride(4.0)
    other = Course(100.0, course.force_mps2, course.turn_dps)
    with pytest.raises(ValueError, match="50 Hz x 201 and 100 Hz x 201"):
        felt_error(course, other)
    with pytest.raises(ValueError, match="cannot be compared"):
        felt_error(Course(50.0, *still(0)), Course(50.0, *still(0)))
