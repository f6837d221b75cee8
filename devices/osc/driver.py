"""Driver for anything that takes OSC: groups of channels become messages, each frame one bundle."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from devices.groups import narrowed
from devices.links import TcpLink, is_tcp, parse_tcp_port
from devices.osc.codec import (
    IMMEDIATELY,
    Arg,
    Bundle,
    Message,
    OscError,
    encode,
    is_bundle,
    ntp_from_unix_ns,
    with_time_tag,
)
from devices.osc.framing import FRAMES
from devices.scale import read_scale
from devices.settings import choice_setting, flag_setting, udp_address
from engine.bus.driver import (
    GROUP_SIZE,
    Channel,
    DeviceConfig,
    Form,
    Group,
    SettingError,
    TwinSpec,
)
from engine.bus.line_driver import Line, LineDriver
from engine.bus.ports import UdpLine
from engine.time.clocks import Clock, MonotonicClock, wall_offset_ns
from engine.units import LINEAR_AXES, MOTION_AXES

_SETTINGS = ("messages", "time_tags", "bundles", "framing")
_MESSAGE_KEYS = ("address", "form", "args", "scale")
_KEEP_ALIVE_NS = 1_000_000_000
DEFAULT_PORT = 9000
# Bundles of one frame are kept within an Ethernet packet: a datagram in pieces is lost as a whole with any of them.
_MOST_BYTES = 1400
_TAGS = {"float": "f", "double": "d", "integer": "i", "long": "h", "boolean": "TF"}
_COMPONENTS: Mapping[Form, tuple[str, ...]] = {
    Form.LEVEL: ("level",),
    Form.RGB: ("red", "green", "blue"),
    Form.HAPTIC: ("amplitude", "frequency"),
    Form.MOTION: MOTION_AXES,
}
# OSC knows no ranges. A pose that goes out this way is for a controller with limits of its own; these are what a rig gets that
# says nothing, and it may state up to ten times as much.
_LINEAR = {"high": 0.05, "velocity": 0.25, "acceleration": 2.5, "jerk": 30.0}
_ANGULAR = {"high": 10.0, "velocity": 25.0, "acceleration": 150.0, "jerk": 2000.0}


def create(config: DeviceConfig) -> OscDriver:
    """Entry point of the family."""
    return OscDriver(config)


@dataclass(frozen=True, slots=True)
class MessageMap:
    """How one group becomes one message.

    Parameters
    ----------
    name : str
        Of the group.
    address : str
    form : Form
    kinds : tuple of str
        Per component: ``float``, ``double``, ``integer``, ``long`` or ``boolean``.
    offset, factor : float
        What is sent is ``offset + factor * value``; a haptic's frequency is sent in Hz as it is.
    """

    name: str
    address: str
    form: Form
    kinds: tuple[str, ...]
    offset: float
    factor: float

    def message(self, values: Sequence[float]) -> Message:
        """The message for the values of the group's channels."""
        tags: list[str] = []
        args: list[Arg] = []
        for component, (kind, value) in enumerate(zip(self.kinds, values, strict=True)):
            scaled = value
            if not (self.form is Form.HAPTIC and component == 1):
                scaled = self.offset + self.factor * value
            if kind == "boolean":
                tags.append("T" if value >= 0.5 else "F")
                args.append(value >= 0.5)
            elif kind in ("integer", "long"):
                bits = 31 if kind == "integer" else 63
                tags.append(_TAGS[kind])
                args.append(min(max(round(scaled), -(1 << bits)), (1 << bits) - 1))
            else:
                tags.append(_TAGS[kind])
                args.append(scaled)
        return Message(self.address, "".join(tags), tuple(args))


class OscDriver(LineDriver):
    """One receiver of OSC.

    Parameters
    ----------
    config : DeviceConfig
        `settings`: see the README of the family.
    clock : Clock, optional
        For time tags; the machine's own by default.
    offset_ns : callable, optional
        From host time to Unix time, see `engine.time.clocks.wall_offset_ns`.

    Raises
    ------
    SettingError
    """

    family = "osc"

    def __init__(
        self,
        config: DeviceConfig,
        *,
        clock: Clock | None = None,
        offset_ns: Callable[[], int] = wall_offset_ns,
    ) -> None:
        tcp = is_tcp(config.port)
        super().__init__(
            config,
            settings=_SETTINGS,
            twin=TwinSpec("devices.sim.osc:make_twin", "udp"),
            keep_alive_ns=_KEEP_ALIVE_NS,
        )
        self.messages = read_messages(config)
        channels: list[Channel] = []
        groups: list[Group] = []
        for row in self.messages:
            first = len(channels)
            groups.append(Group(row.name, row.form, tuple(range(first, first + GROUP_SIZE[row.form]))))
            channels.extend(_channels(row, config))
        self.channels = narrowed(config, channels, groups)
        self.groups = tuple(groups)
        self._bundles = flag_setting(config, "bundles", True)
        self._time_tags = flag_setting(config, "time_tags")
        if self._time_tags and not self._bundles:
            raise SettingError(
                "time_tags needs bundles: a message alone has no time", "settings", "time_tags"
            )
        framing = choice_setting(config, "framing", "length", FRAMES)
        self._frame = FRAMES[framing] if tcp else None
        self._clock = clock if clock is not None else MonotonicClock()
        self._offset_ns = offset_ns
        self.use_line(_line(config, tcp), f"OSC at {config.port}")

    def encode(self, values: Sequence[float]) -> tuple[bytes, ...]:
        """Bundles (or messages) that say `values`, to be carried out at once; stamped and framed when they leave."""
        messages = [
            row.message([values[index] for index in group.channels])
            for row, group in zip(self.messages, self.groups, strict=True)
        ]
        if not self._bundles:
            return tuple(encode(message) for message in messages)
        bundles: list[bytes] = []
        elements: list[Message] = []
        size = 16
        for message in messages:
            needed = 4 + len(encode(message))
            if elements and size + needed > _MOST_BYTES:
                bundles.append(encode(Bundle(IMMEDIATELY, tuple(elements))))
                elements, size = [], 16
            elements.append(message)
            size += needed
        bundles.append(encode(Bundle(IMMEDIATELY, tuple(elements))))
        return tuple(bundles)

    def stamp(self, frames: Sequence[bytes]) -> Sequence[bytes]:
        """Set the instant that is meant: frames leave ahead of it by the device's lead."""
        stamped: Sequence[bytes] = frames
        if self._time_tags:
            meant_ns = self._clock.now_ns() + self._offset_ns() + self.latency.lead_ns
            tag = ntp_from_unix_ns(meant_ns)
            stamped = [with_time_tag(frame, tag) if is_bundle(frame) else frame for frame in frames]
        return stamped if self._frame is None else [self._frame(frame) for frame in stamped]


