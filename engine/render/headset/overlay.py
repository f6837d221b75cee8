"""What the operator reads over the mirror: instant, scene, choice, head, frame rate. English and Chinese; the lines are pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from panda3d.core import (
    CardMaker,
    DynamicTextGlyph,
    LVecBase4f,
    NodePath,
    TextFont,
    TextNode,
    TransparencyAttrib,
)

from engine.experience.bundled import find_shared
from engine.render import layout
from engine.render.frames import FrameState
from engine.render.live import CaptionView, LiveView, OptionView
from engine.render.panels import load_font
from engine.render.shading import load_shader
from engine.time.rates import RATES
from engine.time.timecode import timecode_from_fl
from engine.xr.angles import angles_deg
from engine.xr.values import Tracked

_LINE = 0.052  # of half the picture's height
_STEP = 0.068
_MARGIN = 0.03
_GROUND, _TEXT = 10, 11
_OPTION_COLUMNS = 24
_CAPTION_COLUMNS = 56


@dataclass(frozen=True, slots=True)
class OverlayInfo:
    """What there is to say of a frame.

    Attributes
    ----------
    scene : str
        Its id; empty between scenes.
    at_fl : int
        Where in the scene.
    live : LiveView
        The open choice.
    captions : tuple of CaptionView
        On show; a headset's compositor may draw them over the eyes' pictures, where no mirror sees them.
    tracked : Tracked or None
        The guest.
    fps : float
        Of the headset, over the last second.
    period_ns : int
        Of its frames; 0 while there is none.
    late_frames : int
        In the last second.
    mirror_ms : float
        What the mirror costs a headset frame.
    status, status_zh : str
        One line of the ladder (`engine.xr.wearing.HeadsetStatus`); empty when all is well.
    """

    scene: str = ""
    at_fl: int = 0
    live: LiveView = field(default_factory=LiveView)
    captions: tuple[CaptionView, ...] = ()
    tracked: Tracked | None = None
    fps: float = 0.0
    period_ns: int = 0
    late_frames: int = 0
    mirror_ms: float = 0.0
    status: str = ""
    status_zh: str = ""


def info_of(
    state: FrameState, scene: str, live: LiveView, tracked: Tracked | None, **more: float | int | str
) -> OverlayInfo:
    """The overlay of a frame that the stage has prepared; `more` are further fields of `OverlayInfo`."""
    return OverlayInfo(
        scene if state.scene >= 0 else "",
        state.at_fl,
        live,
        (*state.captions, *live.captions),
        tracked,
        **more,  # type: ignore[arg-type]
    )


def overlay_lines(info: OverlayInfo) -> tuple[str, ...]:
    """The lines, top down."""
    timecode = timecode_from_fl(max(0, info.at_fl), RATES["25"])
    lines = [f"{timecode}   场景 scene {info.scene}" if info.scene else "场景之间 between scenes"]
    if info.live.options:
        lines.append(
            "选择 choice  " + "  |  ".join(_option(option) for option in info.live.options) + _left(info.live)
        )
    lines += [f"字幕 caption  {_short(caption)}" for caption in info.captions]
    if info.tracked is not None:
        lines += _guest(info.tracked)
    if info.period_ns > 0:
        late = f"   迟 late {info.late_frames}" if info.late_frames else ""
        lines.append(
            f"{info.fps:.0f} / {1e9 / info.period_ns:.0f} fps{late}   镜像 mirror {info.mirror_ms:.2f} ms"
        )
    lines += [line for line in (info.status, info.status_zh) if line]
    return tuple(lines)


def _cut(text: str, columns: int) -> str:
    if layout.columns(text) <= columns:
        return text
    while layout.columns(text) > columns - 1:
        text = text[:-1]
    return text + "…"


def _short(caption: CaptionView) -> str:
    return _cut(f"{caption.speaker}: {caption.text}" if caption.speaker else caption.text, _CAPTION_COLUMNS)


def _option(option: OptionView) -> str:
    text = _cut(option.text, _OPTION_COLUMNS)
    if option.chosen:
        return f"{text} 选定 chosen"
    return f"{text} {100.0 * min(max(option.fill_ratio, 0.0), 1.0):.0f} %"


def _left(live: LiveView) -> str:
    return "" if live.time_left_ratio is None else f"   剩余 left {100.0 * live.time_left_ratio:.0f} %"


def _whole(*values: float) -> str:
    return " ".join(f"{round(value):+d}" for value in values)


def _guest(tracked: Tracked) -> list[str]:
    yaw, pitch, roll = angles_deg(tracked.head.turn)
    x, y, z = (100.0 * value for value in tracked.head.position_m)
    lost = "" if tracked.head_valid else "   失去跟踪 tracking lost"
    lines = [f"头 head {_whole(yaw, pitch, roll)} deg   {_whole(x, y, z)} cm{lost}"]
    if tracked.present is False:
        lines.append("无人佩戴 nobody wears it")
    return lines


FIXED_TEXT = "场景之间选择定字幕剩余头失去跟踪无人佩戴迟镜像…"
"""Characters of the overlay's own words, for fonts to be checked against."""


