"""Panels of `layout` as nodes: ground, text in the package's font, bars, marks; last, without depth test."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from panda3d.core import (
    DynamicTextFont,
    Filename,
    FontPool,
    GeomNode,
    LVecBase4f,
    NodePath,
    OmniBoundingVolume,
    SamplerState,
    TextFont,
    TextNode,
    TextProperties,
    TransparencyAttrib,
)

from engine.errors import InputError
from engine.render import layout, meshes
from engine.render.eye import Ray, Vector, rectangle_hit
from engine.render.shading import load_shader

PIXELS_PER_UNIT = 64
_GROUND, _BARS, _TEXT, _VEIL = 100, 101, 102, 200
_BAR_M = 0.010
# How far panels turn towards the eye: all the way looks skewed on a flat film, not at all looks skewed in a
# headset.
_FACING = 0.4


def load_font(path: Path | None) -> TextFont:
    """The package's font at reading size; Panda's own Latin face without one.

    Raises
    ------
    InputError
        When the file is no font.
    """
    if path is None:
        return TextProperties.get_default_font()
    font = FontPool.load_font(Filename.from_os_specific(str(path)).get_fullpath())
    if not isinstance(font, DynamicTextFont) or not font.is_valid():
        raise InputError(
            f"{path}: not a font that FreeType reads. Give a TTF or OTF file under `font:` in experience.yaml"
        )
    font = font.make_copy()
    # Texture mode: distance fields broke thin strokes and polygon mode floods errors with brush fonts.
    font.set_pixels_per_unit(PIXELS_PER_UNIT)
    font.set_page_size(1024, 1024)
    font.set_texture_margin(4)
    font.set_minfilter(SamplerState.FT_linear_mipmap_linear)
    font.set_magfilter(SamplerState.FT_linear)
    font.set_anisotropic_degree(1)
    return font


class Panels:
    """Keeps the nodes of what is on show; unchanged panels are not rebuilt.

    Parameters
    ----------
    font : TextFont
        Of the package.

    Attributes
    ----------
    font : TextFont
    root : NodePath
        Holds the panels; to be hung in the vehicle's frame.
    """

    def __init__(self, font: TextFont) -> None:
        self.font = font
        self._flat = load_shader("flat.vert", "flat.frag", eyes=True)
        self.root = NodePath("panels")
        self.root.set_shader(self._flat)
        self.root.set_shader_input("u_glyphs", 0.0)
        self.root.set_depth_test(False)
        self.root.set_depth_write(False)
        self.root.set_two_sided(True)
        self.root.set_transparency(TransparencyAttrib.M_alpha)
        self._shown: dict[layout.Panel, NodePath] = {}
        self._texts: dict[tuple[str, tuple[float, float, float, float]], NodePath] = {}
        self._veil = self._make_veil()

    def warm(self, texts: Iterable[str]) -> None:
        """Draw every glyph into the font's pages now, so that no caption costs a frame later."""
        for char in sorted(set("".join(texts))):
            self.font.get_glyph(ord(char))

    def show(
        self, panels: Sequence[layout.Panel], *, eye: Vector, time_left_ratio: float | None, veil_ratio: float
    ) -> None:
        """Bring the nodes to these panels.

        Parameters
        ----------
        eye : tuple of float
            Resting eye in the vehicle's frame, which `root` must hang in.
        time_left_ratio : float or None
            Remaining time of the window, as a bar under the choice panels.
        veil_ratio : float
            0..1 towards black.
        """
        wanted = with_time_bar(panels, time_left_ratio)
        # Bars grow and captions follow the head in every frame; neither is a reason to build a panel anew.
        keys = [replace(p, azimuth_deg=0.0, fill_ratio=None if p.fill_ratio is None else 0.0) for p in wanted]
        for key in [old for old in self._shown if old not in keys]:
            self._shown.pop(key).remove_node()
        for key, panel in zip(keys, wanted, strict=True):
            if key not in self._shown:
                self._shown[key] = self.build(key, self.root)
            node = self._shown[key]
            fill(node, panel)
            node.set_pos_hpr(*place(panel, eye), *facing_deg(panel), 0.0)
        self._veil.set_color_scale(LVecBase4f(0.0, 0.0, 0.0, min(max(veil_ratio, 0.0), 1.0)))
        if veil_ratio > 0.002:
            self._veil.show()
        else:
            self._veil.hide()

    def in_world(self, wanted: bool) -> None:
        """Whether the panels hang in the world; False where a compositor draws them itself. The veil is always there."""
        if wanted:
            self.root.show()
        else:
            self.root.hide()

    @property
    def are_in_world(self) -> bool:
        """Whether they hang there now."""
        return not self.root.is_hidden()

    def hang_veil(self, camera: NodePath) -> None:
        """Put the veil before a camera."""
        self._veil.reparent_to(camera)

    def build(self, panel: layout.Panel, parent: NodePath) -> NodePath:
        """Nodes of one panel, its middle at the origin, in the parent's X and Z."""
        top = parent.attach_new_node(f"panel_{panel.name}")
        half_w, half_h = panel.width_m / 2.0, panel.height_m / 2.0
        if panel.lines:
            ground = panel_color(panel)
            _quad(top, -half_w, -half_h, half_w, half_h, ground, _GROUND)
        for line in panel.lines:
            text = self._text(line.text, line.ink).copy_to(top)
            text.set_scale(line.size_m)
            text.set_pos(0.0, 0.0, half_h - line.baseline_m)
        if panel.fill_ratio is not None:
            foot = -half_h
            _quad(top, -half_w, foot - _BAR_M, half_w, foot, layout.BAR_REST, _BARS)
            fill = _quad(top, 0.0, foot - _BAR_M, panel.width_m, foot, layout.BAR, _BARS)
            fill.set_name("fill")
            fill.set_x(-half_w)
        if panel.mark:
            tip = layout.height_m(0.9)
            edge = -panel.mark * (half_w + tip * 0.5)  # azimuth + is left, x + is right
            _triangle(top, (edge, tip * 0.6), (edge, -tip * 0.6), (edge - panel.mark * tip, 0.0), layout.INK)
        return top

    def _text(self, text: str, ink: tuple[float, float, float, float]) -> NodePath:
        key = (text, ink)
        if key not in self._texts:
            if len(self._texts) > 400:
                self._texts.clear()
            node = TextNode("line")
            node.set_font(self.font)
            node.set_align(TextNode.A_center)
            node.set_text_color(LVecBase4f(*ink))
            node.set_text(text)
            path = NodePath(node.generate())
            path.set_shader_input("u_glyphs", 1.0)
            path.set_bin("fixed", _TEXT)
            self._texts[key] = path
        return self._texts[key]

    def _make_veil(self) -> NodePath:
        veil = _quad(NodePath("veil"), -4.0, -4.0, 4.0, 4.0, (1.0, 1.0, 1.0, 1.0), _VEIL)
        veil.set_pos(0.0, 0.2, 0.0)
        veil.node().set_bounds(OmniBoundingVolume())
        veil.set_shader(self._flat)
        veil.set_shader_input("u_glyphs", 0.0)
        veil.set_depth_test(False)
        veil.set_depth_write(False)
        veil.set_two_sided(True)
        veil.set_transparency(TransparencyAttrib.M_alpha)
        veil.hide()
        return veil


