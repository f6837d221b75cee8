"""How good the head is between the directions it was measured in, and how long it takes to lay it out.

    python -m engine.bench.audio_hrtf [--sofa my_ears.sofa]

Leaves measured directions out one at a time and asks the others for them, in three ways: logarithms of magnitudes and times between the
ears blended (as the engine does), impulse responses blended as they are, and the nearest one taken. Prints JSON lines: log-spectral
distortion from 0.2 to 16 kHz with the level taken off, error of the time between the ears, then what `HeadGrid` costs once per output.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.audio.block import SAMPLE_RATE_HZ
from engine.audio.hrtf import HeadGrid, MeasuredHead
from engine.audio.hrtf.hull import around
from engine.audio.hrtf.itd import itd_s
from engine.audio.hrtf.minimum_phase import CEPSTRUM, log_magnitude, minimum_phase
from engine.time.clocks import MonotonicClock

Values = NDArray[np.float64]

_LENGTH = CEPSTRUM
_LOW_HZ, _HIGH_HZ = 200.0, 16_000.0
_DIRECTIONS = 105


def some_of(measured: MeasuredHead, count: int) -> NDArray[np.int64]:
    """Rows of directions from -30 to 60 degrees of elevation, evenly out of their list."""
    up_deg = np.degrees(np.arcsin(np.clip(measured.directions[:, 2], -1.0, 1.0)))
    rows = np.flatnonzero((up_deg >= -30.0) & (up_deg <= 60.0))
    return rows[np.linspace(0, len(rows) - 1, min(count, len(rows))).astype(np.int64)]


def left_out(measured: MeasuredHead, rows: NDArray[np.int64]) -> dict[str, dict[str, float]]:
    """Errors of each way, left-out direction by left-out direction.

    Parameters
    ----------
    measured : MeasuredHead
    rows : ndarray of int64, shape (K,)
        Which are left out, one at a time.

    Returns
    -------
    dict
        Of each way: ``lsd_db``, ``lsd_p95_db``, and ``itd_us``, ``itd_p95_us`` where it has a time of its own.
    """
    heard = measured.responses[..., :_LENGTH]
    logs = log_magnitude(heard)
    bare = minimum_phase(logs, 256).astype(np.float64)
    late_us = 1e6 * itd_s(heard, SAMPLE_RATE_HZ, bare)
    hz = np.fft.rfftfreq(_LENGTH, 1.0 / SAMPLE_RATE_HZ)
    use = (hz >= _LOW_HZ) & (hz <= _HIGH_HZ)
    db: dict[str, list[Values]] = {"log magnitude": [], "responses": [], "nearest": []}
    us: dict[str, list[float]] = {"log magnitude": [], "nearest": []}
    for row in rows:
        others = np.delete(np.arange(len(measured.directions)), row)
        index, weight = around(measured.directions[others], measured.directions[row : row + 1])
        three, shares = others[index[0]], weight[0]
        nearest = others[np.argmax(measured.directions[others] @ measured.directions[row])]
        found = {
            "log magnitude": np.tensordot(shares, logs[three], 1),
            "responses": log_magnitude(np.tensordot(shares, heard[three], 1)),
            "nearest": logs[nearest],
        }
        for way, log in found.items():
            off_db = 20.0 / np.log(10.0) * (log - logs[row])[:, use]
            db[way].append(off_db.std(axis=-1))
        us["log magnitude"].append(abs(float(shares @ late_us[three]) - float(late_us[row])))
        us["nearest"].append(abs(float(late_us[nearest] - late_us[row])))
    figures = {
        way: {"lsd_db": float(np.mean(all_of)), "lsd_p95_db": float(np.quantile(all_of, 0.95))}
        for way, all_of in db.items()
    }
    for way, errors in us.items():
        figures[way] |= {"itd_us": float(np.mean(errors)), "itd_p95_us": float(np.quantile(errors, 0.95))}
    return figures


def build_ms(measured: MeasuredHead, times: int) -> tuple[float, float]:
    """First and quickest of several tables, in milliseconds (the first one imports)."""
    clock = MonotonicClock()
    took_ms = []
    for _ in range(times):
        begin_ns = clock.now_ns()
        HeadGrid(measured)
        took_ms.append((clock.now_ns() - begin_ns) / 1e6)
    return took_ms[0], min(took_ms)


def _say(**line: object) -> None:
    print(json.dumps({"bench": "audio_hrtf", **line}), flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it."""
    from engine.audio.hrtf.apart import read_sofa_apart
    from engine.audio.hrtf.shipped import shipped_head

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sofa", default="", help="another head (default the engine's)")
    parser.add_argument(
        "--directions", type=int, default=_DIRECTIONS, help=f"to leave out (default {_DIRECTIONS})"
    )
    options = parser.parse_args(arguments)
    measured = read_sofa_apart(options.sofa) if options.sofa else shipped_head()
    first_ms, quickest_ms = build_ms(measured, 3)
    _say(
        head=measured.name,
        directions=len(measured.directions),
        build_first_ms=round(first_ms),
        build_ms=round(quickest_ms),
    )
    rows = some_of(measured, options.directions)
    for way, figures in left_out(measured, rows).items():
        _say(left_out=len(rows), way=way, **{name: round(value, 2) for name, value in figures.items()})
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
