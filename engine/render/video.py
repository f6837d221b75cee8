"""Video files on nodes of the stage, at the instant the show says.

A film has no clock: it is asked for the newest frame that is not later than a time, decoded in the thread that
draws, so play, seek, hold and any speed show the same frame at the same place. Panda3D's FFmpeg decoder does
the work; it is silent here, since sound belongs to the mixer.

Two habits of that decoder are made up for. It takes the frame *nearest* to a time in ticks of the file: AVI
counts in whole frames, so half a frame too early; half a tick is taken off. And it never gives the last frame
of a file: the one before stays instead.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from panda3d.core import Filename, MovieVideo, SamplerState, Texture, load_prc_file_data

from engine.errors import InputError
from engine.render.live import VideoView

# Decoded when asked, not ahead in a thread of its own, which would show a frame that depends on its progress.
_PRC = """
ffmpeg-max-readahead-frames 0
ffmpeg-show-seek-frames false
textures-power-2 none
notify-level-ffmpeg fatal
notify-level-movies fatal
"""
# Behind the end the film is asked for earlier and earlier times, in steps shorter than any frame.
_BACK_STEP_S = 1.0 / 240.0
_BACK_STEPS = 240
# A time that was rounded to just before its frame still gets it.
_ROUNDING_S = 1e-6


class Film:
    """One video file as a texture.

    Parameters
    ----------
    path : Path

    Raises
    ------
    InputError
        When the file is missing or nothing here can decode it.
    """

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise InputError(f"{path}: no such video. Check `file` of the video track")
        video = MovieVideo.get(Filename.from_os_specific(str(path)))
        cursor = video.open() if video.get_type().get_name() == "FfmpegVideo" else None
        if cursor is None or cursor.size_x() <= 0:
            raise InputError(
                f"{path}: Panda3D cannot decode this video. Convert it, for example to H.264 in MP4 "
                "(yuv420p) or to Motion JPEG in AVI"
            )
        self.length_s = float(cursor.length())
        self.texture = Texture(path.name)
        self._cursor = cursor
        self._half_tick_s = avi_tick_s(path) / 2.0
        self._last_s = self.length_s
        cursor.setup_texture(self.texture)
        self.texture.set_minfilter(SamplerState.FT_linear)
        self.texture.set_magfilter(SamplerState.FT_linear)
        self.texture.set_wrap_u(SamplerState.WM_clamp)
        self.texture.set_wrap_v(SamplerState.WM_clamp)
        self.texture.set_anisotropic_degree(1)

    def show(self, at_s: float, *, loop: bool = False) -> None:
        """Bring the texture to the newest frame that is not later than a time.

        Parameters
        ----------
        at_s : float
            Seconds into the file; after its end the last frame stays.
        loop : bool
            The file begins again at its end.
        """
        if loop and self.length_s > 0.0:
            at_s %= self.length_s
        at_s = min(max(at_s, 0.0), self._last_s)
        for _ in range(_BACK_STEPS):
            if not self._cursor.set_time(max(at_s - self._half_tick_s + _ROUNDING_S, 0.0), 1):
                return  # the texture has it
            frame = self._cursor.fetch_buffer()
            if frame is not None:
                self._cursor.apply_to_texture(frame, self.texture, 0)
                return
            at_s = self._last_s = max(at_s - _BACK_STEP_S, 0.0)


class Films:
    """Films on show, one for each node, opened when first shown.

    Parameters
    ----------
    find : callable
        From a package's relative name to a path.
    say : callable
        Takes one line for people, once for each video that cannot be shown.
    """

    def __init__(self, find: Callable[[str], Path], say: Callable[[str], None]) -> None:
        load_prc_file_data("sensorama video", _PRC)
        self._find = find
        self._say = say
        self._films: dict[tuple[str, str], Film | None] = {}

    def textures(self, views: Sequence[VideoView]) -> Mapping[str, Texture]:
        """The texture of each node that a video covers; of two videos on one node the later one."""
        shown: dict[str, Texture] = {}
        for view in views:
            film = self._film(view)
            if film is not None:
                film.show(view.at_s, loop=view.loop)
                shown[view.node] = film.texture
        return shown

    def _film(self, view: VideoView) -> Film | None:
        key = (view.file, view.node)
        if key not in self._films:
            try:
                self._films[key] = Film(self._find(view.file))
            except InputError as error:
                self._films[key] = None
                self._say(f"the video on {view.node!r} is left out: {error}")
        return self._films[key]


def avi_tick_s(path: Path) -> float:
    """Seconds of one frame in an AVI file, the unit that its decoder counts in; 0 for other files.

    Containers other than AVI count in much finer units than frames.
    """
    with path.open("rb") as stream:
        head = stream.read(4096)
    if head[:4] != b"RIFF" or head[8:12] != b"AVI ":
        return 0.0
    place = head.find(b"strh")
    while place >= 0 and place + 36 <= len(head):
        kind, scale, rate = struct.unpack_from("<8x4s16xII", head, place)
        if kind == b"vids" and rate:
            return float(scale / rate)
        place = head.find(b"strh", place + 4)
    return 0.0
