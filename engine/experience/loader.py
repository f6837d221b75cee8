"""Reads the files of a package, each as far as it goes, so that all mistakes come in one run.

Design remarks
--------------
A mistake in one file must not hide those of another: a manifest with a wrong role still gives its other roles
to the scenes, a missing story still lets captions be checked. What a broken part would only repeat (a role
that stands in the manifest, but with a mistake) is not reported twice.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from engine.errors import Place, Problem
from engine.experience import coherence
from engine.experience.acoustics_check import occluder_problems, room_problems
from engine.experience.asset_rows import rows_of_files
from engine.experience.bundled import MANIFEST_NAME, shown_file
from engine.experience.coherence import PackageParts, PlacedReference, SceneSource
from engine.experience.ink_tags import StoryMentions, parse_story, story_mentions
from engine.experience.lines import LineTable, LocaleText
from engine.experience.manifest import LOCALE_PATTERN, AssetRow, Captions, Manifest
from engine.experience.media_lengths import MediaLengths
from engine.experience.references import references
from engine.experience.story_source import StorySource, ink_source
from engine.timeline.compile import compile_scene
from engine.timeline.parse import parse_scene, read_model
from engine.timeline.program import Program
from engine.timeline.roles import RoleKind, RoleSpec, RoleTable
from engine.timeline.yamlsource import Places, load_yaml


@dataclass(frozen=True, slots=True)
class Loaded:
    """The parts of a package that could be read in full."""

    manifest: Manifest
    scenes: tuple[Program, ...]
    roles: RoleTable
    story_json: str
    mentions: StoryMentions
    lines: LineTable
    assets: Mapping[str, AssetRow]


class Loader:
    """Reads one package; `problems` grows as it goes.

    Parameters
    ----------
    folder : Path
        The package.
    files : tuple of Path
        Its content, relative to the folder.
    cwd : Path, optional
        The folder that messages name files from.
    """

    def __init__(self, folder: Path, files: tuple[Path, ...], *, cwd: Path | None = None) -> None:
        self.problems: list[Problem] = []
        self._folder = folder
        self._files = tuple(path.as_posix() for path in files)
        self._cwd = cwd

    def load(self) -> Loaded | None:
        """Read everything; None when a part without which there is no package could not be read."""
        data, places = self._yaml(MANIFEST_NAME)
        manifest = None
        if data is not None or not self.problems:  # what is no YAML at all has been said
            manifest = read_model(Manifest, data, places, self.problems, what=MANIFEST_NAME)
        roles = _roles(data, manifest)
        languages = self._languages(data, manifest)
        story_name = manifest.story if manifest is not None else _text(data, "story", "story.ink.json")
        story_json, mentions = self._story(story_name, places)
        captions = {locale: self._captions(locale, places) for locale in languages}
        scenes, sources = self._scenes(roles, languages)
        parts = PackageParts(
            folder=self._folder,
            files=frozenset(self._files),
            manifest=manifest,
            manifest_places=places,
            languages=languages,
            source=StorySource(self._folder, story_name, self._files, self._shown),
            mentions=mentions,
            captions={locale: found for locale, found in captions.items() if found is not None},
            scenes=sources,
            shown=self._shown,
        )
        self.problems.extend(coherence.find_problems(parts))
        if manifest is None or mentions is None or roles is None:
            return None
        return Loaded(
            manifest=manifest,
            scenes=scenes,
            roles=roles,
            story_json=story_json,
            mentions=mentions,
            lines=LineTable(
                languages,
                {
                    locale: _locale_text(locale, found[0], mentions, self._folder)
                    for locale, found in parts.captions.items()
                },
            ),
            assets={
                path: manifest.assets[row]
                for path, row in rows_of_files(manifest.assets, self._files).items()
                if row is not None
            },
        )

    def _shown(self, name: str) -> str:
        return shown_file(self._folder / name, cwd=self._cwd)

    def _yaml(self, name: str) -> tuple[Any, Places]:
        return load_yaml(self._folder / name, shown=self._shown(name), problems=self.problems)

    def _story(self, name: str, places: Places) -> tuple[str, StoryMentions | None]:
        source = ink_source(name)
        if name not in self._files:
            have = source in self._files
            hint = f"compile {source} with `sensorama compile`" if have else f"write {source} and compile it"
            message = f"the compiled story {name} does not exist"
            self.problems.append(Problem(places.of(("story",)), message, hint, code="missing-file"))
            return "", None
        try:
            text = (self._folder / name).read_text(encoding="utf-8-sig")
            return text, story_mentions(parse_story(text))
        except UnicodeDecodeError as error:
            message = f"the story is not UTF-8 (byte {error.start})"
        except ValueError as error:
            message = f"the story {error}"
        hint = f"compile {source} again with `sensorama compile`"
        self.problems.append(Problem(Place(self._shown(name)), message, hint, code="story"))
        return "", None

    def _captions(self, locale: str, manifest_places: Places) -> tuple[Captions, Places] | None:
        name = f"captions/{locale}.yaml"
        if name not in self._files:
            message = f"the language {locale} has no captions, {name} does not exist"
            hint = f"write it, or take {locale} out of languages"
            place = manifest_places.of(("languages",))
            self.problems.append(Problem(place, message, hint, code="missing-file"))
            return None
        before = len(self.problems)
        data, places = self._yaml(name)
        if data is None and len(self.problems) > before:
            return None
        captions = read_model(Captions, data, places, self.problems, what=name)
        return None if captions is None else (captions, places)

    def _languages(self, data: Any, manifest: Manifest | None) -> tuple[str, ...]:
        """Give the languages; of a manifest with mistakes those it names, else those with captions."""
        if manifest is not None:
            return tuple(manifest.languages)
        named = data.get("languages") if isinstance(data, dict) else None
        if not isinstance(named, list):
            named = [
                PurePosixPath(name).stem
                for name in self._files
                if PurePosixPath(name).match("captions/*.yaml")
            ]
        fitting = (name for name in named if isinstance(name, str) and re.fullmatch(LOCALE_PATTERN, name))
        return tuple(dict.fromkeys(fitting))

    def _scenes(
        self, roles: RoleTable | None, languages: tuple[str, ...]
    ) -> tuple[tuple[Program, ...], Mapping[str, SceneSource]]:
        length_of = MediaLengths(self._folder, self._files, languages)
        programs: list[Program] = []
        sources: dict[str, SceneSource] = {}
        for name in self._files:
            path = PurePosixPath(name)
            if path.parent.as_posix() != "scenes" or path.suffix not in {".yaml", ".yml"}:
                continue
            if path.suffix == ".yml":
                place = Place(self._shown(name))
                self.problems.append(
                    Problem(
                        place, "scene files end in .yaml", f"rename it to {path.stem}.yaml", code="scene-name"
                    )
                )
            before = len(self.problems)
            data, places = self._yaml(name)
            if data is None and len(self.problems) > before:
                sources[path.stem] = SceneSource(name, ())
                continue
            parsed = parse_scene(data, places, self.problems)
            # Without knowing the roles nothing useful can be said about the tracks that play on them.
            program = (
                None
                if roles is None
                else compile_scene(
                    parsed,
                    scene_id=path.stem,
                    index=len(programs),
                    roles=roles,
                    problems=self.problems,
                    length_of=length_of,
                )
            )
            self.problems.extend(occluder_problems(self._folder, parsed))
            if program is not None:
                self.problems.extend(room_problems(program, parsed))
            mentioned = () if parsed.file is None else references(parsed.file)
            placed = (PlacedReference(row.kind, row.value, parsed.places.of(row.path)) for row in mentioned)
            sources[path.stem] = SceneSource(name, tuple(placed))
            if program is not None:
                programs.append(program)
        return tuple(programs), sources


def _text(data: Any, key: str, default: str) -> str:
    found = data.get(key) if isinstance(data, dict) else None
    return found if isinstance(found, str) else default


def _roles(data: Any, manifest: Manifest | None) -> RoleTable | None:
    """Give the roles; of a manifest with mistakes, all names it declares, of the kind that was likely meant.

    None where not even their names can be read.
    """
    if manifest is not None:
        return RoleTable.of([role.spec(name) for name, role in manifest.roles.items()])
    declared = data.get("roles", {}) if isinstance(data, dict) else None
    if not isinstance(declared, dict):
        return None
    kinds = [kind.value for kind in RoleKind]
    specs: list[RoleSpec] = []
    for name, role in declared.items():
        written = str(role.get("kind")) if isinstance(role, dict) else ""
        near = difflib.get_close_matches(written, kinds, n=1, cutoff=0.4)
        specs.append(RoleSpec(name, RoleKind(near[0]) if near else RoleKind.LEVEL))
    return RoleTable.of(specs)


def _locale_text(locale: str, captions: Captions, mentions: StoryMentions, folder: Path) -> LocaleText:
    speakers: dict[str, str] = {}
    for line, entry in captions.lines.items():
        key = entry.speaker or mentions.speakers.get(line)
        if key is not None:
            speakers[line] = captions.speakers.get(key, key)
    return LocaleText(
        locale=locale,
        lines={line: entry.text for line, entry in captions.lines.items()},
        options=captions.options,
        speakers=speakers,
        path=folder / "captions" / f"{locale}.yaml",
    )
