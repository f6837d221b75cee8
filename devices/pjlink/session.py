"""A conversation with a projector as a machine without I/O: told what is wished and what came in, it says what to send.

One command at a time; the answer decides. A projector that warms up or cools down takes no commands and says so (ERR3); what is
wished then waits. What it has confirmed is not sent again, but forgotten when it is switched off.
"""

from __future__ import annotations

from collections.abc import Mapping

from devices.pjlink.codec import (
    ERRORS,
    POWER_COOLING,
    POWER_OFF,
    POWER_ON,
    POWER_WARMING,
    POWER_WORDS,
    Command,
    LineCutter,
    PjlinkError,
    decode_answer,
    decode_greeting,
    digest,
    encode_command,
    is_refusal,
    status_words,
)
from engine.bus.driver import Report

ANSWER_NS = 5_000_000_000
"""Longest wait for a greeting or an answer; projectors take up to about three seconds."""
_BUSY_NS = 1_000_000_000
_FAILED_NS = 10_000_000_000
_MOST_REPORTS = 32


class PjlinkSession:
    """What is known of one projector.

    Parameters
    ----------
    password : str
        "" for none.
    poll_ns : int
        How often power and faults are asked for.

    Attributes
    ----------
    power : str
        What it last said of its power, "" before it did.
    failure : str
        Why the connection has to be given up, "" while it need not.
    """

    def __init__(self, password: str, poll_ns: int) -> None:
        self._password = password
        self._poll_ns = poll_ns
        self._busy_ns = min(_BUSY_NS, poll_ns)
        self._wishes: dict[str, Command] = {}
        self._done: dict[str, str] = {}
        self._hopeless: dict[str, str] = {}
        self._not_before_ns: dict[str, int] = {}
        self._next_power_ns = 0
        self._next_status_ns = 0
        self._status = "000000"
        self._reports: list[Report] = []
        self.power = ""
        self.failure = ""
        self._cutter = LineCutter()
        self._greeted = False
        self._prefix = ""
        self._awaited: Command | None = None
        self._until_ns: int | None = None

    def wish(self, commands: Mapping[str, Command]) -> None:
        """What the projector is to be, by name of the command; what cannot be done now is done when it can."""
        self._wishes = dict(commands)

    def connected(self, now_ns: int) -> None:
        """A connection has been made; a greeting is due."""
        self._cutter = LineCutter()
        self._greeted = False
        self._prefix = ""
        self._awaited = None
        self._until_ns = now_ns + ANSWER_NS
        self.failure = ""

    @property
    def waits(self) -> bool:
        """Whether an answer (or the greeting) is due, so that a connection that closes now is a failure."""
        return self._until_ns is not None

    def feed(self, data: bytes, now_ns: int) -> None:
        """Take what came in."""
        for line in self._cutter.feed(data):
            if is_refusal(line):
                self.failure = "it refuses the password; check password in the rig file"
                return
            if not self._greeted:
                self._greet(line)
            else:
                self._answer(line, now_ns)

    def take_reports(self) -> list[Report]:
        """What happened since the last call."""
        found, self._reports = self._reports, []
        return found

    def due(self, now_ns: int) -> Command | None:
        """The next command, if one is due and nothing is waited for. Changes nothing."""
        if self._until_ns is not None:
            return None
        if not self.power:
            return Command("POWR", "?")
        for name, command in self._wishes.items():
            if self._wanted(name, command.parameter) and now_ns >= self._not_before_ns.get(name, now_ns):
                return command
        if now_ns >= self._next_power_ns:
            return Command("POWR", "?")
        if now_ns >= self._next_status_ns:
            return Command("ERST", "?")
        return None

    def next_bytes(self, now_ns: int) -> bytes:
        """Bytes to send now, none when nothing is due; sets `failure` when an answer is overdue."""
        if self._until_ns is not None and now_ns >= self._until_ns:
            what = (
                "no greeting"
                if self._awaited is None
                else f"no answer to {self._awaited.name} {self._awaited.parameter}"
            )
            self.failure = (
                f"{what} within {ANSWER_NS / 1e9:g} s; another controller may hold its only connection"
            )
            return b""
        command = self.due(now_ns)
        if command is None:
            return b""
        self._awaited = command
        self._until_ns = now_ns + ANSWER_NS
        data = self._prefix.encode("ascii") + encode_command(command)
        self._prefix = ""
        return data

    def _wanted(self, name: str, parameter: str) -> bool:
        if self._hopeless.get(name) == parameter:
            return False
        if name == "POWR":
            return (parameter, self.power) in ((POWER_ON, POWER_OFF), (POWER_OFF, POWER_ON))
        # Nothing but power is understood unless the lamp burns, and nothing else matters when it is to go out.
        power = self._wishes.get("POWR")
        goes_out = power is not None and power.parameter == POWER_OFF
        return self.power == POWER_ON and not goes_out and self._done.get(name) != parameter

    def _greet(self, line: bytes) -> None:
        try:
            random = decode_greeting(line)
        except PjlinkError as error:
            self.failure = str(error)
            return
        if random and not self._password:
            self.failure = "it wants a password; give password in the rig file"
            return
        self._greeted = True
        self._prefix = digest(random, self._password) if random else ""
        self._until_ns = None

    def _answer(self, line: bytes, now_ns: int) -> None:
        try:
            answer = decode_answer(line)
        except PjlinkError:
            self._tell("garbage", f"unexpected line {line!r:.120}")
            return
        asked = self._awaited
        if asked is None or answer.name != asked.name:
            self._tell("garbage", f"answer {answer.name}={answer.value:.60} to a question nobody asked")
            return
        self._awaited = self._until_ns = None
        if answer.value in ERRORS:
            self._refused(asked, answer.value, now_ns)
        elif asked.parameter == "?":
            self._learn(asked.name, answer.value, now_ns)
        else:
            self._done[asked.name] = asked.parameter
            self._hopeless.pop(asked.name, None)
            if asked.name == "POWR":
                self._power(POWER_WARMING if asked.parameter == POWER_ON else POWER_COOLING)
                self._next_power_ns = now_ns + self._busy_ns

    def _refused(self, asked: Command, code: str, now_ns: int) -> None:
        if asked.parameter == "?":
            # ERST may be unknown to the simplest ones; power that cannot be told is asked for again.
            if asked.name == "POWR":
                self.power = self.power or POWER_COOLING
                self._next_power_ns = now_ns + self._busy_ns
            else:
                self._next_status_ns = now_ns + self._poll_ns
            return
        self._not_before_ns[asked.name] = now_ns + (self._busy_ns if code == "ERR3" else _FAILED_NS)
        if code == "ERR3":
            # Busy is expected: it warms up or cools down, or somebody has switched it off by hand.
            self._next_power_ns = now_ns
            return
        self._tell("fault", f"{asked.name} {asked.parameter}: {ERRORS[code]} ({code})")
        if code in ("ERR1", "ERR2"):
            self._hopeless[asked.name] = asked.parameter

    def _learn(self, name: str, value: str, now_ns: int) -> None:
        if name == "POWR":
            if value not in POWER_WORDS:
                self._tell("garbage", f"power is {value!r:.40}; allowed 0 to 3")
                self._next_power_ns = now_ns + self._poll_ns
                return
            self._power(value)
            busy = value in (POWER_COOLING, POWER_WARMING)
            self._next_power_ns = now_ns + (self._busy_ns if busy else self._poll_ns)
            return
        self._next_status_ns = now_ns + self._poll_ns
        try:
            words = status_words(value)
        except PjlinkError as error:
            self._tell("garbage", str(error))
            return
        if value != self._status:
            self._status = value
            self._tell("fault" if words else "reply", words or "all faults gone")

    def _power(self, power: str) -> None:
        if power == self.power:
            return
        self.power = power
        if power != POWER_ON:
            self._done.clear()  # input and shutter are the projector's own choice when it comes on again
        self._tell("reply", f"power: {POWER_WORDS[power]}")

    def _tell(self, kind: str, text: str) -> None:
        if len(self._reports) < _MOST_REPORTS:
            self._reports.append(Report(kind, text))
