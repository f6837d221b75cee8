"""MIDI that comes in: keyboards, fader boxes, sequencers, show controllers that send cues."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from devices.listeners import Ear, LinkEar
from devices.midi.codec import (
    BAUD,
    CONTINUE,
    CONTROL,
    KEY_PRESSURE,
    NOTE_OFF,
    NOTE_ON,
    PITCH,
    PRESSURE,
    PROGRAM,
    START,
    STOP,
    SYSEX,
    Message,
    MidiError,
    MidiParser,
)
from devices.midi.msc import decode_msc, is_msc
from devices.midi.ports import SystemIn, is_system_port
from engine.bus.driver import SettingError, check_settings
from engine.bus.line_driver import integer_setting
from engine.bus.ports import SerialLine
from engine.bus.source import Chunk, Signal, SourceConfig, Value

_SETTINGS = ("baud", "fine")
_SYSTEM = {START: "/start", CONTINUE: "/continue", STOP: "/stop"}


def create_source(config: SourceConfig) -> MidiSource:
    """Entry point of the source."""
    return MidiSource(config)


class MidiSource:
    """One MIDI input.

    Parameters
    ----------
    config : SourceConfig
        `port`: ``midi:NAME`` or a serial port. `settings`: see the README of the family.

    Raises
    ------
    SettingError
    """

    family = "midi"

    def __init__(self, config: SourceConfig) -> None:
        check_settings(config, _SETTINGS)
        baud = integer_setting(config, "baud", BAUD, 1200, 4_000_000)
        fine = config.settings.get("fine", [])
        if not isinstance(fine, list) or any(
            not isinstance(n, int) or isinstance(n, bool) or not 0 <= n <= 31 for n in fine
        ):
            raise SettingError(
                f"fine is {fine!r}; allowed: a list of controllers 0 to 31", "settings", "fine"
            )
        if config.port.startswith(("udp://", "tcp://")):
            raise SettingError(f"port is {config.port!r}; allowed: midi:NAME, a serial port", "port")
        self._fine = frozenset(fine)
        self._high: dict[tuple[int, int], int] = {}
        self.name = config.name
        self.refused = 0
        self._parser = MidiParser()
        if is_system_port(config.port):
            self._ear: Ear = SystemIn(config.name, config.port.partition(":")[2])
        else:
            self._ear = LinkEar(SerialLine(config.name, config.port, baud), config.port)

    def open(self) -> None:
        """Connect."""
        self._ear.open()
        self._parser = MidiParser()
        self._high.clear()

    def read(self, timeout_s: float) -> Sequence[Chunk]:
        """Bytes as they come in."""
        return self._ear.read(timeout_s)

    def close(self) -> None:
        """Let go of the port."""
        self._ear.close()

    def decode(self, chunk: Chunk, at_ns: int) -> Sequence[Signal]:
        """One signal per message; timecode, clocks and active sensing are not for here."""
        arrived_ns = at_ns if chunk.at_ns is None else chunk.at_ns
        lost = self._parser.lost_bytes
        signals = []
        for message in self._parser.feed(chunk.data):
            try:
                said = list(self._say(message))
            except MidiError:
                self.refused += 1
                continue
            signals += [Signal(self.name, address, values, arrived_ns) for address, values in said]
        self.refused += self._parser.lost_bytes - lost
        return signals

    def _say(self, message: Message) -> Iterator[tuple[str, tuple[Value, ...]]]:
        status, data, channel = message.status, message.data, message.channel
        if status == NOTE_ON:
            yield f"/note/{channel}/{data[0]}", (data[1] / 127,)
        elif status == NOTE_OFF:
            # What a key did on release matters to nobody here; 0 is "off" for every rule.
            yield f"/note/{channel}/{data[0]}", (0.0,)
        elif status == CONTROL:
            yield from self._control(channel, *data)
        elif status == PROGRAM:
            yield f"/program/{channel}", (data[0],)
        elif status == PITCH:
            yield f"/pitch/{channel}", ((message.value14 - 8192) / 8192,)
        elif status == PRESSURE:
            yield f"/pressure/{channel}", (data[0] / 127,)
        elif status == KEY_PRESSURE:
            yield f"/pressure/{channel}/{data[0]}", (data[1] / 127,)
        elif status in _SYSTEM:
            yield _SYSTEM[status], ()
        elif status == SYSEX:
            if not is_msc(message):
                yield "/sysex", (bytes(data),)
                return
            show = decode_msc(message)
            if show.command == "set":
                yield "/msc/set", (show.number, show.value / 16383)
            elif show.command == "fire":
                yield "/msc/fire", (show.number,)
            else:
                cues: tuple[Value, ...] = (show.cue, show.cue_list, show.path)
                while cues and not cues[-1]:
                    cues = cues[:-1]
                yield f"/msc/{show.command}", cues

    def _control(self, channel: int, number: int, value: int) -> Iterator[tuple[str, tuple[Value, ...]]]:
        if number in self._fine:
            # Complete with the low bits, which follow.
            self._high[channel, number] = value
        elif number - 32 in self._fine and (high := self._high.get((channel, number - 32))) is not None:
            yield f"/control/{channel}/{number - 32}", ((high << 7 | value) / 16383,)
        else:
            yield f"/control/{channel}/{number}", (value / 127,)
