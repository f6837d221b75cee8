"""The common definitions of ITU-R BS.2094-2: loudspeaker channels and packs, Ambisonics of whole orders, two ears.

Made from tables when they are asked for; a document refers to them without holding them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from engine.audio.adm.model import ChannelFormat, HoaBlock, PackFormat, SpeakerBlock

_SPEAKERS = (
    *(
        ("M+030", "FrontLeft"),
        ("M-030", "FrontRight"),
        ("M+000", "FrontCentre"),
        ("LFE", "LowFrequencyEffects"),
    ),
    *(("M+110", "SurroundLeft"), ("M-110", "SurroundRight"), ("M+022", "FrontLeftOfCentre")),
    *(
        ("M-022", "FrontRightOfCentre"),
        ("M+180", "BackCentre"),
        ("M+090", "SideLeft"),
        ("M-090", "SideRight"),
    ),
    *(
        ("T+000", "TopCentre"),
        ("U+030", "TopFrontLeft"),
        ("U+000", "TopFrontCentre"),
        ("U-030", "TopFrontRight"),
    ),
    *(("U+110", "TopSurroundLeft"), ("U+180", "TopBackCentre"), ("U-110", "TopSurroundRight")),
    *(("U+090", "TopSideLeft"), ("U-090", "TopSideRight"), ("B+000", "BottomFrontCentre")),
    *(("B+045", "BottomFrontLeftMid"), ("B-045", "BottomFrontRightMid"), ("M+060", "FrontLeftWide")),
    *(
        ("M-060", "FrontRightWide"),
        ("M+135_Diff", "BackLeftMidDiffuse"),
        ("M-135_Diff", "BackRightMidDiffuse"),
    ),
    *(
        ("M+135", "BackLeftMid"),
        ("M-135", "BackRightMid"),
        ("U+135", "TopBackLeftMid"),
        ("U-135", "TopBackRightMid"),
    ),
    *(("LFEL", "LowFrequencyEffectsL"), ("LFER", "LowFrequencyEffectsR"), ("U+045", "TopFrontLeftMid")),
    *(("U-045", "TopFrontRightMid"), ("M+SC", "FrontLeftScreen"), ("M-SC", "FrontRightScreen")),
    *(("M+045", "FrontLeftMid"), ("M-045", "FrontRightMid"), ("UH+180", "UpperTopBackCentre")),
)
"""Label of BS.2051 and name, channel formats AC_00010001 on."""

_FIVE = "1 2 3 4 5 6"
_SEVEN = "1 2 3 4 a b 1c 1d"
_PACKS = (
    *((0x01, "mono_(0+1+0)", "3"), (0x02, "stereo_(0+2+0)", "1 2"), (0x0A, "3.0_(0+3+0)", "1 2 3")),
    *((0x0B, "4.0_(0+4+0)", "1 2 3 9"), (0x0C, "5.0_(0+5+0)", "1 2 3 5 6"), (0x03, "5.1_(0+5+0)", _FIVE)),
    *((0x0D, "6.1_(0+6+0)", f"{_FIVE} 9"), (0x0E, "7.1front_(0+7+0)", f"{_FIVE} 26 27")),
    *((0x0F, "7.1back_(0+7+0)", _SEVEN), (0x04, "7.1top_(2+5+0)", f"{_FIVE} d f")),
    *(
        (0x12, "7.1side_5.1+sc_(0+7+0)", f"{_FIVE} 24 25"),
        (0x13, "7.1topside_5.1.2_(2+5+0)", f"{_FIVE} 13 14"),
    ),
    *(
        (0x14, "9.1screen_5.1.2+sc_(2+7+0)", f"{_FIVE} 13 14 24 25"),
        (0x16, "9.1_7.1.2_(2+7+0)", "1 2 3 4 b c 1c 1d 13 14"),
    ),
    *((0x05, "9.1_5.1.4_(4+5+0)", f"{_FIVE} d f 10 12"), (0x10, "10.1_(4+5+1)", f"{_FIVE} d f 10 12 15")),
    *(
        (0x07, "10.2_(3+7+0)", "3 1 2 22 23 a b 1c 1d 28 20 21"),
        (0x15, "11.1_5.1.4+sc_(4+7+0)", f"{_FIVE} d f 10 12 24 25"),
    ),
    *(
        (0x17, "11.1_7.1.4_(4+7+0)", f"{_SEVEN} 22 23 1e 1f"),
        (0x08, "13.1_(4+9+0)", f"{_SEVEN} 22 23 1e 1f 24 25"),
    ),
    (0x09, "22.2_(9+10+3)", "18 19 3 20 1c 1d 1 2 9 21 a b 22 23 e c 1e 1f 13 14 11 15 16 17"),
    (0x11, "Auro-3D_(9+9+0)", f"{_FIVE} a b 1a 1b d f e 10 12 13 14 1e 1f"),
)
"""Last digits of the pack's id, its name, those of its channels. Pack 16 is as the standard has it, typing error included."""
_LAYOUT_OF_PACK: Mapping[str, str] = MappingProxyType(
    {
        **{"AP_00010001": "0+1+0", "AP_00010002": "0+2+0", "AP_0001000c": "0+5+0", "AP_00010003": "0+5+0"},
        **{"AP_00010004": "2+5+0", "AP_00010005": "4+5+0", "AP_00010010": "4+5+1", "AP_00010007": "3+7+0"},
        **{"AP_00010008": "4+9+0", "AP_00010009": "9+10+3", "AP_0001000f": "0+7+0", "AP_00010017": "4+7+0"},
    }
)
_LOWEST_HOA = {0x0: ("SN3D", 6), 0x1: ("N3D", 6), 0x2: ("FuMa", 3)}
_HIGHEST_DEGREE = 10
LABELS: Mapping[str, str] = MappingProxyType(
    {label: f"AC_0001{k:04x}" for k, (label, _) in enumerate(_SPEAKERS, 1)}
)
"""Channel format of a loudspeaker label."""
LFE_HZ = 120.0


