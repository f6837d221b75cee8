"""The fit: never beyond a limit whatever is asked, the best there is where that can be said, and better than washout."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.motion.cueing.fit import Weights, excess, fit_course, fit_poses, linear_felt
from engine.motion.cueing.perception import felt_error
from engine.motion.cueing.specific_force import felt
from engine.motion.cueing.spline import at_knots, bounds, pieces, sampled
from engine.motion.cueing.values import GRAVITY_MPS2, KNOT_HZ, Course, Fitted, Workspace
from engine.motion.cueing.washout import WashoutParameters, washed_out
from engine.motion.cueing.workspace import legs_near_home, shrink_to_legs
from engine.motion.platforms.factory import make_platform
from tests.motion.cueing.cases import SEAT, hexapod, ride, still

SURGE, SWAY, HEAVE, ROLL, PITCH, YAW = range(6)


def given_by(fitted: Fitted, workspace: Workspace = SEAT) -> Course:
    return Course(KNOT_HZ, *felt(*at_knots(fitted.control, KNOT_HZ), head_m=workspace.head_m))


def adversary(kind: str, seed: int, knots: int) -> Course:
    """Courses nobody would write."""
    rng = np.random.default_rng(seed)
    force, turn = still(knots)
    match kind:
        case "noise":
            force += rng.normal(size=force.shape) * 30.0
            turn += rng.normal(size=turn.shape) * 300.0
        case "steps":
            signs = rng.choice([-1.0, 1.0], size=(knots // 10 + 1, 6)).repeat(10, axis=0)[:knots]
            force += signs[:, :3] * 50.0
            turn += signs[:, 3:] * 500.0
        case "spike":
            at = int(rng.integers(0, knots))
            force[at] += rng.normal(size=3) * 1e5
            turn[at] += rng.normal(size=3) * 1e5
        case "lasting":
            force += rng.normal(size=3) * 1e3
            turn += rng.normal(size=3) * 1e3
        case _:  # a chirp up to half the rate
            t = np.linspace(0, 1, knots)[:, None]
            force += 20.0 * np.sin(np.pi * t**2 * knots / 2 * rng.uniform(0.5, 1, 3))
            turn += 200.0 * np.sin(np.pi * t**2 * knots / 2 * rng.uniform(0.5, 1, 3))
    return Course(KNOT_HZ, force, turn)


def test_a_spline_is_bounded_by_its_differences_at_every_instant() -> None:
    rng = np.random.default_rng(3)
    control = rng.normal(size=(40, 6))
    control[:2] = control[-2:] = 0.0
    position, velocity, acceleration = sampled(control, 50.0, 64)
    low, high, speed, bend, jerk = bounds(control, 50.0)
    assert (position >= low - 1e-12).all() and (position <= high + 1e-12).all()
    assert (np.abs(velocity) <= speed + 1e-9).all()
    assert (np.abs(acceleration) <= bend + 1e-6).all()
    third = 6.0 * pieces(control)[..., 3] * 50.0**3
    np.testing.assert_allclose(
        np.abs(third).max(axis=0), np.abs(np.diff(control, 3, axis=0)).max(axis=0) * 50.0**3
    )
    assert (np.abs(third) <= jerk + 1e-6).all()
    # And it is twice continuously differentiable: each piece ends as the next begins.
    ends = pieces(control)
    np.testing.assert_allclose(ends[:-1].sum(axis=-1), ends[1:, :, 0], atol=1e-12)
    np.testing.assert_allclose(ends[:-1, :, 1:] @ [1.0, 2.0, 3.0], ends[1:, :, 1], atol=1e-12)
    np.testing.assert_allclose(ends[:-1, :, 2] + 3 * ends[:-1, :, 3], ends[1:, :, 2], atol=1e-12)


@settings(max_examples=10)
@given(
    st.sampled_from(["noise", "steps", "spike", "lasting", "chirp"]),
    st.integers(0, 10_000),
    st.integers(1, 150),
    st.sampled_from([0.01, 1.0, 10.0]),
)
def test_no_course_breaks_a_limit(kind: str, seed: int, knots: int, size: float) -> None:
    """Looked at through samples sixteen times as dense, apart from the proof."""
    seat = replace(SEAT, low=tuple(size * x for x in SEAT.low), high=tuple(size * x for x in SEAT.high))
    found = fit_course(adversary(kind, seed, knots), seat)
    assert excess(found.control, seat) <= 1.0
    position, velocity, acceleration = sampled(found.control, KNOT_HZ, 16)
    assert (position >= seat.low).all() and (position <= seat.high).all()
    assert (np.abs(velocity) <= seat.velocity).all()
    assert (np.abs(acceleration) <= seat.acceleration).all()
    jerk = np.abs(pieces(found.control)[..., 3]) * 6.0 * KNOT_HZ**3
    assert (jerk <= seat.jerk).all()
    for row in (position, velocity, acceleration):
        assert not row[0].any() and not row[-1].any()


@pytest.mark.parametrize("kind", ["noise", "lasting"])
def test_no_course_breaks_a_leg(kind: str) -> None:
    platform = make_platform(hexapod())
    seat = replace(
        SEAT,
        low=(-0.15, -0.15, -0.12, -20.0, -20.0, -20.0),
        high=(0.15, 0.15, 0.12, 20.0, 20.0, 20.0),
        velocity=(0.4, 0.4, 0.4, 40.0, 40.0, 40.0),
        acceleration=(4.0, 4.0, 4.0, 200.0, 200.0, 200.0),
        legs=(legs_near_home(platform),),
    )
    found = fit_course(
        adversary(kind, 5, 200), seat, scale_to_fit=shrink_to_legs((platform,)), legs_of=(platform.legs,)
    )
    assert excess(found.control, seat) <= 1.0
    poses, velocity, acceleration = sampled(found.control, KNOT_HZ, 32)
    legs = platform.legs(poses)
    speed, bend = platform.rates(poses, velocity, acceleration)
    assert (legs >= platform.low).all() and (legs <= platform.high).all()
    assert (np.abs(speed) <= platform.velocity).all()
    assert (np.abs(bend) <= platform.acceleration).all()
    assert found.scale > 0.6
    # It is worth telling the programme of the legs: without, the exact check has to shrink far more.
    blind = fit_course(
        adversary(kind, 5, 200), replace(seat, legs=()), scale_to_fit=shrink_to_legs((platform,))
    )
    assert blind.scale < 0.7 * found.scale


@pytest.mark.parametrize("scale", [0.3, 2.0])
def test_it_beats_washout_and_standing_still_in_what_is_felt(scale: float) -> None:
    """Washout at its best of three tunings: a person who sets one up turns its gain down until it is not in the way."""
    wanted = ride().scaled(scale, scale)
    fitted = fit_course(wanted, SEAT)
    nothing = Fitted(np.zeros_like(fitted.control), KNOT_HZ)
    washouts = [
        fit_poses(washed_out(wanted, WashoutParameters(pole_rps=pole, force_gain=gain, turn_gain=gain)), SEAT)
        for pole, gain in ((0.25, 1.0), (2.5, 0.5), (2.5, 0.25))
    ]
    error, rest = (felt_error(wanted, given_by(one)).over_rms for one in (fitted, nothing))
    best = min(felt_error(wanted, given_by(one)).over_rms for one in washouts)
    print(f"x {scale}: felt error fit {error:.3f}, best washout {best:.3f}, at rest {rest:.3f}")
    assert error < 0.8 * best
    assert error < 0.6 * rest


def test_tilt_coordination_falls_out() -> None:
    """A lasting push forwards: the seat surges, tilts its nose up slowly enough to go unnoticed, and stays there."""
    force, turn = still(801)
    force[100:700, 1] += 0.8
    found = fit_course(Course(KNOT_HZ, force, turn), SEAT)
    position, velocity, _ = at_knots(found.control, KNOT_HZ)
    assert position[400, PITCH] == pytest.approx(np.degrees(np.arcsin(0.8 / GRAVITY_MPS2)), abs=0.15)
    assert np.abs(velocity[:, PITCH]).max() < 4.5
    assert position[90:140, SURGE].max() > position[400, SURGE] + 0.005
    # It leans back before the push and hides that by going backwards: no filter can know what comes.
    assert position[99, PITCH] > 1.5
    assert velocity[99, SURGE] < -0.05
    assert np.abs(found.control[:, [SWAY, HEAVE, ROLL, YAW]]).max() < 1e-2


def test_what_fits_is_given_as_it_was_asked() -> None:
    t = np.arange(601) / KNOT_HZ
    force, turn = still(601)
    swell = np.where((t > 2) & (t < 10), np.sin(np.pi * (t - 2) / 8) ** 2, 0.0)
    force[:, 2] += swell * 0.6 * np.sin(2 * np.pi * 0.8 * t)
    found = fit_course(Course(KNOT_HZ, force, turn), SEAT)
    np.testing.assert_allclose(given_by(found).force_mps2, force, atol=0.08)
    assert felt_error(Course(KNOT_HZ, force, turn), given_by(found)).over_rms == 0.0


def test_it_is_the_best_there_is_when_nothing_is_in_the_way() -> None:
    """In a vast workspace the programme is least squares: the same as numpy's, unknown by unknown."""
    vast = Workspace((-9.0,) * 6, (9.0,) * 6, (1e3,) * 6, (1e4,) * 6, (1e6,) * 6)
    rng = np.random.default_rng(2)
    force, turn = still(40)
    force[:, 2] += rng.normal(size=40) * 0.01
    found = fit_course(Course(KNOT_HZ, force, turn), vast, Weights(relinearise=0))
    design = np.zeros((38, 36))
    for k in range(36):
        design[k : k + 3, k] = np.array([1.0, -2.0, 1.0]) * KNOT_HZ**2 / 0.28
    design = np.vstack((design, np.eye(36) * np.sqrt(0.02) / 9.0))
    aim = np.concatenate(((force[1:-1, 2] - GRAVITY_MPS2) / 0.28, np.zeros(36)))
    best = np.linalg.lstsq(design, aim, rcond=None)[0]
    cost = np.sum((design @ best - aim) ** 2)
    ours = np.sum((design @ found.control[2:-2, HEAVE] - aim) ** 2)
    assert cost <= ours * (1 + 1e-9) <= cost * 1.001


