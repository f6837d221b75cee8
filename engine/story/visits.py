"""How often a play may enter a scene: the tag ``# visits: N``, and the count that is kept of it.

The tag stands beside the scene's own, on its line or the next, and holds for the scene wherever it is tagged::

    === hall
    # scene: hall # visits: 3

ink knows nothing of it; `engine.story.ink.Story` keeps the count, so that every play does: a show, its replay, a rehearsal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.story.extract.tree import Container, scene_tags


def declared_visits(root: list[Any]) -> tuple[dict[str, int], dict[str, str]]:
    """How often each scene may be entered, by its ``visits:`` tags.

    Parameters
    ----------
    root : list
        The root of the compiled story.

    Returns
    -------
    tuple
        Numbers by scene, for the scenes that declare one; and what is wrong, by scene.
    """
    numbers: dict[str, set[int]] = {}
    wrong: dict[str, str] = {}
    for tag in scene_tags(Container(root)):
        for text in tag.visits:
            if text.isascii() and text.isdecimal() and int(text) >= 1:
                numbers.setdefault(tag.scene, set()).add(int(text))
            else:
                said = f"'# visits: {text}'" if text else "a visits tag without a plain number"
                wrong.setdefault(
                    tag.scene, f"scene '{tag.scene}' has {said}; allowed: a whole number from 1 on"
                )
    for scene, found in numbers.items():
        if len(found) > 1:
            listed = " and ".join(str(number) for number in sorted(found))
            wrong.setdefault(scene, f"scene '{scene}' declares several limits of visits: {listed}")
    return {scene: min(found) for scene, found in numbers.items()}, wrong


@dataclass(slots=True)
class Visits:
    """Limits of scenes, and how often each limited scene has been entered.

    Parameters
    ----------
    limits : mapping of str to int
    counts : dict of str to int
        Of limited scenes only.
    """

    limits: Mapping[str, int] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def full(self, scene: str) -> bool:
        """Whether a scene may not be entered again."""
        return scene in self.limits and self.counts.get(scene, 0) >= self.limits[scene]

    def any_full(self) -> bool:
        """Whether any scene may not."""
        return any(self.full(scene) for scene in self.counts)

    def enter(self, scene: str) -> None:
        """Count one visit."""
        if scene in self.limits:
            self.counts[scene] = self.counts.get(scene, 0) + 1

    def said(self, scene: str) -> str:
        """Why a scene is closed, for the log."""
        return f"scene '{scene}' has been visited as often as it may be ({self.limits[scene]})"
