"""The headset on a real runtime that is killed and started again: back within a second, a hundred times, without a leak."""

import gc
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.render.headset.context import graphics_kind, open_context
from engine.render.output import Output
from engine.time.clocks import MonotonicClock
from engine.xr.faults import XrError
from engine.xr.headset import Headset
from engine.xr.ladder import Rung
from engine.xr.openxr import OpenXrRuntime
from engine.xr.runtime import (
    EyeImage,
    ImageRect,
    InstanceWish,
    ProjectionLayer,
    Session,
    Swapchain,
    SwapchainSpec,
    SystemInfo,
)
from engine.xr.values import FrameTime
from engine.xr.watch import watch_for
from engine.xr.wearing import HeadsetSetup, Recentred, Seen
from tests.monado.service import Service

pytestmark = pytest.mark.monado

CYCLES = 100
PICTURE_CYCLES = 20
WARM_UP_CYCLES = 5
SRGB8_ALPHA8 = 0x8C43
BACK_WITHIN_S = 1.0
RSS_GROWTH_KB = 2_000
"""Over 95 cycles; measured: under 100. Arbitrary, far below what one leaked session (some 150 kB) would make of it."""
S_NS = 1_000_000_000


class Canvas:
    """One swapchain for both eyes; its images are shown as they come."""

    def __init__(self) -> None:
        self.swapchain: Swapchain | None = None

    def open(self, session: Session, system: SystemInfo) -> None:
        self.swapchain = session.swapchain(SwapchainSpec(SRGB8_ALPHA8, (640, 240)))

    def close(self) -> None:
        if self.swapchain is not None:
            self.swapchain.close()
        self.swapchain = None

    def layer(self, seen: Seen) -> ProjectionLayer:
        swapchain = self.swapchain
        assert swapchain is not None
        swapchain.acquire()
        swapchain.release()
        left, right = (
            EyeImage(view, ImageRect(swapchain, 320 * eye, 0, 320, 240))
            for eye, view in enumerate(seen.raw.eyes)
        )
        return ProjectionLayer(seen.space, (left, right))


class Rider:
    """The headless loop of `engine.xr.headset` on the machine's clock."""

    def __init__(self, output: Output | None = None) -> None:
        self.clock = MonotonicClock()
        self._output = output
        self._canvas = None if output is None else Canvas()
        self.pictures = 0
        self.headset = Headset(
            OpenXrRuntime(),
            InstanceWish() if output is None else InstanceWish(graphics=graphics_kind(output)),
            HeadsetSetup(),
            self.clock,
            say=lambda line: None,
            watch=watch_for(os.environ, sys.platform),
        )
        self.headset.canvas = self._canvas
        self.seen: Seen | None = None
        self.causes: list[str] = []

    def turn(self) -> None:
        self.causes.extend(event.cause for event in self.headset.pump() if isinstance(event, Recentred))
        frame = self.headset.wait()
        if frame is None:
            self.clock.sleep_until_ns(self.clock.now_ns() + 5_000_000)
            return
        self.headset.tracked(frame)
        self.headset.begin(frame)
        self.seen = self.headset.views(frame)
        self.headset.end(frame, self._drawn(frame, self.seen))

    def _drawn(self, frame: FrameTime, seen: Seen) -> tuple[ProjectionLayer, ...]:
        if self._output is None or self._canvas is None:
            return ()
        self._output.draw()
        if not (frame.should_render and seen.live):
            return ()
        try:
            layer = self._canvas.layer(seen)
        except XrError as error:
            self.headset.failed(error)
            return ()
        self.pictures += 1
        return (layer,)

    def until(self, reached: Callable[[], bool], within_s: float = 10.0) -> float:
        from_ns = self.clock.now_ns()
        while not reached():
            self.turn()
            took_s = (self.clock.now_ns() - from_ns) / S_NS
            assert took_s < within_s, self.headset.status
        return (self.clock.now_ns() - from_ns) / S_NS

    def focused(self) -> bool:
        return self.headset.status.rung is Rung.FOCUSED


