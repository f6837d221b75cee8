"""Which ray points, and what is a press."""

import math
from dataclasses import replace

import pytest

from engine.xr.hands import INDEX_TIP, JOINTS
from engine.xr.pointing import DEFAULTS, NOBODY, Memory, Pointing, Thresholds, point
from engine.xr.touching import Touched, touches
from engine.xr.values import LEFT, NO_HAND, RIGHT, Hand, Pose, Tracked

MS = 1_000_000
FRAME_NS = 10 * MS

LAP = (0.2, 0.3, -0.6)
UP = (0.2, 0.4, -0.25)


def turned(yaw_deg: float = 0.0, pitch_deg: float = 0.0) -> tuple[float, float, float, float]:
    yaw, pitch = math.radians(yaw_deg) / 2, math.radians(pitch_deg) / 2
    return (
        math.cos(yaw) * math.sin(pitch),
        math.sin(yaw) * math.sin(pitch),
        math.sin(yaw) * math.cos(pitch),
        math.cos(yaw) * math.cos(pitch),
    )


def controller(
    at: tuple[float, float, float] = UP,
    *,
    pull: float = 0.0,
    selected: bool = False,
    yaw_deg: float = 0.0,
    menu: bool = False,
) -> Hand:
    pose = Pose(at, turned(yaw_deg))
    return Hand("controller", pose, pose, pull, selected, menu=menu)


def bare(at: tuple[float, float, float] = UP, *, pinch: float = 0.0, yaw_deg: float = 0.0) -> Hand:
    pose = Pose(at, turned(yaw_deg))
    return Hand("hand", pose, pose, pinch, pinch >= 0.5)


class Run:
    """A guest, frame by frame."""

    def __init__(self, thresholds: Thresholds = DEFAULTS) -> None:
        self.at_ns = 0
        self.memory = Memory()
        self.thresholds = thresholds
        self.seen: list[Pointing] = []

    def frame(self, left: Hand = NO_HAND, right: Hand = NO_HAND, **more: object) -> Pointing:
        self.at_ns += FRAME_NS
        tracked = Tracked(self.at_ns, hands=(left, right), **more)  # type: ignore[arg-type]
        found, self.memory = point(tracked, self.memory, self.thresholds)
        self.seen.append(found)
        return found

    def frames(self, count: int, left: Hand = NO_HAND, right: Hand = NO_HAND, **more: object) -> Pointing:
        for _ in range(count):
            self.frame(left, right, **more)
        return self.seen[-1]

    @property
    def presses(self) -> int:
        return sum(len(found.presses) for found in self.seen)


def source(found: Pointing) -> tuple[str, int]:
    assert found.look is not None
    return found.look.source, found.look.hand


# ---- gaze


def test_the_head_looks_where_nothing_else_does() -> None:
    found = Run().frame(head=Pose((0.1, 0.2, 0.3), turned(90.0)))
    assert found.look is not None
    assert (found.look.source, found.look.hand, found.look.start_m) == ("head", NOBODY, (0.1, 0.2, 0.3))
    assert found.look.along == pytest.approx((-1.0, 0.0, 0.0))


def test_a_lost_head_looks_nowhere() -> None:
    assert Run().frame(head_valid=False).look is None


def test_eyes_lead_from_their_first_frame() -> None:
    assert source(Run().frame(gaze=Pose())) == ("eye", NOBODY)


def test_a_blink_keeps_the_eye_s_ray() -> None:
    run = Run()
    before = run.frame(gaze=Pose((0.0, 0.0, 0.01))).look
    assert run.frames(20).look == before
    assert source(run.frames(10)) == ("head", NOBODY)


def test_an_eye_that_comes_back_is_seen_for_a_while_before_it_leads() -> None:
    run = Run()
    run.frame(gaze=Pose())
    run.frames(100)
    assert source(run.frames(15, gaze=Pose())) == ("head", NOBODY)
    assert source(run.frames(10, gaze=Pose())) == ("eye", NOBODY)


def test_a_flickering_eye_does_not_take_turns_with_the_head() -> None:
    run = Run()
    run.frame(gaze=Pose())
    run.frames(100)
    for _ in range(30):
        run.frames(5, gaze=Pose())
        assert source(run.frames(5)) == ("head", NOBODY)


# ---- presses


