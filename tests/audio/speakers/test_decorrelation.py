"""BS.2127's decorrelators."""

from __future__ import annotations

import numpy as np
import pytest

from engine.audio.speakers import layout
from engine.audio.speakers.decorrelation import TAPS, decorrelators


def test_they_are_all_pass_and_unlike_each_other() -> None:
    filters = decorrelators(layout("0+5+0"))
    assert filters.shape == (6, TAPS)
    assert np.abs(np.fft.rfft(filters)) == pytest.approx(np.ones((6, TAPS // 2 + 1)))
    alike = filters @ filters.T
    assert np.abs(alike - np.eye(6)).max() < 0.2


def test_they_are_the_references() -> None:
    # `ear` 2.1.0 (BSD-3-Clause-Clear), design_decorrelators for 0+5+0: the first four taps of M+030 and of LFE1.
    filters = decorrelators(layout("0+5+0"))
    assert filters[0, :4] == pytest.approx(FIRST[0], abs=1e-12)
    assert filters[3, :4] == pytest.approx(FIRST[1], abs=1e-12)


FIRST = (
    [-0.08739398758491, -0.02201757665765, -0.05227909897095, -0.03429927560157],
    [-0.06964856415563, 0.00923980255425, -0.04440907019918, 0.09674318314659],
)