def with_time_bar(shown: Sequence[layout.Panel], time_left_ratio: float | None) -> list[layout.Panel]:
    """The panels, and the bar of the time that is left to choose where there is any."""
    bar = _time_bar(shown, time_left_ratio)
    return [*shown] if bar is None else [*shown, bar]


def fill(node: NodePath, panel: layout.Panel) -> None:
    """Set the bar at the foot of a panel's nodes."""
    if panel.fill_ratio is not None:
        node.find("fill").set_sx(max(panel.fill_ratio, 1e-4))


def facing_deg(panel: layout.Panel) -> tuple[float, float]:
    """Heading and pitch of a panel, which turns a little towards the eye."""
    return (panel.azimuth_deg * _FACING, panel.elevation_deg * _FACING)


def extents_m(panel: layout.Panel) -> tuple[float, float, float, float]:
    """Left, low, right and high edge of everything a panel draws, from its middle."""
    half_w, half_h = panel.width_m / 2.0, panel.height_m / 2.0
    low = -half_h - (_BAR_M if panel.fill_ratio is not None else 0.0)
    tip = layout.height_m(0.9) * 1.5 if panel.mark else 0.0
    return (-half_w - tip, low, half_w + tip, half_h)


def place(panel: layout.Panel, eye: Vector) -> Vector:
    """Centre of a panel in the vehicle's frame."""
    azimuth, elevation = np.radians(panel.azimuth_deg), np.radians(panel.elevation_deg)
    flat = panel.distance_m * np.cos(elevation)
    return (
        float(eye[0] - flat * np.sin(azimuth)),
        float(eye[1] + flat * np.cos(azimuth)),
        float(eye[2] + panel.distance_m * np.sin(elevation)),
    )


