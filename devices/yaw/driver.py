"""Driver for Yaw chairs: yaw without end, pitch and roll, inside a session."""

from __future__ import annotations

import math
from collections.abc import Sequence

from devices.pose import ANGULAR, Reach, axes_setting, make_pose, some_axes_setting
from devices.settings import duration_setting, flag_setting
from devices.yaw.codec import (
    CHECK_IN,
    ERROR,
    START,
    STOP,
    TILT_LIMITS,
    UDP_PORT,
    YAW_LIMIT,
    Message,
    YawError,
    decode_report,
    encode,
    encode_motion,
)
from devices.yaw.session import GAME, Where, YawSession
from engine.bus.driver import Channel, DeviceConfig, MeasuredPose, Report, SettingError, TwinSpec
from engine.bus.line_driver import LineDriver
from engine.bus.ports import parse_udp_port
from engine.units import MOTION_AXES

_SETTINGS = ("axes", "inverted", "park", "feedback", "report_age")
AXES = ("yaw", "pitch", "roll")
_INDICES = tuple(MOTION_AXES.index(axis) for axis in AXES)
_REACH = {"yaw": Reach(36_000.0, 90.0, 360.0, 5000.0), "pitch": ANGULAR, "roll": ANGULAR}
_BROADCAST = "255.255.255.255"
_MEASURED_AXES = sum(1 << index for index in _INDICES)
# With feedback the chair is listened to this often: when a position came is known to a millisecond either way.
_LISTEN_NS = 2_000_000


def create(config: DeviceConfig) -> YawDriver:
    """Entry point of the family."""
    return YawDriver(config)


class YawDriver(LineDriver):
    """One chair.

    Parameters
    ----------
    config : DeviceConfig
        `settings`: see the README of the family.

    Attributes
    ----------
    greeting_frames : tuple of bytes
        What a session begins with.
    attend_ns : int
        Shorter with `feedback`.

    Raises
    ------
    SettingError
    """

    family = "yaw"

    def __init__(self, config: DeviceConfig) -> None:
        super().__init__(
            config,
            settings=_SETTINGS,
            twin=TwinSpec("devices.sim.yaw:make_twin", "udp+tcp"),
            # UDP may lose any command, and a chair that hears nothing stops: every one goes out.
            keep_alive_ns=0,
        )
        pose = make_pose(config, some_axes_setting(config, AXES), _REACH)
        self.channels, self.groups = pose.channels, (pose.group,)
        inverted = axes_setting(config, "inverted", (), len(AXES))
        # The chair counts to the right, nose down and left side down; the engine the other way round, all three.
        self._signs = tuple(1.0 if axis in inverted else -1.0 for axis in AXES)
        limits = self._limits(*(self.channels[index] for index in _INDICES))
        self.greeting_frames = tuple(
            encode(m) for m in (Message(CHECK_IN, (0,), GAME), *limits, Message(START))
        )
        self._session = YawSession(config.name, _where(config.port), limits)
        self.use_line(self._session, config.port)
        self._stopped = False
        self._feedback = flag_setting(config, "feedback")
        age = config.settings.get("report_age")
        self._age_ns = duration_setting(age, "report_age", 0, ("settings", "report_age"))
        self._measured: MeasuredPose | None = None
        self.attend_ns = _LISTEN_NS if self._feedback else 100_000_000

    def encode(self, values: Sequence[float]) -> tuple[bytes, ...]:
        """One datagram."""
        yaw, pitch, roll = (sign * values[index] for sign, index in zip(self._signs, _INDICES, strict=True))
        return (encode_motion(yaw, pitch, roll),)

    def open(self) -> None:
        """Take the chair and start it."""
        if self._session.is_open:
            return
        super().open()
        self._stopped = False
        self._note = f"Yaw chair {self._session.chair} at {self._where}"

    def attend(self, now_ns: int) -> Sequence[Report]:
        """Hear what the chair says: that somebody stopped it, errors, the end of the session."""
        reports = []
        for message in self._session.listen():
            if message.code == ERROR:
                reports.append(Report("fault", f"the chair says: {message.text or 'error'}"))
            elif message.code == STOP and not self._stopped:
                self._stopped = True
                reports.append(
                    Report("session", "somebody stopped the chair; it moves again after a new start")
                )
            elif message.code == START and self._stopped:
                self._stopped = False
                reports.append(Report("session", "the chair was started again"))
            elif message.code == 0:
                reports.append(Report("garbage", message.text))
        if self._feedback and self._session.position:
            reports += self._understand(self._session.position, now_ns)
        return reports

    def measured(self) -> MeasuredPose | None:
        """Where the chair said last that it is; None without `feedback`."""
        return self._measured

    def _understand(self, position: bytes, now_ns: int) -> Sequence[Report]:
        try:
            told = decode_report(position)
        except YawError as error:
            return [Report("garbage", str(error))]
        pose = [0.0] * len(MOTION_AXES)
        for index, sign, value in zip(_INDICES, self._signs, told, strict=True):
            pose[index] = sign * value
        surge, sway, heave, roll, pitch, yaw = pose
        at_ns = now_ns - self._age_ns - _LISTEN_NS // 2
        self._measured = MeasuredPose(at_ns, now_ns, (surge, sway, heave, roll, pitch, yaw), _MEASURED_AXES)
        return []

    def _limits(self, yaw: Channel, pitch: Channel, roll: Channel) -> list[Message]:
        # The chair limits itself too, in whole degrees, so outwards to the next one.
        back, forward = math.ceil(max(pitch.high, 0.0)), math.ceil(max(-pitch.low, 0.0))
        if self._signs[1] > 0.0:
            back, forward = forward, back
        limits = [Message(TILT_LIMITS, (back, forward, math.ceil(max(abs(roll.low), abs(roll.high)))))]
        widest = max(abs(yaw.low), abs(yaw.high))
        if 0.0 < widest <= 180.0:  # beyond half a turn it is meant to go round
            limits.append(Message(YAW_LIMIT, (math.ceil(widest),)))
        return limits


def _where(port: str) -> Where:
    if port == "twin":
        return Where("127.0.0.1")
    if port.startswith("yaw://"):
        return Where(name=port.removeprefix("yaw://").strip("/"))
    try:
        host, number = parse_udp_port(port, UDP_PORT)
    except ValueError as error:
        raise SettingError(
            f"{error}, or yaw:// to look for the chair, yaw://NAME for one of several", "port"
        ) from None
    return Where("" if host == _BROADCAST else host, number)
