"""Every mistake of a scene file at its line, in one go, with a hint that helps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.errors import PackageError, Problem
from engine.timeline.compile import load_scene
from engine.timeline.model import SceneFile
from engine.timeline.parse import shown_path
from engine.timeline.roles import RoleTable

ProblemsOf = Callable[[str], list[Problem]]


def test_all_mistakes_of_a_file_at_once(problems_of: ProblemsOf) -> None:
    text = """\
duration: 45s
stage: {model: a.glb, exposure: {role: light.street}, fog: {density: x}}
tracks:
  - role: light.street
    kind: level
    cues:
      - {at: 0s, to: [1, 0.6, 0.3], over: 3s, ease: smoth}
      - {at: 9, for: 4s, curve: [[0, 0], [1, 0]]}
      - {at: 20s, sett: 0.5}
      - {at: 22s, for: 10s, wave: {hz: 0.4, low: 0.2, high: 0.8}}
      - {at: 30s, set: 1}
  - {role: seat.motion, kind: motion, cues: [{at: 0s, for: 45s, wave: {hz: 1, amplitude: {rol: 1deg, heave: 8}}}]}
  - {role: seat.motion, kind: moton, cues: []}
  - {role: air.wnd, kind: level, cues: []}
triggers:
  - {on: gaze, do: {reaction: ring}}
  - {on: touch, target: bel, do: {vote: x}}
