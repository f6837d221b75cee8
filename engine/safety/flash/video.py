"""Frames of a film file, one after the other, for `FlashMeter`. Needs the extra ``video``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.errors import InputError, MissingExtra, Place
from engine.safety.flash.lamps import LampTrack
from engine.safety.flash.meter import FlashMeter
from engine.safety.flash.profiles import WCAG, FlashProfile
from engine.safety.flash.values import FlashFrame, FlashSummary
from engine.safety.flash.view import EyeView
from engine.time.flicks import FLICKS_PER_SECOND


class VideoFrame(NamedTuple):
    """One frame: its instant and its pixels, uint8 of shape (height, width, 3), **blue first**, as the decoder has them."""

    at_fl: int
    bgr: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """What a film says of itself."""

    rate_hz: float
    width: int
    height: int
    frames: int
    """As its header says, which may be wrong; 0 when it says nothing."""


def _opened(path: Path) -> Any:
    try:
        import cv2
    except ImportError:
        raise MissingExtra("video", f"reading the film {path.name}") from None
    if not path.is_file():
        raise InputError("there is no such film; name a video file", Place(str(path)))
    film = cv2.VideoCapture(str(path))
    if not film.isOpened():
        film.release()
        raise InputError("this film cannot be read: no decoder knows it, or it is damaged", Place(str(path)))
    return film


def video_info(path: Path) -> VideoInfo:
    """Rate and size of a film.

    Raises
    ------
    MissingExtra
        OpenCV is not installed.
    InputError
        There is no such file, or it cannot be read.
    """
    film = _opened(path)
    try:
        # OpenCV's numbers of these properties: 3 width, 4 height, 5 rate, 7 frames.
        return VideoInfo(float(film.get(5)), int(film.get(3)), int(film.get(4)), max(0, int(film.get(7))))
    finally:
        film.release()


def video_frames(path: Path) -> Iterator[VideoFrame]:
    """Every frame of a film, in order of time. Make the meter with ``order="bgr"``.

    Instants are the film's own time stamps. Where a stamp does not rise (some containers have none), the frame is put one
    frame of the film's rate behind the last one.

    Raises
    ------
    MissingExtra
        OpenCV is not installed.
    InputError
        There is no such file, it cannot be read, or it holds no frame.
    """
    film = _opened(path)
    try:
        rate_hz = float(film.get(5))
        step_fl = round(FLICKS_PER_SECOND / rate_hz) if rate_hz > 0 else FLICKS_PER_SECOND // 25
        last_fl = -1
        while True:
            found, frame = film.read()
            if not found:
                break
            at_fl = round(float(film.get(0)) * FLICKS_PER_SECOND / 1000.0)
            if at_fl <= last_fl:
                at_fl = last_fl + step_fl
            last_fl = at_fl
            yield VideoFrame(at_fl, frame)
        if last_fl < 0:
            raise InputError(
                "this film holds no frame that can be decoded; convert it or leave it out", Place(str(path))
            )
    finally:
        film.release()


def judge_film(
    path: Path, view: EyeView, *, profile: FlashProfile = WCAG, lamps: Sequence[LampTrack] = ()
) -> tuple[list[FlashFrame], FlashSummary]:
    """Judge a whole film as it is seen from a place, with the lamps beside it.

    Returns
    -------
    (list of FlashFrame, FlashSummary)
        One row a frame, and what they come to.

    Raises
    ------
    MissingExtra
        OpenCV is not installed.
    InputError
        The film cannot be read.
    """
    meter = FlashMeter(view, profile=profile, lamps=lamps, order="bgr")
    rows = [meter.push(frame.at_fl, frame.bgr) for frame in video_frames(path)]
    return rows, meter.summary()
