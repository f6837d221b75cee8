"""Generators of every sound of Lantern Street: `python -m assets.generators.sound`."""
