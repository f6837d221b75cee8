"""Builders that the timeline's tests share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from engine.errors import Problem
from engine.timeline.compile import compile_scene
from engine.timeline.parse import parse_scene
from engine.timeline.program import Program
from engine.timeline.roles import RoleKind, RoleSpec, RoleTable
from engine.timeline.yamlsource import load_yaml_text

ROLES = RoleTable.of(
    [
        RoleSpec("seat.motion", RoleKind.MOTION, "seat", "motion"),
        RoleSpec("seat.shaker", RoleKind.HAPTIC, "seat", "haptic"),
        RoleSpec("air.wind", RoleKind.LEVEL, "room", "wind"),
        RoleSpec("light.street", RoleKind.COLOR, "room", "light"),
        RoleSpec("look.exposure", RoleKind.LEVEL, picture_only=True, rest=(1.0,)),
    ]
)

Build = Callable[..., Program]


@pytest.fixture(scope="session")
def roles() -> RoleTable:
    """Five roles, one of each kind and one with a rest of 1."""
    return ROLES


@pytest.fixture(scope="session")
def problems_of() -> Callable[[str], list[Problem]]:
    """All problems of a scene written as YAML, in the order of their lines."""

    def find(text: str) -> list[Problem]:
        problems: list[Problem] = []
        data, places = load_yaml_text(text, "scene.yaml", problems)
        parsed = parse_scene(data, places, problems)
        compile_scene(parsed, scene_id="scene", index=0, roles=ROLES, problems=problems)
        return sorted(problems, key=lambda problem: problem.place.line or 0)

    return find


@pytest.fixture(scope="session")
def build() -> Build:
    """A program from a scene written as YAML text or as data; the scene must be sound."""

    def compiled(scene: str | dict[str, Any], *, index: int = 0, **more: Any) -> Program:
        problems: list[Problem] = []
        if isinstance(scene, str):
            data, places = load_yaml_text(scene, "scene.yaml", problems)
        else:
            data, places = scene, load_yaml_text("", "scene.yaml")[1]
        parsed = parse_scene(data, places, problems)
        program = compile_scene(
            parsed, scene_id=f"scene{index}", index=index, roles=ROLES, problems=problems, **more
        )
        assert program is not None, "\n".join(str(problem) for problem in problems)
        return program

    return compiled
