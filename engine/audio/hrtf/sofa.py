"""Reads SOFA files (AES69-2022) of the convention SimpleFreeFieldHRIR: one listener, two ears, loudspeakers all around.

Strict: what is not what the convention says is refused, all of it in one message, or (where it can only be meant one way) put right.
Never silently another head: a guest who brought his own would be given somebody else's.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from engine.audio.block import SAMPLE_RATE_HZ
from engine.audio.hrtf.measured import MeasuredHead
from engine.audio.hrtf.resample import at_48k
from engine.audio.hrtf.sofa_geometry import axes_of, crossed, distinct, first_is_right, sources_of, surrounds
from engine.audio.hrtf.sofa_values import array_of, text_of
from engine.errors import InputError, MissingExtra

if TYPE_CHECKING:
    import h5py

Values = NDArray[np.float64]

CONVENTION = "SimpleFreeFieldHRIR"
_LEAST_DIRECTIONS = 16
_RATES_HZ = (32_000.0, 384_000.0)
"""What is measured at less has no treble; its owner would hear a dull head and not why."""
_LONGEST_S = 0.5
_LOUDEST = 1e6
_QUIETEST = 1e-6
_MEASURED = ("Data.IR", "Data.SamplingRate", "SourcePosition", "ReceiverPosition")


def read_sofa(path: str | Path) -> MeasuredHead:
    """Reads a head.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    MeasuredHead
        In the engine's axes, at 48 kHz, `Data.Delay` applied.

    Raises
    ------
    InputError
        The file is missing, no SOFA file, of another convention, or broken; everything that is wrong is said at once.
    MissingExtra
        h5py is not installed.
    """
    where = Path(path)
    with _opened(where) as file:
        found: list[str] = []
        head = _read(where, file, found)
        if found or head is None:
            raise InputError(_all(where, found))
        return head


@contextmanager
def _opened(path: Path) -> Iterator[h5py.File]:
    try:
        import h5py
    except ImportError as error:
        raise MissingExtra("sofa", f"a head from a SOFA file ({path})") from error
    if not path.is_file():
        raise InputError(
            f"{path}: no such file; name a SOFA file, or leave `hrtf` out for the head that comes with the engine"
        )
    try:
        with h5py.File(path, "r") as file:
            yield file
    except InputError:
        raise
    except (OSError, RuntimeError, KeyError, ValueError, TypeError) as error:
        # All of them are h5py's ways of saying that a file is damaged inside.
        raise InputError(
            f"{path}: no SOFA file (AES69 is HDF5; {_first_line(error)}); export it again as {CONVENTION}"
        ) from error


def _read(path: Path, file: h5py.File, found: list[str]) -> MeasuredHead | None:
    _attributes(file, found)
    missing = [name for name in _MEASURED if name not in file]
    if missing:
        found.append(f"has no {', '.join(missing)}")
    rate_hz = _rate_hz(file, found)
    responses = _responses(file, rate_hz, found)
    source = array_of(file, "SourcePosition", 2, found)
    ears = array_of(file, "ReceiverPosition", None, found)
    measurements = len(responses) if responses is not None else len(source) if source is not None else 0
    sources = None if source is None else sources_of(file, source, measurements, found)
    said = None if ears is None else first_is_right(file, ears, found)
    view = axes_of(file, found)
    delays = _delays(file, measurements, _LONGEST_S * (rate_hz or SAMPLE_RATE_HZ), found)
    # What follows joins what was read; each of it is sound by itself, or `found` says why not.
    if found or responses is None or rate_hz is None or sources is None or said is None:
        return None
    if view is None or delays is None:
        return None
    distance_m = np.linalg.norm(sources, axis=1)
    directions = (sources / distance_m[:, None]) @ view.T
    kept = distinct(directions, distance_m)
    if len(kept) < _LEAST_DIRECTIONS:
        found.append(f"has {len(kept)} different directions, at least {_LEAST_DIRECTIONS} are needed")
        return None
    if not surrounds(directions[kept]):
        found.append(
            "has directions on one side only (a line, a plane, half of the sphere); directions all around are needed"
        )
        return None
    order = [1, 0] if crossed(responses[kept], directions[kept], said, found) else [0, 1]
    if found:
        return None
    ready = at_48k(responses[kept][:, order], delays[kept][:, order], rate_hz)
    title = text_of(file, "Title") or text_of(file, "DatabaseName") or path.stem
    name = ", ".join(part for part in (title, text_of(file, "ListenerShortName")) if part)
    licence = text_of(file, "License") or "not stated"
    return MeasuredHead(name, licence, directions[kept], ready, float(np.median(distance_m[kept])))


def _responses(file: h5py.File, rate_hz: float | None, found: list[str]) -> Values | None:
    responses = array_of(file, "Data.IR", 3, found)
    if responses is None:
        return None
    _, receivers, length = responses.shape
    if receivers != 2:
        found.append(f"has {receivers} receivers, a head has 2 ears")
    most = _LONGEST_S * (rate_hz or SAMPLE_RATE_HZ)
    if length < 16 or length > most:
        found.append(f"has responses of {length} samples, allowed 16 to {most:.0f} ({_LONGEST_S} s)")
    loudest = np.abs(responses).max(axis=2)
    if not np.isfinite(loudest).all():
        bad = int(np.count_nonzero(~np.isfinite(loudest).all(axis=1)))
        found.append(f"has {bad} measurements with NaN or infinity in them")
    elif loudest.max() > _LOUDEST:
        found.append(f"has samples up to {loudest.max():g}, allowed {_LOUDEST:g}")
    elif not loudest.max() > 0:
        found.append("has responses of silence only")
    elif loudest.min() < _QUIETEST * loudest.max():
        silent = int(np.count_nonzero((loudest < _QUIETEST * loudest.max()).any(axis=1)))
        found.append(f"has {silent} measurements in which an ear hears nothing")
    return responses


def _attributes(file: h5py.File, found: list[str]) -> None:
    if text_of(file, "Conventions") != "SOFA":
        found.append("says nowhere that it is SOFA (attribute Conventions)")
    convention = text_of(file, "SOFAConventions")
    if convention != CONVENTION:
        found.append(f"is of the convention {convention or 'none'}; needed is {CONVENTION}")
    kind = text_of(file, "DataType")
    if kind != "FIR":
        found.append(f"holds data of type {kind or 'unknown'}; needed is FIR")


def _rate_hz(file: h5py.File, found: list[str]) -> float | None:
    rates = array_of(file, "Data.SamplingRate", None, found)
    if rates is None:
        return None
    units = text_of(file["Data.SamplingRate"], "Units").lower()
    if units not in ("hertz", "hz", ""):
        found.append(f"Data.SamplingRate is in {units}; needed is hertz")
    rate = float(rates.ravel()[0])
    if not (rates == rate).all() and np.isfinite(rate):
        found.append("has measurements of several sampling rates")
    if not _RATES_HZ[0] <= rate <= _RATES_HZ[1]:
        found.append(f"has a sampling rate of {rate:g} Hz, allowed {_RATES_HZ[0]:g} to {_RATES_HZ[1]:g}")
        return None
    return rate


def _delays(file: h5py.File, measurements: int, most: float, found: list[str]) -> Values | None:
    """Samples of delay of each response, shape (M, 2)."""
    if "Data.Delay" not in file:
        return np.zeros((measurements, 2))
    value = array_of(file, "Data.Delay", 2, found)
    if value is None:
        return None
    if value.shape not in ((1, 2), (measurements, 2)):
        found.append(f"Data.Delay has shape {value.shape}; needed is (1, 2) or ({measurements}, 2)")
        return None
    if not (value.min() >= 0 and value.max() <= most):
        found.append(
            f"has a Data.Delay of {value.min():g} to {value.max():g} samples, allowed 0 to {most:.0f} ({_LONGEST_S} s)"
        )
        return None
    return np.broadcast_to(value, (measurements, 2)).copy()


def _first_line(error: Exception) -> str:
    # A KeyError quotes its own text.
    said = str(error.args[0] if isinstance(error, KeyError) and error.args else error).strip()
    return said.splitlines()[0][:120] if said else type(error).__name__


def _all(path: Path, found: list[str]) -> str:
    listed = "; ".join(found) or "holds no head"
    return f"{path}: this SOFA file cannot be used: {listed}. Export it as {CONVENTION}, or leave `hrtf` out"
