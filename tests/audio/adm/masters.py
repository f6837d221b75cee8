"""ADM masters made for tests: every kind of metadata, seeded noise on every track."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np

from engine.audio.adm.build import Builder, Part
from engine.audio.adm.model import Divergence, Document, ObjectBlock, ScreenLock, Zone
from engine.audio.adm.write import axml_of, chna_of
from engine.audio.formats import WaveFormat, WaveWriter
from engine.audio.formats.channels import NAMED

RATE_HZ = 48_000
KINDS = (
    *("plain", "sized", "near", "diverged", "locked", "diffuse", "zoned", "jumping", "gained", "at_screen"),
    *("cube", "cube_sized", "cube_diverged", "cube_locked", "cube_zoned"),
)


def blocks_of(kind: str, seed: int, count: int = 8, length_s: Fraction = Fraction(1, 8)) -> list[ObjectBlock]:
    """Blocks of an object of a kind, one after the other."""
    rng = np.random.default_rng(seed)
    cartesian = kind.startswith("cube")
    found = []
    for number in range(count):
        at = (
            rng.uniform(-1, 1, 3)
            if cartesian
            else np.array([rng.uniform(-180, 180), rng.uniform(-60, 90), 1.0])
        )
        more: dict[str, object] = {}
        odd = number % 2 == 1
        match kind.removeprefix("cube_"):
            case "sized":
                top = np.array([0.6, 0.6, 0.6]) if cartesian else np.array([200, 90, 0.5])
                more["size"] = tuple(round(float(one), 4) for one in rng.uniform(0, top))
            case "near":
                at[2] = rng.uniform(0.1, 1)
            case "diverged":
                share = round(float(rng.uniform(0.1, 1)), 4)
                more["divergence"] = Divergence(share, None, 0.25) if cartesian else Divergence(share, 35.0)
            case "locked":
                more["lock"] = 0.5 if odd and not cartesian else math.inf
            case "diffuse":
                more["diffuse"] = round(float(rng.uniform(0, 1)), 4)
            case "zoned":
                behind = Zone(True, (-1.0, -1.0, -1.0), (1.0, -0.1, 1.0))
                more["zones"] = (behind if odd else Zone(False, (-40.0, -20.0), (40.0, 20.0)),)
            case "jumping":
                more["interpolation_s"] = Fraction(0) if odd else Fraction(1, 50)
            case "gained":
                more["gain"] = round(float(rng.uniform(0, 1.5)), 4)
            case "at_screen":
                more |= {"screen_lock": ScreenLock("left", "top"), "screen_ref": True}
        x, y, z = (round(float(one), 5) for one in at)
        found.append(ObjectBlock(number * length_s, length_s, (x, y, z), cartesian, **more))  # type: ignore[arg-type]
    return found


def make_master(
    path: Path,
    kinds: Sequence[str] = KINDS,
    *,
    beds: bool = True,
    fields: bool = True,
    frames: int = RATE_HZ,
    seed: int = 1,
    count: int = 8,
) -> Document:
    """Writes a master of one second (or `frames`), and gives its document."""
    builder = Builder()
    length_s = Fraction(frames, RATE_HZ)
    for number, kind in enumerate(kinds):
        builder.add_object(
            Part(kind, duration_s=length_s), blocks_of(kind, seed * 100 + number, count, length_s / count)
        )
    if beds:
        for name in ("5.1", "7.1.4", "22.2"):
            builder.add_bed(Part(name, "Beds"), NAMED[name])
        builder.add_bed(Part("odd", "Beds"), ("M+030", "U+090", "T+000"))
    if fields:
        for order in (3, 1):
            builder.add_field(Part(f"order {order}", "Beds"), order)
    document = builder.finish("rich", titles={"en": "Rich", "zh": "丰富"}, duration_s=length_s)
    rng = np.random.default_rng(seed)
    with WaveWriter(path, WaveFormat(builder.track_count, RATE_HZ, 24)) as out:
        out.write(rng.normal(0, 0.05, (frames, builder.track_count)).astype(np.float32))
        out.add_adm(chna_of(document), axml_of(document))
    return document
