"""A PLC that is polled: its coils, inputs and registers as signals, and a heartbeat it may watch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Event

from devices.links import TcpLink, parse_tcp_port
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
from devices.settings import flag_setting
from engine.bus.driver import SettingError, check_settings
from engine.bus.line_driver import integer_setting
from engine.bus.source import Chunk, Signal, SourceConfig
from engine.errors import DeviceGone
from engine.time.clocks import Clock, MonotonicClock

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
_LASTING = (1, 2, 3)  # no such function, address or value: a busy unit (5, 6) is asked again instead
_REQUEST_SIZE = HEADER_SIZE + 5
_MOST_PASSED_OVER = 8


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
    clock : Clock, optional
        Answers are stamped with the instant of their question, so that none counts as fresher than it is.

    Raises
    ------
    SettingError

    Notes
    -----
    Writes nothing but the heartbeat register, if one is configured: a counter a PLC may watch and may ignore.
    """

    family = "modbus"

    def __init__(self, config: SourceConfig, *, clock: Clock | None = None) -> None:
        self.name = config.name
        self.refused = 0
        settings = config.settings
        check_settings(config, _SETTINGS)
        try:
            host, port = parse_tcp_port(config.port, TCP_PORT)
        except ValueError as error:
            raise SettingError(str(error), "port") from None
        self._host = host
        self._unit = integer_setting(config, "unit", 1, 0, 255)
        self._timeout_s = integer_setting(config, "timeout_ms", 200, 10, 10_000) / 1000
        self._every_s = integer_setting(config, "every_ms", 50, 5, 60_000) / 1000
        self._link = TcpLink(config.name, host, port, connect_s=max(self._timeout_s, 1.0))
        self._clock = clock if clock is not None else MonotonicClock()
        self._pause = Event()
        self._until_due_s = 0.0
        self._blocks = tuple(block for key in _READS for block in _blocks(settings, key))
        if not self._blocks:
            raise SettingError(f"nothing to read; give at least one of {', '.join(_READS)}", "settings")
        self._beat_register: int | None = None
        if "heartbeat" in settings:
            self._beat_register = integer_setting(config, "heartbeat", 0, 0, 0xFFFF)
        self._repeat = flag_setting(config, "repeat")
        self._beat = 0
        self._transaction = 0
        self._framer = Framer()
        self._seen: dict[str, int] = {}

    def open(self) -> None:
        """Connect. Raises DeviceGone."""
        if self._link.is_open:
            return
        self._link.open()
        self._framer = Framer()
        self._until_due_s = 0.0

    def read(self, timeout_s: float) -> Sequence[Chunk]:
        """Ask for everything once, and beat, when `every_ms` have passed since the last time; else nothing.

        Returns
        -------
        sequence of Chunk
            Request and answer in one, so that `decode` needs to know nothing else.

        Raises
        ------
        DeviceGone
            Also when an answer does not come within `timeout_ms`, or every one is an exception that lasts.
        """
        # No clock is read: what has been waited adds up, call by call.
        wait_s = min(timeout_s, self._until_due_s)
        if wait_s > 0.0:
            self._pause.wait(wait_s)
        self._until_due_s -= wait_s
        if self._until_due_s > 0.0:
            return ()
        self._until_due_s = self._every_s
        chunks, refusals = [], []
        for block in self._blocks:
            request = self._next(block.function, block.address, block.count)
            asked_ns = self._clock.now_ns()
            answer = self._ask(request)
            if refusal := _refusal(answer, request):
                refusals.append(refusal)
            chunks.append(Chunk(encode_request(request) + answer, self._host, asked_ns))
        if len(refusals) == len(chunks):
            # A unit that gives nothing of what is asked says so itself; silence would be the wrong word for it.
            raise DeviceGone(
                f"{self.name}: {self._host} refuses everything: {refusals[0]}; check addresses and unit in "
                "the rig file"
            )
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
        self._link.close()

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
        self._link.send((encode_request(request),))
        # A late answer to an earlier question may still be on its way: at most a few are passed over.
        for _ in range(_MOST_PASSED_OVER):
            data = self._link.read(self._timeout_s)
            if not data:
                raise DeviceGone(
                    f"{self.name}: {self._host} gave no answer within {self._timeout_s:g} s; check the unit, and timeout_ms in "
                    "the rig file"
                )
            try:
                frames = self._framer.feed(data)
            except ModbusError as error:
                raise DeviceGone(f"{self.name}: {self._host} does not speak Modbus TCP: {error}") from error
            for frame in frames:
                if frame[:2] == request.transaction.to_bytes(2, "big"):
                    return frame
        raise DeviceGone(f"{self.name}: {self._host} answers other questions than were asked")


def _refusal(answer: bytes, request: Request) -> str:
    """What an exception says that will not pass by itself; empty for any other answer."""
    try:
        code = decode_response(answer, request).exception
    except ModbusError:
        return ""  # `decode` counts it
    return exception_text(code) if code in _LASTING else ""


def exception_text(code: int) -> str:
    """What a PLC means by an exception code."""
    return EXCEPTIONS.get(code, f"exception {code}")


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
