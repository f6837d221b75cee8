"""Real spherical harmonics: formulas, norms, wide sources."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engine.audio.ambisonics import channels_of, degrees, encode, harmonics, order_of
from engine.audio.ambisonics.decoder import sphere
from engine.audio.ambisonics.harmonics import cap_weights

AHEAD, LEFT, UP = (0.0, 1.0, 0.0), (-1.0, 0.0, 0.0), (0.0, 0.0, 1.0)


def test_the_axes_are_ambix_ones() -> None:
    assert harmonics([AHEAD, LEFT, UP], 1).tolist() == [[1, 0, 0, 1], [1, 1, 0, 0], [1, 0, 1, 0]]


def test_the_second_and_third_order_are_the_textbooks() -> None:
    azimuth, elevation = math.radians(37), math.radians(-22)
    at = (
        -math.sin(azimuth) * math.cos(elevation),
        math.cos(azimuth) * math.cos(elevation),
        math.sin(elevation),
    )
    flat, up = math.cos(elevation), math.sin(elevation)
    wanted = [
        math.sqrt(3) / 2 * math.sin(2 * azimuth) * flat**2,
        math.sqrt(3) / 2 * math.sin(azimuth) * math.sin(2 * elevation),
        (3 * up**2 - 1) / 2,
        math.sqrt(3) / 2 * math.cos(azimuth) * math.sin(2 * elevation),
        math.sqrt(3) / 2 * math.cos(2 * azimuth) * flat**2,
        math.sqrt(5 / 8) * math.sin(3 * azimuth) * flat**3,
        math.sqrt(15) / 2 * math.sin(2 * azimuth) * up * flat**2,
        math.sqrt(3 / 8) * math.sin(azimuth) * flat * (5 * up**2 - 1),
        up * (5 * up**2 - 3) / 2,
        math.sqrt(3 / 8) * math.cos(azimuth) * flat * (5 * up**2 - 1),
        math.sqrt(15) / 2 * math.cos(2 * azimuth) * up * flat**2,
        math.sqrt(5 / 8) * math.cos(3 * azimuth) * flat**3,
    ]
    assert harmonics(at, 3)[4:] == pytest.approx(wanted, abs=1e-14)


def test_they_are_orthonormal() -> None:
    points, weights = sphere(12)
    values = harmonics(points, 7, "n3d")
    assert np.abs(values.T @ (values * weights[:, None]) - np.eye(64)).max() < 1e-13


def test_length_does_not_count_and_nowhere_is_heard_in_the_first_channel() -> None:
    assert np.array_equal(harmonics([0.0, 0.5, 0.0], 3), harmonics([0.0, 9.0, 0.0], 3))
    assert harmonics([0.0, 0.0, 0.0], 3).tolist() == [1.0] + [0.0] * 15


def test_degrees_follow_acn() -> None:
    n, m = degrees(2)
    assert n.tolist() == [0, 1, 1, 1, 2, 2, 2, 2, 2]
    assert m.tolist() == [0, -1, 0, 1, -2, -1, 0, 1, 2]
    assert order_of(channels_of(5)) == 5


@pytest.mark.parametrize("channels", [0, 2, 5, 17])
def test_no_whole_order_is_refused(channels: int) -> None:
    with pytest.raises(ValueError, match="whole Ambisonic order"):
        order_of(channels)


def test_a_cap_of_no_width_is_a_point_and_one_all_around_has_one_channel() -> None:
    weights = cap_weights([0.0, 90.0, 180.0], 3)
    assert weights[0] == pytest.approx([1, 1, 1, 1])
    # A half sphere's centre of mass lies at half its radius.
    assert weights[1, 1] == pytest.approx(0.5)
    assert weights[2] == pytest.approx([1, 0, 0, 0], abs=1e-12)


def test_a_cap_is_the_mean_of_its_points() -> None:
    points, weights = sphere(80)
    inside = points[:, 2] > math.cos(math.radians(50))
    mean = (harmonics(points[inside], 3) * weights[inside, None]).sum(axis=0) / weights[inside].sum()
    assert mean[[0, 2, 6, 12]] == pytest.approx(cap_weights([50.0], 3)[0], abs=0.02)


def test_encoding_keeps_points_and_turns_width_into_the_first_channel() -> None:
    gains = encode([AHEAD, AHEAD], 3, spread_deg=[0.0, 180.0])
    assert gains.dtype == np.float32
    assert gains[0] == pytest.approx(harmonics(AHEAD, 3), abs=1e-6)
    assert gains[1] == pytest.approx([2.0] + [0.0] * 15, abs=1e-6)
