from engine.errors import Problem
from engine.safety.certificate.pieces import Piece, PieceWay, pieces_of
from engine.story.graph import Edge
from engine.time.flicks import FLICKS_PER_SECOND
from engine.timeline.compile import compile_scene
from engine.timeline.parse import parse_scene
from engine.timeline.program import Program
from engine.timeline.roles import RoleTable
from engine.timeline.yamlsource import load_yaml_text

S = FLICKS_PER_SECOND
WINDOW = "duration: {min: 9s, nominal: 20s}\nwindow: {show: 5s, open: 6s, close: 14s, commit: 18s%s}\n"


def scene(number: int, name: str, text: str) -> Program:
    problems: list[Problem] = []
    data, places = load_yaml_text(text, "scene.yaml", problems)
    parsed = parse_scene(data, places, problems)
    program = compile_scene(parsed, scene_id=name, index=number, roles=RoleTable.of([]), problems=problems)
    assert program is not None, problems
    return program


def cut(middle: str, *edges: Edge) -> tuple[tuple[Piece, ...], tuple[PieceWay, ...]]:
    scenes = [scene(0, "a", "duration: 10s\n"), scene(1, "b", middle), scene(2, "c", "duration: 5s\n")]
    found = pieces_of(scenes, {"a": 0, "b": 1, "c": 2}, edges)
    return found.pieces, found.ways


LINE = (Edge("", "a"), Edge("a", "b"), Edge("b", "c", "on"), Edge("c", ""))


def test_scenes_without_a_hold_are_one_piece_each() -> None:
    pieces, ways = cut(WINDOW % "", *LINE)
    assert [(piece.name, piece.from_fl, piece.to_fl, piece.leave_from_fl) for piece in pieces] == [
        ("a", 0, 10 * S, 10 * S),
        ("b", 0, 18 * S, 18 * S),
        ("c", 0, 5 * S, 5 * S),
    ]
    assert ways == (PieceWay(-1, 0), PieceWay(0, 1), PieceWay(1, 2, "on"), PieceWay(2, -1))


def test_a_hold_is_a_lap_with_a_limit() -> None:
    pieces, ways = cut(WINDOW % ", hold: {from: 8s, to: 12s, laps: 3}", *LINE)
    head, lap, tail = pieces[1:4]
    assert (head.name, head.to_fl, head.leaves) == ("b", 12 * S, False)
    assert (lap.name, lap.from_fl, lap.to_fl, lap.most, lap.leaves) == ("b/lap", 8 * S, 12 * S, 3, False)
    assert (tail.name, tail.from_fl, tail.to_fl, tail.leave_from_fl) == ("b/tail", 12 * S, 18 * S, 18 * S)
    assert {(way.source, way.target) for way in ways} == {
        (-1, 0),
        (0, 1),
        (1, 2),
        (2, 2),
        (1, 3),
        (2, 3),
        (3, 4),
        (4, -1),
    }


def test_a_scene_left_early_is_left_anywhere_after_its_least() -> None:
    pieces, ways = cut(WINDOW % ", leave: early", *LINE)
    # Decided at the opening, 6 s, with 4 s between close and commit: 10 s, which is more than the least duration.
    assert pieces[1].leave_from_fl == 10 * S
    assert PieceWay(1, 2, "on", early=True) in ways
    pieces, ways = cut(WINDOW % ", leave: early, hold: {from: 8s, to: 12s, laps: 3}", *LINE)
    assert [piece.leave_from_fl for piece in pieces[1:4]] == [10 * S, 10 * S, 12 * S]
    assert {(way.source, way.target, way.early) for way in ways if way.option} == {
        (1, 4, True),
        (2, 4, True),
        (3, 4, True),
    }


def test_a_lap_that_ends_with_the_commit_has_no_tail() -> None:
    pieces, ways = cut(
        "duration: 20s\nwindow: {show: 5s, open: 6s, close: 20s, commit: 20s, hold: {from: 8s, to: 20s, laps: 1}}\n",
        *LINE,
    )
    assert [piece.name for piece in pieces] == ["a", "b", "b/lap", "c"]
    assert {(way.source, way.target) for way in ways if way.option} == {(1, 3), (2, 3)} and not any(
        way.early for way in ways
    )


def test_a_window_that_a_path_passes_without_a_choice_plays_to_its_end() -> None:
    pieces, ways = cut(WINDOW % "", *LINE, Edge("b", "a"))
    through = next(number for number, piece in enumerate(pieces) if piece.name == "b/through")
    assert pieces[through].to_fl == 20 * S
    assert PieceWay(0, through) in ways and PieceWay(through, 0) in ways and PieceWay(1, 0) not in ways
    assert not any(way.source == through and way.option for way in ways)


def test_edges_to_scenes_that_are_not_there_lead_nowhere() -> None:
    pieces, ways = cut("duration: 5s\n", *LINE[:3], Edge("b", "gone", "x"), Edge("", ""), Edge("b", "c"))
    assert len(pieces) == 3 and {way.target for way in ways} == {0, 1, 2}
    assert PieceWay(1, 2) in ways and PieceWay(1, 2, "on") in ways
