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

__all__ = ["LAYOUTS", "Layout", "Loudspeaker", "angles", "directions", "free_layout", "layout"]
