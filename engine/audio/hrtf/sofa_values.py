"""Texts and arrays of numbers out of a SOFA file, whoever wrote it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import h5py

Values = NDArray[np.float64]

MOST_MEASUREMENTS = 100_000
MOST_BYTES = 512 * 1024 * 1024


def text_of(thing: Any, name: str) -> str:
    """An attribute of a file or of an array in it; "" where it has none, or none that is a text."""
    try:
        value = thing.attrs.get(name, "")
    except UnicodeDecodeError:
        return ""  # says it is UTF-8 and is not: h5py gives nothing of it
    if isinstance(value, np.ndarray) and value.size == 1:
        value = value.item()  # MATLAB's writers store texts as arrays of one
    if isinstance(value, str):
        # What is no UTF-8 comes from h5py with each byte escaped; no terminal would print that.
        value = value.encode("utf-8", "surrogateescape")
    if not isinstance(value, bytes):
        return ""
    # Older files hold Latin-1.
    try:
        return value.decode("utf-8").strip()
    except UnicodeDecodeError:
        return value.decode("latin-1").strip()


def array_of(file: h5py.File, name: str, dimensions: int | None, found: list[str]) -> Values | None:
    """Numbers under a name; None where they cannot be used, the reason added to `found`, or where there are none at all."""
    if name not in file:
        return None
    data = file[name]
    shape = getattr(data, "shape", None)
    if (
        shape is None
        or not np.issubdtype(data.dtype, np.number)
        or np.issubdtype(data.dtype, np.complexfloating)
    ):
        found.append(f"{name} is not an array of numbers")
        return None
    if dimensions is not None and len(shape) != dimensions:
        found.append(f"{name} has {len(shape)} dimensions, {dimensions} are needed")
        return None
    if 0 in shape or (name == "Data.IR" and shape[0] > MOST_MEASUREMENTS):
        found.append(f"{name} has shape {tuple(shape)}; 1 to {MOST_MEASUREMENTS} measurements can be read")
        return None
    if int(np.prod(shape)) * 8 > MOST_BYTES:
        found.append(
            f"{name} would take {int(np.prod(shape)) * 8 / 1e6:.0f} MB, allowed are {MOST_BYTES / 1e6:.0f}"
        )
        return None
    return np.asarray(data[...], np.float64)
