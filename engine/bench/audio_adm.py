"""An ADM master of 64 moving objects to 4+7+0, next to the EBU ADM Renderer in the same run.

    python -m engine.bench.audio_adm
    python -m engine.bench.audio_adm --install

Both are whole programs reading and writing the same kind of file, taking turns; ours is also timed from within, without the start of
Python. The results are compared. Where the EBU renderer is not installed, ours alone is measured; ``--install`` puts it into the user's
cache folder, in an environment of its own.

Prints one JSON line for the master, one per renderer and one with their ratio.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from engine.audio.adm.build import Builder, Part
from engine.audio.adm.files import render_file
from engine.audio.adm.model import ObjectBlock
from engine.audio.adm.write import axml_of, chna_of
from engine.audio.formats import WaveFormat, WaveReader, WaveWriter
from engine.audio.speakers.layouts import LAYOUTS
from engine.bench.ear_renderer import ear_render
from engine.time.clocks import Clock, MonotonicClock

LAYOUT = "4+7+0"
_RATE_HZ = 48_000
_BLOCK_S = Fraction(1, 10)


def make_master(path: Path, objects: int, seconds: int) -> int:
    """Noise on every track, each object circling at its own height and speed; returns the bytes of its document."""
    rng = np.random.default_rng(64)
    builder = Builder()
    for number in range(objects):
        azimuth, step, elevation = rng.uniform(-180, 180), rng.uniform(-9, 9), rng.uniform(-30, 60)
        blocks = [
            ObjectBlock(
                k * _BLOCK_S,
                _BLOCK_S,
                (round((azimuth + step * k + 180) % 360 - 180, 3), round(elevation, 3), 1.0),
                gain=0.2,
            )
            for k in range(int(seconds / _BLOCK_S))
        ]
        builder.add_object(Part(f"object {number}", duration_s=Fraction(seconds)), blocks)
    document = builder.finish("bench", duration_s=Fraction(seconds))
    axml = axml_of(document)
    with WaveWriter(path, WaveFormat(objects, _RATE_HZ, 24)) as out:
        out.add_adm(chna_of(document), axml)
        for _ in range(seconds):
            out.write(rng.normal(0, 0.1, (_RATE_HZ, objects)).astype(np.float32))
    return len(axml)


def seconds_of(clock: Clock, work: Callable[[], object]) -> float:
    """How long it takes."""
    start_ns = clock.now_ns()
    work()
    return (clock.now_ns() - start_ns) / 1e9


def _program(clock: Clock, command: list[str]) -> float:
    """Seconds of a whole program."""
    return seconds_of(clock, lambda: subprocess.run(command, check=True, capture_output=True))


def _within(master: Path, out: Path) -> float:
    """Seconds of the renderer alone, in a process whose BLAS has one thread, as the command's has."""
    command = [sys.executable, "-m", "engine.bench.audio_adm", "--within", str(master), str(out)]
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    return float(subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout)


def measure(
    objects: int, seconds: int, rounds: int, ear: Path | None, folder: Path, clock: Clock
) -> list[dict[str, Any]]:
    """All rows."""
    master, ours, theirs = folder / "master.wav", folder / "ours.wav", folder / "theirs.wav"
    size = make_master(master, objects, seconds)
    rows: list[dict[str, Any]] = [
        {"bench": "audio_adm", "objects": objects, "seconds": seconds, "axml_bytes": size, "layout": LAYOUT}
    ]
    mixdown = [
        sys.executable,
        "-m",
        "engine.cli",
        "mixdown",
        str(master),
        "--to",
        LAYOUT,
        "--out",
        str(ours),
        "--force",
    ]
    took: dict[str, list[float]] = {"program": [], "within": [], "ear": []}
    for _ in range(rounds):
        took["program"].append(_program(clock, mixdown))
        took["within"].append(_within(master, ours))
        if ear is not None:
            took["ear"].append(_program(clock, [str(ear), "-s", LAYOUT, str(master), str(theirs)]))
    for name, what in (
        ("program", "sensorama mixdown"),
        ("within", "its renderer alone"),
        ("ear", "ear-render 2.1.0"),
    ):
        if took[name]:
            typical = median(took[name])
            rows.append(
                {"renderer": what, "s": round(typical, 3), "times_real_time": round(seconds / typical, 2)}
            )
    if ear is None:
        rows.append(
            {
                "note": "ear-render is not installed; --install puts it into the cache folder, and the ratio is told"
            }
        )
        return rows
    with WaveReader(ours) as a, WaveReader(theirs) as b:
        difference = float(np.abs(a.read(0, a.frames) - b.read(0, b.frames)).max())
    rows.append(
        {
            "ratio": round(median(took["ear"]) / median(took["program"]), 1),
            "ratio_within": round(median(took["ear"]) / median(took["within"]), 1),
            "largest_difference": difference,
        }
    )
    return rows


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m engine.bench.audio_adm", description=__doc__)
    parser.add_argument("--objects", type=int, default=64)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="one round of 2 seconds")
    parser.add_argument(
        "--install", action="store_true", help="install the EBU renderer into the user's cache folder"
    )
    parser.add_argument(
        "--within", nargs=2, metavar=("MASTER", "OUT"), help="render once and print the seconds"
    )
    args = parser.parse_args(argv)
    if args.within:
        master, out = map(Path, args.within)
        print(seconds_of(MonotonicClock(), lambda: render_file(master, out, LAYOUTS[LAYOUT])))
        return 0
    seconds, rounds = (2, 1) if args.quick else (args.seconds, args.rounds)
    with tempfile.TemporaryDirectory(prefix="sensorama-adm-") as folder:
        for row in measure(
            args.objects, seconds, rounds, ear_render(make=args.install), Path(folder), MonotonicClock()
        ):
            print(json.dumps(row), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
