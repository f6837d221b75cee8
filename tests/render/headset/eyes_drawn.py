"""Draws small scenes for two eyes in every way there is, copies them about, and keeps what came out:
``python -m tests.render.headset.eyes_drawn OUT.npz``.

A process of its own, since Panda3D draws some textures black in the third graphics context of one process; a viewer has one.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
from panda3d.core import ClockObject

from engine.errors import OutputError
from engine.render.eye import Matrix
from engine.render.eye import Pose as Place
from engine.render.headset import gl as GL
from engine.render.headset.blit import Blitter, Part
from engine.render.headset.context import graphics_kind, open_context
from engine.render.headset.gl import Gl
from engine.render.headset.hand_models import HandModels
from engine.render.headset.stereo import StereoRig, Way
from engine.render.layout import Panel
from engine.render.look import resolve_look
from engine.render.models import load_model
from engine.render.output import Output
from engine.render.panels import Panels, load_font
from engine.render.picture import Picture, Shot
from engine.xr.runtime import Mask
from engine.xr.values import LEFT, RIGHT, Fov, Hand, Pose, View
from tests.render.small_scene import STAGE, build

SIZE_PX = (112, 96)
COLOR = {"srgb8_alpha8": 0x8C43, "rgba8": 0x8058, "rgba16": 0x805B, "rgba16f": 0x881A}
DEPTH = {"depth16": 0x81A5, "depth24": 0x81A6, "depth32f": 0x8CAC, "depth24_stencil8": 0x88F0}
# Wider outwards than inwards, canted by two degrees, one eye a little before the other, the head turned.
_TURN = math.radians(1.0)
EYES = (
    View(
        Pose((-0.0315, 0.002, 0.001), (0.0, 0.0, math.sin(_TURN), math.cos(_TURN))),
        Fov(-0.82, 0.70, 0.75, -0.80),
    ),
    View(
        Pose((0.0315, -0.001, 0.0), (0.0, 0.0, -math.sin(_TURN), math.cos(_TURN))),
        Fov(-0.70, 0.82, 0.75, -0.80),
    ),
)
HEAD = Pose()
T_VEHICLE_REST: Matrix = Place(0.0, -1.2, 1.62, heading_deg=9.0).matrix()
WAYS: tuple[Way, ...] = ("cameras", "shared", "instances")


def tick() -> None:
    """Count a frame: a clock in slave mode does not, and shaders take their inputs anew only in a new frame."""
    clock = ClockObject.get_global_clock()
    clock.set_mode(ClockObject.M_slave)
    clock.set_frame_count(clock.get_frame_count() + 1)


def draw(rig: StereoRig) -> None:
    """One frame."""
    tick()
    rig.draw(T_VEHICLE_REST, HEAD, EYES)


class GlTextures:
    """Textures like a runtime's, and what is in them."""

    def __init__(self) -> None:
        self.gl = Gl()

    def make(self, gl_format: int, size_px: tuple[int, int], pixels: np.ndarray | None = None) -> int:
        """A texture; `pixels` are bytes, RGBA."""
        (name,) = self.gl.new("glGenTextures")
        self.gl.glBindTexture(GL.TEXTURE_2D, name)
        if gl_format in DEPTH.values():
            packed = gl_format == DEPTH["depth24_stencil8"]
            layout = GL.DEPTH_STENCIL if packed else GL.DEPTH_COMPONENT
            kind = GL.UNSIGNED_INT_24_8 if packed else GL.FLOAT
        else:
            layout, kind = GL.RGBA, GL.UNSIGNED_BYTE
        data = None if pixels is None else np.ascontiguousarray(pixels).ctypes.data
        self.gl.glTexImage2D(GL.TEXTURE_2D, 0, gl_format, *size_px, 0, layout, kind, data)
        self.gl.glTexParameteri(GL.TEXTURE_2D, GL.TEXTURE_MIN_FILTER, GL.NEAREST)
        self.gl.glBindTexture(GL.TEXTURE_2D, 0)
        return name

    def _read(self, name: int, layout: int, kind: int, found: np.ndarray) -> np.ndarray:
        self.gl.glBindTexture(GL.TEXTURE_2D, name)
        self.gl.glGetTexImage(GL.TEXTURE_2D, 0, layout, kind, found.ctypes.data)
        self.gl.glBindTexture(GL.TEXTURE_2D, 0)
        return found

    def floats(self, name: int, size_px: tuple[int, int], *, depth: bool = False) -> np.ndarray:
        """What is stored, as floats without any decoding; row 0 at the bottom."""
        found = np.empty((size_px[1], size_px[0], 1 if depth else 4), dtype=np.float32)
        self._read(name, GL.DEPTH_COMPONENT if depth else GL.RGBA, GL.FLOAT, found)
        return found[:, :, 0] if depth else found

    def codes(self, name: int, size_px: tuple[int, int]) -> np.ndarray:
        """Stored codes of a format of bytes; row 0 at the bottom."""
        found = np.empty((size_px[1], size_px[0], 4), dtype=np.uint8)
        return self._read(name, GL.RGBA, GL.UNSIGNED_BYTE, found)

    def state(self) -> np.ndarray:
        """Everything of OpenGL's state that a copy might have left otherwise."""
        caps = (
            "DEPTH_TEST BLEND CULL_FACE SCISSOR_TEST FRAMEBUFFER_SRGB STENCIL_TEST ALPHA_TEST MULTISAMPLE "
            "SAMPLE_ALPHA_TO_COVERAGE COLOR_LOGIC_OP RASTERIZER_DISCARD CLIP_DISTANCE0"
        )
        numbers = (
            "READ_FRAMEBUFFER_BINDING DRAW_FRAMEBUFFER_BINDING CURRENT_PROGRAM VERTEX_ARRAY_BINDING ACTIVE_TEXTURE "
            "TEXTURE_BINDING_2D SAMPLER_BINDING DEPTH_WRITEMASK DEPTH_FUNC"
        )
        found = [int(self.gl.glIsEnabled(getattr(GL, cap))) for cap in caps.split()]
        found += [self.gl.integer(getattr(GL, number)) for number in numbers.split()]
        found += [*self.gl.integers(GL.VIEWPORT, 4), *self.gl.integers(GL.SCISSOR_BOX, 4)]
        found += [*self.gl.flags(GL.COLOR_WRITEMASK, 4), *self.gl.integers(GL.POLYGON_MODE, 2)]
        return np.array(found)


