"""Six struts: others' vectors, our own in both orders of turns, signs in words."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from engine.motion.platforms import Platform, make_platform
from tests.motion.platforms.platforms import hexapod, struts
from tests.peer_data import peer_files

FRONT, LEFT, BACK, RIGHT = [0, 5], [1, 2], [2, 3], [3, 4]

# By another program and another way: decimals of 50 digits, each joint turned about one fixed axis after the other (innermost turn
# first), no matrix. Convention, pose, lengths of the struts of `platforms.hexapod`.
VECTORS = (
    (
        "RzRyRx",
        (0.05, -0.03, 0.08, 12, -9, 20),
        (
            1.0044423229484,
            0.848375481428152,
            1.0184120895672,
            0.859041183473018,
            0.862009423885627,
            0.681989049602221,
        ),
    ),
    (
        "RzRyRx",
        (-0.1, 0.07, -0.06, -15, 14, -11),
        (
            0.613579160027809,
            0.781467991316465,
            0.64788073276906,
            0.603403554940948,
            0.748518616476258,
            0.98152395494216,
        ),
    ),
    (
        "RzRyRx",
        (0.02, 0.1, 0.1, 7, 13, -25),
        (
            0.841508888398291,
            1.12939353846109,
            0.71045428099358,
            0.851024026794176,
            0.777937460509585,
            0.952276957824138,
        ),
    ),
    (
        "RxRyRz",
        (0.05, -0.03, 0.08, 12, -9, 20),
        (
            1.0369557814616,
            0.873697119918306,
            0.982645206840456,
            0.81337935098857,
            0.884501790664538,
            0.670404543611995,
        ),
    ),
    (
        "RxRyRz",
        (-0.1, 0.07, -0.06, -15, 14, -11),
        (
            0.643095666610227,
            0.773214562765785,
            0.653217576394133,
            0.568375489203834,
            0.751721373448347,
            0.948774702235569,
        ),
    ),
    (
        "RxRyRz",
        (0.02, 0.1, 0.1, 7, 13, -25),
        (
            0.862985606988096,
            1.15311980009747,
            0.739423530520738,
            0.914359634244031,
            0.740361291328077,
            0.910768044617456,
        ),
    ),
)


@pytest.mark.parametrize(("convention", "pose", "lengths"), VECTORS)
def test_lengths_of_turns_about_several_axes_at_once(convention: str, pose: Any, lengths: Any) -> None:
    platform = make_platform(hexapod(convention=convention))
    assert np.abs(platform.legs(pose) - lengths).max() < 1e-14
    assert np.abs(platform.poses(lengths) - pose).max() < 1e-10


def _forward_is_x(points: Any) -> list[tuple[float, float, float]]:
    """Points of somebody whose x is forward, y left, z up, in ours."""
    return [(-y, x, z) for x, y, z in points]


def test_linuxcnc_has_the_same_lengths() -> None:
    """Its roll is ours; its pitch is about the axis to the left, so nose down is positive; its yaw is ours."""
    (file,) = peer_files("stewart", "vectors.json")
    data = json.loads(file.read_text())["genhexkins"]
    base, plate = (_forward_is_x(data[key]) for key in ("base", "platform"))
    platform = make_platform(
        hexapod(actuators=struts(base, plate), pivot_m=(0.0, 0.0, 0.0), home_m=(0.0, 0.0, 0.0))
    )
    worst = 0.0
    for (x, y, z), turns, lengths in data["cases"]:
        roll, pitch, yaw = np.degrees(turns)
        pose = (x, -y, z, roll, -pitch, yaw)
        worst = max(worst, float(np.abs(platform.legs(pose) - lengths).max()))
        found = platform.poses(platform.legs(pose), start=(0, 0, 2.8, 0, 0, 0))
        assert np.abs(found - pose).max() < 1e-9
    print(f"linuxcnc: worst difference {worst:.2e} m")
    assert worst < 1e-4


def changes(platform: Platform, **pose: float) -> np.ndarray:
    """How far each leg goes from home, m."""
    asked = [pose.get(axis, 0.0) for axis in ("surge", "sway", "heave", "roll", "pitch", "yaw")]
    return platform.legs(asked) - platform.legs(np.zeros(6))


@pytest.mark.parametrize("convention", ["RzRyRx", "RxRyRz"])
def test_nose_up_raises_the_front_and_lowers_the_back(convention: str) -> None:
    platform = make_platform(hexapod(convention=convention, pivot_m=(0.0, 0.0, 0.0)))
    by = changes(platform, pitch=5.0)
    assert (by[FRONT] > 0.01).all()
    assert (by[BACK] < -0.01).all()


@pytest.mark.parametrize("convention", ["RzRyRx", "RxRyRz"])
def test_roll_takes_the_right_side_down(convention: str) -> None:
    platform = make_platform(hexapod(convention=convention, pivot_m=(0.0, 0.0, 0.0)))
    by = changes(platform, roll=5.0)
    assert (by[[1, 0]] > 0.005).all()  # joints of the plate at 70 and 50 degrees to the left
    assert (by[[4, 5]] < -0.005).all()


def test_heave_lengthens_every_strut() -> None:
    assert (changes(make_platform(hexapod()), heave=0.05) > 0.02).all()


def test_yaw_turns_to_the_left() -> None:
    """A strut whose joint on the plate lies left of that on the base gets longer, its neighbour shorter."""
    by = changes(make_platform(hexapod(pivot_m=(0.0, 0.0, 0.0))), yaw=5.0)
    assert (by[[0, 2, 4]] > 0.01).all()
    assert (by[[1, 3, 5]] < -0.01).all()


def test_surge_goes_forward_and_sway_to_the_right() -> None:
    platform = make_platform(hexapod())
    jacobian = platform.jacobian(np.zeros(6))
    # A strut pushes along itself from the base up to the plate: strut 1 leans to the left and forward of nothing much, 6 to the right.
    assert jacobian[0, 1] < 0.0 < jacobian[5, 1]
    assert np.allclose(jacobian[0, 0], jacobian[5, 0])
    assert jacobian[[2, 3], 0] == pytest.approx(jacobian[[3, 2], 0])


def test_a_turn_is_about_the_pivot() -> None:
    """About a pivot 0.3 m above the plate, 10 deg of pitch take the plate forward: nose up is the bottom going to the front."""
    about_pivot = make_platform(hexapod(pivot_m=(0.0, 0.0, 0.3)))
    about_plate = make_platform(hexapod(pivot_m=(0.0, 0.0, 0.0)))
    angle = np.radians(10.0)
    shifted = (0.3 * np.sin(angle), 0.0, 0.3 * (1.0 - np.cos(angle)), 0.0, 10.0, 0.0)
    assert np.abs(about_pivot.legs((0, 0, 0, 0, 10, 0)) - about_plate.legs(shifted)).max() < 1e-15


def test_lengths_count_from_the_length_at_stroke_zero() -> None:
    whole = make_platform(hexapod())
    base = [row.base_m for row in hexapod().actuators]
    plate = [row.moving_m for row in hexapod().actuators]
    from_there = make_platform(hexapod(actuators=struts(base, plate, length_m=0.65)))
    assert np.allclose(whole.legs(np.zeros(6)) - 0.65, from_there.legs(np.zeros(6)))


@pytest.mark.long
@pytest.mark.parametrize("convention", ["RzRyRx", "RxRyRz"])
def test_the_way_back_from_a_million_random_poses(convention: str) -> None:
    """+-100 mm and +-15 deg on all six axes at once about a seat's hexapod 620 mm high, from home: none fails."""
    platform = make_platform(hexapod(convention=convention))
    draw = np.random.default_rng(6)
    poses = draw.uniform(-1.0, 1.0, (1_000_000, 6)) * [0.1, 0.1, 0.1, 15.0, 15.0, 15.0]
    legs = platform.legs(poses)
    found = platform.poses(legs)
    residual = np.abs(platform.legs(found) - legs).max()
    print(f"a million poses: {int(np.isnan(found).any(axis=1).sum())} failures, residual {residual:.1e} m")
    assert not np.isnan(found).any()
    assert residual < 1e-9
    assert np.abs(found - poses).max() < 1e-8
