"""Comfort levels: how strong each sense plays at each of them.

Shares of what the author wrote, one row a level. Motion is what makes people ill and what frightens; `gentle` halves it, which leaves
every cue recognisable, and `still` takes it away while the story goes on in light, sound, wind and scent. Sound is never turned down: it
carries the words. What the picture does beside (narrowing while the vehicle moves) is `engine.render.comfort`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from engine.experience.headset import COMFORT_LEVELS
from engine.units import MODALITIES

_SHARES: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "full": {},
        "gentle": {"motion": 0.5, "haptic": 0.6, "wind": 0.7, "water": 0.5, "temperature": 0.7},
        "still": {"motion": 0.0, "haptic": 0.3, "wind": 0.5, "water": 0.0, "temperature": 0.5},
    }
)


def comfort_intensities(level: int) -> tuple[float, ...]:
    """Intensity 0..1 per modality, in the order of `MODALITIES`, at a level (an index into `COMFORT_LEVELS`).

    Raises
    ------
    ValueError
        There is no such level.
    """
    if not 0 <= level < len(COMFORT_LEVELS):
        raise ValueError(
            f"comfort level {level} is unknown; allowed: 0 to {len(COMFORT_LEVELS) - 1} ({', '.join(COMFORT_LEVELS)})"
        )
    shares = _SHARES[COMFORT_LEVELS[level]]
    return tuple(shares.get(modality, 1.0) for modality in MODALITIES)
