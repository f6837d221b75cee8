"""What a scene file means: levels, pulses, knocks, media, windows, triggers."""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from engine.time.flicks import FLICKS_PER_SECOND
from engine.timeline.compile_levels import MAX_TRANSIENT_LANES
from engine.timeline.compile_media import DEFAULT_LINE_FL
from engine.timeline.evaluate import Evaluator
from engine.timeline.media import MediaBank, MediaCue
from engine.timeline.program import Durations, HoldSpec, OptionPlaceSpec, Program
from engine.timeline.roles import RoleKind, RoleSpec, RoleTable

Build = Callable[..., Program]
SECOND = FLICKS_PER_SECOND


def levels(build: Build, roles: RoleTable, tracks: str, role: str) -> Callable[[float], list[float]]:
    """Value of a role over seconds in a ten-second scene."""
    program = build(f"duration: 10s\ntracks:\n{tracks}")
    evaluator = Evaluator([program], roles)

    def at(seconds: float, run_from: float = 0.0) -> list[float]:
        state = evaluator.levels_at(0, round(seconds * SECOND), run_from_fl=round(run_from * SECOND))
        return [round(value, 9) for value in state[roles.slice_of(role)].tolist()]

    return at


def test_a_level_rests_then_holds(build: Build, roles: RoleTable) -> None:
    at = levels(
        build,
        roles,
        "  - {kind: level, role: look.exposure, cues: [{at: 2s, to: 3, over: 2s, ease: linear},"
        " {at: 6s, set: 0.5}]}\n",
        "look.exposure",
    )
    assert [at(t) for t in (0, 2, 3, 4, 5.9, 6, 99)] == [[1.0], [1.0], [2.0], [3.0], [3.0], [0.5], [0.5]]


def test_numbers_and_hex_on_colours(build: Build, roles: RoleTable) -> None:
    at = levels(
        build,
        roles,
        "  - {kind: level, role: light.street, cues: [{at: 0s, set: 0.5}, {at: 1s, set: '#FF0033'},"
        " {at: 2s, to: [0, 1, 0], over: 1s, ease: linear}]}\n",
        "light.street",
    )
    assert at(0) == [0.5, 0.5, 0.5]
    assert at(1) == [1.0, 0.0, 0.2]
    assert at(2.5) == [0.5, 0.5, 0.1]


def test_tracks_on_one_role_mix(build: Build, roles: RoleTable) -> None:
    two = (
        "  - {kind: level, role: look.exposure, cues: [{at: 0s, set: 0.5}]}\n"
        "  - {kind: level, role: look.exposure, %s cues: [{at: 1s, set: 0.4}]}\n"
    )
    for mix, expected in (("", [1.0, 0.5]), ("mix: add,", [0.5, 0.9]), ("mix: multiply,", [0.5, 0.2]),
                          ("mix: replace,", [1.0, 0.4])):  # fmt: skip
        at = levels(build, roles, two % mix, "look.exposure")
        assert [at(0), at(1)] == [[expected[0]], [expected[1]]], mix


def test_motion_tracks_add_and_waves_end_with_their_cue(build: Build, roles: RoleTable) -> None:
    at = levels(
        build, roles,
        "  - {kind: motion, role: seat.motion, cues: [{at: 0s, for: 4s, wave: {hz: 0.25, amplitude: {heave: 8mm}}}]}\n"
        "  - {kind: motion, role: seat.motion, cues: [{at: 1s, for: 2s, keys: [[0s, {heave: 2mm}], [1s, {heave: 10mm, pitch: 1deg}],"
        " [2s, {}]]}]}\n", "seat.motion",
    )  # fmt: skip
    assert at(1) == [0, 0, pytest.approx(0.010), 0, 0, 0]
    assert at(2) == [0, 0, pytest.approx(0.010), 0, 1.0, 0]
    assert at(3) == [0, 0, pytest.approx(-0.008), 0, 0, 0]
    assert at(4) == [0.0] * 6
    assert at(9) == [0.0] * 6


