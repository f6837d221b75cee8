"""How fast the show runs, who holds it, and what a jump of the timecode owes: a conductor's dealings with its clock."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(slots=True)
class Pace:
    """Speed and holds. The operator and the timecode each hold for themselves; the show runs when neither does.

    Parameters
    ----------
    rate : Fraction
        Show time per host time while it runs.
    by_operator, by_clock : bool
        Who holds it.
    owed_fl : int
        What jumps of the timecode could not reach within the scene, to be had in the next one if the story leads there without a
        choice.
    policy : str
        Missed-cue policy of that jump.
    decided : bool
        A choice has been made in this scene: what comes after belongs to the guests, and nothing is owed any more.
    bias_fl : int
        What jumps of the timecode have put between it and the run time.
    fast_fl : int
        What is to be run up to at speed instead of jumped, not yet fetched by the chase.
    """

    rate: Fraction
    by_operator: bool = False
    by_clock: bool = False
    owed_fl: int = 0
    policy: str = "skip"
    decided: bool = False
    bias_fl: int = 0
    fast_fl: int = 0

    @property
    def held(self) -> bool:
        """Whether anybody holds the show."""
        return self.by_operator or self.by_clock

    @property
    def now(self) -> Fraction:
        """The rate that is to be published now."""
        return Fraction(0) if self.held else self.rate

    def release(self) -> None:
        """A person lets the show go on, whoever held it."""
        self.by_operator = self.by_clock = False
