"""The two lines through a device's calls: their bias, noise and rate."""

from __future__ import annotations

import numpy as np

from engine.audio.clock.lines import Envelope, Loop

FRAME_NS = 1e9 / 48_000
TRUE_NS = FRAME_NS / (1 + 50e-6)


def followed(line: Loop | Envelope, noise_ns: np.ndarray) -> tuple[np.ndarray, float]:
    """Error (ns) of the last thousand predictions, and the measured ppm."""
    line.begin(0, float(noise_ns[0]))
    errors = []
    for number in range(1, len(noise_ns)):
        frame = number * 512
        errors.append(line.at(frame) - frame * TRUE_NS)
        line.take(frame, frame * TRUE_NS + float(noise_ns[number]))
    return np.array(errors[-1000:]), (FRAME_NS / line.frame_ns - 1) * 1e6


def test_a_loop_averages_good_instants_to_a_microsecond() -> None:
    errors, ppm = followed(Loop(FRAME_NS), np.random.default_rng(1).normal(0, 6e3, 3000))
    assert abs(errors.mean()) < 200 and errors.std() < 1_000
    assert abs(ppm - 50) < 0.5


def test_an_envelope_lies_under_calls_that_are_late() -> None:
    rng = np.random.default_rng(2)
    late_ns = rng.exponential(575e3, 3000) + np.where(rng.random(3000) < 0.01, 5e6, 0.0)
    errors, ppm = followed(Envelope(FRAME_NS), late_ns)
    assert abs(errors.mean()) < 60_000 and errors.std() < 15_000
    assert abs(ppm - 50) < 5
    looped, _ = followed(Loop(FRAME_NS), late_ns)
    assert looped.mean() > 400_000  # what an average makes of calls that are only ever late


def test_one_wild_word_hardly_moves_a_loop() -> None:
    noise_ns = np.random.default_rng(3).normal(0, 6e3, 3000)
    noise_ns[2500] = 1e9
    errors, _ = followed(Loop(FRAME_NS), noise_ns)
    assert np.abs(errors).max() < 10_000
