"""Limits of a play that follow from ink's own rules: once-only options.

A once-only option is hidden once the container of its own text and consequences has been visited (ink counts visits of the
container, not clicks), and taking it is such a visit. So it is taken once in a play at most, from wherever it is offered and
however often; diverting into the container only hides it earlier. Every time a way is taken that needs the option, the option
is taken: ways that all need it are taken once at most, all together.
"""

from __future__ import annotations

from collections.abc import Iterable

from engine.story.extract.scenes import Taken, Used
from engine.story.ways import Edge, Limit

_Key = tuple[str, str, str]
"""Source, target and option: what a way is known by outside."""


def limits_of(ways: Iterable[Taken]) -> tuple[Limit, ...]:
    """Limits that hold in every play.

    Parameters
    ----------
    ways : iterable of Taken
        Every way in which each edge can come about, with the once-only options that this one certainly takes.
    """
    edges: dict[_Key, dict[Edge, None]] = {}
    needs: dict[_Key, dict[Used, None]] = {}
    for way in ways:
        key = (way.edge.source, way.edge.target, way.edge.option)
        edges.setdefault(key, {}).setdefault(way.edge)
        needs.setdefault(key, {}).setdefault(way.used)
    covered: dict[object, tuple[str, dict[Edge, None]]] = {}
    several: list[Limit] = []
    for key, sets in needs.items():
        if not all(sets):
            continue
        common = frozenset.intersection(*sets)
        for container in common:
            covered.setdefault(container, (container.path, {}))[1].update(edges[key])
        if not common:
            # Each way takes one of a few once-only options: so often it can be taken in all.
            chosen: dict[object, str] = {}
            for used in sorted(sets, key=len):
                if not any(container in chosen for container in used):
                    first = min(used, key=lambda container: container.path)
                    chosen[first] = first.path
            several.append(Limit(tuple(edges[key]), len(chosen), min(chosen.values())))
    single = [Limit(tuple(found), 1, path) for path, found in covered.values()]
    return (*sorted(single, key=lambda limit: limit.path), *several)
