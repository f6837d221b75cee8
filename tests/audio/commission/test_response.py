"""A sweep divided out: arrival, level and wiring of what is known exactly."""

from __future__ import annotations

import numpy as np
import pytest

from engine.audio.commission.response import BEFORE, impulse_response, judge
from engine.audio.commission.signals import (
    FULL_BAND_HZ,
    LOUDEST_DBFS,
    LOW_BAND_HZ,
    Sweep,
    beeps,
    levelled,
    rumble,
    tone,
)

SWEEP = Sweep(*FULL_BAND_HZ, 0.5, -20.0)


def heard(
    delay: float, gain: float, *, noise: float = 0.0, sweep: Sweep = SWEEP, extra: float = 0.0
) -> np.ndarray:
    """A wire of `delay` samples, a fraction included; `extra` times the square is its distortion."""
    played = sweep.samples().astype(np.float64)
    played = played + extra * played**2 / np.max(np.abs(played))
    n = played.size + 57_600
    length = 1 << n.bit_length()
    shift = np.exp(-2j * np.pi * np.fft.rfftfreq(length) * delay)
    made = gain * np.fft.irfft(np.fft.rfft(played, length) * shift, length)[:n]
    return made + noise * np.random.Generator(np.random.PCG64(3)).standard_normal(n)


@pytest.mark.parametrize(("delay", "gain"), [(0.0, 1.0), (512.0, 0.5), (733.25, -0.1), (1440.6, 0.02)])
def test_a_wire_is_what_it_is(delay: float, gain: float) -> None:
    found = judge(impulse_response(heard(delay, gain), SWEEP))
    assert found.heard
    assert found.arrival_s * 48_000 == pytest.approx(delay, abs=0.02)
    assert found.level_db == pytest.approx(20 * np.log10(abs(gain)), abs=0.05)
    assert found.sign == np.sign(gain)


def test_the_response_of_a_wire_is_one_sample_of_its_gain() -> None:
    response = impulse_response(heard(100, 0.5), SWEEP)
    assert int(np.argmax(response)) == BEFORE + 100
    # Less than the gain: nothing above 20 and below 40 Hz was played.
    assert 0.38 < response.max() < 0.5


def test_noise_alone_is_not_heard_and_means_nothing() -> None:
    rng = np.random.Generator(np.random.PCG64(5))
    found = judge(impulse_response(rng.standard_normal(48_000) * 0.01, SWEEP))
    assert not found.heard
    assert found.clearance_db < 20
    assert not judge(impulse_response(np.zeros(48_000), SWEEP)).heard


def test_a_response_is_found_under_noise_as_loud_as_the_sweep() -> None:
    found = judge(impulse_response(heard(600, 0.1, noise=0.007), SWEEP))
    assert found.heard
    assert found.arrival_s * 48_000 == pytest.approx(600, abs=0.3)
    assert found.sign == 1


def test_distortion_falls_before_time_zero() -> None:
    found = judge(impulse_response(heard(300, 0.5, extra=0.1), SWEEP))
    assert found.arrival_s * 48_000 == pytest.approx(300, abs=0.05)
    assert found.level_db == pytest.approx(-6.02, abs=0.1)


def test_a_reflection_that_is_louder_is_not_the_arrival() -> None:
    both = heard(400, 0.3) + heard(700, -0.6)
    found = judge(impulse_response(both, SWEEP))
    assert found.arrival_s * 48_000 == pytest.approx(400, abs=0.5)
    assert found.sign == 1


def test_what_is_no_number_is_silence() -> None:
    broken = heard(512, 0.5).astype(np.float32)
    broken[30_000] = np.nan
    broken[31_000] = np.inf
    found = judge(impulse_response(broken, SWEEP))
    assert found.arrival_s * 48_000 == pytest.approx(512, abs=0.1)


def test_low_things_are_judged_in_their_own_band() -> None:
    sweep = Sweep(*LOW_BAND_HZ, 1.0, -20.0)
    found = judge(impulse_response(heard(960, 0.7, sweep=sweep), sweep), low=True)
    assert found.arrival_s == pytest.approx(0.02, abs=1e-4)
    assert found.level_db == pytest.approx(20 * np.log10(0.7), abs=0.2)


@pytest.mark.parametrize("level", [-60.0, -24.0, LOUDEST_DBFS])
def test_nothing_exceeds_its_level(level: float) -> None:
    gain = 10 ** (level / 20) * 1.000001
    speech = np.sin(np.arange(900) * 0.1).astype(np.float32) * 3
    speech[7] = np.nan
    for made in (
        Sweep(*FULL_BAND_HZ, 0.1, level).samples(), tone(0.2, level), beeps(3, level), rumble(level), levelled(speech, level),
    ):  # fmt: skip
        assert np.isfinite(made).all()
        assert gain * 0.9 < np.max(np.abs(made)) <= gain
        assert abs(made[0]) < gain * 0.01


def test_nothing_is_louder_than_the_loudest() -> None:
    for make in (lambda: Sweep(level_dbfs=-5.9), lambda: tone(1, 0.0), lambda: beeps(1, float("nan"))):
        with pytest.raises(ValueError, match="at most -6 dBFS"):
            make()
    with pytest.raises(ValueError, match="0 < low < high"):
        Sweep(200, 100)
    with pytest.raises(ValueError, match=r"0\.05 to 30 s"):
        Sweep(seconds=0.0)


def test_a_recording_that_ends_too_early_is_not_judged() -> None:
    with pytest.raises(ValueError, match="20000 samples; 28800 are needed"):
        judge(impulse_response(np.zeros(20_000), SWEEP))
