"""Acoustics that do not fit a scene's models or its path are said at their line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.errors import PackageError, Problem
from engine.experience import load_package
from tests.audio.acoustics.glbs import glb, quad_tree
from tests.experience.packages import append, good_package, line_of, replace, write

LAMP = "scenes/lamp.yaml"
QUAD = np.array([[0, 0, 0], [2, 0, 0], [2, 1, 0]], np.float32)
MODEL = glb(*quad_tree(QUAD))


def problems(tmp_path: Path, acoustics: str, model: bytes = MODEL) -> tuple[Path, list[Problem]]:
    folder = good_package(tmp_path)
    write("models/quay.glb", model)(folder)
    replace(LAMP, "stage:\n", "stage:\n  model: models/quay.glb\n")(folder)
    append(LAMP, f"acoustics:\n{acoustics}\n")(folder)
    replace(
        "experience.yaml", "assets: {}", 'assets: {"models/*.glb": {source: s, licence: CC0, made_by: human}}'
    )(folder)
    try:
        return folder, list(load_package(folder, hashed=False).warnings)
    except PackageError as error:
        return folder, list(error.problems)


def test_nodes_that_are_there_are_no_mistake(tmp_path: Path) -> None:
    assert problems(tmp_path, "  occluders: [wall, ho*, '*']")[1] == []


def test_a_node_that_is_not_there_is_said(tmp_path: Path) -> None:
    folder, (problem,) = problems(tmp_path, "  occluders:\n    - house\n    - walls")
    assert problem.place.line == line_of(folder / LAMP, "- walls")
    assert (
        "no node of the scene's models is called 'walls'. did you mean wall? they have house, wall, lawn"
        in str(problem)
    )


@pytest.mark.parametrize("model", [b"PNG", MODEL[:40]])
def test_a_model_that_cannot_be_read_is_said(tmp_path: Path, model: bytes) -> None:
    _, found = problems(tmp_path, "  occluders: wall", model)
    assert any("quay.glb" in str(problem) and problem.severity == "error" for problem in found)


@pytest.mark.parametrize(
    ("center", "heading", "said"),
    [
        ("[0, 9, 2]", "0deg", ""),
        ("[0, 30, 2]", "0deg", "the guest never comes into the room, 13 m from it"),
        ("[0, 18, 2]", "0deg", ""),  # 1 m off: its edge may be heard
        (
            "[0, 18, 2]",
            "90deg",
            "the guest never comes into the room, 4 m from it",
        ),  # turned, it is 4 m deep and not 10
    ],
)
def test_a_room_nobody_enters_is_said(tmp_path: Path, center: str, heading: str, said: str) -> None:
    room = f"{{center: {center}, size: [4, 10, 4], heading: {heading}, walls: stone}}"
    _, found = problems(tmp_path, f"  rooms: {{hall: {room}}}")
    assert [problem.severity for problem in found] == (["warning"] if said else [])
    assert said in " ".join(map(str, found))
