"""A real PortAudio device with no sound card: JACK's dummy driver. What was played is what came out, on time, whatever happens to it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.peers.jack_server import PERIOD, JackServer, jack_server

pytestmark = pytest.mark.peer

RATE_HZ = 48_000
TONE_HZ = 997.0
ROOT = Path(__file__).parents[2]


@pytest.fixture
def server() -> Iterator[JackServer]:
    with jack_server(channels=4) as running:
        yield running


def command(mode: str, seconds: float, path: Path) -> list[str]:
    return [sys.executable, "-m", "tests.peers.audio_playing", mode, str(seconds), str(path)]


def played(
    server: JackServer, mode: str, seconds: float, path: Path
) -> tuple[dict[str, Any], np.ndarray, np.ndarray]:
    """What the program says, what was recorded, and the noise it played in mode ``exact``."""
    done = subprocess.run(
        command(mode, seconds, path),
        env=server.env,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    with np.load(path) as data:
        heard, noise = data["heard"], data["noise"]
    said = json.loads(done.stdout.strip().splitlines()[-1])
    print(json.dumps(said))
    return said, heard, noise


def test_what_is_played_comes_out_to_the_bit(server: JackServer, tmp_path: Path) -> None:
    said, heard, noise = played(server, "exact", 3.0, tmp_path / "exact.npz")
    assert said["description"].startswith("system on JACK")
    (starts,) = np.nonzero(heard[:, 0] == noise[0, 0])
    assert len(starts) == 1
    first = int(starts[0])
    assert first % PERIOD == 0
    assert np.array_equal(heard[first : first + len(noise)], noise), "a sample is missing, doubled or changed"
    print(f"{len(noise)} frames of 2 channels, every bit as it was handed out")


def test_a_tone_that_follows_the_host_has_no_seam(server: JackServer, tmp_path: Path) -> None:
    """997 Hz phase method: a slip of one sample is a step of 7.48 degrees."""
    for number in range(4):
        said, heard, _ = played(server, "pace", 6.0, tmp_path / f"pace-{number}.npz")
        if not said["gaps"] and not said["underflows"]:
            break
    else:
        pytest.fail(
            "the server itself left frames out in four runs of 6 s: this machine is too busy for the measurement"
        )
    (loud,) = np.nonzero(np.abs(heard[:, 0]) > 1e-3)
    tone = heard[loud[0] + 4800 : loud[-1] - 4800, 0].astype(float)
    assert len(tone) > 4 * RATE_HZ
    span = 480
    turn = np.exp(-2j * np.pi * TONE_HZ / RATE_HZ * np.arange(len(tone)))
    phases = np.unwrap(
        np.angle(
            [(tone[at : at + span] * turn[at : at + span]).sum() for at in range(0, len(tone) - span, span)]
        )
    )
    bend_deg = float(np.degrees(np.abs(np.diff(phases, 2)).max()))
    moved = np.degrees(phases[-1] - phases[0]) / 7.48
    print(
        f"phase bends by {bend_deg:.4f} degrees at most from 10 ms to 10 ms; the trim moved the tone by {moved:.1f} samples"
    )
    assert bend_deg < 0.15
    assert np.abs(np.abs(tone).max() - 0.5) < 0.01
    assert abs(said["trim_ppm"]) <= 300.001


def test_a_server_that_dies_leaves_the_sound_silent_and_in_time(server: JackServer, tmp_path: Path) -> None:
    playing = subprocess.Popen(
        command("still", 8.0, tmp_path / "none"),
        env=server.env,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert playing.stdout is not None
    assert playing.stdout.readline().startswith("system on JACK")
    for _ in range(100):
        if any(port.startswith("PortAudio:out") for port in server.ports()):
            break
    server.process.kill()
    out, err = playing.communicate(timeout=40)
    assert playing.returncode == 0, err
    said = json.loads(out.strip().splitlines()[-1])
    print(json.dumps(said))
    assert len(said["said"]) == 1, "one clear message"
    assert "has stopped asking for sound" in said["said"][0] or "went away" in said["said"][0]
    assert said["silent_blocks"] > 100
    assert said["most_ns"] - said["least_ns"] <= 1, "every block follows the one before"


def test_alsas_null_device_is_no_clock_and_replaced(tmp_path: Path) -> None:
    """It takes sound 260 times as fast as it could be played."""
    (tmp_path / ".asoundrc").write_text("pcm.!default { type null }\nctl.!default { type null }\n")
    script = (
        "import numpy as np\n"
        "from engine.audio.output import open_output, list_devices\n"
        "from engine.time.clocks import MonotonicClock\n"
        "said, count, clock = [], [0, 0], MonotonicClock()\n"
        "out = open_output(clock, 'default', 256, 2, api='ALSA', say=said.append)\n"
        "print(out.description)\n"
        "end_ns = clock.now_ns() + 2_000_000_000\n"
        "def fill(at_ns, frames):\n"
        "    count[out.opened - 1] += 1\n"
        "    return np.zeros((frames, 2), np.float32) if clock.now_ns() < end_ns else None\n"
        "out.run(fill)\n"
        "print(count, *said, sep='|')\n"
    )
    env = {**os.environ, "HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=env,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    first, last = done.stdout.strip().splitlines()
    print(first, "->", last)
    assert first.startswith("default on ALSA")
    assert "takes sound faster than anything can play it" in last and "runs silently, in time" in last
    on_device, in_time = json.loads(last.split("|")[0])
    assert on_device < 400 and in_time > 50
