"""Modbus TCP: golden frames, any bytes at all, a PLC on a real port."""

from __future__ import annotations

import itertools
import re
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.modbus.codec import (
    Framer,
    Function,
    ModbusError,
    Request,
    Response,
    decode_request,
    decode_response,
    encode_request,
    encode_response,
)
from devices.modbus.source import ModbusSource
from devices.sim.modbus import ModbusTwin
from engine.bus.driver import SettingError
from engine.bus.source import Chunk, SourceConfig
from engine.errors import DeviceGone
from engine.time.clocks import ManualClock
from tests.devices.modbus_server import serving

READ_8 = Request(1, 1, Function.READ_INPUTS, 0, 8)


def test_golden_frames() -> None:
    assert encode_request(READ_8) == bytes.fromhex("000100000006010200000008")
    answer = decode_response(bytes.fromhex("000100000004010201A5"), READ_8)
    assert answer.values == (1, 0, 1, 0, 0, 1, 0, 1)  # the least significant bit is the first input
    refusal = decode_response(bytes.fromhex("000100000003018202"), READ_8)
    assert refusal.exception == 2


requests = st.builds(
    Request,
    st.integers(0, 0xFFFF),
    st.integers(0, 255),
    st.sampled_from(
        [Function.READ_COILS, Function.READ_INPUTS, Function.READ_HOLDING, Function.READ_REGISTERS]
    ),
    st.integers(0, 0xFFFF),
    st.integers(1, 125),
)


@given(requests, st.data())
def test_round_trip(request: Request, data: st.DataObject) -> None:
    bits = request.function in (Function.READ_COILS, Function.READ_INPUTS)
    value = st.integers(0, 1 if bits else 0xFFFF)
    values = tuple(data.draw(st.lists(value, min_size=request.value, max_size=request.value)))
    answer = Response(request.transaction, request.unit, request.function, values)
    assert decode_request(encode_request(request)) == request
    assert decode_response(encode_response(answer), request) == answer


@given(st.binary(max_size=300))
def test_any_bytes_raise_nothing_but_our_own(data: bytes) -> None:
    for read in (decode_request, lambda frame: decode_response(frame, READ_8)):
        try:
            read(data)
        except ModbusError:
            pass
    source = ModbusSource(SourceConfig("plc", "tcp://127.0.0.1", {"inputs": [0]}))
    assert source.decode(Chunk(data), 0) == ()
    assert source.refused == 1


@given(st.lists(st.binary(max_size=40), max_size=20))
def test_a_stream_out_of_step_is_refused_and_holds_no_more_than_a_frame(pieces: list[bytes]) -> None:
    framer = Framer()
    for piece in pieces:
        try:
            framer.feed(piece)
        except ModbusError:
            pass
        assert len(framer._rest) <= 260


@given(st.lists(requests, max_size=5), st.lists(st.integers(0, 80), max_size=8))
def test_frames_are_found_however_the_stream_is_cut(asked: list[Request], cuts: list[int]) -> None:
    stream = b"".join(map(encode_request, asked))
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    framer = Framer()
    found = [frame for a, b in itertools.pairwise(edges) for frame in framer.feed(stream[a:b])]
    assert [decode_request(frame) for frame in found] == asked


def test_a_plc_on_a_port_is_polled_and_sees_the_heartbeat() -> None:
    twin = ModbusTwin()
    twin.inputs[3] = True
    twin.registers[7] = 1234
    with serving(twin) as port:
        settings = {"inputs": [2, 3, 9], "registers": [7], "heartbeat": 100, "every_ms": 5}
        source = ModbusSource(SourceConfig("plc", f"tcp://127.0.0.1:{port}", settings))
        source.open()
        first = [signal for chunk in source.read(0.1) for signal in source.decode(chunk, 5)]
        assert [(s.address, s.values) for s in first] == [
            ("/input/2", (False,)),
            ("/input/3", (True,)),
            ("/input/9", (False,)),
            ("/register/7", (1234,)),
        ]
        twin.inputs[9] = True
        again = [signal for chunk in source.read(0.1) for signal in source.decode(chunk, 6)]
        assert [(s.address, s.values, s.at_ns) for s in again] == [("/input/9", (True,), 6)]
        assert twin.holding[100] == 2
        source.close()


def test_a_plc_that_has_nothing_of_what_is_asked_is_named_with_its_reason() -> None:
    with serving(ModbusTwin(size=8)) as port:
        source = ModbusSource(SourceConfig("plc", f"tcp://127.0.0.1:{port}", {"coils": [500], "every_ms": 5}))
        source.open()
        with pytest.raises(DeviceGone, match="refuses everything: illegal data address; check addresses"):
            source.read(0.1)
        source.close()


def test_an_address_the_plc_does_not_have_gives_no_signal_and_is_counted() -> None:
    with serving(ModbusTwin(size=8)) as port:
        settings = {"coils": [500], "inputs": [0], "every_ms": 5}
        source = ModbusSource(SourceConfig("plc", f"tcp://127.0.0.1:{port}", settings))
        source.open()
        found = [signal for chunk in source.read(0.1) for signal in source.decode(chunk, 0)]
        assert [signal.address for signal in found] == ["/input/0"]
        assert source.refused == 1
        source.close()


def test_one_that_is_polled_slowly_does_not_hold_up_its_reader() -> None:
    clock = ManualClock(7)
    with serving(ModbusTwin()) as port:
        config = SourceConfig("plc", f"tcp://127.0.0.1:{port}", {"coils": [0], "every_ms": 60_000})
        source = ModbusSource(config, clock=clock)
        source.open()
        (chunk,) = source.read(0.01)
        assert chunk.at_ns == 7  # the instant of the question: the answer is no fresher than that
        assert [source.read(0.01) for _ in range(3)] == [(), (), ()]  # it would wait a minute in one of them
        source.close()
        source.open()
        assert len(source.read(0.01)) == 1  # a line that is new is asked at once
        source.close()


def test_a_plc_that_does_not_answer_is_gone_after_its_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        source = ModbusSource(
            SourceConfig("plc", f"tcp://127.0.0.1:{port}", {"coils": [0], "timeout_ms": 10})
        )
        source.open()
        with pytest.raises(DeviceGone, match=r"no answer within 0\.01 s"):
            source.read(0.1)
        source.close()


def test_nobody_there_is_said_with_what_to_do() -> None:
    source = ModbusSource(SourceConfig("plc", "tcp://127.0.0.1:1", {"coils": [0]}))
    with pytest.raises(DeviceGone, match=re.escape("cannot connect to 127.0.0.1:1")):
        source.open()


@pytest.mark.parametrize(
    ("port", "settings", "says"),
    [
        ("plc", {"coils": [0]}, "tcp://host"),
        ("tcp://plc", {}, "nothing to read"),
        ("tcp://plc", {"coils": [70000]}, "allowed 0 to 65535"),
        ("tcp://plc", {"coil": [1]}, "unknown setting"),
        ("tcp://plc", {"coils": [1], "unit": 300}, "0 to 255"),
    ],
)
def test_wrong_settings(port: str, settings: dict[str, object], says: str) -> None:
    with pytest.raises(SettingError, match=says):
        ModbusSource(SourceConfig("plc", port, settings))
