"""The identity of a package: one SHA-256 over the names and the bytes of all its files."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

# What editors and Python leave behind is not content: it must not change the identity of a show.
_IGNORED_FOLDERS = frozenset({"__pycache__", "runs"})
_IGNORED_ENDINGS = ("~", ".swp", ".pyc", ".tmp", ".bak", ".orig")
# A certificate is about the content, and lies beside it.
_CERTIFICATES = ("certificate.json", "certificate.html")


def content_files(folder: Path) -> tuple[Path, ...]:
    """List the files of a package, relative to its folder, sorted by their POSIX path.

    Hidden files and folders, editors' backups, `runs`, `__pycache__` and certificates (names that end in
    ``certificate.json`` or ``certificate.html``) are left out.
    """
    found: list[Path] = []
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".") and name not in _IGNORED_FOLDERS]
        base = Path(parent)
        found.extend(
            (base / name).relative_to(folder)
            for name in names
            if not name.startswith(".") and not name.endswith(_IGNORED_ENDINGS + _CERTIFICATES)
        )
    return tuple(sorted(found, key=lambda path: path.as_posix()))


def content_hash(folder: Path, files: Iterable[Path] | None = None) -> str:
    """Hash a package.

    Parameters
    ----------
    folder : Path
        The package's folder.
    files : iterable of Path, optional
        Paths relative to `folder`, sorted; default `content_files(folder)`.

    Returns
    -------
    str
        64 hexadecimal digits. The same files give the same hash on every machine and under every folder name:
        paths enter in POSIX form, times and permissions do not enter at all.
    """
    whole = hashlib.sha256()
    for path in content_files(folder) if files is None else files:
        with (folder / path).open("rb") as stream:
            one = hashlib.file_digest(stream, "sha256")
        # A length in front of the name keeps ("ab", ...) and ("a", "b"...) apart.
        name = path.as_posix().encode()
        whole.update(len(name).to_bytes(4, "big") + name + one.digest())
    return whole.hexdigest()
