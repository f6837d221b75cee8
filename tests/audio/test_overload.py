"""The overload governor: down fast, up slowly, least important first, never a step."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.audio.overload import Overload

KEYS = np.arange(40, dtype=np.int64) * 64
PRIORITY = np.repeat(np.float32([3, 2, 1, 0.25]), 10)
LOUD = np.tile(np.linspace(0.1, 1, 10, dtype=np.float32), 4)
FREE = np.zeros(40, np.float32)


def asked(load: Overload, blocks: int = 1) -> np.ndarray:
    for _ in range(blocks):
        out = load.in_bed(KEYS, PRIORITY, LOUD, FREE)
    return out


def test_a_machine_that_keeps_up_demotes_nobody() -> None:
    load = Overload()
    for _ in range(1000):
        assert not asked(load).any()
        load.spent(0.55)
    assert load.allowed is None and load.report.blocks == 0


def test_the_least_important_go_first_over_21_ms() -> None:
    load = Overload()
    asked(load)
    for _ in range(3):
        load.spent(0.7)
    assert load.allowed == 30
    first, second = asked(load), asked(load)
    assert first[0].max() == 0.0 and first[1].max() == 0.25 and np.array_equal(second[0], first[1])
    down = asked(load, 4)
    assert np.array_equal(np.flatnonzero(down[1] == 1.0), np.arange(30, 40))
    load.spent(0.9)  # one block near the deadline is enough
    down = asked(load, 6)
    assert load.allowed == 22
    # Of the ten effects those go that are the quietest.
    assert np.array_equal(np.flatnonzero(down[1] == 1.0), [*range(20, 28), *range(30, 40)])


def test_they_come_back_after_two_seconds_of_calm_each_time() -> None:
    load = Overload()
    asked(load)
    load.spent(0.9)
    asked(load, 8)
    blocks = 0
    while load.allowed is not None:
        load.spent(0.2)
        asked(load)
        blocks += 1
        assert blocks < 10_000
    assert blocks >= 3 * 375
    assert not asked(load).any()
    assert load.report.most_demoted == 10


def test_what_is_in_the_bed_anyway_does_not_count() -> None:
    load = Overload()
    fixed = FREE.copy()
    fixed[30:] = 1.0
    load.in_bed(KEYS, PRIORITY, LOUD, fixed)
    load.spent(0.9)
    assert load.allowed == 22
    out = load.in_bed(KEYS, PRIORITY, LOUD, fixed)
    assert (out[:, 30:] == 1.0).all()


@given(st.lists(st.floats(0, 3), min_size=1, max_size=200), st.integers(0, 2**31))
def test_whatever_happens_nothing_steps_and_someone_is_always_heard(shares: list[float], seed: int) -> None:
    rng = np.random.default_rng(seed)
    load = Overload()
    last: dict[int, float] = {}
    for share in shares:
        here = np.sort(rng.choice(40, size=rng.integers(0, 41), replace=False))
        out = load.in_bed(KEYS[here], PRIORITY[here], LOUD[here], FREE[here])
        for key, a, b in zip(KEYS[here], out[0], out[1], strict=True):
            assert a == last.get(int(key), 0.0) and abs(b - a) <= 0.2501 and 0.0 <= b <= 1.0
        last = {int(key): float(b) for key, b in zip(KEYS[here], out[1], strict=True)}
        load.spent(share)
        assert load.allowed is None or load.allowed >= 4
