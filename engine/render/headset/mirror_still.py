"""A screenshot without a stutter: copied whole on the graphics card in one frame, read back strip by strip in the next ones."""

from __future__ import annotations

import numpy as np
from panda3d.core import (
    Camera,
    GraphicsBuffer,
    GraphicsOutput,
    LVecBase4f,
    NodePath,
    OrthographicLens,
    Texture,
)

from engine.render.headset.clip import RawPicture
from engine.render.headset.mirror_draw import Part, aim, buffer, card, draw_alone, raw
from engine.render.headset.steady import Matrix
from engine.render.output import Output

STRIP_BYTES = 1 << 20
"""Read back in one frame: a few tenths of a millisecond over PCI Express."""

WHOLE: Matrix = np.array([[0.5, 0.0, 0.5], [0.0, 0.5, 0.5], [0.0, 0.0, 1.0]])
"""The look-up that shows a part as it is."""


class Still:
    """A screenshot on its way: copied whole on the graphics card, then read back strip by strip."""

    def __init__(self, output: Output, host: GraphicsOutput) -> None:
        self._output = output
        self._host = host
        self._at_ns = 0
        self._size_px = (0, 0)
        self._copy: GraphicsBuffer | None = None
        self._copied = Texture("still")
        self._strip: GraphicsBuffer | None = None
        self._strip_pixels = Texture("strip")
        self._root = NodePath("still")
        self._card = card(self._root, LVecBase4f(-1.0, 1.0, -1.0, 1.0))
        self._card.show()
        self._camera = self._root.attach_new_node(Camera("still", OrthographicLens()))
        self._rows: list[bytes] = []
        self._done: RawPicture | None = None

    def step(self, texture: Texture, at_ns: int) -> RawPicture | None:
        """Go on by one frame's worth; the picture once it is whole."""
        if self._done is not None:
            return self._done
        if self._copy is None or self._strip is None:
            self._begin(texture, at_ns)
            return None
        width_px, height_px = self._size_px
        strip_px = self._strip.get_y_size()
        first = len(self._rows) * strip_px
        self._draw(self._strip, self._copied, (0.0, first / height_px, 1.0, strip_px / height_px))
        strip = raw(self._strip_pixels, self._at_ns)
        if strip is None:
            return None
        row_bytes = width_px * strip.channels
        self._rows.append(strip.data[: min(strip_px, height_px - first) * row_bytes])
        if first + strip_px >= height_px:
            self._done = RawPicture(self._at_ns, width_px, height_px, strip.channels, b"".join(self._rows))
        return self._done

    def _begin(self, texture: Texture, at_ns: int) -> None:
        width_px, height_px = texture.get_x_size(), texture.get_y_size()
        self._size_px, self._at_ns = (width_px, height_px), at_ns
        self._copy = buffer(self._output, "still", self._size_px, self._host)
        self._copy.add_render_texture(self._copied, GraphicsOutput.RTM_bind_or_copy)
        strip_px = max(1, min(height_px, STRIP_BYTES // (4 * width_px)))
        self._strip = buffer(self._output, "strip", (width_px, strip_px), self._host)
        self._strip.add_render_texture(self._strip_pixels, GraphicsOutput.RTM_copy_ram)
        for made in (self._copy, self._strip):
            made.make_display_region().set_camera(self._camera)
            made.set_active(False)
        self._draw(self._copy, texture, (0.0, 0.0, 1.0, 1.0))

    def _draw(self, target: GraphicsBuffer, texture: Texture, part: Part) -> None:
        aim(self._card, texture, WHOLE, part)
        draw_alone(self._output, [target])

    def close(self) -> None:
        """Let the buffers go."""
        for made in (self._copy, self._strip):
            if made is not None:
                self._output.engine.remove_window(made)
        self._root.remove_node()
