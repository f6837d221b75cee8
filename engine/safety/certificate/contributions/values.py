"""What is judged, and what a judge of one kind finds."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from engine.bus.loop import BusDevice
from engine.experience import Package, Rig
from engine.safety.certificate.pieces import Pieces
from engine.safety.paths.values import Costs
from engine.timeline.evaluate import Evaluator

#: What is read as a level below which nothing is told apart from silence.
SILENCE_DB = -200.0


@dataclass(frozen=True, slots=True)
class Reading:
    """How what was summed or compared over paths is told: ``factor * value ** (1 / root)``, or as a level.

    Attributes
    ----------
    root : float
        2 for a mean of squares that is told as r.m.s.
    factor : float
        Positive.
    level : bool
        ``offset_db + 10 lg(value)`` instead: energies, mean squares.
    offset_db : float
    """

    root: float = 1.0
    factor: float = 1.0
    level: bool = False
    offset_db: float = 0.0

    def told(self, value: float) -> float:
        """What people read, of a cost; `SILENCE_DB` for the level of nothing."""
        if self.level:
            return max(SILENCE_DB, self.offset_db + 10.0 * math.log10(value)) if value > 0.0 else SILENCE_DB
        return float(self.factor * value ** (1.0 / self.root))

    def cost(self, told: float) -> float:
        """The cost that is told so: the other way round, for limits."""
        if self.level:
            return float(10.0 ** ((told - self.offset_db) / 10.0))
        return float((told / self.factor) ** self.root)


PLAIN = Reading()


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """A package on a rig, cut into pieces.

    Attributes
    ----------
    package : Package
        Fitted to the rig: derived motion is ordinary channels.
    rig : Rig
    pieces : Pieces
        Its pieces are the stops of the path graph, its ways the graph's, in the same order.
    evaluator : Evaluator
        Of the package's scenes.
    devices : tuple of BusDevice
        As the bus would drive them; nothing is open.
    tick_hz : int
        Of the bus.
    """

    package: Package
    rig: Rig
    pieces: Pieces
    evaluator: Evaluator
    devices: tuple[BusDevice, ...]
    tick_hz: int


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """One measure for one kind of seat.

    Attributes
    ----------
    measure : str
        Short stable name: ``vdv_z``.
    unit : str
    seats : tuple of str
        Those it holds for, all alike; empty for the room.
    costs : Costs
        By stop and way of the path graph.
    reading : Reading
        How the costs' value is told, in `unit`.
    """

    measure: str
    unit: str
    seats: tuple[str, ...]
    costs: Costs
    reading: Reading = PLAIN


@dataclass(frozen=True, slots=True, eq=False)
class Contribution:
    """What one kind of judge finds.

    Attributes
    ----------
    measured : tuple of Measured
    notes : tuple of str
        What was not measured, or was treated conservatively, counted.
    """

    measured: tuple[Measured, ...] = field(default=())
    notes: tuple[str, ...] = field(default=())
