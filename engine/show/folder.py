"""The folder a run leaves, and the disk that may be full."""

from __future__ import annotations

import errno
from pathlib import Path

from engine.errors import OutputError
from engine.time import wall_time_iso

#: What a run needs at least; less is refused before anything moves.
LEAST_FREE_BYTES = 64 * 1024 * 1024


def explain(error: OSError, path: Path) -> OutputError:
    """An operating system's refusal, for people."""
    if error.errno == errno.ENOSPC:
        return OutputError(f"{path}: the disk is full; free some space or choose another folder with --out")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return OutputError(f"{path}: writing is not allowed here; choose another folder with --out")
    return OutputError(
        f"{path}: cannot be written ({error.strerror or error}); choose another folder with --out"
    )


class RunFolder:
    """Paths of one run.

    Parameters
    ----------
    out : Path or None
        Where; None makes ``runs/<instant>-<experience>`` below the present folder.
    experience : str
        Its id.

    Raises
    ------
    OutputError
        The folder cannot be made, or there is too little room for a run.
    """

    def __init__(self, out: Path | None, experience: str) -> None:
        stamp = wall_time_iso().replace(":", "").replace("-", "").split("+")[0].rstrip("Z")
        self.path = out if out is not None else _fresh(Path("runs"), f"{stamp}-{experience}")
        self.frames = self.path / "frames"
        if self.journal.exists():
            # Said before anything of that run is touched.
            raise OutputError(
                f"{self.path} holds a run already (its journal.jsonl); choose another folder with --out"
            )
        try:
            self.frames.mkdir(parents=True, exist_ok=True)
            for old in self.frames.glob("*.png"):
                old.unlink()
        except OSError as error:
            raise explain(error, self.path) from error
        self._check_room()

    def _check_room(self) -> None:
        from shutil import disk_usage

        free = disk_usage(self.path).free
        if free < LEAST_FREE_BYTES:
            raise OutputError(
                f"{self.path}: {free // 1_000_000} MB are free, a run needs "
                f"{LEAST_FREE_BYTES // 1_000_000} MB; free some space or choose another folder with --out"
            )

    @property
    def journal(self) -> Path:
        """The run's journal."""
        return self.path / "journal.jsonl"

    @property
    def received(self) -> Path:
        """What each software twin of a live run received, and when."""
        return self.path / "twins"

    @property
    def report(self) -> Path:
        """The run's report."""
        return self.path / "report.html"

    @property
    def sound(self) -> Path:
        """The run's sound, where it is not played."""
        return self.path / "audio.wav"

    def make(self, folder: Path) -> None:
        """Make a folder of the run.

        Raises
        ------
        OutputError
            It cannot be made.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise explain(error, folder) from error

    def write(self, path: Path, data: bytes) -> None:
        """Write a whole file, or none of it.

        Raises
        ------
        OutputError
            The disk is full, or the folder has gone.
        """
        part = path.with_suffix(path.suffix + ".part")
        try:
            part.write_bytes(data)
            part.replace(path)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise explain(error, path) from error


def _fresh(parent: Path, name: str) -> Path:
    path, number = parent / name, 1
    while path.exists():
        number += 1
        path = parent / f"{name}-{number}"
    return path
