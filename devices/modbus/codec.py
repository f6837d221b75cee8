"""Modbus TCP frames: pure bytes, no I/O.

======  ====================================================================
byte    content (all big endian)
======  ====================================================================
0-1     transaction, repeated in the answer
2-3     protocol, 0
4-5     length: bytes that follow (unit, function, data)
6       unit
7       function; with 0x80 set it is an exception, and byte 8 says which
8-      data
======  ====================================================================

Addresses on the wire count from 0; documents often count from 1 and put a digit in front (10001 is input 0).

Source: MODBUS Application Protocol 1.1b3 clauses 6.1-6.6, 6.11, 7; MODBUS Messaging on TCP/IP 1.0b clause 3.1.3.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum

TCP_PORT = 502
HEADER_SIZE = 7
MAX_FRAME = 260
MAX_BITS = 2000
MAX_REGISTERS = 125

_HEADER = struct.Struct(">HHHB")


class ModbusError(ValueError):
    """Bytes that are not the Modbus TCP we speak."""


class Function(IntEnum):
    """What is asked for."""

    READ_COILS = 1
    READ_INPUTS = 2
    READ_HOLDING = 3
    READ_REGISTERS = 4
    WRITE_COIL = 5
    WRITE_REGISTER = 6


_BIT_READS = (Function.READ_COILS, Function.READ_INPUTS)
_WORD_READS = (Function.READ_HOLDING, Function.READ_REGISTERS)
_WRITES = (Function.WRITE_COIL, Function.WRITE_REGISTER)

EXCEPTIONS = {
    1: "illegal function",
    2: "illegal data address",
    3: "illegal data value",
    4: "device failure",
    5: "acknowledged, not done yet",
    6: "device busy",
    8: "memory parity error",
    10: "gateway path unavailable",
    11: "gateway target did not answer",
}


@dataclass(frozen=True, slots=True)
class Request:
    """A question to a PLC.

    Parameters
    ----------
    transaction : int
        0..65535.
    unit : int
        0..255.
    function : Function
    address : int
        First item, from 0.
    value : int
        Reads: how many items. Write of a coil: 0 or 1. Write of a register: 0..65535.
    """

    transaction: int
    unit: int
    function: Function
    address: int
    value: int


@dataclass(frozen=True, slots=True)
class Response:
    """A PLC's answer. `values` are bools for bits, ints for registers; `exception` is 0 where all went well."""

    transaction: int
    unit: int
    function: Function
    values: tuple[int, ...] = ()
    exception: int = 0


def encode_request(request: Request) -> bytes:
    """Bytes of a request.

    Raises
    ------
    ModbusError
        For a field out of range.
    """
    _check(request)
    value = request.value
    if request.function is Function.WRITE_COIL:
        value = 0xFF00 if value else 0
    body = struct.pack(">BHH", request.function, request.address, value)
    return _HEADER.pack(request.transaction, 0, len(body) + 1, request.unit) + body


def decode_request(frame: bytes) -> Request:
    """Inverse of `encode_request`; what a PLC does first.

    Raises
    ------
    ModbusError
    """
    transaction, unit, body = _open(frame)
    function = _function(body[0])
    if len(body) != 5:
        raise ModbusError(f"a request with {len(body)} bytes after the unit; expected 5")
    address, value = struct.unpack_from(">HH", body, 1)
    if function is Function.WRITE_COIL:
        if value not in (0, 0xFF00):
            raise ModbusError(f"a coil is written as 0x0000 or 0xFF00, not 0x{value:04X}")
        value = int(value != 0)
    request = Request(transaction, unit, function, address, value)
    _check(request)
    return request


