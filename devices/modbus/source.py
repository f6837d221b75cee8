"""A PLC that is polled: its coils, inputs and registers as signals, and a heartbeat it may watch."""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Event

from devices.modbus.codec import (
    EXCEPTIONS,
    HEADER_SIZE,
    MAX_BITS,
    MAX_REGISTERS,
    TCP_PORT,
    Framer,
    Function,
    ModbusError,
    Request,
    Response,
    decode_request,
    decode_response,
    encode_request,
)
from engine.bus.driver import SettingError
from engine.bus.source import Chunk, Signal, SourceConfig
from engine.errors import DeviceGone

_SETTINGS = (
    "unit",
    "coils",
    "inputs",
    "holding",
    "registers",
    "heartbeat",
    "every_ms",
    "timeout_ms",
    "repeat",
)
_READS: Mapping[str, tuple[Function, str, int]] = {
    "coils": (Function.READ_COILS, "coil", MAX_BITS),
    "inputs": (Function.READ_INPUTS, "input", MAX_BITS),
    "holding": (Function.READ_HOLDING, "holding", MAX_REGISTERS),
    "registers": (Function.READ_REGISTERS, "register", MAX_REGISTERS),
}
_NAMES = {function: name for function, name, _ in _READS.values()}
_REQUEST_SIZE = HEADER_SIZE + 5


def create_source(config: SourceConfig) -> ModbusSource:
    """Entry point of the family."""
    return ModbusSource(config)


@dataclass(frozen=True, slots=True)
class _Block:
    function: Function
    address: int
    count: int


class ModbusSource:
    """Polls one unit behind ``tcp://host[:port]``.

    Parameters
    ----------
    config : SourceConfig
        `settings`: see the README of the family.

    Raises
    ------
    SettingError

    Notes
    -----
    Writes nothing but the heartbeat register, if one is configured: a counter a PLC may watch and may ignore.
    """

    family = "modbus"

    def __init__(self, config: SourceConfig) -> None:
        self.name = config.name
        self.refused = 0
        settings = config.settings
        for key in settings:
            if key not in _SETTINGS:
                raise SettingError(
                    f"unknown setting {key!r}; allowed: {', '.join(_SETTINGS)}", "settings", key
                )
        self._address = _address(config.port)
        self._unit = _whole(settings, "unit", 1, 0, 255)
        self._timeout_s = _whole(settings, "timeout_ms", 200, 10, 10_000) / 1000
        self._every_s = _whole(settings, "every_ms", 50, 5, 60_000) / 1000
        self._pause = Event()
        self._asked = False
        self._blocks = tuple(block for key in _READS for block in _blocks(settings, key))
        if not self._blocks:
            raise SettingError(f"nothing to read; give at least one of {', '.join(_READS)}", "settings")
        self._beat_register: int | None = None
        if "heartbeat" in settings:
            self._beat_register = _whole(settings, "heartbeat", 0, 0, 0xFFFF)
        repeat = settings.get("repeat", False)
        if not isinstance(repeat, bool):
            raise SettingError(f"repeat is {repeat!r}; allowed: true, false", "settings", "repeat")
        self._repeat = repeat
        self._beat = 0
        self._transaction = 0
        self._socket: socket.socket | None = None
        self._framer = Framer()
        self._seen: dict[str, int] = {}

    def open(self) -> None:
        """Connect."""
        if self._socket is not None:
            return
        host, port = self._address
        try:
            self._socket = socket.create_connection(self._address, timeout=max(self._timeout_s, 1.0))
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._socket.settimeout(self._timeout_s)
        except OSError as error:
            raise DeviceGone(
                f"{self.name}: no Modbus at {host}:{port} ({error}); check cable, address and unit in the rig file"
            ) from error
        self._framer = Framer()

    def read(self, timeout_s: float) -> Sequence[Chunk]:
        """Ask for everything once, and beat; `every_ms` after the last time.

        Returns
        -------
        sequence of Chunk
            Request and answer in one, so that `decode` needs to know nothing else.
        """
        if self._asked:
            self._pause.wait(self._every_s)
        self._asked = True
        chunks = []
        for block in self._blocks:
            request = self._next(block.function, block.address, block.count)
            chunks.append(Chunk(encode_request(request) + self._ask(request), self._address[0]))
        if self._beat_register is not None:
            self._beat = (self._beat + 1) & 0xFFFF
            request = self._next(Function.WRITE_REGISTER, self._beat_register, self._beat)
            # An answer of any kind will do: the PLC is free to ignore the beat or to refuse it.
            self._ask(request)
        return chunks

    def decode(self, chunk: Chunk, at_ns: int) -> Sequence[Signal]:
        """Items that changed since the last look (with `repeat`: all of them)."""
        try:
            request = decode_request(chunk.data[:_REQUEST_SIZE])
            response = decode_response(chunk.data[_REQUEST_SIZE:], request)
        except ModbusError:
            self.refused += 1
            return ()
        if response.exception or request.function not in _NAMES:
            self.refused += response.exception != 0
            return ()
        return self._signals(request, response, at_ns)

    def close(self) -> None:
        """Let go of the connection."""
        made, self._socket, self._asked = self._socket, None, False
        if made is not None:
            made.close()

    def _signals(self, request: Request, response: Response, at_ns: int) -> list[Signal]:
        found = []
        kind = _NAMES[request.function]
        bits = request.function in (Function.READ_COILS, Function.READ_INPUTS)
        for index, value in enumerate(response.values):
            address = f"/{kind}/{request.address + index}"
            if self._repeat or self._seen.get(address) != value:
                self._seen[address] = value
                found.append(Signal(self.name, address, (bool(value) if bits else value,), at_ns))
        return found

    def _next(self, function: Function, address: int, value: int) -> Request:
        self._transaction = (self._transaction + 1) & 0xFFFF
        return Request(self._transaction, self._unit, function, address, value)

    def _ask(self, request: Request) -> bytes:
        made = self._socket
        host, port = self._address
        if made is None:
            raise DeviceGone(f"{self.name}: no connection to {host}:{port}")
        try:
            made.sendall(encode_request(request))
            # A late answer to an earlier question may still be on its way: at most a few are passed over.
            for _ in range(8):
                data = made.recv(1024)
                if not data:
                    raise DeviceGone(f"{self.name}: {host}:{port} closed the connection")
                for frame in self._framer.feed(data):
                    if frame[:2] == request.transaction.to_bytes(2, "big"):
                        return frame
        except OSError as error:
            raise DeviceGone(
                f"{self.name}: no answer from {host}:{port} within {self._timeout_s:g} s ({error})"
            ) from error
        except ModbusError as error:
            raise DeviceGone(f"{self.name}: {host}:{port} does not speak Modbus TCP: {error}") from error
        raise DeviceGone(f"{self.name}: {host}:{port} answers other questions than were asked")


