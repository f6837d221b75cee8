"""Reads SOFA files (AES69-2022) of the convention SimpleFreeFieldHRIR: one listener, two ears, loudspeakers all around.

Strict: what is not what the convention says is refused, all of it in one message, or (where it can only be meant one way) put right.
Never silently another head: a guest who brought his own would be given somebody else's.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.audio.block import SAMPLE_RATE_HZ
from engine.audio.hrtf.measured import MeasuredHead
from engine.errors import InputError, MissingExtra

if TYPE_CHECKING:
    import h5py

Values = NDArray[np.float64]

CONVENTION = "SimpleFreeFieldHRIR"
MOST_MEASUREMENTS = 100_000
MOST_BYTES = 512 * 1024 * 1024
_LEAST_DIRECTIONS = 16
_RATES_HZ = (8_000.0, 384_000.0)
_LONGEST_S = 0.5
_APART_DEG = 0.05
_FINEST_RATIO = 1000
_LOUDEST = 1e6
_FURTHEST_M = 1e6
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
        return None
    responses = _array(file, "Data.IR", 3, found)
    rate_hz = _rate_hz(file, found)
    source = _array(file, "SourcePosition", 2, found)
    ears = _array(file, "ReceiverPosition", None, found)
    if responses is None or source is None or ears is None or rate_hz is None:
        return None
    measurements, receivers, length = responses.shape
    if receivers != 2:
        found.append(f"has {receivers} receivers, a head has 2 ears")
        return None
    if length < 16 or length > _LONGEST_S * rate_hz:
        found.append(
            f"has responses of {length} samples, allowed 16 to {_LONGEST_S * rate_hz:.0f} ({_LONGEST_S} s)"
        )
    if not np.isfinite(responses).all():
        bad = int(np.count_nonzero(~np.isfinite(responses).all(axis=(1, 2))))
        found.append(f"has {bad} measurements with NaN or infinity in them")
    elif np.abs(responses).max() > _LOUDEST:
        found.append(f"has samples up to {np.abs(responses).max():g}, allowed {_LOUDEST:g}")
    elif not np.abs(responses).max() > 0:
        found.append("has responses of silence only")
    directions, distance_m = _directions(file, source, measurements, found)
    flipped = _ears_crossed(ears, file, found)
    view = _axes(file, found)
    delays = _delays(file, measurements, _LONGEST_S * rate_hz, found)
    if found or directions is None or view is None or delays is None:
        return None
    turned = directions @ view.T
    kept = _distinct(turned)
    if len(kept) < _LEAST_DIRECTIONS:
        found.append(f"has {len(kept)} different directions, at least {_LEAST_DIRECTIONS} are needed")
        return None
    if not _surrounds(turned[kept]):
        found.append("has directions on one side only (a line or a plane); directions all around are needed")
        return None
    order = [1, 0] if flipped else [0, 1]
    ready = _at_48k(responses[kept][:, order], delays[kept][:, order], rate_hz)
    title = _text(file, "Title") or _text(file, "DatabaseName") or path.stem
    name = ", ".join(part for part in (title, _text(file, "ListenerShortName")) if part)
    return MeasuredHead(name, _text(file, "License") or "not stated", turned[kept], ready, distance_m)


def _attributes(file: h5py.File, found: list[str]) -> None:
    if _text(file, "Conventions") != "SOFA":
        found.append("says nowhere that it is SOFA (attribute Conventions)")
    convention = _text(file, "SOFAConventions")
    if convention != CONVENTION:
        found.append(f"is of the convention {convention or 'none'}; needed is {CONVENTION}")
    kind = _text(file, "DataType")
    if kind != "FIR":
        found.append(f"holds data of type {kind or 'unknown'}; needed is FIR")


def _text(file: Any, name: str) -> str:
    try:
        value = file.attrs.get(name, "")
    except UnicodeDecodeError:
        return ""  # says it is UTF-8 and is not: h5py gives nothing of it
    if isinstance(value, np.ndarray) and value.size == 1:
        value = value.item()  # MATLAB's writers store texts as arrays of one
    if isinstance(value, bytes):
        # Older files hold Latin-1.
        try:
            return value.decode("utf-8").strip()
        except UnicodeDecodeError:
            return value.decode("latin-1").strip()
    return value.strip() if isinstance(value, str) else ""


def _array(file: h5py.File, name: str, dimensions: int | None, found: list[str]) -> Values | None:
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


def _rate_hz(file: h5py.File, found: list[str]) -> float | None:
    rates = _array(file, "Data.SamplingRate", None, found)
    if rates is None:
        return None
    units = _text(file["Data.SamplingRate"], "Units").lower()
    if units not in ("hertz", "hz", ""):
        found.append(f"its sampling rate is in {units}; needed is hertz")
    rate = float(rates.ravel()[0])
    if not (rates == rate).all():
        found.append("has measurements of several sampling rates")
    if not _RATES_HZ[0] <= rate <= _RATES_HZ[1]:
        found.append(f"has a sampling rate of {rate:g} Hz, allowed {_RATES_HZ[0]:g} to {_RATES_HZ[1]:g}")
        return None
    return rate


def _directions(
    file: h5py.File, source: Values, measurements: int, found: list[str]
) -> tuple[Values | None, float]:
    """Unit vectors in SOFA's axes (x ahead, y left, z up), and the distance."""
    if source.shape != (measurements, 3):
        found.append(f"SourcePosition has shape {source.shape}, needed is ({measurements}, 3)")
        return None, 0.0
    if not (np.abs(source) < _FURTHEST_M).all():
        found.append("SourcePosition has NaN, infinity or places beyond all measure in it")
        return None, 0.0
    kind = _text(file["SourcePosition"], "Type").lower()
    units = [unit.strip() for unit in _text(file["SourcePosition"], "Units").lower().split(",")]
    if kind == "cartesian":
        if units[0] not in ("metre", "meter", "m", ""):
            found.append(f"its source positions are in {units[0]}; needed is metre")
        vectors = source
    elif kind == "spherical":
        if units[0] not in ("degree", "degrees", "deg", ""):
            found.append(f"its source directions are in {units[0]}; needed is degree")
        if np.abs(source[:, 1]).max() > 90.0 + 1e-6:
            found.append(
                f"has an elevation of {source[np.argmax(np.abs(source[:, 1])), 1]:g} degrees, allowed -90 to 90"
            )
        a, e = np.radians(source[:, 0]), np.radians(source[:, 1])
        vectors = np.stack([np.cos(e) * np.cos(a), np.cos(e) * np.sin(a), np.sin(e)], axis=1) * source[:, 2:3]
    else:
        found.append(
            f"its source positions are of type {kind or 'unknown'}; needed is spherical or cartesian"
        )
        return None, 0.0
    length = np.linalg.norm(vectors, axis=1)
    if not (length > 1e-3).all():
        found.append(f"has {int(np.count_nonzero(length <= 1e-3))} sources inside the head (distance 0)")
        return None, 0.0
    return vectors / length[:, None], float(np.median(length))


