"""Readers and writers: ports, files, sockets, a serial line, and sound and MIDI devices that are played."""

from __future__ import annotations

import os
import socket
import sys
import tty
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import soundfile

from engine.bus.timecode import Playhead, Reader, Writer, open_reader, open_writer, parse_port
from engine.bus.timecode.sockets import ArtnetReader, ArtnetSender, ArtnetWords
from engine.bus.timecode.sounding import voice_for
from engine.errors import DeviceGone, UsageError
from engine.time.clocks import ManualClock, MonotonicClock
from engine.time.codes.artnet import pack_timecode
from engine.time.codes.cinema_decoder import CinemaDecoder
from engine.time.codes.ltc_decoder import LtcDecoder
from engine.time.codes.ltc_encoder import LtcEncoder
from engine.time.codes.mtc import full_frame, quarter_frames
from engine.time.codes.word import Wire
from engine.time.rates import RATES
from engine.time.timecode import timecode_from_index

NS = 1_000_000_000


@pytest.mark.parametrize(
    ("port", "wanted"),
    [
        ("audio:RME HDSP/3", ("audio", "RME HDSP", 3)),
        ("audio:", ("audio", "", 1)),
        ("audio:hw:0/in", ("audio", "hw:0/in", 1)),
        ("midi:IAC Bus 1", ("midi", "IAC Bus 1", 0)),
        ("serial:/dev/ttyUSB0", ("serial", "/dev/ttyUSB0", 0)),
        ("udp://0.0.0.0", ("udp", "0.0.0.0", 6454)),
        ("udp://10.0.0.1:7000", ("udp", "10.0.0.1", 7000)),
        ("reel.wav#2", ("file", "reel.wav", 2)),
        ("C:\\reel.wav", ("file", "C:\\reel.wav", 0)),
    ],
)
def test_ports_are_taken_apart(port: str, wanted: tuple[str, str, int]) -> None:
    found = parse_port(port)
    assert (found.kind, found.name, found.number) == wanted


@pytest.mark.parametrize(
    "port", ["", "udp://", "udp://h:99999", "udp://h:x", "audio:x/0", "serial:", "ftp://x"]
)
def test_ports_that_cannot_be(port: str) -> None:
    with pytest.raises(ValueError, match=r"allowed|udp://HOST|serial"):
        parse_port(port)


@pytest.mark.parametrize(
    ("wire", "port", "rate", "says"),
    [
        ("ltc", "udp://1.2.3.4", "25", "LTC is sound"),
        ("mtc", "audio:", "25", "MIDI"),
        ("smpte", "audio:", "25", "allowed: ltc"),
        ("ltc", "audio:", "50", "base rate"),
        ("artnet", "udp://h", "26", "not a known frame rate"),
    ],
)
def test_what_the_factory_refuses(wire: str, port: str, rate: str, says: str) -> None:
    for make in (open_reader, open_writer):
        with pytest.raises(UsageError, match=says):
            make(wire, port, rate, ManualClock())


@pytest.fixture
def reel(tmp_path: Path) -> Path:
    encoder = LtcEncoder(RATES["25"], 44_100)
    sound = np.zeros((44_100, 2), dtype=np.float32)
    sound[:, 1] = encoder.block(Fraction(500), 44_100)
    soundfile.write(tmp_path / "reel.wav", sound, 44_100)
    return tmp_path / "reel.wav"


def test_a_file_is_read_at_the_pace_it_would_be_heard(reel: Path) -> None:
    clock = ManualClock(7 * NS)
    reader = open_reader("ltc", f"{reel}#2", "25", clock)
    assert isinstance(reader, Reader)
    reader.open()
    words, calls = [], 0
    with pytest.raises(EOFError):
        while True:
            for word in reader.read(0.05):
                assert word.at_ns + 39_000_000 <= clock.now_ns() <= word.at_ns + 500_000_000
                words.append(word)
            calls += 1
            assert clock.now_ns() <= 7 * NS + calls * 55_000_000
    assert [word.index for word in words] == list(range(500, 525))
    assert all(abs(word.at_ns - 7 * NS - (word.index - 500) * 40_000_000) < 20_000 for word in words)
    assert reader.tally.words == 25 and reader.tally.refused == 0
    reader.close()
    reader.close()


