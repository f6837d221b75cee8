"""Sounds of made-up courses: over seams, beyond short scenes, behind the end, over themselves: never less than what adds up."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from engine.errors import Problem
from engine.experience import load_package, load_rig
from engine.safety.certificate.contributions import sound
from engine.safety.certificate.contributions.sound import STEP_S, Heard, sound_costs
from engine.safety.certificate.contributions.values import Contribution, Material, Measured
from engine.safety.certificate.pieces import pieces_of
from engine.safety.paths.values import Additive, Windowed
from engine.story.graph import Edge
from engine.timeline.compile import compile_scene
from engine.timeline.evaluate import Evaluator
from engine.timeline.parse import parse_scene
from engine.timeline.roles import RoleKind, RoleSpec, RoleTable
from engine.timeline.yamlsource import load_yaml_text

ROLES = RoleTable.of([RoleSpec("light.hero", RoleKind.COLOR, "room", "light")])
KNOCKS = """duration: 4s
tracks: []
triggers:
  - {id: knock, on: key, key: s, from: 1s, to: 3s, do: {reaction: bang}, cooldown: %s}
reactions:
  bang: {duration: 1s, tracks: [{kind: audio, cues: [{at: 0s, file: audio/bang.flac, bus: effects}]}]}
"""


def material(
    count: int, monkeypatch: pytest.MonkeyPatch, text: str = "duration: 4s\ntracks: []\n"
) -> Material:
    """Scenes of four seconds, one after the other."""
    programs, names = [], [f"s{number}" for number in range(count)]
    for number in range(count):
        problems: list[Problem] = []
        data, places = load_yaml_text(text, "scene.yaml", problems)
        scene = parse_scene(data, places, problems)
        made = compile_scene(scene, scene_id=names[number], index=number, roles=ROLES, problems=problems)
        assert made is not None, problems
        programs.append(made)
    ways = [Edge("", names[0]), *(Edge(a, b) for a, b in pairwise(names)), Edge(names[-1], "", "out")]
    pieces = pieces_of(programs, {name: number for number, name in enumerate(names)}, ways)
    from dataclasses import replace

    package = replace(load_package("first_light", hashed=False), scenes=tuple(programs))
    return Material(package, load_rig("studio"), pieces, Evaluator(programs, ROLES), (), 1000)


def heard_as(
    monkeypatch: pytest.MonkeyPatch, rows: Sequence[np.ndarray], bang: np.ndarray | None = None
) -> None:
    """Scenes (and a reaction) sound like this, tenth by tenth: K-weighted power; A-weighted half as much."""

    def render(made: Material, package: Any, number: int, books: Any, name: str = "") -> Heard:
        row = bang if name and bang is not None else rows[number]
        return Heard(row, row / 2.0, 0.1, len(row) * STEP_S)

    monkeypatch.setattr(sound, "_heard", render)


def of(found: Contribution, measure: str) -> Measured:
    (row,) = [row for row in found.measured if row.measure == measure]
    return row


def most(power: np.ndarray, seconds: float) -> float:
    steps = round(seconds / STEP_S)
    return float(np.convolve(power, np.ones(steps)).max() * STEP_S)


@pytest.mark.parametrize("measure", ["loudness_short", "loudness_momentary"])
def test_windows_over_a_seam_hold_what_sounds_on_both_sides(
    monkeypatch: pytest.MonkeyPatch, measure: str
) -> None:
    rng = np.random.default_rng(4)
    window_s = 3.0 if measure == "loudness_short" else 0.4
    for _ in range(20):
        rows = [
            rng.random(90) ** 6 * (np.arange(90) < 60) for _ in range(2)
        ]  # four seconds, and two that ring on
        heard_as(monkeypatch, rows)
        made = material(2, monkeypatch)
        costs = of(sound_costs(made, None), measure).costs
        assert isinstance(costs, Windowed)
        joined = np.zeros(130)
        joined[:90] += np.sqrt(rows[0])
        joined[40:] += np.sqrt(rows[1])  # amplitudes add at the worst
        real = most(joined[:80] ** 2, window_s)
        number = next(n for n, way in enumerate(made.pieces.ways) if (way.source, way.target) == (0, 1))
        assert costs.across is not None
        assert max(*costs.inside, costs.across[number]) >= real * (1.0 - 1e-9)
        assert costs.across[number] <= 1.6 * most(
            joined[40 - round(window_s * 10) : 40 + round(window_s * 10)] ** 2, window_s
        )


def test_what_rings_on_is_louder_in_the_scene_after(monkeypatch: pytest.MonkeyPatch) -> None:
    quiet, ringing = np.full(90, 1e-6), np.where(np.arange(90) < 60, 0.01, 0.0)
    heard_as(monkeypatch, [ringing, quiet])
    costs = of(sound_costs(material(2, monkeypatch), None), "loudness_momentary").costs
    assert isinstance(costs, Windowed)
    assert costs.inside[1] >= 0.4 * 0.01
    heard_as(monkeypatch, [quiet, quiet])
    calm = of(sound_costs(material(2, monkeypatch), None), "loudness_momentary").costs
    assert isinstance(calm, Windowed) and calm.inside[1] < 1e-5


def test_the_dose_is_that_of_the_whole_time_and_needs_a_level(monkeypatch: pytest.MonkeyPatch) -> None:
    heard_as(monkeypatch, [np.where(np.arange(90) < 40, 1.0, 0.0)])  # A-weighted 0.5: a sine at full scale
    made = material(1, monkeypatch)
    found = sound_costs(made, 85.0)
    costs = of(found, "noise_dose").costs
    assert isinstance(costs, Additive)
    assert costs.stops[0] == pytest.approx(
        100.0 * 4.0 / (8 * 3600.0)
    )  # 85 dB(A) for four of eight hours' seconds
    louder = of(sound_costs(made, 95.0), "noise_dose").costs
    assert isinstance(louder, Additive) and louder.stops[0] == pytest.approx(10.0 * costs.stops[0])
    silent = sound_costs(made, None)
    assert not [row for row in silent.measured if row.measure == "noise_dose"]
    assert any("full_scale_db" in note for note in silent.notes)


def momentary(made: Material) -> Windowed:
    costs = of(sound_costs(made, None), "loudness_momentary").costs
    assert isinstance(costs, Windowed)
    return costs


def test_what_rings_goes_on_beyond_a_short_scene(monkeypatch: pytest.MonkeyPatch) -> None:
    long, quiet = np.where(np.arange(120) < 110, 0.01, 0.0), np.full(40, 1e-8)
    heard_as(monkeypatch, [long, quiet, quiet])  # eleven seconds: over the second scene and into the third
    costs = momentary(material(3, monkeypatch))
    assert costs.inside[1] >= 0.4 * 0.01 and costs.inside[2] >= 0.4 * 0.01
    heard_as(monkeypatch, [np.where(np.arange(120) < 70, 0.01, 0.0), quiet, quiet])
    assert momentary(material(3, monkeypatch)).inside[2] < 1e-6


def test_what_rings_behind_the_end_of_the_show_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    heard_as(monkeypatch, [np.where(np.arange(80) < 40, 1e-6, 0.5)])
    made = material(1, monkeypatch)
    assert momentary(made).inside[0] >= 0.4 * 0.5
    dose = of(sound_costs(made, 85.0), "noise_dose").costs
    assert isinstance(dose, Additive) and sum(dose.ways) > 0.0


@pytest.mark.parametrize(("cooldown", "copies"), [("5s", 1), ("1s", 2), ("0.5s", 4), ("0.25s", 10)])
def test_a_reaction_sounds_over_itself(monkeypatch: pytest.MonkeyPatch, cooldown: str, copies: int) -> None:
    """Two seconds of it, as often as it can come; a quarter of a second is rounded down to a tenth's grid."""
    quiet = np.full(90, 1e-12)
    heard_as(monkeypatch, [quiet], np.full(20, 0.01))
    costs = momentary(material(1, monkeypatch, KNOCKS % cooldown))
    assert costs.inside[0] == pytest.approx(0.4 * (0.1 * copies) ** 2, rel=1e-3)
