"""Driver for seats that take axis strings, over serial or UDP."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import cast

from devices.motion4sim.batch import AxisStringBatch
from devices.motion4sim.codec import BITS, FORMS, LETTERS, Form, Letters, encode_axes, guard, read_template
from devices.pose import axes_setting, make_pose
from devices.settings import choice_setting
from engine.bus.driver import DeviceConfig, SettingError, TwinSpec
from engine.bus.line_driver import LineDriver, integer_setting
from engine.bus.ports import SerialLine, UdpLine, parse_udp_port
from engine.units import MOTION_AXES

_SETTINGS = ("preset", "template", "bits", "form", "letters", "axes", "inverted", "unused", "baud", "park")
BAUD = 250_000
UDP_PORT = 4124  # our choice: the receiving program is told its port
_SIX = range(1, 7)


@dataclass(frozen=True, slots=True)
class Preset:
    """How one of the programs writes its frames when nothing is changed in it."""

    template: str
    bits: int
    letters: Letters


PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        # 24 bits an axis; the order of the byte letters is not published, most significant first is our reading.
        "motion4sim": Preset(
            "<255><255>" + "".join(f"<Axis{n}{letter}>" for n in _SIX for letter in "abc") + "<10><13>",
            24,
            "msb",
        ),
        "flypt": Preset(
            "<255><255>" + "".join(f"<Axis{n}{letter}>" for n in _SIX for letter in "ab") + "<10><13>",
            16,
            "msb",
        ),
        # The string with which SimTools talks to AMC-type boards: six axes of column a, two of column b.
        "simtools": Preset(
            "<255><255>" + "".join(f"<Axis{n}a>" for n in _SIX) + "<Axis1b><Axis2b><10><13>", 16, "whole"
        ),
    }
)


def create(config: DeviceConfig) -> AxisStringDriver:
    """Entry point of the family."""
    return AxisStringDriver(config)


class AxisStringDriver(LineDriver):
    """One seat.

    Parameters
    ----------
    config : DeviceConfig
        `settings`: see the README of the family.

    Raises
    ------
    SettingError
    """

    family = "motion4sim"

    def __init__(self, config: DeviceConfig) -> None:
        over_udp = config.port.startswith("udp://")
        super().__init__(
            config,
            settings=_SETTINGS,
            twin=TwinSpec("devices.sim.motion4sim:make_twin", "serial"),
            # Boards of this kind park when commands stop coming, so every one is sent.
            keep_alive_ns=0,
        )
        preset = PRESETS[choice_setting(config, "preset", "motion4sim", tuple(PRESETS))]
        bits = integer_setting(config, "bits", preset.bits, min(BITS), max(BITS))
        form = cast(Form, choice_setting(config, "form", "binary", FORMS))
        letters = cast(Letters, choice_setting(config, "letters", preset.letters, LETTERS))
        text = config.settings.get("template", preset.template)
        if not isinstance(text, str):
            raise SettingError(
                f"template is {text!r}; write text, as '<255><255><Axis1a><10><13>'", "settings", "template"
            )
        try:
            self.template = read_template(text, bits, form, letters)
        except ValueError as error:
            raise SettingError(f"template: {error}", "settings", "template") from None
        count = len(self.template.names)
        axes = axes_setting(config, "axes", MOTION_AXES[:count], min(count, len(MOTION_AXES)))
        if not axes:
            raise SettingError(
                "axes is empty; name the motion axis of each axis of the template", "settings", "axes"
            )
        pose = make_pose(config, axes)
        self.channels, self.groups = pose.channels, (pose.group,)
        inverted = axes_setting(config, "inverted", (), len(MOTION_AXES))
        self.mid = (self.template.full + 1) // 2
        span = self.template.full - self.mid
        self.rows = tuple(
            (MOTION_AXES.index(axis), (-span if axis in inverted else span) / pose.half_range(axis))
            for axis in axes
        )
        unused = choice_setting(config, "unused", "zero", ("zero", "middle"))
        self.rest = (0 if unused == "zero" else self.mid,) * (count - len(axes))
        baud = integer_setting(config, "baud", BAUD, 1200, 4_000_000)
        self.address: tuple[str, int] | None = None
        if over_udp:
            try:
                host, port = parse_udp_port(config.port, UDP_PORT)
            except ValueError as error:
                raise SettingError(str(error), "port") from None
            self.address = (host, port)
            self.use_line(UdpLine(config.name, host, port), config.port)
        else:
            self.use_line(SerialLine(config.name, config.port, baud), f"serial {config.port}")

    def encode(self, values: Sequence[float]) -> tuple[bytes, ...]:
        """One frame; the range of an axis fills its bits."""
        template = self.template
        raw = []
        for index, gain in self.rows:
            target = self.mid + round(gain * values[index])
            raw.append(guard(template, min(max(target, 0), template.full)))
        return (encode_axes(template, (*raw, *self.rest)),)

    @property
    def batch_key(self) -> Hashable | None:
        """Seats with the same template, axes and middle; none for frames that vary in length."""
        return (self.template, self.rows, self.rest, self.mid) if self.template.form == "binary" else None

    def batch(self, drivers: Sequence[AxisStringDriver]) -> AxisStringBatch:
        """Encodes for many such seats."""
        return AxisStringBatch(len(drivers), self.template, self.rows, self.rest, self.mid)
