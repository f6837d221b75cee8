"""bHaptics vests, sleeves and face pieces behind the bHaptics Player."""

from devices.bhaptics.driver import BhapticsDriver, create

__all__ = ["BhapticsDriver", "create"]
