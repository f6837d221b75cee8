"""A device's clock between processes: whole or not at all."""

from __future__ import annotations

import pytest

from engine.audio.clock.meter import Load
from engine.audio.clock.shared import ClockBlock, ClockReading, clock_name, decode_reading, encode_reading
from engine.audio.clock.values import ClockQuality, ClockState
from engine.errors import InputError
from engine.time.shared import TransportBlock


def reading(number: int = 1) -> ClockReading:
    load = Load(blocks=number, over=3, underruns=2, worst_ns=4)
    load.counts[5] = 77
    quality = ClockQuality(ClockState.CALLS, "it tells no time", 12.5, 6_000.0, 1)
    return ClockReading(10**15, number * 256, 10**15 + 5, 48_000.6, quality, -3.25, 512.0, 2, load)


def test_what_is_published_is_read() -> None:
    with ClockBlock.create() as ours, ClockBlock.attach(ours.name) as theirs:
        assert theirs.read() == ClockReading()
        for number in (1, 2, 3):
            ours.publish(reading(number))
            assert theirs.read() == reading(number)


def test_a_damaged_slot_is_not_believed() -> None:
    with ClockBlock.create() as ours, ClockBlock.attach(ours.name) as theirs:
        ours.publish(reading(1))
        assert theirs.read() == reading(1)
        ours.publish(reading(2))
        ours._view[64 + 30] ^= 1  # slot 0 holds sequence 2
        assert theirs.read() == reading(1)
        assert theirs.rejected_reads == 1


def test_every_state_and_a_long_reason_survive() -> None:
    for state in ClockState:
        long = ClockReading(quality=ClockQuality(state, "é" * 100))
        back = decode_reading(encode_reading(long))
        assert back.quality.state is state
        assert back.quality.why == "é" * 48


def test_what_is_no_reading_is_refused() -> None:
    with pytest.raises(ValueError, match="not a reading"):
        decode_reading(b"\0" * 10)
    data = bytearray(encode_reading(reading()))
    data[64:68] = (99).to_bytes(4, "little")
    with pytest.raises(ValueError, match="no state number 99"):
        decode_reading(bytes(data))


def test_something_else_under_its_name_is_said() -> None:
    with pytest.raises(InputError, match="has ended"):
        ClockBlock.attach("sensorama-nothing-dac")
    with TransportBlock.create() as other, pytest.raises(InputError, match="holds no clock"):
        ClockBlock.attach(other.name)
    assert clock_name("abc", 1) == "abc-dac1"
