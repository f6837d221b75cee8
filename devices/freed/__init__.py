"""FreeD: pan, tilt, roll and place of a tracked camera, in and out."""

from devices.freed.driver import create
from devices.freed.source import create_source

__all__ = ["create", "create_source"]
