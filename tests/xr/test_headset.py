"""A headset over the scripted runtime: coming up, going, coming back; guests; places. The double checks every call's order."""

import pytest

from engine.xr.faults import InstanceLost, SessionLost, XrRefused, XrUnavailable
from engine.xr.headset import Headset
from engine.xr.ladder import Rung
from engine.xr.runtime import InstanceWish
from engine.xr.scripted import ScriptedDevice, scripted
from engine.xr.values import (
    EventsLost,
    InstanceLossPending,
    SessionState,
    StateChanged,
)
from engine.xr.wearing import (
    HeadsetSetup,
)
from tests.xr.wearer import S_NS, Wearer

SESSION_CALLS = ("wait_frame", "locate", "read", "begin_frame", "views", "acquire", "end_frame", "poll")


def focused(**given: object) -> Wearer:
    wearer = Wearer(**given)  # type: ignore[arg-type]
    wearer.until(lambda: wearer.headset.status.rung is Rung.FOCUSED, 1.0)
    return wearer


def shows_frames(wearer: Wearer) -> bool:
    return wearer.headset.status.rung is Rung.FOCUSED and wearer.seen is not None and wearer.seen.live


def test_up_within_two_turns_and_down_without_a_trace() -> None:
    wearer = Wearer()
    assert wearer.until(lambda: wearer.frames == 1, 0.1) <= 0.02
    wearer.run(0.2)
    status = wearer.headset.status
    assert (status.rung, status.state, status.recoveries) == (Rung.FOCUSED, SessionState.FOCUSED, 0)
    assert (status.runtime, status.headset) == ("Scripted 1.0", "Scripted headset")
    assert all(len(layers) == 1 for layers in wearer.device.frames_ended[-5:])
    wearer.headset.close()
    wearer.headset.close()
    assert wearer.device.open_things == set()
    assert (wearer.canvas.opened, wearer.canvas.closed) == (1, 1)


def test_a_frame_that_need_not_be_rendered_is_ended_empty() -> None:
    wearer = focused()
    wearer.device.should_render = False
    before = len(wearer.device.frames_ended)
    wearer.run(0.1)
    assert len(wearer.device.frames_ended) > before + 3
    assert set(wearer.device.frames_ended[before + 1 :]) == {()}


def test_a_frame_left_open_is_closed_by_whatever_comes_next() -> None:
    wearer = focused()
    for begun in (False, True):
        for then in (wearer.headset.pump, wearer.headset.wait):
            frame = wearer.headset.wait()
            assert frame is not None
            if begun:
                wearer.headset.begin(frame)
            ended = len(wearer.device.frames_ended)
            then()
            assert len(wearer.device.frames_ended) == ended + 1
    wearer.headset.close()


def test_headset_off_and_on_while_the_session_is_only_hidden() -> None:
    wearer = focused()
    wearer.device.take_off()
    wearer.run(0.1)
    assert wearer.headset.status.rung is Rung.RUNNING
    wearer.device.put_on()
    wearer.until(lambda: shows_frames(wearer), 0.1)
    assert wearer.device.sessions_made == 1


def test_headset_off_for_an_hour_and_on_where_the_runtime_stops_the_session() -> None:
    wearer = focused(device=lambda device: setattr(device, "sleeps", True))
    wearer.device.take_off()
    wearer.until(lambda: wearer.headset.status.rung is Rung.ASLEEP, 0.2)
    assert wearer.headset.wait() is None
    for _ in range(60):
        wearer.clock.advance_ns(60 * S_NS)
        wearer.turn()
    wearer.device.put_on()
    assert wearer.until(lambda: wearer.headset.status.rung is Rung.FOCUSED, 1.0) < 0.1
    assert (wearer.device.sessions_made, wearer.device.instances_made) == (1, 1)
    assert wearer.headset.status.recoveries == 1