def _ears_crossed(ears: Values, file: h5py.File, found: list[str]) -> bool:
    """Whether the first receiver is the right ear."""
    places = ears.reshape(ears.shape[0], -1)[:, :3] if ears.ndim > 1 else ears.reshape(1, -1)
    if places.shape != (2, 3) or not np.isfinite(places).all():
        found.append(f"ReceiverPosition has shape {ears.shape}, needed are two ears of three coordinates")
        return False
    if _text(file["ReceiverPosition"], "Type").lower() == "spherical":
        a, e = np.radians(places[:, 0]), np.radians(places[:, 1])
        left = np.cos(e) * np.sin(a) * np.maximum(places[:, 2], 1e-3)
    else:
        left = places[:, 1]
    if abs(left[0] - left[1]) < 1e-6:
        found.append("ReceiverPosition does not tell which ear is the left one (both have the same y)")
    return bool(left[0] < left[1])


def _axes(file: h5py.File, found: list[str]) -> Values | None:
    """Matrix from SOFA's axes to the engine's, by the listener's view and up."""
    vectors = []
    for name, default in (("ListenerView", (1.0, 0.0, 0.0)), ("ListenerUp", (0.0, 0.0, 1.0))):
        if name not in file:
            vectors.append(np.array(default))
            continue
        value = _array(file, name, None, found)
        if value is None:
            return None
        rows = value.reshape(-1, 3) if value.size % 3 == 0 else np.zeros((1, 3))
        one = rows[0]
        if _text(file[name], "Type").lower() == "spherical":
            a, e = np.radians(one[0]), np.radians(one[1])
            one = np.array([np.cos(e) * np.cos(a), np.cos(e) * np.sin(a), np.sin(e)])
        if not np.isfinite(rows).all() or np.linalg.norm(one) < 1e-6:
            found.append(f"{name} is no direction: {one.tolist()}")
            return None
        if np.abs(rows - rows[0]).max() > 1e-6:
            found.append(
                f"{name} changes from measurement to measurement; a head that is turned instead of the source is not read"
            )
            return None
        vectors.append(one / np.linalg.norm(one))
    view, up = vectors
    if abs(float(view @ up)) > 0.1:
        found.append("ListenerView and ListenerUp are not at right angles")
        return None
    up = up - (up @ view) * view
    up /= np.linalg.norm(up)
    return np.stack([np.cross(view, up), view, up])


