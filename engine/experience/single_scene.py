"""An experience of one scene, as importers make it: it plays at once and can be edited like any other."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from engine.errors import OutputError, UsageError
from engine.experience.scene_writer import RoleRow, TrackOut, quoted

SCENE = "main"
_STORY = """// The story of an imported effect file: one scene. Compile with `sensorama compile` after a change.
-> main

=== main
# scene: main
-> END
"""
_STORY_JSON = (
    '{"inkVersion":21,"root":[[{"->":"main"},["done",{"#n":"g-0"}],null],"done",'
    '{"main":["#","^scene: main","/#","end",null]}],"listDefs":{}}'
)


def identifier(text: str) -> str:
    """A name as roles and experiences have them: small letters, digits and underscores, beginning with a letter."""
    made = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
    return made if made[:1].isalpha() else f"x_{made}" if made else "x"


def refuse_taken(target: Path) -> None:
    """Raise UsageError for a place that holds something already."""
    if target.exists() and (target.is_file() or any(target.iterdir())):
        raise UsageError(f"{target} is there already; choose another place with --out, or remove it")


def write_scene_or_package(target: Path, title: str, tracks: Sequence[TrackOut], scene: str) -> None:
    """Write a scene file where `target` ends in ``.yaml``, else a whole experience around it.

    Raises
    ------
    OutputError
        When it cannot be written.
    """
    try:
        if target.suffix == ".yaml":
            target.write_text(scene, encoding="utf-8", newline="\n")
        else:
            _write_package(target, title, tracks, scene)
    except OSError as error:
        raise OutputError(f"{target} cannot be written: {error.strerror or error}") from error


def _write_package(folder: Path, title: str, tracks: Sequence[TrackOut], scene: str) -> None:
    name = identifier(folder.name)
    roles: dict[str, RoleRow] = {track.role.name: track.role for track in tracks if track.role is not None}
    shown = quoted(title)
    rows = "\n".join(role.text for role in roles.values())
    manifest = (
        f"sensorama: 1\nid: {name}\ntitle: {{en: {shown}, zh: {shown}}}\nlanguages: [en, zh]\n"
        "story: story.ink.json\n" + (f"roles:\n{rows}\n" if rows else "roles: {}\n") + "assets: {}\n"
    )
    files = {
        "experience.yaml": manifest,
        "story.ink": _STORY,
        "story.ink.json": _STORY_JSON,
        f"scenes/{SCENE}.yaml": scene,
        "captions/en.yaml": "lines: {}\noptions: {}\n",
        "captions/zh.yaml": "lines: {}\noptions: {}\n",
    }
    for relative, text in files.items():
        written = folder / relative
        written.parent.mkdir(parents=True, exist_ok=True)
        written.write_text(text, encoding="utf-8", newline="\n")
