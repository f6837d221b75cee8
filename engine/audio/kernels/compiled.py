"""The kernels compiled by Numba, the extra ``numba``."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.audio.kernels import filter_loops, loops
from engine.audio.kernels.sinc import fraction_spectra, sinc_powers
from engine.errors import MissingExtra

Samples = NDArray[np.float32]
Places = NDArray[np.float64]
Spectra = NDArray[np.complex64]

# Sums may be reordered, so that they go through wide registers; NaN and infinity keep their meaning, since rows are checked for them.
_FAST = {"reassoc", "contract", "arcp", "nsz"}


def cache_folder() -> Path:
    """Where compiled loops are kept from run to run: beside the user's converted models (`SENSORAMA_CACHE` overrides)."""
    own = os.environ.get("SENSORAMA_CACHE")
    if own:
        return Path(own) / "kernels"
    if os.name == "nt":
        return Path(os.environ.get("LOCALAPPDATA", str(Path.home()))) / "sensorama" / "kernels"
    return Path(os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache"))) / "sensorama" / "kernels"


def _writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False  # a home that cannot be written to: compiled anew in every run
    return os.access(folder, os.W_OK)


class CompiledKernels:
    """Numba's.

    Raises
    ------
    MissingExtra
        Numba is not installed.

    Notes
    -----
    Making it compiles everything: some seconds, or some 0.1 s where the cache has it.
    """

    name = "numba"

    def __init__(self) -> None:
        try:
            import numba
        except (ImportError, OSError, SystemError) as error:  # also one that does not fit this NumPy
            raise MissingExtra("numba", "compiled kernels for sound") from error
        if not os.environ.get("NUMBA_CACHE_DIR"):
            setattr(numba.config, "CACHE_DIR", str(cache_folder()))  # noqa: B010  (its names are made at run time)
        try:
            self._compile(numba, keep=_writable(Path(numba.config.CACHE_DIR)))
        except Exception:
            # A cache that another version or a crash left broken fails in as many ways as pickles do: what is wrong with the loops
            # themselves comes up again without it.
            self._compile(numba, keep=False)
        self._fractions: dict[int, Samples] = {}
        self._ramps: dict[int, Samples] = {}
        self._reader = sinc_powers()
        self._no_shape = np.zeros((0, 1), np.float32)
        self._no_colour = np.zeros((0, 2, 2), np.float32)

    def _compile(self, numba: Any, *, keep: bool) -> None:
        kinds = numba.types

        def compiled(function: Callable[..., Any], gives: Any, *takes: Any) -> Callable[..., Any]:
            # By signature: compiled here and now, never in the middle of a block.
            make = numba.njit(gives(*takes), cache=keep, fastmath=_FAST, nogil=True, boundscheck=False)
            done: Callable[..., Any] = make(function)
            return done

        def array(kind: Any, dimensions: int, *, written: bool = False) -> Any:
            return kinds.Array(kind, dimensions, "C", readonly=not written)

        row, flat = array(kinds.float32, 1), array(kinds.float32, 2)
        row_out, flat_out = array(kinds.float32, 1, written=True), array(kinds.float32, 2, written=True)
        places, whole = array(kinds.float64, 2), kinds.int64
        self._mix_ramped = compiled(loops.mix_ramped, kinds.void, flat, flat, flat, row, flat_out)
        self._emit_rows = compiled(
            loops.emit_rows, whole, flat, whole, places, flat, flat, flat, row_out, row, flat, flat_out
        )
        spectra, spectra_out = array(kinds.float32, 3), array(kinds.float32, 3, written=True)
        numbers = array(kinds.int64, 1)
        self._on_grid = compiled(
            filter_loops.on_grid,
            kinds.void,
            places,
            whole,
            whole,
            row,
            kinds.float64,
            array(kinds.int32, 3, written=True),
            spectra_out,
            flat_out,
        )
        self._build_filters = compiled(
            filter_loops.build_filters,
            kinds.void,
            spectra,
            array(kinds.int32, 3),
            spectra,
            flat,
            whole,
            flat,
            spectra,
            numbers,
            spectra_out,
        )
        self._add_filtered = compiled(
            filter_loops.add_filtered, kinds.void, flat, numbers, numbers, spectra, flat_out, flat_out
        )

    def _ramp(self, n: int) -> Samples:
        ramp = self._ramps.get(n)
        if ramp is None:
            ramp = self._ramps[n] = (np.arange(n) / n).astype(np.float32)
        return ramp

    def mix_ramped(self, signals: Samples, gains0: Samples, gains1: Samples) -> Samples:
        """See `engine.audio.kernels.mix_ramped`."""
        n = signals.shape[1]
        out = np.zeros((gains0.shape[1], n), np.float32)
        whole = np.ascontiguousarray
        self._mix_ramped(
            whole(signals, np.float32),
            whole(gains0, np.float32),
            whole(gains1, np.float32),
            self._ramp(n),
            out,
        )
        return out

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
        """See `engine.audio.kernels.choice.Kernels.emit_rows`."""
        given = self._no_shape if shape is None else shape
        done: int = self._emit_rows(
            pcm, before, delay, gain, pole, given, state, self._ramp(out.shape[1]), self._reader, out
        )
        return done

    def on_grid(
        self, directions: Places, around: int, up: int, itd: Samples, late: float
    ) -> tuple[NDArray[np.int32], Samples, Samples]:
        """See `engine.audio.kernels.choice.Kernels.on_grid`."""
        count = directions.shape[0]
        index, weight = np.empty((count, 1, 3), np.int32), np.empty((count, 1, 3), np.float32)
        delay = np.empty((count, 2), np.float32)
        self._on_grid(np.ascontiguousarray(directions), around, up, itd, late, index, weight, delay)
        return index, weight, delay

    @staticmethod
    def bank_of(spectra: Spectra) -> Samples:
        """See `engine.audio.kernels.choice.Kernels.bank_of`: all real parts, then all imaginary ones; see `loops`."""
        packed = np.concatenate([spectra.real[..., :-1], spectra.imag[..., :-1]], axis=-1).astype(np.float32)
        packed[..., spectra.shape[-1] - 1] = spectra.real[..., -1]
        return packed

    @staticmethod
    def filters_of(slots: int, bins: int) -> Samples:
        """See `engine.audio.kernels.choice.Kernels.filters_of`."""
        return np.zeros((slots, 2, 2 * (bins - 1)), np.float32)

    def build_filters(
        self,
        bank: Samples,
        index: NDArray[np.int32],
        weight: Samples,
        delay: Samples,
        length: int,
        colour: Spectra | None,
        slots: NDArray[np.int64],
        filters: Samples,
    ) -> None:
        """See `engine.audio.kernels.choice.Kernels.build_filters`."""
        by = self._no_colour if colour is None else self.bank_of(colour)
        fractions = self._fractions.get(length)
        if fractions is None:
            fractions = self._fractions[length] = self.bank_of(fraction_spectra(length))
        self._build_filters(bank, index, weight, delay, length, fractions, by, slots, filters)

    def add_filtered(
        self,
        spectra: Spectra,
        rows: NDArray[np.int64],
        slots: NDArray[np.int64],
        filters: Samples,
        out: Spectra,
    ) -> None:
        """See `engine.audio.kernels.choice.Kernels.add_filtered`."""
        sums = np.empty((2, filters.shape[2]), np.float32)
        self._add_filtered(spectra.view(np.float32), rows, slots, filters, sums, out.view(np.float32))
