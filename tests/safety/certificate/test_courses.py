"""The courses are what the bus really commands: compared with the bus itself, tick by tick, to the last bit."""

from dataclasses import replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from engine.bus.inline import InlineBus
from engine.bus.loop import BusDevice
from engine.errors import Problem
from engine.experience import load_rig, resolve
from engine.safety.certificate.courses import Beginning, Courses, Mover, movers_of
from engine.safety.certificate.pieces import Pieces, pieces_of
from engine.show.rig_check import checked_devices
from engine.story.graph import Edge
from engine.time import LocalBlock, TransportWriter
from engine.time.flicks import FLICKS_PER_SECOND, fl_to_ns
from engine.timeline.compile import compile_scene
from engine.timeline.evaluate import Evaluator
from engine.timeline.parse import parse_scene
from engine.timeline.program import Program
from engine.timeline.roles import RoleKind, RoleSpec, RoleTable
from engine.timeline.yamlsource import load_yaml_text

ROLES = RoleTable.of([RoleSpec("seat.motion", RoleKind.MOTION, "seat", "motion")])
SCENES = {
    "swell": "{at: 0s, for: 4s, wave: {hz: 0.5, amplitude: {heave: 20mm, roll: 2deg}}}",
    "leap": "{at: 0s, set: {heave: -45mm, pitch: 6deg, surge: 30mm}}",
    "blink": "{at: 0s, set: {heave: 45mm}}",
}


def scene(number: int, name: str) -> Program:
    problems: list[Problem] = []
    length = "50ms" if name == "blink" else "4s"
    text = f"duration: {length}\ntracks:\n  - {{role: seat.motion, kind: motion, cues: [{SCENES[name]}]}}\n"
    data, places = load_yaml_text(text, "scene.yaml", problems)
    program = compile_scene(
        parse_scene(data, places, problems), scene_id=name, index=number, roles=ROLES, problems=problems
    )
    assert program is not None, problems
    return program


@cache
def show() -> tuple[Evaluator, Pieces, BusDevice, Mover, Courses]:
    scenes = [scene(number, name) for number, name in enumerate(SCENES)]
    names = list(SCENES)
    edges = [Edge("", "swell"), *(Edge(one, other, other) for one in names for other in names)]
    pieces = pieces_of(scenes, {name: number for number, name in enumerate(names)}, edges)
    rig = load_rig("studio")
    (device,) = [
        row for row in checked_devices(rig, resolve(rig, ROLES), ROLES) if row.driver.name == "seat_a"
    ]
    # Without a lead, commands lie on the scenes' own instants.
    config = replace(device.driver.config, latency=replace(device.driver.config.latency, dead_ns=0, lag_ns=0))
    device = replace(device, driver=type(device.driver)(config))
    (mover,) = movers_of([device], rig.tick_hz)
    evaluator = Evaluator(scenes, ROLES)
    return evaluator, pieces, device, mover, Courses(evaluator, pieces, mover)


def commanded(*scenes: int) -> list[NDArray[np.float64]]:
    """What the bus commands, scene by scene."""
    evaluator, _, device, mover, _ = show()
    block = LocalBlock()
    writer = TransportWriter(block)
    bus = InlineBus([device], evaluator, block, epoch_ns=0)
    rest_ns = 3_000_000_000  # it comes from park, which is another pose than the first scene's
    at_ns = rest_ns
    writer.append(from_ns=0, scene=scenes[0], at_fl=0, rate=0)
    found = []
    for number, index in enumerate(scenes):
        writer.append(from_ns=at_ns, scene=index, at_fl=0, rate=1, beat=number)
        if not number:
            bus.run_until(at_ns - 1)
        step_ns = round(mover.tick_s * 1e9)
        end_ns = at_ns + fl_to_ns(evaluator.programs[index].duration.nominal_fl)
        rows = []
        for now_ns in range(at_ns, end_ns, step_ns):
            bus.run_until(now_ns)
            rows.append([bus.core.values("seat_a")[channel] for channel in mover.channels])
        found.append(np.array(rows))
        at_ns = end_ns
    return found


def beginning(source: str, target: str) -> Beginning:
    _, pieces, _, _, courses = show()
    names = list(SCENES)
    return next(
        row
        for row in courses.beginnings()
        if (pieces.ways[row.way].source, pieces.ways[row.way].target)
        == (names.index(source), names.index(target))
    )


def test_a_piece_by_itself_is_what_the_bus_commands() -> None:
    _, _, _, _, courses = show()
    for number in (0, 1):
        (alone,) = commanded(number)
        assert len(alone) == 800 and np.array_equal(alone, courses.canonical[number])


def test_a_beginning_is_what_the_bus_commands_until_the_courses_are_one() -> None:
    _, _, _, _, courses = show()
    for one, other in ((0, 1), (1, 0), (1, 1), (0, 0)):
        first, second = commanded(one, other)
        found = beginning(list(SCENES)[one], list(SCENES)[other])
        assert found.joined and 0 <= len(found.poses) < len(second)
        assert np.array_equal(
            second, np.concatenate([found.poses, courses.canonical[other][len(found.poses) :]])
        )
        assert np.array_equal(first[-4:], found.before[-4:])
    # 65 mm at 2.5 m/s2 take some tenths of a second; going on as before takes none.
    assert len(beginning("swell", "leap").poses) > 60 and len(beginning("leap", "leap").poses) == 0


def test_a_piece_too_short_to_catch_up_in_says_so() -> None:
    found = beginning("leap", "blink")
    assert not found.joined and len(found.poses) == 10


def test_what_comes_after_a_piece_that_never_caught_up_begins_where_that_ended() -> None:
    # From rest where "blink" wants it to be, since its canonical course begins there.
    _, _, _, _, courses = show()
    found = beginning("blink", "swell")
    assert np.array_equal(found.before, courses.canonical[2])


def test_times_are_whole_instants() -> None:
    _, pieces, _, mover, courses = show()
    for piece, course in zip(pieces.pieces, courses.canonical, strict=True):
        assert len(course) == (piece.to_fl - piece.from_fl) / FLICKS_PER_SECOND / mover.tick_s
