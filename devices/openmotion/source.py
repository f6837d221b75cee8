"""Telemetry in OpenMotionSim's datagrams, listened to: a game or a recorded ride as motion."""

from __future__ import annotations

from collections.abc import Sequence

from devices.listeners import ear_of
from devices.openmotion.codec import UDP_PORT, ByteOrder, Motion, OpenMotionError, decode
from devices.settings import choice_setting
from engine.bus.driver import check_settings
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
        check_settings(config, _SETTINGS)
        self._order: ByteOrder = (
            "big" if choice_setting(config, "byte_order", "little", ("little", "big")) == "big" else "little"
        )
        self._ear = ear_of(config, ("udp",), default_port=UDP_PORT)

    def open(self) -> None:
        """Begin to listen."""
        self._ear.open()

    def read(self, timeout_s: float) -> Sequence[Chunk]:
        """Datagrams."""
        return self._ear.read(timeout_s)

    def decode(self, chunk: Chunk, at_ns: int) -> Sequence[Signal]:
        """What a datagram says."""
        try:
            motion = decode(chunk.data, self._order)
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
