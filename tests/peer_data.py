"""Files that other people made, where they are at hand: a folder named by SENSORAMA_PEER_DATA. None is part of this repository."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def peer_files(folder: str, pattern: str = "*") -> list[Path]:
    """Files of a folder of peer data; the test is left out, and says so, where there is none."""
    root = os.environ.get("SENSORAMA_PEER_DATA")
    found = sorted(Path(root, folder).glob(pattern)) if root else []
    if not found:
        pytest.skip(f"no peer data {folder}/{pattern}: set SENSORAMA_PEER_DATA to the folder that has it")
    return found
