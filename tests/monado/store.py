"""The cache folder: built once, never seen half built, shared by any number of sessions and builds at once.

A folder is made under a name that nothing reads, renamed once it is whole, and found by a link ``<kind>-<key>``. Who
uses one holds a shared lock on it; only unused ones are ever deleted.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_HALF_BUILT = ".building-"


@dataclass(frozen=True, slots=True)
class Held:
    """A whole folder, kept from deletion while `descriptor` is open here or in a program that inherited it."""

    path: Path
    descriptor: int


class Store:
    """Folders by kind and key.

    Parameters
    ----------
    root : Path
        Made where it is missing.
    say : callable
        Told what takes long.
    """

    def __init__(self, root: Path, say: Callable[[str], None]) -> None:
        self._root = root
        self._say = say
        root.mkdir(parents=True, exist_ok=True)

    def hold(self, kind: str, key: str, build: Callable[[Path], None], *, fresh: bool = False) -> Held:
        """The folder of this kind and key, built where there is none yet.

        Parameters
        ----------
        kind, key : str
        build : callable
            Fills the empty folder it is given; whatever it raises leaves no folder behind.
        fresh : bool
            Build another one although there is one; sessions that use the old one go on.
        """
        link = self._root / f"{kind}-{key}"
        with self._locked():
            self._sweep()
            if fresh or not link.is_dir():
                self._build(link, build)
            whole = link.resolve()
            # Inheritable: the lock lives as long as the session that this process becomes.
            descriptor = os.open(whole, os.O_RDONLY)
            os.set_inheritable(descriptor, True)
            fcntl.flock(descriptor, fcntl.LOCK_SH)
            os.utime(whole)
        return Held(whole, descriptor)

    def _build(self, link: Path, build: Callable[[Path], None]) -> None:
        half = Path(tempfile.mkdtemp(prefix=_HALF_BUILT, dir=self._root))
        half.chmod(0o755)
        # Held while it is built: a sweep takes it only when its builder is gone.
        descriptor = os.open(half, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            build(half)
            whole = self._root / f"{link.name}.{half.name.removeprefix(_HALF_BUILT)}"
            half.rename(whole)
            pointer = self._root / f"{_HALF_BUILT}{whole.name}"
            pointer.symlink_to(whole.name)
            pointer.replace(link)
        except BaseException:
            shutil.rmtree(half, ignore_errors=True)
            raise
        finally:
            os.close(descriptor)

    def _sweep(self) -> None:
        """Delete what nobody can find and nobody uses: builds that were cut short, folders that another one replaced."""
        found = {
            link.resolve()
            for link in self._root.iterdir()
            if link.is_symlink() and _HALF_BUILT not in link.name
        }
        for path in self._root.iterdir():
            if path.is_symlink():
                if _HALF_BUILT in path.name or not path.exists():
                    path.unlink()
            elif path.is_dir() and path.resolve() not in found:
                descriptor = os.open(path, os.O_RDONLY)
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    continue  # a session still runs on it
                else:
                    shutil.rmtree(path)
                finally:
                    os.close(descriptor)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One at a time looks, builds and deletes; the system drops the lock of a process that dies."""
        with (self._root / "lock").open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self._say("another build is under way; waiting for it")
                fcntl.flock(file, fcntl.LOCK_EX)
            yield
