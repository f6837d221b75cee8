"""From pieces to findings: limits of the story, paths in people's terms, what is kept and what is broken."""

from dataclasses import dataclass

import pytest

from engine.safety.certificate.contributions.values import SILENCE_DB, Measured, Reading
from engine.safety.certificate.findings import Step
from engine.safety.certificate.judge import judge
from engine.safety.certificate.pieces import Piece, Pieces, PieceWay
from engine.safety.certificate.routes import path_graph, steps_of
from engine.safety.paths.graph import Unbounded
from engine.safety.paths.values import Additive, Highest, PowerSum
from engine.story.graph import Edge

NAMES = ("gate", "hall", "roof")
#: gate -> (in) hall, with laps -> (up) roof -> end, or (round) back to the gate.
PIECES = Pieces(
    (
        Piece("gate", 0, 0, 10, 10),
        Piece("hall", 1, 0, 10, 11),
        Piece("hall/lap", 1, 0, 10, 11, 2),
        Piece("hall/tail", 1, 10, 12, 12),
        Piece("roof", 2, 0, 10, 10),
    ),
    (
        PieceWay(-1, 0),
        PieceWay(0, 1, "in"),
        PieceWay(1, 2),
        PieceWay(2, 2),
        PieceWay(1, 3),
        PieceWay(2, 3),
        PieceWay(3, 4, "up"),
        PieceWay(4, 0, "round"),
        PieceWay(4, -1),
    ),
)


@dataclass(frozen=True)
class Once:
    edges: tuple[Edge, ...]
    most: int = 1


ROUND = Once((Edge("roof", "gate", "round"),))


def test_a_path_is_told_in_scenes_and_options_and_laps_are_part_of_their_scene() -> None:
    steps = steps_of(PIECES, NAMES, (0, 1, 2, 3, 5, 6, 7, 1))
    assert steps == (
        Step("gate", "in"),
        Step("hall", "up"),
        Step("roof", "round"),
        Step("gate", "in"),
        Step("hall"),
    )


def test_a_loop_without_a_limit_is_refused_by_name() -> None:
    with pytest.raises(Unbounded, match="gate -> hall"):
        judge(
            [Measured("duration", "s", (), Additive("duration", [1.0] * 5))],
            path_graph(PIECES, NAMES),
            PIECES,
            NAMES,
            {},
            lambda _: True,
        )


@pytest.mark.parametrize(
    ("visits", "limits", "longest"),
    [
        ({"gate": 1}, (), 10 + 10 + 2 * 10 + 2 + 10),
        ({}, (ROUND,), 2 * 52),
        ({"roof": 3}, (), 3 * 52 + 42),
        ({"roof": 3}, (ROUND,), 2 * 52),
    ],
)
def test_visits_and_once_only_options_end_a_loop(
    visits: dict[str, int], limits: tuple[Once, ...], longest: float
) -> None:
    graph = path_graph(PIECES, NAMES, visits, limits)
    costs = Additive("duration", [piece.to_fl - piece.from_fl for piece in PIECES.pieces])
    (judged,) = judge(
        [Measured("duration", "s", (), costs)],
        graph,
        PIECES,
        NAMES,
        {"duration": longest + 1e-6},
        lambda _: True,
    )
    found = judged.finding
    assert found.bound == pytest.approx(longest, rel=1e-9)
    assert found.witness is not None and found.witness.value == pytest.approx(longest, rel=1e-9)
    assert found.kept and found.first == ()
    assert sum(found.contributions.values()) == pytest.approx(longest)


def test_a_broken_limit_names_the_way_to_the_first_scene_that_breaks_it() -> None:
    graph = path_graph(PIECES, NAMES, {"gate": 1})
    costs = Highest("flashes", [0.0, 2.0, 2.0, 2.0, 5.0])
    asked: list[tuple[Step, ...]] = []

    def played(steps: tuple[Step, ...]) -> bool:
        asked.append(steps)
        return False

    (judged,) = judge([Measured("flashes", "1/s", (), costs)], graph, PIECES, NAMES, {"flashes": 3.0}, played)
    found = judged.finding
    assert not found.kept and found.bound == 5.0
    assert [step.scene for step in found.first] == ["gate", "hall", "roof"]
    assert found.witness is not None and not found.witness.played
    assert asked == [found.witness.path]


def test_a_dose_is_told_as_a_norm_and_each_scene_as_what_it_would_give_alone() -> None:
    graph = path_graph(PIECES, NAMES, {"gate": 1})
    costs = PowerSum("vdv", 4.0, [0.0, 0.0, 0.0, 0.0, 2.0], [0.0] * 5, [0.0] * 5)
    (judged,) = judge(
        [Measured("vdv_z", "m/s^1.75", ("a",), costs)], graph, PIECES, NAMES, {}, lambda _: True
    )
    found = judged.finding
    assert found.bound == pytest.approx(2.0) and found.limit is None and found.kept
    assert found.contributions["roof"] == pytest.approx(2.0)


def test_a_reading_and_its_cost_are_each_others_inverse() -> None:
    for reading in (Reading(), Reading(root=2.0, factor=3.0), Reading(level=True, offset_db=-0.691)):
        assert reading.told(reading.cost(1.7)) == pytest.approx(1.7)
    assert Reading(level=True).told(0.0) == SILENCE_DB
