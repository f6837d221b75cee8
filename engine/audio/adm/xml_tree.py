"""XML as a stream of small trees: one at a time, no document types, no entities.

Expat is used as it comes with Python; a document type declaration, which everything malicious in XML needs, ends the reading.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

_DEEPEST = 64
_PIECE = 1 << 20


class BadXml(ValueError):
    """It is no XML, or more than we read; the text says what and in which line."""


@dataclass(slots=True)
class Node:
    """An element: its name without namespace, attributes, text before its first child, children, line."""

    name: str
    attributes: dict[str, str]
    line: int
    text: str = ""
    children: list[Node] = field(default_factory=list)

    def texts(self, name: str) -> list[str]:
        """Texts of all children of a name."""
        return [child.text.strip() for child in self.children if child.name == name]

    def text_of(self, name: str) -> str | None:
        """Text of the first child of a name."""
        for child in self.children:
            if child.name == name:
                return child.text.strip()
        return None


def read_trees(data: bytes, takers: Mapping[str, Callable[[Node], None]]) -> int:
    """Hands every element of the given names to its taker when it ends.

    Parameters
    ----------
    data : bytes
    takers : mapping of str to callable
        An element that is taken is dropped from its parent, so that a long one needs no more memory than its longest part.

    Returns
    -------
    int
        How many were taken.

    Raises
    ------
    BadXml
    """
    from xml.parsers import expat

    parser = expat.ParserCreate()
    parser.buffer_text = True
    stack: list[Node] = []
    wanted = 0
    taken = 0
    begun = False

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal wanted, begun
        begun = True
        if len(stack) >= _DEEPEST:
            raise BadXml(f"line {parser.CurrentLineNumber}: more than {_DEEPEST} elements within each other")
        node = Node(name.rpartition(":")[2], attributes, parser.CurrentLineNumber)
        if wanted and stack:
            stack[-1].children.append(node)
        stack.append(node)
        if node.name in takers:
            wanted += 1

    def end(_: str) -> None:
        nonlocal wanted, taken
        node = stack.pop()
        taker = takers.get(node.name)
        if taker is None:
            return
        wanted -= 1
        taken += 1
        if wanted:
            stack[-1].children.pop()
        taker(node)

    def characters(text: str) -> None:
        if wanted and not stack[-1].children:
            stack[-1].text += text

    def doctype(*_: object) -> None:
        raise BadXml(
            f"line {parser.CurrentLineNumber}: a document type declaration; ADM has none, and none is read"
        )

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = characters
    parser.StartDoctypeDeclHandler = doctype
    try:
        for first in range(0, max(len(data), 1), _PIECE):
            parser.Parse(data[first : first + _PIECE], first + _PIECE >= len(data))
    except expat.ExpatError as error:
        raise BadXml(f"line {error.lineno}: {expat.errors.messages.get(error.code, error)}") from error
    except BadXml:
        raise
    except (LookupError, ValueError) as error:
        if begun and not isinstance(error, UnicodeError | LookupError):
            raise  # a taker's own: an encoding that expat cannot read is found out before the first element
        raise BadXml(f"its encoding cannot be read ({error}); write it in UTF-8") from error
    return taken
