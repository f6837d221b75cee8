"""Both eyes of a headset, drawn from one cull.

Design remarks
--------------
One camera in the middle of the head carries a lens of three matrices: a frustum around both eyes, which Panda3D culls by,
and each eye's own projection with the eye's place in it, by which the two halves of the buffer are drawn. Panda3D keeps one
cull per (graphics context, camera, lens), so the second eye costs its draw calls only. Every shader of the picture works
from the head's centre and `p3d_ViewProjectionMatrix`, so none of them knows of eyes.

Two cameras, each culled by its own eye's frustum, are the oracle that tests and benchmarks compare with (`way="cameras"`). They
take the same numbers in the same order: a matrix that is rounded otherwise moves a street's leaves by a thousandth of a pixel,
and that alone changes one multisampled pixel in a thousand.

No Python runs while Panda3D draws: the copies into the runtime's images (`into`) are made after the frame, in the same
graphics context, which Panda3D leaves current.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from panda3d.core import (
    Camera,
    ClipPlaneAttrib,
    ColorWriteAttrib,
    DisplayRegion,
    Lens,
    LMatrix4,
    LPlane,
    LVecBase4f,
    MatrixLens,
    NodePath,
    PlaneNode,
    PTA_LMatrix4f,
    RenderState,
    ShaderAttrib,
    ShaderInput,
    Texture,
    UnalignedLMatrix4f,
)

from engine.render.eye import Matrix
from engine.render.headset.blit import Blitter, Part
from engine.render.headset.buffers import EyeBuffer
from engine.render.headset.frustum import clip_around, clip_from_eye
from engine.render.headset.mask import HiddenArea
from engine.render.headset.poses import pose_matrix
from engine.render.output import Output
from engine.render.picture import FAR_M, NEAR_M, Picture, panda_matrix
from engine.xr.poses import composed, inverted
from engine.xr.runtime import Mask
from engine.xr.values import LEFT, RIGHT, Fov, Pose, View

Way = Literal["shared", "instances", "cameras", "left"]

_CHANNELS = (Lens.SC_left, Lens.SC_right)
# Above the hidden area's regions.
_EYE_SORT = 10


class StereoRig:
    """Draws a picture for two eyes and copies it into a runtime's images.

    Parameters
    ----------
    output : Output
        Whose graphics context draws; its own window or buffer only lends the context.
    picture : Picture
        Must not be drawn by another camera with another head at the same time: its shaders know one head.
    size_px : tuple of int
        Width and height of one eye.
    samples : int, default 4
        Multisamples; 0 or 1 for none.
    hdr : bool, default False
        Half floats: no bands in dark scenes where the runtime takes more than 8 bits.
    depth : bool, default False
        Keep depth for `depth_into`.
    way : {"shared", "instances", "cameras", "left"}, default "shared"
        One cull for both eyes; that and one set of draw calls; two cameras (the oracle); or the left eye alone (a
        benchmark's yardstick).

    Attributes
    ----------
    regions : list of DisplayRegion
        Of the eyes, left first.
    near_m, far_m : float
        Of the depth that `depth_into` writes: 0 is near, 1 is far.

    Raises
    ------
    OutputError
        When the graphics card makes no such buffer.

    Notes
    -----
    One thread, the drawing one. `close` is idempotent; graphics context current. For another size make a new one.
    """

    near_m = NEAR_M
    far_m = FAR_M

    def __init__(
        self,
        output: Output,
        picture: Picture,
        *,
        size_px: tuple[int, int],
        samples: int = 4,
        hdr: bool = False,
        depth: bool = False,
        way: Way = "shared",
    ) -> None:
        self._output = output
        self._picture = picture
        self.size_px = size_px
        self._eyes = EyeBuffer(output, size_px=size_px, samples=samples, hdr=hdr, depth=depth)
        self._blitter = Blitter()
        self._closed = False
        # What is drawn keeps alpha 1 everywhere: runtimes and mirrors may blend by it.
        state = RenderState.make(
            ColorWriteAttrib.make(ColorWriteAttrib.C_red | ColorWriteAttrib.C_green | ColorWriteAttrib.C_blue)
        )
        self._shared: MatrixLens | None = None
        self._right_from_left: PTA_LMatrix4f | None = None
        self._lenses: list[MatrixLens] = []
        drawn: dict[Way, tuple[int | None, ...]] = {"left": (LEFT,), "instances": (None,)}
        self.regions = [self._region(eye) for eye in drawn.get(way, (LEFT, RIGHT))]
        if way != "cameras":
            self._shared = MatrixLens()
            camera = Camera("eyes", self._shared)
            if way == "instances":
                state = state.compose(self._instanced(picture))
            camera.set_initial_state(state)
            self._camera = picture.camera.attach_new_node(camera)
            for region, channel in zip(self.regions, _CHANNELS, strict=False):
                region.set_camera(self._camera)
                region.set_stereo_channel(channel)
                region.set_tex_view_offset(0)
        else:
            self._camera = picture.camera.attach_new_node("eyes")
            for region in self.regions:
                lens = MatrixLens()
                node = Camera("eye", lens)
                node.set_initial_state(state)
                region.set_camera(self._camera.attach_new_node(node))
                self._lenses.append(lens)
        self._aimed: object = None
        self._hidden = HiddenArea(self._eyes.buffer, _dimensions)

    def _instanced(self, picture: Picture) -> RenderState:
        """Draw everything twice, cut at the middle of the buffer.

        The clip plane itself is never looked at (shaders give the distance); it is how Panda3D switches clip distance 0 on, and
        off again for other cameras. In the camera's state, and not a node's, it takes no part in culling.
        """
        self._right_from_left = PTA_LMatrix4f([UnalignedLMatrix4f(LMatrix4.ident_mat())])
        picture.root.set_shader_input("u_right_from_left", self._right_from_left)
        twice = ShaderAttrib.make().set_instance_count(2)
        # The root says 0 for every other camera; the priority makes this camera's word the last.
        twice = twice.set_shader_input(ShaderInput("u_both_eyes", LVecBase4f(1.0), 1))
        plane = ClipPlaneAttrib.make()
        plane = plane.add_on_plane(NodePath(PlaneNode("middle", LPlane(1.0, 0.0, 0.0, 0.0))))
        return RenderState.make(plane, twice)

    def _region(self, eye: int | None) -> DisplayRegion:
        region = self._eyes.buffer.make_mono_display_region(*_dimensions(eye))
        region.set_sort(_EYE_SORT)
        # Panda3D 1.10 resolves multisamples with the last region's scissor still on, which would lose the other eye.
        region.set_scissor_enabled(False)
        return region

    # ---- what there is

    @property
    def samples(self) -> int:
        """Multisamples really given; holds once a frame was drawn."""
        return self._eyes.samples

    @property
    def color(self) -> Texture:
        """Both eyes' last picture side by side (left eye left), display-encoded, alpha 1: for a mirror in the same context."""
        return self._eyes.color

    @property
    def depth(self) -> Texture | None:
        """Both eyes' depth, 0 near, 1 far; None when not asked for."""
        return self._eyes.depth

    def part(self, eye: int | None) -> Part:
        """Where an eye lies in `color` and `depth`, pixels from the lower left; None: both."""
        width_px, height_px = self.size_px
        if eye is None:
            return Part(0, 0, 2 * width_px, height_px)
        return Part(eye * width_px, 0, width_px, height_px)

    def set_active(self, active: bool) -> None:
        """Draw the eyes with the engine's next frames, or leave them out while no session runs."""
        self._eyes.buffer.set_active(active)

    # ---- a frame

    def hide(self, masks: tuple[Mask | None, Mask | None]) -> None:
        """Leave out what the lenses hide (XR_KHR_visibility_mask); None draws that eye whole."""
        self._hidden.set(masks)

    def draw(self, T_vehicle_rest: Matrix, head: Pose, eyes: tuple[View, View]) -> None:
        """Draw both eyes, and every other output of the engine.

        Parameters
        ----------
        T_vehicle_rest : ndarray, shape (4, 4)
            The resting guest's frame in the vehicle: a shift by the scene's resting eye.
        head : Pose
            Middle of the head, in the rest frame; fog, halos and streaks are computed for it.
        eyes : tuple of View
            Left and right, in the rest frame, located as late as possible.
        """
        T_vehicle_head = T_vehicle_rest @ pose_matrix(head)
        self._picture.look_from(T_vehicle_head)
        T_head_rest = inverted(head)
        in_head = (composed(T_head_rest, eyes[0].pose), composed(T_head_rest, eyes[1].pose))
        fovs = (eyes[0].fov, eyes[1].fov)
        self._picture.set_pixel_angle(pixel_rad(fovs[0], self.size_px[0]))
        # Eyes hardly ever move in their head: what hangs on them alone is computed when they do, not 90 times a second.
        aimed = (fovs, *(_rounded(pose) for pose in in_head))
        if aimed != self._aimed:
            self._aimed = aimed
            self._aim((pose_matrix(in_head[0]), pose_matrix(in_head[1])), fovs)
            self._hidden.aim(fovs)
        self._output.draw()

    def _aim(self, T_head_eyes: tuple[Matrix, Matrix], fovs: tuple[Fov, Fov]) -> None:
        left_clip, right_clip = (
            clip_from_eye(fov, NEAR_M, FAR_M) @ np.linalg.inv(T_head_eye)
            for T_head_eye, fov in zip(T_head_eyes, fovs, strict=True)
        )
        if self._shared is None:
            for lens, clip in zip(self._lenses, (left_clip, right_clip), strict=True):
                lens.set_user_mat(panda_matrix(clip))
            return
        around = clip_around(T_head_eyes, fovs, NEAR_M, FAR_M)
        if self._right_from_left is not None:
            left_clip, right_clip = _halved(left_clip, LEFT), _halved(right_clip, RIGHT)
            across = panda_matrix(right_clip @ np.linalg.inv(left_clip))
            self._right_from_left[0] = UnalignedLMatrix4f(across)
        self._shared.set_user_mat(panda_matrix(around))
        self._shared.set_left_eye_mat(panda_matrix(left_clip))
        self._shared.set_right_eye_mat(panda_matrix(right_clip))

    def finish(self) -> None:
        """Wait until everything drawn is done; for benchmarks. A compositor waits by itself, for what it takes."""
        self._blitter.finish()

    # ---- into a runtime's images

    def into(
        self, eye: int | None, gl_texture: int, gl_format: int, *, at_px: tuple[int, int] = (0, 0)
    ) -> None:
        """Copy the last drawn picture into a texture of somebody else's.

        Parameters
        ----------
        eye : int or None
            `LEFT`, `RIGHT`, or None for both side by side.
        gl_texture : int
            OpenGL name of a 2D texture of one sample; acquired, with the context current.
        gl_format : int
            Its internal format. An sRGB format gets the bytes as drawn; any other is linear to a compositor, so the values
            are decoded once on the way.
        at_px : tuple of int, default (0, 0)
            Lower left corner of the place it goes to; size as drawn.

        Raises
        ------
        OutputError
            When OpenGL cannot draw into such a texture.
        """
        source = self._eyes.name_of(self._eyes.color)
        self._blitter.color(source, self.part(eye), gl_texture, gl_format, at_px)

    def depth_into(
        self, eye: int | None, gl_texture: int, gl_format: int, *, at_px: tuple[int, int] = (0, 0)
    ) -> None:
        """Copy the last drawn depth into a depth texture, as `into` does; any depth format.

        Raises
        ------
        OutputError
            When OpenGL cannot draw into such a texture, or the rig was made without depth.
        """
        source = self._eyes.depth_texture()
        self._blitter.depth(self._eyes.name_of(source), self.part(eye), gl_texture, gl_format, at_px)

    def close(self) -> None:
        """Let buffers and cameras go."""
        if self._closed:
            return
        self._closed = True
        self._blitter.close()
        self._hidden.close()
        self._camera.remove_node()
        self._eyes.close()


def _dimensions(eye: int | None) -> tuple[float, float, float, float]:
    """Left, right, bottom, top of an eye in the buffer, 0..1; None: of both."""
    return (0.0, 1.0, 0.0, 1.0) if eye is None else (0.5 * eye, 0.5 + 0.5 * eye, 0.0, 1.0)


def _halved(clip: Matrix, eye: int) -> Matrix:
    """An eye's clip space in its half of the buffer's."""
    half = np.eye(4)
    half[0, 0], half[0, 3] = 0.5, eye - 0.5
    halved: Matrix = half @ clip
    return halved


def pixel_rad(fov: Fov, width_px: int) -> float:
    """Angle of a pixel in the middle of an eye's picture: the size below which stars and sparks would crawl."""
    return (math.tan(fov.right_rad) - math.tan(fov.left_rad)) / width_px


def _rounded(pose: Pose) -> tuple[float, ...]:
    """To a micrometre and a millionth of a turn's sine: further than a runtime's single precision can tell, nearer than eyes."""
    return tuple([round(value, 6) for value in (*pose.position_m, *pose.turn)])
