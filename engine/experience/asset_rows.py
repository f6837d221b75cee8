"""Rows of `assets:` in a manifest against the files of a package: every file has a source and a licence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import PurePosixPath

# Folders whose files are works of somebody: they need a row.
ASSET_FOLDERS = ("models", "audio", "fonts", "video")
# Texts about the assets beside them: an index, a licence.
_DOCUMENTS = (".md", ".txt")


def is_asset(path: str) -> bool:
    """Tell whether a file of a package, by its POSIX path, needs a row."""
    pure = PurePosixPath(path)
    return len(pure.parts) > 1 and pure.parts[0] in ASSET_FOLDERS and pure.suffix.lower() not in _DOCUMENTS


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str]:
    text = ""
    for token in re.split(r"(\*\*/|\*\*|\*|\?)", pattern):
        text += {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}.get(token, re.escape(token))
    return re.compile(text)


def matches(pattern: str, path: str) -> bool:
    """Match a path: `*` and `?` stay within a folder, `**` crosses folders."""
    return _compiled(pattern).fullmatch(path) is not None


def rows_of_files(patterns: Iterable[str], paths: Iterable[str]) -> Mapping[str, str | None]:
    """Give the first matching pattern of each asset, or None where no row covers it."""
    rows = tuple(patterns)
    return {
        path: next((pattern for pattern in rows if matches(pattern, path)), None)
        for path in paths
        if is_asset(path)
    }
