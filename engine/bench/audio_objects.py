"""How many moving objects a core carries to two ears, next to OpenAL Soft in the same run.

    python -m engine.bench.audio_objects
    python -m engine.bench.audio_objects --load "sensorama play lantern_street --headless"

Everything of an object is on: its own file read between samples at a gliding place (Doppler), low-pass and level that glide, a direction
that is new in every block, head-related filters crossfaded and the time between the ears. Blocks of 256 samples at 48 kHz. OpenAL Soft gets
the same places, velocities and air, its own head and its own longest filters; the calls that move its sources are told apart, since ctypes
has its part in them. The two take turns.

Prints one JSON line per measurement, one per renderer with the objects a core carries at 70 % load, and one with their ratio.
"""

from __future__ import annotations

import argparse
import gc
import json
import shlex
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from engine.audio.binaural import BinauralStage, HeadTable, ObjectEmitter, SphereHead
from engine.audio.block import AFTER, BED_CHANNELS, BEFORE, BLOCK, RESTING, SAMPLE_RATE_HZ, Beds, ObjectBlock
from engine.audio.hrtf.table import head_grid
from engine.audio.kernels import Kernels, kernels
from engine.bench.openal_soft import OpenAlSoft, library
from engine.errors import MissingExtra
from engine.time.clocks import MonotonicClock
from engine.time.realtime import become_realtime

_DEADLINE_NS = BLOCK * 1_000_000_000 // SAMPLE_RATE_HZ
_LOAD = 0.7
_FILE = SAMPLE_RATE_HZ
_WARM = 20
_COUNTS = (64, 128, 256, 512, 768, 1024)


class Scene:
    """Sources that circle at 1.5 to 8 m with 0.5 to 3 rad/s, near and far at up to 2 m/s.

    Parameters
    ----------
    count : int
    """

    def __init__(self, count: int) -> None:
        rng = np.random.default_rng(count)
        self.files = (0.05 * rng.standard_normal((count, _FILE))).astype(np.float32)
        self._phase = rng.uniform(0.0, 2.0 * np.pi, count)
        self._turn = rng.uniform(0.5, 3.0, count) * rng.choice([-1.0, 1.0], count)
        self._height = rng.uniform(-0.5, 0.8, count)
        self._distance_m = rng.uniform(2.5, 8.0, count)
        self._count = count

    def at_m(self, sample: int) -> NDArray[np.float64]:
        """Where they are; x right, y ahead, z up."""
        t_s = sample / SAMPLE_RATE_HZ
        angle = self._phase + self._turn * t_s
        distance_m = self._distance_m + np.sin(2.0 * t_s + self._phase)
        flat = distance_m * np.cos(self._height)
        return np.stack(
            [flat * np.sin(angle), flat * np.cos(angle), distance_m * np.sin(self._height)], axis=1
        )

    def distance_m(self, sample: int) -> NDArray[np.float64]:
        """From the head's centre."""
        return np.asarray(self._distance_m + np.sin(2.0 * sample / SAMPLE_RATE_HZ + self._phase))

    def block(self, number: int, pcm: NDArray[np.float32]) -> ObjectBlock:
        """A block without its samples, which `read` brings."""
        first, last = number * BLOCK, (number + 1) * BLOCK
        distance_m = np.stack([self.distance_m(first), self.distance_m(last)])
        zeros = np.zeros((2, self._count), np.float32)
        return ObjectBlock(
            first=first,
            keys=np.arange(self._count, dtype=np.int64),
            pcm=pcm,
            delay=self._late(number) - self._middle(number),
            gain=(1.0 / distance_m).astype(np.float32),
            shape=None,
            low_pass_hz=(60_000.0 / distance_m).astype(np.float32),
            at_m=np.stack([self.at_m(first), self.at_m(last)]),
            in_bed=zeros,
            spread_deg=zeros[0],
            priority=zeros[0],
        )

    def read(self, number: int, pcm: NDArray[np.float32]) -> None:
        """Every file's stretch around a block, one after another as a mixer does."""
        width = pcm.shape[1]
        starts = (number * BLOCK - self._middle(number)) % (_FILE - width)
        for row, file, at in zip(pcm, self.files, starts.tolist(), strict=True):
            row[:] = file[at : at + width]

    def _late(self, number: int) -> NDArray[np.float64]:
        """Samples by which a block is heard later than from the mean distance, at both ends."""
        distance_m = np.stack([self.distance_m(number * BLOCK), self.distance_m((number + 1) * BLOCK)])
        return np.asarray((distance_m - self._distance_m) / 343.0 * SAMPLE_RATE_HZ)

    def _middle(self, number: int) -> NDArray[np.int64]:
        """Whole samples of it, by which the files are read elsewhere."""
        return np.rint(self._late(number).mean(axis=0)).astype(np.int64)


def time_ours(count: int, blocks: int, using: Kernels, head: HeadTable) -> dict[str, object]:
    """Microseconds a block: samples read, emission, two ears."""
    scene = Scene(count)
    emitter, stage = ObjectEmitter(using), BinauralStage(head, using=using)
    beds = Beds(np.zeros((BED_CHANNELS, BLOCK), np.float32))
    pcm = np.zeros((count, BEFORE + BLOCK + AFTER), np.float32)

    def one(number: int) -> Callable[[], None]:
        block = scene.block(number, pcm)

        def run() -> None:
            scene.read(number, pcm)
            stage.render(block, emitter.emit(block), beds, (RESTING, RESTING))

        return run

    return {"renderer": f"sensorama ({using.name})", **_timed(one, count, blocks)}


