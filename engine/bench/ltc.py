"""How fast linear timecode is read, and whether every frame is, on clean lines and bad ones.

    python -m engine.bench.ltc --seconds 60

Prints one JSON line per line condition: times real time on one core (by processor time), frames missing and frames
wrong; then the same sound through libltc, where it is installed, and the ratio.
"""

from __future__ import annotations

import argparse
import json
import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from engine.bench.libltc import LibLtc
from engine.time.codes.ltc import SYNC, unpack_ltc
from engine.time.codes.ltc_decoder import LtcDecoder
from engine.time.codes.ltc_encoder import LtcEncoder
from engine.time.rates import FrameRate, rate_named

Samples = NDArray[np.float32]

_RATE_HZ = 48_000
_BLOCK = 48_000
_FIRST = 107_892
_LEVEL_DB = -12.0
_CLEAN: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Condition:
    """A line: what it does to the sound, and how fast the source runs."""

    name: str
    speed: Fraction = Fraction(1)
    spoilt: Sequence[str] = _CLEAN


_ALL = ("low-pass", "noise", "hum")
CONDITIONS = (
    Condition("clean"),
    Condition("noise 20 dB under", spoilt=("noise",)),
    Condition("hum 6 dB under", spoilt=("hum",)),
    Condition("low-pass 2 kHz", spoilt=("low-pass",)),
    Condition("low-pass, noise and hum", spoilt=_ALL),
    Condition("half speed", Fraction(1, 2)),
    Condition("half speed, low-pass, noise and hum", Fraction(1, 2), _ALL),
    Condition("double speed", Fraction(2)),
    Condition("double speed, low-pass, noise and hum", Fraction(2), _ALL),
    Condition("reverse", Fraction(-1)),
    Condition("reverse, low-pass, noise and hum", Fraction(-1), _ALL),
)


def _low_pass(sound: Samples) -> Samples:
    """A line of one pole at 2 kHz: 6 dB an octave above it, as a long cable has; by its impulse response."""
    tau = _RATE_HZ / (2 * math.pi * 2000.0)
    response = np.exp(-np.arange(200) / tau)
    return np.asarray(np.convolve(sound, response / response.sum())[: len(sound)], dtype=np.float32)


def make_sound(condition: Condition, rate_label: str, seconds: float) -> tuple[Samples, range]:
    """The sound of a condition and the indices in it, in the order they pass. Half a millisecond of silence follows."""
    rate = rate_named(rate_label)
    encoder = LtcEncoder(rate, _RATE_HZ, level_db=_LEVEL_DB)
    step = encoder.step * condition.speed
    frames = int(seconds * rate.fps * abs(condition.speed))
    count = math.ceil(frames / abs(step))
    blocks = [
        encoder.block(_FIRST + first * step, min(_RATE_HZ, count - first), step)
        for first in range(0, count, _RATE_HZ)
    ]
    sound = np.concatenate([*blocks, np.zeros(24, dtype=np.float32)])
    forward = condition.speed > 0
    expected = range(_FIRST, _FIRST + frames) if forward else range(_FIRST - 1, _FIRST - frames - 1, -1)
    rng = np.random.default_rng(1)
    if "low-pass" in condition.spoilt:
        sound = _low_pass(sound)
    level = float(np.std(sound))
    if "noise" in condition.spoilt:
        sound = sound + 0.1 * level * rng.standard_normal(len(sound), dtype=np.float32)
    if "hum" in condition.spoilt:
        instants = np.arange(len(sound)) / _RATE_HZ
        hum = np.sin(2 * math.pi * 50.0 * instants) + 0.3 * np.sin(2 * math.pi * 150.0 * instants)
        sound = sound + 0.5 * level * math.sqrt(2.0) * hum
    return np.asarray(sound, dtype=np.float32), expected


def _ours(sound: Samples, rate_label: str) -> list[int]:
    decoder = LtcDecoder(_RATE_HZ, rate_named(rate_label))
    found = []
    for start in range(0, len(sound), _BLOCK):
        found += [frame.index for frame in decoder.push(sound[start : start + _BLOCK])]
    return found + [frame.index for frame in decoder.flush()]


def _judged(found: Sequence[int], expected: range) -> dict[str, int]:
    wanted = set(expected)
    return {"missing": len(wanted - set(found)), "wrong": sum(index not in wanted for index in found)}


def _theirs(peer: LibLtc, sound: Samples, rate_label: str) -> Callable[[], list[int]]:
    rate = rate_named(rate_label)

    def run() -> list[int]:
        return [_index(frame.data, rate) for frame in peer.decode(sound, round(_RATE_HZ / rate.fps))]

    return run


def _index(data: bytes, rate: FrameRate) -> int:
    """What the ten bytes say; -1 for a label that cannot be. In reverse libltc leaves the sync bytes as they passed."""
    try:
        return unpack_ltc(data[:8] + SYNC).label(rate).to_index()
    except ValueError:
        return -1


def _used_s() -> float:
    """Processor time of this process: what a core has to give, whoever else is on the machine."""
    try:
        import resource
    except ImportError:  # Windows; in steps of 15 ms
        used = os.times()
        return used.user + used.system
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _fastest_s(work: Callable[[], list[int]], times: int) -> tuple[float, list[int]]:
    best = float("inf")
    found: list[int] = []
    for _ in range(times):
        begun_s = _used_s()
        found = work()
        best = min(best, max(_used_s() - begun_s, 1e-6))
    return best, found


def main(argv: Sequence[str] | None = None) -> int:
    """Print one line per condition."""
    parser = argparse.ArgumentParser(description="Reading linear timecode, times real time per core.")
    parser.add_argument("--seconds", type=float, default=60.0, help="of sound per condition")
    parser.add_argument("--rate", default="30")
    parser.add_argument("--times", type=int, default=3, help="the fastest of so many runs counts")
    args = parser.parse_args(argv)
    try:
        peer: LibLtc | None = LibLtc()
    except OSError as error:
        peer = None
        print(json.dumps({"bench": "ltc", "peer": "libltc", "absent": str(error)}), flush=True)
    for condition in CONDITIONS:
        sound, expected = make_sound(condition, args.rate, args.seconds)
        length_s = len(sound) / _RATE_HZ
        ours_s, found = _fastest_s(lambda sound=sound: _ours(sound, args.rate), args.times)  # type: ignore[misc]
        row: dict[str, object] = {
            "bench": "ltc",
            "condition": condition.name,
            "rate": args.rate,
            "frames": len(expected),
            "times_real_time": round(length_s / ours_s, 1),
            **_judged(found, expected),
        }
        if peer is not None:
            theirs_s, theirs = _fastest_s(_theirs(peer, sound, args.rate), args.times)
            row["libltc_times_real_time"] = round(length_s / theirs_s, 1)
            row |= {f"libltc_{key}": value for key, value in _judged(theirs, expected).items()}
            row["ratio"] = round(theirs_s / ours_s, 2)
        print(json.dumps(row), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
