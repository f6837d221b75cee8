"""The test vectors of the EBU ADM Renderer, out of its source package; nothing of it is imported or run.

`ear` 2.1.0, EBU, BSD-3-Clause-Clear, https://github.com/ebu/ebu_adm_renderer.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

VERSION = "2.1.0"


def ear_source() -> Path:
    """Its unpacked source: SENSORAMA_EAR_SOURCE, or downloaded once into the user's cache; without both the test fails."""
    told = os.environ.get("SENSORAMA_EAR_SOURCE")
    if told:
        return Path(told)
    cache = Path(os.environ.get("XDG_CACHE_HOME", "") or Path.home() / ".cache") / "sensorama" / "peers"
    unpacked = cache / f"ear-{VERSION}"
    if not unpacked.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        asked = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "-q",
            "--no-deps",
            "--no-binary",
            "ear",
            f"ear=={VERSION}",
        ]
        done = subprocess.run(
            [*asked, "-d", str(cache)], capture_output=True, text=True, check=False, timeout=300
        )
        packed = cache / f"ear-{VERSION}.tar.gz"
        if done.returncode or not packed.is_file():
            pytest.fail(
                f"ear {VERSION}'s source cannot be had (SENSORAMA_EAR_SOURCE may say where it lies): {done.stderr[-400:]}"
            )
        with tarfile.open(packed) as archive:
            archive.extractall(cache, filter="data")
    return unpacked


class Plain:
    """Stands for any of its classes in a pickle: keeps the state and nothing else."""

    state: Any = None

    def __setstate__(self, state: Any) -> None:
        self.state = state


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if module.startswith("ear."):
            return type(name, (Plain,), {})
        raise pickle.UnpicklingError(f"{module}.{name} is none of the values that are expected")


def unpickled(path: Path) -> list[Plain]:
    """A pickle of its values, read without it."""
    with path.open("rb") as file:
        return list(_Reader(file).load())
