"""The story as a graph of scenes, read from the compiled JSON without running it.

Conservative: a condition may go either way, a computed divert may go to any target the story ever names, a
tunnel and a function may or may not come back. So every edge that can be taken is in the graph, and some that
cannot may be; "unreachable" is certain, "reachable" is not.

The walk knows the few shapes of compiled ink that matter here. Source: inkle/ink,
Documentation/ink_JSON_runtime_format.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from engine.errors import Place, Problem, Severity
from engine.story.ink import parse_compiled, split_tag, tag_value

START = ""
END = ""

_CONDITIONAL, _INVISIBLE_DEFAULT = 0x1, 0x8


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
        Id of the option that leads there; empty for a plain divert. Options taken one after the other without
        a scene in between are joined by ``/``.
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
    """

    id: str
    text: str
    path: str
    is_default: bool = False
    conditional: bool = False


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
    """

    id: str
    path: str
    options: tuple[SceneOption, ...] = ()


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
    """

    scenes: tuple[SceneNode, ...]
    edges: tuple[Edge, ...]
    problems: tuple[Problem, ...] = field(default=())

    def scene(self, scene_id: str) -> SceneNode:
        """The scene with this id; KeyError when there is none."""
        for node in self.scenes:
            if node.id == scene_id:
                return node
        raise KeyError(scene_id)

    def reachable(self) -> frozenset[str]:
        """Ids of the scenes that some play may reach."""
        found: set[str] = set()
        waiting = [edge.target for edge in self.edges if edge.source == START and edge.target]
        while waiting:
            scene = waiting.pop()
            if scene not in found:
                found.add(scene)
                waiting += [edge.target for edge in self.edges if edge.source == scene and edge.target]
        return frozenset(found)

    def endings(self) -> tuple[str, ...]:
        """Ids of the scenes after which the story may end, in the order of the file."""
        ending = {edge.source for edge in self.edges if edge.target == END and edge.source != START}
        return tuple(node.id for node in self.scenes if node.id in ending)


def build_graph(compiled_json: str, origin: str = "story.ink.json") -> StoryGraph:
    """Read the graph of a compiled story.

    Raises
    ------
    InputError
        When the text is not compiled ink of a version we read.
    """
    place = Place(origin)
    tree = parse_compiled(compiled_json, place)
    return _Walker(_Container(tree["root"], None, "", -1), place).graph()


class _Container:
    """A container of the compiled tree, with what the runtime's path language needs."""

    __slots__ = ("index", "items", "name", "named", "parent")

    def __init__(self, raw: list[Any], parent: _Container | None, name: str, index: int) -> None:
        self.parent = parent
        self.name = name
        self.index = index  # place in the parent's content; -1 for one that is only named
        last = raw[-1] if raw else None
        meta = last if isinstance(last, dict) else {}
        self.name = str(meta.get("#n", name))
        self.items: list[Any] = [
            _Container(item, self, "", place) if isinstance(item, list) else item
            for place, item in enumerate(raw[:-1])
        ]
        self.named: dict[str, _Container] = {
            key: _Container(value, self, key, -1) for key, value in meta.items() if isinstance(value, list)
        }
        for item in self.items:
            if isinstance(item, _Container) and item.name:
                self.named.setdefault(item.name, item)

    @property
    def path(self) -> str:
        if self.parent is None:
            return ""
        step = self.name or str(self.index)
        return f"{self.parent.path}.{step}" if self.parent.path else step

    def root(self) -> _Container:
        container = self
        while container.parent is not None:
            container = container.parent
        return container


_Spot = tuple[_Container, int]


@dataclass(slots=True)
class _Walk:
    """What one walk from one scene found."""

    scenes: dict[str, None] = field(default_factory=dict)
    options: list[tuple[SceneOption, _Spot]] = field(default_factory=list)
    ends: bool = False
    fallback: bool = False
    dead_end: str | None = None


