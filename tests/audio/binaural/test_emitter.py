"""The emission of a block: delays, dullness, and what is carried from block to block."""

from __future__ import annotations

import numpy as np
import pytest

from engine.audio.binaural import ObjectEmitter
from engine.audio.binaural.emitter import pole_of
from engine.audio.binaural.rows import places_of
from engine.audio.block import AFTER, BEFORE, ObjectBlock

N = 256


def block_of(
    first: int, sources: dict[int, np.ndarray], *, low_pass_hz: float = 24_000.0, delay: float = 0.0
) -> ObjectBlock:
    """A block out of long files, by key."""
    count = len(sources)
    pcm = np.stack([file[first : first + BEFORE + N + AFTER] for file in sources.values()]).astype(np.float32)
    ones = np.ones((2, count), np.float32)
    return ObjectBlock(
        first=first,
        keys=np.array(list(sources), np.int64),
        pcm=pcm,
        delay=np.full((2, count), delay),
        gain=ones,
        shape=None,
        low_pass_hz=low_pass_hz * ones,
        at_m=np.ones((2, count, 3)),
        in_bed=0 * ones,
        spread_deg=np.zeros(count, np.float32),
        priority=np.zeros(count, np.float32),
    )


def noise(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(8192).astype(np.float32)


@pytest.mark.parametrize("hz", [300.0, 1_000.0, 8_000.0, 20_000.0])
def test_the_low_pass_is_3_db_down_where_it_says(hz: float) -> None:
    a = float(pole_of(np.array([hz], np.float32))[0])
    response = (1 - a) / abs(1 - a * np.exp(-2j * np.pi * hz / 48_000))
    assert 20 * np.log10(response) == pytest.approx(-3.0103, abs=0.01)


def test_no_low_pass_is_none() -> None:
    assert not pole_of(np.array([24_000.0, 48_000.0, np.nan], np.float32)).any()


def test_rows_keep_their_past_when_others_come_and_go() -> None:
    files = {7: noise(1), 3: noise(2), 9: noise(3)}
    alone, mixed = ObjectEmitter(), ObjectEmitter()
    orders = ([7, 3], [3, 7], [9, 3, 7], [7])
    for i, order in enumerate(orders):
        own = alone.emit(block_of(i * N, {7: files[7]}, low_pass_hz=400.0))[0]
        all_of_it = mixed.emit(block_of(i * N, {key: files[key] for key in order}, low_pass_hz=400.0))
        np.testing.assert_array_equal(all_of_it[order.index(7)], own)


def test_entering_in_the_middle_is_like_having_played_up_to_there() -> None:
    file = {1: noise(4)}
    played, entered = ObjectEmitter(), ObjectEmitter()
    for i in range(6):
        through = played.emit(block_of(i * N, file, low_pass_hz=2_000.0))
    there = entered.emit(block_of(5 * N, file, low_pass_hz=2_000.0))
    assert np.abs(through - there).max() < 5e-3
    np.testing.assert_allclose(through[:, 64:], there[:, 64:], atol=1e-6)


def test_a_gap_forgets() -> None:
    emitter = ObjectEmitter()
    file = {1: noise(5)}
    emitter.emit(block_of(0, file, low_pass_hz=200.0))
    after_gap = emitter.emit(block_of(9 * N, file, low_pass_hz=200.0)).copy()
    np.testing.assert_array_equal(after_gap, ObjectEmitter().emit(block_of(9 * N, file, low_pass_hz=200.0)))


def test_broken_delays_read_nothing_outside() -> None:
    block = block_of(0, {1: noise(6), 2: noise(7)})
    block.delay[:] = [[np.nan, 1e9], [np.inf, -1e9]]
    made = ObjectEmitter().emit(block)
    assert np.isfinite(made).all()


def test_broken_samples_are_silent_and_counted() -> None:
    bad = noise(8)
    bad[BEFORE + 5] = np.nan
    emitter = ObjectEmitter()
    made = emitter.emit(block_of(0, {1: bad, 2: noise(9)}, low_pass_hz=1_000.0))
    assert emitter.unsound_rows == 1
    assert not made[0].any() and made[1].any()
    after = emitter.emit(block_of(N, {1: bad, 2: noise(9)}, low_pass_hz=1_000.0))
    assert np.isfinite(after).all() and after[0].any()


def test_no_rows_no_emission() -> None:
    empty = block_of(0, {1: noise(1)})
    for name in ("keys", "pcm", "spread_deg", "priority"):
        setattr(empty, name, getattr(empty, name)[:0])
    for name in ("delay", "gain", "low_pass_hz", "at_m", "in_bed"):
        setattr(empty, name, getattr(empty, name)[:, :0])
    assert ObjectEmitter().emit(empty).shape == (0, N)


def test_places_of_keys() -> None:
    assert list(places_of(np.array([5, 1, 9]), np.array([1, 5]))) == [1, 0, -1]
    assert list(places_of(np.array([5]), np.zeros(0, np.int64))) == [-1]
