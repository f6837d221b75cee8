"""The checks that need the story's graph and a rig."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from engine.errors import Place, Problem
from engine.experience import load_package, load_rig
from engine.experience.check import check_package
from engine.experience.lead_time import first_changes
from engine.story.graph import build_graph
from engine.time.flicks import FLICKS_PER_SECOND
from tests.experience.packages import Break, append, each, good_package, line_of, replace, write

QUAY = "scenes/quay.yaml"
LAMP = "scenes/lamp.yaml"


def checked(folder: Path, rig: Path | None = None) -> list[Problem]:
    package = load_package(folder, cwd=folder)
    graph = build_graph(package.story_json, "story.ink.json")
    return check_package(package, load_rig(rig), graph, cwd=folder)


def test_the_scaffold_is_clean_on_both_rigs(tmp_path: Path) -> None:
    package = load_package(good_package(tmp_path))
    graph = build_graph(package.story_json)
    assert [str(p) for p in check_package(package, load_rig("studio"), graph)] == []
    assert [str(p) for p in check_package(package, load_rig("cinema4d"), graph)] == []


@pytest.mark.parametrize(
    ("break_it", "code", "file", "at"),
    [
        (
            replace("story.ink.json", '"#","^default","/#",', ""),
            "no-default",
            "story.ink",
            "# scene: quay",
        ),
        (
            each(
                replace("story.ink.json", '"#","^id: stay","/#",', ""),
                replace(QUAY, "    stay: {azimuth: -14deg, elevation: 0deg, distance: 2m}\n", ""),
            ),
            "option-id",
            "story.ink",
            "# scene: quay",
        ),
        (
            replace("story.ink.json", '{"->":"water"}', '{"->":"lamp"}'),
            "unreachable",
            "story.ink",
            "# scene: water",
        ),
        (
            append(LAMP, "window: {show: 1s, open: 2s, close: 6s, commit: 12s}\n"),
            "window-without-options",
            LAMP,
            "window:",
        ),
        (
            replace(QUAY, "  close: 14s", "  close: 17.8s"),
            "lead-time",
            QUAY,
            "close: 17.8s",
        ),
        (
            replace("captions/zh.yaml", "它带你回家", "它带你\U0001f3ee回家"),
            "missing-glyph",
            "captions/zh.yaml",
            "",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_mistake_of_story_or_timing_is_named(
    tmp_path: Path, break_it: Break, code: str, file: str, at: str
) -> None:
    folder = good_package(tmp_path)
    break_it(folder)
    errors = [problem for problem in checked(folder) if problem.severity == "error"]
    assert [problem.code for problem in errors] == [code], "\n".join(map(str, errors))
    assert errors[0].place.path == file
    assert errors[0].place.line == (line_of(folder / file, at) if at else None)


def test_a_choice_without_window_could_never_be_made(tmp_path: Path) -> None:
    folder = good_package(tmp_path)
    path = folder / QUAY
    path.write_text(path.read_text(encoding="utf-8").partition("window:")[0], encoding="utf-8")
    errors = [problem for problem in checked(folder) if problem.severity == "error"]
    assert [problem.code for problem in errors] == ["no-window"]
    assert "follow, stay" in errors[0].message


def test_a_panel_or_a_vote_of_another_scene_is_refused(tmp_path: Path) -> None:
    """Both options exist in the story, but `stay` is offered elsewhere: the name alone proves nothing."""
    package = load_package(good_package(tmp_path))

    @dataclass(frozen=True)
    class Option:
        id: str

    @dataclass(frozen=True)
    class Scene:
        id: str
        options: tuple[Option, ...]

    @dataclass(frozen=True)
    class Graph:
        scenes: tuple[Scene, ...] = (
            Scene("quay", (Option("follow"),)),
            Scene("lamp", ()),
            Scene("water", ()),
        )
        edges: tuple[()] = ()
        problems: tuple[Problem, ...] = ()

    found = check_package(package, load_rig(), Graph(), cwd=package.path)
    assert [problem.code for problem in found] == ["window-option"]
    assert found[0].place.line == line_of(package.path / QUAY, "    stay: {azimuth")


def test_a_slow_scent_needs_a_longer_gap(tmp_path: Path) -> None:
    """Three seconds of latency against four seconds between close and commit; then against one."""
    folder = good_package(tmp_path)
    replace("experience.yaml", "  light.hero:", "  scent.tea: {kind: level, modality: scent}\n  light.hero:")(
        folder
    )
    cue = "  - {role: scent.tea, kind: level, cues: [{at: 0s, set: 1}, {at: 3s, to: 0, over: 1s}]}\n"
    replace(LAMP, "tracks:\n", "tracks:\n" + cue)(folder)
    assert checked(folder) == []
    replace(QUAY, "close: 14s", "close: 17s")(folder)
    (problem,) = checked(folder)
    assert problem.code == "lead-time"
    assert "lamp needs 00:00:03.000 on the rig studio.yaml: scent.tea acts at 00:00:00.000" in problem.message
    # The same cue half a second short of its need is early enough once it starts later in the scene.
    replace(LAMP, "{at: 0s, set: 1}", "{at: 2.5s, set: 1}")(folder)
    assert checked(folder) == []


def test_setting_a_level_to_its_rest_needs_no_lead(tmp_path: Path) -> None:
    folder = good_package(tmp_path)
    replace(
        LAMP,
        "tracks:\n",
        "tracks:\n  - {role: air.wind, kind: level, cues: [{at: 0s, set: 0}, {at: 5s, set: 1}]}\n",
    )(folder)
    package = load_package(folder)
    assert first_changes(package.scene("lamp"), package.roles)["air.wind"] == 5 * FLICKS_PER_SECOND


@pytest.mark.parametrize(
    ("break_it", "code"),
    [
        (replace(QUAY, ", {at: 4.5s, line: quay_A2, for: 2.5s}", ""), "unshown-line"),
        (write("audio/unused.flac", b"fLaC"), "unused-asset"),
        (replace("experience.yaml", "loudness: -27\n", ""), "loudness"),
        (
            replace(
                "experience.yaml",
                "  air.wind:",
                "  air.heat: {kind: level, modality: temperature}\n  air.wind:",
            ),
            "role",
        ),
    ],
)
def test_what_only_deserves_a_word_is_a_warning(tmp_path: Path, break_it: Break, code: str) -> None:
    folder = good_package(tmp_path)
    assets = 'loudness: -27\nassets: {"audio/*": {source: me, licence: X, made_by: human}}'
    replace("experience.yaml", "assets: {}", assets)(folder)
    write("audio/used.flac", b"fLaC")(folder)
    replace(LAMP, "tracks:\n", "tracks:\n  - {kind: audio, cues: [{at: 0s, file: audio/used.flac}]}\n")(
        folder
    )
    assert checked(folder) == []
    break_it(folder)
    assert [(problem.severity, problem.code) for problem in checked(folder)] == [("warning", code)]


@pytest.mark.parametrize(
    ("amplitude", "said"),
    [
        ("heave: 80mm", "seat.motion: heave reaches"),
        ("roll: 9deg", "seat.motion: roll reaches"),
        ("pitch: 0.1deg", ""),
    ],
)
def test_motion_beyond_the_seat_is_said_before_the_governor_acts(
    tmp_path: Path, amplitude: str, said: str
) -> None:
    folder = good_package(tmp_path)
    replace(LAMP, "amplitude: {roll: 0.6deg, heave: 6mm}", f"amplitude: {{{amplitude}}}")(folder)
    found = checked(folder)
    assert [problem.code for problem in found] == (["motion-limit"] if said else [])
    if said:
        assert found[0].message.startswith(said)
        assert found[0].place.line == line_of(folder / LAMP, "tracks:")


def test_motion_tracks_of_one_seat_are_judged_as_their_sum(tmp_path: Path) -> None:
    """30 mm and 30 mm in phase: each fits 50 mm, both together do not."""
    folder = good_package(tmp_path)
    wave = "{hz: 0.1, amplitude: {heave: 30mm}}"
    track = f"  - {{role: seat.motion, kind: motion, cues: [{{at: 0s, for: 12s, wave: {wave}}}]}}\n"
    replace(LAMP, "tracks:\n", f"tracks:\n{track}")(folder)
    assert checked(folder) == []
    replace(LAMP, "tracks:\n", f"tracks:\n{track}")(folder)
    (problem,) = checked(folder)
    assert "allows -50..50 mm at 00:00:02" in problem.message


def test_side_files_belong_to_their_model(tmp_path: Path) -> None:
    folder = good_package(tmp_path)
    replace(
        "experience.yaml", "assets: {}", 'assets: {"models/*": {source: me, licence: X, made_by: human}}'
    )(folder)
    write("models/quay.glb", b"glTF")(folder)
    write("models/quay.stage.json", "{}")(folder)
    replace(QUAY, "stage:\n", "stage:\n  model: models/quay.glb\n")(folder)
    assert checked(folder) == []


def test_what_the_compiler_said_is_passed_on(tmp_path: Path) -> None:
    package = load_package(good_package(tmp_path))
    said = Problem(Place("story.ink", 3), "the literal 3.0", "write FLOAT(3)", "warning", "float-literal")
    graph = build_graph(package.story_json)
    assert check_package(package, load_rig(), graph, story_problems=[said]) == [said]
