"""The double itself: it goes through its states, paces, moves its origins, and holds a caller to the rules."""

import math
from collections.abc import Callable
from itertools import pairwise

import pytest

from engine.time.clocks import ManualClock
from engine.xr.actions import ActionTable
from engine.xr.angles import turn_of_deg
from engine.xr.faults import InstanceLost, SessionLost, XrRefused, XrUnavailable
from engine.xr.runtime import InstanceWish, SwapchainSpec, SystemInfo
from engine.xr.scripted import (
    PERIOD_NS,
    SRGB8_ALPHA8,
    RuleBroken,
    ScriptedDevice,
    ScriptedInstance,
    ScriptedRuntime,
    ScriptedSession,
)
from engine.xr.values import Pose, PresenceChanged, SessionState, SpaceChanged, StateChanged, XrEvent

TABLE = ActionTable(())
S = SessionState


def made(**changes: object) -> tuple[ScriptedDevice, ScriptedInstance, ScriptedSession]:
    device = ScriptedDevice(ManualClock())
    for name, value in changes.items():
        setattr(device, name, value)
    instance = ScriptedRuntime(device).open(InstanceWish())
    return device, instance, instance.session(TABLE)


def begun(**changes: object) -> tuple[ScriptedDevice, ScriptedInstance, ScriptedSession]:
    device, instance, session = made(**changes)
    session.begin()
    return device, instance, session


def drained(instance: ScriptedInstance) -> list[XrEvent]:
    events = []
    while (event := instance.poll()) is not None:
        events.append(event)
    return events


def states(instance: ScriptedInstance) -> list[SessionState]:
    return [event.state for event in drained(instance) if isinstance(event, StateChanged)]


def test_the_states_of_a_headset_put_on_and_off() -> None:
    device, instance, session = made(worn=False)
    assert states(instance) == [S.IDLE, S.READY]
    session.begin()
    assert states(instance) == [S.SYNCHRONIZED]
    device.put_on()
    assert states(instance) == [S.VISIBLE, S.FOCUSED]
    device.take_off()
    assert states(instance) == [S.VISIBLE, S.SYNCHRONIZED]
    device.sleeps = True
    device.put_on()
    device.take_off()
    assert states(instance) == [S.VISIBLE, S.FOCUSED, S.VISIBLE, S.SYNCHRONIZED, S.STOPPING]
    device.put_on()
    assert states(instance) == [], "stopping is stopping until it is ended"
    session.end()
    assert states(instance) == [S.IDLE, S.READY]


def test_frames_are_paced_on_the_clock_and_shown_later() -> None:
    device, _, session = begun()
    wakes = []
    for _ in range(3):
        frame = session.wait_frame()
        session.begin_frame()
        session.end_frame(frame, ())
        wakes.append(frame.woken_ns)
        assert frame.display_ns == frame.woken_ns + device.ahead_ns
        assert frame.should_render
    assert [b - a for a, b in pairwise(wakes)] == [PERIOD_NS] * 2
    assert device.clock.now_ns() == wakes[-1]
    assert device.frames_ended == [(), (), ()]


def test_the_head_its_eyes_and_the_spaces() -> None:
    device, instance, session = begun()
    device.origins["local"] = Pose((0.0, 1.0, 1.2), turn_of_deg(90))
    device.head = Pose((-0.5, 1.0, 1.2), turn_of_deg(90))
    local, view = session.space("local"), session.space("view")
    frame = session.wait_frame()
    assert session.locate(view, local, frame).pose.position_m == pytest.approx((0, 0.5, 0))
    left, right = session.views(frame, local).eyes
    assert left.pose.position_m == pytest.approx((-0.0315, 0.5, 0))
    assert right.pose.position_m == pytest.approx((0.0315, 0.5, 0))
    session.begin_frame()
    session.end_frame(frame, ())
    drained(instance)
    device.move_origin("local", Pose((0, 0.5, 0)), at_xr_time=frame.xr_time + PERIOD_NS)
    assert drained(instance) == [SpaceChanged("local", frame.xr_time + PERIOD_NS, Pose((0, 0.5, 0)))]
    frame = session.wait_frame()
    assert session.locate(view, local, frame).pose.position_m == pytest.approx((0, 0, 0), abs=1e-12)


