"""What a show leads with, from its transport; and the processes around it, with ports that come and go."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import pytest

from engine.bus.timecode.ports import Lead, Playhead, Tally
from engine.errors import DeviceGone, MissingExtra
from engine.show.timecode.leading import Leader, SeekSum
from engine.show.timecode.process import Line, Voice, lead, listen
from engine.time import FLICKS_PER_SECOND, LocalBlock, SegmentKind, TransportWriter, rate_named
from engine.time.codes.word import CodeWord, Wire

S_NS = 1_000_000_000
S_FL = FLICKS_PER_SECOND
R25 = rate_named("25")


class Stage:
    """A transport, a clock, and somebody who leads from them."""

    def __init__(self, **options: Any) -> None:
        self.block = LocalBlock()
        self.writer = TransportWriter(self.block)
        self.now_ns = 0
        self.block.beat(0)
        self.leader = Leader(self.block, lambda: self.now_ns, **({"rate": R25} | options))

    def at(self, seconds: float) -> Playhead:
        self.now_ns = round(seconds * S_NS)
        self.block.beat(self.now_ns)
        return self.leader(self.now_ns)

    def row(self, at_s: float, **fields: Any) -> None:
        self.writer.append(from_ns=round(at_s * S_NS), **fields)


def test_before_the_run_nothing_is_sent() -> None:
    assert not Stage().at(1).running


def test_it_counts_run_time_from_start_through_branches_and_hold_loops() -> None:
    stage = Stage(start_index=90_000, offset_ns=-80_000_000)
    stage.row(0, scene=0)
    assert stage.at(4) == Playhead(Fraction(90_000 + 98), True)
    stage.row(5, scene=1)  # a branch
    stage.row(8, scene=1, at_fl=S_FL, kind=SegmentKind.LOOP)
    assert stage.at(10) == Playhead(Fraction(90_000 + 248), True)


def test_a_hold_is_silence_and_keeps_its_place() -> None:
    stage = Stage()
    stage.row(0, scene=0)
    stage.writer.set_rate(2 * S_NS, 0)
    assert stage.at(1.9).running
    assert stage.at(2) == stage.at(60) == Playhead(Fraction(50), False)
    stage.writer.set_rate(61 * S_NS, 1)
    assert stage.at(62) == Playhead(Fraction(75), True)


def test_a_seek_is_heard_at_once_and_stays() -> None:
    stage = Stage()
    stage.row(0, scene=0)
    stage.at(1)
    stage.row(2, scene=0, at_fl=12 * S_FL, kind=SegmentKind.SEEK)
    assert stage.at(1.96).frames == 49
    assert stage.at(2).frames == 12 * 25
    stage.row(3, scene=1)
    assert stage.at(4).frames == 14 * 25
    stage.row(5, scene=1, at_fl=0, kind=SegmentKind.SEEK)
    assert stage.at(6).frames == 14 * 25, "back by two seconds, one of them gone by"


def test_a_seek_that_was_superseded_before_its_time_is_not_heard() -> None:
    stage = Stage()
    stage.row(0, scene=0)
    stage.row(3, scene=0, at_fl=100 * S_FL, kind=SegmentKind.SEEK)
    assert stage.at(1).frames == 25
    stage.row(2, scene=0, at_fl=2 * S_FL, rate=1, kind=SegmentKind.CONTINUE)
    assert stage.at(4).frames == 100


def test_seeks_are_remembered_when_their_rows_are_gone() -> None:
    stage = Stage()
    stage.row(0, scene=0)
    for k in range(200):
        stage.row(1 + k, scene=0, at_fl=(1 + k) * S_FL + (k + 1) * S_FL, kind=SegmentKind.SEEK)
        stage.at(1.5 + k)
    assert stage.at(201).frames == (201 + 200) * 25


def test_a_process_that_is_started_again_goes_on_from_what_it_is_told() -> None:
    stage = Stage()
    stage.row(0, scene=0)
    seeks = SeekSum()
    for k in range(100):
        stage.row(1 + k, scene=0, at_fl=(2 + 2 * k) * S_FL, kind=SegmentKind.SEEK)
        seeks.take(stage.writer.transport)
    before = seeks.at(90 * S_NS)
    late = Leader(stage.block, lambda: stage.now_ns, rate=R25, before=before)
    assert before.by_fl == 90 * S_FL
    stage.at(101)
    assert late(101 * S_NS).frames == (101 + 100) * 25


def test_a_conductor_that_is_gone_leads_nobody() -> None:
    stage = Stage(silent_ns=300_000_000)
    stage.row(0, scene=0)
    assert stage.at(5).running
    stage.now_ns += 300_000_000
    assert stage.leader(stage.now_ns).running
    stage.now_ns += 1
    stands = stage.leader(stage.now_ns)
    assert not stands.running
    stage.now_ns += 60 * S_NS
    assert stage.leader(stage.now_ns) == stands, "a label that moved would be sent"


def test_a_stop_and_the_end_are_silence() -> None:
    stage = Stage()
    stage.row(0, scene=0)
    stage.writer.control(from_ns=3 * S_NS, stopped=True)
    assert stage.at(2.9).running and not stage.at(3).running
    other = Stage()
    other.row(0, scene=0)
    other.writer.finish(4 * S_NS)
    assert other.at(3.9).running and not other.at(4).running


def test_labels_wrap_at_midnight_and_edit_units_do_not() -> None:
    stage = Stage(start_index=2_160_000 - 25)
    stage.row(0, scene=0)
    assert stage.at(2).frames == 25
    reel = Stage(start_index=2_160_000 - 25, endless=True)
    reel.row(0, scene=0)
    assert reel.at(2).frames == 2_160_025


@pytest.mark.parametrize("label", ["24", "25", "29.97df", "30"])
def test_every_rate_is_exact_after_hours(label: str) -> None:
    rate = rate_named(label)
    stage = Stage(rate=rate)
    stage.row(0, scene=0)
    frames = stage.at(4 * 3600).frames
    assert frames == 4 * 3600 * rate.fps


# ---- the processes' insides, with ports made up --------------------------------------------------------------


class Pipe:
    """The parent's end, within the test."""

    def __init__(self) -> None:
        self.said: list[tuple[str, Any]] = []
        self._end = threading.Event()

    def send(self, row: tuple[str, Any]) -> None:
        self.said.append(row)

    def recv(self) -> tuple[str, Any]:
        self._end.wait()
        raise EOFError

    def close(self) -> None:
        self._end.set()