@pytest.mark.parametrize("call", SESSION_CALLS)
@pytest.mark.parametrize(
    "error", [InstanceLost("gone"), SessionLost("gone"), XrRefused("call", "XR_ERROR_X")]
)
def test_lost_or_refused_in_any_call(call: str, error: Exception) -> None:
    wearer = focused()
    made = wearer.device.instances_made
    wearer.device.fail_next(call, error)  # type: ignore[arg-type]
    wearer.turn()
    wearer.turn()
    took_s = wearer.until(lambda: shows_frames(wearer), 1.0)
    assert took_s < 0.1, "a first fall is answered at once"
    assert (wearer.device.instances_made > made) is isinstance(error, InstanceLost)
    assert (wearer.device.sessions_made > 1) is not isinstance(error, XrRefused)
    wearer.headset.close()
    assert wearer.device.open_things == set()


@pytest.mark.parametrize(
    "call", ["open", "system", "session", "space", "space_kinds", "swapchain", "begin", "refresh_rates_hz"]
)
@pytest.mark.parametrize(
    "error",
    [InstanceLost("gone"), SessionLost("gone"), XrRefused("call", "XR_ERROR_X"), XrUnavailable("none")],
)
def test_lost_or_refused_on_the_way_up(call: str, error: Exception) -> None:
    wearer = Wearer()
    for _ in range(2):
        wearer.device.fail_next(call, error)  # type: ignore[arg-type]
    wearer.until(lambda: shows_frames(wearer), 8.0)
    wearer.headset.close()
    assert wearer.device.open_things == set()


def test_killed_and_back_and_the_clock_of_the_old_runtime_is_forgotten() -> None:
    wearer = focused()
    wearer.run(4.0)
    frame = wearer.headset.wait()
    assert frame is not None
    wearer.device.kill()
    wearer.headset.begin(frame)
    seen = wearer.headset.views(frame)
    assert not seen.live
    wearer.headset.end(frame, ())
    wearer.run(3.0)
    assert wearer.headset.status.rung is Rung.NO_RUNTIME
    assert "start it" in wearer.headset.status.line
    wearer.device.start()
    wearer.until(lambda: shows_frames(wearer), 5.0)
    # the old frame is nobody's any more: the double would raise if its XrTime reached the new session
    wearer.headset.begin(frame)
    wearer.headset.end(frame, ())
    assert not wearer.headset.views(frame).live


class Watch:
    def __init__(self, device: ScriptedDevice) -> None:
        self.device = device
        self.looks = 0

    def look(self) -> bool:
        self.looks += 1
        return self.device.runtime_up


def test_back_at_once_where_a_look_can_tell_and_few_attempts_meanwhile() -> None:
    wearer = Wearer()
    watch = Watch(wearer.device)
    wearer.headset = Headset(
        scripted(wearer.device), InstanceWish(), HeadsetSetup(), wearer.clock, say=print, watch=watch
    )
    wearer.until(lambda: wearer.headset.status.rung is Rung.FOCUSED, 1.0)
    wearer.device.kill()
    attempts = wearer.device.calls.count("open")
    wearer.run(40.0)
    assert wearer.device.calls.count("open") - attempts < 16
    assert watch.looks < 40 * 25
    wearer.device.start()
    assert wearer.until(lambda: wearer.headset.status.rung is Rung.FOCUSED, 5.0) < 0.1
    assert not wearer.headset.status.exhausted


def test_cable_out_and_in() -> None:
    wearer = focused()
    wearer.run(4.0)
    wearer.device.unplug()
    wearer.run(30.0)
    assert wearer.headset.status.rung is Rung.NO_HEADSET
    assert "cable" in wearer.headset.status.line
    wearer.device.plug()
    wearer.until(lambda: shows_frames(wearer), 5.1)


def test_no_runtime_from_the_start_then_one() -> None:
    wearer = Wearer(device=lambda device: setattr(device, "runtime_up", False))
    wearer.run(20.0)
    assert wearer.headset.status.rung is Rung.NO_RUNTIME
    assert wearer.headset.system is None and wearer.headset.input is None
    assert not wearer.headset.status.exhausted
    wearer.device.start()
    wearer.until(lambda: shows_frames(wearer), 5.1)
    assert wearer.headset.status.recoveries == 0