def time_openal(count: int, blocks: int) -> dict[str, object]:
    """Microseconds a block of OpenAL Soft, and of the calls that move its sources."""
    path = library()
    if path is None:
        raise MissingExtra("test", "OpenAL Soft to compare with (the wheel cyal)")
    scene = Scene(count)
    peer = OpenAlSoft(path, scene.files)
    clock = MonotonicClock()
    calls_ns: list[int] = []

    def one(number: int) -> Callable[[], None]:
        at_m, then_m = scene.at_m(number * BLOCK), scene.at_m((number + 1) * BLOCK)
        axes, signs = [0, 2, 1], np.array([1.0, 1.0, -1.0])
        places, speeds = (
            (part[:, axes] * signs).tolist() for part in (then_m, (then_m - at_m) * SAMPLE_RATE_HZ / BLOCK)
        )
        begin_ns = clock.now_ns()
        peer.move(places, speeds)
        calls_ns.append(clock.now_ns() - begin_ns)
        return lambda: _ignore(peer.render(BLOCK))

    found = _timed(one, count, blocks)
    name = f"openal soft {peer.version.rsplit(' ', maxsplit=1)[-1]}"
    peer.close()
    return {"renderer": name, **found, "calls_us": round(float(np.median(calls_ns)) / 1e3, 1)}


def _ignore(samples: NDArray[np.float32]) -> None:
    """What is heard does not matter here."""


def _timed(one: Callable[[int], Callable[[], None]], count: int, blocks: int) -> dict[str, object]:
    """At the device's pace where there is time for it; else with a breath after each block.

    A real-time process that never sleeps is stopped by the kernel for 5 % of every second, some 49 ms at a stretch.
    """
    clock = MonotonicClock()
    took_ns = np.zeros(blocks)
    next_ns = clock.now_ns()
    for number in range(-_WARM, blocks):
        run = one(number + _WARM)
        begin_ns = clock.now_ns()
        run()
        end_ns = clock.now_ns()
        if number >= 0:
            took_ns[number] = end_ns - begin_ns
        next_ns = max(next_ns + _DEADLINE_NS, end_ns + (end_ns - begin_ns) // 8)
        clock.sleep_until_ns(next_ns)
    median, p99, p999 = (float(np.quantile(took_ns, q)) for q in (0.5, 0.99, 0.999))
    return {
        "sources": count,
        "blocks": blocks,
        "median_us": round(median / 1e3, 1),
        "p99_us": round(p99 / 1e3, 1),
        "p99.9_us": round(p999 / 1e3, 1),
        "us_per_source": round(median / 1e3 / count, 2),
        "load": round(median / _DEADLINE_NS, 4),
        "p99.9_of_block": round(p999 / _DEADLINE_NS, 3),
    }


def carried(lines: Sequence[dict[str, object]], key: str = "median_us") -> float:
    """Objects at 70 % of a core, between the two measurements on either side of it, or along the last two of them.

    A straight line through small numbers says too much: a thousand objects no longer fit into the cache.
    """
    counts = np.array([float(str(line["sources"])) for line in lines])
    took_us = np.array([float(str(line[key])) for line in lines])
    wanted_us = _LOAD * _DEADLINE_NS / 1e3
    at = int(np.clip(np.searchsorted(took_us, wanted_us), 1, counts.size - 1))
    slope = (counts[at] - counts[at - 1]) / (took_us[at] - took_us[at - 1])
    return float(counts[at] + (wanted_us - took_us[at]) * slope)


def _say(**line: object) -> None:
    print(json.dumps({"bench": "audio_objects", **line}), flush=True)


@contextmanager
def _under(load: str | None) -> Iterator[None]:
    if load is None:
        yield
        return
    child = subprocess.Popen(shlex.split(load), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        child.terminate()
        child.wait()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--blocks", type=int, default=1500, help="of 64 objects (default 1500, 8 s of sound); of more, fewer"
    )
    parser.add_argument("--load", help="a command that runs meanwhile, on the other cores")
    parser.add_argument(
        "--sphere", action="store_true", help="listen through a sphere instead of the shipped head"
    )
    options = parser.parse_args(arguments)
    head: HeadTable = SphereHead(5.0) if options.sphere else head_grid()
    gc.disable()
    grant = become_realtime()
    try:
        return _measure(options.blocks, options.load, head)
    finally:
        grant.close()


def _measure(blocks: int, load: str | None, head: HeadTable) -> int:
    peers = library() is not None
    ours: list[dict[str, object]] = []
    theirs: list[dict[str, object]] = []
    with _under(load):
        for count in _COUNTS:
            long_enough = blocks if count == _COUNTS[0] else max(100, blocks * _COUNTS[0] // count)
            ours.append(time_ours(count, long_enough, kernels(), head))
            _say(**ours[-1], loaded=load is not None)
            if peers:
                theirs.append(time_openal(count, long_enough))
                _say(**theirs[-1], loaded=load is not None)
        if kernels().name != "numpy":
            _say(**time_ours(_COUNTS[0], blocks // 4, kernels("numpy"), head), loaded=load is not None)
        most = carried(ours)
        _say(renderer=ours[0]["renderer"], sources_at_70_percent=round(most))
    if not peers:
        _say(note="the wheel cyal is not installed, so there is no OpenAL Soft to compare with")
        return 0
    calls = [{**line, "all": float(str(line["median_us"])) + float(str(line["calls_us"]))} for line in theirs]
    rendered, called = carried(theirs), carried(calls, "all")
    _say(renderer=theirs[0]["renderer"], sources_at_70_percent=round(rendered), with_calls=round(called))
    _say(ratio_sources_per_core=round(most / rendered, 2), ratio_with_calls=round(most / called, 2))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
