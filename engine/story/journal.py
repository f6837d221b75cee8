"""The journal of a run: one JSON object a line, enough to reproduce the run and to read it by eye.

The format is described in JOURNAL.md beside this file. A line is written whole, with one system call, and
never touched again, so whatever happens to the machine, the file is readable up to its last whole line.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from engine.errors import JournalError, OutputError, Place
from engine.time import Clock

SCHEMA = "sensorama.journal/1"

EVENT_KINDS: tuple[str, ...] = (
    "start",
    "input",
    "trigger",
    "vote",
    "window",
    "commit",
    "beat",
    "segment",
    "rate",
    "jump",
    "chase",
    "reaction",
    "adopt",
    "device",
    "frames",
    "notice",
    "suspended",
    "resumed",
    "standby",
    "takeover",
    "end",
)
"""Kinds this version writes; readers keep kinds they do not know."""

_RESERVED = ("event", "at_ns")


@dataclass(frozen=True, slots=True)
class JournalHeader:
    """First line of a journal: what was played, on what, by what.

    Parameters
    ----------
    package : str
        Id of the experience.
    package_hash : str
        Hash of its content; a replay refuses another one.
    rig_hash : str
        Hash of the rig.
    seed : int
        Of every random choice of the run.
    clock : str
        ``"monotonic"`` or ``"manual"``.
    versions : mapping of str to str
        Engine, Python and libraries that matter.
    started : str
        Date and time, for people.
    session : str
        Random identifier of the run; says nothing about the guests.
    extra : mapping
        Fields this version does not know; they survive a round trip.
    """

    package: str
    package_hash: str
    rig_hash: str = ""
    seed: int = 0
    clock: str = "monotonic"
    versions: Mapping[str, str] = field(default_factory=dict)
    started: str = ""
    session: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The header as its line holds it."""
        return {
            "schema": SCHEMA,
            "package": self.package,
            "package_hash": self.package_hash,
            "rig_hash": self.rig_hash,
            "seed": self.seed,
            "clock": self.clock,
            "versions": dict(self.versions),
            "started": self.started,
            "session": self.session,
            **self.extra,
        }


@dataclass(frozen=True, slots=True)
class JournalEvent:
    """One line after the header.

    Parameters
    ----------
    kind : str
        Which event; see JOURNAL.md.
    at_ns : int
        Host time since the run began.
    fields : mapping
        The rest, as in the file; unknown fields are kept.
    line : int
        1-based line in the file it was read from; 0 for one made in memory. Not compared.
    """

    kind: str
    at_ns: int
    fields: Mapping[str, Any] = field(default_factory=dict)
    line: int = field(default=0, compare=False)

    def to_json(self) -> dict[str, Any]:
        """The event as its line holds it."""
        return {"event": self.kind, "at_ns": self.at_ns, **self.fields}


@dataclass(frozen=True, slots=True)
class Journal:
    """A journal that was read.

    Parameters
    ----------
    header : JournalHeader
        First line.
    events : tuple of JournalEvent
        In the order they happened.
    torn : bool
        Whether a last, half-written line was left out: the run was cut off there.
    path : str
        Where it came from.
    """

    header: JournalHeader
    events: tuple[JournalEvent, ...]
    torn: bool = False
    path: str = ""

    def of_kind(self, *kinds: str) -> tuple[JournalEvent, ...]:
        """Events of these kinds, in order."""
        return tuple(event for event in self.events if event.kind in kinds)


