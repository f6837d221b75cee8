"""What the binaural stage asks of a set of head-related transfer functions."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class HeadTable(Protocol):
    """Directions around one head: the spectra at its ears without the time between them, and that time (`engine.audio.hrtf`).

    A table whose directions are the even grid of `engine.audio.kernels.Kernels.on_grid` may say so: ``grid = (around, up)``. Then it is
    not asked for far objects, in favour of the compiled way.
    """

    @property
    def itd_samples(self) -> NDArray[np.float32]:
        """By how many samples the left ear hears later than the right one, shape (D,)."""
        ...

    def lookup(self, directions: NDArray[np.float64]) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """The three directions of the table around each given one, and their weights, which sum to 1.

        Parameters
        ----------
        directions : ndarray of float64, shape (S, 3)
            Unit vectors in the head's frame (x right, y ahead, z up).

        Returns
        -------
        index : ndarray of int32, shape (S, 3)
        weight : ndarray of float32, shape (S, 3)
        """
        ...

    def spectra(self, length: int) -> NDArray[np.complex64]:
        """Minimum-phase spectra for a transform of `length` samples at 48 kHz, shape (D, 2, length // 2 + 1); left, right."""
        ...

    def bed_spectra(self, length: int) -> NDArray[np.complex64]:
        """What each Ambisonic channel (ACN, SN3D, order `BED_ORDER`) gives to the ears, shape (BED_CHANNELS, 2, length // 2 + 1).

        In time with the objects: a source ahead arrives at sample 0.
        """
        ...
