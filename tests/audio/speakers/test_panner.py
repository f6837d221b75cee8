"""The point source panner against BS.2127's reference, and what any panner must do."""

from __future__ import annotations

import numpy as np
import pytest

from engine.audio.speakers import (
    LAYOUTS,
    GainTable,
    Layout,
    PointSourcePanner,
    directions,
    free_layout,
    layout,
)
from engine.errors import InputError
from tests.audio.speakers.vectors import POINTS

FREE = {
    "one": [(20, 10)],
    "two ahead": [(30, 0), (-30, 0)],
    "two opposite": [(90, 0), (-90, 0)],
    "straight up": [(0, 90)],
    "headrest": [(35, -5), (-35, -5), (120, 15), (-120, 15)],
    "wall": [(-40, 20), (0, 20), (40, 20), (-40, -20), (0, -20), (40, -20)],
    "dome": [
        *((k * 30, 0) for k in range(12)),
        *((k * 45, 30) for k in range(8)),
        *((k * 90, 60) for k in range(4)),
    ],
    "cube": [(a, e) for a in (45, 135, -45, -135) for e in (35.26, -35.26)],
    "seven points of a flat ring": [(k * 360 / 7, 25) for k in range(7)],
}


def standing(name: str) -> Layout:
    system, _, screen = name.partition("_")
    room = LAYOUTS[system]
    return room.measured({"M+SC": (float(screen), 0), "M-SC": (-float(screen), 0)}) if screen else room


def free(rows: list[tuple[float, float]]) -> Layout:
    return free_layout([(f"s{k}", float(a), float(e), False) for k, (a, e) in enumerate(rows)])


def sky(count: int) -> np.ndarray:
    return np.random.default_rng(7).normal(size=(count, 3))


@pytest.mark.parametrize("name", POINTS)
def test_gains_are_the_references(name: str) -> None:
    room = standing(name)
    panner = PointSourcePanner(room)
    for azimuth, elevation, wanted in POINTS[name]:
        gains = panner.gains(directions(azimuth, elevation))[~room.lfe()]
        assert gains == pytest.approx([wanted.get(k, 0.0) for k in range(gains.size)], abs=1e-9)


@pytest.mark.parametrize("name", [*LAYOUTS, *FREE])
def test_power_is_kept_and_nothing_jumps(name: str) -> None:
    room = LAYOUTS[name] if name in LAYOUTS else free(FREE[name])
    panner = PointSourcePanner(room)
    at = sky(400)
    gains = panner.gains(at)
    power = (gains**2).sum(axis=1)
    assert gains.min() >= 0
    if name == "0+2+0":
        assert power.min() >= 0.5 - 1e-12
        assert power.max() <= 1 + 1e-12
    else:
        assert power == pytest.approx(np.ones(400))
    assert not gains[:, room.lfe()].any()
    unit = at / np.linalg.norm(at, axis=1, keepdims=True)
    beside = panner.gains(unit + 1e-5 * np.random.default_rng(8).normal(size=at.shape))
    assert np.abs(beside - gains).max() < 2e-3


@pytest.mark.parametrize("name", [*LAYOUTS, *FREE])
def test_a_sound_at_a_loudspeaker_is_its_own(name: str) -> None:
    room = LAYOUTS[name] if name in LAYOUTS else free(FREE[name])
    heard = ~room.lfe()
    gains = PointSourcePanner(room).gains(room.directions())[heard][:, heard]
    # A stereo pair is a mix of five, in which its two stand alone.
    assert np.abs(gains - np.eye(len(gains))).max() < 1e-7


@pytest.mark.parametrize("highest_deg", [3, 90])
def test_rooms_that_nobody_planned(highest_deg: float) -> None:
    rng = np.random.default_rng(11)
    unit = sky(100) / np.linalg.norm(sky(100), axis=1, keepdims=True)
    for count in (1, 2, 3, 4, 5, 7, 11, 16, 24):
        rows = list(
            zip(rng.uniform(-180, 180, count), rng.uniform(-highest_deg, highest_deg, count), strict=True)
        )
        panner = PointSourcePanner(free(rows))
        gains, beside = panner.gains(unit), panner.gains(unit + 1e-5)
        assert (gains**2).sum(axis=1) == pytest.approx(np.ones(100))
        assert np.abs(gains - beside).max() < 5e-3
        assert np.abs(panner.gains(panner.layout.directions()) - np.eye(count)).max() < 1e-6


@pytest.mark.parametrize("name", LAYOUTS)
def test_standing_anywhere_within_tolerance_nothing_jumps(name: str) -> None:
    rng = np.random.default_rng(12)
    room = LAYOUTS[name]
    places = {
        speaker.name: (
            float(rng.uniform(*speaker.azimuth_range_deg)),
            float(rng.uniform(*speaker.elevation_range_deg)),
        )
        for speaker in room.without_lfe().speakers
    }
    if "M+SC" in places:
        places |= {"M+SC": (22.0, 0.0), "M-SC": (-22.0, 0.0)}
    standing = room.measured(places)
    assert standing.out_of_tolerance() == ()
    panner = PointSourcePanner(standing)
    unit = sky(300) / np.linalg.norm(sky(300), axis=1, keepdims=True)
    assert np.abs(panner.gains(unit) - panner.gains(unit + 1e-5)).max() < 2e-3


def test_measured_loudspeakers_move_the_sound_with_them() -> None:
    room = layout("4+7+0").measured({"M+090": (100.0, 0.0), "U+045": (40.0, 42.0)})
    gains = PointSourcePanner(room).gains(directions([100.0, 40.0], [0.0, 42.0]))
    assert gains[0, room.names.index("M+090")] == pytest.approx(1)
    assert gains[1, room.names.index("U+045")] == pytest.approx(1)


def test_two_in_one_place_share_the_power() -> None:
    gains = PointSourcePanner(free([(30, 0), (30, 0), (-30, 0)])).gains(directions(30.0, 0.0))
    assert gains == pytest.approx([np.sqrt(0.5), np.sqrt(0.5), 0], abs=1e-9)


def test_screen_loudspeakers_near_the_front_pair_are_refused() -> None:
    with pytest.raises(InputError, match=r"M\+SC stands at azimuth 30 deg.*5 to 25 or 35 to 60"):
        PointSourcePanner(LAYOUTS["4+9+0"].measured({"M+SC": (30.0, 0.0)}))


def test_what_has_no_direction_is_heard_from_ahead() -> None:
    panner = PointSourcePanner(layout("0+5+0"))
    gains = panner.gains([[0.0, 0.0, 0.0], [np.nan, 0.0, 1.0]])
    assert gains == pytest.approx(panner.gains([[0.0, 1.0, 0.0]] * 2))


@pytest.mark.parametrize("name", ["0+2+0", "4+7+0", "9+10+3"])
def test_the_table_is_the_panner(name: str) -> None:
    panner = PointSourcePanner(layout(name))
    table = GainTable(panner.gains)
    at = sky(3000)
    error = np.abs(table.gains(at) - panner.gains(at))
    print(f"{name}, table of 2 degrees: error {error.mean():.6f} on average, {error.max():.4f} at most")
    assert error.max() < 0.04
    assert error.mean() < 2e-4
    assert table.gains([[0.0, 0.0, 3.0]])[0] == pytest.approx(panner.gains([0.0, 0.0, 1.0]), abs=1e-6)
    assert table.gains([[np.nan, 0, 0], [0, 0, 0]]) == pytest.approx(table.gains([[0, 1, 0]] * 2), abs=1e-6)
