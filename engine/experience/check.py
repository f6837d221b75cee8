"""What a package that loads can still have wrong: its story against its scenes, and both against a rig.

`load_package` proves that the files agree by name. Here the story's graph says which scenes follow which, so
that windows are compared with the options really offered, and every seam with the time that devices need.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Protocol

from engine.errors import MissingExtra, Place, Problem
from engine.experience.asset_rows import is_asset
from engine.experience.bundled import shown_file
from engine.experience.coherence import nearest
from engine.experience.content_hash import content_files
from engine.experience.lead_time import lead_fl, worst_candidate
from engine.experience.motion_fit import excesses
from engine.experience.package import Package
from engine.experience.resolve import Bindings, resolve
from engine.experience.rig import Rig
from engine.experience.story_source import StorySource
from engine.time.flicks import fl_to_ns, format_fl
from engine.timeline.program import Program
from engine.timeline.yamlsource import Places, load_yaml


class GraphOption(Protocol):
    """An option that the story may offer after a scene."""

    @property
    def id(self) -> str:
        """Its id; empty when it has none."""
        ...


class GraphScene(Protocol):
    """A scene as the story knows it."""

    @property
    def id(self) -> str:
        """Its id."""
        ...

    @property
    def options(self) -> Sequence[GraphOption]:
        """The options that may be offered after it."""
        ...


class GraphEdge(Protocol):
    """A way from one scene to the next."""

    @property
    def source(self) -> str:
        """The scene before; empty at the start."""
        ...

    @property
    def target(self) -> str:
        """The scene after; empty at the end."""
        ...

    @property
    def option(self) -> str:
        """The option that leads there; empty where nothing is chosen."""
        ...


class StoryGraph(Protocol):
    """The story's scenes and ways; `engine.story.graph.build_graph` makes one."""

    @property
    def scenes(self) -> Sequence[GraphScene]:
        """All scenes."""
        ...

    @property
    def edges(self) -> Sequence[GraphEdge]:
        """All ways between them."""
        ...

    @property
    def problems(self) -> Sequence[Problem]:
        """What is wrong with the story by itself."""
        ...


def check_package(
    package: Package,
    rig: Rig,
    graph: StoryGraph,
    *,
    story_problems: Sequence[Problem] = (),
    cwd: Path | None = None,
) -> list[Problem]:
    """Check a loaded package against its story and a rig.

    Parameters
    ----------
    package : Package
        It has been loaded, so its files agree by name.
    rig : Rig
        The venue whose latencies the lead-time law is about.
    graph : StoryGraph
        The graph of the package's story.
    story_problems : sequence of Problem, optional
        What the compiler of the story had to say (float literals).
    cwd : Path, optional
        The folder that messages name files from.

    Returns
    -------
    list of Problem
        Errors and warnings, the package's own warnings included, each once, in the order of files and lines.
    """
    checks = _Checks(package, rig, graph, cwd)
    found = [*package.warnings, *story_problems, *checks.run()]
    unique = {(problem.place, problem.message): problem for problem in found}
    return sorted(unique.values(), key=lambda p: (p.severity != "error", p.place.path, p.place.line or 0))


