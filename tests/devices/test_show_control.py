"""The families a show control speaks, together: their READMEs' examples, and their twins as one program."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from engine.bus.driver import Attentive, DeviceConfig, Driver, park_frames
from engine.bus.registry import create_source, find_family
from engine.bus.source import SourceConfig
from engine.bus.twins import TwinProgram
from engine.experience.venue_model import CueInDoc
from engine.time import MonotonicClock

FAMILIES = ("osc", "midi", "text", "mqtt", "pjlink")
ROOT = Path(__file__).parents[2] / "devices"


def examples(family: str) -> list[dict[str, Any]]:
    """The indented blocks of a family's README, read as a rig is."""
    text = (ROOT / family / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"(?:^(?: {4}.*)?\n)+", text, re.MULTILINE)
    return [yaml.safe_load(block) for block in blocks if block.strip()]


def devices(family: str, port: str | None = None) -> list[Driver]:
    return [
        find_family(row["driver"])(DeviceConfig(name, port or row["port"], settings=row.get("settings", {})))
        for example in examples(family)
        for name, row in example.get("devices", {}).items()
    ]


@pytest.mark.parametrize("family", FAMILIES)
class TestReadmes:
    def test_devices_can_be_made_as_written(self, family: str) -> None:
        made = devices(family, "twin" if family == "midi" else None)
        assert [driver.family for driver in made] == [family]
        assert all(park_frames(driver) == park_frames(driver) for driver in made)

    def test_every_setting_is_explained(self, family: str) -> None:
        import importlib

        text = (ROOT / family / "README.md").read_text(encoding="utf-8")
        for module in ("driver", "source"):
            if (ROOT / family / f"{module}.py").exists():
                for key in importlib.import_module(f"devices.{family}.{module}")._SETTINGS:
                    assert f"`{key}`" in text or f"{key}:" in text, f"{module}: {key}"

    def test_inputs_can_be_made_as_written(self, family: str) -> None:
        for example in examples(family):
            for name, row in example.get("inputs", {}).items():
                port = "/dev/ttyX" if row["source"] == "midi" else row["port"]
                source = create_source(row["source"], SourceConfig(name, port, row.get("settings", {})))
                assert source.family == family
            for row in example.get("triggers", []):
                CueInDoc.model_validate(row)


@pytest.mark.slow
def test_all_their_twins_are_served_by_one_program_and_hear_them(tmp_path: Path) -> None:
    made = [driver for family in FAMILIES for driver in devices(family, "twin")]
    with TwinProgram(made, tmp_path) as program:
        ports = program.ports
        live = [
            find_family(driver.family)(
                DeviceConfig(driver.name, ports[driver.name], settings=driver.config.settings)
            )
            for driver in made
        ]
        clock = MonotonicClock()
        for driver in live:
            driver.open()
            driver.send(park_frames(driver))
            if isinstance(driver, Attentive):
                for _ in range(10):
                    driver.attend(clock.now_ns())
                    clock.sleep_until_ns(clock.now_ns() + 5_000_000)
            assert driver.health.state == "open", driver.health
        heard = {
            driver.name: (tmp_path / f"{driver.name}.jsonl").read_text(encoding="utf-8") for driver in made
        }
        for driver in live:
            driver.close()
    assert {name: bool(text) for name, text in heard.items()} == {driver.name: True for driver in made}