targets: {bell: {radius: 1m}}
window: {show: 10s, open: 9s, close: 20s, commit: 50s}
notes: 1
"""
    problems = problems_of(text)
    assert [(problem.place.line, problem.message) for problem in problems] == [
        (2, "`stage.fog.density`: 'x' is not a plain number"),
        (7, "`tracks[0].cues[0].ease`: 'smoth' is not one of smooth, linear, in, out, step"),
        (8, "`tracks[0].cues[1].at`: 9 has no unit; write 9s or 9ms"),
        (9, "unknown field `tracks[0].cues[2].sett`"),
        (
            11,
            "the cue at 00:00:30.000 begins before the one at 00:00:22.000 (scene.yaml:10) has ended,"
            " at 00:00:32.000",
        ),
        (
            12,
            "`tracks[1].cues[0].wave.amplitude.heave`: 8 has no unit; a length needs one, for example 8m"
            " (allowed: m, cm, mm, km)",
        ),
        (12, "unknown field `tracks[1].cues[0].wave.amplitude.rol`"),
        (13, "`tracks[2]`: 'moton' is not a kind of track"),
        (14, "unknown role 'air.wnd'"),
        (16, "`triggers[0]`: a trigger on gaze needs target"),
        (17, "unknown target 'bel'"),
        (19, "`show` 00:00:10.000 must be < open 00:00:09.000"),
        (19, "`commit` 00:00:50.000 must be <= the scene's duration 00:00:45.000"),
        (20, "unknown field `notes`"),
    ]
    hints = {problem.message: problem.hint for problem in problems}
    assert (
        hints["`tracks[0].cues[0].ease`: 'smoth' is not one of smooth, linear, in, out, step"]
        == "did you mean smooth?"
    )
    assert hints["unknown field `tracks[0].cues[2].sett`"].startswith(
        "did you mean `set`? known here: at, for,"
    )
    assert hints["`tracks[2]`: 'moton' is not a kind of track"].startswith(
        "did you mean motion? kinds: level,"
    )
    assert hints["unknown role 'air.wnd'"].startswith("did you mean air.wind? known: air.wind,")
    assert hints["unknown target 'bel'"] == "did you mean bell? known: bell"
    assert hints["unknown field `notes`"].startswith("did you mean `note`? known here: note, duration,")


@pytest.mark.parametrize(
    ("scene", "message"),
    [
        ("", "the scene file is empty; it must be a mapping of fields"),
        ("[1]", "the scene file is a list; it must be a mapping of fields"),
        ("tracks: []", "`duration` is missing"),
        ("duration: 5", "5 has no unit; write 5s or 5ms"),
        ("duration: 0s", "the scene lasts 0s"),
        ("duration: {min: 5s, nominal: 4s}", "min 00:00:05.000 is longer than nominal 00:00:04.000"),
        ("duration: 4s\ntracks: {}", "`tracks`: {} is not a list"),
        ("duration: 4s\ntracks: [3]", "`tracks[0]`: 3 is not a track"),
        ("duration: 4s\ntracks: [{cues: []}]", "`tracks[0]`: the track has no `kind`"),
        ("duration: 4s\nstage: 3", "`stage`: 3 is not a mapping"),
        ("duration: 4s\nstage: {vehicle: 3}", "`stage.vehicle`: 3 is not text"),
        ("duration: 4s\nstage: {exposure: {rol: x}}", "is neither a value nor {role: name}"),
        ("duration: 4s\nstage: {exposure: {role: nothing}}", "unknown role 'nothing'"),
        ("duration: 4s\nstage: {exposure: {role: light.street}}", "`stage.exposure` needs a level role, light.street"),
        ("duration: 4s\nstage: {sky: {zenith: {role: air.wind}}}", "needs a color role, air.wind is of kind level"),
        ("duration: 4s\nstage: {particles: [{kind: rain, count: 0, at: [0, 0, 0]}]}", "greater than or equal to 1"),
        ("duration: 4s\nstage: {sky: {zenith: '#12345'}}", "'#12345' is not a colour"),
        ("duration: 4s\ntargets: {'a b': {radius: 1m}}", "'a b' is not a name"),
        ("duration: 4s\ntargets: {a: {radius: 0}}", "greater than 0"),
        ("duration: 4s\ntriggers: [{on: key, key: a, do: {}}]", "does nothing; give reaction, vote or set"),
        ("duration: 4s\ntriggers: [{on: key, key: a, do: {reaction: x}}]", "unknown reaction 'x'"),
        ("duration: 4s\ntriggers: [{on: key, key: a, target: b, do: {set: {x: 1}}}]", "a trigger on key has no target"),
        ("duration: 4s\ntriggers: [{on: key, key: a, do: {vote: x}}]", "the scene has no decision window"),
        ("duration: 4s\ntriggers: [{on: key, key: a, from: 3s, to: 2s, do: {set: {x: 1}}}]", "`to` must come after `from`"),
        ("duration: 4s\ntriggers: [{on: key, key: a, from: 9s, do: {set: {x: 1}}}]", "the trigger begins at 00:00:09.000"),
        ("duration: 4s\ntriggers: [{id: a, on: key, key: a, do: {set: {x: 1}}}, {id: a, on: key, key: b, do: {set: {x: 1}}}]",
         "a second trigger 'a'"),
        ("duration: 4s\nwindow: {show: 1s, open: 2s, close: 3s, commit: 4s, inputs: [gaze, nose]}", "'nose' is not one of gaze,"),
        ("duration: 4s\nwindow: {show: 1s, open: 2s, close: 3s, commit: 4s, hold: {from: 1s, to: 3s}}", "leaves the time in which"),
        ("duration: 4s\nwindow: {show: 1s, open: 2s, close: 3s, commit: 4s, hold: {from: 3s, to: 2s}}", "must come after its `from`"),
        ("duration: {nominal: 4s, max: 5s}\nwindow: {show: 1s, open: 2s, close: 3.5s, commit: 4s, hold: {from: 2s, to: 3.5s}}",
         "max 00:00:05.000 is shorter than nominal with every lap of the hold, 00:00:05.500"),
    ],
)  # fmt: skip
def test_mistakes_outside_tracks(problems_of: ProblemsOf, scene: str, message: str) -> None:
    assert any(message in problem.message for problem in problems_of(scene)), problems_of(scene)


@pytest.mark.parametrize(
    ("track", "message"),
    [
        ("kind: level, role: air.wind, cues: [{at: 1s, to: 1, set: 2}]", "this one has to and set"),
        ("kind: level, role: air.wind, cues: [{at: 1s, set: 2, over: 1s}]", "`over` and `ease` belong to `to`"),
        ("kind: level, role: air.wind, cues: [{at: 1s, set: 2, shape: cubic}]", "`shape` belongs to `curve`"),
        ("kind: level, role: air.wind, cues: [{at: 1s, to: 2, for: 1s}]", "`for` does not go with `to`; write `over`"),
        ("kind: level, role: air.wind, cues: [{at: 1s, wave: {hz: 1, low: 0, high: 1}}]", "a wave needs `for`"),
        ("kind: level, role: air.wind, cues: [{at: 1s, for: 1s, wave: {hz: 0, low: 0, high: 1}}]", "must be above 0"),
        ("kind: level, role: air.wind, cues: [{at: 1s, for: 1s, wave: {hz: 1, low: 0, high: 1, fade_in: 2s}}]", "longer than `for`"),
        ("kind: level, role: air.wind, cues: [{at: 1s, curve: [[0, 1], [1, 2]]}]", "points at shares (0..1) need `for`"),
        ("kind: level, role: air.wind, cues: [{at: 1s, for: 2s, curve: [[0, 1], [0, 2]]}]", "point 2 does not come after point 1"),
        ("kind: level, role: air.wind, cues: [{at: 1s, for: 2s, curve: [[0, 1], [2, 2]]}]", "2 is outside 0..1"),
        ("kind: level, role: air.wind, cues: [{at: 1s, for: 2s, keys: [[0s, 1], [3s, 2]]}]", "beyond `for`"),
        ("kind: level, role: air.wind, cues: [{at: 1s, for: 2s, curve: [[0, 1, 2]]}]", "is not a point"),
        ("kind: level, role: air.wind, cues: [{at: 1s, for: 2s, curve: [[0, 1], [1, 2]], shape: spline}]", "shape spline needs points"),
        ("kind: level, role: air.wind, cues: [{at: 1s, for: 2s, curve: [[0, 0, 1, 0]]}]", "tangents need `shape: spline`"),
        ("kind: level, role: air.wind, cues: [{at: 1s, set: [1, 0, 0]}]", "a colour on the level role air.wind"),
        ("kind: level, role: seat.motion, cues: []", "is of kind motion, the track is of kind level"),
        ("kind: motion, role: seat.motion, cues: [{at: 1s, set: {heave: 3deg}}]", "is an angle, not a length"),
        ("kind: haptic, role: seat.shaker, cues: [{at: 1s, transient: {intensity: 2}}]", "less than or equal to 1"),
        ("kind: path, keys: [[0s, [0, 0]]]", "is not a position"),
        ("kind: path, keys: [[2s, [0, 0, 0]], [1s, [0, 0, 0]]]", "does not come after the one before"),
        ("kind: animation, cues: []", "`node` is missing"),
        ("kind: audio, cues: [{at: 1s}]", "`file` is missing"),
        ("kind: audio, cues: [{at: 1s, file: a.flac, bed: true, azimuth: 3deg}]", "a bed is not placed"),
        ("kind: audio, cues: [{at: 1s, file: a.flac, position: [0, 0, 0], azimuth: 3deg}]", "not both"),
        ("kind: audio, cues: [{at: 1s, file: a.flac, gain: 0.5}]", "has no unit; a level in decibels needs one"),
        ("kind: line, cues: [{at: 1s, line: a, for: 2s}, {at: 2s, line: b}]", "has ended"),
        ("kind: line, cues: [{at: 9s, line: a}]", "the cue begins at 00:00:09.000, the scene lasts 00:00:08.000"),
        ("kind: video, file: a.mp4, cues: []", "`node` is missing"),
    ],
)  # fmt: skip
def test_mistakes_in_tracks(problems_of: ProblemsOf, track: str, message: str) -> None:
    problems = problems_of(f"duration: 8s\ntracks:\n  - {{{track}}}\n")
    assert any(message in problem.message for problem in problems), problems
    assert {problem.place.line for problem in problems} == {3}


def test_two_paths_and_a_path_in_a_reaction(problems_of: ProblemsOf) -> None:
    problems = problems_of(
        """\
