"""Both eyes through the whole headset layer on a real runtime: what the compositor is handed is read back from its own images.

The scene is the oldest test of stereo there is: a red chamber before the left eye, a blue one before the right, a wall between
them. Red must come out on the left and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from panda3d.core import GeomNode, NodePath

from engine.experience.headset import HeadsetSpec
from engine.render import meshes
from engine.render.headset.blit import is_srgb
from engine.render.headset.canvas import EyeCanvas
from engine.render.headset.context import graphics_kind, open_context
from engine.render.headset.stereo import StereoRig
from engine.render.output import Output
from engine.render.picture import Picture
from engine.render.shading import load_shader
from engine.time.clocks import MonotonicClock
from engine.xr.headset import Headset
from engine.xr.openxr import OpenXrRuntime
from engine.xr.profiles import action_table
from engine.xr.runtime import InstanceWish
from engine.xr.values import Pose
from engine.xr.wearing import HeadsetSetup, Seen
from tests.monado.remote import Remote
from tests.monado.service import Service

pytestmark = pytest.mark.monado

RED = (200, 30, 40, 255)
BLUE = (20, 60, 220, 255)
_PATIENCE_NS = 15_000_000_000

Pixels = npt.NDArray[np.uint8]


def chambers(*, worn: bool) -> Picture:
    """A picture of nothing but the two chambers, about the guest's head wherever it goes, or about where it rests."""
    picture = Picture(grain=0.0, dither=False, twin=False)
    for furniture in picture.root.get_children():
        if furniture != picture.camera:
            furniture.detach_node()
    room = (picture.camera if worn else picture.root).attach_new_node("chambers")
    room.set_shader(load_shader("flat.vert", "flat.frag"))
    room.set_shader_input("u_glyphs", 0.0)
    room.set_two_sided(True)
    for side, color in ((-1.0, RED), (1.0, BLUE)):
        # The back, 0.5 m ahead and as wide as an eye sees; and this side's face of the wall between the eyes.
        card(room, [(0.0, 0.5, -1.0), (side, 0.5, -1.0), (side, 0.5, 1.0), (0.0, 0.5, 1.0)], color)
        wall = 0.002 * side
        card(room, [(wall, 0.0, -1.0), (wall, 0.5, -1.0), (wall, 0.5, 1.0), (wall, 0.0, 1.0)], color)
    return picture


def card(
    parent: NodePath, corners: list[tuple[float, float, float]], color: tuple[int, int, int, int]
) -> None:
    """A flat card of one colour, by its four corners in order."""
    columns: dict[str, Any] = {
        "vertex": np.array(corners, dtype=np.float32),
        "color": np.tile(np.array(color, dtype=np.uint8), (4, 1)),
        "texcoord": np.zeros((4, 2), dtype=np.float32),
    }
    node = GeomNode("card")
    node.add_geom(meshes.make_geom(columns, np.array([0, 1, 2, 0, 2, 3], dtype=np.uint32)))
    parent.attach_new_node(node)


class Worn:
    """A headset with a picture in it: draws frames and keeps what went into the runtime's images."""

    def __init__(self, output: Output, picture: Picture, spec: HeadsetSpec) -> None:
        self.clock = MonotonicClock()
        self.said: list[str] = []
        self.headset = Headset(
            OpenXrRuntime(),
            InstanceWish(graphics=graphics_kind(output), validation=True),
            HeadsetSetup(actions=action_table(), on_arrival=()),
            self.clock,
            say=self.said.append,
        )
        self.canvas = EyeCanvas(
            output, picture, None, spec, lambda: self.headset.extensions, self.said.append
        )
        self.headset.canvas = self.canvas
        self.names: list[tuple[int, int]] = []

    def frame(self) -> Seen | None:
        """One frame; None while there is nothing to draw."""
        self.headset.pump()
        frame = self.headset.wait() if self.headset.running else None
        if frame is None:
            self.clock.sleep_until_ns(self.clock.now_ns() + 5_000_000)
            return None
        self.headset.begin(frame)
        seen = self.headset.views(frame)
        rig = self.canvas.rig
        if not (frame.should_render and seen.live and rig is not None):
            self.headset.end(frame, ())
            return None
        rig.draw(np.eye(4), seen.head, seen.eyes)
        (projection,) = self.canvas.layers(seen, (), Pose())
        self.headset.end(frame, [projection])
        return seen

    def seen(self) -> Seen:
        """The next frame that was drawn.

        Raises
        ------
        AssertionError
            None within 15 s.
        """
        until_ns = self.clock.now_ns() + _PATIENCE_NS
        while self.clock.now_ns() < until_ns:
            seen = self.frame()
            if seen is not None:
                return seen
        raise AssertionError(f"nothing was drawn: {self.headset.status.line}; {self.said}")

    def settle(self) -> None:
        """Draw until the runtime has surely heard what it was told before: ten frames, half a second."""
        for _ in range(10):
            self.seen()

    def close(self) -> None:
        """Take it off."""
        self.headset.close()
        self.canvas.release()


