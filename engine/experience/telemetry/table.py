"""A log's text as a table: encoding, what parts its cells, which row is its head, and its cells as numbers."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from engine.errors import InputError, Place
from engine.experience.telemetry.columns import Column, column_of, plain_name
from engine.experience.telemetry.frames import Frame
from engine.experience.telemetry.values import Floats

MOST_BYTES = 512 * 2**20
"""Largest log that is read."""

_HEAD_ROWS = 200
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?\Z")
_MISSING = {"", "nan", "na", "n/a", "null", "none", "-", "--", "?"}
_CLOCK = re.compile(r"(?:(\d+):)?(\d{1,2}):(\d{1,2}(?:[.,]\d+)?)\Z")
_RATE = re.compile(r"(?:sample|sampling|data)?[ _]?(?:rate|frequency|freq)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of a log below its head.

    Attributes
    ----------
    columns
        Those that are understood.
    problems
        What is wrong with others, by the head's line.
    ignored
        Names of columns that hold something else.
    rows, lines
        Cells, and the line of each row.
    head_line
        Of the head.
    comma
        Decimals have a comma.
    rate_hz
        From what stands above the head, for a log without times; 0: nothing does.
    """

    columns: tuple[Column, ...]
    problems: tuple[str, ...]
    ignored: tuple[str, ...]
    rows: list[list[str]]
    lines: list[int]
    head_line: int
    comma: bool
    rate_hz: float


def read_table(path: Path, frame: Frame) -> Table:
    """Read a log's table.

    Raises
    ------
    InputError
        A file that cannot be read, is no text, or has no head.
    """
    text = _text(path)
    lines = text.splitlines()
    best: tuple[int, str, int] | None = None  # understood columns, separator, number of the row
    for separator in (";", "\t", ",", " "):
        for number, cells in enumerate(_cells(lines[:_HEAD_ROWS], separator)):
            count = sum(isinstance(column_of(cell, 0, "", frame), Column | str) for cell in cells)
            if count >= 2 and (best is None or count > best[0]):
                best = (count, separator, number)
    if best is None:
        raise InputError(
            f"none of the first {min(len(lines), _HEAD_ROWS)} lines names columns of a motion log; write a head such as "
            "'time [s],acc_x [m/s2],acc_y [m/s2],acc_z [m/s2],gyro_x [deg/s]' (engine/experience/telemetry/README.md has the names)",
            Place(str(path), 1),
        )
    _, separator, number = best
    head = _cells([lines[number]], separator)[0]
    below = number + 1
    units = [""] * len(head)
    if below < len(lines):
        cells = _cells([lines[below]], separator)[0]
        if cells and not any(_is_value(cell) for cell in cells if cell.strip()):
            units = [*cells, *units][: max(len(head), len(cells))]
            below += 1
    columns, problems, ignored = [], [], []
    for index, cell in enumerate(head):
        found = column_of(cell, index, units[index] if index < len(units) else "", frame)
        if isinstance(found, Column):
            columns.append(found)
        elif found is not None:
            problems.append(found)
        elif cell.strip():
            ignored.append(cell.strip())
    rows, row_lines = [], []
    for offset, cells in enumerate(_cells(lines[below:], separator)):
        if any(cell.strip() for cell in cells) and not cells[0].lstrip().startswith("#"):
            rows.append(cells)
            row_lines.append(below + offset + 1)
    comma = any(_DECIMAL_COMMA.match(cell.strip()) for row in rows[:1000] for cell in row)
    return Table(
        tuple(columns), tuple(problems), tuple(ignored), rows, row_lines, number + 1, comma,
        _declared_rate_hz(lines[:number], separator),
    )  # fmt: skip


def numbers(
    cells: Sequence[str], lines: Sequence[int], *, comma: bool, clock: bool = False
) -> tuple[Floats, list[tuple[int, str]]]:
    """Cells as numbers.

    Parameters
    ----------
    cells, lines
        One a row, and its line.
    comma
        Decimals have a comma.
    clock
        Times: ``h:mm:ss.s`` and ISO 8601 count as seconds.

    Returns
    -------
    float64[N]
        NaN where there is none.
    list of (line, cell)
        What is neither a number nor missing.
    """
    if not comma:
        try:
            made = np.array(cells, dtype=np.float64)
            if np.isfinite(made).all():
                return made, []
        except ValueError:
            pass  # one by one, to say which
    values = np.full(len(cells), np.nan)
    wrong: list[tuple[int, str]] = []
    for at, raw in enumerate(cells):
        cell = raw.strip()
        if cell.lower() in _MISSING:
            continue
        found = _seconds(cell) if clock else None
        if found is None:
            try:
                found = float(cell.replace(",", ".") if comma else cell)
            except ValueError:
                found = np.inf
        if np.isfinite(found):
            values[at] = found
        else:
            wrong.append((lines[at], cell))
    return values, wrong


def _seconds(cell: str) -> float | None:
    """Seconds of a clock's text; None for anything else."""
    found = _CLOCK.match(cell)
    if found is not None:
        hours, minutes, seconds = found.groups()
        return int(hours or 0) * 3600.0 + int(minutes) * 60.0 + float(seconds.replace(",", "."))
    if len(cell) >= 16 and cell[4:5] == "-":
        try:
            when = datetime.fromisoformat(cell)
        except ValueError:
            return None
        # From a day of its own: seconds since 1970 would cost the microseconds.
        midnight = datetime(2000, 1, 1, tzinfo=when.tzinfo)
        passed = when - midnight
        return passed.days * 86400.0 + passed.seconds + passed.microseconds * 1e-6
    return None


def _is_value(cell: str) -> bool:
    text = cell.strip()
    if text.lower() in _MISSING or _seconds(text) is not None or _DECIMAL_COMMA.match(text):
        return True
    try:
        float(text)
    except ValueError:
        return False
    return True


def _text(path: Path) -> str:
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise InputError(
                f"{path}: {size / 2**20:.0f} MiB; logs of up to {MOST_BYTES // 2**20} MiB are read"
            )
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from error
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encoding = "utf-16"
    elif b"\0" in raw[:4096]:
        raise InputError(f"{path} is no text; export the log as comma-separated values")
    else:
        encoding = "utf-8-sig"
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        return raw.decode("latin-1")  # degree signs of older loggers; what matters is ASCII


def _cells(lines: Sequence[str], separator: str) -> list[list[str]]:
    """Rows of cells. A comment's sign before a head is left out, so that ``# timestamp tx ty tz`` is one."""
    if separator == " ":
        return [line.lstrip("#% ").split() or [""] for line in lines]
    # A quote that is never closed would swallow the rest of the file: every line is read by itself.
    found = []
    for line in lines:
        row = next(csv.reader([line], delimiter=separator, skipinitialspace=True), [])
        if row and row[0].startswith(("# ", "% ")) and len(row) > 1:
            row[0] = row[0][2:]
        found.append(row or [""])
    return found


def _declared_rate_hz(lines: Sequence[str], separator: str) -> float:
    for line in lines:
        cells = [cell for cell in _cells([line], separator if separator != " " else ",")[0] if cell.strip()]
        for at, cell in enumerate(cells):
            name, _, rest = cell.partition(":")
            if not _RATE.search(plain_name(name)[0].replace("_", " ")):
                continue
            text = rest or (cells[at + 1] if at + 1 < len(cells) else "")
            value = re.match(r"\s*(\d+(?:\.\d+)?)", text)
            if value is not None and float(value.group(1)) > 0.0:
                return float(value.group(1))
    return 0.0
