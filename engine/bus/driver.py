"""What a device family has to provide, and the values it is configured with.

Who does what
-------------
*The driver* says what its device can take (channels, groups, latency), turns channel values into bytes
without any I/O (`encode`), and moves bytes (`open`, `send`, `close`). *The bus* decides when, with which
values, inside which limits, and what happens when something fails. A driver never smooths, limits, retries or
sleeps.

`encode` is pure: same values, same bytes, for ever. That is what lets a run be replayed and compared by hash;
what changes from packet to packet on the wire (sequence numbers) is stamped in `send`.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray


class Form(Enum):
    """What a group of channels renders; decides how roles of each kind are laid onto it."""

    MOTION = "motion"
    """Six channels: surge, sway, heave, roll, pitch, yaw."""
    RGB = "rgb"
    """Three channels: red, green, blue, 0..1."""
    LEVEL = "level"
    """One channel, 0..1: a dimmer, a fan, a scent cell."""
    HAPTIC = "haptic"
    """Two channels: amplitude 0..1, frequency in Hz."""


GROUP_SIZE: Mapping[Form, int] = {Form.MOTION: 6, Form.RGB: 3, Form.LEVEL: 1, Form.HAPTIC: 2}


@dataclass(frozen=True, slots=True)
class Latency:
    """MPEG-V's device model (ISO/IEC 23005-2): dead time, then a first-order lag."""

    dead_ns: int = 0
    lag_ns: int = 0

    @property
    def lead_ns(self) -> int:
        """How far ahead of the picture a command leaves; for a ramp through such a device this is exact."""
        return self.dead_ns + self.lag_ns


@dataclass(frozen=True, slots=True)
class Channel:
    """One value a device takes.

    Parameters
    ----------
    name : str
        Unique within the device: ``"heave"``, ``"street.red"``.
    unit : {"m", "deg", "ratio", "hz"}
        Of every number below.
    low, high : float
        Range; the governor never lets a value outside reach `encode`.
    safe : float
        Where the channel goes on a stop or when something fails.
    park : float
        Where it starts from and is left at.
    velocity, acceleration, jerk : float or None
        Largest magnitudes per s, s^2, s^3. All three: jerk-limited. Only `velocity`: slew-limited. None: it
        may jump.
    """

    name: str
    unit: str
    low: float
    high: float
    safe: float = 0.0
    park: float = 0.0
    velocity: float | None = None
    acceleration: float | None = None
    jerk: float | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Channels that render one role together.

    Parameters
    ----------
    name : str
        What a rig writes after ``group:``.
    form : Form
    channels : tuple of int
        Indices into the driver's channels, as many as the form needs.
    """

    name: str
    form: Form
    channels: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(self.channels) != GROUP_SIZE[self.form]:
            raise ValueError(
                f"group {self.name!r} of form {self.form.value} has {len(self.channels)} channels; "
                f"it needs {GROUP_SIZE[self.form]}"
            )


@dataclass(frozen=True, slots=True)
class Health:
    """What a driver knows about its line.

    Attributes
    ----------
    state : {"closed", "open", "gone"}
    sent : int
        Frames that left since the program started.
    failures : int
        Times the device went away or could not be opened.
    note : str
        Last error, or what is connected; for people.
    """

    state: str = "closed"
    sent: int = 0
    failures: int = 0
    note: str = ""


class SettingError(ValueError):
    """A value of a device's section in the rig is wrong.

    Parameters
    ----------
    message : str
        What is wrong, actual value, allowed values.
    path : tuple
        Below the device: ``("settings", "fixtures", "street", "channels")``. The bus turns it into file:line.
    """

    def __init__(self, message: str, *path: str | int) -> None:
        super().__init__(message)
        self.path: tuple[str | int, ...] = path


@dataclass(frozen=True, slots=True)
class ChannelLimits:
    """Limits the rig sets for one channel or group; None leaves the driver's own."""

    low: float
    high: float
    velocity: float | None = None
    acceleration: float | None = None
    jerk: float | None = None


@dataclass(frozen=True, slots=True)
class DeviceConfig:
    """One device of a rig, as a driver gets it.

    Parameters
    ----------
    name : str
        The rig's name for it.
    port : str
        ``"twin"``, a serial port, ``"udp://host:port"``, ``"socket://host:port"``.
    rate_hz : float
        How often it wants a command.
    latency : Latency
    seat : int
        Index of its seat, -1 for the room.
    limits : mapping of str to ChannelLimits
        By channel or group name.
    safe : mapping of str to float
        By channel or group name.
    settings : mapping
        The driver's own, as written.
    """

    name: str
    port: str = "twin"
    rate_hz: float = 100.0
    latency: Latency = field(default_factory=Latency)
    seat: int = -1
    limits: Mapping[str, ChannelLimits] = field(default_factory=dict)
    safe: Mapping[str, float] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TwinSpec:
    """Where a family's software twin is found.

    Parameters
    ----------
    factory : str
        ``"module:callable"``; called with the `DeviceConfig`, gives a `Twin`.
    line : {"serial", "udp", "tcp", "udp+tcp", "ws", "session"}
        What it listens on when it runs as a program; ``ws`` is a WebSocket, ``session`` TCP with greetings and several clients.
    """

    factory: str
    line: Literal["serial", "udp", "tcp", "udp+tcp", "ws", "session"]


