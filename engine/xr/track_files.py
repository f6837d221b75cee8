"""Pose tracks as files: recorded frame by frame, read whole. The format is in README.md beside this file.

recorder = PoseRecorder(Path("poses.jsonl"), say)
recorder.add(tracked)                        # once a frame; the first one's instant is the track's start
recorder.close()
track = read_track(Path("poses.jsonl"))
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import IO, Any, Final

from engine.errors import InputError, OutputError, Place
from engine.xr.tracks import PoseTrack
from engine.xr.values import NO_HAND, Hand, Pose, Tracked

SCHEMA: Final = "sensorama.poses/1"
_FAMILY: Final = "sensorama.poses/"
_UNIT_TOLERANCE = 1e-3
"""Float32 trackers give unit quaternions to about 1e-7; what is further off than this is no turn at all."""


class PoseRecorder:
    """Writes a track as it happens, one line a frame.

    Parameters
    ----------
    path : Path
        Written anew.
    say : callable
        Takes a line for people when the disk refuses; the recording ends there, the show does not.
    extra : mapping, optional
        Further fields of the first line.

    Attributes
    ----------
    left_out : int
        Frames whose instant was not later than the one before (a runtime that went back in time after a recovery), or whose poses
        were no numbers.

    Raises
    ------
    OutputError
        When the file cannot be begun.
    """

    def __init__(
        self, path: Path, say: Callable[[str], None], extra: Mapping[str, Any] | None = None
    ) -> None:
        self._path = path
        self._say = say
        self._start_ns: int | None = None
        self._last_ns = -1
        self.left_out = 0
        try:
            self._file: IO[str] | None = path.open("w", encoding="utf-8", newline="\n", buffering=1 << 16)
            self._file.write(_dumps({**(extra or {}), "schema": SCHEMA}))
            self._file.flush()
        except OSError as error:
            raise OutputError(
                f"{path}: cannot be written ({error.strerror}). Choose another place for --record-poses"
            ) from error

    def add(self, tracked: Tracked) -> None:
        """Write one frame's poses."""
        if self._file is None:
            return
        if self._start_ns is None:
            self._start_ns = tracked.at_ns
        at_ns = tracked.at_ns - self._start_ns
        if at_ns <= self._last_ns:
            self.left_out += 1
            return
        try:
            self._file.write(_dumps(sample_to_json(replace(tracked, at_ns=at_ns))))
            self._last_ns = at_ns
        except ValueError:  # a tracker that gave no number
            self.left_out += 1
        except OSError as error:
            self._refused(error)

    def close(self) -> None:
        """Finish the file; may be called again."""
        file, self._file = self._file, None
        if file is None:
            return
        try:
            file.close()
        except OSError as error:
            self._refused(error)

    def _refused(self, error: OSError) -> None:
        self._file = None
        self._say(
            f"{self._path}: no more poses are recorded ({error.strerror}); what was written so far can be played"
        )


# ---- files


def write_track(path: Path, track: PoseTrack) -> None:
    """Write a whole track.

    Raises
    ------
    OutputError
        When the file cannot be written.
    """
    lines = [_dumps({**track.extra, "schema": SCHEMA}), *(_dumps(sample_to_json(s)) for s in track.samples)]
    try:
        path.write_text("".join(lines), encoding="utf-8", newline="\n")
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror}). Choose another place") from error


