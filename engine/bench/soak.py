"""Hours of show on the manual clock: memory must not grow and time must not drift.

    python -m engine.bench.soak --hours 4

Plays an experience over and over with seeded choices, every device a twin in memory, no picture. After each run the transport's
position is compared with the exact rational one (drift, in flicks); after a collection the memory blocks the interpreter holds are counted
and, where the system tells, the resident memory is read.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.bus.inline import InlineBus
from engine.bus.loop import BusEvent
from engine.show.conduct.conductor import Conductor
from engine.show.conduct.rehearsal import Rehearsal
from engine.show.inline import InlineRun
from engine.show.options import PlayOptions
from engine.show.setup import Phases, Production, produce
from engine.story.ink import Story
from engine.time import LocalBlock, ManualClock, MonotonicClock, TransportWriter, ns_to_fl


def _forget(kind: str, now_ns: int, /, **fields: Any) -> None:
    """Nothing is recorded: a soak looks at what the engine itself keeps."""


def _forget_bus(event: BusEvent) -> None:
    """As `_forget`."""


def play_once(production: Production, seed: int) -> tuple[int, int]:
    """One show by a seed.

    Returns
    -------
    (int, int)
        Host nanoseconds it took on the manual clock, and its drift in flicks: the sum over all segments of the difference between
        the run time the transport gives and the exact one.
    """
    block = LocalBlock()
    writer = TransportWriter(block)
    story = Story.load(production.package.story_json, str(production.package.story_path), seed=seed)
    conductor = Conductor(
        package=production.package, story=story, writer=writer, record=_forget, rehearse=Rehearsal(seed)
    )
    bus = InlineBus(
        production.devices,
        production.evaluator(),
        block,
        epoch_ns=0,
        tick_hz=production.rig.tick_hz,
        sink=_forget_bus,
    )
    conductor.start(0, from_ns=0)
    ended = InlineRun(conductor, writer, ManualClock(0), bus).run()
    exact_fl = ns_to_fl(ended.at_ns)
    return ended.at_ns, writer.transport.run_fl(ended.at_ns) - exact_fl


def _resident_kb() -> float:
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource_page_kb()
    except (OSError, ValueError):
        return 0.0  # this system does not tell; the blocks do


def resource_page_kb() -> float:
    """Size of a memory page."""
    return os.sysconf("SC_PAGE_SIZE") / 1024 if hasattr(os, "sysconf") else 4.0


def _mean(rows: Sequence[tuple[float, float]], column: int) -> float:
    return round(sum(row[column] for row in rows) / max(1, len(rows)), 1)


def main(argv: Sequence[str] | None = None) -> int:
    """Print one line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--hours", type=float, default=4.0)
    parser.add_argument("--experience", default="lantern_street")
    args = parser.parse_args(argv)
    clock = MonotonicClock()
    production = produce(PlayOptions(experience=args.experience), Phases(clock))
    begun_ns = clock.now_ns()
    shown_ns, runs, worst_drift_fl = 0, 0, 0
    kept: list[tuple[int, float]] = []
    while shown_ns < args.hours * 3.6e12:
        length_ns, drift_fl = play_once(production, runs)
        shown_ns += length_ns
        runs += 1
        worst_drift_fl = max(worst_drift_fl, abs(drift_fl))
        gc.collect()
        if runs > 2:  # the first runs fill caches that are meant to stay
            kept.append((sys.getallocatedblocks(), _resident_kb()))
    wall_s = (clock.now_ns() - begun_ns) / 1e9
    third = max(1, len(kept) // 3)
    early, late = kept[:third], kept[-third:]
    print(
        json.dumps(
            {
                "bench": "soak",
                "experience": args.experience,
                "hours": round(shown_ns / 3.6e12, 3),
                "runs": runs,
                "wall_s": round(wall_s, 1),
                "times_real_time": round(shown_ns / 1e9 / wall_s, 1),
                "drift_fl": worst_drift_fl,
                "blocks_early": _mean(early, 0),
                "blocks_late": _mean(late, 0),
                "resident_kb_early": _mean(early, 1),
                "resident_kb_late": _mean(late, 1),
            }
        ),
        flush=True,
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
