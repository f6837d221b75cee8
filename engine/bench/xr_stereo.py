"""What the second eye costs: one cull for both eyes, and one set of draw calls, next to two cameras and to one eye alone.

    python -m engine.bench.xr_stereo
    python -m engine.bench.xr_stereo --nodes 3000 --frames 60

Twice: with boxes all around the guest, as scenes in a headset are (a quarter of them in sight), and with every box in sight,
where drawing outweighs culling most. All ways draw the same boxes in the same graphics context, frame by frame in turns, and wait
for the pixels. Eyes are small, so that a software renderer's fill does not hide what the processor does per node. Prints one
JSON line each; a ratio is the median of the frames' ratios, which what else the machine does bends least.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
from collections.abc import Sequence

from engine.render.headset.boxes import HEAD, box_scene, eyes_apart, tick
from engine.render.headset.context import open_context
from engine.render.headset.stereo import StereoRig
from engine.time.clocks import MonotonicClock
from engine.xr.values import View

_WARM = 5


def measure(*, nodes: int, around: bool, size_px: tuple[int, int], frames: int) -> dict[str, object]:
    """Time the ways to draw two eyes.

    Parameters
    ----------
    nodes : int
        Boxes.
    around : bool
        All around the guest, or all in sight.
    size_px : tuple of int
        Of one eye.
    frames : int
        Of each way.

    Returns
    -------
    dict
        Medians in milliseconds, and the medians of the ratios to two cameras, frame by frame.
    """
    clock = MonotonicClock()
    output = open_context()
    picture, _moved = box_scene(nodes, around=around)
    both = eyes_apart()
    alone: tuple[View, View] = (both[0], both[0])
    ways = {
        "mono": StereoRig(output, picture, size_px=size_px, samples=0, way="left"),
        "cameras": StereoRig(output, picture, size_px=size_px, samples=0, way="cameras"),
        "shared": StereoRig(output, picture, size_px=size_px, samples=0, way="shared"),
        "instances": StereoRig(output, picture, size_px=size_px, samples=0, way="instances"),
    }
    for rig in ways.values():
        rig.set_active(False)
    taken_ms: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(frames + _WARM):
        for name, rig in ways.items():
            rig.set_active(True)
            tick()
            begun_ns = clock.now_ns()
            rig.draw(HEAD[0], HEAD[1], alone if name == "mono" else both)
            rig.finish()
            if number >= _WARM:
                taken_ms[name].append((clock.now_ns() - begun_ns) * 1e-6)
            rig.set_active(False)
    ratios = {
        name: [one / two for one, two in zip(taken_ms[name], taken_ms["cameras"], strict=True)]
        for name in ("shared", "instances")
    }
    renderer = output.renderer
    for rig in ways.values():
        rig.close()
    output.engine.remove_all_windows()
    return {
        "bench": "xr_stereo",
        "scene": "around" if around else "in sight",
        "nodes": nodes,
        "eye_px": f"{size_px[0]}x{size_px[1]}",
        "frames": frames,
        **{f"{name}_median_ms": round(statistics.median(values), 3) for name, values in taken_ms.items()},
        **{f"{name}_over_cameras": round(statistics.median(values), 3) for name, values in ratios.items()},
        "renderer": renderer,
        "python": platform.python_version(),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="python -m engine.bench.xr_stereo", description=__doc__)
    parser.add_argument("--nodes", type=int, default=1000, help="boxes; four times as many around the guest")
    parser.add_argument("--size", default="16x16", help="of one eye, WIDTHxHEIGHT pixels")
    parser.add_argument("--frames", type=int, default=150, help="of each way")
    options = parser.parse_args(arguments)
    width, _, height = options.size.partition("x")
    for around in (True, False):
        result = measure(
            nodes=options.nodes * (4 if around else 1),
            around=around,
            size_px=(int(width), int(height)),
            frames=options.frames,
        )
        print(json.dumps(result), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