WORD = CodeWord(Wire.LTC, 5, 100, R25)


class FakeReader:
    """Reads what its script says: words, or faults to raise."""

    wire, port = Wire.LTC, "audio:desk"

    def __init__(self, line: Line, script: Sequence[Any]) -> None:
        self._line, self._script = line, list(script)
        self.opened = self.closed = 0

    def open(self) -> None:
        self.opened += 1
        self._next("open")

    def _next(self, what: str) -> Any:
        if not self._script:
            self._line.stop.set()
            return []
        if self._script[0][0] != what:
            return []
        value = self._script.pop(0)[1]
        if isinstance(value, Exception):
            raise value
        return value

    def read(self, timeout_s: float) -> Sequence[CodeWord]:
        found: Sequence[CodeWord] = self._next("read")
        return found

    @property
    def tally(self) -> Tally:
        return Tally()

    def close(self) -> None:
        self.closed += 1


def test_a_reader_that_loses_its_port_opens_it_again_and_says_so_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pipe = Pipe()
    line = Line(pipe)  # type: ignore[arg-type]
    monkeypatch.setattr("engine.show.timecode.process.RETRY_S", 0.0)
    gone = DeviceGone("desk: no such device")
    reader = FakeReader(
        line,
        [
            ("open", None),
            ("read", [WORD]),
            ("read", gone),
            ("open", gone),
            ("open", gone),
            ("open", None),
            ("read", [WORD]),
        ],
    )
    listen(reader, line)
    kinds = [kind for kind, _ in pipe.said]
    assert kinds == ["ready", "words", "say", "say", "words"]
    assert pipe.said[1][1] == [WORD]
    assert "no such device" in pipe.said[2][1]
    assert reader.opened == 4 and reader.closed == 4
    pipe.close()


def test_a_file_that_is_over_is_said_and_nothing_more_is_read() -> None:
    pipe = Pipe()
    line = Line(pipe)  # type: ignore[arg-type]
    reader = FakeReader(line, [("read", [WORD]), ("read", EOFError()), ("read", [WORD])])
    threading.Timer(0.05, line.stop.set).start()
    listen(reader, line)
    assert [kind for kind, _ in pipe.said] == ["ready", "words", "say"]
    pipe.close()


class FakeWriter:
    def __init__(self, wire: Wire, faults: Sequence[Exception | None]) -> None:
        self.wire, self.port = wire, "port"
        self._faults = list(faults)
        self.failure: Exception | None = None
        self.lead: Lead | None = None
        self.opened = 0

    def open(self) -> None:
        self.opened += 1
        fault = self._faults.pop(0) if self._faults else None
        if fault is not None:
            raise fault

    def start(self, lead: Lead) -> None:
        self.lead = lead

    def close(self) -> None:
        self.lead = None


def test_one_writer_without_its_port_does_not_keep_the_others_from_sending() -> None:
    def leader(host_ns: int) -> Playhead:
        return Playhead(Fraction(0), False)

    good, away = FakeWriter(Wire.LTC, []), FakeWriter(Wire.MTC, [DeviceGone("no port"), None])
    lacking = FakeWriter(Wire.ARTNET, [MissingExtra("midi", "timecode")] * 5)
    voices = [Voice(one, leader) for one in (good, away, lacking)]
    for voice in voices:
        voice.keep()
    assert good.lead is leader and away.lead is None
    assert "no port" in voices[1].text and voices[2].given_up
    for voice in voices:
        voice.keep()
    assert away.lead is leader and lacking.opened == 1, "a library does not come by itself"
    good.failure = DeviceGone("unplugged")
    voices[0].keep()
    assert not voices[0].sends and "unplugged" in voices[0].text
    good.failure = None
    voices[0].keep()
    assert voices[0].sends and good.opened == 2


def test_the_leading_process_says_what_sends_once() -> None:
    pipe = Pipe()
    line = Line(pipe)  # type: ignore[arg-type]
    writer = FakeWriter(Wire.LTC, [])
    threading.Timer(0.05, line.stop.set).start()
    lead([Voice(writer, lambda host_ns: Playhead(Fraction(0), False))], line)
    assert pipe.said == [("ready", "timecode out: ltc on port")]
    pipe.close()
