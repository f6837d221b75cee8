"""Acoustics as authors write them: rooms, walls, air, how a sound stands in space; every mistake at its line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from engine.errors import Problem
from engine.timeline.acoustics import OCTAVES_HZ, PLAIN, SoundSpace
from engine.timeline.materials import MATERIALS
from engine.timeline.program import Program

Build = Callable[..., Program]
ProblemsOf = Callable[[str], list[Problem]]

SCENE = """\
duration: 30s
stage: {model: models/bridge.glb}
acoustics:
  rooms:
    vault: {center: [0, 18, 1.5], size: [4.2, 14, 3m], rt60: [2s, 1.9s, 1.7s, 1.5s, 1.2s, 850ms, 0.5s],
            walls: {front: open, back: open, floor: water, others: stone}, wet: -3db, order: 2, edge: 1.5m}
    hall: {center: [20, 0, 4], size: [10, 20, 8], heading: 30deg, walls: 0.2}
  occluders: wall_*
  blocks: [{center: [0, 10, 2], size: [8, 0.5, 4]}]
  through: {gain: -24db, low_pass: 400hz}
  air: {temperature: 5c, humidity: 80%}
tracks:
  - kind: audio
    cues:
      - {at: 1s, file: a.flac, position: [0, 4, 1], spread: 30deg, directivity: voice, facing: 90deg, reverb: -6db}
      - {at: 2s, for: 4s, file: b.flac, move: [[0, [0, 0, 0]], [1, [0, 9, 0]]], doppler: true, directivity: horn, occlude: false}
      - {at: 3s, file: c.flac, azimuth: 30deg, reverb: off, reference: 2m, furthest: 60m, rolloff: 0.5}
  - kind: line
    cues: [{at: 5s, line: a1, for: 2s, position: [1, 2, 3], directivity: {pattern: 0.3, sharpness: 2, behind: 1khz}, facing: 0}]
