"""libmysofa (BSD-3-Clause, Debian's package libmysofa1), asked through ctypes: somebody else's reading of the same files."""

from __future__ import annotations

import ctypes
from pathlib import Path

import numpy as np
import pytest

SHARED = Path("/usr/share/libmysofa")


class MySofa:
    """One file, as libmysofa reads it.

    Parameters
    ----------
    path : Path
    rate_hz : float
        That it is asked for; it resamples by itself where the file has another one.

    Raises
    ------
    ValueError
        It does not take the file; its number for the reason.
    """

    def __init__(self, path: Path, rate_hz: float) -> None:
        try:
            self._library = ctypes.CDLL("libmysofa.so.1")
        except OSError as error:
            pytest.fail(f"{error}; install libmysofa1 (apt-get install libmysofa1)")
        self._library.mysofa_open_no_norm.restype = ctypes.c_void_p
        self._library.mysofa_open_no_norm.argtypes = [
            ctypes.c_char_p, ctypes.c_float, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int),
        ]  # fmt: skip
        floats = ctypes.POINTER(ctypes.c_float)
        asked = self._library.mysofa_getfilter_float_nointerp
        asked.restype, asked.argtypes = None, [ctypes.c_void_p, *[ctypes.c_float] * 3, *[floats] * 4]
        self._library.mysofa_close.argtypes = [ctypes.c_void_p]
        length, error = ctypes.c_int(), ctypes.c_int()
        self._easy = self._library.mysofa_open_no_norm(
            str(path).encode(), rate_hz, ctypes.byref(length), ctypes.byref(error)
        )
        if not self._easy:
            raise ValueError(f"libmysofa says {error.value}")
        self.length = length.value

    def responses(self, place_m: np.ndarray) -> np.ndarray:
        """Left and right from the measured direction nearest to a place (x right, y ahead, z up), shape (2, length), delays put in."""
        x, y, z = place_m
        ears = (ctypes.c_float * self.length)(), (ctypes.c_float * self.length)()
        late = ctypes.c_float(), ctypes.c_float()
        self._library.mysofa_getfilter_float_nointerp(
            self._easy, y, -x, z, *ears, ctypes.byref(late[0]), ctypes.byref(late[1])
        )
        padded = 2 * self.length + 512
        turns = -2j * np.pi * np.fft.rfftfreq(padded)
        samples = np.array([one.value for one in late])[:, None]  # at the rate asked for
        return np.fft.irfft(np.fft.rfft(np.array(ears), padded) * np.exp(turns * samples), padded)

    def close(self) -> None:
        """Give it back."""
        self._library.mysofa_close(self._easy)
