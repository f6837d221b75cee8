"""Twins as programs: the port they print, what they record, the physics they share."""

from __future__ import annotations

import io
import json
import socket
import struct
import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.sample import SampleDriver
from devices.sim.physics import LaggedValue
from devices.sim.serve import TcpLine, make_line, serve
from engine.bus.driver import ChannelLimits, DeviceConfig, Latency
from engine.bus.registry import create_driver, known_families
from engine.bus.twins import config_from_json, config_to_json, make_twin
from engine.experience.rig import load_rig

MS = 1_000_000
S = 1_000_000_000


class TestPhysics:
    def test_a_ramp_through_dead_time_and_lag_is_late_by_their_sum(self) -> None:
        # Why the bus sends everything that much ahead.
        value = LaggedValue(0.0, dead_ns=20 * MS, lag_ns=30 * MS)
        for ms in range(0, 1000, 1):
            value.command(ms / 1000, ms * MS)
        assert value.at(999 * MS) == pytest.approx(0.999 - 0.050, abs=0.001)

    def test_far_away_the_speed_limit_holds_then_the_lag(self) -> None:
        value = LaggedValue(0.0, lag_ns=100 * MS, rate=2.0)
        value.command(1.0, 0)
        assert value.at(200 * MS) == pytest.approx(0.4)
        assert value.at(400 * MS) == pytest.approx(0.8)
        assert value.at(500 * MS) == pytest.approx(1 - 0.2 * 0.36787944117)

    @given(
        commands=st.lists(st.tuples(st.integers(0, 500), st.floats(-5.0, 5.0)), min_size=1, max_size=8),
        asks_ms=st.lists(st.integers(0, 600), max_size=8),
        rate=st.sampled_from([0.5, 3.0, float("inf")]),
        lag_ms=st.sampled_from([0, 30]),
    )
    def test_asking_more_often_changes_nothing(
        self, commands: list[tuple[int, float]], asks_ms: list[int], rate: float, lag_ms: int
    ) -> None:
        asked = LaggedValue(0.0, dead_ns=10 * MS, lag_ns=lag_ms * MS, rate=rate)
        quiet = LaggedValue(0.0, dead_ns=10 * MS, lag_ns=lag_ms * MS, rate=rate)
        for at_ms, goal in sorted(commands):
            for ask_ms in sorted(asks_ms):
                if ask_ms <= at_ms:
                    asked.at(ask_ms * MS)
            asked.command(goal, at_ms * MS)
            quiet.command(goal, at_ms * MS)
        assert asked.at(S) == pytest.approx(quiet.at(S), abs=1e-9)


class TestConfigurations:
    def test_they_survive_the_way_to_the_program(self) -> None:
        config = DeviceConfig(
            "seat",
            "twin",
            200.0,
            Latency(1, 2),
            3,
            {"heave": ChannelLimits(-0.1, 0.1, 1.0, 2.0, 3.0)},
            {"heave": 0.01},
            {"layout": "corners"},
        )
        assert config_from_json(json.loads(json.dumps(config_to_json(config)))) == config

    def test_every_family_of_the_studio_has_a_twin_that_takes_its_frames(self) -> None:
        rig = load_rig("studio")
        families = set()
        for spec in rig.devices:
            driver = create_driver(spec)
            families.add(driver.family)
            twin = make_twin(driver)
            assert twin is not None
            for frame in driver.encode([channel.safe for channel in driver.channels]):
                twin.receive(frame, 0)
            assert twin.state_at(S)
        assert {"amc", "artnet", "shaker"} <= families <= set(known_families())


class TestServing:
    def test_several_twins_answer_on_one_line_and_record(self, tmp_path: Path) -> None:
        record = tmp_path / "deep" / "fan.jsonl"
        config = DeviceConfig("fan")
        row = {
            "factory": "devices.sample.twin:make_twin",
            "line": "tcp",
            "config": config_to_json(config),
            "record": str(record),
        }
        answer = io.StringIO()
        sent: list[int] = []

        class Until(io.StringIO):
            """Standard input that stays open until the fan has been talked to."""

            def readline(self, size: int | None = -1, /) -> str:
                port = json.loads(answer.getvalue())["fan"]
                host, number = port.removeprefix("socket://").split(":")
                with socket.create_connection((host, int(number)), timeout=2.0) as client:
                    client.sendall(b"L0500\n")
                    client.shutdown(socket.SHUT_WR)
                    sent.append(len(client.recv(1)))
                return ""

        serve([row], answer, Until())
        assert sent == [0]
        (line,) = record.read_text().splitlines()
        assert bytes.fromhex(json.loads(line)["hex"]) == b"L0500\n"

    @pytest.mark.parametrize(("kind", "start"), [("tcp", "socket://127.0.0.1:"), ("udp", "udp://127.0.0.1:")])
    def test_lines_name_themselves_as_a_rig_would(self, kind: str, start: str) -> None:
        assert make_line(kind).port.startswith(start)

    @pytest.mark.slow
    def test_one_twin_by_hand(self, tmp_path: Path) -> None:
        record = tmp_path / "fan.jsonl"
        command = [sys.executable, "-m", "devices.sim", "sample", "--tcp", "--record", str(record)]
        root = Path(__file__).parents[2]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as child:
            assert child.stdout is not None
            port = child.stdout.readline().removeprefix("port: ").strip()
            driver = SampleDriver(DeviceConfig("fan", port=port))
            driver.open()
            driver.send(driver.encode((0.25,)))
            driver.close()
            child.terminate()
        assert port.startswith("socket://")

    @pytest.mark.slow
    def test_an_unknown_family_by_hand(self) -> None:
        command = [sys.executable, "-m", "devices.sim", "teleporter"]
        root = Path(__file__).parents[2]
        done = subprocess.run(command, capture_output=True, text=True, cwd=root, check=False)
        assert done.returncode == 2
        assert "unknown driver 'teleporter'" in done.stderr and "amc, artnet" in done.stderr


def test_a_client_who_breaks_off_does_not_end_a_twin() -> None:
    made = TcpLine()
    Thread(target=made.listen, args=(lambda data, sender: (data.upper(),),), daemon=True).start()
    address = ("127.0.0.1", int(made.port.rpartition(":")[2]))
    with socket.create_connection(address) as rude:
        rude.sendall(b"x")
        # Closed at once with the answer unread: the twin's line gets a reset.
        rude.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    with socket.create_connection(address, timeout=2.0) as polite:
        polite.sendall(b"hello")
        assert polite.recv(100) == b"HELLO"
