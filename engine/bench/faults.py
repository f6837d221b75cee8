"""What a kill -9 costs, at the device: how long its line is silent, and when it is safe.

    python -m engine.bench.faults --runs 3

A venue of one motion seat (200 Hz, UDP) is played as a person would play it; processes are killed from outside and every packet is
stamped where the seat would be. Prints one JSON line a fault, each a median and the worst of the runs:

``bus``            the bus process is killed: until the next command, by the spare that computes along
``bus_no_spare``   bus and spare are killed at once: until the next command, by a bus started from nothing
``take_over``      the leader is killed: until the standby's first command, and the longest silence the seat saw
``conductor``      the conductor of a run without standby is killed: until the seat has come to rest, and until nothing of it runs

Needs /proc to find the processes (Linux).
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from statistics import median
from threading import Thread

from engine.time import MonotonicClock

_RIG = """\
sensorama_rig: 1
name: {{en: One seat on UDP}}
bus: {{tick_hz: 1000, watchdog: 500ms}}
seats:
  a: {{at: [0, 0, 0]}}
devices:
  seat_a: {{driver: amc, port: "udp://127.0.0.1:{seat}", seat: a, rate_hz: 200}}
roles:
  seat.motion: [{{device: seat_a}}]
audio: {{layout: stereo, preroll: 200ms}}
standby: {{listen: "tcp://127.0.0.1:{standby}", take_over: 400ms}}
"""
_WORDS = ("--view", "headless", "--no-picture", "--no-sound", "--quiet")
_SPARE = b'"spare":"ready"'
_LIMIT_NS = 20_000_000_000


class Seat:
    """Where the seat would be: stamps every packet."""

    def __init__(self, clock: MonotonicClock) -> None:
        self._clock = clock
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.got: list[tuple[int, int, bytes]] = []
        Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            data, sender = self._socket.recvfrom(2048)
            self.got.append((self._clock.now_ns(), sender[1], data))

    def since(self, at_ns: int) -> list[tuple[int, int, bytes]]:
        """Packets from an instant on."""
        return [row for row in list(self.got) if row[0] >= at_ns]

    def senders(self) -> list[int]:
        """Who has spoken so far, in order."""
        return list(dict.fromkeys(sender for _, sender, _ in list(self.got)))


class Bench:
    """One venue, one folder, one clock."""

    def __init__(self, folder: Path) -> None:
        self.clock = MonotonicClock()
        self.folder = folder
        self.seat = Seat(self.clock)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.rig = folder / "rig.yaml"
        self.rig.write_text(_RIG.format(seat=self.seat.port, standby=port), encoding="utf-8")

    def sleep_ms(self, ms: float) -> None:
        """Wait."""
        self.clock.sleep_until_ns(self.clock.now_ns() + round(ms * 1e6))

    def until(self, found: Callable[[], bool], what: str) -> None:
        """Wait until something has happened."""
        limit_ns = self.clock.now_ns() + _LIMIT_NS
        while not found():
            if self.clock.now_ns() > limit_ns:
                raise RuntimeError(f"{what} did not happen within {_LIMIT_NS / 1e9:g} s")
            self.sleep_ms(2)

    @contextmanager
    def play(self, out: str, *words: str) -> Iterator[subprocess.Popen[bytes]]:
        """A run as a person would start it; whatever is left of it afterwards is killed."""
        command = [sys.executable, "-m", "engine", "play", "first_light", *_WORDS, "--rig", str(self.rig)]
        child = subprocess.Popen(
            [*command, "--out", str(self.folder / out), *words],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            yield child
        finally:
            for pid in (child.pid, *children(child.pid)):
                kill(pid)
            child.wait()

    def journal_has(self, out: str, word: bytes, times: int = 1) -> bool:
        """Whether a run's journal has come to something, so often."""
        path = self.folder / out / "journal.jsonl"
        return path.is_file() and path.read_bytes().count(word) >= times


