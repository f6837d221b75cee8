"""Our twin of a DMX USB Pro as the Open Lighting Architecture's daemon finds and drives it over a serial port."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from devices.enttec import EnttecDriver
from devices.enttec.codec import GET_PARAMETERS, GET_SERIAL, Message, encode
from devices.sim.enttec import PARAMETERS, SERIAL_NUMBER
from engine.bus.driver import DeviceConfig
from tests.peers.olads import Olad, running_olad, until

pytestmark = pytest.mark.peer

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = {f"slot{number}": {"channels": [number]} for number in range(1, 513)}
LEVELS = [(number * 7 + 3) % 256 for number in range(512)]


def test_olad_takes_the_twin_for_the_interface_and_sends_the_bytes_we_send() -> None:
    folder = Path(tempfile.mkdtemp(prefix="ports"))  # open to the user the daemon runs as
    folder.chmod(0o755)
    record = folder / "twin.jsonl"
    settings = json.dumps({"fixtures": FIXTURES})
    command = [
        sys.executable,
        "-m",
        "devices.sim",
        "enttec",
        "--pty",
        "--record",
        str(record),
        "--settings",
        settings,
    ]
    twin = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        assert twin.stdout is not None
        port = Path(twin.stdout.readline().removeprefix("port: ").strip())
        port.chmod(0o666)
        (folder / "ttyUSB0").symlink_to(port)
        plugin = f"device_dir = {folder}\ndevice_prefix = ttyUSB\npro_fps_limit = 40\nultra_fps_limit = 40\n"

        def ports(olad: Olad) -> list[dict[str, object]]:
            text = olad.ask("json/get_ports")
            found: list[dict[str, object]] = json.loads(text) if isinstance(text, str) else text
            return [row for row in found if "Usb Pro" in str(row["device"]) and row["is_output"]]

        with running_olad({"usbserial": plugin}, 9195, lambda olad: bool(ports(olad))) as olad:
            (output,) = ports(olad)
            assert output["device"] == f"Enttec Usb Pro Device, Serial #: {SERIAL_NUMBER:08d}, firmware 1.44"
            olad.ask("new_universe", {"id": "41", "name": "usb", "add_ports": str(output["id"])})
            olad.ask("set_dmx", {"u": "41", "d": ",".join(map(str, LEVELS))})

            def received() -> list[bytes]:
                rows = record.read_text(encoding="utf-8").splitlines()
                return cut(
                    b"".join(bytes.fromhex(json.loads(row)["hex"]) for row in rows if row.endswith("}"))
                )

            wanted = bytes((0x7E, 6, 0x01, 0x02, 0, *LEVELS, 0xE7))
            assert until(lambda: wanted in received()), received()[-1][:40].hex(" ")
    finally:
        twin.terminate()
        twin.communicate()
        shutil.rmtree(folder, ignore_errors=True)
    driver = EnttecDriver(DeviceConfig("lights", settings={"fixtures": FIXTURES}))
    assert driver.encode([level / 255 for level in LEVELS]) == (wanted,)
    asked = {bytes.fromhex("7e0a0000e7"), bytes.fromhex("7e0302000000e7")}
    assert {encode(Message(GET_PARAMETERS, b"\0\0")), encode(Message(GET_SERIAL))} == asked
    print(
        f"olad finds {output['device']} (twin: firmware {PARAMETERS.firmware}); its message of 512 slots is ours to the byte"
    )


def cut(stream: bytes) -> list[bytes]:
    """Messages of the daemon, by their lengths."""
    found, at = [], 0
    while at + 4 <= len(stream):
        assert stream[at] == 0x7E, stream[at : at + 10].hex(" ")
        end = at + 5 + int.from_bytes(stream[at + 2 : at + 4], "little")
        found.append(stream[at:end])
        at = end
    return found
