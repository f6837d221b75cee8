"""Pieces of a story as the graph that bounds are asked of, and its paths as people know them: scenes and options."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from engine.safety.certificate.findings import Step
from engine.safety.certificate.pieces import Pieces
from engine.safety.certificate.pieces import Way as StoryWay
from engine.safety.paths.graph import OUTSIDE, PathGraph, Stop, Together, Way


class Limit(Protocol):
    """Edges of the story that one play may take at most `most` times, counted together."""

    @property
    def edges(self) -> Sequence[StoryWay]: ...

    @property
    def most(self) -> int: ...


def path_graph(
    pieces: Pieces,
    names: Sequence[str],
    visits: Mapping[str, int] | None = None,
    limits: Iterable[Limit] = (),
) -> PathGraph:
    """Stops are the pieces, ways the ways between them, each in their order.

    Parameters
    ----------
    pieces : Pieces
    names : sequence of str
        Scene ids by index.
    visits : mapping of str to int
        How often a scene may be entered in one play, where the story says so.
    limits : iterable of Limit
        Once-only options.
    """
    stops: list[Stop] = []
    for number, piece in enumerate(pieces.pieces):
        # A lap follows its scene's head, which is the piece before it.
        stops.append(Stop(piece.name, piece.most, None if piece.most is None else number - 1))
    ways = tuple(Way(way.source, way.target) for way in pieces.ways)
    together: list[Together] = []
    for scene, most in (visits or {}).items():
        entering = tuple(
            number
            for number in range(len(ways))
            if _enters(pieces, number) and _scene(pieces, names, ways[number].target) == scene
        )
        together.append(Together(entering, most))
    by_edge: dict[tuple[str, str, str], list[int]] = {}
    for number, way in enumerate(pieces.ways):
        if _enters(pieces, number):
            edge = (_scene(pieces, names, way.source), _scene(pieces, names, way.target), way.option)
            by_edge.setdefault(edge, []).append(number)
    for limit in limits:
        covered = tuple(
            sorted(
                {
                    number
                    for edge in limit.edges
                    for number in by_edge.get((edge.source, edge.target, edge.option), ())
                }
            )
        )
        if covered:
            together.append(Together(covered, limit.most))
    return PathGraph(tuple(stops), ways, tuple(together))


def steps_of(pieces: Pieces, names: Sequence[str], path: Sequence[int]) -> tuple[Step, ...]:
    """A path of ways as scenes and the options taken to leave them; laps and tails are part of their scene."""
    found: list[Step] = []
    for number in path:
        way = pieces.ways[number]
        if not _enters(pieces, number):
            continue
        if way.source != OUTSIDE and found:
            found[-1] = Step(found[-1].scene, way.option)
        if way.target != OUTSIDE:
            found.append(Step(_scene(pieces, names, way.target)))
    return tuple(found)


def _scene(pieces: Pieces, names: Sequence[str], piece: int) -> str:
    return "" if piece == OUTSIDE else names[pieces.pieces[piece].scene]


def _enters(pieces: Pieces, number: int) -> bool:
    """Whether a way leads from scene to scene (or in, or out), and not on within one."""
    way = pieces.ways[number]
    if OUTSIDE in (way.source, way.target):
        return True
    source, target = pieces.pieces[way.source], pieces.pieces[way.target]
    # Into the same scene again counts as entering it; into its lap or tail does not.
    return source.scene != target.scene or (target.most is None and target.from_fl == 0)
