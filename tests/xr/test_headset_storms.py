"""Anything at any time: the double refuses every call out of order, and in the end the guest sees the show again."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.xr.faults import InstanceLost, SessionLost, XrError, XrRefused, XrUnavailable
from engine.xr.ladder import Rung
from engine.xr.scripted import ScriptedDevice
from engine.xr.values import (
    EventsLost,
    InstanceLossPending,
    Pose,
    PresenceChanged,
    ProfileChanged,
    SessionState,
    SpaceChanged,
    StateChanged,
    XrEvent,
)
from engine.xr.wearing import GuestArrived, GuestLeft
from tests.xr.wearer import Wearer

CALLS = (
    *("open", "system", "session", "space", "swapchain", "begin", "end", "poll"),
    *("wait_frame", "begin_frame", "views", "locate", "read", "acquire", "release", "end_frame"),
)
ERRORS: tuple[XrError, ...] = (
    InstanceLost("gone"),
    SessionLost("gone"),
    XrRefused("xrAny", "XR_ERROR_RUNTIME_FAILURE"),
    XrUnavailable("none"),
)
EVENTS: tuple[XrEvent, ...] = (
    *(StateChanged(state) for state in SessionState),
    SpaceChanged("local_floor", 0, Pose((1, 0, 0))),
    SpaceChanged("local_floor", 0, None),
    PresenceChanged(True),
    PresenceChanged(False),
    ProfileChanged(),
    EventsLost(3),
    InstanceLossPending(),
)
TWISTS = st.one_of(
    st.tuples(st.just("fail"), st.sampled_from(CALLS), st.sampled_from(ERRORS), st.integers(0, 3)),
    st.tuples(st.just("event"), st.sampled_from(EVENTS)),
    st.tuples(st.just("device"), st.sampled_from(["kill", "start", "put_on", "take_off", "unplug", "plug"])),
    st.tuples(st.just("user"), st.sampled_from(["recentre", "calibrate"])),
    st.tuples(st.just("turns"), st.integers(1, 20)),
    st.tuples(st.just("open frame"), st.booleans()),
    st.tuples(st.just("wait"), st.sampled_from([0.1, 1.0, 6.0])),
)


def twisted(wearer: Wearer, twist: tuple[object, ...]) -> None:
    device, what = wearer.device, twist[0]
    if what == "fail":
        device.fail_next(twist[1], twist[2], after=twist[3])  # type: ignore[arg-type]
    elif what == "event":
        device.send(twist[1])  # type: ignore[arg-type]
    elif what == "device":
        getattr(device, str(twist[1]))()
    elif what == "user":
        getattr(wearer.headset, str(twist[1]))()
    elif what == "turns":
        for _ in range(int(twist[1])):  # type: ignore[call-overload]
            wearer.turn()
    elif what == "open frame":
        frame = wearer.headset.wait()
        if frame is not None and twist[1]:
            wearer.headset.begin(frame)
    else:
        wearer.clock.advance_ns(int(float(twist[1]) * 1e9))  # type: ignore[arg-type]
        wearer.turn()


def is_back(wearer: Wearer) -> bool:
    seen = wearer.seen
    return wearer.headset.status.rung is Rung.FOCUSED and seen is not None and seen.live


@given(st.booleans(), st.lists(TWISTS, max_size=25))
@settings(max_examples=15, deadline=None)
def test_whatever_happens_the_guest_sees_the_show_again(
    sleeps: bool, twists: list[tuple[object, ...]]
) -> None:
    def shape(device: ScriptedDevice) -> None:
        device.sleeps = sleeps
        device.period_ns = 50_000_000  # as a null compositor paces; fewer turns for the seconds that pass

    wearer = Wearer(device=shape)
    for twist in twists:
        twisted(wearer, twist)  # RuleBroken comes through
    wearer.device.clear_failures()
    wearer.device.start()
    wearer.device.plug()
    wearer.run(11.0)  # the longest way back to a session: one that hangs, then the longest wait
    wearer.device.take_off()  # the states that were made up are said anew, as they are
    wearer.run(0.1)
    wearer.device.put_on()
    wearer.seen = None
    wearer.until(lambda: is_back(wearer), 6.0)
    kinds = [type(event) for event in wearer.events if isinstance(event, GuestArrived | GuestLeft)]
    assert all(a is not b for a, b in pairwise(kinds)), "nobody comes twice without going"
    wearer.headset.close()
    assert wearer.device.open_things == set()


def test_a_storm_of_stopping_and_ready() -> None:
    wearer = Wearer(device=lambda device: setattr(device, "sleeps", True))
    wearer.run(0.2)
    for _ in range(200):
        wearer.device.take_off()
        wearer.device.put_on()
        wearer.turn()
        wearer.device.take_off()
        wearer.turn()
        wearer.device.put_on()
    wearer.run(0.2)
    assert is_back(wearer)
    assert wearer.device.sessions_made == 1
    assert wearer.device.calls.count("begin") == wearer.device.calls.count("end") + 1
    assert wearer.device.calls.count("wait_frame") == wearer.device.calls.count("begin_frame")
    assert wearer.device.calls.count("begin_frame") == wearer.device.calls.count("end_frame")
