"""From ``sensorama play`` to the first frame, with warm caches, broken down by phase.

    python -m engine.bench.start --runs 5

Each run is a process of its own, as a person would start it. One run before the counted ones warms the caches (converted models, compiled
modules). The phases are those the run itself journals; the whole is what the outside sees until the first frame's line.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from engine.show.play import EXIT_STATUS
from engine.story.journal import read_journal
from engine.time import MonotonicClock

FIRST_FRAME = "first frame"


def one_start(experience: str, folder: Path, size: str) -> tuple[float, dict[str, float]]:
    """Start once, stop after the first frame.

    Returns
    -------
    (float, dict)
        Milliseconds until the first frame as seen from outside, and the phases the run recorded.
    """
    clock = MonotonicClock()
    command = [
        sys.executable,
        "-m",
        "engine",
        "play",
        experience,
        "--headless",
        "--no-sound",
        "--size",
        size,
        "--first-frame",
        "--out",
        str(folder),
    ]
    environment = {
        key: value for key, value in os.environ.items() if key not in ("DISPLAY", "WAYLAND_DISPLAY")
    }
    begun_ns = clock.now_ns()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as child:
        assert child.stdout is not None
        shown_ns = 0
        for line in child.stdout:
            if line.startswith(FIRST_FRAME):
                shown_ns = clock.now_ns()
        status = child.wait()
    if status != EXIT_STATUS["stopped"] or not shown_ns:
        raise SystemExit(
            f"the run ended with exit status {status} before its first frame; run by hand: {' '.join(command)}"
        )
    notices = [event.fields for event in read_journal(folder / "journal.jsonl").of_kind("notice")]
    phases: dict[str, float] = next((fields["phases_ms"] for fields in notices if "phases_ms" in fields), {})
    return (shown_ns - begun_ns) / 1e6, dict(phases)


def main(argv: Sequence[str] | None = None) -> int:
    """Print one line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--experience", default="lantern_street")
    parser.add_argument("--size", default="1280x720")
    args = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as base:
        results = [
            one_start(args.experience, Path(base) / str(number), args.size) for number in range(args.runs + 1)
        ][1:]
    names = list(results[0][1])
    print(
        json.dumps(
            {
                "bench": "start",
                "experience": args.experience,
                "size": args.size,
                "runs": args.runs,
                "first_frame_ms": round(median(whole for whole, _ in results), 1),
                "phases_ms": {
                    name: round(median(phases.get(name, 0.0) for _, phases in results), 1) for name in names
                },
            }
        ),
        flush=True,
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
