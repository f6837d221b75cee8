"""Telling on a manual clock; an address that is away."""

from __future__ import annotations

import socket
from types import SimpleNamespace
from typing import Any

import pytest

from engine.audio.told import ToldObjects
from engine.experience.audio_rig import AdmOscSpec
from engine.show.adm_osc.part import adm_osc_parts
from engine.show.adm_osc.process import Sender, tell
from engine.show.adm_osc.words import Words
from engine.time.clocks import ManualClock
from engine.time.publisher import TransportWriter
from engine.time.segments import SegmentKind
from engine.time.shared import LocalBlock
from tests.audio.rooms import S_NS, Room, tone

MS = 1_000_000


class Collected:
    """In place of a `Sender`."""

    def __init__(self) -> None:
        self.packets: list[tuple[int, bytes]] = []

    def send(self, packets: list[bytes], now_ns: int) -> None:
        self.packets += [(now_ns, packet) for packet in packets]


def test_it_tells_at_its_rate_and_mutes_at_the_end() -> None:
    room = Room()
    room.scene(room.sound("bell.wav", tone(1), 0.1, place=lambda cue_fl: (1.0, 3.0 + cue_fl / 1e8, 0.0)))
    objects = ToldObjects(room.book, ("gate",))
    block = LocalBlock()
    TransportWriter(block).append(from_ns=S_NS, scene=0, at_fl=0, rate=1, kind=SegmentKind.START)
    clock = ManualClock(S_NS)
    told: Any = Collected()
    words = Words(objects.names)
    tell(block, objects, ("gate",), words, told, clock, 50.0, lambda: clock.now_ns() >= 2 * S_NS)
    moving = [at_ns for at_ns, packet in told.packets if b"/aed" in packet]
    # From 1.1 s, twenty milliseconds apart.
    assert moving[:3] == [1100 * MS, 1120 * MS, 1140 * MS]
    assert told.packets[0][1].count(b"gate/bell") == 1
    assert told.packets[-1] == (2 * S_NS, told.packets[-1][1])
    assert b"/adm/obj/1/mute" in told.packets[-1][1]


def test_packets_arrive_and_an_address_that_is_away_is_said_once() -> None:
    lines: list[str] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.bind(("127.0.0.1", 0))
        ear.settimeout(2)
        sender = Sender(f"udp://127.0.0.1:{ear.getsockname()[1]}", lines.append)
        sender.send([b"one", b"two"], 0)
        assert [ear.recv(100), ear.recv(100)] == [b"one", b"two"]
        sender.close()
    away = Sender("udp://[::1%nowhere]:9", lines.append)
    for now_ns in (0, 10 * MS, 2 * S_NS, 4 * S_NS):
        away.send([b"three"], now_ns)
    assert len(lines) == 1
    assert "cannot be reached" in lines[0] and "tried again every second, the show goes on" in lines[0]


@pytest.mark.parametrize(("spec", "parts"), [(None, 0), (AdmOscSpec("udp://127.0.0.1:4001", 25.0), 1)])
def test_a_rig_that_asks_for_it_has_the_part(spec: AdmOscSpec | None, parts: int) -> None:
    production: Any = SimpleNamespace(
        rig=SimpleNamespace(audio=SimpleNamespace(adm_osc=spec, outputs=())),
        package=SimpleNamespace(path="somewhere"),
    )
    found = adm_osc_parts(production, "block")
    assert len(found) == parts
    for part in found:
        assert [child.config.rate_hz for child in part.children] == [25.0]
        assert part.next_due_ns() is None
        assert part.lines() == []
