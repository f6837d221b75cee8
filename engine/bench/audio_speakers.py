"""What the same objects cost on loudspeakers, next to what two ears cost in the same run.

    OPENBLAS_NUM_THREADS=1 python -m engine.bench.audio_speakers

Moving objects of `engine.bench.audio_objects`, emitted once, then given to each stage: two ears, the rooms of ITU-R BS.2051, a dome by
way of a sound field, an Ambisonic output. Blocks of 256 samples at 48 kHz, a bed of the third order with each. Prints one JSON line per
stage and number of objects, with its share of the ears' time; then what a direction costs a panner that is asked for many at once.
(One BLAS thread, as in the sound's own process: two of them stall whole blocks where others work.)
"""

from __future__ import annotations

import argparse
import gc
import json
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.audio.binaural import BinauralStage, ObjectEmitter
from engine.audio.block import AFTER, BED_CHANNELS, BEFORE, BLOCK, RESTING, SAMPLE_RATE_HZ, Beds, Stage
from engine.audio.hrtf.table import head_grid
from engine.audio.kernels import kernels
from engine.audio.speakers import LAYOUTS, PointSourcePanner, free_layout, layout
from engine.audio.speakers.stage import AmbisonicStage, SpeakerStage
from engine.bench.audio_objects import Scene
from engine.time.clocks import MonotonicClock

_COUNTS = (64, 256)
_WARM = 20
_BLOCK_NS = BLOCK * 1_000_000_000 // SAMPLE_RATE_HZ
_DIRECTIONS = 8192


def stages() -> Mapping[str, Callable[[], Stage]]:
    """What is measured, by name; the ears first."""
    dome = free_layout(
        [(f"h{k}", k * 30.0, 0.0, False) for k in range(12)]
        + [(f"m{k}", k * 45.0, 30.0, False) for k in range(8)]
        + [(f"t{k}", k * 90.0, 60.0, False) for k in range(4)],
        "dome",
    )
    return {
        "ears": lambda: BinauralStage(head_grid(), using=kernels()),
        **{
            name: lambda name=name: SpeakerStage(layout(name))  # type: ignore[misc]
            for name in ("0+2+0", "0+5+0", "4+7+0", "9+10+3")
        },
        "dome of 24": lambda: SpeakerStage(dome, decoder="allrad"),
        "ambisonic 3": lambda: AmbisonicStage(3),
    }


def measure(make: Callable[[], Stage], count: int, blocks: int) -> dict[str, float]:
    """Microseconds a block, and milliseconds to build the stage."""
    clock = MonotonicClock()
    begin_ns = clock.now_ns()
    stage = make()
    built_ms = (clock.now_ns() - begin_ns) / 1e6
    scene, emitter = Scene(count), ObjectEmitter(kernels())
    pcm = np.zeros((count, BEFORE + BLOCK + AFTER), np.float32)
    field = np.random.default_rng(1).standard_normal((BED_CHANNELS, BLOCK)).astype(np.float32)
    took_ns = np.zeros(blocks)
    for number in range(-_WARM, blocks):
        block = scene.block(number + _WARM, pcm)
        scene.read(number + _WARM, pcm)
        emission = emitter.emit(block)
        begin_ns = clock.now_ns()
        stage.render(block, emission, Beds(field), (RESTING, RESTING))
        if number >= 0:
            took_ns[number] = clock.now_ns() - begin_ns
    return {
        "median_us": round(float(np.median(took_ns)) / 1e3, 1),
        "p99_us": round(float(np.quantile(took_ns, 0.99)) / 1e3, 1),
        "load": round(float(np.median(took_ns)) / _BLOCK_NS, 4),
        "built_ms": round(built_ms, 1),
    }


def direction_us(name: str) -> float:
    """Microseconds a direction costs the panner itself, many at once."""
    clock = MonotonicClock()
    panner = PointSourcePanner(LAYOUTS[name])
    at: NDArray[np.float64] = np.random.default_rng(2).standard_normal((_DIRECTIONS, 3))
    begin_ns = clock.now_ns()
    panner.gains(at)
    return (clock.now_ns() - begin_ns) / 1e3 / _DIRECTIONS


def _say(**line: object) -> None:
    print(json.dumps({"bench": "audio_speakers", **line}), flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--blocks", type=int, default=400, help="a measurement (default 400, 2 s of sound)")
    options = parser.parse_args(arguments)
    gc.disable()
    for count in _COUNTS:
        ears_us = 0.0
        for name, make in stages().items():
            found = measure(make, count, max(50, options.blocks * _COUNTS[0] // count))
            ears_us = ears_us or found["median_us"]
            _say(stage=name, objects=count, **found, of_the_ears=round(found["median_us"] / ears_us, 2))
    for name in LAYOUTS:
        _say(panner=name, us_per_direction=round(direction_us(name), 2))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