class _Checks:
    def __init__(self, package: Package, rig: Rig, graph: StoryGraph, cwd: Path | None) -> None:
        self._package = package
        self._rig = rig
        self._graph = graph
        self._cwd = cwd
        self._bindings: Bindings = resolve(rig, package.roles)
        self._files = tuple(path.as_posix() for path in content_files(package.path))
        self._source = StorySource(package.path, package.manifest.story, self._files, self._shown)
        self._places: dict[str, Places] = {}
        self._options = {
            scene.id: tuple(dict.fromkeys(option.id for option in scene.options if option.id))
            for scene in graph.scenes
        }
        self._offers = {scene.id for scene in graph.scenes if scene.options}

    def run(self) -> Iterator[Problem]:
        yield from self._story()
        for scene in self._package.scenes:
            yield from self._window(scene)
            yield from self._lead(scene)
            yield from self._motion(scene)
            yield from self._drafts(scene)
        yield from self._loudness()
        yield from self._unshown_lines()
        yield from self._glyphs()
        yield from self._unused_assets()
        yield from self._roles()

    def _shown(self, name: str) -> str:
        return shown_file(self._package.path / name, cwd=self._cwd)

    def _at(self, scene: Program, *path: str | int) -> Place:
        """Find a place in a scene file; read again only when there is something to say."""
        if scene.id not in self._places:
            name = f"scenes/{scene.id}.yaml"
            _, self._places[scene.id] = load_yaml(self._package.path / name, shown=self._shown(name))
        return self._places[scene.id].of(path)

    def _drafts(self, scene: Program) -> Iterator[Problem]:
        """Count what a machine drafted: it plays, but somebody should have looked at it."""
        rows: list[tuple[str | int, ...]] = [("tracks", number) for number in scene.machine_made]
        for reaction in scene.reactions:
            rows += [("reactions", reaction.id, "tracks", number) for number in reaction.machine_made]
        if rows:
            yield Problem(
                self._at(scene, *rows[0]),
                f"{len(rows)} tracks of the scene are machine-made drafts, here the first",
                "Edit them, and take `made_by: machine` out of those that a person has been through",
                "warning",
                "machine-made",
            )

    def _story(self) -> Iterator[Problem]:
        """Pass on what the graph found, at the line of the source where the scene it names is tagged."""
        for problem in self._graph.problems:
            named = re.search(r"scene '([^']+)'", problem.message)
            place = problem.place
            if place.line is None and named is not None:
                place = self._source.place("scene", named.group(1))
            yield Problem(place, problem.message, problem.hint, problem.severity, problem.code)

    def _window(self, scene: Program) -> Iterator[Problem]:
        offered = self._options.get(scene.id, ())
        if scene.window is None:
            if scene.id in self._offers:
                listed = ", ".join(offered) or "options without id"
                yield Problem(
                    self._at(scene),
                    f"the story offers a choice after {scene.id} ({listed}), but the scene has no window",
                    "add window: {show, open, close, commit}",
                    code="no-window",
                )
            return
        if scene.id not in self._offers:
            yield Problem(
                self._at(scene, "window"),
                f"the scene has a decision window, but the story offers nothing after {scene.id}",
                "take the window out, or add options to the story",
                code="window-without-options",
            )
            return
        for option in scene.window.options:
            if option not in offered:
                yield Problem(
                    self._at(scene, "window", "options", option),
                    f"the window hangs a panel for {option}, which the story does not offer after {scene.id}",
                    nearest(option, offered),
                    code="window-option",
                )
        for trigger in scene.triggers:
            vote = trigger.do.vote
            if vote and vote not in offered:
                yield Problem(
                    self._at(scene, "triggers", trigger.index, "do", "vote"),
                    f"the trigger votes for {vote}, which the story does not offer after {scene.id}",
                    nearest(vote, offered),
                    code="window-option",
                )

    def _lead(self, scene: Program) -> Iterator[Problem]:
        if scene.window is None:
            return
        index = self._package.scene_index
        following = (edge.target for edge in self._graph.edges if edge.source == scene.id)
        targets = {target for target in following if target in index}
        worst = worst_candidate(
            (self._package.scenes[index[target]] for target in sorted(targets)),
            self._package.roles,
            self._rig,
            self._bindings,
        )
        if worst is None:
            return
        candidate, lead = worst
        gap_fl = scene.window.commit_fl - scene.window.close_fl
        if lead.lead_ns > fl_to_ns(gap_fl):
            yield Problem(
                self._at(scene, "window", "close"),
                f"{format_fl(gap_fl)} between close and commit, but {candidate.id} needs"
                f" {format_fl(lead_fl(lead))} on the rig {self._rig.path.name}: {lead.reason}",
                "close earlier, or let that cue begin later",
                code="lead-time",
            )

    def _motion(self, scene: Program) -> Iterator[Problem]:
        for excess in excesses(scene, self._package.roles, self._rig, self._bindings):
            yield Problem(
                self._at(scene, "tracks"),
                f"{excess} at {format_fl(excess.at_fl)} (rig {self._rig.path.name})",
                "the governor will hold it back; write a gentler motion",
                "warning",
                "motion-limit",
            )

    def _loudness(self) -> Iterator[Problem]:
        heard = any(name.startswith("audio/voice/") for name in self._files) or any(
            cue.kind == "audio" for scene in self._package.scenes for cue in scene.media_cues()
        )
        if heard and self._package.manifest.loudness is None:
            yield Problem(
                Place(self._shown("experience.yaml")),
                "nobody has measured how loud it is, so no venue can play it at its own level",
                "run `sensorama loudness` and write down what it says",
                "warning",
                "loudness",
            )

    def _unshown_lines(self) -> Iterator[Problem]:
        shown = {cue.line for scene in self._package.scenes for cue in scene.media_cues() if cue.line}
        for line in self._package.mentions.line_ids:
            if line not in shown:
                yield Problem(
                    self._source.place("id", line),
                    f"no scene shows the line {line}",
                    f"add {{kind: line, cues: [{{at: ..., line: {line}}}]}} to its scene",
                    "warning",
                    "unshown-line",
                )

    def _glyphs(self) -> Iterator[Problem]:
        from engine.experience.glyphs import missing_glyphs

        font = self._package.font
        if font is None:
            return
        try:
            yield from missing_glyphs(self._package.lines, font, cwd=self._cwd)
        except MissingExtra as error:
            yield Problem(Place(self._shown("captions")), str(error), "", "warning", "unchecked")

    def _model_parts(self, model: str) -> tuple[str, ...]:
        """Further files of a model too large for one, as its sidecar (``hall.stage.json``) lists them."""
        sidecar = self._package.file(model).with_suffix(".stage.json")
        try:
            parts = json.loads(sidecar.read_text(encoding="utf-8")).get("models", ())
        except (OSError, ValueError):
            return ()
        return tuple(str(part) for part in parts)

    def _unused_assets(self) -> Iterator[Problem]:
        used = {self._package.manifest.font or ""}
        for scene in self._package.scenes:
            used.update(cue.file for cue in scene.media_cues())
            if scene.stage is not None:
                used.update((*scene.stage.model, scene.stage.vehicle or ""))
                for model in scene.stage.model:
                    used.update(self._model_parts(model))
        used.discard("")
        for name in self._files:
            if not is_asset(name) or name in used or name.startswith("audio/voice/"):
                continue
            # A side file (hall.stage.json beside hall.glb) belongs to the asset whose name it carries.
            stem = PurePosixPath(name).name.split(".")[0]
            owner = PurePosixPath(name).with_name(stem)
            if any(PurePosixPath(other).with_suffix("") == owner for other in used if other != name):
                continue
            yield Problem(
                Place(self._shown(name)),
                "no scene uses this file",
                "name it in one, or remove it",
                "warning",
                "unused-asset",
            )

    def _roles(self) -> Iterator[Problem]:
        """Roles that this rig cannot play degrade as declared: said, never refused."""
        place = Place(shown_file(self._rig.path, cwd=self._cwd))
        for notice in self._bindings.notices:
            yield Problem(place, str(notice), "", "warning", "role")