def test_asked_to_leave_comes_back_after_a_moment() -> None:
    wearer = focused()
    wearer.run(4.0)
    wearer.device.send(StateChanged(SessionState.EXITING))
    assert 0.4 < wearer.until(lambda: wearer.device.sessions_made == 2, 1.0) < 0.6
    wearer.until(lambda: shows_frames(wearer), 1.0)


def test_a_runtime_that_goes_for_an_update() -> None:
    wearer = focused()
    wearer.device.send(InstanceLossPending())
    wearer.until(lambda: wearer.device.instances_made == 2, 2.0)
    wearer.until(lambda: shows_frames(wearer), 2.0)


def test_a_session_that_never_gets_ready_is_made_anew() -> None:
    wearer = Wearer()
    wearer.headset.pump()
    instance = wearer.device.instance
    assert instance is not None
    session = instance.current
    wearer = Wearer(device=lambda device: setattr(device, "worn", False) or setattr(device, "sleeps", True))
    wearer.turn()
    wearer.device.send(StateChanged(SessionState.UNKNOWN))
    wearer.device.worn = True
    wearer.until(lambda: shows_frames(wearer), 6.0)
    assert wearer.device.sessions_made == 2
    assert session is not None


def test_events_dropped_while_it_sleeps_make_a_new_session() -> None:
    def asleep(device: ScriptedDevice) -> None:
        device.worn, device.sleeps = False, True

    wearer = Wearer(device=asleep)
    wearer.run(0.1)
    wearer.device.worn = True  # the READY for it was dropped
    wearer.device.send(EventsLost(7))
    wearer.until(lambda: shows_frames(wearer), 1.0)
    assert any("7 events" in line for line in wearer.said)


def test_frames_refused_again_and_again_end_the_session() -> None:
    wearer = focused()
    for _ in range(2):
        wearer.device.fail_next("begin_frame", XrRefused("xrBeginFrame", "XR_ERROR_RUNTIME_FAILURE"))
    wearer.turn()
    wearer.until(lambda: wearer.device.sessions_made == 2, 0.1)
    for _ in range(10):
        wearer.device.fail_next("views", XrRefused("xrLocateViews", "XR_ERROR_RUNTIME_FAILURE"))
    wearer.until(lambda: wearer.device.sessions_made == 3, 2.0)
    assert sum("XR_ERROR_RUNTIME_FAILURE" in line for line in wearer.said) <= 4, "said once, not every frame"


def test_layers_refused_are_left_out_and_the_frame_is_ended() -> None:
    wearer = focused()
    wearer.device.fail_next("end_frame", XrRefused("xrEndFrame", "XR_ERROR_LAYER_INVALID"))
    before = len(wearer.device.frames_ended)
    wearer.turn()
    assert wearer.device.frames_ended[before:] == [()]
    wearer.turn()
    assert len(wearer.device.frames_ended[-1]) == 1
    assert any("XR_ERROR_LAYER_INVALID" in line for line in wearer.said)


def test_a_mistake_of_a_canvas_is_no_loss_and_leaves_nothing_half_made() -> None:
    wearer = Wearer()

    class Broken(type(wearer.canvas)):  # type: ignore[misc]
        def open(self, session: object, system: object) -> None:
            raise KeyError("a mistake")

    wearer.headset.canvas = Broken()
    with pytest.raises(KeyError):
        wearer.headset.pump()
    wearer.headset.close()
    assert wearer.device.open_things == set()


def test_it_runs_without_a_canvas() -> None:
    wearer = Wearer()
    wearer.headset.canvas = None
    frame = None
    for _ in range(3):
        wearer.headset.pump()
        frame = wearer.headset.wait()
        if frame is not None:
            wearer.headset.begin(frame)
            wearer.headset.end(frame, ())
    assert frame is not None


def test_a_frame_that_cannot_be_ended_takes_its_session_with_it() -> None:
    wearer = focused()
    for _ in range(2):
        wearer.device.fail_next("end_frame", XrRefused("xrEndFrame", "XR_ERROR_RUNTIME_FAILURE"))
    wearer.turn()
    wearer.until(lambda: wearer.device.sessions_made == 2, 0.1)
    wearer.until(lambda: shows_frames(wearer), 0.1)
