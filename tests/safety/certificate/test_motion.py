"""What the certificate says of a path is never less than what the bus makes of it."""

from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from engine.motion.cueing.values import GRAVITY_MPS2
from engine.motion.exposure.envelope import low_passed
from engine.motion.exposure.guest import guest_motion
from engine.motion.exposure.norms import Ringing
from engine.safety.certificate.contributions.motion import _Judge
from engine.safety.certificate.contributions.values import Material, Measured
from engine.safety.certificate.contributions.windows import Course, windowed
from engine.safety.certificate.pieces import Piece, Pieces, PieceWay
from engine.safety.certificate.profile import load_profile
from engine.safety.paths.values import Highest, PowerSum, Ratio, Windowed
from tests.safety.certificate.test_courses import commanded, show

WEIGHTING = {"x": "Wd", "y": "Wd", "z": "Wk"}
NAMES = ("swell", "leap", "blink")


@cache
def judged() -> tuple[dict[str, Measured], float, tuple[float, float, float]]:
    evaluator, pieces, device, mover, _ = show()
    from engine.experience import load_package, load_rig

    rig = load_rig("studio")
    material = Material(
        load_package("first_light", hashed=False), rig, pieces, evaluator, (device,), rig.tick_hz
    )
    judge = _Judge(material, load_profile(), mover, ("a",))
    return {row.measure: row for row in judge.measured()}, mover.tick_s, judge._head_m


def along(costs: PowerSum, path: tuple[int, ...]) -> float:
    """What the costs allow on a path of pieces."""
    ringing, total = 0.0, 0.0
    for stop in path:
        total += (costs.own[stop] + ringing) ** costs.power
        ringing = costs.tail[stop] + costs.decay[stop] * ringing
    return float(total ** (1.0 / costs.power))


PATHS = ((0,), (1,), (0, 1), (1, 0), (0, 0, 1, 1, 0), (1, 2, 0), (0, 1, 2, 1))


@pytest.mark.parametrize("path", PATHS)
def test_doses_are_never_less_than_those_of_the_bus(path: tuple[int, ...]) -> None:
    found, tick_s, head_m = judged()
    felt = guest_motion(np.concatenate(commanded(*path)), tick_s, head_m)
    close = []
    for axis, name in enumerate("xyz"):
        output = Ringing(WEIGHTING[name], felt.rate_hz).weigh(felt.acceleration[axis]).output
        dose = float((np.sum(output**4) / felt.rate_hz) ** 0.25)
        costs = found[f"vdv_{name}"].costs
        assert isinstance(costs, PowerSum)
        assert along(costs, path) >= dose * (1.0 - 1e-6)
        close.append(along(costs, path) / max(dose, 1e-9))
        running = np.convolve(output**2, np.ones(round(felt.rate_hz)))[: len(output)].max() / felt.rate_hz
        windows = found[f"mtvv_{name}"].costs
        assert isinstance(windows, Windowed)
        assert max([*(windows.inside[stop] for stop in path), *_seams(windows, path)]) >= running * (
            1.0 - 1e-6
        )
        mean = found[f"vibration_{name}"].costs
        assert isinstance(mean, Ratio)
        above = sum(mean.above[stop] for stop in path)
        assert above >= np.sum(output**2) / felt.rate_hz * (1.0 - 1e-6)
    sick = Ringing("Wf", felt.rate_hz).weigh(felt.acceleration[2]).l2
    costs = found["msdv_z"].costs
    assert isinstance(costs, PowerSum) and along(costs, path) >= sick * (1.0 - 1e-6)
    assert (
        min(close) < 5.0
    )  # these leaps are as abrupt as the seat allows; smooth scenes come within a few percent


def _seams(windows: Windowed, path: tuple[int, ...]) -> list[float]:
    _, pieces, _, _, _ = show()
    numbers = {(way.source, way.target): number for number, way in enumerate(pieces.ways)}
    found = [windows.across[numbers[one, other]] for one, other in pairwise(path)]
    # Over a piece shorter than the window lie two seams.
    for one, between, other in zip(path, path[1:], path[2:], strict=False):
        if windows.duration_s[between] < windows.window_s:
            found.append(windows.tail[one] + windows.total[between] + windows.head[other])
    return found


