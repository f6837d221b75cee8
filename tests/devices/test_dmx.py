"""What the lighting families share: fixtures over universes, signals, rivals, ports that are shared."""

from __future__ import annotations

import socket
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.dmx.fixtures import Patch
from devices.dmx.listening import Listening, parse_listening_port
from devices.dmx.rivals import MOST_RIVALS, RivalWatch
from devices.dmx.sending import Sending
from devices.dmx.signals import LevelChanges
from devices.sim.lamps import Lamps
from engine.bus.driver import DeviceConfig, SettingError
from engine.errors import DeviceBusy, DeviceGone

S = 1_000_000_000


def patch(fixtures: dict[str, dict[str, object]], **more: object) -> Patch:
    config = DeviceConfig("lights", settings={"fixtures": fixtures, **more})
    return Patch(config, lowest=1, highest=63999, default=1)


class TestPatch:
    def test_fixtures_lie_on_their_own_universe_or_on_the_devices(self) -> None:
        made = patch(
            {"a": {"channels": [2]}, "b": {"channels": [1, 2, 3], "form": "rgb", "universe": 9}}, universe=4
        )
        assert made.universes == (4, 9) and made.sizes == {4: 2, 9: 3}
        assert made.slots([1.0, 0.2, 0.4, 0.6]) == {4: b"\x00\xff", 9: b"\x33\x66\x99"}

    def test_one_slot_may_be_used_on_every_universe_but_once(self) -> None:
        patch({"a": {"channels": [1]}, "b": {"channels": [1], "universe": 2}})
        with pytest.raises(SettingError, match="DMX channel 1 belongs to a already"):
            patch({"a": {"channels": [1], "universe": 2}, "b": {"channels": [1], "universe": 2}})

    def test_a_universe_the_protocol_has_not(self) -> None:
        with pytest.raises(SettingError, match="universe is 0; allowed: an integer 1 to 63999") as caught:
            patch({"a": {"channels": [1], "universe": 0}})
        assert caught.value.path == ("settings", "fixtures", "a", "universe")

    @given(
        st.lists(st.floats(0.0, 1.0), min_size=5, max_size=5),
        st.sampled_from([8, 16]),
        st.sampled_from(["linear", "square"]),
    )
    def test_what_is_shown_is_what_was_meant(self, values: list[float], bits: int, curve: str) -> None:
        rows: dict[str, dict[str, object]] = {
            "spot": {"channels": [1, 4, 7], "form": "rgb", "bits": bits, "curve": curve},
            "fan": {"channels": [20], "bits": bits, "curve": curve, "universe": 5},
            "fog": {"channels": [1], "bits": bits, "curve": curve, "universe": 5},
        }
        made = patch(rows)
        shown: dict[str, float] = {}
        for universe, slots in made.slots(values).items():
            shown |= made.shown(universe, bytes(slots))
        step = 1 / (255 if bits == 8 else 65535)
        for channel, value in zip(made.channels, values, strict=True):
            power = 2 if curve == "square" else 1
            assert abs(shown[channel.name] ** power - value**power) <= step

    @settings(max_examples=15)
    @given(st.integers(0, 1 << 32), st.integers(48, 200))
    def test_many_channels_at_once_give_the_bytes_of_one_by_one(self, seed: int, count: int) -> None:
        random = Random(seed)
        rows: dict[str, dict[str, object]] = {}
        for number in range(count):
            slot = 1 + 2 * (number // 3)
            rows[f"f{number}"] = {
                "channels": [slot], "universe": (1, 2, 300)[number % 3], "bits": random.choice([8, 16]),
                "curve": random.choice(["linear", "square"]),
            }  # fmt: skip
        values = [random.choice([random.random(), 0.0, 0.5, 1.0, 0.1]) for _ in range(count)]
        made = patch(rows)
        expected: dict[int, bytearray] = {
            universe: bytearray(made.sizes[universe]) for universe in (1, 2, 300)
        }
        for (name, row), value in zip(rows.items(), values, strict=True):
            ((universe, slots),) = patch({name: row}).slots([value]).items()
            for slot, level in enumerate(slots):
                expected[universe][slot] |= level
        assert made.slots(values) == expected

    def test_lamps_are_late(self) -> None:
        made = patch({"a": {"channels": [1]}})
        lamps = Lamps(made, DeviceConfig("lights"))
        lamps.show(1, b"\xff", 10)
        lamps.show(2, b"\x00", 11)
        assert lamps.state_at(12) == {"a.level": 1.0}


class TestLevelChanges:
    def test_only_what_changed_is_told_and_only_of_the_slots_wanted(self) -> None:
        changes = LevelChanges("desk", (2, 4))
        told = changes.of(3, bytes([9, 0, 51, 255, 9]), 7)
        assert [(s.source, s.address, s.values, s.at_ns) for s in told] == [
            ("desk", "/3/3", (0.2,), 7),
            ("desk", "/3/4", (1.0,), 7),
        ]
        assert changes.of(3, bytes([8, 0, 51, 255, 8]), 8) == []
        assert [s.address for s in changes.of(3, bytes([8, 0, 0]), 9)] == ["/3/3"]

    @given(st.lists(st.binary(max_size=512), max_size=6))
    def test_a_listener_that_applies_changes_has_the_levels(self, looks: list[bytes]) -> None:
        changes, heard = LevelChanges("desk"), bytearray(512)
        expected = bytearray(512)
        for look in looks:
            expected[: len(look)] = look
            for signal in changes.of(1, look, 0):
                heard[int(signal.address.split("/")[2]) - 1] = round(signal.values[0] * 255)  # type: ignore[operator]
            assert heard == expected


class TestRivals:
    def test_each_is_told_once_when_it_comes_and_once_when_it_goes(self) -> None:
        watch = RivalWatch(10 * S)
        for at_s in range(3):
            watch.heard(3, "x", "192.168.1.20 (Art-Net)", at_s * S)
        (report,) = watch.reports(2 * S)
        assert report.kind == "rival"
        assert report.text == (
            "universe 3 is also driven by 192.168.1.20 (Art-Net); two sources fight or merge there, switch one off"
        )
        assert watch.reports(12 * S) == []
        (report,) = watch.reports(12 * S + 1)
        assert report.text == "universe 3 is no longer driven by 192.168.1.20 (Art-Net)"
        assert watch.reports(20 * S) == []

    def test_universes_of_one_rival_are_one_sentence(self) -> None:
        watch = RivalWatch(S)
        for universe in (7, 1, 2, 3, 9, 10):
            watch.heard(universe, "x", "desk", 0)
        (report,) = watch.reports(0)
        assert report.text.startswith("universes 1 to 3, 7, 9 and 10 are also driven by desk;")

    def test_what_a_network_can_make_us_remember_ends(self) -> None:
        watch = RivalWatch(S)
        for number in range(2 * MOST_RIVALS):
            watch.heard(1, str(number), str(number), 0)
        assert len(watch.reports(0)) == MOST_RIVALS


class TestPorts:
    def test_an_onlooker_hears_broadcasts_and_takes_no_unicast_from_another_program(self) -> None:
        with (
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as program,
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
        ):
            for option in (socket.SO_REUSEADDR, socket.SO_REUSEPORT):
                program.setsockopt(socket.SOL_SOCKET, option, 1)
            program.bind(("0.0.0.0", 0))
            program.settimeout(1.0)
            port = program.getsockname()[1]
            onlooker = Listening("lights", "0.0.0.0", port, onlooker=True)
            onlooker.open()
            sender.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            for number in range(8):
                sender.sendto(bytes([number]), ("127.0.0.1", port))
                assert program.recv(8) == bytes([number])
            sender.sendto(b"all", ("127.255.255.255", port))
            assert program.recv(8) == b"all"
            assert [data for data, *_ in onlooker.hear(1.0)] == [b"all"]
            onlooker.close()
            onlooker.close()

    def test_a_port_that_is_not_shared_is_busy(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as program:
            program.bind(("127.0.0.1", 0))
            listening = Listening("desk", "127.0.0.1", program.getsockname()[1])
            with pytest.raises(DeviceBusy, match=r"desk: UDP port .* is held by another program"):
                listening.open()
            with pytest.raises(DeviceGone, match="is not open"):
                listening.hear()

    def test_more_groups_than_one_socket_may_join(self) -> None:
        groups = [f"239.255.0.{number}" for number in range(1, 65)]
        listening = Listening("desk", "0.0.0.0", 0, groups=groups, interface="127.0.0.1")
        listening.open()
        assert listening.is_open and listening.port
        listening.close()

    def test_an_answer_finds_its_way_and_a_refusal_is_a_device_gone(self) -> None:
        listening = Listening("node", "127.0.0.1", 0)
        listening.open()
        line = Sending("lights", "127.0.0.1", listening.port)
        line.open()
        line.send([b"hello"])
        ((data, host, port),) = listening.hear(1.0)
        assert (data, (host, port)) == (b"hello", line.local)
        assert listening.answer(b"yes", host, port)
        for _ in range(1000):
            heard = line.hear()
            if heard:
                break
        assert heard[0][0] == b"yes"
        listening.close()
        with pytest.raises(DeviceGone, match="nobody answers"):
            for _ in range(1000):
                line.send([b"hello"])
        line.close()

    @pytest.mark.parametrize("port", ["tcp://0.0.0.0", "udp://", "udp://0.0.0.0:x", "udp://0.0.0.0:70000"])
    def test_wrong_ports(self, port: str) -> None:
        with pytest.raises(ValueError, match="allowed"):
            parse_listening_port(port, 6454)
