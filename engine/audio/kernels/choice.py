"""What kernels there are, and which are used."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.audio.kernels import plain
from engine.audio.kernels.compiled import CompiledKernels
from engine.errors import MissingExtra, UsageError

Samples = NDArray[np.float32]
Places = NDArray[np.float64]
Spectra = NDArray[np.complex64]


class Kernels(Protocol):
    """The inner loops. All arrays are C-contiguous; the callers see to it that what is read lies inside."""

    @property
    def name(self) -> str:
        """``numba`` or ``numpy``."""
        ...

    def mix_ramped(self, signals: Samples, gains0: Samples, gains1: Samples) -> Samples:
        """See `mix_ramped`."""
        ...

    def emit_rows(
        self,
        pcm: Samples,
        before: int,
        delay: Places,
        gain: Samples,
        pole: Samples,
        shape: Samples | None,
        state: Samples,
        out: Samples,
    ) -> int:
        """What objects sound like at the listener's place: delayed, dulled, at their level.

        Parameters
        ----------
        pcm : ndarray of float32, shape (S, W)
        before : int
            Column of `pcm` that is heard at sample 0 when nothing is delayed.
        delay : ndarray of float64, shape (2, S)
            Samples, at both ends; ``before - delay - 7 >= 0`` and ``before - delay + n + 9 <= W``.
        gain : ndarray of float32, shape (2, S)
        pole : ndarray of float32, shape (2, S)
            Of a first-order low-pass, 0 (none) to 1.
        shape : ndarray of float32, shape (S, n), or None
        state : ndarray of float32, shape (S,)
            The low-pass's last sample, in and out.
        out : ndarray of float32, shape (S, n)

        Returns
        -------
        int
            How many rows held NaN or infinity; they are silent.
        """
        ...

    def on_grid(
        self, directions: Places, around: int, up: int, itd: Samples, late: float
    ) -> tuple[NDArray[np.int32], Samples, Samples]:
        """What `build_filters` takes, for directions in a grid of even steps of azimuth and elevation, cut into triangles.

        Parameters
        ----------
        directions : ndarray of float64, shape (S, 3)
            Of any length but 0; x right, y ahead, z up.
        around, up : int
            Azimuths from 0 (ahead) to the left, all the way round; elevations from -90 to 90 degrees, both in it. Direction
            ``line * around + column``.
        itd : ndarray of float32, shape (around * up or more,)
            Samples by which the left ear is later.
        late : float
            Samples added for both.

        Returns
        -------
        index : ndarray of int32, shape (S, 1, 3)
        weight : ndarray of float32, shape (S, 1, 3)
        delay : ndarray of float32, shape (S, 2)
        """
        ...

    def bank_of(self, spectra: Spectra) -> NDArray[Any]:
        """Spectra of many directions, laid out as `build_filters` reads them.

        Parameters
        ----------
        spectra : ndarray of complex64, shape (D, 2, bins)
            All bins of a transform, ``length // 2 + 1``; the length is a multiple of 32.
        """
        ...

    def filters_of(self, slots: int, bins: int) -> NDArray[Any]:
        """Room for so many objects' filters, for both ears."""
        ...

    def build_filters(
        self,
        bank: NDArray[Any],
        index: NDArray[np.int32],
        weight: Samples,
        delay: Samples,
        length: int,
        colour: Spectra | None,
        slots: NDArray[np.int64],
        filters: NDArray[Any],
    ) -> None:
        """Writes the filters of objects: some spectra of the bank by weight, then a delay for each ear.

        Parameters
        ----------
        bank : ndarray
            From `bank_of`.
        index : ndarray of int32, shape (R, E, K)
            Directions; E is 1 where both ears hear the same ones, else 2.
        weight : ndarray of float32, shape (R, E, K)
        delay : ndarray of float32, shape (R, 2)
            Samples.
        length : int
            Of the transform.
        colour : ndarray of complex64, shape (R, 2, bins), or None
            Multiplied with the result.
        slots : ndarray of int64, shape (R,)
            Where in `filters` each goes.
        filters : ndarray
            From `filters_of`.
        """
        ...

    def add_filtered(
        self,
        spectra: Spectra,
        rows: NDArray[np.int64],
        slots: NDArray[np.int64],
        filters: NDArray[Any],
        out: Spectra,
    ) -> None:
        """Adds objects' spectra, each through its own filter, to the two ears'.

        Parameters
        ----------
        spectra : ndarray of complex64, shape (R, length // 2 + 1)
        rows : ndarray of int64, shape (Q,)
            Which of the spectra.
        slots : ndarray of int64, shape (Q,)
            Where their filters are.
        filters : ndarray
        out : ndarray of complex64, shape (2, length // 2 + 1)
            Left and right.
        """
        ...


class PlainKernels:
    """NumPy's."""

    name = "numpy"
    mix_ramped = staticmethod(plain.mix_ramped)
    emit_rows = staticmethod(plain.emit_rows)
    on_grid = staticmethod(plain.on_grid)
    bank_of = staticmethod(plain.bank_of)
    filters_of = staticmethod(plain.filters_of)
    build_filters = staticmethod(plain.build_filters)
    add_filtered = staticmethod(plain.add_filtered)


@lru_cache(maxsize=1)
def _compiled() -> Kernels:
    return CompiledKernels()


@lru_cache(maxsize=4)
def kernels(which: str = "") -> Kernels:
    """The kernels of this process.

    Parameters
    ----------
    which : str
        ``numba``, ``numpy``, or "": what the environment variable `SENSORAMA_KERNELS` says, else Numba where it is installed.

    Raises
    ------
    MissingExtra
        Numba is asked for by name and not installed.
    UsageError
        A name that is neither.
    """
    wanted = which or os.environ.get("SENSORAMA_KERNELS", "")
    if wanted == "numpy":
        return PlainKernels()
    if wanted == "numba":
        return _compiled()
    if wanted:
        raise UsageError(f"there are no kernels {wanted!r}; SENSORAMA_KERNELS is numba, numpy or unset")
    try:
        return _compiled()
    except MissingExtra:
        return PlainKernels()


def mix_ramped(signals: Samples, gains0: Samples, gains1: Samples) -> Samples:
    """Mixes signals into channels with gains that glide from one value to another.

    Parameters
    ----------
    signals : ndarray of float32, shape (S, n)
    gains0, gains1 : ndarray of float32, shape (S, C)
        At the first sample, and at the one after the last.

    Returns
    -------
    ndarray of float32, shape (C, n)
    """
    return kernels().mix_ramped(signals, gains0, gains1)
