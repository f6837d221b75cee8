"""Guests in a running show: what a viewer reports, what a decision makes of it, what is sent back to be drawn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from engine.experience.headset import GuestPolicy
from engine.render.live import GuestEvent, KeyEvent
from engine.show.conduct.conductor import Conductor
from engine.show.conduct.inputs import Guest, Look, Pick
from engine.show.conduct.wiring import input_of
from engine.show.folder import RunFolder
from engine.show.guests.reception import Reception
from engine.show.live.pictures import LivePictures
from engine.show.options import PlayOptions
from engine.show.setup import Phases, produce
from engine.time import LocalBlock, ManualClock, TransportWriter
from tests.show.fakes import FakeStory, make_package, make_scene, make_window, seconds_ns

KNOTS = {
    "start": (["market"], {"flute": "tea", "drum": "tower"}, "flute"),
    "tea": (["tea"], {}, None),
    "tower": (["tower"], {}, None),
}


def conduct(guests: int) -> tuple[Conductor, list[tuple[str, dict[str, Any]]]]:
    """Two thirds of the guests have to vote, or the flute is taken."""
    window = make_window(rule="plurality", quorum=0.67)
    package = make_package(
        make_scene("market", 0, window=window),
        make_scene("tea", 1, seconds=4),
        make_scene("tower", 2, seconds=4),
    )
    log: list[tuple[str, dict[str, Any]]] = []
    conductor = Conductor(
        package=package,
        story=FakeStory(KNOTS),  # type: ignore[arg-type]
        writer=TransportWriter(LocalBlock()),
        record=lambda kind, now_ns, /, **fields: log.append((kind, fields)),
        guests=guests,
    )
    conductor.start(0, from_ns=0)
    return conductor, log


def chosen(conductor: Conductor) -> str:
    conductor.advance(seconds_ns(30))
    return conductor.choices[0][1]


def test_a_viewers_word_about_its_guest_becomes_an_input() -> None:
    assert input_of(GuestEvent(5, "arrived"), 1, ()) == Guest(1, "arrived")
    assert input_of(GuestEvent(5, "left"), 0, ()) == Guest(0, "left")
    assert input_of(GuestEvent(5, "waved"), 0, ()) is None


def test_number_keys_answer_what_hangs_there() -> None:
    reception = Reception(GuestPolicy(("language",)), ("en", "zh"), ("a",))
    reception.noticed(Guest(0, "arrived"), 0)
    picked = input_of(KeyEvent(5, "2"), 0, reception.options(0))
    assert picked == Pick(0, "guest/language/zh", by="key")
    assert reception.hear(picked, 10) == [Guest(0, "language", 1)]


def test_who_has_left_is_not_waited_for() -> None:
    conductor, _ = conduct(3)
    conductor.handle(Pick(0, "drum", by="mouse"), seconds_ns(4))
    assert chosen(conductor) == "flute"  # one of three is too few
    conductor, _ = conduct(3)
    for seat in (1, 2):
        conductor.handle(Guest(seat, "left"), seconds_ns(3.5))
    conductor.handle(Pick(0, "drum", by="mouse"), seconds_ns(4))
    assert chosen(conductor) == "drum"
    assert conductor.absent == (1, 2)


def test_a_headset_that_comes_off_in_the_middle_of_a_look_votes_for_nothing() -> None:
    conductor, log = conduct(1)
    conductor.handle(Look(0, "option:drum"), seconds_ns(4))
    conductor.handle(Guest(0, "left"), seconds_ns(4.5))
    assert chosen(conductor) == "flute"
    assert [fields for kind, fields in log if kind == "vote"] == []


def test_what_a_guest_has_chosen_stands_when_she_goes() -> None:
    conductor, _ = conduct(1)
    conductor.handle(Pick(0, "drum", by="mouse"), seconds_ns(4))
    conductor.handle(Guest(0, "left"), seconds_ns(4.5))
    assert chosen(conductor) == "drum"


class Viewer:
    """Takes what it is told."""

    gone = False

    def __init__(self) -> None:
        self.told: list[tuple[str, Any]] = []

    def tell(self, kind: str, payload: Any) -> None:
        self.told.append((kind, payload))


def test_a_question_is_drawn_in_the_guests_language_until_it_is_answered(tmp_path: Path) -> None:
    production = produce(PlayOptions(experience="first_light"), Phases(ManualClock()))
    conductor = Conductor(
        package=production.package,
        story=production.story,
        writer=TransportWriter(LocalBlock()),
        record=lambda kind, now_ns, /, **fields: None,
    )
    reception = Reception(GuestPolicy(("comfort",)), production.package.languages, ("a",))
    conductor.on_guest = reception.noticed
    conductor.start(0, from_ns=0)
    pictures, viewer = LivePictures(production, RunFolder(tmp_path / "run", "first_light")), Viewer()

    def drawn(at_s: float) -> list[str]:
        now_ns = seconds_ns(at_s)
        conductor.advance(now_ns)
        for made in reception.advance(now_ns, lambda seat: conductor.window_view(now_ns) is not None):
            conductor.handle(made, now_ns)
        pictures.advance(viewer, conductor, 0, now_ns, reception)  # type: ignore[arg-type]
        live = [payload for kind, payload in viewer.told if kind == "live"][-1]
        return [option.text for option in live.options]

    assert drawn(0.5) == []
    conductor.handle(Guest(0, "arrived"), seconds_ns(1))
    conductor.handle(Guest(0, "language", 1), seconds_ns(1))
    assert drawn(1.5) == ["完整体验", "温和一些", "座椅不动"]
    for made in reception.hear(Pick(0, "guest/comfort/still"), seconds_ns(2)):
        conductor.handle(made, seconds_ns(2))
    assert drawn(3.0) == []
    assert conductor.transport.profile_at(0, seconds_ns(3)).comfort == 2
    conductor.handle(Guest(0, "left"), seconds_ns(3))
    conductor.handle(Guest(0, "arrived"), seconds_ns(4))
    assert drawn(4.5) == ["Everything", "Gentle", "Seat stays still"]
    story = drawn(9.0)  # the shore's own decision
    assert len(story) == 2 and "Gentle" not in story