duration: 8s
tracks:
  - {kind: path, keys: [[0s, [0, 0, 0]]]}
  - {kind: path, keys: [[0s, [0, 0, 0]]]}
reactions:
  ring:
    duration: 2s
    tracks:
      - {kind: path, keys: [[0s, [0, 0, 0]]]}
      - {kind: event, cues: [{at: 2s, name: x}]}
"""
    )
    assert [(problem.place.line, problem.message) for problem in problems] == [
        (4, "a scene has one path; the first is at scene.yaml:3"),
        (9, "a reaction cannot move the vehicle"),
        (10, "the cue begins at 00:00:02.000, the reaction lasts 00:00:02.000"),
    ]


def test_warnings_do_not_stop_a_scene(tmp_path: Path, roles: RoleTable) -> None:
    path = tmp_path / "hall.yaml"
    path.write_text(
        "duration: 4s\ntracks:\n  - {kind: level, role: air.wind, cues: [{at: 3s, to: 1, over: 2s}]}\n"
        "window: {show: 1s, open: 2s, close: 3s, commit: 4s, leave: early}\n"
    )
    problems: list[Problem] = []
    program = load_scene(path, roles, shown="hall.yaml", problems=problems, index=7)
    assert program is not None
    assert (program.id, program.index) == ("hall", 7)
    assert [(problem.severity, problem.place.line, problem.code) for problem in problems] == [
        ("warning", 4, "leave-early"),
        ("warning", 3, "beyond-end"),
    ]


def test_without_a_list_problems_raise(tmp_path: Path, roles: RoleTable) -> None:
    path = tmp_path / "hall.yaml"
    path.write_text("duration: 4s\nduration: 5s\n")
    with pytest.raises(PackageError, match="occurs twice"):
        load_scene(path, roles)
    path.write_text("duration: 4\n")
    with pytest.raises(PackageError, match="has no unit"):
        load_scene(path, roles)
    assert load_scene(tmp_path / "none.yaml", roles, problems=[]) is None


def test_the_schema_can_be_published() -> None:
    schema = SceneFile.model_json_schema()
    assert schema["additionalProperties"] is False
    point = schema["$defs"]["LevelPoint"]["anyOf"][0]
    assert (point["type"], point["minItems"], point["maxItems"]) == ("array", 2, 2)


def test_paths_read_as_people_write_them() -> None:
    assert shown_path(("tracks", 2, "cues", 0, "at")) == "tracks[2].cues[0].at"
    assert shown_path(()) == ""
