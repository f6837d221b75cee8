"""What a guest looks at: a ray against spheres, and the time spent looking, as pure functions.

Conventions: positions in the scene, metres; axes in `engine.units`. Transforms are 4x4 column-vector matrices
named ``T_a_b`` (``p_a = T_a_b @ p_b``). A target may ride on the vehicle or on a node; whoever draws the
scene knows where its nodes are and passes their matrices in.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.timeline.program import VEHICLE, TargetSpec

Floats = NDArray[np.float64]
Vec3 = Sequence[float] | Floats

NOTHING = -1
"""No target."""


def pose_matrix(pose: Vec3) -> Floats:
    """``T_scene_vehicle`` of a path pose (`PATH_COMPONENTS`).

    Heading turns about Z (+ = left), then pitch about the new X (+ = nose up), then roll about the new Y (+ =
    right side down). A vehicle at (0, 5, 0) with heading 90 deg takes its bow (0, 2, 0) to (-2, 5, 0).
    """
    x, y, z, heading, pitch, roll = (float(part) for part in pose)
    ch, sh = math.cos(math.radians(heading)), math.sin(math.radians(heading))
    cp, sp = math.cos(math.radians(pitch)), math.sin(math.radians(pitch))
    cr, sr = math.cos(math.radians(roll)), math.sin(math.radians(roll))
    return np.array(
        [
            [ch * cr - sh * sp * sr, -sh * cp, ch * sr + sh * sp * cr, x],
            [sh * cr + ch * sp * sr, ch * cp, sh * sr - ch * sp * cr, y],
            [-cp * sr, sp, cp * cr, z],
            [0.0, 0.0, 0.0, 1.0],
        ]
    )


def place_targets(
    targets: Sequence[TargetSpec], vehicle_pose: Vec3, node_matrices: Mapping[str, Floats] | None = None
) -> tuple[Floats, Floats]:
    """Centres and radii of targets in the scene.

    Parameters
    ----------
    targets
        Of the scene.
    vehicle_pose
        Path pose, for targets that ride on the vehicle.
    node_matrices
        ``T_scene_node`` of the nodes targets ride on. A target whose node is not given cannot be hit.

    Returns
    -------
    centres : float64[N, 3]
    radii : float64[N]
        0 for a target that cannot be hit.
    """
    centres, radii = np.zeros((len(targets), 3)), np.zeros(len(targets))
    for number, target in enumerate(targets):
        matrix: Floats | None = None
        if target.node == VEHICLE:
            matrix = pose_matrix(vehicle_pose)
        elif target.node:
            matrix = None if node_matrices is None else node_matrices.get(target.node)
            if matrix is None:
                continue
        at = np.array(target.at_m, dtype=np.float64)
        centres[number] = at if matrix is None else matrix[:3, :3] @ at + matrix[:3, 3]
        radii[number] = target.radius_m
    return centres, radii


def hit(
    origin_m: Vec3, direction: Vec3, centres: Floats, radii: Floats, *, least_angle_deg: float = 0.0
) -> int:
    """The target a ray meets first.

    Parameters
    ----------
    origin_m, direction
        The ray, in the scene; the direction need not have length 1.
    centres, radii
        From `place_targets`.
    least_angle_deg
        Half angle under which a target always appears at least: what is far away is easier to look at than
        its radius says. Eye and head trackers err by 1 to 2 degrees.

    Returns
    -------
    Index of the target, or -1.
    """
    if len(radii) == 0:
        return NOTHING
    origin = np.asarray(origin_m, dtype=np.float64)
    along = np.asarray(direction, dtype=np.float64)
    norm = float(np.linalg.norm(along))
    if norm == 0.0:
        return NOTHING
    along = along / norm
    to_centre = centres - origin
    distance = np.linalg.norm(to_centre, axis=1)
    reach = np.maximum(radii, distance * math.tan(math.radians(least_angle_deg)))
    ahead = to_centre @ along
    beside_squared = np.maximum(distance**2 - ahead**2, 0.0)
    depth_squared = reach**2 - beside_squared
    inside = distance <= reach
    met = (radii > 0.0) & (depth_squared >= 0.0) & ((ahead > 0.0) | inside)
    if not met.any():
        return NOTHING
    entry = np.where(inside, 0.0, ahead - np.sqrt(np.maximum(depth_squared, 0.0)))
    return int(np.where(met, entry, np.inf).argmin())


def touched(point_m: Vec3, centres: Floats, radii: Floats) -> int:
    """The target a point (a hand, a controller's tip) is inside of, the nearest by centre, or -1."""
    if len(radii) == 0:
        return NOTHING
    distance = np.linalg.norm(centres - np.asarray(point_m, dtype=np.float64), axis=1)
    met = (radii > 0.0) & (distance <= radii)
    return int(np.where(met, distance, np.inf).argmin()) if met.any() else NOTHING


DEFAULT_GRACE_NS = 200_000_000
"""How long a look may be interrupted: a blink takes 100 to 150 ms, a saccade 20 to 80 ms."""

DEFAULT_MAX_GAP_NS = 250_000_000
"""Longest time between samples that counts as looking: a tracker that stalls must not complete a choice."""


@dataclass(frozen=True, slots=True)
class Dwell:
    """Time spent looking at one target.

    Attributes
    ----------
    target
        What is being looked at, or -1.
    gathered_ns
        Looking time so far.
    sample_ns
        Instant of the last sample.
    seen_ns
        Instant of the last sample on `target`.
    complete
        The dwell was reached; it will not be again before the guest has looked away.
    """

    target: int = NOTHING
    gathered_ns: int = 0
    sample_ns: int = 0
    seen_ns: int = 0
    complete: bool = False

    def ratio(self, dwell_ns: int) -> float:
        """Progress 0..1, to draw."""
        return 1.0 if self.complete else min(self.gathered_ns / max(dwell_ns, 1), 1.0)


def look(
    state: Dwell,
    target: int,
    now_ns: int,
    dwell_ns: int,
    *,
    grace_ns: int = DEFAULT_GRACE_NS,
    max_gap_ns: int = DEFAULT_MAX_GAP_NS,
) -> tuple[Dwell, int]:
    """Take one sample of a guest's gaze.

    Parameters
    ----------
    state
        From the last call; `Dwell()` at the start.
    target
        What the gaze meets now, or -1.
    now_ns
        Instant of the sample; not before the last one.
    dwell_ns
        Looking time that completes a dwell.
    grace_ns
        An interruption up to this long neither counts nor resets.
    max_gap_ns
        Time since the last sample counts at most this much.

    Returns
    -------
    state : Dwell
    completed : int
        The target whose dwell is complete with this sample, or -1. Once per look.
    """
    if now_ns < state.sample_ns:
        raise ValueError(f"gaze samples must not go back: {now_ns} ns after {state.sample_ns} ns")
    if target == state.target and target != NOTHING:
        unbroken = state.seen_ns == state.sample_ns
        step_ns = min(now_ns - state.sample_ns, max_gap_ns) if unbroken else 0
        gathered_ns = state.gathered_ns + step_ns
        complete = gathered_ns >= dwell_ns
        after = Dwell(target, gathered_ns, now_ns, now_ns, complete)
        return after, target if complete and not state.complete else NOTHING
    if state.target != NOTHING and now_ns - state.seen_ns <= grace_ns:
        return replace(state, sample_ns=now_ns), NOTHING
    return Dwell(target, 0, now_ns, now_ns, False), NOTHING
