"""Where timecode comes in and goes out: the two protocols, and how a port is written in a rig or on a command line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, Protocol, runtime_checkable

from engine.time.codes.word import CodeWord, Wire


@dataclass(frozen=True, slots=True)
class Playhead:
    """Where a leader's clock stands at one host instant.

    Parameters
    ----------
    frames : Fraction
        Position in frames of the wire's rate since 00:00:00:00; the label on show is its floor. For digital-cinema sync it
        counts edit units.
    running : bool
        False is a stop: the wire falls silent.
    direction : int
        1 forward, -1 reverse; says which way a stopped clock would go.
    """

    frames: Fraction
    running: bool
    direction: int = 1


Lead = Callable[[int], Playhead]
"""Host instant (ns) -> where the clock stands then. Pure, quick (it is asked a few hundred times a second from the
writer's thread or from PortAudio's), and asked for instants that lie up to half a second ahead."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What a reader has seen since it was opened.

    Parameters
    ----------
    words : int
        Words given out.
    refused : int
        Complete words that cannot be: digits out of range, labels drop-frame counting leaves out, bad checksums, pieces out of
        order.
    overruns : int
        Times the system lost what came in before it was read.
    """

    words: int = 0
    refused: int = 0
    overruns: int = 0


@runtime_checkable
class Reader(Protocol):
    """Timecode coming in.

    Notes
    -----
    `open`, `read` and `close` are called from one thread, the reader's own. A port that went away raises `DeviceGone` from
    `read`; the same reader may be opened again then.
    """

    wire: Wire
    port: str

    def open(self) -> None:
        """Begin to listen; does nothing when open. Raises DeviceGone, DeviceBusy or MissingExtra."""
        ...

    def read(self, timeout_s: float) -> Sequence[CodeWord]:
        """Words in the order of the wire, stamped in the host time of the clock the reader was made with.

        Waits up to `timeout_s` for the first. A word's `at_ns` is the instant at which the source's position was exactly
        `index` frames, in either direction; it may lie a frame or two back. Raises DeviceGone, and EOFError after the last
        word of a file.
        """
        ...

    @property
    def tally(self) -> Tally:
        """What has been seen since `open`."""
        ...

    def close(self) -> None:
        """Stop listening; does nothing when closed, never raises."""
        ...


@runtime_checkable
class Writer(Protocol):
    """Timecode going out.

    Notes
    -----
    `start` begins to send in a thread of the writer's own (or of PortAudio's) and returns at once; from then on whatever the
    given function says goes out at its instant. A jump of the position is a locate: MTC sends a full frame and begins again at
    piece 0, the others simply go on from there. When it does not run, nothing is sent: stop is stop.
    """

    wire: Wire
    port: str

    def open(self) -> None:
        """Take the port; does nothing when open. Raises DeviceGone, DeviceBusy or MissingExtra."""
        ...

    def start(self, lead: Lead) -> None:
        """Send what `lead` says from now on; a second call replaces it. Raises DeviceGone when not open."""
        ...

    @property
    def failure(self) -> Exception | None:
        """Why it stopped sending by itself; None while all is well."""
        ...

    def close(self) -> None:
        """Stop sending and let go; does nothing when closed, never raises."""
        ...


PortKind = Literal["audio", "midi", "serial", "udp", "file"]


@dataclass(frozen=True, slots=True)
class PortName:
    """A port, taken apart.

    Parameters
    ----------
    kind : {"audio", "midi", "serial", "udp", "file"}
    name : str
        Device name, serial device, host or path; "" is the system's choice (audio, MIDI).
    number : int
        Audio: channel from 1. UDP: port. A file's channel from 1, where it is named. Else 0.
    """

    kind: PortKind
    name: str
    number: int = 0


ARTNET_PORT = 6454
_WANTED = (
    "allowed: audio:NAME[/CHANNEL] (audio: alone for the system's device), midi:NAME, serial:DEVICE, udp://HOST[:PORT], "
    "or a sound file, FILE.wav[#CHANNEL]"
)


def parse_port(port: str) -> PortName:
    """Take a port apart.

    Raises
    ------
    ValueError
        With the port, what is wrong and what is allowed.
    """
    scheme, colon, rest = port.partition(":")
    if not port:
        raise ValueError(f"the port is empty; {_WANTED}")
    if not colon or len(scheme) == 1:  # one letter is a Windows drive
        return _file(port)
    if scheme == "audio":
        name, slash, channel = rest.rpartition("/")
        if not slash or not (
            channel.isascii() and channel.isdigit()
        ):  # a device may have a slash in its name
            return PortName("audio", rest, 1)
        if not 1 <= int(channel) <= 256:
            raise ValueError(f"port {port!r} names audio channel {channel}; allowed 1 to 256")
        return PortName("audio", name, int(channel))
    if scheme == "midi":
        return PortName("midi", rest)
    if scheme == "serial":
        if not rest:
            raise ValueError(
                f"port {port!r} names no serial device; write serial:/dev/ttyUSB0 or serial:COM3"
            )
        return PortName("serial", rest)
    if scheme == "udp" and rest.startswith("//"):
        host, _, number = rest[2:].partition(":")
        if not host or (number and not (number.isascii() and number.isdigit())):
            raise ValueError(f"port {port!r} is not udp://HOST[:PORT], as udp://0.0.0.0:{ARTNET_PORT}")
        chosen = int(number) if number else ARTNET_PORT
        if not 0 <= chosen < 65536:
            raise ValueError(f"port {port!r} names UDP port {chosen}; allowed 0 to 65535")
        return PortName("udp", host, chosen)
    if scheme == "file":
        return _file(rest.removeprefix("//"))
    raise ValueError(f"port {port!r} is not a timecode port; {_WANTED}")


def _file(path: str) -> PortName:
    name, mark, channel = path.rpartition("#")
    if mark and name and channel.isascii() and channel.isdigit() and 1 <= int(channel) <= 256:
        return PortName("file", name, int(channel))
    return PortName("file", path)
