"""Amounts against the plain integral of what is written, and reactions as often as they can come."""

from dataclasses import replace

import pytest

from engine.errors import Problem
from engine.experience import load_package, load_rig, resolve
from engine.experience.budget import Budget
from engine.safety.certificate.contributions.lasting import lasting_costs
from engine.safety.certificate.contributions.repeats import repeats_of
from engine.safety.certificate.contributions.values import Contribution, Material
from engine.safety.certificate.pieces import pieces_of
from engine.safety.paths.values import Additive
from engine.show.rig_check import checked_devices
from engine.story.graph import Edge
from engine.timeline.compile import compile_scene
from engine.timeline.evaluate import Evaluator
from engine.timeline.parse import parse_scene
from engine.timeline.roles import RoleKind, RoleSpec, RoleTable
from engine.timeline.yamlsource import load_yaml_text

ROLES = RoleTable.of(
    [
        RoleSpec("scent.tea", RoleKind.LEVEL, "room", "scent"),
        RoleSpec("air.mist", RoleKind.LEVEL, "room", "water"),
        RoleSpec("seat.shaker", RoleKind.HAPTIC, "seat", "haptic"),
        RoleSpec("look.fog", RoleKind.LEVEL, "room", ""),
    ]
)
SCENE = """
duration: 10s
tracks:
  - {role: scent.tea, kind: level, cues: [{at: 2s, to: 1.0, over: 2s, ease: linear}, {at: 8s, set: 0}]}
  - {role: look.fog, kind: level, cues: [{at: 0s, set: 1}]}
  - {role: seat.shaker, kind: haptic, cues: [{at: 1s, for: 2s, curve: [[0, 0.5], [1, 0.5]], hz: 40}]}
window: {show: 5s, open: 6s, close: 9s, commit: 10s, inputs: [key], hold: {from: 8s, to: 9s, laps: 2}}
triggers:
  - {id: splash, on: key, key: s, from: 2s, to: 7s, do: {reaction: wet}, cooldown: 2s}
reactions:
  wet:
    duration: 2s
    tracks:
      - {role: air.mist, kind: level, cues: [{at: 0s, set: 0.5}, {at: 1s, set: 0}]}
"""


def material() -> Material:
    problems: list[Problem] = []
    data, places = load_yaml_text(SCENE, "scene.yaml", problems)
    program = compile_scene(
        parse_scene(data, places, problems), scene_id="hall", index=0, roles=ROLES, problems=problems
    )
    assert program is not None, problems
    rig = load_rig("studio")
    devices = checked_devices(rig, resolve(rig, ROLES), ROLES)
    pieces = pieces_of([program], {"hall": 0}, [Edge("", "hall"), Edge("hall", "", "out")])
    package = load_package("first_light", hashed=False)
    return Material(package, rig, pieces, Evaluator([program], ROLES), devices, rig.tick_hz)


def stops(found: Contribution, measure: str) -> list[float]:
    (row,) = [row for row in found.measured if row.measure == measure]
    assert isinstance(row.costs, Additive)
    return list(row.costs.stops)


def test_amounts_are_the_integrals_of_what_is_written() -> None:
    made = material()
    found = lasting_costs(made)
    assert [piece.name for piece in made.pieces.pieces] == ["hall", "hall/lap", "hall/tail"]
    assert stops(found, "duration") == [9.0, 1.0, 1.0]
    assert stops(found, "scent_on") == pytest.approx([5.0, 0.0, 0.0], abs=0.03)
    assert stops(found, "haptic_on") == pytest.approx([1.0, 0.0, 0.0], abs=0.03)
    assert min(a - b for a, b in zip(stops(found, "scent_on"), [5.0, 0.0, 0.0], strict=True)) >= -1e-9
    assert stops(found, "fog_on") == [0.0, 0.0, 0.0]  # the picture's fog is none


def test_a_reaction_counts_as_often_as_it_can_come() -> None:
    made = material()
    (repeat,) = repeats_of(made, {1})[0]
    assert (repeat.reaction, repeat.times) == (0, 3)
    assert stops(lasting_costs(made), "water_on") == pytest.approx([3 * 0.5, 0.0, 0.0], abs=0.02)


def test_water_is_told_in_millilitres_where_the_rig_says_how_fast_it_flows() -> None:
    made = material()
    (wet,) = [
        device
        for device in made.devices
        for route in device.routes
        if made.evaluator.roles.roles[route.role_index].name == "air.mist"
    ]
    silent = lasting_costs(made)
    assert not [row for row in silent.measured if row.measure == "water_ml"]
    assert wet.driver.name in silent.notes[0] and "ml_per_s" in silent.notes[0]
    (route,) = [
        route for route in wet.routes if made.evaluator.roles.roles[route.role_index].name == "air.mist"
    ]
    channel = wet.driver.channels[route.channels[0]].name
    flowing = replace(wet, budgets={channel: Budget(ml_per_s=4.0)})
    told = replace(made, devices=tuple(flowing if device is wet else device for device in made.devices))
    assert stops(lasting_costs(told), "water_ml") == pytest.approx([6.0 * route.gain, 0.0, 0.0], abs=0.1)