class Configured(Protocol):
    """Whatever has settings: the configuration of a device or of a source."""

    @property
    def settings(self) -> Mapping[str, Any]:
        """As written in the rig."""
        ...


class Twin(Protocol):
    """A software stand-in for a device: fed the same bytes, it moves as the real one would.

    Notes
    -----
    Pure with respect to time: it is told every instant and never asks a clock, so it serves in memory on a
    manual clock and behind a port in real time alike.
    """

    def receive(self, data: bytes, at_ns: int) -> Sequence[bytes]:
        """Take bytes (packets, or any cut of a stream) at host instant `at_ns`; return replies."""
        ...

    def state_at(self, at_ns: int) -> Mapping[str, float]:
        """Where everything is at `at_ns`, not before the last instant told."""
        ...


@runtime_checkable
class Driver(Protocol):
    """One device.

    Attributes
    ----------
    name : str
        The rig's name for the device.
    family : str
        Name of the driver family.
    channels : tuple of Channel
        What `encode` takes, in this order.
    groups : tuple of Group
    rate_hz : float
        How often it wants a command.
    latency : Latency
    keep_alive_ns : int
        An unchanged command is repeated after this time; 0: every command goes out.
    config : DeviceConfig
        What it was made from.
    twin : TwinSpec or None
        Its software twin, if the family has one.

    Notes
    -----
    `encode` and the attributes may be used from any thread. `open`, `send` and `close` are called from one
    thread of the bus, which is the device's own, so they may take as long as the line takes. Only a driver that
    says with an attribute ``instant`` that its `send` never waits (UDP) has it called from the bus' loop.
    """

    name: str
    family: str
    channels: tuple[Channel, ...]
    groups: tuple[Group, ...]
    rate_hz: float
    latency: Latency
    keep_alive_ns: int
    config: DeviceConfig
    twin: TwinSpec | None

    def encode(self, values: Sequence[float]) -> tuple[bytes, ...]:
        """Frames that command `values` (one per channel, inside the ranges). Pure."""
        ...

    def open(self) -> None:
        """Connect; does nothing when connected. Raises DeviceGone or DeviceBusy."""
        ...

    def send(self, frames: Sequence[bytes]) -> None:
        """Put frames on the line. Raises DeviceGone, after which the bus calls close and later open."""
        ...

    def close(self) -> None:
        """Let go of the line; does nothing when closed, never raises."""
        ...

    @property
    def health(self) -> Health:
        """State of the line."""
        ...


@dataclass(frozen=True, slots=True)
class Report:
    """Something a device said or did that a person should find in the journal; it never changes what is commanded.

    Attributes
    ----------
    kind : str
        One short word: ``reply``, ``garbage``, ``rival`` (another source on the same universe), ``fault``, ``session``.
    text : str
        For people.
    """

    kind: str
    text: str


@runtime_checkable
class Attentive(Protocol):
    """A driver that has something to do between commands: read replies, keep a session alive, announce itself.

    Optional; a driver has it by having these two names. Called from the device's own thread, after each `send` and otherwise
    every `attend_ns`, while the line is open; like `send` it may take as long as the line takes, and may raise DeviceGone.
    """

    attend_ns: int

    def attend(self, now_ns: int) -> Sequence[Report]:
        """Do what is due at host instant `now_ns`; tell what happened since the last call. The same thing is told once."""
        ...


@dataclass(frozen=True, slots=True)
class MeasuredPose:
    """Where a seat was at an instant, by its own account.

    Attributes
    ----------
    at_ns : int
        Host instant for which it holds: when it arrived, less the age a report has by then.
    arrived_ns : int
    pose : tuple of float
        In the engine's axes and units, as the channels of the device's motion group are.
    axes : int
        Which of them were measured: bit i for axis i of `engine.units.MOTION_AXES`.
    """

    at_ns: int
    arrived_ns: int
    pose: tuple[float, float, float, float, float, float]
    axes: int


@runtime_checkable
class Measured(Protocol):
    """A driver whose device tells where it is: what a headset's picture is corrected by, never what is commanded.

    Optional; a driver has it by having this name.
    """

    def measured(self) -> MeasuredPose | None:
        """The newest report, the same object until there is another; None before the first.

        Called from the bus' loop while the device's own thread attends: an attribute that is set whole, nothing that waits.
        """
        ...


