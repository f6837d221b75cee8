"""Ambisonics: sound fields as spherical harmonics. ACN order, SN3D weights, the engine's axes.

`harmonics` and `encode` put directions into a field, `Rotator` turns it, `conversion` reads other weights,
`decoder` gives it to loudspeakers.
"""

from engine.audio.ambisonics.harmonics import channels_of, degrees, encode, harmonics, order_of
from engine.audio.ambisonics.rotation import Rotator

__all__ = ["Rotator", "channels_of", "degrees", "encode", "harmonics", "order_of"]
