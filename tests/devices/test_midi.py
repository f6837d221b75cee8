"""MIDI: the table of messages, streams, show control, driver, source, twin, ports."""

from __future__ import annotations

import os
import select
import sys
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.midi import MidiDriver, MidiSource
from devices.midi.codec import (
    CONTROL,
    MAX_SYSEX,
    NOTE_OFF,
    NOTE_ON,
    PITCH,
    PROGRAM,
    SYSEX,
    Message,
    MidiError,
    MidiParser,
    encode,
)
from devices.midi.msc import COMMANDS, ShowCommand, decode_msc, encode_msc
from devices.midi.ports import SystemIn, SystemOut
from devices.sim.midi import MidiTwin
from engine.bus.driver import DeviceConfig, Driver, SettingError
from engine.bus.source import Chunk, Signal, Source, SourceConfig
from engine.errors import DeviceGone, MissingExtra

GOLDEN = {
    "903c64": Message(NOTE_ON, (60, 100), 1),
    "8f3c40": Message(NOTE_OFF, (60, 64), 16),
    "b2077f": Message(CONTROL, (7, 127), 3),
    "c905": Message(PROGRAM, (5,), 10),
    "e00040": Message(PITCH, (0, 64), 1),
    "f27f01": Message(0xF2, (127, 1)),
    "fa": Message(0xFA),
    "f07e7f0601f7": Message(SYSEX, (0x7E, 0x7F, 6, 1)),
}
data_bytes = st.integers(0, 127)
messages = st.one_of(
    st.builds(
        lambda status, a, b, channel: Message(status, (a,) if status in (0xC0, 0xD0) else (a, b), channel),
        st.sampled_from([0x80, 0x90, 0xA0, 0xB0, 0xC0, 0xD0, 0xE0]),
        data_bytes,
        data_bytes,
        st.integers(1, 16),
    ),
    st.builds(lambda data: Message(SYSEX, tuple(data)), st.lists(data_bytes, max_size=20)),
    st.sampled_from([Message(0xF1, (3,)), Message(0xF6), Message(0xF8), Message(0xFF)]),
)


class TestCodec:
    @pytest.mark.parametrize("text", GOLDEN)
    def test_golden(self, text: str) -> None:
        assert encode(GOLDEN[text]).hex() == text
        assert list(MidiParser().feed(bytes.fromhex(text))) == [GOLDEN[text]]

    @given(st.lists(messages, max_size=8), st.integers(1, 5))
    def test_any_cut_of_a_stream_gives_the_same_messages(self, sent: list[Message], step: int) -> None:
        stream = b"".join(map(encode, sent))
        parser = MidiParser()
        got = [
            message for at in range(0, len(stream), step) for message in parser.feed(stream[at : at + step])
        ]
        assert got == sent and parser.lost_bytes == 0

    def test_running_status_with_clocks_in_between(self) -> None:
        got = list(MidiParser().feed(bytes.fromhex("903c64f83cf800 b007 fe 40 0a20")))
        assert [message for message in got if message.status < 0xF8] == [
            Message(NOTE_ON, (60, 100), 1),
            Message(NOTE_ON, (60, 0), 1),
            Message(CONTROL, (7, 64), 1),
            Message(CONTROL, (10, 32), 1),
        ]
        assert len(got) == 7

    def test_a_clock_inside_a_system_exclusive(self) -> None:
        assert list(MidiParser().feed(bytes.fromhex("f001f802f7"))) == [Message(0xF8), Message(SYSEX, (1, 2))]

    def test_system_messages_end_running_status(self) -> None:
        parser = MidiParser()
        assert [m.status for m in parser.feed(bytes.fromhex("903c64f3053c64"))] == [NOTE_ON, 0xF3]
        assert parser.lost_bytes == 2

    def test_a_system_exclusive_without_end_is_dropped(self) -> None:
        parser = MidiParser()
        assert list(parser.feed(b"\xf0" + b"\x01" * (MAX_SYSEX + 50) + b"\xf7\x90\x3c\x64")) == [
            Message(NOTE_ON, (60, 100), 1)
        ]
        assert parser.lost_bytes == MAX_SYSEX + 51
        assert list(parser.feed(b"\xf0\x01\x02\x90\x3c\x64")) == [Message(NOTE_ON, (60, 100), 1)]

    @given(st.lists(st.binary(max_size=60), max_size=4))
    def test_noise(self, cuts: list[bytes]) -> None:
        parser = MidiParser()
        for data in cuts:
            for message in parser.feed(data):
                assert list(MidiParser().feed(encode(message))) == [message]

    @pytest.mark.parametrize(
        ("message", "says"),
        [
            (Message(NOTE_ON, (128, 0), 1), "data byte is 128; allowed 0 to 127"),
            (Message(NOTE_ON, (1,), 1), "takes 2 data bytes, 1 are given"),
            (Message(NOTE_ON, (1, 1), 17), "channel is 17; allowed 1 to 16"),
            (Message(0xF4), "0xf4, which is not defined"),
            (Message(SYSEX, (0,) * 1025), "has 1025 bytes; allowed 1024"),
        ],
    )
    def test_what_it_refuses_to_write(self, message: Message, says: str) -> None:
        with pytest.raises(MidiError, match=says):
            encode(message)


