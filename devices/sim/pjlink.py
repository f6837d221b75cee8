"""Twin of a projector: warms up, cools down, refuses while it does, hangs up on the silent.

Has: class 1 and 2 commands we send, password, ERR1 to ERR3, faults that can be set, hanging up after 30 s. Has not: search and
notices by UDP, lamp hours, names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from devices.pjlink.codec import (
    POWER_COOLING,
    POWER_OFF,
    POWER_ON,
    POWER_WARMING,
    Answer,
    Command,
    LineCutter,
    PjlinkError,
    decode_command,
    digest,
    encode_answer,
    encode_greeting,
)
from devices.pjlink.driver import PjlinkDriver
from devices.settings import duration_setting
from engine.bus.driver import DeviceConfig, SettingError

_BUSY_NS = 2_000_000_000
_IDLE_NS = 30_000_000_000
_RANDOM = "498e4a67"
_KEYS = ("warm_up", "cool_down", "idle")


def make_twin(config: DeviceConfig) -> PjlinkTwin:
    """A projector with the inputs and password of the device."""
    return PjlinkTwin(config)


@dataclass(slots=True)
class _Client:
    heard_ns: int
    trusted: bool
    cutter: LineCutter = field(default_factory=LineCutter)


class PjlinkTwin:
    """A projector in software.

    Parameters
    ----------
    config : DeviceConfig
        The device it stands for. `settings["twin"]`: ``warm_up``, ``cool_down`` (2s), ``idle`` (30s).

    Attributes
    ----------
    status : str
        Six digits as ``ERST`` answers them; may be set.
    heard : list of str
        Commands that were not questions, in order; the last 256.
    """

    def __init__(self, config: DeviceConfig) -> None:
        driver = PjlinkDriver(config)
        rows = config.settings.get("twin", {})
        if not isinstance(rows, Mapping) or set(rows) - set(_KEYS):
            raise SettingError(f"twin is {rows!r}; allowed: {', '.join(_KEYS)}", "settings", "twin")
        where = ("settings", "twin")
        self._warm_ns = duration_setting(rows.get("warm_up"), "warm_up", _BUSY_NS, where)
        self._cool_ns = duration_setting(rows.get("cool_down"), "cool_down", _BUSY_NS, where)
        self._idle_ns = duration_setting(rows.get("idle"), "idle", _IDLE_NS, where)
        self._password = str(config.settings.get("password", ""))
        self._grade = driver.grade
        self._inputs = driver.inputs or ("31",)
        self._power = POWER_OFF
        self._ready_ns = 0
        self._input = self._inputs[0]
        self._mute = {"1": False, "2": False}
        self._frozen = False
        # Bytes without a sender (in memory, without a port) come from one who needs no greeting.
        self._clients: dict[str, _Client] = {"": _Client(0, True)}
        self._going: list[str] = []
        self.status = "000000"
        self.heard: list[str] = []

    def connected(self, at_ns: int, sender: str) -> Sequence[bytes]:
        """Greet."""
        self._clients[sender] = _Client(at_ns, not self._password)
        return (encode_greeting(_RANDOM if self._password else ""),)

    def receive(self, data: bytes, at_ns: int, sender: str = "") -> Sequence[bytes]:
        """Take any cut of the stream; answers each command."""
        client = self._clients.get(sender)
        if client is None:
            return ()
        if not data:
            if sender:
                del self._clients[sender]
            return ()
        client.heard_ns = at_ns
        replies: list[bytes] = []
        for line in client.cutter.feed(data):
            try:
                command = decode_command(line)
            except PjlinkError:
                continue  # a projector says nothing to what is no command
            if not client.trusted:
                if command.digest != digest(_RANDOM, self._password):
                    self._going.append(sender)
                    return [*replies, b"PJLINK ERRA\r"]
                client.trusted = True
            replies.append(encode_answer(Answer(command.name, self._obey(command, at_ns), command.grade)))
        return replies

    def attend(self, at_ns: int) -> Sequence[tuple[str, bytes | None]]:
        """Hang up on those who said nothing for long, and on those who do not know the password."""
        silent = [
            name
            for name, client in self._clients.items()
            if name and at_ns - client.heard_ns >= self._idle_ns
        ]
        going, self._going = [*silent, *self._going], []
        for sender in going:
            self._clients.pop(sender, None)
        return [(sender, None) for sender in going]

    def state_at(self, at_ns: int) -> Mapping[str, float]:
        """Power as it answers it, index of the input, 1 for muted and frozen."""
        self._settle(at_ns)
        return {
            "power": float(self._power),
            "input": float(self._inputs.index(self._input)),
            "mute": float(any(self._mute.values())),
            "freeze": float(self._frozen),
        }

    def _settle(self, at_ns: int) -> None:
        if self._power in (POWER_WARMING, POWER_COOLING) and at_ns >= self._ready_ns:
            self._power = POWER_ON if self._power == POWER_WARMING else POWER_OFF

    def _obey(self, command: Command, at_ns: int) -> str:
        self._settle(at_ns)
        name, parameter = command.name, command.parameter
        if command.grade > self._grade or name not in ("POWR", "INPT", "AVMT", "ERST", "FREZ", "CLSS"):
            return "ERR1"
        if parameter != "?":
            self.heard = [*self.heard[-255:], f"{name} {parameter}"]
        if name == "POWR":
            return self._switch(parameter, at_ns)
        if name == "ERST":
            return self.status if parameter == "?" else "ERR2"
        if name == "CLSS":
            return str(self._grade) if parameter == "?" else "ERR2"
        if self._power != POWER_ON:
            return "ERR3"
        if name == "INPT":
            if parameter == "?":
                return self._input
            if parameter not in self._inputs:
                return "ERR2"
            self._input = parameter
            return "OK"
        if name == "FREZ":
            if parameter == "?":
                return "1" if self._frozen else "0"
            if parameter not in ("0", "1"):
                return "ERR2"
            self._frozen = parameter == "1"
            return "OK"
        return self._shut(parameter)

    def _switch(self, parameter: str, at_ns: int) -> str:
        if parameter == "?":
            return self._power
        if parameter not in ("0", "1"):
            return "ERR2"
        if self._power in (POWER_WARMING, POWER_COOLING):
            return "ERR3"
        if parameter != self._power:
            self._power = POWER_WARMING if parameter == "1" else POWER_COOLING
            self._ready_ns = at_ns + (self._warm_ns if parameter == "1" else self._cool_ns)
            self._mute = {"1": False, "2": False}
            self._frozen = False
        return "OK"

    def _shut(self, parameter: str) -> str:
        picture, sound = self._mute["1"], self._mute["2"]
        if parameter == "?":
            kind = "3" if picture == sound else "1" if picture else "2"
            return kind + ("1" if picture or sound else "0")
        if len(parameter) != 2 or parameter[0] not in "123" or parameter[1] not in "01":
            return "ERR2"
        for part in ("1", "2"):
            if parameter[0] in (part, "3"):
                self._mute[part] = parameter[1] == "1"
        return "OK"
