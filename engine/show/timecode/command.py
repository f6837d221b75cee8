"""``sensorama timecode generate|read``: any timecode, to and from files, sound devices, MIDI ports and sockets."""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from engine.bus.timecode.factory import open_reader, open_writer
from engine.bus.timecode.files import FileReader
from engine.bus.timecode.hearing import decoder_for
from engine.bus.timecode.ports import Playhead, PortName, Reader, parse_port
from engine.bus.timecode.sounding import CinemaShape, LtcShape, Shape
from engine.errors import OutputError, UsageError
from engine.time.clocks import Clock, MonotonicClock
from engine.time.codes.cinema import SAMPLE_RATE_HZ, UNITS, CinemaEncoder
from engine.time.codes.ltc_encoder import LtcEncoder
from engine.time.codes.phase import Phased, base_rate, joined
from engine.time.codes.word import CodeWord, Wire
from engine.time.flicks import FLICKS_PER_SECOND
from engine.time.rates import FrameRate, rate_named
from engine.time.timecode import frames_per_day, parse_timecode, timecode_from_index
from engine.timeline.quantities import read_duration_fl

_NS = 1_000_000_000
_AHEAD_NS = 300_000_000
_TAIL_NS = 100_000_000
_CHUNK = 1 << 16
_POLL_S = 0.2


@dataclass(frozen=True, slots=True)
class Run:
    """What is to be generated.

    Parameters
    ----------
    rate : FrameRate
        What the wire counts.
    start : int
        First frame.
    frames : int
        How many.
    speed : Fraction
        Against nominal; negative in reverse.
    parts : int, default 1
        How many of these frames are one of the wire's: a high frame rate travels as its base rate and a phase.
    """

    rate: FrameRate
    start: int
    frames: int
    speed: Fraction
    parts: int = 1

    @property
    def duration_s(self) -> Fraction:
        """How long it takes."""
        return Fraction(self.frames, self.parts) / (self.rate.fps * abs(self.speed))

    def position(self, elapsed_s: Fraction) -> Fraction:
        """Frames of the wire since 00:00:00:00. In reverse it begins at the end of the first frame."""
        begin = self.start if self.speed > 0 else self.start + 1
        return Fraction(begin, self.parts) + elapsed_s * self.rate.fps * self.speed


def timecode_command(args: argparse.Namespace) -> int:
    """Run ``sensorama timecode``.

    Raises
    ------
    UsageError
        Arguments that do not make sense, with what is allowed.
    DeviceError
        A port that cannot be opened, with those there are.
    """
    clock = MonotonicClock()
    return _generate(args, clock) if args.action == "generate" else _read(args, clock)


def _generate(args: argparse.Namespace, clock: Clock) -> int:
    wire = Wire(args.wire)
    try:
        run = _run(wire, args)
        where = parse_port(args.to)
        bits = _user_bits(args.user_bits)
    except ValueError as error:
        raise UsageError(str(error)) from None
    if where.kind == "file":
        return _to_file(wire, run, where, args, bits)
    if args.user_bits != "00000000" or args.sample_rate != SAMPLE_RATE_HZ:
        raise UsageError("--user-bits and --sample-rate are for files")
    try:
        writer = open_writer(wire, args.to, run.rate, clock, uuid=args.uuid, level_db=args.level)
    except ValueError as error:
        raise UsageError(str(error)) from None
    writer.open()
    try:
        begin_ns = clock.now_ns() + _AHEAD_NS
        writer.start(_lead(run, begin_ns))
        end_ns = begin_ns + math.ceil(run.duration_s * _NS) + _TAIL_NS
        while clock.now_ns() < end_ns:
            clock.sleep_until_ns(min(end_ns, clock.now_ns() + _TAIL_NS))
            if writer.failure is not None:
                raise writer.failure
    finally:
        writer.close()
    print(f"{wire.value} at {run.rate}: {run.frames} frames to {args.to}")
    return 0


def _user_bits(text: str) -> bytes:
    if len(text) != 8 or set(text.lower()) - set("0123456789abcdef"):
        raise ValueError(f"--user-bits is {text!r}; allowed: eight hexadecimal digits, user group 1 first")
    return bytes(int(nibble, 16) for nibble in text)


