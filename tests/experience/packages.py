"""A good small package to break, and small helpers to break it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from engine.experience.scaffold import new_package

Break = Callable[[Path], None]


def good_package(tmp_path: Path) -> Path:
    """Write the scaffold's package, which has one decision, three scenes and two languages."""
    return new_package("small", tmp_path)


def replace(name: str, old: str, new: str) -> Break:
    """Replace text in a file of the package; the text has to be there."""

    def apply(folder: Path) -> None:
        path = folder / name
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{name} has no {old!r}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return apply


def append(name: str, text: str) -> Break:
    """Add text to the end of a file."""

    def apply(folder: Path) -> None:
        path = folder / name
        path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")

    return apply


def remove(name: str) -> Break:
    """Delete a file of the package."""
    return lambda folder: (folder / name).unlink()


def rename(name: str, new_name: str) -> Break:
    """Rename a file of the package."""
    return lambda folder: (folder / name).rename(folder / new_name)


def write(name: str, content: str | bytes) -> Break:
    """Write a file into the package."""

    def apply(folder: Path) -> None:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)

    return apply


def each(*breaks: Break) -> Break:
    """Break a package in several ways."""

    def apply(folder: Path) -> None:
        for break_it in breaks:
            break_it(folder)

    return apply


def line_of(path: Path, text: str) -> int:
    """Find the first line of a file that holds some text, from 1."""
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
        if text in line:
            return number
    raise AssertionError(f"{path} has no line with {text!r}")
