"""A small show and a small rig, without files: what the bus tests play."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest

from devices.amc import AmcDriver
from devices.artnet import ArtnetDriver
from devices.shaker import ShakerDriver
from engine.bus.driver import ChannelLimits, DeviceConfig, Driver, Latency
from engine.bus.inline import InlineBus
from engine.bus.loop import BusDevice
from engine.bus.mapping import make_route
from engine.time.publisher import TransportWriter
from engine.time.segments import NO_SCENE, Transport
from engine.time.shared import LocalBlock

FL_PER_S = 705_600_000
MS = 1_000_000
S = 1_000_000_000
# State vector of the show: 0-5 motion, 6-7 haptic, 8 wind, 9-11 light.
STATE_SIZE = 12


@dataclass
class WaveShow:
    """Scene n sways with its own phase, lights up linearly, blows steadily; pure, as the real one is."""

    asked_ns: list[tuple[int, int]] = field(default_factory=list)

    def levels(self, transport: Transport, host_ns: int, seat: int) -> Sequence[float]:
        self.asked_ns.append((host_ns, seat))
        moment = transport.at(host_ns)
        if moment.scene == NO_SCENE:
            return (0.0,) * STATE_SIZE
        t_s = moment.at_fl / FL_PER_S
        phase = moment.scene * 1.7
        heave = 0.02 * math.sin(2 * math.pi * 0.4 * t_s + phase)
        roll = 2.0 * math.sin(2 * math.pi * 0.3 * t_s)
        light = min(t_s / 10.0, 1.0)
        return (0.0, 0.0, heave, roll, 0.0, 0.0, 0.5, 40.0, 0.6, light, 0.5 * light, 0.1)


HEAVE = ChannelLimits(-0.05, 0.05, 0.25, 2.5, 30.0)


def seat_driver(name: str = "seat", *, dead_ns: int = 20 * MS, lag_ns: int = 30 * MS) -> AmcDriver:
    return AmcDriver(
        DeviceConfig(name, rate_hz=200.0, latency=Latency(dead_ns, lag_ns), seat=0, limits={"heave": HEAVE})
    )


def lights_driver(name: str = "lights") -> ArtnetDriver:
    fixtures = {
        "street": {"channels": [1, 2, 3], "form": "rgb"},
        "wind": {"channels": [10], "form": "dimmer"},
    }
    return ArtnetDriver(
        DeviceConfig(name, rate_hz=40.0, latency=Latency(25 * MS, 50 * MS), settings={"fixtures": fixtures})
    )


def shaker_driver(name: str = "shaker") -> ShakerDriver:
    return ShakerDriver(DeviceConfig(name, rate_hz=200.0, seat=0))


_ROLES = {
    "seat.motion": (0, "motion", 0, (0.0,) * 6, "motion"),
    "seat.shaker": (1, "haptic", 6, (0.0, 0.0), "haptic"),
    "air.wind": (2, "level", 8, (0.0,), "wind"),
    "light.street": (3, "color", 9, (0.0, 0.0, 0.0), "light"),
}


def bind(driver: Driver, *roles: tuple[str, str | None, str | None]) -> BusDevice:
    """A device playing roles, each (role, group, rendered as)."""
    routes = []
    for role, group, rendered_as in roles:
        index, kind, start, rest, modality = _ROLES[role]
        routes.append(
            make_route(
                driver,
                role=role,
                role_index=index,
                seat=0,
                kind=kind,
                start=start,
                rest=rest,
                modality=modality,
                group=group,
                rendered_as=rendered_as,
            )
        )
    return BusDevice(driver, tuple(routes))


@dataclass
class Stage:
    """An inline bus on a manual clock, with its conductor's writer."""

    block: LocalBlock
    writer: TransportWriter
    bus: InlineBus
    show: WaveShow


def small_rig() -> list[BusDevice]:
    return [
        bind(seat_driver(), ("seat.motion", None, None)),
        bind(shaker_driver(), ("seat.shaker", None, None)),
        bind(lights_driver(), ("light.street", "street", None), ("air.wind", "wind", None)),
    ]


@pytest.fixture
def parts() -> SimpleNamespace:
    """The parts above, for tests that put them together themselves."""
    return SimpleNamespace(
        WaveShow=WaveShow,
        bind=bind,
        lights_driver=lights_driver,
        seat_driver=seat_driver,
        shaker_driver=shaker_driver,
        small_rig=small_rig,
    )


@pytest.fixture
def make_stage() -> Callable[..., Stage]:
    """Builds a `Stage`; keyword arguments go to `InlineBus`."""

    def make(devices: list[BusDevice] | None = None, **options: int) -> Stage:
        block = LocalBlock()
        show = WaveShow()
        bus = InlineBus(small_rig() if devices is None else devices, show, block, epoch_ns=0, **options)
        return Stage(block, TransportWriter(block), bus, show)

    return make
