"""What ADM objects carry besides a direction. All 1072 vectors of the reference are in tests/peers/test_audio_panner.py."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engine.audio.speakers import directions, free_layout, layout
from engine.audio.speakers.objects import ObjectGains, Placed, diverged, split
from engine.audio.speakers.screen import screen
from engine.audio.speakers.zones import Zone
from tests.audio.speakers.vectors import CUBE

ROOM = layout("4+7+0")
NAMES = ROOM.names


@pytest.fixture(scope="module")
def room() -> ObjectGains:
    return ObjectGains(ROOM, screen())


def at(azimuth_deg: float, elevation_deg: float = 0.0, distance: float = 1.0) -> tuple[float, float, float]:
    x, y, z = directions(azimuth_deg, elevation_deg) * distance
    return float(x), float(y), float(z)


def loudest(gains: np.ndarray) -> list[str]:
    return [NAMES[k] for k in np.argsort(-gains, kind="stable") if gains[k] > 1e-6]


def test_cartesian_gains_are_the_references(room: ObjectGains) -> None:
    for place, size, wanted in CUBE:
        gains = room.gains([Placed(place, cartesian=True, size=size)])[0, ~ROOM.lfe()]
        assert gains == pytest.approx(wanted, abs=1e-9)


def test_divergence_moves_the_power_to_the_sides(room: ObjectGains) -> None:
    gains = room.gains(
        [Placed(at(0), divergence=amount, divergence_range=30.0) for amount in (0.0, 0.5, 1.0)]
    )
    assert loudest(gains[0]) == ["M+000"]
    assert gains[1][[0, 1, 2]] ** 2 == pytest.approx([1 / 3] * 3)
    assert gains[2][[0, 1, 2]] ** 2 == pytest.approx([0.5, 0.5, 0])


def test_cartesian_divergence_stays_in_the_cube() -> None:
    shares, places = diverged((0.9, 0.0, 0.0), 1.0, 0.5, cartesian=True)
    assert shares == pytest.approx([0.5, 0, 0.5])
    assert places == pytest.approx(np.array([[1, 0, 0], [0.9, 0, 0], [0.4, 0, 0]]))


def test_a_lock_takes_the_nearest_loudspeaker_within_reach(room: ObjectGains) -> None:
    gains = room.gains(
        [Placed(at(20), lock=math.inf), Placed(at(20), lock=0.1), Placed(at(60), lock=math.inf)]
    )
    assert loudest(gains[0]) == ["M+030"]
    assert len(loudest(gains[1])) == 2
    # As far from both: the one that is more ahead.
    assert loudest(gains[2]) == ["M+030"]


def test_zones_keep_loudspeakers_silent_and_the_power(room: ObjectGains) -> None:
    above = Zone(False, (-180.0, 10.0), (180.0, 90.0))
    right = Zone(True, (0.01, -1.0, -1.0), (1.0, 1.0, 1.0))
    gains = room.gains(
        [
            Placed(at(45, 30), zones=(above,)),
            Placed(at(-90), zones=(right,)),
            Placed((0.9, 0.2, 0.9), cartesian=True, zones=(right,)),
        ]
    )
    assert loudest(gains[0]) == ["M+030"]
    assert not any("-" in name for name in loudest(gains[1]) + loudest(gains[2]))
    assert (gains**2).sum(axis=1) == pytest.approx([1, 1, 1])
    everything = Zone(False, (-180.0, -90.0), (180.0, 90.0))
    assert room.gains([Placed(at(45), zones=(everything,))]) == pytest.approx(room.gains([Placed(at(45))]))


def test_places_follow_the_screen(room: ObjectGains) -> None:
    narrow = screen(width_deg=20.0)
    left = Placed(at(10.0), reference=narrow)
    # The left edge of a narrow picture is the left edge of the venue's, 29 degrees out.
    assert room.gains([left]) == pytest.approx(room.gains([Placed(at(29.0))]), abs=1e-9)
    assert room.gains([Placed(at(-70.0), edge=("left", ""))]) == pytest.approx(
        room.gains([Placed(at(29.0))]), abs=1e-9
    )
    assert ObjectGains(ROOM).gains([left]) == pytest.approx(room.gains([Placed(at(10.0))]))


def test_cartesian_objects_are_heard_on_any_layout() -> None:
    ring = free_layout([(f"s{k}", k * 45.0, 0.0, False) for k in range(8)])
    gains = ObjectGains(ring).gains(
        [Placed((-1.0, 1.0, 0.0), cartesian=True), Placed((0.0, 0.5, 0.0), cartesian=True)]
    )
    # The cube's corner is 30 degrees to the left.
    assert np.flatnonzero(gains[0] > 1e-6).tolist() == [0, 1]
    assert (gains**2).sum(axis=1) == pytest.approx([1, 1])


def test_the_diffuse_share_takes_its_power() -> None:
    direct, diffuse = split(np.array([0.6, 0.8]), 0.36)
    assert direct == pytest.approx([0.48, 0.64])
    assert direct**2 + diffuse**2 == pytest.approx([0.36, 0.64])
