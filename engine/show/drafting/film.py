"""Reads a film and follows its camera. Needs the extra ``video``."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from engine.errors import InputError, MissingExtra, Place
from engine.safety.flash.video import VideoFrame, video_frames
from engine.show.drafting.camera import GROUNDS, best_ground, design, fit, rates_of
from engine.show.drafting.values import CameraMotion, Floats
from engine.time.flicks import FLICKS_PER_SECOND

WIDTH_PX = 320
"""Width at which motion is measured: 2 px of it are what a fifteenth of a degree a picture makes at 60 degrees."""

MEASURE_PX = 0.15
"""What the measured motion of a well-drawn point is good for."""

CUT_TRUST = 0.35
"""Where less of the picture than this moves as one camera would, it is a cut, or nothing that can be followed."""

_GRID_PX = 8
_FIT_PX = 1.5  # a point this near to the camera's motion moves with it


def camera_motion(path: Path, *, field_deg: float = 60.0) -> CameraMotion:
    """Follow the camera of a film.

    Parameters
    ----------
    path : Path
        Any film that OpenCV's decoders read.
    field_deg : float, 10..150, default 60
        Horizontal field of view of the camera. A wrong one scales pan and tilt (and nothing else) by the ratio of the tangents.

    Raises
    ------
    MissingExtra
        OpenCV is not installed.
    InputError
        The film cannot be read, or has a single picture.
    """
    if not 10.0 <= field_deg <= 150.0:
        raise InputError(f"--field {field_deg:g}: a camera's horizontal field of view, 10 to 150 degrees")
    return follow(video_frames(path), field_deg=field_deg, name=str(path))


def follow(frames: Iterable[VideoFrame], *, field_deg: float, name: str) -> CameraMotion:
    """`camera_motion` of pictures in order; `name` is for messages."""
    try:
        import cv2
    except ImportError:
        raise MissingExtra("video", f"following the camera of {name}") from None
    flow: Any = getattr(cv2, "DISOpticalFlow_create")(cv2.DISOPTICAL_FLOW_PRESET_FAST)  # noqa: B009 - not in its stubs
    eye: _Eye | None = None
    before: Any = None
    times_fl: list[int] = []
    parts: list[Floats] = []
    losses: list[Floats] = []
    trusts: list[float] = []
    size = (0, 0)
    for frame in frames:
        height, width = frame.bgr.shape[:2]
        if eye is None:
            size = (width, height)
            eye = _Eye(width, height, field_deg)
        gray = cv2.cvtColor(frame.bgr, cv2.COLOR_BGR2GRAY)
        small = cv2.resize(gray, eye.size, interpolation=cv2.INTER_AREA)
        times_fl.append(frame.at_fl)
        if before is not None:
            # A point's texture says whether its motion can be seen at all: the smaller eigenvalue (Shi and Tomasi, 1994).
            texture = cv2.cornerMinEigenVal(before, 5)
            found = eye.between(flow.calc(before, small, None), texture)
            parts.append(found[0])
            losses.append(found[1])
            trusts.append(found[2])
        before = small
    if len(times_fl) < 2:
        raise InputError("a film of a single picture: nothing moves in it", Place(name))
    return _motion(np.array(times_fl), np.array(parts), np.array(losses), np.array(trusts), size)


def _motion(
    at_fl: Floats, parts: Floats, losses: Floats, trusts: Floats, size: tuple[int, int]
) -> CameraMotion:
    """Of each pair of pictures, to each picture."""
    times_s = at_fl / FLICKS_PER_SECOND
    step_s = np.diff(times_s)
    lost = trusts < CUT_TRUST
    chosen = np.zeros((len(parts), 6))
    edges = np.flatnonzero(np.diff(np.concatenate(([1], lost.astype(int), [1])))).reshape(-1, 2)
    for first, end in edges:
        chosen[first:end] = parts[first:end, best_ground(losses[first:end])]
    rates = rates_of(chosen, step_s)
    # A pair's motion lies between its two pictures: each picture takes the mean of both sides.
    padded = np.concatenate((rates[:1], rates, rates[-1:]))
    trust = np.concatenate((trusts[:1], trusts, trusts[-1:]))
    cuts = [at for at in np.flatnonzero(lost) if at == 0 or not lost[at - 1]]
    return CameraMotion(
        times_s, (padded[:-1] + padded[1:]) / 2.0, (trust[:-1] + trust[1:]) / 2.0,
        tuple(float(times_s[at + 1]) for at in cuts), size,
    )  # fmt: skip


class _Eye:
    """The small picture's points and what the camera's motion does to them."""

    def __init__(self, width: int, height: int, field_deg: float) -> None:
        self.size = (WIDTH_PX, max(16, round(WIDTH_PX * height / width)))
        self._focal_px = WIDTH_PX / 2.0 / math.tan(math.radians(field_deg) / 2.0)
        across = np.arange(_GRID_PX // 2, self.size[0], _GRID_PX)
        down = np.arange(_GRID_PX // 2, self.size[1], _GRID_PX)
        self._rows, self._columns = (part.ravel() for part in np.meshgrid(down, across, indexing="ij"))
        x = np.asarray((self._columns + 0.5 - self.size[0] / 2.0) / self._focal_px, dtype=np.float64)
        y = np.asarray((self._rows + 0.5 - self.size[1] / 2.0) / self._focal_px, dtype=np.float64)
        self._designs = [design(x, y, slope) for slope in GROUNDS]

    def between(self, flow: Any, texture: Any) -> tuple[Floats, Floats, float]:
        """Parts and losses for each of `GROUNDS`, and the share of the picture that the best of them explains."""
        here = texture[self._rows, self._columns]
        seen = np.flatnonzero(here > max(0.01 * float(here.max()), 1e-6))
        if seen.size < 12:  # a plain picture: nothing can be seen to move
            return np.zeros((len(GROUNDS), 6)), np.zeros(len(GROUNDS)), 1.0
        both = np.concatenate((seen, seen + len(self._rows)))
        moved = flow[self._rows[seen], self._columns[seen]].astype(np.float64) / self._focal_px
        moved = np.concatenate((moved[:, 0], moved[:, 1]))
        found = [fit(parts[both], moved, MEASURE_PX / self._focal_px) for parts in self._designs]
        trust = max(float((errors < _FIT_PX / self._focal_px).mean()) for _, errors, _ in found)
        return np.stack([one[0] for one in found]), np.array([one[2] for one in found]), trust
