"""MIDI Show Control 1.1.1: cues for lighting, sound, machinery, video, in a system exclusive. Bytes and frozen values.

Layout: ``F0 7F <device> 02 <format> <command> <data> F7``. Cue number, list and path are ASCII digits and points, parted by 00.

Source: "MIDI Show Control 1.1.1" (MIDI Association RP-002/RP-014), section 4 (command formats), 5 (commands).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from devices.midi.codec import SYSEX, Message, MidiError

ALL_DEVICES = 0x7F
FORMATS: Mapping[str, int] = MappingProxyType(
    {
        "lighting": 0x01,
        "moving_lights": 0x02,
        "sound": 0x10,
        "music": 0x11,
        "machinery": 0x20,
        "rigging": 0x21,
        "flys": 0x22,
        "lifts": 0x23,
        "turntables": 0x24,
        "video": 0x30,
        "projection": 0x40,
        "film": 0x41,
        "slides": 0x42,
        "process_control": 0x50,
        "fog": 0x56,
        "smoke": 0x57,
        "haze": 0x58,
        "pyrotechnics": 0x60,
        "flame": 0x63,
        "all": 0x7F,
    }
)
COMMANDS: Mapping[str, int] = MappingProxyType(
    {
        "go": 0x01,
        "stop": 0x02,
        "resume": 0x03,
        "timed_go": 0x04,
        "load": 0x05,
        "set": 0x06,
        "fire": 0x07,
        "all_off": 0x08,
        "restore": 0x09,
        "reset": 0x0A,
        "go_off": 0x0B,
    }
)
_NAMES = MappingProxyType({code: name for name, code in COMMANDS.items()})
_WITH_CUE = frozenset(("go", "stop", "resume", "timed_go", "load", "go_off"))
_CUE = re.compile(r"[0-9.]{1,32}")


@dataclass(frozen=True, slots=True)
class ShowCommand:
    """One command.

    Parameters
    ----------
    command : str
        A key of `COMMANDS`.
    cue, cue_list, path : str
        Digits and points, at most 32 each, ``""`` for none; a list needs a cue, a path a list.
    device : int
        0..111 one device, 112..126 a group, 127 all.
    kind : int
        Command format, a value of `FORMATS` or another of 1..127.
    timecode : tuple of int
        Of ``timed_go``: hours (with the rate in bits 5-6), minutes, seconds, frames, fractional frames.
    number, value : int
        Of ``set``: generic control 0..1023 and its value 0..16383. Of ``fire``: `number` of the macro, 0..127.
    """

    command: str
    cue: str = ""
    cue_list: str = ""
    path: str = ""
    device: int = ALL_DEVICES
    kind: int = 0x7F
    timecode: tuple[int, ...] = ()
    number: int = 0
    value: int = 0


def encode_msc(show: ShowCommand) -> Message:
    """The system exclusive that carries a command.

    Raises
    ------
    MidiError
        For an unknown command or a value outside its range.
    """
    code = COMMANDS.get(show.command)
    if code is None:
        raise MidiError(f"command is {show.command!r}; allowed: {', '.join(COMMANDS)}")
    _check("device", show.device, 0, 127)
    _check("format", show.kind, 1, 127)
    data = [0x7F, show.device, 0x02, show.kind, code]
    if show.command == "timed_go":
        if len(show.timecode) != 5:
            raise MidiError(f"timecode is {show.timecode!r}; timed_go takes 5 numbers")
        for value in show.timecode:
            _check("timecode", value, 0, 127)
        data += show.timecode
    elif show.command == "set":
        _check("number", show.number, 0, 1023)
        _check("value", show.value, 0, 16383)
        data += (show.number & 0x7F, show.number >> 7, show.value & 0x7F, show.value >> 7)
    elif show.command == "fire":
        _check("number", show.number, 0, 127)
        data.append(show.number)
    data += _cue_bytes(show)
    return Message(SYSEX, tuple(data))


def _cue_bytes(show: ShowCommand) -> bytes:
    parts = [show.cue, show.cue_list, show.path]
    while parts and not parts[-1]:
        parts.pop()
    if not parts:
        return b""
    if show.command not in _WITH_CUE:
        raise MidiError(f"{show.command} takes no cue, {show.cue!r} is given")
    for part in parts:
        if not _CUE.fullmatch(part):
            raise MidiError(
                f"cue is {show.cue!r}, list {show.cue_list!r}, path {show.path!r}; allowed: digits and points, at most 32 "
                "each; a list needs a cue and a path a list"
            )
    return b"\x00".join(part.encode("ascii") for part in parts)


def is_msc(message: Message) -> bool:
    """Whether a message is MIDI Show Control."""
    return (
        message.status == SYSEX
        and len(message.data) >= 5
        and message.data[0] == 0x7F
        and message.data[2] == 0x02
    )


def decode_msc(message: Message) -> ShowCommand:
    """The command in a system exclusive.

    Raises
    ------
    MidiError
        When it is none, of a command not handled, or cut short.
    """
    data = message.data
    if not is_msc(message):
        raise MidiError("not MIDI Show Control; it begins with F0 7F, a device and 02")
    name = _NAMES.get(data[4])
    if name is None:
        raise MidiError(
            f"show control command 0x{data[4]:02x} is not handled; handled: {', '.join(COMMANDS)}"
        )
    at = 5
    timecode: tuple[int, ...] = ()
    number = value = 0
    needed = {"timed_go": 5, "set": 4, "fire": 1}.get(name, 0)
    head = data[at : at + needed]
    if len(head) < needed:
        raise MidiError(f"{name} needs {needed} bytes, {len(head)} are there")
    if name == "timed_go":
        timecode = tuple(head)
    elif name == "set":
        number, value = head[0] | head[1] << 7, head[2] | head[3] << 7
    elif name == "fire":
        number = head[0]
    at += needed
    cues = ["", "", ""]
    if name in _WITH_CUE and at < len(data):
        found = bytes(data[at:]).split(b"\x00")
        if found[-1] == b"":
            found.pop()  # some consoles close the last part too
        if len(found) > 3 or not all(_CUE.fullmatch(part.decode("latin-1")) for part in found):
            raise MidiError(f"cue is {bytes(data[at:])!r:.80}; allowed: digits and points, parted by 00")
        cues[: len(found)] = [part.decode("ascii") for part in found]
    # A time may follow the value of `set`; nobody we know sends one, and it changes nothing here.
    cue, cue_list, path = cues
    return ShowCommand(name, cue, cue_list, path, data[1], data[3], timecode, number, value)


def _check(what: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise MidiError(f"{what} is {value}; allowed {low} to {high}")
