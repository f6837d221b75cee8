"""Driver families by name: what is installed as an entry point, and the bundled ones.

A family is a callable ``create(config: DeviceConfig) -> Driver``, registered as an entry point of the group
``sensorama.drivers``. The bundled families are listed here too, so that a source checkout works without an
install; an installed family of the same name wins.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.metadata import entry_points
from types import MappingProxyType
from typing import Protocol

from engine.bus.driver import ChannelLimits, DeviceConfig, Driver, Latency, SettingError
from engine.bus.source import Source, SourceConfig
from engine.errors import MissingExtra, Place, Problem, RigError
from engine.experience.rig import DeviceSpec

GROUP = "sensorama.drivers"
TWIN_PORT = "twin"

BUNDLED: Mapping[str, str] = MappingProxyType(
    {
        "amc": "devices.amc:create",
        "artnet": "devices.artnet:create",
        "sacn": "devices.sacn:create",
        "enttec": "devices.enttec:create",
        "shaker": "devices.shaker:create",
        "sample": "devices.sample:create",
        "psn": "devices.psn:create",
        "freed": "devices.freed:create",
        "smc3": "devices.smc3:create",
        "yaw": "devices.yaw:create",
        "motion4sim": "devices.motion4sim:create",
        "openmotion": "devices.openmotion:create",
        "evdev_rumble": "devices.evdev_rumble:create",
        "intiface": "devices.intiface:create",
        "bhaptics": "devices.bhaptics:create",
        "osc": "devices.osc:create",
        "midi": "devices.midi:create",
        "text": "devices.text:create",
        "mqtt": "devices.mqtt:create",
        "pjlink": "devices.pjlink:create",
    }
)

SOURCE_GROUP = "sensorama.sources"
BUNDLED_SOURCES: Mapping[str, str] = MappingProxyType(
    {
        "artnet": "devices.artnet:create_source",
        "sacn": "devices.sacn:create_source",
        "modbus": "devices.modbus:create_source",
        "freed": "devices.freed:create_source",
        "http": "devices.http:create_source",
        "sample": "devices.sample:create_source",
        "openmotion": "devices.openmotion:create_source",
        "osc": "devices.osc:create_source",
        "midi": "devices.midi:create_source",
        "text": "devices.text:create_source",
        "mqtt": "devices.mqtt:create_source",
    }
)
"""Families that are listened to (`engine.bus.source`), as `BUNDLED`."""

Factory = Callable[[DeviceConfig], Driver]
SourceFactory = Callable[[SourceConfig], Source]


class _Loadable(Protocol):
    def load(self) -> Factory: ...


class _Bundled:
    """An entry point of our own, as `importlib.metadata` would give it."""

    def __init__(self, value: str) -> None:
        self.value = value

    def load(self) -> Factory:
        module, _, attribute = self.value.partition(":")
        factory: Factory = getattr(import_module(module), attribute)
        return factory


def known_families() -> tuple[str, ...]:
    """Names of all driver families that can be used, sorted."""
    return tuple(sorted({*BUNDLED, *(point.name for point in entry_points(group=GROUP))}))


def list_drivers() -> list[tuple[str, str]]:
    """Name and first line of the description of every family, for people; why it cannot be used, if so."""
    rows = []
    for name in known_families():
        try:
            module = import_module(find_family(name).__module__)
        except RigError as error:
            rows.append((name, error.problems[0].message))
            continue
        rows.append((name, (module.__doc__ or "no description").strip().splitlines()[0]))
    return rows


def find_family(name: str, place: Place | None = None) -> Factory:
    """The factory of a family.

    Raises
    ------
    RigError
        When there is none of that name (with the list of those there are), or it cannot be loaded.
    """
    found: _Loadable | None = next((point for point in entry_points(group=GROUP) if point.name == name), None)
    if found is None and name in BUNDLED:
        found = _Bundled(BUNDLED[name])
    where = place if place is not None else Place("rig")
    if found is None:
        raise RigError(
            [
                Problem(
                    where,
                    f"unknown driver {name!r}",
                    f"Drivers known here: {', '.join(known_families())}; others are added by installing a "
                    f"package "
                    f"with an entry point in {GROUP!r}",
                    code="unknown-driver",
                )
            ]
        )
    try:
        return found.load()
    except (ImportError, AttributeError) as error:
        raise RigError(
            [
                Problem(
                    where,
                    f"driver {name!r} cannot be loaded: {error}",
                    "Install what it needs, or reinstall it",
                    code="driver-load",
                )
            ]
        ) from error


def config_of(spec: DeviceSpec, *, port: str | None = None) -> DeviceConfig:
    """A driver's configuration from the rig's declaration; `port` replaces the declared one."""
    return DeviceConfig(
        name=spec.name,
        port=spec.port if port is None else port,
        rate_hz=spec.rate_hz,
        latency=Latency(spec.latency.dead_ns, spec.latency.lag_ns),
        seat=spec.seat,
        limits={
            name: ChannelLimits(limit.low, limit.high, limit.velocity, limit.acceleration, limit.jerk)
            for name, limit in spec.limits.items()
        },
        safe=dict(spec.safe),
        settings=dict(spec.settings),
    )


def create_driver(spec: DeviceSpec, *, port: str | None = None) -> Driver:
    """The driver of one device of a rig. Opens nothing.

    Raises
    ------
    RigError
        For an unknown driver or a wrong setting, with file and line.
    """
    factory = find_family(spec.driver, spec.place_of("driver"))
    try:
        return factory(config_of(spec, port=port))
    except SettingError as error:
        raise RigError(
            [Problem(spec.place_of(*error.path), f"{spec.name}: {error}", code="device-setting")]
        ) from error
    except MissingExtra as error:
        raise RigError([Problem(spec.place_of("driver"), f"{spec.name}: {error}", code="extra")]) from error


def create_drivers(
    specs: tuple[DeviceSpec, ...], ports: Mapping[str, str] = MappingProxyType({})
) -> list[Driver]:
    """All drivers of a rig, in its order; every mistake of all of them at once.

    Raises
    ------
    RigError
    """
    drivers: list[Driver] = []
    problems: list[Problem] = []
    for spec in specs:
        try:
            drivers.append(create_driver(spec, port=ports.get(spec.name)))
        except RigError as error:
            problems.extend(error.problems)
    if problems:
        raise RigError(problems)
    return drivers


def known_sources() -> tuple[str, ...]:
    """Names of all families that can be listened to, sorted."""
    return tuple(sorted({*BUNDLED_SOURCES, *(point.name for point in entry_points(group=SOURCE_GROUP))}))


def create_source(family: str, config: SourceConfig, place: Place | None = None) -> Source:
    """Make a source of a family.

    Raises
    ------
    RigError
        For an unknown family (with the list of those there are), one that cannot be loaded, or a wrong setting.
    """
    where = place if place is not None else Place("rig")
    point = next((point for point in entry_points(group=SOURCE_GROUP) if point.name == family), None)
    if point is None and family not in BUNDLED_SOURCES:
        there = ", ".join(known_sources()) or "none"
        raise RigError(
            [
                Problem(
                    where, f"unknown source {family!r}", f"Sources known here: {there}", code="unknown-source"
                )
            ]
        )
    try:
        if point is not None:
            factory: SourceFactory = point.load()
        else:
            module, _, attribute = BUNDLED_SOURCES[family].partition(":")
            factory = getattr(import_module(module), attribute)
        return factory(config)
    except SettingError as error:
        raise RigError([Problem(where, f"{config.name}: {error}", code="source-setting")]) from error
    except MissingExtra as error:
        raise RigError([Problem(where, f"{config.name}: {error}", code="extra")]) from error
    except (ImportError, AttributeError) as error:
        raise RigError(
            [Problem(where, f"source {family!r} cannot be loaded: {error}", code="source-load")]
        ) from error
