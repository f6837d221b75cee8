"""The flat viewer: draws a package at an instant of the transport, in a window or without one.

    viewer = Viewer(load_package("lantern_street"), ViewerOptions(size=(1280, 720), headless=True))
    viewer.preload([0])
    viewer.draw(transport, host_ns)
    viewer.still(Path("still.png"))

A frame is a pure function of (package, transport, host instant, head pose, live view, size). The viewer reads
no clock: it is given the instant at which the frame will be seen. It decides nothing either: looks, clicks
and keys come back as events for the conductor.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from panda3d.core import ClockObject, GraphicsOutput, GraphicsWindow, Texture, WindowProperties

from engine.errors import OutputError, SensoramaError
from engine.experience.package import Package
from engine.motion.head_poses import HeadTelling
from engine.render import eye as eyes
from engine.render.desk import Desk, Lens, trigger_keys
from engine.render.frames import FrameState
from engine.render.live import ClosedEvent, HeadPose, InputEvent, KeyEvent, LiveView
from engine.render.options import QUALITIES, Quality, ViewerOptions
from engine.render.output import open_output, require_open
from engine.render.stage import Stage
from engine.render.watching import GuestWatch, head_pose
from engine.time.segments import Transport
from engine.xr.angles import turn_of_deg
from engine.xr.poses import composed
from engine.xr.simulator import DeskInput, Simulator
from engine.xr.track_files import PoseRecorder, read_track
from engine.xr.tracks import PosePlayer
from engine.xr.values import Pose, Tracked

__all__ = ["QUALITIES", "Quality", "Viewer", "ViewerOptions", "render_still"]

Pixels = npt.NDArray[np.uint8]


class Viewer:
    """Draws a package.

    Parameters
    ----------
    package : Package
        The experience.
    options : ViewerOptions
    on_event : callable, optional
        Takes each input event as it is found; without it they gather in `events`.
    on_notice : callable, optional
        Takes each line for people (a video that cannot be shown); without it they gather in `notices`.
    heads : HeadTelling, optional
        Tells whoever mixes for the guest where the head is.

    Raises
    ------
    OutputError
        When nothing to draw on can be had.

    Notes
    -----
    One thread. Owns its output and its model loader; `close` is idempotent. Panda3D's clock is global and put
    into slave mode, set from the instant of each frame.
    """

    def __init__(
        self,
        package: Package,
        options: ViewerOptions,
        on_event: Callable[[InputEvent], None] | None = None,
        on_notice: Callable[[str], None] | None = None,
        heads: HeadTelling | None = None,
    ) -> None:
        if options.quality not in QUALITIES:
            raise SensoramaError(f"quality {options.quality!r}: expected one of {', '.join(QUALITIES)}")
        self._options = options
        self._output = open_output(
            size=options.size,
            headless=options.headless,
            samples=QUALITIES[options.quality].samples,
            vsync=options.vsync,
            title=options.title,
        )
        self._on_event = on_event
        self.events: list[InputEvent] = []
        self._on_notice = on_notice
        self.notices: list[str] = []
        self.stage = Stage(package, options, self._output, self._emit, self._say)
        self._desk: Desk | None = None
        if isinstance(self._output.buffer, GraphicsWindow):
            self._desk = Desk(self._output.buffer, trigger_keys(package.scenes))
        self._size = options.size
        self._fit(options.size)
        self._region = self._output.buffer.make_display_region()
        self._region.set_camera(self.stage.picture.camera)
        self._region.set_clear_color((0.0, 0.0, 0.0, 1.0))
        self._region.set_clear_color_active(True)
        self._region.set_clear_depth_active(True)
        self._pixels = Texture("frame")
        self._copying = False
        if not self._output.is_window:
            self._copy_frames()
        self._watch = GuestWatch(self.stage, heads)
        self._player = None if options.poses is None else PosePlayer(read_track(options.poses), loop=True)
        self._recorder = (
            None if options.record_poses is None else PoseRecorder(options.record_poses, self._say)
        )
        self._simulator = Simulator()
        self._did = DeskInput()
        self._last_ns: int | None = None
        self.operator_keys: list[str] = []
        self._frame = 0
        self._closed = False

    @property
    def notice(self) -> str:
        """One line for people: what draws, and with how many samples."""
        return self._output.notice

    @property
    def renderer(self) -> str:
        """The driver's name for what draws; "llvmpipe ..." is software."""
        return self._output.renderer

    @property
    def size(self) -> tuple[int, int]:
        """Pixels of the picture now."""
        return self._size

    @property
    def state(self) -> FrameState:
        """What the last frame showed."""
        return self.stage.state

    def preload(self, scenes: Sequence[int]) -> None:
        """Start loading the models of scenes in the background; returns at once."""
        self.stage.preload(scenes)

    def ready(self, scenes: Sequence[int]) -> bool:
        """Whether these scenes can be shown without waiting."""
        return self.stage.ready(scenes)

    # ---- frames

    def draw(
        self, transport: Transport, host_ns: int, head: HeadPose | None = None, live: LiveView | None = None
    ) -> FrameState:
        """Draw the frame that will be seen at an instant.

        Parameters
        ----------
        transport : Transport
            Snapshot of the show's time.
        host_ns : int
            When the frame will be seen.
        head : HeadPose, optional
            Of a tracker; the desk moves it further.
        live : LiveView, optional
            Choice, hint, veil.

        Returns
        -------
        FrameState
            What was shown.

        Raises
        ------
        SensoramaError
            When the output has gone.
        """
        if self._closed:
            raise SensoramaError("this viewer is closed. Make a new one")
        live = live or LiveView()
        self._follow_size()
        tracked = self._guest(host_ns, head)
        shown_head = head_pose(tracked.head)
        state = self.stage.prepare(transport, host_ns, shown_head, live)
        self.stage.look_from(eyes.head_matrix(self.stage.eye_m, shown_head))
        self._output.draw()
        self._frame += 1
        if not self._output.buffer.is_valid():
            self._emit(ClosedEvent(host_ns))
        require_open(self._output)
        if state.scene >= 0:
            self._act(host_ns, tracked)
        return state

    def redraw(self) -> None:
        """Draw the graph again as it stands, as a bare Panda3D loop would; for benchmarks."""
        clock = ClockObject.get_global_clock()
        clock.set_frame_count(clock.get_frame_count() + 1)
        self._output.draw()

    # ---- what the guest does

    def _guest(self, host_ns: int, head: HeadPose | None) -> Tracked:
        """The guest for this frame: a recorded one, a tracked head, or whoever sits at the desk."""
        dt_s = 0.0 if self._last_ns is None else max(0, host_ns - self._last_ns) * 1e-9
        self._last_ns = host_ns
        self._did = self._desk.poll() if self._desk is not None else DeskInput()
        self.operator_keys += self._did.operator_keys
        tracked = self._simulator.sample(self._did, host_ns, dt_s)
        if head is not None:
            # A tracker's head; the desk turns and moves it further, and the pointer is no eye.
            given = Pose(
                (head.x_m, head.y_m, head.z_m), turn_of_deg(head.yaw_deg, head.pitch_deg, head.roll_deg)
            )
            tracked = replace(tracked, head=composed(given, tracked.head), gaze=None)
        if self._player is not None:
            tracked = self._player.sample(host_ns)
        if self._recorder is not None:
            self._recorder.add(tracked)
        return tracked

    def _act(self, host_ns: int, tracked: Tracked) -> None:
        """Hand on what the guest did; at the desk what the pointer rests on is what is looked at."""
        for key in self._did.keys:
            self._emit(KeyEvent(host_ns, key))
        T_vehicle_rest = eyes.head_matrix(self.stage.eye_m, HeadPose())
        self._watch.follow(tracked, T_vehicle_rest)
        if self._did.clicked and self._did.hand is None:
            self.stage.press_gazed(host_ns, "mouse")

    def _pointer_ray(
        self, T_world_vehicle: eyes.Matrix, eye: eyes.Vector, head: HeadPose, pointer: tuple[float, float]
    ) -> eyes.Ray:
        width, height = self._size
        fov = (self._options.fov_deg, eyes.vertical_fov_deg(self._options.fov_deg, width, height))
        # The lens is shifted, not tilted: the picture's centre lies above or below the head's axis.
        up = pointer[1] + 2.0 * (self._options.horizon_ratio - 0.5)
        return eyes.pointer_ray(T_world_vehicle, eye, head, x_ratio=pointer[0], y_ratio=up, fov_deg=fov)

    def hits(self, ray_ratio: tuple[float, float] = (0.0, 0.0)) -> tuple[str, str]:
        """What lies at a point of the last picture (-1..1 right and up): (kind, name), or two empty words."""
        ray = self._pointer_ray(
            self.stage.picture.T_world_vehicle, self.stage.eye_m, self.stage.last_head, ray_ratio
        )
        return self.stage.hit(ray)

    def _emit(self, event: InputEvent) -> None:
        if self._on_event is not None:
            self._on_event(event)
        else:
            self.events.append(event)

    def _say(self, text: str) -> None:
        if self._on_notice is not None:
            self._on_notice(text)
        else:
            self.notices.append(text)

    # ---- pixels

    def _copy_frames(self) -> None:
        self._output.buffer.add_render_texture(self._pixels, GraphicsOutput.RTM_copy_ram)
        self._copying = True

    def grab(self) -> Pixels:
        """The last frame, shape (height, width, 3), uint8, RGB, top row first.

        Raises
        ------
        OutputError
            When nothing has been drawn yet.
        """
        if (
            not self._copying
        ):  # a window keeps no copy until somebody asks; draw the same frame again with one
            self._copy_frames()
            self._output.draw()
        if self._frame == 0 or not self._pixels.has_ram_image():
            raise OutputError("no frame has been drawn yet. Call draw() before grab()")
        width, height = self._pixels.get_x_size(), self._pixels.get_y_size()
        flat = np.frombuffer(self._pixels.get_ram_image_as("RGB").get_data(), dtype=np.uint8)
        return flat.reshape(height, width, 3)[::-1].copy()

    def png(self) -> bytes:
        """The last frame as PNG bytes."""
        from engine.render.stills import png_bytes

        return png_bytes(self.grab())

    def still(self, path: Path) -> None:
        """Write the last frame as a PNG file.

        Raises
        ------
        OutputError
            When the file cannot be written.
        """
        data = self.png()
        try:
            path.write_bytes(data)
        except OSError as error:
            raise OutputError(
                f"{path}: cannot be written ({error.strerror}). Choose another folder or free some space"
            ) from error

    # ---- life

    def _fit(self, size: tuple[int, int]) -> None:
        self._size = size
        self.stage.picture.set_view(
            fov_deg=self._options.fov_deg,
            width_px=size[0],
            height_px=size[1],
            horizon_ratio=self._options.horizon_ratio,
        )
        if self._desk is not None:
            fov_deg = (
                self._options.fov_deg,
                eyes.vertical_fov_deg(self._options.fov_deg, size[0], size[1]),
            )
            self._desk.lens = Lens(fov_deg, self._options.horizon_ratio)

    def _follow_size(self) -> None:
        size = (self._output.buffer.get_x_size(), self._output.buffer.get_y_size())
        if size != self._size and min(size) > 0:
            self._fit(size)

    def set_title(self, title: str) -> None:
        """Title of the window; nothing without one."""
        if isinstance(self._output.buffer, GraphicsWindow):
            properties = WindowProperties()
            properties.set_title(title)
            self._output.buffer.request_properties(properties)

    def close(self) -> None:
        """Close output and loader."""
        if self._closed:
            return
        self._closed = True
        if self._recorder is not None:
            self._recorder.close()
        self.stage.close()
        self._output.engine.remove_window(self._output.buffer)

    def __enter__(self) -> Viewer:
        return self

    def __exit__(self, *_ignored: object) -> None:
        self.close()


def render_still(
    viewer: Viewer,
    transport: Transport,
    host_ns: int,
    *,
    head: HeadPose | None = None,
    live: LiveView | None = None,
) -> bytes:
    """Draw one frame and give it as PNG bytes, everything it needs loaded first."""
    viewer.draw(transport, host_ns, head, live)
    return viewer.png()
