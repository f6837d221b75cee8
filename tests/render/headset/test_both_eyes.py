"""Whatever may hang before a guest's eyes must know how to be drawn for both at once."""

from __future__ import annotations

import re
from pathlib import Path

from engine.render.shading import load_shader, shader_source

RENDER = Path(__file__).resolve().parents[3] / "engine" / "render"

# Drawn by cameras of their own: into a depth map, behind the eyes' own regions, in the operator's window.
ALONE = {"shadow.vert", "mask.vert", "mirror.vert"}
# In this file "flat" is drawn in the operator's window too.
WINDOWS = {"overlay.py"}


def test_every_shader_in_sight_knows_both_eyes() -> None:
    found = 0
    for path in RENDER.rglob("*.py"):
        for vertex, rest in re.findall(
            r'load_shader\(\s*"(\w+\.vert)",\s*"\w+\.frag"([^)]*)\)', path.read_text()
        ):
            if path.name in WINDOWS or vertex in ALONE:
                continue
            found += 1
            assert "eyes=True" in rest, (
                f"{path.name}: {vertex} is drawn for the left eye only; load it with eyes=True"
            )
    assert found >= 8


def test_the_code_for_both_eyes_wraps_one_main() -> None:
    for name in sorted(path.name for path in (RENDER / "shaders").glob("*.vert")):
        assert shader_source(name).count("void main()") == 1, name
    shader = load_shader("flat.vert", "flat.frag", eyes=True)
    assert shader.get_text(shader.ST_vertex).count("void main()") == 1
    assert "void one_eye()" in shader.get_text(shader.ST_vertex)
