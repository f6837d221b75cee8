"""Builds the caption font of the engine: a subset of LXGW WenKai. Run `python -m assets.generators.font`."""
