"""The story as a graph of scenes, read from the compiled JSON without running it.

Conservative: a condition may go either way, a computed divert may go to any target the story ever names. So every edge that can
be taken is in the graph, and some that cannot may be; "unreachable" is certain, "reachable" is not. Limits are the other way
round: a limit is there only where it holds in every play. How it is done, and what is taken conservatively:
`engine/story/extract/README.md`.
"""

from __future__ import annotations

from engine.errors import Place
from engine.story.extract.conservative import conservative_places, conservative_problems
from engine.story.extract.judge import Judge
from engine.story.extract.limits import limits_of
from engine.story.extract.machine import Machine
from engine.story.extract.scenes import Scenes
from engine.story.extract.tree import Container
from engine.story.ink import parse_compiled
from engine.story.visits import declared_visits
from engine.story.ways import END, START, Conservative, Edge, Limit, SceneNode, SceneOption, StoryGraph

__all__ = [
    "END",
    "START",
    "Conservative",
    "Edge",
    "Limit",
    "SceneNode",
    "SceneOption",
    "StoryGraph",
    "build_graph",
]


def build_graph(compiled_json: str, origin: str = "story.ink.json") -> StoryGraph:
    """Read the graph of a compiled story.

    Raises
    ------
    InputError
        When the text is not compiled ink of a version we read.
    """
    place = Place(origin)
    root = parse_compiled(compiled_json, place)["root"]
    machine = Machine(Container(root))
    scenes = Scenes(machine)
    leaving = scenes.leaving()
    visits, wrong = declared_visits(root)
    taken = list(
        dict.fromkeys(way for contexts in leaving.values() for found in contexts for way in found.ways)
    )
    begins = {tag.scene: tag.path for tag in reversed(scenes.tags) if tag.scene}
    nodes = []
    for scene, contexts in leaving.items():
        if scene == START:
            continue
        offered = dict.fromkeys(choice.option for found in contexts for choice in found.offered)
        nodes.append(SceneNode(scene, begins[scene], tuple(offered), visits.get(scene)))
    edges = dict.fromkeys(way.edge for way in taken)
    _end_where_limited(edges, visits)
    places = conservative_places(machine, scenes)
    judge = Judge(place)
    judge.flow(leaving)
    judge.visits(machine, wrong)
    judge.lost(machine)
    for problem in conservative_problems(machine, places, place):
        judge.add(problem)
    graph = StoryGraph(tuple(nodes), tuple(edges), (), limits_of(taken), places)
    judge.form(
        graph, {scene for scene, contexts in leaving.items() if any(found.fallback for found in contexts)}
    )
    return StoryGraph(graph.scenes, graph.edges, judge.problems, graph.limits, graph.conservative)


def _end_where_limited(edges: dict[Edge, None], visits: dict[str, int]) -> None:
    """A play ends instead of entering a scene over its limit, and where the limits leave no option."""
    for edge in list(edges):
        if edge.target in visits and edge.source != START:
            edges.setdefault(Edge(edge.source, END, edge.option, edge.is_default, edge.conditional))
            edges.setdefault(Edge(edge.source, END))
