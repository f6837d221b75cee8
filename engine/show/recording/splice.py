"""Changes one place of a YAML file and leaves every other byte alone: comments, order, quotes and blanks stay as the author made them.

A round trip through a YAML library rewrites a file (3,544 changed lines of 2,006 were measured); cutting at the parser's marks does not.
What comes out is read again and compared with what it should say; a file that cannot be changed this way is left as it is.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from engine.errors import OutputError, SensoramaError, UsageError
from engine.timeline.yamlsource import load_yaml_text

_BOM = "\ufeff"


def read_text(path: Path) -> str:
    """A file's text, line ends as they are.

    Raises
    ------
    UsageError
        When it cannot be read.
    """
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        raise UsageError(f"{path}: there is no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from error


def write_text(path: Path, text: str, *, replace: bool) -> None:
    """Write a file whole or not at all: beside it first, then put in its place.

    Raises
    ------
    UsageError
        When it is there already and may not be replaced.
    OutputError
        When it cannot be written; what was there stays.
    """
    if path.exists() and not replace:
        raise UsageError(f"{path} is there already; choose another --out, or add --force to replace it")
    name = ""
    try:
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
        with tempfile.NamedTemporaryFile(
            "wb", dir=path.parent, prefix=f".{path.name}.", suffix=".part", delete=False
        ) as part:
            name = part.name
            part.write(text.encode("utf-8"))
            part.flush()
            os.fsync(part.fileno())
        os.chmod(name, mode)
        os.replace(name, path)
    except OSError as error:
        if name:
            Path(name).unlink(missing_ok=True)
        raise OutputError(f"{path} cannot be written: {error.strerror}; nothing there was changed") from error


def node_at(root: Node | None, path: Sequence[str | int]) -> tuple[Node | None, Node | None]:
    """The node at a path, and its key's node where it has one; None for what is not there."""
    node, key = root, None
    for step in path:
        if isinstance(node, MappingNode):
            key, node = next(
                ((name, value) for name, value in node.value if name.value == step), (None, None)
            )
        elif isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.value):
            key, node = None, node.value[step]
        else:
            return None, None
    return node, key


def end_of(node: Node) -> int:
    """Where the text of a node really ends; a block's own mark lies behind the comments and blank lines after it."""
    if isinstance(node, ScalarNode) or getattr(node, "flow_style", False) or not node.value:
        return int(node.end_mark.index)
    last = node.value[-1]
    if isinstance(last, tuple):
        key, value = last
        return max(end_of(key), end_of(value) if value.end_mark.index > value.start_mark.index else 0)
    return end_of(last)


class Text:
    """A YAML text that is going to be changed.

    Parameters
    ----------
    text : str
    shown : str
        Its name in messages.

    Raises
    ------
    PackageError
        When it is no sound YAML.
    """

    def __init__(self, text: str, shown: str) -> None:
        self._mark = _BOM if text.startswith(_BOM) else ""
        self.text = text.removeprefix(_BOM)
        self.shown = shown
        self.data, self.places = load_yaml_text(self.text, shown)
        self.newline = "\r\n" if "\r\n" in self.text else "\n"

    def put(self, index: int, new: str, *, until: int | None = None) -> str:
        """The text with `new` (its line ends as the file's) at `index`, in place of what stands until `until`."""
        new = new.replace("\n", self.newline)
        return self._mark + self.text[:index] + new + self.text[index if until is None else until :]

    def checked(self, changed: str, expected: Any) -> str:
        """The changed text, if it says what is expected.

        Raises
        ------
        OutputError
            When it does not: anchors or tags stand where it was to be changed.
        """
        try:
            data, _ = load_yaml_text(changed.removeprefix(_BOM), self.shown)
        except SensoramaError as error:
            raise OutputError(self._refusal(str(error))) from error
        if data != expected:
            raise OutputError(self._refusal("it would say something else"))
        return changed

    def _refusal(self, why: str) -> str:
        return (
            f"{self.shown} is written in a way that cannot be changed in one place ({why}); it was left alone"
        )

    def line_end(self, index: int) -> int:
        """End of the line at `index`, before its line end."""
        found = self.text.find("\n", index)
        found = len(self.text) if found < 0 else found
        return found - 1 if found > 0 and self.text[found - 1] == "\r" else found

    def indent_of(self, index: int) -> str:
        """Blanks at the beginning of the line at `index`."""
        line = self.text[self.text.rfind("\n", 0, index) + 1 : index]
        return line[: len(line) - len(line.lstrip(" "))]


