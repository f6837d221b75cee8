"""Loudspeakers of ITU-R BS.2051-3 by their labels: what a rig may name, and where such a one stands when the rig does not say.

A label says its layer (M middle, U upper, UH between upper and top, T top, B bottom) and its azimuth, + = left. Channel order as in
ITU-R BS.2127, which panners and files share. What the standard tolerates, and how to pan, is the audio engine's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

SYSTEMS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "0+2+0": ("M+030", "M-030"),
        "0+5+0": ("M+030", "M-030", "M+000", "LFE1", "M+110", "M-110"),
        "2+5+0": ("M+030", "M-030", "M+000", "LFE1", "M+110", "M-110", "U+030", "U-030"),
        "4+5+0": ("M+030", "M-030", "M+000", "LFE1", "M+110", "M-110", "U+030", "U-030", "U+110", "U-110"),
        "4+5+1": (
            *("M+030", "M-030", "M+000", "LFE1", "M+110", "M-110"),
            *("U+030", "U-030", "U+110", "U-110", "B+000"),
        ),
        "3+7+0": (
            *("M+000", "M+030", "M-030", "U+045", "U-045", "M+090", "M-090"),
            *("M+135", "M-135", "UH+180", "LFE1", "LFE2"),
        ),
        "4+9+0": (
            *("M+030", "M-030", "M+000", "LFE1", "M+090", "M-090", "M+135", "M-135"),
            *("U+045", "U-045", "U+135", "U-135", "M+SC", "M-SC"),
        ),
        "9+10+3": (
            *("M+060", "M-060", "M+000", "LFE1", "M+135", "M-135", "M+030", "M-030", "M+180", "LFE2"),
            *("M+090", "M-090", "U+045", "U-045", "U+000", "T+000", "U+135", "U-135", "U+090", "U-090"),
            *("U+180", "B+000", "B+045", "B-045"),
        ),
        "0+7+0": ("M+030", "M-030", "M+000", "LFE1", "M+090", "M-090", "M+135", "M-135"),
        "4+7+0": (
            *("M+030", "M-030", "M+000", "LFE1", "M+090", "M-090", "M+135", "M-135"),
            *("U+045", "U-045", "U+135", "U-135"),
        ),
    }
)
"""The ten systems of attachment 1 to annex 1: labels in the order of their channels."""

SHORT_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "stereo": "0+2+0",
        "2.0": "0+2+0",
        "5.1": "0+5+0",
        "5.1.2": "2+5+0",
        "5.1.4": "4+5+0",
        "7.1": "0+7+0",
        "7.1.4": "4+7+0",
        "9.1.4": "4+9+0",
        "10.2": "3+7+0",
        "22.2": "9+10+3",
    }
)
"""What people call them."""

_LABEL = re.compile(r"(M|U|UH|T|B)([+-]\d{3})\Z")
_LAYER_DEG = {"M": 0.0, "U": 30.0, "UH": 45.0, "T": 90.0, "B": -30.0}
# Screen edges and subwoofers have no angle in their names: 15 deg is BS.2127's assumption for M+SC; for an LFE the standard's (table 1).
_BY_NAME = {"M+SC": (15.0, 0.0), "M-SC": (-15.0, 0.0), "LFE1": (45.0, -30.0), "LFE2": (-45.0, -30.0)}


def is_lfe(label: str) -> bool:
    """Whether a label is one of low-frequency effects."""
    return label.startswith("LFE")


def place_deg(label: str) -> tuple[float, float] | None:
    """Azimuth and elevation that a label stands for; None when it is none of the standard's.

    Examples
    --------
    >>> place_deg("U-110")
    (-110.0, 30.0)
    """
    if label in _BY_NAME:
        return _BY_NAME[label]
    found = _LABEL.match(label)
    return None if found is None else (float(found[2]), _LAYER_DEG[found[1]])
