"""Objects and beds to two ears."""

from engine.audio.binaural.emitter import ObjectEmitter

__all__ = ["ObjectEmitter"]
