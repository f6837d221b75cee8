"""The pure function: scene, reactions of a seat and of the room, controls, what the picture follows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.time import Controls, LocalBlock, SegmentKind, TransportWriter
from engine.time.flicks import FLICKS_PER_SECOND, NS_PER_SECOND
from engine.timeline.evaluate import Evaluator
from engine.timeline.program import Program
from engine.timeline.roles import RoleTable
from engine.units import MODALITIES

Build = Callable[..., Program]
SECOND = FLICKS_PER_SECOND

SCENE = """\
duration: 20s
stage: {model: a.glb, exposure: {role: look.exposure}, gains: {a: {role: light.street}, b: 0.5}}
tracks:
  - {kind: path, shape: linear, keys: [[0s, [0, 0, 0]], [20s, [0, 40, 0]]]}
  - {kind: level, role: light.street, cues: [{at: 0s, set: [0.2, 0.4, 0.6]}]}
  - {kind: level, role: look.exposure, cues: [{at: 0s, set: 0.5}]}
  - {kind: motion, role: seat.motion, cues: [{at: 0s, set: {heave: 10mm}}]}
  - kind: haptic
    role: seat.shaker
    cues: [{at: 0s, set: 0.4, hz: 30}, {at: 5s, transient: {intensity: 1, decay: 4s}}]
  - {kind: animation, node: bell, cues: [{at: 0s, set: {h: 10deg, scale: 2}}]}
targets: {bell: {radius: 1m}}
triggers: [{on: touch, target: bell, do: {reaction: ring}}]
reactions:
  ring:
    duration: 4s
    tracks:
      - {kind: level, role: light.street, cues: [{at: 1s, set: [0.5, 0.3, 0.7]}]}
      - {kind: motion, role: seat.motion, cues: [{at: 0s, set: {heave: 5mm, yaw: 1deg}}]}
      - kind: haptic
        role: seat.shaker
        cues: [{at: 0s, transient: {intensity: 0.9, sharpness: 1, decay: 2s}}]
      - {kind: animation, node: bell, cues: [{at: 0s, set: {h: 5deg, scale: 3}}]}
  dim:
    duration: 4s
    tracks:
      - {kind: level, role: look.exposure, mix: multiply, cues: [{at: 1s, set: 0.5}]}
      - {kind: level, role: air.wind, mix: add, cues: [{at: 1s, set: 0.25}]}
      - {kind: level, role: light.street, mix: replace, cues: [{at: 1s, set: 0.1}]}
      - {kind: motion, role: seat.motion, mix: replace, cues: [{at: 1s, set: {roll: 2deg}}]}
