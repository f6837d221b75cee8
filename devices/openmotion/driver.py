"""Driver for seats that take OpenMotionSim's datagrams."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import cast

from devices.openmotion.batch import OpenMotionBatch
from devices.openmotion.codec import FRESH_S, UDP_PORT, ByteOrder, Motion, encode, with_time
from devices.pose import ANGULAR, Reach, axes_setting, make_pose, some_axes_setting
from devices.settings import choice_setting, udp_address
from engine.bus.driver import DeviceConfig, TwinSpec
from engine.bus.line_driver import LineDriver
from engine.bus.ports import UdpLine
from engine.units import MOTION_AXES

_SETTINGS = ("axes", "inverted", "byte_order", "park")
AXES = ("yaw", "pitch", "roll", "heave")
_INDICES = tuple(MOTION_AXES.index(axis) for axis in AXES)
# A turntable goes round: yaw is bounded by the rig alone.
_REACH = {"yaw": Reach(36_000.0, ANGULAR.velocity, ANGULAR.acceleration, ANGULAR.jerk)}


def create(config: DeviceConfig) -> OpenMotionDriver:
    """Entry point of the family."""
    return OpenMotionDriver(config)


class OpenMotionDriver(LineDriver):
    """One seat.

    Parameters
    ----------
    config : DeviceConfig
        `settings`: see the README of the family.

    Raises
    ------
    SettingError
    """

    family = "openmotion"

    def __init__(self, config: DeviceConfig) -> None:
        super().__init__(
            config,
            settings=_SETTINGS,
            twin=TwinSpec("devices.sim.openmotion:make_twin", "udp"),
            # A stream with a time in it: every command goes out, so that the time goes on.
            keep_alive_ns=0,
        )
        pose = make_pose(config, some_axes_setting(config, AXES), _REACH)
        self.channels, self.groups = pose.channels, (pose.group,)
        inverted = axes_setting(config, "inverted", (), len(AXES))
        self._signs = tuple(-1.0 if axis in inverted else 1.0 for axis in AXES)
        self.byte_order = cast(ByteOrder, choice_setting(config, "byte_order", "little", ("little", "big")))
        self._period_s = 1.0 / config.rate_hz
        self._count = -round(FRESH_S * config.rate_hz)
        host, port = udp_address(config, UDP_PORT)
        self.address: tuple[str, int] | None = (host, port) if host else None
        self.use_line(UdpLine(config.name, host, port), config.port)

    def encode(self, values: Sequence[float]) -> tuple[bytes, ...]:
        """One datagram, its time still 0."""
        yaw, pitch, roll, heave = (
            sign * values[index] for sign, index in zip(self._signs, _INDICES, strict=True)
        )
        return (encode(Motion(0.0, yaw, pitch, roll, heave), self.byte_order),)

    def stamp(self, frames: Sequence[bytes]) -> Sequence[bytes]:
        """Put in the time: frames sent so far times the period, from 0 when the program had sent for `FRESH_S`.

        No clock is read. A 32-bit float tells 1 ms apart for the first 4.5 h.
        """
        stamped = []
        for frame in frames:
            stamped.append(with_time(frame, max(0, self._count) * self._period_s, self.byte_order))
            self._count += 1
        return stamped

    @property
    def batch_key(self) -> Hashable:
        """Seats with the same signs, byte order and period."""
        return (self._signs, self.byte_order, self._period_s)

    def batch(self, drivers: Sequence[OpenMotionDriver]) -> OpenMotionBatch:
        """Encodes for many such seats."""
        return OpenMotionBatch(len(drivers), _INDICES, self._signs, self.byte_order, self._period_s)
