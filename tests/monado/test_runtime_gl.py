"""The runtime on pyopenxr against Monado, drawing by OpenGL: through GLX as the viewer does, and through EGL without a display.

Everything but the kill runs under the core validation layer, and not one error may have been reported when all is closed.
"""

from __future__ import annotations

import gc
import itertools
import threading
from collections.abc import Callable, Iterator, Sequence

import pytest
from OpenGL import GL

from engine.time.clocks import MonotonicClock
from engine.xr.actions import ActionTable
from engine.xr.faults import InstanceLost, SessionLost, XrRefused, XrUnavailable
from engine.xr.formats import choose_color, choose_depth
from engine.xr.openxr import OpenXrRuntime
from engine.xr.openxr.instance import OpenXrInstance
from engine.xr.profiles import action_table
from engine.xr.refresh import choose_rate_hz
from engine.xr.runtime import (
    DepthImage,
    EyeImage,
    GraphicsKind,
    ImageRect,
    InstanceWish,
    Layer,
    ProjectionLayer,
    QuadLayer,
    Session,
    Swapchain,
    SwapchainSpec,
)
from engine.xr.values import FrameTime, Pose, SessionState
from tests.monado.driving import Driver
from tests.monado.service import Service
from tests.monado.test_runtime import held
from tests.monado.window import context

pytestmark = pytest.mark.monado

NO_ACTIONS = ActionTable(())
EYE_PX = (320, 240)


@pytest.fixture(params=["glx", "egl"])
def graphics(request: pytest.FixtureRequest, display: str) -> Iterator[GraphicsKind]:
    """A binding, its context current."""
    with context(request.param):
        yield request.param


@pytest.fixture
def instance(graphics: GraphicsKind, service: Service) -> Iterator[OpenXrInstance]:
    instance = OpenXrRuntime().open(InstanceWish(graphics=graphics, validation=True))
    yield instance
    instance.close()
    assert instance.complaints == ()


