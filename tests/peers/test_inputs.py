"""Inputs by programs of others: liblo's oscsend starts, turns and is recorded; curl holds a show; socat's line rings a bell."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from engine.cli import main
from engine.experience.rig import load_rig
from engine.story.journal import read_journal
from engine.timeline.yamlsource import load_yaml
from tests.peers.listening import free_port, until
from tests.peers.programs import needed
from tests.show.runs import LIVE, ROOT, Started

pytestmark = pytest.mark.peer

VENUE = """
inputs:
  desk: {{source: osc, port: "udp://127.0.0.1:{osc}"}}
  web: {{source: http, port: "http://127.0.0.1:{http}"}}
  line: {{source: sample, port: "udp://127.0.0.1:{line}"}}
triggers:
  - {{input: desk, address: /start, do: {{operator: start}}}}
  - {{input: desk, address: /wind, do: {{intensity: wind}}}}
  - {{input: web, address: /hold, do: {{operator: hold}}}}
  - {{input: web, address: /resume, do: {{operator: resume}}}}
  - {{input: line, address: /bell, do: {{external: bell}}}}
"""


def call(*words: str, data: bytes | None = None) -> str:
    return subprocess.run(words, input=data, capture_output=True, check=True, timeout=10).stdout.decode()


def test_others_programs_start_hold_and_turn_a_waiting_show(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    oscsend = needed("oscsend", "liblo-tools")
    curl, socat = needed("curl", "curl"), needed("socat", "socat")
    osc, line = free_port(socket.SOCK_DGRAM), free_port(socket.SOCK_DGRAM)
    http = free_port()
    rig = tmp_path / "rig.yaml"
    studio = load_rig("studio").path.read_text(encoding="utf-8")
    rig.write_text(studio + VENUE.format(osc=osc, http=http, line=line), encoding="utf-8")
    started = Started(["play", "first_light", *LIVE, "--rig", str(rig), "--out", "run"], tmp_path)
    journal = tmp_path / "run" / "journal.jsonl"

    def heard(words: str, count: int = 1) -> None:
        started.wait_for(lambda: journal.is_file() and journal.read_text().count(words) >= count)

    heard("waiting_for")
    call(oscsend, "127.0.0.1", str(osc), "/wind", "f", "0.25")
    heard('"name":"wind"')
    call(oscsend, "127.0.0.1", str(osc), "/start")
    heard('"action":"resume"')
    url = f"http://127.0.0.1:{http}"
    assert call(curl, "-s", "-o", "/dev/null", "-w", "%{http_code}", f"{url}/hold") == "204"
    heard('"hold"', 2)
    call(socat, "-u", "-", f"UDP-SENDTO:127.0.0.1:{line}", data=b"/bell\n")
    heard('"type":"external"')
    assert call(curl, "-s", "-o", "/dev/null", "-w", "%{http_code}", "-d", "", f"{url}/resume") == "204"
    run = started.finish(tmp_path / "run")
    assert run.status == 0, run.text + run.errors
    inputs = [
        (row["type"], row.get("action"), row.get("name"), row.get("value"))
        for row in (event.fields["input"] for event in read_journal(journal).of_kind("input"))
    ]
    print(inputs)
    assert inputs == [
        ("operator", "hold", "start", 0),
        ("operator", "intensity", "wind", 250),
        ("operator", "resume", "start", 0),
        ("operator", "hold", "", 0),
        ("external", None, "bell", None),
        ("operator", "resume", "", 0),
    ]
    assert main(["replay", str(tmp_path / "run")]) == 0
    assert "the same" in capsys.readouterr().out


def test_what_oscsend_sends_is_recorded_and_ctrl_c_keeps_it(tmp_path: Path) -> None:
    oscsend, port = needed("oscsend", "liblo-tools"), free_port(socket.SOCK_DGRAM)
    said, scene = tmp_path / "said.txt", tmp_path / "scene.yaml"
    words = ["record", "--source", "osc", "--port", f"udp://127.0.0.1:{port}", "--trim", "--out", str(scene)]
    maps = ["--map", "/fader/1=light.street:level", "--map", "/note/1/36=seat.shaker"]
    sent = [0.0, 0.25, 1.0, 0.5]
    with said.open("wb") as out:
        child = subprocess.Popen(
            [sys.executable, "-u", "-m", "engine", *words, *maps],
            stdout=out,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
        )
        try:
            until(lambda: "recording until Ctrl-C" in said.read_text(), limit_s=20.0)
            for value in sent:
                call(oscsend, "127.0.0.1", str(port), "/fader/1", "f", str(value))
            call(oscsend, "127.0.0.1", str(port), "/note/1/36", "f", "0.75")
            child.send_signal(signal.SIGINT)
            assert child.wait(10.0) == 0, said.read_text()
        finally:
            child.kill()
    print(said.read_text())
    level, knocks = load_yaml(scene)[0]["tracks"]
    values = [
        point[1] for cue in level["cues"] for point in ([[0, cue["set"]]] if "set" in cue else cue["curve"])
    ]
    assert values[0] == 0 and values[-1] == 0.5 and set(sent) <= set(values)
    assert [cue["transient"]["intensity"] for cue in knocks["cues"]] == [0.75]
