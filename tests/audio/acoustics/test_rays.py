"""Segments against triangles: against testing every one by hand, and at the edges."""

import numpy as np
import pytest

from engine.audio.acoustics.rays import Obstacles, near
from engine.audio.acoustics.triangles import block_triangles
from engine.timeline.acoustics import BlockSpec


def slowly(triangles: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Every segment against every triangle, by signed volumes rather than by the method under test."""

    def volume(a: np.ndarray, b: np.ndarray, c: np.ndarray, d: np.ndarray) -> np.ndarray:
        return np.sign(np.einsum("...i,...i->...", np.cross(b - a, c - a), d - a))

    a, b, c = (triangles[None, :, k] for k in range(3))
    p, q = start[:, None], end[:, None]
    sides = volume(a, b, c, p) != volume(a, b, c, q)
    edges = np.stack((volume(p, q, a, b), volume(p, q, b, c), volume(p, q, c, a)))
    return np.any(sides & (np.all(edges >= 0, axis=0) | np.all(edges <= 0, axis=0)), axis=1)


@pytest.mark.parametrize("count", [1, 2, 5, 64, 700])
def test_it_answers_as_every_triangle_by_itself(count: int) -> None:
    rng = np.random.default_rng(count + 20)
    middle = rng.uniform(-5, 5, (count, 1, 3)) * (0.1 if count < 5 else 1.0)
    triangles = middle + rng.normal(0, 4.0 if count < 5 else 1.0 if count < 100 else 0.4, (count, 3, 3))
    start, end = rng.uniform(-6, 6, (2, 400, 3))
    way = (end - start) / np.linalg.norm(end - start, axis=1, keepdims=True)
    wanted = slowly(triangles, start + 0.02 * way, end - 0.02 * way)
    found = Obstacles(triangles).between(start, end)
    assert 0 < np.sum(wanted) < 400
    assert np.array_equal(found, wanted)


def test_a_box_is_closed_and_no_larger_than_it_is() -> None:
    box = Obstacles(
        block_triangles(BlockSpec((1.0, 10.0, 0.0), (4.0, 1.0, 6.0), 90.0))
    )  # turned: 1 m wide, 4 m deep
    rng = np.random.default_rng(1)
    inside = np.array([1.0, 10.0, 0.0]) + rng.uniform(-0.45, 0.45, (200, 3)) * [1.0, 4.0, 6.0]
    outside = inside + 20.0 * rng.normal(size=(200, 3))
    outside = outside[np.any(np.abs(outside - [1.0, 10.0, 0.0]) > [0.6, 2.1, 3.1], axis=1)]
    assert np.all(box.between(inside[: len(outside)], outside))
    past = np.array([[1.6, 0.0, 0.0], [0.4, 0.0, 0.0], [1.0, 0.0, 3.1], [1.0, 0.0, 2.9]])
    assert box.between(past, past + np.array([0.0, 20.0, 0.0])).tolist() == [False, False, False, True]


def test_ends_on_a_wall_are_on_their_own_side() -> None:
    wall = Obstacles(block_triangles(BlockSpec((0.0, 5.0, 0.0), (4.0, 0.2, 4.0))))
    on = np.array([[0.0, 4.9, 0.0]])
    assert not wall.between(on, np.zeros((1, 3)))[0] and wall.between(on, np.array([[0.0, 9.0, 0.0]]))[0]
    assert not wall.between(on, on)[0]


def test_nothing_stands_in_nobodys_way() -> None:
    assert not Obstacles(np.zeros((0, 3, 3))).between(np.zeros((3, 3)), np.ones((3, 3))).any()
    flat = np.zeros((4, 3, 3))  # triangles without area
    assert not Obstacles(flat).between(np.array([[-1.0, 0.1, 0.0]]), np.array([[1.0, 0.1, 0.0]])).any()


def test_what_is_far_from_the_paths_is_left_out() -> None:
    triangles = np.concatenate(
        [block_triangles(BlockSpec((x, 0.0, 0.0), (1.0, 1.0, 1.0))) for x in (0.0, 10.0, 40.0)]
    )
    kept = near(triangles, np.array([[0.0, 0.0, 0.0], [4.0, 0.0, 0.0]]), 7.0)
    assert len(kept) == 24 and kept[:, :, 0].max() < 20.0
