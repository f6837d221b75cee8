"""A hand's vibration: each form against the curve it is made from."""

import math
from itertools import pairwise

import pytest

from engine.xr.haptics import Curve, HapticFeed, HapticSetup, HapticStop
from engine.xr.runtime import HapticPulse

MS = 1_000_000
FRAME_NS = 11 * MS
RATE_HZ = 2000.0


def steady(amplitude: float, hz: float = 100.0) -> Curve:
    return lambda at_ns: (amplitude, hz)


def stroke(from_ms: float, to_ms: float, amplitude: float = 0.8, hz: float = 100.0) -> Curve:
    return lambda at_ns: (amplitude if from_ms * MS <= at_ns < to_ms * MS else 0.0, hz)


def run(
    feed: HapticFeed, frames: int, period_ns: int = FRAME_NS, start_ns: int = 0
) -> list[tuple[int, HapticPulse | HapticStop]]:
    orders = []
    for frame in range(frames):
        now_ns = start_ns + frame * period_ns
        orders += [(now_ns, order) for order in feed.step(now_ns, period_ns, 1)]
    return orders


def pulses(orders: list[tuple[int, HapticPulse | HapticStop]]) -> list[tuple[int, HapticPulse]]:
    return [(at, order) for at, order in orders if isinstance(order, HapticPulse)]


def pcm(**more: float) -> HapticSetup:
    return HapticSetup(1, "pcm", pcm_rate_hz=RATE_HZ, **more)  # type: ignore[arg-type]


# ---- all forms


@pytest.mark.parametrize("form", ["simple", "envelope", "pcm"])
def test_silence_orders_nothing(form: str) -> None:
    feed = HapticFeed(HapticSetup(0, form, pcm_rate_hz=RATE_HZ), steady(0.0))  # type: ignore[arg-type]
    assert run(feed, 100) == []


@pytest.mark.parametrize("form", ["simple", "envelope", "pcm"])
def test_something_always_plays_while_the_curve_does(form: str) -> None:
    feed = HapticFeed(HapticSetup(0, form, pcm_rate_hz=RATE_HZ), steady(0.5))  # type: ignore[arg-type]
    until_ns = 0
    for at_ns, pulse in pulses(run(feed, 200)):
        assert at_ns <= until_ns, f"nothing plays from {until_ns / MS} to {at_ns / MS} ms"
        until_ns = until_ns + pulse.duration_ns if pulse.append else at_ns + pulse.duration_ns
    assert until_ns >= 199 * FRAME_NS


@pytest.mark.parametrize("form", ["simple", "envelope", "pcm"])
@pytest.mark.parametrize("ending", ["stop", "inactive", "held"])
def test_a_hold_a_stop_or_a_lost_focus_ends_it_at_once(form: str, ending: str) -> None:
    level = [0.5]
    feed = HapticFeed(HapticSetup(1, form, pcm_rate_hz=RATE_HZ), lambda at_ns: (level[0], 80.0))  # type: ignore[arg-type]
    run(feed, 5)
    level[0] = 0.0
    now_ns = 5 * FRAME_NS
    if ending == "stop":
        orders = feed.stop(now_ns)
    elif ending == "inactive":
        orders = feed.step(now_ns, FRAME_NS, 1, active=False)
    else:
        orders = feed.step(now_ns, FRAME_NS, 2)
    assert orders == (HapticStop(1),)
    assert feed.step(now_ns + FRAME_NS, FRAME_NS, 2) == ()


@pytest.mark.parametrize("form", ["simple", "envelope", "pcm"])
def test_a_stroke_that_begins_after_a_change_of_mind_is_played(form: str) -> None:
    level = [0.0]
    feed = HapticFeed(HapticSetup(0, form, pcm_rate_hz=RATE_HZ), lambda at_ns: (level[0], 80.0))  # type: ignore[arg-type]
    run(feed, 3)
    level[0] = 0.7  # a reaction was laid over
    orders = feed.step(3 * FRAME_NS, FRAME_NS, 2)
    assert len(orders) == 1
    assert isinstance(orders[0], HapticPulse)
    assert orders[0].amplitude == pytest.approx(0.7)


