"""The ``iris`` profile: the rules of EA's IRIS, frame by frame, for comparison with what others measured.

It judges the mean of the whole frame and a share of its pixels, as IRIS (github.com/electronicarts/IRIS, BSD-3-Clause)
documents in its README: opposite flashes in two halves of a picture cancel here, and a quarter of the pixels
stands for a solid angle. Use `engine.safety.flash.FlashMeter` to judge a show; use this to see that both read the same
figures out of the same film. Sums run in single precision, as there.
"""

from __future__ import annotations

import json
import math
import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import InputError, Place
from engine.safety.flash.colour import LUMINANCE, RED_SCALE, srgb_table
from engine.safety.flash.values import FlashResult


@dataclass(frozen=True, slots=True)
class IrisSettings:
    """The thresholds of an ``appsettings.json``.

    Parameters
    ----------
    luminance_change, luminance_dark : float
        Least change of the mean relative luminance, and what the darker mean has to lie below.
    red_change, red_dark : float
        The same of the red measure; ``red_dark`` of 321 is above anything there is.
    area : float
        Share of the pixels that have to differ from the frame before.
    allowed, least, warned : int
        Transitions in a second: more than `allowed` fail, from `least` on the extended rule counts, from `warned` on there
        is a warning.
    extended_s, extended_window_s : int
        The extended rule, seconds.
    """

    luminance_change: float = 0.1
    luminance_dark: float = 0.8
    red_change: float = 20.0
    red_dark: float = 321.0
    area: float = 0.25
    allowed: int = 6
    least: int = 4
    warned: int = 4
    extended_s: int = 4
    extended_window_s: int = 5


_KEYS = {
    "luminance_change": ("Luminance", "RelativeLuminanceFlashThreshold"),
    "luminance_dark": ("Luminance", "RelativeDarkLuminanceThreshold"),
    "red_change": ("RedSaturation", "FlashThreshold"),
    "red_dark": ("RedSaturation", "RedDarkThreshold"),
    "area": ("FlashDetection", "AreaProportion"),
    "allowed": ("TransitionTracker", "MaxTransitions"),
    "least": ("TransitionTracker", "MinTransitions"),
    "warned": ("TransitionTracker", "WarningTransitions"),
    "extended_s": ("TransitionTracker", "ExtendedFailSeconds"),
    "extended_window_s": ("TransitionTracker", "ExtendedFailWindow"),
}
# A text is kept as it is; what is no text and begins with two strokes is a remark.
_REMARK = re.compile(r'("(?:[^"\\]|\\.)*")|//[^\r\n]*')


