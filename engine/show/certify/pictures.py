"""The picture of every scene, drawn off-screen at a slow rate and kept from one judgement to the next."""

from __future__ import annotations

import hashlib
import os
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine import __version__
from engine.experience import Package
from engine.render.viewer import Viewer, ViewerOptions
from engine.safety.flash.colour import srgb_table
from engine.time import LocalBlock, TransportWriter
from engine.time.flicks import FLICKS_PER_SECOND, fl_to_ns

Pixels = NDArray[np.uint8]

SIZE_PX = (96, 54)
#: Drawn so much larger and averaged in linear light: what is smaller than a tile of the analysis does not flicker in it.
_FINER = 4
#: Pictures a second: a software renderer draws fifteen of a rich scene, a graphics card hundreds. What lights do between two of them is
#: known without a picture.
RATE_HZ = 5.0
_BEFORE_NS = 1_000_000_000


class ScenePictures:
    """Draws scenes of a package when they are asked for.

    Parameters
    ----------
    package : Package
        With its hash: pictures of the same content are the same.
    rate_hz : float
    """

    def __init__(self, package: Package, rate_hz: float = RATE_HZ) -> None:
        self._package, self._rate_hz = package, rate_hz
        self._viewer: Viewer | None = None
        self._kept: dict[int, tuple[list[int], list[Pixels]]] = {}

    def close(self) -> None:
        """Give the graphics back."""
        if self._viewer is not None:
            self._viewer.close()
            self._viewer = None

    def frames(self, scene: int) -> tuple[Sequence[int], Sequence[Pixels]]:
        """Instants, flicks, and pictures uint8[h, w, 3] of a scene as it plays when nobody does anything."""
        if scene not in self._kept:
            end_fl = self._package.scenes[scene].duration.nominal_fl
            step_fl = round(FLICKS_PER_SECOND / self._rate_hz)
            instants = list(range(0, end_fl, step_fl))
            kept = _load(self._name(scene), len(instants))
            if kept is None:
                kept = self._draw(scene, instants)
                _save(self._name(scene), kept)
            self._kept[scene] = (instants, list(kept))
        return self._kept[scene]

    def _draw(self, scene: int, instants: Sequence[int]) -> NDArray[np.uint8]:
        if self._viewer is None:
            size = (SIZE_PX[0] * _FINER, SIZE_PX[1] * _FINER)
            self._viewer = Viewer(self._package, ViewerOptions(size=size, headless=True, quality="test"))
        block = LocalBlock()
        TransportWriter(block).append(from_ns=_BEFORE_NS, scene=scene, at_fl=0, rate=1)
        transport = block.read()
        made = np.empty((len(instants), SIZE_PX[1], SIZE_PX[0], 3), dtype=np.uint8)
        self._viewer.draw(transport, _BEFORE_NS)  # loads what the scene shows
        for number, at_fl in enumerate(instants):
            self._viewer.draw(transport, _BEFORE_NS + fl_to_ns(at_fl))
            made[number] = _averaged(self._viewer.grab()[:, :, :3])
        return made

    def _name(self, scene: int) -> str:
        said = (
            __version__,
            self._package.hash,
            self._package.scenes[scene].id,
            SIZE_PX,
            _FINER,
            self._rate_hz,
        )
        return hashlib.sha256(repr(said).encode()).hexdigest()[:32]


def _averaged(pixels: Pixels) -> Pixels:
    """Blocks of pixels as one, by the mean of their linear light (IEC 61966-2-1 either way)."""
    height, width, _ = pixels.shape
    linear = (
        srgb_table()[pixels].reshape(height // _FINER, _FINER, width // _FINER, _FINER, 3).mean(axis=(1, 3))
    )
    codes = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1.0 / 2.4) - 0.055)
    return np.asarray(np.rint(codes * 255.0).clip(0, 255), dtype=np.uint8)


def folder() -> Path:
    """The user's cache folder (`SENSORAMA_CACHE` overrides)."""
    own = os.environ.get("SENSORAMA_CACHE")
    if own:
        return Path(own) / "pictures"
    if os.name == "nt":
        return Path(os.environ.get("LOCALAPPDATA", str(Path.home()))) / "sensorama" / "pictures"
    return Path(os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache"))) / "sensorama" / "pictures"


def _load(name: str, count: int) -> NDArray[np.uint8] | None:
    try:
        with np.load(folder() / f"{name}.npz", allow_pickle=False) as found:
            frames = found["frames"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    sound = frames.dtype == np.uint8 and frames.shape == (count, SIZE_PX[1], SIZE_PX[0], 3)
    return np.asarray(frames) if sound else None


def _save(name: str, frames: NDArray[np.uint8]) -> None:
    """Keep pictures, whole or not at all; a folder that cannot be written to costs the time again and nothing else."""
    try:
        folder().mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(dir=folder(), suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                np.savez_compressed(file, frames=frames)
            Path(part).replace(folder() / f"{name}.npz")
        except OSError:
            Path(part).unlink(missing_ok=True)
            raise
    except OSError:
        return
