"""Where a guest is put: choice of space, recentring, calibration, origins that move, a guest carried over a loss."""

import math

import pytest

from engine.xr.angles import angles_deg, turn_of_deg
from engine.xr.poses import applied, composed, inverted
from engine.xr.spaces import CALIBRATION_LIMIT_NS, CARRY_NS, NO_MOTION, Refusal, SeatPlace, chosen_space
from engine.xr.values import Located, Pose, SpaceChanged
from engine.xr.wearing import HeadsetSetup

STEP_NS = 20_000_000


def close(a: Pose, b: Pose, by: float = 1e-9) -> None:
    off = composed(inverted(a), b)
    assert math.dist(off.position_m, (0, 0, 0)) < by, (a, b)
    assert math.hypot(*off.turn[:3]) < by, (a, b)


def head(
    x_m: float = 0.4, y_m: float = -0.2, z_m: float = 1.3, yaw_deg: float = 30.0, pitch_deg: float = 0.0
) -> Pose:
    return Pose((x_m, y_m, z_m), turn_of_deg(yaw_deg, pitch_deg))


def seated(**changes: object) -> SeatPlace:
    place = SeatPlace(HeadsetSetup(**changes))  # type: ignore[arg-type]
    place.begun("local_floor", 0)
    return place


def in_rest(place: SeatPlace, T_space_head: Pose, motion: Pose = NO_MOTION) -> Pose:
    return composed(inverted(place.T_space_rest(motion)), T_space_head)


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        ({"view", "local", "local_floor", "stage"}, "local_floor"),
        ({"view", "local", "stage"}, "stage"),
        ({"view", "local"}, "local"),
    ],
)
def test_the_space_and_its_fallbacks(offered: set[str], chosen: str) -> None:
    assert chosen_space(offered) == chosen


def test_a_runtime_without_a_space_is_told_so() -> None:
    with pytest.raises(ValueError, match=r"view.*local_floor, stage, local"):
        chosen_space({"view"})


def test_seated_the_head_is_the_resting_eye_and_only_its_heading_counts() -> None:
    place = seated()
    assert place.place(head(pitch_deg=-25.0)) is None
    put = in_rest(place, head(pitch_deg=-25.0))
    assert put.position_m == pytest.approx((0, 0, 0), abs=1e-12)
    assert angles_deg(put.turn) == pytest.approx((0, -25, 0), abs=1e-9)
    # somebody who then leans 10 cm forward, as seen from where they look, is 10 cm forward
    T_space_rest = place.T_space_rest()
    assert in_rest(place, Pose(applied(T_space_rest, (0, 0.1, 0)))).position_m == pytest.approx(
        (0, 0.1, 0), abs=1e-12
    )


def test_a_lift_raises_the_guest() -> None:
    place = seated(lift_m=0.15)
    place.place(head())
    assert in_rest(place, head()).position_m == pytest.approx((0, 0, 0.15))


@pytest.mark.parametrize("kind", ["local_floor", "stage"])
def test_standing_the_floors_meet_whatever_the_guests_height(kind: str) -> None:
    place = SeatPlace(HeadsetSetup(form="standing", scene_eye_height_m=1.65, lift_m=0.1))
    place.begun(kind, 0)  # type: ignore[arg-type]
    for eye_m in (1.1, 1.9):
        assert place.place(head(z_m=eye_m)) is None
        assert in_rest(place, head(z_m=eye_m)).position_m == pytest.approx((0, 0, eye_m - 1.65 + 0.1))


def test_standing_without_a_floor_the_assumed_height_is_used() -> None:
    place = SeatPlace(HeadsetSetup(form="standing", scene_eye_height_m=1.65))
    place.begun("local", 0)
    assert place.place(head(z_m=0.0)) is None
    assert in_rest(place, head(z_m=0.0)).position_m == pytest.approx((0, 0, 1.6 - 1.65))
    assert place.eye_height_m(head()) is None


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (head(pitch_deg=89.0), "up or down"),
        (head(pitch_deg=-88.0), "up or down"),
        (Pose((0, 0, 1.2), turn_of_deg(0, 0, 60)), "held over"),
        (head(z_m=0.1), "0.10 m over the floor"),
        (head(z_m=3.0), "3.00 m over the floor"),
        (Pose((math.nan, 0, 1.2)), "where it is"),
    ],
)
def test_a_head_that_cannot_place_anybody_changes_nothing(bad: Pose, why: str) -> None:
    place = seated()
    place.place(head())
    before = place.T_space_rest()
    refusal = place.place(bad)
    assert refusal is not None and why in refusal.line and refusal.line_zh
    assert place.T_space_rest() == before


def test_a_head_in_the_lap_is_refused_only_where_the_floor_is_known() -> None:
    place = SeatPlace(HeadsetSetup())
    place.begun("local", 0)
    assert place.place(head(z_m=0.0)) is None


@pytest.mark.parametrize("pitch_deg", [-69.0, -50.0, 0.0, 50.0, 69.0])
def test_heading_is_found_also_of_somebody_looking_far_up_or_down(pitch_deg: float) -> None:
    place = seated()
    assert place.place(head(pitch_deg=pitch_deg, yaw_deg=120.0)) is None
    assert angles_deg(place.T_space_rest().turn) == pytest.approx((120, 0, 0), abs=1e-9)