def _delays(file: h5py.File, measurements: int, most: float, found: list[str]) -> Values | None:
    """Samples of delay of each response, shape (M, 2)."""
    if "Data.Delay" not in file:
        return np.zeros((measurements, 2))
    value = _array(file, "Data.Delay", 2, found)
    if value is None:
        return None
    if value.shape not in ((1, 2), (measurements, 2)) or not np.isfinite(value).all() or value.min() < 0:
        found.append(
            f"Data.Delay has shape {value.shape} or is negative; needed is (1, 2) or ({measurements}, 2)"
        )
        return None
    if value.max() > most:
        found.append(f"has a Data.Delay of {value.max():g} samples, allowed 0 to {most:.0f} ({_LONGEST_S} s)")
        return None
    return np.broadcast_to(value, (measurements, 2)).copy()


def _distinct(directions: Values) -> NDArray[np.int64]:
    """The first measurement of each direction: some sets have a second ring of others."""
    cells = np.round(directions / np.radians(_APART_DEG)).astype(np.int64)
    _, first = np.unique(cells, axis=0, return_index=True)
    return np.sort(first)


def _surrounds(directions: Values) -> bool:
    """Whether the directions span a body with the origin in it (below, a hole is allowed: loudspeakers stand on the floor)."""
    spread = np.linalg.svd(directions - directions.mean(axis=0), compute_uv=False)
    if spread[-1] < 1e-3 * spread[0]:
        return False
    from scipy.spatial import ConvexHull

    return bool((ConvexHull(directions).equations[:, -1] < -1e-6).all())


def _at_48k(responses: Values, delays: Values, rate_hz: float) -> Values:
    """Delays applied and resampled, by the transform: responses are finite and padded, so nothing wraps."""
    count, _, length = responses.shape
    longest = int(np.ceil(delays.max()))
    # Both lengths are the same time to the sample: rounding one of them would stretch the head (by 0.5 % at 256 samples).
    ratio = Fraction(rate_hz / SAMPLE_RATE_HZ).limit_denominator(_FINEST_RATIO)
    times = 2 * int(np.ceil((length + longest + 64) / (2 * ratio.numerator)))
    padded, size = times * ratio.numerator, times * ratio.denominator
    spectra = np.fft.rfft(responses, padded, axis=-1)
    hz = np.arange(padded // 2 + 1) * rate_hz / padded
    spectra *= np.exp(-2j * np.pi * hz * (delays[..., None] / rate_hz))
    bins = min(padded, size) // 2 + 1
    out = np.zeros((count, 2, size // 2 + 1), np.complex128)
    out[..., :bins] = spectra[..., :bins]
    made = np.fft.irfft(out, size, axis=-1)  # as a filter: what it gives at each frequency stays
    return made[..., : round((length + longest + 32) / rate_hz * SAMPLE_RATE_HZ)]


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:120] if str(error) else type(error).__name__


def _all(path: Path, found: list[str]) -> str:
    listed = "; ".join(found) or "it holds no head"
    return (
        f"{path}: this SOFA file cannot be used: it {listed}. Export it as {CONVENTION}, or leave `hrtf` out"
    )
