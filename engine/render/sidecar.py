"""The `<model>.stage.json` beside a model: where its lamps and mist are. Pure; no graphics."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from engine.errors import InputError

Vector = tuple[float, float, float]

# As many lamps as the water shader mirrors as streaks; measured: 4, 12 or 24 cost the same.
STREAKS_MAX = 24


@dataclass(frozen=True, slots=True)
class Lamp:
    """A lantern: place, paper radius, linear colour, group (0 street, 1 windows, 2 hero), flicker phase."""

    at: Vector
    radius_m: float
    color: Vector
    group: int
    phase: float


@dataclass(frozen=True, slots=True)
class MistCard:
    """A standing veil of mist: the centre of its foot, width and height in metres."""

    at: Vector
    width_m: float
    height_m: float


@dataclass(frozen=True, slots=True)
class Sidecar:
    """Lamps, mist cards and named points; `models`: every file of the scene, relative to the package."""

    models: tuple[str, ...] = ()
    lamps: tuple[Lamp, ...] = ()
    mist: tuple[MistCard, ...] = ()
    points: Mapping[str, Vector] = field(default_factory=dict)


def sidecar_path(model: Path) -> Path:
    """The sidecar that belongs to a model file."""
    return model.with_name(model.stem + ".stage.json")


def read_sidecar(path: Path) -> Sidecar:
    """Read a sidecar; an empty one when there is no such file.

    Raises
    ------
    InputError
        When the file is there but not what it should be.
    """
    if not path.is_file():
        return Sidecar()
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        models = tuple(str(name) for name in data.get("models", ()))
        lamps = tuple(_lamp(row) for row in data.get("lamps", ()))
        mist = tuple(MistCard((row[0], row[1], row[2]), row[3], row[4]) for row in data.get("mist", ()))
        points = {str(name): (at[0], at[1], at[2]) for name, at in data.get("points", {}).items()}
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise InputError(f"{path}: not a stage sidecar ({error}). Run the world generator again") from error
    return Sidecar(models, lamps, mist, points)


def _lamp(row: Sequence[float]) -> Lamp:
    return Lamp(
        (row[0], row[1], row[2]),
        row[3],
        (row[4], row[5], row[6]),
        int(row[7]),
        row[8] if len(row) > 8 else 0.0,
    )


def joined(sidecars: Sequence[Sidecar]) -> Sidecar:
    """Several files of one scene as one."""
    points: dict[str, Vector] = {}
    for sidecar in sidecars:
        points.update(sidecar.points)
    lamps = tuple(lamp for sidecar in sidecars for lamp in sidecar.lamps)
    mist = tuple(card for sidecar in sidecars for card in sidecar.mist)
    models = tuple(name for sidecar in sidecars for name in sidecar.models)
    return Sidecar(models, lamps, mist, points)


def nearest_lamps(
    places: npt.NDArray[np.float64], eye: Vector, count: int = STREAKS_MAX
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """The lamps whose streaks are drawn, and how strongly.

    Parameters
    ----------
    places : ndarray, shape (n, 3)
        Lamps in metres.
    eye : tuple of float
        Head centre.
    count : int
        At most so many, default 24.

    Returns
    -------
    chosen : ndarray of int
        Indices, nearest first.
    weight : ndarray of float
        0..1. Falls to zero towards the distance of the first lamp left out, so that no streak pops in or out.
    """
    if not len(places):
        return np.zeros(0, dtype=np.int64), np.zeros(0)
    distance = np.sqrt(((places - np.asarray(eye)) ** 2).sum(axis=1))
    order = np.argsort(distance, kind="stable")
    chosen = order[:count]
    if len(order) <= count:
        return chosen, np.ones(len(chosen))
    limit = distance[order[count]]
    weight = np.clip((limit - distance[chosen]) / max(0.3 * limit, 1e-6), 0.0, 1.0)
    return chosen, weight * weight * (3.0 - 2.0 * weight)
