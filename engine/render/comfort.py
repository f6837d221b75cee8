"""Comfort before the eyes: how far the picture narrows while the vehicle moves, and turns by steps. Pure; no graphics.

What makes people ill is motion that the eyes see and the body does not feel, at the edge of the field of view above all. So while the
vehicle turns, hurries or gathers speed, the edge is darkened; how much is a matter of the guest's comfort level, and at `full` nothing
is. (The idea: Fernandes and Feiner, "Combating VR sickness through subtle dynamic field-of-view modification", IEEE 3DUI 2016.
The figures below are ours.)

Everything is a function of the path and the instant, so that a seek shows what playing would have.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.experience.headset import COMFORT_LEVELS
from engine.time.flicks import FLICKS_PER_SECOND
from engine.time.segments import NO_SCENE, Transport

PathPose = Callable[[int, int], Sequence[float] | npt.NDArray[np.float64]]
"""Pose of the vehicle, ``path_pose(scene, at_fl)``: x, y, z in metres; heading, pitch, roll in degrees."""

#: By comfort level: how much of the narrowing its guest gets.
STRENGTH = dict(zip(COMFORT_LEVELS, (0.0, 0.7, 1.0), strict=True))

#: Where narrowing begins, and where it is complete: turning, speed, gathering (or losing) speed.
TURN_DPS = (4.0, 40.0)
SPEED_MPS = (0.8, 7.0)
ACCELERATION_MPS2 = (0.4, 3.0)

#: Angle from straight ahead at which the darkness begins, wide open and at its narrowest, and how soft its edge is.
OPEN_DEG = 62.0
NARROW_DEG = 27.0
SOFT_DEG = 14.0

#: Rates are differences over this much of the scene before and after: the path is known, so the edge moves before the body does.
_REACH_FL = FLICKS_PER_SECOND // 5
#: The amount is the mean over this long, so that a hold or a seam does not snap it.
_SMOOTH_NS = 400_000_000
_SMOOTH_STEPS = 4

#: A thumbstick is pushed beyond the one, and let go below the other: a trembling thumb turns once.
_PUSHED = 0.7
_LET_GO = 0.3


@dataclass(frozen=True, slots=True)
class Going:
    """How the vehicle goes: degrees a second about any axis, metres a second, and their change."""

    turn_dps: float = 0.0
    speed_mps: float = 0.0
    acceleration_mps2: float = 0.0


def going(before: Sequence[float], now: Sequence[float], after: Sequence[float], reach_s: float) -> Going:
    """Rates from three poses of the vehicle, `reach_s` apart."""
    turns = [math.remainder(b - a, 360.0) for a, b in zip(before[3:6], after[3:6], strict=True)]
    speed_mps = math.dist(before[:3], after[:3]) / (2.0 * reach_s)
    change = math.hypot(*(c - 2.0 * b + a for a, b, c in zip(before[:3], now[:3], after[:3], strict=True)))
    return Going(math.hypot(*turns) / (2.0 * reach_s), speed_mps, change / reach_s**2)


def narrowing(how: Going) -> float:
    """How much of the vignette such going asks for, 0..1 at full strength: each of the three adds to what the others leave."""
    open_ratio = 1.0
    for value, span in (
        (how.turn_dps, TURN_DPS),
        (how.speed_mps, SPEED_MPS),
        (how.acceleration_mps2, ACCELERATION_MPS2),
    ):
        open_ratio *= 1.0 - _smooth(value, *span)
    return 1.0 - open_ratio


def vignette_ratio(path_pose: PathPose, transport: Transport, host_ns: int, comfort: int) -> float:
    """How far the picture has narrowed at an instant.

    Parameters
    ----------
    path_pose : callable
    transport : Transport
    host_ns : int
    comfort : int
        The guest's level, an index into `COMFORT_LEVELS`.

    Returns
    -------
    float
        0 (open) to 1 (`NARROW_DEG`).
    """
    strength = STRENGTH[COMFORT_LEVELS[comfort]]
    if strength == 0.0:
        return 0.0
    total = 0.0
    for step in range(_SMOOTH_STEPS + 1):
        total += _narrowing_at(path_pose, transport, host_ns - step * _SMOOTH_NS // _SMOOTH_STEPS)
    return strength * total / (_SMOOTH_STEPS + 1)


def _narrowing_at(path_pose: PathPose, transport: Transport, host_ns: int) -> float:
    moment = transport.at(host_ns)
    if moment.scene == NO_SCENE or moment.rate == 0:
        return 0.0
    reach_s = _REACH_FL / FLICKS_PER_SECOND
    poses = [
        [float(part) for part in path_pose(moment.scene, moment.at_fl + reach_fl)]
        for reach_fl in (-_REACH_FL, 0, _REACH_FL)
    ]
    pace = abs(float(moment.rate))
    how = going(poses[0], poses[1], poses[2], reach_s)
    return narrowing(Going(how.turn_dps * pace, how.speed_mps * pace, how.acceleration_mps2 * pace * pace))


def edge_deg(ratio: float) -> tuple[float, float]:
    """Angles from straight ahead at which the darkness begins and is complete, for `vignette_ratio`."""
    inner_deg = OPEN_DEG + (NARROW_DEG - OPEN_DEG) * min(max(ratio, 0.0), 1.0)
    return inner_deg, inner_deg + SOFT_DEG


def _smooth(value: float, low: float, high: float) -> float:
    part = min(max((value - low) / (high - low), 0.0), 1.0)
    return part * part * (3.0 - 2.0 * part)


@dataclass(slots=True)
class SnapTurn:
    """Turns by steps from a thumbstick: one step a push, the next after the stick was let go.

    A turn that is cut, not swept, is not seen as motion.

    Attributes
    ----------
    step_deg : float
        Of one turn; 0: the stick turns nobody.
    """

    step_deg: float
    _pushed: bool = False

    def take(self, stick_ratio: float) -> float:
        """The turn that is due, degrees, + = left.

        Parameters
        ----------
        stick_ratio : float
            -1 (left) to 1 (right), as `XrActionStateVector2f` has it.
        """
        if abs(stick_ratio) < _LET_GO:
            self._pushed = False
        if self._pushed or abs(stick_ratio) < _PUSHED or self.step_deg == 0.0:
            return 0.0
        self._pushed = True
        return -math.copysign(self.step_deg, stick_ratio)
