"""Which places of a story are read conservatively, and why: each named by a code and its ink path.

Counted are places where a play may have fewer ways than the graph: a condition whose outcome decides where the flow goes, a
target that is computed, a call that opens itself. What only changes words is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from engine.errors import Place, Problem
from engine.story.extract.machine import Machine
from engine.story.extract.scenes import Scenes
from engine.story.extract.tree import Container, resolve, scene_tag_at, spot_path
from engine.story.ways import Conservative

_COMPUTED = {"->": "computed-divert", "->t->": "computed-tunnel", "f()": "computed-function"}
_FLOW = ("end", "done", "->->", "thread")


def conservative_places(machine: Machine, scenes: Scenes) -> tuple[Conservative, ...]:
    """Every place that was read conservatively, in the order of the file."""
    found = [place for container in machine.root.all() for place in _places(machine, container)]
    found += [Conservative("recursion", path) for path in machine.deep]
    contexts = scenes.contexts()
    for tag in scenes.tags:
        if tag.scene and contexts.get(tag.scene, 0) > 1:
            found.append(Conservative("shared-scene", tag.path))
    return tuple(dict.fromkeys(found))


def conservative_problems(
    machine: Machine, places: Sequence[Conservative], place: Place
) -> Iterator[Problem]:
    """What an author should know of it: constructs whose ways had to be guessed, not plain conditions."""
    targets = len(machine.computed)
    for found in places:
        match found.code:
            case "computed-divert" | "computed-tunnel" | "computed-function":
                what = found.code.partition("-")[2]
                yield Problem(
                    place,
                    f"computed {what} at {found.path}: may go to any of {targets} targets",
                    "nothing need be done; naming the target would make the story's graph, and a certificate, tighter",
                    "warning",
                    found.code,
                )
            case "recursion":
                yield Problem(
                    place,
                    f"the call at {found.path} opens itself again: it may return to any place that calls",
                    "nothing need be done; a loop of scenes would make the story's graph, and a certificate, tighter",
                    "warning",
                    found.code,
                )
            case "computed-scene":
                yield Problem(
                    place,
                    f"the scene tag at {found.path} is computed: it may be any scene, also one that the story never names",
                    "write its name out, in one branch of a condition for each",
                    code=found.code,
                )


def _places(machine: Machine, container: Container) -> Iterator[Conservative]:
    sequence = next((word for word in ("seq", "visit") if word in container.items), None)
    branches = False
    for index, item in enumerate(container.items):
        path = spot_path((container, index))
        tag = scene_tag_at(container, index)
        if tag is not None and not tag.scene:
            yield Conservative("computed-scene", path)
        if not isinstance(item, dict):
            continue
        for key, code in _COMPUTED.items():
            if key in item and item.get("var") and not str(item[key]).startswith("$"):
                yield Conservative(code, path)
        if "->" in item and item.get("c") and _matters(machine, container, item):
            if sequence is None:
                yield Conservative("condition", path)
            else:
                branches = True
        if "*" in item:
            choice = machine.choice_at(container, index)
            if choice is not None and choice.option.conditional:
                yield Conservative("conditional-option", path)
        if "x()" in item and str(item["x()"]) in machine.root.named:
            target = machine.root.named[str(item["x()"])]
            if not machine.is_plain(target):
                yield Conservative("external-fallback", path)
    if branches:
        yield Conservative("shuffle" if sequence == "seq" else "sequence", container.path)


def _matters(machine: Machine, container: Container, item: dict[str, Any]) -> bool:
    """Whether a branch does more than say something and come back."""
    target = resolve(machine.root, container, str(item["->"]))
    if target is None:
        return False
    branch = target[0]
    home = branch.parent.parent if branch.parent is not None else None
    if branch.parent is not container or target[1] != 0:
        return True
    inside = {id(inner) for inner in branch.all()} | {id(branch.parent), id(home)}
    for inner in branch.all():
        for index, part in enumerate(inner.items):
            if isinstance(part, str) and part in _FLOW:
                return True
            if scene_tag_at(inner, index) is not None:
                return True
            if not isinstance(part, dict):
                continue
            if "*" in part or "->t->" in part or ("->" in part and part.get("var")):
                return True
            if "->" in part:
                onward = resolve(machine.root, inner, str(part["->"]))
                if onward is not None and id(onward[0]) not in inside:
                    return True
            if "f()" in part:
                called = resolve(machine.root, inner, str(part["f()"]))
                if part.get("var") or called is None or not machine.is_plain(called[0]):
                    return True
    return False
