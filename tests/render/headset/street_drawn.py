"""Draws scenes of Lantern Street for two eyes, by one cull and by two cameras, and says how many pixels differ:
``python -m tests.render.headset.street_drawn SCENE...`` prints one JSON line.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

import numpy as np

from engine.experience.package import load_package
from engine.render.eye import Pose as Place
from engine.render.headset.context import graphics_kind, open_context
from engine.render.headset.stereo import StereoRig
from engine.render.live import HeadPose, LiveView, OptionView
from engine.render.options import ViewerOptions
from engine.render.stage import Stage
from engine.time.segments import Segment, SegmentKind, Transport
from engine.xr.values import Pose
from tests.render.headset.eyes_drawn import COLOR, EYES, GlTextures, tick

SIZE_PX = (320, 288)
_AT_NS = 5_000_000_000


def main(scenes: Sequence[str]) -> None:
    """Draw, compare, print."""
    output = open_context()
    package = load_package("lantern_street")
    said: list[str] = []
    stage = Stage(package, ViewerOptions(quality="headset"), output, lambda _event: None, said.append)
    gl = GlTextures()
    choice = LiveView(options=(OptionView("follow", "Follow", "Follow", 0.6, azimuth_deg=13.0),))
    apart: dict[str, float] = {}
    for name in scenes:
        transport = Transport(
            segments=(Segment(0, 0, package.scene_index[name], 0, 1, 1, SegmentKind.START, 0, 0, 0),)
        )
        stage.prepare(transport, _AT_NS, HeadPose(), choice)
        T_vehicle_rest = Place(*stage.eye_m, heading_deg=9.0).matrix()
        drawn = []
        for way in ("cameras", "shared"):
            rig = StereoRig(output, stage.picture, size_px=SIZE_PX, samples=4, way=way)  # type: ignore[arg-type]
            for _ in range(2):
                tick()
                rig.draw(T_vehicle_rest, Pose(), EYES)
            both_px = (2 * SIZE_PX[0], SIZE_PX[1])
            target = gl.make(COLOR["srgb8_alpha8"], both_px)
            rig.into(None, target, COLOR["srgb8_alpha8"])
            drawn.append(gl.codes(target, both_px).astype(np.int16))
            rig.close()
        assert len(np.unique(drawn[0].reshape(-1, 4), axis=0)) > 5000
        apart[name] = float((drawn[0] != drawn[1]).any(axis=2).mean())
    stage.close()
    print(json.dumps({"apart": apart, "kind": graphics_kind(output), "samples": 4, "said": said}))
    output.engine.remove_all_windows()


if __name__ == "__main__":
    main(sys.argv[1:])
