"""Seeded randomness and value noise: the same everywhere, on every machine."""

from __future__ import annotations

import numpy as np

from .mesh import Floats


def rng(*key: int) -> np.random.Generator:
    """Generator for a small tuple of integers; the same key gives the same stream."""
    return np.random.Generator(np.random.Philox(np.random.SeedSequence(list(key))))


def _lattice(cell: np.ndarray) -> Floats:
    h = (cell[..., 0] * 374761393 + cell[..., 1] * 668265263 + cell[..., 2] * 2147483647) & 0xFFFFFFFF
    h = ((h ^ (h >> 13)) * 1274126177) & 0xFFFFFFFF
    h = h ^ (h >> 16)
    return (h & 0xFFFF) / 65535.0


def value_noise(points: Floats, size_m: float) -> Floats:
    """Smooth noise 0..1 with features of about `size_m`."""
    q = np.asarray(points, dtype=float) / size_m + 1000.0
    base = np.floor(q).astype(np.int64)
    f = q - base
    f = f * f * (3 - 2 * f)
    total = np.zeros(q.shape[:-1])
    for dx in (0, 1):
        for dy in (0, 1):
            for dz in (0, 1):
                w = (
                    (f[..., 0] if dx else 1 - f[..., 0])
                    * (f[..., 1] if dy else 1 - f[..., 1])
                    * (f[..., 2] if dz else 1 - f[..., 2])
                )
                total += w * _lattice(base + np.array([dx, dy, dz]))
    return total
