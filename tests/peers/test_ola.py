"""Our Art-Net and sACN as the Open Lighting Architecture's daemon reads them, and its Art-Net as our source does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial

import pytest

from devices.artnet import ArtnetDriver, ArtnetSource
from devices.sacn import SacnDriver
from engine.bus.driver import DeviceConfig
from engine.bus.source import SourceConfig
from tests.peers.olads import CLOCK, MS, Olad, running_olad, until

pytestmark = pytest.mark.peer

PORTS = """\
2-1-I-0 = 1
2-1-I-1 = 2
11-1-I-0 = 21
11-1-I-1 = 22
2-1-O-0 = 5
"""
EVERY_SLOT = {f"slot{number}": {"channels": [number]} for number in range(1, 513)}


@pytest.fixture(scope="module")
def olad() -> Iterator[Olad]:
    """The daemon with two Art-Net and two sACN universes in, one Art-Net universe out."""
    plugins = {
        "artnet": "ip = 127.0.0.1\nuse_loopback = true\nnet = 0\nsubnet = 0\noutput_ports = 4\n"
        "always_broadcast = true\nuse_limited_broadcast = true\n",
        "e131": "ip = 127.0.0.1\ninput_ports = 5\noutput_ports = 1\nrevision = 0.46\nignore_preview = true\n",
        "port": PORTS,
    }

    def is_patched(olad: Olad) -> bool:
        return {1, 2, 5, 21, 22} <= {row["id"] for row in olad.ask("json/universe_plugin_list")["universes"]}

    with running_olad(plugins, 9191, is_patched) as made:
        yield made


def levels(shift: int) -> list[int]:
    return [(number * 7 + shift) % 256 for number in range(512)]


def shares(shift: int) -> list[float]:
    return [level / 255 for level in levels(shift)]


def shows(olad: Olad, first: int, wanted: Sequence[list[int]]) -> bool:
    """Whether the daemon has these looks on universes from `first` on."""
    return [olad.slots(first + number) for number in range(len(wanted))] == list(wanted)


def two_universes(first: int) -> dict[str, dict[str, object]]:
    return {
        f"u{universe}slot{number}": {"channels": [number], "universe": universe}
        for universe in (first, first + 1)
        for number in range(1, 513)
    }


def test_art_net_is_read_back_to_the_slot(olad: Olad) -> None:
    config = DeviceConfig(
        "lights", "udp://127.0.0.1", settings={"fixtures": two_universes(1), "listen": "udp://0.0.0.0"}
    )
    driver = ArtnetDriver(config)
    driver.open()
    with closing(driver):
        for shift in (0, 100):
            driver.send(driver.encode([*shares(shift), *shares(shift + 1)]))
            # It looks out on the daemon's own port meanwhile, and must take none of its packets.
            assert driver.attend(CLOCK.now_ns()) == []
            wanted = (levels(shift), levels(shift + 1))
            assert until(partial(shows, olad, 1, wanted)), olad.slots(1)
    print("olad: 2 Art-Net universes, 512 slots each, two looks: exact, with our own ear on the same port")


def test_sacn_is_read_back_and_a_stop_is_seen_as_stop(olad: Olad) -> None:
    def sender(name: str, priority: int) -> SacnDriver:
        settings = {"fixtures": two_universes(21), "priority": priority}
        return SacnDriver(DeviceConfig(name, "udp://127.0.0.1", settings=settings))

    under, over = sender("under", 100), sender("over", 150)
    under.open()
    over.open()
    with closing(under), closing(over):
        under.send(under.encode([*shares(3), *shares(4)]))
        assert until(lambda: olad.slots(21) == levels(3) and olad.slots(22) == levels(4)), olad.slots(21)
        over.send(over.encode([*shares(77), *shares(78)]))
        assert until(lambda: olad.slots(21) == levels(77) and olad.slots(22) == levels(78)), olad.slots(21)
        under.send(under.encode([*shares(3), *shares(4)]))
        CLOCK.sleep_until_ns(CLOCK.now_ns() + 100 * MS)
        assert olad.slots(21) == levels(77)  # the weaker one is not heard
        over.close()
        stopped_ns = CLOCK.now_ns()

        def is_back() -> bool:
            under.send(under.encode([*shares(3), *shares(4)]))
            return olad.slots(21) == levels(3) and olad.slots(22) == levels(4)

        assert until(is_back, 2.0), olad.slots(21)
        back_ms = (CLOCK.now_ns() - stopped_ns) / MS
        assert back_ms < 1500  # long before the 2.5 s after which a silent source is forgotten
    print(
        f"olad: 2 sACN universes exact; priority 150 over 100; after terminated packets 100 is back in {back_ms:.0f} ms"
    )


def test_its_art_net_reaches_our_source(olad: Olad) -> None:
    source = ArtnetSource(SourceConfig("desk", "udp://0.0.0.0", {"universes": list(range(16))}))
    source.open()
    with closing(source):
        wanted = [0, 255, 51, *range(200)]
        heard: dict[str, float] = {}
        for _ in range(30):
            olad.ask("set_dmx", {"u": "5", "d": ",".join(map(str, wanted))})
            for chunk in source.read(0.2):
                for signal in source.decode(chunk, CLOCK.now_ns()):
                    heard[signal.address] = signal.values[0]  # type: ignore[assignment]
            if len(heard) >= sum(level > 0 for level in wanted):
                break
    assert heard == {f"/5/{slot}": level / 255 for slot, level in enumerate(wanted, 1) if level}
    print(f"olad sends Art-Net, we hear: {len(heard)} slots exact by broadcast")
