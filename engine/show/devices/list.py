"""``sensorama devices``: the families there are, and what a rig has."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module

from engine.bus.driver import Driver
from engine.bus.registry import create_drivers, create_source, known_sources, list_drivers
from engine.bus.source import SourceConfig
from engine.errors import Place, RigError
from engine.experience.rig import DeviceSpec, Rig, load_rig
from engine.show.devices.hand import format_range

CHANNELS_SHOWN = 12


def list_command(rig: str | None) -> int:
    """Print drivers and sources, or the devices of a rig."""
    lines = family_lines() if rig is None else rig_lines(load_rig(rig))
    print("\n".join(lines))
    return 0


def family_lines() -> list[str]:
    """Every family that can be driven or listened to, one line each."""
    drivers = [f"  {name:14} {line}" for name, line in list_drivers()]
    sources = [f"  {name:14} {_source_line(name)}" for name in known_sources()]
    return [
        "drivers (devices: of a rig)",
        *drivers,
        "sources (inputs: of a rig, sensorama record)",
        *sources,
        "a software twin of one by itself: sensorama devices sim DRIVER; a rig's devices: sensorama devices --rig FILE",
    ]


def _source_line(name: str) -> str:
    """First line of a source's description; why it cannot be used, if so."""
    from engine.bus.registry import BUNDLED_SOURCES

    try:
        # A port no family takes: whoever refuses it has been found and loaded.
        create_source(name, SourceConfig(name, ""), Place(name))
    except RigError as error:
        if error.problems[0].code != "source-setting":
            return error.problems[0].message
    module = BUNDLED_SOURCES.get(name, "").partition(":")[0]
    text = (import_module(module).__doc__ or "") if module else "of an installed package"
    return text.strip().splitlines()[0] if text.strip() else ""


def rig_lines(rig: Rig) -> list[str]:
    """Devices and inputs of a rig.

    Raises
    ------
    RigError
        With every mistake of every device.
    """
    lines = [f"{rig.path}: {len(rig.devices)} devices"]
    for spec, driver in zip(rig.devices, create_drivers(rig.devices), strict=True):
        lines += device_lines(spec, driver, rig)
    for row in rig.venue.inputs:
        cues = sum(cue.input == row.name for cue in rig.venue.cues)
        lines.append(f"input {row.name}: {row.source} {row.port}, {cues} triggers")
    return lines


def device_lines(spec: DeviceSpec, driver: Driver, rig: Rig) -> Sequence[str]:
    """One device: port, seat, latency, permissive, groups and channels with their limits."""
    seat = f", seat {rig.seats[spec.seat].name}" if 0 <= spec.seat < len(rig.seats) else ""
    latency = f"dead {spec.latency.dead_ns / 1e6:g} ms, lag {spec.latency.lag_ns / 1e6:g} ms"
    permit = f", moves only with permit {spec.permit}" if spec.permit else ""
    live = f", moved by live motion {spec.live} too" if spec.live else ""
    lines = [
        f"{spec.name}: {spec.driver} on {spec.port}{seat}, {driver.rate_hz:g} Hz, {latency}{permit}{live}"
    ]
    groups = ", ".join(f"{group.name} ({group.form.value})" for group in driver.groups[:CHANNELS_SHOWN])
    more = f" and {len(driver.groups) - CHANNELS_SHOWN} more" if len(driver.groups) > CHANNELS_SHOWN else ""
    lines.append(f"  groups: {groups or 'none'}{more}")
    for channel in driver.channels[:CHANNELS_SHOWN]:
        kind = "may jump"
        if channel.jerk is not None:
            kind = f"jerk-limited, {channel.velocity:g} {channel.unit}/s at most"
        elif channel.velocity is not None:
            kind = f"{channel.velocity:g} {channel.unit}/s at most"
        lines.append(f"  {channel.name:16} {format_range(channel)}, {kind}")
    if len(driver.channels) > CHANNELS_SHOWN:
        lines.append(f"  ... and {len(driver.channels) - CHANNELS_SHOWN} channels more")
    return lines
