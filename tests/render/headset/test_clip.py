"""Clips and screenshots: what is kept, for how long, and what the files hold."""

from __future__ import annotations

import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from engine.render.headset.clip import (
    Packed,
    RawPicture,
    Recorder,
    Ring,
    avi_bytes,
    even,
    jpeg_of,
    write_numbered,
)
from engine.render.live import VideoView
from engine.render.stills import read_png
from engine.render.video import Films

S = 1_000_000_000


def raw(
    color: tuple[int, int, int], at_ns: int = 0, channels: int = 4, size: tuple[int, int] = (48, 32)
) -> RawPicture:
    width, height = size
    red, green, blue = color
    pixels = np.full((height, width, channels), 255, dtype=np.uint8)
    pixels[:, :, :3] = (blue, green, red)
    return RawPicture(at_ns, width, height, channels, pixels.tobytes())


def packed(*instants: int, size: int = 10) -> list[Packed]:
    return [Packed(at_ns, bytes([number]) * size) for number, at_ns in enumerate(instants)]


# ---- ring


def test_the_ring_keeps_the_last_seconds() -> None:
    ring = Ring(2 * S)
    for picture in packed(0, S, 2 * S, 3 * S, 4 * S):
        ring.add(picture)
    assert [picture.at_ns for picture in ring.pictures()] == [2 * S, 3 * S, 4 * S]
    assert ring.held_bytes == 30


def test_the_ring_is_bounded_in_bytes_but_keeps_the_newest() -> None:
    ring = Ring(100 * S, limit_bytes=25)
    for picture in packed(0, 1, 2, 3):
        ring.add(picture)
    assert [picture.at_ns for picture in ring.pictures()] == [2, 3] and ring.held_bytes == 20
    ring.add(Packed(4, bytes(99)))
    assert [picture.at_ns for picture in ring.pictures()] == [4]


