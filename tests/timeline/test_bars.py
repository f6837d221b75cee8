"""Bars of a scene's music: exact for hours, never beyond what the window allows, and said where they cannot be kept."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from engine.timeline.bars import BarGrid
from engine.timeline.checks_bars import bars_rows
from engine.timeline.model import SceneFile
from engine.timeline.model_bars import Bars

S_FL = 705_600_000


def scene(**more: object) -> SceneFile:
    window = {"show": "2s", "open": "3s", "close": "6s", "commit": "8s"}
    document = {"duration": "10s", "grid": {"bpm": 120}, "window": window, **more}
    return SceneFile.model_validate({key: value for key, value in document.items() if value is not None})


def codes(file: SceneFile) -> list[str]:
    return [row[3] for row in bars_rows(file)]


def test_bars_stay_with_the_music_for_an_hour() -> None:
    bars = Bars.model_validate({"bpm": 97, "beats": 4}).spec()
    exact_fl = Fraction(1455 * 240 * S_FL, 97)
    assert abs(bars.at_or_after(int(exact_fl) - S_FL) - exact_fl) <= Fraction(1, 2)
    assert Bars.model_validate({"bar": "2.5s", "offset": "1s"}).spec() == BarGrid(Fraction(5 * S_FL, 2), S_FL)


@given(
    bpm=st.integers(30, 300),
    beats=st.integers(1, 12),
    offset=st.integers(0, 9 * S_FL),
    at=st.integers(0, 10**13),
)
def test_the_next_bar_is_the_next_and_is_a_bar(bpm: int, beats: int, offset: int, at: int) -> None:
    bars = BarGrid(Fraction(60 * beats * S_FL, bpm), offset)
    begin = bars.at_or_after(at)
    assert at <= begin <= at + bars.bar_fl + 1
    assert bars.off_fl(begin) == 0
    assert bars.at_or_after(begin) == begin


@given(wish=st.integers(0, 20 * S_FL), latest=st.integers(0, 20 * S_FL))
def test_nothing_waits_beyond_the_window(wish: int, latest: int) -> None:
    bars = BarGrid(Fraction(2 * S_FL))
    left = bars.leave_fl(wish, latest)
    assert left <= latest
    assert left >= min(wish, latest)
    assert left == latest or bars.off_fl(left) == 0


def test_a_length_is_written_once() -> None:
    for wrong in ({}, {"bpm": 96, "bar": "2s"}, {"bar": "2s", "beats": 3}, {"bpm": 0}, {"bar": "0s"}):
        with pytest.raises(ValidationError):
            Bars.model_validate(wrong)


def test_check_is_silent_where_bars_are_kept() -> None:
    assert codes(scene()) == []
    assert codes(scene(grid=None)) == []
    assert codes(scene(window=None)) == []


def test_check_says_where_they_are_not() -> None:
    window = {
        "show": "2s",
        "open": "3s",
        "close": "6s",
        "commit": "7s",
        "hold": {"from": "3s", "to": "4.5s", "laps": 2},
    }
    (off, lap) = bars_rows(scene(window=window))
    assert (off[0], off[3]) == (("window", "commit"), "off-bar")
    assert "00:00:06" in off[2] or "6" in off[2]
    assert "8" in off[2]
    assert (lap[3], lap[2].startswith("make it")) == ("lap-bar", True)
    assert codes(scene(window=None, duration="9s")) == ["off-bar"]
    long = {"show": "2s", "open": "3s", "close": "6s", "commit": "8s", "leave": "early"}
    assert codes(scene(grid={"bar": "8s"}, window=long)) == ["bar-long"]
