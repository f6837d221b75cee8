"""Stills of what the left eye sees, for the report: drawn small on the graphics card first, so that reading one back is soon done."""

from __future__ import annotations

from pathlib import Path

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

from engine.errors import OutputError
from engine.render.eye import Matrix
from engine.render.headset.mirror import EyesPicture
from engine.render.headset.mirror_draw import aim, buffer, card, draw_alone, raw
from engine.render.output import Output
from engine.render.stills import png_bytes
from engine.xr.values import LEFT

#: Of the longer side; a report shows no more.
LONGEST_PX = 960
# The look-up that shows a part as it is.
_WHOLE: Matrix = np.array([[0.5, 0.0, 0.5], [0.0, 0.5, 0.5], [0.0, 0.0, 1.0]])


class Stills:
    """Writes them.

    Parameters
    ----------
    output : Output
        Whose context the eyes are drawn in.
    """

    def __init__(self, output: Output) -> None:
        self._output = output
        self._root = NodePath("report")
        self._card = card(self._root, LVecBase4f(-1.0, 1.0, -1.0, 1.0))
        self._card.show()
        self._camera = self._root.attach_new_node(Camera("report", OrthographicLens()))
        self._pixels = Texture("report")
        self._buffer: GraphicsBuffer | None = None

    def write(self, picture: EyesPicture, path: Path) -> None:
        """Write the left eye's last picture as PNG.

        Raises
        ------
        OutputError
            When it cannot be drawn or written.
        """
        if self._buffer is None:
            self._buffer = self._make(picture)
        aim(self._card, picture.texture, _WHOLE, picture.parts[LEFT])
        draw_alone(self._output, [self._buffer])
        drawn = raw(self._pixels, picture.at_ns)
        if drawn is None:
            raise OutputError(f"{path}: the graphics card gave no picture back. Update its driver")
        try:
            path.write_bytes(png_bytes(drawn.rgb()))
        except OSError as error:
            raise OutputError(
                f"{path}: cannot be written ({error.strerror}). Choose another folder or free some space"
            ) from error

    def _make(self, picture: EyesPicture) -> GraphicsBuffer:
        _left, _low, width, height = picture.parts[LEFT]
        size = (picture.texture.get_x_size() * width, picture.texture.get_y_size() * height)
        scale = min(1.0, LONGEST_PX / max(size))
        made = buffer(
            self._output, self._output.buffer, "report", (round(size[0] * scale), round(size[1] * scale))
        )
        made.add_render_texture(self._pixels, GraphicsOutput.RTM_copy_ram)
        made.make_display_region().set_camera(self._camera)
        made.set_active(False)
        return made

    def close(self) -> None:
        """Let the buffer go."""
        if self._buffer is not None:
            self._output.engine.remove_window(self._buffer)
            self._buffer = None
        self._root.remove_node()
