"""What an operator hears of devices: everything that matters, each thing once."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from engine.bus.loop import BusEvent
from engine.show.live.device_news import STEADY_NS, DeviceNews


def news() -> tuple[DeviceNews, list[str]]:
    said: list[str] = []
    rig: Any = SimpleNamespace(devices=())
    return DeviceNews(rig, said.append), said


def event(kind: str, at_ns: int = 0, **data: object) -> BusEvent:
    return BusEvent(kind, 0, at_ns, "seat", data)


def test_a_device_that_flaps_is_said_once_and_back_only_when_it_stays() -> None:
    devices, said = news()
    for at_ns in range(0, 5 * STEADY_NS, STEADY_NS):
        devices.heard(event("gone", at_ns, text="seat: nobody answers"))
        devices.heard(event("back", at_ns + STEADY_NS // 2, text="udp://x"))
        devices.advance(at_ns + STEADY_NS - 1)
    assert said == ["device seat: nobody answers; the show goes on without it and keeps trying"]
    devices.advance(6 * STEADY_NS)
    assert said[1:] == ["device seat: back (udp://x)"]
    devices.heard(event("gone", 9 * STEADY_NS, text="seat: nobody answers"))
    assert len(said) == 3


def test_two_sources_on_one_universe_are_said_once_and_again_when_it_is_another() -> None:
    devices, said = news()
    for _ in range(3):
        devices.heard(event("report", report="rival", text="10.0.0.9 also sends universe 1"))
    devices.heard(event("report", report="rival", text="10.0.0.7 also sends universe 1"))
    assert said == [
        "device seat: rival: 10.0.0.9 also sends universe 1",
        "device seat: rival: 10.0.0.7 also sends universe 1",
    ]


def test_a_permit_is_said_when_it_changes() -> None:
    devices, said = news()
    for kind in ("forbid", "forbid", "permit", "permit"):
        devices.heard(event(kind, text="door open"))
    assert said == [
        "device seat is not permitted to move: door open",
        "device seat is permitted to move again",
    ]
