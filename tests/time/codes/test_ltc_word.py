"""The 80 bits of a linear timecode word."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.time.codes.ltc import LtcError, pack_ltc, polarity_place, unpack_ltc
from engine.time.rates import RATES
from engine.time.timecode import frames_per_day, parse_timecode, timecode_from_index

LTC_RATES = ("23.976", "24", "25", "29.97", "29.97df", "30")
USER = bytes(range(1, 9))

# From libltc 1.3.2 (and by hand from ST 12-1), bit 0 lowest in byte 0.
GOLDEN = (
    ("24", "01:02:03:04", bytes(8), "04 00 03 00 02 00 01 00 FC BF"),
    ("25", "01:02:03:04", bytes(8), "04 00 03 00 02 00 01 00 FC BF"),
    ("30", "10:59:59:29", bytes(8), "09 02 09 0D 09 05 00 01 FC BF"),
    ("25", "10:59:59:24", bytes(8), "04 02 09 05 09 05 00 01 FC BF"),
    ("25", "01:02:03:04", USER, "14 20 33 40 52 60 71 88 FC BF"),
    ("24", "01:02:03:04", USER, "14 20 33 48 52 60 71 80 FC BF"),
    ("30", "01:02:03:04", USER, "14 20 33 48 52 60 71 80 FC BF"),
)


@pytest.mark.parametrize(("rate", "label", "user", "wanted"), GOLDEN)
def test_golden_words(rate: str, label: str, user: bytes, wanted: str) -> None:
    assert pack_ltc(parse_timecode(label, RATES[rate]), user) == bytes.fromhex(wanted)


@given(st.sampled_from(LTC_RATES), st.data())
def test_every_word_comes_back_and_has_an_even_number_of_ones(name: str, data: st.DataObject) -> None:
    rate = RATES[name]
    label = timecode_from_index(data.draw(st.integers(0, frames_per_day(rate) - 1)), rate)
    user = bytes(data.draw(st.lists(st.integers(0, 15), min_size=8, max_size=8)))
    flags = data.draw(st.integers(0, 7))
    packed = pack_ltc(label, user, colour=data.draw(st.booleans()), binary_group_flags=flags)
    assert int.from_bytes(packed, "little").bit_count() % 2 == 0
    word = unpack_ltc(packed)
    assert word.label(rate) == label
    assert (word.user_bits, word.drop) == (user, bool(rate.drop))


@given(st.binary(max_size=16))
def test_any_bytes_are_a_word_or_an_error(data: bytes) -> None:
    try:
        word = unpack_ltc(data)
    except LtcError:
        return
    assert 0 <= word.frames <= 29 and word.hours <= 23 and len(word.user_bits) == 8


def test_wrong_parity_is_never_a_reason_to_refuse() -> None:
    packed = bytearray(pack_ltc(parse_timecode("01:02:03:04", RATES["25"])))
    packed[polarity_place(RATES["25"]) // 8] ^= 1 << polarity_place(RATES["25"]) % 8
    assert unpack_ltc(bytes(packed)).frames == 4


def test_a_rate_and_user_bits_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="24, 25 or 30"):
        pack_ltc(timecode_from_index(0, RATES["50"]))
    with pytest.raises(ValueError, match="nibbles"):
        pack_ltc(timecode_from_index(0, RATES["25"]), bytes([16] * 8))