SHOW = {
    # RP-002, GO with cue number, list and path; all to device 1, lighting.
    "f07f0102010132352e3200330031f7": ShowCommand("go", "25.2", "3", "1", 1, 1),
    "f07f7f020102f7": ShowCommand("stop", kind=1),
    "f07f7f020103 31f7": ShowCommand("resume", "1", kind=1),
    "f07f7f020104 2102030400 35f7": ShowCommand("timed_go", "5", kind=1, timecode=(0x21, 2, 3, 4, 0)),
    "f07f7f020106 05010102f7": ShowCommand("set", kind=1, number=133, value=257),
    "f07f7f020107 09f7": ShowCommand("fire", kind=1, number=9),
    "f07f7f020108f7": ShowCommand("all_off", kind=1),
    "f07f7f02010af7": ShowCommand("reset", kind=1),
    "f07f7f02010b 3700 39f7": ShowCommand("go_off", "7", "9", kind=1),
}


class TestShowControl:
    @pytest.mark.parametrize("text", SHOW)
    def test_golden(self, text: str) -> None:
        data = bytes.fromhex(text)
        assert encode(encode_msc(SHOW[text])) == data
        (message,) = MidiParser().feed(data)
        assert decode_msc(message) == SHOW[text]

    def test_every_command_is_in_the_table_once(self) -> None:
        assert len(set(COMMANDS.values())) == len(COMMANDS)

    @given(st.lists(st.integers(0, 127), max_size=30))
    def test_noise_is_refused_and_breaks_nothing(self, noise: list[int]) -> None:
        for data in (noise, [0x7F, 1, 2, 1, *noise]):
            try:
                decode_msc(Message(SYSEX, tuple(data)))
            except MidiError:
                continue

    @pytest.mark.parametrize(
        ("show", "says"),
        [
            (ShowCommand("jump"), "command is 'jump'; allowed: go, stop"),
            (ShowCommand("go", "1a"), "allowed: digits and points"),
            (ShowCommand("go", "", "1"), "a list needs a cue"),
            (ShowCommand("reset", "1"), "reset takes no cue"),
            (ShowCommand("fire", number=128), "number is 128; allowed 0 to 127"),
            (ShowCommand("timed_go", "1"), "timed_go takes 5 numbers"),
        ],
    )
    def test_what_it_refuses_to_write(self, show: ShowCommand, says: str) -> None:
        with pytest.raises(MidiError, match=says):
            encode_msc(show)


GROUPS: dict[str, dict[str, object]] = {
    "dimmer": {"control": 7, "channel": 2},
    "fine": {"control": 1, "bits": 14},
    "drum": {"note": 36, "channel": 10},
    "scene": {"program": [0, 10], "channel": 2},
    "cue": {"msc": "go", "cue": "12", "list": 1, "format": "lighting"},
}
PARK = (0.0,) * 5


