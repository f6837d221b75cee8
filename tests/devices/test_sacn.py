"""sACN: golden packets, round trips, the receiver's rules one by one, driver, twin, source."""

from __future__ import annotations

import socket
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.sacn import SacnDriver, SacnSource
from devices.sacn.codec import (
    DISCOVERY_UNIVERSE,
    START_PRIORITIES,
    Data,
    Discovery,
    SacnError,
    Sync,
    as_terminated,
    decode,
    discovery_pages,
    encode,
    group_of,
    is_data,
    universe_of,
    with_sequence,
)
from devices.sacn.merge import MAX_SOURCES, Receiver, is_late
from devices.sim.sacn import SacnTwin
from engine.bus.driver import Attentive, DeviceConfig, Driver, SettingError
from engine.bus.source import Chunk, Source, SourceConfig

S = 1_000_000_000
CID = UUID("00112233-4455-6677-8899-aabbccddeeff")
OTHER = UUID("ffffffff-4455-6677-8899-aabbccddeeff")
CID_HEX = "00112233445566778899aabbccddeeff"
ROOT = "00100000" + "4153432d45312e3137000000"
NAME = b"desk".ljust(64, b"\x00").hex()

GOLDEN = {
    # ANSI E1.31-2018 table 4-1, four slots: universe 0x0123, priority 120, synchronised on 0x0400, sequence 7, preview.
    ROOT + "7072" + "00000004" + CID_HEX
    + "705c" + "00000002" + NAME + "78" + "0400" + "07" + "80" + "0123"
    + "700f" + "02" + "a1" + "0000" + "0001" + "0005" + "00" + "0a141e28":
        Data(CID, "desk", 0x0123, bytes((10, 20, 30, 40)), 120, 0x0400, 7, preview=True),
    # Table 4-2.
    ROOT + "7021" + "00000008" + CID_HEX + "700b" + "00000001" + "09" + "0400" + "0000": Sync(CID, 0x0400, 9),
    # Table 4-3, universes 1, 2 and 0x0200.
    ROOT + "706e" + "00000008" + CID_HEX + "7058" + "00000002" + NAME + "00000000"
    + "700e" + "00000001" + "00" + "00" + "0001" + "0002" + "0200": Discovery(CID, "desk", (1, 2, 0x0200)),
}  # fmt: skip

data_packets = st.builds(
    Data,
    cid=st.uuids(),
    name=st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=15),
    universe=st.integers(1, 63999),
    slots=st.binary(max_size=512),
    priority=st.integers(0, 200),
    sync_address=st.integers(0, 63999),
    sequence=st.integers(0, 255),
    preview=st.booleans(),
    terminated=st.booleans(),
    force_sync=st.booleans(),
    start_code=st.integers(0, 255),
)
packets = st.one_of(
    data_packets,
    st.builds(Sync, st.uuids(), st.integers(1, 63999), st.integers(0, 255)),
    st.builds(
        Discovery,
        st.uuids(),
        st.just("desk"),
        st.sets(st.integers(1, 63999), max_size=30).map(lambda found: tuple(sorted(found))),
        st.integers(0, 3),
        st.integers(3, 255),
    ),
)


