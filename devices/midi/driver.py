"""Driver for MIDI: levels become controllers, notes, programs and show-control cues."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from devices.edges import Edges
from devices.groups import narrowed
from devices.midi.codec import BAUD, CONTROL, NOTE_OFF, NOTE_ON, PROGRAM, Message, MidiError, encode, panic
from devices.midi.msc import ALL_DEVICES, COMMANDS, FORMATS, ShowCommand, encode_msc
from devices.midi.ports import midi_line
from engine.bus.driver import (
    Channel,
    DeviceConfig,
    Form,
    Group,
    SettingError,
    TwinSpec,
)
from engine.bus.line_driver import LineDriver, integer_setting
from engine.errors import DeviceError

_SETTINGS = ("groups", "baud")
# A controller that was switched on late, or lost a byte, has the right values within this time.
_KEEP_ALIVE_NS = 5_000_000_000
_KINDS = ("control", "note", "program", "msc")
_KEYS: Mapping[str, tuple[str, ...]] = {
    "control": ("control", "channel", "bits"),
    "note": ("note", "channel", "above", "velocity"),
    "program": ("program", "channel"),
    "msc": ("msc", "cue", "list", "path", "device", "format", "number", "above"),
}


def create(config: DeviceConfig) -> MidiDriver:
    """Entry point of the family."""
    return MidiDriver(config)


@dataclass(frozen=True, slots=True)
class MidiGroup:
    """What one level says in MIDI.

    Parameters
    ----------
    name : str
    kind : {"control", "note", "program", "msc"}
    channel : int
        1..16; 0 for show control.
    number : int
        Controller, note, or program at level 0.
    bits : int
        Of a controller: 7, or 14 with the low bits on controller + 32.
    above : float
        Of a note or cue: from this level on it is sounded, fired.
    velocity : int or None
        Of a note; None takes the level at which it was struck.
    last_program : int
        Program at level 1.
    fires : bytes
        Of show control: the system exclusive.
    """

    name: str
    kind: str
    channel: int = 0
    number: int = 0
    bits: int = 7
    above: float = 0.5
    velocity: int | None = None
    last_program: int = 0
    fires: bytes = b""

    @property
    def does(self) -> bool:
        """Whether it does something (which must not be done twice) rather than stands for something."""
        return self.kind in ("note", "msc")

    def frame(self, level: float) -> bytes:
        """The state that a level stands for, as bytes; empty for nothing to say."""
        if self.kind == "control":
            if self.bits == 7:
                return encode(Message(CONTROL, (self.number, round(level * 127)), self.channel))
            value = round(level * 16383)
            # High bits first: receivers set the low ones to zero on them (MIDI 1.0, "Control Change").
            return encode(Message(CONTROL, (self.number, value >> 7), self.channel)) + encode(
                Message(CONTROL, (self.number + 32, value & 0x7F), self.channel)
            )
        if self.kind == "program":
            program = round(self.number + level * (self.last_program - self.number))
            return encode(Message(PROGRAM, (program,), self.channel))
        if self.kind == "note":
            if level < self.above:
                return encode(Message(NOTE_OFF, (self.number, 64), self.channel))
            struck = self.velocity if self.velocity is not None else max(round(level * 127), 1)
            return encode(Message(NOTE_ON, (self.number, struck), self.channel))
        return self.fires if level >= self.above else b""


class MidiDriver(LineDriver):
    """One MIDI output.

    Parameters
    ----------
    config : DeviceConfig
        `settings`: see the README of the family.

    Raises
    ------
    SettingError
    """

    family = "midi"

    def __init__(self, config: DeviceConfig) -> None:
        super().__init__(
            config,
            settings=_SETTINGS,
            twin=TwinSpec("devices.sim.midi:make_twin", "serial"),
            keep_alive_ns=_KEEP_ALIVE_NS,
        )
        if config.port.startswith(("udp://", "tcp://")):
            raise SettingError(f"port is {config.port!r}; allowed: twin, midi:NAME, a serial port", "port")
        self.entries = read_groups(config)
        channels = [Channel(f"{entry.name}.level", "ratio", 0.0, 1.0) for entry in self.entries]
        groups = [Group(entry.name, Form.LEVEL, (index,)) for index, entry in enumerate(self.entries)]
        self.channels = narrowed(config, channels, groups)
        self.groups = tuple(groups)
        self._edges = Edges([entry.does for entry in self.entries])
        self._held: dict[int, bool] = {}
        baud = integer_setting(config, "baud", BAUD, 1200, 4_000_000)
        self._midi = midi_line(config.name, config.port, baud)
        self.use_line(self._midi, f"MIDI at {config.port}")

    def encode(self, values: Sequence[float]) -> tuple[bytes, ...]:
        """One frame per group with the state it stands for; what is news is found when it leaves."""
        return tuple(entry.frame(value) for entry, value in zip(self.entries, values, strict=True))

    def stamp(self, frames: Sequence[bytes]) -> Sequence[bytes]:
        """Leave out what was said already: a MIDI cable takes about a thousand messages a second."""
        leaving = []
        # Nothing new: controllers once more. A program that is said again may start its effect again.
        again = [(i, frame) for i, frame in enumerate(frames) if self.entries[i].kind == "control"]
        for index, frame in self._edges.news(frames) or again:
            if self.entries[index].kind == "note":
                # A note that sounds is not struck again because its level wavers.
                on = frame[0] & 0xF0 == NOTE_ON
                if on == self._held.get(index, False):
                    continue
                self._held[index] = on
            leaving.append(frame)
        return leaving

    def open(self) -> None:
        """Connect."""
        was_open = self._midi.is_open
        super().open()
        if not was_open:
            self._edges.reopened()

    def close(self) -> None:
        """Silence what sounds, then let go of the line."""
        if self._midi.is_open:
            try:
                self._midi.send(
                    (panic(tuple(sorted({entry.channel for entry in self.entries if entry.channel}))),)
                )
            except DeviceError:
                pass  # the line is gone, and with it the only way to say it
        self._held.clear()
        super().close()


def read_groups(config: DeviceConfig) -> tuple[MidiGroup, ...]:
    """The ``groups`` of a device's settings. Raises SettingError."""
    rows = config.settings.get("groups", {})
    if not isinstance(rows, Mapping) or not rows:
        raise SettingError(
            "groups is missing or empty; name at least one, as {dimmer: {control: 7, channel: 1}}",
            "settings",
            "groups",
        )
    return tuple(_group(str(name), row) for name, row in rows.items())