def exception_text(code: int) -> str:
    """What a PLC means by an exception code."""
    return EXCEPTIONS.get(code, f"exception {code}")


def _address(port: str) -> tuple[str, int]:
    host, _, number = port.removeprefix("tcp://").partition(":")
    if not port.startswith("tcp://") or not host or (number and not number.isdigit()):
        raise SettingError(f"port is {port!r}; write tcp://host or tcp://host:{TCP_PORT}", "port")
    chosen = int(number) if number else TCP_PORT
    if not 0 < chosen < 65536:
        raise SettingError(f"TCP port is {chosen}; allowed 1 to 65535", "port")
    return host, chosen


def _whole(settings: Mapping[str, object], key: str, default: int, low: int, high: int) -> int:
    value = settings.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise SettingError(f"{key} is {value!r}; allowed: an integer {low} to {high}", "settings", key)
    return value


def _blocks(settings: Mapping[str, object], key: str) -> list[_Block]:
    """Runs of neighbouring addresses: one question each."""
    if key not in settings:
        return []
    function, _, most = _READS[key]
    listed = settings[key]
    if not isinstance(listed, list) or not listed:
        raise SettingError(
            f"{key} is {listed!r}; write a list of addresses from 0, as [0, 1, 2]", "settings", key
        )
    for index, value in enumerate(listed):
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 0xFFFF:
            raise SettingError(
                f"{key}: address {value!r}; allowed 0 to 65535 (documents that write 10001 mean input 0)",
                "settings",
                key,
                index,
            )
    blocks: list[_Block] = []
    for address in sorted(set(listed)):
        last = blocks[-1] if blocks else None
        if last is not None and address == last.address + last.count and last.count < most:
            blocks[-1] = _Block(function, last.address, last.count + 1)
        else:
            blocks.append(_Block(function, address, 1))
    return blocks
