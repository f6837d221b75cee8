"""Timecode labels: golden values of drop-frame counting and round trips at every rate."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.time import (
    FLICKS_PER_SECOND,
    RATES,
    FrameRate,
    Timecode,
    frames_per_day,
    parse_timecode,
    rate_named,
    timecode_from_fl,
    timecode_from_index,
)

rates = st.sampled_from(list(RATES.values()))


@pytest.mark.parametrize(
    ("rate", "label", "index"),
    [
        ("29.97df", "00:00:59;29", 1799),
        ("29.97df", "00:01:00;02", 1800),
        ("29.97df", "00:10:00;00", 17_982),
        ("29.97df", "01:00:00;00", 107_892),
        ("29.97df", "23:59:59;29", 2_589_407),
        ("59.94df", "00:01:00;04", 3600),
        ("119.88df", "00:01:00;008", 7200),
        ("25", "01:00:00:00", 90_000),
        ("120", "00:00:01:119", 239),
    ],
)
def test_golden_labels(rate: str, label: str, index: int) -> None:
    timecode = parse_timecode(label, rate_named(rate))
    assert timecode.to_index() == index
    assert timecode_from_index(index, rate_named(rate)) == timecode
    assert str(timecode) == label


@pytest.mark.parametrize(
    ("rate", "frames"), [("29.97df", 2_589_408), ("59.94df", 5_178_816), ("119.88df", 10_357_632)]
)
def test_a_drop_frame_day_is_86_4_ms_short(rate: str, frames: int) -> None:
    assert frames_per_day(rate_named(rate)) == frames
    assert rate_named(rate).frame_fl(frames) == 86_400 * FLICKS_PER_SECOND - FLICKS_PER_SECOND * 864 // 10_000


def test_non_drop_labels_at_ntsc_rates_run_slow() -> None:
    timecode = parse_timecode("01:00:00:00", rate_named("29.97"))
    assert timecode.to_fl() == 36_036 * FLICKS_PER_SECOND // 10


@given(rates, st.data())
def test_every_frame_of_a_day_has_one_label(rate: FrameRate, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, frames_per_day(rate) - 1))
    timecode = timecode_from_index(index, rate)
    assert timecode.to_index() == index
    assert parse_timecode(str(timecode), rate) == timecode


@given(rates, st.data())
def test_a_frame_is_on_show_from_its_start_up_to_the_next(rate: FrameRate, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, frames_per_day(rate) - 2))
    assert rate.frame_index(rate.frame_fl(index)) == index
    assert rate.frame_index(rate.frame_fl(index + 1) - 1) == index
    assert timecode_from_fl(rate.frame_fl(index), rate).to_index() == index


@pytest.mark.parametrize("rate", [rate for rate in RATES.values() if rate.drop], ids=str)
def test_successive_frames_skip_just_the_dropped_labels(rate: FrameRate) -> None:
    """Counting labels by hand through eleven minutes gives the same as the formula."""
    index, skipped = 0, 0
    for minute in range(11):
        for second in (0, 59):  # labels change their rule only at the edges of a minute
            for frame in range(rate.count):
                if second == 0 and minute % 10 and frame < rate.drop:
                    with pytest.raises(ValueError, match="does not exist"):
                        Timecode(0, minute, second, frame, rate)
                    skipped += 1
                    continue
                index = (minute * 60 + second) * rate.count + frame - skipped
                assert timecode_from_index(index, rate) == Timecode(0, minute, second, frame, rate)
    assert skipped == 9 * rate.drop


@pytest.mark.parametrize(
    ("label", "rate", "says"),
    [
        ("01:01:00;00", "29.97df", "drops frames 0..1"),
        ("00:00:00:30", "30", "frames 30 outside 0..29"),
        ("24:00:00:00", "25", "hours 24 outside 0..23"),
        ("00:60:00:00", "25", "minutes 60 outside 0..59"),
        ("00:00:00;00", "25", "not drop-frame"),
        ("00:00:00:00", "59.94df", "is drop-frame"),
        ("1:2:3:4", "25", "not a timecode"),
    ],
)
def test_labels_that_do_not_exist_are_refused(label: str, rate: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse_timecode(label, rate_named(rate))


def test_an_index_outside_one_day_is_refused() -> None:
    with pytest.raises(ValueError, match="outside"):
        timecode_from_index(frames_per_day(RATES["25"]), RATES["25"])
    with pytest.raises(ValueError, match="outside"):
        timecode_from_index(-1, RATES["25"])


def test_unknown_rate_lists_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"'23\.98' is not a known frame rate; allowed: 23\.976, 24"):
        rate_named("23.98")
