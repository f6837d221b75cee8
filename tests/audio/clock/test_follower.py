"""Drift between a device and the host is taken up by a trim that nobody hears."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest

from engine.audio.clock.follower import MOST_PPM, SLEW_PPM_S, Follower

FRAMES = 2400
SPAN_NS = 50_000_000


def played(
    follower: Follower,
    ppm: float,
    seconds: float,
    *,
    step: Callable[[float], float] = lambda _: 0.0,
    quiet: bool = False,
) -> tuple[list[float], list[float]]:
    """Errors (ns) and trims (ppm) of a device that runs `ppm` fast; `step` moves its time (ns) from a second on."""
    errors, trims = [], []
    for number in range(int(seconds * 20)):
        at_s = number * 0.05
        heard_ns = round(number * SPAN_NS / (1 + ppm * 1e-6) + step(at_s))
        trims.append((follower.next(7_000_000_000_000_000 + heard_ns, FRAMES, quiet=quiet).ratio - 1) * 1e6)
        errors.append(follower.error_ns)
    return errors, trims


@pytest.mark.parametrize("ppm", [0.0, 50.0, -120.0, 250.0])
def test_half_an_hour_of_drift_is_learnt_and_stays_within_the_bounds(ppm: float) -> None:
    errors, trims = played(Follower(), ppm, 1800)
    assert max(abs(error) for error in errors[2400:]) < 2_000  # ns, from the second minute on
    assert trims[-1] == pytest.approx(-ppm, abs=0.1)
    assert max(abs(trim) for trim in trims) <= MOST_PPM + 1e-6
    steps = [abs(b - a) / 0.05 for a, b in pairwise(trims)]
    assert max(steps) <= SLEW_PPM_S + 1e-3


def test_an_error_of_60_ms_is_taken_up_at_full_trim_and_never_swings_over() -> None:
    follower = Follower(at_ns=7_000_000_000_000_000 - 60_000_000)
    errors, trims = played(follower, 0.0, 300)
    assert follower.jumps == 0
    assert max(trims) == pytest.approx(MOST_PPM)
    assert min(errors[210:]) > -50_000
    assert abs(errors[-1]) < 5_000


def test_beyond_80_ms_it_jumps_once_and_only_when_blocks_agree() -> None:
    follower = Follower()
    played(follower, 0.0, 5)
    base_ns = 7_000_000_000_000_000
    at_ns = base_ns + 100 * SPAN_NS
    assert not follower.next(at_ns + 2_000_000_000, 256).jump  # one lie
    follower = Follower()
    _, trims = played(follower, 0.0, 20, step=lambda at_s: 100e6 if at_s > 10 else 0.0)
    assert follower.jumps == 1
    assert abs(follower.error_ns) < 1_000
    assert max(abs(trim) for trim in trims) <= MOST_PPM + 1e-6


def test_after_a_gap_of_the_device_20_ms_are_enough_to_jump() -> None:
    follower = Follower()
    played(follower, 0.0, 20, step=lambda at_s: 45e6 if at_s > 10 else 0.0)
    assert follower.jumps == 1 and abs(follower.error_ns) < 1_000
    follower = Follower()
    played(follower, 0.0, 20, step=lambda at_s: 15e6 if at_s > 10 else 0.0)
    assert follower.jumps == 0


def test_positions_go_on_without_a_step() -> None:
    follower = Follower()
    before_ns: float | None = None
    for number in range(2000):
        trim = follower.next(10**15 + number * 5_334_000 + (number % 7) * 1000, 256)
        at_ns = trim.host_ns - 10**15 + trim.part_ns
        assert before_ns is None or abs(at_ns - before_ns) < 1e-3
        before_ns = at_ns + trim.span_ns


def test_in_silence_an_error_goes_within_seconds_and_no_attack_is_left_out() -> None:
    follower = Follower(at_ns=7_000_000_000_000_000 - 60_000_000)
    errors, _ = played(follower, 0.0, 20, quiet=True)
    assert follower.jumps == 0
    gone = next(number for number in range(len(errors)) if abs(errors[number]) < 500_000)
    assert gone * 0.05 < 6.0


def test_sound_that_comes_back_is_at_once_within_the_audible_bounds() -> None:
    follower = Follower(at_ns=7_000_000_000_000_000 - 60_000_000)
    played(follower, 0.0, 1, quiet=True)
    assert abs(follower.trim_ppm) > 1000
    trim = follower.next(7_000_000_000_000_000 + 20 * SPAN_NS, FRAMES)
    assert abs(trim.ratio - 1) <= MOST_PPM * 1e-6 + 1e-12


def test_a_device_whose_time_is_lost_goes_on_at_what_was_learnt() -> None:
    follower = Follower()
    played(follower, 100.0, 120)
    before = follower.next(None, FRAMES)
    after = follower.next(None, FRAMES)
    assert after.ratio == before.ratio == pytest.approx(1 - 100e-6, abs=1e-6)


def test_a_device_at_another_rate_is_read_faster() -> None:
    follower = Follower(44_100)
    trim = follower.next(0, 441)
    assert trim.ratio == pytest.approx(48_000 / 44_100)
    assert trim.host_ns == 0 and trim.span_ns == pytest.approx(10_000_000)


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="its instant"):
        Follower().next(None, 256)
    with pytest.raises(ValueError, match="1 frame or more, got 0"):
        Follower().next(0, 0)
