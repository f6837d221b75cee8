"""What the tests of motion seats share: limits, and a show on a manual clock that sways every axis."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from engine.bus.driver import ChannelLimits, DeviceConfig, Driver, Latency
from engine.bus.inline import InlineBus
from engine.bus.loop import BusDevice
from engine.bus.mapping import make_route
from engine.time.publisher import TransportWriter
from engine.time.segments import Transport
from engine.time.shared import LocalBlock
from engine.units import LINEAR_AXES, MOTION_AXES

MS = 1_000_000
S = 1_000_000_000
LINEAR = ChannelLimits(-0.05, 0.05, 0.25, 2.5, 30.0)
ANGULAR = ChannelLimits(-10.0, 10.0, 25.0, 150.0, 2000.0)


def seat(*axes: str, port: str = "twin", latency: Latency | None = None, **settings: Any) -> DeviceConfig:
    """A seat that moves `axes` within small limits."""
    limits = {axis: LINEAR if axis in LINEAR_AXES else ANGULAR for axis in axes}
    return DeviceConfig(
        "seat",
        port,
        100.0,
        latency or Latency(),
        seat=0,
        limits=limits,
        settings={"axes": list(axes), **settings},
    )


class Sway:
    """Every axis on its own slow sine, beyond nobody's limits."""

    def levels(self, transport: Transport, host_ns: int, seat: int) -> Sequence[float]:
        t_s = host_ns / S
        return [
            (0.02 if axis in LINEAR_AXES else 4.0) * math.sin(2.0 * math.pi * 0.3 * t_s + index)
            for index, axis in enumerate(MOTION_AXES)
        ] + [0.5, 60.0]


def play(
    create: Callable[[DeviceConfig], Driver], config: DeviceConfig, kind: str = "motion", count: int = 1
) -> InlineBus:
    """A bus in memory with one device that renders the show; more are named ``seat 1`` and so on."""
    start, rest = (0, (0.0,) * 6) if kind == "motion" else (6, (0.0, 0.0))
    devices = []
    for number in range(count):
        driver = create(config if not number else replace(config, name=f"seat {number}"))
        route = make_route(
            driver,
            role="r",
            role_index=0,
            seat=0,
            kind=kind,
            start=start,
            rest=rest,
            modality="",
            group=driver.groups[0].name,
        )
        devices.append(BusDevice(driver, (route,)))
    block = LocalBlock()
    TransportWriter(block).append(from_ns=0, scene=0)
    return InlineBus(devices, Sway(), block, epoch_ns=0)
