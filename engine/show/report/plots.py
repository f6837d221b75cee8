"""Curves and histograms as SVG: small multiples, one look, no script."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from engine.show.report.data import Curve, Histogram

_W, _H = 960, 64


def thin(times_s: Sequence[float], values: Sequence[float], most: int = 1200) -> list[tuple[float, float]]:
    """At most `most` points that keep every extreme: per bucket its lowest and highest value, in their order."""
    n = len(times_s)
    if n <= most:
        return list(zip(times_s, values, strict=True))
    size = -(-n // (most // 2))
    kept: list[tuple[float, float]] = []
    for begin in range(0, n, size):
        bucket = range(begin, min(begin + size, n))
        for i in sorted({min(bucket, key=lambda k: values[k]), max(bucket, key=lambda k: values[k])}):
            kept.append((times_s[i], values[i]))
    return kept


def draw_curve(curve: Curve, duration_s: float, seams_s: Sequence[float]) -> str:
    """One commanded quantity with its limits and the seams between scenes."""
    span = (curve.high - curve.low) or 1.0
    scale = _W / max(duration_s, 1e-9)

    def y(value: float) -> float:
        return 4 + (_H - 8) * (1 - min(1.0, max(0.0, (value - curve.low) / span)))

    points = " ".join(f"{t * scale:.1f},{y(v):.1f}" for t, v in thin(curve.times_s, curve.values))
    seams = "".join(
        f'<line x1="{t * scale:.1f}" x2="{t * scale:.1f}" y1="0" y2="{_H}" class="seam"/>' for t in seams_s
    )
    zero = (
        f'<line x1="0" x2="{_W}" y1="{y(0.0):.1f}" y2="{y(0.0):.1f}" class="zero"/>'
        if curve.low < 0 < curve.high
        else ""
    )
    peak = max((abs(v) for v in curve.values), default=0.0)
    return (
        f'<div class="curve"><span class="label">{escape(curve.label)}</span>'
        f'<svg viewBox="0 0 {_W} {_H}" preserveAspectRatio="none">{seams}{zero}<polyline points="{points}"/></svg>'
        f'<span class="range">{curve.low:g}..{curve.high:g} {escape(curve.unit)}<br>peak {peak:.3g}</span></div>'
    )


def draw_histogram(histogram: Histogram) -> str:
    """Counts on a logarithmic height (a single late frame must still be seen) over logarithmic lateness."""
    from math import log10

    top = log10(1 + max(histogram.counts, default=0)) or 1.0
    bars = []
    width = 420 / max(1, len(histogram.counts))
    for i, count in enumerate(histogram.counts):
        height = 70 * log10(1 + count) / top
        title = f"{histogram.edges_us[i]:g}..{histogram.edges_us[i + 1]:g} µs: {count}"
        bars.append(
            f'<rect x="{i * width:.1f}" y="{74 - height:.1f}" width="{max(1.0, width - 1):.1f}" height="{height:.1f}">'
            f"<title>{title}</title></rect>"
        )
    note = (
        "manual clock: never late by construction"
        if histogram.simulated
        else (f"p50 {histogram.p50_us:.0f} µs, p99 {histogram.p99_us:.0f} µs, max {histogram.max_us:.0f} µs")
    )
    return (
        f'<figure class="hist"><figcaption>{escape(histogram.device)} <small>{histogram.frames} frames; {note}</small></figcaption>'
        f'<svg viewBox="0 0 420 76">{"".join(bars)}</svg></figure>'
    )
