"""`sensorama replay`: the same again, and whatever was changed is found and named with its line."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from engine.bus.inline import InlineBus
from engine.bus.loop import DeviceNote
from engine.cli import main
from engine.errors import JournalError
from engine.show.conduct.conductor import Conductor
from engine.show.conduct.inputs import Guest, Input, Look, Operator
from engine.show.options import PlayOptions
from engine.show.record import RunRecord
from engine.show.replay import commanded_curves, replay
from engine.show.setup import Phases, Production, header_of, produce
from engine.story.journal import JournalWriter, read_journal
from engine.time import FLICKS_PER_SECOND, LocalBlock, ManualClock, TransportWriter
from tests.show.runs import Run, play_offline, rows_of, write_journal

S_NS = 1_000_000_000


def said(capsys: pytest.CaptureFixture[str], path: Path, status: int) -> str:
    """What replaying said, after checking its exit status."""
    got = main(["replay", str(path)])
    out, err = capsys.readouterr()
    assert got == status, out + err
    assert "Traceback" not in out + err
    return (out + err).strip()


@pytest.fixture
def rows(first_light: Run) -> list[dict[str, Any]]:
    """The lines of a run's journal, to be tampered with."""
    return rows_of(first_light.folder / "journal.jsonl")


def find(rows: list[dict[str, Any]], kind: str, nth: int = 0, **fields: Any) -> int:
    """Index of the nth line of a kind with these fields."""
    return [i for i, row in enumerate(rows) if row.get("event") == kind and fields.items() <= row.items()][
        nth
    ]


# ---- runs that were left alone -----------------------------------------------------------------------------


def test_a_run_replays_the_same(first_light: Run, capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, first_light.folder / "journal.jsonl", 0)
    assert (
        "the same" in text
        and f"{len(first_light.journal.of_kind('frames'))} frame checkpoints of 6 devices" in text
    )