def canal(folder: Path) -> tuple[Picture, HandModels]:
    """The small canal with everything that a scene can hold, a panel and a hand before it."""
    folder.mkdir()
    street, boat = build(folder)
    look = resolve_look(STAGE, {"light.street": (1.0,)})
    picture = Picture(grain=0.0, dither=False, twin=True)
    picture.add_scene(0, [load_model(street)], load_model(boat), look)
    picture.show(0)
    picture.apply(Shot(at_s=3.0, look=look))
    panels = Panels(load_font(None))
    panels.hang_veil(picture.camera)
    panels.root.reparent_to(picture.root)
    choice = Panel("stay", 8.0, -6.0, 2.0, 0.5, 0.2, (), fill_ratio=0.6)
    panels.show([choice], eye=(0.0, -1.2, 1.62), time_left_ratio=0.5, veil_ratio=0.1)
    hands = HandModels(picture)
    held = Hand("controller", grip=Pose((0.15, 0.45, -0.2)), select_ratio=0.5)
    hands.show((Hand(), held), T_VEHICLE_REST)
    return picture, hands


def eyes_every_way(output: Output, picture: Picture, gl: GlTextures, kept: dict[str, Any]) -> None:
    """The same scene by two cameras, one cull, and one set of draw calls; with and without multisamples; in half floats."""
    for samples, hdr, ways in ((0, False, WAYS), (4, False, WAYS), (4, True, ("shared",))):
        for way in ways:
            rig = StereoRig(
                output, picture, size_px=SIZE_PX, samples=samples, hdr=hdr, depth=not hdr, way=way
            )
            draw(rig)
            draw(rig)
            both_px = (2 * SIZE_PX[0], SIZE_PX[1])
            name = f"{way}_{samples}{'_hdr' if hdr else ''}"
            target = gl.make(COLOR["srgb8_alpha8"], both_px)
            rig.into(None, target, COLOR["srgb8_alpha8"])
            kept[name] = gl.codes(target, both_px)
            deep = gl.make(DEPTH["depth32f"], both_px)
            try:
                rig.depth_into(None, deep, DEPTH["depth32f"])
                kept[f"{name}_depth"] = gl.floats(deep, both_px, depth=True)
            except OutputError as error:
                kept[f"{name}_depth"] = str(error)
            kept[f"{name}_samples"] = rig.samples
            if way == "shared" and samples and not hdr:
                copies(rig, gl, kept)
            if way == "instances" and not samples:
                masked(rig, gl, kept)
            rig.close()


