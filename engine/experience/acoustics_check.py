"""Whether a scene's acoustics fit its models and its path: nodes that stand in the way are there, rooms are entered."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

from engine.errors import InputError, Problem
from engine.experience.glb import open_glb
from engine.time.flicks import FLICKS_PER_SECOND
from engine.timeline.parse import ParsedScene
from engine.timeline.program import Program

_STEP_FL = FLICKS_PER_SECOND // 2


def occluder_problems(folder: Path, parsed: ParsedScene) -> Iterator[Problem]:
    """Names under ``acoustics.occluders`` that fit no node.

    Parameters
    ----------
    folder : Path
        The package.
    parsed : ParsedScene

    Yields
    ------
    Problem
        Nothing where a model is missing, which is said elsewhere.
    """
    file = parsed.file
    if file is None or file.acoustics is None or not file.acoustics.occluders or file.stage is None:
        return
    known: list[str] = []
    for number, name in enumerate(file.stage.model):
        if not (folder / name).is_file():
            return
        try:
            known += open_glb(folder / name).node_names()
        except InputError as error:
            where = ("stage", "model") if len(file.stage.model) == 1 else ("stage", "model", number)
            yield Problem(parsed.places.of(where), str(error), code="model")
            return
    for number, pattern in enumerate(file.acoustics.occluders):
        if any(fnmatchcase(name, pattern) for name in known):
            continue
        near = difflib.get_close_matches(pattern, known, 1, 0.5)
        hint = f"did you mean {near[0]}? " if near else ""
        there = ", ".join(known[:8]) + (", ..." if len(known) > 8 else "")
        yield Problem(
            parsed.places.of(("acoustics", "occluders", number)),
            f"no node of the scene's models is called {pattern!r}",
            f"{hint}they have {there or 'no named nodes'}",
            code="unknown-node",
        )


def room_problems(program: Program, parsed: ParsedScene) -> Iterator[Problem]:
    """Rooms of a scene that its guest never enters, so that nobody hears them.

    Parameters
    ----------
    program : Program
    parsed : ParsedScene

    Yields
    ------
    Problem
        A warning a room.
    """
    if program.acoustics is None or not program.acoustics.rooms:
        return
    way = list(_heads(program))
    for room in program.acoustics.rooms:
        cos, sin = math.cos(math.radians(room.heading_deg)), math.sin(math.radians(room.heading_deg))
        nearest_m = math.inf
        for x, y, z in way:
            dx, dy, dz = x - room.center_m[0], y - room.center_m[1], z - room.center_m[2]
            inside = (abs(dx * cos + dy * sin), abs(-dx * sin + dy * cos), abs(dz))
            nearest_m = min(
                nearest_m,
                math.hypot(*(max(0.0, a - b / 2) for a, b in zip(inside, room.size_m, strict=True))),
            )
        # Between two samples of the path a guest moves some metres at most; a room that is missed by more is elsewhere.
        if nearest_m > room.edge_m / 2 + 2.0:
            yield Problem(
                parsed.places.of(("acoustics", "rooms", room.name)),
                f"the guest never comes into the room, {nearest_m:.0f} m from it at the nearest",
                "positions are the scene's, as on the path",
                "warning",
                "room-unheard",
            )


def _heads(program: Program) -> Iterator[tuple[float, float, float]]:
    """Where the guest's head is, twice a second."""
    eye = (0.0, 0.0, 0.0) if program.stage is None else program.stage.eye_m
    if program.path_channel is None:
        yield eye
        return
    first = program.path_channel
    for step in range(program.duration.nominal_fl // _STEP_FL + 1):
        x, y, z, heading_deg = program.bank.evaluate(step * _STEP_FL)[first : first + 4]
        cos, sin = math.cos(math.radians(heading_deg)), math.sin(math.radians(heading_deg))
        yield (
            float(x + eye[0] * cos - eye[1] * sin),
            float(y + eye[0] * sin + eye[1] * cos),
            float(z + eye[2]),
        )
