"""The timecode part of a live run, driven by hand on the manual clock; and that a chased run replays to the bit."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.bus.inline import InlineBus
from engine.errors import Place
from engine.experience.venue import FollowSpec, SendSpec, Venue
from engine.show.conduct.conductor import Conductor
from engine.show.conduct.inputs import Operator
from engine.show.options import PlayOptions
from engine.show.record import RunRecord
from engine.show.replay import replay
from engine.show.setup import Phases, header_of, produce
from engine.show.timecode.leading import Sought
from engine.show.timecode.part import TimecodePart, listen_config, timecode_parts
from engine.story.journal import JournalWriter, read_journal
from engine.time import FLICKS_PER_SECOND, LocalBlock, ManualClock, TransportWriter, rate_named
from engine.time.codes.word import CodeWord, Wire
from tests.show.fakes import S_FL
from tests.time.chase_show import S_NS, rules_for, words

MS = 1_000_000
PLACE = Place("rig.yaml", 3)


def follow(wire: Any = "ltc", rate: str = "25", **changes: Any) -> FollowSpec:
    spec = FollowSpec(
        wire=wire,
        port="audio:desk",
        rate=rate_named(rate),
        start_index=0,
        offset_ns=0,
        freewheel_ns=S_NS,
        then="hold",
        slew_ppm=2000.0,
        jump_over_fl=FLICKS_PER_SECOND // 4,
        missed="skip",
        place=PLACE,
    )
    return replace(spec, **changes)


SEND = SendSpec("mtc", "midi:desk", rate_named("25"), 90_000, 0, PLACE)


def test_a_rig_without_timecode_runs_nothing_of_it() -> None:
    production = produce(PlayOptions("first_light"), Phases(ManualClock()))
    assert timecode_parts(production, PlayOptions("first_light"), "block") == []


def test_it_has_a_process_for_each_direction_that_is_used() -> None:
    both = TimecodePart(Venue(follow=follow(), send=(SEND,)), "block")
    assert [child.name for child in both.children] == ["timecode in", "timecode out"]
    assert [child.name for child in TimecodePart(Venue(send=(SEND,)), "block").children] == ["timecode out"]
    (own_speed,) = [TimecodePart(Venue(follow=follow()), "block", follows=False)]
    assert own_speed.children == [] and own_speed.next_due_ns() is None


@pytest.mark.parametrize(
    ("wire", "rate", "told"),
    [
        ("ltc", "25", "25"),
        ("ltc", "29.97df", "29.97df"),
        ("mtc", "25", None),
        ("mtc", "29.97", "29.97"),
        ("artnet", "30", None),
        ("artnet", "23.976", "23.976"),
        ("cinema", "48", None),
    ],
)
def test_the_reader_is_told_the_rate_where_the_wire_does_not_say_it(
    wire: str, rate: str, told: str | None
) -> None:
    config = listen_config(follow(wire, rate))
    assert (config.rate and config.rate.label) == told


class Live:
    """What a live run does with a part, on a manual clock."""

    def __init__(self, path: Path, venue: Venue, *, ahead_ns: int = 0) -> None:
        self.production = produce(PlayOptions("first_light"), Phases(ManualClock()))
        self.clock, self.block = ManualClock(0), LocalBlock()
        header = header_of(PlayOptions("first_light"), self.production, "test", "monotonic")
        self.journal = JournalWriter(path, header, self.clock, epoch_ns=0)
        self.record = RunRecord(self.journal, 0)
        self.conductor = Conductor(
            package=self.production.package,
            story=self.production.story,
            writer=TransportWriter(self.block),
            record=self.record,
        )
        self.bus = InlineBus(
            self.production.devices,
            self.production.evaluator(),
            self.block,
            epoch_ns=0,
            tick_hz=self.production.rig.tick_hz,
            watchdog_ns=self.production.rig.watchdog_ns,
            sink=self.record.bus,
        )
        self.part = TimecodePart(venue, "block", ahead_ns=ahead_ns)
        self.record("start", 0, from_ns=150 * MS, scene=None, at_fl=0)
        self.conductor.start(0, from_ns=150 * MS, epoch_ns=0)
        self.part.begin(self.conductor, self.record)
        self.advance(0)

    def advance(self, now_ns: int) -> None:
        self.clock.advance_to_ns(now_ns)
        self.conductor.advance(now_ns)
        self.block.beat(now_ns)
        self.part.advance(now_ns)
        self.bus.core.advance(now_ns, self.block.read(), self.block.heartbeat_ns(), [])

    def until(self, to_ns: int) -> None:
        while self.clock.now_ns() < to_ns:
            self.advance(min(to_ns, self.clock.now_ns() + 20 * MS))

    def hear(self, said: list[CodeWord], *, together: int = 1) -> None:
        """Words as the pipe brings them: some at a time, a frame after the last of them began."""
        child = self.part.children[0]
        for k in range(0, len(said), together):
            some = said[k : k + together]
            self.until(max(self.clock.now_ns(), some[-1].at_ns + 40 * MS))
            self.part.hear(child, "words", some, self.clock.now_ns())


def test_a_chased_run_replays_to_the_bit(tmp_path: Path) -> None:
    """Drift, jitter, a glitch, dropouts, a jump, a loss, a hold by the operator: beats, rows and device frames come again."""
    path = tmp_path / "journal.jsonl"
    live = Live(path, Venue(follow=follow(missed="chase")))
    draw = random.Random(11)
    rules = rules_for()
    said = words(rules, 200, speed=1.0001, jitter=lambda k: draw.randrange(-MS, MS))
    said[70] = replace(said[70], index=77_777)
    live.hear([word for k, word in enumerate(said) if k % 23], together=3)
    live.conductor.handle(Operator("hold"), live.clock.now_ns())
    live.until(live.clock.now_ns() + S_NS // 2)
    live.conductor.handle(Operator("resume"), live.clock.now_ns())
    live.until(live.clock.now_ns() + 2 * S_NS)
    live.hear(words(rules, 120, from_ns=live.clock.now_ns(), index=275))
    live.journal.close()

    journal = read_journal(path)
    states = [event.fields["state"] for event in journal.of_kind("chase")]
    assert {"locking", "locked", "freewheel", "hold"} <= set(states)
    assert journal.of_kind("jump"), "the run had a jump"
    result = replay(journal, produce(PlayOptions("first_light"), Phases(ManualClock())))
    assert result.difference is None, str(result.difference)
    assert result.checkpoints > 50 and result.story_events > 10


def test_an_operator_sees_the_chase_and_its_rival(tmp_path: Path) -> None:
    live = Live(tmp_path / "j.jsonl", Venue(follow=follow()))
    assert "nothing heard" in live.part.lines()[0] and "unlocked" in live.part.lines()[0]
    live.hear(words(rules_for(), 20, stream="desk"))
    line = live.part.lines()[0]
    assert line.startswith("timecode ltc: locked") and "ppm" in line and "ms" in line
    due_ns = live.part.next_due_ns()
    assert due_ns is not None and due_ns > live.clock.now_ns()
    live.journal.close()


def test_words_of_another_machines_time_are_moved_into_the_runs(tmp_path: Path) -> None:
    ahead_ns = 3_600 * S_NS
    near, far = (Live(tmp_path / f"{k}.jsonl", Venue(follow=follow()), ahead_ns=k) for k in (0, ahead_ns))
    said = words(rules_for(), 30)
    near.hear(said)
    child = far.part.children[0]
    for word in said:
        far.until(word.at_ns + 40 * MS)
        far.part.hear(child, "words", [replace(word, at_ns=word.at_ns - ahead_ns)], far.clock.now_ns())
    assert far.conductor.transport == near.conductor.transport
    for live in (near, far):
        live.journal.close()


def test_a_sending_process_that_is_started_again_is_told_of_the_seeks(tmp_path: Path) -> None:
    live = Live(tmp_path / "j.jsonl", Venue(send=(SEND,)))
    (child,) = live.part.children
    live.until(3 * S_NS)
    live.conductor.handle(Operator("seek_by", 2 * S_FL), live.clock.now_ns())
    live.until(3 * S_NS + S_NS // 2)
    assert child.config.before is None or child.config.before.by_fl == 0
    live.until(5 * S_NS)
    assert isinstance(child.config.before, Sought)
    assert child.config.before.by_fl == pytest.approx(2 * S_FL, abs=1000)
    live.journal.close()


def test_a_wrong_wire_holds_the_show_and_says_why(tmp_path: Path) -> None:
    live = Live(tmp_path / "j.jsonl", Venue(follow=follow()))
    live.hear([replace(word, wire=Wire.MTC) for word in words(rules_for(), 20)])
    assert live.conductor.moment(live.clock.now_ns()).rate == 0
    assert "counts 25 on mtc" in live.part.lines()[0]
    live.journal.close()
