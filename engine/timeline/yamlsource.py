"""Reads YAML 1.2 files and remembers where every value stands.

Design remarks
--------------
libyaml (through PyYAML's C parser) is used for speed: a 2,000-line file composes in about 12 ms, ten times
faster than pure Python. PyYAML resolves scalars by YAML 1.1, where ``on``, ``no`` and ``yes`` are booleans
and ``0o14`` and ``12e3`` are text; the parser is therefore given a resolver that only says "plain" or
"quoted", and the YAML 1.2 core schema is applied here. Duplicate keys, which PyYAML accepts silently, are
refused with both places.

The C composer recurses without a limit and takes the process down on ``[[[[...``; a cheap upper bound of
the nesting is computed from the text first and, when it is suspicious, the exact depth from the (iterative)
event stream.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from engine.errors import PackageError, Place, Problem

try:
    from yaml.cyaml import CParser as _Parser  # type: ignore[attr-defined]
except (
    ImportError
):  # a PyYAML built without libyaml: the same reader on the pure parser, about ten times slower
    from yaml.composer import Composer
    from yaml.parser import Parser
    from yaml.reader import Reader
    from yaml.scanner import Scanner

    class _Parser(Reader, Scanner, Parser, Composer):  # type: ignore[no-redef]
        """The pure-Python chain with the constructor and disposal of the C parser."""

        def __init__(self, stream: str) -> None:
            Reader.__init__(self, stream)
            Scanner.__init__(self)
            Parser.__init__(self)
            Composer.__init__(self)


MAX_DEPTH = 100
"""Deepest nesting accepted. Scene files need eight levels; the bound keeps the C composer's stack safe."""

MAX_VALUES = 2_000_000
"""Most values after anchors are expanded: aliases of aliases can otherwise grow a small file without
bound.
"""

_PLAIN = "plain"
_QUOTED = "quoted"

