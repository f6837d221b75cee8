"""XML as SEM files have it: read safely, mended where real files are broken, every element with its line.

No entities, no external references (defusedxml), at most `MAX_BYTES` and `MAX_ELEMENTS`.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from typing import Any, NoReturn

from engine.errors import PackageError, Place, Problem
from engine.experience.sem.names import INSTANCE, SEDL, SEV, XSI_TIMING

MAX_BYTES = 32 * 1024 * 1024
MAX_ELEMENTS = 200_000
_MAX_DEPTH = 64

# What the usual prefixes stand for, where a file uses one without saying so.
_USUAL = {"si": XSI_TIMING, "xsi": INSTANCE, "sedl": SEDL, "ns2": SEDL, "sev": SEV, "ns3": SEV}


@dataclass(slots=True)
class Element:
    """An element: namespace and local name, attributes by (namespace, local name)."""

    space: str
    name: str
    attributes: dict[tuple[str, str], str]
    line: int
    children: list[Element] = field(default_factory=list)
    text: str = ""

    def get(self, name: str, *spaces: str) -> str | None:
        """An attribute by its local name: unqualified as the schema has it, else in one of `spaces`."""
        for space in ("", *spaces):
            found = self.attributes.get((space, name))
            if found is not None:
                return found
        return None

    def child(self, name: str) -> Element | None:
        """The first child of a local name."""
        return next((child for child in self.children if child.name == name), None)


@dataclass(frozen=True, slots=True)
class Document:
    """The root element, and every prefix the file declares."""

    root: Element
    prefixes: frozenset[str]


def read_tree(data: bytes, shown: str, notices: list[Problem]) -> Document:
    """Parse a SEM file.

    Parameters
    ----------
    data : bytes
    shown : str
        Name of the file in messages.
    notices : list of Problem
        Takes what was mended.

    Raises
    ------
    PackageError
        When it is not XML, however one reads it.
    """
    if len(data) > MAX_BYTES:
        _refuse(shown, 0, f"{len(data)} bytes of XML; at most {MAX_BYTES} are read", "split the file")
    text = _decoded(data, shown)
    text = _unescaped(text, shown, notices)
    for _ in range(8):
        try:
            return _parse(text)
        except _NotXml as error:
            mended = _bound(text, str(error), shown, error.line, notices)
            if mended is None:
                _refuse(
                    shown, error.line, f"not well-formed XML: {error}", "check the file with an XML editor"
                )
            text = mended
    _refuse(shown, 0, "too many undeclared prefixes", "declare them on the root element")


class _NotXml(Exception):
    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


def _refuse(shown: str, line: int, message: str, hint: str) -> NoReturn:
    raise PackageError([Problem(Place(shown, line or None), message, hint, code="sem-xml")])


def _decoded(data: bytes, shown: str) -> str:
    encoding = ""
    for mark, code in ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if data.startswith(mark):
            data, encoding = data[len(mark) :], code
            break
    if not encoding:
        declared = re.match(rb"\s*<\?xml[^>]*encoding=\\?[\"']([A-Za-z0-9._-]+)", data[:200])
        encoding = declared.group(1).decode("ascii") if declared else "utf-8"
    try:
        text = data.decode(encoding)
    except (UnicodeError, LookupError) as error:
        _refuse(shown, 0, f"not readable as {encoding}: {error}", "save it as UTF-8")
    # The declaration speaks of bytes; what follows is text.
    return re.sub(r"\A\s*<\?xml[^>]*\?>", lambda found: "\n" * found.group(0).count("\n"), text)


def _unescaped(text: str, shown: str, notices: list[Problem]) -> str:
    if '=\\"' not in text:
        return text
    notices.append(
        Problem(
            Place(shown, 1), 'quotes are escaped as \\" as in a C string', "mended", "warning", "sem-mended"
        )
    )
    return text.replace('\\"', '"')


def _bound(text: str, error: str, shown: str, line: int, notices: list[Problem]) -> str | None:
    """Declare a prefix that is used without a declaration, on the root element."""
    if "unbound prefix" not in error:
        return None
    rows = text.splitlines()
    near = rows[line - 1] if 0 < line <= len(rows) else text
    declared = set(re.findall(r"xmlns:([\w.-]+)\s*=", text))
    used = [prefix for prefix in re.findall(r"[<\s]([A-Za-z_][\w.-]*):[A-Za-z_]", near) if prefix != "xmlns"]
    missing = next((prefix for prefix in used if prefix not in declared and prefix != "xml"), None)
    root = re.search(r"<([A-Za-z_][\w.:-]*)", text)
    if missing is None or root is None:
        return None
    space = _USUAL.get(missing, SEV)
    notices.append(
        Problem(
            Place(shown, line),
            f"prefix {missing!r} is not declared",
            f"taken for {space}",
            "warning",
            "sem-mended",
        )
    )
    return f'{text[: root.end()]} xmlns:{missing}="{space}"{text[root.end() :]}'


def _parse(text: str) -> Document:
    from xml.sax import SAXParseException
    from xml.sax.handler import ContentHandler, feature_namespaces

    from defusedxml import DefusedXmlException
    from defusedxml.sax import make_parser

    class Builder(ContentHandler):
        """Builds the tree."""

        def __init__(self) -> None:
            super().__init__()
            self.open: list[Element] = []
            self.words: list[list[str]] = []  # text of each, in the pieces it comes in
            self.root: Element | None = None
            self.count = 0
            self.locator: Any = None
            self.prefixes: set[str] = set()

        def setDocumentLocator(self, locator: Any) -> None:
            self.locator = locator

        def startPrefixMapping(self, prefix: Any, uri: str) -> None:
            self.prefixes.add(prefix or "")

        def startElementNS(self, name: Any, qname: Any, attrs: Any) -> None:
            self.count += 1
            line = int(self.locator.getLineNumber() or 0)
            if self.count > MAX_ELEMENTS or len(self.open) >= _MAX_DEPTH:
                raise _NotXml(f"more than {MAX_ELEMENTS} elements or {_MAX_DEPTH} levels", line)
            attributes = {(space or "", local): value for (space, local), value in attrs.items()}
            made = Element(name[0] or "", name[1], attributes, line)
            if self.open:
                self.open[-1].children.append(made)
            else:
                self.root = made
            self.open.append(made)
            self.words.append([])

        def endElementNS(self, name: Any, qname: Any) -> None:
            self.open.pop().text = "".join(self.words.pop())

        def characters(self, content: str) -> None:
            if self.words:
                self.words[-1].append(content)

    builder = Builder()
    parser = make_parser()
    parser.setFeature(feature_namespaces, True)
    parser.setContentHandler(builder)
    try:
        parser.parse(io.StringIO(text))
    except SAXParseException as error:
        raise _NotXml(error.getMessage(), error.getLineNumber() or 0) from None
    except DefusedXmlException as error:
        raise _NotXml(f"entities and external references are not read ({type(error).__name__})", 0) from None
    except ValueError as error:
        raise _NotXml(str(error), 0) from None
    if builder.root is None:
        raise _NotXml("no element at all", 0)
    return Document(builder.root, frozenset(builder.prefixes))