def _line(config: DeviceConfig, tcp: bool) -> Line:
    if not tcp:
        return UdpLine(config.name, *udp_address(config, DEFAULT_PORT))
    try:
        return TcpLink(config.name, *parse_tcp_port(config.port, DEFAULT_PORT))
    except ValueError as error:
        raise SettingError(str(error), "port") from None


def _channels(row: MessageMap, config: DeviceConfig) -> list[Channel]:
    names = [f"{row.name}.{component}" for component in _COMPONENTS[row.form]]
    if row.form is Form.HAPTIC:
        return [
            Channel(names[0], "ratio", 0.0, 1.0, velocity=50.0),
            Channel(names[1], "hz", 1.0, 1000.0, 40.0, 40.0),
        ]
    if row.form is not Form.MOTION:
        return [Channel(name, "ratio", 0.0, 1.0) for name in names]
    made = []
    for name, axis in zip(names, MOTION_AXES, strict=True):
        linear = axis in LINEAR_AXES
        figures = _LINEAR if linear else _ANGULAR
        stated = name in config.limits or row.name in config.limits
        high = figures["high"] * (10.0 if stated else 1.0)
        made.append(
            Channel(
                name,
                "m" if linear else "deg",
                -high,
                high,
                velocity=figures["velocity"],
                acceleration=figures["acceleration"],
                jerk=figures["jerk"],
            )
        )
    return made


def read_messages(config: DeviceConfig) -> tuple[MessageMap, ...]:
    """The ``messages`` of a device's settings. Raises SettingError."""
    rows = config.settings.get("messages", {})
    if not isinstance(rows, Mapping) or not rows:
        raise SettingError(
            "messages is missing or empty; name at least one, as {fader: {address: /mixer/1/fader, form: level}}",
            "settings",
            "messages",
        )
    return tuple(_message(str(name), row) for name, row in rows.items())


def _message(name: str, row: object) -> MessageMap:
    where = ("settings", "messages", name)
    if not isinstance(row, Mapping):
        raise SettingError(
            f"message {name} is {row!r}; write {{address: /mixer/1/fader, form: level}}", *where
        )
    for key in row:
        if key not in _MESSAGE_KEYS:
            raise SettingError(
                f"message {name}: unknown {key!r}; allowed: {', '.join(_MESSAGE_KEYS)}", *where, str(key)
            )
    forms = {form.value: form for form in Form}
    form = forms.get(str(row.get("form", "level")))
    if form is None:
        raise SettingError(
            f"message {name}: form is {row['form']!r}; allowed: {', '.join(forms)}", *where, "form"
        )
    address = row.get("address", f"/{name}")
    if (
        not isinstance(address, str)
        or not address.startswith("/")
        or any(sign in " #*,?[]{}" or not 32 < ord(sign) < 127 for sign in address)
        or len(address) > 255
    ):
        raise SettingError(
            f"message {name}: address is {address!r}; allowed: up to 255 ASCII characters that begin with a slash, without "
            "spaces and # * , ? [ ] { }",
            *where,
            "address",
        )
    kinds = row.get("args", "float")
    kinds = [kinds] * GROUP_SIZE[form] if isinstance(kinds, str) else kinds
    if (
        not isinstance(kinds, list)
        or len(kinds) != GROUP_SIZE[form]
        or any(kind not in tuple(_TAGS) for kind in kinds)
    ):
        raise SettingError(
            f"message {name}: args is {row.get('args')!r}; allowed: one of {', '.join(_TAGS)}, or a list of "
            f"{GROUP_SIZE[form]} of them",
            *where,
            "args",
        )
    offset, factor = read_scale(row.get("scale", 1.0), f"message {name}", (*where, "scale"))
    made = MessageMap(name, address, form, tuple(kinds), offset, factor)
    try:
        encode(made.message([0.0] * GROUP_SIZE[form]))
        encode(made.message([1.0] * GROUP_SIZE[form]))
    except OscError as error:
        raise SettingError(f"message {name}: {error}", *where) from None
    return made
