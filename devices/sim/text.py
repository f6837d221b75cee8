"""Twin of a device that takes strings: knows the commands of the rig, says OK to each and ERR to anything else.

Has: answers that fit what the rig expects, where they can be guessed (``VOL=0`` for "VOL=" and digits); the state each command
stands for. Has not: any particular maker's manners.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

from devices.sim.physics import LaggedValue
from devices.text.driver import Command, TextDriver
from devices.text.patterns import match
from devices.text.template import Template
from engine.bus.driver import DeviceConfig

_MOST_WAITING = 8192
_NUMBER = rb"( *[+-]?(?:[0-9]{0,16}\.[0-9]{1,16}|[0-9a-fA-F]{1,16}))"
_DIGITS = re.compile(r"\\d[+*]?")
_BRACKETS = re.compile(r"[()]")


def make_twin(config: DeviceConfig) -> TextTwin:
    """A device that knows the commands of the rig."""
    return TextTwin(config)


class TextTwin:
    """A device in software.

    Parameters
    ----------
    config : DeviceConfig
        The device it stands for; its latency is how late it acts.

    Attributes
    ----------
    heard : list of bytes
        Commands understood, in order; the last 256.
    refused : int
        Bytes that were part of no command.
    """

    def __init__(self, config: DeviceConfig) -> None:
        driver = TextDriver(config)
        latency = config.latency
        self._values = {
            command.name: LaggedValue(0.0, dead_ns=latency.dead_ns, lag_ns=latency.lag_ns)
            for command in driver.commands
        }
        self._known: list[tuple[re.Pattern[bytes], Command | None, bool]] = []
        for command in driver.commands:
            self._known.append((_like(command.send), command, True))
            if command.otherwise is not None:
                self._known.append((_like(command.otherwise), command, False))
        for fixed in (driver.start, driver.stop):
            if fixed:
                self._known.append((re.compile(re.escape(fixed)), None, False))
        self._buffer = b""
        self.heard: list[bytes] = []
        self.refused = 0

    def receive(self, data: bytes, at_ns: int) -> Sequence[bytes]:
        """Take any cut of the stream; answers each command."""
        self._buffer += data
        replies = []
        while self._buffer:
            for pattern, command, on in self._known:
                found = pattern.match(self._buffer)
                if found is None:
                    continue
                self.heard = [*self.heard[-255:], found[0]]
                self._buffer = self._buffer[found.end() :]
                if command is not None:
                    self._values[command.name].command(_level(command, found, on), at_ns)
                    replies.append(_answer(command, found[0]))
                break
            else:
                if not self._drop():
                    break
                replies.append(b"ERR\r\n")
        return replies

    def state_at(self, at_ns: int) -> Mapping[str, float]:
        """Per command: the value it was last sent with, or 1 and 0 for on and off."""
        return {name: value.at(at_ns) for name, value in self._values.items()}

    def _drop(self) -> bool:
        """Throw away a line that is no command; False while it may still become one."""
        end = re.search(rb"[\r\n]+", self._buffer)
        if end is None and len(self._buffer) <= _MOST_WAITING:
            return False
        cut = len(self._buffer) if end is None else end.end()
        self.refused += cut
        self._buffer = self._buffer[cut:]
        return True


def _like(template: Template) -> re.Pattern[bytes]:
    return re.compile(
        b"".join(re.escape(part) if isinstance(part, bytes) else _NUMBER for part in template.parts)
    )


def _level(command: Command, found: re.Match[bytes], on: bool) -> float:
    if command.when != "change":
        return 1.0 if on else 0.0
    try:
        value = float(found[1])
    except ValueError:
        value = math.inf
    # Letters make it a number in hex; 1e999 is one too, since nobody sends it as a power of ten.
    return value if math.isfinite(value) else float(int(found[1], 16))


def _answer(command: Command, heard: bytes) -> bytes:
    """What the rig expects, guessed from its pattern; else OK, or the command's own words."""
    pattern = command.expect
    guess = "" if pattern is None else _BRACKETS.sub("", _DIGITS.sub("0", pattern.pattern).replace(".*", ""))
    echo = heard.decode("utf-8", "replace").strip()
    for answer in (guess, echo, "OK"):
        if pattern is not None and match(pattern, answer):
            return f"{answer}\r\n".encode()
    return b"OK\r\n"
