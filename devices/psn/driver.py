"""Driver that tells a PosiStageNet system where things are."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from devices.groups import narrowed
from devices.psn.axes import AXES_DEFAULT, Axes, AxesError, read_axes, rotation_vector
from devices.psn.codec import MULTICAST, UDP_PORT, Tracker, encode_data, encode_info, stamped
from devices.settings import udp_address
from engine.bus.driver import Channel, DeviceConfig, Form, Group, Report, SettingError, TwinSpec
from engine.bus.line_driver import LineDriver
from engine.bus.ports import UdpLine
from engine.units import LINEAR_AXES, MOTION_AXES

_SETTINGS = ("trackers", "axes", "system")
_INFO_NS = 1_000_000_000
# Asked more often than that, so that a beat that comes a little early is not left out.
_ATTEND_NS = 100_000_000
_FARTHEST_M = 1000.0


def create(config: DeviceConfig) -> PsnDriver:
    """Entry point of the family."""
    return PsnDriver(config)


class PsnDriver(LineDriver):
    """A set of trackers on one PosiStageNet network.

    Parameters
    ----------
    config : DeviceConfig
        `settings`: see the README of the family.

    Raises
    ------
    SettingError
    """

    family = "psn"
    attend_ns = _ATTEND_NS

    def __init__(self, config: DeviceConfig) -> None:
        # Followers extrapolate between packets, so every instant's position goes out, changed or not.
        super().__init__(
            config, settings=_SETTINGS, twin=TwinSpec("devices.sim.psn:make_twin", "udp"), keep_alive_ns=0
        )
        self._trackers = _trackers(config)
        try:
            self._axes: Axes = read_axes(config.settings.get("axes", AXES_DEFAULT))
        except AxesError as error:
            raise SettingError(str(error), "settings", "axes") from None
        system = config.settings.get("system", "Sensorama")
        if not isinstance(system, str):
            raise SettingError(f"system is {system!r}; allowed: a name", "settings", "system")
        channels: list[Channel] = []
        groups: list[Group] = []
        for name in self._trackers:
            first = len(channels)
            groups.append(Group(name, Form.MOTION, tuple(range(first, first + 6))))
            for axis in MOTION_AXES:
                if axis in LINEAR_AXES:
                    channels.append(Channel(f"{name}.{axis}", "m", -_FARTHEST_M, _FARTHEST_M))
                else:
                    channels.append(Channel(f"{name}.{axis}", "deg", -360.0, 360.0))
        self.channels = narrowed(config, channels, groups)
        self.groups = tuple(groups)
        host, port = udp_address(config, UDP_PORT, twin_host=MULTICAST)
        self.use_line(UdpLine(config.name, host, port), f"{len(self._trackers)} trackers to {host}:{port}")
        self._info = encode_info(system, [(number, name) for name, (number, _) in self._trackers.items()])
        self._frame = 0
        self._info_frame = 0
        self._told_ns: int | None = None
        self._period_us = round(1e6 / config.rate_hz)

    def encode(self, values: Sequence[float]) -> tuple[bytes, ...]:
        """All trackers, with time and frame id 0: they are stamped when the packets leave."""
        rows = []
        for index, (number, at_m) in enumerate(self._trackers.values()):
            surge, sway, heave, roll, pitch, yaw = values[6 * index : 6 * index + 6]
            place = (at_m[0] + sway, at_m[1] + surge, at_m[2] + heave)
            turn = rotation_vector(math.radians(roll), math.radians(pitch), math.radians(yaw))
            rows.append(Tracker(number, self._axes.point(place), self._axes.turn(turn)))
        return encode_data(rows)

    def stamp(self, frames: Sequence[bytes]) -> Sequence[bytes]:
        """Time since the start, counted in commands, and the frame id; all packets of a frame share both."""
        self._frame += 1
        return [stamped(frame, self._frame * self._period_us, self._frame) for frame in frames]

    def close(self) -> None:
        """Let go of the line; the next one hears the names at once."""
        self._told_ns = None
        super().close()

    def attend(self, now_ns: int) -> Sequence[Report]:
        """Say the trackers' names, once a second. Raises DeviceGone."""
        # It is called after every command too.
        if self._told_ns is not None and now_ns - self._told_ns < _INFO_NS:
            return ()
        self._told_ns = now_ns
        line = self._used_line()
        self._info_frame += 1
        time_us = self._frame * self._period_us
        line.send([stamped(packet, time_us, self._info_frame) for packet in self._info])
        return ()


def _trackers(config: DeviceConfig) -> dict[str, tuple[int, tuple[float, float, float]]]:
    rows = config.settings.get("trackers", {})
    if not isinstance(rows, Mapping) or not rows:
        raise SettingError(
            "trackers is missing or empty; name at least one, as {boat: {number: 1, at: [0, 0, 0]}}",
            "settings",
            "trackers",
        )
    made: dict[str, tuple[int, tuple[float, float, float]]] = {}
    numbers: dict[int, str] = {}
    for name, row in rows.items():
        where = ("settings", "trackers", str(name))
        if not isinstance(row, Mapping):
            raise SettingError(f"tracker {name} is {row!r}; write {{number: 1, at: [0, 0, 0]}}", *where)
        for key in row:
            if key not in ("number", "at"):
                raise SettingError(f"tracker {name}: unknown {key!r}; allowed: number, at", *where, str(key))
        number = row.get("number", len(made) + 1)
        if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number <= 0xFFFF:
            raise SettingError(f"tracker {name}: number is {number!r}; allowed 0 to 65535", *where, "number")
        if number in numbers:
            raise SettingError(
                f"tracker {name}: number {number} belongs to {numbers[number]} already", *where, "number"
            )
        at = row.get("at", [0, 0, 0])
        if (
            not isinstance(at, list)
            or len(at) != 3
            or not all(
                isinstance(x, int | float) and not isinstance(x, bool) and abs(x) <= _FARTHEST_M for x in at
            )
        ):
            raise SettingError(
                f"tracker {name}: at is {at!r}; write three metres [right, forward, up]", *where, "at"
            )
        numbers[number] = str(name)
        made[str(name)] = (number, (float(at[0]), float(at[1]), float(at[2])))
    return made
