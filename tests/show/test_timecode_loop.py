"""One show leads, another follows, and between them the real codes of each wire: senders, sound, receivers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction

import pytest

from engine.bus.timecode.hearing import decoder_for
from engine.bus.timecode.ports import Lead
from engine.bus.timecode.sockets import ArtnetSender, ArtnetWords
from engine.bus.timecode.sounding import voice_for
from engine.show.timecode.leading import Leader
from engine.time import LocalBlock, SegmentKind, TransportWriter, rate_named
from engine.time.chase_values import ChaseState, Hold, Jump
from engine.time.codes.mtc import MidiBytes
from engine.time.codes.mtc_receiver import MtcReceiver
from engine.time.codes.mtc_sender import MtcSender
from engine.time.codes.word import CodeWord, Wire
from engine.time.rates import FrameRate
from tests.time.chase_show import S_NS, Played, frame_ns, rules_for

MS = 1_000_000
TICK_NS = 10 * MS
S_FL = 705_600_000
START = 90_000
UUID = "e004046e-0923-4f90-a4ae-4355e7e83506"

Ticks = Callable[[int], list[CodeWord]]
"""What is heard in the 10 ms that begin at an instant."""


def polled(
    poll: Callable[[Lead, int], tuple[list[bytes], int]], lead: Lead
) -> Callable[[int], Iterator[tuple[bytes, int]]]:
    """A sender asked at its own instants, within 10 ms each time."""
    due_ns = 0

    def tick(at_ns: int) -> Iterator[tuple[bytes, int]]:
        nonlocal due_ns
        while due_ns < at_ns + TICK_NS:
            now_ns = max(due_ns, at_ns)
            messages, due_ns = poll(lead, now_ns)
            due_ns = max(due_ns, now_ns + 1)
            yield from ((message, now_ns) for message in messages)

    return tick


def midi(lead: Lead, rate: FrameRate) -> Ticks:
    tick, parser, receiver = polled(MtcSender(rate).poll, lead), MidiBytes(), MtcReceiver(rate)
    return lambda at_ns: [
        word
        for data, now_ns in tick(at_ns)
        for message in parser.push(data)
        if (word := receiver.feed(message, now_ns)) is not None
    ]


def artnet(lead: Lead, rate: FrameRate) -> Ticks:
    tick, words = polled(ArtnetSender(rate).poll, lead), ArtnetWords(rate)
    return lambda at_ns: [
        word for data, now_ns in tick(at_ns) if (word := words.feed(data, "10.0.0.1", now_ns)) is not None
    ]


def sound(wire: Wire) -> Callable[[Lead, FrameRate], Ticks]:
    def made(lead: Lead, rate: FrameRate) -> Ticks:
        voice = voice_for(wire, rate, uuid=UUID) if wire is Wire.CINEMA else voice_for(wire, rate)
        ear = decoder_for(wire, rate)(48_000)
        return lambda at_ns: [
            replace(found.word, at_ns=round(found.at_sample * S_NS / 48_000))
            for found in ear.push(voice.block(lead, at_ns, 480))
        ]

    return made


@pytest.mark.parametrize(
    ("wire", "label", "through"),
    [
        (Wire.LTC, "25", sound(Wire.LTC)),
        (Wire.LTC, "29.97df", sound(Wire.LTC)),
        (Wire.MTC, "30", midi),
        (Wire.MTC, "24", midi),
        (Wire.ARTNET, "24", artnet),
        (Wire.CINEMA, "24", sound(Wire.CINEMA)),
    ],
)
def test_a_show_follows_a_show(wire: Wire, label: str, through: Callable[[Lead, FrameRate], Ticks]) -> None:
    rate = rate_named(label)
    block = LocalBlock()
    leading = TransportWriter(block)
    leading.append(from_ns=0, scene=0, rate=0)
    leading.set_rate(S_NS, Fraction(10_001, 10_000))
    leading.append(from_ns=4 * S_NS, scene=0, at_fl=40 * S_FL, rate=1, kind=SegmentKind.SEEK)
    leading.set_rate(6 * S_NS, 0)
    leading.set_rate(8 * S_NS, 1)
    now = [0]
    lead = Leader(
        block, lambda: now[0], rate=rate, start_index=START, silent_ns=60 * S_NS, endless=wire is Wire.CINEMA
    )
    tick = through(lead, rate)
    show = Played(rules_for(wire, rate=rate, start_index=START, freewheel_ns=500 * MS))

    def until(to_ns: int) -> None:
        while now[0] < to_ns:
            said = tick(now[0])
            now[0] += TICK_NS
            show.until(now[0])
            for word in said:
                show.chase.word(word)
                show._advance()

    def error_ns() -> float:
        led = lead(now[0]).frames - START
        return float(led) * frame_ns(rate) + show.chase.quality.bias_ns - show.run_ns(now[0])

    until(S_NS)
    assert show.state is not ChaseState.LOCKED
    until(S_NS + 240 * MS)
    assert show.state is ChaseState.LOCKED, "the wire's own lock and the chase's"
    until(4 * S_NS - TICK_NS)
    assert show.said(Jump) == [] and abs(error_ns()) < frame_ns(rate) / 4
    until(4 * S_NS + 240 * MS)
    (jump,) = show.said(Jump)
    assert isinstance(jump, Jump)
    assert jump.by_fl == pytest.approx((40 - 3.0003) * S_FL, abs=S_FL // 100)
    until(6 * S_NS - TICK_NS)
    assert abs(error_ns()) < frame_ns(rate) / 4
    until(7 * S_NS)
    assert show.state is ChaseState.HOLD and len(show.said(Hold)) == 2
    until(10 * S_NS)
    assert show.state is ChaseState.LOCKED and abs(error_ns()) < frame_ns(rate) / 4