def hit(panel: layout.Panel, eye: Vector, ray: Ray) -> bool:
    """Whether a ray in the vehicle's frame meets a panel; a tenth larger than drawn, as eyes wander."""
    azimuth = float(np.radians(panel.azimuth_deg * _FACING))
    elevation = float(np.radians(panel.elevation_deg * _FACING))
    right = (float(np.cos(azimuth)), float(np.sin(azimuth)), 0.0)
    up = (
        float(np.sin(azimuth) * np.sin(elevation)),
        float(-np.cos(azimuth) * np.sin(elevation)),
        float(np.cos(elevation)),
    )
    return (
        rectangle_hit(ray, place(panel, eye), right, up, panel.width_m * 0.55, panel.height_m * 0.55)
        is not None
    )


def panel_color(panel: layout.Panel) -> tuple[float, float, float, float]:
    """Ground of a panel; warmer once chosen."""
    if panel.chosen:
        return (0.16, 0.09, 0.03, 0.78)
    return layout.PANEL


def _time_bar(panels: Sequence[layout.Panel], ratio: float | None) -> layout.Panel | None:
    choices = [panel for panel in panels if panel.fill_ratio is not None]
    if ratio is None or not choices:
        return None
    low = min(p.elevation_deg - layout.angle_deg(p.height_m, p.distance_m) / 2.0 for p in choices) - 0.9
    azimuth = (max(p.azimuth_deg for p in choices) + min(p.azimuth_deg for p in choices)) / 2.0
    share = min(max(ratio, 0.0), 1.0)
    return layout.Panel("", azimuth, low, layout.DISTANCE_M, layout.height_m(16.0), 0.0, (), fill_ratio=share)


def _quad(
    parent: NodePath,
    left: float,
    low: float,
    right: float,
    high: float,
    color: tuple[float, float, float, float],
    order: int,
) -> NodePath:
    corners = np.array([(left, 0, low), (right, 0, low), (right, 0, high), (left, 0, high)], dtype=np.float32)
    return _flat_node(parent, corners, np.array([0, 1, 2, 0, 2, 3], dtype=np.uint32), color, order)


def _triangle(
    parent: NodePath,
    a: tuple[float, float],
    b: tuple[float, float],
    c: tuple[float, float],
    color: tuple[float, float, float, float],
) -> NodePath:
    corners = np.array([(x, 0.0, z) for x, z in (a, b, c)], dtype=np.float32)
    return _flat_node(parent, corners, np.array([0, 1, 2], dtype=np.uint32), color, _BARS)


def _flat_node(
    parent: NodePath,
    corners: np.ndarray,
    index: np.ndarray,
    color: tuple[float, float, float, float],
    order: int,
) -> NodePath:
    node = GeomNode("flat")
    colors = np.tile(np.rint(np.array(color) * 255).astype(np.uint8), (len(corners), 1))
    uv = np.zeros((len(corners), 2), dtype=np.float32)
    node.add_geom(meshes.make_geom({"vertex": corners, "color": colors, "texcoord": uv}, index))
    path = parent.attach_new_node(node)
    path.set_bin("fixed", order)
    return path
