"""Whatever a rig writes into a setting or a port is taken or refused in words; no family falls over it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from importlib import import_module
from typing import Any

import pytest

from engine.bus.driver import SettingError, park_frames
from engine.bus.registry import BUNDLED, BUNDLED_SOURCES
from engine.errors import SensoramaError
from tests.fuzz.venue import DEVICES, SOURCES

STRANGE: tuple[Any, ...] = (
    None,
    True,
    -1,
    10**400,
    2.5,
    math.nan,
    math.inf,
    "",
    "²",
    "a\x00b",
    "udp://x:²",
    [],
    [[]],
    [{}],
    ["heave"],
    {},
    {"heave": math.nan},
    {1: 2, "x": []},
    {"x": {1: 2, "y": 3}},
)
PORTS = (
    "",
    "²",
    "udp://",
    "udp://x:²",
    "udp://a..b:1",
    "udp://127.0.0.1:70000",
    "tcp://127.0.0.1:²",
    "tcp://a..b",
    "tcp://[::1]:x",
    "ws://127.0.0.1:99999/x",
    "ws://[::1",
    "http://127.0.0.1:²",
    "mqtt://h:²",
    "midi:",
)


def known_settings(module: str) -> tuple[str, ...]:
    return tuple(getattr(import_module(module), "_SETTINGS", ()))


def put_in(settings: Mapping[str, Any], known: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """Settings with something strange in the place of one value, however deep it lies."""
    for strange in STRANGE:
        for key in known:
            yield {**settings, key: strange}
        for path in places(settings):
            yield replaced(settings, path, strange)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    rows = (
        value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, inner in rows:
        yield (*path, key)
        yield from places(inner, (*path, key))


def replaced(value: Any, path: tuple[Any, ...], strange: Any) -> Any:
    if not path:
        return strange
    made = dict(value) if isinstance(value, Mapping) else list(value)
    made[path[0]] = replaced(made[path[0]], path[1:], strange)
    return made


@pytest.mark.parametrize("family", BUNDLED)
def test_a_device_takes_a_setting_or_refuses_it_in_words(family: str) -> None:
    create = import_module(f"devices.{family}").create
    known = known_settings(f"devices.{family}.driver")
    for settings in put_in(DEVICES[family].settings, known):
        try:
            driver = create(replace(DEVICES[family], settings=settings))
        except (SettingError, SensoramaError) as error:
            assert str(error)
        else:
            assert park_frames(driver) == park_frames(driver), settings


@pytest.mark.parametrize("family", BUNDLED_SOURCES)
def test_a_source_takes_a_setting_or_refuses_it_in_words(family: str) -> None:
    create = import_module(f"devices.{family}").create_source
    known = known_settings(f"devices.{family}.source")
    for settings in put_in(SOURCES[family].settings, known):
        try:
            create(replace(SOURCES[family], settings=settings))
        except (SettingError, SensoramaError) as error:
            assert str(error)


@pytest.mark.parametrize("port", PORTS)
def test_a_port_is_taken_or_refused_in_words(port: str) -> None:
    for family, device in DEVICES.items():
        try:
            import_module(f"devices.{family}").create(replace(device, port=port))
        except (SettingError, SensoramaError) as error:
            assert "invalid literal" not in str(error), family
    for family, source in SOURCES.items():
        try:
            import_module(f"devices.{family}").create_source(replace(source, port=port))
        except (SettingError, SensoramaError) as error:
            assert "invalid literal" not in str(error), family
