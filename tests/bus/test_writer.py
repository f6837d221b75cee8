"""A device's own thread: newest frames only, failures told, connection tried again at growing intervals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Event

import pytest

from devices.sample import SampleDriver
from engine.bus.driver import DeviceConfig, Report
from engine.bus.loop import DeviceNote
from engine.bus.ports import SerialLine, UdpLine, parse_udp_port
from engine.bus.writer import PortWriter, ReportGate, Retry
from engine.errors import DeviceGone
from engine.time.clocks import ManualClock

S = 1_000_000_000


class FakeFan(SampleDriver):
    """A fan whose line is a list, breaks when told, and can be made to hang."""

    instant = False

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
        writer.offer((b"L0400\n",), 0)  # the bus does not know yet that it is there
        assert next_note(writer, 0, fan.did).kind == "back"
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
        next_note(writer, 0, fan.did)
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
            while writer._retry.waiting:
                now_ns += S // 8
                writer.take_notes(now_ns)
            pauses.append((now_ns - begin_ns) / S)
        assert pauses == [0.25, 0.5, 1.0, 2.0]
        assert next_note(writer, now_ns, fan.did).kind == "gone"
        fan.broken = False
        assert next_note(writer, now_ns + 10 * S, fan.did).kind == "back"
        writer.close()

    def test_a_fault_of_the_driver_is_its_own_devices(self) -> None:
        class Sick(FakeFan):
            def send(self, frames: Sequence[bytes]) -> None:
                if frames[0] != b"L0000\n":
                    raise IndexError("a fault of ours")
                super().send(frames)

        fan = Sick()
        writer = PortWriter(fan, ManualClock())
        writer.start()
        assert next_note(writer, 0, fan.did).kind == "back"
        writer.offer((b"L0100\n",), 0)
        note = next_note(writer, 0, fan.did)
        assert note == DeviceNote("fan", "gone", "fan: its driver failed (IndexError: a fault of ours)")
        assert writer.close() and fan.closes == 1

    def test_a_line_that_is_taken_over_gets_no_park_frame_first(self) -> None:
        fan = FakeFan()
        writer = PortWriter(fan, ManualClock(), park_first=False)
        writer.start()
        assert next_note(writer, 0, fan.did).kind == "joined"
        writer.offer((b"L0700\n",), 0)
        until(lambda: bool(fan.sent), fan.did)
        assert writer.close(park=False)
        assert fan.sent == [b"L0700\n"]


class TestInstant:
    def test_where_nothing_waits_whoever_offers_sends(self) -> None:
        fan = FakeFan()
        fan.instant = True
        writer = PortWriter(fan, ManualClock())
        writer.start()
        assert next_note(writer, 0, fan.did).kind == "back"
        writer.offer((b"L0500\n",), 0)
        assert fan.sent[-1] == b"L0500\n" and writer.sent_late.count == 1
        fan.broken = True
        writer.offer((b"L0600\n",), 0)
        assert next_note(writer, 0, fan.did) == DeviceNote("fan", "gone", "fan: unplugged")
        writer.offer((b"L0700\n",), 0)
        fan.broken = False
        writer.take_notes(S)
        assert next_note(writer, S, fan.did).kind == "back"
        writer.offer((b"L0800\n",), 0)
        assert writer.close()
        assert fan.sent == [b"L0000\n", b"L0500\n", b"L0000\n", b"L0800\n", b"L0000\n"]


class Talker(FakeFan):
    """A fan that answers: it is asked after each command and every 5 ms."""

    attend_ns = 5_000_000

    def __init__(self) -> None:
        super().__init__()
        self.asked_ns: list[int] = []
        self.fails = False
        self.chatter = 1

    def attend(self, now_ns: int) -> Sequence[Report]:
        self.asked_ns.append(now_ns)
        self.did.set()
        if self.fails:
            raise DeviceGone("fan: session lost")
        return [Report("reply", f"ok {len(self.asked_ns)}")] * self.chatter


class TestAttending:
    def test_it_is_asked_after_commands_and_in_between(self) -> None:
        fan, clock = Talker(), ManualClock()
        writer = PortWriter(fan, clock)
        writer.start()
        until(lambda: len(fan.asked_ns) == 1 and bool(writer._reports), fan.did)
        back, reply = writer.take_notes(0)
        assert back.kind == "back" and reply == DeviceNote("fan", "report", "ok 1", "reply")
        writer.offer((b"L0300\n",), 0)
        until(lambda: len(fan.asked_ns) == 2, fan.did)
        clock.advance_ns(5_000_000)
        until(lambda: len(fan.asked_ns) == 3, fan.did)
        assert fan.asked_ns == [0, 0, 5_000_000]
        writer.close()

    def test_one_that_loses_its_session_is_gone(self) -> None:
        fan = Talker()
        fan.fails = True
        writer = PortWriter(fan, ManualClock())
        writer.start()
        until(lambda: fan.closes == 1, fan.did)
        assert [note.kind for note in writer.take_notes(0)] == ["back", "gone"]
        writer.close()

    def test_a_flood_is_bounded_and_its_size_told(self) -> None:
        gate = ReportGate()
        flood = [Report("garbage", str(n)) for n in range(1000)]
        assert len(gate.take(flood, 0)) == 12 and gate.dropped == 988
        assert gate.take(flood[:3], S // 4) == []
        later = gate.take([Report("reply", "ok")], 5 * S)
        assert later == [Report("dropped", "991 more reports were left out"), Report("reply", "ok")]


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


def test_a_line_that_stays_away_is_tried_ever_more_slowly() -> None:
    retry = Retry()
    retry.told("back", 0)
    now_ns = 60_000_000_000  # it held for a minute, then it is pulled out
    pauses_ms = []
    for _ in range(7):
        retry.told("gone", now_ns)
        began_ns = now_ns
        while not retry.due(now_ns):
            now_ns += 1_000_000
        pauses_ms.append((now_ns - began_ns) // 1_000_000)
    assert pauses_ms == [250, 500, 1000, 2000, 4000, 4000, 4000]
    retry.told("back", now_ns)
    retry.told("gone", now_ns + 3_000_000_000)
    assert retry.due(now_ns + 3_250_000_000), "a line that held for a while is tried again at once"