def layout_of_pack(pack: str) -> str:
    """The system of BS.2051 that a common pack was mixed for (BS.2127-1, table 18); "" where it is none."""
    return _LAYOUT_OF_PACK.get(pack.lower().replace("ap_", "AP_"), "")


def pack_of_labels(labels: tuple[str, ...]) -> str:
    """The common pack that holds just these loudspeakers in any order, or ""."""
    wanted = sorted(LABELS.get(label, "") for label in labels)
    for pack in common_packs().values():
        if pack.kind == "DirectSpeakers" and sorted(pack.channels) == wanted:
            return pack.id
    return ""


def hoa_pack(order: int) -> str:
    """The common pack of a whole order, ACN and SN3D; orders 1 to 6."""
    return f"AP_0004{order:04x}"


def hoa_channel(acn: int) -> str:
    """The common channel of an ACN, SN3D component."""
    return f"AC_0004{acn + 1:04x}"


@lru_cache(maxsize=1)
def common_channels() -> Mapping[str, ChannelFormat]:
    """All channel formats by id."""
    found = {}
    for k, (label, name) in enumerate(_SPEAKERS, 1):
        urn = f"urn:itu:bs:2051:0:speaker:{label}"
        lfe = label.startswith("LFE")
        block = SpeakerBlock(None, None, (urn,), (*place_of_label(label), 1.0))
        one = ChannelFormat(f"AC_0001{k:04x}", name, "DirectSpeakers", (block,), LFE_HZ if lfe else None)
        found[one.id] = one
    for series, (weights, _) in _LOWEST_HOA.items():
        highest = 3 if weights == "FuMa" else _HIGHEST_DEGREE
        for acn in range((highest + 1) ** 2):
            degree = math.isqrt(acn)
            hoa = HoaBlock(None, None, degree, acn - degree * degree - degree, weights)
            one = ChannelFormat(
                f"AC_0004{series * 0x100 + acn + 1:04x}", f"{weights}_ACN_{acn}", "HOA", (hoa,)
            )
            found[one.id] = one
    for k, name in ((1, "LeftEar"), (2, "RightEar")):
        found[f"AC_0005{k:04x}"] = ChannelFormat(f"AC_0005{k:04x}", name, "Binaural")
    return MappingProxyType(found)


@lru_cache(maxsize=1)
def common_packs() -> Mapping[str, PackFormat]:
    """All pack formats by id."""
    found = {}
    for number, name, channels in _PACKS:
        ids = tuple(f"AC_0001{int(one, 16):04x}" for one in channels.split())
        found[f"AP_0001{number:04x}"] = PackFormat(f"AP_0001{number:04x}", name, "DirectSpeakers", ids)
    for series, (weights, highest) in _LOWEST_HOA.items():
        for order in range(1, highest + 1):
            first = 0 if order == 1 else order * order
            ids = tuple(f"AC_0004{series * 0x100 + acn + 1:04x}" for acn in range(first, (order + 1) ** 2))
            below = () if order == 1 else (f"AP_0004{series * 0x10 + order - 1:04x}",)
            key = f"AP_0004{series * 0x10 + order:04x}"
            found[key] = PackFormat(key, f"3D_order{order}_{weights}_ACN", "HOA", ids, below, weights)
    found["AP_00050001"] = PackFormat("AP_00050001", "Binaural", "Binaural", ("AC_00050001", "AC_00050002"))
    return MappingProxyType(found)


def place_of_label(label: str) -> tuple[float, float]:
    """Azimuth and elevation, degrees, of a loudspeaker label."""
    if label.startswith("LFE"):
        return {"LFEL": 45.0, "LFE2": -45.0, "LFER": -45.0}.get(label, 0.0), -30.0
    if label in ("M+SC", "M-SC"):
        return (25.0 if "+" in label else -25.0), 0.0
    letters = label.rstrip("_Dif").rstrip("0123456789+-")
    azimuth = float(label.removesuffix("_Diff")[len(letters) :])
    return (22.5 * math.copysign(1, azimuth) if abs(azimuth) == 22 else azimuth), {
        "M": 0.0,
        "U": 30.0,
        "B": -30.0,
        "T": 90.0,
        "UH": 45.0,
    }[letters]
