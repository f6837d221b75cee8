"""Solid angles and tiles."""

import math

import numpy as np
import pytest

from engine.safety.flash import EyeView, eye_view, flat_screen
from engine.safety.flash.view import tile_grid


def test_a_cube_around_the_eye_has_six_equal_sides() -> None:
    assert eye_view(-45, 45, -45, 45).solid_angle_sr == pytest.approx(4 * math.pi / 6, rel=1e-12)


def test_the_screen_of_a_seat_against_a_numerical_integral() -> None:
    view = flat_screen(1.6, 0.9, 1.2)
    x, y = np.meshgrid((np.arange(800) + 0.5) / 800 * 1.6 - 0.8, (np.arange(450) + 0.5) / 450 * 0.9 - 0.45)
    # A patch of a plane at distance d is seen as d / r**3 of its area.
    integral = float((1.2 / (x * x + y * y + 1.44) ** 1.5).sum()) * (1.6 / 800) * (0.9 / 450)
    assert view.solid_angle_sr == pytest.approx(integral, rel=1e-5)


@pytest.mark.parametrize(
    "view", [flat_screen(1.6, 0.9, 1.6), eye_view(-54, 46, -50, 48), EyeView(0.1, 0.4, -0.2, 0.9)]
)
def test_tiles_fill_the_view_exactly(view: EyeView) -> None:
    grid = tile_grid(view)
    assert grid.solid_sr.sum() == pytest.approx(view.solid_angle_sr, rel=1e-12)
    assert grid.share.sum() == pytest.approx(1.0, rel=1e-12)
    assert np.allclose(np.linalg.norm(grid.directions, axis=1), 1.0)
    # Never more than a degree either way.
    assert grid.solid_sr.max() <= math.radians(1.0) ** 2 * 1.001


def test_the_first_tile_is_the_top_left_one() -> None:
    grid = tile_grid(eye_view(-20, 10, -15, 5))
    first, last = grid.directions[0], grid.directions[-1]
    assert first[0] < 0 < last[0]
    assert last[2] < 0 < first[2]
    assert (grid.rows, grid.columns) == (20, 30)


@pytest.mark.parametrize(
    "view", [(1.0, -1.0, -1.0, 1.0), (-1.0, 1.0, 0.5, 0.5), (-1.0, math.inf, -1.0, 1.0), (math.nan, 1, -1, 1)]
)
def test_views_that_are_none(view: tuple[float, float, float, float]) -> None:
    with pytest.raises(ValueError, match="a view"):
        EyeView(*view)


def test_screens_and_tiles_that_are_none() -> None:
    with pytest.raises(ValueError, match="distance is 0 m"):
        flat_screen(1, 1, 0)
    with pytest.raises(ValueError, match=r"tiles of 0\.01 degrees"):
        tile_grid(flat_screen(1, 1, 1), 0.01)
