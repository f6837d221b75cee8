"""Settings that several families read alike: yes or no, one of some words, text, durations, frequencies, ports."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address

from engine.bus.driver import Configured, DeviceConfig, SettingError
from engine.bus.ports import parse_udp_port
from engine.time.flicks import fl_to_ns, parse_duration_fl
from engine.units import parse_frequency_hz

SHORTEST_NS = 10_000_000
LONGEST_NS = 3_600_000_000_000


def flag_setting(config: Configured, key: str, default: bool = False) -> bool:
    """A yes or no.

    Raises
    ------
    SettingError
    """
    value = config.settings.get(key, default)
    if not isinstance(value, bool):
        raise SettingError(f"{key} is {value!r}; allowed: true, false", "settings", key)
    return value


def choice_setting(config: Configured, key: str, default: str, allowed: Iterable[str]) -> str:
    """One of some words.

    Raises
    ------
    SettingError
        Naming them.
    """
    value = config.settings.get(key, default)
    words = tuple(allowed)
    if value not in words:
        raise SettingError(f"{key} is {value!r}; allowed: {', '.join(words)}", "settings", key)
    return str(value)


def text_setting(config: Configured, key: str, default: str) -> str:
    """A text that is not empty.

    Raises
    ------
    SettingError
    """
    value = config.settings.get(key, default)
    if not isinstance(value, str) or not value:
        raise SettingError(f"{key} is {value!r}; allowed: text", "settings", key)
    return value


def optional_text_setting(config: Configured, key: str) -> str | None:
    """A text, or None where there is none.

    Raises
    ------
    SettingError
    """
    value = config.settings.get(key)
    if value is not None and not isinstance(value, str):
        raise SettingError(f"{key} is {value!r}; allowed: text", "settings", key)
    return value


def duration_setting(value: object, what: str, default_ns: int, where: tuple[str | int, ...]) -> int:
    """A duration of 10 ms to 1 h, wherever in the settings it stands.

    Parameters
    ----------
    value : object
        As written: ``5s``; None for the default.
    what : str
        Its name, for messages.
    default_ns : int
    where : tuple
        Path below the device.

    Returns
    -------
    int
        Nanoseconds.

    Raises
    ------
    SettingError
    """
    if value is None:
        return default_ns
    try:
        found_ns = fl_to_ns(parse_duration_fl(value))
    except ValueError as error:
        raise SettingError(f"{what}: {error}", *where) from None
    if not SHORTEST_NS <= found_ns <= LONGEST_NS:
        raise SettingError(f"{what} is {value!r}; allowed 10ms to 1h", *where)
    return found_ns


def frequency_setting(config: Configured, key: str, default_hz: float) -> float:
    """A frequency, 1 to 1000 Hz.

    Raises
    ------
    SettingError
    """
    value = config.settings.get(key)
    if value is None:
        return default_hz
    try:
        found_hz = parse_frequency_hz(value)
    except ValueError as error:
        raise SettingError(f"{key}: {error}", "settings", key) from None
    if not 1.0 <= found_hz <= 1000.0:
        raise SettingError(f"{key} is {found_hz:g} Hz; allowed 1 to 1000", "settings", key)
    return found_hz


def band_setting(config: Configured, low_hz: float, high_hz: float) -> tuple[float, float]:
    """Lowest and highest frequency a device renders: ``low`` and ``high``.

    Raises
    ------
    SettingError
        Also when low is not below high.
    """
    low_hz, high_hz = frequency_setting(config, "low", low_hz), frequency_setting(config, "high", high_hz)
    if not low_hz < high_hz:
        raise SettingError(
            f"low is {low_hz:g} Hz, high is {high_hz:g} Hz; low must be lower", "settings", "low"
        )
    return low_hz, high_hz


def interface_setting(config: Configured) -> str:
    """IPv4 address of the network interface to use; empty where the system chooses.

    Raises
    ------
    SettingError
    """
    text = config.settings.get("interface", "")
    try:
        return "" if text == "" else str(IPv4Address(str(text)))
    except ValueError:
        raise SettingError(
            f"interface is {text!r}; allowed: the IPv4 address of a network interface of this machine",
            "settings",
            "interface",
        ) from None


def udp_address(
    config: DeviceConfig, default_port: int, *, twin_host: str = "", hint: str = ""
) -> tuple[str, int]:
    """Host and port of a device that is talked to over UDP; `twin_host` for its twin, which gets its port when it starts.

    Raises
    ------
    SettingError
        With what is allowed, and `hint`.
    """
    if config.port == "twin":
        return twin_host, default_port
    try:
        return parse_udp_port(config.port, default_port)
    except ValueError as error:
        raise SettingError(f"{error}{hint}", "port") from None
