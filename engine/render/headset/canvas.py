"""The pictures of one OpenXR session: its swapchains, what is drawn into them, and the layers they are submitted as."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from engine.experience.headset import HeadsetSpec
from engine.render.eye import Matrix
from engine.render.headset.blit import Blitter, Part
from engine.render.headset.poses import pose_matrix
from engine.render.headset.sheet import Sheet, SheetPanel
from engine.render.headset.stereo import StereoRig
from engine.render.output import Output
from engine.render.picture import Picture
from engine.xr.angles import turn_of_deg
from engine.xr.formats import choose_color, choose_depth, format_name
from engine.xr.poses import composed
from engine.xr.runtime import (
    DepthImage,
    EyeImage,
    ImageRect,
    Layer,
    Mask,
    ProjectionLayer,
    QuadLayer,
    Session,
    Swapchain,
    SwapchainSpec,
    SystemInfo,
)
from engine.xr.values import Pose
from engine.xr.wearing import Seen

_DEPTH_EXTENSION = "XR_KHR_composition_layer_depth"
# The projection layer itself is one of a runtime's layers.
_ONE = 1


@dataclass(slots=True)
class _Images:
    """What belongs to one session."""

    color: tuple[Swapchain, Swapchain]
    depth: tuple[Swapchain, Swapchain] | None
    sheet: Swapchain | None
    most_quads: int
    sheet_filled: bool = False


class EyeCanvas:
    """Draws a picture for the eyes of whichever session there is.

    Implements `engine.xr.headset.Canvas`. Without a session it keeps its buffers: the next one mostly wants the same.

    Parameters
    ----------
    output : Output
        The context that sessions are made with.
    picture : Picture
    sheet : Sheet or None
        Of the texts; None: they hang in the world.
    spec : HeadsetSpec
    extensions : callable
        Gives the extensions of the present instance.
    say : callable
        Takes a line for people.

    Attributes
    ----------
    rig : StereoRig or None
        Once a first session said how large the eyes' pictures are.
    """

    def __init__(
        self,
        output: Output,
        picture: Picture,
        sheet: Sheet | None,
        spec: HeadsetSpec,
        extensions: Callable[[], frozenset[str]],
        say: Callable[[str], None],
    ) -> None:
        self._output = output
        self._picture = picture
        self._sheet = sheet
        self._spec = spec
        self._extensions = extensions
        self._say = say
        self._blitter = Blitter()
        self._session: Session | None = None
        self._images: _Images | None = None
        self.rig: StereoRig | None = None

    # ---- sessions come and go

    def open(self, session: Session, system: SystemInfo) -> None:
        """Make swapchains for a session.

        Raises
        ------
        XrError
            When the runtime refuses them.
        """
        spec = self._spec
        size_px = eye_size_px(system, spec.scale)
        color_format = choose_color(session.formats, hdr=spec.hdr)
        text_format = None
        if self._sheet is not None:
            text_format = choose_color(session.formats, alpha=True)
        depth_format = None
        if spec.depth and _DEPTH_EXTENSION in self._extensions():
            depth_format = choose_depth(session.formats)
        if (
            self.rig is None
            or self.rig.size_px != size_px
            or (self.rig.depth is None) != (depth_format is None)
        ):
            if self.rig is not None:
                self.rig.close()
            self.rig = StereoRig(
                self._output,
                self._picture,
                size_px=size_px,
                samples=spec.samples,
                hdr=spec.hdr,
                depth=depth_format is not None,
            )
        made: list[Swapchain] = []
        try:
            for gl_format, use in ((color_format, "color"), (depth_format, "depth")):
                if gl_format is not None:
                    for _eye in (0, 1):
                        made.append(session.swapchain(SwapchainSpec(gl_format, size_px, use=use)))  # type: ignore[arg-type]
            if self._sheet is not None and text_format is not None:
                made.append(session.swapchain(SwapchainSpec(text_format, self._sheet.size_px)))
        except BaseException:
            for swapchain in made:
                swapchain.close()
            raise
        sheet = made.pop() if text_format is not None else None
        depth = (made[2], made[3]) if depth_format is not None else None
        self._images = _Images((made[0], made[1]), depth, sheet, system.max_layers - _ONE)
        self._session = session
        self.mask()
        self._say(
            f"headset: {system.name}, {size_px[0]}x{size_px[1]} an eye, {format_name(color_format)}"
            f"{', depth' if depth else ''}{', texts as layers' if sheet else ''}"
        )

    def close(self) -> None:
        """Let go of the session's swapchains."""
        images, self._images, self._session = self._images, None, None
        if images is None:
            return
        for swapchain in (*images.color, *(images.depth or ()), images.sheet):
            if swapchain is not None:
                swapchain.close()

    def mask(self) -> None:
        """Take the hidden areas anew: a session began, or the runtime said they changed."""
        if self.rig is None or self._session is None:
            return
        masks: tuple[Mask | None, Mask | None] = (None, None)
        if self._spec.mask:
            masks = (self._session.mask(0), self._session.mask(1))
        self.rig.hide(masks)

    def release(self) -> None:
        """Let everything go, at the end; graphics context current."""
        self.close()
        if self.rig is not None:
            self.rig.close()
        self._blitter.close()

    # ---- a frame

    @property
    def quads(self) -> bool:
        """Whether texts are layers of their own now; else they hang in the world."""
        return self._images is not None and self._images.sheet is not None

    @property
    def most_quads(self) -> int:
        """How many of them the runtime takes."""
        return 0 if self._images is None else self._images.most_quads

    def layers(self, seen: Seen, panels: Sequence[SheetPanel], T_rest_eye: Pose) -> list[Layer]:
        """Copy what was drawn into the session's images, and give the layers to submit.

        Parameters
        ----------
        seen : Seen
            Of this frame.
        panels : sequence of SheetPanel
            Texts on the sheet; only while `quads`.
        T_rest_eye : Pose
            The vehicle's axes at its resting eye, in the rest frame: what the guest has snapped round, taken back.

        Raises
        ------
        XrError
            The session went.
        """
        images, rig = self._images, self.rig
        if images is None or rig is None:
            return []
        eyes: list[EyeImage] = []
        for eye in (0, 1):
            image = images.color[eye]
            with _acquired(image) as name:
                rig.into(eye, name, image.spec.format)
            depth = None
            if images.depth is not None:
                behind = images.depth[eye]
                with _acquired(behind) as name:
                    rig.depth_into(eye, name, behind.spec.format)
                depth = DepthImage(_whole(behind), rig.near_m, rig.far_m)
            eyes.append(EyeImage(seen.raw.eyes[eye], _whole(image), depth))
        layers: list[Layer] = [ProjectionLayer(seen.space, (eyes[0], eyes[1]))]
        if panels and images.sheet is not None and self._fill_sheet(images):
            T_space_eye = composed(seen.T_space_rest, T_rest_eye)
            layers += [quad_of(panel, images.sheet, seen, T_space_eye) for panel in panels]
        return layers

    def _fill_sheet(self, images: _Images) -> bool:
        """Whether the sheet is on show; what was released last stays so, and an unchanged sheet costs nothing."""
        sheet = self._sheet
        if images.sheet is None or sheet is None or (images.sheet_filled and not sheet.changed):
            return images.sheet_filled
        name = sheet.gl_name()
        if name is None:  # not drawn yet in this context
            return images.sheet_filled
        whole = Part(0, 0, *sheet.size_px)
        with _acquired(images.sheet) as target:
            self._blitter.layer(name, whole, target, images.sheet.spec.format)
        images.sheet_filled = True
        sheet.taken()
        return True


