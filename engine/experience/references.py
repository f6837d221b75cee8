"""What a scene file refers to outside itself: files, line ids, options. Each with its path, for messages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from engine.timeline.model import SceneFile, Track

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """One mention of something that lies elsewhere in the package."""

    kind: Literal["file", "line", "option"]
    value: str
    path: Path


def references(scene: SceneFile) -> Iterator[Reference]:
    """Walk a scene and give every reference, in the order of the file's parts."""
    if scene.stage is not None:
        for index, name in enumerate(scene.stage.model):
            path: Path = ("stage", "model") if len(scene.stage.model) == 1 else ("stage", "model", index)
            yield Reference("file", name, path)
        if scene.stage.vehicle is not None:
            yield Reference("file", scene.stage.vehicle, ("stage", "vehicle"))
    yield from _of_tracks(scene.tracks, ("tracks",))
    for name, reaction in scene.reactions.items():
        yield from _of_tracks(reaction.tracks, ("reactions", name, "tracks"))
    if scene.window is not None:
        for option in scene.window.options:
            yield Reference("option", option, ("window", "options", option))
    for index, trigger in enumerate(scene.triggers):
        if trigger.do.vote is not None:
            yield Reference("option", trigger.do.vote, ("triggers", index, "do", "vote"))


def _of_tracks(tracks: tuple[Track, ...], root: Path) -> Iterator[Reference]:
    for index, track in enumerate(tracks):
        at: Path = (*root, index)
        if track.kind == "video":
            yield Reference("file", track.file, (*at, "file"))
        elif track.kind == "motion" and track.from_ is not None and track.from_ != "path":
            yield Reference("file", track.from_.telemetry, (*at, "from", "telemetry"))
        elif track.kind == "audio":
            for number, sound in enumerate(track.cues):
                yield Reference("file", sound.file, (*at, "cues", number, "file"))
        elif track.kind == "line":
            for number, line in enumerate(track.cues):
                yield Reference("line", line.line, (*at, "cues", number, "line"))
        elif track.kind == "caption":
            for number, caption in enumerate(track.cues):
                yield Reference("line", caption.line, (*at, "cues", number, "line"))
