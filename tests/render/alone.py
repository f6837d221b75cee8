"""Tests in a process of their own: Panda3D 1.10 mixes up shaders and multisampling of several graphics contexts in one process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def pass_alone(cases: Path) -> None:
    """Run a file of tests in a new interpreter; what fails there fails here, with its words."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(cases)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
