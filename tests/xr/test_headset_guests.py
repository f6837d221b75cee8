"""Guests of a headset over the scripted runtime: who comes and goes, where they are put, what their hands do."""

import math

import pytest

from engine.motion.seat_model import SeatPose
from engine.xr.actions import InputState
from engine.xr.angles import angles_deg, turn_of_deg
from engine.xr.compensation import seat_motion
from engine.xr.ladder import Rung
from engine.xr.poses import applied, composed
from engine.xr.runtime import HapticPulse, SystemInfo
from engine.xr.scripted import PERIOD_NS, ScriptedDevice
from engine.xr.values import Hand, Located, MaskChanged, Pose
from engine.xr.wearing import GuestArrived, GuestLeft, HeadsetSetup, Recentred, RecentreRefused, StatusChanged
from tests.xr.wearer import Wearer


def living(at: Pose):
    """A head that sways as a seated guest's does."""

    def head(display_ns: int) -> Pose:
        x, y, z = at.position_m
        return Pose((x + 0.004 * math.sin(display_ns / 4e8), y, z), at.turn)

    return head


def focused(setup: HeadsetSetup | None = None, head: Pose | None = None, **given: object) -> Wearer:
    wearer = Wearer(setup, **given)  # type: ignore[arg-type]
    if head is not None:
        wearer.device.head_at = living(head)
    wearer.until(lambda: wearer.headset.status.rung is Rung.FOCUSED, 1.0)
    wearer.turn()
    return wearer


def causes(wearer: Wearer) -> list[str]:
    return [event.cause for event in wearer.of(Recentred)]


SITS = Pose((0.6, 0.3, 1.25), turn_of_deg(140))


def test_a_guest_arrives_is_recentred_and_calibrated() -> None:
    wearer = focused(head=SITS)
    assert wearer.headset.present is None
    wearer.run(4.0)
    assert len(wearer.of(GuestArrived)) == 1
    assert wearer.headset.present is True
    assert causes(wearer) == ["first", "arrival", "calibrated"]
    assert wearer.of(Recentred)[-1].eye_height_m == pytest.approx(1.25, abs=1e-6)
    seen = wearer.seen
    assert seen is not None
    assert seen.head.position_m == pytest.approx((0, 0, 0), abs=0.01)
    assert angles_deg(seen.head.turn) == pytest.approx((0, 0, 0), abs=0.1)
    left, right = seen.eyes
    assert right.pose.position_m[0] - left.pose.position_m[0] == pytest.approx(0.063, abs=1e-6)


def test_the_next_guest_is_placed_anew_the_same_one_is_not() -> None:
    wearer = focused(head=SITS)
    wearer.run(4.0)
    wearer.device.take_off()
    wearer.run(2.0)
    wearer.device.put_on()
    wearer.run(3.0)
    assert len(wearer.events) and len(wearer.of(GuestArrived)) == 1, "off for two seconds: the same guest"
    wearer.device.take_off()
    wearer.run(5.0)
    assert len(wearer.of(GuestLeft)) == 1
    wearer.device.head_at = living(Pose((-0.2, 0.1, 1.05), turn_of_deg(-20)))
    wearer.device.put_on()
    wearer.run(4.0)
    assert len(wearer.of(GuestArrived)) == 2
    assert causes(wearer) == ["first", "arrival", "calibrated", "arrival", "calibrated"]
    assert wearer.seen is not None
    assert wearer.seen.head.position_m == pytest.approx((0, 0, 0), abs=0.01)


def test_a_crash_of_the_runtime_is_no_new_guest_and_no_new_place() -> None:
    wearer = focused(head=SITS)
    wearer.run(6.0)
    assert wearer.seen is not None
    before = wearer.seen.head
    wearer.device.kill()
    wearer.run(8.0)
    # the new runtime has its origin elsewhere, as Monado and every inside-out headset do
    wearer.device.origins["local_floor"] = Pose((4, -2, 0), turn_of_deg(75))
    wearer.device.start()
    wearer.run(8.0)
    assert causes(wearer) == ["first", "arrival", "calibrated", "recovered"]
    assert len(wearer.of(GuestArrived)) == 1 and not wearer.of(GuestLeft)
    assert wearer.seen.live
    assert wearer.seen.head.position_m == pytest.approx(before.position_m, abs=0.02)
    assert angles_deg(wearer.seen.head.turn)[0] == pytest.approx(0, abs=1.0)


def test_the_extension_is_believed_and_a_policy_may_do_nothing() -> None:
    def with_presence(device: ScriptedDevice) -> None:
        device.system = SystemInfo("Sensing", (640, 480), (640, 480), has_presence=True)
        device.worn = False

    wearer = Wearer(HeadsetSetup(on_arrival=("language",)), device=with_presence)
    wearer.run(8.0)
    assert wearer.headset.present is False
    wearer.device.put_on()
    wearer.run(3.0)
    assert wearer.headset.present is True
    assert causes(wearer) == ["first"]