def test_gain_and_bounds() -> None:
    feed = HapticFeed(HapticSetup(0, gain=0.5, high_hz=300.0), steady(3.0, 9999.0))
    [(_, pulse)] = pulses(run(feed, 1))
    assert (pulse.amplitude, pulse.frequency_hz) == (0.5, 300.0)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -1.0])
def test_what_is_no_strength_moves_nothing(bad: float) -> None:
    orders = run(HapticFeed(HapticSetup(0), steady(bad)), 3)
    assert orders == []


def test_latency_reads_the_curve_ahead() -> None:
    feed = HapticFeed(HapticSetup(0, latency_ns=30 * MS), stroke(100, 200))
    (first_ns, _), *_ = pulses(run(feed, 30))
    assert 70 * MS - FRAME_NS - 5 * MS <= first_ns <= 70 * MS


def test_each_instant_is_read_once() -> None:
    asked: list[int] = []

    def curve(at_ns: int) -> tuple[float, float]:
        asked.append(at_ns)
        return (0.5, 100.0)

    run(HapticFeed(HapticSetup(0, "envelope"), curve), 100)
    assert len(asked) == len(set(asked)) <= 100 * FRAME_NS // (5 * MS) + 100


@pytest.mark.parametrize("form", ["envelope", "pcm"])
def test_no_frame_reads_a_whole_block(form: str) -> None:
    asked: list[int] = []

    def curve(at_ns: int) -> tuple[float, float]:
        asked.append(at_ns)
        return (0.5 if at_ns % (900 * MS) < 400 * MS else 0.0, 100.0)

    feed = HapticFeed(HapticSetup(0, form, pcm_rate_hz=RATE_HZ), curve)  # type: ignore[arg-type]
    most = 0
    for frame in range(300):
        before = len(asked)
        feed.step(frame * FRAME_NS, FRAME_NS, 1)
        if frame > 20:
            most = max(most, len(asked) - before)
    assert most <= 8


@pytest.mark.parametrize(
    "setup",
    [
        {"form": "pcm", "pcm_rate_hz": 0.0},
        {"gain": 1.5},
        {"pulse_ns": 0},
        {"chunk_ns": 100 * MS},
        {"usual_hz": 900.0},
    ],
)
def test_a_setup_that_cannot_work_is_refused(setup: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"[0-9]|negative"):
        HapticSetup(0, **setup)  # type: ignore[arg-type]


# ---- simple


def test_a_steady_hum_is_ordered_seldom() -> None:
    orders = pulses(run(HapticFeed(HapticSetup(0), steady(0.5)), 91))
    assert 91 * FRAME_NS // (80 * MS) <= len(orders) <= 25


def test_a_swell_is_followed_in_steps_that_a_hand_can_tell() -> None:
    feed = HapticFeed(HapticSetup(0), lambda at_ns: (min(1.0, at_ns / (1000 * MS)), 120.0))
    strengths = [pulse.amplitude for _, pulse in pulses(run(feed, 91))]
    assert strengths == sorted(strengths)
    assert max(b - a for a, b in pairwise(strengths)) < 0.15
    assert strengths[-1] > 0.9


def test_a_tap_is_long_enough_to_be_felt_and_ends_by_itself() -> None:
    orders = run(HapticFeed(HapticSetup(0), stroke(22, 26)), 30)
    assert len(orders) == 1
    (at_ns, pulse) = orders[0]
    assert isinstance(pulse, HapticPulse)
    assert 10 * MS <= pulse.duration_ns <= 30 * MS
    assert abs(at_ns - 22 * MS) <= FRAME_NS


def test_a_pulse_ends_where_its_stroke_does() -> None:
    orders = run(HapticFeed(HapticSetup(0), stroke(0, 120)), 30)
    last_ns, last = pulses(orders)[-1]
    assert last_ns + last.duration_ns == pytest.approx(120 * MS, abs=8 * MS)


def test_a_slow_runtime_hears_no_gaps() -> None:
    period_ns = 50 * MS
    orders = pulses(run(HapticFeed(HapticSetup(0), steady(0.4)), 40, period_ns))
    for (a_ns, a), (b_ns, _) in pairwise(orders):
        assert b_ns <= a_ns + a.duration_ns


