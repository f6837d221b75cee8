"""A window with a desk before it, or a mirror beside an off-screen context, for somebody else's hands:
``python -m tests.peers.desk_shown desk|mirror FOLDER``. Prints what it hears as JSON lines; ends when its pipe does.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from select import select

import numpy as np
from panda3d.core import ClockObject, GraphicsWindow, Texture, load_prc_file_data

from engine.experience.bundled import find_shared
from engine.render.desk import CLIP_KEY, STILL_KEY, Desk, Lens
from engine.render.headset.context import open_context
from engine.render.headset.mirror import EyesPicture, Mirror, MirrorOptions
from engine.render.headset.mirror_draw import buffer
from engine.render.headset.overlay import OverlayInfo
from engine.render.output import Output, open_output
from engine.render.panels import load_font
from engine.time import MonotonicClock
from engine.xr.angles import angles_deg
from engine.xr.simulator import Simulator
from engine.xr.values import Fov

PERIOD_NS = 20_000_000
SIZE_PX = (640, 360)


def tell(**row: object) -> None:
    print(json.dumps(row), flush=True)


def wanted() -> bool:
    """Whether the other side still listens."""
    return not select([sys.stdin], [], [], 0)[0]


def desk(output: Output, clock: MonotonicClock) -> None:
    window = output.buffer
    assert isinstance(window, GraphicsWindow)
    reader = Desk(window, {"x"})
    reader.lens = Lens((90.0, 58.0))
    simulator = Simulator()
    told: dict[str, object] = {}
    while wanted():
        output.draw()
        now_ns = clock.now_ns()
        did = reader.poll()
        tracked = simulator.sample(did, now_ns, PERIOD_NS * 1e-9)
        for key in (*did.keys, *did.operator_keys):
            tell(key=key)
        if did.clicked:
            tell(click=did.hand)
        yaw, pitch, _roll = angles_deg(tracked.head.turn)
        state: dict[str, object] = {
            "head_m": [round(value, 3) for value in tracked.head.position_m],
            "yaw_deg": round(yaw, 1),
            "pitch_deg": round(pitch, 1),
            "held": sorted(did.held),
            "gaze": tracked.gaze is not None,
            "hands": [hand.kind for hand in tracked.hands],
            "reach_m": [round(hand.length_m, 2) for hand in simulator.stance.hands],
            "pointer": None if did.pointer is None else [round(value, 2) for value in did.pointer],
        }
        if state != told:
            told = state
            tell(**state)
        clock.sleep_until_ns(now_ns + PERIOD_NS)


def eyes() -> Texture:
    """Left eye red, right eye blue."""
    pixels = np.zeros((256, 512, 4), dtype=np.uint8)
    pixels[:, :256, 2] = pixels[:, 256:, 0] = 200
    texture = Texture("eyes")
    texture.setup_2d_texture(512, 256, Texture.T_unsigned_byte, Texture.F_rgba8)
    texture.set_ram_image(pixels.tobytes())
    return texture


def mirror(output: Output, clock: MonotonicClock, folder: Path) -> None:
    font = load_font(find_shared("assets/fonts/sensorama-caption.ttf"))
    shown = Mirror(output, clock, MirrorOptions(eyes="both", size_px=SIZE_PX, folder=folder), font)
    assert shown.window is not None
    reader = Desk(shown.window, name="mirror")
    # As a headset's buffers do, this one takes the context to the host between two frames of the mirror.
    buffer(output, "another", (64, 64)).make_display_region()
    texture = eyes()
    fov = Fov(-0.8, 0.8, 0.8, -0.8)
    ahead = (0.0, 0.0, 0.0, 1.0)
    number = 0
    closed = False
    while wanted():
        begun_ns = clock.now_ns()
        output.draw()
        picture = EyesPicture(
            texture, ((0.0, 0.0, 0.5, 1.0), (0.5, 0.0, 0.5, 1.0)), (ahead, ahead), (fov, fov), ahead, begun_ns
        )
        shown.update(picture, OverlayInfo("hall"), begun_ns + PERIOD_NS)
        for key in reader.poll().operator_keys:
            if key == STILL_KEY:
                shown.screenshot()
            elif key == CLIP_KEY:
                shown.clip()
        for line in shown.said():
            tell(said=line)
        number += 1
        if number == 50:
            tell(shown=shown.stats.shown, of=shown.stats.frames)
        if shown.is_closed and not closed:
            closed = True
            tell(closed=True)
        clock.sleep_until_ns(begun_ns + PERIOD_NS)
    shown.close()


def main() -> None:
    kind, folder = sys.argv[1], Path(sys.argv[2])
    clock = MonotonicClock()
    load_prc_file_data("", "notify-level-display error\n")
    if kind == "desk":
        output = open_output(size=SIZE_PX, headless=False, samples=0, vsync=False, title="Sensorama desk")
        ClockObject.get_global_clock().set_mode(ClockObject.M_slave)
        tell(ready=output.notice)
        desk(output, clock)
    else:
        output = open_context()
        ClockObject.get_global_clock().set_mode(ClockObject.M_slave)
        tell(ready=output.notice)
        mirror(output, clock, folder)
    sys.stdout.flush()
    os._exit(
        0
    )  # Panda3D may abort where outputs of one context go in the wrong order at the interpreter's end


if __name__ == "__main__":
    main()