class _Walker:
    def __init__(self, root: _Container, place: Place) -> None:
        self._root = root
        self._place = place
        self._problems: list[Problem] = []
        self._with_fallback: set[str] = set()
        self._computed = [target for spot in _divert_targets(root) if (target := self._resolve(root, spot))]

    def graph(self) -> StoryGraph:
        starts: dict[str, list[_Spot]] = {}
        for scene, spot in _scene_tags(self._root):
            starts.setdefault(scene, []).append(spot)
        edges: dict[Edge, None] = {}
        self._edges(START, [(self._root, 0)], edges)
        nodes: list[SceneNode] = []
        for scene, spots in starts.items():
            options = self._edges(scene, [(container, index + 1) for container, index in spots], edges)
            nodes.append(SceneNode(scene, _spot_path(spots[0]), options))
        graph = StoryGraph(tuple(nodes), tuple(edges))
        self._judge(graph)
        return StoryGraph(graph.scenes, graph.edges, tuple(self._problems))

    def _edges(self, source: str, spots: list[_Spot], edges: dict[Edge, None]) -> tuple[SceneOption, ...]:
        """Add every edge that leaves `source`; give the options offered first."""
        first = self._walk(spots)
        self._report_dead_end(source, first)
        if first.fallback:
            self._with_fallback.add(source)
        for target in first.scenes:
            edges.setdefault(Edge(source, target))
        if first.ends:
            edges.setdefault(Edge(source, END))
        for option, spot in first.options:
            self._option_edges(source, option, spot, edges)
        return tuple(option for option, _ in first.options)

    def _option_edges(self, source: str, option: SceneOption, spot: _Spot, edges: dict[Edge, None]) -> None:
        """Add every edge that begins with taking `option`."""
        waiting = [(spot, option.id, option.is_default, option.conditional)]
        seen: set[tuple[int, int]] = set()
        while waiting:
            spot, label, is_default, conditional = waiting.pop(0)
            if (id(spot[0]), spot[1]) in seen:
                continue
            seen.add((id(spot[0]), spot[1]))
            walk = self._walk([spot])
            self._report_dead_end(source, walk)
            for target in (*walk.scenes, *((END,) if walk.ends else ())):
                edges.setdefault(Edge(source, target, label, is_default, conditional))
            for further, next_spot in walk.options:
                self._say(
                    f"option '{further.id or further.text}' may be offered right after "
                    f"'{option.id or option.text}', without a scene in between",
                    "put a '# scene:' tag on the line before it",
                    "option-without-scene",
                    "warning",
                )
                both = conditional or further.conditional
                joined = f"{label}/{further.id}"
                waiting.append((next_spot, joined, is_default and further.is_default, both))

    def _walk(self, spots: list[_Spot]) -> _Walk:
        """Follow the flow from some spots up to the next scenes, options and ends."""
        walk = _Walk()
        seen: set[tuple[int, int]] = set()
        waiting = list(spots)
        while waiting:
            container, index = waiting.pop()
            if (id(container), index) in seen:
                continue
            seen.add((id(container), index))
            if index >= len(container.items):
                waiting += self._after(container, walk)
                continue
            waiting += self._step(container, index, walk)
        return walk

    def _after(self, container: _Container, walk: _Walk) -> list[_Spot]:
        """Where the flow goes at a container's end: on in its parent, or nowhere."""
        if container.parent is not None and container.index >= 0:
            return [(container.parent, container.index + 1)]
        if container is self._root:
            walk.ends = True
        elif not walk.options:
            walk.dead_end = container.path
        return []

    def _step(self, container: _Container, index: int, walk: _Walk) -> list[_Spot]:
        item = container.items[index]
        onward = [(container, index + 1)]
        if isinstance(item, _Container):
            return [(item, 0)]
        if item == "#":
            tag, after = _tag_at(container, index)
            scene = split_tag(tag)[1] if split_tag(tag)[0] == "scene" else ""
            if scene:
                walk.scenes.setdefault(scene)
                return []
            return [(container, after)]
        if item == "ev":
            return self._evaluation(container, index, walk)
        if item == "end":
            walk.ends = True
            return []
        if item == "done":
            # The end of a thread, or of the story when nothing is left to choose; options found stand either
            # way.
            walk.ends = walk.ends or not walk.options
            return []
        if item in ("->->", "~ret"):
            return []
        if isinstance(item, dict):
            return self._command(container, index, item, walk, ())
        return onward

    def _command(
        self, container: _Container, index: int, item: dict[str, Any], walk: _Walk, evaluated: tuple[str, ...]
    ) -> list[_Spot]:
        onward: list[_Spot] = [(container, index + 1)]
        if "*" in item:
            return self._option(container, index, item, walk, evaluated) + onward
        if "->" in item:
            threaded = index > 0 and container.items[index - 1] == "thread"
            if item.get("var"):
                # "$r" is where the text of an option returns to, which the walk has passed already.
                targets = [] if str(item["->"]).startswith("$") else list(self._computed)
            else:
                targets = self._targets(container, str(item["->"]))
            # The echo of an option's text: a detour through its container "s", back by "$r" to the next item.
            echo = str(item["->"]).endswith(".s")
            return targets + (onward if item.get("c") or threaded or echo else [])
        for key in ("->t->", "f()"):
            if key in item:
                targets = (
                    list(self._computed) if item.get("var") else self._targets(container, str(item[key]))
                )
                return targets + onward
        return onward

    def _evaluation(self, container: _Container, index: int, walk: _Walk) -> list[_Spot]:
        """Step over ``ev ... /ev``, entering functions; a choice that follows gets the tags found inside."""
        depth, place = 0, index
        found: list[_Spot] = []
        tags: list[str] = []
        while place < len(container.items):
            item = container.items[place]
            if item == "ev":
                depth += 1
            elif item == "/ev":
                depth -= 1
                if depth == 0:
                    break
            elif item == "#":
                tag, after = _tag_at(container, place)
                tags.append("#" + tag)
                place = after
                continue
            elif isinstance(item, str) and item.startswith("^"):
                tags.append(item[1:])
            elif isinstance(item, dict) and "f()" in item and not item.get("var"):
                found += self._targets(container, str(item["f()"]))
            elif isinstance(item, dict) and str(item.get("->", "")).endswith(".s"):
                for start, _ in self._targets(container, str(item["->"])):
                    tags += _texts_and_tags(start)
            place += 1
        after = place + 1
        if (
            after < len(container.items)
            and isinstance(container.items[after], dict)
            and "*" in container.items[after]
        ):
            return found + self._command(container, after, container.items[after], walk, tuple(tags))
        return [*found, (container, after)]

    def _option(
        self, container: _Container, index: int, item: dict[str, Any], walk: _Walk, evaluated: tuple[str, ...]
    ) -> list[_Spot]:
        """Note an option; give where the flow goes on by itself, which is ink's own fallback option only."""
        targets = self._targets(container, str(item["*"]))
        flags = int(item.get("flg", 0))
        if not targets or flags & _INVISIBLE_DEFAULT:
            walk.fallback = bool(targets)
            return targets
        tags = [piece[1:] for piece in evaluated if piece.startswith("#")]
        text = "".join(piece for piece in evaluated if not piece.startswith("#")).strip()
        option = SceneOption(
            id=tag_value(tags, "id") or "",
            text=text,
            path=_spot_path((container, index)),
            is_default=tag_value(tags, "default") is not None,
            conditional=bool(flags & _CONDITIONAL),
        )
        if all(option.path != known.path for known, _ in walk.options):
            walk.options.append((option, targets[0]))
        return []

    def _targets(self, container: _Container, path: str) -> list[_Spot]:
        target = self._resolve(container, path)
        return [] if target is None else [target]

    def _resolve(self, container: _Container, path: str) -> _Spot | None:
        """ink's paths: absolute from the root, or relative (a leading dot), where ``^`` is the parent."""
        here: _Container = container if path.startswith(".") else self._root
        steps = [step for step in path.split(".") if step]
        if path.startswith("."):
            # Relative to the command itself: its first "^" is the container it stands in.
            steps = steps[1:] if steps and steps[0] == "^" else steps
        for place, step in enumerate(steps):
            if step == "^":
                if here.parent is None:
                    return None
                here = here.parent
            elif step in here.named:
                here = here.named[step]
            elif step.isdigit() and int(step) <= len(here.items):
                item = here.items[int(step)] if int(step) < len(here.items) else None
                if isinstance(item, _Container):
                    here = item
                else:
                    return (here, int(step)) if place == len(steps) - 1 else None
            else:
                return None
        return (here, 0)

    def _report_dead_end(self, source: str, walk: _Walk) -> None:
        if walk.dead_end is None or walk.options:
            return
        scene = f"scene '{source}'" if source else "the beginning"
        self._say(
            f"after {scene} the story may run out of content (in '{walk.dead_end}')",
            "end that way with '-> END' or a divert",
            "dead-end",
            "warning",
        )

    def _say(self, message: str, hint: str, code: str, severity: Severity = "error") -> None:
        problem = Problem(self._place, message, hint, severity, code)
        if problem not in self._problems:
            self._problems.append(problem)

    def _judge(self, graph: StoryGraph) -> None:
        reached = graph.reachable()
        if not graph.scenes:
            self._say(
                "the story names no scene",
                "put '# scene: name' at the top of each knot that is one",
                "no-scene",
            )
        for node in graph.scenes:
            if node.id not in reached:
                self._say(
                    f"no way leads to scene '{node.id}' ({node.path})",
                    "divert to it, or remove it",
                    "unreachable",
                )
            if not node.options:
                continue
            for option in node.options:
                if not option.id:
                    self._say(
                        f"option '{option.text}' after scene '{node.id}' has no id",
                        f"write: {option.text} # id: a_name",
                        "option-id",
                    )
            ids = [option.id for option in node.options if option.id]
            for twice in sorted({option_id for option_id in ids if ids.count(option_id) > 1}):
                # Two branches of a condition may offer the same option: doubtful, not wrong for certain.
                self._say(
                    f"scene '{node.id}' may offer two options with the id '{twice}'",
                    "give each its own",
                    "option-id",
                    "warning",
                )
            defaults = [option for option in node.options if option.is_default]
            if not defaults:
                self._say(
                    f"the choice after scene '{node.id}' has no default ({', '.join(ids)})",
                    "add '# default' to the option to take when nobody decides",
                    "no-default",
                )
            elif all(option.conditional for option in defaults):
                self._say(
                    f"the default '{defaults[0].id}' after scene '{node.id}' has a condition",
                    "make a default that is always there",
                    "no-default",
                    "warning",
                )
            if node.id not in self._with_fallback and all(option.conditional for option in node.options):
                self._say(
                    f"every option after scene '{node.id}' has a condition; with none true the story stops",
                    "add one without, or a fallback '+ ->'",
                    "all-conditional",
                    "warning",
                )


