"""A scene's acoustics as a mixer calls them: arrivals, sends, reflections, rooms that several scenes share."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from engine.audio.acoustics.air import air
from engine.audio.acoustics.directivity import directivity
from engine.audio.acoustics.distance import distance_gain
from engine.audio.acoustics.low_pass import joined
from engine.audio.acoustics.propagation import arrive, spaces
from engine.audio.acoustics.scene import scene_acoustics
from engine.timeline.acoustics import PLAIN, AcousticsSpec, RoomSpec, SoundSpace
from engine.timeline.materials import MATERIALS

VAULT = RoomSpec("vault", (0.0, 18.0, 1.5), (4.2, 14.0, 3.0), 0.0, (1.5,) * 7, (MATERIALS["stone"],) * 6)
HALL = RoomSpec("hall", (30.0, 0.0, 4.0), (10.0, 20.0, 8.0), 0.0, (), (MATERIALS["wood"],) * 6, order=2)


def test_sources_arrive_by_every_law_at_once() -> None:
    horn = SoundSpace(
        pattern=0.5,
        sharpness=3.0,
        behind_hz=2500.0,
        reference_m=2.0,
        furthest_m=30.0,
        rolloff=0.5,
        reverb_db=-6.0,
    )
    ship = SoundSpace(doppler="pitch", reverb_db=None)
    thunder = SoundSpace(doppler="travel")
    of = spaces([(horn, 0.0), (ship, 5.0), (thunder, 0.0), (PLAIN, 0.0)])
    at = np.array([[[3.0, 8.0, 0.0]] * 4, [[0.0, 6.0, 0.0]] * 4])
    facing = np.zeros((2, 4, 3))
    facing[:, 0] = (0.0, 1.0, 0.0)
    seen_gain, seen_hz = np.ones((2, 4)), np.full((2, 4), 24_000.0)
    seen_gain[1, 3], seen_hz[1, 3] = 0.25, 900.0
    found = arrive(at, facing, of, air(), seen_gain, seen_hz)
    far = np.hypot(3.0, 8.0)
    side, dull = directivity(-8.0 / far, 0.5, 3.0, 2500.0)
    assert found.gain[0, 0] == pytest.approx(float(distance_gain(far, 2.0, 30.0, 0.5) * side))
    assert found.low_pass_hz[0, 0] == pytest.approx(float(joined(air().low_pass_hz(far), dull)))
    assert found.gain[1, 3] == pytest.approx(0.25 / 6.0) and found.low_pass_hz[1, 3] == pytest.approx(
        900.0, rel=0.01
    )
    assert found.direct_gain[1, 1:] == pytest.approx([1 / 6] * 3)
    assert found.direct_gain[0, 0] == pytest.approx(
        float(distance_gain(far, 2.0, 30.0, 0.5) * max(side, 0.1))
    )
    assert found.delay[:, 0] == pytest.approx([0.0, 0.0]) and found.delay[:, 3] == pytest.approx([0.0, 0.0])
    assert found.delay[1, 1] == pytest.approx(48_000 / 343.2) and found.delay[1, 2] == pytest.approx(
        6 * 48_000 / 343.2
    )
    assert of.reverb[1:] == pytest.approx([0.0, 1.0, 1.0])
    assert of.reverb[0] == pytest.approx(
        0.501 * 7**-0.5, rel=2e-3
    )  # the mean of ((1 + x) / 2)^6 over a sphere is 1/7


def test_no_sources_are_no_trouble() -> None:
    found = arrive(np.zeros((2, 0, 3)), None, spaces([]), air())
    assert found.gain.shape == found.low_pass_hz.shape == found.delay.shape == (2, 0)


def test_scenes_share_a_room_and_the_air() -> None:
    bridge = AcousticsSpec(rooms=(VAULT,))
    both = AcousticsSpec(rooms=(HALL, VAULT))
    cold = AcousticsSpec(rooms=(VAULT,), temperature_c=0.0)
    scenes, rooms = scene_acoustics([bridge, None, both, cold])
    assert [scene.numbers for scene in scenes] == [(0,), (), (1, 0), (2,)]
    assert (
        len(rooms) == 3
        and scenes[0].rooms[0] is scenes[2].rooms[1]
        and scenes[0].air is scenes[1].air is not scenes[3].air
    )


@pytest.fixture(scope="module")
def scene() -> tuple:
    (made,), rooms = scene_acoustics([AcousticsSpec(rooms=(VAULT, HALL))])
    return made, rooms


def test_only_what_is_inside_sends_and_only_who_is_inside_hears(scene: tuple) -> None:
    made, rooms = scene
    of = spaces([(PLAIN, 0.0), (PLAIN, 0.0), (dataclasses.replace(PLAIN, reverb_db=None), 0.0)])
    source = np.array([[[0.0, 20.0, 1.0], [0.0, 0.0, 1.0], [0.0, 18.0, 1.0]]] * 2)
    walking = np.array([[0.0, 11.0, 1.5], [0.0, 14.0, 1.5]])  # over the threshold within the block
    send = made.sends(of, source, walking, np.ones((2, 3)), len(rooms))
    assert send.shape == (2, 3, 2) and send.dtype == np.float32
    assert np.all(send[:, 0, 0] > 0.5) and not np.any(send[:, 1:]) and not np.any(send[..., 1])
    assert made.heard(walking) == {0: (0.5, 1.0), 1: (0.0, 0.0)}


def test_reflections_keep_their_numbers_while_everything_moves(scene: tuple) -> None:
    made, _ = scene
    of = spaces([(PLAIN, 0.0), (SoundSpace(reverb_db=-20.0), 0.0), (SoundSpace(reverb_db=None), 0.0)])
    source = np.array([[[0.0, 20.0, 1.0], [1.0, 15.0, 1.0], [0.0, 18.0, 1.0]]] * 2)
    inside = np.array([[0.0, 16.0, 1.5], [0.0, 16.1, 1.5]])
    found = made.reflections(of, source, inside)
    assert (
        found.count == 12
        and found.parent.tolist() == [0] * 6 + [1] * 6
        and found.number.tolist() == [0, 1, 2, 3, 4, 5] * 2
    )
    assert found.at_m.shape == (
        2,
        12,
        3,
    ) and found.delay.shape == found.gain.shape == found.low_pass_hz.shape == (2, 12)
    assert np.all(found.delay > 0.0) and found.gain[0, 6:] == pytest.approx(0.1 * found.gain[0, :6])
    outside = np.array([[0.0, 0.0, 1.5], [0.0, 0.1, 1.5]])
    assert made.reflections(of, source, outside).count == 0
    in_the_hall = made.reflections(
        of, source + np.array([30.0, -18.0, 2.0]), np.array([[30.0, 0.0, 4.0]] * 2)
    )
    assert in_the_hall.count == 48 and set(in_the_hall.number.tolist()) == set(range(24, 48))


def test_a_room_hears_a_source_whichever_way_it_faces(scene: tuple) -> None:
    made, rooms = scene
    of = spaces([(SoundSpace(pattern=0.4), 0.0)] * 3)
    listener = np.array([[0.0, 16.0, 1.5]] * 2)
    at = np.array([[[0.0, 4.0, 0.0]] * 3] * 2)
    facing = np.array(
        [[[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]] * 2
    )  # to the listener, aside, away
    arrival = arrive(at, facing, of, made.air)
    assert arrival.gain[0] == pytest.approx(np.array([1.0, 0.6, 0.2]) / 4.0)
    fed = (
        arrival.gain
        * made.sends(of, at + listener[:, None], listener, arrival.direct_gain, len(rooms))[..., 0]
    )
    assert fed[0] == pytest.approx([fed[0, 0]] * 3)
    assert fed[0, 0] == pytest.approx(made.rooms[0].late_gain * (0.36 + 0.16 / 3) ** 0.5, rel=0.07)
