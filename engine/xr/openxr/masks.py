"""Hidden area of an eye (XR_KHR_visibility_mask)."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np

from engine.xr.faults import XrRefused
from engine.xr.openxr.library import Calls
from engine.xr.openxr.memory import pointing
from engine.xr.openxr.systems import PRIMARY_STEREO
from engine.xr.runtime import Mask

_HIDDEN_TRIANGLES = 1
_TRIES = 4


def read_mask(calls: Calls, session: Any, eye: int) -> Mask | None:
    """The triangles that the guest never sees; None where the runtime has none for this eye.

    The extension gives points on the plane one metre in front of the eye, which are tangents already.
    """
    xr = calls.xr
    mask = xr.VisibilityMaskKHR()
    reference = ctypes.byref(mask)
    arguments = (session, PRIMARY_STEREO, eye, _HIDDEN_TRIANGLES, reference)
    for _ in range(_TRIES):
        mask.vertex_capacity_input = mask.index_capacity_input = 0
        calls("xrGetVisibilityMaskKHR", *arguments)
        points, indices = mask.vertex_count_output, mask.index_count_output
        if not points or not indices:
            return None
        vertex_array = (xr.Vector2f * points)()
        index_array = (ctypes.c_uint32 * indices)()
        mask.vertex_capacity_input, mask.index_capacity_input = points, indices
        mask.vertices = pointing(ctypes.POINTER(xr.Vector2f), vertex_array)
        mask.indices = pointing(ctypes.POINTER(ctypes.c_uint32), index_array)
        calls("xrGetVisibilityMaskKHR", *arguments)
        if (mask.vertex_count_output, mask.index_count_output) == (points, indices):
            return mask_of(
                np.frombuffer(vertex_array, dtype=np.float32).reshape(points, 2).copy(),
                np.frombuffer(index_array, dtype=np.uint32).copy(),
            )
    raise XrRefused(
        "xrGetVisibilityMaskKHR", "ERROR_SIZE_INSUFFICIENT", "The mask changed each time it was read"
    )


def mask_of(points: np.ndarray, indices: np.ndarray) -> Mask | None:
    """A mask out of a runtime's arrays, distrusted: a triangle with a point that is not there is left out.

    Parameters
    ----------
    points : float32[N, 2]
    indices : uint32[K]
        Three a triangle; a rest of one or two is dropped.
    """
    triangles = indices[: len(indices) // 3 * 3].reshape(-1, 3)
    triangles = triangles[(triangles < len(points)).all(axis=1)]
    if not len(triangles) or not np.isfinite(points).all():
        return None
    return Mask(points.astype(np.float32), triangles.astype(np.uint32))
