"""Strings against socat: over a pty and TCP as a device that echoes, over TCP and UDP as somebody who talks to us."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from devices.text import TextDriver, TextSource
from engine.bus.driver import DeviceConfig, Report
from engine.bus.source import Signal, SourceConfig
from tests.peers.listening import accepts, free_port, running, until
from tests.peers.programs import needed

pytestmark = pytest.mark.peer

SETTINGS = {
    "commands": {
        "volume": {"send": "VOL {value:03d}\\n", "scale": 100, "expect": "VOL \\d+"},
        "power": {"send": "PWR ON\\n", "else": "PWR OFF\\n", "when": "above"},
    },
    "replies": {"PWR (?:ON|OFF)": "reply"},
    "start": "HELLO\\n",
}


@pytest.mark.parametrize("kind", ["pty", "tcp"])
def test_an_echo_answers_us(tmp_path: Path, kind: str) -> None:
    port = free_port()
    if kind == "pty":
        link = tmp_path / "port"
        left, shown = f"pty,raw,echo=0,link={link}", str(link)
    else:
        left, shown = f"TCP-LISTEN:{port},reuseaddr,bind=127.0.0.1,fork", f"tcp://127.0.0.1:{port}"
    reports: list[Report] = []
    with running([needed("socat", "socat"), left, "EXEC:cat"], tmp_path / "socat") as _:
        until(((tmp_path / "port").exists) if kind == "pty" else (lambda: accepts(port)))
        made = TextDriver(DeviceConfig("matrix", shown, settings=SETTINGS))
        made.open()
        made.send(made.encode((0.5, 1.0)))
        until(lambda: len(reports) >= 2, lambda: reports.extend(made.attend(0)))
        made.send(made.encode((0.07, 0.0)))
        until(lambda: len(reports) >= 3, lambda: reports.extend(made.attend(0)))
        made.close()
    assert [(report.kind, report.text) for report in reports] == [
        ("garbage", "unexpected answer 'HELLO'"),
        ("reply", "PWR ON"),
        ("reply", "PWR OFF"),
    ]
    print(f"socat ({kind}): {reports}")


@pytest.mark.parametrize("kind", ["tcp", "udp"])
def test_lines_of_socat_become_signals(kind: str) -> None:
    source = TextSource(SourceConfig("show", f"{kind}://127.0.0.1:0", {"patterns": {"GO (\\d+)": "/go"}}))
    source.open()
    port = source.ear.bound_port  # type: ignore[attr-defined]
    found: list[Signal] = []
    command = [needed("socat", "socat"), "-u", "-", f"{'TCP' if kind == 'tcp' else 'UDP'}:127.0.0.1:{port}"]
    try:
        subprocess.run(command, input=b"GO 12\r\nhello\r\n", check=True, timeout=10)
        until(
            lambda: len(found) == 2,
            lambda: [found.extend(source.decode(chunk, 3)) for chunk in source.read(0.1)],
        )
    finally:
        source.close()
    assert found == [Signal("show", "/go", (12,), 3), Signal("show", "/line", ("hello",), 3)]
    print(f"socat ({kind}): {found}")
