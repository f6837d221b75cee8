"""Sources, twins and attentive drivers: whoever takes bytes from a line, with everything behind the codec."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from devices.osc import framing
from devices.sim.modbus import ModbusTwin
from engine.bus.driver import park_values
from engine.bus.registry import BUNDLED, BUNDLED_SOURCES
from engine.bus.source import Chunk, SourceConfig
from engine.bus.twins import make_twin
from engine.errors import DeviceError
from tests.fuzz import codecs
from tests.fuzz.hearing import PLUGS, Hearer
from tests.fuzz.target import Probe, Target, cuts, whole
from tests.fuzz.venue import SOURCES, driver_of, source_of

_MS = 1_000_000

_SAID: Mapping[str, tuple[bytes, ...]] = MappingProxyType(
    {
        "amc": codecs.AMC,
        "artnet": codecs.ARTNET,
        "bhaptics": codecs.BHAPTICS,
        "enttec": codecs.ENTTEC,
        "evdev_rumble": codecs.EFFECTS,
        "freed": codecs.FREED,
        "http": codecs.HTTP,
        "intiface": codecs.INTIFACE,
        "midi": codecs.MIDI,
        "modbus": tuple(asked + answer for asked in codecs.MODBUS for answer in codecs.MODBUS_ANSWERS),
        "motion4sim": (),
        "mqtt": codecs.MQTT,
        "openmotion": codecs.OPENMOTION,
        "osc": codecs.OSC,
        "pjlink": codecs.PJLINK,
        "psn": codecs.PSN,
        "sacn": codecs.SACN,
        "sample": codecs.LINES,
        "shaker": codecs.SHAKES,
        "smc3": codecs.SMC3,
        "text": codecs.LINES,
        "yaw": codecs.YAW,
    }
)
"""By family, what its line carries."""


def _frames(family: str) -> tuple[bytes, ...]:
    """What the engine itself says to such a device."""
    driver = driver_of(family)
    high = tuple(channel.high for channel in driver.channels)
    frames = (
        *getattr(driver, "greeting_frames", ()),
        *driver.encode(park_values(driver)),
        *driver.encode(high),
    )
    return (*frames, b"".join(frames))


def _listening(family: str, config: SourceConfig, sender: str) -> Callable[[], Probe]:
    def made() -> Probe:
        source = source_of(family, config)

        def take(data: bytes) -> None:
            for number, piece in enumerate(cuts(data)):
                for signal in source.decode(Chunk(piece, sender), number * _MS):
                    assert signal.source == family and signal.address.startswith("/")
                    assert all(isinstance(value, float | int | str | bytes) for value in signal.values)

        return Probe(take, source)

    return made


def _crowd(family: str) -> Callable[[], Probe]:
    """A source that hears ever new senders, of whom each says a little."""

    def made() -> Probe:
        source = source_of(family)
        heard = 0

        def take(data: bytes) -> None:
            nonlocal heard
            for piece in cuts(data):
                heard += 1
                source.decode(Chunk(piece, f"10.0.{heard >> 8 & 255}.{heard & 255}"), heard * _MS)

        return Probe(take, source)

    return made


def _playing(twin_of: Callable[[], Any], sender: str | None) -> Callable[[], Probe]:
    def made() -> Probe:
        twin = twin_of()
        if sender is not None and hasattr(twin, "connected"):
            twin.connected(0, sender)
        at_ns = 0

        def take(data: bytes) -> None:
            nonlocal at_ns
            for piece in cuts(data):
                at_ns += _MS
                said = twin.receive(piece, at_ns) if sender is None else twin.receive(piece, at_ns, sender)
                assert all(isinstance(reply, bytes) for reply in said)
            if hasattr(twin, "attend"):
                twin.attend(at_ns)
            if hasattr(twin, "state_at"):
                state = twin.state_at(at_ns)
                assert all(math.isfinite(value) for value in state.values()), state

        return Probe(take, twin)

    return made


def _attending(family: str) -> Callable[[], Probe]:
    def made() -> Probe:
        hearer = Hearer(family)

        def take(data: bytes) -> None:
            for piece in cuts(data):
                hearer.hear(piece)

        return Probe(take, hearer.driver)

    return made


def _seeds(said: Sequence[bytes], family: str = "") -> Callable[[], Sequence[bytes]]:
    return lambda: whole(*said, *(_frames(family) if family else ()))


_SERIAL = SourceConfig("freed", "/dev/ttyX")
_OSC_STREAM = SourceConfig("osc", "tcp://127.0.0.1:9102", {"framing": "slip"})
_SLIP = tuple(framing.frame_slip(one) for one in codecs.OSC)

SOURCE_TARGETS = (
    *(
        Target(
            f"source-{family}", _listening(family, SOURCES[family], "192.168.1.20"), _seeds(_SAID[family]),
            covers=(f"source:{family}",), held_bytes=512 << 10,
        )
        for family in BUNDLED_SOURCES
    ),
    Target(
        "source-freed-serial", _listening("freed", _SERIAL, "serial"), _seeds(codecs.FREED), held_bytes=128 << 10
    ),
    Target("source-osc-stream", _listening("osc", _OSC_STREAM, "192.168.1.20"), _seeds(_SLIP), held_bytes=256 << 10),
    *(
        Target(f"crowd-{family}", _crowd(family), _seeds(_SAID[family]), held_bytes=1 << 20)
        for family in ("artnet", "sacn", "osc", "text")
    ),
)  # fmt: skip

TWIN_TARGETS = (
    *(
        Target(
            f"twin-{family}", _playing(lambda family=family: make_twin(driver_of(family)), None),
            _seeds(_SAID[family], family), covers=(f"twin:{family}",), held_bytes=512 << 10,
        )
        for family in BUNDLED
    ),
    *(
        Target(
            f"guest-{family}", _playing(lambda family=family: make_twin(driver_of(family)), "tcp 127.0.0.1:50000"),
            _seeds(_SAID[family], family), held_bytes=512 << 10,
        )
        for family in ("mqtt", "pjlink", "yaw", "intiface", "artnet", "sacn")
    ),
    Target("twin-modbus", _playing(ModbusTwin, None), _seeds(codecs.MODBUS), held_bytes=64 << 10),
)  # fmt: skip

DRIVER_TARGETS = tuple(
    Target(
        f"driver-{family}", _attending(family), _seeds(_SAID[family], family), (DeviceError,),
        (f"driver:{family}", *(("devices.pjlink.session:PjlinkSession.feed",) if family == "pjlink" else ())), 512 << 10,
        slow=family == "mqtt",  # a connection for every input
    )
    for family in PLUGS
)  # fmt: skip
