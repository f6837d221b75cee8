"""Modbus TCP against mbpoll (an independent master, on our twin) and pymodbus (an independent PLC, for our source)."""

from __future__ import annotations

import asyncio
import subprocess
from threading import Event, Thread

import pytest

from devices.modbus.source import ModbusSource
from devices.sim.modbus import ModbusTwin
from engine.bus.source import SourceConfig
from tests.devices.modbus_server import serving
from tests.peers.programs import needed

pytestmark = pytest.mark.peer


def mbpoll(port: int, *words: str) -> str:
    done = subprocess.run(
        [needed("mbpoll", "mbpoll"), "-m", "tcp", "-p", str(port), "-a", "1", "-0", *words],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return done.stdout + done.stderr


def test_an_independent_master_reads_and_writes_our_twin() -> None:
    twin = ModbusTwin()
    twin.inputs[3] = True
    twin.registers[5] = 54321
    with serving(twin) as port:
        inputs = mbpoll(port, "-1", "-t", "1", "-r", "2", "-c", "3", "127.0.0.1")
        assert [line.split()[-1] for line in inputs.splitlines() if line.startswith("[")] == ["0", "1", "0"]
        register = mbpoll(port, "-1", "-t", "3", "-r", "5", "-c", "1", "127.0.0.1")
        assert "54321" in register or "-11215" in register
        mbpoll(port, "-t", "4", "-r", "9", "127.0.0.1", "777")
        assert twin.holding[9] == 777
        beyond = mbpoll(port, "-1", "-t", "0", "-r", "500", "-c", "1", "127.0.0.1")
        assert "Illegal data address" in beyond
    print("mbpoll: inputs, registers, a write and an exception, on our twin")


def test_our_source_reads_an_independent_plc_and_beats() -> None:
    from pymodbus.server import ModbusTcpServer
    from pymodbus.simulator import DataType, SimData, SimDevice

    ready, address = Event(), []
    loops: list[asyncio.AbstractEventLoop] = []
    registers = SimData(address=0, values=[0] * 10 + [4711] + [0] * 20, datatype=DataType.REGISTERS)
    bits = SimData(address=0, values=[False, True, False, True] + [False] * 12, datatype=DataType.BITS)
    device = SimDevice(id=1, simdata=([bits], [bits], [registers], [registers]))

    async def serve() -> None:
        server = ModbusTcpServer(device, address=("127.0.0.1", 0))
        await server.listen()
        loops.append(asyncio.get_running_loop())
        assert server.transport is not None
        address.append(server.transport.sockets[0].getsockname()[1])
        ready.set()
        await server.serving

    def run() -> None:
        try:
            asyncio.run(serve())
        except (asyncio.CancelledError, RuntimeError):
            pass

    Thread(target=run, daemon=True).start()
    assert ready.wait(10), "pymodbus did not start"
    settings = {"inputs": [0, 1, 2, 3], "holding": [10, 20], "heartbeat": 20, "every_ms": 5}
    source = ModbusSource(SourceConfig("plc", f"tcp://127.0.0.1:{address[0]}", settings))
    source.open()
    first = {s.address: s.values[0] for chunk in source.read(0.1) for s in source.decode(chunk, 0)}
    assert first == {
        "/input/0": False,
        "/input/1": True,
        "/input/2": False,
        "/input/3": True,
        "/holding/10": 4711,
        "/holding/20": 0,
    }
    again = {s.address: s.values[0] for chunk in source.read(0.1) for s in source.decode(chunk, 0)}
    assert again == {"/holding/20": 1}, "the heartbeat of the first round is seen in the second"
    source.close()
    loops[0].call_soon_threadsafe(loops[0].stop)
    print("pymodbus: discrete inputs and registers read, the heartbeat counted up")
