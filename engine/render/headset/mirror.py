"""The operator's mirror: what the guest sees, made calm, in a window of its own beside the headset.

    mirror = Mirror(output, clock, MirrorOptions(folder=run_folder))
    ...
    headset.end(frame, layers)
    mirror.update(eyes_of(rig, seen.head, seen.eyes, frame.display_ns), info, until_ns=frame.woken_ns + frame.period_ns)

Design remarks
--------------
The mirror never costs the guest a frame. It is drawn after the headset's frame was handed over, in the time that is left before the
next one wakes, by a drawing round of its own in which every other output rests; it takes no part in the headset's own round. It is
left out when there is no time left (`engine.render.headset.pace`), waits for no display (sync off) and looks up a picture that is
there already: one card, one texture, some text. Screenshots are copied on the graphics card first and read back a strip a frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from panda3d.core import (
    Camera,
    GraphicsOutput,
    GraphicsWindow,
    LVecBase4f,
    NodePath,
    OrthographicLens,
    TextFont,
    Texture,
)

from engine.render.headset.clip import Recorder
from engine.render.headset.mirror_draw import Part, aim, buffer, card, draw_alone, host_of, open_window, raw
from engine.render.headset.mirror_still import WHOLE, Still
from engine.render.headset.overlay import Overlay, OverlayInfo, overlay_lines
from engine.render.headset.pace import MirrorPace, MirrorStats
from engine.render.headset.steady import Steady, crop_of
from engine.render.headset.stereo import StereoRig
from engine.render.output import Output
from engine.time.clocks import Clock
from engine.xr.values import LEFT, RIGHT, Fov, Pose, Quaternion, View

_NS_PER_S = 1_000_000_000


@dataclass(frozen=True, slots=True)
class MirrorOptions:
    """How to mirror.

    Attributes
    ----------
    eyes : {"left", "both"}
    size_px : tuple of int
    every : int
        Frames of the headset to one of the mirror.
    at_least_ns : int
        See `MirrorPace`.
    steady_ns : int
        How far the view is behind a turning head; 0: shown as it is.
    keep_ratio : float
        0..1: share of the eye's picture that is shown, the rest is the rim for steadiness.
    title : str
    folder : Path or None
        For screenshots and clips; None: none are made.
    clip_ns, clip_fps, clip_px
        Length, rate and size of clips. A length of 0 keeps none.
    """

    eyes: Literal["left", "both"] = "left"
    size_px: tuple[int, int] = (960, 540)
    every: int = 2
    at_least_ns: int = _NS_PER_S
    steady_ns: int = 250_000_000
    keep_ratio: float = 0.8
    title: str = "Sensorama mirror 镜像"
    folder: Path | None = None
    clip_ns: int = 10 * _NS_PER_S
    clip_fps: int = 10
    clip_px: tuple[int, int] = (640, 360)


@dataclass(frozen=True, slots=True)
class EyesPicture:
    """What was drawn for the eyes, display-encoded, and how they stood.

    Attributes
    ----------
    texture : Texture
        In the same graphics context.
    parts : tuple
        Left, bottom, width and height of the left and the right eye's part, 0..1.
    turns : tuple of Quaternion
        Of the eyes, all in one frame that does not turn with the head.
    fovs : tuple of Fov
    head : Quaternion
        Of the head, in the same frame.
    at_ns : int
        When it is seen.
    """

    texture: Texture
    parts: tuple[Part, Part]
    turns: tuple[Quaternion, Quaternion]
    fovs: tuple[Fov, Fov]
    head: Quaternion
    at_ns: int


def eyes_of(rig: StereoRig, head: Pose, eyes: tuple[View, View], at_ns: int) -> EyesPicture:
    """A rig's last picture, drawn for these eyes."""
    width_px, height_px = rig.color.get_x_size(), rig.color.get_y_size()
    parts = []
    for eye in (LEFT, RIGHT):
        part = rig.part(eye)
        parts.append(
            (
                part.x_px / width_px,
                part.y_px / height_px,
                part.width_px / width_px,
                part.height_px / height_px,
            )
        )
    return EyesPicture(
        rig.color,
        (parts[0], parts[1]),
        (eyes[0].pose.turn, eyes[1].pose.turn),
        (eyes[0].fov, eyes[1].fov),
        head.turn,
        at_ns,
    )