def driver(port: str = "twin", groups: object = GROUPS, **settings: object) -> MidiDriver:
    return MidiDriver(DeviceConfig("desk", port, settings={"groups": groups, **settings}))


def leaves(made: MidiDriver, *levels: float) -> str:
    return b"".join(made.stamp(made.encode(levels))).hex()


class TestDriver:
    def test_it_is_a_driver(self) -> None:
        assert isinstance(driver(), Driver)

    def test_encoding_is_pure_and_says_every_state(self) -> None:
        made = driver()
        frames = made.encode((1.0, 0.5, 0.8, 0.5, 1.0))
        assert frames == made.encode((1.0, 0.5, 0.8, 0.5, 1.0))
        assert [frame.hex() for frame in frames] == [
            "b1077f",
            "b00140b02100",
            "992466",
            "c105",
            "f07f7f02010131320031f7",
        ]
        assert [frame.hex() for frame in made.encode(PARK)] == [
            "b10700",
            "b00100b02100",
            "892440",
            "c100",
            "",
        ]

    def test_only_changes_leave(self) -> None:
        made = driver()
        assert leaves(made, *PARK) == "b10700b00100b02100c100"
        assert leaves(made, 1.0, 0, 0, 0, 0) == "b1077f"  # the program becomes known with the second frame
        assert leaves(made, 1.0, 0, 0, 0, 0) == "b1077fb00100b02100"  # nothing new: controllers once more
        assert leaves(made, 1.0, 0, 0.6, 0.5, 1.0) == "99244cc105f07f7f02010131320031f7"

    def test_a_note_is_struck_once_while_its_level_wavers(self) -> None:
        made = driver()
        leaves(made, *PARK)
        assert "99244c" in leaves(made, 0, 0, 0.6, 0, 0)
        assert "9924" not in leaves(made, 0, 0, 0.9, 0, 0)
        assert "892440" in leaves(made, 0, 0, 0.1, 0, 0)
        assert "99247f" in leaves(made, 0, 0, 1.0, 0, 0)

    def test_a_cue_is_not_given_twice_because_a_cable_was_out(self) -> None:
        read, write = os.openpty()
        made = driver(os.ttyname(write))
        try:
            made.open()
            for levels in (PARK, (0, 0, 0, 0, 1.0)):
                made.send(made.encode(levels))
            made.close()
            made.open()
            for levels in (PARK, (0, 0, 0, 0, 1.0)):
                made.send(made.encode(levels))
            made.close()
            end = bytes.fromhex("b07b00b17b00b97b00")  # notes off on every channel in use
            heard = b""
            while (
                not (heard.count(end) == 2 and heard.endswith(end)) and select.select([read], [], [], 1.0)[0]
            ):
                heard += os.read(read, 4096)
        finally:
            os.close(read)
            os.close(write)
        assert heard.count(bytes.fromhex("f07f7f02010131320031f7")) == 1
        assert heard.endswith(end)

    @pytest.mark.parametrize(
        ("groups", "says"),
        [
            ({}, "groups is missing or empty"),
            ({"a": {"channel": 1}}, "write one of"),
            ({"a": {"control": 7, "note": 1}}, "write one of"),
            ({"a": {"control": 120}}, "control is 120; allowed: an integer 0 to 119"),
            ({"a": {"control": 32, "bits": 14}}, "allowed: an integer 0 to 31"),
            ({"a": {"control": 7, "bits": 8}}, "bits is 8; allowed: 7, 14"),
            ({"a": {"note": 60, "channel": 0}}, "channel is 0; allowed: an integer 1 to 16"),
            ({"a": {"note": 60, "above": 0}}, "above is 0; allowed"),
            ({"a": {"program": [0, 200]}}, r"program is \[0, 200\]"),
            ({"a": {"msc": "jump"}}, "msc is 'jump'; allowed: go, stop"),
            ({"a": {"msc": "go", "cue": "one"}}, "cue is 'one'"),
            ({"a": {"msc": "go", "format": "laser"}}, "format is 'laser'; allowed: lighting"),
            ({"a": {"control": 7, "zoom": 1}}, "unknown 'zoom'; allowed: control, channel, bits"),
        ],
    )
    def test_wrong_settings(self, groups: object, says: str) -> None:
        with pytest.raises(SettingError, match=says):
            driver(groups=groups)

    def test_wrong_ports(self) -> None:
        with pytest.raises(SettingError) as caught:
            driver("udp://host:1")
        assert caught.value.path == ("port",)


