"""MIDI timecode: bytes, sender and receiver."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.time.codes.mtc import Full, MidiBytes, MtcError, Quarter, full_frame, quarter_frames, read_pieces
from engine.time.codes.mtc_receiver import MtcReceiver
from engine.time.codes.mtc_sender import MtcSender
from engine.time.codes.word import CodeWord
from engine.time.rates import RATES
from engine.time.timecode import frames_per_day, parse_timecode, timecode_from_index

NS = 1_000_000_000
MTC_RATES = ("23.976", "24", "25", "29.97", "29.97df", "30")


@dataclass(frozen=True)
class At:
    frames: Fraction
    running: bool = True
    direction: int = 1


Lead = Callable[[int], At]


def running(rate: str, start: int = 90_000, speed: Fraction = Fraction(1)) -> Lead:
    fps = RATES[rate].fps
    way = 1 if speed > 0 else -1
    return lambda ns: At(start + Fraction(ns, NS) * fps * speed, True, way)


def sent(lead: Lead, rate: str, until_ns: int, from_ns: int = 0) -> list[tuple[int, bytes]]:
    sender = MtcSender(RATES[rate])
    found, now_ns = [], from_ns
    while now_ns < until_ns:
        messages, next_ns = sender.poll(lead, now_ns)
        found += [(now_ns, message) for message in messages]
        assert next_ns > now_ns or messages
        now_ns = next_ns
    return found


def received(
    messages: list[tuple[int, bytes]], rate: str | None = None
) -> tuple[list[CodeWord], MtcReceiver]:
    stream, receiver = MidiBytes(), MtcReceiver(RATES[rate] if rate else None)
    words = []
    for at_ns, message in messages:
        for part in stream.push(message):
            word = receiver.feed(part, at_ns)
            if word is not None:
                words.append(word)
    return words, receiver


def test_golden_bytes() -> None:
    label = parse_timecode("01:02:03:04", RATES["25"])
    assert bytes(quarter_frames(label)) == bytes.fromhex("04 10 23 30 42 50 61 72")
    assert full_frame(label) == bytes.fromhex("F0 7F 7F 01 01 21 02 03 04 F7")


@given(st.sampled_from(MTC_RATES), st.data())
def test_labels_come_back(name: str, data: st.DataObject) -> None:
    rate = RATES[name]
    label = timecode_from_index(data.draw(st.integers(0, frames_per_day(rate) - 1)), rate)
    assert read_pieces([piece & 15 for piece in quarter_frames(label)], rate) == label
    (full,) = MidiBytes().push(full_frame(label))
    word = MtcReceiver(rate).feed(full, 5)
    assert word is not None and (word.label, word.direction, word.at_ns) == (label, 0, 5)


@pytest.mark.parametrize("rate", MTC_RATES)
@pytest.mark.parametrize("speed", [Fraction(1), Fraction(-1)])
def test_what_is_sent_is_received_at_its_instant(rate: str, speed: Fraction) -> None:
    lead = running(rate, speed=speed)
    messages = sent(lead, rate, NS, from_ns=12_345_678)
    words, receiver = received(messages, rate)
    assert words[0].direction == 0 and receiver.broken == receiver.refused == 0
    assert len(words) > 10
    for word in words[1:]:
        assert word.direction == (1 if speed > 0 else -1)
        assert abs(word.index - lead(word.at_ns).frames) < Fraction(1, 10_000)
        assert word.index % 2 == 0
    assert {abs(late.index - early.index) for early, late in pairwise(words[1:])} == {2}
    assert words[3].speed == pytest.approx(1.0, abs=1e-4)


def test_pieces_are_even_in_time_and_frozen() -> None:
    messages = sent(running("25"), "25", NS)
    quarters = [(at_ns, message[1]) for at_ns, message in messages if message[0] == 0xF1]
    assert {late - early for (early, _), (late, _) in pairwise(quarters)} == {10_000_000}
    assert [data >> 4 for _, data in quarters[:9]] == [0, 1, 2, 3, 4, 5, 6, 7, 0]


@pytest.mark.parametrize("speed", [Fraction(2), Fraction(1, 2), Fraction(1001, 1000)])
def test_at_another_speed_the_pace_stays_and_labels_skip_or_repeat(speed: Fraction) -> None:
    lead = running("30", speed=speed)
    messages = sent(lead, "30", 2 * NS)
    instants = [at_ns for at_ns, message in messages if message[0] == 0xF1]
    gaps = [late - early for early, late in pairwise(instants)]
    assert max(gaps) <= 8_333_334 * 1.09 and min(gaps) >= 8_333_333 * 0.91
    words, _ = received(messages)
    assert all(abs(word.index - lead(word.at_ns).frames) <= 1 for word in words[1:])


def test_a_locate_sends_a_full_frame_and_begins_again_at_piece_0() -> None:
    def lead(ns: int) -> At:
        return At((Fraction(1000) if ns < NS // 2 + 7_000_000 else Fraction(50_000)) + Fraction(ns, NS) * 25)

    messages = sent(lead, "25", NS)
    full = [number for number, (_, message) in enumerate(messages) if message[0] == 0xF0]
    assert len(full) == 2 and full[0] == 0
    assert messages[full[1] + 1][1][1] >> 4 == 0
    words, receiver = received(messages)
    assert receiver.broken <= 1
    assert all(word.index < 1100 or word.index >= 50_000 for word in words)


def test_stop_is_stop_and_standing_is_said_once() -> None:
    def lead(ns: int) -> At:
        return At(100 + Fraction(min(ns, NS // 2), NS) * 25, ns < NS // 2)

    messages = sent(lead, "25", 2 * NS)
    assert max(at_ns for at_ns, message in messages if message[0] == 0xF1) <= NS // 2
    assert sum(message[0] == 0xF0 for _, message in messages) <= 2
    standing = sent(lambda ns: At(Fraction(77), False), "25", NS)
    assert [message for _, message in standing] == [full_frame(timecode_from_index(77, RATES["25"]))]


@pytest.mark.parametrize(
    ("stood_ns", "full"), [(25_000_000, False), (200_000_000, False), (700_000_000, True)]
)
def test_a_machine_that_stood_still_makes_no_burst_and_does_not_say_that_the_clock_stands(
    stood_ns: int, full: bool
) -> None:
    sender, lead = MtcSender(RATES["25"]), running("25")
    now_ns = 0
    for _ in range(20):
        _, now_ns = sender.poll(lead, now_ns)
    messages, next_ns = sender.poll(lead, now_ns + stood_ns)
    assert [message[0] for message in messages] == ([0xF0] if full else [])
    assert next_ns > now_ns + stood_ns
    # From the next even frame on the pieces are whole again, evenly apart.
    receiver, words = MtcReceiver(), []
    for _ in range(17):
        now_ns = next_ns
        messages, next_ns = sender.poll(lead, now_ns)
        for message in messages:
            word = receiver.feed(Quarter(message[1]), now_ns)
            words.extend([word] if word is not None else [])
    assert len(words) == 2
    assert words[1].index - words[0].index == 2


@given(st.lists(st.integers(0, 7), min_size=1, max_size=40))
def test_only_eight_in_a_row_make_a_word(numbers: list[int]) -> None:
    pieces = quarter_frames(parse_timecode("01:02:03:04", RATES["25"]))
    receiver = MtcReceiver()
    taken: list[int] = []
    for place, number in enumerate(numbers):
        taken.append(number)
        word = receiver.feed(Quarter(pieces[number]), place * 10_000_000)
        if word is not None:
            assert taken[-8:] in ([*range(8)], [*range(7, -1, -1)])


def test_every_run_of_eight_makes_a_word_whatever_came_before() -> None:
    pieces = quarter_frames(parse_timecode("01:02:03:04", RATES["25"]))
    for before in ([], [3, 4], [0, 1, 2], [7, 6, 5], [7], [0], [0, 2], [5, 6, 7]):
        for way in (1, -1):
            receiver, words = MtcReceiver(), []
            for place, number in enumerate([*before, *list(range(8))[::way]]):
                word = receiver.feed(Quarter(pieces[number]), place * 10_000_000)
                words += [word] if word else []
            assert [word.direction for word in words] == [way], (before, way)


def test_a_pause_in_the_middle_breaks_a_word() -> None:
    pieces = quarter_frames(parse_timecode("01:02:03:04", RATES["25"]))
    receiver = MtcReceiver()
    words = [receiver.feed(Quarter(piece), (n + 9 * (n > 3)) * 10_000_000) for n, piece in enumerate(pieces)]
    assert words == [None] * 8 and receiver.broken == 1


def test_labels_that_cannot_be_and_another_rate_are_refused() -> None:
    receiver = MtcReceiver(RATES["25"])
    assert receiver.feed(Full(0x61, 2, 3, 4), 0) is None
    assert receiver.feed(Full(0x21, 60, 3, 4), 0) is None
    assert receiver.refused == 2
    with pytest.raises(MtcError, match="does not exist"):
        read_pieces([0, 0, 0, 0, 1, 0, 1, 4], None)  # 01:01:00;00


def test_running_status_and_real_time_bytes_in_between() -> None:
    stream = MidiBytes()
    data = bytes.fromhex("90 3C 40 3D 41 F1 F8 04 3C 40 F0 7F F8 7F 01 01 21 02 FE 03 04 F7 B0 07 F1 10 07")
    assert stream.push(data) == [Quarter(0x04), Full(0x21, 2, 3, 4), Quarter(0x10)]


@given(st.binary(max_size=400), st.integers(1, 30))
def test_any_bytes_cut_anywhere(data: bytes, cut: int) -> None:
    whole, parts, receiver = MidiBytes(), MidiBytes(), MtcReceiver()
    once = whole.push(data)
    pieces = [message for at in range(0, len(data), cut) for message in parts.push(data[at : at + cut])]
    assert once == pieces
    for number, message in enumerate(once):
        receiver.feed(message, number)


def test_system_exclusive_without_end_is_not_kept() -> None:
    stream = MidiBytes()
    stream.push(b"\xf0" + bytes(1_000_000))
    assert stream._sysex is not None and len(stream._sysex) <= 64
