"""Curves for people: what was to be felt beside what the seat gives, and the error a guest would feel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

import numpy as np

from engine.motion.cueing.apply import MotionFit
from engine.motion.cueing.perception import FORCE_THRESHOLD_MPS2, TURN_THRESHOLD_DPS
from engine.motion.cueing.values import FORCE_AXES, GRAVITY_MPS2, TURN_AXES, Floats
from engine.time.flicks import FLICKS_PER_SECOND

_W, _H = 960, 96
_MOST = 600
_WORDS = {
    "en": {
        "wanted": "wanted",
        "given": "given",
        "error": "felt error",
        "force": "force",
        "turn": "turning",
        "right": "right",
        "forward": "forward",
        "up": "up",
        "pitch": "nose up",
        "roll": "right side down",
        "yaw": "to the left",
        "summary": "felt error {error:.2g} thresholds r.m.s. (seat at rest {standing:.2g}), noticed {noticed:.0%} of the time",
    },
    "zh": {
        "wanted": "期望",
        "given": "实际给出",
        "error": "可感误差",
        "force": "力感",
        "turn": "转动",
        "right": "向右",
        "forward": "向前",
        "up": "向上",
        "pitch": "抬头",
        "roll": "右倾",
        "yaw": "左转",
        "summary": "可感误差均方根 {error:.2g} 个阈值（座椅不动时 {standing:.2g}），{noticed:.0%} 的时间可被察觉",
    },
}
_WORDS["both"] = {name: f"{text} {_WORDS['zh'][name]}" for name, text in _WORDS["en"].items()}


@dataclass(frozen=True, slots=True, eq=False)
class CueingPlot:
    """Arrays of one component of one fit.

    Attributes
    ----------
    label : str
        ``forward``, ``pitch``: of `FORCE_AXES` and `TURN_AXES`.
    unit : str
        ``m/s2`` (beyond gravity) or ``deg/s``.
    times_s : float64[N]
        Scene time.
    wanted, given, error : float64[N]
        `error` as the inner ear has it (`engine.motion.cueing.perception`).
    threshold : float
        Of the error, in the unit.
    """

    label: str
    unit: str
    times_s: Floats
    wanted: Floats
    given: Floats
    error: Floats
    threshold: float


def plots_of(fit: MotionFit) -> tuple[CueingPlot, ...]:
    """The six components of a fit, force first."""
    times_s = fit.from_fl / FLICKS_PER_SECOND + np.arange(len(fit.wanted)) / fit.wanted.rate_hz
    rest = (0.0, 0.0, GRAVITY_MPS2)
    force = tuple(
        CueingPlot(
            name,
            "m/s2",
            times_s,
            fit.wanted.force_mps2[:, number] - rest[number],
            fit.given.force_mps2[:, number] - rest[number],
            fit.error.force_mps2[:, number],
            FORCE_THRESHOLD_MPS2[number],
        )
        for number, name in enumerate(FORCE_AXES)
    )
    turn = tuple(
        CueingPlot(
            name,
            "deg/s",
            times_s,
            fit.wanted.turn_dps[:, number],
            fit.given.turn_dps[:, number],
            fit.error.turn_dps[:, number],
            TURN_THRESHOLD_DPS[number],
        )
        for number, name in enumerate(TURN_AXES)
    )
    return force + turn


def draw_fit(fits: Sequence[MotionFit], locale: str = "en") -> str:
    """One SVG figure a component that matters, of the stretches of one motion; no script, colours by CSS classes with defaults.

    Parameters
    ----------
    fits
        Stretches of one track, ascending; at least one.
    locale
        ``en``, ``zh`` or ``both``; others are told in English.

    Returns
    -------
    str
        HTML: a figure with its summary in the caption.
    """
    words = _WORDS.get(locale, _WORDS["en"])
    columns = list(zip(*(plots_of(fit) for fit in fits), strict=True))
    rows = [_row(parts, words) for parts in columns if any(_matters(part) for part in parts)]
    total = sum(len(fit.wanted) for fit in fits)
    error, standing = (
        float(np.sqrt(sum(getattr(fit, name).over_rms ** 2 * len(fit.wanted) for fit in fits) / total))
        for name in ("error", "standing")
    )
    noticed = sum(fit.error.noticed * len(fit.wanted) for fit in fits) / total
    first = fits[0]
    name = (
        f"{first.scene} · {first.reaction} · {first.role} #{first.track + 1}"
        if first.reaction
        else f"{first.scene} · {first.role} #{first.track + 1}"
    )
    summary = words["summary"].format(error=error, standing=standing, noticed=noticed)
    legend = (
        f'<span class="wanted" style="color:#888">{words["wanted"]}</span> · '
        f'<span class="given" style="color:#06c">{words["given"]}</span> · '
        f'<span class="error" style="color:#c30">{words["error"]}</span>'
    )
    return (
        f'<figure class="cueing"><figcaption>{escape(name)} ({escape(first.cueing)}) <small>{escape(summary)}</small>'
        f"<br><small>{legend}</small></figcaption>{''.join(rows)}</figure>"
    )


def _matters(part: CueingPlot) -> bool:
    """Whether anything is asked or given that a person could notice a tenth of."""
    return bool(max(np.abs(part.wanted).max(), np.abs(part.given).max()) > 0.1 * part.threshold)


def _row(parts: Sequence[CueingPlot], words: dict[str, str]) -> str:
    first, last = parts[0], parts[-1]
    begin_s, end_s = float(first.times_s[0]), float(last.times_s[-1])
    peak = max(
        float(np.abs(values).max()) for part in parts for values in (part.wanted, part.given, part.error)
    )
    peak = max(peak, first.threshold) * 1.05
    scale = _W / max(end_s - begin_s, 1e-9)

    def points(times_s: Floats, values: Floats) -> str:
        return " ".join(
            f"{(t - begin_s) * scale:.1f},{_H / 2 - v / peak * (_H / 2 - 2):.1f}"
            for t, v in _thin(times_s, values)
        )

    lines = "".join(
        f'<polyline class="{name}" fill="none" stroke="{colour}" vector-effect="non-scaling-stroke"'
        f' points="{points(part.times_s, getattr(part, name))}"/>'
        for name, colour in (("wanted", "#888"), ("given", "#06c"), ("error", "#c30"))
        for part in parts
    )
    band = first.threshold / peak * (_H / 2 - 2)
    kind = words["force"] if first.unit == "m/s2" else words["turn"]
    return (
        f'<div class="curve"><span class="label">{kind}: {words[first.label]}</span>'
        f'<svg viewBox="0 0 {_W} {_H}" preserveAspectRatio="none">'
        f'<rect class="threshold" fill="#c301" x="0" width="{_W}" y="{_H / 2 - band:.1f}" height="{2 * band:.1f}"/>{lines}</svg>'
        f'<span class="range">±{peak:.3g} {escape(first.unit)}</span></div>'
    )


def _thin(times_s: Floats, values: Floats) -> list[tuple[float, float]]:
    """At most `_MOST` points that keep every extreme."""
    n = len(times_s)
    if n <= _MOST:
        return list(zip(times_s.tolist(), values.tolist(), strict=True))
    edges = np.linspace(0, n, _MOST // 2 + 1).astype(int)
    kept: list[tuple[float, float]] = []
    for low, high in pairwise(edges):
        part = values[low:high]
        for index in sorted({low + int(part.argmin()), low + int(part.argmax())}):
            kept.append((float(times_s[index]), float(values[index])))
    return kept
