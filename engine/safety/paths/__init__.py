"""Bounds over every path through a graph: sound from above, with a path that comes close."""

from engine.safety.paths.bounds import bound
from engine.safety.paths.graph import PathGraph, Stop, Together, Unbounded, Way
from engine.safety.paths.values import Additive, Bound, Costs, Highest, PathWitness, PowerSum, Ratio, Windowed

__all__ = [
    "Additive",
    "Bound",
    "Costs",
    "Highest",
    "PathGraph",
    "PathWitness",
    "PowerSum",
    "Ratio",
    "Stop",
    "Together",
    "Unbounded",
    "Way",
    "Windowed",
    "bound",
]
