"""Objects and beds to two ears."""

from engine.audio.binaural.emitter import ObjectEmitter
from engine.audio.binaural.sphere import SphereHead
from engine.audio.binaural.stage import BinauralStage
from engine.audio.binaural.table import HeadTable

__all__ = ["BinauralStage", "HeadTable", "ObjectEmitter", "SphereHead"]
