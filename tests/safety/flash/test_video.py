"""Films: read by OpenCV where it is there, said where it is not."""

import sys
from pathlib import Path

import numpy as np
import pytest

from engine.errors import InputError, MissingExtra
from engine.safety.flash import flat_screen
from engine.safety.flash.video import judge_film, video_frames, video_info
from engine.time.flicks import FLICKS_PER_SECOND as SECOND


def test_a_film_is_read_frame_by_frame(tmp_path: Path) -> None:
    cv2 = pytest.importorskip("cv2", reason="the extra 'video' is not installed")
    path = tmp_path / "film.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 25.0, (64, 48))
    assert writer.isOpened()
    for level in (0, 255, 128, 0):
        writer.write(np.full((48, 64, 3), (level, 0, 0), dtype=np.uint8))
    writer.release()
    rows, summary = judge_film(path, flat_screen(0.2, 0.2, 1.0))
    assert [row.general_transitions for row in rows] == [0, 0, 0, 0]  # blue at its fullest is 0.07 of white
    assert summary.instants == 4
    info = video_info(path)
    assert (info.rate_hz, info.width, info.height, info.frames) == (25.0, 64, 48, 4)
    frames = list(video_frames(path))
    assert [frame.at_fl for frame in frames] == [index * SECOND // 25 for index in range(4)]
    # Blue first, as it was written; the codec rounds.
    assert [
        abs(int(frame.bgr[20, 20, 0]) - level) < 12
        for frame, level in zip(frames, (0, 255, 128, 0), strict=True)
    ] == [True] * 4
    assert frames[1].bgr[20, 20, 2] < 12


def test_films_that_are_none(tmp_path: Path) -> None:
    pytest.importorskip("cv2", reason="the extra 'video' is not installed")
    with pytest.raises(InputError, match="there is no such film"):
        next(video_frames(tmp_path / "none.mp4"))
    text = tmp_path / "text.mp4"
    text.write_bytes(b"not a film" * 100)
    with pytest.raises(InputError, match="cannot be read"):
        video_info(text)


def test_without_opencv_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(MissingExtra, match=r"sensorama\[video\]"):
        video_info(tmp_path / "film.mp4")
