"""Names of MPEG-V: namespaces, effect types, classification terms.

Source: ISO/IEC 23005-3:2011 (SEDL, SEV), ISO/IEC 23005-6 (classification schemes), and the published schemas of the 2010 set.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

SEDL = "urn:mpeg:mpeg-v:2010:01-SEDL-NS"
SEV = "urn:mpeg:mpeg-v:2010:01-SEV-NS"
XSI_TIMING = "urn:mpeg:mpeg21:2003:01-DIA-XSI-NS"
MPEG7 = "urn:mpeg:mpeg7:schema:2004"
INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"

EFFECT_TYPES = (
    "Light",
    "Flash",
    "Temperature",
    "Wind",
    "Vibration",
    "Spraying",
    "Scent",
    "Fog",
    "ColorCorrection",
    "RigidBodyMotion",
    "PassiveKinestheticMotion",
    "PassiveKinestheticForce",
    "ActiveKinesthetic",
    "Tactile",
)
"""The concrete effects of the 2010 schema, without their suffix ``Type``."""

PATTERNS = ("MoveToward", "TrajectorySamples", "Incline", "Shake", "Wave", "Spin", "Turn", "Collide")
"""Children of a rigid body motion, in the order of the schema."""

DEFAULT_TIMESCALE = 90_000

_TERM = "urn:mpeg:mpeg-v:01-SI-{scheme}-NS:{name}"

# Names of ColorCS, which are those of X11 with underscores; those that files use and everyone's monitors agree on.
COLORS: Mapping[str, str] = MappingProxyType(
    {
        "alice_blue": "#f0f8ff",
        "amber": "#ffbf00",
        "aqua": "#00ffff",
        "azure": "#f0ffff",
        "beige": "#f5f5dc",
        "black": "#000000",
        "blue": "#0000ff",
        "brown": "#a52a2a",
        "chartreuse": "#7fff00",
        "coral": "#ff7f50",
        "crimson": "#dc143c",
        "cyan": "#00ffff",
        "dark_blue": "#00008b",
        "dark_green": "#006400",
        "dark_orange": "#ff8c00",
        "dark_red": "#8b0000",
        "deep_pink": "#ff1493",
        "forest_green": "#228b22",
        "fuchsia": "#ff00ff",
        "gold": "#ffd700",
        "gray": "#808080",
        "green": "#008000",
        "grey": "#808080",
        "indigo": "#4b0082",
        "ivory": "#fffff0",
        "khaki": "#f0e68c",
        "lavender": "#e6e6fa",
        "lime": "#00ff00",
        "magenta": "#ff00ff",
        "maroon": "#800000",
        "navy": "#000080",
        "olive": "#808000",
        "orange": "#ffa500",
        "orange_red": "#ff4500",
        "orchid": "#da70d6",
        "pink": "#ffc0cb",
        "plum": "#dda0dd",
        "purple": "#800080",
        "red": "#ff0000",
        "royal_blue": "#4169e1",
        "salmon": "#fa8072",
        "sienna": "#a0522d",
        "silver": "#c0c0c0",
        "sky_blue": "#87ceeb",
        "tan": "#d2b48c",
        "teal": "#008080",
        "tomato": "#ff6347",
        "turquoise": "#40e0d0",
        "violet": "#ee82ee",
        "wheat": "#f5deb3",
        "white": "#ffffff",
        "yellow": "#ffff00",
    }
)


def term(scheme: str, name: str) -> str:
    """URN of a term: ``term("ScentCS", "rose")``."""
    return _TERM.format(scheme=scheme, name=name)


def term_name(text: str) -> str:
    """Last part of a term's URN, or the plain word some files write: ``rose``.

    A location keeps its three parts, as ``left:middle:front``.
    """
    text = text.strip()
    found = re.search(r"-NS:(.+)\Z", text)
    if found is not None:
        return found.group(1)
    return text.lstrip(":").rsplit("/", 1)[-1]
