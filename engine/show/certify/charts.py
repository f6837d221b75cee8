"""Curves, spectra, bars and the balance chart of a certificate's report, as SVG: no script."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from engine.safety.certificate.balance import CROWDED, Balance
from engine.show.report.plots import thin
from engine.units import MODALITIES

_W = 960
#: One colour a modality, told apart by eye and on paper.
_COLOURS = {
    "motion": "#ff9d4d",
    "haptic": "#e0568b",
    "wind": "#6fc6d8",
    "scent": "#9ccf6a",
    "light": "#f2e27a",
    "water": "#4f83e0",
    "fog": "#9aa4bd",
    "temperature": "#c0653a",
    "audio": "#a98be0",
}
_OTHER = "#8d94a8"

Mark = tuple[float, str]
"""Where a scene begins, s, and its name."""


@dataclass(frozen=True, slots=True)
class Line:
    """A quantity along a path.

    Attributes
    ----------
    label, unit : str
    times_s, values : sequence of float
    limit : float or None
        Drawn across where there is one.
    marks : sequence of (float, str)
        Where scenes begin.
    """

    label: str
    unit: str
    times_s: Sequence[float]
    values: Sequence[float]
    limit: float | None = None
    marks: Sequence[Mark] = ()


@dataclass(frozen=True, slots=True)
class Spectrum:
    """Levels by frequency band.

    Attributes
    ----------
    label, unit : str
    bands_hz : sequence of float
        Centre frequencies, ascending.
    plain, weighted : sequence of float
        r.m.s. as it is, and as the body is moved by it.
    """

    label: str
    unit: str
    bands_hz: Sequence[float]
    plain: Sequence[float]
    weighted: Sequence[float]


def draw_line(line: Line, height: int = 90) -> str:
    """A curve over time with its limit and the scenes below it."""
    end_s = max(line.times_s[-1] if len(line.times_s) else 0.0, 1e-9)
    highest = max([0.0, *map(float, line.values)])
    # A limit far above would press the curve flat: it is told in words then.
    drawn = None if line.limit is None or line.limit > 4.0 * highest > 0.0 else line.limit
    most = max(highest, drawn or 0.0) or 1.0
    least = min([0.0, *map(float, line.values)])
    span = most - least or 1.0

    def y(value: float) -> float:
        return 4 + (height - 8) * (1 - (value - least) / span)

    x = _W / end_s
    points = " ".join(f"{t * x:.1f},{y(v):.1f}" for t, v in thin(line.times_s, line.values))
    marks = "".join(
        f'<line x1="{t * x:.1f}" x2="{t * x:.1f}" y1="0" y2="{height}" class="seam"/>'
        f'<text x="{t * x + 3:.1f}" y="{height + 11}" class="opt">{escape(name)}</text>'
        for t, name in line.marks
    )
    limit = (
        ""
        if drawn is None
        else f'<line x1="0" x2="{_W}" y1="{y(drawn):.1f}" y2="{y(drawn):.1f}" class="limit"/>'
    )
    last = f"{float(line.values[-1]):.3g}" if len(line.values) else "-"
    allowed = "" if line.limit is None else f"<br>allowed {line.limit:g}"
    return (
        f'<div class="curve"><span class="label">{escape(line.label)}</span>'
        f'<svg viewBox="0 0 {_W} {height + 14}" style="height:auto">{marks}{limit}<polyline points="{points}"/></svg>'
        f'<span class="range">end {last} {escape(line.unit)}{allowed}</span></div>'
    )


def draw_spectrum(spectrum: Spectrum) -> str:
    """Third octaves on logarithmic axes: grey as it is, lit as weighted."""
    width, height = 460, 150
    rows = list(zip(spectrum.bands_hz, spectrum.plain, spectrum.weighted, strict=True))
    most = max([*(max(plain, weighted) for _, plain, weighted in rows), 1e-9])
    low = math.log10(most) - 4.0
    step = width / max(1, len(rows))

    def tall(value: float) -> float:
        return 0.0 if value <= 0.0 else max(0.0, (math.log10(value) - low) / 4.0) * (height - 20)

    bars = []
    for number, (hz, plain, weighted) in enumerate(rows):
        left = number * step
        title = f"<title>{hz:.3g} Hz: {plain:.3g}, weighted {weighted:.3g} {escape(spectrum.unit)}</title>"
        bars.append(
            f'<rect x="{left:.1f}" y="{height - 14 - tall(plain):.1f}" width="{step - 1:.1f}" height="{tall(plain):.1f}" '
            f'class="plain">{title}</rect>'
            f'<rect x="{left + 1:.1f}" y="{height - 14 - tall(weighted):.1f}" width="{step - 3:.1f}" '
            f'height="{tall(weighted):.1f}" class="weighted">{title}</rect>'
        )
        if number % 6 == 0:
            bars.append(f'<text x="{left:.1f}" y="{height - 2}" class="opt">{hz:.3g}</text>')
    return (
        f'<figure class="hist spectrum"><figcaption>{escape(spectrum.label)} <small>{escape(spectrum.unit)}, Hz; '
        f"top {most:.3g}, four decades</small></figcaption>"
        f'<svg viewBox="0 0 {width} {height}">{"".join(bars)}</svg></figure>'
    )


def draw_parts(parts: Sequence[tuple[str, float]], unit: str, most: int = 12) -> str:
    """What each scene gives, the largest first."""
    top = max((value for _, value in parts), default=0.0)
    rows = []
    for name, value in parts[:most]:
        share = 0.0 if top <= 0.0 else max(0.0, value / top)
        rows.append(
            f'<div class="part"><span>{escape(name)}</span><i style="width:{share * 100:.1f}%"></i>'
            f"<b>{value:.3g} {escape(unit)}</b></div>"
        )
    left = len(parts) - most
    return "".join(rows) + (f"<p class='none'>+ {left}</p>" if left > 0 else "")


def draw_balance(balance: Balance, title: str) -> str:
    """Effects stacked by modality over the words they accompany; red where words are crowded out, hatched where nothing happens."""
    height = 110
    times = balance.times_s
    end_s = float(times[-1]) if len(times) else 1e-9
    x = _W / max(end_s, 1e-9)
    top = max(CROWDED * 1.5, float(balance.load.max(initial=0.0)))
    keep = np.arange(0, len(times), max(1, len(times) // 480))
    floor = np.zeros(len(keep))
    areas = []
    for column, name in enumerate(MODALITIES):
        part = _peaks(balance.loads[:, column], keep)
        if not part.any():
            continue
        ceiling = floor + part
        up = [f"{times[i] * x:.1f},{height * (1 - v / top):.1f}" for i, v in zip(keep, ceiling, strict=True)]
        down = [f"{times[i] * x:.1f},{height * (1 - v / top):.1f}" for i, v in zip(keep, floor, strict=True)]
        colour = _COLOURS.get(name, _OTHER)
        areas.append(
            f'<polygon points="{" ".join([*up, *reversed(down)])}" fill="{colour}" opacity=".85"><title>{name}</title></polygon>'
        )
        floor = ceiling
    told = _runs(times, balance.told)
    words = "".join(
        f'<rect x="{a * x:.1f}" y="{height + 2}" width="{max(1.0, (b - a) * x):.1f}" height="6" class="told"/>'
        for a, b in told
    )
    crowded = "".join(
        f'<rect x="{line.from_s * x:.1f}" y="0" width="{max(1.0, (line.to_s - line.from_s) * x):.1f}" height="{height + 8}" '
        f'class="crowded"><title>{escape(line.line)}: {line.share:.0%}</title></rect>'
        for line in balance.crowded
    )
    empty = "".join(
        f'<rect x="{a * x:.1f}" y="0" width="{(b - a) * x:.1f}" height="{height}" class="empty"/>'
        for a, b in balance.empty
    )
    level = f'<line x1="0" x2="{_W}" y1="{height * (1 - CROWDED / top):.1f}" y2="{height * (1 - CROWDED / top):.1f}" class="limit"/>'
    said = [f"{len(balance.crowded)} crowded"] if balance.crowded else []
    said += [f"{len(balance.empty)} empty"] if balance.empty else []
    return (
        f'<div class="curve"><span class="label">{escape(title)}</span>'
        f'<svg viewBox="0 0 {_W} {height + 10}" style="height:auto">{empty}{"".join(areas)}{level}{words}{crowded}</svg>'
        f'<span class="range">{end_s:.0f} s<br>{", ".join(said)}</span></div>'
    )


def draw_key() -> str:
    """Which colour is which modality."""
    names = [name for name in MODALITIES if name in _COLOURS]
    return (
        '<p class="key">'
        + "".join(f'<i style="background:{_COLOURS[name]}"></i>{name} ' for name in names)
        + "</p>"
    )


def _peaks(values: np.ndarray, keep: np.ndarray) -> np.ndarray:
    """The highest of each stretch between two instants that are kept: a peak is not lost between them."""
    return np.maximum.reduceat(values, keep) if len(keep) else values[:0]


def _runs(times: np.ndarray, on: np.ndarray) -> list[tuple[float, float]]:
    edges = np.flatnonzero(np.diff(np.concatenate(([False], on, [False])).astype(np.int8))).reshape(-1, 2)
    return [(float(times[first]), float(times[min(last, len(times) - 1)])) for first, last in edges]
