"""Actions, fingers and vibration of a session, against a fake runtime that reads what is written for it."""

import gc
import math
import weakref
from collections.abc import Iterator
from typing import Any

import pytest
import xr

from engine.time.clocks import ManualClock
from engine.xr.actions import ActionTable
from engine.xr.faults import InstanceLost, XrRefused
from engine.xr.hands import JOINTS
from engine.xr.openxr import OpenXrRuntime
from engine.xr.openxr.session import OpenXrSession
from engine.xr.profiles import EYES, HAND, INDEX, SIMPLE, TOUCH, action_table
from engine.xr.runtime import HapticPulse, InputPort, InstanceWish, Space
from engine.xr.values import LEFT, NO_HAND, RIGHT, FrameTime, Pose
from tests.xr.fake_hands import HAND_EXTENSIONS, FakeHands, Played

FRAME = FrameTime(0, 5_000_000, 0, 11_111_111, 0)
HANDS = ("/user/hand/left", "/user/hand/right")


class Guest:
    """A session with actions on a fake."""

    def __init__(self, fake: FakeHands, table: ActionTable | None = None) -> None:
        self.fake = fake
        self.instance = OpenXrRuntime(ManualClock(), lambda: fake).open(InstanceWish("headless"))
        self.session: OpenXrSession = self.instance.session(action_table() if table is None else table)
        self.base: Space = self.session.space("local")
        self.port: InputPort = self.session.input

    def read(self) -> Any:
        return self.port.read(FRAME, self.base)


@pytest.fixture
def fake() -> FakeHands:
    return FakeHands()


@pytest.fixture
def guest(fake: FakeHands) -> Iterator[Guest]:
    guest = Guest(fake)
    yield guest
    guest.instance.close()
    assert fake.alive == {}
    assert [line for line in fake.log if line.startswith("BAD")] == []


def hold(fake: FakeHands, profile: str = INDEX) -> None:
    """Put a controller into both hands, OpenXR's axes."""
    for side, x in zip(HANDS, (-0.25, 0.25), strict=True):
        fake.held[side] = profile
        fake.states[("grip", side)] = (x, 1.0, -0.5)
        fake.states[("aim", side)] = (x, 1.1, -0.6)


# ---- making


def test_what_is_offered_is_suggested_and_attached(guest: Guest, fake: FakeHands) -> None:
    assert set(fake.suggested) >= {SIMPLE, TOUCH, INDEX, HAND, EYES}
    assert ("select", "/user/hand/right/input/a/click") in fake.suggested[INDEX]
    assert fake.attached == ["guest", "eyes"]
    assert fake.made["paths of select"] == HANDS
    assert fake.made["paths of gaze"] == ()


def test_profiles_without_their_extension_are_not_suggested() -> None:
    fake = FakeHands(offered=tuple(name for name in HAND_EXTENSIONS if "interaction" not in name))
    Guest(fake)
    assert HAND not in fake.suggested
    assert fake.attached == ["guest"]


def test_a_profile_that_the_runtime_does_not_know_costs_itself_alone() -> None:
    fake = FakeHands(unknown_profiles=(TOUCH,))
    guest = Guest(fake)
    assert TOUCH not in fake.suggested
    assert INDEX in fake.suggested
    assert guest.read().focused


def test_a_runtime_that_takes_no_profile_at_all_is_told() -> None:
    fake = FakeHands(results={"xrSuggestInteractionProfileBindings": int(xr.Result.ERROR_PATH_UNSUPPORTED)})
    with pytest.raises(XrRefused, match="PATH_UNSUPPORTED"):
        Guest(fake)
    assert "ActionSet" not in fake.alive.values()


def test_sessions_one_after_another_have_actions_of_the_same_names(guest: Guest, fake: FakeHands) -> None:
    for _ in range(3):
        guest.session.close()
        guest.session = guest.instance.session(action_table())
    assert list(fake.alive.values()).count("ActionSet") == 2


def test_a_closed_port_is_gone_without_the_collector() -> None:
    guest = Guest(FakeHands())
    hold(guest.fake)
    guest.read()
    gone = weakref.ref(guest.port)
    gc.disable()
    try:
        guest.instance.close()
        guest.__dict__.clear()
        assert gone() is None
    finally:
        gc.enable()


def test_an_empty_table_makes_nothing() -> None:
    fake = FakeHands(offered=("XR_MND_headless", "XR_KHR_convert_timespec_time"))
    guest = Guest(fake, ActionTable(()))
    assert guest.read().hands == (NO_HAND, NO_HAND)
    guest.port.play(HapticPulse(LEFT, 1_000_000, 1.0))
    guest.port.stop(LEFT)
    assert fake.sets == {}
    assert fake.synced == fake.played == []


# ---- reading


