"""How long another thread of the process waits while a headset's picture is drawn.

    python -m engine.bench.xr_gil
    python -m engine.bench.xr_gil --nodes 3000 --seconds 2 --rounds 5

A thread wakes 2,000 times a second and notes the gaps between its wake-ups, while the same boxes are drawn for two eyes in three
ways that take turns:

``none``    two cameras and nothing else: no Python of ours runs while Panda3D draws;
``ours``    one cull for both eyes, and both eyes copied into a runtime's images after the frame;
``upcall``  a Python callback on each eye's region that draws by `upcall()`, as panda3d-openxr does: it keeps the
            interpreter's lock while it draws.

Prints one JSON line; ratios are those of the 99th percentiles of the gaps over all rounds.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import threading
from collections.abc import Sequence

from engine.render.headset.boxes import HEAD, SRGB8_ALPHA8, box_scene, eyes_apart, image_for, tick, upcalls
from engine.render.headset.context import open_context
from engine.render.headset.stereo import StereoRig
from engine.time.clocks import MonotonicClock

_PERIOD_NS = 500_000
_WARM_NS = 200_000_000


class _Waker(threading.Thread):
    """Wakes at 2 kHz by absolute deadlines, as the device bus does, and keeps the gaps between its wake-ups."""

    def __init__(self, clock: MonotonicClock) -> None:
        super().__init__(daemon=True)
        self._clock = clock
        self._ended = threading.Event()
        self.gaps_ms: list[float] = []

    def run(self) -> None:
        due_ns = last_ns = self._clock.now_ns()
        while not self._ended.is_set():
            # Missed wake-ups are left out: catching up at once would fill the list with gaps of nothing.
            due_ns = max(due_ns + _PERIOD_NS, last_ns)
            self._clock.sleep_until_ns(due_ns)
            now_ns = self._clock.now_ns()
            self.gaps_ms.append((now_ns - last_ns) * 1e-6)
            last_ns = now_ns

    def stop(self) -> list[float]:
        """End, and give the gaps in milliseconds."""
        self._ended.set()
        self.join()
        return self.gaps_ms


def measure(*, nodes: int, size_px: tuple[int, int], seconds: float, rounds: int) -> dict[str, object]:
    """Measure the gaps.

    Parameters
    ----------
    nodes : int
        Boxes, all in sight.
    size_px : tuple of int
        Of one eye.
    seconds : float
        Of each way in a round.
    rounds : int

    Returns
    -------
    dict
        99th percentiles and medians of the gaps in milliseconds, and the ratios to `none`.
    """
    clock = MonotonicClock()
    output = open_context()
    picture, _boxes = box_scene(nodes)
    eyes = eyes_apart()
    plain = StereoRig(output, picture, size_px=size_px, samples=0, way="cameras")
    ours = StereoRig(output, picture, size_px=size_px, samples=0)
    image = image_for(size_px)
    ways = {"none": plain, "ours": ours, "upcall": plain}
    gaps_ms: dict[str, list[float]] = {name: [] for name in ways}
    frames_ms: dict[str, list[float]] = {name: [] for name in ways}
    plain.set_active(False)
    ours.set_active(False)
    for _round in range(rounds):
        for name, rig in ways.items():
            rig.set_active(True)
            undo = upcalls(rig) if name == "upcall" else None
            waker: _Waker | None = None
            begun_ns = clock.now_ns()
            while (clock.now_ns() - begun_ns) * 1e-9 < seconds + _WARM_NS * 1e-9:
                if waker is None and clock.now_ns() - begun_ns > _WARM_NS:
                    waker = _Waker(clock)
                    waker.start()
                tick()
                frame_ns = clock.now_ns()
                rig.draw(HEAD[0], HEAD[1], eyes)
                if name == "ours":
                    rig.into(0, image, SRGB8_ALPHA8)
                    rig.into(1, image, SRGB8_ALPHA8, at_px=(size_px[0], 0))
                if waker is not None:
                    frames_ms[name].append((clock.now_ns() - frame_ns) * 1e-6)
            gaps_ms[name] += waker.stop() if waker is not None else []
            if undo is not None:
                undo()
            rig.set_active(False)
    renderer = output.renderer
    plain.close()
    ours.close()
    output.engine.remove_all_windows()
    p99_ms = {name: _share(values, 0.99) for name, values in gaps_ms.items()}
    return {
        "bench": "xr_gil",
        "nodes": nodes,
        "eye_px": f"{size_px[0]}x{size_px[1]}",
        **{f"{name}_p99_ms": round(value, 3) for name, value in p99_ms.items()},
        **{f"{name}_median_ms": round(statistics.median(values), 3) for name, values in gaps_ms.items()},
        **{f"{name}_frame_ms": round(statistics.median(values), 3) for name, values in frames_ms.items()},
        "ours_over_none": round(p99_ms["ours"] / p99_ms["none"], 3),
        "upcall_over_none": round(p99_ms["upcall"] / p99_ms["none"], 3),
        "renderer": renderer,
        "python": platform.python_version(),
    }


def _share(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m engine.bench.xr_gil", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("--nodes", type=int, default=3000, help="boxes, all in sight")
    parser.add_argument("--size", default="16x16", help="of one eye, WIDTHxHEIGHT pixels")
    parser.add_argument("--seconds", type=float, default=1.5, help="of each way in a round")
    parser.add_argument("--rounds", type=int, default=5, help="how often the ways take turns")
    options = parser.parse_args(arguments)
    width, _, height = options.size.partition("x")
    result = measure(
        nodes=options.nodes,
        size_px=(int(width), int(height)),
        seconds=options.seconds,
        rounds=options.rounds,
    )
    print(json.dumps(result))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
