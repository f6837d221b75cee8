"""Turns what pydantic finds in an authored document into problems with a place, a value and a remedy.

Design remarks
--------------
pydantic reports one error per member of a union that did not fit, and puts names of its own into the
location ("TargetDoc", "literal['none']"). Here the location is walked along the document itself, so that only
real keys remain, and of the errors of one union those that go deepest are kept: they come from the form that
the author meant.
"""

from __future__ import annotations

import difflib
import types
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from engine.errors import Problem

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from engine.timeline.yamlsource import Places

Path = tuple[str | int, ...]
Model = TypeVar("Model", bound=BaseModel)

_PATTERN_NAMES: Mapping[str, str] = {
    r"^[a-z][a-z0-9_]*$": "small letters, digits and _, starting with a letter, as in night_market",
    r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$": "family.name in small letters, as in light.street",
    r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$": "a locale, as en, zh or zh-Hant",
}

_TYPE_NAMES: Mapping[str, str] = {
    "string_type": "a text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list [...]",
    "tuple_type": "a list [...]",
    "dict_type": "a mapping {key: value}",
    "model_type": "a mapping {key: value}",
    "model_attributes_type": "a mapping {key: value}",
}


def validate(model: type[Model], data: Any, places: Places, problems: list[Problem]) -> Model | None:
    """Check a document against its model.

    Parameters
    ----------
    model : type
        The pydantic model of the whole file.
    data : object
        What `load_yaml` gave.
    places : Places
        Where its values stand.
    problems : list of Problem
        Every mistake is appended here.

    Returns
    -------
    model instance or None
        None when there was a mistake.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        details = error.errors(include_url=False)
    for path, group in _by_value(details, data).items():
        problems.extend(_explain(model, path, group, data, places))
    return None


def shorten(value: Any, limit: int = 60) -> str:
    """Show a value in a message, cut where it is long."""
    text = repr(value) if isinstance(value, str) else _yaml_like(value)
    return text if len(text) <= limit else text[: limit - 3] + "..."


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Give a hint that names the nearest known word, or all of them when they are few."""
    words = sorted(known)
    near = difflib.get_close_matches(word, words, n=1)
    if near:
        return f"did you mean {near[0]}?"
    if not words:
        return ""
    shown = ", ".join(words[:12])
    return f"known: {shown}{', ...' if len(words) > 12 else ''}"


