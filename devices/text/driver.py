"""Driver for whatever takes lines of text: matrix switchers, relays, players, doors; over serial, TCP or UDP."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from devices.edges import Edges
from devices.groups import narrowed
from devices.links import link_to
from devices.scale import read_scale
from devices.settings import duration_setting
from devices.text.patterns import LineCutter, PatternError, compile_pattern, match
from devices.text.template import MAX_TEMPLATE, Template, TemplateError, parse_template
from engine.bus.driver import (
    Channel,
    DeviceConfig,
    Form,
    Group,
    Report,
    SettingError,
    TwinSpec,
)
from engine.bus.line_driver import LineDriver, integer_setting
from engine.errors import DeviceError

_SETTINGS = ("commands", "start", "stop", "keep_alive", "replies", "reply_within", "baud")
_COMMAND_KEYS = ("send", "hex", "else", "else_hex", "when", "level", "scale", "expect")
_WHEN = ("change", "above", "below")
_REPLY_KINDS = ("reply", "fault", "ignore")
_DEFAULT_PORT = 7000
_ATTEND_NS = 50_000_000
_REPLY_WITHIN_NS = 1_000_000_000
# Nothing is repeated by itself: a string may start something, and what was said already does not leave anyway. What must be
# kept alive has `keep_alive`.
_NEVER_NS = 3_600_000_000_000
_MOST_REPORTS = 32
_MOST_READS = 16


def create(config: DeviceConfig) -> TextDriver:
    """Entry point of the family."""
    return TextDriver(config)


@dataclass(frozen=True, slots=True)
class Command:
    """What one level says.

    Parameters
    ----------
    name : str
    send : Template
    otherwise : Template or None
        Said when the level leaves the side on which `send` is said.
    when : {"change", "above", "below"}
    level : float
        Threshold 0..1 of ``above`` and ``below``.
    offset, factor : float
        The template's value is ``offset + factor * level``.
    expect : pattern or None
        What the device answers.
    """

    name: str
    send: Template
    otherwise: Template | None
    when: str
    level: float
    offset: float
    factor: float
    expect: re.Pattern[str] | None

    @property
    def does(self) -> bool:
        """Whether it does something (which must not be done twice) rather than stands for something."""
        return self.when != "change" and self.otherwise is None

    def frame(self, level: float) -> bytes:
        """Bytes for the state a level stands for; empty for nothing to say."""
        chosen: Template | None = self.send
        if (self.when == "above" and level < self.level) or (self.when == "below" and level >= self.level):
            chosen = self.otherwise
        return b"" if chosen is None else chosen.render(level, self.offset + self.factor * level)


@dataclass(slots=True)
class _Awaited:
    name: str
    pattern: re.Pattern[str]
    until_ns: int | None = None


class TextDriver(LineDriver):
    """One device that takes strings.

    Parameters
    ----------
    config : DeviceConfig
        `settings`: see the README of the family.

    Raises
    ------
    SettingError
    """

    family = "text"
    attend_ns = _ATTEND_NS

    def __init__(self, config: DeviceConfig) -> None:
        super().__init__(
            config,
            settings=_SETTINGS,
            twin=TwinSpec("devices.sim.text:make_twin", "serial"),
            keep_alive_ns=_NEVER_NS,
        )
        self.commands = read_commands(config)
        channels = [Channel(f"{command.name}.level", "ratio", 0.0, 1.0) for command in self.commands]
        groups = [Group(command.name, Form.LEVEL, (index,)) for index, command in enumerate(self.commands)]
        self.channels = narrowed(config, channels, groups)
        self.groups = tuple(groups)
        self.start = _fixed(config, "start")
        self.stop = _fixed(config, "stop")
        self._ping, self._ping_ns = _keep_alive(config)
        self._replies = _replies(config)
        self._reply_within_ns = duration_setting(
            config.settings.get("reply_within"),
            "reply_within",
            _REPLY_WITHIN_NS,
            ("settings", "reply_within"),
        )
        baud = integer_setting(config, "baud", 9600, 300, 4_000_000)
        try:
            self._link = link_to(config.name, config.port, baud=baud, default_port=_DEFAULT_PORT)
        except ValueError as error:
            raise SettingError(str(error), "port") from None
        self.use_line(self._link, f"strings at {config.port}")
        self._edges = Edges([command.does for command in self.commands])
        self._cutter = LineCutter()
        self._awaited: deque[_Awaited] = deque(maxlen=_MOST_REPORTS)
        self._last_ping_ns: int | None = None

    def encode(self, values: Sequence[float]) -> tuple[bytes, ...]:
        """One frame per command with the string its level stands for; what is news is found when it leaves."""
        return tuple(command.frame(value) for command, value in zip(self.commands, values, strict=True))

    def stamp(self, frames: Sequence[bytes]) -> Sequence[bytes]:
        """Leave out what was said already, and note whose answer is due."""
        leaving = []
        for index, frame in self._edges.news(frames):
            command = self.commands[index]
            if command.expect is not None:
                self._awaited.append(_Awaited(command.name, command.expect))
            leaving.append(frame)
        return leaving

    def open(self) -> None:
        """Connect, and say what opens a session."""
        if self._link.is_open:
            return
        super().open()
        self._edges.reopened()
        self._cutter = LineCutter()
        self._awaited.clear()
        self._last_ping_ns = None
        if self.start:
            try:
                self._link.send((self.start,))
            except DeviceError as error:
                self._link.close()
                self._failed(error)
                raise

    def close(self) -> None:
        """Say what closes a session, then let go of the line."""
        if self._link.is_open and self.stop:
            try:
                self._link.send((self.stop,))
            except DeviceError:
                pass  # the line is gone, and with it the only way to say it
        super().close()

    def attend(self, now_ns: int) -> Sequence[Report]:
        """Read answers, notice those that do not come, keep the session alive. Raises DeviceGone."""
        reports: list[Report] = []
        try:
            self._keep_alive(now_ns)
            for _ in range(_MOST_READS):  # a device that never pauses must not keep its commands from leaving
                if not (data := self._link.read()):
                    break
                for line in self._cutter.feed(data):
                    self._take(line, reports)
        except DeviceError as error:
            self._failed(error)
            raise
        for awaited in list(self._awaited):
            if awaited.until_ns is None:
                awaited.until_ns = now_ns + self._reply_within_ns
            elif now_ns >= awaited.until_ns:
                self._awaited.remove(awaited)
                within_s = self._reply_within_ns / 1e9
                reports.append(
                    Report(
                        "fault",
                        f"{awaited.name}: no answer like {awaited.pattern.pattern!r} within {within_s:g} s",
                    )
                )
        return reports[:_MOST_REPORTS]

    def _take(self, line: str, reports: list[Report]) -> None:
        for awaited in self._awaited:
            if match(awaited.pattern, line):
                self._awaited.remove(awaited)
                return
        for pattern, kind in self._replies:
            if match(pattern, line):
                if kind != "ignore":
                    reports.append(Report(kind, line))
                return
        if self._awaited or self._replies:
            reports.append(Report("garbage", f"unexpected answer {line!r:.200}"))

    def _keep_alive(self, now_ns: int) -> None:
        if not self._ping:
            return
        if self._last_ping_ns is None or now_ns - self._last_ping_ns >= self._ping_ns:
            self._last_ping_ns = now_ns
            self._link.send((self._ping,))


def read_commands(config: DeviceConfig) -> tuple[Command, ...]:
    """The ``commands`` of a device's settings. Raises SettingError."""
    rows = config.settings.get("commands", {})
    if not isinstance(rows, Mapping) or not rows:
        raise SettingError(
            'commands is missing or empty; name at least one, as {power: {send: "PWR ON\\r", else: "PWR OFF\\r", when: above}}',
            "settings",
            "commands",
        )
    return tuple(_command(str(name), row) for name, row in rows.items())


