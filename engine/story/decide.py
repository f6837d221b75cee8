"""How a group decides: a pure function from votes to a decision, so that every decision can be tested and
replayed.

Rules
-----
``first``
    The first vote that counts decides at once.
``plurality``
    Each guest's last vote before the close counts, with its weight. If fewer than ``quorum`` of the guests
    voted, or nobody did, nothing is decided and the default is taken. The option with the greatest sum of
    weights wins. A tie is settled by ``tie``:

    ``default``
        The default is taken (also when it is not among the tied), and the decision counts as undecided, so
        that a hold loop goes round again.
    ``first``
        Of the tied options the one whose sum was complete first wins; then the one named first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

RuleType = Literal["first", "plurality"]
TiePolicy = Literal["default", "first"]


@dataclass(frozen=True, slots=True)
class Vote:
    """One vote.

    Parameters
    ----------
    guest : int or str
        Who votes: a seat, or the name of an operator or audience member.
    option : str
        Option id.
    weight : float, default 1.0
        How much it counts; must be above 0.
    at_ns : int, default 0
        Host instant at which it was cast.
    """

    guest: int | str
    option: str
    weight: float = 1.0
    at_ns: int = 0


@dataclass(frozen=True, slots=True)
class Rule:
    """How votes become a decision.

    Parameters
    ----------
    type : {"plurality", "first"}
        See the module.
    quorum : float, default 0.0
        Share of the guests, 0..1, that must have voted; plurality only.
    tie : {"default", "first"}
        What settles a tie; plurality only.
    """

    type: RuleType = "plurality"
    quorum: float = 0.0
    tie: TiePolicy = "default"

    def __post_init__(self) -> None:
        if self.type not in ("first", "plurality"):
            raise ValueError(f"rule type '{self.type}' is not known; allowed: first, plurality")
        if self.tie not in ("default", "first"):
            raise ValueError(f"tie policy '{self.tie}' is not known; allowed: default, first")
        if not 0.0 <= self.quorum <= 1.0:
            raise ValueError(f"quorum {self.quorum} outside 0..1; it is a share of the guests")


@dataclass(frozen=True, slots=True)
class Decision:
    """What the votes amount to.

    Parameters
    ----------
    option : str
        The option to take; always one that was offered.
    reason : str
        Why, for the journal and the screen.
    undecided : bool
        Whether the default was taken because the guests did not decide.
    sums : tuple of (str, float)
        Sum of counted weights per option, in the order offered.
    ignored : tuple of (Vote, str)
        Votes that did not count, and why.
    """

    option: str
    reason: str
    undecided: bool
    sums: tuple[tuple[str, float], ...] = ()
    ignored: tuple[tuple[Vote, str], ...] = ()


def decide(
    votes: Iterable[Vote],
    options: Sequence[str],
    rule: Rule,
    default: str,
    guests: int,
    *,
    open_ns: int | None = None,
    close_ns: int | None = None,
) -> Decision:
    """Turn votes into a decision.

    Parameters
    ----------
    votes : iterable of Vote
        In any order; votes of one guest at one instant count in the order given.
    options : sequence of str
        Option ids on offer, in the story's order.
    rule : Rule
        How to decide.
    default : str
        Taken when nothing is decided; must be on offer.
    guests : int
        How many may vote, for the quorum.
    open_ns, close_ns : int or None
        Votes outside [open_ns, close_ns) do not count; None leaves that end open.

    Returns
    -------
    Decision

    Raises
    ------
    ValueError
        When there is no option, or the default is not among them.
    """
    if default not in options:
        raise ValueError(
            f"the default '{default}' is not on offer; offered: {', '.join(options) or 'nothing'}"
        )
    counted, ignored = _sift(votes, options, open_ns, close_ns)
    if rule.type == "first":
        return _first(counted, options, default, ignored)
    return _plurality(counted, options, rule, default, guests, ignored)


_Ignored = list[tuple[Vote, str]]


def _sift(
    votes: Iterable[Vote], options: Sequence[str], open_ns: int | None, close_ns: int | None
) -> tuple[list[Vote], _Ignored]:
    """Votes that may count, in the order of time, and the others with the reason."""
    counted: list[Vote] = []
    ignored: _Ignored = []
    for vote in sorted(votes, key=lambda vote: vote.at_ns):
        if vote.option not in options:
            ignored.append((vote, f"'{vote.option}' is not on offer"))
        elif not vote.weight > 0.0:
            ignored.append((vote, f"weight {vote.weight:g} is not above 0"))
        elif open_ns is not None and vote.at_ns < open_ns:
            ignored.append((vote, "cast before the window opened"))
        elif close_ns is not None and vote.at_ns >= close_ns:
            ignored.append((vote, "cast after the window closed"))
        else:
            counted.append(vote)
    return counted, ignored


def _first(counted: list[Vote], options: Sequence[str], default: str, ignored: _Ignored) -> Decision:
    if not counted:
        return Decision(default, "nobody voted", True, _sums([], options), tuple(ignored))
    # Two votes at one instant: the option named first, so that the order of arrival on a wire does not
    # matter.
    winner = min(counted, key=lambda vote: (vote.at_ns, options.index(vote.option)))
    late = [(vote, "another vote was first") for vote in counted if vote is not winner]
    reason = f"first vote, guest {winner.guest}"
    return Decision(winner.option, reason, False, _sums([winner], options), (*ignored, *late))


def _plurality(
    counted: list[Vote], options: Sequence[str], rule: Rule, default: str, guests: int, ignored: _Ignored
) -> Decision:
    last: dict[int | str, Vote] = {}
    for vote in counted:
        if vote.guest in last:
            ignored.append((last[vote.guest], "the guest voted again"))
        last[vote.guest] = vote
    sums = _sums(last.values(), options)
    rest = tuple(ignored)
    if not last:
        return Decision(default, "nobody voted", True, sums, rest)
    # Exactly, so that 3 of 10 meet a quorum of 0.3 whatever 0.3 is in binary.
    needed = Fraction(str(rule.quorum)) * max(guests, 0)
    if len(last) < needed:
        return Decision(
            default, f"{len(last)} of {guests} voted, quorum {rule.quorum:g} not met", True, sums, rest
        )
    best = max(total for _, total in sums)
    tied = [option for option, total in sums if total == best]
    if len(tied) == 1:
        return Decision(
            tied[0], f"plurality, {best:g} of {sum(total for _, total in sums):g}", False, sums, rest
        )
    if rule.tie == "default":
        return Decision(default, f"tie between {', '.join(tied)}, default taken", True, sums, rest)
    complete_ns = {
        option: max(vote.at_ns for vote in last.values() if vote.option == option) for option in tied
    }
    winner = min(tied, key=lambda option: (complete_ns[option], options.index(option)))
    return Decision(winner, f"tie between {', '.join(tied)}, first complete", False, sums, rest)


def _sums(votes: Iterable[Vote], options: Sequence[str]) -> tuple[tuple[str, float], ...]:
    exact = {option: Fraction(0) for option in options}
    for vote in votes:
        exact[vote.option] += Fraction(vote.weight)  # exact: a sum must not depend on the order of the votes
    return tuple((option, float(exact[option])) for option in options)
