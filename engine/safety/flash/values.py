"""What flash analysis hands on: one row an instant, and what a whole course comes to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

FlashKind = Literal["general", "red", "pattern"]


class FlashResult(IntEnum):
    """How bad an instant is; the numbers are those that IRIS writes."""

    PASS = 0
    WARNING = 1
    """At least two flashes in the last second."""
    EXTENDED = 2
    """Two to three flashes a second for four of the last five seconds."""
    FAIL = 3
    """More than three flashes in the last second, or a pattern that stays."""


@dataclass(frozen=True, slots=True)
class FlashFrame:
    """The judgement at one instant.

    Parameters
    ----------
    at_fl : int
        The instant, flicks.
    general_transitions, red_transitions : int
        Opposing transitions in the second that ends here, of the part of the view that counts (see
        `engine.safety.flash.counting`). Two are one flash; seven are more than three flashes.
    area_sr : float
        Largest area in one field that made a general or red transition of this count: steradians, or the share of
        the picture under a profile that counts shares.
    general, red, pattern : FlashResult
        Each kind for itself.
    """

    at_fl: int
    general_transitions: int
    red_transitions: int
    area_sr: float
    general: FlashResult
    red: FlashResult
    pattern: FlashResult

    @property
    def result(self) -> FlashResult:
        """The worst of the three."""
        return max(self.general, self.red, self.pattern)


@dataclass(frozen=True, slots=True)
class FlashSpan:
    """A stretch in which one kind was at least as bad as `result`; ``[from_fl, to_fl]`` are instants that were judged."""

    kind: FlashKind
    result: FlashResult
    from_fl: int
    to_fl: int


@dataclass(frozen=True, slots=True)
class FlashSummary:
    """What a course comes to.

    Parameters
    ----------
    result : FlashResult
        The worst of all instants.
    general_transitions, red_transitions : int
        Most in any one second.
    general_at_fl, red_at_fl : int or None
        When that was reached first; None where there never was a transition.
    spans : tuple of FlashSpan
        Every stretch worse than `FlashResult.PASS`, in order of time.
    instants : int
        How many instants were judged.
    """

    result: FlashResult
    general_transitions: int
    red_transitions: int
    general_at_fl: int | None
    red_at_fl: int | None
    spans: tuple[FlashSpan, ...]
    instants: int

    @property
    def passed(self) -> bool:
        """Neither failed nor failed by the extended rule."""
        return self.result < FlashResult.EXTENDED

    @property
    def flashes(self) -> int:
        """Most flashes, general or red, in any one second: pairs of transitions, a lone one counted as half of a pair."""
        return (max(self.general_transitions, self.red_transitions) + 1) // 2


def worst_of(summaries: Sequence[FlashSummary]) -> FlashSummary:
    """What the worse of several views comes to, such as those of two eyes: each eye is judged for itself.

    Raises
    ------
    ValueError
        There is none.
    """
    if not summaries:
        raise ValueError("the worst of no summary at all was asked for")
    general = max(summaries, key=lambda one: one.general_transitions)
    red = max(summaries, key=lambda one: one.red_transitions)
    spans = sorted(
        {span for one in summaries for span in one.spans},
        key=lambda span: (span.from_fl, span.kind, span.to_fl),
    )
    return FlashSummary(
        max(one.result for one in summaries),
        general.general_transitions,
        red.red_transitions,
        general.general_at_fl,
        red.red_at_fl,
        tuple(spans),
        max(one.instants for one in summaries),
    )