def encode_response(response: Response, address: int = 0) -> bytes:
    """Bytes of an answer; `address` is needed for the echo of a write.

    Raises
    ------
    ModbusError
    """
    function = response.function
    if response.exception:
        body = bytes((function | 0x80, response.exception))
    elif function in _BIT_READS:
        packed = bytearray(-(-len(response.values) // 8))
        for index, value in enumerate(response.values):
            packed[index // 8] |= int(bool(value)) << (index % 8)
        body = bytes((function, len(packed))) + bytes(packed)
    elif function in _WORD_READS:
        body = bytes((function, 2 * len(response.values)))
        body += struct.pack(f">{len(response.values)}H", *response.values)
    else:
        value = response.values[0]
        body = struct.pack(
            ">BHH", function, address, (0xFF00 if value else 0) if function is Function.WRITE_COIL else value
        )
    return _HEADER.pack(response.transaction, 0, len(body) + 1, response.unit) + body


def decode_response(frame: bytes, request: Request) -> Response:
    """What a PLC answered to `request`.

    Raises
    ------
    ModbusError
        For bytes that are no answer to it.
    """
    transaction, unit, body = _open(frame)
    if transaction != request.transaction or unit != request.unit:
        raise ModbusError(
            f"an answer to transaction {transaction} of unit {unit}; asked was {request.transaction} of unit {request.unit}"
        )
    if body[0] == request.function | 0x80:
        if len(body) != 2 or body[1] == 0:
            raise ModbusError(f"an exception of {len(body)} bytes with code {body[1:2].hex() or 'none'}")
        return Response(transaction, unit, request.function, exception=body[1])
    function = _function(body[0])
    if function is not request.function:
        raise ModbusError(f"an answer to function {int(function)}; asked was {int(request.function)}")
    if function in _WRITES:
        if body != encode_request(request)[HEADER_SIZE:]:
            raise ModbusError("the echo of a write differs from what was written")
        return Response(transaction, unit, function, (request.value,))
    count = request.value
    size = -(-count // 8) if function in _BIT_READS else 2 * count
    if len(body) != 2 + size or body[1] != size:
        raise ModbusError(f"{len(body) - 2} data bytes for {count} items; expected {size}")
    if function in _BIT_READS:
        values = tuple(body[2 + index // 8] >> (index % 8) & 1 for index in range(count))
    else:
        values = struct.unpack_from(f">{count}H", body, 2)
    return Response(transaction, unit, function, values)


class Framer:
    """Cuts a TCP stream into frames; never holds more than one frame's worth of bytes."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        """Complete frames.

        Raises
        ------
        ModbusError
            When the stream is out of step; there is nothing to find a beginning by, so the connection has to be
            made anew.
        """
        buffer = self._rest + data
        frames = []
        while len(buffer) >= HEADER_SIZE:
            _, protocol, length, _ = _HEADER.unpack_from(buffer)
            if protocol != 0 or not 2 <= length <= MAX_FRAME - 6:
                self._rest = b""
                raise ModbusError(f"a header with protocol {protocol} and length {length}")
            if len(buffer) < 6 + length:
                break
            frames.append(buffer[: 6 + length])
            buffer = buffer[6 + length :]
        self._rest = buffer
        return frames


def _open(frame: bytes) -> tuple[int, int, bytes]:
    if not HEADER_SIZE < len(frame) <= MAX_FRAME:
        raise ModbusError(f"a frame of {len(frame)} bytes; allowed {HEADER_SIZE + 1} to {MAX_FRAME}")
    transaction, protocol, length, unit = _HEADER.unpack_from(frame)
    if protocol != 0 or length != len(frame) - 6:
        raise ModbusError(f"a header with protocol {protocol} and length {length} on {len(frame)} bytes")
    return transaction, unit, frame[HEADER_SIZE:]


def _function(code: int) -> Function:
    try:
        return Function(code)
    except ValueError:
        raise ModbusError(f"function {code} is none of {', '.join(str(int(f)) for f in Function)}") from None


def _check(request: Request) -> None:
    most = {
        Function.READ_COILS: (1, MAX_BITS),
        Function.READ_INPUTS: (1, MAX_BITS),
        Function.READ_HOLDING: (1, MAX_REGISTERS),
        Function.READ_REGISTERS: (1, MAX_REGISTERS),
        Function.WRITE_COIL: (0, 1),
        Function.WRITE_REGISTER: (0, 0xFFFF),
    }[request.function]
    for name, value, low, high in (
        ("transaction", request.transaction, 0, 0xFFFF),
        ("unit", request.unit, 0, 0xFF),
        ("address", request.address, 0, 0xFFFF),
        ("value", request.value, *most),
    ):
        if not low <= value <= high:
            raise ModbusError(f"{name} is {value}; allowed {low} to {high}")
