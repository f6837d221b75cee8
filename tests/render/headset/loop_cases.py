"""The headset's loop over a scripted runtime, its pictures copied into real textures: what is drawn for when, and what goes on."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.errors import OutputError
from engine.experience.package import Package
from engine.render.headset import gl as opengl
from engine.render.headset.garbage import Garbage
from engine.render.headset.gl import Gl
from engine.render.headset.loop import HeadsetLoop
from engine.render.headset.process import assemble
from engine.render.inbox import Inbox
from engine.render.live import GazeEvent, GuestEvent, HeadEvent, HeadPose, LiveView, OptionView, PressEvent
from engine.render.process import HeadsetConfig, ViewerConfig
from engine.render.stills import read_png
from engine.render.viewer import Viewer
from engine.time.clocks import ManualClock
from engine.time.shared import LocalBlock
from engine.xr.actions import InputState
from engine.xr.faults import InstanceLost
from engine.xr.runtime import InstanceWish, ProjectionLayer, QuadLayer
from engine.xr.scripted import ScriptedDevice, ScriptedRuntime, ScriptedSession, ScriptedSwapchain
from engine.xr.values import Hand, MaskChanged, Pose
from tests.render.show import held

EYE_PX = (64, 48)


class Parent:
    """The other end of the pipe: says what it is told to, keeps what it hears."""

    def __init__(self) -> None:
        self.words: list[tuple[str, Any]] = []
        self.heard: list[tuple[str, Any]] = []

    def poll(self, _timeout: float) -> bool:
        return bool(self.words)

    def recv(self) -> tuple[str, Any]:
        return self.words.pop(0)

    def send(self, row: tuple[str, Any]) -> None:
        self.heard.append(row)

    def events(self, kind: type) -> list[Any]:
        return [payload for word, payload in self.heard if word == "input" and isinstance(payload, kind)]


class Show:
    """A loop, and everything around it that a test turns."""

    def __init__(self, package: Package, viewer: Viewer, stack: ExitStack) -> None:
        self.clock = ManualClock(5_000_000_000)
        self.device = ScriptedDevice(self.clock)
        self.device.system = replace(self.device.system, recommended_px=EYE_PX)
        self.device.period_ns = 50_000_000  # fewer frames to a second of a test
        self.parent = Parent()
        self.block = LocalBlock()
        self.block.publish(held(package, "quay", 8.5))
        config = ViewerConfig("", str(package.path), quality="test")
        self.loop: HeadsetLoop = assemble(
            config,
            HeadsetConfig(window=False),
            package,
            self.block,
            Inbox(self.parent),  # type: ignore[arg-type]
            self.clock,
            viewer._output,
            ScriptedRuntime(self.device),
            InstanceWish(),
            stack,
        )

    def run(self, frames: int) -> None:
        for _ in range(frames):
            assert self.loop.step()

    def run_until(self, done: Any, most: int = 400) -> None:
        for _ in range(most):
            if done():
                return
            assert self.loop.step()
        pytest.fail(f"not in {most} frames; heard {self.parent.heard[-5:]}")


@pytest.fixture
def show(package: Package, viewer: Viewer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Show]:
    viewer._output.draw()  # its context is current
    plain = ScriptedSwapchain.__init__

    def textured(self: ScriptedSwapchain, session: ScriptedSession, spec: Any) -> None:
        plain(self, session, spec)
        gl = Gl()
        names = gl.new("glGenTextures", 3)
        of, kind = (0x1902, 0x1405) if spec.use == "depth" else (0x1908, 0x1401)  # DEPTH_COMPONENT, RGBA
        for name in names:
            gl.glBindTexture(opengl.TEXTURE_2D, name)
            gl.glTexImage2D(opengl.TEXTURE_2D, 0, spec.format, *spec.size_px, 0, of, kind, None)
            gl.glTexParameteri(opengl.TEXTURE_2D, opengl.TEXTURE_MIN_FILTER, opengl.NEAREST)
        gl.glBindTexture(opengl.TEXTURE_2D, 0)
        self._images = tuple(names)

    monkeypatch.setattr(ScriptedSwapchain, "__init__", textured)
    with ExitStack() as stack:
        made = Show(package, viewer, stack)
        yield made


def pixels(name: int, size_px: tuple[int, int]) -> np.ndarray:
    gl = Gl()
    found = np.zeros((size_px[1], size_px[0], 4), dtype=np.uint8)
    gl.glBindTexture(opengl.TEXTURE_2D, name)
    gl.glGetTexImage(opengl.TEXTURE_2D, 0, 0x1908, 0x1401, found.ctypes.data)
    gl.glBindTexture(opengl.TEXTURE_2D, 0)
    return found


def last_projection(show: Show) -> ProjectionLayer:
    found = next(
        layer
        for layers in reversed(show.device.frames_ended)
        for layer in layers
        if isinstance(layer, ProjectionLayer)
    )
    return found


def test_a_frame_is_drawn_for_the_instant_at_which_it_is_seen(show: Show) -> None:
    asked: list[int] = []
    prepare = show.loop.stage.prepare

    def watched(transport: Any, host_ns: int, head: HeadPose, live: LiveView) -> Any:
        asked.append(host_ns)
        return prepare(transport, host_ns, head, live)

    show.loop.stage.prepare = watched  # type: ignore[method-assign]
    show.run_until(lambda: show.device.frames_ended and show.device.frames_ended[-1])
    show.run(3)
    # The manual clock stands at the wake-up: the frame is seen as much later as the runtime says.
    assert asked[-1] == show.clock.now_ns() + show.device.ahead_ns
    assert asked[-1] - asked[-2] == show.device.period_ns


def test_both_eyes_reach_the_runtimes_own_images(show: Show) -> None:
    show.run_until(lambda: show.device.frames_ended and show.device.frames_ended[-1])
    show.run_until(lambda: show.loop.stage.ready([show.loop.stage.state.scene]))
    show.run(4)
    layer = last_projection(show)
    left, right = (eye.image.swapchain for eye in layer.eyes)
    assert left is not right
    shown = [pixels(image.images[(image._next - 1) % 3], EYE_PX) for image in (left, right)]  # type: ignore[attr-defined]
    for eye in shown:
        assert eye[..., :3].std() > 4.0, "a blank eye"
        assert (eye[..., 3] == 255).all()
    assert (shown[0] != shown[1]).any(), "two eyes see two pictures"
    rig = show.loop._canvas.rig
    assert rig is not None
    drawn = pixels(rig._eyes.name_of(rig.color), (2 * EYE_PX[0], EYE_PX[1]))
    assert (shown[0] == drawn[:, : EYE_PX[0]]).all(), "the left half is the left eye's"
    assert (shown[1] == drawn[:, EYE_PX[0] :]).all()
    assert layer.eyes[0].view.pose.position_m[0] < layer.eyes[1].view.pose.position_m[0]


def test_choices_are_layers_of_their_own_where_there_is_room_and_hang_in_the_world_elsewhere(
    show: Show,
) -> None:
    options = (OptionView("follow", "Follow the light"), OptionView("stay", "Stay"))
    show.parent.words.append(("live", LiveView(options=options)))
    show.run_until(lambda: show.device.frames_ended and show.device.frames_ended[-1])
    show.run(3)
    quads = [layer for layer in show.device.frames_ended[-1] if isinstance(layer, QuadLayer)]
    assert len(quads) >= 2
    assert show.loop.stage.panels.root.is_hidden()
    width, height = quads[0].size_m
    assert 0.1 < height < width < 2.0
    show.device.system = replace(show.device.system, max_layers=2)
    show.device.kill()
    show.device.start()
    show.run_until(lambda: not show.loop.stage.panels.root.is_hidden() and show.loop._headset.running)
    show.run(3)
    assert [type(layer) for layer in show.device.frames_ended[-1]] == [ProjectionLayer]


def test_the_show_goes_on_without_a_headset_and_the_headset_rejoins(show: Show) -> None:
    show.run_until(lambda: show.device.frames_ended and show.device.frames_ended[-1])
    show.device.kill()
    before_ns = show.clock.now_ns()
    show.run(30)
    assert show.clock.now_ns() - before_ns >= 500_000_000, "paced by the clock while nobody else paces"
    assert show.loop.stage.state.scene >= 0
    ended = len(show.device.frames_ended)
    show.device.start()
    show.run_until(lambda: len(show.device.frames_ended) > ended and show.device.frames_ended[-1])
    rungs = [str(status.rung) for word, status in show.parent.heard if word == "headset"]
    assert "no_runtime" in rungs[1:]
    assert rungs[-1] == "focused"


def test_a_scene_that_is_still_loading_keeps_nobody_waiting(
    show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(show.loop.stage._store, "ready", lambda _files: False)
    show.run_until(lambda: show.device.frames_ended and show.device.frames_ended[-1])
    show.run(3)
    assert not show.loop.stage.picture.has_scene(show.loop.stage.state.scene)
    assert isinstance(show.device.frames_ended[-1][0], ProjectionLayer), (
        "its sky is there, under a head that moves"
    )
    monkeypatch.undo()
    show.run_until(lambda: show.loop.stage.picture.has_scene(show.loop.stage.state.scene))


def test_images_that_take_no_picture_cost_the_session_not_the_process(
    show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    show.run_until(lambda: show.device.frames_ended and show.device.frames_ended[-1])
    rig = show.loop._canvas.rig
    assert rig is not None

    def refuse(*_: object) -> None:
        raise OutputError("no picture into this one")

    monkeypatch.setattr(rig, "into", refuse)
    made = show.device.sessions_made
    show.run_until(lambda: show.device.sessions_made > made)
    monkeypatch.undo()
    show.run_until(lambda: show.loop._headset.running and bool(show.device.frames_ended[-1]))


def test_a_head_that_is_a_guess_dims_the_picture_and_never_freezes_it(show: Show) -> None:
    show.run_until(lambda: show.device.frames_ended and show.device.frames_ended[-1])
    show.device.turn_valid = show.device.position_valid = False
    ended = len(show.device.frames_ended)
    show.run(12)
    assert len(show.device.frames_ended) == ended + 12
    assert show.loop._veil == pytest.approx(0.6)
    show.device.turn_valid = show.device.position_valid = True
    show.run(12)
    assert show.loop._veil == 0.0


def test_somebody_who_puts_it_on_is_told_of_as_a_guest(show: Show) -> None:
    show.run_until(lambda: bool(show.parent.events(GuestEvent)))
    assert show.parent.events(GuestEvent)[0].kind == "arrived"
    show.device.take_off()
    show.run_until(lambda: show.parent.events(GuestEvent)[-1].kind == "left", most=2000)


def test_a_trigger_presses_what_its_ray_meets(show: Show) -> None:
    show.run_until(lambda: show.device.frames_ended and show.device.frames_ended[-1])
    options = (OptionView("follow", "Follow", azimuth_deg=0.0, elevation_deg=0.0, distance_m=2.0),)
    show.parent.words.append(("live", LiveView(options=options)))
    ahead = Pose((0.1, 0.0, 0.0))

    def hold(ratio: float) -> None:
        place = show.loop._headset._T_space_rest
        from engine.xr.poses import composed

        hand = Hand("controller", composed(place, ahead), composed(place, ahead), ratio, ratio > 0.5)
        show.device.input_state = InputState((Hand(), hand))

    hold(0.0)
    show.run(5)
    hold(1.0)
    show.run(3)
    presses = show.parent.events(PressEvent)
    assert [(press.kind, press.name, press.by) for press in presses] == [("option", "follow", "controller")]
    assert any(event.name == "follow" for event in show.parent.events(GazeEvent))


def test_a_still_shows_the_choice_though_a_compositor_draws_it(show: Show, tmp_path: Path) -> None:
    show.run_until(lambda: show.device.frames_ended and show.device.frames_ended[-1])
    options = (OptionView("follow", "Follow", azimuth_deg=0.0, elevation_deg=0.0, distance_m=2.0),)
    show.run(3)
    show.parent.words.append(("still", str(tmp_path / "without.png")))
    show.run(2)
    show.parent.words += [("live", LiveView(options=options)), ("still", str(tmp_path / "with.png"))]
    show.run(2)
    without, shown = (read_png((tmp_path / name).read_bytes()) for name in ("without.png", "with.png"))
    middle = np.s_[230:310, 430:530]
    assert np.abs(shown[middle].astype(int) - without[middle].astype(int)).mean() > 5.0
    assert show.loop.stage.panels.root.is_hidden(), "the guest never sees it twice"
    assert [payload for word, payload in show.parent.heard if word == "still"] == [
        str(tmp_path / "without.png"),
        str(tmp_path / "with.png"),
    ]


def test_a_runtime_that_dies_between_its_word_of_new_hidden_areas_and_the_look_at_them_is_climbed_back_to(
    show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    show.run_until(lambda: show.device.frames_ended and show.device.frames_ended[-1])

    def lost(_session: ScriptedSession, _eye: int) -> None:
        raise InstanceLost("xrGetVisibilityMaskKHR: it went")

    with monkeypatch.context() as patched:
        patched.setattr(ScriptedSession, "mask", lost)
        show.device.send(MaskChanged(0))
        show.run(1)
    assert not show.loop._headset.running
    ended = len(show.device.frames_ended)
    show.run_until(lambda: len(show.device.frames_ended) > ended and show.device.frames_ended[-1])


def test_a_headset_that_goes_takes_look_and_hands_along(show: Show) -> None:
    show.run_until(lambda: show.device.frames_ended and show.device.frames_ended[-1])
    options = (OptionView("follow", "Follow", azimuth_deg=0.0, elevation_deg=0.0, distance_m=2.0),)
    show.parent.words.append(("live", LiveView(options=options)))
    show.run_until(lambda: any(event.name == "follow" for event in show.parent.events(GazeEvent)))
    place = show.loop._headset._T_space_rest
    show.device.input_state = InputState((Hand(), Hand("controller", place, place)))
    show.run(2)
    drawn = show.loop._hands._hands[1].path
    assert not drawn.is_hidden()
    show.device.kill()
    show.run(2)
    assert show.parent.events(GazeEvent)[-1].name == "", "nobody's eyes choose"
    assert drawn.is_hidden()


def test_whoever_snaps_round_takes_the_captions_and_the_story_along(show: Show) -> None:
    show.run_until(lambda: bool(show.parent.events(GuestEvent)))
    asked: list[HeadPose] = []
    prepare = show.loop.stage.prepare

    def watched(transport: Any, host_ns: int, head: HeadPose, live: LiveView) -> Any:
        asked.append(head)
        return prepare(transport, host_ns, head, live)

    show.loop.stage.prepare = watched  # type: ignore[method-assign]
    show.run(2)
    before_deg = asked[-1].yaw_deg
    show.device.input_state = InputState((Hand(), Hand("controller", stick=(-1.0, 0.0))))
    show.run(3)
    assert asked[-1].yaw_deg - before_deg == pytest.approx(30.0), "to the left is positive"
    assert show.parent.events(HeadEvent)[-1].head.yaw_deg == pytest.approx(asked[-1].yaw_deg)


def test_everything_is_collected_once_nobody_wears_it_and_the_collector_is_given_back(
    show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    show.run_until(lambda: bool(show.parent.events(GuestEvent)))
    collected: list[str] = []
    monkeypatch.setattr(Garbage, "unwatched", lambda _self: collected.append("all"))
    show.run(10)
    assert not collected
    show.loop.loaded()
    assert collected == ["all"]
    collected.clear()
    show.device.take_off()
    show.run_until(lambda: show.parent.events(GuestEvent)[-1].kind == "left", most=2000)
    assert collected == ["all"]
    assert not gc.isenabled()
    show.loop.close()
    assert gc.isenabled()


def test_a_frame_without_depth_layers_keeps_its_buffers_over_sessions(show: Show) -> None:
    show.run_until(lambda: show.device.frames_ended and show.device.frames_ended[-1])
    rig = show.loop._canvas.rig
    ended = len(show.device.frames_ended)
    show.device.kill()
    show.device.start()
    show.run_until(lambda: len(show.device.frames_ended) > ended and show.device.frames_ended[-1])
    assert show.loop._canvas.rig is rig


def test_retired_it_ends(show: Show) -> None:
    show.run(2)
    show.parent.words.append(("retire", None))
    assert not show.loop.step()
    assert not show.loop.exhausted