def test_recentring_on_a_tilted_seat_places_the_guest_in_the_seat() -> None:
    motion = Pose((0.02, 0.05, 0.01), turn_of_deg(8, 6, -4))
    place = seated()
    place.place(head(), motion)
    # the neutral frame stays upright: with the seat back at rest nothing leans
    assert angles_deg(place.T_space_rest().turn)[1:] == pytest.approx((0, 0), abs=1e-9)
    put = in_rest(place, head(), motion)
    assert put.position_m == pytest.approx((0, 0, 0), abs=1e-12)
    assert angles_deg(put.turn)[0] == pytest.approx(0, abs=0.5)


@pytest.mark.parametrize("told", [True, False])
def test_an_origin_that_moves_moves_no_guest(told: bool) -> None:
    place = seated()
    place.place(head())
    looking = head(0.45, -0.1, 1.32, 40.0, -10.0)
    before = in_rest(place, looking)
    place.note(before, 0)
    T_old_new = Pose((1.0, 2.0, 0.0), turn_of_deg(70))
    place.changed(SpaceChanged("local_floor", 500, T_old_new if told else None))
    place.changed(SpaceChanged("stage", 400, Pose((9, 9, 9))))
    assert not place.reached(499)
    close(in_rest(place, looking), before)
    assert place.reached(500)
    moved = composed(inverted(T_old_new), looking)
    if not told:
        assert not place.placed
        assert place.settle(moved, NO_MOTION, 1)
    close(in_rest(place, moved), before)
    assert not place.reached(501)


def test_over_a_lost_session_the_guest_is_where_they_were() -> None:
    place = seated()
    place.place(head())
    leaning = head(0.5, -0.05, 1.2, 55.0, -20.0)
    before = in_rest(place, leaning)
    place.note(before, 1_000)
    place.begun("local", 1_000 + CARRY_NS)
    assert not place.placed
    elsewhere = composed(Pose((-3, 1, -1.2), turn_of_deg(-140)), leaning)
    assert place.settle(elsewhere, NO_MOTION, 1)
    close(in_rest(place, elsewhere), before)


def test_carried_over_on_a_moving_seat_too() -> None:
    place = seated()
    motion = Pose((0.0, 0.04, -0.01), turn_of_deg(5, -7, 3))
    place.place(head(), motion)
    before = in_rest(place, head(0.5, 0, 1.25, 20.0), motion)
    place.note(before, 0)
    place.begun("local_floor", 1)
    later = Pose((0.01, 0.0, 0.0), turn_of_deg(-3, 4, 1))
    seen = composed(Pose((2, 2, 0), turn_of_deg(90)), head())
    assert place.settle(seen, later, 2)
    put = in_rest(place, seen, later)
    assert put.position_m == pytest.approx(before.position_m, abs=1e-9)
    assert angles_deg(put.turn)[0] == pytest.approx(angles_deg(before.turn)[0], abs=2.0)


def test_after_long_or_for_another_guest_nothing_is_carried() -> None:
    for other_guest in (False, True):
        place = seated()
        place.place(head())
        place.note(in_rest(place, head(0.9)), 0)
        if other_guest:
            place.forget()
        place.begun("local_floor", 1 if other_guest else CARRY_NS + 1)
        assert not place.settle(head(0.9), NO_MOTION, 1)
        assert in_rest(place, head(0.9)).position_m == pytest.approx((0, 0, 0), abs=1e-12)


def test_calibration_is_the_mean_of_a_still_head() -> None:
    place = seated()
    place.place(head(yaw_deg=0.0))
    place.calibrate(0)
    for index in range(200):
        sway = (-1) ** index
        pose = head(0.4 + 0.005 * sway, -0.2, 1.3, yaw_deg=180.0 + sway)  # across the seam of headings
        result, ended = place.sample(Located(pose), NO_MOTION, index * STEP_NS)
        if ended:
            break
    assert isinstance(result, Pose)
    assert 1_000_000_000 <= index * STEP_NS <= 1_040_000_000
    close(in_rest(place, head(0.4, -0.2, 1.3, 180.0)), Pose(), 1e-3)


def test_a_head_that_moves_is_waited_for_and_given_up_in_the_end() -> None:
    place = seated()
    place.place(head())
    before = place.T_space_rest()
    place.calibrate(0)
    for index in range(10_000):
        result, ended = place.sample(Located(head(yaw_deg=index * 1.0)), NO_MOTION, index * STEP_NS)
        if ended:
            break
    assert isinstance(result, Refusal)
    assert index * STEP_NS >= CALIBRATION_LIMIT_NS
    assert place.T_space_rest() == before
    assert place.sample(Located(head()), NO_MOTION, 0) == (None, False)


def test_heads_that_are_not_valid_do_not_count_for_calibration() -> None:
    place = seated()
    place.place(head())
    place.calibrate(0)
    for index in range(700):
        bad = Located(head(2.0), position_valid=False) if index % 2 else Located(Pose((0, 0, math.nan)))
        assert place.sample(bad, NO_MOTION, index * STEP_NS)[0] is None


def test_a_seat_in_motion_does_not_smear_the_calibration() -> None:
    place = seated()
    place.place(head())
    place.calibrate(0)
    T_neutral = place.T_space_rest()
    sits = Pose((0.03, -0.02, 0.01), turn_of_deg(4.0))
    for index in range(100):
        motion = Pose((0.0, 0.1 * math.sin(index / 5), 0.0), turn_of_deg(0, 8 * math.sin(index / 5), 0))
        seen = composed(composed(T_neutral, motion), sits)
        result, ended = place.sample(Located(seen), motion, index * STEP_NS)
        if ended:
            break
    assert isinstance(result, Pose)
    close(in_rest(place, composed(T_neutral, sits)), Pose(), 1e-9)


def test_no_place_before_a_head_was_seen() -> None:
    with pytest.raises(RuntimeError, match="no place yet"):
        seated().T_space_rest()