@pytest.mark.parametrize("path", PATHS)
def test_peaks_are_never_less_than_those_of_the_bus(path: tuple[int, ...]) -> None:
    found, tick_s, head_m = judged()
    _, pieces, _, _, _ = show()
    numbers = {(way.source, way.target): number for number, way in enumerate(pieces.ways)}
    felt = guest_motion(np.concatenate(commanded(*path)), tick_s, head_m)
    inner = slice(
        0, felt.acceleration.shape[1] - round(0.3 * felt.rate_hz)
    )  # at its end the course stops short
    shown = low_passed(felt.acceleration / GRAVITY_MPS2, felt.rate_hz, load_profile().low_pass_hz)
    real = {
        **{f"acceleration_{name}": np.abs(shown[axis][inner]).max() for axis, name in enumerate("xyz")},
        "onset": np.sqrt((np.diff(shown[:, inner], axis=1) ** 2).sum(axis=0)).max() * felt.rate_hz,
        "tilt": felt.tilt_deg[inner].max(),
        "turn_rate": np.sqrt((felt.turn[:, inner] ** 2).sum(axis=0)).max(),
    }
    for name, most in real.items():
        costs = found[name].costs
        assert isinstance(costs, Highest)
        over = [costs.ways[numbers[one, other]] for one, other in pairwise(path)]
        assert max([*(costs.stops[stop] for stop in path), *over]) >= most * (1.0 - 1e-3), name


def test_energy_in_a_second_over_a_seam_is_never_less_than_it_is() -> None:
    rng = np.random.default_rng(5)
    rate_hz = 200.0
    pieces = Pieces(
        (Piece("a", 0, 0, 10, 10), Piece("b", 1, 0, 10, 10)),
        (PieceWay(-1, 0), PieceWay(0, 1), PieceWay(1, -1)),
    )
    for _ in range(30):
        one, other = rng.random(500) ** 8, rng.random(700) ** 8
        costs = windowed("x", pieces, [Course(one, rate_hz, 0.0), Course(other, rate_hz, 0.0)], [2.5, 3.5])
        whole = np.concatenate((one, other))
        sums = np.convolve(whole, np.ones(200), "valid") / rate_hz
        over = sums[301:500].max()  # begins in the first, ends in the second
        assert over <= costs.across[1] <= over * 1.15
        assert costs.inside[0] == pytest.approx(sums[:301].max())
        louder = windowed("x", pieces, [Course(one, rate_hz, 0.5), Course(other, rate_hz, 0.5)], [2.5, 3.5])
        assert louder.inside[0] == pytest.approx((np.sqrt(sums[:301].max()) + 0.5) ** 2)


def test_what_lasts_in_a_scene_may_be_made_to_last_by_a_reaction() -> None:
    """Two bumps one after the other: neither lasts, both together do; levels that last do not add up."""
    from dataclasses import replace

    from engine.experience import load_package, load_rig
    from engine.motion.exposure.envelope import EnvelopeRow

    evaluator, pieces, device, mover, _ = show()
    rig = load_rig("studio")
    material = Material(
        load_package("first_light", hashed=False), rig, pieces, evaluator, (device,), rig.tick_hz
    )
    lasting = replace(load_profile(), envelope=(EnvelopeRow(0, 1, 0.7, 0.1),))
    judge = _Judge(material, lasting, mover, ("a",))
    at_s = np.arange(round(4.0 / mover.tick_s)) * mover.tick_s
    scene, reaction = (np.zeros((len(at_s), 6)) for _ in range(2))
    for poses, begin_s in ((scene, 1.0), (reaction, 1.5)):
        rise = np.clip(np.minimum(at_s - begin_s, begin_s + 0.6 - at_s) / 0.1, 0.0, 1.0)
        poses[:, 4] = 6.0 * rise * rise * (3.0 - 2.0 * rise)

    def highest(poses: np.ndarray, at_once: bool = False) -> float:
        felt = guest_motion(poses, mover.tick_s, judge._head_m)
        return float(judge._highest_of(felt, at_once=at_once)[-1])

    together = highest(scene + reaction)
    assert together > 0.5
    assert highest(scene) + highest(reaction) < together
    assert highest(scene) + highest(reaction, at_once=True) >= together
