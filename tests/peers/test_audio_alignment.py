"""A click, a frame and a seat's onset of one instant, recorded in one live run (window, bus, sound) by three things that are not ours.

The click is captured from JACK, the frame is looked for in the file that Xvfb keeps its pixels in, and the seat's string is taken from
its UDP port; all three are stamped with the host's monotonic clock, which all processes share.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.peers.jack_server import PERIOD, jack_server
from tests.peers.virtual_screen import ScreenWatch, virtual_screen

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


def heard_click_ns(heard: np.ndarray, came_ns: np.ndarray) -> int:
    """When the click came out.

    A call can come late and never early, so each says that what it brings was there by then: of the click's call and those in the
    third of a second after it, the earliest counts. Calls before it say nothing, since the server may have stood still in between.
    """
    loud = int(np.flatnonzero(np.abs(heard) > 0.02)[0])
    calls = np.arange(loud // PERIOD, min(loud // PERIOD + 60, len(came_ns)))
    zero_ns = int((came_ns[calls] - calls * PERIOD * 62_500 // 3).min())
    return zero_ns + loud * 62_500 // 3 + CONVERTER_NS


def stood_still_ms(heard: np.ndarray, came_ns: np.ndarray) -> float:
    """For how long the sound server stood still in the second before the click: nobody can know of that beforehand."""
    loud = int(np.flatnonzero(np.abs(heard) > 0.02)[0]) // PERIOD
    calls = came_ns[max(0, loud - 187) : loud + 1]
    return float((calls[-1] - calls[0]) / 1e6 - (len(calls) - 1) * PERIOD / 48)


def recorded_run(folder: Path) -> tuple[dict[str, float], float]:
    """Play the scene once; what was measured in ms, and for how long the sound server stood still shortly before."""
    made = package(folder)
    seat = SeatPort()
    rig = folder / "rig.yaml"
    rig.write_text(RIG.format(port=seat.port, dead=DEAD_MS), encoding="utf-8")
    captured = folder / "captured.npz"
    pixels = folder / "screen"
    pixels.mkdir()
    try:
        with virtual_screen(pixels, (640, 360)) as screen, jack_server() as server:
            watch = ScreenWatch(screen)
            capture = subprocess.Popen(
                [sys.executable, "-m", "tests.peers.audio_capture", str(captured)],
                cwd=ROOT, env=server.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            )  # fmt: skip
            assert capture.stdout is not None
            assert capture.stdout.readline().strip() == "ready"
            seat.start()
            watch.start()
            done = subprocess.run(
                [
                    sys.executable, "-m", "engine", "play", str(made), "--rig", str(rig), "--view", "window", "--size", "320x180",
                    "--from", "lamp@0s", "--seed", "1", "--quiet", "--out", str(folder / "run"),
                ],
                cwd=ROOT, env={**server.env, "DISPLAY": screen.display}, capture_output=True, text=True, timeout=120, check=False,
            )  # fmt: skip
            watch.stop()
            capture.communicate(timeout=20)
    finally:
        seat.over = True
    assert done.returncode == 0, done.stdout + done.stderr
    with np.load(captured) as data:
        heard, came_ns = data["heard"], data["came_ns"]
    assert np.abs(heard).max() > 0.02, f"no click was heard: {done.stdout}{done.stderr}"
    click_ns = heard_click_ns(heard, came_ns)
    since = [(at_ns, data) for at_ns, data in seat.rows if at_ns > click_ns - 1_500_000_000]
    moved_ns = next(at_ns for at_ns, data in since if data != since[0][1]) + DEAD_MS * 1_000_000
    flashes = watch.lit()
    assert flashes, f"the screen stayed dark: {watch.changes}"
    before_ns, flash_ns = min(flashes, key=lambda looks: abs(looks[1] - click_ns))
    figures = {
        "frame_to_click_ms": (click_ns - flash_ns) / 1e6,
        "seat_to_click_ms": (click_ns - moved_ns) / 1e6,
        "frame_to_seat_ms": (moved_ns - flash_ns) / 1e6,
        "look_to_look_ms": (flash_ns - before_ns) / 1e6,
    }
    return figures, stood_still_ms(heard, came_ns)


def test_click_frame_and_seat_fall_together(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Positive: the second of the two came later.

    Measured in ten runs on 2 shared cores that were never quiet (load 1.5 to 6; busy loops beside it in five of them), software drawing
    at 60 frames a second, median and range in ms: seat to click -2.5 (-8.1 to +1.5), frame to click -7.5 (-117.8 to +9.7), frame to seat
    -6.1 (-109.8 to +11.8). But for one run in which the viewer got no processor, the frame was within 24 ms of the click. Without a
    display to pace it a frame is up to a period early, and what it takes to draw comes on top.

    A machine that is too busy to draw or to ask for sound costs another run, three at most; an offset of ours is in all three.
    """
    for number in range(3):
        folder = tmp_path / str(number)
        folder.mkdir()
        figures, still_ms = recorded_run(folder)
        print(
            ", ".join(f"{name} {value:+.2f}" for name, value in figures.items()),
            f"(the seat's dead time of {DEAD_MS} ms counted in; the sound server stood still for {still_ms:.1f} ms before)",
        )
        if still_ms < 20 and abs(figures["frame_to_click_ms"]) < 80:
            break
    for name, value in figures.items():
        record_property(name, round(value, 3))
    assert still_ms < 20, "in the last of three runs the sound server stood still just before the click"
    # Loosely: software draws the frames, and on a busy machine late. ITU-R BT.1359: sound 45 ms early or 125 ms late is not noticed.
    assert abs(figures["frame_to_click_ms"]) < 80
    assert abs(figures["seat_to_click_ms"]) < 60
    assert abs(figures["frame_to_seat_ms"]) < 80
