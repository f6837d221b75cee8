"""Whatever a curve does and however late frames come, orders stay within what an actuator may be told."""

import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.xr.haptics import HapticFeed, HapticSetup, HapticStop
from engine.xr.runtime import HapticPulse

MS = 1_000_000
RATE_HZ = 2000.0
HIGH_HZ = 100.0

levels = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.0, 0.005, 0.3, 1.0, 4.0, math.nan]),
        st.sampled_from([0.0, 30.0, 160.0, 9000.0]),
    ),
    min_size=1,
    max_size=12,
)
frames = st.lists(
    st.tuples(st.integers(1, 130), st.sampled_from([0, 0, 0, 1, 2])),
    min_size=1,
    max_size=60,
)


@pytest.mark.parametrize("form", ["simple", "envelope", "pcm"])
@settings(max_examples=25)
@given(levels=levels, frames=frames)
def test_orders_are_civil(
    form: str, levels: list[tuple[float, float]], frames: list[tuple[int, int]]
) -> None:
    shift = [0]

    def curve(at_ns: int) -> tuple[float, float]:
        return levels[(at_ns // (37 * MS) + shift[0]) % len(levels)]

    feed = HapticFeed(HapticSetup(0, form, pcm_rate_hz=RATE_HZ, usual_hz=80.0, high_hz=HIGH_HZ), curve)  # type: ignore[arg-type]
    now_ns, until_ns, last = 0, 0, 0.0
    for wait_ms, happening in frames:
        now_ns += wait_ms * MS
        shift[0] += happening == 1
        orders = feed.step(now_ns, 11 * MS, shift[0], active=happening != 2)
        assert len(orders) <= 1
        for order in orders:
            if isinstance(order, HapticStop):
                assert until_ns > now_ns, "a stop where nothing plays"
                until_ns = now_ns
                continue
            assert happening != 2
            assert isinstance(order, HapticPulse)
            assert 0.0 < order.amplitude <= 1.0
            assert order.duration_ns > 0
            assert order.frequency_hz == 0.0 or 20.0 <= order.frequency_hz <= HIGH_HZ
            assert all(0.0 <= value <= 1.0 for value in order.envelope)
            assert all(-1.0 <= value <= 1.0 for value in order.pcm)
            if order.append:
                assert until_ns > now_ns, "samples appended where the queue had run out"
                # A sine at full strength, and from nothing to full within 5 ms, across the seam as well.
                steepest = 2.0 * math.pi * HIGH_HZ / RATE_HZ + 1.0 / (0.005 * RATE_HZ)
                assert all(abs(b - a) <= steepest for a, b in pairwise((last, *order.pcm)))
            until_ns = (until_ns if order.append else now_ns) + order.duration_ns
            assert until_ns - now_ns <= 400 * MS, "further ahead than anybody may be bound"
            if order.pcm:
                last = order.pcm[-1]
                assert len(order.pcm) <= 4000
    assert all(isinstance(order, HapticStop) for order in feed.stop(now_ns))
    assert feed.stop(now_ns) == ()
