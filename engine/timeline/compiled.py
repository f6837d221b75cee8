"""What the tracks of a scene or a reaction produce, while it is being collected."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from engine.timeline import curves
from engine.timeline.curves import PieceRun
from engine.timeline.media import EventBank, FireCue, MediaBank, MediaCue
from engine.timeline.program import Contribution, DerivedMotion, Durations, NodeChannels, Program
from engine.timeline.roles import RoleTable

LengthOf = Callable[[Literal["audio", "line", "video"], str], int | None]
"""Length in flicks of a file (by path in the package) or of a spoken line (by id); None where not known."""


@dataclass(slots=True)
class Compiled:
    """Everything tracks produce, while it is being collected."""

    name: str
    index: int
    durations: Durations
    roles: RoleTable
    length_of: LengthOf | None
    is_reaction: bool
    runs: list[PieceRun] = field(default_factory=list)
    contributions: list[Contribution] = field(default_factory=list)
    nodes: list[NodeChannels] = field(default_factory=list)
    path_channel: int | None = None
    media: list[MediaCue] = field(default_factory=list)
    events: list[FireCue] = field(default_factory=list)
    derived: list[DerivedMotion] = field(default_factory=list)
    machine_made: list[int] = field(default_factory=list)

    def program(self, **more: Any) -> Program:
        """The finished program."""
        return Program(
            id=self.name,
            index=self.index,
            duration=self.durations,
            bank=curves.flatten(self.runs),
            contributions=tuple(self.contributions),
            path_channel=self.path_channel,
            nodes=tuple(self.nodes),
            media=MediaBank.of(self.media),
            events=EventBank.of(self.events),
            derived=tuple(self.derived),
            machine_made=tuple(self.machine_made),
            **more,
        )

    def channels(self, runs: Iterable[PieceRun]) -> tuple[int, ...]:
        """Add channels; returns their numbers."""
        first = len(self.runs)
        self.runs.extend(runs)
        return tuple(range(first, len(self.runs)))

    def length(self, kind: Literal["audio", "line", "video"], name: str) -> int | None:
        """Length of media in flicks, where known."""
        return None if self.length_of is None else self.length_of(kind, name)
