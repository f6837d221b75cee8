"""Driver for seats on an SMC3: pose to three targets, with the handshake its Arduino needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from devices.pose import axes_setting, make_pose
from devices.settings import flag_setting
from devices.smc3.codec import (
    BAUD,
    DEFAULT_CLIP,
    DEFAULT_CUTOFF,
    ENABLE,
    MAX_TARGET,
    MOTORS,
    STOP,
    TARGETS,
    VERSION,
    Packet,
    PacketCutter,
    encode_pair,
    encode_read,
    encode_target,
)
from engine.bus.driver import DeviceConfig, Report, SettingError, TwinSpec
from engine.bus.line_driver import LineDriver, integer_setting
from engine.bus.ports import SerialLine
from engine.errors import DeviceError
from engine.units import MOTION_AXES

_SETTINGS = ("axes", "inverted", "mid", "travel", "clip", "cutoff", "feedback", "baud", "park")
_ATTEND_NS = 100_000_000
# An Arduino starts over when its port is opened and hears nothing for about 2 s while its boot loader waits.
_BOOT_NS = 3_000_000_000
_SILENT_NS = 2_000_000_000


@dataclass(slots=True)
class _Talk:
    """What is known of the controller since the port was opened."""

    cutter: PacketCutter = field(default_factory=PacketCutter)
    opened_ns: int | None = None
    heard_ns: int = 0
    asked_ns: int = -_ATTEND_NS
    greeted: bool = False
    said_garbage: bool = False
    said_silent: bool = False
    off: int = 0
    turn: int = 0


def create(config: DeviceConfig) -> Smc3Driver:
    """Entry point of the family."""
    return Smc3Driver(config)


class Smc3Driver(LineDriver):
    """One seat with up to three motors.

    Parameters
    ----------
    config : DeviceConfig
        `settings`: see the README of the family.

    Attributes
    ----------
    greeting_frames : tuple of bytes
        What is sent on connecting, before the park pose.

    Raises
    ------
    SettingError
    """

    family = "smc3"
    attend_ns = _ATTEND_NS

    def __init__(self, config: DeviceConfig) -> None:
        super().__init__(
            config,
            settings=_SETTINGS,
            twin=TwinSpec("devices.sim.smc3:make_twin", "serial"),
            # A lost byte costs one packet (there is no check), so every command goes out.
            keep_alive_ns=0,
        )
        axes = axes_setting(config, "axes", ("roll", "pitch", "heave"), MOTORS)
        if not axes:
            raise SettingError("axes is empty; name the axis of each motor", "settings", "axes")
        pose = make_pose(config, axes)
        self.channels, self.groups = pose.channels, (pose.group,)
        inverted = axes_setting(config, "inverted", (), MOTORS)
        self.clip = integer_setting(config, "clip", DEFAULT_CLIP, 0, 255)
        self.cutoff = integer_setting(config, "cutoff", min(DEFAULT_CUTOFF, self.clip), 0, 255)
        if self.cutoff > self.clip:
            raise SettingError(
                f"cutoff is {self.cutoff}, clip is {self.clip}; a motor is switched off beyond its cutoff, so it must "
                "lie outside the clip",
                "settings",
                "cutoff",
            )
        self._mid = integer_setting(config, "mid", (MAX_TARGET + 1) // 2, 1, MAX_TARGET - 1)
        room = min(self._mid - self.clip, MAX_TARGET - self.clip - self._mid)
        if room < 1:
            raise SettingError(
                f"mid is {self._mid}; allowed {self.clip + 1} to {MAX_TARGET - self.clip - 1}, inside the clip",
                "settings",
                "mid",
            )
        travel = integer_setting(config, "travel", room, 1, room)
        self._rows = tuple(
            (MOTION_AXES.index(axis), (-travel if axis in inverted else travel) / pose.half_range(axis))
            for axis in axes
        )
        self._feedback = flag_setting(config, "feedback", False)
        limits = [encode_pair("limits", motor, self.cutoff, self.clip) for motor in range(len(axes))]
        chosen = limits if {"clip", "cutoff"} & set(config.settings) else []
        self.greeting_frames: tuple[bytes, ...] = (*chosen, ENABLE)
        baud = integer_setting(config, "baud", BAUD, 1200, 4_000_000)
        self._serial = SerialLine(config.name, config.port, baud)
        self.use_line(self._serial, f"serial {config.port}")
        self._talk = _Talk()

    @property
    def motors(self) -> int:
        """How many motors are commanded."""
        return len(self._rows)

    def encode(self, values: Sequence[float]) -> tuple[bytes, ...]:
        """One frame with a target for each motor; the range of an axis fills `travel`."""
        out = bytearray()
        for motor, (index, gain) in enumerate(self._rows):
            target = self._mid + round(gain * values[index])
            out += encode_target(motor, min(max(target, self.clip), MAX_TARGET - self.clip))
        return (bytes(out),)

    def open(self) -> None:
        """Connect, ask for the version and switch the motors on."""
        if self._serial.is_open:
            return
        super().open()
        self._talk = _Talk()
        try:
            self._serial.send((*self.greeting_frames, VERSION))
        except DeviceError as error:
            self._serial.close()
            self._failed(error)
            raise

    def close(self) -> None:
        """Stop and hold, then let go; the bus has sent the park pose before."""
        if self._serial.is_open:
            try:
                self._serial.send((STOP,))
            except DeviceError:
                pass  # it is gone; there is nobody left to stop
        super().close()

    def attend(self, now_ns: int) -> Sequence[Report]:
        """Finish the handshake; with `feedback`, ask for positions and for motors that switched themselves off."""
        if self._talk.opened_ns is None:
            self._talk.opened_ns = self._talk.heard_ns = now_ns
        reports: list[Report] = []
        errors = self._talk.cutter.errors
        for packet in self._talk.cutter.feed(self._serial.read()):
            self._talk.heard_ns, self._talk.said_silent = now_ns, False
            reports += self._understand(packet)
        # Its boot loader's noise is no fault; what comes later is.
        if self._talk.cutter.errors != errors and self._talk.greeted and not self._talk.said_garbage:
            self._talk.said_garbage = True
            reports.append(
                Report(
                    "garbage",
                    "the controller sends what is no SMC3 packet; check the baud rate and the cable",
                )
            )
        # It is called after every command too; the controller is asked ten times a second all the same.
        if now_ns - self._talk.asked_ns < _ATTEND_NS:
            return reports
        self._talk.asked_ns = now_ns
        if not self._talk.greeted:
            if now_ns - self._talk.opened_ns < _BOOT_NS:
                self._serial.send((VERSION,))
                return reports
            self._talk.greeted = True
            self._serial.send(self.greeting_frames)
            reports.append(
                Report("session", "the controller does not tell its version; motors were switched on unasked")
            )
        if self._feedback:
            self._talk.turn = (self._talk.turn + 1) % self.motors
            self._serial.send((encode_read("Y"), encode_read(chr(TARGETS[self._talk.turn]))))
            if now_ns - self._talk.heard_ns > _SILENT_NS and not self._talk.said_silent:
                self._talk.said_silent = True
                reports.append(
                    Report(
                        "fault",
                        f"no answer for {_SILENT_NS / 1e9:g} s; motors may be unpowered or the cable cut",
                    )
                )
        return reports

    def _understand(self, packet: Packet) -> list[Report]:
        if packet.code == ord("v") and not self._talk.greeted:
            # Only now is it certain that the boot loader is over and the first commands were not lost.
            self._talk.greeted = True
            self._serial.send(self.greeting_frames)
            return [Report("session", f"SMC3 version {packet.word / 100:.2f}, motors switched on")]
        if packet.code == ord("Y") and self._talk.greeted:
            off = packet.first & (1 << self.motors) - 1
            fresh, self._talk.off = off & ~self._talk.off, off
            return [
                Report(
                    "fault",
                    f"motor {motor + 1} switched itself off: it was beyond its cutoff; see that it is free, then start over",
                )
                for motor in range(self.motors)
                if fresh >> motor & 1
            ]
        return []
