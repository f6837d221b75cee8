"""Client of Monado's remote driver: head and controllers of the runtime, set from a test.

The driver (``P_OVERRIDE_ACTIVE_CONFIG=remote``) listens on TCP port 4242. To whoever connects it sends two packets, its reset and
its latest state; each packet sent back becomes the state. Packets are 376 bytes, little-endian, as the C compiler laid out
`struct r_remote_data` of Monado 25.0 (src/xrt/drivers/remote/r_interface.h): other versions differ, and call
themselves something else in their header.
"""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass, field, fields
from types import TracebackType

from engine.time.clocks import Clock, MonotonicClock
from engine.xr.values import Pose

PORT = 4242
PACKET_BYTES = 376
HEADER = b"mndrmt3\0"

_HEAD_AT = 104
_CONTROLLER_AT = (136, 256)
_POSE = struct.Struct("<7f")
# Velocities 6, finger curl 5, trigger, squeeze, squeeze force, thumbstick 2, trackpad force, trackpad 2.
_VALUES = struct.Struct("<19f")
_FLAGS_AT = 104
_CONNECT_NS = 10_000_000_000


class RemoteError(RuntimeError):
    """The driver is not there, or speaks another version."""


@dataclass
class Controller:
    """One controller, in the engine's axes.

    Attributes
    ----------
    grip : Pose
        In the runtime's LOCAL space of the first moment (its tracking origin).
    curl : list of float
        0..1 a finger, thumb first; for hand tracking.
    trigger, squeeze, squeeze_force, trackpad_force : float
        0..1.
    stick, trackpad : tuple of float
        -1..1, right and up.
    active : bool
        Held in a hand.
    hand_tracking_active : bool
        Fingers are seen.
    """

    grip: Pose = field(default_factory=Pose)
    curl: list[float] = field(default_factory=lambda: [0.0] * 5)
    trigger: float = 0.0
    squeeze: float = 0.0
    squeeze_force: float = 0.0
    stick: tuple[float, float] = (0.0, 0.0)
    trackpad_force: float = 0.0
    trackpad: tuple[float, float] = (0.0, 0.0)
    hand_tracking_active: bool = False
    active: bool = False
    system_click: bool = False
    system_touch: bool = False
    a_click: bool = False
    a_touch: bool = False
    b_click: bool = False
    b_touch: bool = False
    trigger_click: bool = False
    trigger_touch: bool = False
    stick_click: bool = False
    stick_touch: bool = False
    trackpad_touch: bool = False


_FLAGS = tuple(one.name for one in fields(Controller) if one.type == "bool")


class Remote:
    """A connection; a context manager.

    Attributes
    ----------
    head : Pose
        In the engine's axes.
    left, right : Controller
        Change them, then `send`.
    """

    def __init__(self, *, port: int = PORT, clock: Clock | None = None) -> None:
        self._socket = _connected(port, clock or MonotonicClock())
        try:
            self._read()  # its reset
            self._packet = bytearray(self._read())  # its latest
        except BaseException:
            self.close()
            raise
        self.head = _unpacked(self._packet, _HEAD_AT)
        self.left, self.right = (_controller(self._packet, at) for at in _CONTROLLER_AT)

    def send(self) -> None:
        """Make this the state of the runtime's devices; the next frame that asks sees it."""
        self._packet[: len(HEADER)] = HEADER
        _pack_pose(self._packet, _HEAD_AT, self.head)
        for at, controller in zip(_CONTROLLER_AT, (self.left, self.right), strict=True):
            _pack_controller(self._packet, at, controller)
        self._socket.sendall(self._packet)

    def close(self) -> None:
        """Hang up; the state stays as it was sent last."""
        self._socket.close()

    def __enter__(self) -> Remote:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _read(self) -> bytes:
        packet = b""
        while len(packet) < PACKET_BYTES:
            more = self._socket.recv(PACKET_BYTES - len(packet))
            if not more:
                raise RemoteError(f"the remote driver hung up after {len(packet)} of {PACKET_BYTES} bytes")
            packet += more
        header = packet[: len(HEADER)]
        if header not in (HEADER, bytes(len(HEADER))):  # the driver leaves it out of what it made itself
            raise RemoteError(f"the remote driver speaks {header!r}, this client {HEADER!r} (Monado 25.0)")
        return packet


def _connected(port: int, clock: Clock) -> socket.socket:
    """The driver listens a moment after the service does."""
    until_ns = clock.now_ns() + _CONNECT_NS
    while True:
        try:
            made = socket.create_connection(("127.0.0.1", port), timeout=5.0)
        except ConnectionRefusedError as error:
            if clock.now_ns() >= until_ns:
                raise RemoteError(
                    f"nothing listens on port {port}; start the service with P_OVERRIDE_ACTIVE_CONFIG=remote"
                ) from error
            clock.sleep_until_ns(clock.now_ns() + 20_000_000)
            continue
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made


def _unpacked(packet: bytes | bytearray, at: int) -> Pose:
    qx, qy, qz, qw, x, y, z = _POSE.unpack_from(packet, at)
    return Pose((x, -z, y), (qx, -qz, qy, qw))


def _pack_pose(packet: bytearray, at: int, pose: Pose) -> None:
    x, y, z = pose.position_m
    qx, qy, qz, qw = pose.turn
    _POSE.pack_into(packet, at, qx, qz, -qy, qw, x, z, -y)


def _controller(packet: bytes | bytearray, at: int) -> Controller:
    values = _VALUES.unpack_from(packet, at + _POSE.size)
    flags = packet[at + _FLAGS_AT : at + _FLAGS_AT + len(_FLAGS)]
    made = Controller(
        _unpacked(packet, at),
        list(values[6:11]),
        values[11],
        values[12],
        values[13],
        (values[14], values[15]),
        values[16],
        (values[17], values[18]),
    )
    for name, flag in zip(_FLAGS, flags, strict=True):
        setattr(made, name, bool(flag))
    return made


def _pack_controller(packet: bytearray, at: int, controller: Controller) -> None:
    _pack_pose(packet, at, controller.grip)
    _VALUES.pack_into(
        packet,
        at + _POSE.size,
        *[0.0] * 6,
        *controller.curl,
        controller.trigger,
        controller.squeeze,
        controller.squeeze_force,
        *controller.stick,
        controller.trackpad_force,
        *controller.trackpad,
    )
    for number, name in enumerate(_FLAGS):
        packet[at + _FLAGS_AT + number] = bool(getattr(controller, name))
