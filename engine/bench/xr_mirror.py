"""What the operator's mirror costs the headset: frames with and without one, turn by turn, at an even rate.

    python -m engine.bench.xr_mirror
    xvfb-run -a python -m engine.bench.xr_mirror --size 640x640

Both draw the same boxes for two eyes in the same graphics context at the same rate, and wait for the pixels. `frame_*` is the headset's
own part of a frame, from its beginning to its last pixel: it must not change beside a mirror. `mirror_*` is what the mirror takes in
the time that is left. Without a display there is no window: then only clips are made, which says less. Prints one JSON line.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path

from engine.errors import OutputError
from engine.experience.bundled import find_shared
from engine.render.headset.boxes import HEAD, box_scene, eyes_apart, tick
from engine.render.headset.context import open_context
from engine.render.headset.mirror import Mirror, MirrorOptions, eyes_of
from engine.render.headset.overlay import OverlayInfo
from engine.render.headset.stereo import StereoRig
from engine.render.panels import load_font
from engine.time.clocks import MonotonicClock
from engine.time.flicks import FLICKS_PER_SECOND
from engine.xr.values import Tracked

_NS_PER_S = 1_000_000_000
_WARM = 5


def measure(
    *, nodes: int, size_px: tuple[int, int], hz: float, every: int, frames: int, rounds: int, folder: Path
) -> dict[str, object]:
    """Time frames with and without a mirror.

    Parameters
    ----------
    nodes : int
        Boxes in sight.
    size_px : tuple of int
        Of one eye.
    hz : float
        Frames a second, paced by the clock.
    every : int
        Frames of the headset to one of the mirror.
    frames : int
        With and without, in each round.
    rounds : int
        They take turns this often.
    folder : Path
        Where clips would go.

    Returns
    -------
    dict
        Medians and 99th percentiles in milliseconds, and the median over the rounds of with over without.
    """
    clock = MonotonicClock()
    output = open_context()
    picture, _moved = box_scene(nodes)
    rig = StereoRig(output, picture, size_px=size_px, samples=0)
    eyes = eyes_apart()
    font = load_font(find_shared("assets/fonts/sensorama-caption.ttf"))
    options = MirrorOptions(every=every, folder=folder, clip_fps=10)
    windowed = True
    try:
        mirror = Mirror(output, clock, options, font)
    except OutputError:
        windowed = False
        mirror = Mirror(output, clock, options, font, window=False)
    period_ns = round(_NS_PER_S / hz)
    taken_ms: dict[bool, list[float]] = {False: [], True: []}
    medians: dict[bool, list[float]] = {False: [], True: []}
    late = {False: 0, True: 0}
    for _round in range(rounds):
        for mirrored in (False, True):
            mine: list[float] = []
            for number in range(frames + _WARM):
                begun_ns = clock.now_ns()
                tick()
                rig.draw(HEAD[0], HEAD[1], eyes)
                rig.finish()
                ended_ns = clock.now_ns()
                if number >= _WARM:
                    mine.append((ended_ns - begun_ns) * 1e-6)
                    late[mirrored] += ended_ns - begun_ns > period_ns
                if mirrored:
                    info = OverlayInfo(
                        "bench", begun_ns * FLICKS_PER_SECOND // _NS_PER_S, tracked=Tracked(begun_ns)
                    )
                    mirror.update(eyes_of(rig, HEAD[1], eyes, begun_ns), info, begun_ns + period_ns)
                clock.sleep_until_ns(begun_ns + period_ns)
            taken_ms[mirrored] += mine
            medians[mirrored].append(statistics.median(mine))
    stats = mirror.stats
    costs_ms = sorted(cost * 1e-6 for cost in stats.costs_ns)
    renderer = output.renderer
    mirror.close()
    rig.close()
    output.engine.remove_all_windows()
    ratios = [one / two for one, two in zip(medians[True], medians[False], strict=True)]
    return {
        "bench": "xr_mirror",
        "window": windowed,
        "nodes": nodes,
        "eye_px": f"{size_px[0]}x{size_px[1]}",
        "hz": hz,
        "frames": frames * rounds,
        "frame_median_ms": round(statistics.median(taken_ms[False]), 3),
        "frame_p99_ms": round(_p99(taken_ms[False]), 3),
        "frame_mirrored_median_ms": round(statistics.median(taken_ms[True]), 3),
        "frame_mirrored_p99_ms": round(_p99(taken_ms[True]), 3),
        "mirrored_over_alone": round(statistics.median(ratios), 3),
        "late_frames": late[False],
        "late_frames_mirrored": late[True],
        "mirror_frames": stats.shown,
        "mirror_left_out": stats.skipped_late,
        "mirror_median_ms": round(statistics.median(costs_ms), 3) if costs_ms else None,
        "mirror_p99_ms": round(_p99(costs_ms), 3) if costs_ms else None,
        "mirror_per_headset_frame_ms": round(stats.per_headset_frame_ns * 1e-6, 3),
        "renderer": renderer,
        "python": platform.python_version(),
    }


def _p99(values: Sequence[float]) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="python -m engine.bench.xr_mirror", description=__doc__)
    parser.add_argument("--nodes", type=int, default=500, help="boxes in sight")
    parser.add_argument("--size", default="320x320", help="of one eye, WIDTHxHEIGHT pixels")
    parser.add_argument("--hz", type=float, default=30.0, help="frames a second")
    parser.add_argument("--every", type=int, default=2, help="frames of the headset to one of the mirror")
    parser.add_argument("--frames", type=int, default=40, help="with and without, in each round")
    parser.add_argument("--rounds", type=int, default=5, help="how often they take turns")
    options = parser.parse_args(arguments)
    width, _, height = options.size.partition("x")
    with tempfile.TemporaryDirectory() as folder:
        result = measure(
            nodes=options.nodes,
            size_px=(int(width), int(height)),
            hz=options.hz,
            every=options.every,
            frames=options.frames,
            rounds=options.rounds,
            folder=Path(folder),
        )
    print(json.dumps(result), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