def test_a_controller_in_our_axes(guest: Guest, fake: FakeHands) -> None:
    hold(fake)
    right = HANDS[RIGHT]
    fake.states.update(
        {
            ("select", right): True,
            ("pull", right): 0.75,
            ("squeeze", right): 0.5,
            ("stick", right): (0.25, -0.5),
            ("menu", right): True,
        }
    )
    found = guest.read()
    assert found.profiles == (INDEX, INDEX)
    left, hand = found.hands
    assert hand.grip == Pose((0.25, 0.5, 1.0))
    assert hand.aim is not None
    assert hand.aim.position_m == pytest.approx((0.25, 0.6, 1.1))
    assert (hand.kind, hand.selected, hand.select_ratio, hand.squeeze_ratio) == (
        "controller",
        True,
        0.75,
        0.5,
    )
    assert (hand.stick, hand.menu) == ((0.25, -0.5), True)
    assert (left.kind, left.selected, left.select_ratio, left.menu) == ("controller", False, 0.0, False)


def test_without_focus_there_is_no_input(guest: Guest, fake: FakeHands) -> None:
    hold(fake)
    fake.focused = False
    found = guest.read()
    assert not found.focused
    assert found.hands == (NO_HAND, NO_HAND)
    assert found.profiles == (INDEX, INDEX)


@pytest.mark.parametrize("flags", [0, 1, 2])
def test_a_pose_that_is_half_valid_is_none(guest: Guest, fake: FakeHands, flags: int) -> None:
    hold(fake)
    fake.location_flags = flags
    assert guest.read().hands[LEFT] == NO_HAND


def test_a_pose_that_is_valid_and_not_tracked_is_used(guest: Guest, fake: FakeHands) -> None:
    hold(fake)
    fake.location_flags = 3
    assert guest.read().hands[LEFT].grip is not None


def test_a_pose_that_is_no_number_is_none(guest: Guest, fake: FakeHands) -> None:
    hold(fake)
    fake.states[("grip", HANDS[LEFT])] = (math.nan, 0.0, 0.0)
    found = guest.read().hands[LEFT]
    assert found.grip is None
    assert found.aim is not None


def test_a_profile_that_we_did_not_suggest_is_named(guest: Guest, fake: FakeHands) -> None:
    fake.held[HANDS[LEFT]] = "/interaction_profiles/acme/wand"
    assert guest.read().profiles == ("/interaction_profiles/acme/wand", "")


def test_eyes_are_synced_and_located_by_consent_alone(guest: Guest, fake: FakeHands) -> None:
    fake.states[("gaze", "")] = (0.0, 1.5, -0.25)
    assert guest.read().gaze is None
    assert fake.synced == [("guest",)]
    guest.port.allow_eyes(True)
    gaze = guest.read().gaze
    assert gaze is not None
    assert gaze.pose == Pose((0.0, 0.25, 1.5))
    assert gaze.tracked
    guest.port.allow_eyes(False)
    assert guest.read().gaze is None
    assert fake.synced[1:] == [("guest", "eyes"), ("guest",)]


def test_a_loss_while_reading_is_said(guest: Guest, fake: FakeHands) -> None:
    fake.lost_at = len(fake.log)
    with pytest.raises(InstanceLost):
        guest.read()


# ---- fingers


def test_fingers_in_our_axes(guest: Guest, fake: FakeHands) -> None:
    fake.fingers = {1: -0.3}
    left, right = guest.read().hands
    assert right == NO_HAND
    assert left.kind == "hand"
    assert len(left.joints) == len(left.joint_radii_m) == JOINTS
    assert left.joints[10].position_m == pytest.approx((-0.3, 0.1, 1.0))
    assert left.joints[10].turn == pytest.approx((0.6, 0.0, 0.0, 0.8))
    assert left.joint_radii_m[0] == pytest.approx(0.01)
    assert fake.made["sources"] == (1, 2)


def test_fingers_are_not_asked_for_around_a_controller(guest: Guest, fake: FakeHands) -> None:
    hold(fake)
    fake.fingers = {1: -0.3, 2: 0.3}
    assert guest.read().hands[LEFT].joints == ()
    assert "xrLocateHandJointsEXT" not in fake.log


@pytest.mark.parametrize("flags", [0, 1, 2])
def test_fingers_that_are_not_valid_are_none(guest: Guest, fake: FakeHands, flags: int) -> None:
    fake.fingers, fake.finger_flags = {1: 0.0}, flags
    assert guest.read().hands[LEFT] == NO_HAND


def test_fingers_that_are_no_numbers_are_none(guest: Guest, fake: FakeHands) -> None:
    fake.fingers = {1: math.nan}
    assert guest.read().hands[LEFT] == NO_HAND


def test_fingers_guessed_from_a_controller_are_no_hand(guest: Guest, fake: FakeHands) -> None:
    fake.fingers, fake.from_controller = {1: 0.0}, True
    assert guest.read().hands[LEFT] == NO_HAND


