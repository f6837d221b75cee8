"""What a family has to provide that listens: a console, a sequencer, a PLC, a tracker, a web page.

The counterpart of `engine.bus.driver`. A *source* says how its bytes are read (`open`, `read`, `close`: I/O, in a thread of the
source's own) and what they mean (`decode`: pure). Everything that comes in is a `Signal`; the rig's ``triggers`` map signals to
what a guest or an operator could do, `sensorama record` turns them into tracks, and nothing that comes in moves an actuator by
itself, but for live motion where the rig asks for it (`engine.bus.live_motion`): filtered, and within every limit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

Value = float | int | str | bool | bytes


@dataclass(frozen=True, slots=True)
class Signal:
    """One thing a source said.

    Parameters
    ----------
    source : str
        The rig's name for the source.
    address : str
        What was said, in the source's own vocabulary, always beginning with a slash: an OSC address; MIDI ``/note/1/60``,
        ``/control/1/7``, ``/program/1``, ``/msc/go`` (channels from 1); DMX ``/1/12`` (universe, channel from 1);
        Modbus ``/coil/3``, ``/input/3``; a tracker's ``/camera/1``; a serial or TCP line ``/line``; HTTP's path.
    values : tuple
        Arguments; a DMX level, a velocity or a controller is a float 0..1, a coil is a bool, a line is its text.
    at_ns : int
        Host instant at which it is meant: of arrival, or of an OSC time tag that lies ahead.
    """

    source: str
    address: str
    values: tuple[Value, ...]
    at_ns: int


@dataclass(frozen=True, slots=True)
class SourceConfig:
    """One source of a rig.

    Parameters
    ----------
    name : str
        The rig's name for it.
    port : str
        ``udp://0.0.0.0:9000`` (listens there), ``tcp://host:port``, a serial port, ``midi:NAME``, ``http://0.0.0.0:8080``.
    settings : mapping
        The family's own, as written. Mistakes are `engine.bus.driver.SettingError`.
    """

    name: str
    port: str
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Chunk:
    """Bytes as they came in: a datagram, or any cut of a stream.

    Parameters
    ----------
    data : bytes
    sender : str
        Who sent them, where the line tells: ``192.168.1.20``.
    at_ns : int or None
        Host instant of arrival, where the line knows it better than whoever reads; None otherwise.
    """

    data: bytes
    sender: str = ""
    at_ns: int | None = None


@runtime_checkable
class Source(Protocol):
    """One thing that is listened to.

    Attributes
    ----------
    name : str
        The rig's name.
    family : str

    Notes
    -----
    `open`, `read` and `close` are called from one thread, the source's own. `decode` is pure but for what a stream has to
    carry over (half a line, a running status), and raises nothing, whatever the bytes: what it does not understand it counts
    in `refused`.
    """

    name: str
    family: str
    refused: int

    def open(self) -> None:
        """Begin to listen; does nothing when open. Raises DeviceGone or DeviceBusy."""
        ...

    def read(self, timeout_s: float) -> Sequence[Chunk]:
        """What has come in; waits up to `timeout_s` for the first. Raises DeviceGone."""
        ...

    def decode(self, chunk: Chunk, at_ns: int) -> Sequence[Signal]:
        """What the bytes say. `at_ns` is the host instant of arrival (the chunk's own, if it has one)."""
        ...

    def close(self) -> None:
        """Stop listening; does nothing when closed, never raises."""
        ...
