"""Programs that other people wrote: found on this machine, or the test says what to install."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest


def needed(program: str, package: str) -> str:
    """Path of a program; where it is not installed, the test fails and says how to get it."""
    path = shutil.which(program)
    if path is None:
        pytest.fail(f"{program} is not installed (apt-get install {package})")
    return path


def node_package(name: str) -> Path:
    """Folder of an npm package; where it is not installed, the test fails and says how to get it."""
    modules = Path(os.environ.get("SENSORAMA_NODE_MODULES", "node_modules"))
    path = modules / name
    if not path.is_dir():
        pytest.fail(
            f"npm package {name} is not in {modules} (npm install {name}; SENSORAMA_NODE_MODULES says where)"
        )
    return path
