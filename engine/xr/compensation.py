"""The seat's own motion, taken out of the guest's: a head that rides on a tilting seat has not moved in the vehicle.

A headset is tracked in the room. On a seat that tilts 5 degrees a guest who sits still is seen to move and turn, and a picture drawn
from that pose would show the vehicle standing still in the room while the guest slides about in it. So the *anchor* of tracking moves
with the seat: `T_neutral_rest` takes the frame of the resting guest to where it was when the seat was at rest, and once per frame ::

    T_space_rest(t) = T_space_neutral * T_neutral_rest(t)                       # engine.xr.spaces
    T_rest_head(t)  = inverse(T_space_rest(t)) * T_space_head(t)

with t the instant at which the frame is seen. Head, eyes, hands and gaze are all located in the space and go through the one anchor of
their frame, so nothing can disagree. Poses given back to the runtime with the picture stay those it located in the space, untouched: the
compositor turns the picture by what the head did in the *room* since then, and so it should.

Recentring while the seat is tilted goes the same way round: ``T_space_neutral = T_space_rest * inverse(T_neutral_rest)``, so the guest is
placed in the seat, wherever that is just then.

Centre of rotation
------------------
A platform turns about a point of its own, not about the guest's head. The rig has it (``seats.X.pivot``, from the resting eye, X right, Y
forward, Z up): a point p fixed to the seat, given as at rest, is at ``pivot + shift + R (p - pivot)``, with shift = (sway, surge, heave)
and R = heading, then pitch, then roll (`engine.units`, and as the picture's vehicle turns).

Example: pivot (0, 0, -0.9), pitch 10 deg (nose up), nothing else. The resting eye (0, 0, 0) is 0.9 m above the pivot and goes to
(0, -0.9 sin 10 deg, 0.9 cos 10 deg - 0.9) = (0, -0.1563, -0.0137): backwards by 156 mm and down by 14 mm. Somebody who sits still has
exactly that pose in the room, and (0, 0, 0), looking straight ahead, in the seat. A pivot that is wrong by 100 mm leaves 17 mm here.

What the picture shows of it
----------------------------
The vehicle in the picture moves too: as much of the show's motion as comfort allows (`engine.render.eye.shown_motion`: soft, within
1.5 deg and 150 mm), laid onto the path in `engine.render.frames`. Compensation takes *all* of the real motion away, and the picture
puts the shown motion on the vehicle with the guest in it::

    T_world_head = T_world_path * T_path_vehicle(shown) * T_vehicle_resteye * T_rest_head

What is felt comes from the seat, what is seen from the shown motion, and each is counted once. Hence two rules. Never take away only the
difference between real and shown: the rest frame would then move in the picture's vehicle, and the shown part be seen twice. Never put
the seat's real pose on the vehicle: it is what the picture decided not to show. Without compensation the real motion comes on top of
the shown.
"""

from __future__ import annotations

import math

from engine.motion.seat_model import SeatPose, SeatPoses
from engine.xr.poses import multiplied, rotated
from engine.xr.values import Pose, Quaternion, Vector

NO_MOTION = Pose()


def seat_turn(pose: SeatPose) -> Quaternion:
    """The turn of a seat: heading, then pitch, then roll, as `engine.render.eye.Pose.matrix` has it."""
    half = math.pi / 360.0
    yaw, pitch, roll = pose.yaw_deg * half, pose.pitch_deg * half, pose.roll_deg * half
    about_z: Quaternion = (0.0, 0.0, math.sin(yaw), math.cos(yaw))
    about_x: Quaternion = (math.sin(pitch), 0.0, 0.0, math.cos(pitch))
    about_y: Quaternion = (0.0, math.sin(roll), 0.0, math.cos(roll))
    return multiplied(multiplied(about_z, about_x), about_y)


def seat_motion(pose: SeatPose, pivot_m: Vector) -> Pose:
    """`T_neutral_rest`: takes a point of the seat, given as the seat rests, to where it is.

    Parameters
    ----------
    pose : SeatPose
    pivot_m : tuple of float
        Centre of rotation from the resting eye.
    """
    turn = seat_turn(pose)
    px, py, pz = pivot_m
    x, y, z = rotated(turn, (-px, -py, -pz))
    return Pose((px + pose.sway_m + x, py + pose.surge_m + y, pz + pose.heave_m + z), turn)


class SeatCompensation:
    """The anchor's motion, once per frame.

    Parameters
    ----------
    seat : SeatPoses or None
        None: a seat that nothing moves, or a headset that is not to be compensated.
    pivot_m : tuple of float
        Centre of rotation from the resting eye (``seats.X.pivot``).

    Notes
    -----
    All that is located for one frame must go through one anchor, while the bus tells more all the time: an instant asked for again
    gives the same answer again.
    """

    def __init__(self, seat: SeatPoses | None, pivot_m: Vector) -> None:
        self._seat = seat
        self._pivot_m = pivot_m
        self._for_ns: int | None = None
        self._motion = NO_MOTION

    def motion_at(self, display_ns: int) -> Pose:
        """`T_neutral_rest` at the host instant at which a frame is seen."""
        if self._seat is None:
            return NO_MOTION
        if display_ns != self._for_ns:
            pose = self._seat.pose_at(display_ns)
            self._for_ns = display_ns
            if all(map(math.isfinite, pose.axes)):  # otherwise where it was: a gap is not to be seen
                self._motion = seat_motion(pose, self._pivot_m)
        return self._motion