def test_the_runtimes_own_recentring_moves_nobody_from_its_very_instant_on() -> None:
    wearer = focused(HeadsetSetup(on_arrival=()), head=SITS)
    wearer.run(1.0)
    device, instance = wearer.device, wearer.device.instance
    assert instance is not None and wearer.seen is not None
    in_five_frames = wearer.clock.now_ns() + 5 * PERIOD_NS + device.ahead_ns + instance.epoch_ns
    device.move_origin("local_floor", Pose((1, 2, 0), turn_of_deg(90)), at_xr_time=in_five_frames)
    raw = []
    for _ in range(12):
        wearer.turn()
        raw.append(wearer.seen.raw.eyes[0].pose.position_m[0])
        assert wearer.seen.head.position_m == pytest.approx((0, 0, 0), abs=0.01)
    assert abs(raw[-1] - raw[0]) > 0.5, "its own numbers have jumped"
    assert causes(wearer) == ["first", "runtime"]


def test_a_recentring_that_does_not_say_whither_is_followed_by_the_head() -> None:
    wearer = focused(HeadsetSetup(on_arrival=()), head=SITS)
    wearer.run(1.0)
    wearer.device.move_origin("local_floor", Pose((1, 2, 0), turn_of_deg(90)), at_xr_time=0, told=False)
    wearer.run(0.2)
    assert wearer.seen is not None
    assert wearer.seen.head.position_m == pytest.approx((0, 0, 0), abs=0.02)
    assert causes(wearer) == ["first", "runtime", "recovered"]


def test_the_operator_recentres() -> None:
    wearer = focused(HeadsetSetup(on_arrival=()), head=SITS)
    wearer.device.head_at = living(Pose((0.9, 0.1, 1.2), turn_of_deg(100)))
    wearer.turn()
    assert wearer.seen is not None and math.dist(wearer.seen.head.position_m, (0, 0, 0)) > 0.2
    wearer.headset.recentre()
    wearer.run(0.1)
    assert wearer.seen.head.position_m == pytest.approx((0, 0, 0), abs=0.01)
    assert causes(wearer) == ["first", "operator"]


def test_an_operator_who_cannot_be_helped_is_told_why() -> None:
    wearer = focused(HeadsetSetup(on_arrival=()), head=Pose((0, 0, 0.05)))
    wearer.headset.recentre()
    wearer.run(2.5)
    (refused,) = wearer.of(RecentreRefused)
    assert "0.05 m over the floor" in refused.line
    assert "离地" in refused.line_zh
    wearer.device.kill()
    wearer.turn()
    wearer.headset.recentre()
    wearer.run(2.5)
    assert "no picture" in wearer.of(RecentreRefused)[-1].line


def test_standing_guests_keep_their_height() -> None:
    setup = HeadsetSetup(form="standing", scene_eye_height_m=1.6)
    wearer = focused(setup, head=Pose((0.5, 0.5, 1.82), turn_of_deg(30)))
    wearer.run(4.0)
    assert wearer.seen is not None
    assert wearer.seen.head.position_m == pytest.approx((0, 0, 0.22), abs=0.01)
    wearer.headset.scene_eye(1.2)  # a scene made for people who sit: the floor under both stays one
    wearer.run(0.1)
    assert wearer.seen.head.position_m == pytest.approx((0, 0, 0.62), abs=0.01)


def test_seated_guests_do_not_care_for_a_scenes_floor() -> None:
    wearer = focused(HeadsetSetup(on_arrival=()), head=SITS)
    wearer.headset.scene_eye(5.0)
    wearer.run(0.1)
    assert wearer.seen is not None
    assert wearer.seen.head.position_m == pytest.approx((0, 0, 0), abs=0.01)


def test_a_head_that_is_not_known_is_held_and_said_to_be_a_guess() -> None:
    wearer = focused(HeadsetSetup(on_arrival=()), head=SITS)
    wearer.run(0.5)
    wearer.device.head_at = None
    wearer.device.head = Pose((math.nan, 0, 0))
    wearer.turn()
    seen = wearer.seen
    assert seen is not None and not seen.turn_valid and not seen.position_valid and seen.live
    assert seen.head.position_m == pytest.approx((0, 0, 0), abs=0.02)
    wearer.device.head = Pose((9, 9, 9), turn_of_deg(150))
    wearer.device.position_valid = False
    wearer.turn()
    assert wearer.seen is not None and wearer.seen.turn_valid and not wearer.seen.position_valid
    assert wearer.seen.head.position_m == pytest.approx((0, 0, 0), abs=0.05)
    assert angles_deg(wearer.seen.head.turn)[0] == pytest.approx(10, abs=0.1), "the turn is followed"
    frame = wearer.headset.wait()
    assert frame is not None and wearer.headset.tracked(frame).head_valid
    wearer.device.turn_valid = False
    wearer.headset.pump()
    frame = wearer.headset.wait()
    assert frame is not None and not wearer.headset.tracked(frame).head_valid


def test_a_headset_that_never_knows_its_place_is_used_all_the_same() -> None:
    def turning_only(device: ScriptedDevice) -> None:
        device.position_valid = False
        device.space_kinds = frozenset({"view", "local"})

    wearer = focused(
        HeadsetSetup(on_arrival=()), device=turning_only, head=Pose((0, 0, 1.2), turn_of_deg(50))
    )
    wearer.run(0.5)
    assert wearer.seen is not None
    assert wearer.seen.head.position_m == pytest.approx((0, 0, 0), abs=0.01)
    assert angles_deg(wearer.seen.head.turn)[0] == pytest.approx(0, abs=0.01)


