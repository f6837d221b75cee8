"""Loudspeakers: layouts, panning after ITU-R BS.2127, the stage that feeds them."""

from engine.audio.speakers.layouts import (
    LAYOUTS,
    Layout,
    Loudspeaker,
    angles,
    directions,
    free_layout,
    layout,
)
from engine.audio.speakers.panner import PointSourcePanner
from engine.audio.speakers.table import GainTable

__all__ = [
    "LAYOUTS",
    "GainTable",
    "Layout",
    "Loudspeaker",
    "PointSourcePanner",
    "angles",
    "directions",
    "free_layout",
    "layout",
]
