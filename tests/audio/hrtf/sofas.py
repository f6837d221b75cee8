"""SOFA files of a head that is known: two ears that hear a click earlier and louder on their own side."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np

RADIUS_SAMPLES = 12.0


def directions(step_deg: float = 30.0, lowest_deg: float = -60.0) -> np.ndarray:
    """Azimuth (+ = left) and elevation in degrees, shape (D, 2)."""
    rows = [(0.0, 90.0)]
    for elevation in np.arange(lowest_deg, 89.0, step_deg):
        rows += [(azimuth, elevation) for azimuth in np.arange(0.0, 360.0, step_deg)]
    return np.array(rows)


def responses(around_deg: np.ndarray, *, rate_hz: float = 48_000.0, length: int = 160) -> np.ndarray:
    """Bell-shaped clicks, shape (D, 2, length): `RADIUS_SAMPLES` of 48 kHz around sample 40, 6 dB louder on the near side."""
    a, e = np.radians(around_deg).T
    left = np.cos(e) * np.sin(a)
    turns = -2j * np.pi * np.fft.rfftfreq(length)
    bell = np.exp(0.5 * (turns * rate_hz / 48_000.0) ** 2)
    out = []
    for side in (left, -left):
        at = (40.0 - RADIUS_SAMPLES * side) * rate_hz / 48_000.0
        gain = 10.0 ** (6.0 * side / 20.0)
        out.append(np.fft.irfft(gain[:, None] * bell * np.exp(turns * at[:, None]), length, axis=-1))
    return np.stack(out, axis=1)


def write(path: Path, *, rate_hz: float = 48_000.0, around_deg: np.ndarray | None = None) -> Path:
    """A file that follows the convention to the letter."""
    around = directions() if around_deg is None else around_deg
    with h5py.File(path, "w") as file:
        file.attrs["Conventions"] = "SOFA"
        file.attrs["SOFAConventions"] = "SimpleFreeFieldHRIR"
        file.attrs["DataType"] = "FIR"
        file.attrs["Title"] = "two ears"
        file.attrs["License"] = "none needed"
        file["Data.IR"] = responses(around, rate_hz=rate_hz)
        file["Data.SamplingRate"] = np.array([rate_hz])
        file["Data.SamplingRate"].attrs["Units"] = "hertz"
        file["Data.Delay"] = np.zeros((1, 2))
        source = np.column_stack([around, np.full(len(around), 1.4)])
        for name, value, kind, units in (
            ("SourcePosition", source, "spherical", "degree, degree, metre"),
            ("ReceiverPosition", np.array([[0, 0.09, 0], [0, -0.09, 0]])[:, :, None], "cartesian", "metre"),
            ("ListenerView", np.array([[1.0, 0, 0]]), "cartesian", "metre"),
            ("ListenerUp", np.array([[0.0, 0, 1]]), "cartesian", "metre"),
        ):
            file[name] = value
            file[name].attrs["Type"] = kind
            file[name].attrs["Units"] = units
    return path


def put(file: h5py.File, name: str, value: np.ndarray) -> None:
    """Another array under a name, the attributes kept."""
    kept = dict(file[name].attrs)
    del file[name]
    file[name] = value
    file[name].attrs.update(kept)
