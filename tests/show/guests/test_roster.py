"""What guests do to a show: profiles published and told, votes counted, languages spoken, all of it replayable."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from engine.errors import JournalError
from engine.experience import load_rig
from engine.experience.headset import COMFORT_LEVELS
from engine.show.conduct.inputs import Guest, Operator, from_json, to_json
from engine.show.conduct.terms import LEAD_NS
from engine.show.guests.comfort import comfort_intensities
from engine.show.guests.roster import Roster
from engine.show.guests.seating import Place, Seating
from engine.time import LocalBlock, SeatProfile, TransportWriter
from engine.time.profiles import MAX_PROFILED_SEATS
from engine.units import MODALITIES

S = 1_000_000_000
SEATS = Seating((Place("a"), Place("b", comfort=1, photosensitive=True, language=1)))


class Desk:
    """A roster with its writer and what it told."""

    def __init__(self, seating: Seating = SEATS, guests: int = 2) -> None:
        self.told: list[dict[str, Any]] = []
        self.writer = TransportWriter(LocalBlock())
        self.roster = Roster(seating, self.writer, self._record, guests)

    def _record(self, kind: str, now_ns: int, /, **fields: Any) -> None:
        self.told.append({"kind": kind, "now_ns": now_ns, **fields})

    def at(self, seat: int, now_ns: int) -> SeatProfile:
        return self.writer.transport.profile_at(seat, now_ns)


def test_levels_turn_motion_down_step_by_step_and_never_the_words() -> None:
    rows = [comfort_intensities(level) for level in range(len(COMFORT_LEVELS))]
    assert rows[0] == (1.0,) * len(MODALITIES)
    for fuller, milder in pairwise(rows):
        assert all(after <= before for before, after in zip(fuller, milder, strict=True))
    assert [row[MODALITIES.index("motion")] for row in rows] == [1.0, 0.5, 0.0]
    assert {row[MODALITIES.index("audio")] for row in rows} == {1.0}
    with pytest.raises(ValueError, match="comfort level 3 is unknown; allowed: 0 to 2"):
        comfort_intensities(3)


def test_seats_begin_as_the_rig_has_them() -> None:
    desk = Desk()
    desk.roster.begin(7)
    assert desk.at(0, 7).is_default
    second = desk.at(1, 7)
    assert (second.comfort, second.photosensitive, second.language, second.present) == (1, True, 1, True)
    assert second.intensities == comfort_intensities(1)
    assert [(row["kind"], row["seat"], row["comfort"]) for row in desk.told] == [("profile", 1, "gentle")]


def test_answers_hold_a_lead_after_they_are_given_and_for_that_seat_alone() -> None:
    desk = Desk()
    desk.roster.take(Guest(0, "comfort", 2), S)
    assert desk.at(0, S + LEAD_NS - 1).is_default
    assert desk.at(0, S + LEAD_NS).intensities == comfort_intensities(2)
    desk.roster.take(Guest(0, "intensity", 400, "wind"), 2 * S)
    assert desk.at(0, 3 * S).intensities[MODALITIES.index("wind")] == 0.4
    assert desk.at(0, 3 * S).intensities[MODALITIES.index("motion")] == 0.0
    assert desk.at(1, 3 * S).is_default
    assert desk.writer.transport.controls_at(3 * S).version == 0


def test_an_empty_seat_rests_and_its_profile_goes_back_to_the_rigs() -> None:
    desk = Desk()
    desk.roster.begin(0)
    desk.roster.take(Guest(1, "comfort", 2), S)
    desk.roster.take(Guest(1, "left"), 2 * S)
    gone = desk.at(1, 3 * S)
    assert (gone.present, gone.comfort, gone.photosensitive) == (False, 1, True)
    assert (desk.roster.count, desk.roster.absent) == (1, (1,))
    desk.roster.take(Guest(1, "arrived"), 4 * S)
    assert desk.at(1, 5 * S).present
    assert (desk.roster.count, desk.roster.absent) == (2, ())


def test_what_is_set_while_a_guest_is_seated_outlasts_the_headset_going_on() -> None:
    desk = Desk()
    desk.roster.take(Guest(0, "left"), S)
    desk.roster.take(Guest(0, "photosensitive", 1), 2 * S)
    desk.roster.take(Guest(0, "arrived"), 3 * S)
    assert desk.at(0, 4 * S).photosensitive and desk.at(0, 4 * S).present


def test_the_operator_sees_who_plays_otherwise_than_authored() -> None:
    desk = Desk()
    desk.roster.begin(0)
    assert desk.roster.lines(0) == ["seat b: gentle, photosensitive: all light is averaged"]
    desk.roster.take(Guest(0, "language", 1), S)
    desk.roster.take(Guest(1, "left"), S)
    assert desk.roster.lines(2 * S) == [
        "seat b: gentle, photosensitive: all light is averaged, empty, at rest"
    ]


def test_light_stays_steady_after_a_headset_has_come_off_until_the_next_guest() -> None:
    desk = Desk()
    desk.roster.take(Guest(0, "photosensitive", 1), S)
    desk.roster.take(Guest(0, "left"), 2 * S)
    assert desk.writer.transport.calm_at(9 * S)
    desk.roster.take(Guest(0, "arrived"), 10 * S)
    assert not desk.writer.transport.calm_at(11 * S)
    desk.roster.take(Guest(0, "photosensitive", 1), 12 * S)
    desk.roster.take(Guest(0, "left"), 13 * S)
    desk.roster.take(Guest(0, "photosensitive", 1), 14 * S)  # the next guest says so, too
    desk.roster.take(Guest(0, "arrived"), 15 * S)
    assert desk.writer.transport.calm_at(16 * S)
    desk.roster.take(Guest(0, "photosensitive", 0), 17 * S)
    assert not desk.writer.transport.calm_at(18 * S)


def test_where_seats_play_on_an_empty_one_does() -> None:
    desk = Desk(Seating(SEATS.places, empty_rests=False))
    desk.roster.take(Guest(0, "left"), S)
    assert desk.at(0, 2 * S).present
    assert desk.roster.count == 1


def test_somebody_decides_even_when_everybody_is_at_the_door() -> None:
    desk = Desk()
    for seat in (0, 1):
        desk.roster.take(Guest(seat, "left"), S)
    assert desk.roster.count == 1


def test_on_a_rig_of_one_seat_the_show_speaks_its_guests_language() -> None:
    desk = Desk(Seating((Place("a"),)), guests=1)
    desk.roster.take(Guest(0, "language", 1), S)
    assert desk.writer.transport.controls_at(2 * S).language == 1
    desk.roster.take(Guest(0, "left"), 3 * S)
    assert desk.writer.transport.controls_at(4 * S).language == 0
    assert desk.at(0, 4 * S).language == -1
    many = Desk()
    many.roster.take(Guest(0, "language", 1), S)
    assert many.writer.transport.controls_at(2 * S).language == 0
    assert many.writer.transport.controls_of(0, 2 * S).language == 1


def test_on_a_rig_of_one_seat_the_last_word_about_the_language_counts() -> None:
    desk = Desk(Seating((Place("a", language=1),)), guests=1)
    desk.roster.begin(0)
    assert desk.writer.transport.controls_of(0, 0).language == 1
    assert desk.writer.transport.controls_at(0).language == 1  # spoken lines, too
    desk.roster.everybody_in(0, S)
    desk.writer.control(from_ns=S + LEAD_NS, language=0)
    assert desk.writer.transport.controls_of(0, 2 * S).language == 0
    desk.roster.take(Guest(0, "left"), 3 * S)
    assert desk.writer.transport.controls_at(4 * S).language == 1


def test_more_profiles_than_fit_are_told_and_stop_nothing() -> None:
    desk = Desk(Seating(), guests=100)
    for seat in range(MAX_PROFILED_SEATS + 1):
        desk.roster.take(Guest(seat, "photosensitive", 1), S)
    assert desk.told[-1]["kind"] == "notice"
    assert f"seat {MAX_PROFILED_SEATS} plays as authored" in desk.told[-1]["text"]
    assert desk.at(MAX_PROFILED_SEATS - 1, 2 * S).photosensitive


def test_seating_is_the_rigs_in_the_packages_languages() -> None:
    rig = load_rig("cinema4d")
    assert Seating.of(rig, ("en", "zh")) == Seating((Place("a"), Place("b")))
    assert Seating.of(rig, ("en",)).place(9).name == "seat 9"


@pytest.mark.parametrize(
    "event",
    [Guest(0, "arrived"), Guest(3, "language", -1), Guest(1, "intensity", 250, "wind"), Operator("hold")],
)
def test_inputs_come_back_from_the_journal(event: Guest) -> None:
    assert from_json(to_json(event)) == event


@pytest.mark.parametrize(
    ("action", "value", "name", "said"),
    [
        ("sneezed", 0, "", "allowed: arrived, left, language, comfort, photosensitive, intensity"),
        ("comfort", 3, "", "has the value 3; allowed: 0 to 2"),
        ("photosensitive", 2, "", "allowed: 0 to 1"),
        ("left", 1, "", "allowed: 0 to 0"),
        ("intensity", 10, "smell", "names 'smell'; allowed: motion, haptic"),
    ],
)
def test_a_journal_that_says_something_else_is_refused(action: str, value: int, name: str, said: str) -> None:
    with pytest.raises(JournalError, match=said):
        Guest(0, action, value, name)
