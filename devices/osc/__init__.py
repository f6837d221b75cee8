"""Open Sound Control over UDP and TCP: mixers, media servers, show controllers; out with time tags, and in."""

from devices.osc.driver import OscDriver, create
from devices.osc.source import OscSource, create_source

__all__ = ["OscDriver", "OscSource", "create", "create_source"]
