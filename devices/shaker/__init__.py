"""Low-frequency exciters under a seat, on a small serial board."""

from devices.shaker.driver import ShakerDriver, create

__all__ = ["ShakerDriver", "create"]
