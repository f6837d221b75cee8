"""The seam below which a runtime lies: OpenXR by pyopenxr (`engine.xr.openxr`), or a scripted double (`engine.xr.scripted`).

Everything above it (session machine, recovery ladder, guests, compensation) knows these protocols and no ctypes. Any call
may raise `InstanceLost`; calls of a session may raise `SessionLost`; everything else a runtime refuses is `XrRefused`.

Threads: one, the one that draws, with its graphics context current wherever a call's note says so (the specification's rule
for OpenGL, XR_KHR_opengl_enable).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from engine.xr.actions import ActionTable, InputState
from engine.xr.values import FrameTime, Located, Pose, View, XrEvent

SpaceKind = Literal["view", "local", "local_floor", "stage"]
GraphicsKind = Literal["headless", "glx", "wgl", "egl"]


@dataclass(frozen=True, slots=True)
class InstanceWish:
    """What an instance should have.

    Attributes
    ----------
    graphics : {"headless", "glx", "wgl", "egl"}
        The binding that sessions will be made with; its extension is required, others are taken where offered.
    validation : bool
        Load the core validation layer and raise `XrRefused` on any error it reports.
    application : str
        Name the runtime shows.
    """

    graphics: GraphicsKind = "headless"
    validation: bool = False
    application: str = "Sensorama"


@dataclass(frozen=True, slots=True)
class SystemInfo:
    """What a runtime says of its headset.

    Attributes
    ----------
    name : str
    recommended_px, max_px : tuple of int
        Width and height of one eye's picture.
    recommended_samples : int
    max_layers : int
    has_hand_tracking, has_eye_gaze, has_presence : bool
        What the *system* can do, beyond the extension being there.
    blend_modes : tuple of str
        "opaque", "additive", "alpha", the runtime's preference first.
    """

    name: str
    recommended_px: tuple[int, int]
    max_px: tuple[int, int]
    recommended_samples: int = 1
    max_layers: int = 16
    has_hand_tracking: bool = False
    has_eye_gaze: bool = False
    has_presence: bool = False
    blend_modes: tuple[str, ...] = ("opaque",)


@dataclass(frozen=True, slots=True)
class SwapchainSpec:
    """One swapchain.

    Attributes
    ----------
    format : int
        OpenGL internal format out of `Session.formats`; see `engine.xr.formats`.
    size_px : tuple of int
    samples : int
        Always 1 from us: multisampling is resolved before (a multisampled swapchain is an incomplete framebuffer).
    use : {"color", "depth"}
    static : bool
        Filled once, shown for ever.
    """

    format: int
    size_px: tuple[int, int]
    samples: int = 1
    use: Literal["color", "depth"] = "color"
    static: bool = False


class Swapchain(Protocol):
    """A ring of images. Its calls need the graphics context current."""

    @property
    def spec(self) -> SwapchainSpec:
        """What it was made as."""
        ...

    @property
    def images(self) -> Sequence[int]:
        """OpenGL texture names."""
        ...

    def acquire(self) -> int:
        """Acquire the next image and wait until it may be written; its texture name."""
        ...

    def release(self) -> None:
        """Give the acquired image to the compositor."""
        ...

    def close(self) -> None:
        """Destroy it; never raises."""
        ...


@dataclass(frozen=True, slots=True)
class ImageRect:
    """A part of a swapchain's image, in pixels; y counts from the bottom, as OpenGL does."""

    swapchain: Swapchain
    x_px: int
    y_px: int
    width_px: int
    height_px: int


@dataclass(frozen=True, slots=True)
class DepthImage:
    """Depth beside an eye's picture (XR_KHR_composition_layer_depth): 0 at `near_m`, 1 at `far_m`."""

    image: ImageRect
    near_m: float
    far_m: float


@dataclass(frozen=True, slots=True)
class EyeImage:
    """One eye's part of a projection layer: where it was drawn from, and the picture."""

    view: View
    image: ImageRect
    depth: DepthImage | None = None


@dataclass(frozen=True, slots=True)
class ProjectionLayer:
    """Both eyes' pictures; views in the frame of `space`."""

    space: Space
    eyes: tuple[EyeImage, EyeImage]
    blend_alpha: bool = False


@dataclass(frozen=True, slots=True)
class QuadLayer:
    """A flat picture that the compositor draws itself, crisp and steady: captions, choices.

    Attributes
    ----------
    space : Space
    pose : Pose
        Of its middle in `space`; the picture lies in the pose's X and Z, seen from -Y.
    size_m : tuple of float
        Width and height.
    image : ImageRect
        Premultiplied alpha.
    eye : int or None
        One eye only; None for both.
    """

    space: Space
    pose: Pose
    size_m: tuple[float, float]
    image: ImageRect
    eye: int | None = None


Layer = ProjectionLayer | QuadLayer


class Space(Protocol):
    """A frame in which things are located."""

    @property
    def kind(self) -> str:
        """A `SpaceKind`, or the name of the action pose it follows."""
        ...

    def close(self) -> None:
        """Destroy it; never raises."""
        ...


@dataclass(frozen=True, slots=True)
class Views:
    """Both eyes at a display time.

    Attributes
    ----------
    eyes : tuple of View
        In the space asked for.
    turn_valid, position_valid, tracked : bool
        As in `Located`.
    """

    eyes: tuple[View, View]
    turn_valid: bool = True
    position_valid: bool = True
    tracked: bool = True