class TestCodec:
    @pytest.mark.parametrize("text", GOLDEN, ids=["data", "sync", "discovery"])
    def test_golden_packets(self, text: str) -> None:
        packet = GOLDEN[text]
        assert encode(packet).hex() == text
        assert decode(bytes.fromhex(text)) == packet

    def test_a_full_universe_is_638_bytes_and_a_sync_49(self) -> None:
        full = encode(Data(CID, "desk", 1, bytes(512)))
        assert (len(full), full[16:18].hex(), full[38:40].hex(), full[115:117].hex()) == (
            638,
            "726e",
            "7258",
            "720b",
        )
        assert len(encode(Sync(CID, 1))) == 49

    @given(packets)
    def test_round_trip(self, packet: Data | Sync | Discovery) -> None:
        data = encode(packet)
        assert decode(data) == packet
        assert decode(data + b"behind the end") == packet
        for cut in (10, 40, len(data) - 1):
            with pytest.raises(SacnError):
                decode(data[:cut])

    @given(data_packets, st.integers(0, 255))
    def test_what_is_stamped(self, packet: Data, sequence: int) -> None:
        data = encode(packet)
        assert is_data(data) and universe_of(data) == packet.universe
        made = decode(with_sequence(as_terminated(data), sequence))
        assert isinstance(made, Data) and (made.sequence, made.terminated) == (sequence, True)

    @given(st.binary(max_size=700), packets, st.integers(16, 130), st.binary(min_size=1, max_size=4))
    def test_noise_is_refused_and_breaks_nothing(
        self, noise: bytes, packet: Data | Sync | Discovery, at: int, garbage: bytes
    ) -> None:
        good = encode(packet)
        for data in (
            noise,
            good[:16] + noise,
            good[:at] + garbage + good[at + len(garbage) :],
            good[:at] + noise,
        ):
            try:
                decode(data)
            except SacnError:
                continue

    def test_what_it_refuses_to_write(self) -> None:
        for packet, message in (
            (Data(CID, "", 0, b""), "universe is 0; allowed 1 to 63999"),
            (Data(CID, "", 1, bytes(513)), "slots is 513; allowed 0 to 512"),
            (Data(CID, "", 1, b"", 201), "priority is 201; allowed 0 to 200"),
            (Sync(CID, 0), "sync_address is 0; allowed 1 to 63999"),
            (Discovery(CID, "", (2, 1)), "not ascending"),
        ):
            with pytest.raises(ValueError, match=message):
                encode(packet)  # type: ignore[arg-type]

    def test_a_name_is_cut_between_characters(self) -> None:
        made = decode(encode(Data(CID, "光" * 40, 1, b"")))
        assert isinstance(made, Data) and made.name == "光" * 21

    def test_pages_of_discovery(self) -> None:
        pages = [decode(page) for page in discovery_pages(CID, "desk", range(1, 1026))]
        assert [(p.page, p.last_page, len(p.universes)) for p in pages if isinstance(p, Discovery)] == [
            (0, 2, 512), (1, 2, 512), (2, 2, 1),
        ]  # fmt: skip
        assert universe_of(discovery_pages(CID, "desk", [1])[0]) == DISCOVERY_UNIVERSE
        # Found by fuzzing: a framing layer that says it ends before the list does.
        short = bytearray(discovery_pages(CID, "desk", [1, 300])[0])
        short[38:40] = b"\x70\x48"
        with pytest.raises(SacnError, match="-5 universes on a page"):
            decode(bytes(short))
        assert group_of(DISCOVERY_UNIVERSE) == "239.255.250.214"


class Stage:
    """Packets into a receiver, numbered as each source would."""

    def __init__(self, *universes: int, preview: bool = False) -> None:
        self.receiver = Receiver(universes or (1,), preview=preview)
        self._numbers: dict[tuple[UUID, int], int] = {}

    def data(self, cid: UUID, slots: bytes, at_ns: int = 0, universe: int = 1, **more: object) -> bytes:
        number = self._numbers[cid, universe] = self._numbers.get((cid, universe), -1) + 1
        packet = Data(cid, "desk", universe, slots, sequence=number & 0xFF, **more)  # type: ignore[arg-type]
        self.receiver.take(packet, "10.0.0.1", at_ns)
        return self.receiver.shown(universe)

    def sync(self, address: int, at_ns: int) -> tuple[int, ...]:
        return self.receiver.take(Sync(CID, address), "10.0.0.1", at_ns)


