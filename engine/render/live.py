"""What the picture needs to know from outside the transport, and the input events it sends back.

Nothing here decides anything: a viewer reports where somebody looks or what was pressed, and the conductor
decides. All values travel through a pipe between processes, so they are plain frozen dataclasses.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class HeadPose:
    """The guest's head relative to the resting eye of the vehicle.

    Attributes
    ----------
    x_m, y_m, z_m : float
        Offset: right, forward, up.
    yaw_deg, pitch_deg, roll_deg : float
        Yaw + = left, pitch + = up, roll + = right ear down.
    """

    x_m: float = 0.0
    y_m: float = 0.0
    z_m: float = 0.0
    yaw_deg: float = 0.0
    pitch_deg: float = 0.0
    roll_deg: float = 0.0


@dataclass(frozen=True, slots=True)
class OptionView:
    """One option of an open choice as the guest sees it.

    Attributes
    ----------
    option_id : str
        The story's id.
    text, second_text : str
        In the guest's language and, smaller, in the second one (empty: not shown).
    fill_ratio : float
        0..1: how far the dwell or the vote has filled its bar.
    chosen : bool
        Locked in; shown brighter.
    azimuth_deg, elevation_deg, distance_m : float or None
        Where the panel hangs, vehicle-fixed; None spreads the panels by themselves.
    """

    option_id: str
    text: str
    second_text: str = ""
    fill_ratio: float = 0.0
    chosen: bool = False
    azimuth_deg: float | None = None
    elevation_deg: float | None = None
    distance_m: float | None = None


@dataclass(frozen=True, slots=True)
class CaptionView:
    """A caption on show.

    Attributes
    ----------
    text, second_text : str
        In the guest's language and, smaller, in the second one.
    speaker : str
        Name before the text; empty for none.
    azimuth_deg : float or None
        Where the speaker is, relative to the vehicle's front; a small mark points there when it lies off the
        picture.
    """

    text: str
    second_text: str = ""
    speaker: str = ""
    azimuth_deg: float | None = None


@dataclass(frozen=True, slots=True)
class VideoView:
    """A video on show: the node that it covers, its file, and how far into the file."""

    node: str
    file: str
    at_s: float
    loop: bool = False


@dataclass(frozen=True, slots=True)
class LiveView:
    """The live part of the picture: an open choice, a hint, captions from outside the timeline.

    Attributes
    ----------
    options : tuple of OptionView
        Empty when no choice is on show.
    time_left_ratio : float or None
        1 when the window opens, 0 when it closes; None hides the bar.
    hint : str
        One short line under the panels.
    captions : tuple of CaptionView
        Shown in addition to the scene's own captions (operator messages).
    veil_ratio : float
        0..1 towards black: the comfort fade of a stop or a lost tracker.
    """

    options: tuple[OptionView, ...] = ()
    time_left_ratio: float | None = None
    hint: str = ""
    captions: tuple[CaptionView, ...] = ()
    veil_ratio: float = 0.0


@dataclass(frozen=True, slots=True)
class GazeEvent:
    """The head ray rests on something (or, with an empty name, on nothing any more).

    `kind` is "option" (a choice panel) or "target" (a target of the scene).
    """

    host_ns: int
    kind: str
    name: str
    ray_from: tuple[float, float, float] = field(default=(0.0, 0.0, 0.0))
    ray_along: tuple[float, float, float] = field(default=(0.0, 1.0, 0.0))


@dataclass(frozen=True, slots=True)
class PressEvent:
    """A press on something; names as in `GazeEvent`, empty when it hit nothing. `by` is "mouse", "hand" or "controller"."""

    host_ns: int
    kind: str
    name: str
    by: str = "mouse"


@dataclass(frozen=True, slots=True)
class KeyEvent:
    """A key went down. Names as Panda3D gives them: "space", "escape", "arrow_left", "1"."""

    host_ns: int
    key: str


@dataclass(frozen=True, slots=True)
class HeadEvent:
    """The head pose of a frame, mouse look included; sent after 0.05 degrees or 1 mm of movement."""

    host_ns: int
    head: HeadPose


@dataclass(frozen=True, slots=True)
class ClosedEvent:
    """Somebody closed the window."""

    host_ns: int


@dataclass(frozen=True, slots=True)
class GuestEvent:
    """Somebody new wears this viewer's headset, or its guest has taken it off for good.

    `kind` is "arrived" or "left".
    """

    host_ns: int
    kind: str


InputEvent = GazeEvent | PressEvent | KeyEvent | HeadEvent | ClosedEvent | GuestEvent