class Painter:
    """Both eyes in one image, left red and right blue; depth; a panel; all cleared by OpenGL itself."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.space = session.space("local_floor")
        width, height = EYE_PX
        depth_format = choose_depth(session.formats)
        assert depth_format is not None
        color_format = choose_color(session.formats)
        self.color = session.swapchain(SwapchainSpec(color_format, (2 * width, height)))
        self.depth = session.swapchain(SwapchainSpec(depth_format, (2 * width, height), use="depth"))
        self.panel = session.swapchain(SwapchainSpec(color_format, (64, 32), static=True))
        self.framebuffer = int(GL.glGenFramebuffers(1))
        self._fill(self.panel, lambda: self._clear(0, 64, 32, (0.0, 0.5, 0.0, 0.5)))
        self.seen: list[tuple[bytes, bytes]] = []

    def __call__(self, frame: FrameTime) -> Sequence[Layer]:
        width, height = EYE_PX
        views = self.session.views(frame, self.space)

        def eyes() -> None:
            self._clear(0, width, height, (1.0, 0.0, 0.0, 1.0))
            self._clear(width, width, height, (0.0, 0.0, 1.0, 1.0))
            self.seen.append((self._read(5, 5), self._read(width + 5, height - 5)))

        self._fill(self.color, eyes)
        self.depth.acquire()
        self.depth.release()

        def eye(index: int) -> EyeImage:
            place = (width * index, 0, width, height)
            depth = DepthImage(ImageRect(self.depth, *place), 0.1, 1000.0)
            return EyeImage(views.eyes[index], ImageRect(self.color, *place), depth)

        panel = QuadLayer(self.space, Pose((0.0, 2.0, 1.5)), (1.0, 0.5), ImageRect(self.panel, 0, 0, 64, 32))
        return (ProjectionLayer(self.space, (eye(0), eye(1))), panel)

    def close(self) -> None:
        GL.glDeleteFramebuffers(1, [self.framebuffer])

    def _fill(self, chain: Swapchain, paint: Callable[[], None]) -> None:
        texture = chain.acquire()
        assert texture in chain.images
        GL.glBindFramebuffer(GL.GL_FRAMEBUFFER, self.framebuffer)
        GL.glFramebufferTexture2D(GL.GL_FRAMEBUFFER, GL.GL_COLOR_ATTACHMENT0, GL.GL_TEXTURE_2D, texture, 0)
        assert GL.glCheckFramebufferStatus(GL.GL_FRAMEBUFFER) == GL.GL_FRAMEBUFFER_COMPLETE
        paint()
        GL.glBindFramebuffer(GL.GL_FRAMEBUFFER, 0)
        chain.release()

    @staticmethod
    def _clear(x_px: int, width_px: int, height_px: int, color: tuple[float, ...]) -> None:
        GL.glEnable(GL.GL_SCISSOR_TEST)
        GL.glScissor(x_px, 0, width_px, height_px)
        GL.glClearColor(*color)
        GL.glClear(GL.GL_COLOR_BUFFER_BIT)
        GL.glDisable(GL.GL_SCISSOR_TEST)

    @staticmethod
    def _read(x_px: int, y_px: int) -> bytes:
        return bytes(GL.glReadPixels(x_px, y_px, 1, 1, GL.GL_RGBA, GL.GL_UNSIGNED_BYTE))


def test_a_picture_with_depth_and_a_panel_is_shown(instance: OpenXrInstance) -> None:
    session = instance.session(action_table())
    painter = Painter(session)
    driver = Driver(instance, session)
    driver.until(SessionState.FOCUSED, painter)
    frames = [driver.frame(painter) for _ in range(12)]
    assert frames[-1].should_render
    assert painter.seen[-1] == (b"\xff\x00\x00\xff", b"\x00\x00\xff\xff")
    assert GL.glGetError() == GL.GL_NO_ERROR
    assert [b.number - a.number for a, b in itertools.pairwise(frames)] == [1] * 11
    for before, after in itertools.pairwise(frames):
        assert after.xr_time > before.xr_time
        # what the host's clock makes of it keeps the runtime's distances, to the microsecond
        assert after.display_ns - before.display_ns == pytest.approx(
            after.xr_time - before.xr_time, abs=2_000
        )
        assert 0 < after.display_ns - after.woken_ns < 100_000_000
    session.request_exit()
    driver.until(SessionState.EXITING, painter)
    painter.close()
    session.close()


def test_a_frame_without_a_picture_is_begun_and_ended(instance: OpenXrInstance) -> None:
    session = instance.session(NO_ACTIONS)
    driver = Driver(instance, session)
    driver.until(SessionState.READY)
    for _ in range(3):
        driver.frame()
    session.close()


def test_every_color_format_of_ours_is_made(instance: OpenXrInstance) -> None:
    session = instance.session(NO_ACTIONS)
    for hdr in (False, True):
        chain = session.swapchain(SwapchainSpec(choose_color(session.formats, hdr=hdr), (64, 64)))
        assert len(chain.images) >= 2 and all(chain.images)
        chain.close()


def test_an_unknown_format_is_refused_with_its_reason(service: Service, display: str) -> None:
    with context("glx"):
        instance = OpenXrRuntime().open(InstanceWish(graphics="glx"))
        session = instance.session(NO_ACTIONS)
        with pytest.raises(XrRefused, match="xrCreateSwapchain: ERROR_SWAPCHAIN_FORMAT_UNSUPPORTED"):
            session.swapchain(SwapchainSpec(0x8C41, (64, 64)))
        instance.close()


def test_the_hidden_area_and_the_display_rate(instance: OpenXrInstance) -> None:
    session = instance.session(NO_ACTIONS)
    for eye in (0, 1):
        mask = session.mask(eye)
        assert mask is not None
        assert mask.points.shape[1] == 2 and mask.triangles.shape[1] == 3
        assert mask.triangles.max() < len(mask.points)
        # Monado's simulated headset sees 42.5 degrees to each side; nothing hidden lies within 20
        assert (abs(mask.points).max(axis=1) > 0.36).all()
    rates_hz = session.refresh_rates_hz
    chosen_hz = choose_rate_hz(rates_hz)
    assert chosen_hz == max(rates_hz)
    session.set_refresh_rate(chosen_hz)
    session.close()


def test_a_thread_without_a_context_is_told_so(service: Service, display: str) -> None:
    said: list[BaseException] = []

    def elsewhere() -> None:
        try:
            instance.session(NO_ACTIONS)
        except XrUnavailable as error:
            said.append(error)

    with context("glx"):
        instance = OpenXrRuntime().open(InstanceWish(graphics="glx"))
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
        instance.close()
    assert "no GLX context is current in this thread" in str(said[0])


def test_killed_in_the_middle_of_a_frame_and_back_within_a_second(
    graphics: GraphicsKind, service: Service
) -> None:
    clock = MonotonicClock()
    runtime = OpenXrRuntime(clock)

    def connected() -> tuple[OpenXrInstance, Driver, Painter]:
        instance = runtime.open(InstanceWish(graphics=graphics))
        session = instance.session(action_table())
        return instance, Driver(instance, session, clock), Painter(session)

    instance, driver, painter = connected()
    driver.until(SessionState.FOCUSED, painter)
    frame = driver.session.wait_frame()
    driver.session.begin_frame()
    painter.color.acquire()
    service.kill()
    with pytest.raises((InstanceLost, SessionLost)):
        painter.color.release()
        driver.session.end_frame(frame, ())
    with pytest.raises(InstanceLost):
        driver.pump()
    painter.close()
    driver.session.close()
    instance.close()

    service.start()
    began_ns = clock.now_ns()
    instance, driver, painter = connected()
    driver.until(SessionState.FOCUSED, painter)
    assert clock.now_ns() - began_ns < 1_000_000_000
    driver.frame(painter)
    painter.close()
    instance.close()


def test_sessions_that_draw_leave_nothing(graphics: GraphicsKind, service: Service) -> None:
    clock = MonotonicClock()
    runtime = OpenXrRuntime(clock)

    def once() -> None:
        instance = runtime.open(InstanceWish(graphics=graphics))
        session = instance.session(NO_ACTIONS)
        driver, painter = Driver(instance, session, clock), Painter(session)
        driver.until(SessionState.READY)
        for _ in range(2):
            driver.frame(painter)
        painter.close()
        session.close()
        instance.close()

    for _ in range(10):
        once()
    gc.collect()
    gc.disable()
    try:
        before = held()
        for _ in range(30):
            once()
        after = held()
    finally:
        gc.enable()
    assert after[:2] == before[:2], "open files, threads"
    assert after[2] - before[2] < 30 * 256, f"{after[2] - before[2]} KiB more in 30 sessions"
