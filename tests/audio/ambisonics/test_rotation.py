"""A field turned is the field of what was turned."""

from __future__ import annotations

import numpy as np
import pytest

from engine.audio.ambisonics import Rotator, harmonics

RANDOM = np.random.default_rng(5)
DIRECTIONS = RANDOM.normal(size=(40, 3))


def turned(seed: int) -> np.ndarray:
    q, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))
    return np.asarray(q * np.linalg.det(q))


@pytest.mark.parametrize("order", [0, 1, 3, 7])
def test_turning_the_field_is_turning_the_source(order: int) -> None:
    rotation = turned(order)
    matrix = Rotator(order).matrix(rotation)
    error = np.abs(harmonics(DIRECTIONS @ rotation.T, order) - harmonics(DIRECTIONS, order) @ matrix.T).max()
    assert error < 1e-13


def test_turns_follow_each_other_and_keep_power() -> None:
    rotator = Rotator(3)
    one, other = turned(1), turned(2)
    both = rotator.matrix(np.stack([one, other, one @ other]))
    assert np.abs(both[0] @ both[1] - both[2]).max() < 1e-13
    assert np.abs(both[2] @ both[2].T - np.eye(16)).max() < 1e-13
    assert np.abs(rotator.matrix(np.eye(3)) - np.eye(16)).max() < 1e-13
