"""A conductor that follows a timecode, on the manual clock: real scenes with one-shots, a story of a few knots."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from types import SimpleNamespace
from typing import Any, Literal

from engine.errors import Problem
from engine.show.conduct.conductor import Conductor
from engine.show.conduct.inputs import Input
from engine.show.timecode.following import Following
from engine.time import LocalBlock, TransportWriter
from engine.time.chase_values import ChaseRules
from engine.time.codes.word import CodeWord
from engine.timeline.compile import compile_scene
from engine.timeline.cursor import Cursor
from engine.timeline.evaluate import Evaluator
from engine.timeline.parse import parse_scene
from engine.timeline.program import Program
from engine.timeline.roles import RoleKind, RoleSpec, RoleTable
from engine.timeline.yamlsource import Places
from tests.show.fakes import FakeStory

ROLES = RoleTable.of([RoleSpec("air.wind", RoleKind.LEVEL, "room", "wind")])
WINDOW = {"show": "4s", "open": "5s", "close": "12s", "commit": "16s", "inputs": ["mouse"]}
LINEAR = {"start": (["one", "two", "three"], {}, None)}
BRANCHING = {
    "start": (["choice"], {"left": "left", "right": "right"}, "left"),
    "left": (["one"], {}, None),
    "right": (["two"], {}, None),
}


def scene(
    name: str, index: int, *, window: dict[str, Any] | None = None, at: Sequence[float] = ()
) -> Program:
    """Twenty seconds with a named one-shot at each instant of `at`, and a gust of four seconds as a pulse at 10 s."""
    source: dict[str, Any] = {
        "duration": "20s",
        "tracks": [
            {
                "kind": "event",
                "cues": [{"at": f"{s}s", "name": f"{name}_{s:g}".replace(".", "_")} for s in at],
            },
            {
                "kind": "level",
                "role": "air.wind",
                "cues": [{"at": "10s", "for": "4s", "curve": [[0, 1], [1, 1]], "seek": "fire"}],
            },
        ],
    }
    if window is not None:
        source["window"] = window
    problems: list[Problem] = []
    parsed = parse_scene(source, Places("scene.yaml"), problems)
    program = compile_scene(parsed, scene_id=name, index=index, roles=ROLES, problems=problems)
    assert program is not None and not problems, "\n".join(map(str, problems))
    return program


class Followed:
    """One run.

    Parameters
    ----------
    rules : ChaseRules
    missed : {"late", "skip", "chase"}
    knots : dict
        The story.
    programs : sequence of Program
    """

    def __init__(
        self,
        rules: ChaseRules,
        programs: Sequence[Program],
        knots: dict[str, Any],
        missed: Literal["late", "skip", "chase"] = "skip",
    ) -> None:
        self.rules, self.programs = rules, programs
        self.log: list[tuple[str, int, dict[str, Any]]] = []
        self.writer = TransportWriter(LocalBlock())
        self.conductor = make_conductor(programs, knots, self.writer, self.log)
        self.conductor.start(0, from_ns=100_000_000)
        self.following = Following(rules, missed, self.conductor, self._record)
        self.evaluator = Evaluator(programs, ROLES)
        self._cursor = Cursor(programs, 0)
        self.fired: list[tuple[str, float]] = []
        self.now_ns = 0
        self.until(0)

    def _record(self, kind: str, now_ns: int, /, **fields: Any) -> None:
        self.log.append((kind, now_ns, fields))

    def until(self, to_ns: int) -> None:
        """Time passes, looked at every ten milliseconds and at every instant that is due."""
        while True:
            self.following.advance(self.now_ns)
            self._watch()
            if self.now_ns >= to_ns or self.conductor.ended is not None:
                return
            dues = [self.following.next_due_ns(), self.conductor.next_deadline_ns(), self.now_ns + 10_000_000]
            self.now_ns = max(self.now_ns + 1, min([to_ns, *(due for due in dues if due is not None)]))

    def hear(self, words: Iterable[CodeWord]) -> Followed:
        """Words, each known a frame after it began."""
        for word in words:
            self.until(max(self.now_ns, word.at_ns + 40_000_000))
            self.following.hear([word], self.now_ns)
            self._watch()
            if self.conductor.ended is not None:
                break
        return self

    def handle(self, event: Input) -> None:
        self.conductor.handle(event, self.now_ns)

    def _watch(self) -> None:
        # A follower has seen what is published up to now; what is due before this instant has happened.
        for fired in self._cursor.advance(self.writer.transport, self.now_ns):
            self.fired.append((fired.cue.name, fired.host_ns / 1e9))

    # ---- what came of it -----------------------------------------------------------------------------------

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.fired]

    def events(self, kind: str) -> list[dict[str, Any]]:
        return [fields for one, _, fields in self.log if one == kind]

    def inputs(self) -> list[tuple[int, dict[str, Any]]]:
        return [(at_ns, fields["input"]) for kind, at_ns, fields in self.log if kind == "input"]

    def error_ns(self, word: CodeWord) -> float:
        """Source minus show at a word, bias taken off."""
        frame_ns = self.rules.rate.flicks_per_frame * 625 / 441
        run_ns = self.writer.transport.run_fl(word.at_ns) * 625 / 441
        source_ns = (word.index - self.rules.start_index) * frame_ns + self.rules.offset_ns
        return source_ns + self.following.quality.bias_ns - run_ns

    def at_s(self, host_ns: int) -> float:
        """Position in the scene."""
        return self.writer.transport.at(host_ns).at_fl / 705_600_000


def make_conductor(
    programs: Sequence[Program],
    knots: dict[str, Any],
    writer: TransportWriter,
    log: list[tuple[str, int, dict[str, Any]]],
) -> Conductor:
    package: Any = SimpleNamespace(
        scenes=tuple(programs), scene_index={program.id: program.index for program in programs}
    )
    story: Any = FakeStory(knots)

    def record(kind: str, now_ns: int, /, **fields: Any) -> None:
        log.append((kind, now_ns, fields))

    return Conductor(package=package, story=story, writer=writer, record=record)
