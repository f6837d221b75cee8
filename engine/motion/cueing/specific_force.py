"""What a guest is given: specific force and angular rate at the head, from the course of a pose.

The inner ear has no way to tell acceleration from gravity. What it feels is the specific force f = a - g, in the head's own frame
(Reid & Nahon, UTIAS report 296, 1985, section 2): (0, 0, 9.81 m/s^2) at rest, forwards when speeding up and just as much with the nose up.

A pose turns by heading, then pitch, then roll (``R = Rz(yaw) Rx(pitch) Ry(roll)``, as the picture and the headset have it,
`engine.xr.compensation`). With r the head from the centre of rotation, in the moving frame::

    omega = (pitch' cos(roll) - yaw' sin(roll) cos(pitch), roll' + yaw' sin(pitch), pitch' sin(roll) + yaw' cos(roll) cos(pitch))
    f     = R^T (p'' + g z) + omega' x r + omega x (omega x r)
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.motion.cueing.values import GRAVITY_MPS2, Course, Floats
from engine.time.flicks import FLICKS_PER_SECOND
from engine.timeline.bank import LevelBank
from engine.timeline.program import Program

_PATH_TO_POSE = [1, 0, 2, 5, 4, 3]
"""x, y, z, heading, pitch, roll as surge, sway, heave, roll, pitch, yaw."""


def felt(
    poses: Floats,
    velocities: Floats,
    accelerations: Floats,
    head_m: Sequence[float] = (0.0, 0.0, 0.0),
) -> tuple[Floats, Floats]:
    """Specific force and angular rate of a moving frame.

    Parameters
    ----------
    poses, velocities, accelerations : float64[..., 6]
        In the order of `engine.units.MOTION_AXES`; m and deg, per second, per second squared.
    head_m : 3 floats
        The head from the centre of rotation, X right, Y forward, Z up.

    Returns
    -------
    float64[..., 3], float64[..., 3]
        m/s^2 and deg/s as in `Course`. Exact: no small angles.
    """
    rad = np.radians
    phi, theta, psi = (rad(poses[..., axis]) for axis in (3, 4, 5))
    dphi, dtheta, dpsi = (rad(velocities[..., axis]) for axis in (3, 4, 5))
    ddphi, ddtheta, ddpsi = (rad(accelerations[..., axis]) for axis in (3, 4, 5))
    cf, sf, ct, st, cp, sp = (
        np.cos(phi),
        np.sin(phi),
        np.cos(theta),
        np.sin(theta),
        np.cos(psi),
        np.sin(psi),
    )
    turn = np.stack(
        (dtheta * cf - dpsi * sf * ct, dphi + dpsi * st, dtheta * sf + dpsi * cf * ct),
        axis=-1,
    )
    turning = np.stack(
        (
            ddtheta * cf - dtheta * sf * dphi - ddpsi * sf * ct - dpsi * (cf * ct * dphi - sf * st * dtheta),
            ddphi + ddpsi * st + dpsi * ct * dtheta,
            ddtheta * sf + dtheta * cf * dphi + ddpsi * cf * ct - dpsi * (sf * ct * dphi + cf * st * dtheta),
        ),
        axis=-1,
    )
    ax, ay, az = accelerations[..., 1], accelerations[..., 0], accelerations[..., 2] + GRAVITY_MPS2
    # Into the frame: undo the heading, then the pitch, then the roll.
    bx, by = cp * ax + sp * ay, -sp * ax + cp * ay
    cy, cz = ct * by + st * az, -st * by + ct * az
    dx, dz = cf * bx - sf * cz, sf * bx + cf * cz
    force = np.stack((dx, cy, dz), axis=-1)
    arm = np.asarray(head_m, dtype=np.float64)
    force = force + np.cross(turning, arm) + np.cross(turn, np.cross(turn, arm))
    return force, np.degrees(turn)


def bank_derivatives(
    bank: LevelBank, channels: Sequence[int], at_fl: np.ndarray
) -> tuple[Floats, Floats, Floats]:
    """Value, rate and acceleration of channels, from their cubic pieces: exact, and at the start of a piece that piece's.

    Parameters
    ----------
    bank
        Channels of a program; one-shots count as run across.
    channels
        Which.
    at_fl : int64[M]
        Program times.

    Returns
    -------
    three float64[M, len(channels)]
        Units of the channel, per second, per second squared.
    """
    at = np.clip(np.asarray(at_fl, dtype=np.int64), 0, None)
    value, rate, bend = (np.empty((len(at), len(channels))) for _ in range(3))
    for column, channel in enumerate(channels):
        first, last = int(bank.starts[channel]), int(bank.starts[channel + 1])
        index = first + np.searchsorted(bank.t0_fl[first:last], at, side="right") - 1
        inv = bank.inv_len[index]
        u = (at - bank.t0_fl[index]) * inv
        c = bank.coef[index]
        per_s = inv * FLICKS_PER_SECOND
        value[:, column] = ((c[:, 3] * u + c[:, 2]) * u + c[:, 1]) * u + c[:, 0]
        rate[:, column] = ((3.0 * c[:, 3] * u + 2.0 * c[:, 2]) * u + c[:, 1]) * per_s
        bend[:, column] = (6.0 * c[:, 3] * u + 2.0 * c[:, 2]) * per_s**2
    return value, rate, bend


def of_path(program: Program, at_fl: np.ndarray) -> tuple[Floats, Floats]:
    """Specific force and angular rate of whoever rides along a scene's path, as it is drawn: analytic, not averaged.

    Parameters
    ----------
    program
        A scene with a path.
    at_fl : int64[M]
        Program times.

    Returns
    -------
    float64[M, 3], float64[M, 3]
        As in `Course`.

    Raises
    ------
    ValueError
        Where the scene has no path.

    Notes
    -----
    A corner of a path drawn with straight lines is an infinite force for no time: between its points nothing is felt, and what happens
    at them is not in here. `course_of_path` averages, and has it.
    """
    first = _path_channel(program)
    found = bank_derivatives(program.bank, range(first, first + 6), at_fl)
    value, rate, bend = (row[:, _PATH_TO_POSE] for row in found)
    return felt(value, rate, bend)


def course_of_path(
    program: Program, *, rate_hz: float, count: int, from_fl: int = 0, smooth_fl: int = 0
) -> tuple[Course, Floats]:
    """The ride along a scene's path as the guest's vehicle has it, ready for cueing.

    Parameters
    ----------
    program
        A scene with a path.
    rate_hz, count
        Samples a second, and how many.
    from_fl
        Program time of the first.
    smooth_fl
        Width of the raised-cosine window over which the path is averaged first: a path drawn with straight lines or with `cubic`
        bends suddenly, a vehicle does not.

    Returns
    -------
    Course
    float64[count, 6]
        The averaged pose in the order of `engine.units.MOTION_AXES`, yaw unwrapped.

    Notes
    -----
    The scene is continued with the velocity it begins and ends with, so that neither its start nor its end is felt: whoever comes by
    boat from the scene before is not thrown about. Derivatives are those of the cubic spline's second difference, the exact acceleration
    averaged over a triangle of two samples.
    """
    first = _path_channel(program)
    fine = 4 if smooth_fl else 1
    half = round(smooth_fl / 2 / FLICKS_PER_SECOND * rate_hz * fine)
    pad = half + fine
    steps = np.arange(-pad, (count - 1) * fine + pad + 1)
    at = from_fl + np.rint(steps * (FLICKS_PER_SECOND / (rate_hz * fine))).astype(np.int64)
    end_fl = program.duration.nominal_fl
    inside = np.clip(at, 0, end_fl - 1)
    channels = range(first, first + 6)
    value, _, _ = bank_derivatives(program.bank, channels, inside)
    ends = np.array([0, end_fl - 1], dtype=np.int64)
    _, speeds, _ = bank_derivatives(program.bank, channels, ends)
    beyond_s = (at - inside)[:, None] / FLICKS_PER_SECOND
    value = value + np.where(beyond_s < 0.0, speeds[:1], speeds[1:]) * beyond_s
    # One sample more on either side stays, for the differences.
    poses = _averaged(value[:, _PATH_TO_POSE], half)[::fine]
    return course_of_poses(poses, rate_hz), poses[1:-1]


def course_of_poses(poses: Floats, rate_hz: float, head_m: Sequence[float] = (0.0, 0.0, 0.0)) -> Course:
    """The course of a frame that is at ``poses`` (float64[N + 2, 6]); by central differences, of the inner N samples."""
    here = poses[1:-1]
    velocity = (poses[2:] - poses[:-2]) * (rate_hz / 2.0)
    acceleration = (poses[2:] - 2.0 * here + poses[:-2]) * rate_hz**2
    force, turn = felt(here, velocity, acceleration, head_m)
    return Course(rate_hz, force, turn)


def _path_channel(program: Program) -> int:
    if program.path_channel is None:
        raise ValueError(f"the scene {program.id} has no path")
    return program.path_channel


def _averaged(values: Floats, half: int) -> Floats:
    """Rows averaged over a raised cosine of 2 half + 1 samples; the outer ``half`` on either side are spent."""
    if half < 1:
        return values
    window = 1.0 + np.cos(np.pi * np.arange(-half, half + 1) / (half + 1))
    window /= window.sum()
    return np.stack([np.convolve(column, window, mode="valid") for column in values.T], axis=1)
