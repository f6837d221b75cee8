"""Pose tracks: what was recorded is what is played, to the bit; between samples by instant."""

from __future__ import annotations

import errno
import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InputError, OutputError
from engine.xr.angles import angles_deg, turn_of_deg
from engine.xr.poses import angle_rad, conjugated, multiplied
from engine.xr.track_files import (
    SCHEMA,
    PoseRecorder,
    read_track,
    sample_from_json,
    sample_to_json,
    write_track,
)
from engine.xr.tracks import HeadKey, PosePlayer, PoseTrack, scripted, slerped
from engine.xr.values import NO_HAND, Hand, Pose, Quaternion, Tracked

LENGTH = st.floats(-1e3, 1e3, allow_nan=False)
ANGLE = st.floats(-180.0, 180.0)
TURNS = st.builds(turn_of_deg, ANGLE, st.floats(-90.0, 90.0), ANGLE)
POSES = st.builds(Pose, st.tuples(LENGTH, LENGTH, LENGTH), TURNS)
RATIO = st.floats(0.0, 1.0)
HANDS = st.builds(
    Hand,
    kind=st.sampled_from(["", "controller", "hand"]),
    grip=st.none() | POSES,
    aim=st.none() | POSES,
    select_ratio=RATIO,
    selected=st.booleans(),
    squeeze_ratio=RATIO,
    stick=st.tuples(st.floats(-1, 1), st.floats(-1, 1)),
    menu=st.booleans(),
    joints=st.just(()) | st.tuples(POSES, POSES),
    joint_radii_m=st.just(()) | st.tuples(RATIO, RATIO),
)
SAMPLES = st.builds(
    Tracked,
    at_ns=st.integers(0, 1 << 60),
    head=POSES,
    head_valid=st.booleans(),
    hands=st.tuples(HANDS, HANDS),
    gaze=st.none() | POSES,
    present=st.none() | st.booleans(),
)


def at(at_ns: int, yaw_deg: float = 0.0, x_m: float = 0.0, **more: Any) -> Tracked:
    return Tracked(at_ns, Pose((x_m, 0.0, 0.0), turn_of_deg(yaw_deg)), **more)


def written(path: Path, *rows: object) -> Path:
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


HEADER = {"schema": SCHEMA}
GOOD = {"at_ns": 0, "head": [0, 0, 0, 0, 0, 0, 1]}


# ---- round trip


@given(SAMPLES)
def test_a_sample_comes_back_to_the_bit(sample: Tracked) -> None:
    back = sample_from_json(json.loads(json.dumps(sample_to_json(sample))))
    assert back == sample


def test_a_track_comes_back_to_the_bit_with_fields_of_later_versions(tmp_path: Path) -> None:
    samples = (at(0, 1 / 3, 0.1), at(11_111_111, 2 / 3, 0.2, present=True), at(22_222_222, 1.0, 0.3))
    track = PoseTrack(samples, {"guest": "七号"})
    path = tmp_path / "poses.jsonl"
    write_track(path, track)
    assert read_track(path) == track
    first = path.read_bytes()
    write_track(path, read_track(path))
    assert path.read_bytes() == first
    row = {**json.loads(first.split(b"\n")[1]), "pulse_hz": 1.2}
    assert sample_from_json(row) == samples[0]


def test_a_recording_is_relative_to_its_first_frame(tmp_path: Path) -> None:
    said: list[str] = []
    path = tmp_path / "poses.jsonl"
    recorder = PoseRecorder(path, said.append, {"seat": "a"})
    for at_ns in (5_000, 6_000, 6_000, 5_500, 9_000):  # a runtime was restarted and stepped back
        recorder.add(at(at_ns, at_ns / 1000))
    recorder.add(Tracked(10_000, Pose((math.nan, 0.0, 0.0))))
    recorder.close()
    recorder.close()
    recorder.add(at(20_000))
    track = read_track(path)
    assert [sample.at_ns for sample in track.samples] == [0, 1_000, 4_000]
    assert track.samples[1].head == at(0, 6.0).head and track.extra == {"seat": "a"}
    assert recorder.left_out == 3 and said == []


def test_a_full_disk_ends_the_recording_and_not_the_show(tmp_path: Path) -> None:
    said: list[str] = []
    recorder = PoseRecorder(tmp_path / "poses.jsonl", said.append)

    class Full:
        def write(self, _text: str) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

    recorder._file = Full()  # type: ignore[assignment]
    recorder.add(at(0))
    recorder.add(at(1))
    recorder.close()
    assert len(said) == 1 and "no more poses are recorded (No space left on device)" in said[0]


