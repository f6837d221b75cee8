"""Art-Net of a real run on a real socket, as tshark reads it."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from devices.artnet import ArtnetDriver
from devices.artnet.announce import introductions
from devices.artnet.codec import Poll, encode
from engine.bus.driver import DeviceConfig
from engine.time import MonotonicClock
from tests.peers.captures import dissected as dissected_file
from tests.peers.captures import write_capture
from tests.peers.programs import needed
from tests.show.runs import LIVE, Started

pytestmark = pytest.mark.peer

Packet = tuple[int, int, bytes]
"""Sequence, universe and slots of an ArtDmx packet."""


def recorded(path: Path) -> list[Packet]:
    """What a twin received: offsets as in the Art-Net 4 specification, not by our own codec."""
    packets = []
    for line in path.read_text(encoding="utf-8").splitlines():
        data = bytes.fromhex(json.loads(line)["hex"])
        packets.append((data[12], int.from_bytes(data[14:16], "little"), data[18:]))
    return packets


def dissected(text: str) -> list[Packet]:
    """The ArtDmx packets of `tshark -V`."""
    packets: list[Packet] = []
    for frame in re.split(r"^Frame \d+: ", text, flags=re.MULTILINE)[1:]:
        assert "OpCode: ArtDMX (0x5000)" in frame and "ProtVer: 14" in frame and "ID: Art-Net" in frame, frame
        frame = frame.partition("ArtDMX packet")[2]
        numbers = {
            name: int(re.search(rf"^ +{name}: (\d+)", frame, re.MULTILINE)[1])
            for name in ("Sequence", "Universe", "Length")
        }  # type: ignore[index]
        slots = [
            int(value)
            for row in re.findall(r"^ +0x[0-9a-f]+:((?: +\d+)+)", frame, re.MULTILINE)
            for value in row.split()
        ]
        assert len(slots) == numbers["Length"]
        packets.append((numbers["Sequence"], numbers["Universe"], bytes(slots)))
    return packets


def test_tshark_reads_what_the_twins_recorded(tmp_path: Path) -> None:
    tshark, dumpcap = needed("tshark", "tshark"), needed("dumpcap", "wireshark-common")
    capture = tmp_path / "run.pcapng"
    listener = subprocess.Popen(
        [dumpcap, "-q", "-i", "lo", "-f", "udp", "-w", str(capture)], stderr=subprocess.PIPE, text=True
    )
    try:
        clock = MonotonicClock()
        limit_ns = clock.now_ns() + 10_000_000_000
        while not (capture.is_file() and capture.stat().st_size) and clock.now_ns() < limit_ns:
            assert listener.poll() is None, listener.communicate()[1]
            clock.sleep_until_ns(clock.now_ns() + 20_000_000)
        clock.sleep_until_ns(clock.now_ns() + 500_000_000)
        run = Started(["play", "first_light", *LIVE, "--seed", "1", "--out", "run"], tmp_path).finish(
            tmp_path / "run"
        )
        assert run.status == 0, run.errors
        clock.sleep_until_ns(clock.now_ns() + 1_500_000_000)  # dumpcap writes out about once a second
    finally:
        listener.terminate()
        listener.communicate()
    ports = {
        event.fields["device"]: event.fields["text"].rpartition(":")[2]
        for event in run.journal.of_kind("device")
        if event.fields["what"] == "back" and "udp://" in event.fields["text"]
    }
    assert set(ports) == {"lights", "air", "haze", "scents"}
    print(
        "tshark:",
        subprocess.run([tshark, "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[
            0
        ],
    )
    for device, port in ports.items():
        done = subprocess.run(
            [tshark, "-r", str(capture), "-d", f"udp.port=={port},artnet", "-Y", f"udp.dstport=={port}", "-V",
             "-o", "dmx_chan.dmx_disp_chan_val_type:Decimal", "-o", "dmx_chan.dmx_disp_chan_nr_type:Hexadecimal"],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        seen, expected = dissected(done.stdout), recorded(run.folder / "twins" / f"{device}.jsonl")
        assert seen == expected
        universes = {universe for _, universe, _ in seen}
        changes = len({slots for _, _, slots in seen})
        print(
            f"{device}: {len(seen)} ArtDmx packets, universe {universes}, {changes} different pictures of slots: the same as recorded"
        )
    lights = recorded(run.folder / "twins" / "lights.jsonl")
    assert len({slots for _, _, slots in lights}) > 20
    # Sequence numbers count 1..255 and never show 0, which would switch sequencing off.
    assert [sequence for sequence, _, _ in lights] == [1 + i % 255 for i in range(len(lights))]


def test_tshark_reads_looks_over_many_universes_their_syncs_and_introductions(tmp_path: Path) -> None:
    rows = {f"u{universe}": {"channels": [2], "universe": universe} for universe in (0, 17, 300)}
    driver = ArtnetDriver(DeviceConfig("wall", settings={"fixtures": rows, "slots": 512}))
    sent = [
        packet
        for step in range(3)
        for packet in driver.stamp(driver.encode([step / 255, (step + 10) / 255, (step + 20) / 255]))
    ]
    sent += [
        encode(Poll()),
        *introductions("wall", "Wall of lamps", [0, 17, 300], ip="10.0.0.1", controller=True),
    ]
    capture = tmp_path / "artnet.pcap"
    write_capture(capture, sent, 6454)
    codes = dissected_file(capture, "-T", "fields", "-e", "artnet.header.opcode").split()
    look = ["0x5000"] * 3 + ["0x5200"]
    assert codes == look * 3 + ["0x2000"] + ["0x2100"] * 3
    assert dissected_file(capture, "-Y", "_ws.malformed || _ws.expert").strip() == ""
    text = dissected_file(
        capture, "-Y", "artnet.output", "-V",
        "-o", "dmx_chan.dmx_disp_chan_val_type:Decimal", "-o", "dmx_chan.dmx_disp_chan_nr_type:Hexadecimal",
    )  # fmt: skip
    found = dissected(text)
    assert [(sequence, universe, slots[1], len(slots)) for sequence, universe, slots in found] == [
        (step + 1, universe, step + level, 512)
        for step in range(3)
        for universe, level in ((0, 0), (17, 10), (300, 20))
    ]
    replies = dissected_file(
        capture, "-Y", "artnet.poll_reply", "-T", "fields", "-e", "artnet.poll_reply.short_name",
        "-e", "artnet.poll_reply.swin_1_universe", "-e", "artnet.poll_reply.bind_index", "-e", "artnet.poll_reply.bind_ip_address",
    ).splitlines()  # fmt: skip
    assert [reply.split("\t")[0] for reply in replies] == ["wall"] * 3, replies
    print(
        "tshark: 3 looks of 3 universes, one ArtSync after each, poll, 3 replies:",
        [reply.split("\t") for reply in replies],
    )
