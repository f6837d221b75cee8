"""Linear timecode with libltc: our sound read by it, its sound read by us."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from engine.bench.libltc import LibLtc
from engine.time.codes.ltc import pack_ltc
from engine.time.codes.ltc_decoder import LtcDecoder
from engine.time.codes.ltc_encoder import LtcEncoder
from engine.time.rates import RATES
from engine.time.timecode import parse_timecode, timecode_from_index

pytestmark = pytest.mark.peer

RATE_HZ = 48_000
FRAMES = 250
USER = bytes(range(1, 9))
LABELS = {"23.976": "00:59:55:04", "24": "23:59:49:00", "25": "00:59:55:04", "29.97": "09:59:55:10",
          "29.97df": "01:00:56;10", "30": "19:59:55:29"}  # fmt: skip


@pytest.fixture(scope="module")
def peer() -> LibLtc:
    try:
        return LibLtc()
    except OSError as error:
        pytest.fail(str(error))


@pytest.mark.parametrize("name", list(LABELS))
@pytest.mark.parametrize("speed", [Fraction(1), Fraction(-1), Fraction(3, 4)])
def test_libltc_reads_our_sound(peer: LibLtc, name: str, speed: Fraction) -> None:
    rate = RATES[name]
    first = parse_timecode(LABELS[name].replace("23:59:49", "23:59:40"), rate).to_index()
    encoder = LtcEncoder(rate, RATE_HZ, user_bits=USER)
    step = encoder.step * speed
    sound = encoder.block(Fraction(first), math.ceil(FRAMES / abs(step)), step)
    found = peer.decode(sound, round(RATE_HZ / rate.fps))
    indices = range(first, first + FRAMES) if speed > 0 else range(first - 1, first - FRAMES - 1, -1)
    wanted = [pack_ltc(timecode_from_index(index, rate), USER) for index in indices]
    # It needs an edge of the next word to close the last one, and half a frame to find the speed: a word at either end is its own loss.
    lost = FRAMES - len(found)
    assert 0 <= lost <= 2
    # In reverse it leaves the two sync bytes as they passed.
    read = [frame.data[:8] for frame in found]
    starts = [
        shift for shift in range(lost + 1) if read == [word[:8] for word in wanted[shift : shift + len(read)]]
    ]
    assert starts, "libltc read other words than were sent"
    assert {frame.reverse for frame in found} == {speed < 0}
    print(
        f"{peer.name} read {len(found)} of {FRAMES} words of ours at {name} x{speed}, all of them bit for bit, user bits included"
    )


@pytest.mark.parametrize("name", list(LABELS))
def test_we_read_libltcs_sound(peer: LibLtc, name: str) -> None:
    rate = RATES[name]
    first = parse_timecode(LABELS[name].replace("23:59:49", "23:59:40"), rate).to_index()
    word = pack_ltc(timecode_from_index(first, rate), USER)
    sound = peer.encode(word, float(rate.fps), rate.count, FRAMES, RATE_HZ)
    decoder = LtcDecoder(RATE_HZ, rate)
    found = decoder.push(sound) + decoder.flush()
    assert [frame.index for frame in found] == list(range(first, first + FRAMES))
    assert {frame.word.user_bits for frame in found} == {USER}
    length = float(RATE_HZ / rate.fps)
    off = np.array([frame.at_sample - (frame.index - first) * length for frame in found])
    assert np.ptp(off) < 1.0  # it places edges on whole samples
    print(
        f"{FRAMES} of {FRAMES} words of {peer.name} read at {name}; places within {np.ptp(off):.2f} samples"
    )


@pytest.mark.parametrize("name", ["24", "25", "29.97df", "30"])
def test_both_of_us_write_the_same_bits(peer: LibLtc, name: str) -> None:
    """The polarity correction included: libltc's own encoder sets it when it counts on."""
    rate = RATES[name]
    first = parse_timecode(LABELS[name].replace("23:59:49", "23:59:40"), rate).to_index()
    sound = peer.encode(
        pack_ltc(timecode_from_index(first, rate), USER), float(rate.fps), rate.count, 60, RATE_HZ
    )
    read = peer.decode(np.concatenate([sound, sound[:2000]]), round(RATE_HZ / rate.fps))
    ours = [pack_ltc(timecode_from_index(first + number, rate), USER) for number in range(60)]
    theirs = [frame.data for frame in read][: len(ours)]
    matched = sum(data in ours for data in theirs)
    assert matched >= 58
    print(f"{matched} words of libltc at {name} equal ours bit for bit")
