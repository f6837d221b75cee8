"""Dropouts of a whole show in real time: story, bus with every device a twin, window, and sound on a device that really asks for it.

    python -m engine.bench.audio_underruns --seconds 600

Plays shows by seeds, one after another, until the time is over, and looks at what the audio process publishes of its device's clock and
its blocks (`engine.audio.clock.shared`). The device is JACK's dummy where jackd is installed: it keeps real time, asks for 256 frames at
a time and says when it did not get them; or the one named by ``--device``. Without either it is the silent clock, and the line says so.
Without a display a virtual one is made with Xvfb, or the picture is left out, which the line also says.

The control is a client that is busy for as much of each block (``--busy``) with one long product of matrices, and plays zeros, on a second
dummy server of the same kind in the same time: what it misses, the machine took from everybody.

Linux only (the clock's block is found in /dev/shm). One JSON line per run and one for all of them.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from engine.audio.clock.meter import Load
from engine.audio.clock.shared import ClockBlock, ClockReading
from engine.errors import InputError
from engine.time.clocks import Clock, MonotonicClock, thread_cpu_ns

_NS_PER_S = 1_000_000_000
_MEMORY = Path("/dev/shm")
_LOOK_NS = 200_000_000
# A process that is about to start publishes nothing; one that is given this long and does not has failed.
_STARTS_WITHIN_S = 40.0
_RIG = Path(__file__).parents[1] / "experience" / "rigs" / "studio.yaml"


@contextmanager
def _jack(clock: Clock, what: str = "bench") -> Iterator[dict[str, str]]:
    """JACK's dummy driver on a name of its own; what has to be in the environment to find it."""
    name = f"sensorama-{what}-{os.getpid()}"
    server = subprocess.Popen(
        ["jackd", "-n", name, "-d", "dummy", "-r", "48000", "-p", "256", "-P", "16"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        clock.sleep_until_ns(clock.now_ns() + _NS_PER_S)
        if server.poll() is not None:  # no right to real-time scheduling
            server = subprocess.Popen(
                ["jackd", "-n", name, "--no-realtime", "-d", "dummy", "-r", "48000", "-p", "256", "-P", "16"],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            clock.sleep_until_ns(clock.now_ns() + _NS_PER_S)
        yield {"JACK_DEFAULT_SERVER": name, "JACK_NO_START_SERVER": "1"}
    finally:
        server.terminate()
        server.wait()


@contextmanager
def _display() -> Iterator[dict[str, str]]:
    """A screen in memory. Not through xvfb-run: told to end, that leaves the show it began running."""
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x720x24", "-noreset", "-nolisten", "tcp"],
        pass_fds=[write], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(write)
    try:
        with os.fdopen(read) as said:
            yield {"DISPLAY": f":{said.readline().strip()}"}
    finally:
        server.terminate()
        server.wait()


def _control_client(busy: float) -> int:
    """The control: zeros to JACK until told to end; then how often the server asked and did not get them in time."""
    import numpy as np
    import sounddevice

    matrix = np.ones((64, 64), np.float32)
    takes_ns = round(busy * 256 / 48_000 * _NS_PER_S)

    counts = {"calls": 0, "underruns": 0}
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())

    def call(out: Any, frames: int, instants: Any, status: Any) -> None:
        counts["calls"] += 1
        counts["underruns"] += bool(status.output_underflow)
        out.fill(0.0)
        until_ns = thread_cpu_ns() + takes_ns
        while thread_cpu_ns() < until_ns:
            matrix @ matrix

    jack = next(k for k, api in enumerate(sounddevice.query_hostapis()) if "JACK" in api["name"])
    device = sounddevice.query_hostapis(jack)["default_output_device"]
    with sounddevice.OutputStream(
        samplerate=48_000,
        blocksize=256,
        device=device,
        channels=2,
        dtype="float32",
        latency="low",
        callback=call,
    ):
        ended.wait()
    print(json.dumps(counts), flush=True)
    return 0


@contextmanager
def _control(clock: Clock, busy: float) -> Iterator[Callable[[], dict[str, int]]]:
    """The control on a server of its own; ends with what it counted."""
    with _jack(clock, "control") as env:
        client = subprocess.Popen(
            [sys.executable, "-m", "engine.bench.audio_underruns", "--control", "--busy", str(busy)],
            env={**os.environ, **env}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip

        def end() -> dict[str, int]:
            client.terminate()
            said, _ = client.communicate(timeout=10)
            return dict(json.loads(said)) if said.strip() else {}

        try:
            yield end
        finally:
            client.kill()
            client.wait()


def _rig(folder: Path, device: str, api: str | None) -> Path:
    """The studio's rig with this sound device."""
    text = _RIG.read_text(encoding="utf-8")
    words = [f"device: {json.dumps(device)}", *([f"api: {json.dumps(api)}"] if api else [])]
    found = re.subn(r"(?m)^audio: \{(.*)\}", lambda match: f"audio: {{{match[1]}, {', '.join(words)}}}", text)
    if found[1] != 1:
        raise InputError(
            f"{_RIG}: its audio section is not on one line; this benchmark cannot name a device in it"
        )
    path = folder / "rig.yaml"
    path.write_text(found[0], encoding="utf-8")
    return path


def _blocks() -> set[str]:
    return {path.name for path in _MEMORY.glob("*-dac0")}


def _run(command: Sequence[str], env: dict[str, str], clock: Clock, until_ns: int) -> ClockReading:
    """One show, until it ends or the time is over; the last reading of its sound."""
    before = _blocks()
    show = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    block: ClockBlock | None = None
    last = ClockReading()
    begun_ns = clock.now_ns()
    try:
        while show.poll() is None:
            clock.sleep_until_ns(clock.now_ns() + _LOOK_NS)
            now_ns = clock.now_ns()
            if block is None:
                new = sorted(_blocks() - before)
                block = ClockBlock.attach(new[0]) if new else None
            else:
                last = block.read()
            if now_ns > until_ns and last.told_ns:
                show.terminate()
                show.wait(30)
            elif not last.told_ns and now_ns - begun_ns > _STARTS_WITHIN_S * _NS_PER_S:
                raise InputError(f"the show's sound has not started after {_STARTS_WITHIN_S:.0f} s")
    finally:
        if show.poll() is None:
            show.kill()
            show.wait()
        if block is not None:
            block.close()
    if not last.told_ns:
        said = show.stderr.read().decode(errors="replace") if show.stderr is not None else ""
        raise InputError(
            f"the show ended with {show.returncode} before its sound started: {said.strip()[-300:]}"
        )
    return last


def _line(reading: ClockReading, load: Load) -> dict[str, object]:
    quality = reading.quality
    return {
        "blocks": load.blocks,
        "underruns": load.underruns,
        "over_deadline": load.over,
        "worst_ms": round(load.worst_ns / 1e6, 3),
        "load_p50": round(load.at(0.5), 3),
        "load_p99": round(load.at(0.99), 3),
        "load_p999": round(load.at(0.999), 3),
        "clock": quality.state.value,
        "ppm": round(quality.ppm, 2),
        "jitter_us": round(quality.jitter_ns / 1000, 1),
        "gaps": quality.gaps,
        "trim_ppm": round(reading.trim_ppm, 2),
        "error_us": round(reading.error_ns / 1000, 1),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--experience", default="lantern_street")
    parser.add_argument("--device", help="part of a sound device's name, in place of JACK's dummy")
    parser.add_argument("--size", default="640x360")
    parser.add_argument("--control", action="store_true", help="be the control")
    parser.add_argument(
        "--busy", type=float, default=0.3, help="of each block's time, the control (default 0.3)"
    )
    asked = parser.parse_args(arguments)
    if asked.control:
        return _control_client(asked.busy)
    clock = MonotonicClock()
    env = dict(os.environ)
    total = Load()
    control: Callable[[], dict[str, int]] | None = None
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        device, api, on = asked.device, None, asked.device or "silent clock (no jackd)"
        if device is None and shutil.which("jackd"):
            env |= stack.enter_context(_jack(clock))
            device, api, on = "system", "jack", "JACK dummy"
            control = stack.enter_context(_control(clock, asked.busy))
        picture = ["--view", "window", "--size", asked.size]
        if not (env.get("DISPLAY") or env.get("WAYLAND_DISPLAY")):
            if shutil.which("Xvfb"):
                env |= stack.enter_context(_display())
            else:
                picture = ["--no-picture", "--speed", "1"]
        rig = _rig(folder, device or "none", api)
        until_ns = clock.now_ns() + int(asked.seconds * _NS_PER_S)
        seed = 0
        while clock.now_ns() < until_ns:
            seed += 1
            command = [
                sys.executable, "-m", "engine", "play", asked.experience, "--rig", str(rig), *picture,
                "--seed", str(seed), "--out", str(folder / f"run-{seed}"), "--quiet",
            ]  # fmt: skip
            reading = _run(command, env, clock, until_ns)
            load = reading.load
            row = {
                "bench": "audio_underruns",
                "run": seed,
                "device": on,
                "picture": picture[1],
                **_line(reading, load),
            }
            print(json.dumps(row), flush=True)
            total.blocks += load.blocks
            total.over += load.over
            total.underruns += load.underruns
            total.worst_ns = max(total.worst_ns, load.worst_ns)
            total.counts = [a + b for a, b in zip(total.counts, load.counts, strict=True)]
        missed = control() if control is not None else {}
        if control is not None and not missed:
            raise InputError(
                "JACK's dummy server did not run (servers that were killed leave their places taken: "
                "remove /dev/shm/jack-*), so nothing was measured"
            )
    print(
        json.dumps(
            {
                "bench": "audio_underruns",
                "of": "all runs",
                "control": missed,
                "seconds": round(total.blocks * 256 / 48_000, 1),
                "underruns": total.underruns,
                "over_deadline": total.over,
                "worst_ms": round(total.worst_ns / 1e6, 3),
                "load_p999": round(total.at(0.999), 3),
            }
        )
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
