"""Twin of a Yaw chair.

Has: the call and its answer, check-in, being taken, start, stop and exit with their echoes, tilt limits in the order chairs take
them, yaw that goes round, a session that ends with its connection, lag, largest speed, its position told to whoever moves it. Has not:
lamps, buzzer, temperatures, calibration.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from devices.sim.physics import LaggedValue
from devices.yaw.codec import (
    AVAILABLE,
    CALLING,
    CHECK_IN,
    CHECK_IN_ANSWER,
    ERROR,
    EXIT,
    START,
    STOP,
    TCP_PORT,
    TILT_LIMITS,
    YAW_LIMIT,
    Announcement,
    Message,
    YawError,
    decode,
    decode_motion,
    encode,
    encode_announcement,
    encode_report,
)
from engine.bus.driver import DeviceConfig

_COMMANDS = (CHECK_IN, TILT_LIMITS, YAW_LIMIT, START, STOP, EXIT)
_YAW_DPS, _TILT_DPS = 120.0, 60.0
_MOST_BACK, _MOST_FORWARD, _MOST_ROLL = 50, 20, 25
# How often a chair tells its position is not published; ours does it with a command, at most this often.
_REPORT_NS = 10_000_000


def make_twin(config: DeviceConfig) -> YawTwin:
    """A chair that is free."""
    return YawTwin(config)


class YawTwin:
    """A chair in software; angles count as the chair's own do.

    Attributes
    ----------
    tcp_port : int
        What it announces.
    reserved_by : str
        Who has it; a session sets it, and a test may.
    started : bool
    tilt : tuple of int
        Limits back, forward, roll, deg.
    yaw_limit : int or None
    frames : int
        Poses obeyed.
    refused : int
        What was no pose or command, and poses while it was not started.
    """

    def __init__(self, config: DeviceConfig) -> None:
        self._name = config.name
        latency = config.latency
        lag = {"dead_ns": latency.dead_ns, "lag_ns": latency.lag_ns}
        self._axes = {
            "yaw": LaggedValue(0.0, rate=_YAW_DPS, **lag),
            "pitch": LaggedValue(0.0, rate=_TILT_DPS, **lag),
            "roll": LaggedValue(0.0, rate=_TILT_DPS, **lag),
        }
        self._wanted_yaw_deg = 0.0
        self.tcp_port = TCP_PORT
        self.reserved_by = ""
        self.started = False
        self.tilt = (_MOST_BACK, _MOST_FORWARD, _MOST_ROLL)
        self.yaw_limit: int | None = None
        self.frames = self.refused = 0
        self._owner: str | None = None
        self._report_at_ns: int | None = None

    def receive(self, data: bytes, at_ns: int, sender: str = "") -> Sequence[bytes]:
        """Take a datagram, or a segment of a TCP sender (``tcp:...``); no bytes from one say that it has left."""
        if not data:
            if sender == self._owner:
                self._leave(at_ns)
            return ()
        if sender.startswith("tcp") or (not sender and data[0] in _COMMANDS):
            return self._converse(data, at_ns, sender)
        if data == CALLING:
            state = f"RESERVED by {self.reserved_by}" if self.reserved_by else AVAILABLE
            return (encode_announcement(Announcement("1", self._name, self.tcp_port, state)),)
        try:
            yaw, pitch, roll = decode_motion(data)
        except YawError:
            self.refused += 1
            return ()
        if not self.started:
            self.refused += 1
            return ()
        self.frames += 1
        # The shorter way round from where it was last sent.
        wanted = self._wanted_yaw_deg + (yaw - self._wanted_yaw_deg + 180.0) % 360.0 - 180.0
        if self.yaw_limit is not None:
            wanted = min(max(wanted, -float(self.yaw_limit)), float(self.yaw_limit))
        self._wanted_yaw_deg = wanted
        back, forward, side = self.tilt
        self._axes["yaw"].command(wanted, at_ns)
        self._axes["pitch"].command(min(max(pitch, -float(back)), float(forward)), at_ns)
        self._axes["roll"].command(min(max(roll, -float(side)), float(side)), at_ns)
        if self._report_at_ns is not None and at_ns < self._report_at_ns:
            return ()
        self._report_at_ns = at_ns + _REPORT_NS
        return (encode_report(*(self._axes[name].at(at_ns) for name in ("yaw", "pitch", "roll"))),)

    def state_at(self, at_ns: int) -> Mapping[str, float]:
        """Angles of the chair: right, nose down and left side down are positive; yaw counts turns."""
        return {name: axis.at(at_ns) for name, axis in self._axes.items()}

    def _converse(self, data: bytes, at_ns: int, sender: str) -> list[bytes]:
        try:
            messages = decode(data)
        except YawError as error:
            self.refused += 1
            return [encode(Message(ERROR, (), str(error)))]
        return [
            encode(reply) for message in messages if (reply := self._obey(message, at_ns, sender)) is not None
        ]

    def _obey(self, message: Message, at_ns: int, sender: str) -> Message | None:
        if message.code == CHECK_IN:
            if self.reserved_by and sender != self._owner:
                return Message(CHECK_IN_ANSWER, (), f"RESERVED by {self.reserved_by}")
            self._owner, self.reserved_by = sender, message.text or "somebody"
            return Message(CHECK_IN_ANSWER, (), AVAILABLE)
        if sender != self._owner:
            return Message(ERROR, (), "check in first")
        if message.code == TILT_LIMITS:
            back, forward, side = (abs(number) for number in message.numbers)
            self.tilt = (min(back, _MOST_BACK), min(forward, _MOST_FORWARD), min(side, _MOST_ROLL))
            return None
        if message.code == YAW_LIMIT:
            self.yaw_limit = abs(message.numbers[0])
            return None
        if message.code == START:
            self.started = True
        elif message.code == STOP:
            self._rest(at_ns)
        elif message.code == EXIT:
            self._leave(at_ns)
        return Message(message.code)

    def _rest(self, at_ns: int) -> None:
        """Stop where it is."""
        self.started = False
        for axis in self._axes.values():
            axis.command(axis.at(at_ns), at_ns)

    def _leave(self, at_ns: int) -> None:
        self._rest(at_ns)
        self._owner, self.reserved_by, self.yaw_limit = None, "", None
        self.tilt = (_MOST_BACK, _MOST_FORWARD, _MOST_ROLL)
