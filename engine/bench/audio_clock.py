"""How well a sound device's clock is known and followed: simulated devices with a known truth, and what that costs.

    python -m engine.bench.audio_clock --seconds 120

Devices of 50 ppm whose word is good (6 us of noise), none (calls late by 90 us, or by 575 us with 1 % of 5 ms outliers), and a lie (its
time runs away from its frames after half the time). One JSON line each: error of the instants and of the rate against the truth, what
the follower's trim leaves of the drift after it has settled, and microseconds a call.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence

import numpy as np

from engine.audio.clock import DeviceClock, Follower
from engine.time.clocks import thread_cpu_ns

_BLOCK = 256
_PPM = 50.0
_LATENCY_NS = 10_667_000
_BOOT_NS = 10**15
_PERIOD_NS = _BLOCK * 1e9 / 48_000 / (1 + _PPM * 1e-6)

Late = Callable[[np.random.Generator], float]
Word = Callable[[float, float, float, float], tuple[float, float]]
"""(share of the run, due, came, noise), ns -> (now, converter), s."""


def _good(share: float, due_ns: float, came_ns: float, noise_ns: float) -> tuple[float, float]:
    del share
    return (_BOOT_NS + came_ns) * 1e-9, (_BOOT_NS + due_ns + _LATENCY_NS + noise_ns) * 1e-9


def _none(share: float, due_ns: float, came_ns: float, noise_ns: float) -> tuple[float, float]:
    del share, due_ns, came_ns, noise_ns
    return 0.0, 0.0


def _turns(share: float, due_ns: float, came_ns: float, noise_ns: float) -> tuple[float, float]:
    now_s, dac_s = _good(share, due_ns, came_ns, noise_ns)
    return now_s, dac_s + max(0.0, share - 0.5) * 0.4


def _calm(rng: np.random.Generator) -> float:
    return float(rng.exponential(90e3))


def _busy(rng: np.random.Generator) -> float:
    return float(rng.exponential(575e3) + (5e6 if rng.random() < 0.01 else 0.0))


DEVICES: dict[str, tuple[Word, Late]] = {
    "true word": (_good, _calm),
    "no word, calm machine": (_none, _calm),
    "no word, busy machine": (_none, _busy),
    "word that begins to lie": (_turns, _calm),
}


def followed(word: Word, late: Late, seconds: float) -> dict[str, object]:
    """One device."""
    rng = np.random.default_rng(1)
    clock, follower = DeviceClock(48_000, _BLOCK, _LATENCY_NS), Follower()
    calls = max(2000, int(seconds * 1e9 / _PERIOD_NS))
    rows = np.empty((calls, 4))
    cost_ns = 0
    for number in range(calls):
        due_ns = number * _PERIOD_NS
        came_ns = due_ns + late(rng)
        now_s, dac_s = word(number / calls, due_ns, came_ns, float(rng.normal(0, 6e3)))
        begun_ns = thread_cpu_ns()
        heard_ns = clock.heard_ns(_BOOT_NS + round(came_ns), now_s, dac_s, _BLOCK)
        follower.next(heard_ns, _BLOCK)
        cost_ns += thread_cpu_ns() - begun_ns
        rows[number] = (
            heard_ns - _BOOT_NS - due_ns - _LATENCY_NS,
            clock.rate_hz,
            follower.error_ns,
            follower.trim_ppm,
        )
    settled = rows[calls // 2 :]
    quality = clock.quality
    return {
        "state": quality.state.value,
        "bias_us": round(float(settled[:, 0].mean()) / 1e3, 2),
        "sd_us": round(float(settled[:, 0].std()) / 1e3, 2),
        "worst_us": round(float(np.abs(settled[:, 0]).max()) / 1e3, 1),
        "rate_error_ppm": round(float(np.abs(settled[:, 1] / 48_000 / (1 + _PPM * 1e-6) - 1).max()) * 1e6, 3),
        "followed_within_us": round(float(np.abs(settled[-calls // 4 :, 2]).max()) / 1e3, 1),
        "trim_ppm": round(float(settled[-1, 3]), 2),
        "us_a_call": round(cost_ns / calls / 1e3, 1),
        "why": quality.why,
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=120.0, help="of each device's time, simulated")
    asked = parser.parse_args(arguments)
    for name, (word, late) in DEVICES.items():
        row = {"bench": "audio_clock", "device": name, "ppm": _PPM, **followed(word, late, asked.seconds)}
        print(json.dumps(row), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
