"""Exposure: how much faster than real time a core weighs and measures what seats do, against numpy's own sum of squares.

Run ``python -m engine.bench.exposure``. Prints one JSON line for each way. One thread; the best of several rounds, since what disturbs a
round only ever makes it slower.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable, Iterator
from typing import Any, TextIO

import numpy as np

from engine.motion.exposure.guest import guest_motion
from engine.motion.exposure.meter import DoseMeter
from engine.motion.exposure.metrics import vibration
from engine.motion.exposure.norms import Ringing
from engine.time.clocks import Clock, MonotonicClock

SECONDS = 120
ROUNDS = 5
SEATS = 1000
RATE_HZ = 2000.0


def measure(
    seconds: int = SECONDS, rounds: int = ROUNDS, seats: int = SEATS, clock: Clock | None = None
) -> Iterator[dict[str, Any]]:
    """One row for each way.

    Parameters
    ----------
    seconds : int
        Length of the ride.
    rounds : int
        The best one counts.
    seats : int
        Of the meter that runs beside a show.
    clock : Clock or None
        Default the monotonic clock.
    """
    watch = MonotonicClock() if clock is None else clock

    def best_s(work: Callable[[], object]) -> float:
        found = math.inf
        for _ in range(rounds):
            begin_ns = watch.now_ns()
            work()
            found = min(found, (watch.now_ns() - begin_ns) / 1e9)
        return max(found, 1e-9)

    draw = np.random.default_rng(8)
    signal = draw.standard_normal((3, round(seconds * RATE_HZ)))
    control_s = best_s(lambda: (signal * signal).sum(axis=-1))

    def three_axes() -> object:
        return [vibration(row, name, RATE_HZ) for row, name in zip(signal, ("Wd", "Wd", "Wk"), strict=True)]

    kinds = {name: Ringing(name, RATE_HZ) for name in ("Wd", "Wk", "Wf")}

    def additive() -> object:
        return [kinds["Wd"].weigh(signal[:2]), kinds["Wk"].weigh(signal[2]), kinds["Wf"].weigh(signal[2])]

    poses = np.cumsum(np.cumsum(draw.standard_normal((seconds * 100, 6)), axis=0), axis=0) * 1e-6
    for what, work in (
        ("a_w, MTVV, VDV, crest of x, y, z", three_axes),
        ("norms and ringing of x, y, z and sickness", additive),
        (
            "accelerations at the head from poses at 100 Hz",
            lambda: guest_motion(poses, 0.01, (0.0, 0.1, 1.2)),
        ),
    ):
        taken_s = best_s(work)
        yield {
            "bench": "exposure",
            "what": what,
            "times_real_time": round(seconds / taken_s, 1),
            "wanted": 100,
            "control": "sum of squares of the same three signals",
            "control_ratio": round(taken_s / control_s, 1),
        }
    steps, block = 200, 50
    rows = draw.standard_normal((steps, seats, 6)) * 0.01
    together = DoseMeter(seats, 100.0, np.zeros((seats, 3)))
    each = [DoseMeter(1, 100.0, np.zeros((1, 3))) for _ in range(seats)]

    def in_one() -> None:
        for begin in range(0, steps, block):
            together.push(rows[begin : begin + block])

    def one_by_one() -> None:
        for begin in range(0, steps, block):
            for seat, meter in enumerate(each):
                meter.push(rows[begin : begin + block, seat : seat + 1])

    for what, run in (("in one meter", in_one), ("a meter each, as a bus has them", one_by_one)):
        taken_s = best_s(run)
        yield {
            "bench": "exposure",
            "what": f"doses of {seats} seats at 100 Hz, {block} samples at a time, {what}",
            "share_of_a_core": round(taken_s / (steps / 100.0), 4),
            "us_per_seat_and_sample": round(1e6 * taken_s / steps / seats, 3),
        }


def main(arguments: list[str] | None = None, out: TextIO = sys.stdout) -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=int, default=SECONDS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    asked = parser.parse_args(arguments)
    for row in measure(asked.seconds, asked.rounds):
        out.write(json.dumps(row) + "\n")
        out.flush()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
