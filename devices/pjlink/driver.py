"""Driver for PJLink projectors: power, input, shutter (and freeze) follow levels; faults are asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from devices.groups import narrowed
from devices.links import TcpLink, parse_tcp_port
from devices.pjlink.codec import TCP_PORT, Command, decode_command, encode_command
from devices.pjlink.session import PjlinkSession
from devices.settings import choice_setting, duration_setting
from engine.bus.driver import (
    Channel,
    DeviceConfig,
    Form,
    Group,
    Health,
    Report,
    SettingError,
    TwinSpec,
)
from engine.bus.line_driver import LineDriver
from engine.errors import DeviceError, DeviceGone

_SETTINGS = ("inputs", "mute", "password", "class", "poll", "rest", "twin")
_GROUPS = ("power", "input", "mute", "freeze")
_MUTES = {"picture": "1", "sound": "2", "both": "3"}
_ATTEND_NS = 100_000_000
_POLL_NS = 5_000_000_000
# The session repeats what the projector could not do yet; the bus need not.
_KEEP_ALIVE_NS = 3_600_000_000_000


def create(config: DeviceConfig) -> PjlinkDriver:
    """Entry point of the family."""
    return PjlinkDriver(config)


class PjlinkDriver(LineDriver):
    """One projector.

    Parameters
    ----------
    config : DeviceConfig
        `settings`: see the README of the family.

    Raises
    ------
    SettingError
    """

    family = "pjlink"
    attend_ns = _ATTEND_NS

    def __init__(self, config: DeviceConfig) -> None:
        super().__init__(
            config,
            settings=_SETTINGS,
            twin=TwinSpec("devices.sim.pjlink:make_twin", "session"),
            keep_alive_ns=_KEEP_ALIVE_NS,
        )
        self.grade = _grade(config)
        self.inputs = _inputs(config)
        self._mute = _MUTES[choice_setting(config, "mute", "both", _MUTES)]
        rest = _rest(config)
        names = [
            "power",
            *(["input"] if self.inputs else []),
            "mute",
            *(["freeze"] if self.grade == 2 else []),
        ]
        # A projector is not switched off because a show ends or stops: it would need minutes to come back.
        figures = {name: rest.get(name, 1.0 if name == "power" else 0.0) for name in names}
        channels = [
            Channel(f"{name}.level", "ratio", 0.0, 1.0, value, value) for name, value in figures.items()
        ]
        groups = [Group(name, Form.LEVEL, (index,)) for index, name in enumerate(names)]
        self.channels = narrowed(config, channels, groups)
        self.groups = tuple(groups)
        self._session = PjlinkSession(
            str(config.settings.get("password", "")),
            duration_setting(config.settings.get("poll"), "poll", _POLL_NS, ("settings", "poll")),
        )
        host, port = "", TCP_PORT
        if config.port != "twin":
            try:
                host, port = parse_tcp_port(config.port, TCP_PORT)
            except ValueError as error:
                raise SettingError(str(error), "port") from None
        self._link = TcpLink(config.name, host, port)
        self.use_line(self._link, f"projector at {config.port}")
        self._talked = False
        self._wanted_open = False

    def encode(self, values: Sequence[float]) -> tuple[bytes, ...]:
        """The commands that stand for `values`, all of them; the session sends those that are not so yet."""
        frames = []
        for group, value in zip(self.groups, values, strict=True):
            on = value >= 0.5
            if group.name == "power":
                command = Command("POWR", "1" if on else "0")
            elif group.name == "input":
                chosen = self.inputs[round(value * (len(self.inputs) - 1))]
                command = Command("INPT", chosen, self.grade)
            elif group.name == "mute":
                command = Command("AVMT", f"{self._mute}{1 if on else 0}")
            else:
                command = Command("FREZ", "1" if on else "0", 2)
            frames.append(encode_command(command))
        return tuple(frames)

    def open(self) -> None:
        """Connect."""
        if self._wanted_open:
            return
        super().open()
        self._wanted_open = True
        self._talked = False

    def send(self, frames: Sequence[bytes]) -> None:
        """Take what is wished; `attend` talks."""
        if not self._wanted_open:
            raise DeviceGone(f"{self.name}: the connection to {self.config.port} is closed")
        wishes = [decode_command(frame.removesuffix(b"\r")) for frame in frames]
        self._session.wish({command.name: command for command in wishes})
        self._sent += len(frames)

    def close(self) -> None:
        """Hang up; the projector stays as it is."""
        self._wanted_open = False
        super().close()

    @property
    def health(self) -> Health:
        """State of the session: a projector that hung up because nobody said anything is not lost."""
        found = super().health
        return replace(found, state="open") if self._wanted_open else found

    def attend(self, now_ns: int) -> Sequence[Report]:
        """Read answers, send what is due, ask for faults. Raises DeviceGone."""
        if not self._wanted_open:
            return ()
        try:
            self._talk(now_ns)
        except DeviceError as error:
            self._failed(error)
            raise
        return self._session.take_reports()

    def _talk(self, now_ns: int) -> None:
        session = self._session
        if not self._link.is_open:
            if session.due(now_ns) is None:
                return
            self._link.open()
            self._talked = False
        if not self._talked:
            session.connected(now_ns)
            self._talked = True
        while True:
            try:
                data = self._link.read()
            except DeviceGone:
                if session.waits:
                    raise
                # Projectors hang up after about 30 s of silence (PJLink class 1, 4.1); it is called again when there is
                # something to say.
                self._link.close()
                return
            if not data:
                break
            session.feed(data, now_ns)
        command = session.next_bytes(now_ns)
        if session.failure:
            raise DeviceGone(f"{self.name}: projector at {self.config.port}: {session.failure}")
        if command:
            self._link.send((command,))


def _grade(config: DeviceConfig) -> int:
    grade = config.settings.get("class", 1)
    if grade not in (1, 2) or isinstance(grade, bool):
        raise SettingError(f"class is {grade!r}; allowed: 1, 2", "settings", "class")
    return int(grade)


def _inputs(config: DeviceConfig) -> tuple[str, ...]:
    rows = config.settings.get("inputs", [])
    if not isinstance(rows, list) or len(rows) > 32:
        raise SettingError(f"inputs is {rows!r:.80}; write a list, as [31, 32]", "settings", "inputs")
    found = []
    for index, row in enumerate(rows):
        text = str(row)
        # 11-59 in class 1; class 2 adds 6 (internal) and letters in the second place.
        if (
            len(text) != 2
            or text[0] not in "123456"
            or not (text[1].isascii() and text[1].isalnum() and text[1] != "0")
        ):
            raise SettingError(
                f"input is {row!r}; allowed: 11 to 19 RGB, 21 video, 31 digital, 41 storage, 51 network, 61 internal",
                "settings",
                "inputs",
                index,
            )
        found.append(text.upper())
    return tuple(found)


def _rest(config: DeviceConfig) -> dict[str, float]:
    rows = config.settings.get("rest", {})
    if not isinstance(rows, Mapping):
        raise SettingError(f"rest is {rows!r}; write {{power: 1, mute: 0}}", "settings", "rest")
    for key, value in rows.items():
        if key not in _GROUPS or not isinstance(value, int | float) or not 0 <= value <= 1:
            raise SettingError(
                f"rest: {key} is {value!r}; allowed: power, input, mute, freeze, 0 to 1 each",
                "settings",
                "rest",
                str(key),
            )
    return {str(key): float(value) for key, value in rows.items()}
