"""Inputs in a live run: what is heard reaches the conductor, time tags wait, and a show waits for its go."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from engine.bus.listen import Heard
from engine.bus.listen_reader import InputState
from engine.bus.source import Signal
from engine.errors import Place
from engine.experience.venue import Action, CueIn, InputSpec, Venue
from engine.show.conduct.conductor import LEAD_NS, Conductor
from engine.show.conduct.inputs import Operator
from engine.show.record import RunRecord
from engine.show.signals.part import InputsPart, inputs_part
from engine.time import LocalBlock, ManualClock, TransportWriter
from tests.show.fakes import S_FL, FakeStory, make_action, make_package, make_scene, make_trigger

MS = 1_000_000
START = CueIn("desk", "/start", Action("operator", "start"))
BELL = CueIn("desk", "/bell", Action("external", "bell"))
HOLD = CueIn("desk", "/hold", Action("operator", "toggle_hold"))


class Rows:
    def __init__(self) -> None:
        self.rows: list[tuple[str, int | None, dict[str, Any]]] = []

    def append(self, kind: str, at_ns: int | None = None, /, **fields: Any) -> None:
        self.rows.append((kind, at_ns, fields))

    def inputs(self) -> list[tuple[int | None, str]]:
        return [
            (at_ns, fields["input"].get("action") or fields["input"]["name"])
            for kind, at_ns, fields in self.rows
            if kind == "input"
        ]


def made(*cues: CueIn, now_ns: int = 0) -> InputsPart:
    venue = Venue(inputs=(InputSpec("desk", "sample", "udp://127.0.0.1:9100", {}, Place("rig")),), cues=cues)
    production: Any = SimpleNamespace(
        rig=SimpleNamespace(venue=venue), package=SimpleNamespace(languages=("en",))
    )
    part = inputs_part(production, ManualClock(now_ns))
    assert part is not None
    return part


def begun(
    *cues: CueIn, from_ns: int = 150 * MS, before: tuple[Signal, ...] = ()
) -> tuple[InputsPart, Conductor, Rows, TransportWriter]:
    bell = make_trigger("bell", "external", do=make_action(rung=1))
    bell.name = "bell"
    package = make_package(make_scene("quay", 0, seconds=10, triggers=(bell,)))
    part = made(*cues)
    if before:
        part.hear(part.children[0], "signals", Heard(0, before), 0)
    rows, writer = Rows(), TransportWriter(LocalBlock())
    record = RunRecord(rows, 0)
    story: Any = FakeStory({"start": (["quay"], {}, None)})
    conductor = Conductor(package=package, story=story, writer=writer, record=record)
    conductor.start(0, from_ns=from_ns)
    part.begin(conductor, record)
    return part, conductor, rows, writer


def hear(part: InputsPart, address: str, at_ns: int, *, later_ns: int = 0) -> None:
    heard = Heard(7_000 * MS, (Signal("desk", address, (), 7_000 * MS + later_ns),))
    part.hear(part.children[0], "signals", heard, at_ns)


def step(part: InputsPart, conductor: Conductor, at_ns: int) -> None:
    conductor.advance(at_ns)
    part.advance(at_ns)


def test_a_rig_without_inputs_or_triggers_has_no_part() -> None:
    for venue in (Venue(), Venue(inputs=(InputSpec("a", "sample", "udp://127.0.0.1:1", {}, Place("rig")),))):
        production: Any = SimpleNamespace(rig=SimpleNamespace(venue=venue))
        assert inputs_part(production, ManualClock()) is None


def test_a_signal_becomes_a_journalled_input() -> None:
    part, conductor, rows, _ = begun(BELL)
    step(part, conductor, 200 * MS)
    hear(part, "/bell", 300 * MS)
    hear(part, "/nothing", 310 * MS)
    assert rows.inputs() == [(300 * MS, "bell")]
    assert [kind for kind, _, _ in rows.rows].count("trigger") == 1


def test_contacts_that_were_read_before_the_show_began_set_nothing_off_but_are_known() -> None:
    door = CueIn("desk", "/coil/1", Action("external", "bell"), equals=True)
    before = (Signal("desk", "/coil/1", (False,), 0), Signal("desk", "/start", (), 0))
    part, conductor, rows, _ = begun(door, START, before=before)
    assert part.lines()[0] == "waiting for start: desk /start"
    part.hear(part.children[0], "signals", Heard(0, (Signal("desk", "/start", (), 0),)), 160 * MS)
    step(part, conductor, 200 * MS)
    part.hear(part.children[0], "signals", Heard(0, (Signal("desk", "/coil/1", (True,), 0),)), 300 * MS)
    assert rows.inputs()[-1] == (300 * MS, "bell")


def test_a_time_tag_ahead_is_kept_to_whatever_the_clocks_epochs() -> None:
    part, conductor, rows, _ = begun(BELL)
    hear(part, "/bell", 200 * MS, later_ns=250 * MS)
    assert part.next_due_ns() == 450 * MS and rows.inputs() == []
    step(part, conductor, 449 * MS)
    assert rows.inputs() == []
    step(part, conductor, 450 * MS)
    assert rows.inputs() == [(450 * MS, "bell")] and part.next_due_ns() is None


def test_a_tag_a_minute_ahead_is_a_senders_mistake() -> None:
    part, _, rows, _ = begun(BELL)
    hear(part, "/bell", 200 * MS, later_ns=3_600_000 * MS)
    assert rows.inputs() == [(200 * MS, "bell")]


def test_a_show_with_a_start_is_held_at_its_very_first_frame() -> None:
    part, conductor, rows, writer = begun(START, HOLD)
    assert rows.inputs() == [(0, "hold")]
    for at in (150, 160, 4000):
        step(part, conductor, at * MS)
        moment = writer.transport.at(at * MS)
        assert (moment.scene, moment.at_fl, moment.rate) == (0, 0, 0)
    assert writer.transport.at(149 * MS).scene == -1
    assert "waiting for start: desk /start" in part.lines()
    hear(part, "/hold", 4500 * MS)  # only the go starts a show
    assert rows.inputs() == [(0, "hold")]
    hear(part, "/start", 5000 * MS)
    assert rows.inputs()[-1] == (5000 * MS, "resume")
    assert writer.transport.at(5000 * MS + LEAD_NS + 1000 * MS).at_fl == S_FL
    hear(part, "/start", 6000 * MS)
    hear(part, "/hold", 6500 * MS)
    assert [name for _, name in rows.inputs()] == ["hold", "resume", "toggle_hold"]
    assert part.lines() == []


def test_a_go_before_the_first_frame_is_taken_at_it() -> None:
    part, conductor, rows, writer = begun(START)
    hear(part, "/start", 50 * MS)
    assert part.next_due_ns() == 150 * MS
    step(part, conductor, 150 * MS)
    assert rows.inputs()[-1] == (150 * MS, "resume")
    assert writer.transport.at(150 * MS + LEAD_NS + 1000 * MS).at_fl == S_FL


def test_a_conductor_that_takes_over_a_waiting_show_goes_on_waiting() -> None:
    _, conductor, rows, _ = begun(START)
    conductor.advance(3000 * MS)
    for at_ms, waits in ((3000, True), (5000, False)):
        part = made(START, HOLD, now_ns=at_ms * MS)
        part.begin(conductor, RunRecord(rows, 0))
        assert (part.lines() != []) == waits
        if waits:
            hear(part, "/start", 4000 * MS)
            assert [name for _, name in rows.inputs()] == ["hold", "resume"]
            step(part, conductor, 5000 * MS)


def test_somebody_at_the_screen_may_start_it_too() -> None:
    part, conductor, rows, _ = begun(START, HOLD)
    step(part, conductor, 200 * MS)
    conductor.handle(Operator("toggle_hold"), 1000 * MS)
    step(part, conductor, 1100 * MS)
    assert part.lines() == []
    hear(part, "/hold", 2000 * MS)
    assert [name for _, name in rows.inputs()] == ["hold", "toggle_hold", "toggle_hold"]


def test_sources_that_come_and_go_are_in_the_journal_and_in_the_view() -> None:
    part, _, rows, _ = begun(BELL)
    child = part.children[0]
    part.hear(child, "source", ("desk", "gone", "cable"), 500 * MS)
    part.hear(child, "health", (InputState("desk", "sample", "udp://x", "open", 12, 3, 5, 1),), 500 * MS)
    (notice,) = [fields for kind, _, fields in rows.rows if kind == "notice"]
    assert notice == {"text": "input desk: cable", "input": "desk", "state": "gone"}
    assert part.lines() == ["input desk: open  12 signals, 3 not understood, 6 left out"]
    part.end()
    hear(part, "/bell", 600 * MS)
    assert rows.inputs() == []
