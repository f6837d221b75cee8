"""MIDI timecode over the system's MIDI ports, and over a serial line of raw MIDI bytes (a DIN interface, a pty)."""

from __future__ import annotations

import errno
import threading
from collections import deque
from collections.abc import Sequence
from typing import Any, Protocol

from engine.bus.timecode.ports import Lead, PortName, Tally
from engine.bus.timecode.sending import SendingThread
from engine.errors import DeviceBusy, DeviceGone, MissingExtra
from engine.time.clocks import Clock
from engine.time.codes.mtc import MidiBytes
from engine.time.codes.mtc_receiver import MtcReceiver
from engine.time.codes.mtc_sender import MtcSender
from engine.time.codes.word import CodeWord, Wire
from engine.time.rates import FrameRate

_MIDI_BAUD = 31_250
_HELD = 4096
_BUSY = (errno.EAGAIN, errno.EACCES, errno.EBUSY)


class MidiLine(Protocol):
    """A line of MIDI bytes."""

    overruns: int

    def receive(self, timeout_s: float) -> Sequence[tuple[bytes, int]]:
        """Bytes and the host instants they arrived at; waits for the first. Raises DeviceGone."""
        ...

    def send(self, message: bytes) -> None:
        """Send one message. Raises DeviceGone."""
        ...

    def close(self) -> None:
        """Let go; never raises."""
        ...


class SerialBytes:
    """A serial port."""

    def __init__(self, where: PortName, clock: Clock) -> None:
        import serial

        self.overruns = 0
        self._name, self._clock, self._gone = where.name, clock, (serial.SerialException, OSError)
        try:
            self._port = serial.serial_for_url(
                where.name, baudrate=_MIDI_BAUD, write_timeout=0.25, exclusive=True
            )
        except (serial.SerialException, OSError, ValueError) as error:
            kind = DeviceBusy if getattr(error, "errno", None) in _BUSY else DeviceGone
            raise kind(
                f"serial port {where.name} cannot be opened ({error}); check the cable and the name"
            ) from error

    def receive(self, timeout_s: float) -> list[tuple[bytes, int]]:
        """What has come in."""
        try:
            self._port.timeout = timeout_s
            data = self._port.read(1)
            if not data:
                return []
            at_ns = self._clock.now_ns()
            data += self._port.read(min(self._port.in_waiting, _HELD))
        except self._gone as error:
            raise DeviceGone(f"serial port {self._name} went away ({error})") from error
        return [(bytes(data), at_ns)]

    def send(self, message: bytes) -> None:
        """Send one message."""
        try:
            self._port.write(message)
        except self._gone as error:
            raise DeviceGone(f"serial port {self._name} went away ({error})") from error

    def close(self) -> None:
        """Let go."""
        try:
            self._port.close()
        except OSError:
            pass  # a port that is gone cannot be closed any better


class SystemMidi:
    """A MIDI port of the operating system, through rtmidi.

    Parameters
    ----------
    where : PortName
        Part of the port's name; "" is the first one.
    clock : Clock
    sends : bool
        An output, else an input.
    """

    def __init__(self, where: PortName, clock: Clock, *, sends: bool) -> None:
        try:
            import rtmidi2
        except ImportError:
            raise MissingExtra("midi", "MIDI ports by name") from None
        self.overruns = 0
        self._name, self._clock = where.name, clock
        self._held: deque[tuple[bytes, int]] = deque()
        self._filled = threading.Condition()
        try:
            self._port: Any = rtmidi2.MidiOut() if sends else rtmidi2.MidiIn()
            names = [str(name) for name in self._port.ports]
        except (RuntimeError, OSError, ValueError) as error:
            raise DeviceGone(
                f"no MIDI on this machine ({error}); load its drivers (Linux: modprobe snd-seq), or use serial:DEVICE"
            ) from error
        wanted = where.name.casefold()
        exact = [index for index, name in enumerate(names) if name.casefold() == wanted]
        found = exact or [index for index, name in enumerate(names) if wanted in name.casefold()]
        if not found:
            way = "output" if sends else "input"
            raise DeviceGone(f"no MIDI {way} {where.name!r}; there are: {', '.join(names) or 'none'}")
        try:
            if not sends:
                # Quarter frames count as timing to rtmidi, which leaves timing and system exclusive out by default.
                self._port.ignore_types(midi_sysex=False, midi_time=False, midi_sense=True)
                self._port.callback = self._called
            self._port.open_port(found[0])
        except (RuntimeError, OSError) as error:
            raise DeviceBusy(f"MIDI port {names[found[0]]!r} cannot be opened ({error})") from error

    def _called(self, message: Sequence[int], since_s: float) -> None:
        at_ns = self._clock.now_ns()
        with self._filled:
            if len(self._held) >= _HELD:
                self._held.popleft()
                self.overruns += 1
            self._held.append((bytes(message), at_ns))
            self._filled.notify()

    def receive(self, timeout_s: float) -> list[tuple[bytes, int]]:
        """What has come in."""
        with self._filled:
            if not self._held:
                self._filled.wait(timeout_s)
            found = list(self._held)
            self._held.clear()
        return found

    def send(self, message: bytes) -> None:
        """Send one message."""
        try:
            self._port.send_raw(*message)
        except (RuntimeError, OSError) as error:
            raise DeviceGone(f"MIDI port {self._name!r} went away ({error})") from error

    def close(self) -> None:
        """Let go."""
        try:
            self._port.close_port()
        except (RuntimeError, OSError):
            pass  # a port that is gone cannot be closed any better


