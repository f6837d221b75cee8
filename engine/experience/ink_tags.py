"""What a compiled ink story mentions: scenes, ids of lines and options, speakers, read from its tags.

This is not the story runtime (`engine/story`): it only collects words from the JSON so that a package can be
checked for files and texts without running anything. Source: inkle/ink, ink_JSON_runtime_format.md: a tag
is `"#", "^text", "/#"`, and `"\\n"` ends a line.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

# Formats of compiled ink that the runtime reads (inkpython 0.1.0, story.py).
OLDEST_INK_VERSION = 18
INK_VERSION = 21


@dataclass(frozen=True, slots=True)
class StoryMentions:
    """All that a story's tags name.

    Parameters
    ----------
    scenes : tuple of str
        Values of `# scene:`, in the order of the story, each once.
    line_ids, option_ids : tuple of str
        Values of `# id:` on lines and on options, each once.
    speakers : mapping of str to str
        Speaker key by line id, from `# speaker:`.
    """

    scenes: tuple[str, ...]
    line_ids: tuple[str, ...]
    option_ids: tuple[str, ...]
    speakers: Mapping[str, str]


def parse_story(text: str) -> Any:
    """Parse compiled ink and make sure that it is of a version this engine runs.

    Raises
    ------
    ValueError
        With what is wrong and what to do.
    """
    try:
        story = json.loads(text.removeprefix("\ufeff"))
    except ValueError as error:
        raise ValueError(f"is not JSON: {error}") from None
    version = story.get("inkVersion") if isinstance(story, dict) else None
    if not isinstance(version, int):
        raise ValueError("is JSON, but not compiled ink: it has no inkVersion")
    if not OLDEST_INK_VERSION <= version <= INK_VERSION:
        raise ValueError(f"has inkVersion {version}; this engine runs {OLDEST_INK_VERSION} to {INK_VERSION}")
    if not isinstance(story.get("root"), list):
        raise ValueError("is compiled ink without a root; it was cut short")
    return story


def story_mentions(story: Any) -> StoryMentions:
    """Collect what the tags of a story name; `story` is what `parse_story` gave."""
    scenes: dict[str, None] = {}
    lines: dict[str, None] = {}
    options: dict[str, None] = {}
    speakers: dict[str, str] = {}
    for tags, of_option in _tag_groups(story["root"]):
        pairs = dict(_split(tag) for tag in tags)
        if "scene" in pairs:
            scenes.setdefault(pairs["scene"])
        if "id" in pairs:
            (options if of_option else lines).setdefault(pairs["id"])
            if "speaker" in pairs and not of_option:
                speakers[pairs["id"]] = pairs["speaker"]
    return StoryMentions(tuple(scenes), tuple(lines), tuple(options), speakers)


def _split(tag: str) -> tuple[str, str]:
    key, _, value = tag.partition(":")
    return key.strip(), value.strip()


def _tag_groups(container: list[Any]) -> Iterator[tuple[list[str], bool]]:
    """Walk a container; give the tags of each line, and of each option's text, as one group."""
    line: list[str] = []
    option: list[str] = []
    depth = 0  # inside "str" ... "/str": the text of an option
    index = 0
    while index < len(container):
        item = container[index]
        if item == "str":
            depth += 1
        elif item == "/str":
            depth = max(0, depth - 1)
            if depth == 0 and option:
                yield option, True
                option = []
        elif item == "#":
            text = ""
            index += 1
            while index < len(container) and container[index] != "/#":
                part = container[index]
                text += part[1:] if isinstance(part, str) and part.startswith("^") else ""
                index += 1
            (option if depth else line).append(text)
        elif item == "\n" and line:
            yield line, False
            line = []
        elif isinstance(item, list):
            yield from _tag_groups(item)
        elif isinstance(item, dict):
            yield from _named(item)
        index += 1
    if line:
        yield line, False


def _named(item: dict[str, Any]) -> Iterator[tuple[list[str], bool]]:
    for name, inner in item.items():
        if not isinstance(inner, list):
            continue
        for tags, of_option in _tag_groups(inner):
            # `+ text # id: x` (without brackets) keeps what option and echo share in a container called "s".
            yield tags, of_option or name == "s"
