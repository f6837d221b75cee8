"""What is judged, and what a judge of one kind finds."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.bus.loop import BusDevice
from engine.experience import Package, Rig
from engine.safety.certificate.pieces import Pieces
from engine.safety.paths.values import Costs
from engine.timeline.evaluate import Evaluator


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
    """

    measure: str
    unit: str
    seats: tuple[str, ...]
    costs: Costs


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
