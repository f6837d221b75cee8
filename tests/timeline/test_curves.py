"""Every kind of curve against an independent reference, and the bisection's cost."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.interpolate import CubicHermiteSpline, PchipInterpolator

from engine.time.flicks import FLICKS_PER_SECOND
from engine.timeline.bank import LevelBank
from engine.timeline.curves import (
    PieceRun,
    catmull_slopes,
    curve,
    flatten,
    monotone_slopes,
    ramp,
    transient,
    transient_length_fl,
    wave,
)

SECOND = FLICKS_PER_SECOND

# At least 20 ms apart: closer together the references themselves lose digits.
points = st.lists(
    st.tuples(
        st.integers(0, 3000).map(lambda step: step * SECOND // 50), st.floats(-10, 10, allow_subnormal=False)
    ),
    min_size=2,
    max_size=8,
    unique_by=lambda pair: pair[0],
).map(sorted)


def bank_of(run: PieceRun) -> LevelBank:
    return flatten([run])


def sampled(bank: LevelBank, times: np.ndarray) -> np.ndarray:
    return bank.evaluate_many(times)[:, 0]


def curve_bank(
    pairs: list[tuple[int, float]], shape: str, tangents: list[tuple[float, float]] | None = None
) -> LevelBank:
    run = PieceRun()
    run.hold(0, 99.0)
    curve(run, 0, [time for time, _ in pairs], [value for _, value in pairs], shape, tangents)
    return bank_of(run)


def grid(pairs: list[tuple[int, float]]) -> np.ndarray:
    return np.linspace(pairs[0][0], pairs[-1][0], 101).astype(np.int64)


@given(points)
def test_cubic_is_scipys_pchip(pairs: list[tuple[int, float]]) -> None:
    t, v = np.array(pairs).T
    at = grid(pairs)
    expected = PchipInterpolator(t / SECOND, v)(at / SECOND)
    np.testing.assert_allclose(sampled(curve_bank(pairs, "cubic"), at), expected, atol=1e-9)
    np.testing.assert_allclose(
        np.array(monotone_slopes(t, v)) * SECOND,
        PchipInterpolator(t / SECOND, v).derivative()(t / SECOND),
        atol=1e-7,
    )


@given(points)
def test_cubic_never_leaves_its_points(pairs: list[tuple[int, float]]) -> None:
    values = [value for _, value in pairs]
    found = sampled(curve_bank(pairs, "cubic"), grid(pairs))
    assert found.min() >= min(values) - 1e-9
    assert found.max() <= max(values) + 1e-9


@given(points)
def test_catmull_is_a_hermite_spline_with_chord_slopes(pairs: list[tuple[int, float]]) -> None:
    t, v = np.array(pairs).T
    t = t / SECOND
    slopes = [
        (v[min(i + 1, len(v) - 1)] - v[max(i - 1, 0)]) / (t[min(i + 1, len(t) - 1)] - t[max(i - 1, 0)])
        for i in range(len(t))
    ]
    at = grid(pairs)
    expected = CubicHermiteSpline(t, v, slopes)(at / SECOND)
    np.testing.assert_allclose(sampled(curve_bank(pairs, "catmull"), at), expected, atol=1e-8)
    np.testing.assert_allclose(catmull_slopes(t, v), slopes)


@given(points, st.randoms(use_true_random=False))
def test_spline_is_gltfs_cubic_spline(pairs: list[tuple[int, float]], random: object) -> None:
    tangents = [(random.uniform(-5, 5), random.uniform(-5, 5)) for _ in pairs]  # type: ignore[attr-defined]
    found = sampled(curve_bank(pairs, "spline", tangents), grid(pairs))
    for at, value in zip(grid(pairs).tolist(), found, strict=True):
        i = max(j for j in range(len(pairs)) if pairs[j][0] <= at)
        if i == len(pairs) - 1:
            expected = pairs[-1][1]
        else:
            # glTF 2.0, appendix C.5: p(t) with tangents scaled by the length of the interval.
            (t0, a), (t1, b) = pairs[i], pairs[i + 1]
            d, s = (t1 - t0) / SECOND, (at - t0) / (t1 - t0)
            expected = (
                (2 * s**3 - 3 * s**2 + 1) * a
                + d * (s**3 - 2 * s**2 + s) * tangents[i][1]
                + (-2 * s**3 + 3 * s**2) * b
                + d * (s**3 - s**2) * tangents[i + 1][0]
            )
        assert value == pytest.approx(expected, abs=1e-8)


@given(points)
def test_linear_step_and_smooth(pairs: list[tuple[int, float]]) -> None:
    t, v = [time for time, _ in pairs], [value for _, value in pairs]
    at = grid(pairs)
    np.testing.assert_allclose(sampled(curve_bank(pairs, "linear"), at), np.interp(at, t, v), atol=1e-9)
    steps = sampled(curve_bank(pairs, "step"), at)
    smooth = sampled(curve_bank(pairs, "smooth"), at)
    for time, stepped, smoothed in zip(at.tolist(), steps, smooth, strict=True):
        i = max(j for j in range(len(t)) if t[j] <= time)
        assert stepped == v[i]
        if i < len(t) - 1:
            u = (time - t[i]) / (t[i + 1] - t[i])
            assert smoothed == pytest.approx(v[i] + (v[i + 1] - v[i]) * u * u * (3 - 2 * u), abs=1e-9)


@given(points, st.sampled_from(["linear", "step", "smooth", "cubic", "catmull"]))
def test_curves_meet_their_points_and_hold_outside(pairs: list[tuple[int, float]], shape: str) -> None:
    bank = curve_bank(pairs, shape)
    for time, value in pairs:
        assert bank.evaluate(time)[0] == pytest.approx(value, abs=1e-9)
    assert bank.evaluate(0)[0] == pytest.approx(pairs[0][1])
    assert bank.evaluate(pairs[-1][0] + 10**15)[0] == pairs[-1][1]


@pytest.mark.parametrize(
    ("ease", "formula"),
    [
        ("linear", lambda u: u),
        ("smooth", lambda u: u * u * (3 - 2 * u)),
        ("in", lambda u: u * u),
        ("out", lambda u: 1 - (1 - u) ** 2),
        ("step", lambda u: float(u >= 1)),
    ],
)
def test_ramps(ease: str, formula: object) -> None:
    run = PieceRun()
    run.hold(0, 2.0)
    ramp(run, SECOND, 4 * SECOND, 2.0, -1.0, ease)
    bank = bank_of(run)
    for i in range(41):
        u = i / 40
        assert bank.evaluate(SECOND + i * SECOND // 10)[0] == pytest.approx(2.0 - 3.0 * formula(u))  # type: ignore[operator]
    assert bank.evaluate(SECOND - 1)[0] == 2.0
    assert bank.evaluate(90 * SECOND)[0] == -1.0


@given(
    st.floats(0.01, 30.0), st.floats(-1.0, 1.0), st.floats(0.01, 100.0), st.floats(0.5, 20.0),
    st.floats(0.0, 0.5), st.floats(0.0, 0.5),
)  # fmt: skip
def test_waves_are_within_a_ten_thousandth_of_their_amplitude(
    hz: float, phase: float, amplitude: float, for_s: float, fade_in: float, fade_out: float
) -> None:
    for_fl = round(for_s * SECOND)
    fade_in_fl, fade_out_fl = round(fade_in * for_fl), round(fade_out * for_fl)
    run = PieceRun()
    end = wave(
        run, 5 * SECOND, for_fl, hz=hz, middle=3.0, amplitude=amplitude, phase_cycles=phase,
        fade_in_fl=fade_in_fl, fade_out_fl=fade_out_fl,
    )  # fmt: skip
    run.hold(5 * SECOND + for_fl, end)
    first = PieceRun()
    first.hold(0, 0.0)
    for name in ("t0_fl", "inv_len", "coef", "fire", "cue_at_fl", "base"):
        getattr(first, name).extend(getattr(run, name))
    local = np.linspace(0, for_fl - 1, 997).astype(np.int64)
    found = sampled(bank_of(first), local + 5 * SECOND)

    def fade(passed: np.ndarray, length: int) -> np.ndarray:
        x = np.clip(passed / length, 0, 1) if length else np.ones(len(passed))
        return x * x * (3 - 2 * x)

    size = fade(local, fade_in_fl) * fade(for_fl - local, fade_out_fl)
    expected = 3.0 + amplitude * size * np.sin(2 * np.pi * (hz * local / SECOND + phase))
    assert np.abs(found - expected).max() < 1e-4 * amplitude


def test_a_transient_decays_exponentially_to_silence() -> None:
    length = transient_length_fl(0.5, None)
    run = PieceRun()
    run.hold(0, 0.0)
    run.begin_cue(SECOND, fire=True, base=0.0)
    transient(run, SECOND, length, 0.8)
    bank = bank_of(run)
    local = np.linspace(0, length, 500).astype(np.int64)
    found = sampled(bank, local + SECOND)
    assert np.abs(found - 0.8 * np.exp(-5 * local / length)).max() < 0.8 * 0.01
    assert found[0] == 0.8
    assert found[-1] == 0.0
    assert (np.diff(found) <= 1e-12).all()
    assert bank.evaluate(SECOND - 1)[0] == 0.0
    # Not run across: silent, also in the middle of the envelope.
    assert bank.evaluate(SECOND + length // 3, run_from_fl=SECOND + 1)[0] == 0.0
    assert bank.evaluate(SECOND + length // 3, run_from_fl=SECOND)[0] > 0.1


def test_transient_lengths() -> None:
    assert transient_length_fl(0.0, None) == 6 * SECOND // 10
    assert transient_length_fl(1.0, None) == SECOND // 10
    assert transient_length_fl(0.0, 7) == 7


def test_an_hour_into_a_show_is_as_exact_as_its_start() -> None:
    def run_at(start: int) -> LevelBank:
        run = PieceRun()
        run.hold(0, 0.0)
        ramp(run, start, SECOND // 10, 0.0, 1.0, "smooth")
        return bank_of(run)

    early, late = run_at(SECOND), run_at(100 * 3600 * SECOND)
    for i in range(100):
        assert early.evaluate(SECOND + i * 700_001) == late.evaluate(100 * 3600 * SECOND + i * 700_001)


@given(points, st.integers(0, 2**50), st.integers(0, 2**40))
def test_many_equals_one_by_one(pairs: list[tuple[int, float]], at: int, run_from: int) -> None:
    run = PieceRun()
    run.hold(0, 1.0)
    run.begin_cue(SECOND, fire=True, base=-7.0)
    transient(run, SECOND, SECOND, 1.0)
    other = PieceRun()
    curve(other, 0, [time for time, _ in pairs], [value for _, value in pairs], "cubic")
    bank = flatten([run, other])
    times = np.array([at, 0, -5, at % (3 * SECOND)], dtype=np.int64)
    many = bank.evaluate_many(times, run_from)
    for row, time in zip(many, times.tolist(), strict=True):
        np.testing.assert_array_equal(row, bank.evaluate(time, run_from))


class Counting:
    """An integer that counts the steps of bisections through an array of such."""

    steps = 0

    def __init__(self, value: int) -> None:
        self.value = value

    def __gt__(self, other: int) -> bool:
        # numpy asks once a step whether the needle is less than the key, which lands here reflected.
        Counting.steps += 1
        return self.value > other

    def __lt__(self, other: int) -> bool:
        return self.value < other


def bank_with(cues: int, channels: int) -> LevelBank:
    runs = []
    for _ in range(channels):
        run = PieceRun()
        run.hold(0, 0.0)
        for cue in range(1, cues // channels + 1):
            ramp(run, cue * SECOND, SECOND // 2, float(cue % 7), float(cue % 5), "smooth")
        runs.append(run)
    return flatten(runs)


@pytest.mark.slow
def test_the_cost_of_a_seek_grows_with_the_logarithm_of_the_cues() -> None:
    channels = 20
    steps: dict[int, int] = {}
    for cues in (1_000, 10_000, 100_000):
        bank = bank_with(cues, channels)
        keys = np.array([Counting(int(key)) for key in bank.keys], dtype=object)
        at = (cues // channels // 2) * SECOND + 12_345
        Counting.steps = 0
        found = bank.find(at, keys)
        steps[cues] = Counting.steps
        np.testing.assert_array_equal(found, bank.find(at))
        # One bisection a channel, over the pieces of all of them.
        assert steps[cues] <= channels * (math.log2(bank.pieces) + 2)
    assert steps[100_000] - steps[10_000] <= channels * (math.log2(10) + 2)


def test_a_bank_refuses_pieces_out_of_order() -> None:
    run = PieceRun()
    run.hold(0, 0.0)
    run.hold(5, 0.0)
    run.hold(4, 0.0)
    with pytest.raises(ValueError, match="one after the other"):
        flatten([run])
    late = PieceRun()
    late.hold(3, 0.0)
    with pytest.raises(ValueError, match="start at 0"):
        flatten([late])


def test_an_empty_bank_evaluates_to_nothing() -> None:
    bank = flatten([])
    assert bank.evaluate(123).shape == (0,)
    assert bank.evaluate_many(np.array([1, 2])).shape == (2, 0)
