"""Limits of a play that the story itself declares: once-only options, and ``# visits: N`` of scenes.

A once-only option is hidden once the container of its own text and consequences has been visited (ink counts visits of the
container, not clicks), and taking it is such a visit. So it is taken once in a play at most, from wherever it is offered and
however often; diverting into the container only hides it earlier. Every time a way is taken that needs the option, the option
is taken: ways that all need it are taken once at most, all together.
"""

from __future__ import annotations

from collections.abc import Iterable

from engine.story.extract.scenes import Taken, Used
from engine.story.extract.tree import SceneTag
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


def declared_visits(tags: Iterable[SceneTag]) -> tuple[dict[str, int], dict[str, str]]:
    """How often each scene may be entered, by its ``visits:`` tags.

    Returns
    -------
    tuple
        Numbers by scene, for the scenes that declare one; and what is wrong, by scene.
    """
    numbers: dict[str, set[int]] = {}
    wrong: dict[str, str] = {}
    for tag in tags:
        for text in tag.visits:
            if text.isascii() and text.isdecimal() and int(text) >= 1:
                numbers.setdefault(tag.scene, set()).add(int(text))
            else:
                said = f"'# visits: {text}'" if text else "a visits tag without a plain number"
                wrong.setdefault(
                    tag.scene, f"scene '{tag.scene}' has {said}; allowed: a whole number from 1 on"
                )
    for scene, found in numbers.items():
        if len(found) > 1:
            listed = " and ".join(str(number) for number in sorted(found))
            wrong.setdefault(scene, f"scene '{scene}' declares several limits of visits: {listed}")
    return {scene: min(found) for scene, found in numbers.items()}, wrong
