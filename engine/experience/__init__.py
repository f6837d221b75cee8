"""Experience packages and rigs: load them, name their mistakes, and say which role drives which device."""

from engine.experience.bundled import bundled_names, content_roots, find_package, find_shared
from engine.experience.lines import LineTable, LocaleText
from engine.experience.rig import (
    AudioSpec,
    AxisLimits,
    DeviceSpec,
    DisplaySpec,
    Latency,
    Rig,
    RoleTarget,
    SeatSpec,
    bundled_rigs,
    load_rig,
)

__all__ = [
    "AudioSpec",
    "AxisLimits",
    "DeviceSpec",
    "DisplaySpec",
    "Latency",
    "LineTable",
    "LocaleText",
    "Rig",
    "RoleTarget",
    "SeatSpec",
    "bundled_names",
    "bundled_rigs",
    "content_roots",
    "find_package",
    "find_shared",
    "load_rig",
]
