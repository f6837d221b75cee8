"""The Open Lighting Architecture's daemon, with the plugins a test names and no others."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from engine.time import MonotonicClock
from tests.peers.programs import needed

CLOCK = MonotonicClock()
MS = 1_000_000
# All but those a test wants look for hardware or take ports of other tests.
PLUGINS = (
    "artnet", "e131", "dummy", "espnet", "ftdidmx", "gpio", "karate", "kinet", "milinst", "nanoleaf", "opendmx", "openpixelcontrol", "osc",
    "pathport", "renard", "sandnet", "shownet", "spi", "stageprofi", "uartdmx", "usbdmx", "usbserial",
)  # fmt: skip


class Olad:
    """A running daemon."""

    def __init__(self, http_port: int) -> None:
        self._url = f"http://127.0.0.1:{http_port}"

    def ask(self, path: str, data: dict[str, str] | None = None) -> Any:
        body = None if data is None else urllib.parse.urlencode(data).encode()
        with urllib.request.urlopen(f"{self._url}/{path}", body, timeout=2.0) as answer:
            text = answer.read().decode()
        return json.loads(text) if text.startswith("{") else text

    def slots(self, universe: int) -> list[int]:
        found: list[int] = self.ask(f"get_dmx?u={universe}")["dmx"]
        return found


def until(true: Callable[[], bool], limit_s: float = 5.0) -> bool:
    """Whether something became true in time."""
    limit_ns = CLOCK.now_ns() + round(limit_s * 1e9)
    while not true():
        if CLOCK.now_ns() > limit_ns:
            return False
        CLOCK.sleep_until_ns(CLOCK.now_ns() + 20 * MS)
    return True


@contextmanager
def running_olad(
    plugins: Mapping[str, str], http_port: int, is_ready: Callable[[Olad], bool]
) -> Iterator[Olad]:
    """The daemon, from when it is ready until the end of the block.

    Parameters
    ----------
    plugins : mapping of str to str
        Settings by plugin (those named are enabled); ``port`` has its patch.
    http_port : int
        The next one is taken too.
    is_ready : callable
        Asked again and again once it answers.
    """
    program = needed("olad", "ola")
    folder = Path(tempfile.mkdtemp(prefix="ola"))  # pytest's own is closed to the user it runs as
    settings = folder / "settings"
    settings.mkdir()
    for plugin in PLUGINS:
        (settings / f"ola-{plugin}.conf").write_text("enabled = false\n")
    for plugin, text in plugins.items():
        enabled = "" if plugin == "port" else "enabled = true\n"
        (settings / f"ola-{plugin}.conf").write_text(enabled + text)
    command = [program, "--no-register-with-dns-sd", "--no-http-quit", "-l", "1", "-c", str(settings)]
    command += ["-p", str(http_port), "-r", str(http_port + 1)]
    if os.geteuid() == 0:  # it refuses to run as root
        for path in (folder, settings, *settings.iterdir()):
            os.chown(path, 65534, 65534)
        command = [
            needed("setpriv", "util-linux"), "--reuid=65534", "--regid=65534", "--clear-groups",
            "env", f"HOME={folder}", *command,
        ]  # fmt: skip
    with (folder / "log").open("w") as log:
        child = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, cwd=folder)
    made = Olad(http_port)

    def is_up() -> bool:
        assert child.poll() is None, (folder / "log").read_text()
        try:
            return is_ready(made)
        except (OSError, urllib.error.URLError):
            return False

    try:
        assert until(is_up, 15.0), (folder / "log").read_text()
        print("olad", made.ask("json/server_stats")["version"])
        yield made
    finally:
        child.terminate()
        child.wait(timeout=10.0)
        shutil.rmtree(folder, ignore_errors=True)
