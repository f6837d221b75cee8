"""A head to test the stage with: a sphere, whose responses are known in closed form, and blocks of made-up sources around it."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from engine.audio.ambisonics import degrees, harmonics
from engine.audio.binaural import ObjectEmitter
from engine.audio.binaural.near import HEAD_RADIUS_M, minimum_phase, sphere_gain
from engine.audio.block import AFTER, BED_CHANNELS, BED_ORDER, BEFORE, BLOCK, Beds, Head, ObjectBlock, Stage

STEP_DEG = 7.5
_AROUND, _UP = int(360 / STEP_DEG), int(180 / STEP_DEG) + 1


def unit(azimuth_deg: object, elevation_deg: object = 0.0) -> np.ndarray:
    """Unit vectors; + = left, + = up."""
    a, e = np.radians(azimuth_deg), np.radians(elevation_deg)
    return np.stack(np.broadcast_arrays(-np.cos(e) * np.sin(a), np.cos(e) * np.cos(a), np.sin(e)), axis=-1)


class SphereHead:
    """Directions every 7.5 degrees around a sphere with ears at its sides; between them triangles."""

    def __init__(self) -> None:
        azimuth, elevation = np.meshgrid(np.arange(_AROUND) * STEP_DEG, np.arange(_UP) * STEP_DEG - 90)
        self.directions = unit(azimuth.ravel(), elevation.ravel())
        to_left = np.arccos(np.clip(-self.directions[:, 0], -1, 1))
        self._angles_deg = np.degrees(np.stack([to_left, np.pi - to_left], axis=1))
        side = np.arcsin(np.clip(self.directions[:, 0], -1, 1))
        self.itd_samples = (HEAD_RADIUS_M / 343 * (side + np.sin(side)) * 48_000).astype(np.float32)

    def lookup(self, directions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        azimuth = np.degrees(np.arctan2(-directions[:, 0], directions[:, 1])) % 360 / STEP_DEG
        elevation = (np.degrees(np.arcsin(np.clip(directions[:, 2], -1, 1))) + 90) / STEP_DEG
        a, e = azimuth.astype(int), np.minimum(elevation.astype(int), _UP - 2)
        x, y = azimuth - a, elevation - e
        upper = x + y > 1
        at = e * _AROUND + a % _AROUND
        right, above = e * _AROUND + (a + 1) % _AROUND, (e + 1) * _AROUND + a % _AROUND
        index = np.stack([np.where(upper, (e + 1) * _AROUND + (a + 1) % _AROUND, at), right, above], axis=1)
        weight = np.where(
            upper[:, None], np.stack([x + y - 1, 1 - y, 1 - x], axis=1), np.stack([1 - x - y, x, y], axis=1)
        )
        return index.astype(np.int32), weight.astype(np.float32)

    def spectra(self, length: int) -> np.ndarray:
        return _spectra(length)

    def bed_spectra(self, length: int) -> np.ndarray:
        return _bed_spectra(length)

    def angles_deg(self) -> np.ndarray:
        return self._angles_deg


@lru_cache(maxsize=2)
def head() -> SphereHead:
    """The one head of the tests."""
    return SphereHead()


@lru_cache(maxsize=2)
def _spectra(length: int) -> np.ndarray:
    hz = np.arange(1, length // 2 + 1) * 48_000 / length
    angles = np.arange(0, 181, 3.0)
    gain = sphere_gain(np.array([1.4]), angles, hz)[0]
    gain = np.concatenate([gain[:, :1], gain], axis=1)
    whole = minimum_phase(np.clip(gain, 0.03, 10))
    at = head().angles_deg() / 3.0
    low = np.minimum(at.astype(int), angles.size - 2)
    part = (at - low)[..., None]
    return ((1 - part) * whole[low] + part * whole[low + 1]).astype(np.complex64)


@lru_cache(maxsize=2)
def _bed_spectra(length: int) -> np.ndarray:
    it = head()
    turns = -2j * np.pi * np.arange(length // 2 + 1) / length
    half = 0.5 * it.itd_samples[:, None]
    ears = _spectra(length) * np.exp(turns * np.stack([half, -half], axis=1))
    area = np.sqrt(np.clip(1 - it.directions[:, 2] ** 2, 0, None))
    weights = (
        harmonics(it.directions, BED_ORDER) * (2 * degrees(BED_ORDER)[0] + 1) * (area / area.sum())[:, None]
    )
    return np.einsum("dc,def->cef", weights, ears).astype(np.complex64)


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
        send=0 * ones,
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
