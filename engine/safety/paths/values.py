"""What can be asked of paths, and what the answer is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Additive:
    """A sum along the path.

    Parameters
    ----------
    name : str
    stops : sequence of float
        Per stop, added at each visit; not negative.
    ways : sequence of float
        Per way, added each time it is taken; empty for nothing.
    """

    name: str
    stops: Sequence[float]
    ways: Sequence[float] = ()


@dataclass(frozen=True, slots=True)
class PowerSum:
    """The L\\ :sub:`p` norm of a filtered signal over the whole path.

    A filter remembers: a stop's signal rings on into the next ones. With the norm `own` of a stop's own response within the stop, and
    the norm `tail` of what follows after it, Minkowski's inequality bounds the norm within a stop by `own` + what rings in from before;
    what rings out is `tail` + `decay` times what rang in. The most that can ring in is the least fixpoint of that over the graph.

    Parameters
    ----------
    name : str
    power : float
        2 for r.m.s. and dose of squares, 4 for vibration dose value.
    own, tail : sequence of float
        Per stop, in the unit of the norm (m/s^1.5 for `power` 2 of an acceleration); not negative.
    decay : sequence of float
        Per stop: the share (0..1) of a ringing's norm that is left after the least duration of the stop.
    """

    name: str
    power: float
    own: Sequence[float]
    tail: Sequence[float]
    decay: Sequence[float]


@dataclass(frozen=True, slots=True)
class Highest:
    """The highest value met: per stop, and per way (across a seam); empty `ways` for nothing."""

    name: str
    stops: Sequence[float]
    ways: Sequence[float] = ()


@dataclass(frozen=True, slots=True)
class Windowed:
    """The most counted in any window of a fixed length.

    Parameters
    ----------
    name : str
    window_s : float
    inside : sequence of float
        Per stop: most in a window that lies within it.
    head, tail : sequence of float
        Per stop: most in a window's length after its beginning, before its end.
    total : sequence of float
        Per stop: all of it; asked only where a stop is shorter than the window.
    duration_s : sequence of float
        Per stop: its least duration, greater than 0.
    seam : sequence of float
        Per way: what the seam itself may add; empty for nothing.
    across : sequence of float
        Per way: most in a window over this one seam, where it is known better than `tail` + `seam` + `head`; empty where not.
    """

    name: str
    window_s: float
    inside: Sequence[float]
    head: Sequence[float]
    tail: Sequence[float]
    total: Sequence[float]
    duration_s: Sequence[float]
    seam: Sequence[float] = ()
    across: Sequence[float] = ()


@dataclass(frozen=True, slots=True)
class Ratio:
    """A sum over another, of whole paths (those that end, or can go no further): a mean over the show.

    Parameters
    ----------
    name : str
    above, below : sequence of float
        Per stop; `above` not negative, `below` greater than 0.
    """

    name: str
    above: Sequence[float]
    below: Sequence[float]


Costs = Additive | PowerSum | Highest | Windowed | Ratio


@dataclass(frozen=True, slots=True)
class PathWitness:
    """A path that keeps every limit.

    Parameters
    ----------
    ways : tuple of int
        Ways in order, from the beginning.
    stops : tuple of int
        The stops passed.
    value : float
        What the costs give along it; never above the bound.
    """

    ways: tuple[int, ...]
    stops: tuple[int, ...]
    value: float


@dataclass(frozen=True, slots=True)
class Bound:
    """What no path exceeds.

    Parameters
    ----------
    name : str
        Of the costs.
    value : float
        Upper bound over all paths, also those that are broken off anywhere.
    witness : PathWitness
        A path that comes close.
    contributions : dict of int to float
        What each stop of the witness gives (summed over its visits; for a norm, in powers of it; for a highest value, its own).
    first : PathWitness or None
        With a limit that may be exceeded: the path with the fewest stops that exceeds it; where every such walk breaks a declared limit,
        the witness's beginning; None where no path found exceeds it.
    earliest : int or None
        No path exceeds the limit at a stop before this one (counted from 1); None when no path exceeds it at all.
    """

    name: str
    value: float
    witness: PathWitness
    contributions: dict[int, float] = field(default_factory=dict)
    first: PathWitness | None = None
    earliest: int | None = None

    @property
    def gap(self) -> float:
        """How far the bound may lie above what a path can reach, in the unit of the costs."""
        return max(0.0, self.value - self.witness.value)
