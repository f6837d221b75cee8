"""A request line and what it says. Pure functions, no I/O.

On the way from the server's thread to `decode` a request is the bytes ``GET /path?value=1``, the body of a POST already put into the
query: one form for both, and one that can be logged and replayed.
"""

from __future__ import annotations

import math
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from engine.bus.source import Value

LARGEST = 2048
"""Longest request in this form, in bytes. A go needs 20."""

MOST_VALUES = 32
METHODS = ("GET", "POST")


class HttpError(ValueError):
    """Bytes that are no request of ours."""


def encode_request(method: str, target: str, body: bytes = b"") -> bytes:
    """Method, target and body as one line.

    Parameters
    ----------
    method : {"GET", "POST"}
    target : str
        Path and query as they came, percent-encoded.
    body : bytes
        A form (``value=0.5``) or a bare value (``0.5``); its blanks at both ends are left out.

    Raises
    ------
    HttpError
        When it is too long or no text.
    """
    if body.strip():
        try:
            text = body.decode("utf-8").strip()
        except UnicodeDecodeError as error:
            raise HttpError("the body is no UTF-8 text") from error
        query = text if "=" in text else f"value={quote(text)}"
        target = f"{target}{'&' if '?' in target else '?'}{query}"
    try:
        line = f"{method} {target}".encode("ascii")
    except UnicodeEncodeError as error:
        raise HttpError("characters outside ASCII must be percent-encoded") from error
    if len(line) > LARGEST:
        raise HttpError(f"{len(line)} bytes; a request has at most {LARGEST}")
    return line


def decode_request(line: bytes) -> tuple[str, tuple[Value, ...]]:
    """Address and values: the path, and every ``value`` of the query in order.

    Raises
    ------
    HttpError
        For anything else.
    """
    if len(line) > LARGEST:
        raise HttpError(f"{len(line)} bytes; a request has at most {LARGEST}")
    try:
        method, _, target = line.decode("ascii").partition(" ")
        parts = urlsplit(target)
        pairs = parse_qsl(parts.query, keep_blank_values=True, max_num_fields=MOST_VALUES)
        path = unquote(parts.path, errors="strict")
    except ValueError as error:  # UnicodeDecodeError is one too
        raise HttpError(f"not a request: {line[:60]!r} ({error})") from error
    if method not in METHODS or not path.startswith("/") or path == "/" or parts.netloc or parts.scheme:
        raise HttpError(f"not a request: {line[:60]!r}; it looks like b'GET /go?value=1'")
    if any(not letter.isprintable() for letter in path):
        raise HttpError("the path holds control characters")
    return path, tuple(_value(text) for name, text in pairs if name == "value")


def _value(text: str) -> Value:
    """A number as a number, anything else as it stands; ``nan`` is a word here."""
    try:
        number = float(text)
    except ValueError:
        return text
    return number if math.isfinite(number) else text
