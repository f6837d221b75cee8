"""Art-Net's timecode packet."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.time.codes.artnet import ArtTimeCodeError, is_timecode, pack_timecode, parse_timecode
from engine.time.rates import RATES
from engine.time.timecode import frames_per_day, timecode_from_index
from engine.time.timecode import parse_timecode as label_of

GOLDEN = bytes.fromhex("41 72 74 2D 4E 65 74 00 00 97 00 0E 00 00 04 03 02 01 01")


def test_golden_packet() -> None:
    label = label_of("01:02:03:04", RATES["25"])
    assert pack_timecode(label) == GOLDEN
    assert parse_timecode(GOLDEN).label == label


@given(st.sampled_from(["23.976", "24", "25", "29.97", "29.97df", "30"]), st.integers(0, 255), st.data())
def test_packets_come_back(name: str, stream: int, data: st.DataObject) -> None:
    rate = RATES[name]
    label = timecode_from_index(data.draw(st.integers(0, frames_per_day(rate) - 1)), rate)
    packet = bytearray(pack_timecode(label, stream))
    packet[18] |= data.draw(st.integers(0, 63)) << 2  # reserved bits
    read = parse_timecode(bytes(packet) + data.draw(st.binary(max_size=4)), rate)
    assert (read.label, read.stream) == (label, stream)


@given(st.one_of(st.binary(max_size=40), st.binary(max_size=30).map(lambda tail: GOLDEN[:12] + tail)))
def test_any_bytes_are_a_packet_or_an_error(data: bytes) -> None:
    try:
        assert parse_timecode(data).label.hours <= 23
    except ArtTimeCodeError:
        pass
    is_timecode(data)


@pytest.mark.parametrize(
    ("change", "says"),
    [((17, 24), "hours"), ((14, 25), "frames"), ((11, 13), "version"), ((9, 0x50), "not an Art")],
)
def test_what_is_refused(change: tuple[int, int], says: str) -> None:
    packet = bytearray(GOLDEN)
    packet[change[0]] = change[1]
    with pytest.raises(ArtTimeCodeError, match=says):
        parse_timecode(bytes(packet))
    with pytest.raises(ArtTimeCodeError, match="not 30"):
        parse_timecode(GOLDEN, RATES["30"])