# YAML 1.2.2, 10.3.2 Tag Resolution (core schema).
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = frozenset({"true", "True", "TRUE"})
_FALSE = frozenset({"false", "False", "FALSE"})
_INT = re.compile(r"[-+]?[0-9]+\Z")
_INT_DIGITS = 18
_OCT = re.compile(r"0o[0-7]{1,18}\Z")
_HEX = re.compile(r"0x[0-9a-fA-F]{1,16}\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_INF = re.compile(r"[-+]?\.(?:inf|Inf|INF)\Z")
_NAN = frozenset({".nan", ".NaN", ".NAN"})
_NUMBER_START = frozenset("0123456789+-.")

_BRACKETS = re.compile(r"[\[\]{}]")
_LEAD = re.compile(r"^[ \-?:]*", re.MULTILINE)

_TAG_PREFIX = "tag:yaml.org,2002:"


class _PlainOrQuoted(_Parser):
    """The C parser with a resolver that keeps apart plain and quoted scalars, and nothing else."""

    def check_resolver_prefix(self, *_: object) -> bool:
        return False

    def descend_resolver(self, *_: object) -> None:
        """Nothing to track: the core schema has no path-dependent tags."""

    def ascend_resolver(self) -> None:
        """Nothing to track: the core schema has no path-dependent tags."""

    def resolve(self, kind: type, _value: object, implicit: Any) -> str:
        if kind is ScalarNode:
            return _PLAIN if implicit[0] else _QUOTED
        return _PLAIN


def resolve_core(text: str) -> str | int | float | bool | None:
    """Value of a plain (unquoted) scalar by the YAML 1.2 core schema.

    Parameters
    ----------
    text
        The scalar as written, without surrounding blanks.

    Returns
    -------
    str, int, float, bool or None
    """
    if text in _NULL:
        return None
    if text[0] in _NUMBER_START:
        if _INT.match(text):
            # Longer ones are no counts; Python refuses to read some of them, and a float can say "too large".
            return int(text) if len(text) <= _INT_DIGITS else float(text)
        if _FLOAT.match(text):
            return float(text)
        if _OCT.match(text):
            return int(text[2:], 8)
        if _HEX.match(text):
            return int(text[2:], 16)
        if _INF.match(text):
            return float("-inf") if text[0] == "-" else float("inf")
        if text in _NAN:
            return float("nan")
        return text
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    return text


@dataclass(frozen=True, slots=True)
class Places:
    """Where the values of one YAML file stand.

    Attributes
    ----------
    path
        Name of the file as it is shown to people.
    root
        Node tree of the file, or None for an empty or unreadable file.
    """

    path: str
    root: Node | None = None

    def of(self, path: Sequence[str | int] = ()) -> Place:
        """Place of the value at ``path``; where the path leaves the file, the place of its last known part.

        Parameters
        ----------
        path
            Keys and list indices from the top, for one ``("tracks", 2, "cues", 0, "at")``.
        """
        node = self.root
        if node is None:
            return Place(self.path)
        mark = node.start_mark
        for step in path:
            found: Node | None = None
            if isinstance(node, MappingNode):
                for key, value in node.value:
                    if key.value == step:
                        # A block mapping or sequence starts on the line below its key: the key is what is
                        # looked for.
                        found, mark = value, key.start_mark
                        break
            elif isinstance(node, SequenceNode) and isinstance(step, int) and 0 <= step < len(node.value):
                found = node.value[step]
                mark = found.start_mark
            if found is None:
                break
            node = found
        return Place(self.path, mark.line + 1, mark.column + 1)


class _Reader:
    """Turns nodes into plain values; collects problems on the way."""

    def __init__(self, shown: str, problems: list[Problem]) -> None:
        self.shown = shown
        self.problems = problems
        self.values = 0

    def place(self, node: Node) -> Place:
        return Place(self.shown, node.start_mark.line + 1, node.start_mark.column + 1)

    def value(self, node: Node, depth: int) -> Any:
        self.values += 1
        if self.values > MAX_VALUES or depth > MAX_DEPTH:
            raise _TooLarge(node)
        if type(node) is ScalarNode:
            return self.scalar(node)
        if node.tag != _PLAIN and node.tag not in (f"{_TAG_PREFIX}map", f"{_TAG_PREFIX}seq"):
            self.problems.append(
                Problem(
                    self.place(node), f"the tag {node.tag} is not known here", "leave it out", code="yaml-tag"
                )
            )
        if isinstance(node, SequenceNode):
            return [self.value(child, depth + 1) for child in node.value]
        assert isinstance(node, MappingNode)
        result: dict[str, Any] = {}
        first: dict[str, Node] = {}
        for key, child in node.value:
            if type(key) is not ScalarNode:
                self.problems.append(
                    Problem(self.place(key), "a key must be a word, not a list or a mapping", code="yaml-key")
                )
                continue
            # Keys are text whatever they look like: ids such as 1, on, no stay what the author wrote.
            name = key.value
            if name in first:
                self.problems.append(
                    Problem(
                        self.place(key),
                        f"the key `{name}` occurs twice in one mapping (first at {self.place(first[name])})",
                        "keep one of the two",
                        code="duplicate-key",
                    )
                )
                continue
            first[name] = key
            result[name] = self.value(child, depth + 1)
        return result

    def scalar(self, node: ScalarNode) -> Any:
        tag = node.tag
        if tag == _PLAIN:
            return resolve_core(node.value)
        if tag == _QUOTED or tag in (f"{_TAG_PREFIX}str", "!"):
            return node.value
        known = tag.removeprefix(_TAG_PREFIX)
        resolved = resolve_core(node.value)
        if known == "float" and isinstance(resolved, int) and not isinstance(resolved, bool):
            return float(resolved)
        wanted = {"int": int, "float": float, "bool": bool, "null": type(None)}.get(known)
        if wanted is None or type(resolved) is not wanted:
            self.problems.append(
                Problem(
                    self.place(node),
                    f"the value {node.value!r} does not go with its tag {tag}",
                    "leave the tag out",
                    code="yaml-tag",
                )
            )
        return resolved


class _TooLarge(Exception):
    """A signal between two functions of this file, never seen outside."""

    def __init__(self, node: Node) -> None:
        super().__init__()
        self.node = node


def _deepest_bound(text: str) -> int:
    """Upper bound of the nesting: open brackets at once, plus the longest run of indentation signs."""
    depth = most = 0
    for bracket in _BRACKETS.findall(text):
        if bracket in "[{":
            depth += 1
            most = max(most, depth)
        elif depth:
            depth -= 1
    lead = max((len(found) for found in _LEAD.findall(text)), default=0)
    return most + lead


def _deepest(text: str) -> int:
    """Exact nesting, from the event stream, which libyaml produces without recursion."""
    parser = _PlainOrQuoted(text)
    depth = most = 0
    try:
        while parser.check_event():
            event = parser.get_event()
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                most = max(most, depth)
                if most > MAX_DEPTH:
                    break
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
    except yaml.YAMLError:
        return most  # the composer reports it with its place
    finally:
        parser.dispose()
    return most


def load_yaml_text(text: str, shown: str, problems: list[Problem] | None = None) -> tuple[Any, Places]:
    """Parse YAML text.

    Parameters
    ----------
    text
        The text; a byte order mark is ignored.
    shown
        Name of the file in messages.
    problems
        When given, mistakes are appended here and the call returns what it could read (None for a file that
        is no YAML at all). When None, mistakes raise.

    Returns
    -------
    data : dict, list, str, int, float, bool or None
    places : Places

    Raises
    ------
    PackageError
        With every mistake, when ``problems`` is None.
    """
    collected: list[Problem] = []
    data, places = _load(text.removeprefix("\ufeff"), shown, collected)
    if problems is None:
        if collected:
            raise PackageError(collected)
    else:
        problems.extend(collected)
    return data, places


def _load(text: str, shown: str, problems: list[Problem]) -> tuple[Any, Places]:
    if _deepest_bound(text) > MAX_DEPTH and _deepest(text) > MAX_DEPTH:
        problems.append(
            Problem(
                Place(shown),
                f"values are nested deeper than {MAX_DEPTH} levels",
                "close the brackets that stay open",
                code="yaml-depth",
            )
        )
        return None, Places(shown)
    parser = None
    try:
        parser = _PlainOrQuoted(text)
        root = parser.get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(shown) if mark is None else Place(shown, mark.line + 1, mark.column + 1)
        said = " ".join(part for part in (error.context, error.problem) if part)
        problems.append(
            Problem(
                place,
                f"not valid YAML: {said}",
                "check indentation, brackets and quotes here and on the line above",
                code="yaml-syntax",
            )
        )
        return None, Places(shown)
    except yaml.YAMLError as error:  # a character YAML does not allow
        said = str(error).split("\n", maxsplit=1)[0]
        problems.append(
            Problem(Place(shown), f"not valid YAML: {said}", "remove control characters", code="yaml-syntax")
        )
        return None, Places(shown)
    finally:
        if parser is not None:
            parser.dispose()
    if root is None:
        return None, Places(shown)
    reader = _Reader(shown, problems)
    places = Places(shown, root)
    try:
        return reader.value(root, 0), places
    except _TooLarge as signal:
        problems.append(
            Problem(
                reader.place(signal.node),
                f"anchors and aliases expand to more than {MAX_VALUES} values or {MAX_DEPTH} levels",
                "write the values out instead of nesting aliases",
                code="yaml-size",
            )
        )
        return None, places


def load_yaml(
    path: str | Path, *, shown: str | None = None, problems: list[Problem] | None = None
) -> tuple[Any, Places]:
    """Read a YAML 1.2 file in UTF-8.

    Parameters
    ----------
    path
        The file.
    shown
        Name of the file in messages; default the path as given.
    problems
        As in `load_yaml_text`.

    Returns
    -------
    data, places

    Raises
    ------
    PackageError
        When the file is missing, unreadable, not UTF-8 or not YAML, and ``problems`` is None.
    """
    name = str(path) if shown is None else shown
    trouble: Problem | None = None
    try:
        raw = Path(path).read_bytes()
    except FileNotFoundError:
        trouble = Problem(
            Place(name),
            "the file does not exist",
            "create it or correct the reference to it",
            code="missing-file",
        )
    except OSError as error:
        trouble = Problem(
            Place(name),
            f"the file cannot be read: {error.strerror}",
            "check its permissions",
            code="unreadable-file",
        )
    else:
        try:
            return load_yaml_text(raw.decode("utf-8-sig"), name, problems)
        except UnicodeDecodeError as error:
            line = raw.count(b"\n", 0, error.start) + 1
            trouble = Problem(
                Place(name, line),
                f"byte 0x{raw[error.start]:02x} is not UTF-8",
                "save the file as UTF-8",
                code="encoding",
            )
    if problems is None:
        raise PackageError([trouble])
    problems.append(trouble)
    return None, Places(name)
