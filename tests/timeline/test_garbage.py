"""Whatever stands in a scene file ends in problems with places or in a program whose state is finite; never a crash."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.errors import Problem
from engine.time.flicks import FLICKS_PER_SECOND
from engine.timeline.compile import compile_scene
from engine.timeline.evaluate import Evaluator
from engine.timeline.parse import parse_scene
from engine.timeline.roles import RoleTable
from engine.timeline.yamlsource import Places, load_yaml_text

SOUND: dict[str, Any] = load_yaml_text(
    """\
duration: {min: 10s, nominal: 20s, max: 40s}
stage: {model: a.glb, exposure: {role: look.exposure}, sky: {zenith: "#08112a", moon: {azimuth: 1deg, elevation: 2deg}},
        water: {height: 0m, flow: [0, 1]}, particles: [{kind: rain, count: 3, at: [0, 0, 0]}], lights: [{at: [0, 0, 1]}]}
tracks:
  - {kind: path, keys: [[0s, [0, 0, 0], 0deg], [20s, [0, 40, 0], 5deg]]}
  - role: light.street
    kind: level
    cues: [{at: 0s, to: [1, 0.6, 0.3], over: 3s}, {at: 9s, for: 4s, curve: [[0, 0], [0.3, 1], [1, 0]], shape: cubic},
           {at: 14s, set: 0.5}, {at: 15s, for: 4s, wave: {hz: 0.4, low: 0.2, high: 0.8, phase: 0, fade_in: 1s}}]
  - {role: seat.motion, kind: motion, cues: [{at: 0s, for: 9s, wave: {hz: 0.2, amplitude: {roll: 1deg}, phase: {roll: 0.5}}}]}
  - {role: seat.motion, kind: motion, cues: [{at: 6s, for: 8s, keys: [[0s, {heave: 0mm}], [8s, {pitch: 1deg}]]}]}
  - {role: seat.shaker, kind: haptic, cues: [{at: 8s, transient: {intensity: 0.9, sharpness: 0.3}}, {at: 9s, set: 0.1, hz: 40}]}
  - {kind: audio, cues: [{at: 0s, for: 9s, file: a.flac, loop: true, gain: -6db}, {at: 3s, file: b.flac, position: [4, 20, 6]}]}
  - {kind: line, cues: [{at: 0.4s, line: a, azimuth: -30deg, for: 4s}]}
  - {kind: animation, node: gate, cues: [{at: 2s, for: 8s, keys: [[0s, {h: 0deg}], [8s, {h: 78deg}]], shape: smooth}]}
  - {kind: animation, clip: main, cues: [{at: 0s, loop: true}]}
targets: {bell: {at: [4, 20, 6], radius: 1.2m}}
window: {show: 8s, open: 9s, close: 15s, commit: 20s, rule: {type: plurality, quorum: 0.3}, hold: {from: 9s, to: 15s, laps: 2}}
triggers: [{id: bell, on: gaze, target: bell, do: {reaction: ring}}]
reactions: {ring: {duration: 4s, tracks: [{kind: event, cues: [{at: 1s, name: x, value: 3}]}]}}
""",
    "scene.yaml",
)[0]


def paths(node: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [here, *(path for key, child in children for path in paths(child, (*here, key)))]


PATHS = paths(SOUND)[1:]
junk = st.sampled_from(
    [
        None, True, 0, 1, -1, 3.5, 1e308, float("nan"), float("inf"), "", "x", "5s", "-5s", "1e300m", "99999h", "1e9hz",
        "99999999999999999999s", "0s", "30deg", "8mm", "#000000", [], [0], [0, 0, 0], [[0, 0]], {}, {"role": "air.wind"},
        {"at": "1s"}, "level", "cubic", 10**18,
    ]
)  # fmt: skip


@pytest.mark.slow
@settings(max_examples=250)
@given(st.lists(st.tuples(st.sampled_from(PATHS), junk), max_size=3))
@example([])
def test_garbage_is_said_and_never_crashes(
    roles: RoleTable, changes: list[tuple[tuple[Any, ...], Any]]
) -> None:
    data = copy.deepcopy(SOUND)
    for path, value in changes:
        node = data
        try:
            for step in path[:-1]:
                node = node[step]
            if isinstance(node, dict) != isinstance(path[-1], str):
                continue
            node[path[-1]] = copy.deepcopy(value)
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took this place away
    problems: list[Problem] = []
    parsed = parse_scene(data, Places("scene.yaml"), problems)
    program = compile_scene(parsed, scene_id="scene", index=0, roles=roles, problems=problems)
    errors = [problem for problem in problems if problem.severity == "error"]
    assert (program is None) == bool(errors)
    assert all(problem.message and str(problem).startswith("scene.yaml") for problem in problems)
    if program is not None:
        evaluator = Evaluator([program], roles)
        for seconds in (0, 3, 9, 12, 16, 30):
            assert np.isfinite(evaluator.levels_at(0, seconds * FLICKS_PER_SECOND)).all()
            assert np.isfinite(program.bank.evaluate(seconds * FLICKS_PER_SECOND)).all()
            program.media.active(seconds * FLICKS_PER_SECOND)


@settings(max_examples=100)
@given(st.text(alphabet="abk:[]{},-#&*!|>'\"\n \t%@`0s1", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    problems: list[Problem] = []
    data, places = load_yaml_text(text, "scene.yaml", problems)
    parse_scene(data, places, problems)
    assert problems
