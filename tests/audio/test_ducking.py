"""Stepping back under speech: down before the first word, up after the last, the same from wherever it is asked."""

from __future__ import annotations

import numpy as np
import pytest

from engine.audio.ducking import DOWN, UP, ducked, near, speech_at

LINE = (100_000, 150_000)


def test_the_step_is_down_when_the_first_word_comes() -> None:
    assert speech_at([LINE], LINE[0] - DOWN) == 0.0
    assert speech_at([LINE], LINE[0] - DOWN // 2) == pytest.approx(0.5)
    assert speech_at([LINE], LINE[0]) == speech_at([LINE], LINE[1] - 1) == 1.0
    assert speech_at([LINE], LINE[1] + UP // 2) == pytest.approx(0.5)
    assert speech_at([LINE], LINE[1] + UP) == 0.0
    assert speech_at([], 0) == 0.0


def test_two_lines_step_back_once_and_never_jump() -> None:
    lines = [LINE, (155_000, 160_000)]
    at = np.array([speech_at(lines, int(k)) for k in range(80_000, 220_000, 16)])
    assert at.max() == 1.0
    assert at[-1] == at[0] == 0.0
    assert np.abs(np.diff(at)).max() <= 16 / DOWN + 1e-9
    # Between them the first has not let go yet when the second asks again.
    assert speech_at(lines, 152_500) == pytest.approx(1 - 2_500 / UP)


def test_a_stretch_of_lines_is_enough_to_know() -> None:
    lines = [(k * 70_000, k * 70_000 + 9_000) for k in range(20)]
    low, high = 480_000, 528_256
    some = near(lines, low, high)
    assert len(some) < len(lines)
    assert all(speech_at(some, k) == speech_at(lines, k) for k in range(low, high, 97))


def test_depth_is_in_decibels() -> None:
    assert ducked(-6.0, 1.0) == pytest.approx(10 ** (-6 / 20))
    assert ducked(-6.0, 0.5) == pytest.approx(10 ** (-3 / 20))
    assert ducked(-6.0, 0.0) == 1.0
