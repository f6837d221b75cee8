"""PJLink class 1 and 2: projectors over TCP 4352, lines of ASCII that end with CR. Bytes and frozen values, no I/O.

================================  ==============================================================================
line                              meaning
================================  ==============================================================================
``PJLINK 0``                      greeting, no password
``PJLINK 1 498e4a67``             greeting with a random number; the first command is led by md5(number + password)
``PJLINK ERRA``                   the password was wrong
``%1POWR 1``                      command: class, four letters, space, parameter; ``?`` asks
``%1POWR=OK``                     answer: a value, ``OK``, or ``ERR1`` to ``ERR4``
``%2SRCH``, ``%2ACKN=<MAC>``      search by UDP broadcast, and who is there
``%2POWR=3``                      by UDP: a notice of what has changed
================================  ==============================================================================

Source: "PJLink Specifications" class 1 version 1.04 and class 2 version 2.00 (JBMIA).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

TCP_PORT = 4352
SEARCH = b"%2SRCH\r"
"""Class 2: broadcast by UDP to the same port number; projectors answer with their MAC address."""
MAX_LINE = 200
"""A line is at most 136 bytes by the specification (128 of them a parameter) and the digest's 32."""
POWER_OFF, POWER_ON, POWER_COOLING, POWER_WARMING = "0", "1", "2", "3"
POWER_WORDS: Mapping[str, str] = MappingProxyType(
    {"0": "off", "1": "on", "2": "cooling down", "3": "warming up"}
)
ERRORS: Mapping[str, str] = MappingProxyType(
    {
        "ERR1": "it does not know this command",
        "ERR2": "it does not have what was asked for",
        "ERR3": "it cannot do this now",
        "ERR4": "it has failed",
    }
)
_STATUS_PARTS = ("fan", "lamp", "temperature", "cover", "filter", "other")
_COMMAND = re.compile(r"([0-9a-f]{32})?%([12])([A-Z0-9]{4}) ([^\r]{1,128})", re.DOTALL)
_ANSWER = re.compile(r"%([12])([A-Z0-9]{4})=([^\r]{0,128})", re.DOTALL | re.IGNORECASE)
_GREETING = re.compile(r"PJLINK (?:(0)|1 ([0-9a-fA-F]{8}))", re.IGNORECASE)
_MAC = re.compile(r"%2ACKN=((?:[0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2})\r?", re.IGNORECASE)


class PjlinkError(ValueError):
    """A line that is not PJLink, or a value that cannot be put into one."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command or question.

    Parameters
    ----------
    name : str
        Four capitals: ``POWR``.
    parameter : str
        ``"?"`` asks; up to 128 characters.
    grade : int
        Class, 1 or 2.
    digest : str
        32 hexadecimal digits in front of the first command of a session with a password; else "".
    """

    name: str
    parameter: str
    grade: int = 1
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the projector says to a command.

    Parameters
    ----------
    name : str
    value : str
        ``OK``, a value, or one of `ERRORS`.
    grade : int
    """

    name: str
    value: str
    grade: int = 1


def encode_command(command: Command) -> bytes:
    """Bytes of a command. Raises PjlinkError for one that cannot be written."""
    line = f"{command.digest}%{command.grade}{command.name} {command.parameter}"
    if not _COMMAND.fullmatch(line):
        raise PjlinkError(f"not a PJLink command: {line!r:.80}; it looks like '%1POWR 1'")
    return line.encode("utf-8", "replace") + b"\r"


def decode_command(line: bytes) -> Command:
    """The command in a line without its CR. Raises PjlinkError."""
    found = _COMMAND.fullmatch(_text(line))
    if found is None:
        raise PjlinkError(f"not a PJLink command: {line!r:.80}; it looks like '%1POWR 1'")
    return Command(found[3], found[4], int(found[2]), found[1] or "")


def encode_answer(answer: Answer) -> bytes:
    """Bytes of an answer. Raises PjlinkError for one that cannot be written."""
    line = f"%{answer.grade}{answer.name}={answer.value}"
    if not _ANSWER.fullmatch(line):
        raise PjlinkError(f"not a PJLink answer: {line!r:.80}; it looks like '%1POWR=OK'")
    return line.encode("utf-8", "replace") + b"\r"


def decode_answer(line: bytes) -> Answer:
    """The answer in a line without its CR. Raises PjlinkError."""
    found = _ANSWER.fullmatch(_text(line))
    if found is None:
        raise PjlinkError(f"not a PJLink answer: {line!r:.80}; it looks like '%1POWR=OK'")
    value = found[3].upper() if found[3].upper() in ("OK", *ERRORS) else found[3]
    return Answer(found[2].upper(), value, int(found[1]))


def encode_greeting(random: str) -> bytes:
    """A greeting; with a random number (8 hexadecimal digits) where a password is wanted, else ""."""
    return (f"PJLINK 1 {random}" if random else "PJLINK 0").encode("ascii") + b"\r"


def decode_greeting(line: bytes) -> str:
    """The random number of a greeting, "" for one without password. Raises PjlinkError, also for ``ERRA``."""
    text = _text(line)
    found = _GREETING.fullmatch(text)
    if found is None:
        raise PjlinkError(f"not a PJLink greeting: {line!r:.80}; it looks like 'PJLINK 0'")
    return found[2] or ""


def is_refusal(line: bytes) -> bool:
    """Whether a line says that the password was wrong."""
    return _text(line).upper() == "PJLINK ERRA"


def digest(random: str, password: str) -> str:
    """What leads the first command: md5 of random number and password, in hexadecimal."""
    # The protocol prescribes md5; it keeps guests' fingers away and is no protection against anybody else.
    return hashlib.md5((random + password).encode("utf-8"), usedforsecurity=False).hexdigest()


def status_words(value: str) -> str:
    """What the six digits of ``ERST`` say, "" for all well; 1 is a warning, 2 an error.

    Raises
    ------
    PjlinkError
        For anything else.
    """
    if len(value) != 6 or set(value) - set("012"):
        raise PjlinkError(f"error status is {value!r:.40}; allowed: six digits 0 to 2")
    return ", ".join(
        f"{part} {'warning' if digit == '1' else 'error'}"
        for part, digit in zip(_STATUS_PARTS, value, strict=True)
        if digit != "0"
    )


def decode_acknowledge(datagram: bytes) -> str:
    """The MAC address in an answer to a search. Raises PjlinkError."""
    found = _MAC.fullmatch(_text(datagram))
    if found is None:
        raise PjlinkError(f"not an answer to a PJLink search: {datagram!r:.80}")
    return found[1].lower()


def _text(line: bytes) -> str:
    return line[:MAX_LINE].decode("utf-8", "replace")


class LineCutter:
    """Cuts a byte stream into lines at CR; what is longer than a line may be is dropped up to the next CR.

    Attributes
    ----------
    lost : int
        Lines dropped.
    """

    def __init__(self) -> None:
        self._line = bytearray()
        self._full = False
        self.lost = 0

    def feed(self, data: bytes) -> list[bytes]:
        """Take any cut of the stream; every line that has ended, without CR. Never raises."""
        found = []
        for byte in data:
            if byte == 13:
                if self._full:
                    self.lost += 1
                elif self._line:
                    found.append(bytes(self._line))
                self._line.clear()
                self._full = False
            elif len(self._line) >= MAX_LINE:
                self._full = True
            elif byte != 10:  # some put a line feed after the CR
                self._line.append(byte)
        return found
