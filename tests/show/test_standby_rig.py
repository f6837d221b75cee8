"""A standby speaks with one more priority and as another source, where the rig says what these are."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from engine.experience import load_rig
from engine.show.standby.rig import as_standby

CID = "2f1a9f0e-5d0b-4c6e-9a7b-0d8e5a1c3b42"
RIG = f"""\
sensorama_rig: 1
name: {{en: Lights}}
seats: {{a: {{at: [0, 0, 0]}}}}
devices:
  named: {{driver: sacn, port: twin, settings: {{priority: 150, cid: {CID}, fixtures: {{x: {{channels: [1], form: dimmer}}}}}}}}
  most: {{driver: sacn, port: twin, settings: {{priority: 200, fixtures: {{x: {{channels: [1], form: dimmer}}}}}}}}
  plain: {{driver: sacn, port: twin, settings: {{fixtures: {{x: {{channels: [1], form: dimmer}}}}}}}}
roles: {{}}
audio: {{layout: stereo, preroll: 200ms}}
"""


def test_priority_and_identity(tmp_path: Path) -> None:
    (tmp_path / "rig.yaml").write_text(RIG)
    rig = load_rig(tmp_path / "rig.yaml")
    ours = as_standby(rig)
    named, most, plain = ours.devices
    assert named.settings["priority"] == 151
    assert UUID(named.settings["cid"]) != UUID(CID)
    assert as_standby(rig).devices[0] == named  # the same at every start
    assert most.settings["priority"] == 200 and plain is rig.devices[2]
    assert ours.hash == rig.hash and ours.venue == rig.venue
