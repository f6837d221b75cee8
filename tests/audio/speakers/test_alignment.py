"""Delay, level and polarity of loudspeakers."""

from __future__ import annotations

import numpy as np
import pytest

from engine.audio.speakers.alignment import Alignment

BLOCK = 256
DELAYS = [0, 32, 33, 32.5, 40.25, 700.7]
GAINS = [1, -1, 0.5, 1, 1, 2]


def played(alignment: Alignment, signal: np.ndarray) -> np.ndarray:
    return np.concatenate(
        [alignment.process(signal[:, k : k + BLOCK]) for k in range(0, signal.shape[1], BLOCK)], axis=1
    )


@pytest.mark.parametrize("hz", [997, 8000, 16000])
def test_a_tone_comes_late_by_what_was_asked(hz: int) -> None:
    time = np.arange(12 * BLOCK)
    tone = np.tile(np.sin(2 * np.pi * hz * time / 48000), (len(DELAYS), 1)).astype(np.float32)
    out = played(Alignment(DELAYS, GAINS), tone)
    for row, (delay, gain) in enumerate(zip(DELAYS, GAINS, strict=True)):
        wanted = gain * np.sin(2 * np.pi * hz * (time - delay) / 48000)
        error = np.abs(out[row] - wanted)[1000:].max()
        assert error < (1e-6 if delay == int(delay) else 6e-4), delay


def test_blocks_of_any_length_are_one_signal_and_are_forgotten() -> None:
    noise = np.random.default_rng(0).normal(size=(2, 1000)).astype(np.float32)
    whole = Alignment([32.3, 900], [1, 1])
    one = np.concatenate(
        [whole.process(noise[:, :100]), whole.process(noise[:, 100:101]), whole.process(noise[:, 101:])],
        axis=1,
    )
    fresh = Alignment([32.3, 900], [1, 1])
    assert np.array_equal(fresh.process(noise), one)
    fresh.forget()
    assert np.array_equal(fresh.process(noise), one)


@pytest.mark.parametrize("delay", [-1, 3.5, float("nan")])
def test_what_cannot_be_is_refused(delay: float) -> None:
    with pytest.raises(ValueError, match="whole ones from 0, others from 16"):
        Alignment([delay], [1])
