"""The runtime on pyopenxr against a fake one behind the same table of functions."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import xr

from engine.time.clocks import ManualClock
from engine.xr.actions import ActionTable
from engine.xr.faults import InstanceLost, SessionLost, XrRefused, XrUnavailable
from engine.xr.openxr import OpenXrRuntime
from engine.xr.openxr.instance import OpenXrInstance
from engine.xr.openxr.session import OpenXrSession
from engine.xr.runtime import (
    DepthImage,
    EyeImage,
    ImageRect,
    InstanceWish,
    ProjectionLayer,
    QuadLayer,
    SwapchainSpec,
)
from engine.xr.values import (
    EventsLost,
    Fov,
    FrameTime,
    InstanceLossPending,
    MaskChanged,
    Pose,
    PresenceChanged,
    ProfileChanged,
    RefreshRateChanged,
    SessionState,
    SpaceChanged,
    StateChanged,
    View,
)
from tests.xr.fake_openxr import EPOCH_NS, FIRST_XR_TIME, PERIOD_NS, FakeOpenXr

NO_ACTIONS = ActionTable(())


class Drawing:
    """A binding whose context is always there."""

    def __init__(self, _graphics: str = "") -> None:
        self.cleared = 0

    def prepare(self, calls: Any, system: int) -> None:
        requirements = xr.GraphicsRequirementsOpenGLKHR()
        calls("xrGetOpenGLGraphicsRequirementsKHR", calls.instance, system, ctypes.byref(requirements))

    def info(self, calls: Any) -> Any:
        return None

    def clear_errors(self) -> None:
        self.cleared += 1


@pytest.fixture
def fake() -> FakeOpenXr:
    return FakeOpenXr()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(EPOCH_NS)


@pytest.fixture(autouse=True)
def _context(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("engine.xr.openxr.instance.binding_for", Drawing)
    yield


def opened(
    fake: FakeOpenXr, clock: ManualClock, graphics: str = "glx"
) -> tuple[OpenXrInstance, OpenXrSession]:
    instance = OpenXrRuntime(clock, lambda: fake).open(InstanceWish(graphics=graphics))  # type: ignore[arg-type]
    return instance, instance.session(NO_ACTIONS)


def a_whole_evening(fake: FakeOpenXr, clock: ManualClock, kept: list[Any]) -> None:
    """Every call that the engine makes, once; what must be closed goes into `kept` as soon as it exists."""
    instance = OpenXrRuntime(clock, lambda: fake).open(InstanceWish(graphics="glx"))
    kept.append(instance)
    instance.system()
    session = instance.session(NO_ACTIONS)
    fake.state(2)
    instance.poll()
    session.begin()
    space, head = session.space("local_floor"), session.space("view")
    color = session.swapchain(SwapchainSpec(session.formats[1], (200, 100)))
    session.mask(0)
    session.set_refresh_rate(session.refresh_rates_hz[-1])
    frame = session.wait_frame()
    session.begin_frame()
    views = session.views(frame, space)
    session.locate(head, space, frame)
    color.acquire()
    color.release()
    session.end_frame(frame, (projection(space, color, views.eyes),))
    session.request_exit()
    session.end()


def projection(space: Any, chain: Any, views: tuple[View, View], depth: Any = None) -> ProjectionLayer:
    def eye(index: int) -> EyeImage:
        deep = None if depth is None else DepthImage(ImageRect(depth, 100 * index, 0, 100, 100), 0.1, 500.0)
        return EyeImage(views[index], ImageRect(chain, 100 * index, 5, 100, 90), deep)

    return ProjectionLayer(space, (eye(0), eye(1)))


def test_an_instance_takes_what_is_offered_and_no_more(fake: FakeOpenXr, clock: ManualClock) -> None:
    fake.offered = (*fake.offered, "XR_SOMEBODY_else")
    instance, _ = opened(fake, clock)
    assert set(fake.made["extensions"]) == set(fake.offered) - {"XR_SOMEBODY_else", "XR_MND_headless"}
    assert instance.extensions == frozenset(fake.made["extensions"])
    assert fake.made["application"] == "Sensorama"
    assert fake.made["api_version"] == 1 << 48
    assert instance.runtime_name == "Fake 1.2.3"
    assert fake.made["requirements"]


def test_the_system_is_told_whole(fake: FakeOpenXr, clock: ManualClock) -> None:
    instance, _ = opened(fake, clock)
    system = instance.system()
    assert system.name == "Fake headset"
    assert system.recommended_px == (1440, 1600)
    assert system.max_px == (2880, 2048)
    assert system.has_presence and not system.has_hand_tracking
    assert system.blend_modes == ("opaque", "alpha")
    fake.presence = False
    assert not instance.system().has_presence


def test_no_runtime_and_no_headset_can_be_tried_again(fake: FakeOpenXr, clock: ManualClock) -> None:
    runtime = OpenXrRuntime(clock, lambda: fake)
    fake.results = {"xrEnumerateInstanceExtensionProperties": -51}
    with pytest.raises(XrUnavailable, match="no OpenXR runtime is installed"):
        runtime.open(InstanceWish())
    fake.results = {"xrCreateInstance": -2}
    with pytest.raises(XrUnavailable, match="does not answer"):
        runtime.open(InstanceWish())
    fake.results = {"xrGetSystem": -35}
    instance = runtime.open(InstanceWish())
    with pytest.raises(XrUnavailable, match="no headset now"):
        instance.system()
    with pytest.raises(XrUnavailable, match="no headset now"):
        instance.session(NO_ACTIONS)
    fake.results = {}
    assert instance.session(NO_ACTIONS).space_kinds


def test_a_runtime_without_the_binding_says_which_extension(fake: FakeOpenXr, clock: ManualClock) -> None:
    fake.offered = ("XR_MND_headless",)
    with pytest.raises(XrUnavailable, match="does not offer XR_KHR_opengl_enable"):
        OpenXrRuntime(clock, lambda: fake).open(InstanceWish(graphics="glx"))


def test_validation_needs_its_layer(fake: FakeOpenXr, clock: ManualClock) -> None:
    with pytest.raises(XrUnavailable, match=r"core validation layer .* is not installed"):
        OpenXrRuntime(clock, lambda: fake).open(InstanceWish(validation=True))


def test_every_event_is_told(fake: FakeOpenXr, clock: ManualClock) -> None:
    instance, _ = opened(fake, clock)
    session = ctypes.cast(ctypes.c_void_p(fake.newest("Session")), xr.Session)
    moved = xr.EventDataReferenceSpaceChangePending(session=session, change_time=77, pose_valid=1)
    moved._reference_space_type = 1000426000
    moved.pose_in_previous_space.position.y = 0.25
    moved.pose_in_previous_space.orientation.w = 1.0
    fake.state(5)
    fake.state(99)
    for event in (
        moved,
        xr.EventDataReferenceSpaceChangePending(session=session, reference_space_type=3, change_time=78),
        xr.EventDataInteractionProfileChanged(session=session),
        xr.EventDataUserPresenceChangedEXT(session=session, is_user_present=1),
        xr.EventDataDisplayRefreshRateChangedFB(72.0, 90.0),
        xr.EventDataVisibilityMaskChangedKHR(session=session, view_index=1),
        xr.EventDataEventsLost(4),
        xr.EventDataMainSessionVisibilityChangedEXTX(),
        xr.EventDataInstanceLossPending(),
    ):
        fake.happen(event)
    told = [instance.poll() for _ in range(10)]
    assert told == [
        StateChanged(SessionState.FOCUSED),
        StateChanged(SessionState.UNKNOWN),
        SpaceChanged("local_floor", 77, Pose((0.0, 0.0, 0.25))),
        SpaceChanged("stage", 78, None),
        ProfileChanged(),
        PresenceChanged(True),
        RefreshRateChanged(90.0),
        MaskChanged(1),
        EventsLost(4),
        InstanceLossPending(),
    ]
    assert instance.poll() is None


def test_events_of_a_dead_session_are_not_told(fake: FakeOpenXr, clock: ManualClock) -> None:
    instance, session = opened(fake, clock)
    dead = fake.newest("Session")
    session.close()
    fake.state(2, dead)
    fake.state(7, dead)
    assert instance.poll() is None
    instance.session(NO_ACTIONS)
    fake.state(6, dead)
    fake.state(1)
    assert instance.poll() == StateChanged(SessionState.IDLE)


def test_a_flood_of_foreign_events_does_not_stop_a_frame(fake: FakeOpenXr, clock: ManualClock) -> None:
    instance, _ = opened(fake, clock)
    for _ in range(1000):
        fake.happen(xr.EventDataMainSessionVisibilityChangedEXTX())
    assert instance.poll() is None
    assert fake.log.count("xrPollEvent") < 500


def test_a_frame_is_seen_at_a_host_time(fake: FakeOpenXr, clock: ManualClock) -> None:
    _, session = opened(fake, clock)
    clock.advance_ns(123)
    first, second = session.wait_frame(), session.wait_frame()
    assert first == FrameTime(0, FIRST_XR_TIME, EPOCH_NS + FIRST_XR_TIME, PERIOD_NS, EPOCH_NS + 123, False)
    assert (second.number, second.xr_time, second.should_render) == (1, FIRST_XR_TIME + PERIOD_NS, True)


def test_a_time_that_the_runtime_will_not_convert_is_guessed(fake: FakeOpenXr, clock: ManualClock) -> None:
    _, session = opened(fake, clock)
    fake.results = {"xrConvertTimeToTimespecTimeKHR": -30}
    frame = session.wait_frame()
    assert frame.display_ns == frame.woken_ns + PERIOD_NS


def test_without_graphics_frames_come_by_the_hosts_clock(fake: FakeOpenXr, clock: ManualClock) -> None:
    _, session = opened(fake, clock, "headless")
    first = session.wait_frame()
    assert session.begin_frame()
    session.end_frame(first, ())
    clock.advance_ns(4_000_000)
    second = session.wait_frame()
    clock.advance_ns(30_000_000)  # two beats missed: left out, not made up for
    third = session.wait_frame()
    assert "xrWaitFrame" not in fake.log and "xrEndFrame" not in fake.log
    period_ns = first.period_ns
    assert [each.display_ns - first.display_ns for each in (second, third)] == [period_ns, 4 * period_ns]
    for each in (first, second, third):
        assert each.xr_time == each.display_ns - EPOCH_NS
        assert not each.should_render
        assert each.display_ns - each.woken_ns == period_ns


def test_a_discarded_frame_is_no_error(fake: FakeOpenXr, clock: ManualClock) -> None:
    _, session = opened(fake, clock)
    session.wait_frame()
    assert session.begin_frame()
    fake.results = {"xrBeginFrame": 9}
    assert not session.begin_frame()


@pytest.mark.parametrize(("name", "times"), [(b"SteamVR/OpenXR", 2), (b"Monado", 0)])
def test_errors_that_a_runtime_leaves_in_opengl_are_cleared(
    fake: FakeOpenXr, clock: ManualClock, monkeypatch: pytest.MonkeyPatch, name: bytes, times: int
) -> None:
    binding = Drawing()
    monkeypatch.setattr("engine.xr.openxr.instance.binding_for", lambda _graphics: binding)
    fake.name = name
    _, session = opened(fake, clock)
    for _ in range(2):
        session.end_frame(session.wait_frame(), ())
    assert binding.cleared == times


def test_a_pending_loss_is_a_success(fake: FakeOpenXr, clock: ManualClock) -> None:
    _, session = opened(fake, clock)
    for name in ("xrBeginSession", "xrBeginFrame", "xrEndFrame", "xrEndSession"):
        fake.results[name] = 3
    session.begin()
    frame = session.wait_frame()
    assert session.begin_frame()
    session.end_frame(frame, ())
    session.end()


def test_eyes_and_spaces_come_in_our_axes(fake: FakeOpenXr, clock: ManualClock) -> None:
    _, session = opened(fake, clock)
    floor, head = session.space("local_floor", Pose((1.0, 2.0, 3.0))), session.space("view")
    assert fake.made["space"][0] == 1
    frame = session.wait_frame()
    views = session.views(frame, floor)
    assert fake.made["located_at"] == frame.xr_time
    assert views.eyes[0].pose.position_m == pytest.approx((-0.03, 0.5, 1.6))
    assert views.eyes[1].fov == Fov(*(pytest.approx(each) for each in (-0.8, 0.7, 0.6, -0.5)))
    assert (views.turn_valid, views.position_valid, views.tracked) == (True, True, True)
    assert session.locate(head, floor, frame).pose.position_m == (1.0, -3.0, 2.0)
    fake.view_flags = 7
    assert session.views(frame, floor).tracked is False


def test_what_is_not_valid_stays_neutral(fake: FakeOpenXr, clock: ManualClock) -> None:
    _, session = opened(fake, clock)
    floor, frame = session.space("local"), session.wait_frame()
    fake.location_flags = 1
    located = session.locate(floor, floor, frame)
    assert (located.turn_valid, located.position_valid, located.tracked) == (True, False, False)
    assert located.pose == Pose()


def test_only_reference_spaces_on_offer(fake: FakeOpenXr, clock: ManualClock) -> None:
    _, session = opened(fake, clock)
    assert session.space_kinds == {"view", "local", "local_floor"}
    with pytest.raises(XrRefused, match="'stage' is not among: local, local_floor, view"):
        session.space("stage")


def test_a_space_is_made_at_its_pose(fake: FakeOpenXr, clock: ManualClock) -> None:
    _, session = opened(fake, clock)
    session.space("local", Pose((1.0, 2.0, 3.0)))
    assert fake.made["space"] == (2, (1.0, 3.0, -2.0))


def test_layers_are_written_as_a_runtime_reads_them(fake: FakeOpenXr, clock: ManualClock) -> None:
    _, session = opened(fake, clock)
    floor = session.space("local_floor")
    color = session.swapchain(SwapchainSpec(0x8C43, (200, 100)))
    depth = session.swapchain(SwapchainSpec(0x81A6, (200, 100), use="depth"))
    assert fake.made["swapchain"] == (0x81A6, 200, 100, 1, 1)
    assert fake.made["usage"] == (0, 0x32)
    frame = session.wait_frame()
    views = session.views(frame, floor)
    half = math.sqrt(0.5)
    quad = QuadLayer(
        floor, Pose((0.0, 2.0, 1.0), (0.0, 0.0, half, half)), (1.5, 0.5), ImageRect(color, 0, 0, 64, 32), 1
    )
    session.end_frame(frame, (projection(floor, color, views.eyes, depth), quad))
    assert fake.made["display_time"] == frame.xr_time
    assert fake.made["blend_mode"] == 1
    written, panel = fake.ended[-1]
    assert written.view_count == 2 and written._layer_flags == 0
    right = written._views[1]
    assert (right.pose.position.x, right.pose.position.y, right.pose.position.z) == pytest.approx(
        (0.03, 1.6, -0.5)
    )
    assert (right.fov.angle_left, right.fov.angle_down) == pytest.approx((-0.8, -0.5))
    rect = right.sub_image.image_rect
    assert (rect.offset.x, rect.offset.y, rect.extent.width, rect.extent.height) == (100, 5, 100, 90)
    deep = xr.CompositionLayerDepthInfoKHR.from_address(right._next)
    assert deep._type == int(xr.StructureType.COMPOSITION_LAYER_DEPTH_INFO_KHR)
    assert (deep.min_depth, deep.max_depth, deep.far_z) == (0.0, 1.0, 500.0)
    assert panel._layer_flags == 2 and panel._eye_visibility == 2
    assert (panel.size.width, panel.size.height) == (1.5, 0.5)
    assert (panel.pose.position.x, panel.pose.position.y, panel.pose.position.z) == (0.0, 1.0, -2.0)
    # a quarter turn to the left about our Z is one about OpenXR's Y
    assert (panel.pose.orientation.y, panel.pose.orientation.w) == pytest.approx((half, half))

    session.end_frame(frame, (projection(floor, color, views.eyes),))
    assert fake.ended[-1][0]._views[0]._next is None
    session.end_frame(frame, ())
    assert fake.ended[-1] == []


def test_many_layers_of_both_kinds_keep_their_order(fake: FakeOpenXr, clock: ManualClock) -> None:
    _, session = opened(fake, clock)
    floor, color = session.space("local"), session.swapchain(SwapchainSpec(0x8C43, (200, 100)))
    view = View(Pose(), Fov(-0.5, 0.5, 0.5, -0.5))
    frame = session.wait_frame()
    layers = []
    for index in range(20):
        layers.append(QuadLayer(floor, Pose((index, 0.0, 0.0)), (1.0, 1.0), ImageRect(color, 0, 0, 9, 9)))
        layers.append(projection(floor, color, (view, view)))
    session.end_frame(frame, layers)
    assert [getattr(each, "view_count", 0) for each in fake.ended[-1]] == [0, 2] * 20
    assert [each.pose.position.x for each in fake.ended[-1][::2]] == list(range(20))


def test_depth_is_left_out_where_it_is_not_in_use(fake: FakeOpenXr, clock: ManualClock) -> None:
    fake.offered = tuple(each for each in fake.offered if "depth" not in each)
    _, session = opened(fake, clock)
    floor, chain = session.space("local"), session.swapchain(SwapchainSpec(0x8C43, (200, 100)))
    view = View(Pose(), Fov(-0.5, 0.5, 0.5, -0.5))
    session.end_frame(session.wait_frame(), (projection(floor, chain, (view, view), chain),))
    assert fake.ended[-1][0]._views[0]._next is None


def test_images_are_had_one_at_a_time(fake: FakeOpenXr, clock: ManualClock) -> None:
    _, session = opened(fake, clock)
    chain = session.swapchain(SwapchainSpec(0x8C43, (200, 100), static=True))
    assert chain.images == (31, 32, 33)
    assert fake.made["usage"] == (2, 0x31)
    assert chain.acquire() == 32
    assert 0 < fake.made["patience_ns"] <= 2_000_000_000
    chain.release()
    fake.results = {"xrWaitSwapchainImage": 1}
    with pytest.raises(XrRefused, match="TIMEOUT_EXPIRED"):
        chain.acquire()


def test_a_swapchain_without_images_is_not_left_behind(fake: FakeOpenXr, clock: ManualClock) -> None:
    _, session = opened(fake, clock)
    fake.results = {"xrEnumerateSwapchainImages": -2}
    with pytest.raises(XrRefused, match="ERROR_RUNTIME_FAILURE"):
        session.swapchain(SwapchainSpec(0x8C43, (200, 100)))
    assert "Swapchain" not in fake.alive.values()


def test_a_list_that_grows_is_read_again_and_not_for_ever(fake: FakeOpenXr, clock: ManualClock) -> None:
    fake.growing = 3
    _, session = opened(fake, clock)
    assert len(session.formats) == 6
    fake.growing = 1000
    _, session = opened(fake, clock)
    with pytest.raises(XrRefused, match="grew 8 times"):
        _ = session.formats


def test_the_hidden_area(fake: FakeOpenXr, clock: ManualClock) -> None:
    _, session = opened(fake, clock)
    mask = session.mask(0)
    assert mask is not None
    assert mask.points.dtype == np.float32 and mask.points.tolist() == [[-1, -1], [1, -1], [0, 1]]
    assert mask.triangles.tolist() == [[0, 1, 2]]
    fake.mask_indices = (0, 1, 9, 2, 1, 0, 1)
    damaged = session.mask(0)
    assert damaged is not None and damaged.triangles.tolist() == [[2, 1, 0]]
    fake.mask_points = ((math.nan, 0.0), (1.0, 0.0), (0.0, 1.0))
    assert session.mask(0) is None
    fake.mask_points = fake.mask_indices = ()
    assert session.mask(1) is None


def test_display_rates(fake: FakeOpenXr, clock: ManualClock) -> None:
    _, session = opened(fake, clock)
    assert session.refresh_rates_hz == (72.0, 90.0)
    session.set_refresh_rate(90.0)
    assert fake.made["rate_hz"] == 90.0


def test_without_their_extensions_mask_and_rates_are_not_there(fake: FakeOpenXr, clock: ManualClock) -> None:
    fake.offered = ("XR_KHR_opengl_enable",)
    _, session = opened(fake, clock)
    assert session.mask(0) is None
    assert session.refresh_rates_hz == ()
    with pytest.raises(XrRefused, match="cannot be chosen"):
        session.set_refresh_rate(90.0)


def test_closing_leaves_nothing_alive(fake: FakeOpenXr, clock: ManualClock) -> None:
    kept: list[Any] = []
    a_whole_evening(fake, clock, kept)
    assert sorted(fake.alive.values()) == ["Instance", "Session", "Space", "Space", "Swapchain"]
    kept[0].close()
    assert fake.alive == {}
    kept[0].close()
    assert not [line for line in fake.log if line.startswith("BAD")]


def test_a_space_closed_early_is_destroyed_once(fake: FakeOpenXr, clock: ManualClock) -> None:
    instance, session = opened(fake, clock)
    space = session.space("local")
    space.close()
    space.close()
    assert "Space" not in fake.alive.values()
    with pytest.raises(SessionLost, match="has been closed"):
        session.views(session.wait_frame(), space)
    instance.close()
    assert fake.log.count("xrDestroySpace") == 1


def test_whatever_is_used_after_closing_says_so(fake: FakeOpenXr, clock: ManualClock) -> None:
    instance, session = opened(fake, clock)
    chain = session.swapchain(SwapchainSpec(0x8C43, (200, 100)))
    session.close()
    for use in (session.wait_frame, session.begin, chain.acquire):
        with pytest.raises(SessionLost, match="has been closed"):
            use()
    instance.close()
    for use in (instance.poll, instance.system):
        with pytest.raises(InstanceLost, match="has been closed"):
            use()
    chain.close()
    session.close()


def test_the_runtime_may_go_away_at_every_single_call(clock: ManualClock) -> None:
    whole = FakeOpenXr()
    kept: list[Any] = []
    a_whole_evening(whole, clock, kept)
    calls = len(whole.log)
    assert calls >= 40
    for at in range(calls):
        fake = FakeOpenXr(lost_at=at)
        kept = []
        with pytest.raises((InstanceLost, XrUnavailable)) as caught:
            a_whole_evening(fake, clock, kept)
        if kept:
            assert caught.type is InstanceLost
            kept[0].close()
        assert fake.alive == {}, f"left behind when lost at call {at}, {whole.log[at]}"
        assert not [line for line in fake.log if line.startswith("BAD")]


def test_once_the_runtime_has_gone_a_lost_session_is_a_lost_instance(
    fake: FakeOpenXr, clock: ManualClock
) -> None:
    instance, session = opened(fake, clock)
    fake.results = {"xrBeginSession": -17}
    with pytest.raises(SessionLost):
        session.begin()
    fake.results["xrPollEvent"] = -13
    with pytest.raises(InstanceLost):
        instance.poll()
    with pytest.raises(InstanceLost):
        session.begin()
