"""What a device's answer tells about its dead time and lag: on made-up responses, with noise, gains and odd sampling."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.show.devices.latency_fit import changes, fit_latency, respond
from engine.show.devices.learn import EDGES

SECONDS = 4.0


def command(ramp_s: float) -> list[tuple[float, float]]:
    """The steps of `devices learn`, at 200 Hz, as sharp as a light or as slow as a governed seat."""
    rows, value = [], 0.0
    for tick in range(int(SECONDS * 200)):
        wanted = float(sum(tick / 200 / SECONDS >= edge for edge in EDGES) % 2)
        step = 0.005 / ramp_s if ramp_s else 1.0
        value += min(step, max(-step, wanted - value))
        rows.append((tick / 200, value))
    return rows


@settings(max_examples=8)
@given(
    dead_s=st.floats(0, 0.4),
    lag_s=st.one_of(st.just(0.0), st.floats(0.005, 0.4)),
    ramp_s=st.sampled_from([0.0, 0.05, 0.2]),
    gain=st.sampled_from([1.0, -0.02, 300.0]),
    period_s=st.sampled_from([0.001, 0.002, 0.004]),
    seed=st.integers(0, 1 << 20),
)
def test_dead_time_and_lag_are_found_within_two_ms_or_a_tenth(
    dead_s: float, lag_s: float, ramp_s: float, gain: float, period_s: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    sent = command(ramp_s)
    at = np.arange(-0.3, SECONDS + 0.6, period_s) + rng.uniform(0, period_s)
    seen = 7.0 + gain * respond(*changes(sent), lag_s, at - dead_s)
    seen += rng.normal(0, 0.01 * abs(gain), len(at))
    fit = fit_latency(sent, list(zip(at.tolist(), seen.tolist(), strict=True)), longest_s=SECONDS / 2)
    # Between two samples of a sharp step nothing is seen: half a period cannot be told.
    assert abs(fit.dead_s - dead_s) <= max(0.002 + period_s / 2, 0.1 * dead_s)
    assert abs(fit.lag_s - lag_s) <= max(0.002 + period_s / 2, 0.1 * lag_s)
    assert fit.gain == pytest.approx(gain, rel=0.05) and fit.agreement > 0.98


def test_the_answer_of_a_lag_is_exact() -> None:
    times, values = np.array([0.0, 1.0, 1.5]), np.array([0.0, 2.0, 1.0])
    at = np.array([-1.0, 0.5, 1.25, 1.5, 2.0])
    top = 2 * (1 - np.exp(-0.5 / 0.2))
    expected = [0, 0, 2 * (1 - np.exp(-0.25 / 0.2)), top, 1 + (top - 1) * np.exp(-0.5 / 0.2)]
    assert respond(times, values, 0.2, at) == pytest.approx(expected)
    assert respond(times, values, 0.0, at).tolist() == [0, 0, 2, 1, 1]


def test_too_little_to_go_by_is_said() -> None:
    rows = [(t / 100, 0.0) for t in range(100)]
    with pytest.raises(ValueError, match="did not change"):
        fit_latency(rows, rows, longest_s=1)
    with pytest.raises(ValueError, match="did not change"):
        fit_latency([], rows, longest_s=1)
    with pytest.raises(ValueError, match="at least 20"):
        fit_latency(command(0), rows[:5], longest_s=1)
    with pytest.raises(ValueError, match="did not move"):
        fit_latency(command(0), rows, longest_s=1)


def test_what_has_nothing_to_do_with_the_command_does_not_agree() -> None:
    noise = np.random.default_rng(1).normal(0, 1, 400).tolist()
    seen = [(i / 100, value) for i, value in enumerate(noise)]
    assert fit_latency(command(0), seen, longest_s=2).agreement < 0.3
