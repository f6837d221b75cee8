"""The values of the story's graph: scenes, the ways between them, and what limits a play."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from engine.errors import Problem

START = ""
END = ""


@dataclass(frozen=True, slots=True)
class Edge:
    """A way from one scene to the next.

    Parameters
    ----------
    source : str
        Scene id; `START` for the beginning of the story.
    target : str
        Scene id; `END` when the story ends there.
    option : str
        Id of the option that leads there; empty for a plain divert. It is one option: a story that offers a second one without a
        scene in between fails there.
    is_default : bool
        Whether that option is the default of its choice.
    conditional : bool
        Whether the option is offered only under a condition.
    """

    source: str
    target: str
    option: str = ""
    is_default: bool = False
    conditional: bool = False


@dataclass(frozen=True, slots=True)
class SceneOption:
    """An option as written at one place.

    Parameters
    ----------
    id : str
        Value of its ``id:`` tag; empty when it has none.
    text : str
        Its plain text, as far as it is not computed.
    path : str
        ink path of the choice.
    is_default, conditional : bool
        Whether it is the default; whether a condition may hide it.
    once : bool
        Whether it is gone for the rest of the play once it was taken (``*`` instead of ``+``).
    """

    id: str
    text: str
    path: str
    is_default: bool = False
    conditional: bool = False
    once: bool = False


@dataclass(frozen=True, slots=True)
class SceneNode:
    """A scene.

    Parameters
    ----------
    id : str
        Value of its ``scene:`` tag.
    path : str
        ink path where it begins (the first place, when several do).
    options : tuple of SceneOption
        Options that may be offered at its end.
    visits : int or None
        How often a play may enter it (``# visits:``); None: no limit declared.
    """

    id: str
    path: str
    options: tuple[SceneOption, ...] = ()
    visits: int | None = None


@dataclass(frozen=True, slots=True)
class Limit:
    """Ways that one play can take so often at most, all counted together.

    It holds in every play, by the rules of ink: nobody has to enforce it.

    Parameters
    ----------
    edges : tuple of Edge
        All of them are edges of the graph. Two edges that agree in source, target and option are both in it, or neither.
    most : int
        How often a play takes them, added up.
    path : str
        ink path of the once-only choice (of the first, when `most` is above 1) that makes it so.
    """

    edges: tuple[Edge, ...]
    most: int
    path: str


@dataclass(frozen=True, slots=True)
class Conservative:
    """A place where the graph holds more ways than a play may have, because reading alone cannot tell.

    Parameters
    ----------
    code : str
        What it is; `engine/story/extract/README.md` lists them.
    path : str
        ink path.
    """

    code: str
    path: str


@dataclass(frozen=True, slots=True)
class StoryGraph:
    """Scenes and the ways between them.

    Parameters
    ----------
    scenes : tuple of SceneNode
        In the order of the file.
    edges : tuple of Edge
        Each once, in the order found; those from `START` first.
    problems : tuple of Problem
        What is wrong or doubtful about the story's form.
    limits : tuple of Limit
        What once-only options bound.
    conservative : tuple of Conservative
        Every place that was read conservatively, in the order of the file.
    """

    scenes: tuple[SceneNode, ...]
    edges: tuple[Edge, ...]
    problems: tuple[Problem, ...] = field(default=())
    limits: tuple[Limit, ...] = field(default=())
    conservative: tuple[Conservative, ...] = field(default=())

    def scene(self, scene_id: str) -> SceneNode:
        """The scene with this id; KeyError when there is none."""
        for node in self.scenes:
            if node.id == scene_id:
                return node
        raise KeyError(scene_id)

    def reachable(self) -> frozenset[str]:
        """Ids of the scenes that some play may reach."""
        ways: dict[str, list[str]] = {}
        for edge in self.edges:
            if edge.target != END:
                ways.setdefault(edge.source, []).append(edge.target)
        found: set[str] = set()
        waiting = list(ways.get(START, ()))
        while waiting:
            scene = waiting.pop()
            if scene not in found:
                found.add(scene)
                waiting += ways.get(scene, ())
        return frozenset(found)

    def endings(self) -> tuple[str, ...]:
        """Ids of the scenes after which the story may end, in the order of the file."""
        ending = {edge.source for edge in self.edges if edge.target == END and edge.source != START}
        return tuple(node.id for node in self.scenes if node.id in ending)

    def counted(self) -> dict[str, int]:
        """How many places of each code were read conservatively."""
        return dict(sorted(Counter(place.code for place in self.conservative).items()))
