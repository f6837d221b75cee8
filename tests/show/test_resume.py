"""A run that was cut off goes on from its journal: the same scene, position and story, and the new journal replays."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from engine.cli import main
from engine.errors import JournalError, UsageError
from engine.show.conduct.conductor import Conductor
from engine.show.live.resume import FromAJournal, as_before, cut_off, same_as_before
from engine.show.options import PlayOptions
from engine.show.record import RunRecord
from engine.show.replay import replay
from engine.show.setup import Phases, header_of, produce
from engine.show.standby.digest import digest
from engine.story.journal import JournalWriter, read_journal
from engine.time import LocalBlock, ManualClock, TransportWriter
from tests.show.runs import OFFLINE, Run, rows_of, write_journal

S_NS = 1_000_000_000


def cut(run: Run, folder: Path, at_s: float) -> Path:
    """The run's folder as it was when its conductor was killed at `at_s`."""
    rows = [row for row in rows_of(run.folder / "journal.jsonl") if row.get("at_ns", 0) <= at_s * S_NS]
    folder.mkdir()
    write_journal(folder / "journal.jsonl", rows)
    return folder


@pytest.mark.parametrize("at_s", [4.0, 13.2, 19.4, 24.0])
def test_the_show_goes_on_where_it_was(first_light: Run, tmp_path: Path, at_s: float) -> None:
    past = cut_off(cut(first_light, tmp_path / "cut", at_s))
    options = as_before(PlayOptions(""), past)
    production = produce(options, Phases(ManualClock()))
    same_as_before(past, production)
    clock = ManualClock(1000 * S_NS)
    opening = FromAJournal(clock, past, clock.now_ns())
    block = LocalBlock()
    epoch_ns = opening.epoch_ns
    assert epoch_ns is not None
    path = tmp_path / "journal.jsonl"
    header = opening.header(header_of(options, production, "b", "monotonic"))
    with JournalWriter(path, header, clock, epoch_ns=epoch_ns) as journal:
        record = RunRecord(journal, epoch_ns)
        writer = TransportWriter(opening.publish_to(block))
        conductor = Conductor(
            package=production.package,
            story=production.story,
            writer=writer,
            record=record,
            guests=1,
            speed=Fraction(1),
        )
        assert block.read().segments == ()
        clock.advance_ns(2 * S_NS)  # the devices come up
        opening.begin(conductor, record, clock.now_ns())
        # The same scene and position as when it was cut off, and it stands there until everything is up.
        index = block.read().at(clock.now_ns()).scene
        assert production.package.scenes[index].id == ("shore" if at_s < 20 else "away")
        upto_s = opening.upto_ns / S_NS
        at_fl = block.read().at(clock.now_ns()).at_fl
        assert at_fl / 705_600_000 == pytest.approx(upto_s - (0 if at_s < 20 else 20) + 0.02, abs=1e-6)
        assert block.read().at(clock.now_ns()).rate == 0
        clock.advance_ns(S_NS // 2)
        conductor.advance(clock.now_ns())
        assert block.read().at(clock.now_ns()).rate == 1
        while conductor.ended is None:
            due_ns = conductor.next_deadline_ns()
            assert due_ns is not None
            conductor.advance(due_ns)
        assert conductor.ended.how == "ending"
    again = read_journal(path)
    assert [event.fields["scene"] for event in again.of_kind("beat")] == ["shore", "away"]
    (was,), (commit,) = first_light.journal.of_kind("commit"), again.of_kind("commit")
    # What had been decided stands; before that nobody is there to vote any more.
    decided = was.at_ns <= opening.upto_ns
    assert commit.fields == was.fields if decided else commit.fields["reason"] == "nobody voted"
    assert decided == (at_s > 4)
    fresh = produce(options, Phases(ManualClock()))
    assert replay(again, fresh).difference is None


def test_the_story_state_is_that_of_the_run(first_light: Run, tmp_path: Path) -> None:
    """Rebuilt from inputs, not stored: the digest is that of the conductor that was never cut off."""
    states = []
    for at_s in (16.0, 31.0):  # the whole run, told up to 16 s, and the one cut off there
        past = cut_off(cut(first_light, tmp_path / str(at_s), at_s))
        production = produce(as_before(PlayOptions(""), past), Phases(ManualClock()))
        writer = TransportWriter(LocalBlock())
        conductor = Conductor(
            package=production.package,
            story=production.story,
            writer=writer,
            record=lambda kind, now_ns, /, **fields: None,
        )
        for event in past.of_kind("start", "input"):
            if event.at_ns > 16 * S_NS:
                break
            if event.kind == "start":
                conductor.start(0, from_ns=0, epoch_ns=0)
            else:
                from engine.show.conduct.inputs import from_json

                conductor.handle(from_json(event.fields["input"]), event.at_ns)
        conductor.advance(16 * S_NS)
        states.append(
            digest(writer.transport, conductor, production.story, production.evaluator(), 1, 16 * S_NS)
        )
    assert states[0] == states[1]


def test_what_cannot_be_resumed_says_why(
    first_light: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(JournalError, match="came to its end"):
        cut_off(first_light.folder)
    rows = rows_of(first_light.folder / "journal.jsonl")
    (tmp_path / "none").mkdir()
    write_journal(tmp_path / "none" / "journal.jsonl", rows[:1])
    with pytest.raises(JournalError, match="before its first moment"):
        cut_off(tmp_path / "none")
    folder = cut(first_light, tmp_path / "other", 4.0)
    other = rows_of(folder / "journal.jsonl")
    other[0]["package_hash"] = "0" * 64
    write_journal(folder / "journal.jsonl", other)
    assert main(["play", "--resume", str(folder), *OFFLINE, "--out", str(tmp_path / "out")]) == 2
    assert "another version of the package" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--resume", "x", "first_light"], "--resume: the journal says"),
        (["first_light", "--standby", "--seed", "1"], "--standby: what is played"),
        (["first_light", "--lead", "--speed", "max"], "real time"),
        ([], "give the experience"),
    ],
)
def test_words_that_do_not_go_together(
    words: list[str], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["play", *words]) == UsageError.exit_status
    assert why in capsys.readouterr().err
