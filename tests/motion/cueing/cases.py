"""Seats and rides that the tests of cueing share."""

from __future__ import annotations

import math

import numpy as np

from engine.experience.platform import ActuatorSpec, PlatformSpec
from engine.motion.cueing.values import GRAVITY_MPS2, KNOT_HZ, Course, Floats, Workspace

SEAT = Workspace(
    low=(-0.04, -0.04, -0.05, -8.0, -8.0, -6.0),
    high=(0.04, 0.04, 0.05, 8.0, 8.0, 6.0),
    velocity=(0.2, 0.2, 0.25, 20.0, 20.0, 20.0),
    acceleration=(1.5, 1.5, 2.5, 120.0, 120.0, 120.0),
    jerk=(20.0, 20.0, 30.0, 1500.0, 1500.0, 1500.0),
    head_m=(0.0, 0.0, 0.9),
)


def still(knots: int) -> tuple[Floats, Floats]:
    """Force and turning of somebody at rest."""
    return np.tile([0.0, 0.0, GRAVITY_MPS2], (knots, 1)), np.zeros((knots, 3))


def ride(seconds: float = 16.0) -> Course:
    """A cart: off it goes, brakes hard, a bend to the left, a bump."""
    knots = round(seconds * KNOT_HZ) + 1
    t = np.arange(knots) / KNOT_HZ
    force, turn = still(knots)
    force[:, 1] += np.where((t > 1) & (t < 5), 0.8, 0.0) - np.where((t > 6) & (t < 7.5), 1.6, 0.0)
    bend = (t > 9) & (t < 12)
    force[:, 0] -= np.where(bend, 1.0, 0.0)
    turn[:, 2] += np.where(bend, 12.0, 0.0)
    force[:, 2] += np.where((t > 13) & (t < 13.5), 2.0 * np.sin(4.0 * math.pi * (t - 13.0)), 0.0)
    return Course(KNOT_HZ, force, turn)


def hexapod() -> PlatformSpec:
    """A middling hexapod: 200 mm of stroke, 0.3 m/s."""

    def ring(radius: float, half: float) -> list[tuple[float, float]]:
        azimuths = [math.radians(60.0 + 120.0 * k + side * half) for k in range(3) for side in (-1, 1)]
        return [(-radius * math.sin(a), radius * math.cos(a)) for a in azimuths]

    joints = zip(ring(0.9, 10.0), ring(0.6, 50.0), strict=True)
    return PlatformSpec(
        "hexapod",
        tuple(
            ActuatorSpec(
                f"leg{number}", (*base, 0.0), (*top, 0.0), -0.1, 0.1, 0.3, 3.0,
                length_m=math.dist((*base, 0.0), (*top, 0.8)),
            )
            for number, (base, top) in enumerate(joints)
        ),
        home_m=(0.0, 0.0, 0.8),
    )  # fmt: skip
