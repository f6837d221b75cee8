"""Small pictures for reports: shrunk and packed as JPEG by Panda3D, so that no further library is needed."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]


def shrink(pixels: Pixels, width_px: int) -> Pixels:
    """Average whole blocks so that the picture is about `width_px` wide; never enlarges."""
    block = max(1, pixels.shape[1] // width_px)
    if block == 1:
        return pixels
    height, width = pixels.shape[0] // block * block, pixels.shape[1] // block * block
    blocks = pixels[:height, :width].reshape(height // block, block, width // block, block, 3)
    return blocks.mean(axis=(1, 3)).astype(np.uint8)


def jpeg_bytes(pixels: Pixels) -> bytes:
    """Encode 8-bit RGB pixels (top row first) as JPEG at Panda3D's configured quality."""
    from panda3d.core import PNMImage, StringStream, Texture

    height, width, _ = pixels.shape
    texture = Texture()
    texture.setup_2d_texture(width, height, Texture.T_unsigned_byte, Texture.F_rgb)
    texture.set_ram_image_as(np.ascontiguousarray(pixels[::-1]).tobytes(), "RGB")
    image = PNMImage()
    texture.store(image)
    stream = StringStream()
    image.write(stream, "still.jpg")
    return bytes(stream.get_data())