def test_a_trigger_presses_once() -> None:
    run = Run()
    run.frames(5, right=controller())
    found = run.frame(right=controller(pull=0.9))
    assert [(press.by, press.hand) for press in found.presses] == [("controller", RIGHT)]
    run.frames(50, right=controller(pull=1.0))
    assert run.presses == 1


def test_a_button_without_a_trigger_presses() -> None:
    run = Run()
    run.frame(controller())
    assert len(run.frame(controller(selected=True)).presses) == 1


def test_a_trigger_between_its_two_thresholds_does_not_chatter() -> None:
    run = Run()
    run.frames(5, right=controller())
    for _ in range(30):
        run.frames(4, right=controller(pull=0.72))
        run.frames(4, right=controller(pull=0.5))
    assert run.presses == 1


def test_a_trigger_that_is_held_while_the_headset_is_put_on_chooses_nothing() -> None:
    run = Run()
    run.frames(20, right=controller(pull=1.0, selected=True))
    assert run.presses == 0
    run.frames(20, right=controller())
    run.frame(right=controller(pull=1.0))
    assert run.presses == 1


def test_a_hand_that_was_away_is_seen_open_before_it_presses() -> None:
    run = Run()
    run.frames(5, right=bare())
    run.frames(60)
    run.frames(20, right=bare(pinch=1.0))
    assert run.presses == 0


def test_a_pinch_that_is_lost_for_a_moment_is_one_pinch() -> None:
    run = Run()
    run.frames(5, right=bare())
    run.frames(10, right=bare(pinch=1.0))
    run.frames(10)
    run.frames(10, right=bare(pinch=1.0))
    assert run.presses == 1


def test_two_presses_need_time_between_them() -> None:
    run = Run()
    run.frames(2, right=controller())
    for _ in range(5):  # 20 ms a time: no finger does that
        run.frame(right=controller(pull=1.0))
        run.frame(right=controller())
    assert run.presses == 1
    run.frames(20, right=controller())
    run.frame(right=controller(pull=1.0))
    assert run.presses == 2


def test_a_runtime_s_early_idea_of_a_pinch_does_not_count() -> None:
    run = Run()
    run.frame(right=bare())
    run.frames(5, right=bare(pinch=0.6))
    assert run.presses == 0


def test_a_pinch_takes_the_ray_from_before_the_fingers_closed() -> None:
    run = Run()
    run.frames(10, right=bare(yaw_deg=0.0))
    for step, pinch in enumerate((0.3, 0.5, 0.65, 0.8)):
        found = run.frame(right=bare(pinch=pinch, yaw_deg=-2.0 * step))  # it drags the hand along
    [press] = found.presses
    assert press.ray.along == pytest.approx((0.0, 1.0, 0.0))


def test_a_trigger_that_was_half_held_takes_the_ray_of_now() -> None:
    run = Run()
    run.frame(right=controller())
    run.frames(100, right=controller(pull=0.3))
    found = run.frame(right=controller(pull=0.9, yaw_deg=20.0))
    assert found.presses[0].ray.along[0] == pytest.approx(-math.sin(math.radians(20.0)))


def test_a_button_whose_place_is_unknown_presses_where_the_guest_looks() -> None:
    run = Run()
    lost = Hand("controller", None, None)
    run.frame(right=lost)
    [press] = run.frame(right=replace(lost, selected=True, select_ratio=1.0)).presses
    assert (press.by, press.ray.source) == ("controller", "head")
    assert source(run.frame(right=lost)) == ("head", NOBODY)


def test_both_hands_press_for_themselves() -> None:
    run = Run()
    run.frame(controller(), bare())
    found = run.frame(controller(pull=1.0), bare(pinch=1.0))
    assert [(press.by, press.hand) for press in found.presses] == [("controller", LEFT), ("hand", RIGHT)]


def test_a_track_that_begins_again_presses_nothing() -> None:
    run = Run()
    run.frames(50, right=controller())
    run.at_ns = 0
    assert run.frame(right=controller(pull=1.0)).presses == ()


def test_a_menu_button_counts_once() -> None:
    run = Run()
    run.frame(controller())
    assert run.frame(controller(menu=True)).menus == (LEFT,)
    assert run.frame(controller(menu=True)).menus == ()


# ---- who leads