# ---- envelope


def test_an_envelope_has_the_curve_s_shape_at_its_place() -> None:
    feed = HapticFeed(HapticSetup(0, "envelope"), stroke(40, 90, 0.8))
    [(at_ns, pulse)] = run(feed, 30)
    assert isinstance(pulse, HapticPulse)
    step_ns = pulse.duration_ns / len(pulse.envelope)
    assert step_ns == 5 * MS
    felt = [at_ns + number * step_ns for number, amplitude in enumerate(pulse.envelope) if amplitude > 0.4]
    assert felt[0] == pytest.approx(40 * MS, abs=5 * MS)
    assert felt[-1] == pytest.approx(85 * MS, abs=5 * MS)


def test_envelopes_overlap() -> None:
    orders = pulses(run(HapticFeed(HapticSetup(0, "envelope"), steady(0.3)), 100))
    assert len(orders) >= 4
    for (a_ns, a), (b_ns, _) in pairwise(orders):
        assert a_ns + a.duration_ns - b_ns >= 40 * MS


# ---- pcm


def joined(orders: list[tuple[int, HapticPulse]]) -> list[float]:
    return [sample for _, pulse in orders for sample in pulse.pcm]


def test_samples_are_the_sine_of_the_curve_without_a_seam() -> None:
    orders = pulses(run(HapticFeed(pcm(), steady(0.6, 100.0)), 100))
    assert [pulse.append for _, pulse in orders] == [False] + [True] * (len(orders) - 1)
    samples = joined(orders)
    settled = int(0.01 * RATE_HZ)
    for number, sample in enumerate(samples[settled:], settled):
        assert sample == pytest.approx(0.6 * math.sin(2 * math.pi * 100.0 * number / RATE_HZ), abs=1e-6)
    assert len(orders) > 5


def test_phase_is_continuous_while_the_pitch_glides() -> None:
    def curve(at_ns: int) -> tuple[float, float]:
        return (1.0, 60.0 + 100.0 * at_ns * 1e-9)

    samples = joined(pulses(run(HapticFeed(pcm(), curve), 100)))
    most = 2 * math.pi * 180.0 / RATE_HZ  # of a sine of 180 Hz, the highest that comes
    assert max(abs(b - a) for a, b in pairwise(samples)) <= most
    assert max(samples) > 0.95


def test_samples_are_sent_ahead_and_never_run_out() -> None:
    until_ns = 0
    for at_ns, pulse in pulses(run(HapticFeed(pcm(), steady(0.5)), 200)):
        if pulse.append:
            assert until_ns > at_ns
            until_ns += pulse.duration_ns
        else:
            until_ns = at_ns + pulse.duration_ns
        assert 60 * MS <= until_ns - at_ns <= 130 * MS
        assert len(pulse.pcm) == pytest.approx(pulse.duration_ns * 1e-9 * RATE_HZ, abs=1.0)


def test_a_change_goes_on_from_the_phase_that_plays() -> None:
    level = [0.8]
    feed = HapticFeed(pcm(), lambda at_ns: (level[0], 100.0))
    run(feed, 20)
    level[0] = 0.3
    now_ns = 20 * FRAME_NS
    [pulse] = feed.step(now_ns, FRAME_NS, 2)
    assert isinstance(pulse, HapticPulse)
    assert not pulse.append
    # What plays at this instant is the old sine; the new one begins there and glides to its strength.
    playing = 0.8 * math.sin(2 * math.pi * 100.0 * now_ns * 1e-9)
    assert pulse.pcm[0] == pytest.approx(playing, abs=0.02)
    assert max(abs(sample) for sample in pulse.pcm[40:]) == pytest.approx(0.3, abs=0.01)


def test_after_silence_samples_begin_anew_at_a_crossing() -> None:
    def curve(at_ns: int) -> tuple[float, float]:
        return (0.5 if at_ns % (500 * MS) < 100 * MS else 0.0, 90.0)

    orders = pulses(run(HapticFeed(pcm(), curve), 120))
    starts = [pulse for _, pulse in orders if not pulse.append]
    assert len(starts) == 3
    assert all(pulse.pcm[0] == 0.0 for pulse in starts)
