"""A venue of two devices on UDP ports of this machine, each of which keeps what it got, when, and from whom."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread

from devices.amc.codec import decode_axes
from engine.time import MonotonicClock

RIG = """\
sensorama_rig: 1
name: {{en: Two devices on UDP}}
bus: {{tick_hz: 1000, watchdog: 500ms}}
seats:
  a: {{at: [0, 0, 0]}}
devices:
  seat_a:
    driver: amc
    port: udp://127.0.0.1:{seat}
    seat: a
    rate_hz: 200
    limits:
      heave: {{range: [-50mm, 50mm], velocity: 250mm/s, acceleration: 2500mm/s2, jerk: 30000mm/s3}}
  lights:
    driver: artnet
    port: udp://127.0.0.1:{lights}
    rate_hz: 40
    settings:
      universe: 0
      fixtures:
        street: {{channels: [1, 2, 3], form: rgb}}
        moon: {{channels: [4, 5, 6], form: rgb}}
roles:
  seat.motion: [{{device: seat_a}}]
  light.street: [{{device: lights, group: street}}]
  light.moon: [{{device: lights, group: moon}}]
audio: {{layout: stereo, preroll: 200ms}}
standby: {{listen: "tcp://127.0.0.1:{standby}", take_over: 400ms}}
"""


@dataclass(frozen=True)
class Got:
    """One packet."""

    at_ns: int
    sender: int
    data: bytes


class Device:
    """Takes packets in a thread of its own until closed."""

    def __init__(self, port: int = 0) -> None:
        self._clock = MonotonicClock()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", port))
        self.port: int = self._socket.getsockname()[1]
        self.got: list[Got] = []
        self._open = True
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while self._open:
            data, sender = self._socket.recvfrom(2048)
            self.got.append(Got(self._clock.now_ns(), sender[1], data))

    def close(self) -> None:
        self._open = False
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as waker:
            waker.sendto(b"", ("127.0.0.1", self.port))
        self._thread.join(1.0)
        self._socket.close()

    def first_after(self, at_ns: int) -> Got | None:
        """The first packet after an instant."""
        return next((got for got in self.got if got.at_ns > at_ns), None)


@dataclass
class SmallVenue:
    """The rig file and its two devices; a context."""

    folder: Path
    seat: Device = field(default_factory=Device)
    lights: Device = field(default_factory=Device)

    def __post_init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.standby_port: int = free.getsockname()[1]
        self.rig = self.folder / "venue.yaml"
        self.rig.write_text(
            RIG.format(seat=self.seat.port, lights=self.lights.port, standby=self.standby_port)
        )

    def __enter__(self) -> SmallVenue:
        return self

    def __exit__(self, *_: object) -> None:
        self.seat.close()
        self.lights.close()

    def poses(self) -> list[tuple[int, int, tuple[int, ...]]]:
        """Instant, sender and raw axes of every command the seat got."""
        return [(got.at_ns, got.sender, decode_axes(got.data)) for got in self.seat.got if got.data]
