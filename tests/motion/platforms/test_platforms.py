"""What holds for every kind of platform."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from engine.motion.platforms import Platform, make_platform
from engine.units import MOTION_AXES
from tests.motion.platforms.platforms import PIVOT, WIDE, everything, hexapod, posts, rotary

EVERY = everything()
every = pytest.mark.parametrize("name", EVERY)


def moved(platform: Platform, poses: np.ndarray) -> np.ndarray:
    """Poses with what the platform does not move at rest."""
    return np.where(np.isin(MOTION_AXES, platform.axes), poses, 0.0)


def random_poses(count: int, share: float = 1.0, seed: int = 1) -> np.ndarray:
    found: np.ndarray = np.random.default_rng(seed).uniform(-1.0, 1.0, (count, 6)) * WIDE * share
    return found


@every
def test_there_and_back(name: str) -> None:
    platform = make_platform(EVERY[name])
    poses = random_poses(300)
    found = platform.poses(platform.legs(poses))
    assert np.abs(found - moved(platform, poses)).max() < 1e-8


@every
def test_the_jacobian_and_rates_are_the_derivatives(name: str) -> None:
    """Against central differences along a parabola: exact to their error."""
    platform = make_platform(EVERY[name])
    poses = random_poses(50)
    draw = np.random.default_rng(2)
    velocities, accelerations = draw.normal(size=(2, 50, 6)) * WIDE
    h = 1e-4

    def at(t: float) -> np.ndarray:
        return platform.legs(poses + velocities * t + accelerations * (0.5 * t * t))

    speed, gain = platform.rates(poses, velocities, accelerations)
    assert np.abs((at(h) - at(-h)) / (2 * h) - speed).max() < 1e-7
    assert np.abs((at(h) - 2 * at(0.0) + at(-h)) / (h * h) - gain).max() < 2e-6
    by_jacobian = np.einsum("nlj,nj->nl", platform.jacobian(poses), velocities)
    assert np.abs(by_jacobian - speed).max() < 1e-13


@every
def test_one_pose_and_many_have_the_same_bits(name: str) -> None:
    platform = make_platform(EVERY[name])
    poses = random_poses(5000).reshape(2, 2500, 6)
    many = platform.legs(poses)
    assert many.shape == (2, 2500, len(platform.names))
    for row in (0, 1, 7, 2499):
        assert (platform.legs(poses[1, row]) == many[1, row]).all()


@every
def test_what_does_not_fit_is_drawn_back_along_the_ray(name: str) -> None:
    platform = make_platform(EVERY[name])
    poses = random_poses(300, share=4.0)
    clipped = platform.clip(poses)
    fitted = platform.fits(poses)
    assert 0 < fitted.sum() < 300
    assert (clipped[fitted] == poses[fitted]).all()
    assert platform.fits(clipped).all()
    share = np.linalg.norm(clipped, axis=1) / np.linalg.norm(poses, axis=1)
    assert np.allclose(clipped, share[:, None] * poses, atol=1e-12)
    beyond = poses[~fitted] * (share[~fitted] + 1e-6)[:, None]
    assert not platform.fits(beyond).any()
    assert (np.abs(platform.margins(clipped[~fitted]).stroke) < 1e-9).all()


@every
def test_what_is_no_number_moves_nothing(name: str) -> None:
    platform = make_platform(EVERY[name])
    poses = np.zeros((3, 6))
    poses[1] = np.nan
    poses[2] = np.inf
    assert platform.fits(poses).tolist() == [True, False, False]
    assert (platform.clip(poses) == 0.0).all()
    assert np.isnan(platform.poses(np.full(len(platform.names), np.nan))).all()
    assert np.isnan(platform.margins(poses).singular).tolist() == [False, True, True]


def test_legs_that_no_pose_has_give_none() -> None:
    platform = make_platform(hexapod())
    assert np.isnan(platform.poses([0.05, 3.0, 0.05, 3.0, 0.05, 3.0])).all()


def test_four_posts_that_disagree_give_the_plate_that_fits_them_best() -> None:
    platform = make_platform(posts("four_post", pivot_m=(0.0, 0.0, 0.0)))
    twisted = np.array([0.12, 0.08, 0.08, 0.12])  # no plate has this; the level one at the mean is nearest
    assert np.abs(platform.poses(twisted)).max() < 1e-9
    assert platform.poses(twisted + 0.01)[2] == pytest.approx(0.01, abs=1e-9)


def test_four_posts_in_words() -> None:
    platform = make_platform(posts("four_post", pivot_m=(0.0, 0.0, 0.0)))
    front_left, front_right, back_left, back_right = range(4)
    up = platform.legs([0, 0, 0, 0, 5, 0]) - 0.1
    assert up[front_left] == pytest.approx(0.5 * np.tan(np.radians(5)))
    assert up[front_right] > 0 > up[back_left]
    right_down = platform.legs([0, 0, 0, 5, 0, 0]) - 0.1
    assert right_down[front_right] == pytest.approx(-0.4 * np.tan(np.radians(5)))
    assert right_down[back_left] > 0 > right_down[back_right]
    assert platform.legs([0, 0, 0.03, 0, 0, 0]) == pytest.approx([0.13] * 4)


def test_posts_on_the_seat_reach_further_the_more_they_lean() -> None:
    """A level floor 0.4 m below: at 10 deg of roll about the middle a post in the middle is 1/cos as long."""
    spec = posts("heave_pitch_roll", posts_on="seat", pivot_m=(0.0, -0.3, 0.0))
    at = spec.actuators[1].base_m
    platform = make_platform(spec)
    angle = np.radians(10.0)
    expected = (0.4 - at[0] * np.sin(angle)) / np.cos(angle) - 0.4 + 0.1
    assert platform.legs([0, 0, 0, 10, 0, 0])[1] == pytest.approx(expected, abs=1e-15)


def test_a_table_on_a_yaw_base() -> None:
    platform = make_platform(rotary("tilt_table", under=rotary("yaw_base")))
    assert platform.kind == "tilt_table on yaw_base"
    assert platform.axes == ("roll", "pitch", "yaw")
    assert platform.names == ("yaw", "pitch", "roll")
    assert platform.legs([1, 2, 3, 4, 5, 6]).tolist() == [6.0, 5.0, 4.0]
    assert float(platform.margins(np.zeros(6)).singular) == 1.0


def test_two_platforms_for_one_axis_are_refused() -> None:
    with pytest.raises(ValueError, match="both move yaw"):
        make_platform(hexapod(under=rotary("yaw_base")))


def test_the_smallest_singular_value_has_no_unit() -> None:
    """The same platform at ten times the size is as well held."""
    spec = hexapod()
    small = make_platform(spec).margins(np.zeros(6)).singular

    def ten(point: tuple[float, ...]) -> tuple[float, ...]:
        return tuple(10.0 * part for part in point)

    actuators = tuple(
        type(row)(row.name, ten(row.base_m), ten(row.moving_m), 4.0, 12.0, 1.0, 1.0)  # type: ignore[arg-type]
        for row in spec.actuators
    )
    large = make_platform(hexapod(actuators=actuators, pivot_m=ten(PIVOT), home_m=ten(spec.home_m)))
    assert large.margins(np.zeros(6)).singular == pytest.approx(float(small), rel=1e-12)
    assert 0.5 < small < 1.5


def test_a_platform_of_equal_hexagons_cannot_hold_itself() -> None:
    """Base and plate alike and alike turned: Stewart's classical singularity."""
    rows = hexapod().actuators
    alike = tuple(type(row)(row.name, row.base_m, row.base_m, 0.1, 2.0, 1.0, 1.0) for row in rows)
    assert make_platform(hexapod(actuators=alike)).margins(np.zeros(6)).singular < 1e-12


def test_a_platform_can_be_handed_to_another_process() -> None:
    spec = pickle.loads(pickle.dumps(EVERY["tilt_table"]))
    assert make_platform(spec).legs(np.ones(6)).tolist() == [1.0, 1.0, 1.0]
