"""The viewer: draws a package at an instant of the transport, in a window or without one.

    viewer = Viewer(load_package("lantern_street"), ViewerOptions(size=(1280, 720), headless=True))
    viewer.preload([0])
    viewer.draw(transport, host_ns)
    viewer.still(Path("still.png"))

A frame is a pure function of (package, transport, host instant, head pose, live view, size). The viewer reads
no clock: it is given the instant at which the frame will be seen. It decides nothing either: looks, clicks
and keys come back as events for the conductor.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from panda3d.core import ClockObject, GraphicsOutput, GraphicsWindow, Texture, WindowProperties

from engine.errors import OutputError, SensoramaError
from engine.experience.bundled import find_shared
from engine.experience.package import Package
from engine.render import eye as eyes
from engine.render import layout, panels, sidecar
from engine.render.frames import FrameState, frame_state
from engine.render.keyboard import Keyboard
from engine.render.live import (
    CaptionView,
    ClosedEvent,
    GazeEvent,
    HeadEvent,
    HeadPose,
    InputEvent,
    KeyEvent,
    LiveView,
    PressEvent,
)
from engine.render.look import SceneLook, resolve_look, stage_tree
from engine.render.models import LoadedModel, ModelStore
from engine.render.options import QUALITIES, Quality, ViewerOptions
from engine.render.output import open_output, require_open
from engine.render.picture import Picture, Shot
from engine.render.video import Films
from engine.time.segments import Transport
from engine.timeline.evaluate import Evaluator
from engine.timeline.program import Program

__all__ = ["QUALITIES", "Quality", "Viewer", "ViewerOptions", "render_still"]

Pixels = npt.NDArray[np.uint8]

LOOK_PITCH_MAX_DEG = 70.0
"""How far the mouse turns the view up and down."""

# Used where a package brings no font of its own.
_SHARED_FONT = "assets/fonts/sensorama-caption.ttf"

# Scene graphs kept ready besides the shown one and the candidates.
_KEPT_SCENES = 4


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
    ) -> None:
        if options.quality not in QUALITIES:
            raise SensoramaError(f"quality {options.quality!r}: expected one of {', '.join(QUALITIES)}")
        quality = QUALITIES[options.quality]
        self._package = package
        self._options = options
        self._evaluator = Evaluator(package.scenes, package.roles)
        self._output = open_output(
            size=options.size,
            headless=options.headless,
            samples=quality.samples,
            vsync=options.vsync,
            title=options.title,
        )
        self._picture = Picture(grain=quality.grain, dither=quality.dither, twin=quality.twin)
        self._size = options.size
        self._fit(options.size)
        self._region = self._output.buffer.make_display_region()
        self._region.set_camera(self._picture.camera)
        self._region.set_clear_color((0.0, 0.0, 0.0, 1.0))
        self._region.set_clear_color_active(True)
        self._region.set_clear_depth_active(True)
        self._pixels = Texture("frame")
        self._copying = False
        if not self._output.is_window:
            self._copy_frames()
        self._store = ModelStore(options.cache, _screens(package.scenes))
        self._films = Films(package.file, self._say)
        self._panels = panels.Panels(panels.load_font(package.font or find_shared(_SHARED_FONT)))
        self._panels.hang_veil(self._picture.camera)
        self._warm_texts()
        self._keyboard = (
            Keyboard(self._output.buffer) if isinstance(self._output.buffer, GraphicsWindow) else None
        )
        self._look_deg = (0.0, 0.0)
        self._on_event = on_event
        self.events: list[InputEvent] = []
        self._on_notice = on_notice
        self.notices: list[str] = []
        self._gazed: tuple[str, str] = ("", "")
        self._last_head: HeadPose | None = None
        self._recent: list[int] = []
        self._trees: dict[int, Mapping[str, Any]] = {}
        self._laid_out: tuple[object, tuple[layout.Panel, ...]] = (None, ())
        self._file_lists: dict[int, list[Path]] = {}
        self._choices: tuple[layout.Panel, ...] = ()
        self._frame = 0
        self._closed = False
        self._state = FrameState(-1)
        clock = ClockObject.get_global_clock()
        clock.set_mode(ClockObject.M_slave)

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
        return self._state

    # ---- scenes

    def preload(self, scenes: Sequence[int]) -> None:
        """Start loading the models of scenes in the background; returns at once."""
        for number in scenes:
            if 0 <= number < len(self._package.scenes):
                self._store.request(self._files(self._package.scenes[number]))

    def ready(self, scenes: Sequence[int]) -> bool:
        """Whether these scenes can be shown without waiting."""
        return all(self._store.ready(self._files(self._package.scenes[number])) for number in scenes)

    def _files(self, program: Program) -> list[Path]:
        """Files of a scene, the vehicle's last; a model in several files lists them in its sidecar."""
        number = program.index
        if number not in self._file_lists:
            tree = self._tree(program)
            named = tree.get("model") or ()
            names = [named] if isinstance(named, str) else list(named)
            for name in list(names):
                beside = sidecar.read_sidecar(sidecar.sidecar_path(self._package.file(name)))
                names += [other for other in beside.models if other not in names]
            if tree.get("vehicle"):
                names.append(tree["vehicle"])
            self._file_lists[number] = [self._package.file(name) for name in names]
        return self._file_lists[number]

    def _have(self, number: int, values: dict[str, tuple[float, ...]]) -> None:
        """Make sure the scene's nodes exist; waits for its files if they were not preloaded."""
        if self._picture.has_scene(number):
            return
        program = self._package.scenes[number]
        loaded: list[LoadedModel] = [self._store.get(path) for path in self._files(program)]
        vehicle = loaded.pop() if self._tree(program).get("vehicle") else None
        look = resolve_look(self._tree(program), values)
        if look.shadows and self._picture.shadow is None:
            self._picture.cast_shadows(self._output, side_px=QUALITIES[self._options.quality].shadow_px)
        self._picture.add_scene(number, loaded, vehicle, look)
        self._picture.prepare(number, self._output)
        self._recent.append(number)

    def _tidy(self, keep: Sequence[int]) -> None:
        for number in list(self._recent):
            if len(self._recent) <= _KEPT_SCENES:
                return
            if number not in keep:
                self._picture.drop_scene(number)
                self._recent.remove(number)

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
            Of a tracker; the mouse turns it further.
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
        given_head = head or HeadPose()
        shown_head = replace(
            given_head,
            yaw_deg=given_head.yaw_deg + self._look_deg[0],
            pitch_deg=given_head.pitch_deg + self._look_deg[1],
        )
        self._follow_size()
        options = self._options
        state = frame_state(
            self._package,
            self._evaluator,
            transport,
            host_ns,
            seat=options.seat,
            language=options.language,
            second_language=options.second_language,
        )
        self._state = state
        self.preload(transport.candidates)
        self._store.build_some()
        clock = ClockObject.get_global_clock()
        clock.set_frame_time(host_ns * 1e-9)
        # A slave clock does not count frames, and shaders take their inputs anew only in a new frame.
        clock.set_frame_count(clock.get_frame_count() + 1)
        look = self._show(state, transport, shown_head, live)
        self._render()
        self._frame += 1
        if not self._output.buffer.is_valid():
            self._emit(ClosedEvent(host_ns))
        require_open(self._output)
        if look is not None:
            self._watch(host_ns, state, shown_head, tracked=head is not None)
        return state

    def _render(self) -> None:
        """Draw the graph. No collection meanwhile: `render_frame` lets other threads run, and one of theirs
        would free Panda3D's objects under it.
        """
        collecting = gc.isenabled()
        gc.disable()
        try:
            self._output.engine.render_frame()
        finally:
            if collecting:
                gc.enable()

    def redraw(self) -> None:
        """Draw the graph again as it stands, as a bare Panda3D loop would; for benchmarks."""
        clock = ClockObject.get_global_clock()
        clock.set_frame_count(clock.get_frame_count() + 1)
        self._render()

    def _show(
        self, state: FrameState, transport: Transport, head: HeadPose, live: LiveView
    ) -> SceneLook | None:
        if state.scene < 0:
            self._picture.show(-1)
            self._panels.root.detach_node()
            return None
        values = dict(state.values)
        self._have(state.scene, values)
        for number in transport.candidates:
            if 0 <= number < len(self._package.scenes) and self.ready([number]):
                self._have(number, values)
        self._tidy([state.scene, *transport.candidates])
        self._picture.show(state.scene)
        program = self._package.scenes[state.scene]
        look = resolve_look(self._tree(program), values)
        eye = self._eye(program)
        shot = Shot(
            at_s=state.at_s,
            look=look,
            path=state.path,
            motion=state.motion,
            T_vehicle_head=eyes.head_matrix(eye, head),
            speed_mps=state.speed_mps,
            nodes=state.nodes,
            clips=state.clips,
            videos=self._films.textures(state.videos),
        )
        self._picture.apply(shot)
        shown_panels = self._layout((*state.captions, *live.captions), live, head)
        vehicle = self._picture.vehicle
        if vehicle is not None:
            self._panels.root.reparent_to(self._picture.root)
            self._panels.root.set_mat(vehicle.get_mat(self._picture.root))
        self._panels.show(
            shown_panels,
            eye=eye,
            time_left_ratio=live.time_left_ratio,
            veil_ratio=live.veil_ratio,
        )
        return look

    def _layout(
        self, captions: tuple[CaptionView, ...], live: LiveView, head: HeadPose
    ) -> tuple[layout.Panel, ...]:
        """Panels of the frame; laid out anew only when something in them changed."""
        yaw = layout.follow_yaw_deg(head.yaw_deg)
        sides = tuple(layout.speaker_side(caption, head.yaw_deg) for caption in captions)
        key = (captions, sides, live.options, live.hint, yaw)
        if key != self._laid_out[0]:
            self._choices = layout.choice_panels(live.options)
            hint = layout.hint_panels(live.hint, self._choices)
            below = layout.caption_panels(captions, choosing=bool(live.options), head_yaw_deg=head.yaw_deg)
            self._laid_out = (key, (*self._choices, *hint, *below))
        return self._laid_out[1]

    def _tree(self, program: Program) -> Mapping[str, Any]:
        if program.index not in self._trees:
            self._trees[program.index] = stage_tree(program.stage)
        return self._trees[program.index]

    def _eye(self, program: Program) -> tuple[float, float, float]:
        tree = self._tree(program)
        x, y, z = tree.get("eye_m") or tree.get("eye") or (0.0, 0.0, 1.2)
        return (float(x), float(y), float(z))

    def _warm_texts(self) -> None:
        wanted = {self._options.language, self._options.second_language, *self._package.languages}
        chars: set[str] = set()
        for locale in wanted:
            if locale is not None:
                chars |= self._package.lines.characters(locale)
        self._panels.warm(sorted(chars))

    # ---- what the guest does

    def _watch(self, host_ns: int, state: FrameState, head: HeadPose, *, tracked: bool) -> None:
        program = self._package.scenes[state.scene]
        eye = self._eye(program)
        T_world_vehicle = self._picture.T_world_vehicle
        ray = eyes.head_ray(T_world_vehicle, eye, head)
        polled = self._keyboard.poll() if self._keyboard is not None else None
        if polled is not None:
            yaw, pitch = polled.turned_deg
            if yaw or pitch:
                self._look_deg = (
                    self._look_deg[0] + yaw,
                    min(max(self._look_deg[1] + pitch, -LOOK_PITCH_MAX_DEG), LOOK_PITCH_MAX_DEG),
                )
            for key in polled.keys:
                self._emit(KeyEvent(host_ns, key))
            if polled.pointer is not None and not tracked:
                # Without a tracker the pointer is the eye: what it rests on is what the guest looks at.
                ray = self._pointer_ray(T_world_vehicle, eye, head, polled.pointer)
            if polled.clicked:
                self._emit(PressEvent(host_ns, *self._hit(program, eye, ray)))
        found = self._hit(program, eye, ray)
        if found != self._gazed:
            self._gazed = found
            self._emit(GazeEvent(host_ns, *found, ray.start, ray.along))
        if self._last_head is None or _moved(self._last_head, head):
            self._last_head = head
            self._emit(HeadEvent(host_ns, head))

    def _pointer_ray(
        self, T_world_vehicle: eyes.Matrix, eye: eyes.Vector, head: HeadPose, pointer: tuple[float, float]
    ) -> eyes.Ray:
        width, height = self._size
        fov = (self._options.fov_deg, eyes.vertical_fov_deg(self._options.fov_deg, width, height))
        # The lens is shifted, not tilted: the picture's centre lies above or below the head's axis.
        up = pointer[1] + 2.0 * (self._options.horizon_ratio - 0.5)
        return eyes.pointer_ray(T_world_vehicle, eye, head, x_ratio=pointer[0], y_ratio=up, fov_deg=fov)

    def _hit(self, program: Program, eye: eyes.Vector, ray: eyes.Ray) -> tuple[str, str]:
        """What a ray of the world meets first: a choice panel, else the nearest target."""
        T_vehicle_world = np.linalg.inv(self._picture.T_world_vehicle).astype(np.float64)
        local = _moved_ray(T_vehicle_world, ray)
        for panel in self._choices:
            if panels.hit(panel, eye, local):
                return ("option", panel.name)
        best: tuple[float, str] | None = None
        for target in program.targets:
            at = (self._picture.node_matrix(target.node) @ np.array([*target.at_m, 1.0]))[:3]
            distance = eyes.sphere_distance(ray, (float(at[0]), float(at[1]), float(at[2])), target.radius_m)
            if distance is not None and (best is None or distance < best[0]):
                best = (distance, target.id)
        return ("target", best[1]) if best is not None else ("", "")

    def hits(self, ray_ratio: tuple[float, float] = (0.0, 0.0)) -> tuple[str, str]:
        """What lies at a point of the last picture (-1..1 right and up): (kind, name), or two empty words."""
        if self._state.scene < 0:
            return ("", "")
        program = self._package.scenes[self._state.scene]
        head = self._last_head or HeadPose()
        eye = self._eye(program)
        return self._hit(program, eye, self._pointer_ray(self._picture.T_world_vehicle, eye, head, ray_ratio))

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
            self._render()
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
        self._picture.set_view(
            fov_deg=self._options.fov_deg,
            width_px=size[0],
            height_px=size[1],
            horizon_ratio=self._options.horizon_ratio,
        )

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
        self._store.close()
        self._panels.root.remove_node()
        if self._picture.shadow is not None:
            self._picture.shadow.close(self._output)
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


def _screens(scenes: Sequence[Program]) -> frozenset[str]:
    """Nodes that any video of the package shows on."""
    programs = [program for scene in scenes for program in (scene, *scene.reactions)]
    return frozenset(cue.node for program in programs for cue in program.media.cues if cue.kind == "video")


def _moved(a: HeadPose, b: HeadPose) -> bool:
    turned = max(abs(a.yaw_deg - b.yaw_deg), abs(a.pitch_deg - b.pitch_deg), abs(a.roll_deg - b.roll_deg))
    shifted = max(abs(a.x_m - b.x_m), abs(a.y_m - b.y_m), abs(a.z_m - b.z_m))
    return turned > 0.05 or shifted > 0.001


def _moved_ray(T_b_a: eyes.Matrix, ray: eyes.Ray) -> eyes.Ray:
    start = T_b_a @ np.array([*ray.start, 1.0])
    along = T_b_a[:3, :3] @ np.array(ray.along)
    return eyes.Ray(
        (float(start[0]), float(start[1]), float(start[2])),
        (float(along[0]), float(along[1]), float(along[2])),
    )
