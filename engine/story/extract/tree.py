"""The compiled story as a tree of containers, with the runtime's path language and the tags in it.

Source: inkle/ink, Documentation/ink_JSON_runtime_format.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from engine.story.tags import split_tag

VISITS, AT_START_ONLY = 0x1, 0x4
"""Flags of a container: its visits are counted; only those that begin at its beginning."""


class Container:
    """A container of the compiled tree.

    Parameters
    ----------
    raw : list
        As in the JSON: content, then its names and flags (or null).
    parent : Container or None
        None for the root.
    name : str
        Under which the parent knows it; empty for none.
    index : int
        Place in the parent's content; -1 for one that is only named.
    """

    __slots__ = ("flags", "index", "items", "moves", "name", "named", "parent", "quoted")

    def __init__(
        self, raw: list[Any], parent: Container | None = None, name: str = "", index: int = -1
    ) -> None:
        self.parent = parent
        self.index = index
        last = raw[-1] if raw else None
        meta = last if isinstance(last, dict) else {}
        self.name = str(meta.get("#n", name))
        self.flags = int(meta.get("#f", 0))
        self.items: list[Any] = [
            Container(item, self, "", place) if isinstance(item, list) else item
            for place, item in enumerate(raw[:-1])
        ]
        self.named: dict[str, Container] = {
            key: Container(value, self, key) for key, value in meta.items() if isinstance(value, list)
        }
        for item in self.items:
            if isinstance(item, Container) and item.name:
                self.named.setdefault(item.name, item)
        #: Per place: whether it stands between ``str`` and ``/str``, where a tag belongs to an option and not to a line.
        self.quoted = tuple(_quoted(self.items))
        #: Per place: the next at or after it where something happens but words and sums; the end counts as one.
        self.moves = _next_moves(self.items)

    @property
    def path(self) -> str:
        """Its ink path; empty for the root."""
        if self.parent is None:
            return ""
        step = self.name or str(self.index)
        return f"{self.parent.path}.{step}" if self.parent.path else step

    def all(self) -> Iterator[Container]:
        """This container and all within it, in the order of the file."""
        waiting: list[Container] = [self]
        while waiting:
            here = waiting.pop()
            yield here
            inner = {id(item): item for item in here.items if isinstance(item, Container)}
            inner.update({id(item): item for item in here.named.values()})
            waiting += reversed(inner.values())


Spot = tuple[Container, int]
"""A place in a container: before the item of that index; the length of its content is its end."""


def spot_path(spot: Spot) -> str:
    """The ink path of a spot."""
    container, index = spot
    return f"{container.path}.{index}" if container.path else str(index)


def resolve(root: Container, container: Container, path: str) -> Spot | None:
    """Where a path leads: absolute from the root, or (a leading dot) from the item in `container`, ``^`` being the parent.

    None when nothing is there.
    """
    here: Container = container if path.startswith(".") else root
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
            if isinstance(item, Container):
                here = item
            else:
                return (here, int(step)) if place == len(steps) - 1 else None
        else:
            return None
    return (here, 0)


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag as written: its plain text, where it ends (index after it), and whether parts of it are computed."""

    text: str
    after: int
    computed: bool = False


def tag_at(container: Container, index: int) -> Tag | None:
    """The tag that begins at `index`; None where none does. Before ink 1.1 a tag was one item, ``{"#": text}``."""
    if index >= len(container.items):
        return None
    item = container.items[index]
    if isinstance(item, dict) and "#" in item:
        return Tag(str(item["#"]).strip(), index + 1)
    if item != "#":
        return None
    text, computed, place = "", False, index + 1
    while place < len(container.items) and container.items[place] != "/#":
        item = container.items[place]
        if isinstance(item, str) and item.startswith("^"):
            text += item[1:]
        else:
            computed = True
        place += 1
    return Tag(text.strip(), place + 1, computed)


@dataclass(frozen=True, slots=True)
class SceneTag:
    """A ``scene:`` tag of a line.

    Parameters
    ----------
    scene : str
        Empty when the name is computed.
    spot : Spot
        Of the item after it.
    path : str
        ink path of its last item.
    visits : tuple of str
        Values of the ``visits:`` tags beside it, as written.
    """

    scene: str
    spot: Spot
    path: str
    visits: tuple[str, ...] = ()


def scene_tag_at(container: Container, index: int) -> SceneTag | None:
    """The scene tag that begins at `index`, or None."""
    tag = tag_at(container, index)
    if tag is None or container.quoted[index]:
        return None
    key, value = split_tag(tag.text)
    if key != "scene" or not (value or tag.computed):
        return None
    after = (container, tag.after)
    return SceneTag(
        "" if tag.computed else value, after, spot_path((container, tag.after - 1)), _beside(container, index)
    )


def scene_tags(root: Container) -> Iterator[SceneTag]:
    """Every scene tag of the story, in the order of the file."""
    for container in root.all():
        for index in range(len(container.items)):
            found = scene_tag_at(container, index)
            if found is not None:
                yield found


def stray_visits(root: Container) -> Iterator[str]:
    """ink paths of ``visits:`` tags that stand beside no scene tag."""
    for container in root.all():
        for index in range(len(container.items)):
            tag = tag_at(container, index)
            if tag is None or split_tag(tag.text)[0] != "visits":
                continue
            if not any(scene_tag_at(container, place) is not None for place in _run(container, index)):
                yield spot_path((container, index))


def text_and_tags(container: Container, begin: int, end: int) -> tuple[str, list[str]]:
    """Plain text and tags of a stretch of content."""
    text, tags, place = "", [], begin
    while place < end:
        tag = tag_at(container, place)
        if tag is not None:
            tags.append(tag.text)
            place = tag.after
            continue
        item = container.items[place]
        if isinstance(item, str) and item.startswith("^"):
            text += item[1:]
        place += 1
    return text, tags


def _beside(container: Container, index: int) -> tuple[str, ...]:
    found = []
    for place in _run(container, index):
        tag = tag_at(container, place)
        key, value = split_tag(tag.text) if tag is not None else ("", "")
        if key == "visits" and tag is not None:
            found.append("" if tag.computed else value)
    return tuple(found)


def _run(container: Container, index: int) -> list[int]:
    """Where the tags begin that stand in one run with the tag at `index`, that one included."""
    runs: list[int] = []
    place, holds = 0, False
    while place < len(container.items):
        tag = tag_at(container, place)
        item = container.items[place]
        if tag is not None:
            runs.append(place)
            holds = holds or place == index
            place = tag.after
        elif isinstance(item, str) and item.startswith("^") and not item[1:].strip():
            place += 1  # the blank between two tags of one line
        else:
            if holds:
                return runs
            runs = []
            place += 1
    return runs if holds else []


_WORDS = frozenset({"#", "end", "done", "->->", "~ret"})
_KEYS = ("#", "*", "->", "->t->", "f()", "x()")


def _next_moves(items: list[Any]) -> tuple[int, ...]:
    found = [len(items)]
    for place in range(len(items) - 1, -1, -1):
        item = items[place]
        moves = (
            isinstance(item, Container)
            or (isinstance(item, str) and item in _WORDS)
            or (isinstance(item, dict) and any(key in item for key in _KEYS))
        )
        found.append(place if moves else found[-1])
    return tuple(reversed(found))


def _quoted(items: list[Any]) -> Iterator[bool]:
    depth = 0
    for item in items:
        if item == "str":
            depth += 1
        elif item == "/str":
            depth = max(0, depth - 1)
        yield depth > 0
