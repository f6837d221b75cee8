"""A click and a seat's onset of one instant, recorded in one live run (window, bus, sound) by two things that are not ours.

The click is captured from JACK and the seat's string taken from its UDP port; both are stamped with the host's monotonic clock, which all
processes share. The frame is not in it: what Xvfb gives back of the window is black here.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
import wave
from pathlib import Path

import numpy as np
import pytest

from tests.peers.jack_server import PERIOD, jack_server
from tests.peers.programs import needed

pytestmark = pytest.mark.peer

ROOT = Path(__file__).parents[2]
AT_S = 6.0
DEAD_MS = 20
# JACK's dummy plays what a call makes two periods later (a click through a cable comes back after exactly 512 samples).
CONVERTER_NS = 2 * PERIOD * 1_000_000_000 // 48_000

SCENE = """\
duration: 9s
stage:
  eye: [0, 0, 1.6]
  sky: {{zenith: "#ffffff", horizon: "#ffffff"}}
  exposure: {{role: look.exposure}}
tracks:
  - {{role: look.exposure, kind: level, cues: [{{at: 0s, set: 0}}, {{at: {at}s, set: 1}}]}}
  - {{role: seat.motion, kind: motion, cues: [{{at: {at}s, to: {{heave: 20mm}}, over: 0.5s}}]}}
  - {{kind: audio, cues: [{{at: {at}s, file: audio/click.wav, azimuth: 0deg, elevation: 0deg, distance: 1m}}]}}
  - {{kind: line, cues: [{{at: 1s, line: lamp_A1, for: 2s}}]}}
"""

RIG = """\
sensorama_rig: 1
name: {{en: Alignment}}
seats: {{a: {{at: [0, 0, 0]}}}}
audio: {{layout: stereo, device: system, api: jack}}
devices:
  seat_a:
    driver: motion4sim
    port: udp://127.0.0.1:{port}
    seat: a
    rate_hz: 200
    latency: {{dead: {dead}ms}}
    limits:
      heave: {{range: [-50mm, 50mm], velocity: 250mm/s, acceleration: 2500mm/s2, jerk: 30000mm/s3}}
    settings: {{preset: motion4sim, axes: [heave]}}
roles:
  seat.motion: [{{device: seat_a}}]
displays:
  - {{name: main, kind: window, seat: a, size: [320, 180]}}
"""


def package(folder: Path) -> Path:
    """A scene that is dark, still and silent for six seconds, and then is not."""
    subprocess.run(
        [sys.executable, "-m", "engine", "new", "align", "--folder", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    made = folder / "align"
    text = (made / "experience.yaml").read_text(encoding="utf-8")
    text = text.replace(
        "  air.wind:", "  look.exposure: {kind: level, picture_only: true, rest: 1.0}\n  air.wind:"
    )
    text = text.replace(
        "assets: {}", 'assets: {"audio/*.wav": {source: a test, licence: CC0-1.0, made_by: generator}}'
    ).replace("flashes: none", "flashes: strong")
    (made / "experience.yaml").write_text(text, encoding="utf-8")
    (made / "scenes" / "lamp.yaml").write_text(SCENE.format(at=AT_S), encoding="utf-8")
    (made / "audio").mkdir()
    click = np.zeros(4800)
    click[:64] = 0.5 * np.cos(np.arange(64) * np.pi / 4) * np.exp(-np.arange(64) / 16)
    with wave.open(str(made / "audio" / "click.wav"), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(48_000)
        out.writeframes((click * 32_767).astype("<i2").tobytes())
    return made


class SeatPort(threading.Thread):
    """Takes a seat's strings and remembers when each came."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.5)
        self.port = self._socket.getsockname()[1]
        self.rows: list[tuple[int, bytes]] = []
        self.over = False

    def run(self) -> None:
        while not self.over:
            try:
                data = self._socket.recv(256)
            except TimeoutError:
                continue
            self.rows.append((time.monotonic_ns(), data))


def test_click_and_seat_fall_together(tmp_path: Path) -> None:
    made = package(tmp_path)
    seat = SeatPort()
    rig = tmp_path / "rig.yaml"
    rig.write_text(RIG.format(port=seat.port, dead=DEAD_MS), encoding="utf-8")
    ours, theirs = os.pipe()
    x_server = subprocess.Popen(
        [
            needed("Xvfb", "xvfb"), "-displayfd", str(theirs), "-screen", "0", "640x360x24", "-nolisten", "tcp", "-noreset",
        ],
        pass_fds=(theirs,), stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(theirs)
    captured = tmp_path / "captured.npz"
    with os.fdopen(ours) as told:
        display = f":{told.readline().strip()}"
    try:
        with jack_server() as server:
            capture = subprocess.Popen(
                [sys.executable, "-m", "tests.peers.audio_capture", str(captured)],
                cwd=ROOT, env=server.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            )  # fmt: skip
            assert capture.stdout is not None
            assert capture.stdout.readline().strip() == "ready"
            seat.start()
            done = subprocess.run(
                [
                    sys.executable, "-m", "engine", "play", str(made), "--rig", str(rig), "--view", "window", "--size", "320x180",
                    "--from", "lamp@0s", "--seed", "1", "--quiet", "--out", str(tmp_path / "run"),
                ],
                cwd=ROOT, env={**server.env, "DISPLAY": display}, capture_output=True, text=True, timeout=120, check=False,
            )  # fmt: skip
            capture.communicate(timeout=20)
    finally:
        seat.over = True
        x_server.terminate()
        x_server.wait()
    assert done.returncode == 0, done.stdout + done.stderr
    with np.load(captured) as data:
        heard, came_ns = data["heard"], data["came_ns"]
    assert np.abs(heard).max() > 0.02, f"no click was heard: {done.stdout}{done.stderr}"
    # A call can come late and never early: the earliest of those around the click says when it should have.
    loud = int(np.flatnonzero(np.abs(heard) > 0.02)[0])
    calls = np.arange(len(came_ns))
    near = np.abs(calls - loud // PERIOD) < 60
    zero_ns = int((came_ns[near] - calls[near] * PERIOD * 62_500 // 3).min())
    click_ns = zero_ns + loud * 62_500 // 3 + CONVERTER_NS
    rest = next(data for at_ns, data in seat.rows if at_ns > click_ns - 1_500_000_000)
    moved_ns = (
        next(at_ns for at_ns, data in seat.rows if at_ns > click_ns - 1_500_000_000 and data != rest)
        + DEAD_MS * 1_000_000
    )
    click_to_seat_ms = (moved_ns - click_ns) / 1e6
    print(f"seat {click_to_seat_ms:+.2f} ms after the click (its dead time of {DEAD_MS} ms counted in)")
    # Loosely: JACK's dummy driver leaves gaps on a busy machine. ITU-R BT.1359: sound 45 ms early or 125 ms late is not noticed.
    assert abs(click_to_seat_ms) < 60