def test_gaps_keep_their_length_and_extra_pictures_are_left_out() -> None:
    pictures = packed(0, S // 10, S // 2, S // 2 + 1, S)
    assert [frame[0] for frame in even(pictures, 10)] == [0, 1, 1, 1, 1, 2, 3, 3, 3, 3, 4]
    assert even([], 10) == [] and len(even(pictures[:1], 10)) == 1


# ---- files


def test_pixels_of_the_graphics_card_become_rgb_from_the_top() -> None:
    data = bytes([1, 2, 3, 255, 4, 5, 6, 255])  # two rows of one pixel, blue green red, the lower one first
    assert RawPicture(0, 1, 2, 4, data).rgb().tolist() == [[[6, 5, 4]], [[3, 2, 1]]]
    assert RawPicture(0, 1, 2, 3, bytes(range(6))).rgb().tolist() == [[[5, 4, 3]], [[2, 1, 0]]]


@pytest.mark.parametrize("channels", [3, 4])
def test_a_film_is_read_by_somebody_elses_reader(tmp_path: Path, channels: int) -> None:
    """FFmpeg's, which Panda3D brings: size, rate, number of frames, colours."""
    colors = [(230, 20, 20)] * 4 + [(20, 20, 230)] * 4
    frames = [jpeg_of(raw(color, channels=channels)) for color in colors]
    path = tmp_path / "clip.avi"
    path.write_bytes(avi_bytes(frames, size_px=(48, 32), fps=10))
    said: list[str] = []
    films = Films(lambda _name: path, said.append)
    for at_s, color in ((0.15, colors[0]), (0.55, colors[-1])):
        texture = films.textures([VideoView("screen", "clip.avi", at_s)])["screen"]
        data = np.frombuffer(texture.get_ram_image_as("RGB").get_data(), dtype=np.uint8)
        pixels = data.reshape(texture.get_y_size(), texture.get_x_size(), 3)
        assert pixels.shape == (32, 48, 3) and np.abs(pixels.astype(int) - color).max() < 12
    film = films._films["clip.avi", "screen"]
    assert film is not None and film.length_s == pytest.approx(0.8, abs=0.11) and not said


def test_the_films_index_points_at_its_frames() -> None:
    frames = [b"\xff\xd8" + bytes(size) + b"\xff\xd9" for size in (5, 8, 3)]
    data = avi_bytes(frames, size_px=(48, 32), fps=25)
    assert data[:4] == b"RIFF" and struct.unpack_from("<I", data, 4)[0] == len(data) - 8
    movi, index = data.index(b"movi"), data.index(b"idx1")
    rows = struct.iter_unpack("<4sIII", data[index + 8 :])
    for frame, (kind, flags, offset, size) in zip(frames, rows, strict=True):
        assert (kind, flags, size) == (b"00dc", 0x10, len(frame))
        assert data[movi + offset : movi + offset + 4] == b"00dc"
        assert data[movi + offset + 8 :][:size] == frame


def test_files_are_numbered_and_never_written_over(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    paths = [write_numbered(folder, "mirror-still", ".png", bytes([number])) for number in range(3)]
    assert [path.name for path in paths] == [f"mirror-still-00{n}.png" for n in (1, 2, 3)]
    assert paths[0].read_bytes() == b"\x00"


# ---- the thread


@contextmanager
def recording(folder: Path, pack: Callable[[RawPicture], bytes] = jpeg_of, **more: int) -> Iterator[Recorder]:
    recorder = Recorder(folder, pack=pack, **more)
    try:
        yield recorder
    finally:
        recorder.close()


def test_a_still_and_a_clip_are_written_and_said(tmp_path: Path) -> None:
    with recording(tmp_path) as recorder:
        assert recorder.add(raw((200, 0, 0)))
        assert recorder.clip()
        assert recorder.still(raw((10, 20, 30)))
    still, clip = tmp_path / "mirror-still-001.png", tmp_path / "mirror-clip-001.avi"
    assert recorder.said() == [f"clip of the mirror: {clip} (0.1 s)", f"still of the mirror: {still}"]
    assert read_png(still.read_bytes())[0, 0].tolist() == [10, 20, 30]
    assert clip.read_bytes()[8:12] == b"AVI "
    assert not recorder.add(raw((0, 0, 0))) and not recorder.still(raw((0, 0, 0)))
    recorder.close()


def test_a_clip_of_nothing_is_said(tmp_path: Path) -> None:
    with recording(tmp_path) as recorder:
        recorder.clip()
    assert recorder.said() == ["no clip: nothing has been mirrored yet"]


def test_a_picture_of_another_size_begins_the_ring_anew(tmp_path: Path) -> None:
    with recording(tmp_path, fps=10) as recorder:
        recorder.add(raw((0, 0, 0)))
        recorder.add(raw((0, 0, 0), S, size=(64, 32)))
        recorder.clip()
    assert "(0.1 s)" in recorder.said()[0]


def test_the_drawing_thread_never_waits_for_a_slow_disk(tmp_path: Path) -> None:
    gate, inside = threading.Event(), threading.Event()

    def slow(_picture: RawPicture) -> bytes:
        inside.set()
        gate.wait(10)
        return b"x"

    with recording(tmp_path, slow) as recorder:
        recorder.add(raw((0, 0, 0)))
        assert inside.wait(10)
        taken = [recorder.add(raw((0, 0, 0), number)) for number in range(1, 8)]
        assert taken == [True] * 4 + [False] * 3 and recorder.left_out == 3
        assert not recorder.clip()
        gate.set()


def test_a_place_that_cannot_be_written_is_said_and_the_thread_lives(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    with recording(blocked) as recorder:
        recorder.still(raw((0, 0, 0)))
        recorder.still(raw((0, 0, 0)))
    assert len(recorder.said()) == 2


def test_a_picture_that_cannot_be_packed_is_said(tmp_path: Path) -> None:
    def refuse(_picture: RawPicture) -> bytes:
        raise ValueError("no encoder")

    with recording(tmp_path, refuse) as recorder:
        recorder.add(raw((0, 0, 0)))
        recorder.clip()
    assert recorder.said() == [
        "the mirror's picture could not be kept: no encoder",
        "no clip: nothing has been mirrored yet",
    ]
