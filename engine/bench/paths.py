"""Bounds over every path of a story: seconds for ten measures of a graph, and how that grows with the graph.

Run ``python -m engine.bench.paths``. Prints one JSON line for each shape and size, and one for the growth. Shapes: a branching story with
some bounded loops, laps, once-only options and several endings (`story`), and one where every scene can lead back to any (`tangle`).
"""

from __future__ import annotations

import argparse
import json
import math
import random
import sys
from collections.abc import Iterator, Sequence
from typing import Any, TextIO

from engine.safety.paths.bounds import bound
from engine.safety.paths.flow import Flow
from engine.safety.paths.graph import OUTSIDE, PathGraph, Stop, Together, Way
from engine.safety.paths.values import Additive, Costs, Highest, PowerSum, Ratio, Windowed
from engine.time.clocks import Clock, MonotonicClock

SIZES = (250, 500, 1000, 2000, 4000)


def story(stops: int, seed: int = 1) -> PathGraph:
    """A branching story: mostly forward, three ways a scene; one scene in twenty leads back and is limited, one in ten has laps."""
    rng = random.Random(seed)
    nodes: list[Stop] = []
    ways = [Way(OUTSIDE, 0)]
    together: list[Together] = []
    for number in range(stops):
        back = number % 20 == 19
        nodes.append(Stop(f"s{number}", 3 if back else None))
        for _ in range(3):
            ahead = number + 1 + int(rng.expovariate(1 / 6.0))
            if ahead < stops:
                ways.append(Way(number, ahead))
            elif not any(way.source == number and way.target == OUTSIDE for way in ways[-3:]):
                ways.append(Way(number, OUTSIDE))
        if back:
            ways.append(Way(number, max(0, number - rng.randint(2, 12))))
        if number % 10 == 5:
            together.append(Together((len(ways) - 1,), 1))
    count = len(ways)
    for number in range(0, stops, 10):
        lap = len(nodes)
        nodes.append(Stop(f"s{number}/lap", 2, number))
        onward = [Way(lap, way.target, way.most) for way in ways[:count] if way.source == number]
        ways += [Way(number, lap), Way(lap, lap), *onward]
    return PathGraph(tuple(nodes), tuple(ways), tuple(together))


def tangle(stops: int, seed: int = 2) -> PathGraph:
    """One knot: three ways a scene to anywhere, every scene twice at most."""
    rng = random.Random(seed)
    ways = [
        Way(OUTSIDE, 0),
        *(Way(number, rng.randrange(stops)) for number in range(stops) for _ in range(3)),
    ]
    ways += [Way(stops - 1, OUTSIDE)]
    return PathGraph(tuple(Stop(f"s{number}", 2) for number in range(stops)), tuple(ways))


def ten(graph: PathGraph, seed: int = 3) -> list[tuple[Costs, float | None]]:
    """Ten measures, half of them with a limit that breaks."""
    rng = random.Random(seed)
    count = len(graph.stops)

    def values(most: float) -> list[float]:
        return [rng.uniform(0.0, most) for _ in range(count)]

    seconds = [rng.uniform(5.0, 60.0) for _ in range(count)]
    decay = [math.exp(-0.4 * length) for length in seconds]
    inside = values(3.0)
    found: list[tuple[Costs, float | None]] = [
        (Additive("duration", seconds), 1800.0),
        (Additive("scent", values(4.0)), None),
        *((PowerSum(f"vdv_{axis}", 4.0, values(1.0), values(0.1), decay), 3.0) for axis in "xyz"),
        (PowerSum("msdv", 2.0, values(1.0), values(0.3), decay), None),
        (Highest("peak", values(1.0)), 0.9),
        (Highest("tilt", values(1.0)), None),
        (Ratio("a_w", values(1.0), seconds), None),
        (Windowed("flashes", 1.0, inside, inside, inside, inside, seconds), 2.5),
    ]
    return found


def measure(sizes: Sequence[int] = SIZES, clock: Clock | None = None) -> Iterator[dict[str, Any]]:
    """One row for each shape and size, one for the growth of each shape."""
    watch = MonotonicClock() if clock is None else clock
    for shape, make in (("story", story), ("tangle", tangle)):
        taken: list[tuple[int, float]] = []
        for size in sizes if shape == "story" else sizes[:3]:
            graph = make(size)
            questions = ten(graph)
            begin_ns = watch.now_ns()
            flow = Flow(graph)
            gaps = []
            by_kind: dict[str, float] = {}
            for costs, limit in questions:
                from_ns = watch.now_ns()
                answer = bound(graph, costs, limit, flow=flow)
                kind = type(costs).__name__
                by_kind[kind] = round(by_kind.get(kind, 0.0) + (watch.now_ns() - from_ns) / 1e9, 3)
                if answer.witness.value > 0.0:
                    gaps.append(answer.value / answer.witness.value - 1.0)
            seconds = (watch.now_ns() - begin_ns) / 1e9
            taken.append((size, seconds))
            yield {
                "bench": "paths",
                "shape": shape,
                "stops": len(graph.stops),
                "ways": len(graph.ways),
                "measures": len(questions),
                "seconds": round(seconds, 3),
                "wanted_seconds_at_1000": 10,
                "by_kind": by_kind,
                "widest_gap": round(max(gaps, default=0.0), 6),
            }
        if len(taken) > 1:
            (least, short), (most, long) = taken[0], taken[-1]
            growth = math.log(long / max(short, 1e-9)) / math.log(most / least)
            yield {
                "bench": "paths",
                "shape": shape,
                "growth_exponent": round(growth, 2),
                "from": least,
                "to": most,
            }


def main(arguments: list[str] | None = None, out: TextIO = sys.stdout) -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    asked = parser.parse_args(arguments)
    for row in measure(asked.sizes):
        out.write(json.dumps(row) + "\n")
        out.flush()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
