"""Twin of a PLC behind Modbus TCP: coils, inputs and registers that a test or a person sets.

Has: functions 1 to 6, exceptions 1 to 3, a stream cut anywhere, a table of limited size as real PLCs have. Has not: several units
with different tables, functions 15, 16, 22, 23, 43.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from devices.modbus.codec import (
    HEADER_SIZE,
    Framer,
    Function,
    ModbusError,
    Request,
    Response,
    decode_request,
    encode_response,
)

_ILLEGAL_FUNCTION, _ILLEGAL_ADDRESS, _ILLEGAL_VALUE = 1, 2, 3


class ModbusTwin:
    """A PLC.

    Parameters
    ----------
    size : int, default 128
        Items in each table; what lies beyond is an illegal address.

    Attributes
    ----------
    coils, inputs : list of bool
    holding, registers : list of int
    """

    def __init__(self, size: int = 128) -> None:
        self.coils = [False] * size
        self.inputs = [False] * size
        self.holding = [0] * size
        self.registers = [0] * size
        self.requests = 0
        self._framer = Framer()

    def receive(self, data: bytes, at_ns: int) -> Sequence[bytes]:
        """Take any cut of the stream, give answers."""
        try:
            frames = self._framer.feed(data)
        except ModbusError:
            return ()
        return [answer for frame in frames if (answer := self._answer(frame))]

    def state_at(self, at_ns: int) -> Mapping[str, float]:
        """Registers that are not zero."""
        return {f"holding.{index}": float(value) for index, value in enumerate(self.holding) if value}

    def _answer(self, frame: bytes) -> bytes:
        self.requests += 1
        try:
            request = decode_request(frame)
        except ModbusError:
            known = any(frame[HEADER_SIZE] == function for function in Function)
            code = _ILLEGAL_VALUE if known else _ILLEGAL_FUNCTION
            head = frame[:4] + (3).to_bytes(2, "big") + frame[6:7]
            return head + bytes((frame[HEADER_SIZE] | 0x80, code))
        return encode_response(self._serve(request), request.address)

    def _serve(self, request: Request) -> Response:
        tables: Mapping[Function, list[bool] | list[int]] = {
            Function.READ_COILS: self.coils,
            Function.READ_INPUTS: self.inputs,
            Function.READ_HOLDING: self.holding,
            Function.READ_REGISTERS: self.registers,
            Function.WRITE_COIL: self.coils,
            Function.WRITE_REGISTER: self.holding,
        }
        table = tables[request.function]
        writes = request.function in (Function.WRITE_COIL, Function.WRITE_REGISTER)
        count = 1 if writes else request.value
        about = (request.transaction, request.unit, request.function)
        if request.address + count > len(table):
            return Response(*about, exception=_ILLEGAL_ADDRESS)
        if request.function is Function.WRITE_COIL:
            self.coils[request.address] = bool(request.value)
        elif request.function is Function.WRITE_REGISTER:
            self.holding[request.address] = request.value
        if writes:
            return Response(*about, (request.value,))
        return Response(
            *about, tuple(int(value) for value in table[request.address : request.address + count])
        )
