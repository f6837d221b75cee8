"""What the operator reads over the mirror, and that the font can write it."""

from __future__ import annotations

from fontTools.ttLib import TTFont
from panda3d.core import TextProperties

from engine.experience.bundled import find_shared
from engine.render.frames import FrameState
from engine.render.headset.overlay import FIXED_TEXT, Overlay, OverlayInfo, _has, info_of, overlay_lines
from engine.render.live import CaptionView, LiveView, OptionView
from engine.render.panels import load_font
from engine.time.flicks import FLICKS_PER_SECOND
from engine.xr.angles import turn_of_deg
from engine.xr.values import Pose, Tracked

SECOND = FLICKS_PER_SECOND
FONT = find_shared("assets/fonts/sensorama-caption.ttf")

LIVE = LiveView(
    options=(
        OptionView("a", "循着笛声", fill_ratio=0.4),
        OptionView("b", "Follow the drum", fill_ratio=1.0, chosen=True),
    ),
    time_left_ratio=0.6,
)
TRACKED = Tracked(0, Pose((0.1, -0.2, 0.05), turn_of_deg(12.4, -3.0)))


def test_scene_and_timecode_come_first() -> None:
    lines = overlay_lines(OverlayInfo("hall", round(72.2 * SECOND)))
    assert lines == ("00:01:12:05   场景 scene hall",)
    assert overlay_lines(OverlayInfo()) == ("场景之间 between scenes",)


def test_a_choice_is_shown_as_the_guest_has_it() -> None:
    (line,) = overlay_lines(OverlayInfo("hall", 0, LIVE))[1:]
    assert line == "选择 choice  循着笛声 40 %  |  Follow the drum 选定 chosen   剩余 left 60 %"
    long = LiveView(options=(OptionView("a", "一二三四五六七八九十一二三四五六"),))
    assert "一二三四五六七八九十一… 0 %" in overlay_lines(OverlayInfo("hall", 0, long))[1]


def test_captions_are_said_since_a_compositor_may_draw_them_out_of_the_mirrors_sight() -> None:
    info = OverlayInfo("hall", captions=(CaptionView("Come in.", speaker="Guard"), CaptionView("请进。")))
    assert overlay_lines(info)[1:] == ("字幕 caption  Guard: Come in.", "字幕 caption  请进。")


def test_the_guest() -> None:
    assert overlay_lines(OverlayInfo(tracked=TRACKED))[1:] == ("头 head +12 -3 +0 deg   +10 -20 +5 cm",)
    lost = Tracked(0, head_valid=False, present=False)
    assert overlay_lines(OverlayInfo(tracked=lost))[1:] == (
        "头 head +0 +0 +0 deg   +0 +0 +0 cm   失去跟踪 tracking lost",
        "无人佩戴 nobody wears it",
    )


def test_frames_and_the_headsets_state() -> None:
    info = OverlayInfo(
        fps=89.6, period_ns=11_111_111, mirror_ms=0.417, status="no headset", status_zh="没有头显"
    )
    assert overlay_lines(info)[1:] == ("90 / 90 fps   镜像 mirror 0.42 ms", "no headset", "没有头显")
    assert "迟 late 3" in overlay_lines(OverlayInfo(fps=87.0, period_ns=11_111_111, late_frames=3))[1]


def test_it_is_taken_from_what_the_stage_prepared() -> None:
    state = FrameState(2, SECOND, captions=(CaptionView("a"),))
    live = LiveView(captions=(CaptionView("b"),))
    info = info_of(state, "hall", live, TRACKED, fps=90.0, status="x")
    assert (info.scene, info.at_fl, info.fps, info.status) == ("hall", SECOND, 90.0, "x")
    assert [caption.text for caption in info.captions] == ["a", "b"] and info.tracked == TRACKED
    assert info_of(FrameState(-1), "hall", live, None).scene == ""


def test_the_shared_font_has_every_character_of_the_overlays_own_words() -> None:
    assert FONT is not None
    known = TTFont(FONT).getBestCmap()
    assert not [char for char in FIXED_TEXT if ord(char) not in known]
    own = "".join(
        overlay_lines(OverlayInfo("", 0, LIVE, (CaptionView(""),), Tracked(0, present=False), 9.0, 10**7, 1))
    )
    words = own.replace("循着笛声", "")
    assert not [char for char in words if ord(char) > 0x7F and char not in FIXED_TEXT]


def test_a_package_whose_font_has_no_chinese_still_gets_the_overlays_words() -> None:
    latin = TextProperties.get_default_font()
    overlay = Overlay(latin)
    assert overlay._row("场景 scene").node() is not None
    own, package = overlay._fonts
    assert package == latin
    assert _has(own, "场") and not _has(own, "\u2713") and _has(own, " ")


def test_lines_that_stay_are_not_built_again() -> None:
    overlay = Overlay(load_font(FONT))
    overlay.show(("one", "two", "three"), 16 / 9)
    rows = list(overlay._rows)
    overlay.show(("one", "2", "three"), 16 / 9)
    assert overlay._rows[0] == rows[0] and overlay._rows[2] == rows[2] and overlay._rows[1] != rows[1]
    overlay.show(("one",), 16 / 9)
    assert overlay._rows == rows[:1]
    overlay.show((), 16 / 9)
    assert overlay._rows == []
