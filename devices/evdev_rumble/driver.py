"""Driver for force-feedback devices of Linux: amplitude and frequency to motors or to a sine."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec

from devices.actuators import make_actuators
from devices.evdev_rumble.codec import FF_PERIODIC, MAX_RUMBLE, MAX_SINE, Rumble, Sine, decode, encode
from devices.evdev_rumble.pad import BY_NAME, PadLine
from devices.settings import band_setting, choice_setting
from engine.bus.driver import DeviceConfig, Report, SettingError, TwinSpec
from engine.bus.line_driver import LineDriver
from engine.bus.ports import UdpLine, parse_udp_port
from engine.errors import MissingExtra

_SETTINGS = ("effect", "motors", "low", "high")
# An effect ends by itself after this, so that a program that dies leaves nothing shaking; repeated well within.
HOLD_MS = 400
_KEEP_ALIVE_NS = 150_000_000
# The heavy motor of a pad turns at about 40 Hz, the light one at about 170: a frequency between them is shared out.
_STRONG_HZ, _WEAK_HZ = 60.0, 160.0
_TWIN_UDP_PORT = 4125


def create(config: DeviceConfig) -> EvdevRumbleDriver:
    """Entry point of the family."""
    return EvdevRumbleDriver(config)


class EvdevRumbleDriver(LineDriver):
    """One gamepad, wheel or seat cushion.

    Parameters
    ----------
    config : DeviceConfig
        `settings`: see the README of the family.
    pad : PadLine, optional
        Instead of one of this machine: tests.

    Raises
    ------
    SettingError
    MissingExtra
        When the port is real and the extra ``linux-haptics`` is not installed.
    """

    family = "evdev_rumble"
    attend_ns = 500_000_000

    def __init__(self, config: DeviceConfig, pad: PadLine | None = None) -> None:
        super().__init__(
            config,
            settings=_SETTINGS,
            twin=TwinSpec("devices.sim.evdev_rumble:make_twin", "udp"),
            keep_alive_ns=_KEEP_ALIVE_NS,
        )
        self._sine = choice_setting(config, "effect", "rumble", ("rumble", "sine")) == "sine"
        split = choice_setting(config, "motors", "mixed", ("mixed", "split")) == "split"
        if split and self._sine:
            raise SettingError(
                "motors is split, effect is sine; a sine has no motors of its own", "settings", "motors"
            )
        self._split = split
        low_hz, high_hz = band_setting(config, 20.0, 250.0)
        names = ("strong", "weak") if split else ("rumble",)
        self.channels, self.groups = make_actuators(config, names, low_hz, high_hz)
        self._fallback_told = False
        self._pad = pad
        if config.port.startswith("udp://"):  # its twin as a program, which no kernel stands in front of
            try:
                self.use_line(UdpLine(config.name, *parse_udp_port(config.port, _TWIN_UDP_PORT)), config.port)
            except ValueError as error:
                raise SettingError(str(error), "port") from None
            return
        if config.port != "twin" and pad is None:
            if not config.port.startswith(("/dev/", BY_NAME)):
                raise SettingError(
                    f"port is {config.port!r}; allowed: twin, /dev/input/eventN, or name:PART-OF-ITS-NAME",
                    "port",
                )
            if find_spec("evdev") is None:
                raise MissingExtra("linux-haptics", "force-feedback devices")
        self._pad = pad if pad is not None else PadLine(config.name, config.port)
        self.use_line(self._pad, config.port)

    def encode(self, values: Sequence[float]) -> tuple[bytes, ...]:
        """One effect."""
        if self._split:
            return (encode(_rumble(values[0], values[2])),)
        amplitude, frequency_hz = values
        if self._sine:
            return (encode(Sine(max(round(1000.0 / frequency_hz), 1), round(MAX_SINE * amplitude), HOLD_MS)),)
        weak = min(max((frequency_hz - _STRONG_HZ) / (_WEAK_HZ - _STRONG_HZ), 0.0), 1.0)
        return (encode(_rumble(amplitude * (1.0 - weak), amplitude * weak)),)

    def open(self) -> None:
        """Open the device."""
        super().open()
        if self._pad is not None and self._pad.name:
            self._note = f"{self._pad.name} at {self._where}"

    def stamp(self, frames: Sequence[bytes]) -> Sequence[bytes]:
        """The same effects, a sine as a rumble where the device has none."""
        if self._pad is None or not self._sine or FF_PERIODIC in self._pad.offers:
            return frames
        return [encode(_as_rumble(decode(frame))) for frame in frames]

    def attend(self, now_ns: int) -> Sequence[Report]:
        """Tell once that a sine is played as a rumble."""
        if self._pad is None or not self._sine or self._fallback_told or FF_PERIODIC in self._pad.offers:
            return ()
        self._fallback_told = True
        return (Report("session", f"{self._pad.name} plays no sine; its motors rumble instead"),)


def _rumble(strong: float, weak: float) -> Rumble:
    return Rumble(round(MAX_RUMBLE * strong), round(MAX_RUMBLE * weak), HOLD_MS)


def _as_rumble(effect: Rumble | Sine) -> Rumble:
    if isinstance(effect, Rumble):
        return effect
    share = effect.magnitude / MAX_SINE
    weak = min(max((1000.0 / effect.period_ms - _STRONG_HZ) / (_WEAK_HZ - _STRONG_HZ), 0.0), 1.0)
    return _rumble(share * (1.0 - weak), share * weak)
