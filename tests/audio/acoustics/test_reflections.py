"""Rooms and their early reflections: geometry against mirrors laid by hand, walls that take, doors that fade."""

import dataclasses
import math

import numpy as np
import pytest

from engine.audio.acoustics.absorption import reverberation_s, walls_of
from engine.audio.acoustics.doppler import SOUND_MPS
from engine.audio.acoustics.reflections import image_sources
from engine.audio.acoustics.room import room_of
from engine.timeline.acoustics import RoomSpec
from engine.timeline.materials import MATERIALS

HARD = (MATERIALS["marble"],) * 6
BOX = RoomSpec("box", (1.0, 2.0, 1.5), (6.0, 8.0, 3.0), 0.0, (1.0,) * 7, HARD, edge_m=0.1)


def test_first_order_images_are_mirrors_in_the_six_walls() -> None:
    source, listener = np.array([2.0, 4.0, 1.0]), np.array([0.0, 1.0, 1.7])
    found = image_sources(room_of(BOX), [source], listener)
    mirrors = []
    for axis in range(3):
        for side in (-1, 1):
            wall = BOX.center_m[axis] + side * BOX.size_m[axis] / 2
            image = source.copy()
            image[axis] = 2 * wall - source[axis]
            mirrors.append(tuple(image))
    assert np.array(sorted(found.at_m[0].tolist())) == pytest.approx(np.array(sorted(mirrors)))
    way = np.linalg.norm(found.at_m[0] - listener, axis=1) - np.linalg.norm(source - listener)
    assert found.delay_samples[0] == pytest.approx(way / SOUND_MPS * 48_000)
    assert found.gain[0] == pytest.approx([math.sqrt(1 - 0.0145)] * 6, abs=0.004)


def test_a_reflection_goes_by_the_wall() -> None:
    """The way from the image crosses the wall where angles of incidence and reflection are equal."""
    source, listener = np.array([2.0, 4.0, 1.0]), np.array([0.0, 1.0, 1.7])
    floor = min(image_sources(room_of(BOX), [source], listener).at_m[0].tolist(), key=lambda at: at[2])
    share = (0.0 - listener[2]) / (floor[2] - listener[2])
    touch = listener + share * (np.array(floor) - listener)
    rise = lambda at: abs(at[2]) / math.hypot(at[0] - touch[0], at[1] - touch[1])  # noqa: E731
    assert rise(source) == pytest.approx(rise(listener))


def test_the_second_order_has_twenty_four_and_walls_take_twice() -> None:
    room = room_of(dataclasses.replace(BOX, order=2, absorption=((0.36,) * 7,) * 6))
    assert len(room.images) == 24
    orders = np.abs(room.images).sum(axis=1)
    assert room.image_gain[orders == 1] == pytest.approx([0.8] * 6) and room.image_gain[
        orders == 2
    ] == pytest.approx([0.64] * 18)


def test_openings_send_nothing_back() -> None:
    stone, opening = MATERIALS["stone"], MATERIALS["open"]
    room = room_of(
        dataclasses.replace(BOX, order=2, absorption=(stone, stone, opening, opening, stone, stone))
    )
    assert not np.any(room.images[:, 1]) and len(room.images) == 4 + 8


def test_soft_walls_are_dull() -> None:
    room = room_of(dataclasses.replace(BOX, absorption=(MATERIALS["carpet"],) * 6))
    assert np.all(room.image_low_pass_hz < 6000.0) and np.all(room.image_gain > 0.8)


def test_turning_everything_turns_the_answer() -> None:
    heading = math.radians(37.0)
    turn = np.array(
        [[math.cos(heading), -math.sin(heading), 0], [math.sin(heading), math.cos(heading), 0], [0, 0, 1]]
    )
    source, listener = np.array([[2.0, 4.0, 1.0], [0.5, 0.1, 2.0]]), np.array([0.0, 1.0, 1.7])
    plain = image_sources(room_of(BOX), source, listener)
    center = tuple((turn @ np.array(BOX.center_m)).tolist())
    turned = room_of(dataclasses.replace(BOX, center_m=center, heading_deg=37.0))
    there = image_sources(turned, source @ turn.T, turn @ listener)
    assert there.at_m == pytest.approx(plain.at_m @ turn.T)
    assert there.delay_samples == pytest.approx(plain.delay_samples) and there.gain == pytest.approx(
        plain.gain
    )


def test_both_ends_of_a_block_at_once() -> None:
    room = room_of(BOX)
    source = np.array([[[2.0, 4.0, 1.0]], [[2.1, 4.0, 1.0]]])
    listener = np.array([[0.0, 1.0, 1.7], [0.0, 1.1, 1.7]])
    both = image_sources(room, source, listener)
    for end in (0, 1):
        one = image_sources(room, source[end], listener[end])
        assert both.at_m[end] == pytest.approx(one.at_m) and both.delay_samples[end] == pytest.approx(
            one.delay_samples
        )


def test_walking_out_fades_and_nothing_jumps() -> None:
    room = room_of(dataclasses.replace(BOX, edge_m=1.0))
    walk = np.stack(
        (np.linspace(1.0, 9.0, 4000), np.full(4000, 2.0), np.full(4000, 1.5)), axis=1
    )  # out through the right wall at x = 4
    inside = room.inside(walk)
    assert inside[0] == 1.0 and inside[-1] == 0.0 and np.all(np.diff(inside) <= 0.0)
    assert inside[np.argmin(np.abs(walk[:, 0] - 4.0))] == pytest.approx(0.5, abs=0.01)
    found = image_sources(room, np.broadcast_to([0.0, 3.0, 1.0], (4000, 1, 3)), walk)
    assert (
        np.max(np.abs(np.diff(found.delay_samples, axis=0))) < 0.6
    )  # two millimetres a step, there and back
    assert np.all(found.gain[-1] == 0.0)


def test_reverberation_time_and_walls_follow_from_each_other() -> None:
    size = np.array([6.0, 8.0, 3.0])
    walls = np.full((6, 7), 0.2)
    seconds = reverberation_s(size, walls)
    # Eyring by hand at 125 Hz, where air takes nothing: 0.161 * 144 / (180 * -ln 0.8)
    assert seconds[0] == pytest.approx(0.161 * 144 / (180 * -math.log(0.8)), rel=0.01)
    assert walls_of(size, seconds) == pytest.approx(walls, abs=1e-3)
    large = np.array([30.0, 60.0, 20.0])
    assert reverberation_s(large, np.full((6, 7), 0.02))[6] < 1.7  # the air's own, however hard the walls


def test_a_source_outside_sends_nothing_and_distance_is_taken_back() -> None:
    room = room_of(BOX)
    source = np.array([[2.0, 4.0, 1.0], [1.0, 2.0, 1.5], [30.0, 0.0, 1.0]])
    send = room.send(source, np.array([1.0, 2.0, 1.5]), np.array([0.5, 1.0, 0.03]))
    area_m2 = 0.161 * 144.0
    assert send[1] == pytest.approx(
        math.sqrt(16 * math.pi / area_m2), rel=1e-6
    )  # of the diffuse field, against the level at 1 m
    assert send[0] == pytest.approx(2.0 * send[1], rel=0.06) and send[2] == 0.0