def test_hands_and_gaze_are_in_the_guests_frame_and_only_with_focus() -> None:
    wearer = focused(HeadsetSetup(on_arrival=()), head=SITS)
    wearer.run(0.2)
    assert wearer.seen is not None
    ahead = applied(wearer.seen.T_space_rest, (0.2, 0.5, -0.3))
    grip = Pose(ahead, SITS.turn)
    wearer.device.input_state = InputState(
        hands=(
            Hand(),
            Hand(kind="hand", grip=grip, aim=grip, joints=(grip,) * 26, joint_radii_m=(0.01,) * 26),
        ),
        gaze=Located(grip),
    )
    wearer.headset.pump()
    frame = wearer.headset.wait()
    assert frame is not None
    tracked = wearer.headset.tracked(frame)
    assert tracked.at_ns == frame.display_ns
    hand = tracked.hands[1]
    assert hand.grip is not None and tracked.gaze is not None
    for pose in (hand.grip, hand.aim, tracked.gaze, *hand.joints):
        assert pose is not None and pose.position_m == pytest.approx((0.2, 0.5, -0.3), abs=1e-9)
        assert angles_deg(pose.turn)[0] == pytest.approx(0, abs=1e-6)
    wearer.headset.allow_eyes(False)
    assert wearer.headset.tracked(frame).gaze is None
    wearer.device.kill()
    assert wearer.headset.tracked(frame).hands[1].kind == ""
    wearer.turn()
    wearer.device.start()
    wearer.until(lambda: wearer.headset.status.rung is Rung.FOCUSED, 5.0)
    assert wearer.device.eyes_allowed is False, "said again to the new session"


def test_hands_feel_something_only_with_focus() -> None:
    wearer = focused()
    pulse = HapticPulse(1, 20_000_000, 0.5)
    wearer.headset.play(pulse)
    wearer.headset.stop(1)
    assert (wearer.device.pulses, wearer.device.stopped_hands) == ([pulse], [1])
    wearer.device.take_off()
    wearer.run(0.1)
    wearer.headset.play(pulse)
    wearer.device.kill()
    wearer.headset.play(pulse)
    wearer.turn()
    wearer.headset.play(pulse)
    wearer.headset.stop(0)
    assert wearer.device.pulses == [pulse]


class Rocking:
    """A seat that pitches and heaves."""

    def pose_at(self, display_ns: int) -> SeatPose:
        phase = display_ns / 5e8
        return SeatPose(
            heave_m=0.05 * math.sin(phase), pitch_deg=10 * math.sin(phase / 2), roll_deg=4 * math.cos(phase)
        )


@pytest.mark.parametrize("compensate", [True, False])
def test_a_guest_who_sits_still_on_a_rocking_seat(compensate: bool) -> None:
    seat, pivot_m = Rocking(), (0.0, 0.1, -0.9)
    setup = HeadsetSetup(on_arrival=(), pivot_m=pivot_m, compensate=compensate)
    T_stage_neutral = Pose((1.0, 2.0, 1.3), turn_of_deg(65))
    wearer = Wearer(setup, seat=seat)
    wearer.device.head_at = lambda at_ns: composed(T_stage_neutral, seat_motion(seat.pose_at(at_ns), pivot_m))
    wearer.until(lambda: wearer.seen is not None, 1.0)
    worst_m = 0.0
    for _ in range(300):
        wearer.turn()
        assert wearer.seen is not None
        worst_m = max(worst_m, math.dist(wearer.seen.head.position_m, (0, 0, 0)))
    if compensate:
        # what is left is where the first head pose put the guest on a tilted seat: its pitch is no heading
        assert worst_m < 1e-3
        wearer.headset.recentre()
        wearer.run(0.1)
        assert wearer.seen is not None
        assert math.dist(wearer.seen.head.position_m, (0, 0, 0)) < 1e-9
    else:
        assert worst_m > 0.1


def test_the_rate_asked_for() -> None:
    def rates(device: ScriptedDevice) -> None:
        device.refresh_rates_hz = (72.0, 90.0, 120.0)

    assert focused(device=rates).device.refresh_hz == 120.0
    assert focused(HeadsetSetup(refresh_hz=88.0), device=rates).device.refresh_hz == 90.0


def test_other_events_are_passed_on_and_status_is_told_when_it_changes() -> None:
    wearer = focused()
    wearer.device.send(MaskChanged(1))
    wearer.run(0.5)
    assert wearer.of(MaskChanged) == [MaskChanged(1)]
    rungs = [event.status.rung for event in wearer.of(StatusChanged)]
    assert rungs[-1] is Rung.FOCUSED and len(rungs) == len(set(rungs))
    assert wearer.said == [f"headset: {event.status.line}" for event in wearer.of(StatusChanged)]
    assert wearer.headset.extensions == wearer.device.extensions
