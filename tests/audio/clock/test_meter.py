"""Block times are counted in steps; what they say is right to an eighth of an octave."""

from __future__ import annotations

import numpy as np
import pytest

from engine.audio.clock.meter import Load


def test_shares_of_blocks_are_right_to_a_step() -> None:
    loads = np.random.default_rng(7).lognormal(-2.0, 0.5, 4000)
    meter = Load()
    for load in loads:
        meter.take(int(load * 5_333_333), 5_333_333)
    for share in (0.5, 0.99, 0.999):
        exact = float(np.quantile(loads, share))
        assert exact * 0.99 <= meter.at(share) <= exact * 2 ** (1 / 8) * 1.03
    assert meter.blocks == 4000
    assert meter.over == int(np.count_nonzero(loads > 1))
    assert meter.worst_ns == pytest.approx(loads.max() * 5_333_333, rel=1e-6)


def test_extremes_have_a_place() -> None:
    meter = Load()
    assert meter.at(0.999) == 0.0
    meter.take(0, 5_333_333)
    meter.take(10**12, 5_333_333)
    assert meter.over == 1 and sum(meter.counts) == 2
