"""What the governor takes of one core: a thousand six-axis seats at 1 kHz, with the legs of a hexapod under each.

    python -m engine.bench.governor
    python -m engine.bench.governor --seats 1000 --ticks 2000

Prints one JSON line per measurement. ``core_share`` is processor time over the time the ticks stand for; below 1 one core keeps up. Two
controls stand beside it: the same without legs, and the smallest thing that reads and writes the same numbers (a copy and three
differences of the arrays). Then a stop while every seat moves in its own way, by followers and on blends (``first_tick_us`` is the
instant at which all of them are planned), and seats that want more than legs can do.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.bus.driver import Channel
from engine.bus.governor import GovernorBatch
from engine.experience.platform import ActuatorSpec, PlatformSpec
from engine.motion.platforms import LegBounds, leg_bounds, make_platform
from engine.time.clocks import MonotonicClock
from engine.units import LINEAR_AXES, MOTION_AXES

Floats = NDArray[np.float64]

_DT_S = 0.001
_TIMES = 100  # what is cheap is done so many times over: processor time comes in steps of 10 ms
_SIZE = np.array([0.02, 0.02, 0.02, 2.0, 2.0, 2.0])


def channels() -> tuple[Channel, ...]:
    """Six axes of a lively seat."""
    return tuple(
        Channel(axis, "m", -0.1, 0.1, velocity=0.25, acceleration=2.0, jerk=30.0)
        if axis in LINEAR_AXES
        else Channel(axis, "deg", -10.0, 10.0, velocity=20.0, acceleration=100.0, jerk=1500.0)
        for axis in MOTION_AXES
    )


def hexapod_bounds() -> LegBounds:
    """Legs of 0.4 m stroke under a plate of 0.5 m radius."""
    base_deg = np.radians([-8.0, 8.0, 112.0, 128.0, 232.0, 248.0])
    plate_deg = np.radians([-52.0, 52.0, 68.0, 172.0, 188.0, 292.0])
    height_m = 0.8
    base = [(0.6 * float(np.sin(a)), 0.6 * float(np.cos(a)), 0.0) for a in base_deg]
    plate = [(0.5 * float(np.sin(a)), 0.5 * float(np.cos(a)), 0.0) for a in plate_deg]
    actuators = []
    for number, (foot, joint) in enumerate(zip(base, plate, strict=True)):
        top = (joint[0], joint[1], joint[2] + height_m)
        length_m = float(np.linalg.norm(np.subtract(top, foot)))
        actuators.append(
            ActuatorSpec(
                f"leg {number + 1}",
                foot,
                joint,
                length_m - 0.2,
                length_m + 0.2,
                velocity=0.6,
                acceleration=6.0,
            )
        )
    spec = PlatformSpec("hexapod", tuple(actuators), home_m=(0.0, 0.0, height_m))
    high = np.array([channel.high for channel in channels()])
    return leg_bounds(make_platform(spec), -high, high)


class Ride:
    """Every seat sways with phases of its own, beginning softly; `times` the size that fits.

    Parameters
    ----------
    seats : int
    times : float, default 1
    """

    def __init__(self, seats: int, times: float = 1.0) -> None:
        self._phase = np.random.default_rng(4).uniform(0.0, 2.0 * np.pi, (seats, 6))
        self._size = times * _SIZE

    def at(self, tick: int) -> Floats:
        """Poses wanted, float64[seats, 6]."""
        t_s = tick * _DT_S
        rise = min(t_s / 2.0, 1.0)
        rise = rise**3 * (10.0 - 15.0 * rise + 6.0 * rise * rise)
        found: Floats = rise * self._size * np.sin(2.0 * np.pi * 0.3 * t_s + self._phase)
        return found


def measure(seats: int, ticks: int, legs: LegBounds | None) -> dict[str, object]:
    """Seats that ride, each in its own way, inside what they can do."""
    governor = GovernorBatch(channels(), _DT_S, seats, legs)
    ride = Ride(seats)
    for tick in range(2500):  # the soft beginning, and everything warm
        governor.step(ride.at(tick))
    wanted = [ride.at(2500 + tick) for tick in range(ticks)]
    begun_s = _spent_s()
    exact = 0
    for row in wanted:
        exact += bool((governor.step(row) == row).all())
    spent_s = _spent_s() - begun_s
    return {
        "bench": "governor",
        "what": f"{seats} six-axis seats at 1 kHz" + ("" if legs is None else ", with six legs each"),
        "ticks": ticks,
        "us_per_tick": round(1e6 * spent_s / ticks, 1),
        "core_share": round(spent_s / (ticks * _DT_S), 3),
        "emitted_exactly": round(exact / ticks, 4),
        "cores": os.cpu_count(),
    }


def measure_control(seats: int, ticks: int) -> dict[str, object]:
    """A copy and three differences: what touching the numbers costs."""
    ride = Ride(seats)
    wanted = [ride.at(tick) for tick in range(ticks)]
    p, v, a = np.zeros((3, seats, 6))
    begun_s = _spent_s()
    for row in wanted * _TIMES:
        q = row.copy()
        v1 = q - p
        a1 = v1 - v
        _ = a1 - a
        p, v, a = q, v1, a1
    spent_s = _spent_s() - begun_s
    return {
        "bench": "governor",
        "what": f"control: a copy and three differences of {seats} x 6 numbers",
        "us_per_tick": round(1e6 * spent_s / (ticks * _TIMES), 2),
        "core_share": round(spent_s / (ticks * _TIMES * _DT_S), 4),
    }


def measure_stop(
    seats: int, legs: LegBounds | None, *, blended: bool = True, dt_s: float = _DT_S
) -> dict[str, object]:
    """All of them led to rest while each moves in its own way."""
    governor = GovernorBatch(channels(), dt_s, seats, legs)
    ride = Ride(seats)
    for tick in range(round(3.0 / dt_s)):
        governor.step(ride.at(round(tick * dt_s / _DT_S)))
    safe = np.zeros((seats, 6))
    clock = MonotonicClock()
    begun_s, first_ns, worst_ns, ticks = _spent_s(), 0, 0, 0
    while not governor.at(safe).all() and ticks < 20_000:
        before_ns = clock.now_ns()
        governor.step(safe, rest=blended)
        took_ns = clock.now_ns() - before_ns
        if ticks:
            worst_ns = max(worst_ns, took_ns)
        else:
            first_ns = took_ns
        ticks += 1
    spent_s = _spent_s() - begun_s
    return {
        "bench": "governor",
        "what": f"a stop of {seats} seats at {1.0 / dt_s:.0f} Hz that all move differently, "
        + ("on blends" if blended else "by followers")
        + ("" if legs is None else ", with legs"),
        "moves_s": round(ticks * dt_s, 3),
        "computed_in_s": round(spent_s, 3),
        "first_tick_us": round(first_ns / 1000),
        "worst_later_tick_us": round(worst_ns / 1000),
        "core_share": round(spent_s / (ticks * dt_s), 3),
    }


def measure_excess(seats: int, ticks: int, legs: LegBounds) -> dict[str, object]:
    """Seats of which every one wants, in its own way, four times what fits."""
    governor = GovernorBatch(channels(), _DT_S, seats, legs)
    ride = Ride(seats, 4.0)
    for tick in range(1200):
        governor.step(ride.at(tick))
    begun_s = _spent_s()
    for tick in range(ticks):
        governor.step(ride.at(1200 + tick))
    spent_s = _spent_s() - begun_s
    return {
        "bench": "governor",
        "what": f"{seats} seats that want four times what fits, each in its own way",
        "us_per_tick": round(1e6 * spent_s / ticks),
        "core_share": round(spent_s / (ticks * _DT_S), 3),
    }


def run(seats: int, ticks: int) -> Iterator[dict[str, object]]:
    """The measurements, one JSON object a line; the last is the verdict."""
    legs = hexapod_bounds()
    control = measure_control(seats, ticks)
    yield control
    bare = measure(seats, ticks, None)
    yield bare
    own = measure(seats, ticks, legs)
    yield own
    yield measure_stop(seats, None)
    yield measure_stop(seats, legs)
    yield measure_stop(seats, legs, dt_s=0.005)
    yield measure_stop(max(seats // 10, 1), legs, blended=False)
    yield measure_excess(max(seats // 50, 1), max(ticks // 10, 1), legs)
    own_us, bare_us, control_us = (float(str(row["us_per_tick"])) for row in (own, bare, control))
    yield {
        "bench": "governor",
        "what": "verdict",
        "core_share": own["core_share"],
        "core_share_wanted": 1.0,
        "ratio_to_without_legs": round(own_us / max(bare_us, 0.01), 2),
        "ratio_to_control": round(own_us / max(control_us, 0.01), 1),
    }


def _spent_s() -> float:
    """Processor time of this process, user and system; in steps of 10 ms."""
    return sum(os.times()[:2])


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m engine.bench.governor", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--seats", type=int, default=1000)
    parser.add_argument("--ticks", type=int, default=1000)
    chosen = parser.parse_args(arguments)
    for row in run(chosen.seats, chosen.ticks):
        print(json.dumps(row), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
