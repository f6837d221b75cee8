"""Lines of text that come in: a show controller's strings, a button box, a barcode reader."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from devices.listeners import Ear, ear_of
from devices.text.patterns import LineCutter, PatternError, compile_pattern, match
from engine.bus.driver import SettingError, check_settings
from engine.bus.line_driver import integer_setting
from engine.bus.source import Chunk, Signal, SourceConfig, Value

_SETTINGS = ("patterns", "baud", "mode")
_MODES = ("listen", "connect")
_MOST_SENDERS = 64
_MOST_PATTERNS = 64
_NUMBER = re.compile(r"[+-]?\d{1,15}(\.\d{1,15})?")


def create_source(config: SourceConfig) -> TextSource:
    """Entry point of the source."""
    return TextSource(config)


class TextSource:
    """Lines on a serial port, a UDP or TCP port of this machine, or from a server.

    Parameters
    ----------
    config : SourceConfig
        `port`: a serial port, ``udp://0.0.0.0:7000``, ``tcp://0.0.0.0:7000`` (listens), ``tcp://host:7000`` with
        ``mode: connect``. `settings`: see the README of the family.

    Raises
    ------
    SettingError
    """

    family = "text"

    def __init__(self, config: SourceConfig) -> None:
        check_settings(config, _SETTINGS)
        baud = integer_setting(config, "baud", 9600, 300, 4_000_000)
        mode = config.settings.get("mode", "listen")
        if mode not in _MODES or (mode == "connect" and not config.port.startswith("tcp://")):
            raise SettingError(
                f"mode is {mode!r}; allowed: listen, connect (with tcp:// only)", "settings", "mode"
            )
        self.name = config.name
        self.refused = 0
        self._patterns = _patterns(config)
        self._whole = config.port.startswith("udp://")
        self._cutters: dict[str, LineCutter] = {}
        self.ear: Ear = ear_of(config, baud=baud, connect=mode == "connect")

    def open(self) -> None:
        """Listen or connect."""
        self.ear.open()

    def read(self, timeout_s: float) -> Sequence[Chunk]:
        """Bytes as they come in."""
        return self.ear.read(timeout_s)

    def close(self) -> None:
        """Stop."""
        self.ear.close()
        self._cutters.clear()

    def decode(self, chunk: Chunk, at_ns: int) -> Sequence[Signal]:
        """One signal per line: the address of the first pattern that fits, with what its groups hold; else ``/line``."""
        arrived_ns = at_ns if chunk.at_ns is None else chunk.at_ns
        return [
            Signal(self.name, address, values, arrived_ns)
            for line in self._lines(chunk)
            for address, values in (self._say(line),)
        ]

    def _lines(self, chunk: Chunk) -> Sequence[str]:
        if self._whole:  # a datagram is complete, with an end of line or without
            cutter = LineCutter()
            lines = cutter.feed(chunk.data + b"\n")
        elif not chunk.data:
            self._cutters.pop(chunk.sender, None)
            return ()
        else:
            if chunk.sender not in self._cutters and len(self._cutters) >= _MOST_SENDERS:
                self._cutters.pop(next(iter(self._cutters)))
            cutter = self._cutters.setdefault(chunk.sender, LineCutter())
            lines = cutter.feed(chunk.data)
        self.refused += cutter.cut
        cutter.cut = 0
        return lines

    def _say(self, line: str) -> tuple[str, tuple[Value, ...]]:
        for pattern, address in self._patterns:
            found = match(pattern, line)
            if found is not None:
                return address, tuple(_value(group) for group in found.groups() if group is not None)
        return "/line", (line,)


def _value(text: str) -> Value:
    number = _NUMBER.fullmatch(text)
    if number is None:
        return text
    return float(text) if number[1] else int(text)


def _patterns(config: SourceConfig) -> tuple[tuple[re.Pattern[str], str], ...]:
    rows = config.settings.get("patterns", {})
    if not isinstance(rows, Mapping) or len(rows) > _MOST_PATTERNS:
        raise SettingError(
            f'patterns is {rows!r:.80}; write {{"GO (\\\\d+)": /go}}, at most {_MOST_PATTERNS}',
            "settings",
            "patterns",
        )
    found = []
    for text, address in rows.items():
        where = ("settings", "patterns", str(text))
        if not isinstance(address, str) or not re.fullmatch(r"/[!-~]{1,200}", address):
            raise SettingError(
                f"patterns: {text!r} has the address {address!r}; allowed: as /go, without spaces", *where
            )
        try:
            found.append((compile_pattern(text), address))
        except PatternError as error:
            raise SettingError(f"patterns: {error}", *where) from None
    return tuple(found)
