"""Recording: what our own timeline plays afterwards lies within the stated error of what came in, at every sample."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.bus.source import Signal, Value
from engine.cli import main
from engine.errors import OutputError, Problem, UsageError
from engine.experience.scaffold import new_package
from engine.show.recording.command import (
    RecordOptions,
    Survey,
    capture,
    parse_settings,
    parse_tolerance,
    problems_of,
    save,
)
from engine.show.recording.mapping import parse_map, parse_maps
from engine.show.recording.recording import RecordedTrack, Recording, Tolerance
from engine.show.recording.thin import HOLD_MS, Sample, decimals_for, thin, value_at, with_holds
from engine.show.recording.yaml_text import format_ms, format_number, scene_text
from engine.time import FLICKS_PER_SECOND, ManualClock
from engine.timeline.compile import compile_scene
from engine.timeline.evaluate import Evaluator
from engine.timeline.parse import parse_scene
from engine.timeline.roles import RoleKind, RoleSpec, RoleTable
from engine.timeline.yamlsource import load_yaml_text

MS = 1_000_000
MS_FL = FLICKS_PER_SECOND // 1000
ROLES = RoleTable.of(
    [
        RoleSpec("seat.motion", RoleKind.MOTION, "seat", "motion"),
        RoleSpec("seat.shaker", RoleKind.HAPTIC, "seat", "haptic"),
        RoleSpec("air.wind", RoleKind.LEVEL, "room", "wind"),
        RoleSpec("light.street", RoleKind.COLOR, "room", "light"),
    ]
)


def evaluator(text: str) -> Evaluator:
    problems: list[Problem] = []
    data, places = load_yaml_text(text, "scene.yaml", problems)
    program = compile_scene(
        parse_scene(data, places, problems), scene_id="scene", index=0, roles=ROLES, problems=problems
    )
    assert program is not None and not problems, "\n".join(map(str, problems)) + "\n" + text
    return Evaluator([program], ROLES)


def record(
    maps: list[str], signals: list[Signal], tolerance: Tolerance, end_ms: int
) -> tuple[list[RecordedTrack], str]:
    recording = Recording(parse_maps(maps, ROLES), 0, tolerance)
    for signal in signals:
        recording.take(signal)
    tracks = recording.tracks(end_ms)
    return tracks, scene_text(tracks, end_ms + 1000, 0, ["recorded"])


def played(text: str, role: str, times_ms: list[int]) -> list[tuple[float, ...]]:
    plays, where = evaluator(text), ROLES.slice_of(role)
    return [tuple(plays.levels_at(0, at_ms * MS_FL)[where]) for at_ms in times_ms]


# Gaps that make steps, dense streams, doubles within one ms, and long rests; values that jump, creep and rest.
GAPS = st.one_of(st.integers(0, 3), st.integers(5, 30), st.integers(40, 90), st.integers(900, 4000))
VALUE = st.one_of(
    st.floats(0, 1), st.sampled_from([0.0, 1.0, 0.5]), st.integers(0, 255).map(lambda n: n / 255)
)


@given(
    st.lists(st.tuples(GAPS, VALUE, VALUE, VALUE), min_size=1, max_size=60),
    st.sampled_from(["level", "color", "motion", "haptic"]),
    st.sampled_from([1e-5, 0.001, 0.005, 0.02, 0.2]),
)
@example([(0, 0.0, 0.0, 0.0), (HOLD_MS, 1.0, 0.0, 0.0), (HOLD_MS + 1, 0.0, 0.0, 0.0)], "haptic", 0.005)
def test_our_timeline_plays_what_was_recorded_within_the_error_at_every_sample(
    rows: list[tuple[int, float, float, float]], kind: str, share: float
) -> None:
    role, target, width = {
        "level": ("air.wind", "/x=air.wind", 1),
        "color": ("light.street", "/x=light.street", 3),
        "motion": ("seat.motion", "/x=seat.motion", 6),
        "haptic": ("seat.shaker", "/x=seat.shaker", 1),
    }[kind]
    tolerance = Tolerance(share, share / 10, share * 10)
    at_ms, signals, samples = 0, [], {}
    for gap, a, b, c in rows:
        at_ms += gap
        values = {"motion": (a / 10, -b / 20, 0.01, c * 10 - 5, -a, b * c), "color": (a, b, c)}.get(
            kind, (a,)
        )
        signals.append(Signal("desk", "/x", values, at_ms * MS))
        samples[at_ms] = values
    tracks, text = record([target], signals, tolerance, at_ms + 1)
    allowed = tolerance.of(tracks[0].kind)
    for (instant, wanted), got in zip(samples.items(), played(text, role, list(samples)), strict=True):
        for component in range(width):
            error = abs(got[component] - wanted[component])
            assert error <= allowed[component] + 1e-9, (instant, component, error, text)
    for worst, most in zip(tracks[0].worst, allowed, strict=True):
        assert worst <= most + 1e-9


def test_what_was_held_is_held_between_the_samples_too() -> None:
    """A button that rests at 0 for ten seconds and then jumps is no ramp of ten seconds."""
    signals = [
        Signal("desk", "/x", (value,), at * MS) for at, value in [(0, 0.0), (10_000, 1.0), (10_500, 0.25)]
    ]
    _, text = record(["/x=air.wind"], signals, Tolerance(), 12_000)
    found = played(text, "air.wind", [5000, 9998, 10_000, 10_300, 10_498, 10_500, 11_000])
    assert [row[0] for row in found] == [0, 0, 1, 1, 1, 0.25, 0.25]


def test_a_fader_ride_needs_few_points() -> None:
    signals = [
        Signal("desk", "/x", (0.5 + 0.5 * math.sin(at / 500),), at * MS) for at in range(0, 10_000, 23)
    ]
    (track,), _ = record(["/x=air.wind"], signals, Tolerance(0.01), 10_000)
    assert track.samples == 435 and track.kept <= 45  # a chord of a sine of 1 % spans some 0.25 rad


def test_thinning_finds_straight_lines() -> None:
    line = [Sample(at, (at / 1000, 1 - at / 1000)) for at in range(0, 1001, 10)]
    result = thin(line, (0.001, 0.001), (4, 4))
    assert result.keys == (line[0], line[-1]) and max(result.worst) < 1e-9
    assert value_at(result.keys, -5) == (0, 1) and value_at(result.keys, 2000) == (1, 0)
    assert thin([], (0.1,), (1,)).keys == ()


def test_decimals_leave_most_of_the_tolerance_to_the_curve() -> None:
    for tolerance in (0.2, 0.05, 0.005, 0.0004, 1e-5):
        assert 0.5 * 10 ** -decimals_for(tolerance) <= tolerance / 4


def test_a_step_is_kept_as_one() -> None:
    rows = with_holds(
        [Sample(0, (0.0,)), Sample(HOLD_MS + 1, (1.0,)), Sample(500, (1.0,)), Sample(510, (0.0,))]
    )
    assert [row.at_ms for row in rows] == [0, HOLD_MS, HOLD_MS + 1, 500, 510]


def test_a_shaker_is_silent_when_the_recording_ends() -> None:
    signals = [Signal("desk", "/x", (0.8,), 0), Signal("desk", "/x", (0.8,), 3000 * MS)]
    _, text = record(["/x=seat.shaker"], signals, Tolerance(), 4000)
    assert [row[0] for row in played(text, "seat.shaker", [0, 3000, 3999, 4001])] == [0.8, 0.8, 0.8, 0.0]


def test_gestures_become_cues_of_their_own() -> None:
    rows = [(0, 0.0), (20, 0.5), (40, 1.0), (5000, 1.0), (5020, 0.0), (9000, 0.0)]
    (track,), text = record(
        ["/x=air.wind"], [Signal("d", "/x", (value,), at * MS) for at, value in rows], Tolerance(), 9000
    )
    assert [len(gesture.keys) for gesture in track.gestures] == [2, 2]
    assert text.count("- {at:") == 2 and "{at: 5s, curve: [[0s, 1], [0.02s, 0]]}" in text


def test_notes_and_presses_become_knocks() -> None:
    def at(ms: int, address: str, *values: Value) -> Signal:
        return Signal("desk", address, values, ms * MS)

    signals = [
        *(at(10, "/note/1/36", 0.5), at(10, "/note/1/36", 0.9), at(50, "/note/1/36", 0.0)),
        *(at(300, "/hit", 0.0), at(310, "/hit", 0.7), at(320, "/hit", 0.8), at(330, "/hit", 0.0)),
        *(at(400, "/bang"), at(500, "/bang", "loud")),
    ]
    maps = ["/note/1/36=seat.shaker", "/hit=seat.shaker:transient", "/bang=seat.shaker:transient"]
    (track,), text = record(maps, signals, Tolerance(), 1000)
    assert [(knock.at_ms, knock.intensity) for knock in track.knocks] == [(10, 0.9), (310, 0.7), (400, 1.0)]
    evaluator(text)


def test_components_may_come_from_addresses_of_their_own() -> None:
    signals = [
        Signal("desk", "/1/1", (1.0,), 0),
        Signal("desk", "/1/3", (0.5,), 10 * MS),
        Signal("seat", "/heave", (1612.0,), 20 * MS),
        Signal("other", "/heave", (99.0,), 20 * MS),
    ]
    maps = ["/1/1,/1/2,/1/3=light.street", "seat:/heave=seat.motion.heave*0.001-1.6"]
    _, text = record(maps, signals, Tolerance(), 100)
    assert played(text, "light.street", [10]) == [(1.0, 0.0, 0.5)]
    assert played(text, "seat.motion", [20])[0][2] == pytest.approx(0.012)


def test_what_is_no_number_is_left_out_and_time_tags_may_come_out_of_order() -> None:
    recording = Recording(parse_maps(["/x=air.wind"]), 0, Tolerance())
    rows: list[tuple[int, Value]] = [
        (20, 0.2),
        (10, 0.1),
        (30, math.nan),
        (40, "up"),
        (50, 1e30),
        (60, True),
    ]
    for at, value in rows:
        recording.take(Signal("desk", "/x", (value,), at * MS))
    assert recording.refused == 3
    (track,) = recording.tracks(100)
    assert track.gestures[0].keys[0].at_ms == 10 and track.samples == 3


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("/a=light.street", "level"),
        ("/a,/b,/c=light.street", "color"),
        ("/a=light.street.red", "color"),
        ("/note/1/3=seat.shaker", "transient"),
        ("/a=seat.shaker", "haptic"),
        ("/a=seat.motion", "motion"),
        ("/a=seat.pose.heave", "motion"),
        ("/a=seat.pose:motion", "motion"),
    ],
)
def test_without_a_package_the_kind_is_guessed(text: str, kind: str) -> None:
    assert parse_map(text).kind == kind


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("fader=light.street", "write ADDRESS=ROLE"),
        ("/a=light", "write ADDRESS=ROLE"),
        ("/a=light.street:loud", "there are level"),
        ("/a,/b,/c,/d=light.street:color", "4 addresses"),
        ("/a=light.nowhere", "no role"),
        ("/a=air.wind:motion", "is a level"),
        ("/a=seat.motion.red", "has no 'red'"),
        ("/a,/b=seat.motion.heave", "one address"),
        ("/a,b=air.wind", "slash"),
        ("/a=air.wind*1.2.3", "no factor"),
        ("/a=air.wind+1.2.3", "no number"),
    ],
)
def test_mistakes_in_a_map_say_what_to_write(text: str, word: str) -> None:
    with pytest.raises(UsageError, match=word):
        parse_map(text, ROLES)


def test_two_maps_of_one_role_agree_on_its_kind() -> None:
    with pytest.raises(UsageError, match="another time"):
        parse_maps(["/a=light.x", "/b=light.x:color"])


def test_errors_and_settings_of_the_command_line() -> None:
    assert parse_tolerance(["1%"]) == Tolerance(0.01, 0.001, 0.1)
    assert parse_tolerance(["0.2mm", "0.02deg"]) == Tolerance(0.005, 0.0002, 0.02)
    for wrong in ("0%", "x%", "5", "-1mm"):
        with pytest.raises(UsageError):
            parse_tolerance([wrong])
    assert parse_settings(["universes=[1, 2]", "name=desk", "on=true"]) == {
        "universes": [1, 2],
        "name": "desk",
        "on": True,
    }
    with pytest.raises(UsageError, match="key=value"):
        parse_settings(["x"])


def test_numbers_and_times_are_written_plainly() -> None:
    assert [format_ms(ms) for ms in (0, 5, 1000, 1250, 60_010)] == ["0s", "0.005s", "1s", "1.25s", "60.01s"]
    assert [format_number(*pair) for pair in ((-0.0001, 3), (1e-5, 5), (1.0, 0), (0.25, 3))] == [
        "0",
        "0.00001",
        "1",
        "0.25",
    ]


class Script:
    """Hands out signals by the manual clock; may be interrupted as by Ctrl-C."""

    def __init__(self, clock: ManualClock, signals: list[Signal], stop_ns: int | None = None) -> None:
        self._clock, self._signals, self._stop_ns = clock, signals, stop_ns

    def take(self) -> list[Signal]:
        now_ns = self._clock.now_ns()
        if self._stop_ns is not None and now_ns >= self._stop_ns:
            self._stop_ns = None
            raise KeyboardInterrupt
        found = [signal for signal in self._signals if signal.at_ns <= now_ns]
        self._signals = [signal for signal in self._signals if signal.at_ns > now_ns]
        return found


def test_ctrl_c_ends_a_recording_and_keeps_it() -> None:
    signals = [Signal("desk", "/x", (at / 1000,), at * MS) for at in range(0, 1000, 20)]
    clock, kept = ManualClock(), list[Signal]()
    assert capture(Script(clock, list(signals)), clock, kept.append, 400 * MS) == 400 * MS
    assert kept == [signal for signal in signals if signal.at_ns <= 400 * MS]
    clock, kept = ManualClock(), []
    end_ns = capture(Script(clock, list(signals), stop_ns=600 * MS), clock, kept.append, None)
    assert end_ns == 600 * MS and kept == [signal for signal in signals if signal.at_ns <= 600 * MS]


def test_a_survey_says_what_can_be_mapped() -> None:
    survey = Survey()
    for value in (0.1, 0.2):
        survey.take(Signal("desk", "/a", (value,), 0))
    survey.take(Signal("desk", "/go", (), 0))
    assert survey.lines() == ["desk:/a  2 signals, last 0.2", "desk:/go  1 signals, last without a value"]


def test_a_recording_in_a_package_passes_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = new_package("taped", tmp_path)
    scene = folder / "scenes" / "water.yaml"
    manifest: Any = load_yaml_text((folder / "experience.yaml").read_text(), "x")[0]
    role = next(name for name, spec in manifest["roles"].items() if spec["kind"] == "level")
    signals = [Signal("desk", "/x", (math.sin(at / 300) ** 2,), at * MS) for at in range(0, 3000, 25)]
    recording = Recording(parse_maps([f"/x={role}"]), 0, Tolerance())
    for signal in signals:
        recording.take(signal)
    scene.write_text(scene_text(recording.tracks(3000), 3000, 0, ["taped"]))
    assert problems_of(scene.read_text(), "water.yaml", None) == []
    assert main(["check", str(folder)]) == 0, capsys.readouterr()


def options(**changes: Any) -> RecordOptions:
    return RecordOptions(
        **{
            "inputs": (),
            "maps": parse_maps(["/x=air.wind"]),
            "for_ns": None,
            "out": None,
            "scene": None,
            "at_ms": 0,
            "tolerance": Tolerance(),
            "force": False,
            "trim": False,
            "roles": ROLES,
            **changes,
        }
    )


def wind() -> list[RecordedTrack]:
    return record(["/x=air.wind"], [Signal("d", "/x", (0.5,), 0)], Tolerance(), 1000)[0]


def test_a_copy_of_the_scene_is_written_beside_it(tmp_path: Path) -> None:
    scene = tmp_path / "quay.yaml"
    scene.write_text("duration: 4s  # short\n")
    lines = save(options(scene=scene, at_ms=2000), wind(), 1000, [])
    assert (
        lines[-1] == f"wrote {tmp_path / 'quay.recorded.yaml'}"
        and scene.read_text() == "duration: 4s  # short\n"
    )
    data, _ = load_yaml_text((tmp_path / "quay.recorded.yaml").read_text(), "x")
    assert data["tracks"][0]["cues"] == [{"at": "2s", "set": 0.5}]
    lines = save(options(scene=scene, out=scene, at_ms=5000, force=True), wind(), 1000, [])
    assert "the cue begins at" in "\n".join(lines)  # what check would say is said at once
    assert "# short" in scene.read_text()


def test_a_recording_is_kept_even_if_its_scene_was_broken_meanwhile(tmp_path: Path) -> None:
    scene = tmp_path / "quay.yaml"
    scene.write_text("duration: [\n")
    for number in (1, 2):
        with pytest.raises(OutputError, match=f"kept in .*quay.recorded.kept-{number}.yaml"):
            save(options(scene=scene), wind(), 1000, ["taped"])
    evaluator((tmp_path / "quay.recorded.kept-2.yaml").read_text())
    assert scene.read_text() == "duration: [\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "--rig FILE"),
        (["--source", "sample"], "needs --port"),
        (["--rig", "studio"], "has no inputs"),
        (["--source", "sample", "--port", "udp://127.0.0.1:9", "--map", "b:/x=air.wind"], "no input 'b'"),
        (
            ["--source", "sample", "--port", "udp://127.0.0.1:9", "--map", "/x=air.wind", "--for", "3"],
            "--for 3",
        ),
        (
            [
                "--source",
                "sample",
                "--port",
                "udp://127.0.0.1:9",
                "--map",
                "/x=air.wind",
                "--out",
                "here.yaml",
            ],
            "--force",
        ),
        (
            [
                "--source",
                "sample",
                "--port",
                "udp://127.0.0.1:9",
                "--map",
                "/x=air.wind",
                "--out",
                "no/x.yaml",
            ],
            "no folder",
        ),
        (["--source", "sample", "--port", "udp://127.0.0.1:9", "--scene", "none.yaml"], "no such file"),
        (["--source", "morse", "--port", "x"], "unknown source"),
    ],
)
def test_mistakes_are_said_before_anything_is_recorded(
    words: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "here.yaml").write_text("mine")
    assert main(["record", *words]) == 2
    assert said in capsys.readouterr().err and (tmp_path / "here.yaml").read_text() == "mine"