@contextmanager
def _acquired(swapchain: Swapchain) -> Iterator[int]:
    """Its next image, given back whatever happens: one that is held can be neither shown nor acquired again."""
    name = swapchain.acquire()
    try:
        yield name
    finally:
        swapchain.release()


def eye_size_px(system: SystemInfo, scale: float) -> tuple[int, int]:
    """Pixels of one eye: what the runtime recommends, scaled, even, and no more than it takes."""
    sizes = [
        min(most, max(16, 2 * math.ceil(recommended * scale / 2.0)))
        for recommended, most in zip(system.recommended_px, system.max_px, strict=True)
    ]
    return (sizes[0], sizes[1])


def quad_of(panel: SheetPanel, image: Swapchain, seen: Seen, T_space_eye: Pose) -> QuadLayer:
    """The layer of one panel."""
    spot, pose = panel.spot, panel.pose
    at_eye = Pose(
        (pose.x_m, pose.y_m, pose.z_m), turn_of_deg(pose.heading_deg, pose.pitch_deg, pose.roll_deg)
    )
    rect = ImageRect(image, spot.x_px, spot.y_px, spot.width_px, spot.height_px)
    return QuadLayer(seen.space, composed(T_space_eye, at_eye), panel.size_m, rect)


def _whole(image: Swapchain) -> ImageRect:
    return ImageRect(image, 0, 0, *image.spec.size_px)


def rest_matrix(eye_m: tuple[float, float, float], T_eye_rest: Pose) -> Matrix:
    """`T_vehicle_rest`: from the resting guest's frame to the scene's resting eye, and on into the vehicle."""
    matrix = pose_matrix(T_eye_rest)
    matrix[:3, 3] += eye_m
    return matrix
