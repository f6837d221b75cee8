"""What has been seen and taken so far, over all plays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from engine.story.ways import END, START, StoryGraph

#: An option that nobody takes; the window closes on its default.
NOBODY = ""


@dataclass(slots=True)
class Coverage:
    """Counts, by scene, by option in its scene, and by way from scene to scene."""

    scenes: Counter[str] = field(default_factory=Counter)
    offered: Counter[tuple[str, str]] = field(default_factory=Counter)
    taken: Counter[tuple[str, str]] = field(default_factory=Counter)
    ways: Counter[tuple[str, str]] = field(default_factory=Counter)
    triggers: Counter[tuple[str, str]] = field(default_factory=Counter)

    def least(self, scene: str, options: Sequence[str]) -> str:
        """Of the options of a scene, and of taking none, what was done least often; the first of equals."""
        return min((*options, NOBODY), key=lambda option: self.taken[scene, option])

    def never(self, graph: StoryGraph) -> list[str]:
        """What the story holds and no play has seen, in sentences."""
        reached = graph.reachable()
        found = [
            f"scene '{node.id}' was never played"
            for node in graph.scenes
            if node.id in reached and not self.scenes[node.id]
        ]
        for node in graph.scenes:
            for option in node.options:
                if option.id and self.scenes[node.id] and not self.offered[node.id, option.id]:
                    found.append(f"option '{option.id}' of scene '{node.id}' was never offered")
        return found

    def table(self, graph: StoryGraph) -> list[tuple[str, str, int, int]]:
        """Scene, option (empty for the scene itself), how often it was there, and how often it was taken."""
        rows: list[tuple[str, str, int, int]] = []
        for node in graph.scenes:
            rows.append((node.id, "", self.scenes[node.id], self.scenes[node.id]))
            rows += [
                (node.id, option.id, self.offered[node.id, option.id], self.taken[node.id, option.id])
                for option in node.options
            ]
        return rows

    def share(self, graph: StoryGraph) -> tuple[float, float, float]:
        """Shares of scenes, options and ways between scenes that were met, 0 to 1 each."""
        reached = graph.reachable()
        scenes = [self.scenes[node.id] > 0 for node in graph.scenes if node.id in reached]
        options = [
            self.taken[node.id, option.id] > 0
            for node in graph.scenes
            for option in node.options
            if node.id in reached
        ]
        edges = {
            (edge.source, edge.target) for edge in graph.edges if edge.source != START and edge.target != END
        }
        ways = [self.ways[edge] > 0 for edge in edges]
        return tuple(sum(row) / len(row) if row else 1.0 for row in (scenes, options, ways))  # type: ignore[return-value]
