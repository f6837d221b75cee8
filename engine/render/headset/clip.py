"""Screenshots and a clip of the last seconds, made beside the show: one thread packs and writes, the drawing thread only hands over.

Design remarks
--------------
The ring keeps packed pictures (JPEG), not pixels, so the last seconds cost megabytes instead of gigabytes, and it is bounded twice:
by age and by bytes. What cannot be packed in time is left out: the queue holds a few pictures and a full one takes no more.
A clip is Motion JPEG in AVI (OpenDML is not needed below 1 GB), which every player and editor reads and which can be written
without a library: Microsoft, "AVI RIFF File Reference"; `avih`, `strh`, BITMAPINFOHEADER, `idx1`.
"""

from __future__ import annotations

import struct
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from queue import Full, Queue

import numpy as np
import numpy.typing as npt

from engine.render.stills import png_bytes

_NS_PER_S = 1_000_000_000
_WAITING = 4
_RING_BYTES = 48_000_000
_NAMES = 10_000


@dataclass(frozen=True, slots=True)
class RawPicture:
    """Pixels as the graphics card gives them.

    Attributes
    ----------
    at_ns : int
    width_px, height_px, channels : int
        Bytes a pixel: blue, green, red and, with 4, one that is not used.
    data : bytes
        Bottom row first.
    """

    at_ns: int
    width_px: int
    height_px: int
    channels: int
    data: bytes

    def rgb(self) -> npt.NDArray[np.uint8]:
        """Shape (height, width, 3), red first, top row first."""
        rows = np.frombuffer(self.data, dtype=np.uint8).reshape(self.height_px, self.width_px, self.channels)
        return np.ascontiguousarray(rows[::-1, :, 2::-1])


@dataclass(frozen=True, slots=True)
class Packed:
    """One picture as JPEG, and when it was."""

    at_ns: int
    data: bytes


class Ring:
    """The last seconds as packed pictures.

    Parameters
    ----------
    keep_ns : int
        Older ones than this before the newest are let go.
    limit_bytes : int
        And the oldest ones when all together have more bytes than this.
    """

    def __init__(self, keep_ns: int, limit_bytes: int = _RING_BYTES) -> None:
        self.keep_ns = keep_ns
        self._limit_bytes = limit_bytes
        self._pictures: deque[Packed] = deque()
        self.held_bytes = 0

    def add(self, picture: Packed) -> None:
        """Take one; not older than the last one."""
        self._pictures.append(picture)
        self.held_bytes += len(picture.data)
        while len(self._pictures) > 1 and (
            self.held_bytes > self._limit_bytes or picture.at_ns - self._pictures[0].at_ns > self.keep_ns
        ):
            self.held_bytes -= len(self._pictures.popleft().data)

    def pictures(self) -> tuple[Packed, ...]:
        """What is held now, oldest first."""
        return tuple(self._pictures)


def even(pictures: Sequence[Packed], fps: int) -> list[bytes]:
    """Pictures at an even rate: at each step the newest one that was there by then, so that gaps keep their length."""
    if not pictures:
        return []
    frames: list[bytes] = []
    number = 0
    steps = (pictures[-1].at_ns - pictures[0].at_ns) * fps // _NS_PER_S + 1
    for step in range(steps):
        due_ns = pictures[0].at_ns + step * _NS_PER_S // fps
        while number + 1 < len(pictures) and pictures[number + 1].at_ns <= due_ns:
            number += 1
        frames.append(pictures[number].data)
    return frames


def avi_bytes(frames: Sequence[bytes], *, size_px: tuple[int, int], fps: int) -> bytes:
    """A Motion JPEG film.

    Parameters
    ----------
    frames : sequence of bytes
        JPEG files of one size; at least one.
    size_px : tuple of int
        Width and height.
    fps : int
        Frames a second.
    """
    width_px, height_px = size_px
    largest = max(map(len, frames))
    has_index = 0x10
    main = struct.pack(
        "<14I",
        1_000_000 // fps,
        largest * fps,
        0,
        has_index,
        len(frames),
        0,
        1,
        largest,
        width_px,
        height_px,
        *(0,) * 4,
    )
    stream = struct.pack(
        "<4s4sIHHIIIIIIII4H",
        b"vids",
        b"MJPG",
        *(0, 0, 0, 0),
        1,
        fps,
        0,
        len(frames),
        largest,
        0xFFFFFFFF,
        0,
        *(0, 0, width_px, height_px),
    )
    bitmap = struct.pack(
        "<IiiHH4sIiiII", 40, width_px, height_px, 1, 24, b"MJPG", width_px * height_px * 3, 0, 0, 0, 0
    )
    header = _list(
        b"hdrl",
        _chunk(b"avih", main) + _list(b"strl", _chunk(b"strh", stream) + _chunk(b"strf", bitmap)),
    )
    body: list[bytes] = []
    index: list[bytes] = []
    offset = 4  # from the list's name "movi"
    key_frame = 0x10
    for data in frames:
        chunk = _chunk(b"00dc", data)
        index.append(struct.pack("<4sIII", b"00dc", key_frame, offset, len(data)))
        body.append(chunk)
        offset += len(chunk)
    movie = _list(b"movi", b"".join(body))
    return _chunk(b"RIFF", b"AVI " + header + movie + _chunk(b"idx1", b"".join(index)))


