"""The two timecode processes of a live run: one listens to the clock that is followed, one sends what this show leads with.

Each talks over one pipe in pairs ``(kind, payload)``: to the parent ``ready`` (str), ``words`` (list of CodeWord), ``say`` (str) and
``failed`` (str); from it ``retire``. If the parent dies the pipe ends, and so does what they do: stop is seen as stop.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.errors import DeviceError, SensoramaError
from engine.experience.venue import SendSpec
from engine.show.timecode.leading import Leader, Sought
from engine.time import FrameRate

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from engine.bus.timecode import Lead, Reader, Writer

#: How long a read waits before it looks whether it is still wanted.
_READ_S = 0.1
#: Between two tries to open a port that is away.
RETRY_S = 1.0


@dataclass(frozen=True, slots=True)
class ListenConfig:
    """What the listening process is told at its start.

    Parameters
    ----------
    wire, port : str
    rate : FrameRate or None
        None: what the wire says.
    """

    wire: str
    port: str
    rate: FrameRate | None


@dataclass(frozen=True, slots=True)
class LeadConfig:
    """What the sending process is told at its start.

    Parameters
    ----------
    block_name : str
        Of the transport in shared memory.
    sends : tuple of SendSpec
    silent_ns : int
        A conductor that has not shown itself for so long has stopped.
    before : Sought
        Seeks of the run so far: a process that is started again goes on where the first one was.
    """

    block_name: str
    sends: tuple[SendSpec, ...]
    silent_ns: int
    before: Sought | None = None


class Line:
    """The line to the parent."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._ready = False
        self.stop = threading.Event()
        threading.Thread(target=self._listen, name="parent", daemon=True).start()

    def _listen(self) -> None:
        try:
            while self._pipe.recv()[0] != "retire":
                pass
        except (EOFError, OSError):
            pass  # the parent is gone
        self.stop.set()

    def put(self, kind: str, payload: object) -> None:
        """Say something; a parent that is gone does not hear it."""
        try:
            self._pipe.send((kind, payload))
        except (OSError, ValueError):
            self.stop.set()

    def say(self, text: str) -> None:
        """One line for people; the first says that the process is up."""
        self.put("say" if self._ready else "ready", text)
        self._ready = True


def listen_main(config: ListenConfig, pipe: Connection) -> None:
    """Read one timecode until told to retire. The target of the spawned process."""
    from engine.bus.timecode import open_reader
    from engine.time import MonotonicClock

    line = Line(pipe)
    try:
        reader = open_reader(config.wire, config.port, config.rate, MonotonicClock())
        listen(reader, line)
    except SensoramaError as error:
        line.put("failed", f"timecode in, {config.wire} on {config.port}: {error}")
    except KeyboardInterrupt:
        pass  # Ctrl-C reaches every process of the terminal; the parent decides what follows


def listen(reader: Reader, line: Line) -> None:
    """Hand on words; a port that is away is tried again and said once."""
    name = f"timecode in: {reader.wire.value} on {reader.port}"
    said = ""
    try:
        while not line.stop.is_set():
            try:
                reader.open()
                if said != "open":
                    line.say(name)
                    said = "open"
                while not line.stop.is_set():
                    words = reader.read(_READ_S)
                    if words:
                        line.put("words", list(words))
            except DeviceError as error:
                if said != str(error):
                    said = str(error)
                    line.say(f"{name}: {error}; tried again every {RETRY_S:g} s")
                reader.close()
                line.stop.wait(RETRY_S)
            except EOFError:
                line.say(f"{name}: the file is over")
                line.stop.wait()
    finally:
        reader.close()


def lead_main(config: LeadConfig, pipe: Connection) -> None:
    """Send every timecode of the rig from the transport, until told to retire. The target of the spawned process."""
    from engine.bus.timecode import open_writer
    from engine.time import MonotonicClock, TransportBlock

    line = Line(pipe)
    clock = MonotonicClock()
    voices: list[Voice] = []
    try:
        with ExitStack() as stack:
            for send in config.sends:
                # One attachment each: a writer asks from its own thread.
                block = TransportBlock.attach(config.block_name)
                stack.callback(block.close)
                leader = Leader(
                    block,
                    clock.now_ns,
                    rate=send.rate,
                    start_index=send.start_index,
                    offset_ns=send.offset_ns,
                    silent_ns=config.silent_ns,
                    endless=send.wire == "cinema",
                    before=config.before,
                )
                writer = open_writer(send.wire, send.port, send.rate, clock)
                stack.callback(writer.close)
                voices.append(Voice(writer, leader))
            lead(voices, line)
    except SensoramaError as error:
        line.put("failed", f"timecode out: {error}")
    except KeyboardInterrupt:
        pass  # as above


@dataclass(slots=True)
class Voice:
    """One timecode that is sent.

    Parameters
    ----------
    writer : Writer
    leader : callable
        What it sends.
    text : str
        What was last said of it.
    sends : bool
        Its port is open.
    given_up : bool
        It can never be opened here (a library is missing).
    """

    writer: Writer
    leader: Lead
    text: str = ""
    sends: bool = False
    given_up: bool = False

    def keep(self) -> None:
        """Open it if it does not send; never raises for a port that is away."""
        name = f"{self.writer.wire.value} on {self.writer.port}"
        try:
            if self.sends and self.writer.failure is not None:
                self.sends = False
                self.writer.close()
                self.text = f"{name}: {self.writer.failure}; tried again every {RETRY_S:g} s"
            elif not self.sends and not self.given_up:
                self.writer.open()
                self.writer.start(self.leader)
                self.sends, self.text = True, name
        except DeviceError as error:
            self.writer.close()
            self.text = f"{name}: {error}; tried again every {RETRY_S:g} s"
        except SensoramaError as error:
            self.given_up, self.text = True, f"{name}: {error}"


def lead(voices: Sequence[Voice], line: Line) -> None:
    """Keep every writer sending; one that lost its port is tried again, the others do not notice."""
    said = ""
    while not line.stop.is_set():
        for voice in voices:
            voice.keep()
        text = "timecode out: " + "; ".join(voice.text for voice in voices)
        if text != said:
            said = text
            line.say(text)
        line.stop.wait(RETRY_S)
