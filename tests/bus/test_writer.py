"""A device's own thread: newest frames only, failures told, connection tried again at growing intervals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Event

import pytest

from devices.sample import SampleDriver
from engine.bus.driver import DeviceConfig
from engine.bus.loop import DeviceNote
from engine.bus.ports import SerialLine, UdpLine, parse_udp_port
from engine.bus.writer import PortWriter
from engine.errors import DeviceGone
from engine.time.clocks import ManualClock

S = 1_000_000_000


class FakeFan(SampleDriver):
    """A fan whose line is a list, breaks when told, and can be made to hang."""

    def __init__(self) -> None:
        super().__init__(DeviceConfig("fan"))
        self.sent: list[bytes] = []
        self.broken = False
        self.opens = 0
        self.closes = 0
        self.hang = Event()
        self.hang.set()
        self.did = Event()

    def open(self) -> None:
        self.opens += 1
        self.did.set()
        if self.broken:
            raise DeviceGone("fan: unplugged")

    def send(self, frames: Sequence[bytes]) -> None:
        self.hang.wait(5.0)
        if self.broken:
            raise DeviceGone("fan: unplugged")
        self.sent += frames
        self.did.set()

    def close(self) -> None:
        self.closes += 1


def until(done: Callable[[], bool], event: Event) -> None:
    """Wait for the thread to get somewhere; bounded by failing, not by hoping."""
    for _ in range(500):
        if done():
            return
        event.wait(0.01)
        event.clear()
    raise AssertionError("the writer's thread did not get there")


def next_note(writer: PortWriter, now_ns: int, event: Event) -> DeviceNote:
    """The next thing the writer has to tell."""
    found: list[DeviceNote] = []

    def told() -> bool:
        found.extend(writer.take_notes(now_ns))
        return bool(found)

    until(told, event)
    (note,) = found
    return note


class TestLife:
    def test_it_parks_first_and_last(self) -> None:
        fan = FakeFan()
        writer = PortWriter(fan, ManualClock())
        writer.start()
        until(lambda: bool(fan.sent), fan.did)
        writer.offer((b"L0500\n",), 0)
        until(lambda: len(fan.sent) == 2, fan.did)
        assert writer.close()
        assert fan.sent == [b"L0000\n", b"L0500\n", b"L0000\n"]
        assert fan.closes == 1 and writer.first_word() == ""

    def test_a_hanging_line_holds_nobody_up_and_gets_the_newest(self) -> None:
        fan = FakeFan()
        writer = PortWriter(fan, ManualClock())
        writer.start()
        until(lambda: bool(fan.sent), fan.did)
        fan.hang.clear()
        writer.offer((b"L0100\n",), 0)
        until(lambda: writer._slot is None, fan.did)
        for level in range(200, 900, 100):
            writer.offer((f"L{level:04d}\n".encode(),), 0)
        fan.hang.set()
        until(lambda: len(fan.sent) == 3, fan.did)
        writer.close()
        assert fan.sent[1:3] == [b"L0100\n", b"L0800\n"]
        assert writer.overwritten == 6

    def test_failures_are_told_and_tried_again_ever_more_slowly(self) -> None:
        fan = FakeFan()
        fan.broken = True
        writer = PortWriter(fan, ManualClock())
        writer.start()
        now_ns = 0
        pauses = []
        for _ in range(4):
            assert next_note(writer, now_ns, fan.did) == DeviceNote("fan", "gone", "fan: unplugged")
            begin_ns = now_ns
            while writer._retry_ns is not None:
                now_ns += S // 8
                writer.take_notes(now_ns)
            pauses.append((now_ns - begin_ns) / S)
        assert pauses == [0.25, 0.5, 1.0, 2.0]
        assert next_note(writer, now_ns, fan.did).kind == "gone"
        fan.broken = False
        assert next_note(writer, now_ns + 10 * S, fan.did).kind == "back"
        writer.close()


class TestLines:
    def test_a_looped_serial_line(self) -> None:
        line = SerialLine("seat", "loop://", 9600)
        line.open()
        line.send([b"abc", b"def"])
        assert line.read() == b"abcdef"
        line.close()
        line.close()
        assert not line.is_open and line.read() == b""

    def test_a_udp_line_sends_each_frame_as_a_datagram(self) -> None:
        import socket

        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as node:
            node.bind(("127.0.0.1", 0))
            node.settimeout(2.0)
            line = UdpLine("lights", "127.0.0.1", node.getsockname()[1])
            line.open()
            line.send([b"one", b"two"])
            assert [node.recv(100), node.recv(100)] == [b"one", b"two"]
            line.close()
        with pytest.raises(DeviceGone, match="lights: no socket is open"):
            line.send([b"x"])

    def test_a_host_that_does_not_exist(self) -> None:
        with pytest.raises(DeviceGone, match=r"cannot reach 256\.0\.0\.1:6454"):
            UdpLine("lights", "256.0.0.1", 6454).open()

    @pytest.mark.parametrize(
        ("port", "expected"),
        [("udp://10.0.0.5", ("10.0.0.5", 6454)), ("udp://host:7000", ("host", 7000))],
    )
    def test_udp_ports(self, port: str, expected: tuple[str, int]) -> None:
        assert parse_udp_port(port, 6454) == expected
