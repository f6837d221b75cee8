"""One decision window while it is up: who looks at what, who voted, and what that amounts to.

The window itself decides nothing by the clock; the conductor asks it at the instants that the scene names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from engine.story.decide import Decision, Rule, Vote, decide
from engine.time import fl_to_ns
from engine.timeline.program import WindowSpec

OPTION = "option:"
TARGET = "target:"


@dataclass(slots=True)
class DecisionWindow:
    """The state of one window in one visit of its scene.

    Parameters
    ----------
    spec : WindowSpec
        The window as the scene declares it.
    options : sequence of str
        Option ids in the story's order.
    default : str
        The option that is taken when nobody decides.
    guests : int
        How many guests may vote; quorum is a share of them.
    speed : Fraction
        The show's; a dwell is show time, so that a fast rehearsal still leaves room for it.
    """

    spec: WindowSpec
    options: tuple[str, ...]
    default: str
    guests: int
    speed: Fraction = Fraction(1)
    is_open: bool = False
    shown: bool = False
    opened_ns: int = 0
    laps: int = 0
    locked: str | None = None
    votes: list[Vote] = field(default_factory=list)
    _gaze: dict[int, tuple[str, int]] = field(default_factory=dict)

    @property
    def dwell_ns(self) -> int:
        """How long a look must rest to count as a vote, host time."""
        return int(fl_to_ns(self.spec.dwell_fl) / self.speed)

    def accepts(self, way: str) -> bool:
        """Whether the scene lets this way of choosing count."""
        return way in self.spec.inputs

    def look(self, seat: int, option: str | None, now_ns: int) -> None:
        """A guest's gaze moved to an option's panel, or away (None)."""
        if option is None or option not in self.options:
            self._gaze.pop(seat, None)
        elif self._gaze.get(seat, ("", 0))[0] != option:
            self._gaze[seat] = (option, now_ns)

    def dwells(self) -> list[tuple[int, int, str]]:
        """Pending dwells as ``(instant_ns, seat, option)``: each becomes a vote when its instant comes."""
        if not self.is_open or self.locked is not None or not self.accepts("gaze"):
            return []
        due = []
        for seat, (option, since_ns) in self._gaze.items():
            if self._standing(seat) == option:
                continue
            start_ns = max(since_ns, self.opened_ns)
            due.append((start_ns + self.dwell_ns, seat, option))
        return sorted(due)

    def _standing(self, seat: int | str) -> str | None:
        for vote in reversed(self.votes):
            if vote.guest == seat:
                return vote.option
        return None

    def vote(self, seat: int, option: str, now_ns: int) -> bool:
        """Take a vote; False (and no change) when the window is not open, locked or does not have the option."""
        if not self.is_open or self.locked is not None or option not in self.options:
            return False
        self.votes.append(Vote(guest=seat, option=option, weight=1.0, at_ns=now_ns))
        return True

    def decision(self) -> Decision:
        """What the votes so far amount to under the scene's rule."""
        rule = Rule(type=self.spec.rule, quorum=self.spec.quorum, tie=self.spec.tie)
        return decide(self.votes, self.options, rule, self.default, self.guests)

    def dwell_ratio(self, option: str, now_ns: int) -> float:
        """How far the furthest dwell on an option has come, 0..1; 1 once it is somebody's standing vote."""
        if any(self._standing(vote.guest) == option for vote in self.votes):
            return 1.0
        if not self.is_open:
            return 0.0
        best = 0.0
        for looked_at, since_ns in self._gaze.values():
            if looked_at == option:
                start_ns = max(since_ns, self.opened_ns)
                best = max(best, (now_ns - start_ns) / max(1, self.dwell_ns))
        return min(1.0, max(0.0, best))


def tally(votes: Sequence[Vote]) -> dict[str, float]:
    """Sum of weights per option over each guest's last vote, for the journal and the screen."""
    last: dict[int | str, Vote] = {vote.guest: vote for vote in votes}
    sums: dict[str, float] = {}
    for vote in last.values():
        sums[vote.option] = sums.get(vote.option, 0.0) + vote.weight
    return sums
