"""Objects told over ADM-OSC by the real process, heard by python-osc and judged by the protocol group's own validator (adm-osc, MIT)."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from pythonosc.osc_packet import OscPacket

from engine.experience.package import load_package
from engine.show.adm_osc.part import AdmOscPart
from engine.show.adm_osc.process import TellConfig
from engine.time import MonotonicClock, TransportBlock, TransportWriter
from engine.time.flicks import FLICKS_PER_SECOND

pytestmark = pytest.mark.peer

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "experiences" / "lantern_street"
MS = 1_000_000
S_NS = 1_000_000_000


def validator() -> Any:
    try:
        return import_module("adm_osc.handler").adm_handler
    except ImportError:
        return pytest.fail("adm-osc is not installed (pip install adm-osc==1.0.2)")


def test_a_scene_of_the_shipped_show_is_told_as_the_protocol_says() -> None:
    judge = validator()
    clock = MonotonicClock()
    scenes = [program.id for program in load_package(PACKAGE, hashed=False).scenes]
    heard: list[tuple[int, str, list[Any]]] = []
    with ExitStack() as stack:
        ear = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        ear.bind(("127.0.0.1", 0))
        ear.setblocking(False)
        block = TransportBlock.create()
        stack.callback(block.close)
        to = f"udp://127.0.0.1:{ear.getsockname()[1]}"
        (child,) = AdmOscPart(TellConfig(PACKAGE, block.name, to, 50.0)).children
        child.start(clock.now_ns())
        stack.callback(child.close)
        stack.callback(child.retire, 2.0)
        until_ns = clock.now_ns() + 60 * S_NS
        while child.ready is None and clock.now_ns() < until_ns:
            for kind, payload in child.messages():
                assert kind in ("ready", "say"), payload
                child.ready = payload if kind == "ready" else child.ready
            clock.sleep_until_ns(clock.now_ns() + 5 * MS)
        print(child.ready)
        assert "objects: " in str(child.ready)
        begin_ns = clock.now_ns() + 50 * MS
        TransportWriter(block).append(
            from_ns=begin_ns, scene=scenes.index("drum_tower"), at_fl=20 * FLICKS_PER_SECOND
        )
        while clock.now_ns() < begin_ns + 2 * S_NS:
            clock.sleep_until_ns(clock.now_ns() + 2 * MS)
            try:
                while True:
                    packet = OscPacket(ear.recv(65_536))
                    heard += [
                        (clock.now_ns(), timed.message.address, timed.message.params)
                        for timed in packet.messages
                    ]
            except BlockingIOError:
                pass
    for _, address, params in heard:
        judge(address, *params)
    places = [(at_ns, address, params) for at_ns, address, params in heard if address.endswith("/aed")]
    sounding = {address for _, address, _ in places}
    names = {params[0] for _, address, params in heard if address.endswith("/name")}
    print(f"{len(heard)} messages accepted, {len(names)} names, {len(sounding)} objects heard in two seconds")
    assert any(name.startswith("drum_tower/") for name in names)
    assert sounding
    assert ("/adm/env/change", ["drum_tower"]) in [(address, params) for _, address, params in heard]
