"""Rules by which a flash is counted: WCAG 2.2 in steradians, and Recommendation ITU-R BT.1702 in cd/m^2.

Neither claims that a picture complies with anything: they are the public definitions, applied as written here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from engine.time.flicks import FLICKS_PER_SECOND

FIELD_DEG = 10.0
"""Across: the field of view of WCAG's definition of "general flash and red flash thresholds"."""
FIELD_LIMIT_SR = 0.006
"""A quarter of a circular field of 10 degrees (0.25 * pi * (5 deg)^2 = 0.00598 sr), as WCAG rounds it."""


@dataclass(frozen=True, slots=True)
class StripeRule:
    """When stripes are a harmful pattern.

    Parameters
    ----------
    pairs : int
        Light and dark pairs of which more than this many are too many (BT.1702: five).
    hold_fl : int
        How long they may stay, flicks.
    """

    pairs: int = 5
    hold_fl: int = FLICKS_PER_SECOND // 2


@dataclass(frozen=True, slots=True)
class FlashProfile:
    """One set of rules.

    Parameters
    ----------
    name : str
        For reports.
    unit : {"relative", "cd_m2"}
        What `change` and `dark_below` are measured in: share of the display's full white, or cd/m^2.
    change : float
        Least difference of a transition.
    dark_below : float
        The darker of its two states has to lie below this.
    michelson : float or None
        Where the darker state is not below `dark_below`, a transition is a Michelson contrast of at least this; None:
        never.
    red_change : float
        Least difference of a red transition in ``(R - G - B) * 320``; it has to be *more*.
    red_saturation : float
        ``R / (R + G + B)`` from which a colour is saturated red.
    area : {"field", "share"}
        Whether `area_limit` is in steradians of any field of 10 degrees, or a share of the picture.
    area_limit : float
        More than this has to change together.
    allowed : int
        Transitions that one second may hold; more fail (6: three flashes).
    warned : int
        Transitions in a second from which there is a warning, and from which the extended rule counts.
    extended_fl, extended_window_fl : int
        The extended rule: this long of the window (both flicks) between `warned` and `allowed` transitions.
    concurrent_fl : int
        Changes of different places within this time are one change, flicks.
    stripes : StripeRule or None
        The rule for patterns; None looks for none.
    """

    name: str
    unit: Literal["relative", "cd_m2"]
    change: float
    dark_below: float
    michelson: float | None
    area: Literal["field", "share"]
    area_limit: float
    red_change: float = 20.0
    red_saturation: float = 0.8
    allowed: int = 6
    warned: int = 4
    extended_fl: int = 4 * FLICKS_PER_SECOND
    extended_window_fl: int = 5 * FLICKS_PER_SECOND
    concurrent_fl: int = FLICKS_PER_SECOND // 25
    stripes: StripeRule | None = StripeRule()

    def __post_init__(self) -> None:
        for name in ("change", "dark_below", "area_limit", "red_change", "red_saturation"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise ValueError(f"flash profile '{self.name}': {name} is {value!r}; it has to be above 0")
        if not 1 <= self.warned <= self.allowed:
            raise ValueError(
                f"flash profile '{self.name}': a warning from {self.warned} transitions and {self.allowed} allowed; "
                "1 <= warned <= allowed"
            )


WCAG = FlashProfile("WCAG 2.2", "relative", 0.1, 0.8, None, "field", FIELD_LIMIT_SR)
"""WCAG 2.2, "general flash and red flash thresholds" (success criterion 2.3.1): 10 % of the maximum relative luminance,
the darker state below 0.80, more than three in a second, over 0.006 sr of any 10 degrees. The red measure is the one that
WCAG 2.0 and 2.1 give, and IRIS uses; 2.2 words the same by a distance of 0.2 in the CIE 1976 diagram. The extended rule, the
warning and the stripes are not WCAG's; they are IRIS' and BT.1702's, and stricter."""

BT1702 = FlashProfile("ITU-R BT.1702", "cd_m2", 20.0, 160.0, 1.0 / 17.0, "share", 0.25)
"""Recommendation ITU-R BT.1702: 20 cd/m^2 where the darker state is below 160 cd/m^2 and a Michelson contrast of 1/17
above, more than a quarter of the picture, more than three in a second, more than five pairs of stripes."""