class Mirror:
    """Shows and keeps what the guest sees.

    Parameters
    ----------
    output : Output
        Whose graphics context the eyes are drawn in.
    clock : Clock
        For what mirroring costs.
    options : MirrorOptions
    font : TextFont
        Of the overlay.
    window : bool, default True
        False: no window, for clips and screenshots alone.

    Raises
    ------
    OutputError
        When no window can be had beside this output; the show can go on without.

    Notes
    -----
    One thread, the drawing one, with the context current. `close` is idempotent.
    """

    def __init__(
        self, output: Output, clock: Clock, options: MirrorOptions, font: TextFont, *, window: bool = True
    ) -> None:
        self._output = output
        self._clock = clock
        self._options = options
        self._pace = MirrorPace(options.every, options.at_least_ns)
        self._steady = Steady(options.steady_ns)
        width_px, height_px = options.size_px
        self._aspect = width_px / height_px
        self._root = NodePath("mirror")
        self._lens = OrthographicLens()
        self._lens.set_near_far(-10.0, 10.0)
        self._camera = self._root.attach_new_node(Camera("mirror", self._lens))
        self._cards = [card(self._root, place) for place in _places(options.eyes)]
        self._overlay = Overlay(font)
        self._overlay.root.reparent_to(self._root)
        self._fit()
        self._target: GraphicsOutput | None = None
        if window:
            self._target = open_window(output, options.size_px, options.title)
            self._look(self._target)
            if not output.is_window:
                # The host only lends its context. Drawing its own few pixels is of no use, and on Mesa's software drivers each of
                # its swaps costs an X error (BadMatch, Mesa 22.3) when a window of the same context is drawn next.
                output.buffer.set_active(False)
        self._host = host_of(output, self._target)
        self._clip: GraphicsOutput | None = None
        self._clip_pixels = Texture("clip")
        self._clip_ns: int | None = None
        self._recorder: Recorder | None = None
        if options.folder is not None:
            self._recorder = Recorder(options.folder, keep_ns=options.clip_ns, fps=options.clip_fps)
            if options.clip_ns > 0:
                self._clip = buffer(output, "clip", options.clip_px, self._host)
                self._clip.add_render_texture(self._clip_pixels, GraphicsOutput.RTM_copy_ram)
                self._look(self._clip)
        self._still: Still | None = None
        self._clip_wanted = False
        self._said: list[str] = []
        self._closed = False
        self._warm()

    def _warm(self) -> None:
        """Have everything compiled and uploaded before the headset's first frame: it took 200 ms on software rendering."""
        black = Texture("black")
        black.setup_2d_texture(1, 1, Texture.T_unsigned_byte, Texture.F_rgba8)
        for eye_card in self._cards:
            aim(eye_card, black, WHOLE, (0.0, 0.0, 1.0, 1.0))
            eye_card.show()
        self._overlay.show(overlay_lines(OverlayInfo()), self._aspect)
        draw_alone(self._output, [output for output in (self._target, self._clip) if output is not None])

    def _look(self, target: GraphicsOutput) -> None:
        region = target.make_display_region()
        region.set_camera(self._camera)
        target.set_clear_color((0.0, 0.0, 0.0, 1.0))
        target.set_active(False)  # the headset's own rounds leave it out

    def _fit(self) -> None:
        self._lens.set_film_size(2.0 * self._aspect, 2.0)

    # ---- for whoever runs the loop

    @property
    def window(self) -> GraphicsWindow | None:
        """The window, for its keys and mouse; None without one."""
        return self._target if isinstance(self._target, GraphicsWindow) else None

    @property
    def stats(self) -> MirrorStats:
        """What it costs."""
        return self._pace.stats

    @property
    def is_closed(self) -> bool:
        """Whether a person has closed the window."""
        return self._target is not None and not self._target.is_valid()

    def screenshot(self) -> None:
        """Write both eyes' next picture as PNG, side by side as drawn, into the folder."""
        if self._recorder is None:
            self._said.append("no screenshot: this run has no folder. Give one with --out")
        elif self._still is None:
            self._still = Still(self._output, self._host)

    def clip(self) -> None:
        """Write the last seconds as a film into the folder."""
        if self._recorder is None or self._clip is None:
            self._said.append("no clip: none are kept in this run. Give a folder with --out")
        else:
            self._clip_wanted = True

    def said(self) -> list[str]:
        """Lines for people since the last call."""
        lines, self._said = self._said, []
        return lines + (self._recorder.said() if self._recorder is not None else [])

    # ---- a frame

    def update(self, picture: EyesPicture | None, info: OverlayInfo, until_ns: int) -> bool:
        """Show the headset's last frame, if it is the mirror's turn and there is time.

        Parameters
        ----------
        picture : EyesPicture or None
            None: there is none (no headset yet); the overlay is shown over black.
        info : OverlayInfo
        until_ns : int
            When the headset needs this thread again.

        Returns
        -------
        bool
            Whether something was drawn.
        """
        if self._closed:
            return False
        if picture is not None:
            self._steady.follow(picture.head, picture.at_ns)
        if self._clip_wanted and self._recorder is not None and self._recorder.clip():
            self._clip_wanted = False
        begun_ns = self._clock.now_ns()
        if self._still is not None and picture is not None and begun_ns < until_ns:
            self._go_on_with_still(picture)
        outputs = [self._target] if self._target is not None and self._target.is_valid() else []
        clip_due = self._clip_due(begun_ns)
        if not outputs and not clip_due:
            return False
        if not self._pace.wants(begun_ns, until_ns):
            return False
        self._follow_size()
        self._show(picture)
        self._overlay.show(overlay_lines(info), self._aspect)
        if clip_due and self._clip is not None:
            outputs.append(self._clip)
            self._clip_ns = begun_ns
        draw_alone(self._output, outputs)
        if clip_due:
            self._keep_clip(begun_ns)
        self._pace.drew(begun_ns, self._clock.now_ns())
        return True

    def _clip_due(self, now_ns: int) -> bool:
        if self._clip is None:
            return False
        return self._clip_ns is None or now_ns - self._clip_ns >= _NS_PER_S // self._options.clip_fps

    def _keep_clip(self, at_ns: int) -> None:
        taken = raw(self._clip_pixels, at_ns)
        if taken is not None and self._recorder is not None:
            self._recorder.add(taken)

    def _show(self, picture: EyesPicture | None) -> None:
        if picture is None:
            for eye_card in self._cards:
                eye_card.hide()
            return
        eyes = range(len(self._cards))
        shape = self._aspect / len(self._cards)
        crops = [crop_of(picture.fovs[eye], shape, self._options.keep_ratio) for eye in eyes]
        crop = min(crops, key=lambda one: one.right_tan)  # both eyes alike
        found = self._steady.keep_inside([(picture.turns[eye], picture.fovs[eye]) for eye in eyes], crop)
        for eye, eye_card, matrix in zip(eyes, self._cards, found, strict=True):
            aim(eye_card, picture.texture, matrix, picture.parts[eye])
            eye_card.show()

    def _follow_size(self) -> None:
        if self._target is None:
            return
        width_px, height_px = self._target.get_x_size(), self._target.get_y_size()
        if min(width_px, height_px) > 0 and width_px / height_px != self._aspect:
            self._aspect = width_px / height_px
            self._fit()

    def _go_on_with_still(self, picture: EyesPicture) -> None:
        """One strip more of a screenshot."""
        assert self._still is not None and self._recorder is not None
        done = self._still.step(picture.texture, picture.at_ns)
        if done is not None and self._recorder.still(done):
            self._still.close()
            self._still = None

    def close(self) -> None:
        """Finish what is being written and let the window go."""
        if self._closed:
            return
        self._closed = True
        if self._recorder is not None:
            self._recorder.close()
            self._said += self._recorder.said()
            self._recorder = None
        if self._still is not None:
            self._still.close()
        for output in (self._target, self._clip):
            if output is not None:
                self._output.engine.remove_window(output)
        self._root.remove_node()


def _places(eyes: str) -> list[LVecBase4f]:
    """Left, right, bottom and top of each card, -1..1."""
    if eyes == "left":
        return [LVecBase4f(-1.0, 1.0, -1.0, 1.0)]
    return [LVecBase4f(-1.0, 0.0, -1.0, 1.0), LVecBase4f(0.0, 1.0, -1.0, 1.0)]
