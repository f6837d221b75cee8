"""Platforms worked out here, apart from the engine's own kinematics: what tests of the joint follower hold its samples against."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from engine.motion.platforms.bounds import LegBounds
from engine.motion.trajectories import AxisLimits

DEG = np.pi / 180.0


@dataclass(frozen=True)
class Seat:
    """Axes, legs' bounds and the exact legs of a platform."""

    limits: tuple[AxisLimits, ...]
    bounds: LegBounds
    legs: Callable[[np.ndarray], np.ndarray]
    axes: tuple[int, ...] = (0, 1, 2, 3, 4, 5)

    def assert_within(self, samples: np.ndarray, dt_s: float) -> None:
        """Every sample, and every difference of up to the third order, inside the limits of axes and legs; the first rests."""
        full = np.concatenate([np.repeat(samples[:1], 3, axis=0), samples])
        low = np.array([axis.low for axis in self.limits])
        high = np.array([axis.high for axis in self.limits])
        assert (full >= low).all() and (full <= high).all()
        noise = np.spacing(np.maximum(np.abs(low), np.abs(high)))
        for order, name in ((1, "velocity"), (2, "acceleration"), (3, "jerk")):
            most = np.abs(np.diff(full, order, axis=0)).max(axis=0)
            allowed = np.array([getattr(axis, name) for axis in self.limits]) * dt_s**order
            assert (most <= allowed * (1.0 + 2e-6) + 2.0 ** (order + 2) * noise).all(), (name, most / allowed)
        legs = self.legs(self.pose(full))
        of = self.bounds
        assert (legs <= of.high).all() and (legs >= of.low).all(), (legs.max(axis=0), legs.min(axis=0))
        noise = np.spacing(np.abs(legs).max())
        for order, most in ((1, of.velocity), (2, of.acceleration)):
            found = np.abs(np.diff(legs, order, axis=0)).max(axis=0)
            assert (found <= most * dt_s**order + 2.0 ** (order + 3) * noise).all(), (
                order,
                found / dt_s**order,
            )

    def pose(self, samples: np.ndarray) -> np.ndarray:
        """Six axes, those that do not move at 0."""
        pose = np.zeros((*samples.shape[:-1], 6))
        pose[..., list(self.axes)] = samples
        return pose


def hexapod(stroke_m: float = 0.1, velocity: float = 0.35, acceleration: float = 4.0) -> Seat:
    """Six legs; bounds by a dense search over the box of the axes, with a tenth on top."""
    base_deg = np.array([-10.0, 10.0, 110.0, 130.0, 230.0, 250.0]) * DEG
    plate_deg = np.array([-50.0, 50.0, 70.0, 170.0, 190.0, 290.0]) * DEG
    base = 0.6 * np.stack([np.cos(base_deg), np.sin(base_deg), 0.0 * base_deg], axis=1)
    plate = 0.5 * np.stack([np.cos(plate_deg), np.sin(plate_deg), 0.0 * plate_deg], axis=1)

    def legs(pose: np.ndarray) -> np.ndarray:
        surge, sway, heave, roll, pitch, yaw = np.moveaxis(np.asarray(pose, dtype=np.float64), -1, 0)
        cr, sr = np.cos(roll * DEG), np.sin(roll * DEG)
        cp, sp = np.cos(pitch * DEG), np.sin(pitch * DEG)
        cy, sy = np.cos(yaw * DEG), np.sin(yaw * DEG)
        x, y, z = plate.T  # roll about forward (Y), pitch about right (X), yaw about up (Z)
        x1 = x * cr[..., None] + z * sr[..., None]
        z1 = z * cr[..., None] - x * sr[..., None]
        y2 = y * cp[..., None] - z1 * sp[..., None]
        z2 = y * sp[..., None] + z1 * cp[..., None]
        x3 = x1 * cy[..., None] - y2 * sy[..., None]
        y3 = x1 * sy[..., None] + y2 * cy[..., None]
        strut = np.stack([x3 + sway[..., None], y3 + surge[..., None], z2 + heave[..., None] + 0.8], axis=-1)
        found: np.ndarray = np.sqrt(((strut - base) ** 2).sum(axis=-1))
        return found

    limits = (
        AxisLimits(-0.12, 0.12, 0.3, 3.0, 40.0),
        AxisLimits(-0.12, 0.12, 0.3, 3.0, 40.0),
        AxisLimits(-0.1, 0.1, 0.3, 3.0, 40.0),
        AxisLimits(-12.0, 12.0, 30.0, 200.0, 2500.0),
        AxisLimits(-12.0, 12.0, 30.0, 200.0, 2500.0),
        AxisLimits(-15.0, 15.0, 30.0, 200.0, 2500.0),
    )
    high = np.array([axis.high for axis in limits])
    poses = np.random.default_rng(1).uniform(-high, high, (1500, 6))
    poses[:64] = [[high[j] if i >> j & 1 else -high[j] for j in range(6)] for i in range(64)]
    step = high * 1e-3

    def jacobian(at: np.ndarray) -> np.ndarray:
        rows = [
            (legs(at + one) - legs(at - one)) / (2.0 * one[axis]) for axis, one in enumerate(np.diag(step))
        ]
        return np.stack(rows, axis=-1)

    curve = np.stack(
        [
            (np.abs(jacobian(poses + one) - jacobian(poses - one)) / (2.0 * one[axis])).max(axis=0)
            for axis, one in enumerate(np.diag(step))
        ],
        axis=-1,
    )
    home = legs(np.zeros(6))
    middle = jacobian(np.zeros(6))
    return Seat(
        limits,
        LegBounds(
            home=home,
            jacobian=middle,
            error=1.1 * np.abs(legs(poses) - home - poses @ middle.T).max(axis=0),
            gain=1.1 * np.abs(jacobian(poses)).max(axis=0),
            curve=1.1 * np.maximum(curve, curve.transpose(0, 2, 1)),
            low=home - stroke_m,
            high=home + stroke_m,
            velocity=np.full(6, velocity),
            acceleration=np.full(6, acceleration),
        ),
        legs,
    )


def wedge() -> Seat:
    """Two axes and two legs that are exact products, and leave a narrow band in which no axis gets far alone; a corner is (-1, -1)."""
    jacobian = np.zeros((2, 6))
    jacobian[:, :2] = [[1.0, -1.05], [-1.05, 1.0]]
    return Seat(
        (AxisLimits(-2.0, 2.0, 1.0, 4.0, 60.0), AxisLimits(-2.0, 2.0, 1.0, 4.0, 60.0)),
        LegBounds(
            home=np.zeros(2),
            jacobian=jacobian,
            error=np.zeros(2),
            gain=np.abs(jacobian),
            curve=np.zeros((2, 6, 6)),
            low=np.full(2, -0.05),
            high=np.full(2, 0.05),
            velocity=np.full(2, 2.0),
            acceleration=np.full(2, 9.0),
        ),
        lambda pose: pose @ jacobian.T,
        (0, 1),
    )
