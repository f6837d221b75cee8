"""Lines that answer, and ears: what they do when nobody is there, when somebody leaves, and when too many come."""

from __future__ import annotations

import os
import select
import socket
from types import SimpleNamespace

import pytest

from devices.links import TcpLink, UdpLink, link_to, parse_tcp_port
from devices.listeners import LinkEar, TcpEar, UdpEar, ear_on
from engine.bus.ports import SerialLine
from engine.errors import DeviceBusy, DeviceGone


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class TestUdpLink:
    def test_an_answer_comes_back(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as device:
            device.bind(("127.0.0.1", 0))
            link = UdpLink("player", "127.0.0.1", device.getsockname()[1])
            assert link.read() == b""
            link.open()
            link.send([b"PLAY"])
            data, sender = device.recvfrom(100)
            device.sendto(b"OK", sender)
            assert (data, link.read(1.0), link.read()) == (b"PLAY", b"OK", b"")
            link.close()
            link.close()
        assert not link.is_open

    def test_nobody_there_is_told_when_it_is_known(self) -> None:
        link = UdpLink("player", "127.0.0.1", free_port())
        link.open()
        with pytest.raises(DeviceGone, match=r"player: nobody answers at 127\.0\.0\.1:"):
            for _ in range(3):
                link.send([b"PLAY"])
                link.read(1.0)
        link.close()


class TestTcpLink:
    def test_both_ways_and_a_server_that_leaves(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            link = TcpLink("player", "127.0.0.1", server.getsockname()[1])
            assert link.read() == b""
            with pytest.raises(DeviceGone, match="is closed"):
                link.send([b"x"])
            link.open()
            link.open()
            client, _ = server.accept()
            link.send([b"PL", b"AY"])
            assert client.recv(100) == b"PLAY"
            client.sendall(b"OK")
            assert link.read(1.0) == b"OK" and link.read() == b""
            client.close()
            with pytest.raises(DeviceGone, match="closed the connection"):
                link.read(1.0)
            link.close()
            link.close()

    def test_nobody_there(self) -> None:
        with pytest.raises(DeviceGone, match="player: cannot connect to"):
            TcpLink("player", "127.0.0.1", free_port()).open()

    def test_one_that_reads_nothing_is_gone_after_a_quarter_of_a_second(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            link = TcpLink("player", "127.0.0.1", server.getsockname()[1])
            link.open()
            with pytest.raises(DeviceGone, match="went away"):
                for _ in range(100):
                    link.send([bytes(1_000_000)])
            link.close()


class TestPorts:
    @pytest.mark.parametrize(
        ("port", "found"),
        [
            ("tcp://host:7", ("host", 7)),
            ("tcp://host", ("host", 4352)),
            ("socket://10.0.0.1:9", ("10.0.0.1", 9)),
        ],
    )
    def test_tcp(self, port: str, found: tuple[str, int]) -> None:
        assert parse_tcp_port(port, 4352) == found

    @pytest.mark.parametrize(
        "port", ["udp://host:1", "tcp://", "tcp://:5", "tcp://host:x", "tcp://host:70000", "host:1"]
    )
    def test_what_is_no_tcp_port(self, port: str) -> None:
        with pytest.raises(ValueError, match="allowed"):
            parse_tcp_port(port, 4352)

    def test_a_port_says_what_kind_of_line_it_is(self) -> None:
        assert isinstance(link_to("a", "tcp://h:1"), TcpLink)
        assert isinstance(link_to("a", "udp://h:1"), UdpLink)
        assert isinstance(link_to("a", "/dev/ttyUSB0"), SerialLine)
        assert isinstance(ear_on("a", "udp://0.0.0.0:0"), UdpEar)
        assert isinstance(ear_on("a", "tcp://0.0.0.0:0"), TcpEar)
        assert isinstance(ear_on("a", "tcp://host:1", connect=True), LinkEar)


def test_a_datagram_the_system_has_no_room_for_is_lost_and_no_other() -> None:
    sent: list[bytes] = []

    def send(frame: bytes) -> None:
        if frame == b"2":
            raise BlockingIOError
        sent.append(frame)

    line = UdpLink("a", "127.0.0.1", 9)
    line._socket = SimpleNamespace(send=send)  # type: ignore[assignment]
    line.send([b"1", b"2", b"3"])
    assert sent == [b"1", b"3"]


class TestEars:
    def test_datagrams_come_with_their_sender_and_never_too_many_at_once(self) -> None:
        ear = UdpEar("console", "127.0.0.1", 0)
        with pytest.raises(DeviceGone, match="is not listening"):
            ear.read(0.0)
        ear.open()
        ear.open()
        assert ear.read(0.0) == []
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for number in range(70):
                sender.sendto(bytes((number,)), ("127.0.0.1", ear.bound_port))
            shown = f"127.0.0.1:{sender.getsockname()[1]}"
            first, rest = ear.read(1.0), ear.read(1.0)
        ear.close()
        ear.close()
        assert (len(first), len(rest)) == (64, 6)
        assert {chunk.sender for chunk in first} == {shown} and first[5].data == b"\x05"
        assert ear.bound_port == 0

    def test_a_closed_ear_opens_again(self) -> None:
        for ear in (UdpEar("a", "127.0.0.1", 0), TcpEar("a", "127.0.0.1", 0)):
            for _ in range(2):
                ear.open()
                assert ear.read(0.0) == [] and ear.bound_port > 0
                ear.close()

    def test_what_is_closed_holds_nothing_of_the_system(self) -> None:
        def lowest_free() -> int:
            probe = os.dup(0)
            os.close(probe)
            return probe

        before = lowest_free()
        kept = []
        for _ in range(3):
            for ear in (UdpEar("a", "127.0.0.1", 0), TcpEar("a", "127.0.0.1", 0)):
                kept.append(ear)  # made only: a rig that is checked opens nothing
                assert lowest_free() == before
                ear.open()
                assert lowest_free() > before
                ear.close()
                assert lowest_free() == before

    def test_a_tcp_port_in_use(self) -> None:
        with (
            socket.create_server(("127.0.0.1", 0)) as held,
            pytest.raises(DeviceBusy, match="cannot listen on TCP"),
        ):
            TcpEar("lines", "127.0.0.1", held.getsockname()[1]).open()

    def test_who_leaves_is_told_and_one_too_many_is_hung_up_on(self) -> None:
        ear = TcpEar("lines", "127.0.0.1", 0)
        ear.open()
        senders = [socket.create_connection(("127.0.0.1", ear.bound_port)) for _ in range(33)]
        for _ in range(40):
            assert ear.read(0.0) == []
        try:
            senders[0].sendall(b"hello")
            (chunk,) = ear.read(1.0)
            assert chunk.data == b"hello"
            senders[0].close()
            (gone,) = ear.read(1.0)
            assert gone.data == b"" and gone.sender == chunk.sender
            assert select.select([senders[32]], [], [], 1.0)[0] and senders[32].recv(1) == b""
        finally:
            for sender in senders:
                sender.close()
            ear.close()

    def test_a_serial_line(self) -> None:
        ours, theirs = os.openpty()
        ear = ear_on("lines", os.ttyname(theirs))
        try:
            with pytest.raises(DeviceGone, match="is not open"):
                ear.read(0.0)
            ear.open()
            assert ear.read(0.0) == []
            os.write(ours, b"GO\n")
            (chunk,) = ear.read(1.0)
            assert chunk.data.startswith(b"G")
            ear.close()
        finally:
            os.close(ours)
            os.close(theirs)
