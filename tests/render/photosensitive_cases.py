"""A picture under a strobe, as a photosensitive guest sees it: read back, as relative luminance (WCAG 2.2)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.experience.package import load_package
from engine.render.viewer import Viewer, ViewerOptions
from engine.time import LocalBlock, TransportWriter
from tests.render.show import write_package

HZ = 4.0
GAINS = "gains: {a: {role: light.hero}, b: 1.0, c: 1.0}"
HERO = "cues: [{at: 0s, set: [1.0, 0.6, 0.3]}, {at: 10s, to: [0, 0, 0], over: 4s, ease: smooth}]"
WIND = "{role: air.wind, kind: level, cues: [{at: 0s, set: 1.0}]}"


@pytest.fixture
def strobing(tmp_path: Path) -> tuple[Viewer, int]:
    """The canal with every lamp and the exposure going on and off together, four times a second."""
    folder = tmp_path / "strobe"
    write_package(folder)
    scene = folder / "scenes" / "quay.yaml"
    text = scene.read_text(encoding="utf-8")
    assert all(part in text for part in (GAINS, HERO, WIND))
    cues = ", ".join(f"{{at: {number / HZ / 2}s, set: {number % 2}}}" for number in range(round(8 * HZ)))
    text = text.replace(GAINS, "gains: {a: {role: light.hero}, b: {role: light.hero}, c: {role: light.hero}}")
    text = text.replace(
        "  model: models/canal.glb", "  model: models/canal.glb\n  exposure: {role: air.wind}"
    )
    text = text.replace(HERO, f"cues: [{cues}]")
    text = text.replace(WIND, f"{{role: air.wind, kind: level, cues: [{cues}]}}")
    scene.write_text(text, encoding="utf-8")
    options = ViewerOptions(size=(96, 54), headless=True, quality="test", cache=tmp_path / "cache")
    package = load_package(folder)
    return Viewer(package, options), package.scene_index["quay"]


def luminance(pixels: np.ndarray) -> float:
    """Relative luminance of a whole picture, 0..1 (IEC 61966-2-1 decoded, Rec. 709 weights)."""
    coded = pixels.astype(np.float64) / 255.0
    light = np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)
    return float((light @ [0.2126, 0.7152, 0.0722]).mean())


def test_a_strobe_of_lamps_and_exposure_together_is_steady_light(
    strobing: tuple[Viewer, int],
) -> None:
    courses = []
    made, scene = strobing
    with made as viewer:
        for photosensitive in (False, True):
            writer = TransportWriter(LocalBlock())
            writer.append(from_ns=0, scene=scene)
            writer.profile(0, from_ns=0, photosensitive=photosensitive)
            course = []
            for frame in range(8):
                viewer.draw(writer.transport, 2_000_000_000 + frame * 70_000_000)
                course.append(luminance(viewer.grab()))
            courses.append(course)
    plain, calm = (np.array(course) for course in courses)
    assert plain.max() > 5 * plain.min()
    assert calm.max() - calm.min() < 0.05 * plain.max()
    assert calm.min() > 0.2 * plain.max()
