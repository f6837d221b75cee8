"""What the engine adds to a frame, next to a bare Panda3D loop drawing the very same scene graph.

    python -m engine.bench.frame
    python -m engine.bench.frame --scene market --size 640x360 --frames 200

Both loops run in turns, in one process, on one graphics context, and both wait until the pixels are in
memory. The bare loop calls Panda3D's `render_frame` and nothing else; ours evaluates the show at an instant
that moves on, poses vehicle, head and nodes, sets every shader input, lays out captions and panels, and looks
what the guest looks at. Prints one JSON line. `measure` takes a hook that is called in each of our frames,
for whatever else a show runs.
"""

from __future__ import annotations

import argparse
import json
import platform
from collections.abc import Callable, Sequence

from engine.experience.package import Package, load_package
from engine.render.live import HeadPose, LiveView, OptionView
from engine.render.viewer import Viewer, ViewerOptions
from engine.time.clocks import MonotonicClock
from engine.time.flicks import FLICKS_PER_SECOND
from engine.time.segments import Segment, SegmentKind, Transport

_WARM = 10
_STEP_NS = 11_111_111  # a 90 Hz display
_NS_PER_S = 1_000_000_000

FrameHook = Callable[[int, int], None]
"""Called in each of our frames with its number and its host instant."""


def measure(
    package: Package, *, scene: str, size: tuple[int, int], frames: int, hook: FrameHook | None = None
) -> dict[str, object]:
    """Time both loops.

    Parameters
    ----------
    package : Package
    scene : str
        Which scene to draw.
    size : tuple of int
        Pixels. Small, so that a software renderer's fill does not hide the engine.
    frames : int
        Of each loop.
    hook : callable, optional

    Returns
    -------
    dict
        Medians and 99th percentiles in milliseconds, and their ratios (ours over bare).
    """
    clock = MonotonicClock()
    index = package.scene_index[scene]
    program = package.scenes[index]
    transport = Transport(segments=(Segment(0, 0, index, 0, 1, 1, SegmentKind.START, 0, 0, 0),))
    live = _choice(package, scene)
    bare_ms: list[float] = []
    ours_ms: list[float] = []
    length_ns = program.duration.nominal_fl * _NS_PER_S // FLICKS_PER_SECOND
    with Viewer(
        package,
        ViewerOptions(size=size, headless=True, quality="test", second_language=package.languages[-1]),
    ) as viewer:
        for number in range(frames + _WARM):
            host_ns = length_ns // 4 + number * _STEP_NS % (length_ns // 2)
            head = HeadPose(yaw_deg=0.01 * (number % 200))
            # The two take turns frame by frame, so that whatever else the machine does meets both alike.
            begun_ns = clock.now_ns()
            viewer.draw(transport, host_ns, head, live)
            if hook is not None:
                hook(number, host_ns)
            between_ns = clock.now_ns()
            viewer.redraw()
            ended_ns = clock.now_ns()
            if number >= _WARM:  # the first frames compile shaders and fill caches
                ours_ms.append((between_ns - begun_ns) * 1e-6)
                bare_ms.append((ended_ns - between_ns) * 1e-6)
        notice, renderer = viewer.notice, viewer.renderer
    return {
        "bench": "frame",
        "scene": scene,
        "size": f"{size[0]}x{size[1]}",
        "frames": len(ours_ms),
        "bare_median_ms": round(_share(bare_ms, 0.5), 3),
        "ours_median_ms": round(_share(ours_ms, 0.5), 3),
        "bare_p99_ms": round(_share(bare_ms, 0.99), 3),
        "ours_p99_ms": round(_share(ours_ms, 0.99), 3),
        "median_ratio": round(_share(ours_ms, 0.5) / _share(bare_ms, 0.5), 3),
        "p99_ratio": round(_share(ours_ms, 0.99) / _share(bare_ms, 0.99), 3),
        "renderer": renderer,
        "output": notice,
        "python": platform.python_version(),
    }


def _choice(package: Package, scene: str) -> LiveView:
    """An open choice, if the scene has one: the frames that cost most."""
    window = package.scene(scene).window
    if window is None:
        return LiveView()
    language = package.languages[0]
    options = tuple(
        OptionView(option, package.lines.option(option, language), fill_ratio=0.5)
        for option in window.options
    )
    return LiveView(options=options, time_left_ratio=0.5)


def _share(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="python -m engine.bench.frame", description=__doc__)
    parser.add_argument("--package", default="lantern_street")
    parser.add_argument("--scene", default="market")
    parser.add_argument("--size", default="64x36", help="pixels, WIDTHxHEIGHT")
    parser.add_argument("--frames", type=int, default=300, help="of each loop")
    options = parser.parse_args(arguments)
    width, _, height = options.size.partition("x")
    result = measure(
        load_package(options.package),
        scene=options.scene,
        size=(int(width), int(height)),
        frames=options.frames,
    )
    print(json.dumps(result))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
