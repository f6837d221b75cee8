"""A calm look at a lively head: the mirror's view follows the head's turns smoothed, cut out of the eye's picture. Pure.

Onlookers who see a guest's picture as it is become unwell: they see every nod without feeling it. The mirror therefore shows a
smaller view whose turn follows the head's with a delay, looked up in the eye's picture through the rotation between the two (exact
for turns; the head's shifts of a few centimetres stay). Where the head turns faster than the rim allows, the view is pulled along,
so nothing from outside the picture is ever shown.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.xr.poses import angle_rad, conjugated, multiplied, rotated, unit
from engine.xr.tracks import slerped
from engine.xr.values import Fov, Quaternion

Matrix = npt.NDArray[np.float64]

_GAP_NS = 500_000_000
"""After so long without a frame the view begins anew where the head is: nothing to be smooth with."""
_JUMP_RAD = math.radians(50.0)
"""No head turns so far between two frames: somebody was recentred, or another sits there."""
_BISECTIONS = 6


@dataclass(frozen=True, slots=True)
class Crop:
    """What the mirror shows, as tangents of half its width and height."""

    right_tan: float
    up_tan: float


def crop_of(fov: Fov, aspect: float, keep_ratio: float) -> Crop:
    """The view of a shape around the eye's axis that leaves a rim of the eye's picture.

    Parameters
    ----------
    fov : Fov
        Of the eye's picture; its axis may lie off the middle.
    aspect : float
        Width to height of the view.
    keep_ratio : float
        0..1: share of the tangents that is shown; the rest is the rim for smoothing.
    """
    right = keep_ratio * min(-math.tan(fov.left_rad), math.tan(fov.right_rad))
    up = keep_ratio * min(-math.tan(fov.down_rad), math.tan(fov.up_rad))
    return Crop(min(right, up * aspect), min(up, right / aspect))


def turn_matrix(turn: Quaternion) -> Matrix:
    """`R_a_b` of a unit quaternion, shape (3, 3)."""
    axes = [rotated(turn, axis) for axis in ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))]
    return np.array(axes).T


def lookup(shown: Quaternion, eye: Quaternion, fov: Fov, crop: Crop) -> Matrix:
    """Where in the eye's picture a point of the view is found.

    Returns
    -------
    ndarray, shape (3, 3)
        Takes (x, y, 1), x and y -1..1 right and up in the view, to (u w, v w, w), u and v 0..1 from the lower left of the eye's
        picture; w at most 0 is behind.
    """
    left, right = math.tan(fov.left_rad), math.tan(fov.right_rad)
    down, up = math.tan(fov.down_rad), math.tan(fov.up_rad)
    wide, high = right - left, up - down
    ray = np.array([[crop.right_tan, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, crop.up_tan, 0.0]])
    turn = turn_matrix(multiplied(conjugated(eye), shown))
    image = np.array([[1.0 / wide, -left / wide, 0.0], [0.0, -down / high, 1.0 / high], [0.0, 1.0, 0.0]])
    result: Matrix = image @ turn @ ray
    return result


_CORNERS = np.array([[-1.0, 1.0, -1.0, 1.0], [-1.0, -1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0]])


def lies_inside(matrix: Matrix) -> bool:
    """Whether the whole view lies within the eye's picture."""
    u, v, w = matrix @ _CORNERS
    if w.min() <= 0.05:
        return False
    # A crop that takes all of the picture touches its edge; rounding must not push it out.
    edge = 1e-9
    return bool(
        (u / w).min() >= -edge
        and (u / w).max() <= 1 + edge
        and (v / w).min() >= -edge
        and (v / w).max() <= 1 + edge
    )


class Steady:
    """Follows a head.

    Parameters
    ----------
    steady_ns : int
        How far behind a head that turns at even speed the view is; 0 shows the eye's picture as it is.
    """

    def __init__(self, steady_ns: int) -> None:
        self._steady_ns = steady_ns
        self._at_ns: int | None = None
        self._between: Quaternion = (0.0, 0.0, 0.0, 1.0)
        self.turn: Quaternion = (0.0, 0.0, 0.0, 1.0)

    def reset(self) -> None:
        """Begin anew with the next frame."""
        self._at_ns = None

    def follow(self, head: Quaternion, at_ns: int) -> Quaternion:
        """The view's turn at an instant.

        Two equal low passes one behind the other, each of half the delay: one alone would pass a tremor on with its corners.
        """
        step_ns = None if self._at_ns is None else at_ns - self._at_ns
        self._at_ns = at_ns
        jumped = angle_rad(multiplied(conjugated(self.turn), head)) > _JUMP_RAD
        if step_ns is None or not 0 <= step_ns <= _GAP_NS or jumped or self._steady_ns <= 0:
            self._between = self.turn = head
            return head
        share = -math.expm1(-2.0 * step_ns / self._steady_ns)
        self._between = unit(slerped(self._between, head, share))
        self.turn = unit(slerped(self.turn, self._between, share))
        return self.turn

    def keep_inside(self, eyes: Sequence[tuple[Quaternion, Fov]], crop: Crop) -> list[Matrix]:
        """Pull the view along until it lies within every eye's picture; the look-up of each.

        Parameters
        ----------
        eyes : sequence of (turn, fov)
            Turns in the frame of `follow`'s heads.
        crop : Crop
        """
        home = eyes[0][0]
        found = [lookup(self.turn, turn, fov, crop) for turn, fov in eyes]
        if all(map(lies_inside, found)):
            return found
        near, far = 0.0, 1.0  # share of the way from the eye's own turn to the smoothed one
        for _ in range(_BISECTIONS):
            share = (near + far) / 2.0
            turn = slerped(home, self.turn, share)
            if all(lies_inside(lookup(turn, own, fov, crop)) for own, fov in eyes):
                near = share
            else:
                far = share
        self.turn = unit(slerped(home, self.turn, near))
        return [lookup(self.turn, turn, fov, crop) for turn, fov in eyes]
