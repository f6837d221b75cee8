"""The ink source beside a compiled story: where in it something is named, so that messages point there."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.errors import Place

_TAG = re.compile(r"#\s*([\w-]+)\s*:\s*([^#\]\n]*)")
# A comment ends a line for ink too; `://` is a URL.
_COMMENT = re.compile(r"(?<!:)//")


def ink_source(story_name: str) -> str:
    """Name the ink source of a compiled story: story.ink.json -> story.ink."""
    return story_name.removesuffix(".json") if story_name.endswith(".ink.json") else f"{story_name}.ink"


@dataclass(frozen=True, slots=True)
class StorySource:
    """The ink source of a package, where it has one.

    Parameters
    ----------
    folder : Path
        The package.
    story_name : str
        Path of the compiled story in the package.
    files : collection of str
        What the package consists of.
    shown : callable
        Names a file of the package in messages.
    """

    folder: Path
    story_name: str
    files: Collection[str]
    shown: Callable[[str], str]

    @property
    def name(self) -> str:
        """Path of the source in the package."""
        return ink_source(self.story_name)

    def lines(self) -> list[str]:
        """Give the source line by line; nothing where it was not shipped."""
        if self.name not in self.files:
            return []
        return (self.folder / self.name).read_text(encoding="utf-8-sig", errors="replace").splitlines()

    def tags(self) -> Iterator[tuple[int, str, str]]:
        """Give every `# key: value` of the source with its line, from 1."""
        for number, line in enumerate(self.lines(), 1):
            for key, value in _TAG.findall(_COMMENT.split(line, maxsplit=1)[0]):
                yield number, key, value.strip()

    def place(self, key: str, value: str) -> Place:
        """Find where the source has a tag; the file as a whole where it has not, or is not there."""
        for number, found_key, found in self.tags():
            if (found_key, found) == (key, value):
                return Place(self.shown(self.name), number)
        return Place(self.shown(self.name if self.name in self.files else self.story_name))
