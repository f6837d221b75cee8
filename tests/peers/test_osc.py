"""OSC against liblo (oscdump, oscsend), python-osc and tshark, both ways."""

from __future__ import annotations

import re
import socket
import subprocess
from pathlib import Path

import pytest

from devices.osc import OscDriver, OscSource
from devices.osc.codec import (
    IMPULSE,
    Bundle,
    Message,
    decode,
    encode,
    ntp_from_unix_ns,
    unix_ns_from_ntp,
    with_time_tag,
)
from engine.bus.driver import DeviceConfig, Latency
from engine.bus.source import Signal, SourceConfig
from engine.time import MonotonicClock, wall_offset_ns
from tests.peers.captures import dissected, write_capture
from tests.peers.listening import NS, free_port, running, until
from tests.peers.programs import needed

pytestmark = pytest.mark.peer

MESSAGES = {
    "fader": {"address": "/mixer/1/fader", "scale": [-60, 10]},
    "lamp": {"form": "rgb", "args": ["float", "integer", "boolean"], "scale": 255},
    "seat": {"form": "motion", "args": "double"},
}
VALUES = (0.5, 0.25, 0.5, 0.75, 0.01, 0.02, 0.03, 1.0, 2.0, 3.0)
DUMPED = [
    "/mixer/1/fader f -25.000000",
    "/lamp fiT 63.750000 128 #T",
    "/seat dddddd 0.010000 0.020000 0.030000 1.000000 2.000000 3.000000",
]


def driver(port: str, **settings: object) -> OscDriver:
    config = DeviceConfig(
        "desk", port, latency=Latency(300_000_000), settings={"messages": MESSAGES, **settings}
    )
    return OscDriver(config)


@pytest.mark.parametrize("tagged", [False, True])
def test_oscdump_reads_our_bundles_over_udp(tmp_path: Path, tagged: bool) -> None:
    port = free_port(socket.SOCK_DGRAM)
    made = driver(f"udp://127.0.0.1:{port}", time_tags=tagged)
    clock = MonotonicClock()
    with running([needed("oscdump", "liblo-tools"), "-L", str(port)], tmp_path / "dump") as said:
        until(
            lambda: any(
                f":{port:04X} " in Path(f"/proc/net/{table}").read_text() for table in ("udp", "udp6")
            )
        )
        made.open()
        sent_ns = clock.now_ns() + wall_offset_ns()
        made.send(made.encode(VALUES))
        until(lambda: said().count("\n") >= 3)
        made.close()
    rows = [line.split(" ", 1) for line in said().splitlines()]
    assert [text for _, text in rows] == DUMPED
    if tagged:
        # liblo prints the time tag of the bundle: 300 ms, the device's lead, after it was sent.
        seconds, fraction = rows[0][0].split(".")
        ahead_ns = unix_ns_from_ntp(int(seconds, 16) << 32 | int(fraction, 16)) - sent_ns
        assert 300_000_000 <= ahead_ns < 310_000_000
        print(
            f"oscdump: a bundle tagged {ahead_ns / 1e6:.3f} ms ahead of the moment it was sent (lead 300 ms)"
        )
    print("oscdump over UDP:", *said().splitlines(), sep="\n  ")


@pytest.mark.parametrize("framing", ["length", "slip"])
def test_oscdump_reads_our_bundles_over_tcp(tmp_path: Path, framing: str) -> None:
    port = free_port()
    made = driver(f"tcp://127.0.0.1:{port}", framing=framing)
    with running([needed("oscdump", "liblo-tools"), "-L", f"osc.tcp://:{port}"], tmp_path / "dump") as said:
        until(
            lambda: any(
                f":{port:04X} " in Path(f"/proc/net/{table}").read_text() for table in ("tcp", "tcp6")
            )
        )
        made.open()
        for _ in range(3):
            made.send(made.encode(VALUES))
        until(lambda: said().count("\n") >= 9)
        made.close()
    assert [line.split(" ", 1)[1] for line in said().splitlines()] == DUMPED * 3
    print(f"oscdump over TCP, {framing}: 3 bundles, 9 messages")


