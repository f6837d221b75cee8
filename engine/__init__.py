"""Sensorama: an engine for immersive, multi-sensory, branching cinema."""

__version__ = "0.1.0"
