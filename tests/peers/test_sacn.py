"""Our sACN as tshark and the npm package `sacn` read it, and that package's as our source does.

tshark 4.0 dissects data packets; synchronization and discovery packets it does not know. Those are held by the golden packets of
the default suite and, for their effect, by our receiver.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
from pathlib import Path

import pytest

from devices.sacn import SacnDriver, SacnSource
from engine.bus.driver import DeviceConfig
from engine.bus.source import SourceConfig
from engine.time import MonotonicClock
from tests.peers.captures import dissected, write_capture
from tests.peers.programs import needed, node_package

pytestmark = pytest.mark.peer

CID = "00112233-4455-6677-8899-aabbccddeeff"
FIXTURES = {
    f"u{universe}slot{number}": {"channels": [number], "universe": universe}
    for universe in (3, 300)
    for number in range(1, 513)
}
LOOKS = [[(number * 7 + shift) % 256 for number in range(1024)] for shift in (1, 90)]


def driver(port: int, **settings: object) -> SacnDriver:
    config = DeviceConfig(
        "lights",
        f"udp://127.0.0.1:{port}",
        settings={"fixtures": FIXTURES, "cid": CID, "name": "Engine", **settings},
    )
    return SacnDriver(config)


def shares(look: list[int]) -> list[float]:
    return [level / 255 for level in look]


def test_tshark_reads_priority_sync_address_sequence_and_the_end(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as node:
        node.bind(("127.0.0.1", 0))
        node.settimeout(1.0)
        made = driver(node.getsockname()[1], priority=137, sync=999, discovery=False)
        made.open()
        for look in LOOKS:
            made.send(made.encode(shares(look)))
        made.close()
        sent = [node.recv(700) for _ in range(2 * 3 + 3 * 2)]
    capture = tmp_path / "sacn.pcap"
    write_capture(capture, sent, 5568)
    text = dissected(
        capture, "--enable-heuristic", "acn", "-V", "-o", "acn.dmx_enable:TRUE", "-o", "acn.dmx_display_view:Decimal",
        "-o", "acn.dmx_display_zeros:TRUE",
    )  # fmt: skip
    rows = [Dissected(frame) for frame in text.split("Architecture for Control Networks")[1:]]
    assert len(rows) == 10  # all data packets; synchronization packets it does not know
    for row in rows:
        assert row["CID"] == CID and row["Source"] == "Engine" and "Vector: Streaming DMX (2)" in row.text
        # The dissector is of 2009: what E1.31 then reserved is the synchronization address since.
        assert (row["Priority"], row["Reserved"], row["Start Code"]) == ("137", "999", "0 (0x00)")
        assert (row["Preview Data"], row["Count"], row["Increment"]) == ("False", "513", "1")
    for universe, first in ((3, 0), (300, 512)):
        mine = [row for row in rows if row["Universe"] == str(universe)]
        # Per universe the sequence counts; the last three packets of each say that the stream ends.
        assert [row["Seq No"] for row in mine] == ["0", "1", "2", "3", "4"]
        assert [row["Stream Terminated"] for row in mine] == ["False", "False", "True", "True", "True"]
        assert [row.slots for row in mine[:2]] == [look[first : first + 512] for look in LOOKS]
    print(
        "tshark: 10 sACN data packets: CID, name, priority 137, sync address 999, sequences, 2 x 512 slots, "
        "3 x terminated per universe"
    )


class Dissected:
    """One packet of `tshark -V`."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __getitem__(self, name: str) -> str:
        found = re.search(rf"^[ .01]+(?:= )?{name}: (.+)$", self.text, re.MULTILINE)
        assert found is not None, f"{name} is not in\n{self.text}"
        return found[1].strip()

    @property
    def slots(self) -> list[int]:
        rows = re.findall(r"^ +\d{3}-\d{3}: (.*)$", self.text, re.MULTILINE)
        return [int(word) for row in rows for word in row.replace("|", " ").split()]