def _lead(run: Run, begin_ns: int) -> Callable[[int], Playhead]:
    direction = 1 if run.speed > 0 else -1
    length_s = run.duration_s

    def at(host_ns: int) -> Playhead:
        elapsed_s = Fraction(host_ns - begin_ns, _NS)
        running = 0 <= elapsed_s < length_s
        held_s = min(max(elapsed_s, Fraction(0)), length_s)
        return Playhead(run.position(held_s), running, direction)

    return at


def _run(wire: Wire, args: argparse.Namespace) -> Run:
    rate = rate_named(args.rate)
    counted, parts = (rate, 1) if wire is Wire.CINEMA else base_rate(rate)
    try:
        speed = Fraction(args.speed)
    except (ValueError, ZeroDivisionError):
        raise ValueError(f"--speed is {args.speed!r}; allowed a number as 0.5, 1 or 1001/1000") from None
    if not Fraction(1, 10) <= speed <= 10:
        raise ValueError(f"--speed is {args.speed}; allowed 0.1 to 10 (--reverse goes backward)")
    if wire is Wire.CINEMA and (speed != 1 or args.reverse):
        raise ValueError("digital-cinema sync runs forward at nominal speed only")
    if wire is Wire.CINEMA and args.start.isdigit():
        start, limit = int(args.start), UNITS
    else:
        start, limit = parse_timecode(args.start, rate).to_index(), frames_per_day(rate)
    if start >= limit:
        raise ValueError(f"--start is {args.start}; allowed below {limit}")
    frames = args.frames
    if frames is None:
        frames = math.ceil(Fraction(read_duration_fl(args.length), FLICKS_PER_SECOND) * rate.fps * speed)
    if frames < 1:
        raise ValueError(f"{frames} frames are asked for; allowed 1 or more")
    if args.reverse and start - frames + 1 < 0:
        raise ValueError(f"{frames} frames backward from {args.start} would pass midnight; start later")
    return Run(counted, start, frames, -speed if args.reverse else speed, parts)


def _to_file(wire: Wire, run: Run, where: PortName, args: argparse.Namespace, bits: bytes) -> int:
    import soundfile

    if wire not in (Wire.LTC, Wire.CINEMA):
        raise UsageError(
            f"{wire.value} is no sound and does not go into a file; use midi:, serial: or udp://"
        )
    rate_hz = args.sample_rate
    try:
        shape: Shape
        if wire is Wire.LTC:
            shape = LtcShape(LtcEncoder(run.rate, rate_hz, level_db=args.level, user_bits=bits))
        else:
            if rate_hz != SAMPLE_RATE_HZ:
                raise ValueError(f"digital-cinema sync is made at 48000 Hz, not {rate_hz}")
            shape = CinemaShape(CinemaEncoder(run.rate, args.uuid))
    except ValueError as error:
        raise UsageError(str(error)) from None
    total = math.ceil(run.duration_s * rate_hz)
    step = run.rate.fps * run.speed / rate_hz
    channels = where.number or 1
    try:
        with soundfile.SoundFile(
            where.name, "w", samplerate=rate_hz, channels=channels, subtype="PCM_24"
        ) as made:
            for first in range(0, total, _CHUNK):
                count = min(_CHUNK, total - first)
                sound = np.zeros((count, channels), dtype=np.float32)
                sound[:, -1] = shape.at(run.position(Fraction(first, rate_hz)), count, step)
                made.write(sound)
    except (OSError, soundfile.SoundFileError, ValueError, TypeError) as error:
        raise OutputError(
            f"{where.name} cannot be written ({error}); write to a .wav or .flac file"
        ) from error
    print(f"{where.name}: {wire.value} at {run.rate}, {run.frames} frames, {float(run.duration_s):.3f} s")
    return 0


@dataclass(slots=True)
class Summary:
    """What has come in, word after word."""

    words: int = 0
    lost: int = 0
    longest_gap_ns: int = 0
    _last: CodeWord | None = None

    def add(self, word: CodeWord) -> None:
        """Count a word. Frames between two words in one direction are lost ones; a jump of more than a second is a locate."""
        last, self._last = self._last, word
        self.words += 1
        if last is None or last.stream != word.stream:
            return
        self.longest_gap_ns = max(self.longest_gap_ns, word.at_ns - last.at_ns)
        usual = 2 if word.wire is Wire.MTC else 1
        moved = (word.index - last.index) * word.direction
        if word.direction and word.direction == last.direction and usual < moved <= word.rate.count:
            self.lost += (moved - 1) // usual


