"""One device and one source of every family: what fuzzing and the tests of outside bytes are done on."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Any

from engine.bus.driver import ChannelLimits, DeviceConfig, Driver
from engine.bus.registry import BUNDLED, BUNDLED_SOURCES
from engine.bus.source import Source, SourceConfig
from engine.units import LINEAR_AXES, MOTION_AXES

_LINEAR = ChannelLimits(-0.05, 0.05, 0.25, 2.5, 30.0)
_ANGULAR = ChannelLimits(-10.0, 10.0, 25.0, 150.0, 2000.0)
_ONE_FIXTURE = {"street": {"channels": [1, 2, 3], "form": "rgb"}, "fan": {"channels": [10], "form": "dimmer"}}


def _seat(family: str, *axes: str, **settings: object) -> DeviceConfig:
    limits = {axis: _LINEAR if axis in LINEAR_AXES else _ANGULAR for axis in axes}
    return DeviceConfig(family, seat=0, limits=limits, settings={"axes": list(axes), **settings})


def _device(family: str, port: str = "twin", **settings: object) -> DeviceConfig:
    return DeviceConfig(family, port, settings=settings)


DEVICES: Mapping[str, DeviceConfig] = MappingProxyType(
    {
        "amc": DeviceConfig("amc", seat=0, limits={axis: _LINEAR if axis in LINEAR_AXES else _ANGULAR for axis in MOTION_AXES}),
        "smc3": _seat("smc3", "roll", "pitch", "heave", feedback=True),
        "yaw": _seat("yaw", "yaw", "pitch", "roll"),
        "motion4sim": _seat("motion4sim", "roll", "pitch"),
        "openmotion": _seat("openmotion", "yaw", "pitch", "roll", "heave"),
        "artnet": _device("artnet", "udp://127.0.0.1:9", fixtures=_ONE_FIXTURE, poll=True),
        "sacn": _device("sacn", "udp://127.0.0.1:9", fixtures=_ONE_FIXTURE),
        "enttec": _device("enttec", fixtures=_ONE_FIXTURE),
        "shaker": _device("shaker"),
        "sample": _device("sample"),
        "psn": _device("psn", trackers={"boat": {"number": 1, "at": [0, 0, 0]}}),
        "freed": _device("freed"),
        "evdev_rumble": _device("evdev_rumble"),
        "intiface": _device("intiface", actuators={"seat": {}, "pad": {"device": "pad", "index": 0}}),
        "bhaptics": _device("bhaptics"),
        "osc": _device("osc", messages={"fader": {"address": "/fader"}, "lamp": {"form": "rgb"}}),
        "midi": _device("midi", groups={"dimmer": {"control": 7, "channel": 2}, "cue": {"msc": "go", "cue": "12"}}),
        "text": _device(
            "text",
            commands={"volume": {"send": "VOL {value:03d}\\r", "scale": [0, 100], "expect": "OK.*"}},
            replies={"ERR.*": "fault"},
        ),
        "mqtt": _device("mqtt", "mqtt://127.0.0.1", topics={"lamp": {"topic": "hall/lamp", "scale": 100, "qos": 1}}),
        "pjlink": _device("pjlink", inputs=[31, 32], **{"class": 2}),
    }
)  # fmt: skip

SOURCES: Mapping[str, SourceConfig] = MappingProxyType(
    {
        "artnet": SourceConfig("artnet", "udp://127.0.0.1", {"universes": [1]}),
        "sacn": SourceConfig("sacn", "udp://127.0.0.1", {"universes": [1]}),
        "modbus": SourceConfig("modbus", "tcp://127.0.0.1", {"inputs": [0, 1], "holding": [0, 1, 2]}),
        "freed": SourceConfig("freed", "udp://127.0.0.1"),
        "http": SourceConfig("http", "http://127.0.0.1:8080"),
        "sample": SourceConfig("sample", "udp://127.0.0.1:9100"),
        "openmotion": SourceConfig("openmotion", "udp://127.0.0.1:9101"),
        "osc": SourceConfig("osc", "udp://127.0.0.1:9102"),
        "midi": SourceConfig("midi", "/dev/ttyX"),
        "text": SourceConfig("text", "/dev/ttyX", {"patterns": {"GO (\\d+)": "/go"}}),
        "mqtt": SourceConfig("mqtt", "mqtt://127.0.0.1", {"topics": ["hall/#"]}),
    }
)


def driver_of(family: str) -> Driver:
    """A fresh driver of a family's device."""
    made: Driver = _factory(BUNDLED[family])(DEVICES[family])
    return made


def source_of(family: str, config: SourceConfig | None = None) -> Source:
    """A fresh source of a family; `config` in place of the venue's own."""
    made: Source = _factory(BUNDLED_SOURCES[family])(SOURCES[family] if config is None else config)
    return made


def _factory(path: str) -> Any:
    module, _, name = path.partition(":")
    return getattr(import_module(module), name)