def test_files_that_cannot_be_read(reel: Path, tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_text("no sound")
    for port, says in (
        (f"{reel}#3", "2 channels"),
        ("nowhere.wav", "no sound file"),
        (str(tmp_path / "text.wav"), "read as sound"),
    ):
        with pytest.raises(DeviceGone, match=says):
            open_reader("ltc", port, None, ManualClock()).open()
    with pytest.raises(DeviceGone, match="48000"):
        open_reader("cinema", str(reel), None, ManualClock()).open()
    with pytest.raises(DeviceGone, match="not open"):
        open_reader("ltc", str(reel), None, ManualClock()).read(0.0)


def lead_at(
    rate: str, start: int, stop_ns: int = 1 << 62, jump_ns: int = 1 << 62, speed: Fraction = Fraction(1)
) -> Any:
    def lead(ns: int) -> Playhead:
        held_ns = min(ns, stop_ns)
        frames = start + Fraction(held_ns, NS) * RATES[rate].fps * speed + (5000 if ns >= jump_ns else 0)
        return Playhead(frames, ns < stop_ns, 1 if speed > 0 else -1)

    return lead


def test_a_voice_of_ltc_follows_its_clock_and_stops_with_it() -> None:
    voice = voice_for(Wire.LTC, RATES["25"])
    lead = lead_at("25", 1000, stop_ns=NS // 2, speed=Fraction(1002, 1000))
    sound = np.concatenate([voice.block(lead, at * 10_000_000, 480) for at in range(100)])
    last = int(np.flatnonzero(sound)[-1])
    assert 24_000 - 128 <= last < 24_000
    decoder = LtcDecoder(48_000, RATES["25"])
    found = decoder.push(sound) + decoder.flush()
    assert [frame.index for frame in found] == list(range(1000, 1012))
    assert found[5].speed == pytest.approx(1.002, abs=2e-4)


def test_a_voice_of_cinema_sync_and_a_jump() -> None:
    voice = voice_for(Wire.CINEMA, RATES["24"], uuid="e004046e-0923-4f90-a4ae-4355e7e83506")
    lead = lead_at("24", 10, jump_ns=NS // 2, speed=Fraction(10_001, 10_000))
    found = CinemaDecoder().push(
        np.concatenate([voice.block(lead, at * 10_000_000, 480) for at in range(100)])
    )
    units = [unit.unit for unit in found]
    assert units[:12] == list(range(10, 22)) and units[-11:] == list(range(units[-1] - 10, units[-1] + 1))
    assert units[-1] > 5000


def test_art_timecode_is_sent_once_a_frame_at_its_instant() -> None:
    sender, words = ArtnetSender(RATES["25"]), ArtnetWords()
    lead, now_ns, found = lead_at("25", 100, stop_ns=NS), 5_000_000, []
    while now_ns < 2 * NS:
        packets, next_ns = sender.poll(lead, now_ns)
        for packet in packets:
            found.append(words.feed(packet, "10.0.0.1", now_ns))
        assert next_ns > now_ns
        now_ns = next_ns
    assert [word.index for word in found] == list(range(100, 126))
    assert [word.at_ns for word in found[1:25]] == [n * 40_000_000 for n in range(1, 25)]
    assert [word.direction for word in found[:3]] == [0, 1, 1] and found[3].stream == "10.0.0.1/0"


def test_art_timecode_words_tell_direction_locates_and_sources_apart() -> None:
    words = ArtnetWords(RATES["25"])

    def feed(index: int, sender: str = "a", at_ns: int = 0) -> int:
        word = words.feed(pack_timecode(timecode_from_index(index, RATES["25"])), sender, at_ns)
        assert word is not None
        return word.direction

    assert [feed(index) for index in (10, 11, 12, 12, 11, 500, 501)] == [0, 1, 1, 0, -1, 0, 1]
    assert feed(502, "b") == 0
    assert (
        words.feed(pack_timecode(timecode_from_index(0, RATES["30"])), "a", 0) is None and words.refused == 1
    )
    for number in range(1000):
        feed(0, f"host{number}")
    assert len(words._last) <= 64


def test_art_timecode_over_a_socket() -> None:
    clock = MonotonicClock()
    reader = open_reader("artnet", "udp://127.0.0.1:0", "25", clock)
    assert isinstance(reader, ArtnetReader)
    reader.open()
    begin_ns = clock.now_ns()
    writer = open_writer("artnet", f"udp://127.0.0.1:{reader.address[1]}", "25", clock)
    assert isinstance(writer, Writer)
    writer.open()
    writer.start(lambda ns: Playhead(100 + Fraction(ns - begin_ns, NS) * 25, True, 1))
    words: list[Any] = []
    while len(words) < 4 and clock.now_ns() < begin_ns + 5 * NS:
        words += reader.read(0.1)
    writer.close()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.sendto(b"nonsense", reader.address)
    assert [word.index for word in words] == list(range(words[0].index, words[0].index + len(words)))
    assert writer.failure is None
    reader.read(0.05)
    assert reader.read(0.01) == []  # stop is stop
    reader.close()


@pytest.fixture
def pty() -> Iterator[tuple[int, str]]:
    ours, theirs = os.openpty()
    tty.setraw(ours)
    tty.setraw(theirs)
    yield ours, os.ttyname(theirs)
    os.close(ours)
    os.close(theirs)


def test_mtc_over_a_serial_line(pty: tuple[int, str]) -> None:
    clock = MonotonicClock()
    ours, name = pty
    reader = open_reader("mtc", f"serial:{name}", "25", clock)
    reader.open()
    label = timecode_from_index(4444, RATES["25"])
    os.write(ours, full_frame(label) + b"".join(bytes((0xF1, data)) for data in quarter_frames(label)))
    words: list[Any] = []
    limit_ns = clock.now_ns() + 5 * NS
    while len(words) < 2 and clock.now_ns() < limit_ns:
        words += reader.read(0.1)
    assert [(word.index, word.direction) for word in words] == [(4444, 0), (4444, 1)]
    reader.close()

    begin_ns = clock.now_ns()
    writer = open_writer("mtc", f"serial:{name}", "25", clock)
    writer.open()
    writer.start(lambda ns: Playhead(100 + Fraction(ns - begin_ns, NS) * 25, True, 1))
    data = b""
    while data.count(0xF1) < 9 and clock.now_ns() < begin_ns + 5 * NS:
        data += os.read(ours, 64)
    writer.close()
    assert data[0] == 0xF0 and writer.failure is None
    assert [piece >> 4 for piece in data[11:27:2]] == [0, 1, 2, 3, 4, 5, 6, 7]


def test_a_serial_line_that_is_not_there() -> None:
    with pytest.raises(DeviceGone, match="cannot be opened"):
        open_reader("mtc", "serial:/dev/not-there", None, ManualClock()).open()


class PlayedMidi:
    """rtmidi2, played: one port, which tells what it was asked."""

    def __init__(self) -> None:
        self.ports = ["Console A", "Desk B"]
        self.opened: list[int] = []
        self.sent: list[bytes] = []
        self.ignored: dict[str, bool] = {}
        self.callback: Any = None

    def ignore_types(self, **kinds: bool) -> None:
        self.ignored = kinds

    def open_port(self, port: int) -> None:
        self.opened.append(port)

    def send_raw(self, *data: int) -> None:
        self.sent.append(bytes(data))

    def close_port(self) -> None:
        self.opened.clear()


def test_mtc_over_a_midi_port(monkeypatch: pytest.MonkeyPatch) -> None:
    made = PlayedMidi()
    monkeypatch.setitem(sys.modules, "rtmidi2", SimpleNamespace(MidiIn=lambda: made, MidiOut=lambda: made))
    clock = ManualClock(NS)
    reader = open_reader("mtc", "midi:desk", "25", clock)
    reader.open()
    assert made.opened == [1] and not made.ignored["midi_time"] and not made.ignored["midi_sysex"]
    for data in quarter_frames(timecode_from_index(10, RATES["25"])):
        made.callback([0xF1, data], 0.0)
        clock.advance_ns(10_000_000)
    (word,) = reader.read(0.0)
    assert (word.index, word.at_ns, word.direction) == (10, NS, 1)
    reader.close()
    with pytest.raises(DeviceGone, match="Console A, Desk B"):
        open_reader("mtc", "midi:nothing", "25", clock).open()
    writer = open_writer("mtc", "midi:Console", "25", MonotonicClock())
    writer.open()
    writer.start(lambda ns: Playhead(Fraction(77), False, 1))
    limit = MonotonicClock()
    end_ns = limit.now_ns() + 5 * NS
    while not made.sent and limit.now_ns() < end_ns:
        limit.sleep_until_ns(limit.now_ns() + 1_000_000)
    writer.close()
    assert made.sent == [full_frame(timecode_from_index(77, RATES["25"]))]


class PlayedSound:
    """sounddevice, played: streams whose callbacks the test calls."""

    PortAudioError = RuntimeError

    def __init__(self) -> None:
        self.streams: list[Any] = []

    def query_hostapis(self) -> list[dict[str, Any]]:
        return [{"name": "ALSA"}]

    def query_devices(self) -> list[dict[str, Any]]:
        return [
            {"name": "Onboard", "hostapi": 0, "max_input_channels": 2, "max_output_channels": 2},
            {"name": "RME HDSP", "hostapi": 0, "max_input_channels": 8, "max_output_channels": 8},
        ]

    def InputStream(self, **options: Any) -> Any:
        stream = SimpleNamespace(
            options=options, latency=0.02, active=True, start=lambda: None, close=lambda **_: None
        )
        self.streams.append(stream)
        return stream

    OutputStream = InputStream


@pytest.fixture
def sound_library(monkeypatch: pytest.MonkeyPatch) -> PlayedSound:
    library = PlayedSound()
    monkeypatch.setitem(sys.modules, "sounddevice", library)
    return library


def test_ltc_into_a_sound_device_is_stamped_in_host_time(sound_library: PlayedSound) -> None:
    clock = ManualClock(50 * NS)
    reader = open_reader("ltc", "audio:rme/3", "25", clock)
    reader.open()
    options = sound_library.streams[0].options
    assert (options["device"], options["channels"]) == (1, 3)
    sound = LtcEncoder(RATES["25"], 48_000).block(Fraction(900), 48_000)
    late = np.random.default_rng(4).integers(0, 3_000_000, 100)
    words: list[Any] = []
    for number in range(100):  # each block's call comes 8 ms after its first sample, and up to 3 ms late
        now_ns = 50 * NS + number * 10_000_000 + 20_000_000 + int(late[number]) * (number > 0)
        clock.advance_to_ns(max(clock.now_ns(), now_ns))
        block = np.zeros((480, 3), dtype=np.float32)
        block[:, 2] = sound[number * 480 : number * 480 + 480]
        options["callback"](block, 480, SimpleNamespace(currentTime=1.02, inputBufferAdcTime=1.0), None)
        words += reader.read(0.0)
    assert [word.index for word in words] == list(range(900, 900 + len(words))) and len(words) >= 23
    assert all(abs(word.at_ns - 50 * NS - (word.index - 900) * 40_000_000) < 200_000 for word in words)
    clock.advance_ns(3 * NS)
    with pytest.raises(DeviceGone, match="no sound any more"):
        reader.read(0.0)


def test_an_overrun_is_counted_and_costs_one_word(sound_library: PlayedSound) -> None:
    clock = ManualClock(NS)
    reader = open_reader("ltc", "audio:", "25", clock)
    reader.open()
    callback = sound_library.streams[0].options["callback"]
    sound = LtcEncoder(RATES["25"], 48_000).block(Fraction(0), 48_000).reshape(-1, 480, 1)
    for number, block in enumerate(sound):
        clock.advance_ns(10_000_000)
        if number != 50:  # 10 ms of it never arrive
            callback(block, 480, SimpleNamespace(), SimpleNamespace(input_overflow=number == 51))
    words = reader.read(0.0)
    assert {word.index for word in words} >= set(range(24)) - {12} and reader.tally.overruns == 1
    right = [word for word in words if word.index != 12]
    assert all(abs(word.at_ns - NS - word.index * 40_000_000) < 20_000 for word in right)


def test_a_reader_that_was_away_too_long_begins_afresh(sound_library: PlayedSound) -> None:
    clock = ManualClock(NS)
    reader = open_reader("ltc", "audio:", "25", clock)
    reader.open()
    callback = sound_library.streams[0].options["callback"]
    encoder = LtcEncoder(RATES["25"], 48_000)
    for number in range(450):
        clock.advance_ns(10_000_000)
        callback(encoder.block(Fraction(number, 4), 480).reshape(-1, 1), 480, SimpleNamespace(), None)
    words = reader.read(0.0)
    assert reader.tally.overruns == 1 and len(words) >= 10 and min(word.index for word in words) >= 100
    assert all(abs(word.at_ns - NS - word.index * 40_000_000) < 20_000 for word in words)


def test_ltc_out_of_a_sound_device_is_made_for_its_instant(sound_library: PlayedSound) -> None:
    clock = ManualClock(NS)
    writer = open_writer("ltc", "audio:RME/2", "25", clock)
    writer.open()
    stream = sound_library.streams[0]
    out = np.ones((480, 2), dtype=np.float32)
    stream.options["callback"](out, 480, SimpleNamespace(), None)
    assert not out.any()
    writer.start(lambda ns: Playhead(Fraction(ns, NS) * 25, True, 1))
    heard = []
    for _ in range(50):
        clock.advance_ns(10_000_000)
        stream.options["callback"](out, 480, SimpleNamespace(currentTime=5.0, outputBufferDacTime=5.03), None)
        heard.append(out.copy())
    sound = np.concatenate(heard)
    assert not sound[:, 0].any()
    decoder = LtcDecoder(48_000, RATES["25"])
    found = decoder.push(sound[:, 1]) + decoder.flush()
    first_ns = NS + 30_000_000  # the earliest of the calls is believed: block 0 at 1.02 s, by latency
    assert len(found) >= 11
    for frame in found:
        assert abs(first_ns + frame.at_sample / 48_000 * NS - frame.index * 40_000_000) < 50_000
    stream.active = False
    assert isinstance(writer.failure, DeviceGone)
    writer.close()


def test_a_sound_device_that_is_not_there(sound_library: PlayedSound) -> None:
    with pytest.raises(DeviceGone, match="ALSA: Onboard; ALSA: RME HDSP"):
        open_reader("ltc", "audio:Fireface", "25", ManualClock()).open()
    with pytest.raises(DeviceGone, match=r"channel 5; there are: ALSA: RME HDSP"):
        open_writer("ltc", "audio:Onboard/5", "25", ManualClock()).open()


def test_a_clock_that_fails_ends_the_writer_and_says_so(sound_library: PlayedSound) -> None:
    writer = open_writer("ltc", "audio:", "25", ManualClock(NS))
    writer.open()

    def broken(ns: int) -> Playhead:
        raise RuntimeError("no transport")

    writer.start(broken)
    out = np.ones((480, 1), dtype=np.float32)
    sound_library.streams[0].options["callback"](out, 480, SimpleNamespace(), None)
    assert not out.any() and "no transport" in str(writer.failure)