def _read(args: argparse.Namespace, clock: Clock) -> int:
    wire = Wire(args.wire)
    try:
        shown = rate_named(args.rate) if args.rate else None
        rate = shown if shown is None or wire is Wire.CINEMA else base_rate(shown)[0]
    except ValueError as error:
        raise UsageError(str(error)) from None
    reader = open_reader(wire, args.source, rate, clock)
    if isinstance(reader, FileReader):
        reader = FileReader(
            wire, args.source, parse_port(args.source), decoder_for(wire, rate), clock, paced=False
        )
    try:
        limit_ns = None if args.length is None else read_duration_fl(args.length) * _NS // FLICKS_PER_SECOND
    except ValueError as error:
        raise UsageError(str(error)) from None
    reader.open()
    begun_ns = clock.now_ns()
    summary = Summary()
    origin_ns = begun_ns
    if isinstance(reader, FileReader):
        origin_ns = reader.start_ns
    try:
        for word in _words(reader, clock, begun_ns, limit_ns):
            summary.add(word)
            print(
                _line(word, word.at_ns - origin_ns, reader, shown, as_json=args.json),
                flush=not isinstance(reader, FileReader),
            )
    except KeyboardInterrupt:
        pass  # the usual end of reading a port; the summary is wanted then
    finally:
        tally = reader.tally
        reader.close()
    _print_summary(summary, tally.refused, tally.overruns, as_json=args.json)
    return 0 if summary.words else 1


def _words(reader: Reader, clock: Clock, begun_ns: int, limit_ns: int | None) -> Iterator[CodeWord]:
    live = not isinstance(reader, FileReader)
    while True:
        if live and limit_ns is not None and clock.now_ns() - begun_ns >= limit_ns:
            return
        try:
            yield from reader.read(_POLL_S)
        except EOFError:
            return


def _label(word: CodeWord, shown: FrameRate) -> str:
    """The label at the rate that was asked for; a high one's is that of the first picture of the wire's frame."""
    if shown is not word.rate:
        index = joined(Phased(word.index, 0), shown.count // word.rate.count)
        return str(timecode_from_index(index, shown))
    if word.index < frames_per_day(word.rate):
        return str(timecode_from_index(word.index, word.rate))
    return str(word.index)


def _line(word: CodeWord, at_ns: int, reader: Reader, asked: FrameRate | None, *, as_json: bool) -> str:
    high = asked is not None and asked.count > word.rate.count
    shown = asked if asked is not None and high else word.rate
    row: dict[str, Any] = {"label": _label(word, shown), "index": word.index, "rate": shown.label}
    if high:
        row["base_rate"] = word.rate.label
    if isinstance(reader, FileReader):
        row["sample"] = round(at_ns * reader.rate_hz / _NS, 3)
    row |= {"at_s": round(at_ns / _NS, 6), "direction": word.direction, "speed": round(word.speed, 5)}
    if word.stream:
        row["stream"] = word.stream
    if any(word.user_bits):
        row["user_bits"] = "".join(f"{nibble:x}" for nibble in word.user_bits)
    if as_json:
        return json.dumps(row)
    way = {1: "forward", -1: "reverse", 0: "locate"}[word.direction]
    place = f"sample {row['sample']:14.3f}  " if "sample" in row else ""
    rest = "".join(f"  {key.replace('_', ' ')} {row[key]}" for key in ("user_bits", "stream") if key in row)
    return f"{row['label']}  @{row['rate']:<8} {place}{row['at_s']:12.6f} s  {way}  x{word.speed:.4f}{rest}"


def _print_summary(summary: Summary, refused: int, overruns: int, *, as_json: bool) -> None:
    row = {
        "words": summary.words,
        "lost": summary.lost,
        "refused": refused,
        "overruns": overruns,
        "longest_gap_ms": round(summary.longest_gap_ns / 1e6, 3),
    }
    if as_json:
        print(json.dumps({"summary": row}))
        return
    print(
        f"{summary.words} words, {summary.lost} lost, {refused} refused, {overruns} overruns, "
        f"longest gap {row['longest_gap_ms']} ms"
    )
    if not summary.words:
        print(
            "no timecode was found: check the wire, the channel (FILE#2, audio:NAME/2), the level and the rate"
        )
