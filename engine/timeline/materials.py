"""What walls are made of: absorption by octave.

Rounded figures of the tables in M. Vorländer, Auralization (Springer 2008), annex: limestone walls, rough concrete, stuccoed brick,
marble floor, wood on planks, wooden lining, plasterboard, thin glass, tufted carpet on felt, cotton curtains, audience on wooden chairs.
Water, which is in none of them, is taken as hard as marble; earth and leaves are design values. An absorption coefficient is good to some
0.05 in any case; where a reverberation time is known, give that.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

MATERIALS: Mapping[str, tuple[float, ...]] = MappingProxyType(
    {
        "stone": (0.02, 0.02, 0.03, 0.04, 0.05, 0.05, 0.05),
        "concrete": (0.02, 0.03, 0.03, 0.03, 0.04, 0.07, 0.07),
        "brick": (0.03, 0.03, 0.03, 0.04, 0.05, 0.07, 0.07),
        "marble": (0.01, 0.01, 0.01, 0.02, 0.02, 0.02, 0.02),
        "water": (0.01, 0.01, 0.01, 0.02, 0.02, 0.02, 0.02),
        "wood": (0.18, 0.12, 0.10, 0.09, 0.08, 0.07, 0.07),
        "panelling": (0.27, 0.23, 0.22, 0.15, 0.10, 0.07, 0.06),
        "plasterboard": (0.15, 0.10, 0.06, 0.04, 0.04, 0.05, 0.05),
        "glass": (0.08, 0.04, 0.03, 0.03, 0.02, 0.02, 0.02),
        "carpet": (0.08, 0.08, 0.30, 0.60, 0.75, 0.80, 0.80),
        "curtain": (0.30, 0.45, 0.65, 0.56, 0.59, 0.71, 0.71),
        "people": (0.24, 0.40, 0.78, 0.98, 0.96, 0.87, 0.87),
        "earth": (0.15, 0.25, 0.40, 0.55, 0.60, 0.60, 0.60),
        "leaves": (0.05, 0.10, 0.20, 0.35, 0.50, 0.60, 0.65),
        "open": (1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0),
    }
)
"""By name: absorption at 125, 250, 500 Hz, 1, 2, 4, 8 kHz."""
