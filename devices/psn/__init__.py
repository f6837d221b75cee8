"""PosiStageNet: where seats, boats and props are, for lights and media servers that follow them."""

from devices.psn.driver import create

__all__ = ["create"]
