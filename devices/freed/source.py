"""A tracked camera (or a seat with a tracker on it) that is listened to."""

from __future__ import annotations

import select
import socket
from collections.abc import Sequence

from devices.freed.codec import BAUD, UDP_PORT, Camera, FreedError, Splitter, decode
from devices.freed.driver import pan_sign
from engine.bus.driver import SettingError
from engine.bus.ports import SerialLine, parse_udp_port
from engine.bus.source import Chunk, Signal, SourceConfig
from engine.errors import DeviceGone

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
        for key in config.settings:
            if key not in _SETTINGS:
                raise SettingError(
                    f"unknown setting {key!r}; allowed: {', '.join(_SETTINGS)}", "settings", key
                )
        self._pan_sign = pan_sign(config.settings.get("pan", "right"))
        self._udp: tuple[str, int] | None = None
        if config.port.startswith("udp://"):
            try:
                self._udp = parse_udp_port(config.port, UDP_PORT)
            except ValueError as error:
                raise SettingError(str(error), "port") from None
        self._serial = SerialLine(config.name, config.port, BAUD, parity="O")
        self._socket: socket.socket | None = None
        self._splitter = Splitter()
        self._seen: dict[str, float] = {}

    @property
    def refused(self) -> int:
        """Messages that did not add up."""
        return self._refused + self._splitter.refused

    def open(self) -> None:
        """Begin to listen."""
        if self._udp is None:
            self._serial.open()
        elif self._socket is None:
            made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            try:
                made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                made.bind(self._udp)
            except OSError as error:
                made.close()
                host, port = self._udp
                raise DeviceGone(
                    f"{self.name}: cannot listen on {host}:{port} ({error}); is the port taken?"
                ) from error
            self._socket = made

    def read(self, timeout_s: float) -> Sequence[Chunk]:
        """Datagrams, or bytes of the serial line."""
        if self._udp is None:
            data = self._serial.read(timeout_s)
            return [Chunk(data, "serial")] if data else []
        made = self._socket
        if made is None:
            raise DeviceGone(f"{self.name}: not open")
        chunks: list[Chunk] = []
        wait_s = timeout_s
        while len(chunks) < 256 and select.select([made], [], [], wait_s)[0]:
            data, sender = made.recvfrom(2048)
            chunks.append(Chunk(data, sender[0]))
            wait_s = 0.0
        return chunks

    def decode(self, chunk: Chunk, at_ns: int) -> Sequence[Signal]:
        """Axes that changed."""
        if chunk.sender == "serial":
            cameras = self._splitter.feed(chunk.data)
        else:
            try:
                cameras = [decode(chunk.data)]
            except FreedError:
                self._refused += 1
                return ()
        return [signal for camera in cameras for signal in self._changes(camera, at_ns)]

    def close(self) -> None:
        """Stop listening."""
        self._serial.close()
        made, self._socket = self._socket, None
        if made is not None:
            made.close()

    def _changes(self, camera: Camera, at_ns: int) -> list[Signal]:
        values = {
            "surge": camera.y_m,
            "sway": camera.x_m,
            "heave": camera.height_m,
            "roll": camera.roll_deg,
            "pitch": camera.tilt_deg,
            "yaw": self._pan_sign * camera.pan_deg,
            "zoom": camera.zoom / 0xFFFFFF,
            "focus": camera.focus / 0xFFFFFF,
        }
        found = []
        for name, value in values.items():
            address = f"/{camera.number}/{name}"
            if self._seen.get(address) != value:
                self._seen[address] = value
                found.append(Signal(self.name, address, (value,), at_ns))
        return found
