"""What the governor has to know of the platform a device moves: found once, when the devices of a rig are put together."""

from __future__ import annotations

from engine.bus.driver import Channel, Driver
from engine.bus.governor import Governor, check_legs
from engine.experience.platform import PlatformSpec
from engine.motion.platforms.bounds import LegBounds, leg_bounds
from engine.motion.platforms.factory import make_platform
from engine.units import MOTION_AXES


class LegTable:
    """Bounds by platform and limits, so that seats of one make have them in common: they form one fleet, and cost one computation."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, tuple[float, ...], tuple[float, ...]], LegBounds] = {}
        self._governed: set[tuple[str, tuple[Channel, ...], float]] = set()

    def of(self, driver: Driver, spec: PlatformSpec | None) -> LegBounds | None:
        """The bounds over what the driver's channels may do, and home; None where the rig tells of no platform.

        Raises
        ------
        ValueError
            When there are none (`leg_bounds`), or the governor cannot work with them: park or safe out of reach, a channel without limits.
        """
        if spec is None or not any(channel.name in MOTION_AXES for channel in driver.channels):
            return None
        ends = {channel.name: (channel.low, channel.high) for channel in driver.channels}
        low = tuple(min(ends.get(axis, (0.0, 0.0))[0], 0.0) for axis in MOTION_AXES)
        high = tuple(max(ends.get(axis, (0.0, 0.0))[1], 0.0) for axis in MOTION_AXES)
        # By its text: a length that is left open is a NaN, which equals nothing once a rig has been sent to another process.
        name = repr(spec)
        key = (name, low, high)
        if key not in self._known:
            self._known[key] = leg_bounds(make_platform(spec), low, high)
        legs = self._known[key]
        governed = (name, tuple(driver.channels), driver.rate_hz)
        if governed not in self._governed:
            # Before anything moves: they say what cannot be done.
            Governor(driver.channels, 1.0 / driver.rate_hz, legs)
            check_legs(driver.channels, legs)
            self._governed.add(governed)
        return legs
