"""Rays against targets, and time spent looking."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.timeline.gaze import Dwell, hit, look, place_targets, pose_matrix, touched
from engine.timeline.program import TargetSpec

MS = 1_000_000
coordinates = st.floats(-50, 50)
vectors = st.tuples(coordinates, coordinates, coordinates).map(np.array)


def test_the_vehicles_axes() -> None:
    def bow(*pose: float) -> list[float]:
        return [round(part, 9) + 0.0 for part in pose_matrix(pose) @ [0.0, 2.0, 0.0, 1.0]][:3]

    assert bow(0, 5, 0, 90, 0, 0) == [-2.0, 5.0, 0.0]  # heading + = left
    assert bow(0, 0, 0, 0, 90, 0) == [0.0, 0.0, 2.0]  # pitch + = nose up
    right = pose_matrix((0, 0, 0, 0, 0, 90)) @ [1.0, 0.0, 0.0, 1.0]
    assert right.round(9).tolist()[:3] == [0.0, 0.0, -1.0]  # roll + = right side down


@given(st.lists(st.floats(-180, 180), min_size=6, max_size=6))
def test_a_pose_is_a_rigid_transform(pose: list[float]) -> None:
    rotation = pose_matrix(pose)[:3, :3]
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(rotation) == pytest.approx(1.0)


def test_targets_ride_on_the_vehicle_and_on_nodes() -> None:
    targets = (
        TargetSpec("bell", (4.0, 20.0, 6.0), 1.2),
        TargetSpec("prow", (0.0, 3.0, 1.0), 0.5, "vehicle"),
        TargetSpec("lamp", (0.0, 0.0, 1.0), 0.3, "swing"),
        TargetSpec("gone", (0.0, 0.0, 0.0), 0.3, "nowhere"),
    )
    swing = np.eye(4)
    swing[:3, 3] = (7, 8, 9)
    centres, radii = place_targets(targets, (1, 10, 0, 90, 0, 0), {"swing": swing})
    np.testing.assert_allclose(centres[:3], [[4, 20, 6], [-2, 10, 1], [7, 8, 10]], atol=1e-9)
    assert radii.tolist() == [1.2, 0.5, 0.3, 0.0]
    assert place_targets(targets, (0,) * 6)[1].tolist() == [1.2, 0.5, 0.0, 0.0]


@given(vectors, vectors, st.lists(st.tuples(vectors, st.floats(0.05, 8)), min_size=1, max_size=6))
def test_a_hit_is_the_first_sphere_along_the_ray(
    origin: np.ndarray, direction: np.ndarray, spheres: list[tuple[np.ndarray, float]]
) -> None:
    centres = np.array([centre for centre, _ in spheres])
    radii = np.array([radius for _, radius in spheres])
    found = hit(origin, direction, centres, radii)
    norm = float(np.linalg.norm(direction))
    if norm == 0:
        assert found == -1
        return
    best, best_at = -1, math.inf
    for number, (centre, radius) in enumerate(spheres):
        # |o + s d - c|^2 = r^2 solved for the least s >= 0.
        d, oc = direction / norm, origin - centre
        b, c = float(oc @ d), float(oc @ oc) - radius * radius
        disc = b * b - c
        if abs(disc) < 1e-6 or abs(c) < 1e-6:
            return  # grazing: either answer is right
        if c <= 0:
            at = 0.0
        elif disc >= 0 and b < 0:
            at = -b - math.sqrt(disc)
        else:
            continue
        if at < best_at:
            best, best_at = number, at
    assert found == best


def test_what_is_far_away_is_easier_to_look_at_than_its_size_says() -> None:
    centres, radii = np.array([[0.4, 40.0, 0.0]]), np.array([0.1])
    assert hit((0, 0, 0), (0, 1, 0), centres, radii) == -1
    assert hit((0, 0, 0), (0, 3, 0), centres, radii, least_angle_deg=1.0) == 0
    assert hit((0, 0, 0), (0, -1, 0), centres, radii, least_angle_deg=1.0) == -1


def test_nothing_to_hit() -> None:
    none = np.zeros((0, 3)), np.zeros(0)
    assert hit((0, 0, 0), (0, 1, 0), *none) == -1
    assert touched((0, 0, 0), *none) == -1
    assert hit((0, 0, 0), (0, 0, 0), np.zeros((1, 3)), np.ones(1)) == -1
    assert hit((0, 0, 0), (0, 1, 0), np.zeros((1, 3)), np.zeros(1)) == -1


def test_touch_takes_the_nearest_target_around_a_hand() -> None:
    centres, radii = np.array([[0.0, 0, 0], [1.0, 0, 0]]), np.array([2.0, 0.5])
    assert touched((0.8, 0, 0), centres, radii) == 1
    assert touched((0.2, 0, 0), centres, radii) == 0
    assert touched((5, 0, 0), centres, radii) == -1


def walk(samples: list[tuple[int, int]], dwell_ms: int = 100) -> list[tuple[int, int]]:
    """Completed dwells as (time in ms, target) for samples (time in ms, target)."""
    state, found = Dwell(), []
    for at_ms, target in samples:
        state, done = look(state, target, at_ms * MS, dwell_ms * MS)
        if done >= 0:
            found.append((at_ms, done))
    return found


def test_a_steady_look_completes_once() -> None:
    assert walk([(t, 2) for t in range(0, 500, 10)]) == [(100, 2)]


def test_a_blink_neither_counts_nor_resets() -> None:
    look_blink = [(t, 2 if t <= 50 or t >= 150 else -1) for t in range(0, 300, 10)]
    assert walk(look_blink) == [(200, 2)]


def test_looking_away_resets_and_allows_a_second_time() -> None:
    samples = [(t, 2) for t in range(0, 120, 10)] + [(t, -1) for t in range(120, 420, 10)]
    samples += [(t, 2) for t in range(420, 600, 10)]
    assert walk(samples) == [(100, 2), (520, 2)]
    away_early = (
        [(t, 2) for t in range(0, 60, 10)]
        + [(t, -1) for t in range(60, 300, 10)]
        + [(t, 2) for t in range(300, 390, 10)]
    )
    assert walk(away_early) == []


def test_another_target_takes_over_after_the_grace() -> None:
    samples = [(t, 1) for t in range(0, 60, 10)] + [(t, 2) for t in range(60, 600, 10)]
    assert walk(samples) == [(360, 2)]


def test_a_tracker_that_stalls_does_not_choose() -> None:
    assert walk([(0, 1), (10, 1), (5_000, 1)], dwell_ms=1_000) == []


def test_samples_do_not_go_back() -> None:
    state, _ = look(Dwell(), 1, 5, 10)
    with pytest.raises(ValueError, match="must not go back: 4 ns after 5 ns"):
        look(state, 1, 4, 10)


def test_progress_for_drawing() -> None:
    state, _ = look(Dwell(), 1, 0, 100)
    state, _ = look(state, 1, 25, 100)
    assert state.ratio(100) == 0.25
    state, done = look(state, 1, 200, 100)
    assert (done, state.ratio(100), state.complete) == (1, 1.0, True)
