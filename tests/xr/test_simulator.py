"""The head and hands of somebody at a desk: from inputs to poses, without a window."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.xr.poses import rotated
from engine.xr.simulator import (
    BODY_KEYS,
    HAND_FAR_M,
    HAND_NEAR_M,
    MOVE_MPS,
    PITCH_MAX_DEG,
    REACH_M,
    TURN_DPS,
    DeskInput,
    PadInput,
    Simulator,
    Stance,
)
from engine.xr.values import LEFT, NO_HAND, RIGHT, Tracked

STEP_S = 1 / 60


def held(*keys: str) -> DeskInput:
    return DeskInput(held=frozenset(keys))


def run(simulator: Simulator, desk: DeskInput, seconds: float) -> Tracked:
    last = Tracked(0)
    for number in range(round(seconds / STEP_S)):
        last = simulator.sample(desk, number, STEP_S)
    return last


def test_nothing_done_is_a_guest_at_rest() -> None:
    assert Simulator().sample(DeskInput(), 5, STEP_S) == Tracked(at_ns=5, present=True)


@pytest.mark.parametrize(
    ("key", "axis", "sign"), [("d", 0, 1), ("a", 0, -1), ("w", 1, 1), ("s", 1, -1), ("r", 2, 1), ("f", 2, -1)]
)
def test_keys_move_the_head(key: str, axis: int, sign: int) -> None:
    seen = run(Simulator(), held(key), 0.5)
    expected = [0.0, 0.0, 0.0]
    expected[axis] = sign * MOVE_MPS * 0.5
    assert seen.head.position_m == pytest.approx(expected)


def test_forward_is_where_the_body_faces_even_when_it_looks_down() -> None:
    simulator = Simulator(Stance(yaw_deg=90.0, pitch_deg=-60.0))
    assert run(simulator, held("w"), 0.5).head.position_m == pytest.approx((-0.3, 0.0, 0.0))


def test_keys_turn_it_and_opposite_keys_cancel() -> None:
    simulator = Simulator()
    run(simulator, held("q"), 0.5)
    assert simulator.stance.yaw_deg == pytest.approx(TURN_DPS / 2)
    run(simulator, held("q", "e", "w", "s"), 0.5)
    assert simulator.stance.yaw_deg == pytest.approx(TURN_DPS / 2)
    assert simulator.stance.position_m == (0.0, 0.0, 0.0)


def test_a_drag_turns_by_as_much_whatever_the_frame_rate() -> None:
    simulator = Simulator()
    simulator.sample(DeskInput(turned_deg=(12.0, 5.0)), 0, 0.001)
    assert (simulator.stance.yaw_deg, simulator.stance.pitch_deg) == (12.0, 5.0)


def test_home_puts_everything_back() -> None:
    simulator = Simulator()
    run(simulator, DeskInput(held=frozenset("wq"), hand=RIGHT, pointer_tan=(0.1, 0.1)), 0.5)
    assert simulator.stance != Stance()
    assert simulator.sample(held("home"), 1, STEP_S) == Tracked(at_ns=1, present=True)


def test_a_held_up_window_does_not_throw_the_head() -> None:
    simulator = Simulator()
    simulator.sample(held("w"), 0, 30.0)
    assert simulator.stance.position_m[1] == pytest.approx(MOVE_MPS * 0.1)


@pytest.mark.parametrize("step", [-0.01, math.nan, math.inf])
def test_a_step_that_is_none_is_refused(step: float) -> None:
    with pytest.raises(ValueError, match="expected 0 or more"):
        Simulator().sample(DeskInput(), 0, step)


@given(
    st.lists(
        st.tuples(
            st.frozensets(st.sampled_from(sorted(BODY_KEYS - {"home"}))),
            st.tuples(st.floats(-40, 40), st.floats(-40, 40)),
        ),
        max_size=30,
    )
)
def test_the_head_stays_within_reach(steps: list[tuple[frozenset[str], tuple[float, float]]]) -> None:
    simulator = Simulator()
    for keys, turned in steps:
        simulator.sample(DeskInput(held=keys, turned_deg=turned), 0, 0.1)
        for value, (low, high) in zip(simulator.stance.position_m, REACH_M, strict=True):
            assert low <= value <= high
        assert abs(simulator.stance.pitch_deg) <= PITCH_MAX_DEG
        assert -180.0 <= simulator.stance.yaw_deg <= 180.0


# ---- gaze and hands


def test_the_pointer_is_the_gaze() -> None:
    simulator = Simulator(Stance(yaw_deg=90.0))
    seen = simulator.sample(DeskInput(pointer_tan=(0.5, 0.0)), 0, STEP_S)
    assert seen.gaze is not None
    along = rotated(seen.gaze.turn, (0.0, 1.0, 0.0))
    # 90 degrees to the left, then tan 0.5 to the right of that: mostly -X, a little +Y.
    assert along == pytest.approx((-1 / math.hypot(1, 0.5), 0.5 / math.hypot(1, 0.5), 0.0))


def test_without_a_pointer_the_head_looks() -> None:
    assert Simulator().sample(DeskInput(), 0, STEP_S).gaze is None


@pytest.mark.parametrize("side", [LEFT, RIGHT])
def test_a_steered_hand_points_at_what_is_under_the_pointer(side: int) -> None:
    simulator = Simulator(Stance((0.2, 0.1, 0.0), 30.0, -10.0))
    desk = DeskInput(pointer_tan=(0.3, -0.2), hand=side)
    seen = simulator.sample(desk, 0, STEP_S)
    gaze = simulator.sample(DeskInput(pointer_tan=(0.3, -0.2)), 0, STEP_S).gaze
    hand = seen.hands[side]
    assert seen.gaze is None and seen.hands[1 - side] == NO_HAND
    assert hand.kind == "controller" and hand.aim is not None and gaze is not None
    ray = rotated(gaze.turn, (0.0, 1.0, 0.0))
    assert rotated(hand.aim.turn, (0.0, 1.0, 0.0)) == pytest.approx(ray)
    away = [h - g for h, g in zip(hand.aim.position_m, gaze.position_m, strict=True)]
    length = math.hypot(*away)
    assert [value / length for value in away] == pytest.approx(ray)  # it lies on that ray


def test_the_wheel_says_how_far_and_ends_in_an_arms_length() -> None:
    simulator = Simulator()
    lengths = []
    for wheel in (0, 1, 100, -100):
        simulator.sample(DeskInput(pointer_tan=(0.0, 0.0), hand=RIGHT, wheel=wheel), 0, STEP_S)
        lengths.append(simulator.stance.hands[RIGHT].length_m)
    assert lengths[0] < lengths[1] and lengths[2:] == [HAND_FAR_M, HAND_NEAR_M]


def test_a_hand_rides_with_the_body_but_not_with_a_nod() -> None:
    simulator = Simulator()
    before = simulator.sample(DeskInput(pointer_tan=(0.2, -0.1), hand=LEFT), 0, STEP_S).hands[LEFT]
    nodded = simulator.sample(DeskInput(turned_deg=(0.0, -30.0)), 0, STEP_S).hands[LEFT]
    assert before.grip is not None and nodded.grip is not None
    assert nodded.grip.position_m == pytest.approx(before.grip.position_m)
    turned = simulator.sample(DeskInput(turned_deg=(90.0, 0.0)), 0, STEP_S).hands[LEFT]
    x, y, z = before.grip.position_m
    assert turned.grip is not None and turned.grip.position_m == pytest.approx((-y, x, z))


def test_a_click_selects_with_the_steered_hand_only() -> None:
    simulator = Simulator()
    simulator.sample(DeskInput(pointer_tan=(0.0, 0.0), hand=LEFT), 0, STEP_S)
    seen = simulator.sample(DeskInput(pointer_tan=(0.0, 0.0), hand=RIGHT, pressed=True), 0, STEP_S)
    assert [hand.selected for hand in seen.hands] == [False, True] and seen.hands[RIGHT].select_ratio == 1.0


# ---- gamepad


def pad(**values: object) -> DeskInput:
    return DeskInput(pad=PadInput(**values))  # type: ignore[arg-type]


def test_sticks_move_and_turn() -> None:
    simulator = Simulator()
    run(simulator, pad(move=(0.5, 0.0)), 1.0)
    assert simulator.stance.position_m == pytest.approx((MOVE_MPS / 2, 0.0, 0.0))
    run(simulator, pad(turn=(1.0, 0.5)), 0.5)
    assert simulator.stance.yaw_deg == pytest.approx(-TURN_DPS / 2)
    assert simulator.stance.pitch_deg == pytest.approx(TURN_DPS / 4)
    run(simulator, pad(rise=-1.0), 0.5)
    assert simulator.stance.position_m[2] == pytest.approx(-MOVE_MPS / 2)


def test_a_shoulder_makes_its_stick_steer_the_hand() -> None:
    simulator = Simulator()
    seen = run(simulator, pad(shoulders=(True, False), move=(0.0, 1.0)), 0.25)
    assert simulator.stance.position_m == (0.0, 0.0, 0.0)
    first = seen.hands[LEFT].grip
    later = run(simulator, pad(shoulders=(True, False), move=(0.0, 1.0)), 0.25).hands[LEFT].grip
    assert first is not None and later is not None and later.position_m[2] > first.position_m[2]


@pytest.mark.parametrize(("ratio", "selected"), [(0.2, False), (0.5, True), (1.0, True)])
def test_a_trigger_brings_its_hand_out_and_selects(ratio: float, selected: bool) -> None:
    seen = Simulator().sample(pad(trigger_ratios=(0.0, ratio)), 0, STEP_S)
    assert seen.hands[LEFT] == NO_HAND
    assert seen.hands[RIGHT].select_ratio == ratio and seen.hands[RIGHT].selected is selected


def test_who_takes_the_pad_looks_with_the_head_until_the_mouse_moves_again() -> None:
    simulator = Simulator()
    pointing = DeskInput(pointer_tan=(0.5, 0.0))
    assert simulator.sample(pointing, 0, STEP_S).gaze is not None
    used = DeskInput(pointer_tan=(0.5, 0.0), pad=PadInput(turn=(0.1, 0.0)))
    assert simulator.sample(used, 0, STEP_S).gaze is None
    assert simulator.sample(pointing, 0, STEP_S).gaze is None  # it still lies where it lay
    moved = DeskInput(pointer_tan=(0.4, 0.0), pointer_moved=True)
    assert simulator.sample(moved, 0, STEP_S).gaze is not None


def test_the_pads_home_and_menu() -> None:
    simulator = Simulator(Stance((1.0, 0.0, 0.0), 40.0))
    simulator.sample(pad(home=True), 0, STEP_S)
    assert simulator.stance == Stance(by_pad=True)
    seen = simulator.sample(pad(menu=True, trigger_ratios=(0.1, 0.1)), 0, STEP_S)
    assert [hand.menu for hand in seen.hands] == [True, False]
