"""What leader and standby say to each other: one JSON object a line over one TCP connection. Pure bytes, no I/O.

Each row has ``say`` and what belongs to it:

============  ===========================================================================================
of the leader
``hello``     ``header`` (its journal's), ``epoch_ns``, ``take_over_ns``
``event``     ``kind``, ``at_ns``, ``fields``: an event of its journal that its conductor took or made
``live``      everything up to now has been told; what follows is told as it happens
``now``       ``at_ns``: everything up to that instant has been told
``digest``    ``at_ns``, ``hash``: its state then
``pong``      ``asked_ns``, ``heard_ns``, ``told_ns``: the answer to a ``ping``
``refused``   ``why``
``bye``       ``how``, ``reason``: it has ended, as its journal's ``end``, or ``bad``
of the standby
``join``      ``version``, ``session``
``ping``      ``asked_ns``
``state``     ``state`` (``same``, ``differs``), ``text``: what it makes of the leader's digests
``claim``     ``session``, ``silent_ns``: it has taken over and leads
============  ===========================================================================================

Instants named ``at_ns`` count from the leader's epoch, as in the journal; the others are of the clock.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

#: Of this conversation; another one is refused.
VERSION = 1
#: No honest row is longer: the longest is a header with its versions, some 2 kB, or a fold of votes.
MAX_ROW_BYTES = 1 << 20

_FIELDS: Mapping[str, Mapping[str, type]] = {
    "hello": {"header": dict, "epoch_ns": int, "take_over_ns": int},
    "event": {"kind": str, "at_ns": int, "fields": dict},
    "live": {},
    "now": {"at_ns": int},
    "digest": {"at_ns": int, "hash": str},
    "pong": {"asked_ns": int, "heard_ns": int, "told_ns": int},
    "refused": {"why": str},
    "bye": {"how": str, "reason": str},
    "join": {"version": int, "session": str},
    "ping": {"asked_ns": int},
    "state": {"state": str, "text": str},
    "claim": {"session": str, "silent_ns": int},
}

Row = Mapping[str, Any]


class RowError(ValueError):
    """Bytes that are no row of this conversation."""


def encode_row(say: str, **fields: Any) -> bytes:
    """One row as its line.

    Raises
    ------
    ValueError
        A value JSON cannot hold.
    """
    return (
        json.dumps(
            {"say": say, **fields}, ensure_ascii=False, allow_nan=False, separators=(",", ":")
        ).encode()
        + b"\n"
    )


def decode_row(line: bytes) -> Row:
    """The row of a line, checked.

    Raises
    ------
    RowError
        Not JSON, not a row, or a field is missing or of another type.
    """
    if len(line) > MAX_ROW_BYTES:
        raise RowError(f"a row of {len(line)} bytes; {MAX_ROW_BYTES} are allowed")
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise RowError(f"not JSON: {error}") from None
    if not isinstance(row, dict):
        raise RowError(f"a row is an object, this is {type(row).__name__}")
    say = row.get("say")
    wanted = _FIELDS.get(say) if isinstance(say, str) else None
    if wanted is None:
        raise RowError(f"nobody says {say!r} here")
    for name, kind in wanted.items():
        value = row.get(name)
        if not isinstance(value, kind) or isinstance(value, bool):
            raise RowError(f"'{say}' needs {name}: {kind.__name__}, got {value!r:.60}")
    return row


class RowReader:
    """Cuts a stream into rows. Bounded: a line without an end is refused at `MAX_ROW_BYTES`."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> list[Row]:
        """The rows that are whole now.

        Raises
        ------
        RowError
            As `decode_row`; the stream is of no use any more.
        """
        self._rest += data
        *whole, rest = bytes(self._rest).split(b"\n")
        if len(rest) > MAX_ROW_BYTES:
            raise RowError(f"a row of more than {MAX_ROW_BYTES} bytes")
        self._rest = bytearray(rest)
        return [decode_row(line) for line in whole]