def _line(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode() + b"\n"


class JournalWriter:
    """Appends events to a new journal file.

    Parameters
    ----------
    path : Path
        File to make; its folder must exist. An existing file is refused, a journal is never overwritten.
    header : JournalHeader
        Written at once.
    clock : Clock
        Stamps events that bring no time of their own.
    epoch_ns : int or None
        Host instant from which `at_ns` counts; None takes the clock's now.

    Raises
    ------
    OutputError
        When the file cannot be made or written, here and in every later call. The file stays readable up to
        the last event that fitted.

    Notes
    -----
    One thread. Calling the writer is `append`, so that it can be handed on as a plain function.
    """

    def __init__(
        self, path: Path, header: JournalHeader, clock: Clock, *, epoch_ns: int | None = None
    ) -> None:
        self.path = path
        self._clock = clock
        self.epoch_ns = clock.now_ns() if epoch_ns is None else epoch_ns
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | getattr(os, "O_BINARY", 0)
            self._descriptor: int | None = os.open(path, flags, 0o644)
        except FileExistsError:
            raise OutputError(
                f"the journal {path} exists already; choose another folder with --out"
            ) from None
        except OSError as error:
            raise OutputError(f"the journal {path} cannot be made: {error.strerror}") from error
        self._size = 0
        self._write(_line(header.to_json()))

    def append(self, kind: str, at_ns: int | None = None, /, **fields: Any) -> None:
        """Write one event.

        Parameters
        ----------
        kind : str
            Which event.
        at_ns : int or None
            Host instant (of the clock, not since the run began); None is now.
        **fields
            JSON values.

        Raises
        ------
        OutputError
            When it cannot be written: disk full, file gone.
        ValueError
            When a field is called ``event`` or ``at_ns``, or the journal is closed.
        """
        for name in _RESERVED:
            if name in fields:
                raise ValueError(f"an event cannot have a field '{name}'; the journal itself writes that one")
        now_ns = self._clock.now_ns() if at_ns is None else at_ns
        self._write(_line({"event": kind, "at_ns": now_ns - self.epoch_ns, **fields}))

    __call__ = append

    def close(self) -> None:
        """Put everything on the disk and close; a second call does nothing."""
        if self._descriptor is None:
            return
        descriptor, self._descriptor = self._descriptor, None
        try:
            os.fsync(descriptor)
        except OSError as error:
            raise OutputError(
                f"the journal {self.path} may be incomplete on disk: {error.strerror}"
            ) from error
        finally:
            os.close(descriptor)

    def __enter__(self) -> JournalWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _write(self, line: bytes) -> None:
        if self._descriptor is None:
            raise ValueError(f"the journal {self.path} is closed")
        try:
            written = os.write(self._descriptor, line)
            if written < len(line):  # a disk that fills up takes a part first and complains on the rest
                os.write(self._descriptor, line[written:])
        except OSError as error:
            self._cut_back()
            raise OutputError(
                f"the journal {self.path} cannot be written: {error.strerror}; "
                "it is readable up to the event before"
            ) from error
        self._size += len(line)

    def _cut_back(self) -> None:
        """Take the half-written line off again. If even that fails, readers leave a torn last line out."""
        assert self._descriptor is not None
        try:
            os.ftruncate(self._descriptor, self._size)
        except OSError:
            return


def read_journal(path: Path) -> Journal:
    """Read a journal, also one whose last line was cut off.

    Raises
    ------
    JournalError
        When the file cannot be read, is no journal of this version, or is damaged before its last line.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise JournalError(f"cannot be read: {error.strerror}", Place(str(path))) from error
    *whole, rest = data.split(b"\n")
    torn = bool(rest)
    rows: list[dict[str, Any]] = []
    for number, line in enumerate(whole, start=1):
        try:
            row = json.loads(line.decode("utf-8"))
        except (ValueError, RecursionError):  # the second: brackets without end
            row = None
        if not isinstance(row, dict):
            if number == len(whole) and not torn and number > 1:
                torn = True  # a crash can leave blocks of zeros and a stray newline at the end
                break
            raise JournalError("damaged: this line is not a JSON object", Place(str(path), number))
        rows.append(row)
    if not rows:
        raise JournalError("empty: a journal begins with a header line", Place(str(path)))
    header = _header(rows[0], Place(str(path), 1))
    events = tuple(_event(row, Place(str(path), number)) for number, row in enumerate(rows[1:], start=2))
    return Journal(header, events, torn, str(path))


def _header(row: dict[str, Any], place: Place) -> JournalHeader:
    schema = row.pop("schema", None)
    if schema != SCHEMA:
        shown = "no schema" if schema is None else f"schema '{schema}'"
        raise JournalError(f"{shown}, this engine reads '{SCHEMA}'; give the journal.jsonl of a run", place)
    known: dict[str, type] = {
        "package": str,
        "package_hash": str,
        "rig_hash": str,
        "seed": int,
        "clock": str,
        "versions": dict,
        "started": str,
        "session": str,
    }
    for name in ("package", "package_hash"):
        if name not in row:
            raise JournalError(f"the header has no '{name}'; it is needed to find what was played", place)
    for name, kind in known.items():
        if name in row and not isinstance(row[name], kind):
            raise JournalError(f"header field '{name}' is {row[name]!r}, expected {kind.__name__}", place)
    extra = {name: value for name, value in row.items() if name not in known}
    return JournalHeader(**{name: row[name] for name in known if name in row}, extra=extra)


def _event(row: dict[str, Any], place: Place) -> JournalEvent:
    kind, at_ns = row.pop("event", None), row.pop("at_ns", None)
    if not isinstance(kind, str) or not isinstance(at_ns, int):
        raise JournalError("an event needs 'event' (text) and 'at_ns' (whole nanoseconds)", place)
    return JournalEvent(kind, at_ns, row, place.line or 0)
