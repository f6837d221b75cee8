"""A bad rig fails before anything has moved, with the mistakes of its devices, inputs and permits together."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.bus.governor import leg_shares
from engine.bus.legs import LegTable
from engine.bus.loop import BusDevice
from engine.bus.registry import create_drivers
from engine.cli import main
from engine.experience.rig import load_rig
from engine.show.rig_check import leg_problems
from tests.bus.platform_rigs import PLATFORM, cinema

BAD = """
inputs:
  desk: {source: sample, port: "tcp://nowhere"}
  none: {source: morse, port: x}
timecode:
  follow: {wire: mtc, port: "udp://127.0.0.1", rate: 25}
  send: [{wire: ltc, port: code.wav}]
standby: {listen: "http://x"}
permits:
  door: {source: modbus, port: "tcp://127.0.0.1:502", settings: {}}
"""


@pytest.mark.parametrize("words", [["check", "first_light"], ["play", "first_light", "--headless"]])
def test_every_mistake_of_devices_inputs_and_permits_is_said_at_once(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rig = tmp_path / "rig.yaml"
    text = load_rig("studio").path.read_text(encoding="utf-8").replace("universe: 1", "universe: 99999")
    rig.write_text(text + BAD, encoding="utf-8")
    out = ["--out", str(tmp_path / "run")] if words[0] == "play" else []
    assert main([*words, "--rig", str(rig), *out]) == 2
    said = capsys.readouterr().err
    for word in (
        "99999",
        "tcp://nowhere",
        "unknown source 'morse'",
        "permit door",
        "does not carry mtc",
        "code.wav",
        "http://x",
    ):
        assert word in said
    assert not (tmp_path / "run").exists()


def test_where_loudspeakers_stand_is_looked_at(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rig = tmp_path / "rig.yaml"
    text = load_rig("studio").path.read_text(encoding="utf-8")
    assert "audio: {layout: stereo, preroll: 200ms}" in text
    sound = """audio:
  preroll: 200ms
  outputs:
    - {name: room, layout: 4+9+0, speakers: {M+SC: {azimuth: 30deg}, M-SC: {azimuth: -15deg}, M+090: {azimuth: 70deg}}}
"""
    wrong = text.replace("audio: {layout: stereo, preroll: 200ms}\n", sound)
    rig.write_text(wrong, encoding="utf-8")
    assert main(["check", "first_light", "--rig", str(rig)]) == 2
    assert "audio output room: M+SC stands at azimuth 30 deg" in capsys.readouterr().err
    rig.write_text(wrong.replace("M+SC: {azimuth: 30deg}", "M+SC: {azimuth: 15deg}"), encoding="utf-8")
    assert main(["check", "first_light", "--rig", str(rig)]) == 0
    said = capsys.readouterr().out
    assert "warning: output room: M+090 stands at azimuth 70 deg; 4+9+0 allows 85 to 110" in said


def test_what_axes_lose_to_their_legs_is_told(tmp_path: Path) -> None:
    weak = PLATFORM.replace(
        "velocity: 500mm/s, acceleration: 6m/s2", "velocity: 150mm/s, acceleration: 2m/s2"
    )
    rig = load_rig(cinema(tmp_path, platform=weak))
    table = LegTable()
    drivers = create_drivers(rig.devices)
    specs = {spec.name: spec for spec in rig.devices}
    devices = [
        BusDevice(driver, (), legs=table.of(driver, specs[driver.name].platform)) for driver in drivers
    ]
    said = [problem for problem in leg_problems(devices, rig) if problem.code == "legs"]
    assert [problem.message.split(":")[0] for problem in said] == ["seat_a", "seat_b"]
    held = next(device for device in devices if device.driver.name == "seat_a")
    assert held.legs is not None
    speed, brake = leg_shares(held.driver.channels, held.legs)
    assert (
        f"{speed:.0%} of the axes' speeds" in said[0].message and f"{brake:.0%} of their" in said[0].message
    )
    assert all(problem.severity == "warning" and problem.place.line for problem in said)
    assert not leg_problems([BusDevice(driver, ()) for driver in drivers], rig)
