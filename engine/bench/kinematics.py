"""Kinematics of platforms: poses a second to actuators and back, against what numpy needs for the sines, cosines and roots alone.

Run ``python -m engine.bench.kinematics``. Prints one JSON line for each platform and way. One thread; the best of several rounds, since
what disturbs a round only ever makes it slower.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TextIO

import numpy as np

from engine.experience.platform import ActuatorSpec, PlatformSpec, Vector
from engine.motion.platforms import leg_bounds, make_platform
from engine.time.clocks import Clock, MonotonicClock

POSES = 1_000_000
ROUNDS = 5
#: A wide workspace for a seat: m and deg, to either side.
_WIDE = np.array([0.1, 0.1, 0.1, 15.0, 15.0, 15.0])
_SEAT = np.array([0.04, 0.04, 0.05, 8.0, 8.0, 6.0])


def platforms() -> dict[str, PlatformSpec]:
    """A hexapod of a seat's size and a plate on three posts."""

    def circle(radius_m: float, azimuths_deg: Sequence[float]) -> list[Vector]:
        turns = [math.radians(azimuth) for azimuth in azimuths_deg]
        return [(-radius_m * math.sin(turn), radius_m * math.cos(turn), 0.0) for turn in turns]

    base = circle(0.7, (10, 110, 130, 230, 250, 350))
    plate = circle(0.5, (50, 70, 170, 190, 290, 310))
    struts = tuple(
        ActuatorSpec(f"leg_{index + 1}", foot, head, 0.4, 1.2, 0.5, 5.0)
        for index, (foot, head) in enumerate(zip(base, plate, strict=True))
    )
    posts = tuple(
        ActuatorSpec(f"post_{index + 1}", at, at, 0.0, 0.2, 0.5, 5.0, home=0.1)
        for index, at in enumerate(circle(0.4, (0, 120, 240)))
    )
    return {
        "hexapod": PlatformSpec("hexapod", struts, pivot_m=(0.0, 0.0, 0.3), home_m=(0.0, 0.0, 0.62)),
        "heave_pitch_roll": PlatformSpec("heave_pitch_roll", posts, pivot_m=(0.0, 0.0, 0.3)),
    }


def measure(poses: int = POSES, rounds: int = ROUNDS, clock: Clock | None = None) -> Iterator[dict[str, Any]]:
    """One row for each platform and way.

    Parameters
    ----------
    poses
        Of the inverse way; a tenth of them of the others.
    rounds
        The best one counts.
    clock
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

    draw = np.random.default_rng(6)
    many = draw.uniform(-1.0, 1.0, (poses, 6)) * _WIDE
    fewer = many[: max(poses // 10, 1)]
    speeds = draw.normal(size=fewer.shape) * _WIDE
    for name, spec in platforms().items():
        platform = make_platform(spec)
        legs = platform.legs(fewer)
        angles, squares = np.radians(many[:, 3:]), np.ones((poses, len(platform.names)))
        control_s = best_s(lambda a=angles, s=squares: (np.sin(a), np.cos(a), np.sqrt(s)))  # type: ignore[misc]
        took_s = best_s(lambda p=platform: p.legs(many))  # type: ignore[misc]
        rows: dict[str, tuple[float, int]] = {
            "legs": (took_s, poses),
            "rates": (best_s(lambda p=platform: p.rates(fewer, speeds, speeds)), len(fewer)),  # type: ignore[misc]
            "poses": (best_s(lambda p=platform, w=legs: p.poses(w)), len(fewer)),  # type: ignore[misc]
            "clip": (best_s(lambda p=platform: p.clip(2.0 * fewer)), len(fewer)),  # type: ignore[misc]
        }
        for way, (seconds, count) in rows.items():
            yield {
                "bench": "kinematics",
                "platform": name,
                "way": way,
                "poses": count,
                "poses_per_s": round(count / seconds),
                "us_a_pose": round(seconds / count * 1e6, 4),
                **({"limit_poses_per_s": 1_000_000, "ratio_to_trigonometry": round(took_s / control_s, 2)} if way == "legs" else {}),
            }  # fmt: skip
        found = platform.poses(legs)
        residual = np.abs(platform.legs(found) - legs)
        bounds_s = best_s(lambda p=platform: leg_bounds(p, -_SEAT, _SEAT))  # type: ignore[misc]
        yield {
            "bench": "kinematics",
            "platform": name,
            "way": "there and back",
            "poses": len(fewer),
            "failures": int(np.isnan(found).any(axis=1).sum()),
            "worst_residual_m": float(f"{np.nanmax(residual):.2g}"),
            "limit_m": 1e-9,
            "bounds_ms": round(bounds_s * 1e3, 1),
        }


def main(words: Sequence[str] | None = None, out: TextIO = sys.stdout) -> int:
    """Print the rows as JSON lines."""
    parser = argparse.ArgumentParser(description="kinematics of platforms")
    parser.add_argument("--poses", type=int, default=POSES)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    args = parser.parse_args(words)
    for row in measure(args.poses, args.rounds):
        out.write(json.dumps(row) + "\n")
        out.flush()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
