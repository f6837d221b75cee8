"""What a guest's eyes, hands and controllers do to the stage: one way in for headsets, desks and recorded poses."""

from __future__ import annotations

import numpy as np

from engine.motion.head_poses import HeadTelling
from engine.render.eye import Matrix, Ray
from engine.render.live import HeadPose
from engine.render.stage import Stage
from engine.xr.angles import angles_deg
from engine.xr.pointing import Memory, Pointing, point
from engine.xr.poses import composed
from engine.xr.touching import Touched, touches
from engine.xr.values import Pose, Tracked, Vector

NOTHING = Pointing(None)
_AS_IT_RESTS = Pose()
MENU_KEY = "menu"
"""A controller's menu button, as a key that a scene's trigger may wait for."""


class GuestWatch:
    """Follows one guest.

    Parameters
    ----------
    stage : Stage
        Gets looks, presses and touches, and makes events of them.
    heads : HeadTelling, optional
        Tells whoever mixes for the guest where the head is.

    Attributes
    ----------
    pointing : Pointing
        Rays of the last frame, to be drawn; in the frame of `Tracked`.
    """

    def __init__(self, stage: Stage, heads: HeadTelling | None = None) -> None:
        self._stage = stage
        self._heads = heads
        self._memory = Memory()
        self._touched = Touched()
        self.pointing = NOTHING

    def follow(self, tracked: Tracked, T_vehicle_rest: Matrix, T_eye_rest: Pose = _AS_IT_RESTS) -> None:
        """Take what a guest did in a frame that has been prepared.

        Parameters
        ----------
        tracked : Tracked
        T_vehicle_rest : ndarray, shape (4, 4)
            The resting guest's frame in the vehicle.
        T_eye_rest : Pose, optional
            The same as seen from the scene's resting eye, where the guest has turned in it: heads are told of in the vehicle's axes.
        """
        T_world_rest = self._stage.picture.T_world_vehicle @ T_vehicle_rest
        pointing, self._memory = point(tracked, self._memory)
        self.pointing = pointing
        look = pointing.look
        if look is None:
            self._stage.look_away(tracked.at_ns)
        else:
            self._stage.gaze(tracked.at_ns, _ray(T_world_rest, look.start_m, look.along))
        for press in pointing.presses:
            self._stage.press(tracked.at_ns, _ray(T_world_rest, press.ray.start_m, press.ray.along), press.by)
        inside = {hand: self._stage.touched(_point(T_world_rest, tip)) for hand, tip in pointing.tips}
        new, self._touched = touches(inside, tracked.at_ns, self._touched)
        for _hand, name in new:
            self._stage.touch(tracked.at_ns, name)
        for _hand in pointing.menus:
            self._stage.key(tracked.at_ns, MENU_KEY)
        head = head_pose(composed(T_eye_rest, tracked.head))
        self._stage.turned(tracked.at_ns, head)
        if self._heads is not None:
            place = (head.x_m, head.y_m, head.z_m)
            self._heads.tell(tracked.at_ns, (*place, head.roll_deg, head.pitch_deg, head.yaw_deg))

    def forget(self) -> None:
        """Another guest: a trigger held down by the last one chooses nothing."""
        self._memory, self._touched, self.pointing = Memory(), Touched(), NOTHING


def head_pose(head: Pose) -> HeadPose:
    """A head in the rest frame as offset and angles."""
    return HeadPose(*head.position_m, *angles_deg(head.turn))


def _ray(T_world_rest: Matrix, start_m: Vector, along: Vector) -> Ray:
    turned = T_world_rest[:3, :3] @ np.array(along)
    return Ray(_point(T_world_rest, start_m), (float(turned[0]), float(turned[1]), float(turned[2])))


def _point(T_world_rest: Matrix, at_m: Vector) -> Vector:
    x, y, z, _w = T_world_rest @ np.array([*at_m, 1.0])
    return (float(x), float(y), float(z))
