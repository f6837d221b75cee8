"""A story as the pieces of time that a guest can really live through, and the ways between them.

A scene is one piece unless its decision goes round while nobody chooses (`hold`): then it is what comes before the end of the lap, the
lap, and what comes after. So a lap is an ordinary way with an ordinary limit, and whatever adds, filters and counts along a path needs
no word about laps.

    scene with a hold 8 s..12 s, three laps:   head 0..12 ──► lap 8..12 (at most three times) ──► tail 12..commit
                                                    └───────────────────────────────────────────────▲

A scene that may be left early is left anywhere in a stretch, not at one instant: `Piece.leave_from_fl` says where that begins.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from engine.timeline.program import Program, WindowSpec

START, END = "", ""


class Way(Protocol):
    """An edge of the story; `engine.story.graph.Edge` is one."""

    @property
    def source(self) -> str:
        """Scene id; empty at the beginning."""
        ...

    @property
    def target(self) -> str:
        """Scene id; empty at the end."""
        ...

    @property
    def option(self) -> str:
        """Id of the option that leads there; empty where nothing is chosen."""
        ...


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a scene that is played through in one go.

    Attributes
    ----------
    name : str
        The scene's id; with ``/lap`` or ``/tail`` where the scene goes round, with ``/through`` where it has a window that this piece
        passes without a choice.
    scene : int
        Index of the scene.
    from_fl, to_fl : int
        Stretch of scene time, half open; what lies before `to_fl` may be left out where `leave_from_fl` is less.
    leave_from_fl : int
        Earliest position at which it may be left for another scene; `to_fl` where it is left only at its end; beyond `to_fl` where
        it is never left for another scene.
    most : int or None
        How often it may be played for each time that the scene is entered; None: once by its ways alone.
    """

    name: str
    scene: int
    from_fl: int
    to_fl: int
    leave_from_fl: int
    most: int | None = None

    @property
    def leaves(self) -> bool:
        """Whether another scene, or the end, may follow."""
        return self.leave_from_fl <= self.to_fl


@dataclass(frozen=True, slots=True)
class PieceWay:
    """From one piece to the next: indices into the pieces, -1 for the beginning (as a source) and the end (as a target).

    Attributes
    ----------
    source, target : int
    option : str
        Empty where nothing is chosen, and within a scene.
    early : bool
        Whether it may be taken before the source's end.
    """

    source: int
    target: int
    option: str = ""
    early: bool = False


@dataclass(frozen=True, slots=True)
class Pieces:
    """All pieces of a package, and the ways between them."""

    pieces: tuple[Piece, ...]
    ways: tuple[PieceWay, ...]

    def of_scene(self, scene: int) -> tuple[int, ...]:
        """Indices of the pieces of a scene."""
        return tuple(number for number, piece in enumerate(self.pieces) if piece.scene == scene)


def pieces_of(scenes: Sequence[Program], index: Mapping[str, int], edges: Iterable[Way]) -> Pieces:
    """Cut scenes into pieces.

    Parameters
    ----------
    scenes : sequence of Program
    index : mapping of str to int
        Position of a scene by its id.
    edges : iterable of Way
        The story's; those of scenes that do not exist are left out.
    """
    edges = tuple(edges)
    pieces: list[Piece] = []
    ways: dict[PieceWay, None] = {}
    entries: dict[int, list[int]] = {}
    decided: dict[tuple[int, bool], list[int]] = {}
    for number, program in enumerate(scenes):
        chosen, plain = (
            any(edge.source == program.id and bool(edge.option) == wanted for edge in edges)
            for wanted in (True, False)
        )
        if chosen or not plain:
            made = _cut(number, program)
            entries.setdefault(number, []).append(len(pieces))
            for before, after in _within(len(pieces), made):
                ways.setdefault(PieceWay(before, after))
            decided[number, True] = [len(pieces) + place for place, piece in enumerate(made) if piece.leaves]
            pieces += made
        if plain and program.window is not None:
            # Where the story goes on without a choice, the window never opens and the scene plays to its end.
            end_fl = program.duration.nominal_fl
            entries.setdefault(number, []).append(len(pieces))
            decided[number, False] = [len(pieces)]
            pieces.append(Piece(f"{program.id}/through", number, 0, end_fl, end_fl))
        elif plain:
            if not chosen:
                entries[number] = [len(pieces)]
                pieces += _cut(number, program)
            decided[number, True] = decided[number, False] = [entries[number][0]]
    for edge in edges:
        targets = [-1] if edge.target == END else entries.get(index.get(edge.target, -1), [])
        if edge.source == START:
            sources = [-1] if edge.target != END else []
        else:
            sources = decided.get((index.get(edge.source, -1), bool(edge.option)), [])
        for source in sources:
            early = source >= 0 and pieces[source].leave_from_fl < pieces[source].to_fl
            for target in targets:
                ways.setdefault(PieceWay(source, target, edge.option, early))
    return Pieces(tuple(pieces), tuple(ways))


def _cut(scene: int, program: Program) -> list[Piece]:
    window = program.window
    end_fl = program.duration.nominal_fl
    if window is None:
        return [Piece(program.id, scene, 0, end_fl, end_fl)]
    leave_fl = _earliest_leave_fl(program, window)
    hold = window.hold
    if hold is None:
        return [Piece(program.id, scene, 0, window.commit_fl, min(leave_fl, window.commit_fl))]
    # A lap is left for the tail by deciding, or for another scene at once where the scene may be left early.
    tail = hold.to_fl < window.commit_fl
    early_fl = leave_fl if leave_fl < hold.to_fl else hold.to_fl + tail
    made = [
        Piece(program.id, scene, 0, hold.to_fl, early_fl),
        Piece(f"{program.id}/lap", scene, hold.from_fl, hold.to_fl, early_fl, hold.laps),
    ]
    if tail:
        made.append(
            Piece(
                f"{program.id}/tail",
                scene,
                hold.to_fl,
                window.commit_fl,
                max(hold.to_fl, min(leave_fl, window.commit_fl)),
            )
        )
    return made


def _within(first: int, made: Sequence[Piece]) -> list[tuple[int, int]]:
    """Ways inside a scene: into the lap, round, and out of it."""
    if len(made) == 1:
        return []
    ways = [(first, first + 1), (first + 1, first + 1)]
    if len(made) == 3:
        ways += [(first, first + 2), (first + 1, first + 2)]
    return ways


def _earliest_leave_fl(program: Program, window: WindowSpec) -> int:
    """Where the scene can be left at the earliest: `engine.show.conduct.deciding` says so when a decision is made at the opening."""
    if window.leave != "early":
        return window.commit_fl
    decided_fl = window.open_fl + window.commit_fl - window.close_fl
    return min(window.commit_fl, max(program.duration.min_fl, decided_fl))