_OWN_FONT = "assets/fonts/sensorama-caption.ttf"


def _has(font: TextFont, char: str) -> bool:
    """Whether a font can draw a character; Panda3D gives a plain glyph (a box) for one that its file has not."""
    return isinstance(font.get_glyph(ord(char)), DynamicTextGlyph)


class Overlay:
    """The lines as nodes in a graph whose picture is 2 high and 2 * aspect wide.

    Parameters
    ----------
    font : TextFont
        Of the package: for lines with characters that the engine's own font has not.
    """

    def __init__(self, font: TextFont) -> None:
        self.root = NodePath("overlay")
        self.root.set_shader(load_shader("flat.vert", "flat.frag"))
        self.root.set_shader_input("u_glyphs", 0.0)
        self.root.set_depth_test(False)
        self.root.set_depth_write(False)
        self.root.set_two_sided(True)
        self.root.set_transparency(TransparencyAttrib.M_alpha)
        card = CardMaker("ground")
        card.set_frame(0.0, 1.0, 0.0, 1.0)
        card.set_color(LVecBase4f(*layout.PANEL))
        self._ground = self.root.attach_new_node(card.generate())
        self._ground.set_bin("fixed", _GROUND)
        self._fonts = (load_font(find_shared(_OWN_FONT)), font)
        self._rows: list[NodePath] = []
        self._shown: tuple[str, ...] = ()
        for char in FIXED_TEXT + "0123456789:;+-./%|abcdefghijklmnopqrstuvwxyz":
            self._fonts[0].get_glyph(ord(char))

    def show(self, lines: tuple[str, ...], aspect: float) -> None:
        """Bring the nodes to these lines; those that stay are not built again."""
        self.root.set_pos(-aspect + _MARGIN, 0.0, 1.0 - _MARGIN)
        if lines == self._shown:
            return
        while len(self._rows) > len(lines):
            self._rows.pop().remove_node()
        for number, line in enumerate(lines):
            if number < len(self._shown) and number < len(self._rows) and self._shown[number] == line:
                continue
            row = self._row(line)
            row.set_pos(_MARGIN, 0.0, -(number + 0.8) * _STEP - _MARGIN / 2)
            if number < len(self._rows):
                self._rows[number].remove_node()
                self._rows[number] = row
            else:
                self._rows.append(row)
        self._shown = lines
        widest = max((layout.columns(line) for line in lines), default=0)
        self._ground.set_scale(widest * _LINE * 0.55 + 2 * _MARGIN, 1.0, len(lines) * _STEP + _MARGIN)
        self._ground.set_z(-(len(lines) * _STEP + _MARGIN))

    def _row(self, line: str) -> NodePath:
        node = TextNode("line")
        own, package = self._fonts
        node.set_font(own if all(_has(own, char) for char in line) else package)
        node.set_text_color(LVecBase4f(*layout.INK))
        node.set_text(line)
        path = self.root.attach_new_node(node.generate())
        path.set_shader_input("u_glyphs", 1.0)
        path.set_bin("fixed", _TEXT)
        path.set_scale(_LINE)
        return path
