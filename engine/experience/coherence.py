"""What the files of a package must agree on: every name that one file uses, another one defines."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Literal

from engine.errors import Place, Problem
from engine.experience.asset_rows import matches, rows_of_files
from engine.experience.story_source import StorySource
from engine.timeline.yamlsource import Places

if TYPE_CHECKING:
    from engine.experience.ink_tags import StoryMentions
    from engine.experience.manifest import Captions, Manifest


@dataclass(frozen=True, slots=True)
class PlacedReference:
    """A mention, in a scene, of something that lies elsewhere, and where it stands."""

    kind: Literal["file", "line", "option"]
    value: str
    place: Place


@dataclass(frozen=True, slots=True)
class SceneSource:
    """What a scene file mentions; `name` is its path in the package."""

    name: str
    references: tuple[PlacedReference, ...]


@dataclass(frozen=True, slots=True)
class PackageParts:
    """All that was read of a package; parts that could not be read are None or left out.

    `scenes` holds every scene file by id, sound or not.
    """

    folder: Path
    files: frozenset[str]
    manifest: Manifest | None
    manifest_places: Places
    languages: tuple[str, ...]
    source: StorySource
    mentions: StoryMentions | None
    captions: Mapping[str, tuple[Captions, Places]]
    scenes: Mapping[str, SceneSource]
    shown: Callable[[str], str]


def find_problems(parts: PackageParts) -> list[Problem]:
    """Compare the parts of a package with one another.

    Returns
    -------
    list of Problem
        Errors and warnings; nothing that concerns one file alone.
    """
    return [
        *_manifest_texts(parts),
        *_assets(parts),
        *_files(parts),
        *_scenes(parts),
        *_lines(parts),
        *_options(parts),
        *_stale_story(parts),
    ]


def nearest(word: str, known: Iterable[str]) -> str:
    """Give a hint that names the nearest known word, or some of them when none is near."""
    words = sorted(known)
    near = difflib.get_close_matches(word, words, n=1)
    if near:
        return f"did you mean {near[0]}?"
    if not words:
        return ""
    return f"there are: {', '.join(words[:12])}{', ...' if len(words) > 12 else ''}"


def _manifest_texts(parts: PackageParts) -> Iterator[Problem]:
    if parts.manifest is None:
        return
    for locale in parts.languages:
        if locale not in parts.manifest.title:
            yield Problem(
                parts.manifest_places.of(("title",)),
                f"the title has no text for {locale}, which is one of the languages",
                f"add {locale}: ... to it",
                code="missing-text",
            )


def _assets(parts: PackageParts) -> Iterator[Problem]:
    if parts.manifest is None:
        return
    font = parts.manifest.font
    if font is not None and font not in parts.files:
        place = parts.manifest_places.of(("font",))
        yield _missing_file(parts, place, font)
    rows = rows_of_files(parts.manifest.assets, parts.files)
    for path in sorted(path for path, row in rows.items() if row is None):
        yield Problem(
            parts.manifest_places.of(("assets",)),
            f"{path} has no row in assets: nobody knows where it comes from and under which licence",
            f'add "{path}": {{source: ..., licence: ..., made_by: human | generator | ai}}',
            code="asset-row",
        )
    for pattern in parts.manifest.assets:
        if not any(matches(pattern, path) for path in parts.files):
            yield Problem(
                parts.manifest_places.of(("assets", pattern)),
                f"the asset row {pattern} fits no file",
                "correct it or take it out",
                "warning",
                "unused-row",
            )


def _files(parts: PackageParts) -> Iterator[Problem]:
    for _, reference in _references(parts, "file"):
        if reference.value not in parts.files:
            yield _missing_file(parts, reference.place, reference.value)


def _missing_file(parts: PackageParts, place: Place, name: str) -> Problem:
    pure = PurePosixPath(name)
    if pure.is_absolute() or ".." in pure.parts or "\\" in name or ":" in name:
        message = f"the file {name} is not named from the package's folder"
        return Problem(place, message, "write it as in models/hall.glb", code="outside-package")
    folder = pure.parent.as_posix()
    beside = {path for path in parts.files if PurePosixPath(path).parent.as_posix() == folder}
    hint = nearest(name, beside) if beside else f"the folder {folder} has no files"
    return Problem(place, f"the file {name} does not exist", hint, code="missing-file")


def _scenes(parts: PackageParts) -> Iterator[Problem]:
    if not parts.scenes:
        place = Place(parts.shown("scenes"))
        yield Problem(place, "the package has no scene", "write scenes/<id>.yaml", code="missing-scene")
        return
    if parts.mentions is None:
        return
    for scene in parts.mentions.scenes:
        if scene not in parts.scenes:
            yield Problem(
                parts.source.place("scene", scene),
                f"the story plays the scene {scene}, but scenes/{scene}.yaml does not exist",
                nearest(scene, parts.scenes),
                code="missing-scene",
            )
    for scene in sorted(set(parts.scenes).difference(parts.mentions.scenes)):
        yield Problem(
            Place(parts.shown(parts.scenes[scene].name)),
            f"the story never plays the scene {scene}",
            f"tag a knot with # scene: {scene}, or remove the file",
            "warning",
            "unused-scene",
        )


def _lines(parts: PackageParts) -> Iterator[Problem]:
    """Every line that a scene shows has a caption in every language."""
    first: dict[str, Place] = {}
    for _, reference in _references(parts, "line"):
        first.setdefault(reference.value, reference.place)
    for locale, (captions, places) in parts.captions.items():
        for line, used_at in first.items():
            if line in captions.lines:
                continue
            near = difflib.get_close_matches(line, captions.lines, n=1, cutoff=0.8)
            hint = f"add it, or correct the id at {used_at}"
            if near and near[0] not in first:
                hint += f" (did you mean {near[0]}?)"
            message = f"lines has no {locale} caption for {line}"
            yield Problem(places.of(("lines",)), message, hint, code="missing-caption")


def _options(parts: PackageParts) -> Iterator[Problem]:
    """Every option has a text in every language, and scenes name options that the story has."""
    used: dict[str, Place] = {}
    if parts.mentions is not None:
        for option in parts.mentions.option_ids:
            used[option] = parts.source.place("id", option)
    for _, reference in _references(parts, "option"):
        if parts.mentions is not None and reference.value not in parts.mentions.option_ids:
            yield Problem(
                reference.place,
                f"the story has no option {reference.value}",
                nearest(reference.value, parts.mentions.option_ids),
                code="unknown-option",
            )
        elif reference.value not in used:
            used[reference.value] = reference.place
    for locale, (captions, places) in parts.captions.items():
        for option, used_at in used.items():
            if option not in captions.options:
                message = f"options has no {locale} text for {option}"
                hint = f"add it, or correct the id at {used_at}"
                yield Problem(places.of(("options",)), message, hint, code="missing-caption")


def _stale_story(parts: PackageParts) -> Iterator[Problem]:
    """The compiled story knows every scene and id of its source; else it is older."""
    if parts.mentions is None:
        return
    mentions = parts.mentions
    compiled = {
        "scene": frozenset(mentions.scenes),
        "id": frozenset((*mentions.line_ids, *mentions.option_ids)),
        "speaker": frozenset(mentions.speakers.values()),
    }
    for number, key, value in parts.source.tags():
        # Tags may hold inline ink ({x}): their text is only known when the story runs.
        if key in compiled and value not in compiled[key] and "{" not in value:
            yield Problem(
                Place(parts.shown(parts.source.name), number),
                f"the compiled story does not know # {key}: {value}; it is older than its source",
                "run `sensorama compile`",
                "warning",
                "stale-story",
            )
            return


def _references(parts: PackageParts, kind: str) -> Iterator[tuple[str, PlacedReference]]:
    for scene, source in parts.scenes.items():
        for reference in source.references:
            if reference.kind == kind:
                yield scene, reference
