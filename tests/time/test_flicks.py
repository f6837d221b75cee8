"""Flicks: exact where it says exact, one documented rounding elsewhere."""

import re
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.time import (
    FLICKS_PER_SECOND,
    RATES,
    fl_to_ns,
    fl_to_seconds,
    format_fl,
    ns_to_fl,
    parse_duration_fl,
    seconds_to_fl,
)

YEARS_NS = 10**18


@pytest.mark.parametrize(
    "rate_hz", [24, 25, 30, 48, 50, 60, 72, 80, 90, 96, 100, 120, 144, 8_000, 44_100, 48_000]
)
def test_a_period_is_a_whole_number_of_flicks(rate_hz: int) -> None:
    assert FLICKS_PER_SECOND % rate_hz == 0


@pytest.mark.parametrize("rate", RATES.values(), ids=str)
def test_a_frame_is_a_whole_number_of_flicks(rate) -> None:
    assert rate.flicks_per_frame * rate.fps == FLICKS_PER_SECOND


@given(st.integers(-YEARS_NS, YEARS_NS))
def test_floor_and_ceiling_between_nanoseconds_and_flicks(time_fl: int) -> None:
    first_ns = fl_to_ns(time_fl)
    assert ns_to_fl(first_ns) == time_fl
    assert ns_to_fl(first_ns - 1) < time_fl


@given(st.integers(-YEARS_NS, YEARS_NS))
def test_nanoseconds_to_flicks_is_the_exact_floor(time_ns: int) -> None:
    exact = Fraction(time_ns * FLICKS_PER_SECOND, 10**9)
    assert ns_to_fl(time_ns) <= exact < ns_to_fl(time_ns) + 1


@given(st.integers(-YEARS_NS, YEARS_NS), st.integers(0, YEARS_NS))
def test_conversions_keep_order(time_ns: int, later_ns: int) -> None:
    assert ns_to_fl(time_ns) <= ns_to_fl(time_ns + later_ns)
    assert fl_to_ns(time_ns) <= fl_to_ns(time_ns + later_ns)


@given(st.fractions(min_value=-(10**6), max_value=10**6))
def test_seconds_round_to_the_nearest_flick(seconds: Fraction) -> None:
    assert abs(Fraction(seconds_to_fl(seconds), FLICKS_PER_SECOND) - seconds) <= Fraction(
        1, 2 * FLICKS_PER_SECOND
    )


def test_seconds_halves_round_to_even() -> None:
    assert seconds_to_fl(Fraction(1, 2 * FLICKS_PER_SECOND)) == 0
    assert seconds_to_fl(Fraction(3, 2 * FLICKS_PER_SECOND)) == 2


def test_seconds_take_exact_forms_only() -> None:
    assert (
        seconds_to_fl("0.1") == seconds_to_fl(Decimal("0.1")) == seconds_to_fl(Fraction(1, 10)) == 70_560_000
    )
    with pytest.raises(TypeError, match=r"float 0\.1"):
        seconds_to_fl(0.1)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="'soon'"):
        seconds_to_fl("soon")
    with pytest.raises(ValueError, match="'1/0'"):
        seconds_to_fl("1/0")


SECOND = FLICKS_PER_SECOND


@pytest.mark.parametrize(
    ("text", "expected_fl"),
    [
        (0, 0),
        ("0", 0),
        ("18s", 18 * SECOND),
        (" 250 ms ", SECOND // 4),
        ("1min30s", 90 * SECOND),
        ("1h 2min 3.5s", 3723 * SECOND + SECOND // 2),
        (".5s", SECOND // 2),
        ("7fl", 7),
        ("00:01:12.500", 72 * SECOND + SECOND // 2),
        ("01:30", 90 * SECOND),
        ("00:01:02:03@25", 62 * SECOND + 3 * SECOND // 25),
        ("00:01:00;02@29.97df", 1800 * SECOND * 1001 // 30000),
        ("3 frames@24", 3 * SECOND // 24),
        ("1 frame @ 90", SECOND // 90),
    ],
)
def test_durations_as_authors_write_them(text: object, expected_fl: int) -> None:
    assert parse_duration_fl(text) == expected_fl


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (18, "18 has no unit; write 18s or 18ms"),
        ("18", "'18' has no unit"),
        (True, "True is not a time"),
        (None, "None is not a time"),
        ("", "a time is missing"),
        ("-3s", "negative"),
        ("18 sec", "'18 sec' is not a time"),
        ("30s1min", "out of order"),
        ("1s1s", "out of order"),
        ("00:61:00", "60 or more"),
        ("00:00:01:02", "needs its frame rate; write 00:00:01:02@25"),
        ("00:00:01:25@25", "frames 25 outside 0..24"),
        ("01:01:00;00@29.97df", "does not exist"),
        ("00:00:01:02@26", "'26' is not a known frame rate"),
        ("5s@25", "is not a timecode"),
    ],
)
def test_durations_that_are_refused_say_why(text: object, says: str) -> None:
    with pytest.raises(ValueError, match=re.escape(says)):
        parse_duration_fl(text)


def test_a_signed_time_is_allowed_where_asked_for() -> None:
    assert parse_duration_fl("-1.5s", signed=True) == -3 * SECOND // 2


@given(st.integers(0, 10**9))
def test_printed_times_read_back(total_ms: int) -> None:
    at_fl = seconds_to_fl(Fraction(total_ms, 1000))
    assert total_ms >= 360_000_000 or parse_duration_fl(format_fl(at_fl)) == at_fl


def test_printing() -> None:
    assert format_fl(72 * SECOND + SECOND // 2) == "00:01:12.500"
    assert format_fl(-SECOND) == "-00:00:01.000"
    assert format_fl(SECOND - 1) == "00:00:00.999"
    assert fl_to_seconds(SECOND // 4) == 0.25