class TestReceiver:
    def test_the_highest_priority_wins_alone(self) -> None:
        stage = Stage()
        stage.data(CID, b"\xff\xff", priority=100)
        assert stage.data(OTHER, b"\x01\x02", priority=101) == b"\x01\x02"
        assert stage.data(CID, b"\xff\x03", priority=101) == b"\xff\x03"

    def test_equal_priorities_merge_highest(self) -> None:
        stage = Stage()
        stage.data(CID, b"\x10\x80")
        assert stage.data(OTHER, b"\x20\x40\x07") == b"\x20\x80\x07"

    def test_a_silent_source_leaves_after_two_and_a_half_seconds(self) -> None:
        stage = Stage()
        stage.data(CID, b"\xff", 0, priority=150)
        stage.data(OTHER, b"\x01", S)
        assert stage.receiver.expire(5 * S // 2) == () and stage.receiver.shown(1) == b"\xff"
        assert stage.receiver.expire(5 * S // 2 + 1) == (1,) and stage.receiver.shown(1) == b"\x01"
        assert (
            stage.receiver.expire(60 * S) == () and stage.receiver.shown(1) == b"\x01"
        )  # the last look stays

    def test_a_terminated_source_leaves_at_once(self) -> None:
        stage = Stage()
        stage.data(CID, b"\xff", priority=150)
        stage.data(OTHER, b"\x01")
        assert stage.data(CID, b"\x77", terminated=True) == b"\x01"
        assert [seen.cid for seen in stage.receiver.sources(1, 0)] == [OTHER]
        assert stage.data(CID, b"\x77", terminated=True) == b"\x01"

    @given(st.integers(0, 255), st.integers(0, 255))
    def test_the_window_of_sequence_numbers(self, new: int, last: int) -> None:
        difference = (new - last + 128) % 256 - 128
        assert is_late(new, last) == (-20 < difference <= 0)

    def test_late_packets_are_dropped(self) -> None:
        receiver = Receiver([1])
        for number, level in ((250, 1), (3, 2), (255, 3), (3, 4), (4, 5)):
            receiver.take(Data(CID, "", 1, bytes([level]), sequence=number), "", 0)
        assert receiver.late == 2 and receiver.shown(1) == b"\x05"

    def test_priority_per_slot(self) -> None:
        stage = Stage()
        stage.data(CID, b"\x10\x10\x10\x10", priority=100)
        stage.data(OTHER, b"\x05\x06\x07\x08", priority=50)
        assert stage.data(OTHER, b"\x00\x64\x65", start_code=START_PRIORITIES) == b"\x10\x10\x07\x10"
        stage.data(CID, b"\x00\x00\x00\x00", start_code=START_PRIORITIES)
        assert stage.receiver.shown(1) == b"\x00\x06\x07\x00"
        # Priorities that stop coming while levels go on lose their meaning.
        for at_s in (1, 2, 3):
            stage.data(CID, b"\x10\x10\x10\x10", at_s * S, priority=100)
            stage.data(OTHER, b"\x05\x06\x07\x08", at_s * S, priority=50)
        assert stage.receiver.shown(1) == b"\x10\x10\x10\x10"

    def test_preview_is_not_for_the_stage(self) -> None:
        assert Stage().data(CID, b"\xff", preview=True) == b""
        assert Stage(preview=True).data(CID, b"\xff", preview=True) == b"\xff"

    def test_synchronised_universes_change_together(self) -> None:
        stage = Stage(1, 2)
        assert stage.data(CID, b"\x01", 0, 1, sync_address=9) == b"\x01"  # nobody has synchronised yet
        stage.data(CID, b"\x01", 0, 2, sync_address=9)
        assert stage.sync(9, 1) == ()
        assert stage.data(CID, b"\x02", 2, 1, sync_address=9) == b"\x01"
        assert stage.data(CID, b"\x02", 3, 2, sync_address=9) == b"\x01"
        assert stage.sync(8, 4) == ()
        assert stage.sync(9, 5) == (1, 2)
        assert stage.receiver.shown(1) == stage.receiver.shown(2) == b"\x02"

    def test_when_synchronisation_is_lost(self) -> None:
        for force_sync, expected in ((False, b"\x01"), (True, b"\x02")):
            stage = Stage()
            stage.data(CID, b"\x01", 0, sync_address=9, force_sync=force_sync)
            stage.sync(9, 1)
            stage.data(CID, b"\x01", 2 * S, sync_address=9, force_sync=force_sync)
            assert stage.data(CID, b"\x02", 3 * S, sync_address=9, force_sync=force_sync) == expected
            assert stage.sync(9, 3 * S + 1) == ((1,) if expected == b"\x01" else ())
            assert stage.receiver.shown(1) == b"\x02"
            # No address any more: at once.
            assert stage.data(CID, b"\x03", 3 * S + 2) == b"\x03"

    def test_what_a_network_can_make_us_remember_ends(self) -> None:
        stage = Stage()
        for number in range(MAX_SOURCES + 5):
            stage.data(UUID(int=number), b"\x01", priority=50)
        assert stage.receiver.exceeded == 5
        assert stage.data(CID, b"\xff", priority=100) == b"\xff"  # who matters is heard all the same
        assert len(stage.receiver.sources(1, 0)) == MAX_SOURCES
        assert stage.receiver.sources(1, 0)[0].cid == CID

    @given(st.lists(st.tuples(packets, st.integers(0, 2 * S)), max_size=12))
    def test_whatever_comes_the_output_is_of_somebody(
        self, rows: list[tuple[Data | Sync | Discovery, int]]
    ) -> None:
        receiver, at_ns = Receiver([1, 2]), 0
        for packet, step_ns in rows:
            at_ns += step_ns
            if not isinstance(packet, Discovery):
                assert set(receiver.take(packet, "", at_ns)) <= {1, 2}
        assert len(receiver.shown(1)) <= 512


FIXTURES: dict[str, dict[str, object]] = {
    "spot": {"channels": [1, 3, 5], "form": "rgb", "bits": 16},
    "fan": {"channels": [10], "form": "dimmer", "universe": 300},
}


def config(port: str = "twin", **settings: object) -> DeviceConfig:
    return DeviceConfig("lights", port=port, settings={"fixtures": FIXTURES, **settings})


def driver(port: str = "twin", **settings: object) -> SacnDriver:
    return SacnDriver(config(port, **settings))


LOOK = (1.0, 0.5, 0.0, 0.2)


class TestDriver:
    def test_it_is_a_driver_that_attends(self) -> None:
        assert isinstance(driver(), Driver) and isinstance(driver(), Attentive)

    def test_a_look_is_all_universes_then_one_sync(self) -> None:
        made = driver(universe=4, priority=130, sync=7, cid=str(CID), name="engine", force_sync=True)
        frames = made.encode(LOOK)
        assert [decode(frame) for frame in frames] == [
            Data(CID, "engine", 4, bytes((255, 255, 128, 0, 0, 0)), 130, 7, force_sync=True),
            Data(CID, "engine", 300, bytes(9) + b"\x33", 130, 7, force_sync=True),
            Sync(CID, 7),
        ]
        assert made.encode(LOOK) == frames
        assert len(driver().encode(LOOK)) == 2  # no sync unless wanted

    def test_each_universe_and_each_sync_counts_by_itself(self) -> None:
        made = driver(sync=1)  # the sync address may be a universe of data
        frames = made.encode(LOOK)
        stamped = [[decode(frame) for frame in made.stamp(frames)] for _ in range(300)]
        for look, packets_of_look in enumerate(stamped):
            assert [packet.sequence for packet in packets_of_look] == [look % 256] * 3  # type: ignore[union-attr]

    def test_its_identity_stays(self) -> None:
        assert (
            driver().cid
            == driver().cid
            != SacnDriver(DeviceConfig("other", settings={"fixtures": FIXTURES})).cid
        )

    def test_multicast_goes_to_the_group_of_each_universe(self) -> None:
        made = driver("udp://multicast", sync=63999)
        groups = [made._sending._group_of(frame) for frame in made.encode(LOOK)]  # type: ignore[misc]
        assert groups == ["239.255.0.1", "239.255.1.44", "239.255.249.255"]

    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"universe": 0}, "universe is 0; allowed: an integer 1 to 63999"),
            ({"priority": 201}, "priority is 201; allowed: an integer 0 to 200"),
            ({"cid": "me"}, "cid is 'me'; allowed: a UUID"),
            ({"interface": "eth0"}, "interface is 'eth0'; allowed: the IPv4 address"),
            ({"name": ""}, "name is ''; allowed: text"),
            ({"zoom": 1}, "unknown setting 'zoom'"),
        ],
    )
    def test_wrong_settings(self, settings: dict[str, object], message: str) -> None:
        with pytest.raises(SettingError, match=message):
            driver(**settings)

    def test_a_wrong_port(self) -> None:
        with pytest.raises(SettingError, match="udp://multicast for multicast") as caught:
            driver("tcp://host")
        assert caught.value.path == ("port",)


