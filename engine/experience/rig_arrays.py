"""Arrays of a rig: rows and columns of seats and their devices, written once.

The template is written out before the rig is read, value by value and place by place: what is wrong with a seat of an array is told with
the line of its template, once.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from engine.errors import Problem
from engine.experience.rig_model import ArrayDoc, ArraysDoc
from engine.time.flicks import FLICKS_PER_SECOND
from engine.timeline.parse import read_model
from engine.timeline.yamlsource import Places

_WORD = re.compile(r"\{(array|row|column|index)([+-]\d{1,6})?\}")
_MOST_SEATS = 10_000
_Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class _Found:
    """A part of a file: where it begins, and the tree below."""

    mark: Any
    node: Node


@dataclass(frozen=True, slots=True)
class _Seat:
    """One place of an array, counted from 1."""

    array: str
    row: int
    column: int
    index: int

    def filled(self, value: Any) -> Any:
        """A value of the template with its words filled in; a text that is one counted word becomes that number."""
        if isinstance(value, str):
            whole = _WORD.fullmatch(value)
            if whole is not None and whole.group(1) != "array":
                return self._count(whole)
            return self.text(value)
        if isinstance(value, dict):
            return {self.text(key): self.filled(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.filled(inner) for inner in value]
        return value

    def text(self, value: str) -> str:
        """A text with its words filled in."""
        return _WORD.sub(
            lambda found: self.array if found.group(1) == "array" else str(self._count(found)), value
        )

    def _count(self, found: re.Match[str]) -> int:
        count: int = getattr(self, found.group(1))
        return count + int(found.group(2) or 0)


def expand_arrays(data: Any, places: Places, problems: list[Problem]) -> tuple[Any, Places]:
    """Write out the arrays of a rig.

    Parameters
    ----------
    data, places
        Of the file, from `load_yaml`.
    problems : list of Problem
        Receives what is wrong with the section `arrays`.

    Returns
    -------
    data, places
        With the arrays' seats, devices and roles beside the others, and without the section; as given where there is none.
    """
    if not isinstance(data, dict) or "arrays" not in data:
        return data, places
    given = data["arrays"]
    rest = {key: value for key, value in data.items() if key != "arrays"}
    doc = read_model(ArraysDoc, {"arrays": given}, places, problems)
    if doc is None:
        return rest, places
    for key in ("seats", "devices", "roles"):
        if not isinstance(rest.setdefault(key, {}), dict):
            return rest, places  # that is told when the rest is read
        rest[key] = dict(rest[key])
    writer = _Writer(rest, places, problems)
    for name, array in doc.arrays.items():
        writer.write(name, array, given[name])
    return rest, writer.places()


class _Writer:
    """Adds what arrays make to a rig's sections, and to the tree of its places."""

    def __init__(self, data: dict[str, Any], places: Places, problems: list[Problem]) -> None:
        self._data = data
        self._places = places
        self._problems = problems
        self._added: dict[str, dict[str, _Found]] = {"seats": {}, "devices": {}, "roles": {}}

    def write(self, name: str, array: ArrayDoc, given: Mapping[str, Any]) -> None:
        """Write one array out."""
        at: _Path = ("arrays", name)
        size = array.rows * array.columns
        if size > _MOST_SEATS:
            self._say((*at, "rows"), f"{name} has {size} seats", f"{_MOST_SEATS} at most")
            return
        seats = [
            _Seat(name, row + 1, column + 1, row * array.columns + column + 1)
            for row, column in product(range(array.rows), range(array.columns))
        ]
        names = [seat.text(array.names) for seat in seats]
        if len(set(names)) < size:
            hint = "use {row} and {column}, or {index}"
            self._say((*at, "names"), f"names {array.names!r} gives two seats one name", hint)
            return
        devices: Mapping[str, Any] = given.get("devices") or {}
        for seat, seat_name in zip(seats, names, strict=True):
            self._add("seats", seat_name, self._seat(array, given.get("seat"), seat), (*at, "seat"))
            for key, device in devices.items():
                written = {"seat": seat_name, **seat.filled(device)}
                self._add("devices", f"{seat_name}_{key}", written, (*at, "devices", key))
        for role, targets in (given.get("roles") or {}).items():
            self._role(role, targets, list(zip(seats, names, strict=True)), devices, (*at, "roles", role))

    def places(self) -> Places:
        """The tree with what was added."""
        root = self._places.root
        if not isinstance(root, MappingNode):
            return self._places
        rows: list[tuple[Node, Node]] = []
        there = {key.value for key, _ in root.value}
        for key, node in root.value:
            added = self._added.get(key.value)
            rows.append((key, _with(node, added) if added else node))
        for section, added in self._added.items():
            if added and section not in there:
                mark = next(iter(added.values())).mark
                rows.append((ScalarNode("", section, mark), _with(MappingNode("", [], mark), added)))
        return Places(self._places.path, MappingNode(root.tag, rows, root.start_mark, root.end_mark))

    def _seat(self, array: ArrayDoc, given: Mapping[str, Any] | None, seat: _Seat) -> dict[str, Any]:
        written: dict[str, Any] = seat.filled(dict(given or {}))
        row, column = seat.row - 1, seat.column - 1
        written["at"] = [
            origin + row * array.spacing.row[part] + column * array.spacing.column[part]
            for part, origin in enumerate(array.seat.at)
        ]
        phase_fl = array.seat.phase + row * array.phase.row + column * array.phase.column
        if phase_fl:
            written["phase"] = f"{phase_fl / FLICKS_PER_SECOND:.12f}s"
        return written

    def _role(
        self,
        role: str,
        targets: list[Any],
        seats: list[tuple[_Seat, str]],
        devices: Container[str],
        at: _Path,
    ) -> None:
        known = self._data["roles"].get(role, [])
        if not isinstance(known, list):
            return  # told when the rest is read
        there = self._added["roles"].get(role) or self._find(("roles", role), at)
        nodes = list(there.node.value) if isinstance(there.node, SequenceNode) else []
        nodes += [there.node] * (len(known) - len(nodes))
        rows = list(zip(known, nodes, strict=False))
        end = [rows.pop()] if rows and rows[-1][0] == "none" else []
        for index, target in enumerate(targets):
            node = self._find((*at, index), at).node
            if not isinstance(target, dict):
                end = end or [(target, node)]
            elif target.get("device") not in devices:
                rows.append((target, node))
            else:
                rows += [
                    ({**seat.filled(target), "device": f"{name}_{target['device']}"}, node)
                    for seat, name in seats
                ]
        rows += end
        self._data["roles"][role] = [target for target, _ in rows]
        self._added["roles"][role] = _Found(
            there.mark, SequenceNode("", [node for _, node in rows], there.mark)
        )

    def _add(self, section: str, name: str, value: Any, at: _Path) -> None:
        if name in self._data[section]:
            what = f"{section} has a {name} already, which the array {at[1]} makes too"
            self._say(("arrays", at[1], "names"), what, "rename one of them")
            return
        self._data[section][name] = value
        self._added[section][name] = self._find(at, at[:2])

    def _find(self, path: _Path, otherwise: _Path) -> _Found:
        """Where a path leads, as `Places.of` has it; where it leads nowhere, where the other one does."""
        node = self._places.root
        assert node is not None
        mark = node.start_mark
        for step in path:
            found = None
            if isinstance(node, MappingNode):
                found = next(((key, value) for key, value in node.value if key.value == step), None)
            elif isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.value):
                found = (node.value[step], node.value[step])
            if found is None:
                return self._find(otherwise, ()) if path != otherwise else _Found(mark, node)
            mark, node = found[0].start_mark, found[1]
        return _Found(mark, node)

    def _say(self, at: _Path, message: str, hint: str) -> None:
        self._problems.append(Problem(self._places.of(at), message, hint, code="rig"))


def _with(node: Node, added: Mapping[str, _Found]) -> Node:
    """A mapping with more keys, each standing where its template does."""
    kept = [row for row in node.value if row[0].value not in added] if isinstance(node, MappingNode) else []
    more = [(ScalarNode("", name, found.mark), found.node) for name, found in added.items()]
    return MappingNode(node.tag, [*kept, *more], node.start_mark, node.end_mark)
