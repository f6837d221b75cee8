"""How long the full state at a random seek point takes, and how that grows with the number of cues.

Run ``python -m engine.bench.seek``. Prints one JSON line for each size and one with the growth; scenes are
generated, compiled as an author's would be, and sought at random places (fixed seed). Ratios of one run on
one machine are what counts.
"""

from __future__ import annotations

import json
import math
import random
import sys
from collections.abc import Iterator, Sequence
from typing import Any, TextIO

from engine.errors import Problem
from engine.time.clocks import Clock, MonotonicClock
from engine.time.flicks import FLICKS_PER_SECOND, fl_to_ns
from engine.time.publisher import TransportWriter
from engine.time.segments import SegmentKind, Transport
from engine.time.shared import LocalBlock
from engine.timeline.compile import compile_scene
from engine.timeline.evaluate import Evaluator
from engine.timeline.parse import parse_scene
from engine.timeline.program import Program
from engine.timeline.roles import RoleKind, RoleSpec, RoleTable
from engine.timeline.yamlsource import Places

SIZES = (1_000, 10_000, 100_000)
SEEKS = 2_000
_TRACKS = 20
_CUE_S = 2


def roles() -> RoleTable:
    """Motion, haptic, six colours, twelve levels: 20 roles, 38 components."""
    found = [RoleSpec("seat.motion", RoleKind.MOTION, "seat", "motion")]
    found.append(RoleSpec("seat.shaker", RoleKind.HAPTIC, "seat", "haptic"))
    found += [RoleSpec(f"light.{i}", RoleKind.COLOR, "room", "light") for i in range(6)]
    found += [RoleSpec(f"air.{i}", RoleKind.LEVEL, "room", "wind") for i in range(_TRACKS - 8)]
    return RoleTable.of(found)


def scene(cues: int, table: RoleTable) -> dict[str, Any]:
    """A scene with this many cues, spread evenly over one track a role, a cue every two seconds on each."""
    draw = random.Random(cues)
    each = cues // _TRACKS
    tracks: list[dict[str, Any]] = []
    for role in table:
        rows: list[dict[str, Any]] = []
        for number in range(each):
            row: dict[str, Any] = {"at": f"{number * _CUE_S}s"}
            level = draw.random()
            if role.kind is RoleKind.MOTION:
                heave = {"heave": f"{level * 40 - 20:.1f}mm", "roll": f"{level - 0.5:.2f}deg"}
                row |= {"to": heave, "over": "1s"}
            elif role.kind is RoleKind.HAPTIC:
                row |= {"transient": {"intensity": round(level, 3), "sharpness": 0.5}}
            elif number % 3:
                row |= {"to": round(level, 3), "over": "1.5s"}
            else:
                row |= {"for": "1.5s", "curve": [[0, round(level, 3)], [0.4, 1], [1, 0]], "shape": "cubic"}
            rows.append(row)
        kind = "level" if role.kind is RoleKind.COLOR else role.kind.value
        tracks.append({"kind": kind, "role": role.name, "cues": rows})
    return {"duration": f"{each * _CUE_S}s", "tracks": tracks}


def compiled(cues: int, table: RoleTable) -> Program:
    """The scene as a program."""
    problems: list[Problem] = []
    places = Places("bench.yaml")
    parsed = parse_scene(scene(cues, table), places, problems)
    program = compile_scene(parsed, scene_id="bench", index=0, roles=table, problems=problems)
    if program is None:
        raise AssertionError("\n".join(str(problem) for problem in problems))
    return program


def sought(program: Program, seeks: int) -> list[tuple[Transport, int]]:
    """Transports of shows that have just sought to random places, with the instant to ask for."""
    draw = random.Random(1)
    found: list[tuple[Transport, int]] = []
    for _ in range(seeks):
        writer = TransportWriter(LocalBlock())
        writer.append(from_ns=0, scene=0)
        at_fl = draw.randrange(program.duration.nominal_fl)
        writer.append(from_ns=1_000_000, scene=0, at_fl=at_fl, kind=SegmentKind.SEEK)
        found.append((writer.transport, 1_000_000 + fl_to_ns(draw.randrange(FLICKS_PER_SECOND))))
    return found


def percentile(sorted_values: Sequence[float], share: float) -> float:
    """Nearest-rank percentile."""
    return sorted_values[max(0, math.ceil(share * len(sorted_values)) - 1)]


def measure(
    sizes: Sequence[int] = SIZES, seeks: int = SEEKS, clock: Clock | None = None
) -> Iterator[dict[str, Any]]:
    """One row for each size, then one with the growth.

    Parameters
    ----------
    sizes
        Numbers of cues, ascending.
    seeks
        Seeks for each size.
    clock
        Default the monotonic clock.

    Yields
    ------
    dict
        ``p50_ms`` and ``p99_ms`` are of one full state (levels, path, nodes, stage values) plus the media
        that play and the one-shots of the next second.
    """
    watch = MonotonicClock() if clock is None else clock
    table = roles()
    first: dict[str, Any] | None = None
    row: dict[str, Any] = {}
    for cues in sizes:
        start_ns = watch.now_ns()
        program = compiled(cues, table)
        compile_ms = (watch.now_ns() - start_ns) / 1e6
        evaluator = Evaluator([program], table)
        taken_ms: list[float] = []
        for transport, host_ns in sought(program, seeks):
            begin_ns = watch.now_ns()
            moment = transport.at(host_ns)
            evaluator.stage_values(transport, host_ns, 0)
            program.media.active(moment.at_fl, moment.segment.run_from_fl)
            program.events.crossed(moment.at_fl, moment.at_fl + FLICKS_PER_SECOND)
            taken_ms.append((watch.now_ns() - begin_ns) / 1e6)
        taken_ms.sort()
        row = {
            "bench": "seek",
            "cues": cues,
            "channels": program.bank.channels,
            "pieces": program.bank.pieces,
            "bisection_steps": math.ceil(math.log2(max(program.bank.pieces, 2))),
            "seeks": seeks,
            "p50_ms": round(percentile(taken_ms, 0.5), 4),
            "p99_ms": round(percentile(taken_ms, 0.99), 4),
            "compile_ms": round(compile_ms, 1),
        }
        first = first or row
        yield row
    if first is not None and first is not row:
        yield {
            "bench": "seek-growth",
            "cues_ratio": row["cues"] / first["cues"],
            "p50_ratio": round(row["p50_ms"] / max(first["p50_ms"], 1e-9), 3),
            "p99_ratio": round(row["p99_ms"] / max(first["p99_ms"], 1e-9), 3),
            "limit_p99_ms": 5.0,
            "within_limit": row["p99_ms"] < 5.0,
        }


def main(out: TextIO = sys.stdout) -> int:
    """Print the rows as JSON lines."""
    for row in measure():
        out.write(json.dumps(row) + "\n")
        out.flush()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