def _command(name: str, row: object) -> Command:
    where = ("settings", "commands", name)
    if not isinstance(row, Mapping):
        raise SettingError(f'command {name} is {row!r}; write {{send: "VOL {{value:03d}}\\r"}}', *where)
    for key in row:
        if key not in _COMMAND_KEYS:
            raise SettingError(
                f"command {name}: unknown {key!r}; allowed: {', '.join(_COMMAND_KEYS)}", *where, str(key)
            )
    send = _template(row, "send", "hex", where)
    otherwise = _template(row, "else", "else_hex", where)
    if send is None:
        raise SettingError(f"command {name} sends nothing; write send: or hex:", *where, "send")
    when = row.get("when", "change" if send.has_fields else "above")
    if when not in _WHEN:
        raise SettingError(f"command {name}: when is {when!r}; allowed: {', '.join(_WHEN)}", *where, "when")
    if when == "change" and otherwise is not None:
        raise SettingError(f"command {name}: else needs when: above or below", *where, "else")
    if when == "change" and not send.has_fields:
        raise SettingError(
            f"command {name}: what is sent on change has no {{value}}; write when: above, or a place for the value",
            *where,
            "when",
        )
    level = row.get("level", 0.5)
    if not isinstance(level, int | float) or isinstance(level, bool) or not 0 < level <= 1:
        raise SettingError(f"command {name}: level is {level!r}; allowed: above 0, to 1", *where, "level")
    offset, factor = read_scale(row.get("scale", 1.0), f"command {name}", (*where, "scale"))
    expect = None
    if "expect" in row:
        expect = _pattern(row["expect"], f"command {name}", (*where, "expect"))
    return Command(name, send, otherwise, str(when), float(level), offset, factor, expect)


