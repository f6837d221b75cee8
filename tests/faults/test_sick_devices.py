"""Five devices on one bus process, four of them sick, each in its own way: the fifth never notices, and everything is told."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from random import Random
from statistics import median
from threading import Thread

import pytest

from engine.bus.link import BusProcess, Message
from engine.bus.loop import BusEvent
from engine.bus.process import package_config
from engine.experience import load_rig
from engine.experience.bundled import find_package
from engine.time import MonotonicClock, TransportBlock, TransportWriter
from tests.faults.venue import Device

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are POSIX"),
]

RIG = """\
sensorama_rig: 1
name: {{en: A bad day}}
bus: {{tick_hz: 1000, watchdog: 500ms}}
seats: {{a: {{at: [0, 0, 0]}}}}
devices:
  healthy: {{driver: amc, port: "udp://127.0.0.1:{healthy}", seat: a, rate_hz: 200}}
  vanishing: {{driver: amc, port: "udp://127.0.0.1:{vanishing}", seat: a, rate_hz: 200}}
  unplugged: {{driver: amc, port: {unplugged}, seat: a, rate_hz: 200}}
  blocked: {{driver: amc, port: {blocked}, seat: a, rate_hz: 200}}
  babbling:
    driver: artnet
    port: udp://127.0.0.1:{babbling}
    rate_hz: 40
    settings: {{universe: 0, fixtures: {{street: {{channels: [1, 2, 3], form: rgb}}}}}}
roles:
  seat.motion: [{{device: healthy}}]
  light.street: [{{device: babbling, group: street}}]
audio: {{layout: stereo, preroll: 200ms}}
"""
MS = 1_000_000


class Babbler:
    """A controller that answers every packet with noise."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.2)
        self.port: int = self._socket.getsockname()[1]
        self.got = 0
        self._open = True
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        noise = Random(7)
        while self._open:
            try:
                _, sender = self._socket.recvfrom(2048)
            except TimeoutError:
                continue
            self.got += 1
            self._socket.sendto(b"Art-Net\0" + noise.randbytes(noise.randrange(64)), sender)
            self._socket.sendto(noise.randbytes(noise.randrange(600)), sender)

    def close(self) -> None:
        self._open = False
        self._thread.join(1.0)
        self._socket.close()


class Plug:
    """A serial cable at a fixed path that can be pulled out and put back in."""

    def __init__(self, path: Path, *, read: bool) -> None:
        self.path, self._read, self.got = path, read, 0
        self._master = self._slave = -1
        self.put_in()

    def put_in(self) -> None:
        self._master, self._slave = os.openpty()
        self.path.symlink_to(os.ttyname(self._slave))
        if self._read:
            Thread(target=self._drain, args=(self._master,), daemon=True).start()

    def _drain(self, master: int) -> None:
        try:
            while data := os.read(master, 4096):
                self.got += len(data)
        except OSError:
            return  # pulled out

    def pull(self) -> None:
        self.path.unlink()
        os.close(self._slave)
        os.close(self._master)


@contextmanager
def closing(*things: Device | Babbler) -> Iterator[None]:
    try:
        yield
    finally:
        for thing in things:
            thing.close()


def test_one_sick_device_never_delays_the_others(tmp_path: Path) -> None:
    clock = MonotonicClock()
    healthy, vanishing, babbling = Device(), Device(), Babbler()
    unplugged, blocked = Plug(tmp_path / "tty0", read=True), Plug(tmp_path / "tty1", read=False)
    rig_file = tmp_path / "rig.yaml"
    rig_file.write_text(
        RIG.format(
            healthy=healthy.port,
            vanishing=vanishing.port,
            babbling=babbling.port,
            unplugged=unplugged.path,
            blocked=blocked.path,
        )
    )
    messages: list[Message] = []
    with closing(healthy, babbling), TransportBlock.create() as block:
        writer = TransportWriter(block)
        config = package_config(
            block.name, load_rig(rig_file), str(find_package("first_light")), realtime=False
        )
        with BusProcess(config) as bus:

            def conduct(ms: int) -> None:
                until_ns = clock.now_ns() + ms * MS
                while clock.now_ns() < until_ns:
                    writer.beat(clock.now_ns())
                    messages.extend(bus.poll(0.02))

            ready, early = bus.await_ready()
            messages += early
            writer.append(from_ns=ready.epoch_ns + 20 * MS, scene=0)
            begun_ns = clock.now_ns()
            conduct(300)
            vanishing.close()
            unplugged.pull()
            conduct(700)
            again = Device(vanishing.port)
            before = unplugged.got
            unplugged.put_in()
            conduct(1200)
            ended_ns = clock.now_ns()
            bus.retire()
            messages += bus.join(8.0)
            again.close()
    blocked.pull()
    unplugged.pull()

    events = [payload for _, payload in messages if isinstance(payload, BusEvent)]
    told = {(event.device, event.kind) for event in events}
    assert {
        ("vanishing", "gone"),
        ("vanishing", "back"),
        ("unplugged", "gone"),
        ("unplugged", "back"),
    } <= told
    assert not {("healthy", "gone"), ("babbling", "gone")} & told
    (gone, *_) = [event for event in events if (event.device, event.kind) == ("unplugged", "gone")]
    assert "went away" in str(gone.data["text"])
    assert again.got and unplugged.got > before, "they are spoken to again"
    # The healthy one: every command, at its time, all along.
    at_ns = [got.at_ns for got in healthy.got if begun_ns < got.at_ns < ended_ns]
    gaps_ms = [(b - a) / MS for a, b in pairwise(at_ns)]
    assert 4.5 < median(gaps_ms) < 5.5
    assert len(at_ns) > 0.85 * (ended_ns - begun_ns) / (5 * MS)
    # The universe stands still, so it is kept alive only; what is answered to that moves nothing and is told.
    assert babbling.got >= 3
