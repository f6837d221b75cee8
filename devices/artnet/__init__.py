"""DMX over Art-Net: lights, fans, foggers, scent machines."""

from devices.artnet.driver import ArtnetDriver, create
from devices.artnet.source import ArtnetSource, create_source

__all__ = ["ArtnetDriver", "ArtnetSource", "create", "create_source"]