def _template(row: Mapping[str, object], key: str, hex_key: str, where: tuple[str, ...]) -> Template | None:
    if key in row and hex_key in row:
        raise SettingError(f"{where[-1]}: give either {key} or {hex_key}, not both", *where, hex_key)
    if hex_key in row:
        try:
            data = bytes.fromhex(str(row[hex_key]))
        except ValueError:
            data = b""
        if not 1 <= len(data) <= MAX_TEMPLATE:
            raise SettingError(
                f'{where[-1]}: {hex_key} is {row[hex_key]!r}; allowed: 1 to {MAX_TEMPLATE} bytes, as "02 50 4f 4e 03"',
                *where,
                hex_key,
            )
        return Template((data,))
    if key not in row:
        return None
    text = row[key]
    if not isinstance(text, str) or not text:
        raise SettingError(f'{where[-1]}: {key} is {text!r}; allowed: text, as "PWR ON\\r"', *where, key)
    try:
        return parse_template(text)
    except TemplateError as error:
        raise SettingError(f"{where[-1]}: {error}", *where, key) from None


def _fixed(config: DeviceConfig, key: str) -> bytes:
    if key not in config.settings:
        return b""
    made = _template(config.settings, key, "", ("settings",))
    if made is None or made.has_fields:
        raise SettingError(f"{key} is {config.settings[key]!r}; it has no value to send", "settings", key)
    return made.render(0.0, 0.0)


def _keep_alive(config: DeviceConfig) -> tuple[bytes, int]:
    row = config.settings.get("keep_alive")
    if row is None:
        return b"", 0
    where = ("settings", "keep_alive")
    if not isinstance(row, Mapping) or set(row) - {"send", "hex", "every"}:
        raise SettingError(f'keep_alive is {row!r}; write {{send: "PING\\r", every: 10s}}', *where)
    made = _template(row, "send", "hex", where)
    if made is None or made.has_fields:
        raise SettingError("keep_alive: write send: or hex:, without a value", *where, "send")
    return made.render(0.0, 0.0), duration_setting(
        row.get("every"), "every", 10_000_000_000, (*where, "every")
    )


def _replies(config: DeviceConfig) -> tuple[tuple[re.Pattern[str], str], ...]:
    rows = config.settings.get("replies", {})
    if not isinstance(rows, Mapping):
        raise SettingError(
            f'replies is {rows!r}; write {{"ERR.*": fault, "OK": ignore}}', "settings", "replies"
        )
    found = []
    for text, kind in rows.items():
        where = ("settings", "replies", str(text))
        if kind not in _REPLY_KINDS:
            raise SettingError(f"replies: {text!r} is {kind!r}; allowed: {', '.join(_REPLY_KINDS)}", *where)
        found.append((_pattern(text, "replies", where), str(kind)))
    return tuple(found)


def _pattern(text: object, what: str, where: tuple[str, ...]) -> re.Pattern[str]:
    try:
        return compile_pattern(text)
    except PatternError as error:
        raise SettingError(f"{what}: {error}", *where) from None
