"""Haptic devices: none may be left shaking; those behind programs, Intiface and bHaptics, over real WebSockets."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
from collections.abc import Iterator
from dataclasses import replace
from threading import Event, Thread
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices import bhaptics, evdev_rumble, intiface
from devices.bhaptics.codec import (
    BhapticsError,
    Frame,
    Status,
    TurnOff,
    decode_requests,
    decode_status,
    encode_requests,
    encode_status,
)
from devices.bhaptics.driver import HOLD_MS
from devices.intiface.codec import ButtplugError, Message, decode, encode, read_device, vibrate
from devices.sim.bhaptics import BhapticsTwin
from devices.sim.evdev_rumble import EvdevTwin
from devices.sim.intiface import MAX_PING_MS, IntifaceTwin
from devices.sim.serve import Recorder, attend
from devices.ws.client import WsLine, check_ws_port
from devices.ws.server import WsServer
from engine.bus.driver import Attentive, DeviceConfig, Driver, SettingError, safe_values
from engine.errors import DeviceGone
from engine.time.clocks import ManualClock
from tests.devices.seats import MS, S, play

TWO = {"seat": {"device": "Cushion", "index": 1}, "all": {}}
FAMILIES = [
    (intiface.create, IntifaceTwin),
    (bhaptics.create, BhapticsTwin),
    (evdev_rumble.create, EvdevTwin),
]


@pytest.fixture
def server() -> Iterator[WsServer]:
    made = WsServer()
    yield made
    made.close()


class Heard:
    """A twin that tells when it has got what a test waits for."""

    def __init__(self, twin: Any) -> None:
        self.twin = twin
        self.got: list[bytes] = []
        self._event = Event()
        self._wanted = b""

    def receive(self, data: bytes, at_ns: int, sender: str = "") -> Any:
        takes = (data, at_ns, sender) if isinstance(self.twin, IntifaceTwin) else (data, at_ns)
        replies = self.twin.receive(*takes)
        self.got.append(data)
        self._event.set()
        return replies

    def state_at(self, at_ns: int) -> Any:
        return self.twin.state_at(at_ns)

    def wait_for(self, count: int) -> None:
        while len(self.got) < count:
            assert self._event.wait(2.0), self.got
            self._event.clear()


@pytest.mark.parametrize(("create", "twin_of"), FAMILIES)
class TestNothingIsLeftShaking:
    def test_they_are_drivers(self, create: Any, twin_of: Any) -> None:
        driver = create(DeviceConfig("feel"))
        assert isinstance(driver, Driver) and isinstance(driver, Attentive)
        # A lost command is made good soon, so that neither silence nor rumble depends on one packet.
        assert 0 < driver.keep_alive_ns <= 250 * MS

    def test_safe_and_parked_are_silent(self, create: Any, twin_of: Any) -> None:
        driver = create(DeviceConfig("feel"))
        loud = [channel.high for channel in driver.channels]
        for values in (safe_values(driver), [channel.park for channel in driver.channels]):
            twin = twin_of(driver.config)
            for frame in driver.encode(loud):
                twin.receive(frame, 0)
            assert max(value for name, value in twin.state_at(1).items() if name != "period_ms") == 1.0
            for frame in driver.encode(values):
                twin.receive(frame, 2)
            assert {value for name, value in twin.state_at(3).items() if name != "period_ms"} == {0.0}
        with pytest.raises(SettingError, match="a stop ends every vibration"):
            name = driver.groups[0].name
            create(DeviceConfig("feel", safe={name: 0.5}))

    def test_a_show_in_memory_and_its_end(self, create: Any, twin_of: Any) -> None:
        bus = play(create, DeviceConfig("feel", rate_hz=50.0, seat=0), kind="haptic")
        bus.run_until(S)
        twin = bus.twins["feel"]
        assert max(twin.state_at(S).values()) >= 0.5
        bus.finish()
        end_ns = bus.core.next_due_ns()
        assert {value for name, value in twin.state_at(end_ns).items() if name != "period_ms"} == {0.0}


class TestIntifaceCodec:
    def test_golden_command(self) -> None:
        golden = b'[{"ScalarCmd":{"Id":9,"DeviceIndex":2,"Scalars":[{"Index":0,"Scalar":0.5,"ActuatorType":"Vibrate"}]}}]'
        assert encode((vibrate(2, {0: 0.5}, 9),)) == golden
        assert list(decode(golden)) == [vibrate(2, {0: 0.5}, 9)]

    def test_a_device_of_a_server(self) -> None:
        info = read_device(
            {
                "DeviceIndex": 3,
                "DeviceName": "Maker's",
                "DeviceDisplayName": "Mine",
                "DeviceMessages": {
                    "ScalarCmd": [{"ActuatorType": "Oscillate"}, {"ActuatorType": "Vibrate"}],
                    "StopDeviceCmd": {},
                },
            }
        )
        assert (info.index, info.name, info.vibrators) == (3, "Mine", (1,))
        with pytest.raises(ButtplugError, match="DeviceIndex is 'a'"):
            read_device({"DeviceIndex": "a"})

    json_values = st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
        max_leaves=10,
    )

    @given(
        st.binary(max_size=80)
        | json_values.map(lambda v: json.dumps(v).encode())
        | json_values.map(
            lambda v: json.dumps([{"ScalarCmd": {"Id": 1, "DeviceIndex": 0, "Scalars": v}}]).encode()
        )
    )
    def test_any_text(self, data: bytes) -> None:
        try:
            decode(data)
        except ButtplugError:
            pass
        assert all(decode(reply) for reply in IntifaceTwin(DeviceConfig("i")).receive(data, 0))
        driver = intiface.create(DeviceConfig("i"))
        driver._hear(data)


class TestIntiface:
    def test_groups_that_overlap_give_each_device_one_command_with_the_louder(self) -> None:
        driver = intiface.create(DeviceConfig("i", settings={"actuators": TWO}))
        driver._hear(IntifaceTwin(driver.config).receive(encode((Message("RequestDeviceList"),)), 0)[0])
        sent = [decode(frame)[0] for frame in driver.stamp(driver.encode((0.8, 40.0, 0.3, 40.0)))]
        assert [(m.fields["DeviceIndex"], [row["Scalar"] for row in m.fields["Scalars"]]) for m in sent] == [
            (0, [0.3, 0.8]),
            (1, [0.3, 0.3]),
        ]
        assert len({message.id for message in sent}) == 2

    def test_over_a_real_websocket(self, server: WsServer) -> None:
        config = DeviceConfig("i", settings={"actuators": TWO})
        clock = ManualClock()
        twin = Heard(IntifaceTwin(config))
        twin.twin.broken = {1}
        attend(twin, server, Recorder(None), clock)
        driver = intiface.create(replace(config, port=server.port))
        driver.open()
        assert driver.health.note.endswith("2 devices")
        assert driver.attend_ns <= MAX_PING_MS * MS // 3
        driver.send(driver.encode((0.5, 40.0, 0.0, 40.0)))
        texts = [report.text for report in driver.attend(S)]
        twin.wait_for(6)  # hello, list, scan, two commands, ping
        clock.advance_to_ns(1)
        assert twin.state_at(1) == {
            "Cushion.0": 0.0,
            "Cushion.1": 0.5,
            "Gamepad 2.0": 0.0,
            "Gamepad 2.1": 0.0,
        }
        for _ in range(200):
            if any("does not answer" in text for text in texts):
                break
            Event().wait(0.01)
            texts += [report.text for report in driver.attend(S)]
        assert "Gamepad 2: Device 1 does not answer." in texts  # and Cushion went on
        driver.close()
        twin.wait_for(10)  # two stops, stop all, gone
        assert set(twin.state_at(2).values()) == {0.0}
        assert [decode(data)[0].name for data in twin.got[-4:-1]] == [
            "StopDeviceCmd",
            "StopDeviceCmd",
            "StopAllDevices",
        ]

    def test_a_server_without_its_pings_stops_everything(self) -> None:
        twin = IntifaceTwin(DeviceConfig("i"))
        twin.receive(
            encode((Message("RequestServerInfo", 1, {"ClientName": "a", "MessageVersion": 3}),)), 0, "a"
        )
        twin.receive(encode((vibrate(0, {0: 1.0}),)), 0, "a")
        assert max(twin.state_at(MAX_PING_MS * MS).values()) == 1.0
        assert max(twin.state_at(MAX_PING_MS * MS + 1).values()) == 0.0
        (reply,) = twin.receive(encode((Message("Ping"),)), 2 * S, "a")
        assert decode(reply)[0].fields["ErrorCode"] == 2

    def test_devices_come_and_go(self) -> None:
        driver = intiface.create(DeviceConfig("i", settings={"actuators": TWO}))
        added = {
            "DeviceIndex": 4,
            "DeviceName": "Cushion",
            "DeviceMessages": {"ScalarCmd": [{"ActuatorType": "Vibrate"}] * 2},
        }
        heard = [
            Message("DeviceAdded", 0, added),
            Message("ScanningFinished", 0),
            Message("DeviceRemoved", 0, {"DeviceIndex": 4}),
        ]
        texts = [r.text for m in heard for r in driver._hear(encode((m,)))]
        assert texts == ["Cushion is connected, with 2 vibrators", "Cushion went away; the others go on"]
        assert driver.stamp(driver.encode((1.0, 40.0, 1.0, 40.0))) == []
        assert [r.text for r in driver.attend(0)] == [
            "Cushion is not connected to the server; the others go on"
        ]
        assert driver.attend(S) == []

    def test_nobody_there(self) -> None:
        driver = intiface.create(DeviceConfig("i", port="ws://127.0.0.1:9"))
        with pytest.raises(DeviceGone, match=r"nobody answers at ws://127\.0\.0\.1:9"):
            driver.open()

    @pytest.mark.parametrize(
        ("config", "message"),
        [
            (DeviceConfig("i", port="12345"), "port is '12345'; allowed: twin, or ws://host:port"),
            (DeviceConfig("i", settings={"actuators": []}), r"actuators is \[\]; name at least one"),
            (DeviceConfig("i", settings={"actuators": {"a": {"device": 3}}}), "device is 3; write its name"),
            (DeviceConfig("i", settings={"actuators": {"a": {"index": 99}}}), "index is 99; allowed 0 to 63"),
            (
                DeviceConfig("i", settings={"actuators": {"a": {"x": 1}}}),
                "actuator a is .*allowed: device, index",
            ),
        ],
    )
    def test_wrong_settings(self, config: DeviceConfig, message: str) -> None:
        with pytest.raises(SettingError, match=message):
            intiface.create(config)


class TestBhaptics:
    def test_golden_request(self) -> None:
        golden = (
            b'{"Submit":[{"Type":"frame","Key":"b.chest","Frame":{"position":"VestFront","dotPoints":[{"index":3,"intensity":50}],'
            b'"durationMillis":200}},{"Type":"turnOff","Key":"b.back"},{"Type":"turnOffAll"}]}'
        )
        requests = [Frame("b.chest", "VestFront", {3: 50}, 200), TurnOff("b.back"), TurnOff()]
        assert encode_requests(requests) == golden
        assert list(decode_requests(golden)) == requests

    def test_status_round_trip(self) -> None:
        status = Status(("VestFront",), ("a", "b"))
        assert decode_status(encode_status(status)) == status

    @given(
        st.binary(max_size=60)
        | TestIntifaceCodec.json_values.map(
            lambda v: json.dumps({"Submit": [{"Type": "frame", "Key": "k", "Frame": v}]}).encode()
        )
        | TestIntifaceCodec.json_values.map(
            lambda v: json.dumps({"Submit": v, "ConnectedPositions": v}).encode()
        )
    )
    def test_any_text(self, data: bytes) -> None:
        for reader in (decode_requests, decode_status):
            try:
                reader(data)
            except BhapticsError:
                pass
        BhapticsTwin(DeviceConfig("b")).receive(data, 0)

    def test_what_plays_ends_by_itself(self) -> None:
        driver = bhaptics.create(
            DeviceConfig("b", settings={"actuators": {"chest": {"position": "VestFront", "points": [0, 5]}}})
        )
        twin = BhapticsTwin(driver.config)
        twin.receive(driver.encode((0.5, 60.0))[0], 0)
        assert twin.state_at((HOLD_MS * MS) - 1) == {"VestFront": 0.5, "VestFront.0": 0.5, "VestFront.5": 0.5}
        assert twin.state_at(HOLD_MS * MS) == {"VestFront": 0.0}

    def test_over_a_real_websocket(self, server: WsServer) -> None:
        config = DeviceConfig("b")
        twin = Heard(BhapticsTwin(config))
        twin.twin.worn = {"VestBack"}
        attend(twin, server, Recorder(None), ManualClock())
        driver = bhaptics.create(replace(config, port=server.port))
        driver.open()
        driver.send(driver.encode((0.5, 60.0, 1.0, 60.0)))
        twin.wait_for(1)
        reports = []
        for _ in range(200):
            reports += driver.attend(0)
            if reports:
                break
            Event().wait(0.01)
        assert [(r.kind, r.text) for r in reports] == [("fault", "VestFront is not connected to the Player")]
        driver.close()
        twin.wait_for(2)
        assert list(decode_requests(twin.got[1])) == [TurnOff("b.front"), TurnOff("b.back")]

    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"actuators": {"a": {"position": "Tail"}}}, "position is 'Tail'; allowed: VestFront, VestBack"),
            (
                {"actuators": {"a": {"position": "Head", "points": [6]}}},
                r"points is \[6\]; allowed: a list of 0 to 5",
            ),
            ({"actuators": {"a": {"position": "Head", "colour": 1}}}, "allowed: position, points"),
        ],
    )
    def test_wrong_settings(self, settings: dict[str, object], message: str) -> None:
        with pytest.raises(SettingError, match=message):
            bhaptics.create(DeviceConfig("b", settings=settings))


class TestLinesOfWebSockets:
    @pytest.mark.parametrize(
        "port", ["ws://h:99999", "ws://[::1", "ws://", "ws://a..b", "http://h:1", "ws://:1", "ws://h:0"]
    )
    def test_what_is_no_port(self, port: str) -> None:
        with pytest.raises(ValueError, match="allowed: twin, or ws://host:port"):
            check_ws_port(port, "ws://127.0.0.1:1")

    def test_one_that_reads_nothing_is_gone_and_holds_up_nobody(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("devices.ws.client._SEND_S", 0.05)

        def deaf(server: socket.socket, done: Event) -> None:
            client, _ = server.accept()
            asked = b""
            while b"\r\n\r\n" not in asked:
                asked += client.recv(4096)
            key = next(
                row[19:] for row in asked.split(b"\r\n") if row.lower().startswith(b"sec-websocket-key")
            )
            proof = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
            client.sendall(
                b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                b"Sec-WebSocket-Accept: " + proof + b"\r\n\r\n"
            )
            done.wait(10.0)
            client.close()

        done = Event()
        with socket.create_server(("127.0.0.1", 0)) as server:
            Thread(target=deaf, args=(server, done), daemon=True).start()
            line = WsLine("feel", f"ws://127.0.0.1:{server.getsockname()[1]}")
            line.open()
            with pytest.raises(DeviceGone, match="went away"):
                for _ in range(100):
                    line.send((b"x" * 1_000_000,))
            line.close()
            done.set()


def test_a_removed_device_without_a_proper_number_is_nobody() -> None:
    driver = intiface.create(DeviceConfig("i"))
    driver._ws = SimpleNamespace(  # type: ignore[attr-defined]
        is_open=True, read=lambda timeout_s=0.0: [b'[{"DeviceRemoved":{"Id":0,"DeviceIndex":[]}}]']
    )
    assert [report.kind for report in driver.attend(0)] == []
