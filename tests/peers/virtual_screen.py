"""A screen that is only a file: Xvfb keeps its pixels where a test can look at them while a program draws."""

from __future__ import annotations

import mmap
import os
import struct
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.peers.programs import needed

POLL_S = 0.0005


@dataclass(frozen=True)
class VirtualScreen:
    """A running X server.

    Attributes
    ----------
    display : str
        For programs that are to draw on it.
    pixels : Path
        What is on the screen (X11's XWDFile.h, version 7); changes as it is drawn.
    """

    display: str
    pixels: Path


@contextmanager
def virtual_screen(folder: Path, size: tuple[int, int]) -> Iterator[VirtualScreen]:
    """Starts a server on a number of its own choice with its pixels in a folder; ends it."""
    ours, theirs = os.pipe()
    server = subprocess.Popen(
        # Without -noreset the server starts over when its last client leaves, and refuses the next one meanwhile.
        [needed("Xvfb", "xvfb"), "-displayfd", str(theirs), "-screen", "0", f"{size[0]}x{size[1]}x24", "-nolisten", "tcp", "-noreset",
         "-fbdir", str(folder)],
        pass_fds=(theirs,), stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(theirs)
    try:
        with os.fdopen(ours) as told:
            number = told.readline().strip()
        assert number, "Xvfb did not start"
        yield VirtualScreen(f":{number}", folder / "Xvfb_screen0")
    finally:
        server.terminate()
        server.wait()


def screen_rows(data: bytes | mmap.mmap) -> np.ndarray:
    """The screen as uint8[height, width, 4] (blue, green, red, unused), not copied."""
    header = struct.unpack_from(">25I", data)
    header_bytes, width, height, row_bytes, colors = header[0], header[4], header[5], header[12], header[19]
    rows = np.frombuffer(data, dtype=np.uint8, count=row_bytes * height, offset=header_bytes + 12 * colors)
    return rows.reshape(height, row_bytes // 4, 4)[:, :width]


def pixels_of(path: Path) -> np.ndarray:
    """The screen as uint8[height, width, 3], RGB."""
    return screen_rows(path.read_bytes())[:, :, 2::-1]


class ScreenWatch(threading.Thread):
    """Looks at the middle of a screen about every 0.6 ms and remembers when it changed.

    Attributes
    ----------
    changes : list of tuple
        (instant of the look before, instant of the look that saw it, green there: 0-255), instants in the host's monotonic ns.
    """

    def __init__(self, screen: VirtualScreen) -> None:
        super().__init__(daemon=True)
        self._path = screen.pixels
        self.changes: list[tuple[int, int, int]] = []
        self.looks = 0
        self._over = threading.Event()

    def run(self) -> None:
        with open(
            self._path, "rb"
        ) as file:  # not closed: an array of NumPy's holds the mapping until it goes
            rows = screen_rows(mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ))
        height, width, _ = rows.shape
        middle = rows[height // 2, width // 2 - 1 : width // 2 + 2, 1]
        seen, before_ns = -1, time.monotonic_ns()
        while not self._over.is_set():
            level = int(middle.min())
            at_ns = time.monotonic_ns()
            if level != seen:
                self.changes.append((before_ns, at_ns, level))
                seen = level
            before_ns = at_ns
            self.looks += 1
            time.sleep(POLL_S)

    def stop(self) -> None:
        self._over.set()
        self.join(5)

    def lit(self, level: int = 128) -> list[tuple[int, int]]:
        """Between which two looks it became as bright as this, each time."""
        dark = True
        found = []
        for before_ns, at_ns, seen in self.changes:
            if dark and seen >= level:
                found.append((before_ns, at_ns))
            dark = seen < level
        return found
