"""Questions to a guest who has just sat down: looked at, picked, answered by somebody else, left alone."""

from __future__ import annotations

import pytest

from engine.experience.headset import GuestPolicy
from engine.show.conduct.inputs import Guest, Key, Look, Pick
from engine.show.guests.questions import question
from engine.show.guests.reception import CONFIRM_NS, DWELL_NS, READ_NS, Reception

S = 1_000_000_000
BOTH = GuestPolicy(on_arrival=("recentre", "language", "comfort"), ask_for_ns=20 * S)
ZH = "guest/language/zh"
GENTLE = "guest/comfort/gentle"


def arrived(policy: GuestPolicy = BOTH, languages: tuple[str, ...] = ("en", "zh")) -> Reception:
    reception = Reception(policy, languages, ["a", "b"])
    reception.noticed(Guest(0, "arrived"), 0)
    return reception


def asked(reception: Reception, now_ns: int, language: str = "en") -> list[str]:
    view = reception.live_view(0, language, now_ns)
    return [] if view is None else [option.option_id for option in view.options]


def test_a_look_that_rests_answers_and_the_next_question_comes() -> None:
    reception = arrived()
    assert asked(reception, 0) == ["guest/language/en", ZH]
    assert reception.hear(Look(0, "option:" + ZH), 2 * S) == [Look(0, None)]
    view = reception.live_view(0, "en", 2 * S + DWELL_NS // 2)
    assert view is not None and [option.fill_ratio for option in view.options] == [0.0, 0.5]
    assert reception.advance(2 * S + DWELL_NS - 1) == []
    assert reception.next_due_ns() == 2 * S + DWELL_NS
    assert reception.advance(2 * S + DWELL_NS) == [Guest(0, "language", 1)]
    lit = reception.live_view(0, "zh", 2 * S + DWELL_NS)
    assert lit is not None and [option.chosen for option in lit.options] == [False, True]
    assert lit.time_left_ratio is None
    reception.noticed(Guest(0, "language", 1), 2 * S + DWELL_NS)  # what the conductor took is no news
    assert reception.advance(2 * S + DWELL_NS + CONFIRM_NS) == []
    assert asked(reception, 4 * S)[1] == GENTLE
    assert reception.hear(Pick(0, GENTLE, by="hand"), 5 * S) == [Guest(0, "comfort", 1)]
    reception.advance(5 * S + CONFIRM_NS)
    assert asked(reception, 6 * S) == []
    assert reception.next_due_ns() is None


def test_an_eye_that_rests_where_the_last_panel_hung_chooses_nothing_before_it_can_have_read() -> None:
    reception = arrived()
    reception.hear(Look(0, "option:" + ZH), 0)
    assert reception.advance(READ_NS + DWELL_NS - 1) == []
    assert reception.advance(READ_NS + DWELL_NS) == [Guest(0, "language", 1)]


def test_looking_away_in_between_begins_anew() -> None:
    reception = arrived()
    reception.hear(Look(0, "option:" + ZH), 2 * S)
    assert reception.hear(Look(0, None), 2 * S + DWELL_NS // 2) == [Look(0, None)]
    assert reception.advance(4 * S) == []
    reception.hear(Look(0, "option:" + ZH), 4 * S)
    assert reception.advance(4 * S + DWELL_NS - 1) == []
    assert reception.advance(4 * S + DWELL_NS) == [Guest(0, "language", 1)]


def test_the_conductor_hears_once_that_a_guest_looks_away_from_the_scene() -> None:
    reception = arrived()
    assert reception.hear(Look(0, "target:bell"), S) == [Look(0, "target:bell")]
    assert reception.hear(Look(0, "option:" + ZH), 2 * S) == [Look(0, None)]
    assert reception.hear(Look(0, "option:guest/language/en"), 3 * S) == []
    assert reception.hear(Look(0, "option:drum"), 4 * S) == [Look(0, "option:drum")]
    assert reception.hear(Look(1, "option:drum"), 4 * S) == [Look(1, "option:drum")]
    assert reception.hear(Key(0, "a"), 4 * S) == [Key(0, "a")]
    assert reception.hear(Pick(0, "drum"), 4 * S) == [Pick(0, "drum")]


def test_a_question_unanswered_takes_its_default_in_silence() -> None:
    reception = arrived()
    assert reception.advance(20 * S - 1) == []
    assert asked(reception, 20 * S - 1) == ["guest/language/en", ZH]
    assert reception.advance(20 * S) == []
    assert asked(reception, 20 * S)[1] == GENTLE
    assert reception.advance(40 * S) == []
    assert asked(reception, 40 * S) == []


def test_a_decision_of_the_story_comes_first_and_the_question_waits() -> None:
    reception = arrived()
    reception.hear(Look(0, "option:" + ZH), 2 * S)
    assert reception.advance(2 * S + DWELL_NS // 2, lambda seat: True) == []
    assert asked(reception, 3 * S) == []
    assert reception.options(0) == ()
    assert reception.next_due_ns() is None
    assert reception.advance(60 * S, lambda seat: True) == []
    assert "waits for the story's choice" in reception.lines()[0]
    assert reception.advance(60 * S) == []
    assert reception.options(0) == ("guest/language/en", ZH)
    reception.hear(Look(0, "option:" + ZH), 60 * S)  # where the story's panel hung a moment ago
    assert reception.advance(60 * S + READ_NS + DWELL_NS - 1) == []
    assert reception.advance(60 * S + READ_NS + DWELL_NS) == [Guest(0, "language", 1)]


def test_what_an_attendant_sets_is_asked_no_more() -> None:
    reception = arrived()
    reception.noticed(Guest(0, "comfort", 2), S)
    assert asked(reception, S) == ["guest/language/en", ZH]
    reception.noticed(Guest(0, "language", 0), 2 * S)
    assert asked(reception, 2 * S) == []
    reception.noticed(Guest(1, "comfort", 2), 2 * S)  # a seat that is not asked
    assert reception.lines() == []


def test_who_leaves_is_asked_nothing_more_and_who_comes_next_all_of_it() -> None:
    reception = arrived()
    reception.hear(Look(0, "option:" + ZH), 2 * S)
    reception.noticed(Guest(0, "left"), 2 * S)
    assert reception.advance(9 * S) == []
    assert reception.hear(Pick(0, ZH), 9 * S) == []
    reception.noticed(Guest(0, "arrived"), 10 * S)
    assert asked(reception, 10 * S) == ["guest/language/en", ZH]


def test_two_seats_are_asked_at_their_own_pace() -> None:
    reception = arrived()
    reception.noticed(Guest(1, "arrived"), 5 * S)
    assert reception.hear(Pick(1, ZH), 6 * S) == [Guest(1, "language", 1)]
    assert reception.lines() == [
        "seat a is asked: language, 20 s left",
        "seat b is asked: language, answered",
    ]
    reception.advance(20 * S)
    assert [line.split(",")[0] for line in reception.lines()] == [
        "seat a is asked: comfort",
        "seat b is asked: comfort",
    ]


@pytest.mark.parametrize(
    ("policy", "languages"), [(GuestPolicy(), ("en", "zh")), (GuestPolicy(("language",)), ("en",))]
)
def test_where_there_is_nothing_to_ask_nobody_is(policy: GuestPolicy, languages: tuple[str, ...]) -> None:
    reception = arrived(policy, languages)
    assert asked(reception, 0) == []
    assert reception.advance(S) == []


def test_words_are_in_both_languages() -> None:
    reception = arrived()
    reception.hear(Pick(0, ZH), S)
    reception.advance(S + CONFIRM_NS)
    view = reception.live_view(0, "zh", 2 * S)
    assert view is not None
    assert [(option.text, option.second_text) for option in view.options] == [
        ("完整体验", "Everything"),
        ("温和一些", "Gentle"),
        ("座椅不动", "Seat stays still"),
    ]
    assert view.hint == "您想要多强的体感？  How lively may it be?"
    names = question("language", ("en", "zh"))
    assert names is not None and [answer.text("zh") for answer in names.answers] == ["English", "中文"]