@dataclass(frozen=True, slots=True)
class Mask:
    """Hidden area of an eye: what the guest never sees. Triangles in tangent space of the eye.

    Attributes
    ----------
    points : float32[N, 2]
        tan(angle) right and up of the eye's axis.
    triangles : uint32[M, 3]
    """

    points: npt.NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 2), dtype=np.float32))
    triangles: npt.NDArray[np.uint32] = field(default_factory=lambda: np.zeros((0, 3), dtype=np.uint32))


@dataclass(frozen=True, slots=True)
class HapticPulse:
    """What one hand is to feel, from now on; a later one replaces it.

    Attributes
    ----------
    hand : int
    duration_ns : int
    amplitude : float
        0..1.
    frequency_hz : float
        0: the device's own.
    envelope : tuple of float
        Amplitudes 0..1 spread evenly over the duration, for runtimes that take one; empty: constant.
    pcm : tuple of float
        Samples -1..1 for runtimes that take them (`InputPort.pcm_rate_hz`); empty: none.
    append : bool
        Of samples: they follow those that play, without a gap, instead of replacing them.
    """

    hand: int
    duration_ns: int
    amplitude: float
    frequency_hz: float = 0.0
    envelope: tuple[float, ...] = ()
    pcm: tuple[float, ...] = ()
    append: bool = False


HapticForm = Literal["pcm", "envelope", "simple"]


class InputPort(Protocol):
    """Actions, hands and haptics of one session."""

    def read(self, frame: FrameTime, base: Space) -> InputState:
        """Sync the actions and locate everything at the frame's display time, in `base`.

        A session that is not focused gives the inactive state, without an error.
        """
        ...

    def haptic_form(self, hand: int) -> HapticForm:
        """The best form this runtime plays on this hand."""
        ...

    def pcm_rate_hz(self, hand: int) -> float:
        """Samples a second it takes as PCM; 0 where it takes none."""
        ...

    def play(self, pulse: HapticPulse) -> None:
        """Begin a pulse."""
        ...

    def stop(self, hand: int) -> None:
        """End what is playing."""
        ...

    def allow_eyes(self, allowed: bool) -> None:
        """Whether this guest lets an eye tracker be read; not until told so."""
        ...


class Session(Protocol):
    """One session. Made by `Instance.session`."""

    def begin(self) -> None:
        """After READY."""
        ...

    def end(self) -> None:
        """After STOPPING."""
        ...

    def request_exit(self) -> None:
        """Ask for STOPPING and EXITING."""
        ...

    def wait_frame(self) -> FrameTime:
        """`xrWaitFrame`: the only pacer. Lets other threads run meanwhile."""
        ...

    def begin_frame(self) -> bool:
        """`xrBeginFrame`; False when it says that a frame was discarded. Context current."""
        ...

    def end_frame(self, frame: FrameTime, layers: Sequence[Layer]) -> None:
        """`xrEndFrame`; drawn in order. Context current."""
        ...

    def space(self, kind: SpaceKind, pose: Pose | None = None) -> Space:
        """A reference space, its origin at `pose` of the runtime's own; `XrRefused` when not offered."""
        ...

    @property
    def space_kinds(self) -> frozenset[str]:
        """The reference spaces offered."""
        ...

    def views(self, frame: FrameTime, base: Space) -> Views:
        """Where the eyes will be at the frame's display time; asked as late as possible."""
        ...

    def locate(self, space: Space, base: Space, frame: FrameTime) -> Located:
        """Where `space` is in `base` at the frame's display time."""
        ...

    @property
    def formats(self) -> Sequence[int]:
        """Swapchain formats (OpenGL internal formats), in the runtime's order."""
        ...

    def swapchain(self, spec: SwapchainSpec) -> Swapchain:
        """Make a swapchain. Context current."""
        ...

    def mask(self, eye: int) -> Mask | None:
        """Hidden area of an eye; None where the runtime offers none."""
        ...

    @property
    def refresh_rates_hz(self) -> Sequence[float]:
        """Display rates on offer; empty where they cannot be chosen."""
        ...

    def set_refresh_rate(self, hz: float) -> None:
        """Ask for one of them."""
        ...

    @property
    def input(self) -> InputPort:
        """Hands, actions, haptics."""
        ...

    def close(self) -> None:
        """Destroy the session and all that came from it; never raises. Context current."""
        ...


class Instance(Protocol):
    """One connection to a runtime."""

    @property
    def runtime_name(self) -> str:
        """As the runtime calls itself, with its version."""
        ...

    @property
    def extensions(self) -> frozenset[str]:
        """Extensions in use."""
        ...

    def system(self) -> SystemInfo:
        """The headset; `XrUnavailable` while there is none (cable out)."""
        ...

    def poll(self) -> XrEvent | None:
        """The next event, or None."""
        ...

    def session(self, actions: ActionTable) -> Session:
        """A session with the graphics of the wish, its context current in this thread, and these actions attached."""
        ...

    def close(self) -> None:
        """Destroy it; never raises, also after a loss."""
        ...


class Runtime(Protocol):
    """Makes instances."""

    def open(self, wish: InstanceWish) -> Instance:
        """Connect; `XrUnavailable` says what is missing and what to do."""
        ...
