"""DMX over Art-Net: lights, fans, foggers, scent machines."""

from devices.artnet.driver import ArtnetDriver, create

__all__ = ["ArtnetDriver", "create"]
