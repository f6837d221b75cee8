"""What our writers put on the wire, as tshark's dissectors read it."""

from __future__ import annotations

import re
import struct
import subprocess
from pathlib import Path

import pytest

from engine.time.codes.artnet import pack_timecode
from engine.time.codes.mtc import full_frame, quarter_frames
from engine.time.rates import RATES
from engine.time.timecode import parse_timecode
from tests.peers.programs import needed

pytestmark = pytest.mark.peer


def capture(path: Path, port: int, payloads: list[bytes]) -> Path:
    """A capture file of UDP datagrams, made by hand (pcap, raw IPv4)."""
    rows = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65_535, 101)]
    for number, data in enumerate(payloads):
        host = bytes((127, 0, 0, 1))
        udp = struct.pack(">HHHH", port, port, 8 + len(data), 0) + data
        head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), number, 0, 64, 17, 0, host, host)
        total = sum(struct.unpack(">10H", head))
        total = (total & 0xFFFF) + (total >> 16)
        head = head[:10] + struct.pack(">H", ~total & 0xFFFF) + head[12:]
        packet = head + udp
        rows.append(struct.pack("<IIII", number, 0, len(packet), len(packet)) + packet)
    path.write_bytes(b"".join(rows))
    return path


def read(path: Path, *options: str) -> str:
    tshark = needed("tshark", "tshark")
    done = subprocess.run(
        [tshark, "-r", str(path), *options, "-V"], capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout


def test_tshark_sees_art_timecode(tmp_path: Path) -> None:
    packets = [pack_timecode(parse_timecode(label, RATES["25"])) for label in ("01:02:03:04", "23:59:59:24")]
    text = read(capture(tmp_path / "art.pcap", 6454, packets))
    assert text.count("OpCode: ArtTimeCode (0x9700)") == len(packets)
    assert text.count("ProtVer: 14") == len(packets) and "Malformed" not in text
    print(f"tshark: {len(packets)} ArtTimeCode packets of 19 bytes (it does not dissect their body)")


def test_tshark_reads_quarter_frames_and_a_full_frame(tmp_path: Path) -> None:
    """As RTP-MIDI (RFC 6295), whose command section holds plain MIDI bytes."""
    label = parse_timecode("01:02:03:04", RATES["25"])
    # One packet, commands apart by a delta time of 0: tshark 4.0 takes a piece's value from the byte after it, and calls a piece
    # at the end of a packet malformed. So it vouches for the pieces' numbers and for the whole full frame.
    body = b"\0".join([*(bytes((0xF1, data)) for data in quarter_frames(label)), full_frame(label)])
    packet = (
        struct.pack(">BBHIIBB", 0x80, 0x61, 1, 100, 0x53454E53, 0x80 | len(body) >> 8, len(body) & 255) + body
    )
    text = read(
        capture(tmp_path / "midi.pcap", 5005, [packet]),
        "-d",
        "udp.port==5005,rtp",
        "-d",
        "rtp.pt==97,rtpmidi",
    )
    numbers = re.findall(r"MTC-quarter-frame-type: .*\(0x(\d)\)", text)
    assert numbers == [str(number) for number in range(8)]
    for line in ("Type: 25 Frames/Second", "Hour: 1", "Minute: 2", "Second: 3", "Frame: 4"):
        assert f"Full Message {line}" in text
    assert "Malformed" not in text
    print("tshark: eight quarter frames in order, and a full frame 01:02:03:04 at 25")