def moving(run: Run, frames: int, at: tuple[float, float, float] = UP, yaw_deg: float = 0.0) -> Pointing:
    for number in range(frames):
        run.frame(right=controller((at[0] + 0.02 * (number % 2), at[1], at[2]), yaw_deg=yaw_deg))
    return run.seen[-1]


def test_a_hand_that_is_raised_and_moves_takes_over_after_a_moment() -> None:
    run = Run()
    assert source(moving(run, 20)) == ("head", NOBODY)
    assert source(moving(run, 20)) == ("controller", RIGHT)


def test_a_controller_in_the_lap_never_leads() -> None:
    assert source(moving(Run(), 300, LAP)) == ("head", NOBODY)


def test_a_raised_hand_that_never_moved_does_not_lead() -> None:
    assert source(Run().frames(300, right=controller())) == ("head", NOBODY)


def test_a_hand_that_points_elsewhere_does_not_lead() -> None:
    assert source(moving(Run(), 100, yaw_deg=50.0)) == ("head", NOBODY)


def test_a_press_takes_over_at_once() -> None:
    run = Run()
    run.frames(3, right=controller(LAP))
    assert source(run.frame(right=controller(LAP, pull=1.0))) == ("controller", RIGHT)


def test_the_leader_keeps_leading_through_a_short_loss_and_a_short_swing() -> None:
    run = Run()
    moving(run, 60)
    assert source(run.frames(20)) == ("controller", RIGHT)
    assert source(moving(run, 30, yaw_deg=70.0)) == ("controller", RIGHT)


def test_a_leader_that_is_lowered_gives_back() -> None:
    run = Run()
    moving(run, 60)
    assert source(moving(run, 80, LAP)) == ("head", NOBODY)


def test_a_leader_that_is_lost_gives_back() -> None:
    run = Run()
    moving(run, 60)
    assert source(run.frames(40)) == ("head", NOBODY)


def test_a_leader_that_lies_still_gives_back() -> None:
    run = Run()
    moving(run, 60)
    assert source(run.frames(400, right=controller())) == ("controller", RIGHT)
    assert source(run.frames(200, right=controller())) == ("head", NOBODY)


def test_the_other_hand_takes_over_by_a_press_alone() -> None:
    run = Run()
    moving(run, 60)
    still = controller((0.22, 0.4, -0.25))
    other = bare((-0.2, 0.4, -0.25))
    assert source(run.frames(60, other, still)) == ("controller", RIGHT)
    assert source(run.frame(replace(other, select_ratio=1.0), still)) == ("hand", LEFT)


# ---- what is drawn and touched


def test_rays_of_both_hands_are_given() -> None:
    found = Run().frame(controller(), bare())
    assert [(ray.source, ray.hand) for ray in found.rays] == [("controller", LEFT), ("hand", RIGHT)]


def test_a_hand_without_a_ray_gets_one_from_its_fingers() -> None:
    joints = tuple(Pose((0.2, 0.5, -0.2)) for _ in range(JOINTS))
    found = Run().frame(right=Hand("hand", joints=joints, joint_radii_m=(0.01,) * JOINTS))
    assert [ray.hand for ray in found.rays] == [RIGHT]
    assert found.tips == ((RIGHT, joints[INDEX_TIP].position_m),)


def test_a_finger_touches_once() -> None:
    new, memory = touches({RIGHT: "lantern"}, 0, Touched())
    assert new == ((RIGHT, "lantern"),)
    assert touches({RIGHT: "lantern"}, 10 * MS, memory)[0] == ()


def test_a_finger_that_trembles_on_the_edge_touches_once() -> None:
    memory = Touched()
    count = 0
    for frame in range(40):
        new, memory = touches({LEFT: "bell" if frame % 2 else ""}, frame * FRAME_NS, memory)
        count += len(new)
    assert count == 1
    _, memory = touches({}, 400 * MS, memory)
    assert touches({LEFT: "bell"}, 900 * MS, memory)[0] == ((LEFT, "bell"),)


def test_two_fingers_touch_for_themselves() -> None:
    new, _ = touches({LEFT: "bell", RIGHT: "bell"}, 0, Touched())
    assert new == ((LEFT, "bell"), (RIGHT, "bell"))


@pytest.mark.parametrize("bad", [{"press_ratio": 0.3}, {"closing_ratio": 0.5}, {"raise_deg": 70.0}])
def test_thresholds_that_cross_are_refused(bad: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must"):
        Thresholds(**bad)  # type: ignore[arg-type]
