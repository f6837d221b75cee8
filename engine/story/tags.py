"""Tags of the story, as ``key: value``."""

from __future__ import annotations

from collections.abc import Sequence


def split_tag(tag: str) -> tuple[str, str]:
    """``"id: stay"`` -> ``("id", "stay")``; a tag without a colon has an empty value."""
    key, _, value = tag.partition(":")
    return key.strip(), value.strip()


def tag_value(tags: Sequence[str], key: str) -> str | None:
    """Value of the first tag with this key, or None."""
    for tag in tags:
        name, value = split_tag(tag)
        if name == key:
            return value
    return None