def _opened(where: PortName, clock: Clock, *, sends: bool) -> MidiLine:
    return SerialBytes(where, clock) if where.kind == "serial" else SystemMidi(where, clock, sends=sends)


class MtcReader:
    """MIDI timecode coming in."""

    wire = Wire.MTC

    def __init__(self, port: str, where: PortName, rate: FrameRate | None, clock: Clock) -> None:
        self.port = port
        self._where, self._rate, self._clock = where, rate, clock
        self._line: MidiLine | None = None
        self._bytes = MidiBytes()
        self._receiver = MtcReceiver(rate)
        self._words = 0

    def open(self) -> None:
        """Begin to listen."""
        if self._line is None:
            self._line = _opened(self._where, self._clock, sends=False)
            self._bytes, self._receiver, self._words = MidiBytes(), MtcReceiver(self._rate), 0

    def read(self, timeout_s: float) -> Sequence[CodeWord]:
        """Words so far."""
        if self._line is None:
            raise DeviceGone(f"{self.port} is not open")
        found = [
            word
            for data, at_ns in self._line.receive(timeout_s)
            for message in self._bytes.push(data)
            if (word := self._receiver.feed(message, at_ns)) is not None
        ]
        self._words += len(found)
        return found

    @property
    def tally(self) -> Tally:
        """What has been seen since `open`."""
        overruns = self._line.overruns if self._line is not None else 0
        return Tally(self._words, self._receiver.refused + self._receiver.broken, overruns)

    def close(self) -> None:
        """Stop listening."""
        line, self._line = self._line, None
        if line is not None:
            line.close()


class MtcWriter:
    """MIDI timecode going out."""

    wire = Wire.MTC

    def __init__(self, port: str, where: PortName, rate: FrameRate, clock: Clock) -> None:
        self.port = port
        self._where, self._rate, self._clock = where, rate, clock
        self._line: MidiLine | None = None
        self._sending: SendingThread | None = None
        MtcSender(rate)  # refuses a rate the wire cannot count

    def open(self) -> None:
        """Take the port."""
        if self._line is None:
            self._line = _opened(self._where, self._clock, sends=True)

    def start(self, lead: Lead) -> None:
        """Send what `lead` says."""
        if self._line is None:
            raise DeviceGone(f"{self.port} is not open")
        if self._sending is not None:
            self._sending.stop()
        sender = MtcSender(self._rate)
        self._sending = SendingThread(
            "sensorama-mtc", lambda now_ns: sender.poll(lead, now_ns), self._line.send, self._clock
        )
        self._sending.start()

    @property
    def failure(self) -> Exception | None:
        """Why it stopped sending by itself."""
        return self._sending.failure if self._sending is not None else None

    def close(self) -> None:
        """Stop sending."""
        sending, self._sending = self._sending, None
        line, self._line = self._line, None
        if sending is not None:
            sending.stop()
        if line is not None:
            line.close()
