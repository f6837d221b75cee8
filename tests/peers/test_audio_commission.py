"""Commissioning through a real PortAudio device: JACK's dummy driver, and a room that is a JACK client of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from engine.experience import load_rig
from engine.time.clocks import MonotonicClock
from tests.peers.programs import needed

pytestmark = pytest.mark.peer

ROOM = Path(__file__).with_name("jack_room.py")
RIG = """\
sensorama_rig: 1
name: {en: Venue}
seats: {a: {}}
audio:
  device: system   # the card
  api: JACK
  layout: 5.1      # as built
"""
WAYS = [(480, 0.5), (600, 0.4), (432, 0.55), (500, 1.0), (300, -0.5), (333, 0.5)]
"""Delay in samples and gain of each channel; the fifth is turned round, the fourth is the LFE."""


@pytest.fixture
def jack() -> Iterator[dict[str, str]]:
    """A JACK server of our own; the environment in which programs find it."""
    jackd = needed("jackd", "jackd2")
    needed("jack_connect", "jackd2")
    server = f"sensorama-{uuid.uuid4().hex[:8]}"
    env = {**os.environ, "JACK_DEFAULT_SERVER": server, "JACK_NO_START_SERVER": "1"}
    with subprocess.Popen(
        [
            jackd,
            "--no-realtime",
            "-t",
            "5000",
            "-n",
            server,
            "-d",
            "dummy",
            "-r",
            "48000",
            "-p",
            "1024",
            "-C",
            "8",
            "-P",
            "8",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            wait(lambda: "system:playback_8" in ports(env), "JACK's dummy server did not start")
            yield env
        finally:
            process.terminate()


def wait(ready: Callable[[], object], otherwise: str, seconds: float = 15.0) -> None:
    clock = MonotonicClock()
    until_ns = clock.now_ns() + round(seconds * 1e9)
    while not ready():
        if clock.now_ns() > until_ns:
            pytest.fail(otherwise)
        clock.sleep_until_ns(clock.now_ns() + 50_000_000)


def told(env: dict[str, str], *words: str, tries: int = 5) -> str:
    """What one of JACK's programs says; a busy machine makes them give up now and then."""
    clock = MonotonicClock()
    for _ in range(tries):
        done = subprocess.run(words, env=env, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            break
        clock.sleep_until_ns(clock.now_ns() + 200_000_000)
    return done.stdout


def ports(env: dict[str, str], tries: int = 1) -> list[str]:
    return told(env, "jack_lsp", tries=tries).split()


def of_client(env: dict[str, str], kind: str, others: set[str]) -> list[str]:
    """Ports of the PortAudio client that is not among `others`, in order."""
    mine = [
        port for port in ports(env) if f":{kind}_" in port and port.split(":")[0] not in others | {"system"}
    ]
    return sorted(mine, key=lambda port: int(port.rsplit("_", 1)[1]))


def wire(env: dict[str, str], source: str, sink: str) -> None:
    told(env, "jack_connect", source, sink)
    assert sink in told(env, "jack_lsp", "-c", source), f"{source} could not be connected to {sink}"


def alone(env: dict[str, str], port: str) -> None:
    """Take off whatever PortAudio connected by itself."""
    for other in told(env, "jack_lsp", "-c", port).splitlines():
        if other.startswith(" "):
            told(env, "jack_disconnect", port, other.strip(), tries=2)


def walked(
    jack: dict[str, str], path: Path, ways: Sequence[tuple[int, float]], *words: str
) -> tuple[int, str]:
    """Commission a rig with a room behind its device; the exit status, and what was said."""
    with subprocess.Popen(
        [sys.executable, str(ROOM), json.dumps(ways)],
        env=jack, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as room:  # fmt: skip
        assert room.stdout is not None and room.stdout.readline().strip() == "ready"
        room_client = {port.split(":")[0] for port in ports(jack, tries=5)} - {"system"}
        command = [
            sys.executable, "-m", "engine", "audio", "commission", "--rig", str(path), "--input", "system/1",
            "--identify", "none", *words,
        ]  # fmt: skip
        with subprocess.Popen(
            command,
            env=jack,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as walk:
            wait(
                lambda: walk.poll() is not None or len(of_client(jack, "out", room_client)) >= len(ways),
                "the walk did not open its device",
            )
            outs = of_client(jack, "out", room_client)
            ins = of_client(jack, "in", room_client)
            theirs = [port for port in ports(jack, tries=5) if port.split(":")[0] in room_client]
            there = {name: [port for port in theirs if f":{name}_" in port] for name in ("in", "out")}
            for port in [*outs, *ins, *there["in"], *there["out"]]:
                alone(jack, port)
            for k, source in enumerate(outs[: len(ways)]):
                wire(jack, source, sorted(there["in"])[k])
            wire(jack, there["out"][0], ins[0])
            said, _ = walk.communicate("\n\n", timeout=120)
        assert room.stdin is not None
        room.stdin.close()
    print(said)
    return walk.returncode, said


def test_a_venue_is_commissioned_over_jack(jack: dict[str, str], tmp_path: Path) -> None:
    """Arrivals to a whole sample, levels, and the channel that is turned round come out as the room has them, and go into the rig."""
    path = tmp_path / "rig.yaml"
    path.write_text(RIG, encoding="utf-8")
    status, said = walked(jack, path, WAYS, "--write", "--out", str(tmp_path / "measured.json"))
    assert status == 0, said
    assert "The device plays without a click." in said
    assert path.read_text(encoding="utf-8").count("#") == 2, "comments stay"
    rows = {row["speaker"]: row for row in json.loads((tmp_path / "measured.json").read_text())["measured"]}
    mains = [k for k in range(6) if k != 3]
    names = list(rows)
    base_s = rows[names[0]]["arrival_s"] - WAYS[0][0] / 48000
    for k in mains:
        assert rows[names[k]]["arrival_s"] - base_s == pytest.approx(WAYS[k][0] / 48000, abs=2e-6)
        assert 10 ** (rows[names[k]]["level_db"] / 20) == pytest.approx(abs(WAYS[k][1]), rel=0.005)
    written = load_rig(path).audio.outputs[0].speakers
    for k in mains:
        assert written[k].delay_ns == pytest.approx((600 - WAYS[k][0]) / 48000 * 1e9, abs=2000)
        assert written[k].inverted == (k == 4)
    assert written[3].delay_ns == pytest.approx((600 - WAYS[3][0]) / 48000 * 1e9, abs=50_000)
    assert [one.gain_db for one in written] == pytest.approx([-1.9, 0.0, -2.8, 0.0, -1.9, -1.9], abs=0.06)
    print({names[k]: (rows[names[k]]["arrival_s"] - base_s) * 48000 - WAYS[k][0] for k in mains})


def test_an_overdriven_microphone_ends_it_over_jack(jack: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "rig.yaml"
    path.write_text(RIG, encoding="utf-8")
    status, said = walked(jack, path, [(480, 300.0)] * 6, "--write")
    assert status == 1
    assert "the microphone's input clips; nothing more is played" in said
    assert path.read_text(encoding="utf-8") == RIG


def test_the_devices_are_listed(jack: dict[str, str]) -> None:
    listed = subprocess.run(
        [sys.executable, "-m", "engine", "audio", "devices", "--json"],
        env=jack,
        capture_output=True,
        text=True,
        check=True,
    )
    rows = [json.loads(line) for line in listed.stdout.splitlines()]
    system = next(row for row in rows if row["name"] == "system")
    assert system["api"].startswith("JACK")
    assert (system["outputs"], system["inputs"]) == (8, 8)
