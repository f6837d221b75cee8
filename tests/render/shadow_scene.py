"""Draws a post on a floor without and with the moon's shadow: ``python -m tests.render.shadow_scene OUT.npz``.

A process of its own, since Panda3D draws some textures black in the third graphics context of one process; a viewer has one.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from panda3d.core import ClockObject, GraphicsOutput, Texture

from engine.render.eye import head_matrix
from engine.render.live import HeadPose
from engine.render.look import SceneLook, resolve_look
from engine.render.models import load_model
from engine.render.output import Output, open_output
from engine.render.picture import Picture, Shot
from tests.render.small_scene import box, joined, write_glb

# The moon stands to the left at 45 degrees: a block 2 m tall throws 2 m of shadow to the right.
STAGE = {
    "sky": {"moon": {"azimuth": 90.0, "elevation": 45.0}},
    "fog": {"density": 0.0},
    "ambient": {"sky": [0.02, 0.02, 0.02], "ground": [0.02, 0.02, 0.02], "moon": [0.5, 0.5, 0.5]},
}


def drawn(output: Output, picture: Picture, look: SceneLook, texture: Texture) -> np.ndarray:
    """Brightness of the picture, shape (90, 160)."""
    picture.apply(Shot(at_s=0.0, look=look))
    picture.look_from(head_matrix((0.0, -6.0, 3.0), HeadPose(pitch_deg=-15.0)))
    clock = ClockObject.get_global_clock()
    for _ in range(2):
        clock.set_frame_count(clock.get_frame_count() + 1)
        output.engine.render_frame()
    flat = np.frombuffer(texture.get_ram_image_as("RGB").get_data(), dtype=np.uint8)
    return flat.reshape(90, 160, 3)[::-1].mean(axis=2)


def main(path: Path) -> None:
    """Draw both pictures and keep them."""
    output = open_output(size=(160, 90), headless=True, samples=0, vsync=False, title="test")
    post = box((-0.5, 4.0, 0.0), (0.5, 7.0, 2.0), (200, 200, 200))
    floor = box((-10.0, -4.0, -0.2), (10.0, 16.0, 0.0), (200, 200, 200))
    for mesh in (post, floor):
        mesh["color"][:, 3] = 255
    glb = write_glb(path.with_suffix(".glb"), {"post": joined([post, floor])}, baked=False)
    look = resolve_look(STAGE, {})
    picture = Picture(grain=0.0, dither=False, twin=False)
    picture.set_view(fov_deg=75.0, width_px=160, height_px=90)
    picture.cast_shadows(output, side_px=512)
    picture.add_scene(0, [load_model(glb)], None, look)
    picture.show(0)
    region = output.buffer.make_display_region()
    region.set_camera(picture.camera)
    region.set_clear_depth_active(True)
    texture = Texture()
    output.buffer.add_render_texture(texture, GraphicsOutput.RTM_copy_ram)
    plain = drawn(output, picture, look, texture)
    shadowed = drawn(output, picture, replace(look, shadows=True), texture)
    assert picture.shadow is not None
    picture.shadow.close(output)
    np.savez(path, plain=plain, shadowed=shadowed)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
