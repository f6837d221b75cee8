"""Where sounds are, as seen by the resting listener: from a scene's metres, a vehicle's, or a place beside the seat.

Frame of the answers: `engine.audio.block` (x right, y ahead, z up, origin the resting head).
"""

from __future__ import annotations

import math

from engine.audio.sounds import Pose, SeatPlace, Vec3


def beside_seat(place: SeatPlace) -> Vec3:
    """A place given by its angles and distance, in metres."""
    azimuth, elevation = math.radians(place.azimuth_deg), math.radians(place.elevation_deg)
    flat = place.distance_m * math.cos(elevation)
    return (
        -flat * math.sin(azimuth),
        flat * math.cos(azimuth),
        place.distance_m * math.sin(elevation),
    )


def from_pose(pose: Pose, at_m: Vec3) -> Vec3:
    """A place of the scene as seen from a listener who looks along the pose's heading."""
    dx, dy, dz = at_m[0] - pose.x_m, at_m[1] - pose.y_m, at_m[2] - pose.z_m
    heading = math.radians(pose.heading_deg)
    cos, sin = math.cos(heading), math.sin(heading)
    return dx * cos + dy * sin, -dx * sin + dy * cos, dz
