"""What our headset layer adds to a frame beside drawing, on whatever OpenXR runtime answers.

    python -m tests.monado -- python -m engine.bench.xr_frame
    python -m tests.monado -- python -m engine.bench.xr_frame --alike --frames 200

From the return of `xrWaitFrame` to that of `xrEndFrame`, less drawing (see `engine.bench.xr_meter`), as a show's headset runs: our
OpenXR layer with recovery, places, presence and motion compensation over it, both eyes from one cull, hands and actions read,
depth and hidden areas where the runtime has them, pictures copied into the runtime's images. ``--alike`` leaves out what the
peers of `engine.bench.xr_peers` do not do: multisampling, depth, hidden areas. Prints one JSON line.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any

import numpy as np

from engine.bench.xr_meter import FrameMeter
from engine.errors import SensoramaError
from engine.experience.headset import HeadsetSpec
from engine.render.headset.boxes import box_scene, tick
from engine.render.headset.canvas import EyeCanvas
from engine.render.headset.context import graphics_kind, open_context
from engine.render.headset.garbage import Garbage
from engine.render.headset.stereo import StereoRig
from engine.time.clocks import MonotonicClock
from engine.xr.faults import XrUnavailable
from engine.xr.headset import Headset
from engine.xr.openxr import OpenXrRuntime
from engine.xr.openxr.instance import OpenXrInstance
from engine.xr.profiles import action_table
from engine.xr.runtime import InstanceWish
from engine.xr.values import Pose
from engine.xr.wearing import HeadsetSetup

#: A runtime that has not drawn a frame after this long will not.
_PATIENCE_NS = 30_000_000_000
_IDLE_NS = 10_000_000


class _TimedEngine:
    """Panda3D's graphics engine, its frames timed as drawing, until the pixels are there."""

    def __init__(self, engine: Any, meter: FrameMeter) -> None:
        self._engine = engine
        self._meter = meter
        self.finish: Any = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def render_frame(self) -> None:
        self._meter.draw()
        self._engine.render_frame()
        if self.finish is not None:
            self.finish()
        self._meter.drawn()


def _time_copies(rig: StereoRig, meter: FrameMeter) -> None:
    """Have the copies of this rig timed."""

    def timed(copy: Callable[..., None]) -> Callable[..., None]:
        def copied(*arguments: Any, **named: Any) -> None:
            meter.copy()
            copy(*arguments, **named)
            meter.copied()

        return copied

    setattr(rig, "into", timed(rig.into))  # noqa: B010 - this rig alone
    setattr(rig, "depth_into", timed(rig.depth_into))  # noqa: B010


class _WatchedRuntime(OpenXrRuntime):
    """Tells the meter of each wait and end as the runtime's function returns, as the peers' hooks do."""

    def __init__(self, meter: FrameMeter) -> None:
        super().__init__()
        self._told = {"xrWaitFrame": meter.awake, "xrEndFrame": meter.ended}

    def open(self, wish: InstanceWish) -> OpenXrInstance:
        instance = super().open(wish)

        def heed(call: str) -> None:
            told = self._told.get(call)
            if told is not None:
                told()

        instance.calls.heed = heed
        return instance


def run(meter: FrameMeter, *, nodes: int, alike: bool) -> str:
    """Show boxes in the headset until the meter has its frames.

    Parameters
    ----------
    meter : FrameMeter
    nodes : int
        Boxes before the eyes.
    alike : bool
        Without multisampling, depth and hidden areas.

    Returns
    -------
    str
        The renderer.

    Raises
    ------
    XrUnavailable
        No runtime, or none that draws within 30 s.
    """
    clock = MonotonicClock()
    spec = HeadsetSpec(samples=1, depth=False, mask=False) if alike else HeadsetSpec()
    with ExitStack() as stack:
        output = open_context()
        stack.callback(output.engine.remove_all_windows)
        timed = _TimedEngine(output.engine, meter)
        output.engine = timed
        picture, _ = box_scene(nodes)
        wish = InstanceWish(graphics=graphics_kind(output))
        headset = Headset(
            _WatchedRuntime(meter), wish, HeadsetSetup(actions=action_table()), clock, say=lambda _: None
        )
        stack.callback(headset.close)
        canvas = EyeCanvas(output, picture, None, spec, lambda: headset.extensions, lambda _: None)
        headset.canvas = canvas
        garbage = Garbage(clock)
        stack.callback(garbage.close)
        until_ns = clock.now_ns() + _PATIENCE_NS
        while not meter.done:
            headset.pump()
            frame = headset.wait() if headset.running else None
            if frame is None:
                if clock.now_ns() > until_ns:
                    raise XrUnavailable(f"no frame to draw within 30 s: {headset.status.line}")
                clock.sleep_until_ns(clock.now_ns() + _IDLE_NS)
                continue
            headset.tracked(frame)
            headset.begin(frame)
            seen = headset.views(frame)
            layers = []
            if frame.should_render and seen.live and canvas.rig is not None:
                until_ns = clock.now_ns() + _PATIENCE_NS
                tick()
                if timed.finish is None:
                    timed.finish = canvas.rig.finish
                    _time_copies(canvas.rig, meter)
                canvas.rig.draw(np.eye(4), seen.head, seen.eyes)
                layers = canvas.layers(seen, (), Pose())
            headset.end(frame, layers)
            garbage.after_frame(frame.woken_ns + frame.period_ns - clock.now_ns())
        return output.renderer


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="python -m engine.bench.xr_frame", description=__doc__)
    parser.add_argument("--warm", type=int, default=20, help="frames before the first that counts")
    parser.add_argument("--frames", type=int, default=100, help="that count")
    parser.add_argument("--nodes", type=int, default=100, help="boxes before the eyes")
    parser.add_argument("--alike", action="store_true", help="without what the peers do not do")
    parser.add_argument("--raw", action="store_true", help="print every frame, for xr_peers")
    options = parser.parse_args(arguments)
    meter = FrameMeter(options.warm, options.frames)
    try:
        renderer = run(meter, nodes=options.nodes, alike=options.alike)
    except SensoramaError as error:
        print(
            f"xr_frame: {error}. Without a headset: python -m tests.monado -- sensorama bench xr",
            file=sys.stderr,
        )
        return 1
    name = "sensorama_alike" if options.alike else "sensorama"
    if options.raw:
        print(meter.line(name))
        return 0
    print(
        json.dumps(
            {
                "bench": "xr_frame",
                "program": name,
                **meter.summary(),
                "renderer": renderer,
                "python": platform.python_version(),
            }
        )
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
