"""A head to test the stage with: a sphere, whose responses are known in closed form, and blocks of made-up sources around it."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from engine.audio.binaural import ObjectEmitter, SphereHead
from engine.audio.block import AFTER, BED_CHANNELS, BEFORE, BLOCK, Beds, Head, ObjectBlock, Stage


def unit(azimuth_deg: object, elevation_deg: object = 0.0) -> np.ndarray:
    """Unit vectors; + = left, + = up."""
    a, e = np.radians(azimuth_deg), np.radians(elevation_deg)
    return np.stack(np.broadcast_arrays(-np.cos(e) * np.sin(a), np.cos(e) * np.cos(a), np.sin(e)), axis=-1)


class KeptHead(SphereHead):
    """Its spectra are made once for all tests."""

    @lru_cache(maxsize=2)  # noqa: B019  (one instance, see `head`)
    def spectra(self, length: int) -> np.ndarray:
        return super().spectra(length)

    @lru_cache(maxsize=2)  # noqa: B019
    def bed_spectra(self, length: int) -> np.ndarray:
        return super().bed_spectra(length)


@lru_cache(maxsize=1)
def head() -> KeptHead:
    """The one head of the tests."""
    return KeptHead()


def block_at(
    first: int,
    files: np.ndarray,
    at_m: np.ndarray,
    *,
    keys: list[int] | None = None,
    spread_deg: float = 0.0,
    in_bed: float = 0.0,
) -> ObjectBlock:
    """Files of shape (S, everything), heard from `at_m` of shape (2, S, 3); column 0 of a file is grid sample -BEFORE."""
    count = files.shape[0]
    ones = np.ones((2, count), np.float32)
    return ObjectBlock(
        first=first,
        keys=np.arange(count, dtype=np.int64) if keys is None else np.array(keys, np.int64),
        pcm=np.ascontiguousarray(files[:, first : first + BEFORE + BLOCK + AFTER], np.float32),
        delay=np.zeros((2, count)),
        gain=ones,
        shape=None,
        low_pass_hz=24_000 * ones,
        at_m=np.asarray(at_m, np.float64),
        in_bed=in_bed * ones,
        spread_deg=np.full(count, spread_deg, np.float32),
        priority=ones[0],
    )


def nothing() -> Beds:
    """Silent beds."""
    return Beds(np.zeros((BED_CHANNELS, BLOCK), np.float32))


def heard(
    stage: Stage,
    file: np.ndarray,
    path_m: np.ndarray,
    *,
    heads: list[Head] | None = None,
    spread_deg: float = 0.0,
) -> np.ndarray:
    """One source through the stage: `path_m`, shape (blocks + 1, 3), is where it is at the blocks' borders."""
    emitter = ObjectEmitter()
    heads = heads or [Head()] * len(path_m)
    padded = np.concatenate([np.zeros(BEFORE), file, np.zeros(BLOCK * len(path_m) + AFTER)])[None].astype(
        np.float32
    )
    out = []
    for b in range(len(path_m) - 1):
        block = block_at(b * BLOCK, padded, path_m[b : b + 2, None], spread_deg=spread_deg)
        out.append(stage.render(block, emitter.emit(block), nothing(), (heads[b], heads[b + 1])).copy())
    return np.concatenate(out, axis=1)


def impulse_at(stage: Stage, at_m: np.ndarray, **more: object) -> np.ndarray:
    """The pair of impulse responses of a still source, shape (2, 512); begins at the stage's latency less half the ITD."""
    file = np.zeros(BLOCK)
    file[0] = 1.0
    return heard(stage, file, np.repeat(np.asarray(at_m, float)[None], 3, axis=0), **more)  # type: ignore[arg-type]
