"""A guest who has had enough: motion fades before the dose is reached, smoothly, once, and at the same tick in every replay."""

from pathlib import Path

import numpy as np
import pytest

from engine.bus.doses import DoseKeeper
from engine.bus.registry import create_drivers
from engine.bus.setup import bus_devices
from engine.errors import RigError
from engine.experience import load_rig
from engine.experience.dose import SeatDose, dose_of
from engine.motion.exposure.guest import guest_motion
from engine.motion.exposure.metrics import vibration
from tests.bus.doses_show import ROLES, played, rig_with

DT_S = 0.01


def keeper(dose: SeatDose) -> DoseKeeper:
    rig = load_rig("studio")
    (driver,) = [driver for driver in create_drivers(rig.devices) if driver.name == "seat_a"]
    return DoseKeeper(dose, driver, DT_S, (0.0, 0.0, 0.0))


def ride(made: DoseKeeper, seconds: float, heave_m: float) -> tuple[np.ndarray, list[str]]:
    """Swell of 0.5 Hz through the keeper, commanded as wanted."""
    size = 6
    found, told = [], []
    for number in range(round(seconds / DT_S)):
        values = [0.0] * size
        at_s = number * DT_S
        begun = np.sin(min(1.0, at_s / 3.0) * np.pi / 2.0) ** 2
        values[2] = heave_m * begun * np.sin(2 * np.pi * 0.5 * at_s)
        commanded = made.wanted(values)
        told += [news.what for news in made.commanded(commanded, round(number * DT_S * 1e9))]
        found.append(list(commanded))
    return np.array(found), told


def test_a_show_within_its_dose_is_left_alone() -> None:
    made = keeper(SeatDose(vdv_z=100.0, msdv_z=100.0))
    commanded, told = ride(made, 20.0, 0.05)
    assert made.gain == 1.0 and not told
    assert np.abs(commanded[:, 2]).max() == pytest.approx(0.05, rel=1e-3)


@pytest.mark.parametrize(("dose", "weighting", "power"), [("vdv_z", "Wk", 4.0), ("msdv_z", "Wf", 2.0)])
def test_motion_fades_to_rest_before_the_dose_is_reached(dose: str, weighting: str, power: float) -> None:
    free, _ = ride(keeper(SeatDose()), 80.0, 0.05)
    felt = guest_motion(free, DT_S, least_hz=1000.0)
    whole = vibration(felt.acceleration[2], weighting, felt.rate_hz)
    full = float(whole.vdv if power == 4.0 else whole.dose)
    made = keeper(dose_of({dose: 0.7 * full}))
    commanded, told = ride(made, 80.0, 0.05)
    felt = guest_motion(commanded, DT_S, least_hz=1000.0)
    given = vibration(felt.acceleration[2], weighting, felt.rate_hz)
    assert float(given.vdv if power == 4.0 else given.dose) <= 0.7 * full * 1.03
    assert told[0] == "fading" and made.gain < 0.5
    gains = np.abs(commanded[:, 2]) / np.maximum(np.abs(free[:, 2]), 1e-12)
    moving = np.abs(free[:, 2]) > 0.01
    assert (np.diff(gains[moving]) <= 1e-9).all()  # never more again


def test_a_keeper_that_goes_on_where_another_ended_fades_no_later() -> None:
    free = keeper(SeatDose(vdv_z=100.0))
    ride(free, 30.0, 0.05)
    limit = SeatDose(vdv_z=free.given()[2] ** 0.25)
    first, second = keeper(limit), keeper(limit)
    _, told = ride(first, 30.0, 0.05)
    assert told == ["fading"] and 0.05 < first.gain < 0.9
    second.resume(first.given())
    assert second.gain <= first.gain + 0.05
    ride(second, 30.0, 0.05)
    assert first.given()[2] < second.given()[2] <= free.given()[2] * 1.02
    with pytest.raises(ValueError):
        second.resume((1.0,))


def test_the_bus_keeps_a_dose_and_a_replay_fades_at_the_same_tick() -> None:
    free, news = played(None)
    assert not news
    limited, first = played(SeatDose(vdv_z=0.02, vdv_y=0.02))
    again, second = played(SeatDose(vdv_z=0.02, vdv_y=0.02))
    assert first and first == second and np.array_equal(limited, again)
    assert first[0][1]["fade"] == "fading"
    assert np.abs(limited[-100:]).max() < 0.5 * np.abs(free[-100:]).max()


def test_a_dose_for_what_moves_no_seat_is_told_with_its_line(tmp_path: Path) -> None:
    rig, drivers, bindings = rig_with("lights", "{vdv_z: 1}", tmp_path)
    with pytest.raises(RigError, match=r"rig.yaml:\d+.*moves no seat"):
        bus_devices(drivers, bindings, ROLES, rig)


def test_a_dose_that_is_none_is_told_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(RigError, match=r"rig.yaml:\d+.*greater than 0"):
        rig_with("seat_a", "{vdv_z: -1}", tmp_path)


def test_two_limits_are_kept_together() -> None:
    both = SeatDose(vdv_z=2.0, msdv_z=5.0).and_also(SeatDose(vdv_z=1.0, vdv_x=3.0))
    assert both == SeatDose(vdv_x=3.0, vdv_z=1.0, msdv_z=5.0)