def source(**settings: object) -> MidiSource:
    return MidiSource(SourceConfig("keys", "/dev/ttyX", settings))


class TestSource:
    def test_it_is_a_source(self) -> None:
        assert isinstance(source(), Source)

    @pytest.mark.parametrize(
        ("text", "address", "values"),
        [
            ("903c7f", "/note/1/60", (1.0,)),
            ("9f3c00", "/note/16/60", (0.0,)),
            ("803c40", "/note/1/60", (0.0,)),
            ("b0077f", "/control/1/7", (1.0,)),
            ("c305", "/program/4", (5,)),
            ("e00040", "/pitch/1", (0.0,)),
            ("e00000", "/pitch/1", (-1.0,)),
            ("d07f", "/pressure/1", (1.0,)),
            ("a03c7f", "/pressure/1/60", (1.0,)),
            ("fa", "/start", ()),
            ("f00102f7", "/sysex", (b"\x01\x02",)),
            ("f07f0102010132352e3200330031f7", "/msc/go", ("25.2", "3", "1")),
            ("f07f7f020102f7", "/msc/stop", ()),
            ("f07f7f02010705f7", "/msc/fire", (5,)),
            ("f07f7f020106 0100 7f7f f7", "/msc/set", (1, 1.0)),
        ],
    )
    def test_every_kind(self, text: str, address: str, values: tuple[object, ...]) -> None:
        assert source().decode(Chunk(bytes.fromhex(text)), 5) == [Signal("keys", address, values, 5)]  # type: ignore[arg-type]

    def test_fine_controllers_are_said_once_with_all_their_bits(self) -> None:
        made = source(fine=[1])
        assert made.decode(Chunk(bytes.fromhex("b0017f")), 0) == []
        (signal,) = made.decode(Chunk(bytes.fromhex("b0217f")), 0)
        assert (signal.address, signal.values) == ("/control/1/1", (1.0,))
        assert made.decode(Chunk(bytes.fromhex("b1217f")), 0)[0].address == "/control/2/33"

    def test_timecode_and_clocks_are_not_for_here(self) -> None:
        assert source().decode(Chunk(bytes.fromhex("f8f103fe")), 0) == []

    def test_messages_across_chunks_keep_the_arrival_of_their_end(self) -> None:
        made = source()
        assert made.decode(Chunk(b"\x90\x3c"), 1) == []
        assert made.decode(Chunk(b"\x7f", at_ns=7), 9)[0].at_ns == 7

    def test_what_it_does_not_understand_is_counted(self) -> None:
        made = source()
        made.decode(Chunk(bytes.fromhex("f07f7f02017ff7 05")), 0)
        assert made.refused == 2

    @given(st.binary(max_size=200))
    def test_noise(self, noise: bytes) -> None:
        source(fine=[0, 1]).decode(Chunk(noise), 0)

    @pytest.mark.parametrize(
        ("settings", "says"),
        [({"fine": [40]}, "controllers 0 to 31"), ({"baud": 1}, "baud is 1"), ({"a": 1}, "'a'")],
    )
    def test_wrong_settings(self, settings: dict[str, object], says: str) -> None:
        with pytest.raises(SettingError, match=says):
            source(**settings)

    def test_over_a_pty(self) -> None:
        ours, theirs = os.openpty()
        made = MidiSource(SourceConfig("keys", os.ttyname(theirs)))
        try:
            made.open()
            os.write(ours, b"\x90\x3c\x7f")
            signals: list[Signal] = []
            for _ in range(20):
                signals += [signal for chunk in made.read(0.1) for signal in made.decode(chunk, 3)]
                if signals:
                    break
        finally:
            made.close()
            os.close(ours)
            os.close(theirs)
        assert signals == [Signal("keys", "/note/1/60", (1.0,), 3)]


