"""Whether the nodes that a scene names as standing in sound's way are in its models."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

from engine.errors import InputError, Problem
from engine.experience.glb import open_glb
from engine.timeline.parse import ParsedScene


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
