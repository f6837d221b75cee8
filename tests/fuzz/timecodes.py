"""Timecode on every wire, as bytes and as sound."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.bus.timecode.ports import parse_port
from engine.bus.timecode.sockets import ArtnetWords
from engine.time.codes import artnet, cinema, ltc, mtc
from engine.time.codes.cinema_decoder import CinemaDecoder
from engine.time.codes.ltc_decoder import LtcDecoder
from engine.time.codes.ltc_encoder import LtcEncoder
from engine.time.codes.mtc_receiver import MtcReceiver
from engine.time.rates import RATES
from engine.time.timecode import Timecode
from tests.fuzz.target import Probe, Target, cuts, pure, streamed, whole

_RATE = RATES["25"]
_LABEL = Timecode(1, 2, 3, 4, _RATE)
_SOUND_HZ = 8_000
#: In samples; a bit of timecode has four here, and what is far longer is silence, of which little is enough.
_LONGEST_RUN = 24
_MTC = (
    b"".join(bytes((0xF1, piece)) for piece in mtc.quarter_frames(_LABEL)) * 2,
    mtc.full_frame(_LABEL),
)


class _Ear(Protocol):
    def push(self, sound: Any) -> Any: ...


def sound_of(data: bytes) -> NDArray[np.float32]:
    """Any bytes as sound; the first says how: 16-bit samples, floats as they stand (infinite ones too), or lengths of runs."""
    kind, rest = (data[0] % 3, data[1:]) if data else (0, b"")
    if kind == 0:
        return np.frombuffer(rest[: len(rest) // 2 * 2], dtype="<i2").astype(np.float32) / 32768.0
    if kind == 1:
        return np.frombuffer(rest[: len(rest) // 4 * 4], dtype="<f4").astype(np.float32)
    lengths = (np.frombuffer(rest, dtype=np.uint8).astype(np.int64) - 1) % _LONGEST_RUN + 1
    return np.repeat(np.where(np.arange(len(lengths)) % 2, -0.5, 0.5).astype(np.float32), lengths)


def _heard(make: Callable[[], _Ear]) -> Callable[[], Probe]:
    def made() -> Probe:
        ear = make()

        def take(data: bytes) -> None:
            with np.errstate(all="ignore"):
                ear.push(sound_of(data))

        return Probe(take, ear)

    return made


def _flushed() -> Probe:
    def take(data: bytes) -> None:
        ear = LtcDecoder(_SOUND_HZ, _RATE)
        with np.errstate(all="ignore"):
            ear.push(sound_of(data))
            ear.flush()

    return Probe(take)


def _sounds() -> list[bytes]:
    samples = LtcEncoder(_RATE, _SOUND_HZ).block(Fraction(_LABEL.to_index()), 3 * _SOUND_HZ // 25)
    short = (np.asarray(samples) * 32767).astype("<i2").tobytes()
    ones = b"".join(
        bytes((2, 2)) if bit else bytes((4,)) for bit in (1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1)
    )
    return [b"\x00" + short, b"\x02" + ones * 12, b"\x01" + np.array([np.inf, np.nan, 1e38], "<f4").tobytes()]


def _cinema_sounds() -> list[bytes]:
    unit = np.asarray(cinema.CinemaEncoder(RATES["24"]).unit(24))
    short = (unit * 32767).astype("<i2").tobytes()
    return [b"\x00" + short[:4000], b"\x02" + bytes((4, 4, 2, 2)) * 40]


def _packets() -> list[bytes]:
    rows = cinema.unit_packets(24, RATES["24"], bytes(16))
    return [cinema.pack_packet(row).to_bytes(16, "big") for row in rows]


def _packet(data: bytes) -> None:
    cinema.parse_packet(int.from_bytes(data, "big"))


def _bits(data: bytes) -> None:
    cinema.bits_to_number([byte & 1 for byte in data])
    cinema.crc16(data)


def _numbers(data: bytes) -> None:
    mtc.read_pieces(list(data), None)


def _label(data: bytes) -> None:
    four = (*data[:4], 0, 0, 0, 0)[:4]
    mtc.read_label(*four, RATES["29.97df"] if data[4:5] else None)


def _received() -> Probe:
    """The whole way from bytes to words; the first byte also sets the pace."""
    parser, receiver = mtc.MidiBytes(), MtcReceiver(None, "fuzz")

    def take(data: bytes) -> None:
        step_ns = (data[0] if data else 0) * 1_000_000 - 5_000_000
        for number, piece in enumerate(cuts(data)):
            for message in parser.push(piece):
                receiver.feed(message, number * step_ns)

    return Probe(take, (parser, receiver))


def _words() -> Probe:
    """Datagrams of several senders; the first byte says whose."""
    words = ArtnetWords()

    def take(data: bytes) -> None:
        words.feed(data[1:], f"192.168.1.{data[0] if data else 0}", len(data))

    return Probe(take, words)


def _text(parse: Callable[[str], object]) -> Callable[[], Probe]:
    return pure(lambda data: parse(data.decode("utf-8", "replace")))


_CODES = "engine.time.codes"
TIMECODES = (
    Target(
        "ltc-word", pure(ltc.unpack_ltc), lambda: [ltc.pack_ltc(_LABEL)], (ltc.LtcError,), (f"{_CODES}.ltc:unpack_ltc",)
    ),
    Target(
        "ltc-sound", _heard(lambda: LtcDecoder(_SOUND_HZ)), _sounds, (),
        (f"{_CODES}.ltc_decoder:LtcDecoder.push", f"{_CODES}.ltc_clock:BitClock.feed", f"{_CODES}.ltc_front:FrontEnd.push"),
        1 << 20, slow=True,
    ),
    Target("ltc-end", _flushed, _sounds, (), (f"{_CODES}.ltc_decoder:LtcDecoder.flush",), slow=True),
    Target(
        "cinema-sound", _heard(CinemaDecoder), _cinema_sounds, (), (f"{_CODES}.cinema_decoder:CinemaDecoder.push",), 1 << 20
    ),
    Target(
        "cinema-packet", pure(_packet), _packets, (cinema.CinemaError,), (f"{_CODES}.cinema:parse_packet",)
    ),
    Target("cinema-bits", pure(_bits), _packets, (), (f"{_CODES}.cinema:bits_to_number", f"{_CODES}.cinema:crc16")),
    Target(
        "cinema-uuid", _text(cinema.uuid_bytes), lambda: [b"e004046e-0923-4f90-a4ae-4355e7e83506"], (ValueError,),
        (f"{_CODES}.cinema:uuid_bytes",),
    ),
    Target("mtc-bytes", streamed(mtc.MidiBytes, "push"), lambda: whole(*_MTC), (), (f"{_CODES}.mtc:MidiBytes.push",)),
    Target(
        "mtc-words", _received, lambda: whole(*_MTC), (), (f"{_CODES}.mtc_receiver:MtcReceiver.feed",)
    ),
    Target(
        "mtc-pieces", pure(_numbers), lambda: [bytes(mtc.quarter_frames(_LABEL))], (mtc.MtcError,),
        (f"{_CODES}.mtc:read_pieces",),
    ),
    Target("mtc-label", pure(_label), lambda: [b"\x21\x02\x03\x04", bytes(5)], (mtc.MtcError,), (f"{_CODES}.mtc:read_label",)),
    Target(
        "art-timecode", pure(artnet.parse_timecode), lambda: [artnet.pack_timecode(_LABEL, 3)], (artnet.ArtTimeCodeError,),
        (f"{_CODES}.artnet:parse_timecode", f"{_CODES}.artnet:is_timecode"),
    ),
    Target(
        "art-timecode-words", _words, lambda: [bytes((n,)) + artnet.pack_timecode(_LABEL, n) for n in range(3)], (),
        ("engine.bus.timecode.sockets:ArtnetWords.feed",),
    ),
    Target(
        "timecode-port", _text(parse_port), lambda: [b"file:clock.wav@1", b"udp://0.0.0.0:6454"], (ValueError,),
        ("engine.bus.timecode.ports:parse_port",),
    ),
)  # fmt: skip
