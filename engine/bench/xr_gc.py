"""Frames of a headset in a process with a million live objects: what garbage collection costs them.

    python -m engine.bench.xr_gc
    python -m engine.bench.xr_gc --minutes 1 --objects 200000

The same loop runs with `engine.render.headset.garbage`, which collects between frames, and, for a tenth of the time, with Python's
collector as it comes. At the display's pace it draws two small eyes and makes so many new objects per frame, some of them in
cycles; every ten seconds the scene changes, and by then a tenth of what is alive has been replaced, a little in each frame, as a
scene is loaded ahead. Each collection is timed where it happens
(``gc.callbacks``) and counted to the frame it fell into: a frame is late *because of garbage* when it took more than twice its
budget and would not have without its collections, or when a collection between frames reached into the next one.
Prints one JSON line.
"""

from __future__ import annotations

import argparse
import gc
import json
import platform
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.render.headset.boxes import HEAD, box_scene, eyes_apart, tick
from engine.render.headset.context import open_context
from engine.render.headset.garbage import Garbage
from engine.render.headset.stereo import StereoRig
from engine.time.clocks import Clock, MonotonicClock

_NS_PER_S = 1_000_000_000
_SCENE_S = 10
#: What a frame makes: as many containers as `sensorama` was seen to make in a frame, one in eight in a cycle.
_NEW_PER_FRAME = 400
_IN_CYCLES = 50
_REPLACED_RATIO = 0.1


@dataclass(slots=True)
class Watch:
    """Times every collection of this process while it is among ``gc.callbacks``."""

    clock: Clock
    total_ns: int = 0
    count: list[int] = field(default_factory=lambda: [0, 0, 0])
    longest_ns: int = 0
    _begun_ns: int = 0

    def __call__(self, phase: str, info: dict[str, int]) -> None:
        """As `gc.callbacks` calls it."""
        if phase == "start":
            self._begun_ns = self.clock.now_ns()
            return
        taken_ns = self.clock.now_ns() - self._begun_ns
        self.total_ns += taken_ns
        self.longest_ns = max(self.longest_ns, taken_ns)
        self.count[info["generation"]] += 1


@dataclass(slots=True)
class Tally:
    """What the frames of one loop took."""

    frames: int = 0
    late: int = 0
    late_by_garbage: int = 0
    worst_ns: int = 0
    worst_garbage_ns: int = 0

    def add(self, frame_ns: int, garbage_ns: int, spill_ns: int, budget_ns: int) -> None:
        """Count a frame.

        Parameters
        ----------
        frame_ns : int
            From its start to its end.
        garbage_ns : int
            Of it, in collections.
        spill_ns : int
            By how much collections after it reached past the next one's start.
        budget_ns : int
        """
        self.frames += 1
        taken_ns, of_garbage_ns = frame_ns + spill_ns, garbage_ns + spill_ns
        late = taken_ns > 2 * budget_ns
        self.late += late
        self.late_by_garbage += late and taken_ns - of_garbage_ns <= 2 * budget_ns
        self.worst_ns = max(self.worst_ns, frame_ns)
        self.worst_garbage_ns = max(self.worst_garbage_ns, of_garbage_ns)


def measure(*, minutes: float, objects: int, rate_hz: float, nodes: int) -> dict[str, object]:
    """Run both loops.

    Parameters
    ----------
    minutes : float
        Of ours; Python's own collector gets a tenth of it, 20 s at least.
    objects : int
        Alive all along: half dicts, half lists.
    rate_hz : float
        The display's; its period is the budget.
    nodes : int
        Boxes drawn to each eye.

    Returns
    -------
    dict
        For ours, and for Python's collector as it comes: frames, those over twice the budget, those because of garbage, the
        longest collection and the most of it in one frame.
    """
    clock = MonotonicClock()
    output = open_context()
    picture, _ = box_scene(nodes)
    rig = StereoRig(output, picture, size_px=(16, 16), samples=0)
    alive: list[object] = []
    while len(alive) < objects // 2:
        alive.append({"at": len(alive), "of": [alive]})
    budget_ns = round(_NS_PER_S / rate_hz)
    found: dict[str, object] = {}
    for name, seconds in (("python", max(20.0, minutes * 6.0)), ("ours", minutes * 60.0)):
        garbage = Garbage(clock) if name == "ours" else None
        watch = Watch(clock)
        gc.callbacks.append(watch)
        try:
            tally = _run(clock, rig, alive, garbage, watch, round(seconds * rate_hz), budget_ns)
        finally:
            gc.callbacks.remove(watch)
            if garbage is not None:
                garbage.close()
        found[name] = {
            "frames": tally.frames,
            "over_twice_budget": tally.late,
            "because_of_garbage": tally.late_by_garbage,
            "worst_frame_ms": round(tally.worst_ns * 1e-6, 3),
            "most_garbage_in_a_frame_ms": round(tally.worst_garbage_ns * 1e-6, 3),
            "longest_collection_ms": round(watch.longest_ns * 1e-6, 3),
            "collections": watch.count,
        }
    renderer = output.renderer
    rig.close()
    output.engine.remove_all_windows()
    return {
        "bench": "xr_gc",
        "minutes": minutes,
        "live_objects": objects,
        "budget_ms": round(budget_ns * 1e-6, 3),
        **found,
        "renderer": renderer,
        "python_version": platform.python_version(),
    }


def _run(
    clock: Clock,
    rig: StereoRig,
    alive: list[Any],
    garbage: Garbage | None,
    watch: Watch,
    frames: int,
    budget_ns: int,
) -> Tally:
    tally = Tally()
    eyes = eyes_apart()
    per_scene = _SCENE_S * _NS_PER_S // budget_ns
    due_ns = clock.now_ns()
    for number in range(frames):
        clock.sleep_until_ns(due_ns)
        begun_ns, before_ns = clock.now_ns(), watch.total_ns
        _make(number)
        _replace(alive, number, per_scene)
        if garbage is not None and number % per_scene == per_scene - 1:
            garbage.scene_changed()
        tick()
        rig.draw(HEAD[0], HEAD[1], eyes)
        ended_ns, inside_ns = clock.now_ns(), watch.total_ns
        due_ns = max(due_ns + budget_ns, ended_ns)
        spill_ns = 0
        if garbage is not None:
            garbage.after_frame(due_ns - ended_ns)
            if watch.total_ns > inside_ns:
                spill_ns = max(0, clock.now_ns() - due_ns)
        tally.add(ended_ns - begun_ns, inside_ns - before_ns, spill_ns, budget_ns)
    return tally


def _make(number: int) -> None:
    kept = [{"frame": number} for _ in range(_NEW_PER_FRAME)]
    for one in kept[:_IN_CYCLES]:
        one["itself"] = one  # type: ignore[assignment]


def _replace(alive: list[Any], number: int, per_scene: int) -> None:
    """Replace this frame's share of what the next scene replaces."""
    count = max(round(len(alive) * _REPLACED_RATIO / per_scene), 1)
    at = number * count % max(len(alive) - count, 1)
    alive[at : at + count] = [{"at": number, "of": [alive]} for _ in range(count)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="python -m engine.bench.xr_gc", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="of ours (default 10)")
    parser.add_argument("--objects", type=int, default=1_000_000, help="alive all along")
    parser.add_argument("--rate", type=float, default=90.0, help="of the display, Hz")
    parser.add_argument("--nodes", type=int, default=100, help="boxes before each eye")
    options = parser.parse_args(arguments)
    result = measure(
        minutes=options.minutes, objects=options.objects, rate_hz=options.rate, nodes=options.nodes
    )
    print(json.dumps(result))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
