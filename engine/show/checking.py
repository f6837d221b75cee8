"""``sensorama check`` and ``sensorama compile``: what an author runs between two edits."""

from __future__ import annotations

import sys
from pathlib import Path

from engine.errors import InputError, PackageError, Problem, RigError
from engine.experience import Package, Rig, load_package, load_rig, resolve
from engine.experience.bundled import find_package, shown_file
from engine.experience.check import check_package
from engine.experience.manifest import Manifest
from engine.experience.rig import find_rig
from engine.motion.cueing.apply import fit_problems
from engine.motion.platforms.check import problems_of
from engine.motion.platforms.scenes import scene_problems
from engine.show.folder import explain
from engine.show.rig_check import checked_devices, head_problems, leg_problems, sound_problems
from engine.show.sound_check import READ_S, sound_file_problems
from engine.story.compile import compile_ink, float_literals, gather_sources
from engine.story.graph import build_graph
from engine.story.loops import with_loop_warnings
from engine.time import MonotonicClock
from engine.timeline.yamlsource import load_yaml


def check_command(experience: str, rig: str | None, *, full: bool = False) -> int:
    """Print every mistake of a package, its sounds and a rig, and say how many there are: exit status 2 if any is an error.

    Parameters
    ----------
    experience : str
    rig : str or None
    full : bool
        Read all of every sound, however long that takes.
    """
    folder = find_package(experience)
    venue, problems = _venue(rig)
    try:
        package = load_package(experience)
    except PackageError as error:
        # The package does not hold together; its story can still be judged, so that nothing waits for a second run.
        problems = [*error.problems, *_story_problems(folder), *problems]
        shown = experience
    else:
        graph = with_loop_warnings(
            build_graph(package.story_json, str(package.story_path)), str(package.story_path)
        )
        story = [problem for source in _ink_sources(package.story_path) for problem in source]
        if venue is None:
            problems = [*package.warnings, *story, *graph.problems, *problems]
        else:
            checked = check_package(package, venue, graph, story_problems=story)
            problems = [*checked, *problems, *_device_problems(package, venue), *fit_problems(package, venue)]
        shown = shown_file(package.path)
    sounds = sound_file_problems(folder, MonotonicClock(), read_s=None if full else READ_S)
    return _say([*problems, *sounds, *head_problems(find_rig(rig))], shown)


def _venue(rig: str | None) -> tuple[Rig | None, list[Problem]]:
    """The rig, or what is wrong with it."""
    try:
        return load_rig(rig), []
    except RigError as error:
        return None, list(error.problems)


def _device_problems(package: Package, rig: Rig) -> list[Problem]:
    """What drivers, sources and loudspeakers say of their settings, and of the roles they are to play; nothing is opened."""
    try:
        devices = checked_devices(rig, resolve(rig, package.roles), package.roles)
    except RigError as error:
        return list(error.problems)
    return [
        *sound_problems(rig),
        *problems_of(rig),
        *leg_problems(devices, rig),
        *scene_problems(package, rig),
    ]


def _ink_sources(story_path: Path) -> list[list[Problem]]:
    source = story_path.with_suffix("")
    if not source.is_file():
        return []
    return [float_literals(text, str(source.parent / name)) for name, text in gather_sources(source).items()]


def _story_problems(folder: Path) -> list[Problem]:
    """Problems of a story whose package could not be loaded; none where the story itself cannot be read."""
    path = folder / "story.ink.json"
    try:
        found = [*build_graph(path.read_text(encoding="utf-8-sig"), str(path)).problems]
    except (OSError, InputError):
        return []  # the package's own list of problems names the file
    return [*found, *(problem for source in _ink_sources(path) for problem in source)]


def _say(problems: list[Problem], name: str) -> int:
    unique = list({(problem.place, problem.message): problem for problem in problems}.values())
    errors = [problem for problem in unique if problem.severity == "error"]
    for problem in unique:
        print(problem, file=sys.stderr if problem.severity == "error" else sys.stdout)
    warnings = len(unique) - len(errors)
    print(f"{name}: {len(errors)} errors, {warnings} warnings" if unique else f"{name}: no mistakes found")
    return 2 if errors else 0


def compile_command(experience: str) -> int:
    """Rebuild a package's ``story.ink.json`` from ``story.ink``.

    Raises
    ------
    InputError
        No source, no compiler (with how to get one), or mistakes in the story, all of them.
    """
    folder = find_package(experience)
    data, _ = load_yaml(folder / "experience.yaml")
    default = Manifest.model_fields["story"].default
    target = folder / (data.get("story", default) if isinstance(data, dict) else default)
    source = target.with_suffix("")
    if not source.is_file():
        raise InputError(f"{source} does not exist; the source of {target.name} is expected beside it")
    made = compile_ink(source)
    for problem in made.warnings:
        print(problem)
    part = target.with_suffix(".part")
    try:
        part.write_text(made.text, encoding="utf-8")
        part.replace(target)
    except OSError as error:
        raise explain(error, target) from error
    print(f"compiled {source} to {target} with {made.compiler}")
    return 0