class FrameBatch(Protocol):
    """Encodes the commands of several devices of one family at once; see `Batched`."""

    def encode(self, values: NDArray[np.float64]) -> NDArray[np.uint8]:
        """One frame a device: row i is ``drivers[i].encode(values[i])[0]`` to the byte. Pure.

        Parameters
        ----------
        values : float64[devices, channels]

        Returns
        -------
        uint8[devices, bytes of a frame]
            C-contiguous, of the batch's own until the next call.
        """
        ...

    def stamp(self, frames: NDArray[np.uint8], rows: NDArray[np.intp] | None) -> None:
        """Put into `frames` what changes from packet to packet, as they leave.

        Parameters
        ----------
        frames : uint8[devices, bytes of a frame]
            What `encode` gave; changed in place.
        rows : intp[n] or None
            Those that leave; None for all of them.
        """
        ...


@runtime_checkable
class Batched(Protocol):
    """A driver whose devices can be commanded many at once: a fleet.

    Optional; a driver has it by having these three names. It must then always encode to exactly one frame, always of the
    same length for one `batch_key`.
    """

    @property
    def batch_key(self) -> Hashable | None:
        """Drivers of one family and channels with equal keys go into one batch; None for a device that cannot."""
        ...

    @property
    def address(self) -> tuple[str, int] | None:
        """Host and UDP port to which each frame goes as a datagram of its own; None for any other line."""
        ...

    def batch(self, drivers: Sequence[Any]) -> FrameBatch:
        """The batch of these drivers (all of one key), in this order."""
        ...


def park_values(driver: Driver) -> tuple[float, ...]:
    """Channel values a device starts from and is left at."""
    return tuple(channel.park for channel in driver.channels)


def park_frames(driver: Driver) -> tuple[bytes, ...]:
    """The frames that park a device, as data: testable without the device."""
    return driver.encode(park_values(driver))


def safe_values(driver: Driver) -> tuple[float, ...]:
    """Channel values a stop leads to."""
    return tuple(channel.safe for channel in driver.channels)


def with_rig_limits(channel: Channel, group: str, config: DeviceConfig) -> Channel:
    """Narrow a driver's channel by what the rig says about it or its group.

    Raises
    ------
    SettingError
        When the rig allows more than the device can do, or a safe value lies outside the range.
    """
    for key in (channel.name, group):
        limits = config.limits.get(key)
        if limits is not None:
            break
    low, high = channel.low, channel.high
    velocity, acceleration, jerk = channel.velocity, channel.acceleration, channel.jerk
    if limits is not None:
        if limits.low < channel.low or limits.high > channel.high:
            raise SettingError(
                f"range of {key} is {limits.low:g}..{limits.high:g} {channel.unit}; this device can do "
                f"{channel.low:g}..{channel.high:g} {channel.unit}, narrow it",
                "limits",
                key,
                "range",
            )
        if not limits.low < limits.high:
            raise SettingError(
                f"range of {key} is {limits.low:g}..{limits.high:g}; it is empty", "limits", key, "range"
            )
        low, high = limits.low, limits.high
        velocity = limits.velocity if limits.velocity is not None else velocity
        acceleration = limits.acceleration if limits.acceleration is not None else acceleration
        jerk = limits.jerk if limits.jerk is not None else jerk
    safe = channel.safe
    for key in (channel.name, group):
        if key in config.safe:
            safe = config.safe[key]
            if not low <= safe <= high:
                raise SettingError(
                    f"safe value of {key} is {safe:g} {channel.unit}, outside its range {low:g}..{high:g}",
                    "safe",
                    key,
                )
            break
    return Channel(
        channel.name,
        channel.unit,
        low,
        high,
        min(max(safe, low), high),
        min(max(channel.park, low), high),
        velocity,
        acceleration,
        jerk,
    )


def check_keys(config: DeviceConfig, channels: Sequence[Channel], groups: Sequence[Group]) -> None:
    """Refuse limits and safe values for channels that do not exist.

    Raises
    ------
    SettingError
        Naming the key and what there is.
    """
    known = [channel.name for channel in channels] + [group.name for group in groups]
    for section, keys in (("limits", config.limits), ("safe", config.safe)):
        for key in keys:
            if key not in known:
                raise SettingError(
                    f"{section} for {key!r}, which {config.name} does not have; it has {', '.join(known)}",
                    section,
                    key,
                )


def check_settings(config: Configured, allowed: Sequence[str]) -> None:
    """Refuse settings a driver or source does not know, naming those it does.

    Raises
    ------
    SettingError
    """
    for key in config.settings:
        if key not in allowed:
            raise SettingError(f"unknown setting {key!r}; allowed: {', '.join(allowed)}", "settings", key)
