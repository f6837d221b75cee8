"""Panels: legible, on the film, never losing words."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.render import layout
from engine.render.live import CaptionView, OptionView

ENGLISH = "A flute, left. A drum, right. Which shall I tell her of?"
CHINESE = "左边是笛，右边是鼓。回去给她讲哪一样？"


def film_bottom_deg(horizon_ratio: float = 0.56, fov_deg: float = 75.0) -> float:
    """Lowest elevation on a 16:9 film."""
    return -math.degrees(
        math.atan(2.0 * (1.0 - horizon_ratio) * math.tan(math.radians(fov_deg / 2.0)) * 9.0 / 16.0)
    )


def lower_edge_deg(panel: layout.Panel) -> float:
    return panel.elevation_deg - layout.angle_deg(panel.height_m, panel.distance_m) / 2.0


def upper_edge_deg(panel: layout.Panel) -> float:
    return panel.elevation_deg + layout.angle_deg(panel.height_m, panel.distance_m) / 2.0


@pytest.mark.parametrize("choosing", [False, True])
@pytest.mark.parametrize(("text", "second"), [(ENGLISH, CHINESE), (CHINESE, ENGLISH), (CHINESE, "")])
def test_captions_are_legible_and_on_the_film(text: str, second: str, choosing: bool) -> None:
    (panel,) = layout.caption_panels([CaptionView(text, second)], choosing=choosing)
    for line in panel.lines:
        assert layout.angle_deg(line.size_m) >= layout.LEAST_DEG - 1e-6
    assert lower_edge_deg(panel) > film_bottom_deg()
    assert upper_edge_deg(panel) < -8.0


def test_a_caption_hangs_below_the_choice() -> None:
    options = [
        OptionView("a", "循着笛声", "Follow the flute"),
        OptionView("b", "循着鼓声", "Follow the drum"),
    ]
    choices = layout.choice_panels(options)
    (caption,) = layout.caption_panels([CaptionView(ENGLISH, CHINESE)], choosing=True)
    assert upper_edge_deg(caption) < min(lower_edge_deg(panel) for panel in choices) + 0.8


def test_choices_spread_and_do_not_touch() -> None:
    for count in (2, 3):
        panels = layout.choice_panels(
            [OptionView(str(n), "随流而下", "Drift on with it") for n in range(count)]
        )
        edges = [(p.azimuth_deg, layout.angle_deg(p.width_m, p.distance_m) / 2.0) for p in panels]
        for (left, half_left), (right, half_right) in itertools.pairwise(edges):
            assert left - half_left > right + half_right
        assert sum(p.azimuth_deg for p in panels) == pytest.approx(0.0)
    assert (
        layout.choice_panels([OptionView("a", "x"), OptionView("b", "y")])[0].azimuth_deg > 0
    )  # first is left


def test_a_scene_may_hang_an_option_itself() -> None:
    (panel,) = layout.choice_panels(
        [OptionView("a", "x", azimuth_deg=40.0, elevation_deg=5.0, distance_m=1.5)]
    )
    assert (panel.azimuth_deg, panel.elevation_deg, panel.distance_m) == (40.0, 5.0, 1.5)
    assert layout.angle_deg(panel.lines[0].size_m, 1.5) == pytest.approx(layout.CHOICE_LATIN_DEG)


@given(st.text(alphabet="灯街等你的人，。 abcdefg ,.!", max_size=120), st.integers(8, 60))
def test_wrapping_keeps_every_word_in_two_lines(text: str, limit: int) -> None:
    lines = layout.wrapped(text, limit)
    assert len(lines) <= 2 or not text
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_lines_do_not_start_with_a_closing_mark() -> None:
    for limit in range(8, 40, 2):
        for line in layout.wrapped(CHINESE, limit):
            assert line[0] not in "，。！？；：、）"


def test_fourteen_hanzi_stay_on_one_line() -> None:
    assert len(layout.wrapped("今夜的灯都在等你回来看一看吧", layout.HANZI_COLUMNS)) == 1


@given(st.floats(-180, 180))
def test_captions_follow_the_head_only_beyond_25_degrees(yaw: float) -> None:
    follow = layout.follow_yaw_deg(yaw)
    assert abs(math.remainder(yaw - follow, 360.0)) <= layout.FOLLOW_YAW_DEG + 1e-9
    if abs(yaw) <= layout.FOLLOW_YAW_DEG:
        assert follow == 0.0


@pytest.mark.parametrize(("azimuth", "mark"), [(0.0, 0), (20.0, 0), (60.0, 1), (-60.0, -1), (None, 0)])
def test_the_mark_points_to_a_speaker_outside_the_picture(azimuth: float | None, mark: int) -> None:
    (panel,) = layout.caption_panels([CaptionView("x", azimuth_deg=azimuth)], choosing=False)
    assert panel.mark == mark


def test_degrees_and_metres_are_inverse() -> None:
    assert layout.angle_deg(layout.height_m(2.6)) == pytest.approx(2.6)
    assert layout.height_m(2.6) == pytest.approx(0.0908, abs=1e-4)
