"""A sound server without a sound card: JACK with its dummy driver, on a name of its own."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from tests.peers.programs import needed

PERIOD = 256


@dataclass
class JackServer:
    """A running server.

    Attributes
    ----------
    env : dict
        For programs that are to find this server and no other.
    process : Popen
    """

    env: dict[str, str]
    process: subprocess.Popen[bytes]

    def ports(self) -> list[str]:
        """Names of all ports."""
        found = subprocess.run(
            ["jack_lsp"], env=self.env, capture_output=True, text=True, timeout=10, check=False
        )
        return found.stdout.split() if found.returncode == 0 else []


@contextmanager
def jack_server(channels: int = 2) -> Iterator[JackServer]:
    """Starts it and waits until it answers; ends it."""
    program = needed("jackd", "jackd2")
    needed("jack_lsp", "jackd2")
    name = f"sns{os.getpid()}"
    env = {
        **os.environ,
        "JACK_DEFAULT_SERVER": name,
        "JACK_NO_START_SERVER": "1",
        "JACK_NO_AUDIO_RESERVATION": "1",
    }
    process = subprocess.Popen(
        [
            program,
            "-n",
            name,
            "--realtime",
            "--realtime-priority",
            "60",
            "--no-mlock",
            "-d",
            "dummy",
            "-r",
            "48000",
            "-p",
            str(PERIOD),
            "-C",
            "2",
            "-P",
            str(channels),
        ],
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    server = JackServer(env, process)
    try:
        for _ in range(100):
            if server.ports():
                break
            time.sleep(0.1)
        else:
            pytest.fail("jackd with its dummy driver does not answer within 10 s")
        yield server
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
