"""Captions and choices as layers of their own: drawn once onto a sheet, from which the compositor takes each panel.

A compositor draws such a layer at the display's own sharpness and with the newest head pose, so that text stands still and crisp
where it would swim and blur as part of the eyes' pictures. The sheet is drawn only when something on it has changed.

The sheet holds display values with premultiplied alpha; the copy into a runtime's image makes them what a compositor multiplies
and adds (`Blitter.layer`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from panda3d.core import (
    Camera,
    ColorBlendAttrib,
    FrameBufferProperties,
    GraphicsOutput,
    GraphicsPipe,
    LMatrix4,
    NodePath,
    OrthographicLens,
    Texture,
    WindowProperties,
)

from engine.errors import OutputError
from engine.render import layout, panels
from engine.render.eye import Pose
from engine.render.output import Output

#: Of a panel; some 1.2 times what the eyes' own pictures have on today's headsets.
PIXELS_PER_DEG = 24.0
_GAP_PX = 4
_OVERRIDE = 500


@dataclass(frozen=True, slots=True)
class Spot:
    """A rectangle of the sheet, y from the bottom."""

    x_px: int
    y_px: int
    width_px: int
    height_px: int


@dataclass(frozen=True, slots=True)
class SheetPanel:
    """One panel as a layer.

    Attributes
    ----------
    spot : Spot
        Where on the sheet it is drawn.
    pose : Pose
        Of the rectangle's middle, seen from the resting eye at the origin, axes of the vehicle.
    size_m : tuple of float
    """

    spot: Spot
    pose: Pose
    size_m: tuple[float, float]


def arrange(sizes_px: Sequence[tuple[int, int]], sheet_px: tuple[int, int]) -> list[Spot] | None:
    """Places for rectangles, in shelves from the bottom, in their order.

    Returns
    -------
    list of Spot, or None when the sheet is too small for them.
    """
    spots: list[Spot] = []
    x = y = shelf = 0
    for width, height in sizes_px:
        if x + width > sheet_px[0]:
            x, y, shelf = 0, y + shelf + _GAP_PX, 0
        if width > sheet_px[0] or y + height > sheet_px[1]:
            return None
        spots.append(Spot(x, y, width, height))
        x += width + _GAP_PX
        shelf = max(shelf, height)
    return spots


def pixels(panel: layout.Panel) -> tuple[int, int]:
    """Width and height that a panel takes on the sheet."""
    left, low, right, high = panels.extents_m(panel)
    density = _px_per_m(panel)
    return (math.ceil((right - left) * density), math.ceil((high - low) * density))


def _px_per_m(panel: layout.Panel) -> float:
    return PIXELS_PER_DEG * math.degrees(1.0) / panel.distance_m


class Sheet:
    """The sheet and what is on it.

    Parameters
    ----------
    output : Output
        Whose graphics context draws it.
    source : Panels
        Makes the nodes.
    size_px : tuple of int

    Attributes
    ----------
    texture : Texture
        The drawn sheet.
    changed : bool
        Whether it is drawn anew with each frame, until somebody has taken it.

    Raises
    ------
    OutputError
        When the context gives no such buffer.
    """

    def __init__(
        self, output: Output, source: panels.Panels, size_px: tuple[int, int] = (2048, 1024)
    ) -> None:
        self._output = output
        self._source = source
        self.size_px = size_px
        properties = FrameBufferProperties()
        properties.set_rgba_bits(8, 8, 8, 8)
        self._buffer = output.engine.make_output(
            output.buffer.get_pipe(),
            "sheet",
            -20,
            properties,
            WindowProperties.size(*size_px),
            GraphicsPipe.BF_refuse_window,
            output.buffer.get_gsg(),
            output.buffer,
        )
        if self._buffer is None:
            raise OutputError(f"no text sheet of {size_px[0]}x{size_px[1]} pixels on {output.renderer}")
        self.texture = Texture("sheet")
        self._buffer.add_render_texture(self.texture, GraphicsOutput.RTM_bind_or_copy)
        self._buffer.set_clear_color((0.0, 0.0, 0.0, 0.0))
        self._buffer.set_clear_color_active(True)
        self._buffer.set_active(False)
        lens = OrthographicLens()
        lens.set_film_size(*size_px)
        lens.set_film_offset(size_px[0] / 2.0, size_px[1] / 2.0)
        lens.set_near_far(-10.0, 10.0)
        self._root = NodePath("sheet")
        self._root.set_state(source.root.get_state())
        self._root.set_shader_input("u_right_from_left", LMatrix4.ident_mat())
        self._root.set_shader_input("u_both_eyes", 0.0)
        # Colour over colour, coverage over coverage: what results is premultiplied.
        over = (ColorBlendAttrib.O_incoming_alpha, ColorBlendAttrib.O_one_minus_incoming_alpha)
        cover = (ColorBlendAttrib.O_one, ColorBlendAttrib.O_one_minus_incoming_alpha)
        self._root.set_attrib(
            ColorBlendAttrib.make(ColorBlendAttrib.M_add, *over, ColorBlendAttrib.M_add, *cover), _OVERRIDE
        )
        camera = self._root.attach_new_node(Camera("sheet", lens))
        self._buffer.make_display_region().set_camera(camera)
        self._on: dict[layout.Panel, NodePath] = {}
        self._key: tuple[layout.Panel, ...] = ()
        self._spots: list[Spot] = []
        self.changed = False

    def show(self, shown: Sequence[layout.Panel], time_left_ratio: float | None) -> list[SheetPanel] | None:
        """Bring the sheet to these panels.

        Returns
        -------
        list of SheetPanel, or None when they do not fit: then they belong into the world.
        """
        wanted = panels.with_time_bar(shown, time_left_ratio)
        # Where a panel hangs does not change how it looks.
        looks = tuple(replace(panel, azimuth_deg=0.0, elevation_deg=0.0) for panel in wanted)
        if looks != self._key:
            spots = arrange([pixels(panel) for panel in wanted], self.size_px)
            if spots is None:
                return None
            self._draw(looks, spots)
        return [
            SheetPanel(spot, _middle(panel), _size_m(panel))
            for panel, spot in zip(wanted, self._spots, strict=True)
        ]

    def _draw(self, looks: tuple[layout.Panel, ...], spots: list[Spot]) -> None:
        keys = [replace(look, fill_ratio=None if look.fill_ratio is None else 0.0) for look in looks]
        for key in [old for old in self._on if old not in keys]:
            self._on.pop(key).remove_node()
        for look, key, spot in zip(looks, keys, spots, strict=True):
            if key not in self._on:
                self._on[key] = self._source.build(key, self._root)
            node = self._on[key]
            left, low, _right, _high = panels.extents_m(look)
            density = _px_per_m(look)
            node.set_scale(density)
            node.set_pos(spot.x_px - left * density, 0.0, spot.y_px - low * density)
            panels.fill(node, look)
        self._key, self._spots = looks, spots
        self._buffer.set_active(True)
        self.changed = True

    def taken(self) -> None:
        """What was drawn has been copied: nothing is drawn again until something changes."""
        self._buffer.set_active(False)
        self.changed = False

    def gl_name(self) -> int | None:
        """OpenGL name of the drawn sheet; None before its first frame."""
        prepared = self._output.buffer.get_gsg().get_prepared_objects()
        context = self.texture.prepare_now(0, prepared, self._output.buffer.get_gsg())
        name = 0 if context is None else int(context.get_native_id())
        return name or None

    def close(self) -> None:
        """Let the buffer go."""
        self._output.engine.remove_window(self._buffer)


def _middle(panel: layout.Panel) -> Pose:
    """Where the middle of the rectangle is, seen from the resting eye."""
    left, low, right, high = panels.extents_m(panel)
    heading_deg, pitch_deg = panels.facing_deg(panel)
    x, y, z = panels.place(panel, (0.0, 0.0, 0.0))
    turned = Pose(x, y, z, heading_deg, pitch_deg).matrix() @ [
        (left + right) / 2.0,
        0.0,
        (low + high) / 2.0,
        1.0,
    ]
    return Pose(float(turned[0]), float(turned[1]), float(turned[2]), heading_deg, pitch_deg)


def _size_m(panel: layout.Panel) -> tuple[float, float]:
    # Of the whole pixels taken, so that nothing is stretched.
    width, height = pixels(panel)
    return (width / _px_per_m(panel), height / _px_per_m(panel))
