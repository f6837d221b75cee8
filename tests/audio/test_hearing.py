"""Ears are protected: a level that is never exceeded, a dose that is right, and nothing touched without need."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.audio.block import BLOCK, SAMPLE_RATE_HZ
from engine.audio.hearing import FAST_S, HearingGuard
from engine.experience.audio_rig import HearingSpec

FS = SAMPLE_RATE_HZ
SPEC = HearingSpec(full_scale_db_spl=110.0, most_db_spl=94.0)


def sine(level_db: float, seconds: float, hertz: float = 1000.0) -> np.ndarray:
    at = np.arange(round(seconds * FS) // BLOCK * BLOCK)
    return np.tile(10 ** (level_db / 20) * np.sin(2 * np.pi * hertz * at / FS), (2, 1)).astype(np.float32)


def through(guard: HearingGuard, sound: np.ndarray) -> np.ndarray:
    return np.concatenate(
        [guard.process(sound[:, k : k + BLOCK]) for k in range(0, sound.shape[1], BLOCK)], axis=1
    )


def fast_db(sound: np.ndarray, full_db: float) -> np.ndarray:
    """Fast level of a 1 kHz tone, where the A curve is 0 dB, sample by sample."""
    keep = np.exp(-1 / (FS * FAST_S))
    from scipy.signal import lfilter

    out = lfilter([1 - keep], [1, -keep], sound.astype(float) ** 2)
    return full_db + 10 * np.log10(np.maximum(2 * out, 1e-12))


def test_what_is_not_too_loud_is_not_touched() -> None:
    guard, quiet = HearingGuard(SPEC, 2), sine(-20.0, 1.0)
    assert np.array_equal(through(guard, quiet), quiet)
    exposure = guard.exposure
    assert exposure.loudest_db == pytest.approx(90.0, abs=0.1) and exposure.held_back_db == 0.0


def test_a_venue_that_measured_nothing_has_the_ceiling_alone() -> None:
    guard, loud = HearingGuard(HearingSpec(), 2), sine(0.0, 0.5)
    assert guard.process(loud) is loud


def test_the_limit_is_never_exceeded_not_even_at_the_attack() -> None:
    guard = HearingGuard(SPEC, 2)
    out = through(guard, np.concatenate([sine(-30.0, 0.2), sine(0.0, 1.0)], axis=1))
    level_db = fast_db(out[0], 110.0)
    assert level_db.max() < 94.5  # inside a block it may lie a little over what the block ends at
    assert level_db[-1] == pytest.approx(94.0, abs=0.2)
    assert guard.exposure.held_back_db > 15.0
    # Down without a click, up slowly.
    gain = through(guard, sine(-30.0, 4.0))[0]
    assert np.abs(gain[-BLOCK:]).max() == pytest.approx(10 ** (-30 / 20), rel=0.01)


@pytest.mark.parametrize(
    ("hertz", "curve_db"), [(31.5, -39.4), (100.0, -19.1), (500.0, -3.2), (4000.0, 1.0), (8000.0, -1.1)]
)
def test_the_curve_is_a(hertz: float, curve_db: float) -> None:
    guard = HearingGuard(SPEC, 2)
    through(guard, sine(-30.0, 2.0, hertz))
    assert guard.exposure.loudest_db == pytest.approx(80.0 + curve_db, abs=0.6)


def test_eighty_five_decibels_for_eight_hours_are_a_day_and_three_more_halve_it() -> None:
    for level_db, seconds in ((85.0, 2.0), (88.0, 2.0), (79.0, 2.0)):
        guard = HearingGuard(HearingSpec(full_scale_db_spl=110.0), 2)
        through(guard, sine(level_db - 110.0, 1.0))  # until the fast level has arrived
        guard.begin_guest()
        through(guard, sine(level_db - 110.0, seconds))
        wanted = 0.0 if level_db < 80 else 100 * seconds / (28_800 / 2 ** ((level_db - 85) / 3))
        assert guard.exposure.dose_percent == pytest.approx(wanted, rel=0.02)


def test_a_guest_whose_day_is_used_up_hears_the_days_level_and_the_next_guest_all() -> None:
    guard = HearingGuard(
        HearingSpec(full_scale_db_spl=110.0, most_db_spl=105.0, day_db_spl=85.0, day_s=0.5), 2
    )
    loud = sine(-10.0, 1.0)
    out = through(guard, np.concatenate([loud, loud], axis=1))
    assert guard.exposure.dose_percent > 100.0
    levels_db = fast_db(out[0], 110.0)
    assert np.abs(np.diff(levels_db[FS:][::BLOCK])).max() < 1.0  # it glides there
    assert fast_db(out[0], 110.0)[-1] == pytest.approx(85.0, abs=0.3)
    guard.begin_guest()
    assert guard.exposure.dose_percent == 0.0
    assert np.abs(through(guard, sine(-30.0, 8.0))[0, -BLOCK:]).max() == pytest.approx(10**-1.5, rel=0.01)


@given(st.lists(st.floats(-60, 30), min_size=1, max_size=30), st.integers(0, 2**31))
def test_whatever_comes_no_block_ends_over_the_limit(levels_db: list[float], seed: int) -> None:
    rng = np.random.default_rng(seed)
    guard = HearingGuard(SPEC, 2)
    for level_db in levels_db:
        block = (10 ** (level_db / 20) * rng.standard_normal((2, BLOCK))).astype(np.float32)
        if seed % 7 == 0:
            block[0, 3] = np.nan
        guard.process(block)
        assert float(guard._fast.max()) <= 0.5 * 10 ** ((94.0 - 110.0) / 10) * 1.001


def test_where_nobody_knows_decibels_nothing_is_weighed(monkeypatch: pytest.MonkeyPatch) -> None:
    def wanted() -> None:
        raise AssertionError("the A curve is made, for which scipy.signal is imported")

    monkeypatch.setattr("engine.audio.hearing.a_weighting", wanted)
    block = np.ones((2, 256), np.float32)
    assert HearingGuard(HearingSpec(), 2).process(block) is block
