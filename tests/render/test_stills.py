"""PNG in and out."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from engine.errors import InputError
from engine.render.stills import png_bytes, read_png

PIXELS = np.random.default_rng(1).integers(0, 256, (9, 14, 3)).astype(np.uint8)


def test_another_reader_agrees() -> None:
    np.testing.assert_array_equal(np.array(Image.open(io.BytesIO(png_bytes(PIXELS)))), PIXELS)


def test_round_trip() -> None:
    np.testing.assert_array_equal(read_png(png_bytes(PIXELS)), PIXELS)


def test_wrong_pixels_are_refused() -> None:
    with pytest.raises(ValueError, match="expected uint8 with 3"):
        png_bytes(np.zeros((2, 2, 4), dtype=np.uint8))
    with pytest.raises(InputError, match="not a PNG"):
        read_png(b"GIF89a")