@pytest.mark.parametrize("scheme", ["udp", "tcp"])
def test_oscsend_reaches_our_source(scheme: str) -> None:
    source = OscSource(SourceConfig("desk", f"{scheme}://127.0.0.1:0"))
    source.open()
    port = source.ear.bound_port  # type: ignore[attr-defined]
    found: list[Signal] = []
    try:
        subprocess.run(
            [needed("oscsend", "liblo-tools"), f"osc.{scheme}://127.0.0.1:{port}", "/cue/7", "ihfdsScmTFNI",
             "-1", "9000000000", "0.5", "0.25", "hello", "sym", "x", "00903c40"],
            check=True, timeout=10,
        )  # fmt: skip
        until(
            lambda: len(found) == 1,
            lambda: [found.extend(source.decode(chunk, 3)) for chunk in source.read(0.1)],
        )
    finally:
        source.close()
    values = (-1, 9_000_000_000, 0.5, 0.25, "hello", "sym", "x", b"\x00\x90\x3c\x40", True, False, True)
    assert found == [Signal("desk", "/cue/7", values, 3)] and source.refused == 0
    print(f"oscsend over {scheme}: {found[0].values}")


def test_python_osc_reads_ours_and_we_read_its() -> None:
    from pythonosc.osc_bundle import OscBundle
    from pythonosc.osc_bundle_builder import OscBundleBuilder
    from pythonosc.osc_message_builder import OscMessageBuilder

    unix_ns = 1_800_000_000 * NS + 123_456_789
    inner = Bundle(1, (Message("/inner", "s", ("deep",)),))
    args = (-5, 0.5, "three", b"\x01\x02", 1 << 40, 0.1, True, False, None, (7, "in"))
    sent = with_time_tag(
        encode(Bundle(1, (Message("/all", "ifsbhdTFN[is]", args), inner))), ntp_from_unix_ns(unix_ns)
    )
    read = OscBundle(sent)
    assert abs(read.timestamp - unix_ns / 1e9) < 1e-6
    first, second = list(read)
    assert (first.address, first.params) == (
        "/all",
        [-5, 0.5, "three", b"\x01\x02", 1 << 40, 0.1, True, False, None, [7, "in"]],
    )
    assert [message.params for message in second] == [["deep"]]

    message = OscMessageBuilder("/theirs")
    for kind, value in (
        ("i", 3),
        ("f", 0.25),
        ("s", "x"),
        ("b", b"abc"),
        ("h", 1 << 33),
        ("d", 0.1),
        ("r", 0xFF00FF01),
    ):
        message.add_arg(value, kind)
    message.add_arg([1, [2.0]])
    message.add_arg(True)
    bundle = OscBundleBuilder(unix_ns / 1e9)
    bundle.add_content(message.build())
    packet = decode(bundle.build().dgram)
    assert isinstance(packet, Bundle)
    assert abs(unix_ns_from_ntp(packet.time_tag) - unix_ns) < 1000  # theirs is made of a float
    assert packet.elements == (
        Message(
            "/theirs", "ifsbhdr[i[f]]T", (3, 0.25, "x", b"abc", 1 << 33, 0.1, 0xFF00FF01, (1, (2.0,)), True)
        ),
    )
    print("python-osc: every type both ways, nested bundle, time tag")


def test_tshark_dissects_our_packets(tmp_path: Path) -> None:
    made = driver("udp://127.0.0.1:9000")
    args = (-5, 0.5, "three", b"\x01\x02", 1 << 40, 0.25, 1, "sym", "x", 1, b"\0\x90\x3c\x40")
    every = Message("/all", "ifsbhdtScrmTFNI", (*args, True, False, None, IMPULSE))
    packets = [*made.encode(VALUES), encode(every)]
    write_capture(tmp_path / "osc.pcap", packets, 9000)
    text = dissected(tmp_path / "osc.pcap", "--enable-heuristic", "osc_udp", "-V")
    assert text.count("Open Sound Control Encoding") == 2 and "Malformed" not in text
    assert re.findall(r"Message: (\S+) ,(\S+)", text) == [
        ("/mixer/1/fader", "f"), ("/lamp", "fiT"), ("/seat", "dddddd"), ("/all", "ifsbhdtScrmTFNI")
    ]  # fmt: skip
    print("tshark:", *re.findall(r"Message: .*", text), sep="\n  ")