def test_a_track_needs_channels_only_for_the_axes_it_moves(build: Build) -> None:
    program = build(
        "duration: 10s\ntracks:\n  - {kind: motion, role: seat.motion, cues: [{at: 0s, for: 4s,"
        " wave: {hz: 1, amplitude: {roll: 1deg}}}]}\n  - {kind: motion, role: seat.motion, cues: []}\n"
    )
    assert program.bank.channels == 1
    assert [contribution.components for contribution in program.contributions] == [(3,)]


def test_haptic_cues_end_in_silence_with_their_frequency(build: Build, roles: RoleTable) -> None:
    at = levels(
        build,
        roles,
        "  - {kind: haptic, role: seat.shaker, cues: [{at: 1s, for: 2s, curve: [[0, 0.2], [1, 0.6]], hz: 40},"
        " {at: 5s, to: 0.3, over: 1s}, {at: 8s, set: 0}]}\n",
        "seat.shaker",
    )
    assert at(0.5) == [0.0, 60.0]
    assert at(2) == [0.4, 40.0]
    assert at(3) == [0.0, 40.0]
    assert at(7) == [0.3, 40.0]
    assert at(8) == [0.0, 40.0]


def test_knocks_ride_on_a_rumble_and_need_to_be_run_across(build: Build, roles: RoleTable) -> None:
    at = levels(
        build,
        roles,
        "  - {kind: haptic, role: seat.shaker, cues: [{at: 0s, for: 9s, curve: [[0, 0.2], [1, 0.2]], hz: 30},"
        " {at: 4s, transient: {intensity: 0.9, sharpness: 1}}]}\n",
        "seat.shaker",
    )
    assert at(3.999) == [0.2, 30.0]
    assert at(4) == [0.9, 300.0]
    assert at(4.2) == [0.2, 30.0]
    assert at(4.01, run_from=4.0) == at(4.01)
    assert at(4.01, run_from=4.001) == [0.2, 30.0]


def test_knocks_that_overlap_take_lanes_and_the_first_to_end_is_cut(build: Build, roles: RoleTable) -> None:
    knocks = ", ".join(
        f"{{at: {1000 + 20 * i}ms, transient: {{intensity: {0.9 - 0.1 * i:.1f}, sharpness: 0}}}}"
        for i in range(6)
    )
    program = build(f"duration: 10s\ntracks:\n  - {{kind: haptic, role: seat.shaker, cues: [{knocks}]}}\n")
    assert program.bank.channels == 2 * MAX_TRANSIENT_LANES
    assert len(program.events.cues) == 6
    state = Evaluator([program], roles).levels_at(0, 10 * SECOND)
    assert state[roles.slice_of("seat.shaker")][0] == 0.0


def test_a_fire_cue_is_a_pulse(build: Build, roles: RoleTable) -> None:
    at = levels(
        build,
        roles,
        "  - {kind: level, role: air.wind, cues: [{at: 0s, set: 0.3}, {at: 2s, for: 1s, curve: [[0, 1], [1, 0.8]],"
        " seek: fire}]}\n",
        "air.wind",
    )
    assert [at(t) for t in (1, 2, 3, 4)] == [[0.3], [1.0], [0.3], [0.3]]
    assert at(2.5, run_from=2.0) == [0.9]
    assert at(2.5, run_from=2.1) == [0.3]