"""


def test_a_scene_says_how_it_sounds(build: Build) -> None:
    spec = build(SCENE).acoustics
    assert spec is not None
    vault, hall = spec.rooms
    assert vault.rt60_s == (2.0, 1.9, 1.7, 1.5, 1.2, 0.85, 0.5)
    stone, opening, water = MATERIALS["stone"], MATERIALS["open"], MATERIALS["water"]
    assert vault.absorption == (
        stone,
        stone,
        opening,
        opening,
        water,
        stone,
    )  # left, right, back, front, floor, ceiling
    assert (vault.name, vault.center_m, vault.size_m, vault.wet_db, vault.order, vault.edge_m) == (
        "vault", (0.0, 18.0, 1.5), (4.2, 14.0, 3.0), -3.0, 2, 1.5,
    )  # fmt: skip
    assert (hall.rt60_s, hall.absorption[0], hall.heading_deg) == ((), (0.2,) * 7, 30.0)
    assert (spec.occluders, spec.loss_db, spec.loss_hz) == (("wall_*",), -24.0, 400.0)
    assert (spec.temperature_c, spec.humidity_percent) == (5.0, 80.0)
    assert spec.blocks[0].size_m == (8.0, 0.5, 4.0)


def test_a_sound_says_how_it_stands_in_space(build: Build) -> None:
    bell, ship, seat, line = (cue.space for cue in build(SCENE).media.cues)
    assert bell == SoundSpace(30.0, 0.2, 1.0, 1800.0, 90.0, False, "off", -6.0)
    assert (ship.doppler, ship.faces_ahead, ship.occlude, ship.facing_deg) == ("pitch", True, False, None)
    assert (seat.reverb_db, seat.reference_m, seat.furthest_m, seat.rolloff) == (None, 2.0, 60.0, 0.5)
    assert (line.pattern, line.sharpness, line.behind_hz, line.facing_deg) == (0.3, 2.0, 1000.0, 0.0)


def test_without_a_word_a_scene_is_in_the_open(build: Build) -> None:
    program = build("duration: 3s\ntracks: [{kind: audio, cues: [{at: 0s, file: a.flac}]}]")
    assert program.acoustics is None and program.media.cues[0].space == PLAIN


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("800ms", (0.8,) * 7),
        ("{1000: 1s, 4000: 2s}", (1.0, 1.0, 1.0, 1.0, 1.5, 2.0, 2.0)),
        ("{1khz: 1s}", (1.0,) * 7),
        ("{125: 3s, 8k: 1.5s}", (3.0, 2.75, 2.5, 2.25, 2.0, 1.75, 1.5)),
    ],
)
def test_a_reverberation_time_has_several_forms(
    build: Build, written: str, seconds: tuple[float, ...]
) -> None:
    spec = build(
        f"duration: 3s\nacoustics: {{rooms: {{r: {{center: [0, 0, 0], size: [5, 5, 5], rt60: {written}}}}}}}"
    ).acoustics
    assert spec is not None and spec.rooms[0].rt60_s == pytest.approx(seconds)


ROOM = "duration: 9s\nacoustics: {rooms: {r: {center: [0, 0, 0], size: [5, 5, 5], %s}}}"
CUE = "duration: 9s\ntracks: [{kind: audio, cues: [{at: 0s, file: a.flac, %s}]}]"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (ROOM % "wet: -3db", "give `rt60`"),
        (ROOM % "rt60: 40s", "0.1s to 30s"),
        (ROOM % "rt60: [1s, 1s]", "2 times; write one, or seven"),
        (ROOM % "rt60: {300: 1s}", "is no octave; they are 125, 250"),
        (ROOM % "rt60: {}", "no octave is given"),
        (ROOM % "walls: marzipan", "is no material; they are stone, concrete"),
        (ROOM % "walls: {left: stone}", "nothing is said of right, back"),
        (ROOM % "walls: {others: stone, lid: wood}", "no wall is called lid"),
        (ROOM % "walls: 1.5", "neither a material nor a coefficient"),
        (ROOM % "walls: stone, edge: 6m", "wider than the room"),
        (ROOM % "walls: stone, order: 3", "less than or equal to 2"),
        (ROOM.replace("size: [5, 5, 5]", "size: [5, 0, 5]") % "walls: stone", "each side is 0.5 m to 1 km"),
        ("duration: 9s\nacoustics: {through: {gain: 3db}}", "less than or equal to 0"),
        ("duration: 9s\nacoustics: {air: {temperature: 80c}}", "less than or equal to 50"),
        ("duration: 9s\nacoustics: {air: {humidity: 80}}", "5% to 100%"),
        ("duration: 9s\nacoustics: {blocks: [{center: [0, 0, 0], size: [1, 1, -1]}]}", "each side is"),
        (CUE % "bed: true, spread: 40deg", "a bed stands nowhere in space"),
        (CUE % "directivity: cardioid", "needs `facing`"),
        (CUE % "facing: 30deg", "does nothing without `directivity`"),
        (CUE % "directivity: voice, facing: ahead", "needs a sound that moves"),
        (CUE % "directivity: vioce, facing: 0", "voice"),
        (CUE % "spread: 200deg", "less than or equal to 180"),
        (CUE % "reference: 10m, furthest: 2m", "is nearer than"),
        (CUE % "doppler: fast", "travel"),
        (CUE % "reverb: 3", "3"),
    ],
)
def test_mistakes_say_what_is_allowed(problems_of: ProblemsOf, text: str, says: str) -> None:
    problems = problems_of(text)
    assert [p for p in problems if p.severity == "error"] and says in " ".join(map(str, problems)), problems


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (CUE % "bus: music, position: [0, 1, 0], doppler: true", "doppler-music"),
        (CUE % "azimuth: 10deg, doppler: travel", "doppler-still"),
        (CUE % "reverb: -3db", "no-room"),
        ("duration: 9s\nacoustics: {occluders: [wall]}", "no-stage"),
    ],
)
def test_what_has_no_effect_is_said(problems_of: ProblemsOf, text: str, code: str) -> None:
    (problem,) = problems_of(text)
    assert (problem.severity, problem.code) == ("warning", code)


def test_materials_absorb_between_nothing_and_everything() -> None:
    rows: list[Any] = list(MATERIALS.values())
    assert all(len(row) == len(OCTAVES_HZ) and min(row) > 0.0 and max(row) <= 1.0 for row in rows)
