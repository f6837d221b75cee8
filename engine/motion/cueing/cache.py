"""Fitted courses kept on disk from run to run.

A file is named by everything its course was computed from, so that none can be out of date. What is read is checked against the limits
again; a file that cannot be read, or that breaks one, is computed anew. A folder that cannot be written to costs the time again and
nothing else.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import zipfile
from pathlib import Path

import numpy as np

from engine.motion.cueing.values import KNOT_HZ, Fitted, Floats

_VERSION = b"sensorama cueing 1"
"""Counts up with every change of what a fit gives for the same input."""


def folder() -> Path:
    """The user's cache folder (`SENSORAMA_CACHE` overrides)."""
    own = os.environ.get("SENSORAMA_CACHE")
    if own:
        return Path(own) / "cueing"
    if os.name == "nt":
        return Path(os.environ.get("LOCALAPPDATA", str(Path.home()))) / "sensorama" / "cueing"
    return Path(os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache"))) / "sensorama" / "cueing"


def name_of(settings: object, *arrays: Floats) -> str:
    """A name that says what was computed from; `settings` by its repr."""
    digest = hashlib.sha256(_VERSION)
    digest.update(repr(settings).encode())
    for array in arrays:
        digest.update(f"{array.dtype.str}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:32]


def load(name: str, knots: int) -> Fitted | None:
    """The course of so many knots that was saved under a name; None where there is none."""
    try:
        with np.load(folder() / f"{name}.npz", allow_pickle=False) as found:
            control = found["control"]
            steps, gap, scale = (float(found[key]) for key in ("steps", "gap", "scale"))
    except (OSError, ValueError, KeyError, EOFError, TypeError, zipfile.BadZipFile):
        return None
    sound = control.shape == (knots, 6) and control.dtype == np.float64 and np.isfinite(control).all()
    return Fitted(control, KNOT_HZ, int(steps), gap, scale) if sound else None


def save(name: str, fitted: Fitted) -> bool:
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
                np.savez(file, control=fitted.control, steps=fitted.steps, gap=fitted.gap, scale=fitted.scale)
            Path(part).replace(folder() / f"{name}.npz")
        except OSError:
            Path(part).unlink(missing_ok=True)
            raise
    except OSError:
        return False
    return True
