"""High frame rates as base rate and phase."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.time.codes.phase import Phased, base_rate, joined, recovered, split
from engine.time.rates import RATES


@pytest.mark.parametrize(
    ("rate", "base", "parts"),
    [("25", "25", 1), ("48", "24", 2), ("50", "25", 2), ("60", "30", 2), ("59.94df", "29.97df", 2), ("72", "24", 3),
     ("90", "30", 3), ("96", "24", 4), ("100", "25", 4), ("120", "30", 4), ("119.88df", "29.97df", 4), ("47.952", "23.976", 2)],
)  # fmt: skip
def test_the_base_of_a_rate(rate: str, base: str, parts: int) -> None:
    assert base_rate(RATES[rate]) == (RATES[base], parts)


def test_a_rate_that_no_wire_carries() -> None:
    with pytest.raises(ValueError, match="no whole multiple"):
        base_rate(RATES["80"])


@given(st.integers(0, 10**7), st.sampled_from(["48", "60", "72", "100", "119.88df"]), st.integers(0, 3))
def test_split_joined_and_recovered_agree(base: int, name: str, number: int) -> None:
    rate = RATES[name]
    _, parts = base_rate(rate)
    phase = number % parts
    index = joined(Phased(base, phase), parts)
    assert split(index, parts) == Phased(base, phase)
    since_ns = int(Fraction(phase * 1_000_000_000) / rate.fps) + 1000
    assert recovered(base, since_ns, rate) == index


def test_a_phase_out_of_range() -> None:
    with pytest.raises(ValueError, match="allowed 0 to 1"):
        joined(Phased(3, 2), 2)
