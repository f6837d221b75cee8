"""Helpers of peer tests: free ports, and programs that are started, listened to and ended."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.time import MonotonicClock

NS = 1_000_000_000


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """A port of this machine nobody has at the moment."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(done: Callable[[], bool], *steps: Callable[[], object], limit_s: float = 10.0) -> None:
    """Run `steps` again and again until it is done; fails after `limit_s`."""
    clock = MonotonicClock()
    limit_ns = clock.now_ns() + round(limit_s * NS)
    while not done():
        assert clock.now_ns() < limit_ns, f"not done within {limit_s:g} s"
        for step in steps:
            step()
        clock.sleep_until_ns(clock.now_ns() + 5_000_000)


@contextmanager
def running(command: list[str], output: Path) -> Iterator[Callable[[], str]]:
    """A program while it runs; what it has written so far can be asked for. It must not have ended by itself."""
    with output.open("wb") as out:
        child = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        try:
            yield lambda: output.read_text(encoding="utf-8", errors="replace")
            status = child.poll()
            assert status is None, f"{command[0]} ended with {status}: {output.read_text(encoding='utf-8')}"
        finally:
            child.terminate()
            child.wait(5.0)


def accepts(port: int) -> bool:
    """Whether somebody listens on a TCP port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
