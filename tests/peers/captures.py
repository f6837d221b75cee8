"""Packets as a capture file, for dissectors that read files."""

from __future__ import annotations

import struct
import subprocess
from collections.abc import Iterable
from pathlib import Path

from tests.peers.programs import needed

_RAW_IP = 101


def write_capture(path: Path, packets: Iterable[bytes], port: int) -> None:
    """A pcap file of UDP datagrams from 10.0.0.1 to 10.0.0.2, 1 ms apart."""
    with path.open("wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, _RAW_IP))
        for number, data in enumerate(packets):
            udp = struct.pack(">HHHH", port, port, 8 + len(data), 0) + data
            ip = struct.pack(
                ">BBHHHBBH4s4s",
                0x45,
                0,
                20 + len(udp),
                number,
                0,
                64,
                17,
                0,
                b"\x0a\x00\x00\x01",
                b"\x0a\x00\x00\x02",
            )
            out.write(
                struct.pack("<IIII", number // 1000, number % 1000 * 1000, len(ip + udp), len(ip + udp))
            )
            out.write(ip + udp)


def dissected(path: Path, *options: str) -> str:
    """What tshark prints of a capture file."""
    done = subprocess.run(
        [needed("tshark", "tshark"), "-r", str(path), *options], capture_output=True, text=True, check=True
    )
    return done.stdout
