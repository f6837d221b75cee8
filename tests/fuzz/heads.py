"""SOFA files: well-formed HDF5 with anything in it. (Bytes damaged below that are read apart: tests/peers/test_audio_sofa.py.)"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import h5py
import numpy as np

from engine.audio.hrtf.sofa import read_sofa
from engine.errors import InputError
from tests.audio.hrtf import sofas
from tests.fuzz.target import Target, pure


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(
        prefix="fuzz-sofa-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    )


def _take(data: bytes) -> None:
    """A JSON object of changes: an array by its name (null: gone), an attribute by `@NAME` or `ARRAY@NAME`."""
    try:
        changes = json.loads(data)
    except (ValueError, RecursionError):
        raise InputError("no changes") from None
    if not isinstance(changes, dict):
        raise InputError("no changes")
    path = sofas.write(Path(_folder().name) / f"{os.getpid()}.sofa", around_deg=sofas.directions(60.0))
    with h5py.File(path, "r+") as file:
        for name, value in changes.items():
            _change(file, name, value)
    try:
        head = read_sofa(path)
    except InputError as error:
        assert "this SOFA file cannot be used" in str(error), f"not the reader's own words: {error}"
        str(error).encode()
        raise
    assert np.isfinite(head.responses).all() and np.isfinite(head.directions).all() and head.distance_m > 0
    assert np.abs(np.linalg.norm(head.directions, axis=1) - 1.0).max() < 1e-9
    f"{head.name} {head.licence}".encode()


def _change(file: h5py.File, name: str, value: object) -> None:
    array, _, attribute = name.partition("@")
    where = file.get(array or "/")
    try:
        if attribute and where is not None:
            where.attrs[attribute] = value
        elif not attribute and array in file:
            kept = dict(file[array].attrs)
            del file[array]
            if value is not None:
                file[array] = value
                file[array].attrs.update(kept)
    except (TypeError, ValueError, OverflowError, RuntimeError, OSError):
        raise InputError("nothing that HDF5 can hold") from None


def _seeds() -> Sequence[bytes]:
    return [
        json.dumps(changes).encode()
        for changes in (
            {"@License": "none"},
            {"ListenerView": [[1, 0, 0]], "ListenerUp": [[0, 0, 1]], "ListenerView@Type": "cartesian"},
            {"Data.Delay": [[3, 4]], "Data.SamplingRate": [44100], "Data.SamplingRate@Units": "hertz"},
            {"ReceiverPosition": [[0, 0.09, 0], [0, -0.09, 0]], "ReceiverPosition@Type": "cartesian"},
            {
                "SourcePosition@Units": "degree, degree, metre",
                "SourcePosition@Type": "spherical",
                "Data.IR": [[[0.5], [1]]],
            },
        )
    ]


HEADS = (
    Target("sofa", pure(_take), _seeds, (InputError,), ("engine.audio.hrtf.sofa:read_sofa",), slow=True),
)
