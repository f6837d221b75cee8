"""Decisions: each rule, each policy, each reason not to count."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.story import Decision, Rule, Vote, decide

OPTIONS = ("left", "right", "stay")


def votes(*rows: tuple) -> list[Vote]:
    """(guest, option[, at_ns[, weight]])"""
    return [
        Vote(row[0], row[1], row[3] if len(row) > 3 else 1.0, row[2] if len(row) > 2 else 0) for row in rows
    ]


def outcome(rows: list[Vote], rule: Rule, guests: int = 10, **window: int) -> Decision:
    return decide(rows, OPTIONS, rule, "stay", guests, **window)


FIRST = Rule("first")
PLURALITY = Rule("plurality")


@pytest.mark.parametrize("rule", [FIRST, PLURALITY, Rule("plurality", quorum=0.5, tie="first")])
def test_without_votes_the_default_is_taken_undecided(rule: Rule) -> None:
    decision = outcome([], rule)
    assert (decision.option, decision.undecided, decision.reason) == ("stay", True, "nobody voted")


def test_first_takes_the_earliest_vote_whatever_comes_later() -> None:
    rows = votes((1, "right", 20), (2, "left", 10), (3, "right", 30), (2, "right", 40))
    decision = outcome(rows, FIRST)
    assert (decision.option, decision.undecided) == ("left", False)
    assert [reason for _, reason in decision.ignored] == ["another vote was first"] * 3


def test_first_at_one_instant_takes_the_option_named_first() -> None:
    assert outcome(votes((1, "right", 10), (2, "left", 10)), FIRST).option == "left"


def test_plurality_takes_the_most() -> None:
    decision = outcome(votes((1, "left"), (2, "right"), (3, "right")), PLURALITY)
    assert (decision.option, decision.undecided) == ("right", False)
    assert decision.sums == (("left", 1.0), ("right", 2.0), ("stay", 0.0))
    assert decision.reason == "plurality, 2 of 3"


def test_a_vote_for_the_default_decides_too() -> None:
    decision = outcome(votes((1, "stay")), PLURALITY)
    assert (decision.option, decision.undecided) == ("stay", False)


def test_the_last_vote_of_a_guest_counts() -> None:
    rows = votes((1, "left", 1), (2, "left", 2), (1, "right", 3), (3, "right", 4))
    decision = outcome(rows, PLURALITY)
    assert decision.option == "right"
    assert decision.ignored == ((rows[0], "the guest voted again"),)


def test_weights() -> None:
    assert outcome(votes((1, "left", 0, 2.5), (2, "right"), (3, "right")), PLURALITY).option == "left"


def test_weights_add_up_exactly_in_any_order() -> None:
    """0.1 + 0.2 against 0.3 is no victory of rounding."""
    rows = votes((1, "left", 0, 0.25), (2, "left", 0, 0.5), (3, "right", 0, 0.75))
    assert outcome(rows, PLURALITY).undecided
    assert outcome(rows[::-1], PLURALITY).undecided


@pytest.mark.parametrize(
    ("count", "guests", "quorum", "decided"),
    [(3, 10, 0.3, True), (2, 10, 0.3, False), (1, 1, 1.0, True), (1, 2, 1.0, False), (1, 10, 0.0, True)],
)
def test_quorum_is_a_share_of_the_guests(count: int, guests: int, quorum: float, decided: bool) -> None:
    decision = outcome(votes(*((guest, "left") for guest in range(count))), Rule(quorum=quorum), guests)
    assert decision.undecided is not decided
    assert decision.option == ("left" if decided else "stay")
    assert decided or decision.reason == f"{count} of {guests} voted, quorum {quorum:g} not met"


def test_quorum_counts_guests_not_votes() -> None:
    rows = votes((1, "left", 1), (1, "right", 2), (1, "left", 3))
    assert outcome(rows, Rule(quorum=0.2), 10).undecided


def test_a_tie_by_default_takes_the_default_and_stays_undecided() -> None:
    decision = outcome(votes((1, "left"), (2, "right")), Rule(tie="default"))
    assert (decision.option, decision.undecided) == ("stay", True)
    assert decision.reason == "tie between left, right, default taken"


def test_a_tie_by_first_takes_the_sum_that_was_complete_first() -> None:
    rows = votes((1, "left", 1), (2, "right", 2), (3, "right", 3), (4, "left", 4))
    decision = outcome(rows, Rule(tie="first"))
    assert (decision.option, decision.undecided) == ("right", False)
    assert decision.reason == "tie between left, right, first complete"
    assert outcome(votes((1, "right", 5), (2, "left", 5)), Rule(tie="first")).option == "left"


def test_votes_outside_the_window_are_ignored_with_the_reason() -> None:
    rows = votes((1, "left", 9), (2, "left", 10), (3, "right", 19), (4, "right", 20))
    decision = outcome(rows, Rule(tie="default"), open_ns=10, close_ns=20)
    assert decision.sums == (("left", 1.0), ("right", 1.0), ("stay", 0.0))
    assert decision.ignored == (
        (rows[0], "cast before the window opened"),
        (rows[3], "cast after the window closed"),
    )


def test_a_late_change_of_mind_does_not_wipe_the_vote_that_counted() -> None:
    rows = votes((1, "left", 10), (1, "right", 20))
    assert outcome(rows, PLURALITY, open_ns=0, close_ns=20).option == "left"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ((1, "up"), "'up' is not on offer"),
        ((1, "left", 0, 0.0), "weight 0 is not above 0"),
        ((1, "left", 0, -1.0), "weight -1 is not above 0"),
        ((1, "left", 0, float("nan")), "weight nan is not above 0"),
    ],
)
def test_votes_that_do_not_count_say_why(row: tuple, reason: str) -> None:
    decision = outcome(votes(row), PLURALITY)
    assert decision.undecided
    assert [why for _, why in decision.ignored] == [reason]


def test_misuse_is_refused() -> None:
    with pytest.raises(ValueError, match="default 'gone' is not on offer; offered: left, right, stay"):
        decide([], OPTIONS, PLURALITY, "gone", 1)
    with pytest.raises(ValueError, match="offered: nothing"):
        decide([], (), PLURALITY, "stay", 1)
    with pytest.raises(ValueError, match="rule type 'vote' is not known"):
        Rule("vote")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="tie policy 'coin' is not known"):
        Rule(tie="coin")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"quorum 1\.5 outside 0\.\.1"):
        Rule(quorum=1.5)


rules = st.builds(
    Rule, st.sampled_from(["first", "plurality"]), st.floats(0, 1), st.sampled_from(["default", "first"])
)
vote_lists = st.lists(
    st.builds(
        Vote,
        st.integers(0, 4),
        st.sampled_from([*OPTIONS, "gone"]),
        st.sampled_from([0.0, 0.5, 1.0, 3.0]),
        st.integers(0, 50),
    ),
    max_size=12,
    unique_by=lambda vote: vote.at_ns,
)


@given(vote_lists, rules, st.integers(0, 6), st.randoms(use_true_random=False))
def test_every_decision_is_on_offer_accounts_for_all_votes_and_knows_no_order(
    rows, rule, guests, rng
) -> None:
    decision = decide(rows, OPTIONS, rule, "stay", guests, open_ns=5, close_ns=45)
    assert decision.option in OPTIONS
    assert not decision.undecided or decision.option == "stay"
    counted = sum(total for _, total in decision.sums)
    left_out = sum(vote.weight for vote, _ in decision.ignored)
    assert counted + left_out == sum(vote.weight for vote in rows)
    shuffled = list(rows)
    rng.shuffle(shuffled)
    assert decide(shuffled, OPTIONS, rule, "stay", guests, open_ns=5, close_ns=45) == decision
