"""The meter against the signals of EBU Tech 3341 and 3342, synthesised as the documents describe them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.audio.clips import SAMPLE_RATE_HZ
from engine.audio.loudness import LoudnessMeter, TruePeak, channel_weights, dbtp

FS = SAMPLE_RATE_HZ
SURROUND = channel_weights([(30, 0), (-30, 0), (0, 0), None, (110, 0), (-110, 0)])


def sines(*steps: tuple[float, float], channels: int = 2, hertz: float = 1000.0) -> np.ndarray:
    """A sine in all channels alike, of levels in dBFS for so many seconds each."""
    level = np.concatenate([np.full(round(seconds * FS), 10 ** (db / 20)) for db, seconds in steps])
    tone = level * np.sin(2 * np.pi * hertz * np.arange(level.size) / FS)
    return np.repeat(tone[:, None], channels, axis=1).astype(np.float32)


def measured(
    samples: np.ndarray, weights: tuple[float, ...] = (1.0, 1.0), step: int = 48_000
) -> LoudnessMeter:
    meter = LoudnessMeter(weights)
    for start in range(0, samples.shape[0], step):
        meter.add(samples[start : start + step])
    return meter


@pytest.mark.parametrize(
    ("case", "steps", "wanted"),
    [
        (1, [(-23.0, 20.0)], -23.0),
        (2, [(-33.0, 20.0)], -33.0),
        pytest.param(3, [(-36.0, 10.0), (-23.0, 60.0), (-36.0, 10.0)], -23.0, marks=pytest.mark.long),
        pytest.param(
            4,
            [(-72.0, 10.0), (-36.0, 10.0), (-23.0, 60.0), (-36.0, 10.0), (-72.0, 10.0)],
            -23.0,
            marks=pytest.mark.long,
        ),
        (5, [(-26.0, 20.0), (-20.0, 20.1), (-26.0, 20.0)], -23.0),
    ],
)
def test_ebu_3341_integrated(case: int, steps: list[tuple[float, float]], wanted: float) -> None:
    assert measured(sines(*steps)).integrated_lufs == pytest.approx(wanted, abs=0.1)


def test_ebu_3341_case_6_surround() -> None:
    levels_db = np.array([-28.0, -28.0, -24.0, -200.0, -30.0, -30.0])
    tone = sines((0.0, 20.0), channels=6) * 10 ** (levels_db / 20)
    assert measured(tone.astype(np.float32), SURROUND).integrated_lufs == pytest.approx(-23.0, abs=0.1)


def test_ebu_3341_case_9_short_term_and_12_momentary() -> None:
    short = sines(*[(-20.0, 1.34), (-30.0, 1.66)] * 5)
    meter = LoudnessMeter()
    seen = []
    for start in range(0, short.shape[0], 4800):
        meter.add(short[start : start + 4800])
        seen.append(meter.short_term_lufs)
    assert np.allclose(seen[30:], -23.0, atol=0.1)
    momentary = sines(*[(-20.0, 0.18), (-30.0, 0.22)] * 25)
    meter = LoudnessMeter()
    seen = []
    for start in range(0, momentary.shape[0], 4800):
        meter.add(momentary[start : start + 4800])
        seen.append(meter.momentary_lufs)
    assert np.allclose(seen[10:], -23.0, atol=0.1)


@pytest.mark.parametrize(
    ("steps", "wanted"),
    [
        ([(-20.0, 20.0), (-30.0, 20.0)], 10.0),
        ([(-20.0, 20.0), (-15.0, 20.0)], 5.0),
        ([(-40.0, 20.0), (-20.0, 20.0)], 20.0),
        pytest.param(
            [(-50.0, 20.0), (-35.0, 20.0), (-20.0, 20.0), (-35.0, 20.0), (-50.0, 20.0)],
            15.0,
            marks=pytest.mark.long,
        ),
    ],
)
def test_ebu_3342_range(steps: list[tuple[float, float]], wanted: float) -> None:
    assert measured(sines(*steps)).range_lu == pytest.approx(wanted, abs=1.0)


@pytest.mark.parametrize(
    ("divisor", "phase_deg", "level", "wanted"),
    [
        (4, 0.0, 0.50, -6.0),
        (4, 45.0, 0.50, -6.0),
        (6, 60.0, 0.50, -6.0),
        (8, 67.5, 0.50, -6.0),
        (4, 45.0, 1.41, 3.0),
    ],
)
def test_ebu_3341_true_peak_cases_15_to_19(
    divisor: int, phase_deg: float, level: float, wanted: float
) -> None:
    at = np.arange(FS // 2)
    tone = level * np.sin(2 * np.pi * at / divisor + np.radians(phase_deg))
    tone[: FS // 20] *= np.linspace(0, 1, FS // 20)
    tone[-FS // 20 :] *= np.linspace(1, 0, FS // 20)
    peak = TruePeak(1)
    for start in range(0, tone.size, 1000):
        peak.add(tone[start : start + 1000, None])
    assert wanted - 0.4 <= dbtp(peak.peak) <= wanted + 0.2


@pytest.mark.parametrize("delay", [0, 1, 2, 3])
def test_ebu_3341_true_peak_cases_20_to_23(delay: int) -> None:
    """A quarter-rate tone with one period of fs/6 at full level in it, sampled at four times the rate and thinned at four phases."""
    over = 4 * FS
    at = np.arange(over // 8)
    tone = 0.5 * np.sin(2 * np.pi * at * (FS / 6) / over)
    middle = at.size // 2 // 24 * 24
    tone[middle : middle + 24] *= 2.0
    thinned = tone[delay::4]
    peak = TruePeak(1)
    peak.add(thinned[:, None])
    assert (
        -0.4 <= dbtp(peak.peak) <= 0.6
    )  # a period of another level has no band limit: what its curve does is the filter's


@settings(max_examples=15)
@given(st.lists(st.integers(1, 20_000), min_size=1, max_size=10))
def test_however_it_is_fed_it_measures_the_same(steps: list[int]) -> None:
    rng = np.random.default_rng(3)
    sound = (0.1 * rng.standard_normal((sum(steps), 2))).astype(np.float32)
    whole = LoudnessMeter()
    whole.add(sound)
    parts, at = LoudnessMeter(), 0
    for step in steps:
        parts.add(sound[at : at + step])
        at += step
    assert parts.integrated_lufs == pytest.approx(whole.integrated_lufs, abs=1e-6) or sum(steps) < 19_200
    assert parts.result().peak_dbtp == pytest.approx(whole.result().peak_dbtp, abs=1e-6)


def test_silence_and_rubbish_measure_nothing() -> None:
    meter = LoudnessMeter()
    meter.add(np.full((FS, 2), np.nan, np.float32))
    meter.add(np.zeros((FS, 2), np.float32))
    assert meter.integrated_lufs == float("-inf") and meter.range_lu == 0.0
    assert meter.result().peak_dbtp == float("-inf")


def test_the_other_meter_agrees() -> None:
    import pyloudnorm

    rng = np.random.default_rng(8)
    sound = 0.05 * rng.standard_normal((10 * FS, 2)) * np.repeat([1.0, 0.1, 2.0, 0.5, 1.0], 2 * FS)[:, None]
    theirs = pyloudnorm.Meter(FS).integrated_loudness(sound)
    assert measured(sound.astype(np.float32)).integrated_lufs == pytest.approx(theirs, abs=0.05)