def _yaml_like(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_yaml_like(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_yaml_like(inner) for inner in value) + "]"
    return str(value)


def _by_value(details: Sequence[ErrorDetails], data: Any) -> dict[Path, list[ErrorDetails]]:
    """Group errors by the value they are about; within a union keep the deepest."""
    rows: list[tuple[Path, Path, ErrorDetails]] = []  # (path in the document, path up to a union, error)
    for detail in details:
        path, union_at = _document_path(detail, data)
        rows.append((path, union_at, detail))
    deepest: dict[Path, int] = {}
    for path, union_at, _ in rows:
        if union_at:
            deepest[union_at] = max(deepest.get(union_at, 0), len(path))
    grouped: dict[Path, list[ErrorDetails]] = {}
    for path, union_at, detail in rows:
        if union_at and len(path) < deepest[union_at]:
            continue
        grouped.setdefault(path, []).append(detail)
    return grouped


def _document_path(detail: ErrorDetails, data: Any) -> tuple[Path, Path]:
    """Keep of a location what is in the document; tell where a union began, () when there was none."""
    node = data
    path: Path = ()
    union_at: Path = ()
    location = detail["loc"]
    for position, step in enumerate(location):
        if _holds(node, step):
            node = node[step]
        elif position == len(location) - 1 and detail["type"] == "missing":
            return (*path, step), union_at
        else:
            if step != "[key]":
                union_at = union_at or path
            continue
        path = (*path, step)
    return path, union_at


def _holds(node: Any, step: str | int) -> bool:
    if isinstance(node, dict):
        return step in node
    return isinstance(node, list) and isinstance(step, int) and 0 <= step < len(node)


def _explain(
    model: type[BaseModel], path: Path, details: Sequence[ErrorDetails], data: Any, places: Places
) -> list[Problem]:
    shown = _dotted(path)
    wanted = [_TYPE_NAMES[d["type"]] for d in details if d["type"] in _TYPE_NAMES]
    literals = [d["ctx"]["expected"] for d in details if d["type"] == "literal_error"]
    others = [d for d in details if d["type"] not in _TYPE_NAMES and d["type"] != "literal_error"]
    problems = [_explain_one(model, path, detail, shown, places) for detail in others]
    if (wanted or literals) and not others:
        value = _value_at(data, path)
        allowed = list(dict.fromkeys(wanted))
        if literals:
            words = (word.replace(" or ", ", ").replace("'", "") for word in literals)
            allowed.append("one of " + ", ".join(words))
        message = f"{shown} is {shorten(value)}; it needs {' or '.join(allowed)}"
        problems.append(Problem(places.of(path), message, code="type"))
    return problems


def _explain_one(
    model: type[BaseModel], path: Path, detail: ErrorDetails, shown: str, places: Places
) -> Problem:
    kind = detail["type"]
    place = places.of(path)
    context: Mapping[str, Any] = detail.get("ctx") or {}
    parent = _dotted(path[:-1]) if len(path) > 1 else "the file"
    if kind == "missing":
        about = _field_description(model, path)
        hint = f"{path[-1]}: {about}" if about else "add it"
        return Problem(places.of(path[:-1]), f"{parent} lacks the key {path[-1]}", hint, code="missing-key")
    if kind == "extra_forbidden":
        known = _fields_at(model, path[:-1])
        hint = did_you_mean(str(path[-1]), known) or "leave it out"
        return Problem(place, f"{parent} does not know the key {path[-1]}", hint, code="unknown-key")
    value = shorten(detail["input"])
    if kind == "string_pattern_mismatch":
        form = _PATTERN_NAMES.get(context["pattern"], f"the pattern {context['pattern']}")
        return Problem(place, f"{shown} is {value}; it needs {form}", code="pattern")
    if kind == "value_error":
        return Problem(place, f"{shown}: {context['error']}", code="value")
    if kind in {"string_too_short", "too_short"}:
        message = f"{shown} is {value}; it needs at least {context['min_length']}"
        return Problem(place, message, code="length")
    if kind == "too_long":
        message = f"{shown} is {value}; it may have at most {context['max_length']}"
        return Problem(place, message, code="length")
    bounds = {"greater_than": ("above", "gt"), "greater_than_equal": ("at least", "ge"),
              "less_than": ("below", "lt"), "less_than_equal": ("at most", "le")}
    if kind in bounds:
        word, key = bounds[kind]
        return Problem(place, f"{shown} is {value}; it must be {word} {context[key]:g}", code="range")
    return Problem(place, f"{shown} is {value}: {detail['msg']}", code=kind)


def _dotted(path: Path) -> str:
    """Write a path the way authors speak of it: tracks[2].cues[0].at."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text or "the file"


def _value_at(data: Any, path: Path) -> Any:
    for step in path:
        data = data[step]
    return data


def _fields_at(model: type[BaseModel], path: Path) -> list[str]:
    names: list[str] = []
    for found in _models_at(model, path):
        names.extend(field.alias or name for name, field in found.model_fields.items())
    return names


def _field_description(model: type[BaseModel], path: Path) -> str:
    for found in _models_at(model, path[:-1]):
        for name, info in found.model_fields.items():
            if (info.alias or name) == path[-1] and info.description:
                return info.description
    return ""


def _models_at(model: type[BaseModel], path: Path) -> list[type[BaseModel]]:
    """Find which models can stand at a path, by following the annotations."""
    current: list[Any] = [model]
    for step in path:
        following: list[Any] = []
        for annotation in current:
            following.extend(_below(annotation, step))
        current = following
    return [found for annotation in current for found in _flatten(annotation) if _is_model(found)]


def _below(annotation: Any, step: str | int) -> list[Any]:
    found: list[Any] = []
    for member in _flatten(annotation):
        if _is_model(member):
            found.extend(
                info.annotation for name, info in member.model_fields.items() if (info.alias or name) == step
            )
        elif get_origin(member) is dict:
            found.append(get_args(member)[1])
        elif get_origin(member) is list and isinstance(step, int):
            found.append(get_args(member)[0])
    return found


def _flatten(annotation: Any) -> list[Any]:
    origin = get_origin(annotation)
    if origin is Annotated:
        return _flatten(get_args(annotation)[0])
    if origin in {Union, types.UnionType}:
        return [leaf for member in get_args(annotation) for leaf in _flatten(member)]
    return [annotation]


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
