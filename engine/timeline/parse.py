"""From the values of a YAML file to its model, with every mistake at its place.

Design remarks
--------------
`read_model` serves any authored file of the engine (scene, manifest, rig): it turns the validation errors
of a model into `Problem` rows a person can act on. For a scene, `parse_scene` goes further: parts with
mistakes are cut out and the rest is validated again, so that checks over several parts (overlaps, the
window law, references) run on what is sound and a file tells all its mistakes in one go.
"""

from __future__ import annotations

import difflib
import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, Protocol, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from engine.errors import Place, Problem
from engine.timeline.model import SceneFile
from engine.timeline.model_points import Point

Path = tuple[str | int, ...]
_Model = TypeVar("_Model", bound=BaseModel)


class PlaceFinder(Protocol):
    """Knows where a value stands in its file; `engine.timeline.yamlsource.Places` is one."""

    def of(self, path: Sequence[str | int] = ()) -> Place:
        """Place of the value at this path."""
        ...


def shown_path(path: Sequence[str | int]) -> str:
    """A path as people write it: ``tracks[2].cues[0].at``."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
    return text


def read_model(
    model: type[_Model], data: Any, places: PlaceFinder, problems: list[Problem], *, what: str = "the file"
) -> _Model | None:
    """Validate ``data``; mistakes are appended to ``problems``.

    Parameters
    ----------
    model
        The pydantic class of the whole file.
    data
        Its values, from `load_yaml`.
    places
        Where they stand.
    problems
        Receives one row a mistake.
    what
        What the file is, for a file that is not even a mapping.

    Returns
    -------
    The model, or None when there was any mistake.
    """
    if not isinstance(data, dict):
        has = "is empty" if data is None else f"is a {type(data).__name__}"
        problems.append(
            Problem(
                places.of(),
                f"{what} {has}; it must be a mapping of fields",
                f"fields: {', '.join(_names(model))}",
                code="shape",
            )
        )
        return None
    try:
        return model.model_validate(data)
    except ValidationError as error:
        problems.extend(row.problem for row in _rows(model, error, data, places))
        return None


@dataclass(frozen=True, slots=True)
class _Row:
    path: Path
    extra: bool
    problem: Problem


def _rows(model: type[BaseModel], error: ValidationError, data: Any, places: PlaceFinder) -> list[_Row]:
    rows: list[_Row] = []
    for found in error.errors(include_url=False):
        loc = found["loc"]
        path, _ = _data_path(data, loc)
        kind = found["type"]
        message, hint = _said(model, found, loc, path)
        place = places.of(path)
        rows.append(_Row(path, kind == "extra_forbidden", Problem(place, message, hint, code=_code(kind))))
    return rows


def _data_path(data: Any, loc: Sequence[int | str]) -> tuple[Path, tuple[int | str, ...]]:
    """The part of a validation error's location that exists in the data, without the names of union
    members.
    """
    path: list[str | int] = []
    rest: list[int | str] = []
    node = data
    for step in loc:
        if isinstance(node, dict):
            if step not in node:
                rest.append(step)
                continue
            path.append(step)
            node = node[step]
        elif isinstance(node, list) and isinstance(step, int) and step < len(node):
            path.append(step)
            node = node[step]
        elif isinstance(node, list) and isinstance(step, str):
            # A point of a curve is a list in the file and an object in the model.
            index = _point_index(step, len(node))
            if index is None:
                rest.append(step)
            else:
                path.append(index)
                node = node[index]
        else:
            rest.append(step)
    return tuple(path), tuple(rest)


def _point_index(name: str, length: int) -> int | None:
    for kind in _point_classes(Point):
        fields = kind.POINT_FIELDS.get(length, ())
        if name in fields:
            return fields.index(name)
    return None


def _point_classes(kind: type[Point]) -> list[type[Point]]:
    return [kind, *(found for sub in kind.__subclasses__() for found in _point_classes(sub))]


def _code(kind: str) -> str:
    return {"missing": "missing-field", "extra_forbidden": "unknown-field"}.get(kind, "value")


def _said(model: type[BaseModel], found: Any, loc: Sequence[int | str], path: Path) -> tuple[str, str]:
    """Message and hint for one validation error."""
    kind: str = found["type"]
    context: dict[str, Any] = found.get("ctx", {})
    value = found["input"]
    where = shown_path(path)
    named = f"`{where}`: " if where else ""
    if kind == "missing":
        parent = shown_path(path)
        return f"`{loc[-1]}` is missing" + (f" in `{parent}`" if parent else ""), ""
    if kind == "extra_forbidden":
        known = _fields_at(model, loc[:-1])
        near = difflib.get_close_matches(str(loc[-1]), known, 1, 0.55)
        hint = f"did you mean `{near[0]}`? " if near else ""
        return f"unknown field `{where}`", hint + (f"known here: {', '.join(known)}" if known else "")
    if kind == "literal_error":
        allowed = _literals(context.get("expected", ""))
        near = difflib.get_close_matches(str(value), allowed, 1, 0.5)
        return (
            f"{named}{value!r} is not one of {', '.join(allowed)}",
            f"did you mean {near[0]}?" if near else "",
        )
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        return _said_kind(value, named)
    if kind == "value_error":
        return f"{named}{context.get('error', found['msg'])}", ""
    if kind in ("model_type", "dict_type", "model_attributes_type"):
        return f"{named}{_short(value)} is not a mapping", "write {field: value} or an indented block"
    if kind in ("tuple_type", "list_type"):
        return f"{named}{_short(value)} is not a list", "write [..] or lines with a dash"
    if kind == "string_type":
        return f"{named}{_short(value)} is not text", "put it in quotes"
    if kind == "bool_type":
        return f"{named}{_short(value)} is neither true nor false", ""
    if kind == "int_type":
        return f"{named}{_short(value)} is not a whole number", ""
    if kind == "string_pattern_mismatch" and context.get("pattern") == "^/":
        return f"{named}{value!r} is not an address", "begin it with a slash, as /go"
    if kind == "string_pattern_mismatch":
        return f"{named}{value!r} is not a name", "use letters, digits, _, - and ."
    message = found["msg"]
    return f"{named}{message[:1].lower()}{message[1:]}, not {_short(value)}", ""


def _said_kind(value: Any, named: str) -> tuple[str, str]:
    from engine.timeline.model_tracks import TRACK_KINDS

    kind = value.get("kind") if isinstance(value, dict) else None
    kinds = ", ".join(TRACK_KINDS)
    if not isinstance(value, dict):
        return (
            f"{named}{_short(value)} is not a track",
            f"write {{kind: ..., cues: [...]}} with a kind of {kinds}",
        )
    if kind is None:
        return f"{named}the track has no `kind`", f"kinds: {kinds}"
    near = difflib.get_close_matches(str(kind), [*TRACK_KINDS, "color"], 1, 0.5)
    if near == ["color"]:
        near = ["level"]
    return f"{named}{kind!r} is not a kind of track", (
        f"did you mean {near[0]}? " if near else ""
    ) + f"kinds: {kinds}"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _literals(expected: str) -> list[str]:
    return [part.strip().strip("'") for part in expected.replace(" or ", ", ").split(",") if part.strip()]


def _names(model: type[BaseModel]) -> list[str]:
    return [info.alias or name for name, info in model.model_fields.items()]


def _fields_at(model: type[BaseModel], loc: Sequence[int | str]) -> list[str]:
    """Names of the fields an author may write at a location of the model."""
    current: list[Any] = [model]
    for step in loc:
        following: list[Any] = []
        tagged: list[Any] = []
        for kind in current:
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                if isinstance(step, str):
                    for name, info in kind.model_fields.items():
                        if step in (info.alias, name):
                            following.extend(_members(info.annotation))
                    if _tag(kind) == step:
                        tagged.append(kind)
            elif get_origin(kind) is dict:
                following.extend(_members(get_args(kind)[1]))
            elif get_origin(kind) in (tuple, list) and isinstance(step, int):
                following.extend(
                    member for arg in get_args(kind) if arg is not ... for member in _members(arg)
                )
        # A step that is no field names the member of a union that was tried.
        current = following or tagged or current
    names: list[str] = []
    for kind in current:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            names.extend(name for name in _names(kind) if name not in names)
    return names


def _tag(kind: type[BaseModel]) -> str | None:
    if "clip" in kind.model_fields:
        return "clip"
    info = kind.model_fields.get("kind")
    if info is not None and get_origin(info.annotation) is Literal:
        return str(get_args(info.annotation)[0])
    return None


def _members(annotation: Any) -> list[Any]:
    origin = get_origin(annotation)
    if origin is Annotated:
        return _members(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        return [member for arg in get_args(annotation) for member in _members(arg)]
    return [annotation]


@dataclass(slots=True)
class _Pruned:
    """Values without the parts that are wrong, and where the rest stood."""

    data: Any
    indices: dict[Path, list[int]] = field(default_factory=dict)

    def original(self, path: Sequence[str | int]) -> Path:
        """Path in the file of a path in `data`."""
        pruned: list[str | int] = []
        original: list[str | int] = []
        for step in path:
            kept = self.indices.get(tuple(pruned))
            original.append(
                kept[step] if kept is not None and isinstance(step, int) and step < len(kept) else step
            )
            pruned.append(step)
        return tuple(original)


@dataclass(frozen=True, slots=True)
class OriginalPlaces:
    """Places of a pruned file, given by paths of the pruned values."""

    places: PlaceFinder
    pruned: _Pruned

    def of(self, path: Sequence[str | int] = ()) -> Place:
        """Place in the file."""
        return self.places.of(self.pruned.original(path))


def _without(data: Any, dropped: set[Path]) -> _Pruned:
    result = _Pruned(None)

    def copy(node: Any, path: Path, new_path: Path) -> Any:
        if isinstance(node, dict):
            return {
                key: copy(value, (*path, key), (*new_path, key))
                for key, value in node.items()
                if (*path, key) not in dropped
            }
        if isinstance(node, list):
            kept = [index for index in range(len(node)) if (*path, index) not in dropped]
            if len(kept) != len(node):
                result.indices[new_path] = kept
            return [copy(node[index], (*path, index), (*new_path, new)) for new, index in enumerate(kept)]
        return node

    result.data = copy(data, (), ())
    return result


_CUT_LISTS = frozenset({"tracks", "cues", "triggers", "particles", "lights"})
_ROUNDS = 4


def _cut(row: _Row) -> Path:
    """The smallest part whose removal leaves the rest readable."""
    path = row.path
    for end in range(len(path) - 1, 0, -1):
        if isinstance(path[end], int) and path[end - 1] in _CUT_LISTS:
            return path[: end + 1]
    if row.extra:
        return path
    if path and path[0] in ("targets", "reactions"):
        return path[:2]
    return path[:1]


@dataclass(frozen=True, slots=True)
class ParsedScene:
    """What could be read of a scene file.

    Attributes
    ----------
    file
        The model, or None when too little of the file is sound.
    places
        Where the values of ``file`` stand; takes paths of the model.
    whole
        True when nothing had to be cut out.
    declared
        Names written under targets and reactions, sound or not: references to them are not reported as
        unknown.
    """

    file: SceneFile | None
    places: PlaceFinder
    whole: bool
    declared: Mapping[str, frozenset[str]]


def parse_scene(data: Any, places: PlaceFinder, problems: list[Problem]) -> ParsedScene:
    """Validate the values of a scene file.

    Parameters
    ----------
    data, places
        From `load_yaml`.
    problems
        Receives one row a mistake.
    """
    declared = {
        name: frozenset(data[name])
        if isinstance(data, dict) and isinstance(data.get(name), dict)
        else frozenset()
        for name in ("targets", "reactions")
    }
    if not isinstance(data, dict):
        read_model(SceneFile, data, places, problems, what="the scene file")
        return ParsedScene(None, places, False, declared)
    pruned = _Pruned(data)
    dropped: set[Path] = set()
    for _ in range(_ROUNDS):
        try:
            file = SceneFile.model_validate(pruned.data)
        except ValidationError as error:
            rows = _rows(SceneFile, error, pruned.data, OriginalPlaces(places, pruned))
            problems.extend(row.problem for row in rows)
            cuts = {pruned.original(_cut(row)) for row in rows}
            if any(cut in ((), ("duration",)) for cut in cuts):
                break
            dropped |= cuts
            pruned = _without(data, dropped)
            continue
        return ParsedScene(file, OriginalPlaces(places, pruned) if dropped else places, not dropped, declared)
    return ParsedScene(None, places, False, declared)