def append_items(source: Text, key: str, block: Sequence[str], flow: Sequence[str]) -> str:
    """Add items to a list at the top of a file.

    Parameters
    ----------
    source : Text
    key : str
        Of the list; made at the end of the file where it is not there.
    block : sequence of str
        Lines of the items in block style, without indentation before their dashes.
    flow : sequence of str
        The same items in flow style, one each, for a list that is written in brackets.

    Raises
    ------
    OutputError
        When the file is written in a way that does not allow it.
    """
    added, _ = load_yaml_text("\n".join(block) + "\n", source.shown)
    if not isinstance(source.data or {}, dict):
        raise OutputError(f"{source.shown} is a list or a word, not a scene or a rig; it was left alone")
    data = dict(source.data or {})
    expected = {**data, key: [*(data.get(key) or []), *added]}
    root = source.places.root
    node, key_node = node_at(root, (key,))
    if isinstance(node, SequenceNode) and node.value and not node.flow_style:
        indent = source.indent_of(node.value[0].start_mark.index)
        index = source.line_end(end_of(node))
        return source.checked(source.put(index, "".join(f"\n{indent}{line}" for line in block)), expected)
    indented = "".join(f"\n  {line}" for line in block)
    if isinstance(node, SequenceNode) and node.value:
        index = node.value[-1].end_mark.index
        return source.checked(source.put(index, "".join(f", {item}" for item in flow)), expected)
    if node is not None and key_node is not None:  # an empty list, or nothing after the colon
        index, until = node.start_mark.index, node.end_mark.index
        if isinstance(root, MappingNode) and root.flow_style:
            return source.checked(source.put(index, f"[{', '.join(flow)}]", until=until), expected)
        if index == until:
            index = until = key_node.end_mark.index + 1
        end = source.line_end(until)
        return source.checked(source.put(index, source.text[until:end] + indented, until=end), expected)
    if isinstance(root, MappingNode) and root.value and root.flow_style:
        index = end_of(root.value[-1][1])
        items = ", ".join(flow)
        return source.checked(source.put(index, f", {key}: [{items}]"), expected)
    end = len(source.text)
    lead = "" if not source.text or source.text.endswith("\n") else "\n"
    return source.checked(source.put(end, f"{lead}{key}:{indented}\n"), expected)


def set_scalar_map(source: Text, path: Sequence[str | int], flow: str) -> str:
    """Put a flow mapping (``{dead: 20ms, lag: 5ms}``), or a scalar, at a path whose parent is there.

    Raises
    ------
    OutputError
        When the file is written in a way that does not allow it.
    """
    value, _ = load_yaml_text(flow, source.shown)
    expected = _with(source.data, path, value)
    node, key_node = node_at(source.places.root, path)
    if node is not None and key_node is not None:
        index, until = node.start_mark.index, end_of(node)
        if index == until:
            return source.checked(source.put(key_node.end_mark.index + 1, f" {flow}"), expected)
        if isinstance(node, MappingNode) and not node.flow_style:
            # The block goes with its line ends: what stands after the key is the new value alone.
            index = key_node.end_mark.index + 1
            return source.checked(source.put(index, f" {flow}", until=until), expected)
        return source.checked(source.put(index, flow, until=until), expected)
    parent, _ = node_at(source.places.root, path[:-1])
    if not isinstance(parent, MappingNode) or not parent.value:
        above = ".".join(map(str, path[:-1]))
        raise OutputError(f"{source.shown}: there is no {above} to write {path[-1]} into")
    if parent.flow_style:
        index = end_of(parent.value[-1][1])
        return source.checked(source.put(index, f", {path[-1]}: {flow}"), expected)
    first_key = parent.value[0][0]
    indent = " " * first_key.start_mark.column
    index = source.line_end(end_of(parent))
    return source.checked(source.put(index, f"\n{indent}{path[-1]}: {flow}"), expected)


def _with(data: Any, path: Sequence[str | int], value: Any) -> Any:
    if not path:
        return value
    if isinstance(data, list):
        return [_with(item, path[1:], value) if index == path[0] else item for index, item in enumerate(data)]
    return {**data, path[0]: _with(data.get(path[0], {}), path[1:], value)}
