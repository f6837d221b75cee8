"""DMX over sACN (ANSI E1.31): lights, fans, foggers, with priority, synchronisation and a stop that is seen as stop."""

from devices.sacn.driver import SacnDriver, create
from devices.sacn.source import SacnSource, create_source

__all__ = ["SacnDriver", "SacnSource", "create", "create_source"]
