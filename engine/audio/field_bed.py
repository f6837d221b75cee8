"""Objects in the Ambisonic bed: early reflections, and whoever was demoted for want of time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.audio.ambisonics import encode
from engine.audio.block import BED_ORDER, Beds, ObjectBlock
from engine.audio.kernels import mix_ramped

Samples = NDArray[np.float32]


def add_to_field(block: ObjectBlock, emission: Samples, beds: Beds) -> None:
    """Encodes what of a block is in the bed.

    Parameters
    ----------
    block : ObjectBlock
    emission : ndarray of float32, shape (S, n)
    beds : Beds
        Its `hoa` gains what the rows with `in_bed` above 0 give.
    """
    rows = np.flatnonzero(block.in_bed.max(axis=0) > 0.0) if block.count else np.zeros(0, np.intp)
    if rows.size == 0:
        return
    spread_deg = block.spread_deg[rows]
    # Both ends in one call: what it costs is the call.
    ends = block.at_m[:, rows].reshape(-1, 3)
    gains = encode(ends, BED_ORDER, spread_deg=np.tile(spread_deg, 2)).reshape(2, rows.size, -1)
    gains *= block.in_bed[:, rows, None]
    beds.hoa += mix_ramped(np.ascontiguousarray(emission[rows]), gains[0], gains[1])
