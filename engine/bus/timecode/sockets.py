"""Art-Net timecode over UDP."""

from __future__ import annotations

import math
import socket
from collections import OrderedDict
from collections.abc import Sequence
from fractions import Fraction

from engine.bus.timecode.ports import Lead, PortName, Tally
from engine.bus.timecode.sending import SendingThread
from engine.errors import DeviceBusy, DeviceGone
from engine.time.clocks import Clock
from engine.time.codes.artnet import ArtTimeCodeError, is_timecode, pack_timecode, parse_timecode, rate_type
from engine.time.codes.word import CodeWord, Wire
from engine.time.rates import FrameRate
from engine.time.timecode import frames_per_day, timecode_from_index

_NS = 1_000_000_000
_POLL_NS = 4_000_000
_STREAMS = 64
_LARGEST_STEP = 8
_BATCH = 64


class ArtnetWords:
    """Makes words of packets, one source and stream apart from another.

    A packet says a frame and no direction: that comes from the one before. A first one, a repeated one and one far from the last
    say where the source stands, not that it runs.
    """

    def __init__(self, rate: FrameRate | None = None) -> None:
        self.refused = 0
        self._rate = rate
        self._last: OrderedDict[str, tuple[int, int]] = OrderedDict()

    def feed(self, data: bytes, sender: str, at_ns: int) -> CodeWord | None:
        """One datagram; None for one that is no timecode, or is refused."""
        if not is_timecode(data):
            return None
        try:
            packet = parse_timecode(data, self._rate)
        except ArtTimeCodeError:
            self.refused += 1
            return None
        stream = f"{sender}/{packet.stream}"
        index, rate = packet.label.to_index(), packet.label.rate
        last = self._last.pop(stream, None)
        self._last[stream] = (index, at_ns)
        if len(self._last) > _STREAMS:
            self._last.popitem(last=False)
        direction, speed = 0, 1.0
        if last is not None and 0 < abs(index - last[0]) <= _LARGEST_STEP:
            direction = 1 if index > last[0] else -1
            elapsed_ns = at_ns - last[1]
            if elapsed_ns > 0:
                measured = float(Fraction(abs(index - last[0]) * _NS, elapsed_ns) / rate.fps)
                # Single packets jitter by more than speeds differ: only a clearly different pace is one.
                speed = measured if not 0.7 < measured < 1.4 and 0.2 < measured < 5.0 else 1.0
        return CodeWord(Wire.ARTNET, at_ns, index, rate, direction, speed, stream)


class ArtnetReader:
    """Art-Net timecode coming in; ``udp://0.0.0.0`` listens on all interfaces, port 6454."""

    wire = Wire.ARTNET

    def __init__(self, port: str, where: PortName, rate: FrameRate | None, clock: Clock) -> None:
        self.port = port
        self._where, self._rate, self._clock = where, rate, clock
        self._socket: socket.socket | None = None
        self._words = ArtnetWords(rate)
        self._count = 0

    def open(self) -> None:
        """Begin to listen."""
        if self._socket is not None:
            return
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.bind((self._where.name, self._where.number))
        except OSError as error:
            made.close()
            raise DeviceBusy(
                f"{self.port}: cannot listen there ({error}); another program may, or the address is not this machine's"
            ) from error
        self._socket, self._words, self._count = made, ArtnetWords(self._rate), 0

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens; tells the port the system chose for 0."""
        if self._socket is None:
            raise DeviceGone(f"{self.port} is not open")
        host, number = self._socket.getsockname()
        return str(host), int(number)

    def read(self, timeout_s: float) -> Sequence[CodeWord]:
        """Words so far."""
        if self._socket is None:
            raise DeviceGone(f"{self.port} is not open")
        found: list[CodeWord] = []
        try:
            self._socket.settimeout(max(timeout_s, 1e-4))
            for _ in range(_BATCH):  # a flood must not keep the caller for ever
                data, sender = self._socket.recvfrom(2048)
                word = self._words.feed(data, sender[0], self._clock.now_ns())
                if word is not None:
                    found.append(word)
                self._socket.settimeout(0.0)
        except (TimeoutError, BlockingIOError):
            pass  # nothing more has come in
        except OSError as error:
            raise DeviceGone(f"{self.port}: the network went away ({error})") from error
        self._count += len(found)
        return found

    @property
    def tally(self) -> Tally:
        """What has been seen since `open`."""
        return Tally(self._count, self._words.refused)

    def close(self) -> None:
        """Stop listening."""
        made, self._socket = self._socket, None
        if made is not None:
            made.close()


class ArtnetSender:
    """Turns a clock into packets: one a frame, at the instant the frame begins; one where it stands."""

    def __init__(self, rate: FrameRate) -> None:
        rate_type(rate)  # refuses what the wire cannot count
        self._rate = rate
        self._day = frames_per_day(rate)
        self._sent: int | None = None

    def poll(self, lead: Lead, now_ns: int) -> tuple[list[bytes], int]:
        """Packets due at `now_ns`, and when to ask again."""
        head = lead(now_ns)
        index = math.floor(head.frames) % self._day
        next_ns = now_ns + _POLL_NS
        if head.running:
            part = head.frames % 1
            away = 1 - part if head.direction > 0 else part
            next_ns = min(next_ns, now_ns + max(1, math.ceil(away * _NS / self._rate.fps)))
        if index == self._sent:
            return [], next_ns
        self._sent = index
        return [pack_timecode(timecode_from_index(index, self._rate))], next_ns


class ArtnetWriter:
    """Art-Net timecode going out; a broadcast address is allowed."""

    wire = Wire.ARTNET

    def __init__(self, port: str, where: PortName, rate: FrameRate, clock: Clock) -> None:
        self.port = port
        self._where, self._rate, self._clock = where, rate, clock
        self._socket: socket.socket | None = None
        self._sending: SendingThread | None = None
        ArtnetSender(rate)

    def open(self) -> None:
        """Make the socket."""
        if self._socket is not None:
            return
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            socket.getaddrinfo(self._where.name, self._where.number, socket.AF_INET, socket.SOCK_DGRAM)
        except OSError as error:
            made.close()
            raise DeviceGone(f"{self.port}: there is no such host ({error})") from error
        made.setblocking(False)
        self._socket = made

    def start(self, lead: Lead) -> None:
        """Send what `lead` says."""
        made = self._socket
        if made is None:
            raise DeviceGone(f"{self.port} is not open")
        if self._sending is not None:
            self._sending.stop()
        sender, address = ArtnetSender(self._rate), (self._where.name, self._where.number)

        def send(message: bytes) -> None:
            try:
                made.sendto(message, address)
            except (BlockingIOError, ConnectionRefusedError):
                pass  # a datagram may be lost; nobody has to listen
            except OSError as error:
                raise DeviceGone(f"{self.port}: the network went away ({error})") from error

        self._sending = SendingThread(
            "sensorama-art-timecode", lambda now_ns: sender.poll(lead, now_ns), send, self._clock
        )
        self._sending.start()

    @property
    def failure(self) -> Exception | None:
        """Why it stopped sending by itself."""
        return self._sending.failure if self._sending is not None else None

    def close(self) -> None:
        """Stop sending."""
        sending, self._sending = self._sending, None
        made, self._socket = self._socket, None
        if sending is not None:
            sending.stop()
        if made is not None:
            made.close()
