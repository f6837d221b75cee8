"""Telemetry in OpenMotionSim's datagrams, listened to: a game or a recorded ride as motion."""

from __future__ import annotations

from collections.abc import Sequence

from devices.listeners import ear_on
from devices.openmotion.codec import Motion, OpenMotionError, decode
from engine.bus.driver import SettingError
from engine.bus.source import Chunk, Signal, SourceConfig

_SETTINGS = ("byte_order",)


def create_source(config: SourceConfig) -> OpenMotionSource:
    """Entry point of the family."""
    return OpenMotionSource(config)


class OpenMotionSource:
    """Listens on ``udp://0.0.0.0:4123``.

    Signals are ``/axis/yaw``, ``/axis/pitch``, ``/axis/roll`` in deg, ``/axis/heave`` in m and ``/time`` in s, with every
    datagram.

    Parameters
    ----------
    config : SourceConfig
        Setting ``byte_order``: little (default) or big.

    Raises
    ------
    SettingError
    """

    family = "openmotion"

    def __init__(self, config: SourceConfig) -> None:
        self.name = config.name
        self.refused = 0
        for key in config.settings:
            if key not in _SETTINGS:
                raise SettingError(
                    f"unknown setting {key!r}; allowed: {', '.join(_SETTINGS)}", "settings", key
                )
        order = config.settings.get("byte_order", "little")
        if order not in ("little", "big"):
            raise SettingError(f"byte_order is {order!r}; allowed: little, big", "settings", "byte_order")
        self._big = order == "big"
        if not config.port.startswith("udp://"):
            raise SettingError(
                f"port is {config.port!r}; allowed: udp://address:port (as udp://0.0.0.0:4123)", "port"
            )
        try:
            self._ear = ear_on(config.name, config.port)
        except ValueError as error:
            raise SettingError(str(error), "port") from None

    def open(self) -> None:
        """Begin to listen."""
        self._ear.open()

    def read(self, timeout_s: float) -> Sequence[Chunk]:
        """Datagrams."""
        return self._ear.read(timeout_s)

    def decode(self, chunk: Chunk, at_ns: int) -> Sequence[Signal]:
        """What a datagram says."""
        try:
            motion = decode(chunk.data, "big" if self._big else "little")
        except OpenMotionError:
            self.refused += 1
            return ()
        at_ns = at_ns if chunk.at_ns is None else chunk.at_ns
        return [Signal(self.name, address, (value,), at_ns) for address, value in _addresses(motion)]

    def close(self) -> None:
        """Stop listening."""
        self._ear.close()


def _addresses(motion: Motion) -> tuple[tuple[str, float], ...]:
    return (
        ("/time", motion.time_s),
        ("/axis/yaw", motion.yaw_deg),
        ("/axis/pitch", motion.pitch_deg),
        ("/axis/roll", motion.roll_deg),
        ("/axis/heave", motion.height_m),
    )
