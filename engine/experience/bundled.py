"""Where experiences and shared assets lie: beside the caller, in a checkout, or in an installed engine."""

from __future__ import annotations

import difflib
from pathlib import Path

from engine.errors import PackageError, Place, Problem

MANIFEST_NAME = "experience.yaml"

# Captions of a package that brings no font: Latin and 4,200 Chinese characters, see assets/fonts/README.md.
DEFAULT_FONT = "assets/fonts/sensorama-caption.ttf"

# engine/experience/bundled.py -> engine; its parent is the checkout, or site-packages.
_ENGINE = Path(__file__).resolve().parents[1]


def content_roots(cwd: Path | None = None) -> tuple[Path, ...]:
    """Give the folders that are searched for content, in order of preference.

    Parameters
    ----------
    cwd : Path, optional
        The folder the user works in; default the process's own.

    Returns
    -------
    tuple of Path
        Each holds `experiences/` and, where shared files are installed, `assets/`. The user's folder comes
        first so that a copy under work wins over the one that came with the engine.
    """
    own = Path.cwd() if cwd is None else cwd
    checkout = _ENGINE.parent
    roots = [own, _ENGINE / "content"]
    # Only a checkout has our project file beside the engine: another package in site-packages may well own a
    # folder called `experiences`.
    if (checkout / "pyproject.toml").is_file():
        roots.insert(1, checkout)
    return tuple(dict.fromkeys(root.resolve() for root in roots))


def bundled_experiences(cwd: Path | None = None) -> tuple[tuple[str, Path], ...]:
    """List the experiences that can be played by name.

    Returns
    -------
    tuple of (str, Path)
        Name and folder, sorted by name; of two with one name the one that `find_package` would take.
    """
    found: dict[str, Path] = {}
    for root in content_roots(cwd):
        for manifest in (root / "experiences").glob(f"*/{MANIFEST_NAME}"):
            found.setdefault(manifest.parent.name, manifest.parent)
    return tuple(sorted(found.items()))


def find_package(path_or_name: str | Path, *, cwd: Path | None = None) -> Path:
    """Find the folder of an experience.

    Parameters
    ----------
    path_or_name : str or Path
        A folder, its `experience.yaml`, or the name of an experience (`lantern_street`).
    cwd : Path, optional
        The folder that relative paths and `./experiences` start from; default the process's own.

    Returns
    -------
    Path
        The folder that holds `experience.yaml`.

    Raises
    ------
    PackageError
        When there is none; the message lists the names that exist and the nearest one.
    """
    own = Path.cwd() if cwd is None else cwd
    asked = Path(path_or_name).expanduser()
    given = asked if asked.is_absolute() else own / asked
    if given.name == MANIFEST_NAME and given.is_file():
        return given.parent
    if (given / MANIFEST_NAME).is_file():
        return given
    if len(asked.parts) == 1:
        for root in content_roots(own):
            candidate = root / "experiences" / asked
            if (candidate / MANIFEST_NAME).is_file():
                return candidate
    raise PackageError([_not_found(asked, given, own)])


def find_shared(relative: str, *, cwd: Path | None = None) -> Path | None:
    """Find a shared file such as `assets/fonts/caption.ttf`; None where this installation has none."""
    for root in content_roots(cwd):
        candidate = root / relative
        if candidate.is_file():
            return candidate
    return None


def shown_file(path: Path, *, cwd: Path | None = None) -> str:
    """Name a file as its reader would type it: relative where it lies below the working folder."""
    try:
        return str(path.resolve().relative_to((Path.cwd() if cwd is None else cwd).resolve()))
    except ValueError:
        return str(path)


def _not_found(asked: Path, given: Path, cwd: Path) -> Problem:
    if given.is_dir():
        return Problem(
            Place(str(asked)),
            f"the folder has no {MANIFEST_NAME}",
            "give the folder of an experience, or start one with `sensorama new NAME`",
        )
    names = [name for name, _ in bundled_experiences(cwd)]
    near = difflib.get_close_matches(asked.name, names, n=1)
    known = ", ".join(names) if names else "none"
    guess = f"did you mean {near[0]}? " if near else ""
    return Problem(
        Place(str(asked)),
        "no such experience, neither a folder nor a known name",
        f"{guess}known names: {known}; or give a folder that holds {MANIFEST_NAME}",
    )
