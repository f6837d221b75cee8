"""Plays through a real PortAudio device and records what came out of it, in one process; run as a program by the tests.

    python -m tests.peers.audio_playing exact|pace|still seconds out.npz

``exact`` hands noise straight to the device; ``pace`` a sine through the follower; ``still`` plays and is left without its server.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import sounddevice

from engine.audio.clock import ClockMeter, Pace
from engine.audio.grid import Grid
from engine.audio.output import DeviceOutput, open_output
from engine.time.clocks import MonotonicClock

RATE_HZ = 48_000
TONE_HZ = 997.0


class Tone:
    """Grid samples of a sine."""

    def __init__(self) -> None:
        self.grid: Grid | None = None
        self.given = 0

    def pull(self, host_ns: int, count: int) -> np.ndarray:
        self.grid = self.grid or Grid(host_ns)
        at = self.given + np.arange(count)
        self.given += count
        wave = 0.5 * np.sin(2 * np.pi * TONE_HZ / RATE_HZ * at)
        return np.repeat(wave.astype(np.float32)[:, None], 2, axis=1)


def recorded(mode: str, seconds: float, path: Path) -> None:
    clock = MonotonicClock()
    meter = ClockMeter()
    output = DeviceOutput(clock, "system", 256, 2, api="jack", meter=meter)
    heard: list[np.ndarray] = []
    came_ns: list[int] = []
    disturbed_ns: list[int] = []
    overflows, underflows = [0], [0]

    def listen(data: np.ndarray, frames: int, instants: Any, status: Any) -> None:
        came_ns.append(clock.now_ns())
        if status.input_overflow:
            overflows[0] += 1
            disturbed_ns.append(came_ns[-1])
        heard.append(data.copy())

    total = int(seconds * RATE_HZ)
    noise = np.random.default_rng(8).uniform(-0.5, 0.5, (total + 256, 2)).astype(np.float32)
    tone, pace = Tone(), Pace(2, meter)
    done = [0]
    wired = [False]

    def fill(at_ns: int, frames: int) -> np.ndarray | None:
        if output.underflows != underflows[0]:
            underflows[0] = output.underflows
            disturbed_ns.append(clock.now_ns())
        if not wired[0]:
            return np.zeros((frames, 2), np.float32)
        at = done[0]
        if at >= total:
            return None if at >= total + RATE_HZ // 4 else silent(frames)
        done[0] += frames
        if mode == "exact":
            return noise[at : at + frames]
        return pace.read(at_ns, frames, RATE_HZ, tone.pull, tone)

    def silent(frames: int) -> np.ndarray:
        done[0] += frames
        return np.zeros((frames, 2), np.float32)

    jack = next(
        number
        for number, row in enumerate(sounddevice.query_devices())
        if row["name"] == "system" and row["max_input_channels"] > 0
    )
    with sounddevice.InputStream(
        device=jack, channels=2, samplerate=RATE_HZ, blocksize=256, dtype="float32", callback=listen
    ):

        def wire() -> None:
            """Lay the cable once the device has its ports, then let it play."""
            for channel in (0, 1):
                subprocess.run(
                    ["jack_disconnect", f"system:capture_{channel + 1}", f"PortAudio:in_{channel}"],
                    check=True,
                )
            for _ in range(100):  # the output's ports are there once it runs
                results = [
                    subprocess.run(
                        ["jack_connect", f"PortAudio:out_{channel}", f"PortAudio:in_{channel}"], check=False
                    )
                    for channel in (0, 1)
                ]
                if not any(result.returncode for result in results):
                    break
                pause.wait(0.05)
            wired[0] = True

        pause = threading.Event()
        threading.Thread(target=wire, daemon=True).start()
        output.run(fill)
    quality = meter.reading.quality
    np.savez(
        path,
        heard=np.concatenate(heard),
        noise=noise[:total],
        came_ns=np.array(came_ns, np.int64),
        disturbed_ns=np.array(disturbed_ns, np.int64),
    )
    print(
        json.dumps(
            {
                "description": output.description,
                "state": quality.state.value,
                "ppm": quality.ppm,
                "jitter_us": quality.jitter_ns / 1000,
                "gaps": quality.gaps,
                "underflows": output.underflows + overflows[0],
                "trim_ppm": meter.trim_ppm,
                "error_us": meter.error_ns / 1000,
                "load": meter.load.at(0.999),
                "priority": output.priority,
            }
        )
    )


def left_alone(seconds: float) -> None:
    """Plays until the time is over, whatever becomes of the server; says what it is told, and how even its instants were."""
    clock = MonotonicClock()
    said: list[str] = []
    end_ns = clock.now_ns() + int(seconds * 1e9)
    instants: list[tuple[int, int]] = []
    output = open_output(clock, "system", 256, 2, api="jack", say=said.append)
    print(output.description, flush=True)

    def fill(at_ns: int, frames: int) -> np.ndarray | None:
        instants.append((at_ns, output.opened))
        return np.zeros((frames, 2), np.float32) if clock.now_ns() < end_ns else None

    output.run(fill)
    silent = np.diff([at_ns for at_ns, opened in instants if opened == 2])
    print(
        json.dumps(
            {
                "said": said,
                "silent_blocks": len(silent),
                "least_ns": int(silent.min()),
                "most_ns": int(silent.max()),
            }
        )
    )


def main() -> None:
    mode, seconds, path = sys.argv[1], float(sys.argv[2]), Path(sys.argv[3])
    if mode == "still":
        left_alone(seconds)
    else:
        recorded(mode, seconds, path)


if __name__ == "__main__":
    main()