def copies(rig: StereoRig, gl: GlTextures, kept: dict[str, Any]) -> None:
    """One eye into images of its own, both into one, depth into every format; OpenGL as it was; the next frame the same."""
    width_px, height_px = SIZE_PX
    before = gl.state()
    for eye in (LEFT, RIGHT):
        for name, gl_format in COLOR.items():
            target = gl.make(gl_format, SIZE_PX)
            rig.into(eye, target, gl_format)
            kept[f"eye_{eye}_{name}"] = gl.floats(target, SIZE_PX)
        for name, gl_format in DEPTH.items():
            target = gl.make(gl_format, SIZE_PX)
            rig.depth_into(eye, target, gl_format)
            kept[f"eye_{eye}_{name}"] = gl.floats(target, SIZE_PX, depth=True)
    kept["state"] = np.stack([before, gl.state()])
    wide_px = (2 * width_px + 5, height_px + 3)
    blank = np.full((wide_px[1], wide_px[0], 4), 77, dtype=np.uint8)
    for name, gl_format in (("srgb8_alpha8", COLOR["srgb8_alpha8"]), ("rgba8", COLOR["rgba8"])):
        target = gl.make(gl_format, wide_px, blank)
        rig.into(RIGHT, target, gl_format, at_px=(5, 3))
        kept[f"placed_{name}"] = gl.codes(target, wide_px)
    draw(rig)
    target = gl.make(COLOR["srgb8_alpha8"], SIZE_PX)
    rig.into(LEFT, target, COLOR["srgb8_alpha8"])
    kept["next_frame_left"] = gl.floats(target, SIZE_PX)
    rig.color.clear_ram_image()
    rig.set_active(False)
    wrong = gl.make(DEPTH["depth24"], SIZE_PX)
    try:
        rig.into(LEFT, wrong, DEPTH["depth24"])
    except OutputError as error:
        kept["refused"] = str(error)
    kept["state_after_refusal"] = np.stack([before, gl.state()])


def masked(rig: StereoRig, gl: GlTextures, kept: dict[str, Any]) -> None:
    """The left eye's left third hidden, nothing of the right eye's; then nothing at all."""
    edge = math.tan(EYES[LEFT].fov.left_rad) + (
        math.tan(EYES[LEFT].fov.right_rad) - math.tan(EYES[LEFT].fov.left_rad)
    ) * (37.0 / SIZE_PX[0])
    corners = np.array([(-9.0, -9.0), (edge, -9.0), (edge, 9.0), (-9.0, 9.0)], dtype=np.float32)
    mask = Mask(corners, np.array([(0, 1, 2), (0, 2, 3)], dtype=np.uint32))
    both_px = (2 * SIZE_PX[0], SIZE_PX[1])
    for name, masks in (("masked", (mask, None)), ("unmasked", (None, Mask()))):
        rig.hide(masks)
        draw(rig)
        target = gl.make(COLOR["srgb8_alpha8"], both_px)
        rig.into(None, target, COLOR["srgb8_alpha8"])
        kept[name] = gl.codes(target, both_px)


def known_codes(gl: GlTextures, kept: dict[str, Any]) -> None:
    """Every code of a byte, copied into every format; and a premultiplied sheet."""
    ramp = np.zeros((3, 256, 4), dtype=np.uint8)
    ramp[:, :, 0] = np.arange(256)
    ramp[:, :, 1] = 255 - np.arange(256)
    ramp[:, :, 2] = np.arange(256) // 2
    ramp[:, :, 3] = 255
    source = gl.make(COLOR["rgba8"], (256, 3), ramp)
    blitter = Blitter()
    for name, gl_format in COLOR.items():
        target = gl.make(gl_format, (256, 3))
        blitter.color(source, Part(0, 0, 256, 3), target, gl_format)
        kept[f"ramp_{name}"] = gl.floats(target, (256, 3))
    veil = ramp.copy()
    veil[:, :, 3] = 128
    veil[:, :, :3] = np.rint(ramp[:, :, :3] * (128 / 255))
    source = gl.make(COLOR["rgba8"], (256, 3), veil)
    for name in ("srgb8_alpha8", "rgba16f"):
        target = gl.make(COLOR[name], (256, 3))
        blitter.layer(source, Part(0, 0, 256, 3), target, COLOR[name])
        kept[f"layer_{name}"] = gl.floats(target, (256, 3))
    blitter.close()


def main(path: Path) -> None:
    """Draw and keep everything."""
    output = open_context(prefer="egl")
    gl = GlTextures()
    kept: dict[str, Any] = {"kind": graphics_kind(output)}
    picture, hands = canal(path.with_suffix(".models"))
    eyes_every_way(output, picture, gl, kept)
    known_codes(gl, kept)
    kept["gl_error"] = int(gl.gl.glGetError())
    hands.close()
    output.engine.remove_all_windows()
    np.savez(path, **kept)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
