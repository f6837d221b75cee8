"""How many times faster than real time flashes are found, per core, in 1080p pictures at 60 frames a second and in lamps.

    python -m engine.bench.flash --frames 600

Prints one JSON line per picture, by processor time: milliseconds a frame and times real time, what was found, and the same for a
native control where OpenCV is installed: the steps by which a whole-frame meter like IRIS finds luminance changes (table,
luminance, difference, pixels that differ, mean), each one call of OpenCV on one thread. ``ratio`` above 1: we are the faster one.
Frames are made beforehand, in turn out of more memory than the caches hold; decoding a film is not in it.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.safety.flash import FlashMeter, LampTrack, eye_view, flat_screen, worst_across
from engine.safety.flash.colour import LUMINANCE, srgb_table
from engine.safety.flash.iris import IrisMeter
from engine.time.flicks import FLICKS_PER_SECOND

Frames = Sequence[NDArray[np.uint8]]

_RATE = 60
_SIZE = (1080, 1920)
_KEPT = 12
_SCREEN = flat_screen(1.6, 0.9, 1.6)
_EYE = eye_view(-52.0, 45.0, -50.0, 47.0)


def _used_s() -> float:
    """Processor time of this process."""
    try:
        import resource
    except ImportError:  # Windows; in steps of 15 ms
        used = os.times()
        return used.user + used.system
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _grey(levels: NDArray[np.floating[Any]]) -> NDArray[np.uint8]:
    return np.repeat((np.clip(levels, 0, 1) * 255).astype(np.uint8)[:, :, None], 3, axis=2)


def pictures() -> dict[str, Frames]:
    """Pictures of four kinds, each played round and round."""
    random = np.random.default_rng(1)
    texture = random.random((_SIZE[0] // 8 + 1, _SIZE[1] // 8 + 40)).repeat(8, axis=0).repeat(8, axis=1)
    still = _grey(texture[: _SIZE[0], : _SIZE[1]] * 0.6 + 0.2)
    pan = [_grey(texture[: _SIZE[0], at * 12 : at * 12 + _SIZE[1]] * 0.3 + 0.3) for at in range(_KEPT)]
    flicker = [_grey(np.full(_SIZE, at % 2 * 0.9 + 0.05)) for at in range(_KEPT)]
    noise = [random.integers(0, 256, (*_SIZE, 3), dtype=np.uint8) for _ in range(_KEPT)]
    return {
        "still": [still.copy() for _ in range(_KEPT)],
        "pan": pan,
        "flicker 30 Hz": flicker,
        "noise": noise,
    }


def _native(frames: Frames, count: int) -> float | None:
    """Milliseconds a frame of the control; None without OpenCV."""
    try:
        import cv2
    except ImportError:
        return None
    cv2.setNumThreads(1)
    table, weights = srgb_table(), np.array([LUMINANCE], dtype=np.float32)
    last = cv2.transform(cv2.LUT(frames[0], table), weights)
    begun_s = _used_s()
    for index in range(count):
        now = cv2.transform(cv2.LUT(frames[index % len(frames)], table), weights)
        cv2.countNonZero(cv2.subtract(now, last))
        cv2.mean(now)
        last = now
    return max(_used_s() - begun_s, 1e-3) / count * 1e3


def _timed(count: int, push: Callable[[int], object]) -> float:
    push(0)  # the tables of a meter are made with its first frame
    begun_s = _used_s()
    for index in range(1, count + 1):
        push(index)
    return max(_used_s() - begun_s, 1e-3) / count * 1e3


def _picture(name: str, frames: Frames, count: int, control_ms: float | None) -> None:
    for view_name, view in (("screen of 53 degrees", _SCREEN), ("headset of 97 degrees", _EYE)):
        meter = FlashMeter(view)
        ms = _timed(
            count,
            lambda at, meter=meter: meter.push(at * FLICKS_PER_SECOND // _RATE, frames[at % len(frames)]),  # type: ignore[misc]
        )
        row: dict[str, object] = {
            "bench": "flash",
            "picture": name,
            "view": view_name,
            "tiles": meter.fields.cells,
            "ms_a_frame": round(ms, 3),
            "times_real_time": round(1000.0 / _RATE / ms, 1),
            "transitions": meter.summary().general_transitions,
            "result": meter.summary().result.name.lower(),
        }
        if control_ms is not None:
            row |= {"native_ms_a_frame": round(control_ms, 3), "ratio": round(control_ms / ms, 2)}
        print(json.dumps(row), flush=True)


def _lamps(seconds: int) -> None:
    """Eight lamps on a 44 Hz line, all of them always changing, none with the others."""
    random = np.random.default_rng(2)
    at_fl = np.arange(44 * seconds) * FLICKS_PER_SECOND // 44
    begun_s = _used_s()
    lamps = [
        LampTrack(
            f"lamp {index}",
            at_fl,
            random.random((len(at_fl), 3)),
            solid_sr=0.004,
            direction_deg=(index * 4.0, 0.0),
        )
        for index in range(8)
    ]
    meter = FlashMeter(None, lamps=lamps)
    meter.advance(seconds * FLICKS_PER_SECOND)
    used_s = max(_used_s() - begun_s, 1e-3)
    print(
        json.dumps(
            {
                "bench": "flash",
                "picture": "none",
                "lamps": 8,
                "line_hz": 44,
                "times_real_time": round(seconds / used_s, 1),
                "transitions": meter.summary().general_transitions,
            }
        ),
        flush=True,
    )


def _seam(frames: Frames) -> None:
    """Two scenes of pictures that always change, at a seam."""
    ends = []
    for first in (0, 3):
        meter = FlashMeter(_SCREEN, record=True)
        for index in range(2 * _RATE):
            meter.push(index * FLICKS_PER_SECOND // _RATE, frames[(first + index) % len(frames)])
        ends.append(meter.ends())
    ms = _timed(5, lambda _: worst_across(ends[0], ends[1]))
    print(
        json.dumps({"bench": "flash", "seam": "two scenes of 2 s, pan", "ms_a_seam": round(ms, 2)}),
        flush=True,
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Print one line a picture, then lamps, a seam and the iris profile."""
    parser = argparse.ArgumentParser(description="Flash analysis, times real time per core.")
    parser.add_argument("--frames", type=int, default=240, help="of 1080p a picture")
    parser.add_argument("--seconds", type=int, default=120, help="of lamps")
    args = parser.parse_args(argv)
    made = pictures()
    control_ms = _native(made["pan"], max(20, args.frames // 6))
    for name, frames in made.items():
        _picture(name, frames, args.frames, control_ms)
    _lamps(args.seconds)
    _seam(made["pan"])
    iris = IrisMeter(_RATE)
    ms = _timed(8, lambda at: iris.push(made["pan"][at % _KEPT]))
    row = {
        "bench": "flash",
        "profile": "iris",
        "ms_a_frame": round(ms, 1),
        "times_real_time": round(1000 / _RATE / ms, 2),
    }
    print(json.dumps(row), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
