"""Twin of a MIDI receiver: faders, notes, programs and the last cue.

Has: running status, 14-bit controllers, notes that sound, all notes off, show control. Has not: timecode, banks, RPN.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from devices.midi.codec import (
    ALL_NOTES_OFF,
    ALL_SOUND_OFF,
    CONTROL,
    NOTE_OFF,
    NOTE_ON,
    PROGRAM,
    Message,
    MidiError,
    MidiParser,
)
from devices.midi.driver import MidiGroup, read_groups
from devices.midi.msc import ShowCommand, decode_msc, is_msc
from devices.sim.physics import LaggedValue
from engine.bus.driver import DeviceConfig


def make_twin(config: DeviceConfig) -> MidiTwin:
    """A receiver that knows the groups of the device."""
    return MidiTwin(config)


class MidiTwin:
    """A receiver in software.

    Parameters
    ----------
    config : DeviceConfig
        The device it stands for; its latency is how late it acts.

    Attributes
    ----------
    strikes : int
        Notes struck.
    cues : list of ShowCommand
        Show-control commands, in order; the last 256.
    """

    def __init__(self, config: DeviceConfig) -> None:
        self._parser = MidiParser()
        latency = config.latency
        self._groups: tuple[MidiGroup, ...] = read_groups(config)
        self._values = {
            group.name: LaggedValue(0.0, dead_ns=latency.dead_ns, lag_ns=latency.lag_ns)
            for group in self._groups
        }
        self._controls: dict[tuple[int, int], int] = {}
        self.strikes = 0
        self.cues: list[ShowCommand] = []

    @property
    def lost_bytes(self) -> int:
        """Bytes that belonged to no message."""
        return self._parser.lost_bytes

    def receive(self, data: bytes, at_ns: int) -> Sequence[bytes]:
        """Take any cut of the stream; the receiver never answers."""
        for message in self._parser.feed(data):
            if is_msc(message):
                try:
                    show = decode_msc(message)
                except MidiError:
                    continue
                self.cues = [*self.cues[-255:], show]
            for group in self._groups:
                if (value := self._value(group, message)) is not None:
                    self._values[group.name].command(value, at_ns)
        return ()

    def state_at(self, at_ns: int) -> Mapping[str, float]:
        """Per group: 0..1 of a controller, the velocity of a note that sounds, the program, how many cues were fired."""
        return {name: value.at(at_ns) for name, value in self._values.items()}

    def _value(self, group: MidiGroup, message: Message) -> float | None:
        if group.kind == "msc":
            return float(len(self.cues)) if is_msc(message) else None
        if message.channel != group.channel:
            return None
        if group.kind == "program":
            return float(message.data[0]) if message.status == PROGRAM else None
        if group.kind == "note":
            if message.status == CONTROL and message.data[0] in (ALL_NOTES_OFF, ALL_SOUND_OFF):
                return 0.0
            if message.status not in (NOTE_ON, NOTE_OFF) or message.data[0] != group.number:
                return None
            velocity = message.data[1] if message.status == NOTE_ON else 0
            self.strikes += velocity > 0
            return velocity / 127
        if message.status != CONTROL:
            return None
        number, value = message.data
        self._controls[group.channel, number] = value
        if group.bits == 7:
            return value / 127 if number == group.number else None
        if number != group.number + 32:
            return None
        return (self._controls.get((group.channel, group.number), 0) << 7 | value) / 16383
