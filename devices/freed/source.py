"""A tracked camera (or a seat with a tracker on it) that is listened to."""

from __future__ import annotations

from collections.abc import Sequence

from devices.freed.codec import BAUD, LENS_FULL, UDP_PORT, Camera, FreedError, Splitter, decode
from devices.freed.driver import pan_sign
from devices.listeners import Ear, LinkEar, ear_of
from engine.bus.driver import check_settings
from engine.bus.ports import SerialLine
from engine.bus.source import Chunk, Signal, SourceConfig

_SETTINGS = ("pan",)


def create_source(config: SourceConfig) -> FreedSource:
    """Entry point of the family."""
    return FreedSource(config)


class FreedSource:
    """FreeD D1 on ``udp://0.0.0.0[:port]`` or a serial port.

    Signals are ``/<camera>/surge`` to ``/<camera>/yaw`` in metres and degrees of the engine's axes, ``/<camera>/zoom`` and
    ``/<camera>/focus`` 0..1; only what changed.

    Raises
    ------
    SettingError
    """

    family = "freed"

    def __init__(self, config: SourceConfig) -> None:
        self.name = config.name
        self._refused = 0
        check_settings(config, _SETTINGS)
        self._pan_sign = pan_sign(config.settings.get("pan", "right"))
        self._whole = config.port.startswith("udp://")
        if self._whole:
            self.ear: Ear = ear_of(config, ("udp",), default_port=UDP_PORT)
        else:
            self.ear = LinkEar(SerialLine(config.name, config.port, BAUD, parity="O"), config.port)
        self._splitter = Splitter()
        self._seen: dict[str, float] = {}

    @property
    def refused(self) -> int:
        """Messages that did not add up."""
        return self._refused + self._splitter.refused

    def open(self) -> None:
        """Begin to listen. Raises DeviceBusy when the UDP port is taken, DeviceGone for a serial one that is not there."""
        self.ear.open()

    def read(self, timeout_s: float) -> Sequence[Chunk]:
        """Datagrams, or bytes of the serial line. Raises DeviceGone."""
        return self.ear.read(timeout_s)

    def decode(self, chunk: Chunk, at_ns: int) -> Sequence[Signal]:
        """Axes that changed."""
        if not self._whole:
            cameras = self._splitter.feed(chunk.data)
        else:
            try:
                cameras = [decode(chunk.data)]
            except FreedError:
                self._refused += 1
                return ()
        arrived_ns = at_ns if chunk.at_ns is None else chunk.at_ns
        return [signal for camera in cameras for signal in self._changes(camera, arrived_ns)]

    def close(self) -> None:
        """Stop listening."""
        self.ear.close()

    def _changes(self, camera: Camera, at_ns: int) -> list[Signal]:
        values = {
            "surge": camera.y_m,
            "sway": camera.x_m,
            "heave": camera.height_m,
            "roll": camera.roll_deg,
            "pitch": camera.tilt_deg,
            "yaw": self._pan_sign * camera.pan_deg,
            "zoom": camera.zoom / LENS_FULL,
            "focus": camera.focus / LENS_FULL,
        }
        found = []
        for name, value in values.items():
            address = f"/{camera.number}/{name}"
            if self._seen.get(address) != value:
                self._seen[address] = value
                found.append(Signal(self.name, address, (value,), at_ns))
        return found