class _Midi:
    """What rtmidi gives: ports by index, raw bytes out, a callback in."""

    ports = ("Through:0", "Desk Port 1")

    def __init__(self) -> None:
        self.opened: int | None = None
        self.sent: list[tuple[int, ...]] = []
        self.callback: object = None

    def open_port(self, index: int) -> None:
        self.opened = index

    def close_port(self) -> None:
        self.opened = None

    def send_raw(self, *data: int) -> None:
        self.sent.append(data)

    def ignore_types(self, *ignored: bool) -> None:
        assert ignored == (False, True, True)


class TestSystemPorts:
    @pytest.fixture
    def made(self, monkeypatch: pytest.MonkeyPatch) -> list[_Midi]:
        there: list[_Midi] = []

        def make() -> _Midi:
            there.append(_Midi())
            return there[-1]

        fake = ModuleType("rtmidi2")
        fake.MidiOut = fake.MidiIn = make  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "rtmidi2", fake)
        return there

    def test_a_part_of_the_name_finds_it(self, made: list[_Midi]) -> None:
        line = SystemOut("desk", "desk port")
        line.open()
        line.send([b"\x90\x3c\x40\xb0\x01\x02", b"", b"\xf0\x01\xf7"])
        assert made[0].opened == 1 and made[0].sent == [
            (0x90, 0x3C, 0x40),
            (0xB0, 1, 2),
            (0xF0, 1, 0xF7),
        ]
        line.close()
        line.close()
        with pytest.raises(DeviceGone, match="is not open"):
            line.send([b"\xfa"])

    def test_a_name_that_is_not_there_lists_those_that_are(self, made: list[_Midi]) -> None:
        with pytest.raises(
            DeviceGone, match=r"no MIDI port named 'organ'; ports there are: 'Through:0', 'Desk Port 1'"
        ):
            SystemOut("desk", "organ").open()

    def test_what_is_heard_waits_until_it_is_read(self, made: list[_Midi]) -> None:
        ear = SystemIn("keys", "desk")
        ear.open()
        ear.hear([0x90, 60, 127], 0.0)
        assert ear.read(0.0) == [Chunk(b"\x90\x3c\x7f", "desk")]
        assert ear.read(0.0) == []
        for _ in range(5000):
            ear.hear([0xFA])
        assert ear.dropped == 904 and len(ear.read(0.0)) == 4096
        ear.close()
        with pytest.raises(DeviceGone):
            ear.read(0.0)

    def test_what_was_played_before_the_cable_was_out_is_not_told_after_it(self, made: list[_Midi]) -> None:
        ear = SystemIn("keys", "desk")
        ear.open()
        ear.hear([0x90, 60, 127], 0.0)
        ear.close()
        ear.open()
        assert ear.read(0.0) == []
        ear.close()

    def test_without_the_library_the_extra_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "rtmidi2", None)
        with pytest.raises(MissingExtra, match=r"pip install 'sensorama\[midi\]'"):
            driver("midi:desk")
        with pytest.raises(MissingExtra, match="MIDI ports by name"):
            MidiSource(SourceConfig("keys", "midi:desk"))


class TestTwin:
    def test_it_follows_the_driver(self) -> None:
        made = driver()
        twin = MidiTwin(made.config)
        for at_ns, levels in enumerate((PARK, (1.0, 0.5, 0.8, 0.5, 1.0))):
            for frame in made.stamp(made.encode(levels)):
                twin.receive(frame, at_ns)
        state = twin.state_at(10)
        assert state["dimmer"] == 1.0 and state["fine"] == pytest.approx(0.5, abs=1e-4)
        assert state["drum"] == pytest.approx(0.8, abs=0.01) and state["scene"] == 5.0
        assert twin.cues == [ShowCommand("go", "12", "1", kind=1)] and state["cue"] == 1.0
        twin.receive(bytes.fromhex("b97b00"), 20)
        assert twin.state_at(21)["drum"] == 0.0 and twin.strikes == 1

    @given(st.binary(max_size=100))
    def test_noise(self, noise: bytes) -> None:
        twin = MidiTwin(driver().config)
        twin.receive(noise, 0)
        twin.state_at(1)
