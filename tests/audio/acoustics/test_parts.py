"""The laws by themselves: distance, directivity, Doppler, low-passes that follow one another, frames, what faces where."""

import math

import numpy as np
import pytest

from engine.audio.acoustics.directivity import directivity, facing_cos
from engine.audio.acoustics.distance import distance_gain
from engine.audio.acoustics.doppler import SOUND_MPS, delay_samples
from engine.audio.acoustics.facing import THE_GUEST, facing_at
from engine.audio.acoustics.frames import listener_from_scene, scene_from_listener
from engine.audio.acoustics.low_pass import NONE_HZ, fitted, joined, response_db
from engine.audio.places import from_pose
from engine.audio.sounds import Pose
from engine.timeline.acoustics import OCTAVES_HZ, PLAIN, SoundSpace

S_FL = 705_600_000


def test_distance_halves_the_level_when_it_doubles() -> None:
    assert distance_gain([0.0, 1.0, 2.0, 4.0, 150.0, 900.0]) == pytest.approx(
        [1.0, 1.0, 0.5, 0.25, 1 / 150, 1 / 150]
    )
    assert distance_gain(10.0, reference_m=2.0) == pytest.approx(0.2)
    assert distance_gain(10.0, rolloff=0.0) == 1.0
    assert distance_gain([3.0, 30.0], [1.0, 5.0], [2.0, 20.0]) == pytest.approx([0.5, 0.25])


@pytest.mark.parametrize(
    ("pattern", "behind_db", "side_db"),
    [(0.0, 0.0, 0.0), (0.5, -300.0, -6.02), (0.75, -6.02, -12.04), (1.0, 0.0, -300.0)],
)
def test_the_family_of_cardioids(pattern: float, behind_db: float, side_db: float) -> None:
    gain, low_pass_hz = directivity([1.0, 0.0, -1.0], pattern)
    assert 20 * np.log10(np.maximum(gain, 1e-15)) == pytest.approx([0.0, side_db, behind_db], abs=0.01)
    assert np.all(low_pass_hz == NONE_HZ)


def test_what_faces_away_is_dull() -> None:
    _, hz = directivity([1.0, 0.0, -1.0], 0.2, 1.0, 1500.0)
    assert hz == pytest.approx([24_000.0, 6_000.0, 1_500.0])


def test_facing_is_towards_the_listener() -> None:
    at = np.array([[0.0, 5.0, 0.0], [3.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    assert facing_cos(at, np.array([[0.0, -2.0, 0.0], [3.0, 0.0, 0.0], [1.0, 0.0, 0.0]])) == pytest.approx(
        [1.0, -1.0, 1.0]
    )
    assert facing_cos(at, np.zeros((3, 3))) == pytest.approx([1.0, 1.0, 1.0])


def test_sounds_face_a_heading_or_ahead_or_the_guest() -> None:
    def place(fl: int) -> tuple[float, float, float]:
        return 2.0 * min(fl / S_FL, 3.0), 0.0, 0.0

    assert facing_at(SoundSpace(facing_deg=90.0), None, 0) == pytest.approx((-1.0, 0.0, 0.0))
    x, y, z = facing_at(SoundSpace(faces_ahead=True), place, S_FL)
    assert x > 0.0 and (y, z) == (0.0, 0.0)
    assert (
        facing_at(SoundSpace(faces_ahead=True), place, 4 * S_FL)[0] > 0.0
    )  # stands, and keeps to the way it came
    assert facing_at(PLAIN, place, S_FL) == THE_GUEST


def test_a_ship_is_in_step_where_it_is_nearest_and_rises_in_pitch_before() -> None:
    seconds = np.linspace(-3.0, 3.0, 6001)
    far_m = np.hypot(20.0 * seconds, 5.0)
    delay = delay_samples(far_m, 5.0)
    assert delay[3000] == 0.0 and np.all(delay >= 0.0)
    ratio = 1.0 - np.diff(delay) / (np.diff(seconds) * 48_000)
    assert ratio[0] == pytest.approx(1.0 + 20.0 * math.cos(math.atan2(5.0, 60.0)) / SOUND_MPS, abs=1e-4)
    assert ratio[-1] == pytest.approx(2.0 - ratio[0], abs=1e-4)
    assert delay_samples(10.0, 0.0) == pytest.approx(10.0 / SOUND_MPS * 48_000)


def test_a_low_pass_is_found_again_with_its_gain() -> None:
    corner_hz = np.array([300.0, 1200.0, 5000.0])
    level_db = response_db(OCTAVES_HZ, corner_hz[:, None]) - 9.0
    gain, hz = fitted(OCTAVES_HZ, level_db)
    assert 20 * np.log10(gain) == pytest.approx([-9.0] * 3, abs=0.4)
    assert hz == pytest.approx(corner_hz, rel=0.05)
    flat_gain, flat_hz = fitted(OCTAVES_HZ, np.full(7, -3.0))
    assert flat_hz == NONE_HZ and 20 * np.log10(flat_gain) == pytest.approx(-3.0)


def test_low_passes_join_as_their_curves_add() -> None:
    assert joined(NONE_HZ, NONE_HZ) == NONE_HZ
    assert joined(1000.0, NONE_HZ, 30_000.0) == pytest.approx(1000.0)
    both = joined([800.0, 5000.0], 2000.0)
    for one, other, made in ((800.0, 2000.0, both[0]), (5000.0, 2000.0, both[1])):
        hz = np.linspace(50.0, made, 20)
        assert response_db(hz, made) == pytest.approx(response_db(hz, one) + response_db(hz, other), abs=0.8)


def test_frames_agree_with_the_mixers_and_with_each_other() -> None:
    poses = np.array([[1.0, 2.0, 3.0, 30.0], [-4.0, 0.5, 1.0, -110.0]])
    at = np.array([[[5.0, 6.0, 7.0], [0.0, 1.0, 0.0]], [[1.0, 0.0, 2.0], [0.0, 0.0, 0.0]]])
    seen = listener_from_scene(poses, at)
    assert seen[0, 0] == pytest.approx(from_pose(Pose(*poses[0]), (5.0, 6.0, 7.0)))
    assert seen[1, 1] == pytest.approx(from_pose(Pose(*poses[1]), (0.0, 0.0, 0.0)))
    assert scene_from_listener(poses, seen) == pytest.approx(at)
