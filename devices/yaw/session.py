"""The conversation with a Yaw chair: find it, check in, start, listen, stop, leave."""

from __future__ import annotations

import select
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from devices.links import TcpLink
from devices.yaw.codec import (
    CALLING,
    CHECK_IN,
    CHECK_IN_ANSWER,
    EXIT,
    START,
    STOP,
    TCP_PORT,
    UDP_PORT,
    Announcement,
    Message,
    YawError,
    decode,
    decode_announcement,
    encode,
)
from engine.bus.ports import UdpLine
from engine.errors import DeviceBusy, DeviceError, DeviceGone

GAME = "Sensorama"
_ANSWER_S = 1.0
_START_S = 3.0  # a chair homes its motors before it echoes the start
_CALLS = 3
_CALL_S = 0.25
_MOST_ANSWERS = 64


@dataclass(frozen=True, slots=True)
class Where:
    """What a port of a rig says.

    Parameters
    ----------
    host : str
        Empty: look for it.
    udp_port : int
    name : str
        Of the chair to look for; empty for the only one.
    """

    host: str = ""
    udp_port: int = UDP_PORT
    name: str = ""


class _StreamLine(UdpLine):
    """UDP to a chair, from a port it has been told."""

    @property
    def own_port(self) -> int:
        """Port from which is sent; 0 while closed."""
        return 0 if self._socket is None else int(self._socket.getsockname()[1])

    def newest(self) -> bytes:
        """The last datagram of the chair since the last call, or nothing. Raises DeviceGone when its machine refuses."""
        data = b""
        for _ in range(64):
            try:
                if self._socket is None:
                    return data
                data = self._socket.recv(2048)
            except BlockingIOError:
                return data
            except OSError as error:
                host, port = self._address
                raise DeviceGone(f"{self._device}: nobody answers at {host}:{port} ({error})") from error
        return data


class YawSession:
    """A line (`engine.bus.line_driver.Line`) to one chair.

    Parameters
    ----------
    device : str
        The rig's name, for messages.
    where : Where
    settings : sequence of Message
        Sent between check-in and start: limits.
    """

    def __init__(self, device: str, where: Where, settings: Sequence[Message]) -> None:
        self._device = device
        self._where = where
        self._settings = tuple(settings)
        self._stream: _StreamLine | None = None
        self._talk: TcpLink | None = None
        self.chair = ""
        #: What the chair said last about its position, as it came; nothing where it said none since the last `listen`.
        self.position = b""

    @property
    def is_open(self) -> bool:
        """Whether the chair is ours and started."""
        return self._stream is not None

    def open(self) -> None:
        """Find it, check in, set limits, start.

        Raises
        ------
        DeviceBusy
            When somebody else has it.
        DeviceGone
            When it is not there or does not start.
        """
        if self._stream is not None:
            return
        host, found = self._find()
        self.chair = found.name or host
        if not found.available:
            raise self._taken(found.state)
        stream = _StreamLine(self._device, host, self._where.udp_port)
        talk = TcpLink(self._device, host, found.tcp_port)
        try:
            stream.open()
            talk.open()
            talk.send((encode(Message(CHECK_IN, (stream.own_port,), GAME)),))
            answer = self._await(talk, CHECK_IN_ANSWER, _ANSWER_S)
            if answer.text != "AVAILABLE":
                raise self._taken(answer.text)
            for message in self._settings:
                talk.send((encode(message),))
            talk.send((encode(Message(START)),))
            self._await(talk, START, _START_S)
        except DeviceError:
            talk.close()
            stream.close()
            raise
        self._stream, self._talk = stream, talk

    def send(self, frames: Sequence[bytes]) -> None:
        """Stream poses."""
        if self._stream is None:
            raise DeviceGone(f"{self._device}: there is no session with a chair")
        self._stream.send(frames)

    def listen(self) -> Iterator[Message]:
        """What the chair has said meanwhile. Raises DeviceGone when it has ended the session."""
        if self._stream is None or self._talk is None:
            return
        self.position = self._stream.newest()
        data = self._talk.read()
        if not data:
            return
        try:
            messages = decode(data)
        except YawError as error:
            messages = (Message(0, (), str(error)),)
        for message in messages:
            if message.code == EXIT:
                raise DeviceGone(f"{self._device}: the Yaw chair {self.chair} ended the session")
            yield message

    def close(self) -> None:
        """Stop and leave; never raises."""
        talk, self._talk = self._talk, None
        stream, self._stream = self._stream, None
        if talk is not None:
            try:
                talk.send((encode(Message(STOP)),))
                talk.send((encode(Message(EXIT)),))
            except DeviceError:
                pass  # it is gone: a chair that loses its session stops by itself
            talk.close()
        if stream is not None:
            stream.close()

    def _taken(self, by: str) -> DeviceBusy:
        return DeviceBusy(
            f"{self._device}: the Yaw chair {self.chair} is taken ({by or 'it does not say by whom'}); end the program that has "
            "it, or wait until it lets go"
        )

    def _await(self, talk: TcpLink, code: int, timeout_s: float) -> Message:
        # One wait for each answer: whatever else comes first does not shorten it by more than a read.
        for _ in range(8):
            data = talk.read(timeout_s)
            if not data:
                break
            try:
                messages = decode(data)
            except YawError as error:
                raise DeviceGone(
                    f"{self._device}: what answers at the port of {self.chair} is no Yaw chair ({error})"
                ) from error
            for message in messages:
                if message.code == code:
                    return message
        asked = {CHECK_IN_ANSWER: "check-in", START: "start"}[code]
        raise DeviceGone(
            f"{self._device}: the Yaw chair {self.chair} did not answer the {asked} within {timeout_s:g} s"
        )

    def _find(self) -> tuple[str, Announcement]:
        wanted = self._where
        target = wanted.host or "255.255.255.255"
        heard: dict[str, Announcement] = {}
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            try:
                asking.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
                if wanted.host:  # connected, so that a machine without a chair is heard to refuse
                    asking.connect((target, wanted.udp_port))
                for _ in range(_CALLS):
                    if wanted.host:
                        asking.send(CALLING)
                    else:
                        asking.sendto(CALLING, (target, wanted.udp_port))
                    for _ in range(_MOST_ANSWERS):  # a broadcast reaches many who talk
                        if not select.select([asking], [], [], _CALL_S)[0]:
                            break
                        data, sender = asking.recvfrom(2048)
                        try:
                            found = decode_announcement(data)
                        except YawError:
                            continue  # anything may answer a broadcast
                        heard[found.name] = found
                        if not wanted.name or found.name == wanted.name:
                            return sender[0], found
            except OSError as error:
                raise DeviceGone(
                    f"{self._device}: cannot call for a Yaw chair at {target} ({error})"
                ) from error
        if wanted.host:
            # An older chair answers broadcasts only: its usual port is tried.
            return wanted.host, Announcement("", "", TCP_PORT)
        others = f"; {', '.join(heard)} answered" if heard else ""
        raise DeviceGone(
            f"{self._device}: no Yaw chair {wanted.name + ' ' if wanted.name else ''}answered on this network{others}; switch it on, or "
            "write its address as udp://host"
        )
