"""The EBU ADM Renderer (`ear`, BSD-3-Clause-Clear): the reference of ITU-R BS.2127, in an environment of its own.

It wants numpy below 2, attrs below 22 and setuptools below 81, so it never shares ours. ``SENSORAMA_EAR_RENDER`` names its program where it
is installed already.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

_WANTED = ("numpy<2", "attrs<22", "setuptools<81", "ear==2.1.0")


def _home() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "sensorama" / "ear-2.1.0"


def ear_render(*, make: bool = False) -> Path | None:
    """The program ``ear-render``.

    Parameters
    ----------
    make : bool
        Install it into the user's cache folder where it is not there yet (50 MB of downloads).

    Returns
    -------
    Path or None
        None where it is not there, or could not be made.
    """
    named = os.environ.get("SENSORAMA_EAR_RENDER") or shutil.which("ear-render")
    if named:
        return Path(named)
    program = _home() / "bin" / "ear-render"
    if program.is_file():
        return program
    if not make:
        return None
    # numpy 1 has no wheels beyond 3.12.
    python = next(
        (found for name in ("python3.11", "python3.12", "python3.10") if (found := shutil.which(name))),
        sys.executable,
    )
    try:
        subprocess.run([python, "-m", "venv", "--clear", _home()], check=True, capture_output=True)
        subprocess.run(
            [_home() / "bin" / "python", "-m", "pip", "install", "-q", *_WANTED],
            check=True,
            capture_output=True,
        )
    except (OSError, subprocess.CalledProcessError):
        shutil.rmtree(_home(), ignore_errors=True)
        return None
    return program if program.is_file() else None
