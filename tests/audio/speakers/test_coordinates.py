"""Polar places and sizes, and the cube's."""

from __future__ import annotations

import numpy as np
import pytest

from engine.audio.speakers.coordinates import size_to_cartesian, size_to_polar, to_cartesian, to_polar, within


@pytest.mark.parametrize(
    ("polar", "cube"),
    [
        ((0, 0, 1), (0, 1, 0)),
        ((30, 0, 1), (-1, 1, 0)),
        ((-110, 0, 1), (1, -1, 0)),
        ((30, 30, 1), (-1, 1, 1)),
        ((0, 90, 1), (0, 0, 1)),
        ((0, -90, 0.5), (0, 0, -0.5)),
        ((180, 0, 0.5), (0, -0.5, 0)),
    ],
)
def test_corners(polar: tuple[float, ...], cube: tuple[float, ...]) -> None:
    assert to_cartesian(*polar) == pytest.approx(cube, abs=1e-9)


def test_there_and_back() -> None:
    rng = np.random.default_rng(1)
    for x, y, z in rng.uniform(-1, 1, (50, 3)):
        azimuth, elevation, distance = to_polar(x, y, z)
        assert to_cartesian(azimuth, elevation, distance) == pytest.approx((x, y, z), abs=1e-9)


def test_sizes_turn_with_the_place() -> None:
    assert size_to_cartesian(0, 0, 60, 20, 0) == pytest.approx(
        (0.5, (1 - np.cos(np.pi / 6)) / 2, np.sin(np.pi / 18))
    )
    assert size_to_cartesian(90, 0, 60, 20, 0) == pytest.approx(
        ((1 - np.cos(np.pi / 6)) / 2, 0.5, np.sin(np.pi / 18)), abs=1e-12
    )
    assert size_to_cartesian(0, 0, 360, 360, 1) == pytest.approx((1, 1, 1))
    assert size_to_polar(0, 0, 0.5, 0.0, 0.0) == pytest.approx((60, 0, 0), abs=1e-9)
    assert size_to_polar(90, 0, 0.0, 0.5, 0.0) == pytest.approx((60, 0, 0), abs=1e-6)
    assert size_to_polar(0, 0, 1, 1, 1) == pytest.approx((360, 360, 0), abs=1e-6)


def test_nowhere_has_no_direction() -> None:
    assert to_polar(0.0, 0.0, 0.0) == (0, 0, 0)
    assert to_polar(0.0, 0.0, -0.3) == (0, -90, 0.3)
    with pytest.raises(ValueError, match="no number"):
        to_cartesian(float("nan"), 0.0, 1.0)


@pytest.mark.parametrize(
    ("azimuth", "right", "left", "inside"),
    [
        (0, -30, 30, True),
        (40, -30, 30, False),
        (180, 170, -170, True),
        (0, 170, -170, False),
        (5, 0, 360, True),
        (5, 0, 0, False),
        (355, -10, 0, True),
    ],
)
def test_arcs(azimuth: float, right: float, left: float, inside: bool) -> None:
    assert within(azimuth, right, left) is inside
