"""Wide sounds."""

from __future__ import annotations

import numpy as np
import pytest

from engine.audio.speakers import PointSourcePanner, directions, layout
from engine.audio.speakers.extent import PolarExtent, SpreadTable, even_points, size_at
from tests.audio.speakers.vectors import SIZES

ROOM = layout("4+7+0")
HEARD = ~ROOM.lfe()


@pytest.fixture(scope="module")
def extent() -> PolarExtent:
    return PolarExtent(PointSourcePanner(ROOM).gains)


def test_gains_are_the_references(extent: PolarExtent) -> None:
    for (azimuth, elevation, distance, width, height, depth), wanted in SIZES:
        gains = extent.gains(directions(azimuth, elevation) * distance, width, height, depth)[0, HEARD]
        assert gains == pytest.approx(wanted, abs=1e-6)


def test_a_point_at_distance_one_is_the_panners(extent: PolarExtent) -> None:
    at = directions([10.0, 200.0], [5.0, 50.0])
    assert extent.gains(at, 0.0, 0.0) == pytest.approx(PointSourcePanner(ROOM).gains(at))


def test_what_is_near_is_wide() -> None:
    assert size_at(0.0, [0.0, 1.0, 2.0])[0] == pytest.approx(360)
    assert size_at([0.0, 60.0], 1.0) == pytest.approx([0, 60])
    assert np.all(np.diff(size_at(40.0, np.linspace(0, 5, 50))) < 0)


def test_the_sphere_is_even() -> None:
    points = even_points()
    assert len(points) == pytest.approx(72 * 36 * 2 / np.pi, rel=0.01)
    assert np.abs(points.mean(axis=0)).max() < 1e-3


def test_the_table_follows_and_starts_as_a_point(extent: PolarExtent) -> None:
    panner = PointSourcePanner(ROOM)
    table = SpreadTable(panner.gains)
    rng = np.random.default_rng(3)
    at = rng.normal(size=(40, 3))
    spread = rng.uniform(0, 180, 40).astype(np.float32)
    exact = extent.gains(at / np.linalg.norm(at, axis=1, keepdims=True), 2 * spread, 2 * spread)
    error = np.abs(table.gains(at, spread) - exact)
    print(f"spread by table: error {error.mean():.4f} on average, {error.max():.3f} at most")
    assert error.max() < 0.08
    assert (table.gains(at, spread) ** 2).sum(axis=1) == pytest.approx(np.ones(40), abs=0.01)
    assert np.array_equal(table.gains(at, np.zeros(40, np.float32)), table.gains(at))
