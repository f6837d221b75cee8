"""The limiter: true peak under -1 dBFS, transparent below, the same for any past."""

from __future__ import annotations

import numpy as np
import pytest

from engine.audio.limiter import LOOK_AHEAD, Limiter


def limited(x: np.ndarray, step: int = 512) -> np.ndarray:
    """Runs (2, n) through in blocks; the answer is shifted back by the look-ahead."""
    limiter = Limiter()
    padded = np.pad(x, ((0, 0), (0, step + LOOK_AHEAD))).astype(np.float32)
    count = padded.shape[1] // step
    out = [limiter.process(padded[:, k * step : (k + 1) * step]) for k in range(count)]
    return np.concatenate(out, axis=1)[:, LOOK_AHEAD : LOOK_AHEAD + x.shape[1]]


def true_peak_db(x: np.ndarray) -> float:
    """Highest point of the curve between the samples, by 8-fold band-limited interpolation."""
    n = x.shape[1]
    spectrum = np.fft.rfft(x, axis=1)
    padded = np.zeros((2, 8 * n // 2 + 1), complex)
    padded[:, : spectrum.shape[1]] = spectrum
    return float(20 * np.log10(np.abs(np.fft.irfft(padded, 8 * n, axis=1) * 8).max()))


def drums(level: float) -> np.ndarray:
    rng = np.random.default_rng(1)
    x = np.zeros((2, 48_000))
    for k in range(8):
        n = 4000
        hit = rng.standard_normal((2, n)) * np.exp(-np.arange(n) / 900)
        x[:, 2000 + k * 5500 : 2000 + k * 5500 + n] += hit
    return x / np.abs(x).max() * level


@pytest.mark.parametrize("step", [256, 512, 1024])
def test_true_peak_stays_under_minus_one(step: int) -> None:
    out = limited(drums(2.5), step)
    assert true_peak_db(out) <= -1.0


def test_a_sine_between_the_samples_is_caught() -> None:
    n = 24_000
    x = 1.3 * np.sin(2 * np.pi * 12_000 / 48_000 * np.arange(n) + np.pi / 4)
    x[:2400] *= np.linspace(0, 1, 2400)
    out = limited(np.stack([x, x]))
    assert true_peak_db(out[:, :-600] * np.hanning(out.shape[1] - 600) ** 0.1) <= -0.95


def test_quiet_sound_passes_untouched() -> None:
    x = drums(0.4).astype(np.float32)
    assert np.array_equal(limited(x), x)


def test_only_the_loud_part_is_touched() -> None:
    x = drums(0.5)
    x[:, 20_000:24_000] *= 3
    out = limited(x)
    assert np.allclose(out[:, :19_000], x[:, :19_000], atol=1e-6)
    assert np.allclose(out[:, -4_000:], x[:, -4_000:], atol=1e-6)


def test_block_length_does_not_matter() -> None:
    x = drums(2.0)
    assert np.allclose(limited(x, 256), limited(x, 1024), atol=1e-6)


@pytest.mark.parametrize("channels", [1, 12, 24])
def test_any_number_of_channels_is_turned_down_together(channels: int) -> None:
    limiter = Limiter(channels)
    x = np.full((channels, 4 * LOOK_AHEAD), 0.1, np.float32) * np.arange(1, channels + 1)[:, None]
    x[-1] *= 12 / channels
    x[-1, 200:240] = 4.0
    out = limiter.process(x)[:, LOOK_AHEAD:]
    gain = out / x[:, :-LOOK_AHEAD]
    assert gain.min() < 0.3
    assert np.abs(gain - gain[0]).max() < 1e-6


def test_rubbish_becomes_silence_and_is_counted() -> None:
    limiter = Limiter(3)
    x = np.full((3, 512), 0.25, np.float32)
    x[1, 10:13] = np.nan, np.inf, -np.inf
    out = np.concatenate([limiter.process(x), limiter.process(np.zeros((3, 512), np.float32))], axis=1)
    wanted = np.where(np.isfinite(x), x, 0.0)
    assert limiter.rubbish == 3
    assert np.array_equal(out[:, LOOK_AHEAD : LOOK_AHEAD + 512], wanted)


def test_a_block_of_other_channels_is_refused() -> None:
    with pytest.raises(ValueError, match="2 channels for a limiter of 6"):
        Limiter(6).process(np.zeros((2, 64), np.float32))
    with pytest.raises(ValueError, match="at least 1"):
        Limiter(0)
