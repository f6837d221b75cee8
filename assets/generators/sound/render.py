"""From a stem of the catalogue to its samples and its file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from . import bells, people, places, score, water
from .catalog import Stem
from .core import Signal, fitted, levelled, quantised, samples, write_flac

Maker = Callable[[str, int], Signal]


def makers() -> dict[str, Maker]:
    """Which function makes which stem; stems of the score are found by their prefix."""
    table: dict[str, Maker] = {
        "bed_river": water.river_bed,
        "bed_wash": water.wash,
        "bed_crowd": lambda name, n: people.crowd(name, n, voices=14, effort=0.0),
        "bed_roar": people.roar,
        "bed_night": places.night,
        "bed_willow": places.leaves,
        "bed_vault": water.bed_vault,
        "lock_rush": water.lock_rush,
        "water_curtain": water.water_curtain,
        "spray_pass": water.spray_pass,
        "pour": water.pour,
        "kettle": water.kettle,
        "gate_creak": places.gate_creak,
        "gate_thud": places.gate_thud,
        "boat_creak": places.boat_creak,
        "boat_bump": places.boat_bump,
        "door": places.door,
        "fire": places.fire,
        "great_bell": bells.great_bell,
        "great_bell_far": bells.far_bell,
        "wind_chime": bells.wind_chime,
        "cheer": people.cheer,
        "steps": places.steps,
        "cat": people.cat,
        "bell_ring": lambda name, n: bells.great_bell(name, n, velocity=0.55),
        "drum_hit_soft": lambda name, n: bells.drum_hit(name, n, 0.35),
        "drum_hit_mid": lambda name, n: bells.drum_hit(name, n, 0.65),
        "drum_hit_hard": lambda name, n: bells.drum_hit(name, n, 1.0),
        "drum_rim": bells.drum_rim,
        "chime_burst": bells.chime_burst,
        "cup": lambda name, n: places.porcelain(name, n, lid=False),
        "cup_lid": lambda name, n: places.porcelain(name, n, lid=True),
        "lantern_release": places.paper_flame,
    }
    for k in "123":
        table[f"oar_{k}"] = water.oar
        table[f"drip_{k}"] = water.drip
    for k in "1234":
        table[f"vendor_{k}"] = people.vendor
    for k in "12345":
        table[f"wake_{k}"] = bells.lantern_chime
    return table


def rendered(stem: Stem) -> NDArray[np.int16]:
    """The finished samples of one stem: made, cut to length, levelled, dithered.

    Returns
    -------
    ndarray of int16, shape (n,) or (n, 2)
    """
    n = samples(stem.length_s)
    make = score.fitted_music if stem.name.startswith("music_") else makers()[stem.name]
    raw = fitted(make(stem.name, n), n)
    kind, value = stem.level
    # Strings and rooms still ring where a phrase's file ends.
    fade_out_s = 1.5 if stem.name.startswith("music_") else 0.03
    return quantised(levelled(raw, kind, value, loop=stem.loop, fade_out_s=fade_out_s), stem.name)


def write(stem: Stem, folder: Path) -> int:
    """Renders one stem to `<folder>/<name>.flac`.

    Returns
    -------
    int
        Size of the file in bytes.
    """
    path = folder / f"{stem.name}.flac"
    write_flac(path, rendered(stem))
    return path.stat().st_size
