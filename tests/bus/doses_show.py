"""A swell on the studio's seat through the real bus core, with or without a dose."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.bus.driver import Driver
from engine.bus.inline import InlineBus
from engine.bus.loop import BusEvent
from engine.bus.registry import create_drivers
from engine.bus.setup import bus_devices
from engine.errors import Problem
from engine.experience import load_rig, resolve
from engine.experience.dose import SeatDose
from engine.experience.resolve import Bindings
from engine.experience.rig import Rig, find_rig
from engine.time import LocalBlock, TransportWriter
from engine.timeline.compile import compile_scene
from engine.timeline.evaluate import Evaluator
from engine.timeline.parse import parse_scene
from engine.timeline.roles import RoleKind, RoleSpec, RoleTable
from engine.timeline.yamlsource import load_yaml_text

ROLES = RoleTable.of([RoleSpec("seat.motion", RoleKind.MOTION, "seat", "motion")])
SCENE = """
duration: 20s
tracks:
  - {role: seat.motion, kind: motion, cues: [{at: 0s, for: 20s, wave: {hz: 0.5, amplitude: {heave: 30mm, roll: 3deg}}}]}
"""


def played(dose: SeatDose | None) -> tuple[NDArray[np.float64], list[tuple[int, dict[str, Any]]]]:
    """Commanded values of every tenth of a second, and what was told of doses: tick and data."""
    problems: list[Problem] = []
    data, places = load_yaml_text(SCENE, "scene.yaml", problems)
    program = compile_scene(
        parse_scene(data, places, problems), scene_id="swell", index=0, roles=ROLES, problems=problems
    )
    assert program is not None, problems
    rig = load_rig("studio")
    (device,) = [
        row
        for row in bus_devices(create_drivers(rig.devices), resolve(rig, ROLES), ROLES, rig)
        if row.driver.name == "seat_a"
    ]
    block = LocalBlock()
    writer = TransportWriter(block)
    writer.append(from_ns=0, scene=0, at_fl=0, rate=1, beat=0)
    told: list[BusEvent] = []
    bus = InlineBus(
        [replace(device, dose=dose)], Evaluator([program], ROLES), block, epoch_ns=0, sink=told.append
    )
    rows = []
    for number in range(1, 400):
        bus.run_until(number * 50_000_000)
        rows.append(bus.core.values("seat_a"))
    return np.array(rows), [(event.tick, dict(event.data)) for event in told if event.kind == "dose"]


def rig_with(device: str, dose: str, folder: Path) -> tuple[Rig, list[Driver], Bindings]:
    """The studio with a dose for one of its devices."""
    text = find_rig("studio").read_text(encoding="utf-8")
    head, found, tail = text.partition(f"  {device}:\n")
    assert found
    path = folder / "rig.yaml"
    path.write_text(f"{head}{found}    dose: {dose}\n{tail}", encoding="utf-8")
    rig = load_rig(path)
    return rig, create_drivers(rig.devices), resolve(rig, ROLES)
