"""What of a package is on show, whoever draws it: scene graphs, films, captions and choices, and what a guest's rays meet.

A stage has no camera's shape and no window: the flat `engine.render.viewer` and the headset's loop each put one before their
own lens. It reads no clock and decides nothing; looks and presses come back as events for the conductor.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from panda3d.core import ClockObject

from engine.errors import SensoramaError
from engine.experience.bundled import find_shared
from engine.experience.guest_words import guest_characters
from engine.experience.package import Package
from engine.render import eye as eyes
from engine.render import layout, panels, sidecar
from engine.render.frames import FrameState, frame_state
from engine.render.live import (
    CaptionView,
    GazeEvent,
    HeadEvent,
    HeadPose,
    InputEvent,
    KeyEvent,
    LiveView,
    PressEvent,
)
from engine.render.look import SceneLook, resolve_look, stage_tree
from engine.render.models import FRAME_BUDGET_BYTES, LoadedModel, ModelStore
from engine.render.options import QUALITIES, ViewerOptions
from engine.render.output import Output
from engine.render.picture import Picture, Shot, panda_matrix
from engine.render.video import Films
from engine.time.segments import Transport
from engine.timeline.evaluate import Evaluator
from engine.timeline.program import Program

# Used where a package brings no font of its own.
_SHARED_FONT = "assets/fonts/sensorama-caption.ttf"

# Scene graphs kept ready besides the shown one and the candidates.
_KEPT_SCENES = 4

# What is read is built at this rate, so that a slow picture does not have to wait longer for its next scene than a fast one; but
# never so much in a frame that it would be seen, unless the scene on show itself is missing.
_BUILD_BYTES_PER_S = FRAME_BUDGET_BYTES * 60
_URGENT_RATIO = 4

# Where the resting eye is in scenes that do not say.
_EYE_M = (0.0, 0.0, 1.2)


class Stage:
    """A package on show.

    Parameters
    ----------
    package : Package
    options : ViewerOptions
        Languages, quality, seat and cache are used.
    output : Output
        Whose graphics context draws it.
    on_event : callable
        Takes each input event as it is found.
    on_notice : callable
        Takes each line for people.
    patient : bool, default True
        Wait for a scene's files when they are not there yet. A headset is never kept waiting: without patience the scene's sky
        and water are shown until the rest is there.

    Attributes
    ----------
    picture : Picture
    panels : Panels
    evaluator : Evaluator
        Of the package.
    state : FrameState
        What was prepared last.

    Raises
    ------
    SensoramaError
        For an unknown quality.

    Notes
    -----
    One thread, the drawing one. `close` is idempotent.
    """

    def __init__(
        self,
        package: Package,
        options: ViewerOptions,
        output: Output,
        on_event: Callable[[InputEvent], None],
        on_notice: Callable[[str], None],
        *,
        patient: bool = True,
    ) -> None:
        if options.quality not in QUALITIES:
            raise SensoramaError(f"quality {options.quality!r}: expected one of {', '.join(QUALITIES)}")
        self._quality = QUALITIES[options.quality]
        self._package = package
        self._options = options
        self._output = output
        self._emit = on_event
        self._patient = patient
        self.evaluator = Evaluator(package.scenes, package.roles)
        self.picture = Picture(
            grain=self._quality.grain, dither=self._quality.dither, twin=self._quality.twin
        )
        self._store = ModelStore(options.cache, _screens(package.scenes))
        self._films = Films(package.file, on_notice)
        self.panels = panels.Panels(panels.load_font(package.font or find_shared(_SHARED_FONT)))
        self.panels.hang_veil(self.picture.camera)
        self._warm_texts()
        self._gazed: tuple[str, str] = ("", "")
        self._last_head: HeadPose | None = None
        self._recent: list[int] = []
        self._trees: dict[int, Mapping[str, Any]] = {}
        self._laid_out: tuple[object, tuple[layout.Panel, ...]] = (None, ())
        self._file_lists: dict[int, list[Path]] = {}
        self._choices: tuple[layout.Panel, ...] = ()
        self._built_ns = 0
        self._closed = False
        self.state = FrameState(-1)
        ClockObject.get_global_clock().set_mode(ClockObject.M_slave)

    # ---- scenes

    def preload(self, scenes: Sequence[int]) -> None:
        """Start loading the models of scenes in the background; returns at once."""
        for number in scenes:
            if 0 <= number < len(self._package.scenes):
                self._store.request(self._files(self._package.scenes[number]))

    def build(self, budget_bytes: int = FRAME_BUDGET_BYTES) -> None:
        """Build a portion of what has been read in the background; `prepare` does so in every frame."""
        self._store.build_some(budget_bytes)

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

    def _have(self, number: int, values: dict[str, tuple[float, ...]]) -> bool:
        """Make sure the scene's nodes exist; without patience only if its files are there."""
        if self.picture.has_scene(number):
            return True
        program = self._package.scenes[number]
        if not self._patient and not self.ready([number]):
            self.preload([number])
            return False
        loaded: list[LoadedModel] = [self._store.get(path) for path in self._files(program)]
        vehicle = loaded.pop() if self._tree(program).get("vehicle") else None
        look = resolve_look(self._tree(program), values)
        if look.shadows and self.picture.shadow is None:
            self.picture.cast_shadows(self._output, side_px=self._quality.shadow_px)
        self.picture.add_scene(number, loaded, vehicle, look)
        self.picture.prepare(number, self._output)
        self._recent.append(number)
        return True

    def drop_scenes(self) -> None:
        """Forget every scene's nodes and files, as when the package has changed; the next frame loads what it needs."""
        for number in self._recent:
            self.picture.drop_scene(number)
        self._recent.clear()
        self._store.close()
        self._store = ModelStore(self._options.cache, _screens(self._package.scenes))

    def _tidy(self, keep: Sequence[int]) -> None:
        for number in list(self._recent):
            if len(self._recent) <= _KEPT_SCENES:
                return
            if number not in keep:
                self.picture.drop_scene(number)
                self._recent.remove(number)

    # ---- frames

    def prepare(self, transport: Transport, host_ns: int, head: HeadPose, live: LiveView) -> FrameState:
        """Bring everything to an instant, all but the head's own place.

        Parameters
        ----------
        transport : Transport
            Snapshot of the show's time.
        host_ns : int
            When the frame will be seen.
        head : HeadPose
            As well as it is known now: captions follow its turn.
        live : LiveView
            Choice, hint, veil.

        Returns
        -------
        FrameState
            What will be shown.
        """
        state = frame_state(
            self._package,
            self.evaluator,
            transport,
            host_ns,
            seat=self._options.seat,
            language=self._options.language,
            second_language=self._options.second_language,
        )
        self.state = state
        self.preload(transport.candidates)
        self.build(self._budget_bytes(state, host_ns))
        clock = ClockObject.get_global_clock()
        clock.set_frame_time(host_ns * 1e-9)
        # A slave clock does not count frames, and shaders take their inputs anew only in a new frame.
        clock.set_frame_count(clock.get_frame_count() + 1)
        if state.scene < 0:
            self.picture.show_nothing()
            self.panels.root.detach_node()
            return state
        values = dict(state.values)
        there = self._have(state.scene, values)
        for number in transport.candidates:
            if 0 <= number < len(self._package.scenes) and self.ready([number]):
                self._have(number, values)
        self._tidy([state.scene, *transport.candidates])
        self.picture.show(state.scene if there else -1)
        program = self._package.scenes[state.scene]
        look = resolve_look(self._tree(program), values)
        self.picture.apply(self._shot(state, look))
        self._show_panels(state, head, live)
        return state

    def _budget_bytes(self, state: FrameState, host_ns: int) -> int:
        since_s = min(max(host_ns - self._built_ns, 0) * 1e-9, 0.5)
        self._built_ns = host_ns
        budget = max(FRAME_BUDGET_BYTES, round(_BUILD_BYTES_PER_S * since_s))
        missing = state.scene >= 0 and not self.picture.has_scene(state.scene)
        return budget * _URGENT_RATIO if missing else budget

    def _shot(self, state: FrameState, look: SceneLook) -> Shot:
        return Shot(
            at_s=state.at_s,
            look=look,
            path=state.path,
            motion=state.motion,
            speed_mps=state.speed_mps,
            nodes=state.nodes,
            clips=state.clips,
            videos=self._films.textures(state.videos),
        )

    def _show_panels(self, state: FrameState, head: HeadPose, live: LiveView) -> None:
        shown = self._layout((*state.captions, *live.captions), live, head)
        self.panels.root.reparent_to(self.picture.root)
        self.panels.root.set_mat(panda_matrix(self.picture.T_world_vehicle))
        self.panels.show(
            shown, eye=self.eye_m, time_left_ratio=live.time_left_ratio, veil_ratio=live.veil_ratio
        )

    def look_from(self, T_vehicle_head: eyes.Matrix) -> None:
        """Put the head where it will be when the prepared frame is seen; the last thing before drawing."""
        self.picture.look_from(T_vehicle_head)

    @property
    def shown_panels(self) -> tuple[layout.Panel, ...]:
        """Panels of the prepared frame: choices, hint, captions."""
        return self._laid_out[1] if self.state.scene >= 0 else ()

    @property
    def choice_panels(self) -> tuple[layout.Panel, ...]:
        """Panels of the options on show."""
        return self._choices

    @property
    def eye_m(self) -> eyes.Vector:
        """Where the guest's eye rests in the vehicle, in the prepared scene."""
        if self.state.scene < 0:
            return _EYE_M
        tree = self._tree(self._package.scenes[self.state.scene])
        x, y, z = tree.get("eye_m") or tree.get("eye") or _EYE_M
        return (float(x), float(y), float(z))

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

    def _warm_texts(self) -> None:
        wanted = {self._options.language, self._options.second_language, *self._package.languages}
        chars: set[str] = set()
        for locale in wanted:
            if locale is not None:
                chars |= self._package.lines.characters(locale)
        # The show's own letters first: where a letter lies on the font's page shows, faintly, at its edges.
        self.panels.warm(sorted(chars))
        self.panels.warm(sorted(guest_characters()))

    # ---- what the guest does

    def gaze(self, host_ns: int, ray: eyes.Ray) -> tuple[str, str]:
        """Say what a look along a ray of the world rests on; an event when it is something else than before."""
        found = self.hit(ray)
        if found != self._gazed:
            self._gazed = found
            self._emit(GazeEvent(host_ns, *found, ray.start, ray.along))
        return found

    def look_away(self, host_ns: int) -> None:
        """Nobody knows where the guest looks."""
        if self._gazed != ("", ""):
            self._gazed = ("", "")
            self._emit(GazeEvent(host_ns, "", ""))

    def touch(self, host_ns: int, name: str) -> None:
        """A finger reached into a target."""
        self._emit(PressEvent(host_ns, "target", name, "hand"))

    def key(self, host_ns: int, name: str) -> None:
        """A key, or a button that counts as one, went down."""
        self._emit(KeyEvent(host_ns, name))

    def press_gazed(self, host_ns: int, by: str) -> None:
        """Somebody pressed what is looked at."""
        self._emit(PressEvent(host_ns, *self._gazed, by))

    def press(self, host_ns: int, ray: eyes.Ray, by: str) -> None:
        """Somebody pressed along a ray of the world, by "mouse", "hand" or "controller"."""
        self._emit(PressEvent(host_ns, *self.hit(ray), by))

    def turned(self, host_ns: int, head: HeadPose) -> None:
        """Say where the head is, when it has moved."""
        if self._last_head is None or _moved(self._last_head, head):
            self._last_head = head
            self._emit(HeadEvent(host_ns, head))

    @property
    def last_head(self) -> HeadPose:
        """The head as last said."""
        return self._last_head or HeadPose()

    def hit(self, ray: eyes.Ray) -> tuple[str, str]:
        """What a ray of the world meets first, as (kind, name): a choice panel, else the nearest target."""
        if self.state.scene < 0:
            return ("", "")
        T_vehicle_world = np.linalg.inv(self.picture.T_world_vehicle).astype(np.float64)
        local = _moved_ray(T_vehicle_world, ray)
        for panel in self._choices:
            if panels.hit(panel, self.eye_m, local):
                return ("option", panel.name)
        best: tuple[float, str] | None = None
        for target in self._package.scenes[self.state.scene].targets:
            at = (self.picture.node_matrix(target.node) @ np.array([*target.at_m, 1.0]))[:3]
            distance = eyes.sphere_distance(ray, (float(at[0]), float(at[1]), float(at[2])), target.radius_m)
            if distance is not None and (best is None or distance < best[0]):
                best = (distance, target.id)
        return ("target", best[1]) if best is not None else ("", "")

    def touched(self, point_m: eyes.Vector) -> str:
        """The target that a point of the world (a fingertip) is inside of; "" for none."""
        if self.state.scene < 0:
            return ""
        best: tuple[float, str] = (float("inf"), "")
        for target in self._package.scenes[self.state.scene].targets:
            at = (self.picture.node_matrix(target.node) @ np.array([*target.at_m, 1.0]))[:3]
            distance = float(np.linalg.norm(at - np.array(point_m)))
            if distance <= target.radius_m:
                best = min(best, (distance, target.id))
        return best[1]

    def close(self) -> None:
        """Let loader and nodes go."""
        if self._closed:
            return
        self._closed = True
        self._store.close()
        self.panels.root.remove_node()
        if self.picture.shadow is not None:
            self.picture.shadow.close(self._output)


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
