"""The inner loops of sound: arrays in, arrays out, nothing carried but what is handed in.

Two versions of each, of equal results to rounding: NumPy, which every install has, and loops compiled by Numba (extra ``numba``), which
are the fast path. `kernels` picks; whatever calls them does not know which.
"""

from engine.audio.kernels.choice import Kernels, kernels, mix_ramped

__all__ = ["Kernels", "kernels", "mix_ramped"]
