"""Reads a motion log: its table into force, turning and pose of the guest, in the engine's axes, signs and units.

Everything that is wrong is said at once, with its line; everything that is mended or assumed is said as a warning of the result.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from engine.errors import PackageError, Place, Problem
from engine.experience.telemetry.columns import Column, Kind
from engine.experience.telemetry.frames import Frame, parse_frame
from engine.experience.telemetry.orientation import angles_of, gravity_in, matrices_of
from engine.experience.telemetry.table import Table, numbers, read_table
from engine.experience.telemetry.values import GRAVITY_MPS2, Floats, Telemetry

LONGEST_HOLE_S = 1.0
"""Values that are missing for longer are not made up."""

_MOST_SAID = 20
_MOST = {"force": (500.0, "m/s2"), "turn": (5000.0, "deg/s"), "place": (1e6, "m"), "angle": (1e6, "deg")}
"""What no ride does: a wrong unit, most likely."""


def read_telemetry(path: str | Path, *, frame: str = "") -> Telemetry:
    """Read a motion log.

    Parameters
    ----------
    path : str or Path
        Comma-, semicolon-, tab- or space-separated values, with a head that names columns and their units.
    frame : str
        Axes and signs of the log, see `engine.experience.telemetry.frames`; "" is the engine's own.

    Returns
    -------
    Telemetry
        At the log's own times.

    Raises
    ------
    InputError
        A file that cannot be read, is no text, has no head; a frame that is not understood.
    PackageError
        Which is an InputError, with every mistake of the table and its line: unknown units, cells that are no numbers, times that run
        backwards, holes longer than `LONGEST_HOLE_S`, values beyond what any ride does, accelerations against the frame.

    Notes
    -----
    Rows of one time are averaged (loggers merge sensors of different rates so), missing values are interpolated linearly. Accelerations
    without gravity get it by the log's attitude, or as if the guest sat level where it has none.
    """
    source = Path(path)
    axes = parse_frame(frame, Place(str(source)))
    return _Reader(source, axes).read()


class _Reader:
    def __init__(self, path: Path, frame: Frame) -> None:
        self._path = path
        self._frame = frame
        self._table: Table = read_table(path, frame)
        self._problems: list[Problem] = []

    def read(self) -> Telemetry:
        table = self._table
        for text in table.problems:
            self._say(table.head_line, text)
        if table.ignored:
            names = ", ".join(table.ignored[:12]) + (", ..." if len(table.ignored) > 12 else "")
            self._warn(table.head_line, f"columns that are not used: {names}")
        self._check_columns()
        times_s, lines, values = self._values()
        self._stop_if_wrong()
        times_s, lines, values = self._ordered(times_s, lines, values)
        self._stop_if_wrong()
        filled = {column: self._filled(column, times_s, lines, values[column]) for column in values}
        self._stop_if_wrong()
        poses, turned = self._poses(filled)
        turn = self._vector("turn", filled)
        force = self._force(filled, turned)
        self._stop_if_wrong()
        return Telemetry(times_s, force, turn, poses, tuple(self._problems))

    # ---- columns and cells -----------------------------------------------------------------------------------

    def _check_columns(self) -> None:
        table = self._table
        seen: dict[object, Column] = {}
        for column in table.columns:
            axis = column.axis if column.named or column.kind == "quaternion" else ("own", column.axis)
            before = seen.setdefault((column.kind, axis), column)
            if before is not column and column.kind != "time":
                self._say(
                    table.head_line,
                    f"'{column.name.strip()}' and '{before.name.strip()}' are the same quantity",
                    "Leave one of them out",
                )
        kinds = {column.kind for column in table.columns}
        if not kinds - {"time"} and not table.problems:
            self._say(table.head_line, "no column of acceleration, angular rate, position or angle is named")
        if "time" not in kinds and not table.rate_hz:
            self._say(
                table.head_line,
                "no column of time",
                "Name one 'time [s]', or write 'sample rate: 100' above the head",
            )
        quaternion = [column for column in table.columns if column.kind == "quaternion"]
        if quaternion and len({column.axis for column in quaternion}) != 4:
            self._say(
                table.head_line, f"a quaternion has four parts, w, x, y, z; there are {len(quaternion)}"
            )
        if not table.rows:
            self._say(table.head_line, "there is nothing below the head")

    def _values(self) -> tuple[Floats, list[int], dict[Column, Floats]]:
        table = self._table
        widths = 1 + max((column.index for column in table.columns), default=0)
        rows = [row if len(row) >= widths else [*row, *[""] * (widths - len(row))] for row in table.rows]
        timed = next((column for column in table.columns if column.kind == "time"), None)
        values: dict[Column, Floats] = {}
        wrong: list[tuple[int, str, str]] = []
        times_s = np.arange(len(rows)) / (table.rate_hz or 1.0)
        for column in table.columns:
            if column.kind == "time" and column is not timed:
                continue
            cells = [row[column.index] for row in rows]
            if column is timed:
                made, bad = self._times(column, cells)
                times_s = made
            else:
                made, bad = numbers(cells, table.lines, comma=table.comma)
                values[column] = made * column.factor
                if column.kind == "angle":  # before anything is averaged or filled in between 359 and 1
                    known = np.isfinite(made)
                    values[column][known] = np.unwrap(values[column][known], period=360.0)
                self._check_range(column, values[column])
            wrong += [(line, cell, column.name.strip()) for line, cell in bad]
        for line, cell, name in sorted(wrong)[:_MOST_SAID]:
            what = "is not finite" if "inf" in cell.lower() else "is no number"
            self._say(
                line, f"'{cell[:40]}' under '{name}' {what}", "Leave the cell empty where the sensor failed"
            )
        if len(wrong) > _MOST_SAID:
            self._say(wrong[-1][0], f"{len(wrong) - _MOST_SAID} more cells that are no numbers")
        return times_s, list(table.lines), values

    def _times(self, column: Column, cells: Sequence[str]) -> tuple[Floats, list[tuple[int, str]]]:
        """Seconds from the first row. Whole numbers are taken apart exactly: nanoseconds since 1970 have more digits than a float."""
        table = self._table
        stripped = [cell.strip() for cell in cells]
        if stripped and all(cell.lstrip("+-").isdecimal() for cell in stripped):
            whole = [int(cell) for cell in stripped]
            return np.array([value - whole[0] for value in whole], dtype=np.float64) * column.factor, []
        made, bad = numbers(cells, table.lines, comma=table.comma, clock=True)
        known = made[np.isfinite(made)]
        made = (made - (known[0] if known.size else 0.0)) * column.factor
        for line in [line for line, value in zip(table.lines, made, strict=True) if np.isnan(value)][
            :_MOST_SAID
        ]:
            if line not in {at for at, _ in bad}:
                self._say(line, "a row without a time", "Remove it, or write its time")
        return made, bad

    def _check_range(self, column: Column, values: Floats) -> None:
        if column.kind not in _MOST:
            return
        most, unit = _MOST[column.kind]
        over = np.flatnonzero(np.abs(values) > most)
        if over.size:
            at = int(over[0])
            self._say(
                self._table.lines[at],
                f"'{column.name.strip()}' is {values[at]:g} {unit} here ({over.size} rows beyond {most:g} {unit})",
                "Is its unit right?",
            )

    # ---- times -----------------------------------------------------------------------------------------------

    def _ordered(
        self, times_s: Floats, lines: list[int], values: dict[Column, Floats]
    ) -> tuple[Floats, list[int], dict[Column, Floats]]:
        steps = np.diff(times_s)
        back = np.flatnonzero(steps < 0.0)
        for at in back[:_MOST_SAID]:
            self._say(
                lines[at + 1],
                f"time runs back by {-steps[at]:g} s, from {times_s[at]:g} s to {times_s[at + 1]:g} s after the start",
                "Cut the log there: two recordings are two logs",
            )
        if back.size > _MOST_SAID:
            self._say(lines[back[-1] + 1], f"{back.size - _MOST_SAID} more rows whose time runs back")
        if back.size:
            return times_s, lines, values
        same = np.flatnonzero(steps == 0.0)
        if same.size:
            self._warn(
                lines[same[0] + 1], f"{same.size} rows of a time that was there already", "they are averaged"
            )
            groups = np.concatenate(([0], np.cumsum(steps > 0.0)))
            keep = np.concatenate(([0], np.flatnonzero(steps > 0.0) + 1))
            values = {column: _grouped(groups, rows, len(keep)) for column, rows in values.items()}
            times_s, lines = times_s[keep], [lines[at] for at in keep]
        usual_s = float(np.median(np.diff(times_s))) if len(times_s) > 1 else 0.0
        gaps = (
            np.flatnonzero(np.diff(times_s) > max(5.0 * usual_s, 0.1)) if usual_s else np.zeros(0, dtype=int)
        )
        for at in gaps[:_MOST_SAID]:
            self._warn(
                lines[at + 1],
                f"{times_s[at + 1] - times_s[at]:.3g} s without a sample (usually {usual_s:.3g} s)",
                "what lies between is drawn straight",
            )
        return times_s - times_s[0], lines, values

    def _filled(self, column: Column, times_s: Floats, lines: list[int], values: Floats) -> Floats:
        """Without holes; those that are too long to be filled are said."""
        known = np.flatnonzero(np.isfinite(values))
        name = column.name.strip()
        if not known.size:
            self._say(self._table.head_line, f"'{name}' has no value in any row", "Leave the column out")
            return np.zeros_like(values)
        if known.size == len(values):
            return values
        at_s = np.concatenate((times_s[:1], times_s[known], times_s[-1:]))
        for hole in np.flatnonzero(np.diff(at_s) > LONGEST_HOLE_S):
            first = 0 if hole == 0 else known[hole - 1] + 1
            after = known[hole] if hole < known.size else len(values)
            if after > first:  # a gap of all columns is said elsewhere
                self._say(
                    lines[first],
                    f"'{name}' is missing for {at_s[hole + 1] - at_s[hole]:.3g} s from here",
                    f"Up to {LONGEST_HOLE_S:g} s is filled in; cut the log, or leave the column out",
                )
        missing = len(values) - known.size
        first_line = lines[int(np.flatnonzero(~np.isfinite(values))[0])]
        self._warn(
            first_line,
            f"'{name}' is missing in {missing} of {len(values)} rows, here first",
            "filled in linearly",
        )
        return np.interp(times_s, times_s[known], values[known])

    # ---- quantities ------------------------------------------------------------------------------------------

    def _vector(self, kind: Kind, filled: dict[Column, Floats]) -> Floats | None:
        """Components right, forward, up (or about them) of a quantity; zero where the log has none; None without any."""
        found = [(column, rows) for column, rows in filled.items() if column.kind == kind]
        if not found:
            return None
        made = np.zeros((len(found[0][1]), 3))
        for column, rows in found:
            axis, sign = self._placed(column)
            made[:, axis] += sign * rows
        absent = [
            name
            for axis, name in enumerate(("right", "forward", "up"))
            if not any(self._placed(column)[0] == axis for column, _ in found)
        ]
        if absent and kind != "force":
            what = "turning about" if kind in ("turn", "angle") else "position along"
            self._warn(self._table.head_line, f"no {what} {' and '.join(absent)}", "taken as 0")
        return made

    def _placed(self, column: Column) -> tuple[int, int]:
        """The engine's axis of a column, and its sign."""
        frame = self._frame
        turning = column.kind in ("turn", "angle")
        if column.heading:
            return 2, -1
        if column.named:
            return column.axis, frame.sign_about(column.axis) if turning else frame.sign_along(column.axis)
        axis, sign = frame.axes[column.axis]
        return axis, sign * (frame.hand if turning else 1)

    def _poses(self, filled: dict[Column, Floats]) -> tuple[Floats | None, Floats | None]:
        """Poses, and rotation matrices of the attitude where there is one."""
        place = self._vector("place", filled)
        quaternion = {column.axis: rows for column, rows in filled.items() if column.kind == "quaternion"}
        angles = self._vector("angle", filled) if not quaternion else None
        if quaternion:
            parts = np.stack([quaternion[axis] for axis in range(4)], axis=1)
            length = np.linalg.norm(parts, axis=1)
            if (length < 0.5).any():
                at = int(np.argmin(length))
                self._say(self._table.lines[at], f"a quaternion of length {length[at]:.3g}; it has to be 1")
                return None, None
            found, steep = angles_of(parts / length[:, None], self._frame.matrix)
            if steep:
                self._warn(
                    self._table.head_line,
                    f"{steep} rows stand on end",
                    "their roll and yaw are not told apart",
                )
            angles = found
        if place is None and angles is None:
            return None, None
        count = len(place) if place is not None else len(angles) if angles is not None else 0
        poses = np.zeros((count, 6))
        if place is not None:
            poses[:, 0], poses[:, 1], poses[:, 2] = place[:, 1], place[:, 0], place[:, 2]
        if angles is None:
            return poses, None
        poses[:, 3], poses[:, 4], poses[:, 5] = angles[:, 1], angles[:, 0], angles[:, 2]
        return poses, matrices_of(angles)

    def _force(self, filled: dict[Column, Floats], turned: Floats | None) -> Floats | None:
        made = self._vector("force", filled)
        if made is None:
            return None
        line = self._table.head_line
        columns = [column for column in filled if column.kind == "force"]
        gravity = self._frame.gravity or next((column.gravity for column in columns if column.gravity), "")
        upright = any(self._placed(column)[0] == 2 for column in columns)
        if not upright:
            self._warn(line, "no acceleration upward", "taken as gravity's alone")
            made[:, 2] = 0.0 if gravity == "inverted" else GRAVITY_MPS2
            if gravity == "inverted":
                made[:, :2] *= -1.0
                made[:, 2] = GRAVITY_MPS2
            return made
        mean = float(made[:, 2].mean())
        if gravity == "inverted":
            made, mean = -made, -mean
        if not gravity:
            gravity = "in" if mean > 0.5 * GRAVITY_MPS2 else "free"
            if mean >= -0.5 * GRAVITY_MPS2:
                what = "with gravity" if gravity == "in" else "without gravity"
                self._warn(
                    line,
                    f"accelerations are taken as {what}: upward they average {mean:.2f} m/s2",
                    "say `gravity` or `free` in the frame",
                )
        if mean < -0.5 * GRAVITY_MPS2:
            self._say(
                line,
                f"accelerations upward average {mean:.2f} m/s2, as if the guest hung head down",
                "Mend the frame: another direction of that axis, or `inverted` for a sensor that counts gravity downward",
            )
        if gravity == "free":
            if turned is None:
                self._warn(
                    line, "accelerations without gravity and no attitude", "the guest is taken to sit level"
                )
                made[:, 2] += GRAVITY_MPS2
            else:
                made += gravity_in(turned)
        return made

    # ---- messages --------------------------------------------------------------------------------------------

    def _say(self, line: int, message: str, hint: str = "") -> None:
        self._problems.append(Problem(Place(str(self._path), line), message, hint, code="telemetry"))

    def _warn(self, line: int, message: str, hint: str = "") -> None:
        self._problems.append(Problem(Place(str(self._path), line), message, hint, "warning", "telemetry"))

    def _stop_if_wrong(self) -> None:
        if any(problem.severity == "error" for problem in self._problems):
            raise PackageError(self._problems)


def _grouped(groups: np.ndarray, rows: Floats, count: int) -> Floats:
    """Mean of what is known in each group; NaN where nothing is."""
    known = np.isfinite(rows)
    total = np.bincount(groups, weights=np.where(known, rows, 0.0), minlength=count)
    number = np.bincount(groups, weights=known, minlength=count)
    return np.divide(total, number, out=np.full(count, np.nan), where=number > 0)
