"""The most energy in any second, whatever piece or seam it lies over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.safety.certificate.pieces import Pieces
from engine.safety.paths.values import Windowed

Floats = NDArray[np.float64]

WINDOW_S = 1.0
#: Parts into which a window over a seam is cut; each is rounded up.
_PARTS = 50


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """A piece's weighted signal, squared, and the L2 norm of whatever else may come on top of it."""

    square: Floats
    rate_hz: float
    more: float


def windowed(name: str, pieces: Pieces, courses: Sequence[Course], least_s: Sequence[float]) -> Windowed:
    """Energy, the signal's unit squared times s, in any window of `WINDOW_S`.

    Notes
    -----
    With the energy E of a piece's own course in a window and the norm m of all that comes on top, ``(sqrt E + m)^2`` bounds the whole, by
    Minkowski. Over a seam the window's two parts are bounded each for itself; a position between two of `_PARTS` takes the larger of both
    parts' energies, since both grow with the part.
    """
    sums = [np.concatenate(([0.0], np.cumsum(course.square))) / course.rate_hz for course in courses]
    steps = [max(1, round(WINDOW_S * course.rate_hz)) for course in courses]
    inside, head, tail, total = [], [], [], []
    for number, (course, grown, step) in enumerate(zip(courses, sums, steps, strict=True)):
        most = float((grown[step:] - grown[:-step]).max()) if len(grown) > step else float(grown[-1])
        piece = pieces.pieces[number]
        last = (
            most
            if piece.leave_from_fl < piece.to_fl
            else float(grown[-1] - grown[max(0, len(grown) - 1 - step)])
        )
        inside.append(_with(most, course.more))
        head.append(_with(float(grown[min(step, len(grown) - 1)]), course.more))
        tail.append(_with(last, course.more))
        total.append(_with(float(grown[-1]), course.more))
    across = []
    for way in pieces.ways:
        if way.source < 0:
            across.append(head[way.target] if way.target >= 0 else 0.0)
        elif way.target < 0:
            across.append(tail[way.source])
        elif way.early:
            across.append(tail[way.source] + head[way.target])
        else:
            before = _parts(sums[way.source][::-1][0] - sums[way.source][::-1], steps[way.source])
            after = _parts(sums[way.target], steps[way.target])
            # A window with k to k + 1 parts before the seam has at most _PARTS - k behind it.
            both = [
                _with(before[k + 1], courses[way.source].more)
                + _with(after[_PARTS - k], courses[way.target].more)
                for k in range(_PARTS)
            ]
            across.append(max(both))
    return Windowed(
        name, WINDOW_S, inside, head, tail, total, [max(least, 1e-3) for least in least_s], (), across
    )


def _with(energy: float, more: float) -> float:
    return float((np.sqrt(max(energy, 0.0)) + more) ** 2)


def _parts(grown: Floats, step: int) -> list[float]:
    """Energy within the first 0, 1, ... `_PARTS` parts of a window."""
    return [float(grown[min(len(grown) - 1, -(-step * k // _PARTS))]) for k in range(_PARTS + 1)]
