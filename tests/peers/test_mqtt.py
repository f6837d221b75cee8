"""MQTT against mosquitto: its broker with our driver and source, its clients with our broker twin."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from devices.mqtt import MqttDriver, MqttSource
from devices.sim.mqtt import MqttTwin
from devices.sim.serve import Recorder, attend, make_line
from engine.bus.driver import DeviceConfig
from engine.bus.source import Signal, SourceConfig
from engine.errors import DeviceGone
from engine.time import MonotonicClock
from tests.peers.listening import accepts, free_port, running, until
from tests.peers.programs import needed

pytestmark = pytest.mark.peer

TOPICS = {
    "lamp": {"topic": "hall/lamp", "scale": 100, "qos": 1},
    "wall": {"topic": "hall/wall", "form": "rgb", "payload": "json", "scale": 255},
    "pump": {"topic": "hall/pump", "payload": "switch", "retain": False},
}
VALUES = (0.5, 1.0, 0.0, 0.2, 0.8)
SAID = {"hall/lamp 50", 'hall/wall {"r":255.0,"g":0.0,"b":51.0}', "hall/pump ON"}


def config(port: str) -> DeviceConfig:
    return DeviceConfig("venue", port, settings={"topics": TOPICS})


def broker_command(port: int, folder: Path) -> list[str]:
    path = folder / "mosquitto.conf"
    path.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\n", encoding="ascii")
    return [needed("mosquitto", "mosquitto"), "-c", str(path)]


def subscriber(port: int, *more: str) -> list[str]:
    return [needed("mosquitto_sub", "mosquitto-clients"), "-p", str(port), "-v", "-t", "#", "-q", "1", *more]


def publish(port: int, topic: str, text: str, *more: str) -> None:
    command = [needed("mosquitto_pub", "mosquitto-clients"), "-p", str(port), "-t", topic, "-m", text, *more]
    subprocess.run(command, check=True, timeout=10)


def lines(said: Callable[[], str]) -> list[str]:
    return said().splitlines()


def test_what_the_driver_publishes_comes_out_of_mosquitto(tmp_path: Path) -> None:
    port = free_port()
    with running(broker_command(port, tmp_path), tmp_path / "broker") as _:
        until(lambda: accepts(port))
        with running(subscriber(port), tmp_path / "sub") as said:
            made = MqttDriver(config(f"mqtt://127.0.0.1:{port}"))
            made.open()
            until(lambda: "sensorama/venue/status online" in lines(said), lambda: made.attend(0))
            made.send(made.encode(VALUES))
            until(lambda: set(lines(said)) >= SAID, lambda: made.attend(0))
            made.close()
            until(lambda: lines(said)[-1] == "sensorama/venue/status offline")
            print("mosquitto_sub:", *lines(said), sep="\n  ")
        # Who subscribes later finds the last of what is retained, and that we have left.
        late = subprocess.run(
            [*subscriber(port, "-C", "3", "-W", "5")], capture_output=True, text=True, check=True
        ).stdout
        assert set(late.splitlines()) == (SAID - {"hall/pump ON"}) | {"sensorama/venue/status offline"}


def test_the_will_is_done_when_we_are_killed(tmp_path: Path) -> None:
    port = free_port()
    program = (
        "import sys\n"
        "from devices.mqtt import MqttDriver\nfrom engine.bus.driver import DeviceConfig\n"
        f"made = MqttDriver(DeviceConfig('venue', 'mqtt://127.0.0.1:{port}', settings={{'topics': {{'lamp': {{}}}}}}))\n"
        "made.open()\nmade.attend(0)\nsys.stdin.readline()\n"
    )
    with running(broker_command(port, tmp_path), tmp_path / "broker") as _:
        until(lambda: accepts(port))
        with running(subscriber(port), tmp_path / "sub") as said:
            root = Path(__file__).parents[2]
            child = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, cwd=root)
            until(lambda: "sensorama/venue/status online" in lines(said))
            os.kill(child.pid, signal.SIGKILL)
            child.communicate()
            until(lambda: lines(said)[-1] == "sensorama/venue/status offline")
            print("killed: mosquitto published the will", lines(said))


def test_a_broker_that_dies_and_comes_back(tmp_path: Path) -> None:
    port = free_port()
    command = broker_command(port, tmp_path)
    made = MqttDriver(config(f"mqtt://127.0.0.1:{port}"))
    with running(command, tmp_path / "broker") as _:
        until(lambda: accepts(port))
        made.open()
        made.send(made.encode(VALUES))

    def lost() -> bool:
        try:
            made.attend(0)
        except DeviceGone as error:
            assert "went away" in str(error)
            made.close()
            return True
        return False

    until(lost)
    with pytest.raises(DeviceGone, match="cannot connect to the broker"):
        made.open()
    with running(command, tmp_path / "broker2") as _:
        until(lambda: accepts(port))
        with running(subscriber(port), tmp_path / "sub") as said:
            made.open()
            until(lambda: "sensorama/venue/status online" in lines(said), lambda: made.attend(0))
            made.send(made.encode(VALUES))  # everything is said again, though nothing has changed
            until(lambda: set(lines(said)) >= SAID, lambda: made.attend(0))
            made.close()


def test_a_broker_that_wants_a_login(tmp_path: Path) -> None:
    port = free_port()
    command = broker_command(port, tmp_path)
    people = tmp_path / "people"
    subprocess.run(
        [needed("mosquitto_passwd", "mosquitto"), "-b", "-c", str(people), "show", "secret"], check=True
    )
    people.chmod(0o644)
    settings = tmp_path / "mosquitto.conf"
    text = settings.read_text(encoding="ascii").replace("anonymous true", "anonymous false")
    settings.write_text(f"{text}password_file {people}\nuser root\n", encoding="ascii")
    with running(command, tmp_path / "broker") as _:
        until(lambda: accepts(port))
        with pytest.raises(DeviceGone, match="it refuses: Not authorized"):
            MqttDriver(config(f"mqtt://127.0.0.1:{port}")).open()
        login = {"topics": TOPICS, "user": "show", "password": "secret"}
        made = MqttDriver(DeviceConfig("venue", f"mqtt://127.0.0.1:{port}", settings=login))
        made.open()
        assert made.health.state == "open"
        made.close()


def test_mosquitto_pub_reaches_our_source(tmp_path: Path) -> None:
    port = free_port()
    with running(broker_command(port, tmp_path), tmp_path / "broker") as _:
        until(lambda: accepts(port))
        publish(port, "hall/old", "1", "-r")
        source = MqttSource(SourceConfig("venue", f"mqtt://127.0.0.1:{port}", {"topics": ["hall/#"]}))
        found: list[Signal] = []
        source.open()
        for _ in range(5):
            source.read(0.05)
        publish(port, "hall/button/3", "0.5")
        publish(port, "elsewhere", "1")
        publish(port, "hall/door", "open", "-q", "1")
        until(
            lambda: len(found) == 2,
            lambda: [found.extend(source.decode(chunk, 9)) for chunk in source.read(0.1)],
        )
        source.close()
    assert found == [
        Signal("venue", "/hall/button/3", (0.5,), 9),
        Signal("venue", "/hall/door", ("open",), 9),
    ]
    print("mosquitto_pub:", found)


def test_mosquittos_clients_at_our_broker_twin(tmp_path: Path) -> None:
    line = make_line("session")
    twin = MqttTwin(config("twin"))
    attend(twin, line, Recorder(None), MonotonicClock())
    port = int(line.port.rpartition(":")[2])
    publish(port, "kept", "before", "-r", "-q", "1")
    with running(subscriber(port), tmp_path / "sub") as said:
        until(lambda: lines(said) == ["kept before"])
        publish(port, "hall/lamp", "42", "-q", "1")
        publish(port, "x/y", "", "-q", "0")
        until(lambda: len(lines(said)) == 3)
        assert lines(said)[1:] == ["hall/lamp 42", "x/y (null)"]
    assert twin.state_at(0)["lamp"] == 42.0 and twin.acknowledged >= 2
    print("our broker twin: mosquitto_pub and mosquitto_sub with qos 0 and 1, retained message")
