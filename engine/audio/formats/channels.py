"""Which loudspeaker a file's channel is for."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_MASK = (
    *("M+030", "M-030", "M+000", "LFE1", "BL", "BR", "M+022", "M-022", "M+180", "SL", "SR"),
    *("T+000", "TFL", "U+000", "TFR", "TBL", "U+180", "TBR"),
)
"""Bits of WAVEFORMATEXTENSIBLE's dwChannelMask, in order; those whose place depends on the others by a short name."""

_FRONT = ("M+030", "M-030", "M+000", "LFE1")
BY_COUNT: Mapping[int, tuple[str, ...]] = MappingProxyType(
    {
        1: ("M+000",),
        2: ("M+030", "M-030"),
        6: (*_FRONT, "M+110", "M-110"),
        8: (*_FRONT, "M+135", "M-135", "M+090", "M-090"),
        12: (*_FRONT, "M+135", "M-135", "M+090", "M-090", "U+045", "U-045", "U+135", "U-135"),
    }
)
"""What a WAV or FLAC file without a mask means: the order of the mask's bits, which is SMPTE's of a 5.1 file."""

NAMED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "mono": BY_COUNT[1],
        "stereo": BY_COUNT[2],
        "5.1": BY_COUNT[6],
        "7.1": (*_FRONT, "M+090", "M-090", "M+135", "M-135"),
        "5.1.2": (*_FRONT, "M+110", "M-110", "U+030", "U-030"),
        "5.1.4": (*_FRONT, "M+110", "M-110", "U+030", "U-030", "U+110", "U-110"),
        "7.1.2": (*_FRONT, "M+090", "M-090", "M+135", "M-135", "U+090", "U-090"),
        "7.1.4": (*_FRONT, "M+090", "M-090", "M+135", "M-135", "U+045", "U-045", "U+135", "U-135"),
        "22.2": (
            *(
                "M+060",
                "M-060",
                "M+000",
                "LFE1",
                "M+135",
                "M-135",
                "M+030",
                "M-030",
                "M+180",
                "LFE2",
                "M+090",
                "M-090",
            ),
            *(
                "U+045",
                "U-045",
                "U+000",
                "T+000",
                "U+135",
                "U-135",
                "U+090",
                "U-090",
                "U+180",
                "B+000",
                "B+045",
                "B-045",
            ),
        ),
    }
)
"""What a cue may say of its file: sides before backs, as mixing programs write them (BS.2051's order)."""

VORBIS: Mapping[int, tuple[str, ...]] = MappingProxyType(
    {
        1: ("M+000",),
        2: ("M+030", "M-030"),
        3: ("M+030", "M+000", "M-030"),
        4: ("M+030", "M-030", "M+110", "M-110"),
        5: ("M+030", "M+000", "M-030", "M+110", "M-110"),
        6: ("M+030", "M+000", "M-030", "M+110", "M-110", "LFE1"),
        7: ("M+030", "M+000", "M-030", "M+090", "M-090", "M+180", "LFE1"),
        8: ("M+030", "M+000", "M-030", "M+090", "M-090", "M+135", "M-135", "LFE1"),
    }
)
"""Vorbis I specification, 4.3.9; Opus' channel mapping family 1 (RFC 7845, 5.1.1.2) is the same."""


def from_mask(mask: int, channels: int) -> tuple[str, ...] | None:
    """Labels of BS.2051 for a channel mask.

    Returns
    -------
    tuple of str, or None
        None when the mask does not name as many loudspeakers as there are channels.

    Notes
    -----
    The mask says left back and left side; where these stand depends on whether both are there: one pair is 5.1's surround at 110
    degrees, two are 90 and 135. The same for the four above.
    """
    names = [name for bit, name in enumerate(_MASK) if mask >> bit & 1]
    if mask >> len(_MASK) or len(names) != channels:
        return None
    seven = "BL" in names and "SL" in names
    places = {"BL": "M+135" if seven else "M+110", "SL": "M+090" if seven else "M+110"}
    places["TFL"] = "U+045" if seven else "U+030"
    places["TBL"] = "U+135" if seven else "U+110"
    for name, place in list(places.items()):
        places[name[:-1] + "R"] = place.replace("+", "-")
    return tuple(places.get(name, name) for name in names)
