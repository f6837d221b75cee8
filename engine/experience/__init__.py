"""Experience packages and rigs: load them, name their mistakes, and say which role drives which device."""

from engine.experience.bundled import bundled_experiences, content_roots, find_package, find_shared
from engine.experience.lines import LineTable, LocaleText
from engine.experience.package import Package, load_package
from engine.experience.resolve import Binding, Bindings, Notice, resolve
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
    "Binding",
    "Bindings",
    "DeviceSpec",
    "DisplaySpec",
    "Latency",
    "LineTable",
    "LocaleText",
    "Notice",
    "Package",
    "Rig",
    "RoleTarget",
    "SeatSpec",
    "bundled_experiences",
    "bundled_rigs",
    "content_roots",
    "find_package",
    "find_shared",
    "load_package",
    "load_rig",
    "resolve",
]
