"""What is wrong or doubtful about a story's form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from engine.errors import Place, Problem, Severity
from engine.story.extract.machine import Machine
from engine.story.extract.scenes import Leaving
from engine.story.extract.tree import stray_visits
from engine.story.ways import START, SceneNode, StoryGraph


class Judge:
    """Collects the problems of one story, each once."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._found: dict[Problem, None] = {}

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything noted, in order."""
        return tuple(self._found)

    def say(self, message: str, hint: str, code: str, severity: Severity = "error") -> None:
        """Note one problem."""
        self.add(Problem(self._place, message, hint, severity, code))

    def add(self, problem: Problem) -> None:
        """Note a problem that somebody else found."""
        self._found.setdefault(problem)

    def flow(self, leaving: Mapping[str, Sequence[Leaving]]) -> None:
        """Content that runs out, options without a scene."""
        for source, contexts in leaving.items():
            for found in contexts:
                for path in found.dead_ends:
                    scene = f"scene '{source}'" if source != START else "the beginning"
                    self.say(
                        f"after {scene} the story may run out of content (in '{path}')",
                        "end that way with '-> END' or a divert",
                        "dead-end",
                        "warning",
                    )
                for option, further in found.joined:
                    after = (
                        "at the beginning" if option is None else f"right after '{option.id or option.text}'"
                    )
                    self.say(
                        f"option '{further.id or further.text}' may be offered {after}, without a scene "
                        f"{'before it' if option is None else 'in between'}",
                        "put a '# scene:' tag on the line before it",
                        "option-without-scene",
                        "warning",
                    )

    def visits(self, machine: Machine, wrong: Mapping[str, str]) -> None:
        """``visits:`` tags that say nothing, or stand nowhere."""
        hint = "write: # scene: name # visits: 3"
        for message in wrong.values():
            self.say(message, hint, "visits")
        for path in stray_visits(machine.root):
            self.say(
                f"the visits tag at {path} stands beside no scene tag, so it limits nothing", hint, "visits"
            )

    def lost(self, machine: Machine) -> None:
        """Paths that lead nowhere: a compiled story has none, an edited one may."""
        for place, path in machine.lost.items():
            self.say(
                f"what stands at {place} leads to '{path}', which does not exist",
                "compile it again",
                "lost-divert",
            )

    def form(self, graph: StoryGraph, fallbacks: set[str]) -> None:
        """Scenes and options themselves."""
        reached = graph.reachable()
        if not graph.scenes:
            self.say(
                "the story names no scene",
                "put '# scene: name' at the top of each knot that is one",
                "no-scene",
            )
        for node in graph.scenes:
            if node.id not in reached:
                self.say(
                    f"no way leads to scene '{node.id}' ({node.path})",
                    "divert to it, or remove it",
                    "unreachable",
                )
            if node.options:
                self._options(node, node.id in fallbacks)

    def _options(self, node: SceneNode, fallback: bool) -> None:
        for option in node.options:
            if not option.id:
                self.say(
                    f"option '{option.text}' after scene '{node.id}' has no id",
                    f"write: {option.text} # id: a_name",
                    "option-id",
                )
        ids = [option.id for option in node.options if option.id]
        for twice in _twice(ids):
            # Two branches of a condition may offer the same option: doubtful, not wrong for certain.
            self.say(
                f"scene '{node.id}' may offer two options with the id '{twice}'",
                "give each its own",
                "option-id",
                "warning",
            )
        defaults = [option for option in node.options if option.is_default]
        if not defaults:
            self.say(
                f"the choice after scene '{node.id}' has no default ({', '.join(ids)})",
                "add '# default' to the option to take when nobody decides",
                "no-default",
            )
        elif all(option.conditional for option in defaults):
            self.say(
                f"the default '{defaults[0].id}' after scene '{node.id}' has a condition",
                "make a default that is always there",
                "no-default",
                "warning",
            )
        if not fallback and all(option.conditional for option in node.options):
            self.say(
                f"every option after scene '{node.id}' has a condition; with none true the story stops",
                "add one without, or a fallback '+ ->'",
                "all-conditional",
                "warning",
            )


def _twice(ids: Sequence[str]) -> Iterator[str]:
    yield from sorted({one for one in ids if ids.count(one) > 1})