RECEIVE = """
const { Receiver } = require(process.argv[1]);
const receiver = new Receiver({ universes: [3, 300], port: +process.argv[2], reuseAddr: true, iface: '127.0.0.1' });
for (const kind of ['PacketCorruption', 'PacketOutOfOrder', 'error'])
  receiver.on(kind, (error) => console.log(JSON.stringify({ fault: kind, text: String(error) })));
receiver.on('packet', (packet) => console.log(JSON.stringify({
  universe: packet.universe, sequence: packet.sequence, priority: packet.priority, name: packet.sourceName,
  cid: packet.cid.toString('hex'), sync: packet.syncUniverse, options: packet.options, slots: [...packet.payloadAsBuffer],
})));
receiver.socket.on('listening', () => setTimeout(() => console.log('"ready"'), 50));
"""
SEND = """
const { Sender } = require(process.argv[1]);
const payload = {};
for (let slot = 1; slot <= 512; slot++) payload[slot] = (slot * 3) % 256;
const sender = new Sender({ universe: 7, port: +process.argv[2], useUnicastDestination: '127.0.0.1',
  defaultPacketOptions: { sourceName: 'node', priority: 90, useRawDmxValues: true } });
let left = 5;
const again = () => sender.send({ payload }).then(() => { if (--left) setTimeout(again, 20); else sender.close(); });
again();
"""


def node(script: str, port: int) -> subprocess.Popen[str]:
    command = [needed("node", "nodejs"), "-e", script, str(node_package("sacn")), str(port)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ})


def test_the_npm_package_receives_what_we_send() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    child = node(RECEIVE, port)
    try:
        assert child.stdout is not None
        assert json.loads(child.stdout.readline()) == "ready"
        made = driver(port, priority=137, sync=999, discovery=False)
        made.open()
        for look in LOOKS:
            made.send(made.encode(shares(look)))
        made.close()
        rows = []
        while len(rows) < 10:
            row = json.loads(child.stdout.readline())
            # Synchronization packets are foreign to it: it refuses them by their root vector.
            if row.get("fault") != "PacketCorruption":
                rows.append(row)
    finally:
        child.terminate()
        child.communicate()
    assert not [row for row in rows if "fault" in row], rows
    for row in rows:
        assert (row["priority"], row["name"], row["cid"], row["sync"]) == (
            137,
            "Engine",
            CID.replace("-", ""),
            999,
        )
    for universe, first in ((3, 0), (300, 512)):
        mine = [row for row in rows if row["universe"] == universe]
        assert [row["sequence"] for row in mine] == [0, 1, 2, 3, 4]
        assert [row["slots"] for row in mine[:2]] == [look[first : first + 512] for look in LOOKS]
        assert [row["options"] & 0x40 for row in mine] == [0, 0, 0x40, 0x40, 0x40]
    print(
        "npm sacn receives: 2 universes x 512 slots exact, priority, CID, name, sync address, 3 x terminated"
    )


def test_what_the_npm_package_sends_reaches_our_source() -> None:
    source = SacnSource(SourceConfig("desk", "udp://127.0.0.1:0", {"universes": 7}))
    source.open()
    child = node(SEND, source.port)
    heard: dict[str, float] = {}
    try:
        clock = MonotonicClock()
        limit_ns = clock.now_ns() + 10_000_000_000
        packets = 0
        while packets < 5 and clock.now_ns() < limit_ns:
            for chunk in source.read(0.5):
                packets += 1
                for signal in source.decode(chunk, clock.now_ns()):
                    heard[signal.address] = signal.values[0]  # type: ignore[assignment]
    finally:
        child.terminate()
        child.communicate()
        source.close()
    assert packets == 5 and source.refused == 0
    assert heard == {f"/7/{slot}": slot * 3 % 256 / 255 for slot in range(1, 513) if slot * 3 % 256}
    print(f"npm sacn sends: {packets} packets, {len(heard)} slots exact")