def children(parent: int) -> list[int]:
    """Processes of ours a process has spawned, oldest first."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and b"spawn_main" in (entry / "cmdline").read_bytes():
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                if int(fields[1]) == parent and fields[0] != "Z":
                    found.append(int(entry.name))
        except OSError:
            continue  # it has just ended
    return sorted(found)


def alive(pid: int) -> bool:
    """Whether a process still runs."""
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def kill(*pids: int) -> None:
    """End processes as a crash would."""
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def bus_and_leader(bench: Bench, run: int) -> dict[str, dict[str, float]]:
    """Kill the bus, then bus and spare, then the leader, in one run."""
    found: dict[str, dict[str, float]] = {}
    leader, standby = f"leader-{run}", f"standby-{run}"
    with bench.play(leader, "--lead") as first, bench.play(standby, "--standby"):
        bench.until(lambda: bench.journal_has(standby, b'"same"'), "following")
        bench.until(lambda: bench.journal_has(leader, _SPARE), "a spare bus")
        bench.sleep_ms(500)
        found["bus"] = {"silent_ms": _silence(bench, lambda: kill(children(first.pid)[0]))}
        bench.until(lambda: bench.journal_has(leader, _SPARE, 2), "another spare bus")
        both = children(first.pid)
        found["bus_no_spare"] = {"silent_ms": _silence(bench, lambda: kill(*both))}
        bench.sleep_ms(500)
        before = set(bench.seat.senders())
        killed_ns = bench.clock.now_ns()
        kill(first.pid)
        bench.until(lambda: bool(set(bench.seat.senders()) - before), "a take-over")
        (theirs,) = set(bench.seat.senders()) - before
        bench.sleep_ms(1000)
        rows = bench.seat.since(killed_ns - 50_000_000)
        taken_ns = next(at_ns for at_ns, sender, _ in rows if sender == theirs)
        gaps = [b[0] - a[0] for a, b in pairwise(rows)]
        found["take_over"] = {
            "ms": (taken_ns - killed_ns) / 1e6,
            "longest_silence_ms": max(gaps) / 1e6,
        }
    return found


def _silence(bench: Bench, strike: Callable[[], None]) -> float:
    """Milliseconds from the blow to the first command of somebody who had not spoken before."""
    before = set(bench.seat.senders())
    struck_ns = bench.clock.now_ns()
    strike()
    bench.until(lambda: bool(set(bench.seat.senders()) - before), "a command after the kill")
    at_ns = next(at_ns for at_ns, sender, _ in bench.seat.since(struck_ns) if sender not in before)
    return (at_ns - struck_ns) / 1e6


def conductor(bench: Bench, run: int) -> dict[str, float]:
    """Kill the conductor of a run nobody follows."""
    out = f"alone-{run}"
    with bench.play(out, "--speed", "1") as only:
        bench.until(lambda: bench.journal_has(out, b'"second":2'), "a show")
        left = children(only.pid)
        killed_ns = bench.clock.now_ns()
        kill(only.pid)
        bench.until(lambda: not any(alive(pid) for pid in left), "the end of its processes")
        ended_ns = bench.clock.now_ns()
    rows = bench.seat.since(killed_ns)
    changes = [b[0] for a, b in pairwise(rows) if a[2] != b[2]]
    rest_ns = max(changes, default=killed_ns)
    return {"at_rest_ms": (rest_ns - killed_ns) / 1e6, "all_ended_ms": (ended_ns - killed_ns) / 1e6}


def main(argv: Sequence[str] | None = None) -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=3)
    chosen = parser.parse_args(argv)
    rows: dict[str, list[dict[str, float]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        for run in range(chosen.runs):
            for name, figures in bus_and_leader(bench, run).items():
                rows.setdefault(name, []).append(figures)
            rows.setdefault("conductor", []).append(conductor(bench, run))
    for name, found in rows.items():
        line: dict[str, object] = {"bench": "faults", "fault": name, "runs": len(found)}
        for figure in found[0]:
            values = [row[figure] for row in found]
            line[figure] = {"median": round(median(values), 1), "worst": round(max(values), 1)}
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
