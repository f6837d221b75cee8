"""One reference picture a scene, as the software rasteriser draws it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.experience.package import Package
from engine.render.viewer import Viewer
from engine.time import Segment, SegmentKind, Transport
from tests.experiences.golden import DATA

SIZE = (320, 180)
#: As in tests/render: LLVM versions round differently. More pixels may differ here, for these scenes are full of small lights.
TOLERANCE = 8
OUTLIERS = 0.01


def frame_path(name: str, scene: str) -> Path:
    """Where a scene's reference picture lies."""
    return DATA / name / f"{scene}.png"


def draw(viewer: Viewer, package: Package, scene: str) -> NDArray[np.uint8]:
    """The scene two fifths through, where a run keeps its still."""
    at_fl = package.scene(scene).duration.nominal_fl * 2 // 5
    index = package.scene_index[scene]
    viewer.draw(Transport(segments=(Segment(0, 0, index, at_fl, 0, 1, SegmentKind.SEEK, 0, 0, at_fl),)), 0)
    return viewer.grab()


def share_apart(expected: NDArray[np.uint8], pixels: NDArray[np.uint8]) -> float:
    """Share of the pixels that differ by more than rounding."""
    if expected.shape != pixels.shape:
        return 1.0
    apart = np.abs(pixels.astype(np.int16) - expected.astype(np.int16)).max(axis=2)
    return float((apart > TOLERANCE).mean())
