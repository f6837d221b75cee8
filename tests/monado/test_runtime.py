"""The runtime on pyopenxr against Monado, without graphics: the fast lane."""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.time.clocks import MonotonicClock
from engine.xr.actions import ActionTable
from engine.xr.faults import InstanceLost, XrRefused, XrUnavailable
from engine.xr.openxr import OpenXrRuntime
from engine.xr.openxr.instance import OpenXrInstance
from engine.xr.profiles import action_table
from engine.xr.runtime import InstanceWish
from engine.xr.values import SessionState
from tests.monado.driving import Driver
from tests.monado.service import Service

pytestmark = pytest.mark.monado

HEADLESS = InstanceWish(graphics="headless")
NO_ACTIONS = ActionTable(())


@pytest.fixture
def instance(service: Service) -> Iterator[OpenXrInstance]:
    instance = OpenXrRuntime().open(InstanceWish(graphics="headless", validation=True))
    yield instance
    instance.close()
    assert instance.complaints == ()


def test_a_session_is_focused_and_ends_when_asked(instance: OpenXrInstance) -> None:
    session = instance.session(action_table())
    driver = Driver(instance, session)
    driver.until(SessionState.FOCUSED)
    assert driver.states == [
        SessionState.IDLE,
        SessionState.READY,
        SessionState.SYNCHRONIZED,
        SessionState.VISIBLE,
        SessionState.FOCUSED,
    ]
    session.request_exit()
    driver.until(SessionState.EXITING)
    assert not driver.running
    session.close()


def test_what_monado_says_of_itself(instance: OpenXrInstance) -> None:
    assert instance.runtime_name.startswith("Monado")
    system = instance.system()
    assert system.name == "Monado: Simulated HMD"
    assert system.recommended_px == (320, 240)
    assert system.blend_modes == ("opaque",)


def test_the_head_is_found_in_every_space(instance: OpenXrInstance) -> None:
    session = instance.session(NO_ACTIONS)
    driver = Driver(instance, session)
    driver.until(SessionState.FOCUSED)
    assert {"view", "local", "local_floor", "stage"} <= session.space_kinds
    floor, head = session.space("local_floor"), session.space("view")
    frame = session.wait_frame()
    session.begin_frame()
    located = session.locate(head, floor, frame)
    views = session.views(frame, floor)
    session.end_frame(frame, ())
    assert located.turn_valid and located.position_valid
    assert 1.3 < located.pose.position_m[2] < 1.9  # it wobbles around 1.6 m
    left, right = (eye.pose.position_m for eye in views.eyes)
    assert right[0] - left[0] == pytest.approx(0.063, abs=1e-3)
    assert views.eyes[0].fov.left_rad < 0.0 < views.eyes[0].fov.up_rad


def test_a_display_time_is_host_time(instance: OpenXrInstance) -> None:
    session = instance.session(NO_ACTIONS)
    driver = Driver(instance, session)
    driver.until(SessionState.FOCUSED)
    clock = MonotonicClock()
    for _ in range(5):
        frame = driver.frame()
        assert 0 < frame.display_ns - frame.woken_ns < 100_000_000
        assert abs(clock.now_ns() - frame.woken_ns) < 200_000_000
        # both ways of the runtime's conversion agree
        there = instance.host_time.xr_time(frame.display_ns)
        assert abs(instance.host_time.display_ns(there, 0, 0) - frame.display_ns) < 1_000


def test_two_sessions_after_each_other_on_one_instance(instance: OpenXrInstance) -> None:
    for _ in range(3):
        session = instance.session(action_table())
        Driver(instance, session).until(SessionState.FOCUSED)
        session.close()


def test_the_runtime_killed_is_told_at_the_next_event(service: Service) -> None:
    instance = OpenXrRuntime().open(HEADLESS)
    session = instance.session(action_table())
    driver = Driver(instance, session)
    driver.until(SessionState.FOCUSED)
    space = session.space("local")
    service.kill()
    with pytest.raises(InstanceLost):
        driver.pump()
    with pytest.raises(InstanceLost):
        session.views(driver.session.wait_frame(), space)
    session.close()
    instance.close()
    instance.close()


def test_no_service_is_a_runtime_that_does_not_answer(no_service: Service) -> None:
    runtime = OpenXrRuntime()
    with pytest.raises(XrUnavailable, match="does not answer"):
        runtime.open(HEADLESS)
    no_service.start()
    runtime.open(HEADLESS).close()


def test_no_runtime_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XR_RUNTIME_JSON", str(tmp_path / "nothing.json"))
    with pytest.raises(XrUnavailable, match=r"no OpenXR runtime is installed or chosen|cannot be read"):
        OpenXrRuntime().open(HEADLESS)


def held() -> tuple[int, int, int]:
    """Open files, threads, resident KiB of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return (
        len(os.listdir("/proc/self/fd")),
        len(os.listdir("/proc/self/task")),
        pages * os.sysconf("SC_PAGE_SIZE") // 1024,
    )


def test_a_hundred_connections_leave_nothing(service: Service) -> None:
    """Without the collector's help: the viewer runs with it off while it draws."""
    clock = MonotonicClock()
    runtime = OpenXrRuntime(clock)

    def once() -> None:
        instance = runtime.open(HEADLESS)
        session = instance.session(action_table())
        Driver(instance, session, clock).until(SessionState.FOCUSED)
        session.space("local")
        session.close()
        instance.close()

    for _ in range(20):
        once()
    gc.collect()
    gc.disable()
    try:
        before = held()
        for _ in range(100):
            once()
        after = held()
    finally:
        gc.enable()
    assert after[0] == before[0], "open files"
    assert after[1] == before[1], f"threads: {threading.enumerate()}"
    assert after[2] - before[2] < 4096, f"{after[2] - before[2]} KiB more in 100 connections"


def test_a_mistake_of_ours_is_found_by_validation(service: Service) -> None:
    """The layer listens: without this the other tests' silence would prove nothing."""
    instance = OpenXrRuntime().open(InstanceWish(graphics="headless", validation=True))
    session = instance.session(NO_ACTIONS)
    with pytest.raises(XrRefused, match="ERROR_VALIDATION_FAILURE"):
        instance.calls("xrBeginSession", session.handle, None)
    instance.close()
    assert any("xrBeginSession" in complaint for complaint in instance.complaints)
