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
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """What the program says, and what it recorded: `heard`, the `noise` of mode ``exact``, when each call of the recording came
    (`came_ns`), and when the server was said to have left frames out (`disturbed_ns`).
    """
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
        recorded = dict(data)
    said = json.loads(done.stdout.strip().splitlines()[-1])
    print(json.dumps(said))
    return said, recorded


def test_what_is_played_comes_out_to_the_bit(server: JackServer, tmp_path: Path) -> None:
    for number in range(6):
        said, recorded = played(server, "exact", 3.0, tmp_path / f"exact-{number}.npz")
        if not said["underflows"]:
            break
    else:
        pytest.fail("JACK said in each of six runs of 3 s that it had left frames out itself")
    heard, noise = recorded["heard"], recorded["noise"]
    assert said["description"].startswith("system on JACK")
    (starts,) = np.nonzero(heard[:, 0] == noise[0, 0])
    assert len(starts) == 1
    first = int(starts[0])
    assert first % PERIOD == 0
    assert np.array_equal(heard[first : first + len(noise)], noise), "a sample is missing, doubled or changed"
    print(f"{len(noise)} frames of 2 channels, every bit as it was handed out")


def stretches(recorded: dict[str, np.ndarray]) -> list[np.ndarray]:
    """What was heard of the tone between the places at which the server left something out, 0.3 s or longer each.

    Only the server's own word and the instants of its calls say where those are, never the samples: a slip of ours stays inside.
    A call that comes more than two periods after the one before says that the server stood still; the follower may then jump, within
    half a second.
    """
    heard, came_ns = recorded["heard"][:, 0].astype(float), recorded["came_ns"]
    (loud,) = np.nonzero(np.abs(heard) > 1e-3)
    clean = np.zeros(len(heard), bool)
    clean[loud[0] + 4800 : loud[-1] - 4800] = True
    period_ns = PERIOD * 1_000_000_000 // RATE_HZ
    stood_still_ns = came_ns[1:][np.diff(came_ns) > 2 * period_ns]
    for at_ns in [*recorded["disturbed_ns"], *stood_still_ns]:
        call = int(np.searchsorted(came_ns, at_ns))
        clean[max(0, call * PERIOD - RATE_HZ // 10) : call * PERIOD + RATE_HZ // 2] = False
    edges = np.flatnonzero(np.diff(np.concatenate([[0], clean.astype(np.int8), [0]])))
    return [heard[a:b] for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a >= 0.3 * RATE_HZ]


def bend_deg(tone: np.ndarray) -> float:
    """By how much the phase of the tone bends at most from 10 ms to 10 ms; a slip of one sample is a step of 7.48 degrees."""
    span = 480
    turned = tone * np.exp(-2j * np.pi * TONE_HZ / RATE_HZ * np.arange(len(tone)))
    phases = np.unwrap(np.angle([turned[at : at + span].sum() for at in range(0, len(tone) - span, span)]))
    return float(np.degrees(np.abs(np.diff(phases, 2)).max()))


def test_a_slip_of_one_sample_is_seen() -> None:
    """The gauge of the next test."""
    tone = 0.5 * np.sin(2 * np.pi * TONE_HZ / RATE_HZ * np.arange(RATE_HZ))
    came_ns = 5_333_333 * np.arange(1, len(tone) // PERIOD + 1)
    for changed in (np.delete(tone, 36_000), np.insert(tone, 36_000, tone[36_000])):
        recorded = {
            "heard": changed[:, None],
            "came_ns": came_ns,
            "disturbed_ns": np.array([100_000_000], np.int64),  # over and done with before the slip
        }
        (stretch,) = stretches(recorded)
        assert len(stretch) < 0.8 * RATE_HZ and bend_deg(stretch) > 3.0
    assert bend_deg(tone) < 0.03  # 10 ms are not a whole number of its periods
    late = {
        "heard": tone[:, None],
        "came_ns": came_ns + 30_000_000 * (came_ns > 600_000_000),
        "disturbed_ns": np.zeros(0, np.int64),
    }
    (before,) = stretches(late)
    assert len(before) < 0.5 * RATE_HZ and bend_deg(before) < 0.03


def test_a_tone_that_follows_the_host_has_no_seam(server: JackServer, tmp_path: Path) -> None:
    """997 Hz phase method, in what lies between the server's own gaps: a busy machine costs tries, not the verdict."""
    judged: list[np.ndarray] = []
    for number in range(6):
        said, recorded = played(server, "pace", 6.0, tmp_path / f"pace-{number}.npz")
        found = stretches(recorded)
        print(
            f"run {number}: {len(found)} stretches, {sum(map(len, found)) / RATE_HZ:.2f} s without a gap of the server"
        )
        judged += found
        assert abs(said["trim_ppm"]) <= 300.001
        if sum(map(len, judged)) > 4 * RATE_HZ:
            break
    else:
        pytest.fail("in six runs of 6 s the server left not even 4 s together without a gap of its own")
    worst_deg = max(map(bend_deg, judged))
    print(f"phase bends by {worst_deg:.4f} degrees at most from 10 ms to 10 ms, in {len(judged)} stretches")
    assert worst_deg < 0.15
    assert all(np.abs(np.abs(tone).max() - 0.5) < 0.01 for tone in judged)


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
