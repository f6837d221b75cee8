"""Programs that other people wrote: found on this machine, or the test says what to install."""

from __future__ import annotations

import shutil

import pytest


def needed(program: str, package: str) -> str:
    """Path of a program; where it is not installed, the test fails and says how to get it."""
    path = shutil.which(program)
    if path is None:
        pytest.fail(f"{program} is not installed (apt-get install {package})")
    return path
