"""MIDI against mido: what we write it reads, what it writes we read, streams cut anywhere."""

from __future__ import annotations

import random
import re
import struct
from pathlib import Path
from typing import Any

import pytest

from devices.midi import MidiDriver, MidiSource
from devices.midi.codec import Message, MidiParser, encode
from devices.midi.msc import FORMATS, ShowCommand, decode_msc, encode_msc
from engine.bus.driver import DeviceConfig
from engine.bus.source import Chunk, SourceConfig
from tests.peers.captures import dissected, write_capture

pytestmark = pytest.mark.peer

GROUPS = {
    "dimmer": {"control": 7, "channel": 2},
    "fine": {"control": 1, "bits": 14},
    "drum": {"note": 36, "channel": 10},
    "scene": {"program": [0, 10], "channel": 2},
    "cue": {"msc": "go", "cue": "12", "list": 1, "format": "lighting"},
}


def ours(theirs: Any) -> Message:
    """A message of mido as ours."""
    data = theirs.bytes()
    if theirs.type == "sysex":
        return Message(0xF0, tuple(data[1:-1]))
    if data[0] >= 0xF0:
        return Message(data[0], tuple(data[1:]))
    return Message(data[0] & 0xF0, tuple(data[1:]), (data[0] & 15) + 1)


def samples() -> list[Any]:
    import mido

    chance = random.Random(7)
    made: list[Any] = []
    for _ in range(400):
        channel, a, b = chance.randrange(16), chance.randrange(128), chance.randrange(128)
        made += [
            mido.Message("note_on", channel=channel, note=a, velocity=b),
            mido.Message("note_off", channel=channel, note=a, velocity=b),
            mido.Message("polytouch", channel=channel, note=a, value=b),
            mido.Message("control_change", channel=channel, control=a, value=b),
            mido.Message("program_change", channel=channel, program=a),
            mido.Message("aftertouch", channel=channel, value=a),
            mido.Message("pitchwheel", channel=channel, pitch=chance.randrange(-8192, 8192)),
            mido.Message("sysex", data=[chance.randrange(128) for _ in range(chance.randrange(30))]),
            mido.Message("quarter_frame", frame_type=a % 8, frame_value=b % 16),
            mido.Message("songpos", pos=chance.randrange(16384)),
            mido.Message("song_select", song=a),
            mido.Message(
                chance.choice(
                    ["tune_request", "clock", "start", "continue", "stop", "active_sensing", "reset"]
                )
            ),
        ]
    chance.shuffle(made)
    return made


def test_we_read_what_mido_writes_and_it_reads_what_we_write() -> None:
    import mido

    sent = samples()
    stream = b"".join(bytes(message.bytes()) for message in sent)
    parser = MidiParser()
    got = [message for at in range(0, len(stream), 7) for message in parser.feed(stream[at : at + 7])]
    assert got == [ours(message) for message in sent] and parser.lost_bytes == 0

    back = mido.Parser()
    back.feed(b"".join(map(encode, got)))
    assert list(back) == sent
    print(f"mido: {len(sent)} messages of 12 kinds and more, both ways, {len(stream)} bytes")


def test_mido_reads_what_the_driver_says() -> None:
    import mido

    made = MidiDriver(DeviceConfig("desk", settings={"groups": GROUPS}))
    parser = mido.Parser()
    for levels in ((0.0,) * 5, (1.0, 0.5, 0.8, 0.5, 1.0)):
        for frame in made.stamp(made.encode(levels)):
            parser.feed(frame)
    said = [str(message) for message in parser]
    assert said[-6:] == [
        "control_change channel=1 control=7 value=127 time=0",
        "control_change channel=0 control=1 value=64 time=0",
        "control_change channel=0 control=33 value=0 time=0",
        "note_on channel=9 note=36 velocity=102 time=0",
        "program_change channel=1 program=5 time=0",
        "sysex data=(127,127,2,1,1,49,50,0,49) time=0",
    ]
    print("mido:", *said, sep="\n  ")


def test_show_control_in_a_system_exclusive_of_mido() -> None:
    import mido

    show = ShowCommand("timed_go", "25.2", "3", "1", 5, 0x10, (0x21, 2, 3, 4, 0))
    theirs = mido.Message("sysex", data=encode_msc(show).data)
    (message,) = MidiParser().feed(bytes(theirs.bytes()))
    assert decode_msc(message) == show
    source = MidiSource(SourceConfig("desk", "/dev/ttyX"))
    (signal,) = source.decode(Chunk(bytes(theirs.bytes())), 0)
    assert (signal.address, signal.values) == ("/msc/timed_go", ("25.2", "3", "1"))


NAMED_BY_TSHARK = {
    "lighting": "Lighting",
    "moving_lights": "Moving Lights",
    "sound": "Sound",
    "music": "Music",
    "machinery": "Machinery",
    "rigging": "Rigging",
    "flys": "Flys",
    "lifts": "Lifts",
    "turntables": "Turntables",
    "video": "Video",
    "projection": "Projections",
    "film": "Film Projectors",
    "slides": "Slide Projectors",
    "process_control": "Process Control",
    "fog": "Fog",
    "smoke": "Smoke",
    "haze": "Cracked Haze",
    "pyrotechnics": "Pyro",
    "flame": "Flame",
    "all": "All Types",
}


def test_tshark_finds_show_control_and_names_its_formats_as_we_do(tmp_path: Path) -> None:
    """As RTP-MIDI (RFC 6295), which is how its dissector takes MIDI."""
    packets = []
    for number, kind in enumerate(FORMATS.values()):
        data = encode(encode_msc(ShowCommand("go", "25.2", "3", device=5, kind=kind)))
        head = struct.pack(">BBHII", 0x80, 97, number, number * 100, 7)
        packets.append(head + (0x8000 | len(data)).to_bytes(2, "big") + data)
    write_capture(tmp_path / "msc.pcap", packets, 5005)
    text = dissected(tmp_path / "msc.pcap", "-d", "udp.port==5005,rtp", "-d", "rtp.pt==97,rtpmidi", "-V")
    assert text.count("Common RT: MIDI Show Control (0x02)") == len(FORMATS)
    assert text.count("Sysex Common Device ID: 0x05") == len(FORMATS)
    assert text.count("Unknown Data: 0132352e320033") == len(
        FORMATS
    )  # it does not read commands: GO, 25.2, 00, 3
    named = re.findall(r"Realtime Show Control: ([^(]*) (?:\(General.*)?\(0x([0-9a-f]+)\)", text)
    assert named == [(NAMED_BY_TSHARK[name], f"{code:02x}") for name, code in FORMATS.items()]
    print("tshark:", *(f"{code} {name}" for name, code in named), sep="\n  ")