@pytest.fixture
def output(display: str) -> Iterator[Output]:
    opened = open_context()
    yield opened
    opened.engine.remove_all_windows()


@pytest.fixture
def copies(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, Pixels]]:
    """Eye and contents of each of the runtime's images, read back right after it was filled; the newest last."""
    from OpenGL import GL

    found: list[tuple[int, Pixels]] = []
    plain_into = StereoRig.into

    def into(self: StereoRig, eye: int, gl_texture: int, gl_format: int, **more: Any) -> None:
        plain_into(self, eye, gl_texture, gl_format, **more)
        assert is_srgb(gl_format), "Monado offers SRGB8_ALPHA8, and it is what we prefer"
        width_px, height_px = self.size_px
        GL.glBindTexture(GL.GL_TEXTURE_2D, gl_texture)
        data = GL.glGetTexImage(GL.GL_TEXTURE_2D, 0, GL.GL_RGBA, GL.GL_UNSIGNED_BYTE)
        GL.glBindTexture(GL.GL_TEXTURE_2D, 0)
        found.append((eye, np.frombuffer(data, dtype=np.uint8).reshape(height_px, width_px, 4)))

    monkeypatch.setattr(StereoRig, "into", into)
    return found


def newest(copies: list[tuple[int, Pixels]], eye: int) -> Pixels:
    """What went last into the image of an eye; row 0 is the lowest."""
    return next(pixels for whose, pixels in reversed(copies) if whose == eye)


def blue_ratio(pixels: Pixels) -> float:
    return float((pixels == BLUE).all(axis=2).mean())


@pytest.mark.parametrize("samples", [1, 4])
def test_red_is_left_and_blue_is_right_in_the_runtimes_own_images(
    service: Service, output: Output, copies: list[tuple[int, Pixels]], samples: int
) -> None:
    with closing(Worn(output, chambers(worn=True), HeadsetSpec(samples=samples, mask=False))) as guest:
        for _ in range(5):
            guest.seen()
    left, right = newest(copies, 0), newest(copies, 1)
    assert left.shape == right.shape == (240, 320, 4)
    # Nearer than 6 cm nothing is drawn, so past the wall's edge the columns next to the nose show the other side.
    assert (left[:, :240] == RED).all(), f"left eye: {np.unique(left[:, :240].reshape(-1, 4), axis=0)[:5]}"
    assert (right[:, 80:] == BLUE).all(), f"right eye: {np.unique(right[:, 80:].reshape(-1, 4), axis=0)[:5]}"


def test_the_hidden_area_stays_black_in_the_corners_alone(
    service: Service, output: Output, copies: list[tuple[int, Pixels]]
) -> None:
    with closing(Worn(output, chambers(worn=True), HeadsetSpec(samples=1))) as guest:
        for _ in range(5):
            guest.seen()
    for eye in (0, 1):
        black = (newest(copies, eye)[:, :, :3] == 0).all(axis=2)
        assert black[[0, 0, -1, -1], [0, -1, 0, -1]].all()
        assert not black[60:180, 80:240].any()
        assert 0.01 < black.mean() < 0.2


def test_a_head_that_turns_and_leans_moves_the_picture(
    remote_service: Service, output: Output, copies: list[tuple[int, Pixels]]
) -> None:
    """The chambers stay where they are: leaning 10 cm to the right brings the left eye through the wall, too."""
    with closing(Worn(output, chambers(worn=False), HeadsetSpec(samples=1))) as guest, Remote() as remote:
        remote.head = Pose((0.0, 0.0, 1.6))
        remote.send()
        guest.settle()
        upright = guest.seen()
        assert blue_ratio(newest(copies, 0)) < 0.25
        assert blue_ratio(newest(copies, 1)) > 0.75
        remote.head = Pose((0.1, 0.0, 1.6), (0.0, 0.0, np.sin(np.radians(-10.0)), np.cos(np.radians(-10.0))))
        remote.send()
        guest.settle()
        leaning = guest.seen()
    assert leaning.head.position_m[0] - upright.head.position_m[0] == pytest.approx(0.1, abs=0.002)
    yaw_deg = 2.0 * np.degrees(np.arctan2(leaning.head.turn[2], leaning.head.turn[3]))
    assert yaw_deg == pytest.approx(-20.0, abs=0.5)
    assert blue_ratio(newest(copies, 0)) > 0.5