def held() -> tuple[int, int, int]:
    """Open files, threads, resident kB of this process."""
    gc.collect()
    status = Path("/proc/self/status").read_text()
    rss_kb = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
    return len(os.listdir("/proc/self/fd")), len(os.listdir("/proc/self/task")), rss_kb


def test_killed_and_restarted_a_hundred_times(service: Service) -> None:
    rider = Rider()
    rider.until(rider.focused)
    back_s: list[float] = []
    before = held()
    for cycle in range(CYCLES):
        if cycle == WARM_UP_CYCLES:
            before = held()
        service.kill()
        rider.until(lambda: not rider.focused(), 1.0)
        service.start()  # returns when its socket is there
        back_s.append(rider.until(rider.focused, 5.0))
        rider.turn()
    after = held()
    rider.headset.close()
    back_s.sort()
    print(
        f"back after {back_s[len(back_s) // 2] * 1e3:.0f} ms (median), {back_s[-1] * 1e3:.0f} ms (longest); "
        f"files, threads, kB: {before} -> {after}"
    )
    assert back_s[-1] <= BACK_WITHIN_S
    assert after[:2] == before[:2]
    assert after[2] - before[2] <= RSS_GROWTH_KB
    assert rider.headset.status.recoveries == CYCLES
    assert not rider.headset.status.exhausted


def test_a_picture_again_in_the_same_graphics_context(service: Service, display: str) -> None:
    """Swapchains over GLX, drawn and submitted anew after each death; the context is the same all along."""
    output = open_context(prefer="glx")
    rider = Rider(output)
    try:
        rider.until(lambda: rider.pictures > 0)
        before, back_s = held(), []
        for cycle in range(PICTURE_CYCLES):
            if cycle == WARM_UP_CYCLES:
                before = held()
            service.kill()
            rider.until(lambda: not rider.focused(), 1.0)
            shown = rider.pictures
            service.start()
            back_s.append(rider.until(lambda: rider.pictures > shown, 5.0))  # noqa: B023
        after = held()
    finally:
        rider.headset.close()
        output.engine.remove_window(output.buffer)
    back_s.sort()
    print(
        f"a picture again after {back_s[len(back_s) // 2] * 1e3:.0f} ms (median), {back_s[-1] * 1e3:.0f} ms (longest)"
    )
    assert back_s[-1] <= BACK_WITHIN_S
    assert after[:2] == before[:2]
    assert after[2] - before[2] <= RSS_GROWTH_KB


def test_no_runtime_at_first_then_one(no_service: Service) -> None:
    rider = Rider()
    rider.until(lambda: rider.headset.status.rung is Rung.NO_RUNTIME)
    for _ in range(40):
        rider.turn()
    assert rider.headset.wait() is None
    no_service.start()
    assert rider.until(rider.focused, 5.0) <= BACK_WITHIN_S
    rider.headset.close()


def test_the_guest_is_where_they_were_after_a_restart(service: Service) -> None:
    """The simulated head wobbles within 0.1 m; the runtime's origin is not what carries the guest over."""
    rider = Rider()
    rider.until(lambda: rider.seen is not None and rider.seen.live)
    assert rider.seen is not None
    before = rider.seen.head.position_m
    service.kill()
    rider.until(lambda: not rider.focused(), 1.0)
    assert rider.headset.wait() is None
    service.start()
    rider.until(rider.focused, 5.0)
    rider.turn()
    assert rider.causes == ["first", "recovered"]
    after = rider.seen.head.position_m
    assert max(abs(a - b) for a, b in zip(before, after, strict=True)) < 0.15
    rider.headset.close()


def test_a_restart_while_a_frame_is_open(service: Service) -> None:
    rider = Rider()
    rider.until(rider.focused)
    frame = rider.headset.wait()
    assert frame is not None
    rider.headset.begin(frame)
    service.restart()
    rider.headset.views(
        frame
    )  # may still be answered: Monado's client reads poses from memory it shares with the service
    rider.headset.end(frame, ())
    rider.until(lambda: rider.headset.status.recoveries == 1 and rider.focused(), 2.0)
    rider.headset.close()
