"""Heads: measured head-related transfer functions, read, checked, and laid out for the renderer."""

from engine.audio.hrtf.measured import MeasuredHead
from engine.audio.hrtf.table import HeadGrid, head_grid

__all__ = ["HeadGrid", "MeasuredHead", "head_grid"]
