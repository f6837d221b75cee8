"""The rig on each seat's and haptic device's page is one: it loads, and makes a driver."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest

from engine.bus.driver import Driver
from engine.bus.registry import create_drivers
from engine.experience.rig import load_rig

ROOT = Path(__file__).resolve().parents[2]
HEAD = "sensorama_rig: 1\nname: {en: A page, zh: 一页}\nseats: {a: {at: [0, 0, 0]}}\nroles: {}\n"


@pytest.mark.parametrize(
    "family", ["smc3", "yaw", "motion4sim", "openmotion", "evdev_rumble", "intiface", "bhaptics"]
)
def test_the_rig_on_a_page_makes_a_driver(family: str, tmp_path: Path) -> None:
    page = (ROOT / "devices" / family / "README.md").read_text(encoding="utf-8")
    found = re.search(r"^    devices:\n(?:    .*\n)+", page, re.MULTILINE)
    assert found is not None
    path = tmp_path / "rig.yaml"
    path.write_text(HEAD + textwrap.dedent(found.group(0)), encoding="utf-8")
    (driver,) = create_drivers(load_rig(str(path)).devices)
    assert isinstance(driver, Driver) and driver.family == family and driver.groups