def test_the_gap_is_closed_and_the_model_is_the_motion_near_home() -> None:
    fitted = fit_course(ride(), SEAT)
    assert fitted.gap < 1e-4
    assert fitted.steps < 40
    small = 1e-3 * fitted.control
    force, turn = linear_felt(small, SEAT)
    exact = felt(*at_knots(small, KNOT_HZ), head_m=SEAT.head_m)
    np.testing.assert_allclose(force, exact[0], atol=2e-6)
    np.testing.assert_allclose(turn, exact[1], atol=1e-5)


def test_axes_without_room_stay_where_they_are() -> None:
    seat = replace(SEAT, low=(0.0, -0.04, -0.05, -8.0, -8.0, 0.0), high=(0.0, 0.04, 0.05, 8.0, 8.0, 6.0))
    assert seat.moving == (SWAY, HEAVE, ROLL, PITCH)
    found = fit_course(ride(6.0), seat)
    assert not found.control[:, [SURGE, YAW]].any()
    assert found.control[:, PITCH].any()
    nothing = replace(SEAT, low=(0.0,) * 6, high=(0.0,) * 6)
    assert not fit_course(ride(6.0), nothing).control.any()
    assert not fit_poses(np.ones((200, 6)), nothing).control.any()


def test_twice_the_same() -> None:
    np.testing.assert_array_equal(fit_course(ride(6.0), SEAT).control, fit_course(ride(6.0), SEAT).control)


def test_poses_are_followed_where_they_can_be() -> None:
    t = np.arange(401) / KNOT_HZ
    wanted = np.zeros((401, 6))
    wanted[:, ROLL] = 5.0 * np.sin(np.pi * t / 8) ** 2 * np.sin(2 * t)
    found = fit_poses(wanted, SEAT)
    np.testing.assert_allclose(at_knots(found.control, KNOT_HZ)[0][:, ROLL], wanted[:, ROLL], atol=0.02)
    far = fit_poses(wanted * 100.0, SEAT)
    assert excess(far.control, SEAT) <= 1.0
    with pytest.raises(ValueError, match="finite"):
        fit_poses(np.full((10, 6), np.nan), SEAT)


def test_a_course_of_another_rate_is_refused() -> None:
    with pytest.raises(ValueError, match="the fit needs 50"):
        fit_course(Course(100.0, *still(50)), SEAT)


def test_a_check_that_is_never_satisfied_ends_at_home() -> None:
    found = fit_course(ride(4.0), SEAT, scale_to_fit=lambda control: 0.5)
    assert not found.control.any()
    assert found.scale == 0.0
