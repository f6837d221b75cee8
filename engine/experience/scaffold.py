"""Starts a new experience: a complete little package with one decision, in two languages, that plays at once.

The template beside this file is itself a valid package (a test loads it); a new one is a copy of it under its
own name. Its compiled story is part of the template: nothing has to be installed before the first show.
"""

from __future__ import annotations

import re
from pathlib import Path

from engine.errors import OutputError, UsageError

_TEMPLATE = Path(__file__).resolve().parent / "template"
_TEMPLATE_ID = "new_experience"
_TEMPLATE_TITLES = ("New Experience", "新作品")
_NAME = re.compile(r"[a-z][a-z0-9_]*")


def template_files() -> tuple[str, ...]:
    """List what a new package consists of, as POSIX paths."""
    return tuple(
        sorted(path.relative_to(_TEMPLATE).as_posix() for path in _TEMPLATE.rglob("*") if path.is_file())
    )


def new_package(name: str, folder: str | Path | None = None) -> Path:
    """Write a new experience.

    Parameters
    ----------
    name : str
        Its id: small letters, digits and `_`.
    folder : str or Path, optional
        Where the package's folder is made; default `experiences` in the working folder where there is one,
        else the working folder itself.

    Returns
    -------
    Path
        The package's folder, `<folder>/<name>`.

    Raises
    ------
    UsageError
        When the name is not one, or the folder exists already and holds something.
    OutputError
        When it cannot be written.
    """
    if _NAME.fullmatch(name) is None:
        raise UsageError(
            f"{name!r} is not a name for an experience; use small letters, digits and _, as in night_market"
        )
    if folder is None:
        folder = Path("experiences") if Path("experiences").is_dir() else Path()
    target = Path(folder) / name
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise UsageError(f"{target} exists already and is not empty; choose another name, or remove it")
    title = name.replace("_", " ").title()
    try:
        for relative in template_files():
            text = (_TEMPLATE / relative).read_text(encoding="utf-8")
            if relative == "experience.yaml":
                text = text.replace(f"id: {_TEMPLATE_ID}", f"id: {name}", 1)
                for old in _TEMPLATE_TITLES:
                    text = text.replace(old, title, 1)
            written = target / relative
            written.parent.mkdir(parents=True, exist_ok=True)
            written.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise OutputError(f"{target} cannot be written: {error.strerror or error}") from error
    return target
