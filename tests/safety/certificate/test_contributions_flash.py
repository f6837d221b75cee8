"""Flashes of a piece and over a seam are never fewer than one meter counts that sees both scenes as they play."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest

from engine.errors import Problem
from engine.experience import load_package, load_rig, resolve
from engine.safety.certificate.contributions.flash import (
    FlashContribution,
    Pixels,
    _Lamps,
    flash_costs,
    view_of,
)
from engine.safety.certificate.contributions.values import Material
from engine.safety.certificate.judge import judge
from engine.safety.certificate.pieces import pieces_of
from engine.safety.certificate.profile import load_profile
from engine.safety.certificate.routes import path_graph
from engine.safety.flash import FlashMeter, LampTrack
from engine.safety.paths.values import Windowed
from engine.show.rig_check import checked_devices
from engine.story.graph import Edge
from engine.time.flicks import FLICKS_PER_SECOND
from engine.timeline.compile import compile_scene
from engine.timeline.evaluate import Evaluator
from engine.timeline.parse import parse_scene
from engine.timeline.roles import RoleKind, RoleSpec, RoleTable
from engine.timeline.yamlsource import load_yaml_text

ROLES = RoleTable.of(
    [
        *(RoleSpec(f"light.{name}", RoleKind.COLOR, "room", "light") for name in ("hero", "street")),
        RoleSpec("light.windows", RoleKind.LEVEL, "room", "light"),
    ]
)
WHITE, RED, BLACK = "[1, 1, 1]", "[1, 0, 0]", "[0, 0, 0]"


class Grey:
    """A picture that never changes, five times a second."""

    def frames(self, scene: int) -> tuple[Sequence[int], Sequence[Pixels]]:
        instants = [n * FLICKS_PER_SECOND // 5 for n in range(20)]
        return instants, [np.full((18, 32, 3), 90, dtype=np.uint8)] * 20


def strobe(times_s: Sequence[float], role: str = "light.hero", colour: str = WHITE, on: bool = True) -> str:
    """A track that turns a lamp on and off at some times, on first; before that it is the other."""
    states = (colour, BLACK) if on else (BLACK, colour)
    first = f"{{at: 0s, set: {states[1]}}}"
    cues = [f"{{at: {at_s:g}s, set: {states[number % 2]}}}" for number, at_s in enumerate(times_s)]
    return f"  - {{role: {role}, kind: level, cues: [{', '.join([first, *cues])}]}}\n"


def hz(rate: float, begin_s: float = 0.1, end_s: float = 3.9) -> list[float]:
    return [round(begin_s + n / (2 * rate), 6) for n in range(int((end_s - begin_s) * 2 * rate))]


def material(*scenes: str) -> Material:
    """Scenes of four seconds, one after the other."""
    programs, names = [], [f"s{number}" for number in range(len(scenes))]
    for number, tracks in enumerate(scenes):
        problems: list[Problem] = []
        head = "duration: 4s\n" + (tracks if "tracks:" in tracks else f"tracks:\n{tracks}")
        data, places = load_yaml_text(head, "scene.yaml", problems)
        scene = parse_scene(data, places, problems)
        made = compile_scene(scene, scene_id=names[number], index=number, roles=ROLES, problems=problems)
        assert made is not None, problems
        programs.append(made)
    rig = load_rig("studio")
    devices = checked_devices(rig, resolve(rig, ROLES), ROLES)
    ways = [Edge("", names[0]), *(Edge(a, b) for a, b in pairwise(names)), Edge(names[-1], "", "out")]
    index = {name: number for number, name in enumerate(names)}
    pieces = pieces_of(programs, index, ways)
    package = load_package("first_light", hashed=False)
    return Material(package, rig, pieces, Evaluator(programs, ROLES), devices, rig.tick_hz)


def costs(found: FlashContribution, measure: str = "flashes") -> Windowed:
    (row,) = [row for row in found.measured if row.measure == measure]
    assert isinstance(row.costs, Windowed)
    return row.costs


def met(made: Material) -> tuple[int, int]:
    """Transitions in the worst second of all scenes in a row, by one meter that is asked 50 times a second."""
    lamps = _Lamps(made)
    joined: dict[str, tuple[list[int], list[np.ndarray]]] = {}
    for number in range(len(made.evaluator.programs)):
        start_fl = number * 4 * FLICKS_PER_SECOND
        for track in lamps.of(number, 0, 4 * FLICKS_PER_SECOND):
            at_fl, rgb = joined.setdefault(track.role, ([], []))
            at_fl += [start_fl + int(at) for at in track.at_fl]
            rgb.append(np.asarray(track.rgb))
    tracks = [
        LampTrack(name, np.array(at_fl), np.concatenate(rgb), field_share=1.0, linear=True)
        for name, (at_fl, rgb) in joined.items()
    ]
    meter = FlashMeter(view_of(made), lamps=tracks, from_fl=0)
    _, frames = Grey().frames(0)
    end_fl = len(made.evaluator.programs) * 4 * FLICKS_PER_SECOND
    for now_fl in range(0, end_fl, FLICKS_PER_SECOND // 50):
        meter.push(now_fl, frames[0])
    found = meter.summary()
    return found.general_transitions, found.red_transitions


def judged(made: Material) -> FlashContribution:
    return flash_costs(made, Grey())


@pytest.mark.parametrize(
    ("rate", "least", "most"), [(0.4, 0, 2), (2.0, 4, 5), (10.0, 20, 21), (25.0, 50, 51)]
)
def test_a_strobe_counts_each_of_its_flashes(rate: float, least: int, most: int) -> None:
    made = material(strobe(hz(rate)))
    found = costs(judged(made)).inside[0]
    assert least <= found <= most
    assert found >= met(made)[0]


def test_lamps_that_flash_in_turn_do_not_make_up_for_each_other() -> None:
    times = hz(10.0)
    made = material(strobe(times) + strobe(times, "light.street", on=False))
    assert costs(judged(made)).inside[0] >= 20


def test_red_is_counted_as_red() -> None:
    found = judged(material(strobe(hz(4.0), colour=RED)))
    assert costs(found, "red_flashes").inside[0] in (8, 9)
    white = judged(material(strobe(hz(4.0))))
    assert costs(white, "red_flashes").inside[0] == 0


@pytest.mark.parametrize("gap_s", [0.05, 0.3])
@pytest.mark.parametrize("opposite", [False, True])
def test_a_second_over_a_seam_has_the_flashes_of_both_sides(gap_s: float, opposite: bool) -> None:
    late = strobe([4.0 - gap_s - 0.1 * n for n in range(4, -1, -1)])  # ends bright
    early = strobe([gap_s + 0.1 * n for n in range(5)], on=opposite)
    made = material(late, early)
    found = costs(judged(made))
    truth = met(made)[0]
    assert truth >= (9 if gap_s < 0.1 else 5)
    assert found.across is not None
    (over,) = [
        across
        for across, way in zip(found.across, made.pieces.ways, strict=True)
        if way.source == 0 and way.target == 1
    ]
    assert truth <= over <= truth + 1
    assert max(found.inside) <= 6


def test_a_reaction_may_flash_in_any_second_in_which_it_can_come() -> None:
    inner = strobe([0.1, 0.2, 0.3, 0.4]).replace("  - ", "      - ")
    scene = (
        "tracks: []\ntriggers:\n  - {id: t, on: key, key: s, from: 1s, to: 2s, do: {reaction: bolt}, cooldown: 5s}\n"
        f"reactions:\n  bolt:\n    duration: 1s\n    tracks:\n{inner}"
    )
    made = material(scene, strobe(hz(0.4)))
    found = judged(made)
    assert 4 <= costs(found).inside[0] <= 5
    assert any(re.match(r"reactions with light may come in 1 pieces", note) for note in found.notes)
    assert costs(judged(material("tracks: []\n"))).inside[0] == 0


def test_without_a_picture_nothing_is_claimed() -> None:
    found = flash_costs(material(strobe(hz(10.0))), None)
    assert found.measured == () and "not measured" in found.notes[0]


def test_the_worst_picture_is_shown() -> None:
    found = judged(material(strobe(hz(0.4)), strobe(hz(10.0))))
    assert found.stills[0].caption.startswith("s1,")
    assert "10 flashes in a second" in found.stills[0].caption or "10.5" in found.stills[0].caption
    assert max(found.timelines[1].general) >= 10.0


def test_a_flash_is_seen_however_short_it_is() -> None:
    # Two milliseconds of a dimmer, between two of the instants at which curves are looked at.
    cues = ", ".join(
        f"{{at: {n / 10 + 0.001:.3f}s, set: 1}}, {{at: {n / 10 + 0.003:.3f}s, set: 0}}" for n in range(1, 9)
    )
    found = costs(judged(material(f"  - {{role: light.windows, kind: level, cues: [{cues}]}}\n")))
    assert found.inside[0] == 16


class Flicker(Grey):
    """Black and white by turns in the first two seconds."""

    def frames(self, scene: int) -> tuple[Sequence[int], Sequence[Pixels]]:
        instants, frames = super().frames(scene)
        return instants, [
            np.full_like(frame, 255 * (number % 2)) if number < 10 else frame
            for number, frame in enumerate(frames)
        ]


def test_the_picture_counts_too() -> None:
    made = material("tracks: []\n")
    assert 4 <= costs(flash_costs(made, Flicker())).inside[0] <= 5
    lit = material(strobe(hz(10.0)))
    assert costs(flash_costs(lit, Flicker())).inside[0] >= 20


@pytest.mark.parametrize(
    ("rate", "gap_s", "first"), [(1.5, 0.1, ()), (10.0, 0.1, ("s0", "s1")), (10.0, 0.6, ())]
)
def test_scenes_that_keep_the_limit_can_break_it_where_they_meet(
    rate: float, gap_s: float, first: tuple[str, ...]
) -> None:
    step_s = 0.5 / rate
    ends = strobe([round(4.0 - gap_s - step_s * n, 6) for n in range(3, -1, -1)])
    begins = strobe([round(gap_s + step_s * n, 6) for n in range(4)])
    made = material(ends, begins)
    found, limits = judged(made), load_profile().limits
    assert max(costs(found).inside) / 2 <= limits["flashes"]
    names = ["s0", "s1"]
    graph = path_graph(made.pieces, names)
    findings = [
        row.finding for row in judge(found.measured, graph, made.pieces, names, limits, lambda _: True)
    ]
    assert [row.measure for row in findings if not row.kept] == (["flashes"] if first else [])
    assert tuple(step.scene for step in findings[0].first) == first
