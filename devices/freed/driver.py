"""Driver that tells a graphics or tracking system where a camera is."""

from __future__ import annotations

from collections.abc import Sequence

from devices.freed.codec import BAUD, LARGEST_DEG, LARGEST_M, LENS_FULL, UDP_PORT, Camera, encode
from devices.groups import narrowed
from devices.settings import udp_address
from engine.bus.driver import Channel, DeviceConfig, Form, Group, SettingError, TwinSpec
from engine.bus.line_driver import LineDriver, integer_setting
from engine.bus.ports import SerialLine, UdpLine
from engine.units import LINEAR_AXES, MOTION_AXES

_SETTINGS = ("camera", "at", "pan")


def create(config: DeviceConfig) -> FreedDriver:
    """Entry point of the family."""
    return FreedDriver(config)


class FreedDriver(LineDriver):
    """One camera, over UDP or a serial line (38400 8O1).

    Parameters
    ----------
    config : DeviceConfig
        `settings`: see the README of the family.

    Raises
    ------
    SettingError
    """

    family = "freed"

    def __init__(self, config: DeviceConfig) -> None:
        # A tracking system is expected to speak at every frame, moved or not.
        super().__init__(
            config, settings=_SETTINGS, twin=TwinSpec("devices.sim.freed:make_twin", "udp"), keep_alive_ns=0
        )
        self._camera = integer_setting(config, "camera", 1, 0, 255)
        self._at_m = _place(config)
        self._pan_sign = pan_sign(config.settings.get("pan", "right"))
        channels = [
            Channel(axis, "m", -LARGEST_M / 2, LARGEST_M / 2)
            if axis in LINEAR_AXES
            else Channel(axis, "deg", -LARGEST_DEG, LARGEST_DEG)
            for axis in MOTION_AXES
        ]
        channels += [Channel("zoom", "ratio", 0.0, 1.0), Channel("focus", "ratio", 0.0, 1.0)]
        groups = (
            Group("camera", Form.MOTION, (0, 1, 2, 3, 4, 5)),
            Group("zoom", Form.LEVEL, (6,)),
            Group("focus", Form.LEVEL, (7,)),
        )
        self.channels = narrowed(config, channels, groups)
        self.groups = groups
        if config.port == "twin" or config.port.startswith("udp://"):
            self.use_line(
                UdpLine(config.name, *udp_address(config, UDP_PORT)),
                f"camera {self._camera} to {config.port}",
            )
        else:
            line = SerialLine(config.name, config.port, BAUD, parity="O")
            self.use_line(line, f"camera {self._camera} on serial {config.port}")

    def encode(self, values: Sequence[float]) -> tuple[bytes, ...]:
        """One D1 message."""
        surge, sway, heave, roll, pitch, yaw, zoom, focus = values
        x_m, y_m, height_m = self._at_m
        return (
            encode(
                Camera(
                    number=self._camera,
                    pan_deg=self._pan_sign * yaw,
                    tilt_deg=pitch,
                    roll_deg=roll,
                    x_m=x_m + sway,
                    y_m=y_m + surge,
                    height_m=height_m + heave,
                    zoom=round(zoom * LENS_FULL),
                    focus=round(focus * LENS_FULL),
                )
            ),
        )


def pan_sign(word: object) -> float:
    """Sign of pan against the engine's yaw (+ = left).

    Raises
    ------
    SettingError
    """
    if word not in ("left", "right"):
        raise SettingError(f"pan is {word!r}; positive pan turns left or right", "settings", "pan")
    return 1.0 if word == "left" else -1.0


def _place(config: DeviceConfig) -> tuple[float, float, float]:
    at = config.settings.get("at", [0, 0, 0])
    most_m = LARGEST_M / 2
    if (
        not isinstance(at, list)
        or len(at) != 3
        or not all(isinstance(x, int | float) and not isinstance(x, bool) and abs(x) <= most_m for x in at)
    ):
        raise SettingError(
            f"at is {at!r}; write three metres [right, forward, up] within {most_m:.0f}", "settings", "at"
        )
    return (float(at[0]), float(at[1]), float(at[2]))
