"""Driver families by name, and messages with a place."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import EntryPoint
from typing import Any

import pytest

from engine.bus import registry
from engine.bus.driver import Driver
from engine.bus.registry import create_drivers, find_family, known_families
from engine.errors import Place, RigError
from engine.experience.rig import DeviceSpec, Latency, load_rig


def device(**changes: Any) -> DeviceSpec:
    plain = DeviceSpec(
        name="fan",
        driver="sample",
        port="twin",
        seat=-1,
        rate_hz=20.0,
        latency=Latency(),
        limits={},
        safe={},
        settings={},
        place=Place("rig.yaml", 5),
        places={("driver",): Place("rig.yaml", 6), ("settings", "colour"): Place("rig.yaml", 9)},
    )
    return replace(plain, **changes)


class TestFinding:
    def test_bundled_families_need_no_install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(registry, "entry_points", lambda group: ())
        families = known_families()
        assert {"amc", "artnet", "sample", "shaker"} <= set(families) and list(families) == sorted(families)
        assert find_family("amc").__module__ == "devices.amc.driver"

    def test_an_installed_family_is_found_by_its_name(self, monkeypatch: pytest.MonkeyPatch) -> None:
        point = EntryPoint("myfan", "devices.sample:create", registry.GROUP)
        monkeypatch.setattr(registry, "entry_points", lambda group: (point,))
        assert "myfan" in known_families()
        assert find_family("myfan").__module__ == "devices.sample.driver"

    def test_an_unknown_driver_is_told_with_the_known_ones_and_its_place(self) -> None:
        with pytest.raises(RigError) as caught:
            create_drivers((device(driver="smell-o-vision"),))
        text = str(caught.value)
        assert text.startswith("rig.yaml:6: unknown driver 'smell-o-vision'")
        assert ", ".join(known_families()) in text

    def test_a_family_that_cannot_be_loaded_says_why(self, monkeypatch: pytest.MonkeyPatch) -> None:
        point = EntryPoint("broken", "no_such_module_here:create", registry.GROUP)
        monkeypatch.setattr(registry, "entry_points", lambda group: (point,))
        with pytest.raises(RigError, match=r"driver 'broken' cannot be loaded: No module named"):
            find_family("broken")


class TestMaking:
    def test_all_mistakes_of_all_devices_at_once(self) -> None:
        specs = (device(settings={"colour": "red"}), device(name="other", driver="nope"))
        with pytest.raises(RigError) as caught:
            create_drivers(specs)
        assert [str(problem.place) for problem in caught.value.problems] == ["rig.yaml:6", "rig.yaml:9"]
        assert "fan: unknown setting 'colour'" in str(caught.value)

    @pytest.mark.parametrize("rig", ["studio", "cinema4d"])
    def test_the_bundled_rigs_can_be_made(self, rig: str) -> None:
        drivers = create_drivers(load_rig(rig).devices)
        assert all(isinstance(driver, Driver) for driver in drivers)
        for driver in drivers:
            for group in driver.groups:
                assert max(group.channels) < len(driver.channels)


def test_every_bundled_family_has_a_line_for_people() -> None:
    rows = dict(registry.list_drivers())
    assert set(rows) >= {"amc", "artnet", "sample", "shaker"}
    assert all(line and not line.startswith("driver") for line in rows.values())