def _tag_at(container: _Container, index: int) -> tuple[str, int]:
    """Text of the tag that begins at `index` (its plain parts), and the index after it."""
    text, place = "", index + 1
    while place < len(container.items) and container.items[place] != "/#":
        item = container.items[place]
        if isinstance(item, str) and item.startswith("^"):
            text += item[1:]
        place += 1
    return text.strip(), place + 1


def _texts_and_tags(container: _Container) -> list[str]:
    found: list[str] = []
    place = 0
    while place < len(container.items):
        item = container.items[place]
        if item == "#":
            tag, place = _tag_at(container, place)
            found.append("#" + tag)
            continue
        if isinstance(item, str) and item.startswith("^"):
            found.append(item[1:])
        place += 1
    return found


def _containers(container: _Container) -> Iterator[_Container]:
    yield container
    children = {id(item): item for item in container.items if isinstance(item, _Container)}
    children.update({id(item): item for item in container.named.values()})
    for child in children.values():
        yield from _containers(child)


def _scene_tags(root: _Container) -> Iterator[tuple[str, _Spot]]:
    """Every ``scene:`` tag, with the spot of its last piece."""
    for container in _containers(root):
        for index, item in enumerate(container.items):
            if item == "#":
                tag, after = _tag_at(container, index)
                key, value = split_tag(tag)
                if key == "scene" and value:
                    yield value, (container, after - 1)


def _divert_targets(root: _Container) -> list[str]:
    """Every path the story names as a value (in a variable, an argument), but the runtime's own."""
    found: dict[str, None] = {}
    for container in _containers(root):
        for item in container.items:
            if (
                isinstance(item, dict)
                and "^->" in item
                and not str(item["^->"]).rpartition(".")[2].startswith("$")
            ):
                found.setdefault(str(item["^->"]))
    return list(found)


def _spot_path(spot: _Spot) -> str:
    container, index = spot
    return f"{container.path}.{index}" if container.path else str(index)
