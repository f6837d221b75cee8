"""Driver for an Enttec-type USB interface: fixtures to DMX slots to a serial port."""

from __future__ import annotations

from collections.abc import Sequence

from devices.dmx.fixtures import Patch
from devices.enttec.codec import (
    GET_PARAMETERS,
    GET_SERIAL,
    MIN_SLOTS,
    EnttecError,
    Message,
    MessageCutter,
    decode_parameters,
    decode_serial,
    encode,
    encode_dmx,
)
from engine.bus.driver import DeviceConfig, Report, SettingError, TwinSpec
from engine.bus.line_driver import LineDriver
from engine.bus.ports import SerialLine

_SETTINGS = ("fixtures", "slots")
# The interface is a USB FIFO: it takes any speed. Some clones are real serial ports at this one.
BAUD = 57_600
KEEP_ALIVE_NS = 900_000_000
ATTEND_NS = 100_000_000
ANSWER_LIMIT_NS = 1_000_000_000


def create(config: DeviceConfig) -> EnttecDriver:
    """Entry point of the family."""
    return EnttecDriver(config)


class EnttecDriver(LineDriver):
    """One universe on one interface.

    Parameters
    ----------
    config : DeviceConfig
        `settings`: see the README of the family.

    Raises
    ------
    SettingError
    """

    family = "enttec"

    def __init__(self, config: DeviceConfig) -> None:
        super().__init__(
            config,
            settings=_SETTINGS,
            twin=TwinSpec("devices.sim.enttec:make_twin", "serial"),
            keep_alive_ns=KEEP_ALIVE_NS,
        )
        self.attend_ns = ATTEND_NS
        self.patch = Patch(config, lowest=1, highest=1, default=1, least_slots=MIN_SLOTS)
        self.channels = self.patch.channels
        self.groups = self.patch.groups
        if config.port.startswith("udp://"):
            raise SettingError(
                f"port is {config.port!r}; allowed: twin, a serial port (COM3, /dev/ttyUSB0), socket://host:port",
                "port",
            )
        self._serial = SerialLine(config.name, config.port, BAUD)
        self.use_line(self._serial, f"serial {config.port}")
        self._cutter = MessageCutter()
        self._asked_ns: int | None = None
        self._missing: set[int] = set()
        self._told_silent = False
        self._told_lost = 0
        self._told: set[str] = set()

    def encode(self, values: Sequence[float]) -> tuple[bytes, ...]:
        """The message that shows `values`."""
        (slots,) = self.patch.slots(values).values()
        return (encode_dmx(slots),)

    def attend(self, now_ns: int) -> Sequence[Report]:
        """Ask the interface who it is, once per connection, and read what it says. Raises DeviceGone."""
        reports: list[Report] = []
        if self._asked_ns is None:
            self._asked_ns = now_ns
            self._missing = {GET_PARAMETERS, GET_SERIAL}
            # Parameters are asked for with the size of the user's own data: none.
            self._serial.send([encode(Message(GET_PARAMETERS, b"\x00\x00")), encode(Message(GET_SERIAL))])
        for message in self._cutter.feed(self._serial.read()):
            try:
                text = _told(message)
            except EnttecError as error:
                reports.append(Report("garbage", f"answer {message.label} is not understood: {error}"))
                continue
            if text:
                self._missing.discard(message.label)
                if text not in self._told:  # the same interface plugged in again is no news
                    self._told = {known for known in self._told if known[:6] != text[:6]} | {text}
                    reports.append(Report("reply", text))
        if self._cutter.lost_bytes > self._told_lost:
            if self._told_lost == 0:
                reports.append(
                    Report(
                        "garbage",
                        f"{self._cutter.lost_bytes} bytes came that no DMX USB Pro sends; levels go on",
                    )
                )
            self._told_lost = self._cutter.lost_bytes
        if self._missing and not self._told_silent and now_ns - self._asked_ns > ANSWER_LIMIT_NS:
            self._told_silent = True
            reports.append(
                Report(
                    "fault",
                    f"{self.config.port} does not say what it is; is it an interface of the DMX USB Pro type "
                    "(an Open DMX takes no messages)? Levels go on",
                )
            )
        return reports

    def close(self) -> None:
        """Let go of the line; the interface holds the last look."""
        self._asked_ns = None
        self._cutter.clear()
        super().close()


def _told(message: Message) -> str:
    """What an answer says, for people; empty for messages nobody asked for."""
    if message.label == GET_SERIAL:
        return f"serial number {decode_serial(message.data):08d}"
    if message.label == GET_PARAMETERS:
        found = decode_parameters(message.data)
        rate = f"{found.rate_hz} packets/s" if found.rate_hz else "as fast as it goes"
        return (
            f"firmware {found.firmware[0]}.{found.firmware[1]}, break {found.break_us:.0f} us, "
            f"mark {found.mark_us:.0f} us, {rate}"
        )
    return ""