def test_a_place_that_cannot_be_written_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="--record-poses"):
        PoseRecorder(tmp_path / "none" / "poses.jsonl", print)
    with pytest.raises(OutputError, match="cannot be written"):
        write_track(tmp_path / "none" / "poses.jsonl", PoseTrack((at(0),)))


# ---- refusals


@pytest.mark.parametrize(
    ("row", "line", "words"),
    [
        ("", 2, "not JSON"),
        ("[]", 2, "list, expected an object"),
        ('{"at_ns":0,"head":[NaN,0,0,0,0,0,1]}', 2, "NaN is no number"),
        ({**GOOD, "at_ns": 1.5}, 2, "at_ns is 1.5, expected whole nanoseconds"),
        ({**GOOD, "at_ns": -1}, 2, "at_ns is -1"),
        ({**GOOD, "at_ns": True}, 2, "at_ns is True"),
        ({"at_ns": 0}, 2, "head is None, expected 7 numbers"),
        ({**GOOD, "head": [0] * 6}, 2, "head is 6 values, expected 7 numbers"),
        ({**GOOD, "head": [0, 0, 0, 0, 0, 0, 2]}, 2, "turn of length 2, expected a unit"),
        ({**GOOD, "head": [0, 0, 0, 0, 0, 0, "1"]}, 2, "head[6] is '1', expected a number"),
        ({**GOOD, "head": [10**400, 0, 0, 0, 0, 0, 1]}, 2, "head[0] is too large"),
        ({**GOOD, "head_valid": 1}, 2, "head_valid is 1, expected true or false"),
        ({**GOOD, "hands": [None]}, 2, "expected the left and the right one"),
        ({**GOOD, "hands": [None, 3]}, 2, "hands[1] is 3"),
        ({**GOOD, "hands": [{"kind": "claw"}, None]}, 2, "hands[0].kind is 'claw', expected one of"),
        ({**GOOD, "hands": [{"joints": [[1]]}, None]}, 2, "hands[0].joints[0] is 1 values"),
        ({**GOOD, "hands": [{"joints": 3}, None]}, 2, "hands[0].joints is 3"),
        ({**GOOD, "hands": [{"joint_radii_m": 3}, None]}, 2, "hands[0].joint_radii_m is 3"),
        ({**GOOD, "gaze": []}, 2, "gaze is 0 values"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, row: object, line: int, words: str) -> None:
    path = written(tmp_path / "poses.jsonl", HEADER, row)
    with pytest.raises(InputError) as caught:
        read_track(path)
    assert f"poses.jsonl:{line}: " in str(caught.value) and words in str(caught.value)


def test_instants_that_do_not_grow_are_refused_with_their_line(tmp_path: Path) -> None:
    path = written(tmp_path / "poses.jsonl", HEADER, GOOD, {**GOOD, "at_ns": 7}, {**GOOD, "at_ns": 7})
    with pytest.raises(InputError, match=r"poses.jsonl:4: at_ns is 7, the line before has 7"):
        read_track(path)


@pytest.mark.parametrize(
    ("first", "words"),
    [
        ({"schema": "sensorama.poses/9"}, "newer version"),
        ({"schema": "sensorama.journal/1"}, "--record-poses"),
        ({}, "schema None"),
        ("hello", "The first line of a pose track is"),
    ],
)
def test_another_kind_of_file_is_told_apart(tmp_path: Path, first: object, words: str) -> None:
    path = written(tmp_path / "poses.jsonl", first, GOOD)
    with pytest.raises(InputError, match=r"poses.jsonl:1: ") as caught:
        read_track(path)
    assert words in str(caught.value)


def test_files_that_are_none(tmp_path: Path) -> None:
    path = tmp_path / "poses.jsonl"
    with pytest.raises(InputError, match="cannot be read"):
        read_track(path)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="not UTF-8"):
        read_track(path)
    path.write_text("")
    with pytest.raises(InputError, match="begins with its schema"):
        read_track(path)
    path.write_text(json.dumps(HEADER) + "\n" + json.dumps(GOOD))
    with pytest.raises(InputError, match="only one was cut short"):
        read_track(path)


def test_a_line_cut_short_by_a_crash_is_left_out(tmp_path: Path) -> None:
    path = written(tmp_path / "poses.jsonl", HEADER, GOOD, {**GOOD, "at_ns": 5})
    path.write_bytes(path.read_bytes() + b'{"at_ns":9,"hea')
    assert read_track(path).duration_ns == 5


def test_a_track_is_never_empty_or_unordered() -> None:
    with pytest.raises(InputError, match="without a sample"):
        PoseTrack(())
    with pytest.raises(InputError, match="instants must grow"):
        PoseTrack((at(5), at(5)))


# ---- between samples


def test_the_head_goes_straight_and_turns_evenly() -> None:
    track = PoseTrack((at(0, 0.0, 0.0), at(100, 90.0, 1.0)))
    quarter = track.at(25)
    assert quarter.at_ns == 25 and quarter.head.position_m == (0.25, 0.0, 0.0)
    assert angles_deg(quarter.head.turn)[0] == pytest.approx(22.5)
    assert track.at(100).head == track.samples[1].head
    assert track.at(-5).head == track.samples[0].head and track.at(1000).head == track.samples[1].head


@given(TURNS, TURNS, RATIO)
def test_slerp_is_unit_even_and_the_short_way(a: Quaternion, b: Quaternion, share: float) -> None:
    whole = angle_rad(multiplied(conjugated(a), b))
    part = slerped(a, b, share)
    assert math.hypot(*part) == pytest.approx(1.0, abs=1e-9)
    assert angle_rad(multiplied(conjugated(a), part)) == pytest.approx(whole * share, abs=2e-7)
    negated = (-b[0], -b[1], -b[2], -b[3])
    other = slerped(a, negated, share)
    if whole < math.pi - 1e-6:  # exactly opposite turns have two short ways
        assert angle_rad(multiplied(conjugated(other), part)) < 1e-6


def test_presses_hold_until_the_next_sample_and_ratios_move() -> None:
    near, far = Pose((0.0, 0.0, 0.0)), Pose((1.0, 0.0, 0.0))
    before = Hand("controller", near, near, 0.0, stick=(0.0, 0.0), joints=(near,))
    after = Hand("controller", far, None, 1.0, True, stick=(1.0, -1.0), joints=(far,), menu=True)
    track = PoseTrack((at(0, hands=(before, NO_HAND)), at(10, hands=(after, before), present=True)))
    left, right = track.at(5).hands
    assert left.grip == Pose((0.5, 0.0, 0.0)) and left.aim == near and left.joints == (Pose((0.5, 0.0, 0.0)),)
    assert (left.select_ratio, left.stick, left.selected, left.menu) == (0.5, (0.5, -0.5), False, False)
    assert right == NO_HAND and track.at(5).present is None
    assert track.at(10).hands == (after, before)


def test_a_lost_head_is_not_interpolated_into() -> None:
    track = PoseTrack((at(0), at(10, 90.0, head_valid=False), at(20, 90.0)))
    assert track.at(5).head == at(0).head and not track.at(15).head_valid


def test_a_loop_begins_again_and_a_single_pose_stands() -> None:
    track = PoseTrack((at(0, 0.0), at(50, 40.0), at(100, 0.0)))
    for at_ns in (0, 30, 75, 99):
        assert track.at(at_ns + 300, loop=True).head == track.at(at_ns).head
    assert PoseTrack((at(0, 10.0),)).at(77, loop=True).head == at(0, 10.0).head


def test_a_player_starts_with_the_first_instant_it_is_asked_for() -> None:
    track = PoseTrack((at(0, 0.0), at(100, 40.0)))
    player = PosePlayer(track)
    assert player.sample(7_000) == at(7_000, 0.0)
    half = player.sample(7_050)
    assert half.at_ns == 7_050 and angles_deg(half.head.turn)[0] == pytest.approx(20.0)
    assert player.sample(9_000).head == at(0, 40.0).head, "it stays where it ends"
    looped = PosePlayer(track, loop=True, start_ns=0)
    assert looped.sample(250).head == track.at(50).head


def test_a_scripted_head() -> None:
    track = scripted([HeadKey(0.0), HeadKey(2.0, 60.0, -20.0, 10.0, (0.1, 0.2, 0.3))])
    assert track.duration_ns == 2_000_000_000
    last = track.at(2_000_000_000)
    assert last.head.position_m == (0.1, 0.2, 0.3) and last.present
    assert angles_deg(last.head.turn) == pytest.approx((60.0, -20.0, 10.0))