def _group(name: str, row: object) -> MidiGroup:
    where = ("settings", "groups", name)
    kinds = [kind for kind in _KINDS if isinstance(row, Mapping) and kind in row]
    if not isinstance(row, Mapping) or len(kinds) != 1:
        raise SettingError(
            f"group {name} is {row!r}; write one of {{control: 7}}, {{note: 60}}, {{program: [0, 9]}}, {{msc: go, cue: '1'}}",
            *where,
        )
    (kind,) = kinds
    for key in row:
        if key not in _KEYS[kind]:
            raise SettingError(
                f"group {name}: unknown {key!r}; allowed: {', '.join(_KEYS[kind])}", *where, str(key)
            )
    above = row.get("above", 0.5)
    if not isinstance(above, int | float) or isinstance(above, bool) or not 0 < above <= 1:
        raise SettingError(f"group {name}: above is {above!r}; allowed: above 0, to 1", *where, "above")
    if kind == "msc":
        return MidiGroup(name, kind, above=float(above), fires=_show(name, row))
    channel = _whole(name, row, "channel", 1, 1, 16)
    if kind == "control":
        bits = _whole(name, row, "bits", 7, 7, 14)
        if bits not in (7, 14):
            raise SettingError(f"group {name}: bits is {bits}; allowed: 7, 14", *where, "bits")
        # 120 to 127 are channel modes: sending one as a level would silence or re-tune the receiver.
        number = _whole(name, row, "control", 0, 0, 119 if bits == 7 else 31)
        return MidiGroup(name, kind, channel, number, bits)
    if kind == "note":
        velocity = None if "velocity" not in row else _whole(name, row, "velocity", 127, 1, 127)
        return MidiGroup(
            name, kind, channel, _whole(name, row, "note", 0, 0, 127), above=float(above), velocity=velocity
        )
    ends = row["program"] if isinstance(row["program"], list) else [0, row["program"]]
    if len(ends) != 2 or any(
        not isinstance(end, int) or isinstance(end, bool) or not 0 <= end <= 127 for end in ends
    ):
        raise SettingError(
            f"group {name}: program is {row['program']!r}; allowed: [program at 0, program at 1], 0 to 127 each",
            *where,
            "program",
        )
    return MidiGroup(name, kind, channel, ends[0], last_program=ends[1])


def _show(name: str, row: Mapping[str, object]) -> bytes:
    where = ("settings", "groups", name)
    command = str(row["msc"])
    if command not in COMMANDS or command in ("timed_go", "set"):
        allowed = ", ".join(key for key in COMMANDS if key not in ("timed_go", "set"))
        raise SettingError(f"group {name}: msc is {row['msc']!r}; allowed: {allowed}", *where, "msc")
    kind = row.get("format", "all")
    if kind not in tuple(FORMATS):
        raise SettingError(
            f"group {name}: format is {kind!r}; allowed: {', '.join(FORMATS)}", *where, "format"
        )
    cue, cue_list, path = (str(row.get(key, "")) for key in ("cue", "list", "path"))
    try:
        return encode(
            encode_msc(
                ShowCommand(
                    command,
                    cue,
                    cue_list,
                    path,
                    _whole(name, row, "device", ALL_DEVICES, 0, 127),
                    FORMATS[str(kind)],
                    number=_whole(name, row, "number", 0, 0, 127),
                )
            )
        )
    except MidiError as error:
        raise SettingError(f"group {name}: {error}", *where, "cue") from None


def _whole(name: str, row: Mapping[str, object], key: str, default: int, low: int, high: int) -> int:
    value = row.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise SettingError(
            f"group {name}: {key} is {value!r}; allowed: an integer {low} to {high}",
            "settings",
            "groups",
            name,
            key,
        )
    return value