def test_a_folder_stands_for_its_journal(scaffold_run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert "the same" in said(capsys, scaffold_run.folder, 0)


@pytest.mark.parametrize(
    "words",
    [("--from", "quay@10s", "--choices", "stay"), ("--language", "zh", "--seed", "4"), ("--from", "lamp@3s")],
)
def test_runs_of_every_kind_replay(
    words: tuple[str, ...], scaffold: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = play_offline(tmp_path / "run", str(scaffold), *words)
    assert "the same" in said(capsys, run.folder, 0)


# ---- runs that were tampered with --------------------------------------------------------------------------


def test_another_instant_of_an_input_is_found(
    rows: list[dict[str, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows[find(rows, "input")]["at_ns"] += 1000
    text = said(capsys, write_journal(tmp_path / "j.jsonl", rows), 1)
    assert f"DIFFERENT at line {find(rows, 'vote') + 1}:" in text and "vote" in text


def test_another_choice_is_found(
    rows: list[dict[str, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows[find(rows, "input")]["input"]["target"] = "option:wait"
    text = said(capsys, write_journal(tmp_path / "j.jsonl", rows), 1)
    assert f"line {find(rows, 'vote') + 1}:" in text
    assert "option = 'moon'" in text and "the replay 'wait'" in text


def test_a_missing_input_is_found(
    rows: list[dict[str, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    del rows[find(rows, "input")]
    text = said(capsys, write_journal(tmp_path / "j.jsonl", rows), 1)
    assert f"line {find(rows, 'vote') + 1}: the run had 'vote'" in text


@pytest.mark.parametrize(("name", "nth"), [("at_fl", 0), ("from_ns", 1), ("beat", 2)])
def test_another_segment_is_found(
    name: str, nth: int, rows: list[dict[str, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = find(rows, "segment", nth)
    rows[line][name] += 1
    text = said(capsys, write_journal(tmp_path / "j.jsonl", rows), 1)
    assert f"line {line + 1}:" in text and f"{name} = {rows[line][name]}" in text


def test_another_frame_hash_is_found(
    rows: list[dict[str, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = find(rows, "frames", device="lights", second=7)
    rows[line]["hash"] = "0" * 32
    text = said(capsys, write_journal(tmp_path / "j.jsonl", rows), 1)
    assert f"line {line + 1}: device lights" in text and "000000000000" in text and "7.000 s" in text


def test_a_bus_that_took_up_a_change_at_another_tick_is_found(
    rows: list[dict[str, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The seat's and the lights' frames depend on when the second scene was adopted."""
    line = find(rows, "adopt", tick=20000)
    earlier = find(rows, "adopt", tick=11935)
    rows[earlier]["tick"] = rows[line]["tick"] = 23300
    text = said(capsys, write_journal(tmp_path / "j.jsonl", rows), 1)
    assert "DIFFERENT at line" in text and "frames up to" in text


def test_a_torn_last_line_is_said_and_the_rest_compared(
    first_light: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = (first_light.folder / "journal.jsonl").read_bytes()
    for cut in (len(data) * 2 // 3, len(data) // 4, len(data) - 5):
        torn = tmp_path / f"{cut}.jsonl"
        torn.write_bytes(data[:cut])
        text = said(capsys, torn, 0)
        assert "torn at its end" in text and "the same" in text


def test_a_damaged_line_in_the_middle_is_named(
    first_light: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = (first_light.folder / "journal.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    lines[9] = lines[9][:20] + "\n"
    path = tmp_path / "j.jsonl"
    path.write_text("".join(lines), encoding="utf-8")
    assert f"{path}:10: damaged" in said(capsys, path, 2)


def test_a_run_that_goes_on_behind_its_journal_is_found(
    rows: list[dict[str, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    del rows[find(rows, "beat", 1)]
    text = said(capsys, write_journal(tmp_path / "j.jsonl", rows), 1)
    assert "the replay 'beat' at 20.000000 s" in text


# ---- journals that do not fit ------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "word"), [("package_hash", "package"), ("rig_hash", "rig")])
def test_another_version_is_refused(
    name: str, word: str, rows: list[dict[str, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows[0][name] = "f" * 64
    text = said(capsys, write_journal(tmp_path / "j.jsonl", rows), 2)
    assert f"another version of the {word} (ffffffffffff; here it is" in text


def test_a_changed_package_is_refused(
    copy_of: Callable[[Path | str], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = copy_of("first_light")
    run = play_offline(tmp_path / "run", str(folder), "--from", "away@11s")
    shore = folder / "scenes" / "shore.yaml"
    shore.write_text(shore.read_text(encoding="utf-8") + "\n# changed\n", encoding="utf-8")
    text = said(capsys, run.folder, 2)
    assert "another version of the package" in text and "--experience" in text


def test_a_journal_from_another_machine_finds_what_came_with_the_engine(
    rows: list[dict[str, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows[0]["experience"] = "/somewhere/else/experiences/first_light"
    rows[0]["rig"] = "/somewhere/else/engine/experience/rigs/studio.yaml"
    assert "the same" in said(capsys, write_journal(tmp_path / "j.jsonl", rows), 0)


@pytest.mark.parametrize(("name", "option"), [("experience", "--experience"), ("rig", "--rig")])
def test_what_is_gone_is_asked_for(
    name: str, option: str, rows: list[dict[str, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows[0][name] = "/somewhere/else/gone.yaml"
    rows[0]["package"] = "gone" if name == "experience" else rows[0]["package"]
    text = said(capsys, write_journal(tmp_path / "j.jsonl", rows), 2)
    assert "/somewhere/else/gone.yaml, which is not there any more" in text and option in text


def test_a_journal_of_another_format_is_refused(
    rows: list[dict[str, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows[0]["schema"] = "sensorama.journal/2"
    path = write_journal(tmp_path / "j.jsonl", rows)
    assert f"{path}:1: schema 'sensorama.journal/2'" in said(capsys, path, 2)


@pytest.mark.parametrize("content", ["", "hello\n", "[]\n", "{}\n"])
def test_what_is_no_journal_is_refused(
    content: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "j.jsonl"
    path.write_text(content, encoding="utf-8")
    assert str(path) in said(capsys, path, 2)
    assert "cannot be read" in said(capsys, tmp_path / "nothing.jsonl", 2)


def test_an_input_of_a_later_version_is_refused(
    rows: list[dict[str, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows[find(rows, "input")]["input"]["type"] = "telepathy"
    text = said(capsys, write_journal(tmp_path / "j.jsonl", rows), 2)
    assert "'telepathy'" in text and "look" in text


def test_fields_and_events_of_a_later_version_are_no_difference(
    rows: list[dict[str, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows[find(rows, "beat")]["mood"] = "blue"
    rows.insert(5, {"event": "weather", "at_ns": 0, "wind": 3})
    assert "the same" in said(capsys, write_journal(tmp_path / "j.jsonl", rows), 0)


# ---- what only a live bus meets ----------------------------------------------------------------------------


@dataclass
class LiveLike:
    """A run as a live one goes, on a manual clock: a watchdog, devices that come and go, a bus that is held up.

    `notes` are given to the bus at host seconds; in `held` it is not called; at `restarts` it is begun anew; in `silent` the
    conductor gives no sign of life.
    """

    production: Production
    path: Path
    inputs: dict[float, Input] = field(default_factory=dict)
    notes: dict[float, DeviceNote] = field(default_factory=dict)
    held: tuple[tuple[float, float], ...] = ()
    restarts: tuple[float, ...] = ()
    silent: tuple[tuple[float, float], ...] = ()
    wakes_ns: tuple[int, ...] = ()

    def play(self) -> Path:
        clock, block = ManualClock(0), LocalBlock()
        writer = TransportWriter(block)
        header = header_of(PlayOptions("first_light"), self.production, "test", "monotonic")
        with JournalWriter(self.path, header, clock, epoch_ns=0) as journal:
            record = RunRecord(journal, 0)
            conductor = Conductor(
                package=self.production.package,
                story=self.production.story,
                writer=writer,
                record=record,
                speed=Fraction(1),
            )
            bus = self._bus(block, record)
            record("start", 0, from_ns=150_000_000, scene=None, at_fl=0)
            conductor.start(0, from_ns=150_000_000, epoch_ns=0)
            inputs, notes = dict(self.inputs), dict(self.notes)
            for now_ns in self._instants():
                clock.advance_to_ns(now_ns)
                now_s = now_ns / 1e9
                for at_s in sorted(at_s for at_s in inputs if at_s <= now_s):
                    conductor.handle(inputs.pop(at_s), round(at_s * S_NS))
                conductor.advance(now_ns)
                if not any(a <= now_s < b for a, b in self.silent):
                    writer.beat(now_ns)
                if now_s in self.restarts:
                    record("device", now_ns, what="restart", tick=now_ns // 1_000_000)
                    bus = self._bus(block, record)
                if any(a <= now_s < b for a, b in self.held):
                    continue
                due = [notes.pop(at_s) for at_s in sorted(at_s for at_s in notes if at_s <= now_s)]
                # As the process does it: everything due up to now in one call.
                bus.core.advance(now_ns, block.read(), block.heartbeat_ns(), due)
        return self.path

    def _bus(self, block: LocalBlock, record: RunRecord) -> InlineBus:
        rig = self.production.rig
        return InlineBus(
            self.production.devices,
            self.production.evaluator(),
            block,
            epoch_ns=0,
            tick_hz=rig.tick_hz,
            watchdog_ns=rig.watchdog_ns,
            sink=record.bus,
        )

    def _instants(self) -> Iterator[int]:
        """Uneven wakes, as a busy machine gives them."""
        steps = itertools.cycle((5_000_000, 13_000_000, 1_000_000, 61_000_000, 20_000_000))
        regular = itertools.takewhile(
            lambda now_ns: now_ns <= 34 * S_NS, itertools.accumulate(steps, initial=0)
        )
        yield from sorted({*regular, *self.wakes_ns})


@pytest.fixture
def production() -> Production:
    return produce(PlayOptions("first_light"), Phases(ManualClock()))


def replayed(path: Path) -> str:
    """How the replay of a journal went; empty for the same."""
    result = replay(read_journal(path), produce(PlayOptions("first_light"), Phases(ManualClock())))
    assert result.checkpoints > 100
    return "" if result.difference is None else str(result.difference)


def devices_said(path: Path) -> list[tuple[str, str]]:
    return [
        (event.fields["what"], event.fields.get("device", ""))
        for event in read_journal(path).of_kind("device")
        if event.fields["what"] != "refused"
    ]


def test_a_device_that_went_and_came_back_replays(production: Production, tmp_path: Path) -> None:
    notes = {
        0.0: DeviceNote("lights", "back", "open"),
        4.3: DeviceNote("seat_a", "gone", "pulled"),
        9.1: DeviceNote("seat_a", "back", "again"),
        22.2: DeviceNote("lights", "gone", "dark"),
    }
    path = LiveLike(production, tmp_path / "j.jsonl", notes=notes).play()
    assert devices_said(path) == [
        ("back", "lights"),
        ("gone", "seat_a"),
        ("back", "seat_a"),
        ("gone", "lights"),
    ]
    assert replayed(path) == ""
    rows = rows_of(path)
    back = find(rows, "device", what="back", device="seat_a")
    rows[back]["tick"] += 500
    assert "device seat_a: the frames up to" in replayed(write_journal(tmp_path / "k.jsonl", rows))


@pytest.mark.parametrize("held", [((6.0, 6.4),), ((3.0, 5.0), (19.9, 20.7)), ((30.0, 33.0),)])
def test_a_bus_that_was_held_up_replays(
    held: tuple[tuple[float, float], ...], production: Production, tmp_path: Path
) -> None:
    path = LiveLike(production, tmp_path / "j.jsonl", inputs={12.0: Look(0, "option:wait")}, held=held).play()
    assert [what for what, _ in devices_said(path)] == ["overrun"] * len(held)
    assert replayed(path) == ""


def test_a_bus_that_was_held_up_just_long_enough_replays(production: Production, tmp_path: Path) -> None:
    """Held up for a part of a tick more than it makes good: the tick it resumes at alone does not tell."""
    wakes_ns = (6_000_000_000, 6_255_400_000)
    path = LiveLike(production, tmp_path / "j.jsonl", held=((6.0001, 6.2554),), wakes_ns=wakes_ns).play()
    (overrun,) = [
        event for event in read_journal(path).of_kind("device") if event.fields["what"] == "overrun"
    ]
    assert overrun.fields["resumed"] - overrun.fields["first"] == 250
    assert replayed(path) == ""


def test_a_bus_that_was_started_again_replays(production: Production, tmp_path: Path) -> None:
    plain = LiveLike(production, tmp_path / "p.jsonl")
    instants = [ns / 1e9 for ns in plain._instants()]
    restarts = tuple(next(at for at in instants if at >= wanted) for wanted in (5.0, 5.2, 21.0))
    path = LiveLike(production, tmp_path / "j.jsonl", restarts=restarts).play()
    assert [what for what, _ in devices_said(path)].count("restart") == 3
    assert replayed(path) == ""
    rows = rows_of(path)
    line = find(rows, "frames", device="seat_a", second=25)
    rows[line]["hash"] = "f" * 32
    assert replayed(write_journal(tmp_path / "k.jsonl", rows)).startswith(f"line {line + 1}: device seat_a")


def test_a_silent_conductor_replays(production: Production, tmp_path: Path) -> None:
    path = LiveLike(production, tmp_path / "j.jsonl", silent=((4.0, 6.0), (20.5, 21.3))).play()
    assert [what for what, _ in devices_said(path)] == ["stale", "fresh"] * 2
    assert replayed(path) == ""


def test_hold_scrub_and_stop_replay(production: Production, tmp_path: Path) -> None:
    inputs: dict[float, Input] = {
        2.0: Operator("hold"),
        4.5: Operator("resume"),
        6.0: Operator("seek_by", -3 * FLICKS_PER_SECOND),
        8.0: Operator("seek_by", 7 * FLICKS_PER_SECOND),
        9.0: Look(0, "option:moon"),
        17.0: Operator("seek_by", 5 * FLICKS_PER_SECOND),
        24.0: Operator("stop"),
    }
    path = LiveLike(production, tmp_path / "j.jsonl", inputs=inputs).play()
    journal = read_journal(path)
    assert journal.of_kind("end")[0].fields["how"] == "stopped"
    # Scrubbed over the opening: the choice shows and opens there and then.
    assert [(event.fields["state"], event.at_ns) for event in journal.of_kind("window")] == [
        ("shown", 8 * S_NS),
        ("open", 8 * S_NS),
    ]
    assert [event.fields["option"] for event in journal.of_kind("vote")] == ["moon"]
    assert replayed(path) == ""


def test_everything_at_once_replays(production: Production, tmp_path: Path) -> None:
    path = LiveLike(
        production,
        tmp_path / "j.jsonl",
        inputs={
            1.0: Guest(0, "arrived"),
            3.0: Guest(0, "comfort", 1),
            4.0: Guest(0, "photosensitive", 1),
            5.0: Guest(0, "language", 1),
            11.0: Look(0, "option:wait"),
            18.0: Guest(0, "left"),
            20.0: Guest(0, "arrived"),
            21.0: Guest(0, "intensity", 300, "motion"),
            25.0: Operator("toggle_hold"),
            26.0: Operator("toggle_hold"),
        },
        notes={3.0: DeviceNote("air", "gone"), 13.0: DeviceNote("air", "back")},
        held=((8.0, 8.9),),
        silent=((15.0, 16.0),),
    ).play()
    told = [
        (event.fields["comfort"], event.fields["photosensitive"])
        for event in read_journal(path).of_kind("profile")
    ]
    assert told == [
        *(("gentle", False), ("gentle", True), ("gentle", True)),
        *(("full", True), ("full", False), ("full", False)),
    ]
    assert replayed(path) == ""


def test_curves_come_from_the_journal_alone(production: Production, tmp_path: Path) -> None:
    """A live run's report draws what was commanded by replaying its bus."""
    path = LiveLike(
        production, tmp_path / "j.jsonl", notes={5.0: DeviceNote("seat_a", "gone", "pulled")}
    ).play()
    curves = {(curve.group, curve.label): curve for curve in commanded_curves(path, production)}
    assert ("seat_a", "roll") in curves and any(group == "lights" for group, _ in curves)


def test_a_bus_that_adopted_what_was_never_published_is_refused(
    production: Production, tmp_path: Path
) -> None:
    rows = rows_of(LiveLike(production, tmp_path / "j.jsonl").play())
    rows[find(rows, "adopt", 1)]["sequence"] = 999
    with pytest.raises(JournalError, match="999"):
        replayed(write_journal(tmp_path / "k.jsonl", rows))
    assert (
        json.loads((tmp_path / "k.jsonl").read_text(encoding="utf-8").splitlines()[0])["clock"] == "monotonic"
    )