def read_iris_settings(path: Path) -> IrisSettings:
    """Read the settings of IRIS: JSON with ``//`` remarks.

    Raises
    ------
    InputError
        It cannot be read, is not JSON, or a threshold is no number; names the line where there is one.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"the settings cannot be read: {error}", Place(str(path))) from None
    try:
        found: Any = json.loads(_REMARK.sub(lambda match: match.group(1) or "", text))
    except json.JSONDecodeError as error:
        raise InputError(
            f"this is not JSON: {error.msg}", Place(str(path), error.lineno, error.colno)
        ) from None
    settings = IrisSettings()
    for name, (section, key) in _KEYS.items():
        part = found.get(section) if isinstance(found, dict) else None
        if not isinstance(part, dict) or key not in part:
            continue
        value = part[key]
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not math.isfinite(value)
            or value <= 0
        ):
            raise InputError(f"{section}.{key} is {value!r}; a number above 0 is expected", Place(str(path)))
        settings = replace(settings, **{name: type(getattr(settings, name))(value)})
    return settings


@dataclass(frozen=True, slots=True)
class IrisRow:
    """What IRIS writes of one frame: means, areas (shares), differences, running differences, counts and results."""

    frame: int
    luminance: float
    luminance_area: float
    luminance_change: float
    luminance_run: float
    red: float
    red_area: float
    red_change: float
    red_run: float
    luminance_transitions: int
    red_transitions: int
    luminance_extended: int
    red_extended: int
    luminance_result: FlashResult
    red_result: FlashResult


def _row(
    frame: int, light: Sequence[float], red: Sequence[float], counts: Sequence[int], results: Sequence[int]
) -> IrisRow:
    return IrisRow(
        frame,
        light[0],
        light[1],
        light[2],
        light[3],
        red[0],
        red[1],
        red[2],
        red[3],
        counts[0],
        counts[1],
        counts[2],
        counts[3],
        FlashResult(results[0]),
        FlashResult(results[1]),
    )


def parse_iris_csv(data: bytes, path: str = "<memory>") -> list[IrisRow]:
    """Read the rows that IRIS wrote; NUL bytes at the ends of rows and either form of time stamp are taken.

    Raises
    ------
    InputError
        A row has too few columns or a cell is no number; names the line.
    """
    rows: list[IrisRow] = []
    for number, line in enumerate(
        data.replace(b"\0", b"").decode("utf-8-sig", "replace").splitlines(), start=1
    ):
        cells = [cell.strip() for cell in line.split(",")]
        if not line.strip() or cells[0] == "Frame":
            continue
        if len(cells) < 17:
            raise InputError(f"{len(cells)} columns; at least 17 are expected", Place(path, number))
        try:
            # Column 1 is the time stamp, 10 the risk of a pattern.
            light, red = ([float(cell) for cell in cells[first : first + 4]] for first in (2, 6))
            counts = [int(cell) for cell in cells[11:17]]
            rows.append(_row(int(cells[0]), light, red, counts[:4], counts[4:]))
        except ValueError as error:
            raise InputError(f"a cell is no number: {error}", Place(path, number)) from None
    return rows


class _Window:
    """A count of the last n frames."""

    def __init__(self, frames: int) -> None:
        self._frames = frames
        self._marks: deque[bool] = deque()
        self.current = 0

    def push(self, mark: bool) -> int:
        self._marks.append(mark)
        self.current += mark
        if len(self._marks) > self._frames:
            self.current -= self._marks.popleft()
        return self.current


class _Measure:
    """Luminance or red: its mean, how it runs, and when it turned."""

    def __init__(self, rate: int, change: float, dark: float, area: float, rule: IrisSettings) -> None:
        self._rate, self._change, self._dark, self._area, self._rule = rate, change, dark, area, rule
        self._last: NDArray[np.float32] | None = None
        self._run = np.float32(0.0)
        self._steps: deque[np.float32] = deque([np.float32(0.0)])
        self._held = 1
        self.mean = np.float32(0.0)
        self.transitions = _Window(rate)
        self.extended = _Window(rate * rule.extended_window_s)

    def push(self, values: NDArray[np.float32]) -> tuple[float, float, float, float, int, int, FlashResult]:
        """Mean, area, change, running change, transitions, extended count, result."""
        before, last = self.mean, self._last
        self.mean = np.float32(values.mean(dtype=np.float64))
        self._last = values
        if last is None:
            return float(self.mean), 0.0, 0.0, 0.0, 0, 0, FlashResult.PASS
        differing = int(np.count_nonzero(values != last))
        step = self.mean - before if differing >= int(values.size * self._area) else np.float32(0.0)
        turned = self._turned(step, min(before, self.mean))
        count = self.transitions.push(turned)
        extended = self.extended.push(self._rule.least <= count <= self._rule.allowed)
        return (
            float(self.mean),
            differing / values.size,
            float(step),
            float(self._run),
            count,
            extended,
            self._result(count, extended),
        )

    def _turned(self, step: np.float32, darker: np.float32) -> bool:
        run = self._run
        # A change of 0 goes either way: the tendency stays.
        same = (run <= 0 and step <= 0) or (run >= 0 and step >= 0)
        if same:
            held = run
            self._held += 1
            if self._held > self._rate:
                self._held = self._rate
                held = held - self._steps.popleft()
            self._steps.append(step)
            self._run = np.float32(held + step)
        else:
            self._steps = deque([step])
            self._held = 1
            self._run = step
        now = self._run
        again = (run <= 0 and now <= 0) or (run >= 0 and now >= 0)
        if again and abs(run) >= np.float32(self._change):
            return False
        return bool(abs(now) >= np.float32(self._change) and darker < self._dark)

    def _result(self, count: int, extended: int) -> FlashResult:
        rule = self._rule
        if count > rule.allowed:
            return FlashResult.FAIL
        if extended >= rule.extended_s * self._rate and count >= rule.least:
            return FlashResult.EXTENDED
        return FlashResult.WARNING if count >= rule.warned else FlashResult.PASS


class IrisMeter:
    """Judges frames of a steady rate as IRIS does.

    Parameters
    ----------
    rate_hz : float
        Frames a second; rounded to whole frames, as IRIS does.
    settings : IrisSettings
        The thresholds.
    """

    def __init__(self, rate_hz: float, settings: IrisSettings = IrisSettings()) -> None:
        rate = round(rate_hz)
        if rate < 1:
            raise ValueError(f"{rate_hz!r} frames a second; at least 1 is needed")
        self._table = srgb_table()
        self._luminance = _Measure(
            rate, settings.luminance_change, settings.luminance_dark, settings.area, settings
        )
        self._red = _Measure(rate, settings.red_change, settings.red_dark, settings.area, settings)
        self._frame = 0

    def push(self, frame: NDArray[np.uint8]) -> IrisRow:
        """Judge a frame of shape (height, width, 3), red first."""
        self._frame += 1
        linear = self._table[frame]
        red, green, blue = linear[..., 0], linear[..., 1], linear[..., 2]
        luminance = (
            np.float32(LUMINANCE[0]) * red
            + np.float32(LUMINANCE[1]) * green
            + np.float32(LUMINANCE[2]) * blue
        )
        whole = red + green + blue
        saturated = (whole > 0) & (red >= np.float32(0.8) * whole)
        measure = np.where(
            saturated, np.maximum(red - green - blue, 0) * np.float32(RED_SCALE), np.float32(0.0)
        )
        light, reds = self._luminance.push(luminance), self._red.push(measure.astype(np.float32))
        counts = (light[4], reds[4], light[5], reds[5])
        return _row(self._frame, light[:4], reds[:4], counts, (light[6], reds[6]))
