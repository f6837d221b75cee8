"""Driver for AMC-type motion seats: pose to actuator strokes to serial frames."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from devices.amc.batch import AmcBatch
from devices.amc.codec import AXES, BAUD, DEFAULT_MIDDLE, MAX_RAW, encode_axes
from devices.amc.geometry import Actuator, axis_gains, four_corners, lift_gains, own_axes
from engine.bus.driver import (
    Channel,
    DeviceConfig,
    Form,
    Group,
    SettingError,
    TwinSpec,
    check_keys,
    with_rig_limits,
)
from engine.bus.line_driver import LineDriver, integer_setting
from engine.bus.ports import SerialLine, UdpLine, parse_udp_port
from engine.units import LINEAR_AXES, MOTION_AXES, parse_axis_position, parse_length_m

_SETTINGS = ("layout", "half_track", "half_base", "stroke", "actuators", "middle", "span", "baud", "park")
_LAYOUTS = ("axes", "corners")
_ACTUATOR_KEYS = ("at", "gains", "stroke", "inverted")

# What such a seat can do at most, where a rig says nothing: 100 mm stroke and 250 mm/s are the figures of the
# common 4DOF kit; acceleration and jerk are kept to what stays comfortable on it.
_LINEAR = {"high": 0.05, "velocity": 0.25, "acceleration": 2.5, "jerk": 30.0}
_ANGULAR = {"high": 10.0, "velocity": 25.0, "acceleration": 150.0, "jerk": 2000.0}
# Where a serial device server listens is set in the server; this is what most come with.
UDP_PORT = 4001
# A rig may state more for a bigger seat, up to these.
_LINEAR_MOST_M = 0.5
_ANGULAR_MOST_DEG = 45.0


def create(config: DeviceConfig) -> AmcDriver:
    """Entry point of the family."""
    return AmcDriver(config)


class AmcDriver(LineDriver):
    """One motion seat.

    Parameters
    ----------
    config : DeviceConfig
        `settings`: see the README of the family.

    Raises
    ------
    SettingError
    """

    family = "amc"

    def __init__(self, config: DeviceConfig) -> None:
        super().__init__(
            config,
            settings=_SETTINGS,
            twin=TwinSpec("devices.sim.amc:make_twin", "serial"),
            # The controller falls back to its own park when commands stop coming, so every one is sent.
            keep_alive_ns=0,
        )
        park = _park(config)
        group = Group("pose", Form.MOTION, tuple(range(6)))
        plain = [_channel(axis, park.get(axis, 0.0), config) for axis in MOTION_AXES]
        check_keys(config, plain, (group,))
        self.channels = tuple(with_rig_limits(channel, "pose", config) for channel in plain)
        self.groups = (group,)
        self._middle = integer_setting(config, "middle", DEFAULT_MIDDLE, 1, MAX_RAW - 1)
        self._span = integer_setting(config, "span", min(self._middle, MAX_RAW - self._middle), 1, MAX_RAW)
        self.actuators = _actuators(config, self.channels)
        baud = integer_setting(config, "baud", BAUD, 1200, 4_000_000)
        self.address: tuple[str, int] | None = None
        if config.port.startswith("udp://"):
            try:
                self.address = parse_udp_port(config.port, UDP_PORT)
            except ValueError as error:
                raise SettingError(str(error), "port") from None
            self.use_line(UdpLine(config.name, *self.address), config.port)
        else:
            self.use_line(SerialLine(config.name, config.port, baud), f"serial {config.port}")

    def encode(self, values: Sequence[float]) -> tuple[bytes, ...]:
        """One frame that commands a pose (m and deg)."""
        raw = []
        for actuator in self.actuators:
            target = self._middle + round(self._span * actuator.extension(values))
            raw.append(min(max(target, 0), MAX_RAW))
        return (encode_axes(raw),)

    @property
    def batch_key(self) -> Hashable:
        """Seats with the same actuators on boards with the same raw values."""
        return (self.actuators, self._middle, self._span)

    def batch(self, drivers: Sequence[AmcDriver]) -> AmcBatch:
        """Encodes for many such seats."""
        return AmcBatch(len(drivers), self.actuators, self._middle, self._span)


def _park(config: DeviceConfig) -> dict[str, float]:
    found: dict[str, float] = {}
    park = config.settings.get("park", {})
    if not isinstance(park, Mapping):
        raise SettingError(f"park is {park!r}; write a pose, as {{heave: -40mm}}", "settings", "park")
    for axis, value in park.items():
        try:
            found[axis] = parse_axis_position(axis, value)
        except ValueError as error:
            raise SettingError(f"park: {error}", "settings", "park", axis) from None
    return found


def _channel(axis: str, park: float, config: DeviceConfig) -> Channel:
    linear = axis in LINEAR_AXES
    figures = _LINEAR if linear else _ANGULAR
    most = _LINEAR_MOST_M if linear else _ANGULAR_MOST_DEG
    # Without limits in the rig the range is the common seat's; with them, whatever fits the largest seat.
    high = most if axis in config.limits or "pose" in config.limits else figures["high"]
    return Channel(
        axis,
        "m" if linear else "deg",
        -high,
        high,
        0.0,
        park,
        figures["velocity"],
        figures["acceleration"],
        figures["jerk"],
    )


def _length_m(config: DeviceConfig, key: str, default_m: float) -> float:
    value = config.settings.get(key)
    if value is None:
        return default_m
    try:
        found = parse_length_m(value)
    except ValueError as error:
        raise SettingError(f"{key}: {error}", "settings", key) from None
    if found <= 0.0:
        raise SettingError(f"{key} is {value!r}; it must be above 0", "settings", key)
    return found


def _actuators(config: DeviceConfig, channels: Sequence[Channel]) -> tuple[Actuator, ...]:
    stroke_m = _length_m(config, "stroke", 0.1)
    rows = config.settings.get("actuators")
    if rows is not None:
        if "layout" in config.settings:
            raise SettingError("give either layout or actuators, not both", "settings", "layout")
        if not isinstance(rows, list) or not 1 <= len(rows) <= AXES:
            raise SettingError(f"actuators must be a list of 1 to {AXES}", "settings", "actuators")
        return tuple(_actuator(row, index, stroke_m) for index, row in enumerate(rows))
    layout = config.settings.get("layout", "axes")
    if layout == "axes":
        return own_axes([max(abs(channel.low), abs(channel.high)) for channel in channels])
    if layout == "corners":
        return four_corners(
            _length_m(config, "half_track", 0.25), _length_m(config, "half_base", 0.3), stroke_m
        )
    raise SettingError(f"layout is {layout!r}; allowed: {', '.join(_LAYOUTS)}", "settings", "layout")


def _actuator(row: Any, index: int, stroke_m: float) -> Actuator:
    where = ("settings", "actuators", index)
    if not isinstance(row, Mapping) or ("at" in row) == ("gains" in row):
        raise SettingError(
            f"actuator {index} is {row!r}; write {{at: [x, y]}} in metres, or {{gains: {{heave: 1, ...}}}}",
            *where,
        )
    unknown = sorted(str(key) for key in row if key not in _ACTUATOR_KEYS)
    if unknown:
        raise SettingError(
            f"actuator {index}: unknown {', '.join(unknown)}; allowed: {', '.join(_ACTUATOR_KEYS)}", *where
        )
    try:
        own_m = parse_length_m(row["stroke"]) if "stroke" in row else stroke_m
        if "at" in row:
            x_m, y_m = (parse_length_m(value, bare=True) for value in row["at"])
            gains = lift_gains(x_m, y_m)
        else:
            gains = axis_gains(row["gains"])
    except (TypeError, ValueError) as error:
        raise SettingError(f"actuator {index}: {error}", *where) from None
    if own_m <= 0.0:
        raise SettingError(f"actuator {index}: stroke must be above 0", *where, "stroke")
    return Actuator(gains, own_m, bool(row.get("inverted", False)))
