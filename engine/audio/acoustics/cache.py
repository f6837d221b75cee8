"""What took long to compute, kept on disk from run to run: courses of occlusion.

Files are named by what they were computed from, so that none can be out of date. A folder that cannot be written to costs the time again
and nothing else; a file that cannot be read is computed anew.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

_VERSION = b"sensorama acoustics 2"


def folder() -> Path:
    """The user's cache folder (`SENSORAMA_CACHE` overrides)."""
    own = os.environ.get("SENSORAMA_CACHE")
    if own:
        return Path(own) / "acoustics"
    if os.name == "nt":
        return Path(os.environ.get("LOCALAPPDATA", str(Path.home()))) / "sensorama" / "acoustics"
    return Path(os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache"))) / "sensorama" / "acoustics"


def name_of(*arrays: NDArray[np.generic]) -> str:
    """A name that says what was computed from."""
    digest = hashlib.sha256(_VERSION)
    for array in arrays:
        digest.update(f"{array.dtype.str}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:32]


def load(name: str) -> tuple[Values, Values] | None:
    """Gain and octaves that were saved under a name; None where there are none."""
    path = folder() / f"{name}.npz"
    try:
        with np.load(path, allow_pickle=False) as found:
            gain, octaves = found["gain"], found["octaves"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    sound = gain.ndim == 1 and gain.shape == octaves.shape and gain.size > 0
    return (gain, octaves) if sound and bool(np.isfinite(gain).all() and np.isfinite(octaves).all()) else None


def save(name: str, gain: Values, octaves: Values) -> bool:
    """Keeps a course; whole or not at all, also where two processes do so at once.

    Returns
    -------
    bool
        False where the folder cannot be written to.
    """
    try:
        folder().mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(dir=folder(), suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                np.savez(file, gain=gain, octaves=octaves)
            Path(part).replace(folder() / f"{name}.npz")
        except OSError:
            Path(part).unlink(missing_ok=True)
            raise
    except OSError:
        return False
    return True