def test_path_nodes_and_moving_sounds_have_channels(build: Build, roles: RoleTable) -> None:
    program = build(
        """\
duration: 10s
tracks:
  - {kind: path, shape: linear, keys: [[0s, [0, 0, 0], 0deg], [1.0, [0, 40, 1m], -90deg, 2deg, 1deg]]}
  - {kind: animation, node: gate, cues: [{at: 2s, for: 4s, keys: [[0s, {h: 0deg}], [4s, {h: 80deg, scale: 2}]]}]}
  - {kind: animation, node: lamp, cues: [{at: 0s, for: 10s, wave: {hz: 0.5, amplitude: {p: 3deg}, phase: {p: 90deg}}}]}
  - {kind: audio, cues: [{at: 2s, for: 4s, file: a.flac, move: [[0, [0, 0, 0]], [1, [8, 0, 0]]], shape: linear}]}
"""
    )
    evaluator = Evaluator([program], roles)
    np.testing.assert_allclose(evaluator.path_pose_at(0, 5 * SECOND), [0, 20, 0.5, -45, 1, 0.5])
    assert [(node.node, node.components) for node in program.nodes] == [("gate", (3, 6)), ("lamp", (4,))]
    values = program.bank.evaluate(4 * SECOND)
    gate, lamp = program.nodes
    assert values[list(gate.channels)] == pytest.approx([40.0, 1.5])
    assert program.bank.evaluate(0)[list(lamp.channels)] == pytest.approx([3.0])
    (sound,) = program.media.cues
    assert sound.move_channel is not None
    assert values[sound.move_channel : sound.move_channel + 3] == pytest.approx([4.0, 0.0, 0.0])


MEDIA = """\
duration: 10s
tracks:
  - {kind: audio, cues: [{at: 0s, for: 10s, file: river.flac, loop: true, bed: true, gain: -6db, fade_in: 1s},
                         {at: 3s, file: bell.flac, position: [4, 20, 6]}, {at: 4s, file: clap.flac, seek: fire, node: door},
                         {at: 9s, file: bell.flac, azimuth: -30deg, distance: 4m, skip: 500ms}]}
  - {kind: line, cues: [{at: 1s, line: a}, {at: 3s, line: b}, {at: 9s, line: c, for: 1s, azimuth: 20deg}]}
  - {kind: caption, cues: [{at: 2s, for: 3s, line: d}]}
  - {kind: animation, clip: main, cues: [{at: 1s, skip: 1s, speed: 0.5}]}
  - {kind: video, file: v.mp4, node: screen, cues: [{at: 5s}]}
"""


def test_media_are_found_by_time_with_their_offset(build: Build) -> None:
    lengths = {"bell.flac": 5 * SECOND, "clap.flac": 3 * SECOND, "a": 6 * SECOND, "v.mp4": 2 * SECOND}
    media = build(MEDIA, length_of=lambda _kind, name: lengths.get(name)).media

    def active(seconds: float, run_from: float = 0.0) -> list[tuple[str, float]]:
        found = media.active(round(seconds * SECOND), round(run_from * SECOND))
        return sorted((cue.file or cue.line or cue.clip, offset / SECOND) for cue, offset in found)

    assert active(0) == [("river.flac", 0.0)]
    assert active(2.5) == [("a", 1.5), ("d", 0.5), ("main", 1.75), ("river.flac", 2.5)]
    assert active(4.5) == [
        ("a", 3.5), ("b", 1.5), ("bell.flac", 1.5), ("clap.flac", 0.5), ("d", 2.5), ("main", 2.75), ("river.flac", 4.5),
    ]  # fmt: skip
    assert ("clap.flac", 0.5) not in active(4.5, run_from=4.1)
    assert ("v.mp4", 1.0) in active(6)
    assert "v.mp4" not in dict(active(7))
    assert active(9.5) == [("bell.flac", 1.0), ("c", 0.5), ("main", 5.25), ("river.flac", 9.5)]
    # A tail rings past the end of the scene: five seconds of file less the half that is skipped.
    assert active(13.0) == [("bell.flac", 4.5)]
    assert active(13.5) == []
    assert [cue.line for cue in media.between(0, 2 * SECOND) if cue.line] == ["a"]


def test_media_without_known_lengths(build: Build) -> None:
    media = build(MEDIA).media
    ends = {(cue.kind, cue.file or cue.line): cue.end_fl for cue in media.cues}
    assert ends["line", "a"] == 3 * SECOND  # the next line takes over
    assert ends["line", "b"] == 3 * SECOND + DEFAULT_LINE_FL
    assert ends["audio", "clap.flac"] == 10 * SECOND
    assert ends["video", "v.mp4"] == 10 * SECOND


