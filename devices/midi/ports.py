"""Lines that carry MIDI: a port of the operating system by its name, or bytes on a serial port (31250 baud) or pty."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from threading import Condition
from typing import Any

from devices.links import Link
from devices.midi.codec import MidiParser, encode
from engine.bus.ports import SerialLine
from engine.bus.source import Chunk
from engine.errors import DeviceGone, MissingExtra

_PREFIX = "midi:"
_MOST_WAITING = 4096
_FAILURES = (RuntimeError, OSError, ValueError)
"""What rtmidi raises, depending on the system."""


def midi_line(device: str, port: str, baud: int) -> Link:
    """The line a port of a rig stands for: ``midi:NAME``, else a serial port. Opens nothing."""
    if port.startswith(_PREFIX):
        return SystemOut(device, port.removeprefix(_PREFIX))
    return SerialLine(device, port, baud)


def is_system_port(port: str) -> bool:
    """Whether a port of a rig names a MIDI port of the operating system."""
    return port.startswith(_PREFIX)


def _rtmidi() -> Any:
    try:
        import rtmidi2
    except ImportError:
        raise MissingExtra("midi", "MIDI ports by name") from None
    return rtmidi2


def _open_named(device: str, made: Any, wanted: str) -> None:
    """Open the first port whose name contains `wanted`. Raises DeviceGone, listing the ports there are."""
    names = [str(name) for name in made.ports]
    exact = [index for index, name in enumerate(names) if name == wanted]
    found = exact or [index for index, name in enumerate(names) if wanted.lower() in name.lower()]
    if not found:
        there = ", ".join(repr(name) for name in names) or "none"
        raise DeviceGone(
            f"{device}: no MIDI port named {wanted!r}; ports there are: {there}. Check the cable and the port in the rig file"
        )
    made.open_port(found[0])


def _no_midi(name: str, error: Exception) -> DeviceGone:
    return DeviceGone(
        f"{name}: no MIDI on this machine ({error}); ports there are: none. Load the sound drivers "
        "(Linux: modprobe snd-seq), or give a serial port in the rig file"
    )


def _let_go(port: Any) -> None:
    if port is not None:
        try:
            port.close_port()
        except _FAILURES:
            pass  # a port that is gone cannot be closed any better


class SystemOut:
    """A MIDI output of the operating system (ALSA, CoreMIDI, WinMM), through rtmidi.

    Parameters
    ----------
    device : str
        For messages.
    name : str
        A part of the port's name, upper and lower case alike.

    Raises
    ------
    MissingExtra
        When rtmidi is not installed; a rig that needs it is refused before anything moves.
    """

    def __init__(self, device: str, name: str) -> None:
        self._library = _rtmidi()
        self._device = device
        self._name = name
        self._port: Any = None

    @property
    def is_open(self) -> bool:
        """Whether there is a connection."""
        return self._port is not None

    def open(self) -> None:
        """Connect. Raises DeviceGone, listing the ports there are."""
        if self._port is not None:
            return
        try:
            made = self._library.MidiOut()
            _open_named(self._device, made, self._name)
        except _FAILURES as error:
            raise _no_midi(self._device, error) from error
        self._port = made

    def send(self, frames: Sequence[bytes]) -> None:
        """Send messages, any number a frame. Raises DeviceGone."""
        if self._port is None:
            raise DeviceGone(f"{self._device}: MIDI port {self._name!r} is not open")
        try:
            # One message a call: that is all the systems' interfaces take.
            for message in MidiParser().feed(b"".join(frames)):
                self._port.send_raw(*encode(message))
        except _FAILURES as error:
            raise DeviceGone(f"{self._device}: MIDI port {self._name!r} went away ({error})") from error

    def read(self, timeout_s: float = 0.0) -> bytes:
        """An output says nothing."""
        return b""

    def close(self) -> None:
        """Let go of the port."""
        port, self._port = self._port, None
        _let_go(port)


class SystemIn:
    """A MIDI input of the operating system; what its own thread hears is kept until it is read.

    Attributes
    ----------
    dropped : int
        Messages lost because nobody read for 4096 of them.
    """

    def __init__(self, source: str, name: str) -> None:
        self._library = _rtmidi()
        self._source = source
        self._name = name
        self._port: Any = None
        self._heard: deque[bytes] = deque()
        self._wake = Condition()
        self.dropped = 0

    def open(self) -> None:
        """Connect. Raises DeviceGone, listing the ports there are."""
        if self._port is not None:
            return
        with self._wake:
            self._heard.clear()  # what was played before the cable was out must not come as if played now
        try:
            made = self._library.MidiIn()
            made.ignore_types(
                False, True, True
            )  # system exclusives carry show control; clocks and sensing are not asked for
            made.callback = self.hear
            _open_named(self._source, made, self._name)
        except _FAILURES as error:
            raise _no_midi(self._source, error) from error
        self._port = made

    def hear(self, message: Sequence[int], _delta_s: float = 0.0) -> None:
        """One message, from rtmidi's thread."""
        with self._wake:
            if len(self._heard) >= _MOST_WAITING:
                self.dropped += 1
                return
            self._heard.append(bytes(message))
            self._wake.notify()

    def read(self, timeout_s: float) -> Sequence[Chunk]:
        """Messages heard since the last call. Raises DeviceGone."""
        if self._port is None:
            raise DeviceGone(f"{self._source}: MIDI port {self._name!r} is not open")
        with self._wake:
            if not self._heard:
                self._wake.wait(timeout_s)
            found = [Chunk(data, self._name) for data in self._heard]
            self._heard.clear()
        return found

    def close(self) -> None:
        """Let go of the port."""
        port, self._port = self._port, None
        _let_go(port)