def read_track(path: Path) -> PoseTrack:
    """Read a track.

    A last line that was cut short (the machine lost power) is left out; any other fault is refused.

    Raises
    ------
    InputError
        With ``file:line`` for what is wrong, the actual value and what is allowed.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read ({error.strerror}). Give a file of --record-poses"
        ) from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text ({error.reason}). Give a file of --record-poses") from error
    lines = text.split("\n")
    whole, rest = lines[:-1], lines[-1]
    if not whole:
        raise _wrong(path, 1, "no whole line; a pose track begins with its schema")
    extra = _header(path, whole[0])
    samples: list[Tracked] = []
    for number, line in enumerate(whole[1:], 2):
        try:
            sample = sample_from_json(_loads(line))
        except ValueError as error:
            raise _wrong(path, number, str(error)) from error
        if samples and sample.at_ns <= samples[-1].at_ns:
            raise _wrong(
                path,
                number,
                f"at_ns is {sample.at_ns}, the line before has {samples[-1].at_ns}: instants must grow",
            )
        samples.append(sample)
    if not samples:
        cut = " (the only one was cut short)" if rest else ""
        raise _wrong(path, 2, f"no poses{cut}. Record one frame at least")
    return PoseTrack(tuple(samples), extra)


def _header(path: Path, line: str) -> dict[str, Any]:
    try:
        header = _loads(line)
    except ValueError as error:
        raise _wrong(
            path, 1, f'{error}. The first line of a pose track is {{"schema":"{SCHEMA}"}}'
        ) from error
    schema = header.pop("schema", None)
    if schema != SCHEMA:
        newer = isinstance(schema, str) and schema.startswith(_FAMILY)
        hint = "It was made by a newer version" if newer else "Give a file of --record-poses"
        raise _wrong(path, 1, f"schema {schema!r}, this engine reads '{SCHEMA}'. {hint}")
    return header


def _wrong(path: Path, line: int, text: str) -> InputError:
    return InputError(f"{Place(str(path), line)}: {text}")


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number that a pose can have")


def _loads(line: str) -> dict[str, Any]:
    try:
        row = json.loads(line, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON ({error.msg} at column {error.colno})") from error
    except RecursionError as error:
        raise ValueError("nested too deeply to be a pose") from error
    if not isinstance(row, dict):
        raise ValueError(f"{type(row).__name__}, expected an object")
    return row


def _dumps(row: Mapping[str, Any]) -> str:
    # repr of a float, which json writes, is the shortest text that reads back as the very same float.
    return json.dumps(row, ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n"


# ---- one sample


def sample_to_json(sample: Tracked) -> dict[str, Any]:
    """A sample as its line holds it; what is as usual is left out."""
    row: dict[str, Any] = {"at_ns": sample.at_ns, "head": _pose_row(sample.head)}
    if not sample.head_valid:
        row["head_valid"] = False
    if sample.hands != (NO_HAND, NO_HAND):
        row["hands"] = [_hand_row(hand) for hand in sample.hands]
    if sample.gaze is not None:
        row["gaze"] = _pose_row(sample.gaze)
    if sample.present is not None:
        row["present"] = sample.present
    return row


def sample_from_json(row: Mapping[str, Any]) -> Tracked:
    """A sample from its line; fields that this version does not know are passed over.

    Raises
    ------
    ValueError
        Saying which field is what, and what it may be.
    """
    hands = row.get("hands", [None, None])
    if not isinstance(hands, list) or len(hands) != 2:
        raise ValueError(f"hands is {hands!r}, expected the left and the right one (null for none)")
    at_ns = row.get("at_ns")
    if not isinstance(at_ns, int) or isinstance(at_ns, bool) or not 0 <= at_ns < 1 << 63:
        raise ValueError(f"at_ns is {at_ns!r}, expected whole nanoseconds from the track's start, 0 or more")
    return Tracked(
        at_ns=at_ns,
        head=_pose(row.get("head"), "head"),
        head_valid=_flag(row.get("head_valid", True), "head_valid"),
        hands=(_hand(hands[0], "hands[0]"), _hand(hands[1], "hands[1]")),
        gaze=None if row.get("gaze") is None else _pose(row["gaze"], "gaze"),
        present=None if row.get("present") is None else _flag(row["present"], "present"),
    )


def _pose_row(pose: Pose) -> list[float]:
    return [*pose.position_m, *pose.turn]


def _hand_row(hand: Hand) -> dict[str, Any] | None:
    if hand == NO_HAND:
        return None
    row: dict[str, Any] = {"kind": hand.kind}
    if hand.grip is not None:
        row["grip"] = _pose_row(hand.grip)
    if hand.aim is not None:
        row["aim"] = _pose_row(hand.aim)
    for name in ("select_ratio", "squeeze_ratio"):
        if getattr(hand, name):
            row[name] = getattr(hand, name)
    for name in ("selected", "menu"):
        if getattr(hand, name):
            row[name] = True
    if hand.stick != (0.0, 0.0):
        row["stick"] = list(hand.stick)
    if hand.joints:
        row["joints"] = [_pose_row(joint) for joint in hand.joints]
    if hand.joint_radii_m:
        row["joint_radii_m"] = list(hand.joint_radii_m)
    return row


_KINDS = ("", "controller", "hand")


def _hand(row: Any, name: str) -> Hand:
    if row is None:
        return NO_HAND
    if not isinstance(row, dict):
        raise ValueError(f"{name} is {row!r}, expected an object or null")
    kind = row.get("kind", "")
    if kind not in _KINDS:
        raise ValueError(f"{name}.kind is {kind!r}, expected one of {', '.join(map(repr, _KINDS))}")
    joints = row.get("joints", [])
    if not isinstance(joints, list):
        raise ValueError(f"{name}.joints is {joints!r}, expected a list of poses")
    radii = row.get("joint_radii_m", [])
    if not isinstance(radii, list):
        raise ValueError(f"{name}.joint_radii_m is {radii!r}, expected a list of lengths")
    stick = _numbers(row.get("stick", [0.0, 0.0]), 2, f"{name}.stick")
    return Hand(
        kind=kind,
        grip=None if row.get("grip") is None else _pose(row["grip"], f"{name}.grip"),
        aim=None if row.get("aim") is None else _pose(row["aim"], f"{name}.aim"),
        select_ratio=_number(row.get("select_ratio", 0.0), f"{name}.select_ratio"),
        selected=_flag(row.get("selected", False), f"{name}.selected"),
        squeeze_ratio=_number(row.get("squeeze_ratio", 0.0), f"{name}.squeeze_ratio"),
        stick=(stick[0], stick[1]),
        menu=_flag(row.get("menu", False), f"{name}.menu"),
        joints=tuple(_pose(joint, f"{name}.joints[{i}]") for i, joint in enumerate(joints)),
        joint_radii_m=tuple(_number(radius, f"{name}.joint_radii_m[{i}]") for i, radius in enumerate(radii)),
    )


def _pose(row: Any, name: str) -> Pose:
    x, y, z, *turn = _numbers(row, 7, name)
    length = math.sqrt(sum(part * part for part in turn))
    if abs(length - 1.0) > _UNIT_TOLERANCE:
        raise ValueError(f"{name} has a turn of length {length:g}, expected a unit quaternion x, y, z, w")
    return Pose((x, y, z), (turn[0], turn[1], turn[2], turn[3]))


def _numbers(row: Any, count: int, name: str) -> list[float]:
    if not isinstance(row, list) or len(row) != count:
        what = f"{len(row)} values" if isinstance(row, list) else repr(row)
        raise ValueError(f"{name} is {what}, expected {count} numbers")
    return [_number(value, f"{name}[{i}]") for i, value in enumerate(row)]


def _number(value: Any, name: str) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise ValueError(f"{name} is {value!r}, expected a number")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ValueError(f"{name} is too large a number")
    return number


def _flag(value: Any, name: str) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{name} is {value!r}, expected true or false")
    return value
