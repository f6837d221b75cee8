"""Motion fades to rest before a limit, smoothly, whatever the measure does."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.bus.dose import DoseGuard, DoseLimit

S = 1_000_000_000


@given(
    power=st.sampled_from([1, 2, 4]),
    strength=st.floats(0.01, 3.0),
    fade_from=st.floats(0.3, 0.95),
)
def test_the_limit_is_not_reached_by_what_its_gain_lets_through(
    power: int, strength: float, fade_from: float
) -> None:
    limit = DoseLimit(100.0, fade_from, per_s=1.0)
    guard, dose = DoseGuard({0: limit}), 0.0
    gains = []
    for second in range(600):
        guard.tell({0: dose}, second * S)
        gains.append(guard.gain(0))
        dose += strength * guard.gain(0) ** power
    assert dose < 100.0
    assert all(0.0 <= before - now <= 1.0 for before, now in itertools.pairwise(gains))


@given(
    st.lists(st.one_of(st.floats(0.0, 500.0), st.sampled_from([math.nan, math.inf])), min_size=2, max_size=40)
)
def test_a_gain_falls_no_faster_than_it_may_and_never_rises(doses: list[float]) -> None:
    guard = DoseGuard({3: DoseLimit(50.0, 0.5, per_s=0.2)})
    before = 1.0
    for number, dose in enumerate(doses):
        guard.tell({3: dose}, number * S // 2)
        assert before - 0.1 - 1e-12 <= guard.gain(3) <= before
        before = guard.gain(3)


def test_it_is_told_once_when_it_begins_and_once_when_it_is_over() -> None:
    guard = DoseGuard({1: DoseLimit(10.0, 0.8, per_s=0.5)})
    told = [
        (second, news.seat, news.what)
        for second, dose in enumerate([1.0, 7.9, 8.5, 9.0, 11.0, 11.0, 11.0])
        for news in guard.tell({1: dose, 2: 1e9}, second * S)
    ]
    assert told == [(2, 1, "fading"), (4, 1, "rest")]
    assert guard.gain(1) == 0.0 and guard.gain(2) == 1.0
    assert guard.tell({}, 100 * S) == []


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ((0.0,), "must be positive"),
        ((1.0, 1.0), "begins at 1.0"),
        ((1.0, 0.5, math.nan), "may change by nan"),
    ],
)
def test_limits_that_are_none_are_refused(values: tuple[float, ...], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        DoseLimit(*values)


def test_time_does_not_run_backwards() -> None:
    guard = DoseGuard({0: DoseLimit(1.0)})
    guard.tell({0: 0.0}, S)
    with pytest.raises(ValueError, match="does not run backwards"):
        guard.tell({0: 0.0}, 0)