def test_a_headset_without_the_sensor_is_not_asked_for_a_tracker() -> None:
    fake = FakeHands(sensor=False)
    assert Guest(fake).read().hands == (NO_HAND, NO_HAND)
    assert "xrCreateHandTrackerEXT" not in fake.log


def test_a_headset_that_changes_its_mind_has_no_fingers() -> None:
    fake = FakeHands(tracker_result=int(xr.Result.ERROR_FEATURE_UNSUPPORTED))
    assert Guest(fake).read().hands == (NO_HAND, NO_HAND)


def test_a_tracker_that_is_refused_is_told() -> None:
    with pytest.raises(XrRefused, match="xrCreateHandTrackerEXT"):
        Guest(FakeHands(tracker_result=int(xr.Result.ERROR_LIMIT_REACHED)))


# ---- haptics


PULSE = HapticPulse(RIGHT, 40_000_000, 0.75, 120.0, (0.25, 0.5), (0.0, 0.5, -0.5))


def playing(*extensions: str, **more: Any) -> Guest:
    guest = Guest(FakeHands(offered=(*HAND_EXTENSIONS, *extensions), **more))
    guest.read()
    return guest


def test_plain_vibration_where_there_is_nothing_better() -> None:
    guest = playing()
    assert (guest.port.haptic_form(RIGHT), guest.port.pcm_rate_hz(RIGHT)) == ("simple", 0.0)
    guest.port.play(PULSE)
    assert guest.fake.played == [Played("simple", "right", 40_000_000, 0.75, 120.0)]


def test_an_envelope_where_it_is_taken() -> None:
    guest = playing("XR_FB_haptic_amplitude_envelope")
    assert guest.port.haptic_form(LEFT) == "envelope"
    guest.port.play(PULSE)
    assert guest.fake.played == [Played("envelope", "right", 40_000_000, values=(0.25, 0.5))]


def test_samples_where_the_actuator_takes_them() -> None:
    guest = playing("XR_FB_haptic_pcm", "XR_FB_haptic_amplitude_envelope", pcm_rate_hz=2000.0)
    assert (guest.port.haptic_form(RIGHT), guest.port.pcm_rate_hz(RIGHT)) == ("pcm", 2000.0)
    guest.port.play(PULSE)
    assert guest.fake.played == [Played("pcm", "right", values=(0.0, 0.5, -0.5), rate_hz=2000.0)]


@pytest.mark.parametrize("rate_hz", [0.0, 320.0, math.nan])
def test_an_actuator_too_slow_for_samples_gets_an_envelope(rate_hz: float) -> None:
    guest = playing("XR_FB_haptic_pcm", "XR_FB_haptic_amplitude_envelope", pcm_rate_hz=rate_hz)
    assert guest.port.haptic_form(RIGHT) == "envelope"


def test_samples_that_were_not_taken_come_first_next_time() -> None:
    guest = playing("XR_FB_haptic_pcm", pcm_rate_hz=2000.0, room=2)
    guest.port.play(PULSE)
    guest.port.play(HapticPulse(RIGHT, 1_000_000, 0.5, pcm=(0.125,), append=True))
    assert guest.fake.played[1] == Played("pcm", "right", values=(-0.5, 0.125), rate_hz=2000.0, append=True)
    guest.port.play(HapticPulse(RIGHT, 1_000_000, 0.5, pcm=(0.25,)))
    assert guest.fake.played[2].values == (0.25,)


def test_a_call_has_no_more_samples_than_are_allowed() -> None:
    guest = playing("XR_FB_haptic_pcm", pcm_rate_hz=2000.0)
    guest.port.play(HapticPulse(LEFT, 1, 1.0, pcm=(0.5,) * 4500))
    guest.port.play(HapticPulse(LEFT, 1, 1.0, pcm=(0.25,), append=True))
    assert [len(played.values) for played in guest.fake.played] == [4000, 501]


def test_another_controller_is_asked_anew() -> None:
    guest = playing("XR_FB_haptic_pcm", pcm_rate_hz=2000.0)
    assert guest.port.haptic_form(LEFT) == "pcm"
    guest.fake.pcm_rate_hz = 0.0
    hold(guest.fake, SIMPLE)
    guest.read()
    assert guest.port.haptic_form(LEFT) == "simple"


def test_stop_stops_one_hand() -> None:
    guest = playing()
    guest.port.stop(LEFT)
    assert guest.fake.stopped == ["left"]


@pytest.mark.parametrize("pulse", [HapticPulse(RIGHT, 40_000_000, 0.0), HapticPulse(RIGHT, 0, 0.5)])
def test_a_pulse_of_nothing_is_silence(pulse: HapticPulse) -> None:
    guest = playing()
    guest.port.play(pulse)
    assert guest.fake.played == []
    assert guest.fake.stopped == ["right"]