def _chunk(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)


def _list(kind: bytes, body: bytes) -> bytes:
    return _chunk(b"LIST", kind + body)


def jpeg_of(picture: RawPicture) -> bytes:
    """A picture as JPEG, by Panda3D's own encoder, whose byte order it has already."""
    from panda3d.core import PNMImage, StringStream, Texture

    texture = Texture()
    kind = Texture.F_rgba if picture.channels == 4 else Texture.F_rgb
    texture.setup_2d_texture(picture.width_px, picture.height_px, Texture.T_unsigned_byte, kind)
    texture.set_ram_image(picture.data)
    image = PNMImage()
    texture.store(image)
    image.remove_alpha()
    stream = StringStream()
    image.write(stream, "clip.jpg")
    return bytes(stream.get_data())


def write_numbered(folder: Path, stem: str, suffix: str, data: bytes) -> Path:
    """Write a new file beside those that are there: ``stem-001.suffix`` and so on.

    Raises
    ------
    OSError
        When it cannot be written; nothing is left of it then.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(1, _NAMES):
        path = folder / f"{stem}-{number:03d}{suffix}"
        try:
            with path.open("xb") as file:
                file.write(data)
        except FileExistsError:
            continue
        except OSError:
            path.unlink(missing_ok=True)
            raise
        return path
    raise FileExistsError(f"{_NAMES - 1} files named {stem}-*{suffix} are there already")


class Recorder:
    """Packs pictures into a ring and writes stills and clips, in a thread of its own.

    Parameters
    ----------
    folder : Path
        Of the run; made when something is written.
    keep_ns : int, default 10 s
        Length of a clip.
    fps : int, default 10
        Of a clip.
    pack : callable
        Picture to JPEG.

    Attributes
    ----------
    left_out : int
        Pictures that found the queue full.

    Notes
    -----
    All methods are called by the drawing thread, none of them waits but `close`.
    """

    def __init__(
        self,
        folder: Path,
        *,
        keep_ns: int = 10 * _NS_PER_S,
        fps: int = 10,
        pack: Callable[[RawPicture], bytes] = jpeg_of,
    ) -> None:
        self._folder = folder
        self._fps = fps
        self._pack = pack
        self._ring = Ring(keep_ns)
        self._size_px = (0, 0)
        self.left_out = 0
        self._said: deque[str] = deque()
        self._queue: Queue[Callable[[], None] | None] = Queue(_WAITING)
        self._thread = threading.Thread(target=self._run, name="mirror-recorder", daemon=True)
        self._thread.start()
        self._closed = False

    def add(self, picture: RawPicture) -> bool:
        """One more picture for the ring; False when the thread is behind and it was left out."""
        if self._put(lambda: self._keep(picture)):
            return True
        self.left_out += 1
        return False

    def still(self, picture: RawPicture) -> bool:
        """Write a picture as PNG; False when the thread is too busy: ask again."""
        return self._put(lambda: self._write("still", ".png", lambda: png_bytes(picture.rgb())))

    def clip(self) -> bool:
        """Write what the ring holds as a film; False when the thread is too busy: ask again."""
        return self._put(self._write_clip)

    def said(self) -> list[str]:
        """Lines for people since the last call: what was written, what could not be."""
        lines: list[str] = []
        while self._said:
            lines.append(self._said.popleft())
        return lines

    def close(self) -> None:
        """Finish what was asked for, then end; may be called again."""
        if self._closed:
            return
        self._closed = True
        self._queue.put(None)
        self._thread.join()

    def _put(self, job: Callable[[], None]) -> bool:
        if self._closed:
            return False
        try:
            self._queue.put_nowait(job)
        except Full:
            return False
        return True

    # ---- in the thread

    def _run(self) -> None:
        while (job := self._queue.get()) is not None:
            try:
                job()
            except (OSError, ValueError) as error:
                self._said.append(f"the mirror's picture could not be kept: {error}")

    def _keep(self, picture: RawPicture) -> None:
        size_px = (picture.width_px, picture.height_px)
        if size_px != self._size_px:  # a film has one size; what was before is let go
            self._ring = Ring(self._ring.keep_ns)
            self._size_px = size_px
        self._ring.add(Packed(picture.at_ns, self._pack(picture)))

    def _write_clip(self) -> None:
        frames = even(self._ring.pictures(), self._fps)
        if not frames:
            self._said.append("no clip: nothing has been mirrored yet")
            return
        seconds = len(frames) / self._fps
        self._write("clip", ".avi", lambda: avi_bytes(frames, size_px=self._size_px, fps=self._fps), seconds)

    def _write(self, stem: str, suffix: str, make: Callable[[], bytes], seconds: float = 0.0) -> None:
        try:
            path = write_numbered(self._folder, f"mirror-{stem}", suffix, make())
        except OSError as error:
            self._said.append(
                f"no {stem} of the mirror: {self._folder} cannot be written ({error.strerror or error})"
            )
            return
        self._said.append(f"{stem} of the mirror: {path}" + (f" ({seconds:.1f} s)" if seconds else ""))