class TestOnTheWire:
    """On real sockets of the loopback: short, and the clock is still ours."""

    def test_three_of_a_new_look_discovery_and_three_at_the_end(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as node:
            node.bind(("127.0.0.1", 0))
            node.settimeout(1.0)
            made = driver(f"udp://127.0.0.1:{node.getsockname()[1]}")

            def received(count: int) -> list[Data | Sync | Discovery]:
                found = [decode(node.recv(700)) for _ in range(count)]
                node.setblocking(False)
                with pytest.raises(BlockingIOError):
                    node.recv(700)
                node.settimeout(1.0)
                return found

            made.open()
            made.send(made.encode(LOOK))
            assert made.attend(0) == []
            first = received(3)
            assert isinstance(first[2], Discovery) and first[2].universes == (1, 300)
            for at_ns in (1, 50_000_000, 60_000_000, 100_000_000, 150_000_000, 200_000_000):
                made.attend(at_ns)
            copies = received(4)
            assert [packet.sequence for packet in copies] == [1, 1, 2, 2]  # type: ignore[union-attr]
            made.send(made.encode(LOOK))  # the keep-alive is not a new look
            for at_ns in (900_000_000, 950_000_000, 10 * S):
                made.attend(at_ns)
            kept = received(3)
            assert isinstance(kept[2], Discovery)
            made.close()
            made.close()
            ended = received(6)
            assert all(isinstance(packet, Data) and packet.terminated for packet in ended)
            assert [(p.universe, p.sequence) for p in ended if isinstance(p, Data)] == [
                (1, 4), (300, 4), (1, 5), (300, 5), (1, 6), (300, 6),
            ]  # fmt: skip

    def test_a_rival_is_named_with_its_priority(self) -> None:
        made = driver("udp://127.0.0.1:9", listen="udp://127.0.0.1:0", discovery=False, interface="127.0.0.1")
        made.open()
        assert made.attend(0) == []
        port = made._attention._listening.port  # type: ignore[union-attr]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as rival:
            sequence = iter(range(256))

            def say(priority: int, cid: UUID = OTHER, **more: object) -> None:
                packet = Data(cid, "Big desk", 300, b"\x01", priority, sequence=next(sequence), **more)  # type: ignore[arg-type]
                rival.sendto(encode(packet), ("127.0.0.1", port))

            say(99)
            rival.sendto(encode(Data(OTHER, "Big desk", 77, b"")), ("127.0.0.1", port))
            rival.sendto(b"noise", ("127.0.0.1", port))
            assert made.attend(1) == []  # a backup of lower priority is no rival
            say(100)
            (report,) = made.attend(2)
            assert report.kind == "rival" and report.text.startswith(
                "universe 300 is also driven by 'Big desk' at 127.0.0.1 (sACN, priority 100, ours is 100);"
            )
            say(100)
            assert made.attend(3) == []
            say(100, terminated=True)
            (report,) = made.attend(4)
            assert report.text.startswith("universe 300 is no longer driven by 'Big desk'")
            say(150, made.cid)
            (report,) = made.attend(5)
            assert "under our own identity" in report.text
            (report,) = made.attend(3 * S)
            assert "no longer" in report.text
        made.close()

    def test_multicast_on_the_loopback_reaches_a_source(self) -> None:
        source = SacnSource(
            SourceConfig("desk", "udp://0.0.0.0:0", {"universes": [1, 300], "interface": "127.0.0.1"})
        )
        source.open()
        made = driver(f"udp://multicast:{source.port}", interface="127.0.0.1", listen="none")
        made.open()
        made.send(made.encode(LOOK))
        signals = []
        while len(signals) < 4:
            chunks = source.read(1.0)
            assert chunks
            for chunk in chunks:
                signals += source.decode(chunk, 0)
        made.close()
        source.close()
        assert [(s.address, s.values) for s in signals] == [
            ("/1/1", (1.0,)), ("/1/2", (1.0,)), ("/1/3", (128 / 255,)), ("/300/10", (0.2,)),
        ]  # fmt: skip


class TestTwin:
    def test_it_shows_what_the_driver_sends(self) -> None:
        twin, made = SacnTwin(config(sync=5)), driver(sync=5)
        for frame in made.stamp(made.encode(LOOK)):
            twin.receive(frame, 0, "engine")
        state = twin.state_at(1)
        assert state["spot.green"] == pytest.approx(0.5, abs=1e-4) and state["fan.level"] == 0.2

    def test_a_look_over_several_universes_never_tears(self) -> None:
        rows = {"a": {"channels": [1], "universe": 1}, "b": {"channels": [1], "universe": 2}}
        both = DeviceConfig("wall", settings={"fixtures": rows, "sync": 1})
        made, twin, at_ns = SacnDriver(both), SacnTwin(both), 0
        for step in range(20):
            for frame in made.stamp(made.encode((step / 20, step / 20))):
                at_ns += 1_000_000
                twin.receive(frame, at_ns, "engine")
                state = twin.state_at(at_ns + 1)
                if step > 0:
                    assert state["a.level"] == state["b.level"]

    def test_a_source_that_ends_gives_way_and_discovery_is_heard(self) -> None:
        twin, made = SacnTwin(config()), driver(priority=150)
        for frame in made.stamp(made.encode(LOOK)):
            twin.receive(frame, 0)
        twin.receive(encode(Data(OTHER, "", 300, bytes(9) + b"\xff")), 1)
        assert twin.state_at(2)["fan.level"] == 0.2
        for frame in made.stamp([as_terminated(frame) for frame in made.encode(LOOK)]):
            twin.receive(frame, 3)
        assert twin.state_at(4)["fan.level"] == 1.0
        twin.receive(discovery_pages(CID, "desk", [1, 300])[0], 5)
        twin.receive(b"noise", 6)
        assert twin.discovered == (1, 300) and twin.refused == 1


class TestSource:
    def source(self, **settings: object) -> SacnSource:
        return SacnSource(SourceConfig("desk", "udp://127.0.0.1:0", settings))

    def test_it_is_a_source(self) -> None:
        assert isinstance(self.source(), Source)

    def test_levels_come_as_signals_when_they_change_and_the_stronger_source_counts(self) -> None:
        made = self.source(universes=3)
        strong = encode(Data(CID, "a", 3, b"\x00\xff", 120))
        weak = encode(Data(OTHER, "b", 3, b"\x33\x00", 100))
        assert [(s.address, s.values) for s in made.decode(Chunk(weak), 0)] == [("/3/1", (0.2,))]
        assert [(s.address, s.values) for s in made.decode(Chunk(strong), 1)] == [
            ("/3/1", (0.0,)),
            ("/3/2", (1.0,)),
        ]
        # It falls silent; the weaker one goes on.
        later = made.decode(Chunk(with_sequence(weak, 1)), 2 * S)
        assert later == []
        assert len(made.decode(Chunk(with_sequence(weak, 2)), 4 * S)) == 2
        assert made.decode(Chunk(discovery_pages(CID, "a", [3])[0]), 5 * S) == ()
        assert made.decode(Chunk(b"noise"), 5 * S) == () and made.refused == 1

    @given(st.lists(st.tuples(st.binary(max_size=60), packets), max_size=5))
    def test_noise_breaks_nothing(self, rows: list[tuple[bytes, Data | Sync | Discovery]]) -> None:
        made = self.source()
        for noise, packet in rows:
            for data in (noise, encode(packet)[:60] + noise, encode(packet)):
                for signal in made.decode(Chunk(data), 0):
                    assert 0.0 <= signal.values[0] <= 1.0  # type: ignore[operator]

    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"universes": [0]}, "universe 0; allowed: an integer 1 to 63999"),
            ({"sync": 0}, "sync address 0; allowed: an integer 1 to 63999"),
            ({"interface": "eth0"}, "interface is 'eth0'"),
            ({"preview": 1}, "preview is 1; allowed: true, false"),
        ],
    )
    def test_wrong_settings(self, settings: dict[str, object], message: str) -> None:
        with pytest.raises(SettingError, match=message):
            self.source(**settings)
