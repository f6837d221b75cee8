"""The head that comes with the engine: MIT's KEMAR (see `assets/hrtf/README.md`), as a small file that NumPy reads by itself."""

from __future__ import annotations

import zlib
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from engine.audio.hrtf.measured import MeasuredHead
from engine.errors import InputError

_FILE = "hrtf/kemar.npz"
TAPS = 320


def assets_folder() -> Path:
    """Where shared data lies: beside the package in a checkout, inside it when installed."""
    engine = Path(__file__).resolve().parents[2]
    inside = engine / "content" / "assets"
    return inside if inside.is_dir() else engine.parent / "assets"


def pack(head: MeasuredHead) -> dict[str, NDArray[np.generic]]:
    """The arrays of a small file: `TAPS` samples around the arrivals, 16 bits each, and directions.

    Parameters
    ----------
    head : MeasuredHead

    Returns
    -------
    dict of ndarray
        For `numpy.savez_compressed`.
    """
    onset = int(np.argmax(np.abs(head.responses).max(axis=(0, 1)) > 0.02 * np.abs(head.responses).max()))
    start = max(0, onset - 8)
    cut = head.responses[..., start : start + TAPS].copy()
    fade = TAPS // 5
    cut[..., -fade:] *= 0.5 + 0.5 * np.cos(np.pi * (np.arange(fade) + 0.5) / fade)
    scale = float(np.abs(cut).max()) / 32767.0
    return {
        "directions": head.directions.astype(np.float32),
        "responses": np.round(cut / scale).astype(np.int16),
        "scale": np.array(scale),
        "distance_m": np.array(head.distance_m),
        "name": np.array(head.name),
        "licence": np.array(head.licence),
    }


def shipped_head(path: Path | None = None) -> MeasuredHead:
    """Reads the shipped set.

    Raises
    ------
    InputError
        It is not there, or broken: the installation is.
    """
    where = path or assets_folder() / _FILE
    try:
        with np.load(where, allow_pickle=False) as data:
            directions = data["directions"].astype(np.float64)
            responses = data["responses"].astype(np.float64) * float(data["scale"])
            return MeasuredHead(
                str(data["name"]),
                str(data["licence"]),
                directions / np.linalg.norm(directions, axis=1, keepdims=True),
                responses,
                float(data["distance_m"]),
            )
    except (OSError, ValueError, KeyError, EOFError, BadZipFile, zlib.error) as error:
        raise InputError(
            f"{where}: the head that comes with the engine cannot be read ({error}); install it again"
        ) from error
