"""Fitting a minute of wild riding into a small seat, and into one on six legs: how long, how well, and how much of it goes wrong.

The control is numpy's own product of two matrices, timed beside it: what the machine has to give just then.
"""

from __future__ import annotations

import argparse
import json
import math
from dataclasses import replace

import numpy as np

from engine.experience.platform import ActuatorSpec, PlatformSpec
from engine.motion.cueing.fit import excess, fit_course, fit_poses
from engine.motion.cueing.perception import felt_error
from engine.motion.cueing.specific_force import felt
from engine.motion.cueing.spline import at_knots
from engine.motion.cueing.values import GRAVITY_MPS2, KNOT_HZ, Course, Fitted, Workspace
from engine.motion.cueing.washout import Washout, WashoutParameters, washed_out
from engine.motion.cueing.workspace import NOMINAL, legs_near_home, shrink_to_legs
from engine.motion.platforms.factory import make_platform
from engine.time.clocks import Clock, MonotonicClock


def ride(seconds: float) -> Course:
    """Off and brake, bends, a washboard: from a fixed seed."""
    knots = round(seconds * KNOT_HZ) + 1
    t = np.arange(knots) / KNOT_HZ
    rng = np.random.default_rng(6)
    force = np.tile([0.0, 0.0, GRAVITY_MPS2], (knots, 1))
    turn = np.zeros((knots, 3))
    for axis, most in ((0, 1.2), (1, 1.5), (2, 1.0)):
        for hz in rng.uniform(0.03, 1.5, 6):
            force[:, axis] += most / 4 * np.sin(2 * math.pi * hz * t + rng.uniform(0, 6))
    for axis, most in ((0, 4.0), (1, 4.0), (2, 15.0)):
        for hz in rng.uniform(0.05, 0.5, 3):
            turn[:, axis] += most / 3 * np.sin(2 * math.pi * hz * t + rng.uniform(0, 6))
    for begin in rng.uniform(0, seconds, round(seconds / 6)):
        force[(t > begin) & (t < begin + 1.5), 1] += rng.choice([-1.5, 1.5])
    return Course(KNOT_HZ, force, turn)


def hexapod() -> PlatformSpec:
    """200 mm of stroke, 0.3 m/s, 3 m/s^2."""

    def ring(radius: float, half: float) -> list[tuple[float, float]]:
        azimuths = [math.radians(60.0 + 120.0 * k + side * half) for k in range(3) for side in (-1, 1)]
        return [(-radius * math.sin(a), radius * math.cos(a)) for a in azimuths]

    legs = []
    for base, top in zip(ring(0.9, 10.0), ring(0.6, 50.0), strict=True):
        length_m = math.dist((*base, 0.0), (*top, 0.8))
        legs.append(ActuatorSpec("", (*base, 0.0), (*top, 0.0), -0.1, 0.1, 0.3, 3.0, length_m=length_m))
    return PlatformSpec("hexapod", tuple(legs), home_m=(0.0, 0.0, 0.8))


def control_s(clock: Clock) -> float:
    """Time of a fixed product of matrices, the best of three."""
    a = np.random.default_rng(0).normal(size=(600, 600))
    best = math.inf
    for _ in range(3):
        begin_ns = clock.now_ns()
        a @ a
        best = min(best, (clock.now_ns() - begin_ns) / 1e9)
    return best


def main() -> None:
    """Print one JSON line a figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="length of the ride")
    seconds = parser.parse_args().seconds
    clock = MonotonicClock()
    wanted = ride(seconds)
    platform = make_platform(hexapod())
    legged = Workspace(
        low=(-0.15, -0.15, -0.12, -20.0, -20.0, -20.0),
        high=(0.15, 0.15, 0.12, 20.0, 20.0, 20.0),
        velocity=(0.4, 0.4, 0.4, 40.0, 40.0, 40.0),
        acceleration=(4.0, 4.0, 4.0, 200.0, 200.0, 200.0),
        jerk=(40.0, 40.0, 40.0, 2000.0, 2000.0, 2000.0),
        head_m=(0.0, 0.0, 1.0),
        legs=(legs_near_home(platform),),
    )
    for name, seat in (("axes", NOMINAL), ("six legs", legged)):
        check = shrink_to_legs((platform,)) if seat.legs else None
        legs_of = (platform.legs,) if seat.legs else ()
        fit_course(ride(2.0), replace(seat, legs=()))  # loads what it needs
        before_s = control_s(clock)
        begin_ns = clock.now_ns()
        fitted = fit_course(wanted, seat, scale_to_fit=check, legs_of=legs_of)
        took_s = (clock.now_ns() - begin_ns) / 1e9
        washouts = [
            fit_poses(
                washed_out(wanted, WashoutParameters(pole_rps=pole, force_gain=gain, turn_gain=gain)),
                seat,
                scale_to_fit=check,
            )
            for pole in (0.25, 2.5)
            for gain in (0.25, 0.5, 1.0)
        ]

        def error(one: Fitted, head_m: tuple[float, float, float] = seat.head_m) -> float:
            given = felt(*at_knots(one.control, KNOT_HZ), head_m=head_m)
            return round(felt_error(wanted, Course(KNOT_HZ, *given)).over_rms, 3)

        print(
            json.dumps(
                {
                    "bench": "cueing",
                    "seat": name,
                    "seconds": seconds,
                    "fit_s": round(took_s, 3),
                    "times_real_time": round(seconds / took_s, 1),
                    "control_s": round(before_s, 4),
                    "steps": fitted.steps,
                    "gap": fitted.gap,
                    "shrunk_to": round(fitted.scale, 4),
                    "limits_used": round(excess(fitted.control, seat), 6),
                    "felt_error_fit": error(fitted),
                    "felt_error_best_washout": min(map(error, washouts)),
                    "felt_error_standing": error(Fitted(np.zeros_like(fitted.control), KNOT_HZ)),
                }
            )
        )
    seats = 100
    filters = Washout(WashoutParameters(rate_hz=KNOT_HZ))
    force = np.repeat(wanted.force_mps2[:, None], seats, axis=1)
    turn = np.repeat(wanted.turn_dps[:, None], seats, axis=1)
    begin_ns = clock.now_ns()
    filters.run(force, turn)
    took_s = (clock.now_ns() - begin_ns) / 1e9
    print(
        json.dumps(
            {
                "bench": "cueing",
                "washout_seats": seats,
                "washout_s": round(took_s, 3),
                "seats_times_real_time": round(seats * seconds / took_s),
            }
        )
    )


if __name__ == "__main__":
    main()
