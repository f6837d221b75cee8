"""Reads a SOFA file in a process of its own.

The library under h5py can end its process on a file whose inner structure is damaged. A guest's file is nobody's word to trust, so it is
read where that harms nobody, and handed back as plain arrays.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from engine.audio.hrtf.measured import MeasuredHead
from engine.errors import InputError

_LIMIT_S = 60.0


def read_sofa_apart(path: str | Path) -> MeasuredHead:
    """Reads a head, as `engine.audio.hrtf.sofa.read_sofa`, wherever that leads.

    Raises
    ------
    InputError
        What is wrong with the file, in the reader's words; or that reading it ended the reader.
    """
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "head.npz"
        command = [sys.executable, "-m", "engine.audio.hrtf.apart", str(Path(path).resolve()), str(out)]
        try:
            done = subprocess.run(command, capture_output=True, timeout=_LIMIT_S, check=False, text=True)
        except subprocess.TimeoutExpired:
            raise InputError(
                f"{path}: this SOFA file could not be read within {_LIMIT_S:g} s; export it again"
            ) from None
        if done.returncode == 2:
            raise InputError(done.stdout.strip().replace(str(Path(path).resolve()), str(path)))
        if done.returncode != 0 or not out.is_file():
            raise InputError(
                f"{path}: this SOFA file is damaged: reading it ended the reader (status {done.returncode}); export it again"
            )
        with np.load(out, allow_pickle=False) as data:
            return MeasuredHead(
                str(data["name"]),
                str(data["licence"]),
                data["directions"],
                data["responses"],
                float(data["distance_m"]),
            )


def main(source: str, out: str) -> int:
    """Read one file, write its arrays; 2 where it cannot be used, with the reason on standard output."""
    from engine.audio.hrtf.sofa import read_sofa
    from engine.errors import SensoramaError

    try:
        head = read_sofa(source)
    except SensoramaError as error:
        print(error)
        return 2
    np.savez(
        out,
        directions=head.directions,
        responses=head.responses,
        distance_m=np.array(head.distance_m),
        name=np.array(head.name),
        licence=np.array(head.licence),
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
