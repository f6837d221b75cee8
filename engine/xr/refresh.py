"""Which display rate to ask for, out of a runtime's list (XR_FB_display_refresh_rate). Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence

_SAME_HZ = 0.5
"""Runtimes say 89.99 or 90.0; rates on offer lie at least 4 Hz apart (72, 80, 90, 120, 144)."""


def choose_rate_hz(offered_hz: Sequence[float], wanted_hz: float | None = None) -> float | None:
    """The rate to set.

    Parameters
    ----------
    offered_hz : sequence of float
        `Session.refresh_rates_hz`; nonsense (NaN, zero, negative) is passed over.
    wanted_hz : float, optional
        The rig's; None for the highest.

    Returns
    -------
    float or None
        One of those offered, as the runtime wrote it: the wanted one, else the next higher, since a picture that is ready for
        90 Hz is at 120 too where the machine is fast enough, and the compositor makes up what is not; else the highest. None
        where there is nothing to choose.
    """
    rates = sorted(hz for hz in offered_hz if math.isfinite(hz) and hz > 0.0)
    if not rates:
        return None
    if wanted_hz is None:
        return rates[-1]
    return next((hz for hz in rates if hz >= wanted_hz - _SAME_HZ), rates[-1])
