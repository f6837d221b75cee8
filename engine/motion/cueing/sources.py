"""What a derived motion is to feel like: courses from the guest's path or from a log, ready to be fitted."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from engine.motion.cueing.specific_force import course_of_path, course_of_poses
from engine.motion.cueing.values import GRAVITY_MPS2, Course, Floats
from engine.time.flicks import FLICKS_PER_SECOND
from engine.timeline.program import DerivedMotion, Program


def wanted_of(
    program: Program, motion: DerivedMotion, folder: Path, *, from_fl: int, count: int, rate_hz: float
) -> tuple[Course, Floats]:
    """A stretch of a derived motion as it is to be felt.

    Parameters
    ----------
    program
        The scene or reaction.
    motion
        One of its `derived`.
    folder
        The package's, for logs.
    from_fl
        Program time of the first sample.
    count, rate_hz
        How many samples, and how many a second.

    Returns
    -------
    Course
        With the motion's gains.
    float64[count, 6]
        The pose a seat is to take with ``cueing: pose``: of a path its roll and pitch, of a log all that it has.

    Raises
    ------
    InputError
        For a log that cannot be read.
    """
    if motion.source == "path":
        course, poses = course_of_path(
            program, rate_hz=rate_hz, count=count, from_fl=from_fl, smooth_fl=motion.smooth_fl
        )
        stand = np.zeros_like(poses)
        stand[:, 3:5] = motion.turn_gain * poses[:, 3:5]
    else:
        start_s = (from_fl - motion.at_fl + motion.skip_fl) / FLICKS_PER_SECOND
        course, poses = course_of_log(
            folder / motion.file,
            motion.frame,
            from_s=start_s,
            count=count,
            rate_hz=rate_hz,
            smooth_s=motion.smooth_fl / FLICKS_PER_SECOND,
        )
        gains = np.array([motion.force_gain] * 3 + [motion.turn_gain] * 3)
        stand = poses * gains
    return course.scaled(motion.force_gain, motion.turn_gain), stand


def log_length_s(path: Path, frame: str) -> float:
    """How long a log is from its first sample to its last, seconds. Raises as `course_of_log`."""
    times_s, *_ = _read(path, frame)
    return float(times_s[-1] - times_s[0]) if len(times_s) else 0.0


def course_of_log(
    path: Path, frame: str, *, from_s: float, count: int, rate_hz: float, smooth_s: float
) -> tuple[Course, Floats]:
    """A log as a course, and its poses (zeros where it has none).

    Parameters
    ----------
    path, frame
        The file, and whose axes and signs it has ("": the engine's).
    from_s
        Time of the first sample after the log's first.
    count, rate_hz
        How many samples, and how many a second.
    smooth_s
        Width of the raised-cosine window over which the log is averaged.

    Returns
    -------
    Course
        Its force and turning; of a log that has poses only, theirs. Before and after the log its first and last values hold.
    float64[count, 6]

    Raises
    ------
    InputError
        Where the file cannot be read.
    """
    times_s, force, turn, pose = _read(path, frame)
    half = round(smooth_s / 2.0 * rate_hz * _FINE)
    steps = np.arange(-half - _FINE, (count - 1) * _FINE + half + _FINE + 1)
    at_s = times_s[0] + from_s + steps / (rate_hz * _FINE)

    def row(values: Floats) -> Floats:
        columns = [np.interp(at_s, times_s, column) for column in values.T]
        if half:
            window = 1.0 + np.cos(np.pi * np.arange(-half, half + 1) / (half + 1))
            window /= window.sum()
            columns = [np.convolve(column, window, mode="valid") for column in columns]
        return np.stack(columns, axis=1)[::_FINE]

    poses = np.zeros((count + 2, 6)) if pose is None else row(pose)
    course = course_of_poses(poses, rate_hz)
    given_force, given_turn = course.force_mps2, course.turn_dps
    if force is not None:
        given_force = row(force)[1:-1]
    elif turn is not None and pose is None:
        given_force = np.tile([0.0, 0.0, GRAVITY_MPS2], (count, 1))
    if turn is not None:
        given_turn = row(turn)[1:-1]
    return Course(rate_hz, given_force, given_turn), poses[1:-1]


def _read(path: Path, frame: str) -> tuple[Floats, Floats | None, Floats | None, Floats | None]:
    """Times and whichever of force, turning and pose a log has."""
    from engine.experience.telemetry import read_telemetry

    log = read_telemetry(path, frame=frame) if frame else read_telemetry(path)
    return log.times_s, log.force_mps2, log.turn_dps, log.poses


_FINE = 4
"""Samples of a log between two of its course: what is averaged is sampled finer than what is kept."""
