"""The first process of a session: a display, Monado, then the command; everything ends with it.

Started by `tests.monado.__main__`; see there.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.monado.service import Service, ServiceError

_SIOCSIFFLAGS = 0x8914  # netdevice(7)
_IFF_UP_RUNNING = 0x41


def main(arguments: Sequence[str]) -> int:
    """Run the command; its exit status."""
    parser = argparse.ArgumentParser("python -m tests.monado.inside")
    parser.add_argument("--driver", choices=("simulated", "remote", "none"), required=True)
    parser.add_argument("--loopback", action="store_true", help="the network is the session's own and down")
    parser.add_argument("command", nargs="+")
    chosen = parser.parse_args(arguments)
    runtime = Path(tempfile.mkdtemp(prefix="sensorama-xr-"))
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)
    display = None
    service = Service()
    try:
        if chosen.loopback:
            _bring_up_loopback()
        display = _start_display(runtime)
        if chosen.driver != "none":
            service.start(chosen.driver)
        return _run(chosen.command)
    except (ServiceError, OSError) as error:
        print(f"monado testbed: {error}", file=sys.stderr)
        return 125
    finally:
        service.stop()
        if display is not None:
            display.terminate()
            display.wait()
        shutil.rmtree(runtime, ignore_errors=True)


def _run(command: Sequence[str]) -> int:
    child = subprocess.Popen(command)
    # A terminal's Ctrl-C reaches the command by itself, and it decides; a polite end of ours is passed on.
    signal.signal(signal.SIGINT, lambda *_: None)
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    while True:
        # As the first process of a process namespace this one inherits every orphan; each is to be fetched.
        ended, status = os.wait()
        if ended == child.pid:
            code = os.waitstatus_to_exitcode(status)
            child.returncode = code
            return code if code >= 0 else 128 - code


def _start_display(runtime: Path) -> subprocess.Popen[bytes]:
    """Xvfb under a number that is free, in `DISPLAY` from now on."""
    if shutil.which("Xvfb") is None:
        raise ServiceError("Xvfb is not on PATH (apt-get install xvfb)")
    reading, writing = os.pipe()
    with (runtime / "xvfb.log").open("wb") as log:
        display = subprocess.Popen(
            [
                "Xvfb",
                "-displayfd",
                str(writing),
                "-screen",
                "0",
                "1280x720x24",
                "-noreset",
                "-nolisten",
                "tcp",
            ],
            pass_fds=(writing,),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    os.close(writing)
    with os.fdopen(reading) as numbers:
        number = numbers.readline().strip()
    if not number:
        log_end = (runtime / "xvfb.log").read_text(errors="replace")[-1000:]
        raise ServiceError(f"Xvfb ended with status {display.wait()}; it said:\n{log_end}")
    os.environ["DISPLAY"] = f":{number}"
    return display


def _bring_up_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        # struct ifreq: the name in 16 bytes, then the flags in a union of 24.
        fcntl.ioctl(control, _SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", _IFF_UP_RUNNING))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
