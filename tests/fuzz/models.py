"""Models whose geometry stands in sound's way."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from engine.audio.acoustics.triangles import model_triangles
from engine.errors import InputError
from tests.audio.acoustics.glbs import glb, quad_tree
from tests.fuzz.files import _file
from tests.fuzz.target import Target

_CORNERS = np.array([[0, 0, 0], [2, 0, 0], [2, 1, 0], [0, 1, -3]], np.float32)


def _seeds() -> Sequence[bytes]:
    index = np.array([0, 1, 2, 0, 2, 3])
    return [glb(*quad_tree(_CORNERS, index)), glb(*quad_tree(_CORNERS.astype(np.int16), mode=5))]


def _read(path: Path) -> None:
    found = model_triangles([path], ["*"])
    assert found.shape[1:] == (3, 3) and bool(np.isfinite(found).all())


MODELS = (
    Target(
        "glb-triangles", _file(".glb", _read), _seeds, (InputError,),
        ("engine.audio.acoustics.triangles:model_triangles", "engine.experience.glb:open_glb"),
    ),
)  # fmt: skip