def test_presence_is_told_where_the_system_has_it() -> None:
    device, instance, _ = made(system=SystemInfo("Sensing", (1, 1), (1, 1), has_presence=True), worn=False)
    assert PresenceChanged(False) in drained(instance)
    device.put_on()
    assert PresenceChanged(True) in drained(instance)


def waits_twice(session: ScriptedSession) -> None:
    session.wait_frame()
    session.wait_frame()


def ends_unbegun(session: ScriptedSession) -> None:
    session.end_frame(session.wait_frame(), ())


def ends_the_session_with_an_open_frame(session: ScriptedSession) -> None:
    session.wait_frame()
    session.end()


def uses_an_old_frame(session: ScriptedSession) -> None:
    frame = session.wait_frame()
    session.begin_frame()
    session.end_frame(frame, ())
    session.wait_frame()
    session.views(frame, session.space("local"))


def uses_a_space_of_another_session(session: ScriptedSession) -> None:
    space = session.space("local")
    session.close()
    other = session.instance.session(TABLE)
    other.begin()
    other.views(other.wait_frame(), space)


def makes_two_sessions(session: ScriptedSession) -> None:
    session.instance.session(TABLE)


def calls_a_closed_session(session: ScriptedSession) -> None:
    session.close()
    session.wait_frame()


def closes_the_instance_first(session: ScriptedSession) -> None:
    session.instance.close()


def leaves_a_swapchain(session: ScriptedSession) -> None:
    session.swapchain(SwapchainSpec(SRGB8_ALPHA8, (64, 64)))
    session.close()


def acquires_twice(session: ScriptedSession) -> None:
    swapchain = session.swapchain(SwapchainSpec(SRGB8_ALPHA8, (64, 64)))
    swapchain.acquire()
    swapchain.acquire()


@pytest.mark.parametrize(
    "wrong",
    [
        waits_twice,
        ends_unbegun,
        ends_the_session_with_an_open_frame,
        uses_an_old_frame,
        uses_a_space_of_another_session,
        makes_two_sessions,
        calls_a_closed_session,
        closes_the_instance_first,
        leaves_a_swapchain,
        acquires_twice,
        lambda session: session.begin(),
        lambda session: session.begin_frame(),
    ],
)
def test_who_breaks_a_rule_is_told(wrong: Callable[[ScriptedSession], None]) -> None:
    _, _, session = begun()
    with pytest.raises(RuleBroken):
        wrong(session)


def test_frames_outside_a_running_session_are_refused_loudly() -> None:
    _, _, session = made()
    with pytest.raises(RuleBroken, match="outside a running session"):
        session.wait_frame()
    session.begin()
    with pytest.raises(XrRefused, match="NOT_STOPPING"):
        session.end()


def test_losses_stay_lost() -> None:
    device, instance, session = begun()
    device.fail_next("views", SessionLost("gone"))
    frame, space = session.wait_frame(), session.space("local")
    for _ in range(2):
        with pytest.raises(SessionLost):
            session.views(frame, space)
    assert instance.poll() is not None
    device.fail_next("poll", InstanceLost("gone"), after=1)
    instance.poll()
    for call in (instance.poll, session.begin_frame):
        with pytest.raises(InstanceLost):
            call()
    device.kill()
    with pytest.raises(XrUnavailable, match="start it"):
        ScriptedRuntime(device).open(InstanceWish())
    session.close()
    instance.close()
    device.start()
    assert ScriptedRuntime(device).open(InstanceWish()).epoch_ns != instance.epoch_ns


def test_what_is_not_offered_is_refused() -> None:
    _, _, session = made(space_kinds=frozenset({"view", "local"}))
    with pytest.raises(XrRefused, match="UNSUPPORTED"):
        session.space("stage")
    with pytest.raises(XrRefused, match="FORMAT"):
        session.swapchain(SwapchainSpec(1, (64, 64)))


def test_nothing_is_left_of_a_tidy_caller() -> None:
    device, instance, session = begun()
    space, swapchain = session.space("view"), session.swapchain(SwapchainSpec(SRGB8_ALPHA8, (64, 64)))
    assert math.isfinite(swapchain.acquire())
    swapchain.release()
    assert len(device.open_things) == 4
    for thing in (swapchain, space, session, instance):
        thing.close()
        thing.close()
    assert device.open_things == set()