def test_media_keep_what_the_author_said(build: Build) -> None:
    cues = {(cue.file, cue.at_fl // SECOND): cue for cue in build(MEDIA).media.cues if cue.kind == "audio"}
    river, bell, clap, last = (
        cues["river.flac", 0],
        cues["bell.flac", 3],
        cues["clap.flac", 4],
        cues["bell.flac", 9],
    )
    assert (river.bed, river.loop, river.gain_db, river.fade_in_fl, river.tail) == (
        True,
        True,
        -6.0,
        SECOND,
        False,
    )
    assert (bell.position_m, bell.tail, bell.resume, bell.bus) == ((4.0, 20.0, 6.0), True, True, "effects")
    assert (clap.node, clap.position_m, clap.resume) == ("door", (0.0, 0.0, 0.0), False)
    assert (last.position_m, last.azimuth_deg, last.distance_m, last.skip_fl) == (
        None,
        -30.0,
        4.0,
        SECOND // 2,
    )


def test_lanes_never_overlap() -> None:
    cues = [
        MediaCue("audio", at, at + length, 0, at)
        for at, length in ((0, 10), (2, 3), (5, 5), (5, 1), (6, 2), (10, 1))
    ]
    bank = MediaBank.of(cues)
    for lane in bank.lanes:
        for before, after in pairwise(lane):
            assert before.end_fl <= after.at_fl
    assert len(bank.lanes) == 3
    for at in range(12):
        found = {cue.cue for cue, _ in bank.active(at)}
        assert found == {cue.cue for cue in cues if cue.at_fl <= at < cue.end_fl}
        between = {cue.cue for cue in bank.between(at, at + 3)}
        assert between == {cue.cue for cue in cues if cue.at_fl < at + 3 and cue.end_fl > at}


WINDOW = """\
duration: {min: 20s, nominal: 40s}
window:
  {show: 10s, open: 12s, close: 30s, commit: 34s, inputs: [gaze, vote], rule: {type: plurality, quorum: 0.3, tie: first},
   dwell: 2s, hold: {from: 15s, to: 25s, laps: 2}, leave: early, options: {left: {azimuth: 13deg, elevation: -11deg}}}
targets: {bell: {at: [4, 20, 6], radius: 1.2m}, prow: {node: vehicle, at: [0, 3, 1], radius: 0.5m}}
triggers:
  - {id: bell, on: gaze, target: prow, from: 5s, to: 30s, do: {reaction: ring}, cooldown: 6s, scope: seat}
  - {on: key, key: "1", do: {vote: left}}
  - {on: external, name: go1, do: {set: {lit: 1, who: moon, ok: true}}}
  - {on: zone, center: [0, 10, 0], radius: 3m, dwell: 1s, do: {reaction: hum}}
reactions:
  hum: {duration: 4s, tracks: []}
  ring: {duration: 3s, tracks: [{kind: event, cues: [{at: 1s, name: x}]}]}
"""


def test_windows_triggers_and_reactions(build: Build) -> None:
    program = build(WINDOW)
    assert program.duration == Durations(20 * SECOND, 40 * SECOND, 60 * SECOND)
    window = program.window
    assert window is not None
    assert (window.show_fl, window.open_fl, window.close_fl, window.commit_fl) == tuple(
        s * SECOND for s in (10, 12, 30, 34)
    )
    assert (window.inputs, window.rule, window.quorum, window.tie) == (
        ("gaze", "vote"),
        "plurality",
        0.3,
        "first",
    )
    assert (window.hold, window.leave, window.dwell_fl) == (
        HoldSpec(15 * SECOND, 25 * SECOND, 2),
        "early",
        2 * SECOND,
    )
    assert window.options == {"left": OptionPlaceSpec(13.0, -11.0, 2.0)}
    gaze, key, external, zone = program.triggers
    assert (gaze.id, gaze.target, gaze.do.reaction, gaze.scope) == ("bell", 1, 1, "seat")
    assert (gaze.from_fl, gaze.to_fl, gaze.cooldown_fl) == (5 * SECOND, 30 * SECOND, 6 * SECOND)
    assert gaze.dwell_fl == 12 * SECOND // 10
    assert (key.id, key.key, key.do.vote, key.to_fl) == ("key_2", "1", "left", 40 * SECOND)
    assert (external.name, external.do.set) == ("go1", (("lit", 1), ("who", "moon"), ("ok", True)))
    assert (zone.center_m, zone.radius_m, zone.dwell_fl) == ((0.0, 10.0, 0.0), 3.0, SECOND)
    assert [(reaction.id, reaction.duration.nominal_fl) for reaction in program.reactions] == [
        ("hum", 4 * SECOND), ("ring", 3 * SECOND),
    ]  # fmt: skip
    assert program.target_index("prow") == 1
    with pytest.raises(KeyError):
        program.target_index("moon")


def test_stage_bindings(build: Build, roles: RoleTable) -> None:
    program = build(
        "duration: 4s\nstage: {model: [a.glb, b.glb], exposure: {role: look.exposure}, gains: {b: {role: light.street}},"
        " particles: [{kind: rain, count: 3, at: [0, 0, 0], gain: {role: air.wind}}], water: null}\n"
    )
    assert program.stage is not None
    assert program.stage.model == ("a.glb", "b.glb")
    assert {binding.path: (binding.role, binding.size) for binding in program.bindings} == {
        ("exposure",): ("look.exposure", 1), ("gains", "b"): ("light.street", 3), ("particles", 0, "gain"): ("air.wind", 1),
    }  # fmt: skip
    assert program.bindings[0].start == roles.slice_of("look.exposure").start


def test_programs_travel_between_processes(build: Build) -> None:
    for text in (WINDOW, MEDIA):
        program = build(text)
        again = pickle.loads(pickle.dumps(program))
        np.testing.assert_array_equal(again.bank.evaluate(SECOND), program.bank.evaluate(SECOND))
        assert again.media == program.media
        assert again.window == program.window


def test_role_tables() -> None:
    table = RoleTable.of(
        [RoleSpec("a", RoleKind.MOTION), RoleSpec("b", RoleKind.COLOR, rest=(1.0, 0.5, 0.0))]
    )
    assert (table.size, table.starts, table.names) == (9, (0, 6), ("a", "b"))
    assert table.rest.tolist() == [0.0] * 6 + [1.0, 0.5, 0.0]
    assert not table.rest.flags.writeable
    assert table.slice_of("b") == slice(6, 9)
    assert (table.index("b"), table.get("c"), "a" in table, len(table)) == (1, None, True, 2)
    assert pickle.loads(pickle.dumps(table)) == table
    with pytest.raises(ValueError, match="rest has 2 values, a color role has 3"):
        RoleSpec("c", RoleKind.COLOR, rest=(1.0, 2.0))
    with pytest.raises(ValueError, match="one name"):
        RoleTable.of([RoleSpec("a", RoleKind.LEVEL)] * 2)


def test_reactions_say_nothing_before_their_first_cue(build: Build) -> None:
    scene: dict[str, Any] = {
        "duration": "9s",
        "reactions": {"r": {"duration": "4s", "tracks": [
            {"kind": "level", "role": "look.exposure", "cues": [{"at": "1s", "to": 2, "over": "1s"}]},
        ]}},
    }  # fmt: skip
    (reaction,) = build(scene).reactions
    assert math.isnan(reaction.bank.evaluate(0)[0])
    assert reaction.bank.evaluate(SECOND)[0] == 1.0
    assert reaction.bank.evaluate(2 * SECOND)[0] == 2.0