"""


@pytest.fixture
def evaluator(build: Build, roles: RoleTable) -> Evaluator:
    return Evaluator([build(SCENE)], roles)


@pytest.fixture
def writer() -> TransportWriter:
    writer = TransportWriter(LocalBlock())
    writer.append(from_ns=0, scene=0)
    return writer


def value(
    evaluator: Evaluator, writer: TransportWriter, seconds: float, role: str, seat: int = 0
) -> list[float]:
    state = evaluator.levels(writer.transport, round(seconds * NS_PER_SECOND), seat)
    return [round(part, 9) for part in state[evaluator.roles.slice_of(role)].tolist()]


def test_nothing_plays_at_rest(evaluator: Evaluator, roles: RoleTable) -> None:
    writer = TransportWriter(LocalBlock())
    np.testing.assert_array_equal(evaluator.levels(writer.transport, 5, 0), roles.rest)
    np.testing.assert_array_equal(evaluator.path_pose(writer.transport, 5), np.zeros(6))
    frame = evaluator.stage_values(writer.transport, 5)
    assert (frame.nodes, frame.values) == ({}, {})
    writer.append(from_ns=10, scene=0)
    writer.finish(20)
    assert evaluator.levels(writer.transport, 15)[roles.slice_of("look.exposure")] == 0.5
    np.testing.assert_array_equal(evaluator.levels(writer.transport, 25, 0), roles.rest)


def test_a_seats_reaction_moves_that_seat_and_lights_the_room(
    evaluator: Evaluator, writer: TransportWriter
) -> None:
    writer.react(scene=0, reaction=0, seat=1, from_ns=2 * NS_PER_SECOND)
    assert value(evaluator, writer, 2, "seat.motion", seat=1) == [0, 0, 0.015, 0, 0, 1.0]
    assert value(evaluator, writer, 2, "seat.motion", seat=0) == [0, 0, 0.010, 0, 0, 0]
    assert value(evaluator, writer, 2, "seat.motion", seat=-1) == [0, 0, 0.010, 0, 0, 0]
    for seat in (0, 1, -1):
        assert value(evaluator, writer, 2.9, "light.street", seat) == [0.2, 0.4, 0.6]
        assert value(evaluator, writer, 3, "light.street", seat) == [0.5, 0.4, 0.7]
        assert value(evaluator, writer, 6, "light.street", seat) == [0.2, 0.4, 0.6]
    assert value(evaluator, writer, 1.999, "seat.motion", seat=1) == [0, 0, 0.010, 0, 0, 0]


def test_many_seats_at_once_are_told_as_one_at_a_time(evaluator: Evaluator, writer: TransportWriter) -> None:
    writer.react(scene=0, reaction=0, seat=1, from_ns=2 * NS_PER_SECOND)
    transport = writer.transport
    for seats in [(0, 1, 2, 3), (3, 1), (-1,), (-1, 0, 2), (1,), (2, 0)]:
        states, which = evaluator.levels_of(transport, 4 * NS_PER_SECOND, seats)
        rows = states if which is None else states[which]
        one = [evaluator.levels(transport, 4 * NS_PER_SECOND, seat) for seat in seats]
        assert np.array_equal(rows, one)
    assert len(evaluator.levels_of(transport, 4 * NS_PER_SECOND, (0, 1, 2, 3))[0]) == 2


def test_a_rooms_reaction_moves_every_seat(evaluator: Evaluator, writer: TransportWriter) -> None:
    writer.react(scene=0, reaction=0, seat=-1, from_ns=2 * NS_PER_SECOND)
    for seat in (0, 5):
        assert value(evaluator, writer, 2, "seat.motion", seat) == [0, 0, 0.015, 0, 0, 1.0]


def test_the_stronger_haptic_wins_with_its_frequency(evaluator: Evaluator, writer: TransportWriter) -> None:
    writer.react(scene=0, reaction=0, seat=0, from_ns=2 * NS_PER_SECOND)
    assert value(evaluator, writer, 2, "seat.shaker") == [0.9, 300.0]
    assert value(evaluator, writer, 3.9, "seat.shaker") == [0.4, 30.0]
    assert value(evaluator, writer, 5, "seat.shaker") == [1.0, 182.5]


def test_mixes_of_reactions(evaluator: Evaluator, writer: TransportWriter) -> None:
    writer.react(scene=0, reaction=1, seat=-1, from_ns=2 * NS_PER_SECOND)
    assert value(evaluator, writer, 2.5, "look.exposure") == [0.5]
    assert value(evaluator, writer, 3.5, "look.exposure") == [0.25]
    assert value(evaluator, writer, 2.5, "air.wind") == [0.0]
    assert value(evaluator, writer, 3.5, "air.wind") == [0.25]
    assert value(evaluator, writer, 2.5, "light.street") == [0.2, 0.4, 0.6]
    assert value(evaluator, writer, 3.5, "light.street") == [0.1, 0.1, 0.1]
    assert value(evaluator, writer, 2.5, "seat.motion") == [0, 0, 0.010, 0, 0, 0]
    assert value(evaluator, writer, 3.5, "seat.motion") == [0, 0, 0, 2.0, 0, 0]


def test_a_hold_keeps_levels_and_silences_knocks(evaluator: Evaluator, writer: TransportWriter) -> None:
    writer.set_rate(11 * NS_PER_SECOND // 2, 0)
    writer.set_rate(9 * NS_PER_SECOND, 1)
    assert value(evaluator, writer, 5.4, "seat.shaker")[1] != 30.0
    assert value(evaluator, writer, 7, "seat.shaker") == [0.4, 30.0]
    assert value(evaluator, writer, 7, "seat.motion") == [0, 0, 0.010, 0, 0, 0]
    # Going on is no seek: the knock rings out.
    assert value(evaluator, writer, 9.0, "seat.shaker")[1] != 30.0


def test_a_seek_into_a_knock_is_silent_and_ends_reactions(
    evaluator: Evaluator, writer: TransportWriter
) -> None:
    writer.react(scene=0, reaction=0, seat=0, from_ns=2 * NS_PER_SECOND)
    writer.append(from_ns=3 * NS_PER_SECOND, scene=0, at_fl=5 * SECOND + 1, kind=SegmentKind.SEEK)
    assert value(evaluator, writer, 3.0, "seat.shaker") == [0.4, 30.0]
    assert value(evaluator, writer, 3.0, "light.street") == [0.2, 0.4, 0.6]
    writer.append(from_ns=8 * NS_PER_SECOND, scene=0, at_fl=5 * SECOND, kind=SegmentKind.SEEK)
    assert value(evaluator, writer, 8.0, "seat.shaker") == [1.0, 182.5]


def test_what_the_picture_follows(evaluator: Evaluator, writer: TransportWriter) -> None:
    writer.react(scene=0, reaction=0, seat=3, from_ns=2 * NS_PER_SECOND)
    frame = evaluator.stage_values(writer.transport, 4 * NS_PER_SECOND, 0)
    assert frame.moment.at_fl == 4 * SECOND
    np.testing.assert_allclose(frame.path, [0, 8, 0, 0, 0, 0])
    np.testing.assert_allclose(evaluator.path_pose(writer.transport, 4 * NS_PER_SECOND), frame.path)
    assert frame.values == {("exposure",): 0.5, ("gains", "a"): (0.5, 0.4, 0.7)}
    # A node stands in the scene: it moves for everybody.
    np.testing.assert_allclose(frame.nodes["bell"], [0, 0, 0, 15, 0, 0, 6])
    np.testing.assert_array_equal(frame.levels, evaluator.levels(writer.transport, 4 * NS_PER_SECOND, 0))


def test_controls_scale_from_rest_and_mute(
    evaluator: Evaluator, writer: TransportWriter, roles: RoleTable
) -> None:
    state = evaluator.levels(writer.transport, NS_PER_SECOND, 0)
    assert evaluator.controlled(state, Controls()) is state
    half = tuple(0.5 if name in ("motion", "haptic", "light") else 1.0 for name in MODALITIES)
    found = evaluator.controlled(state, Controls(intensities=half))
    assert found[roles.slice_of("light.street")].tolist() == pytest.approx([0.1, 0.2, 0.3])
    assert found[roles.slice_of("seat.motion")][2] == pytest.approx(0.005)
    assert found[roles.slice_of("seat.shaker")].tolist() == [0.2, 30.0]
    assert found[roles.slice_of("look.exposure")] == 0.5
    muted = evaluator.controlled(state, Controls(muted_roles_mask=1 << roles.index("look.exposure") | 1))
    assert muted[roles.slice_of("look.exposure")] == 1.0
    assert muted[roles.slice_of("seat.motion")].tolist() == [0.0] * 6
    assert muted[roles.slice_of("light.street")].tolist() == pytest.approx([0.2, 0.4, 0.6])


@given(st.integers(0, 30 * NS_PER_SECOND), st.integers(-1, 2))
def test_asking_twice_gives_the_same_and_changes_nothing(
    build: Build, roles: RoleTable, host_ns: int, seat: int
) -> None:
    evaluator = Evaluator([build(SCENE)], roles)
    writer = TransportWriter(LocalBlock())
    writer.append(from_ns=0, scene=0)
    writer.react(scene=0, reaction=0, seat=1, from_ns=NS_PER_SECOND)
    writer.react(scene=0, reaction=1, seat=-1, from_ns=3 * NS_PER_SECOND)
    once = evaluator.levels(writer.transport, host_ns, seat)
    once_more = evaluator.levels(writer.transport, host_ns, seat)
    np.testing.assert_array_equal(once, once_more)
    assert once is not once_more
    assert not np.isnan(once).any()
    once += 1.0
    np.testing.assert_array_equal(evaluator.levels(writer.transport, host_ns, seat), once_more)


def test_positions_of_a_scene_at_once_are_those_one_by_one(evaluator: Evaluator) -> None:
    at_fl = np.arange(0, 20 * SECOND, SECOND // 7, dtype=np.int64)
    along = evaluator.levels_along(0, at_fl, run_from_fl=3 * SECOND)
    alone = [evaluator.levels_at(0, int(at), run_from_fl=3 * SECOND) for at in at_fl]
    assert np.array_equal(along, np.array(alone))
