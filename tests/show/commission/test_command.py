"""`sensorama audio`: the walk from the command line in a simulated room, and what it refuses."""

from __future__ import annotations

import io
import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from engine.audio.commission.device import SoundDevice
from engine.audio.commission.link import refuse_clipped
from engine.audio.commission.room import SimulatedRoom
from engine.cli import main
from engine.experience import load_rig
from engine.show.commission import command

RIG = """\
sensorama_rig: 1
name: {en: Venue}
seats: {a: {}}
audio:
  layout: stereo   # two of them
  preroll: 300ms
"""


@pytest.fixture
def rig(tmp_path: Path) -> Path:
    path = tmp_path / "rig.yaml"
    path.write_text(RIG, encoding="utf-8")
    return path


def test_a_simulated_venue_is_walked_corrected_and_written(
    rig: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "measured.json"
    words = ["audio", "commission", "--rig", str(rig), "--twin", "--write", "--out", str(kept)]
    assert main(words) == 0
    said = capsys.readouterr().out
    assert "Nothing will be louder than -24 dBFS" in said
    left, right = load_rig(rig).audio.outputs[0].speakers
    assert (left.channel, right.channel) == (2, 1), "the practice room has the first two swapped"
    assert right.inverted != left.inverted
    # The right one stands 7 % of 2 m farther: the left one waits for it.
    assert left.delay_ns == pytest.approx(0.07 * 2.0 / 343 * 1e9, abs=5_000)
    assert right.delay_ns == 0
    assert "layout: stereo   # two of them" in rig.read_text(encoding="utf-8")
    measured = json.loads(kept.read_text(encoding="utf-8"))
    assert [row["speaker"] for row in measured["measured"]] == ["M+030", "M-030"]
    assert "us, levels within" in said.split("With it: arrivals within ")[1]


def test_nothing_is_written_unless_asked(rig: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        main(["audio", "commission", "--rig", str(rig), "--twin", "--identify", "none", "--language", "zh"])
        == 0
    )
    assert "未写入" in capsys.readouterr().out
    assert rig.read_text(encoding="utf-8") == RIG


def test_all_that_an_operator_reads_is_in_the_language_asked_for(
    rig: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audio", "test", "--rig", str(rig), "--twin", "--language", "zh"]) == 0
    assert capsys.readouterr().out.startswith("模拟房间：2 个扬声器，2 个声道\n")

    def clips(_: object, sound: object) -> None:
        refuse_clipped(np.ones(9, np.float32))

    monkeypatch.setattr(SimulatedRoom, "play", clips)
    assert main(["audio", "test", "--rig", str(rig), "--twin", "--language", "zh"]) == 1
    out, err = capsys.readouterr()
    assert "话筒输入过载" in err
    assert not re.search("[a-z]{4,}", (out + err).replace("--level", "").replace("dBFS", ""))


def test_every_channel_is_announced(rig: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audio", "test", "--rig", str(rig), "--twin"]) == 0
    assert "front left" in capsys.readouterr().out
    ears = RIG.replace("stereo", "binaural") + "  shakers: [{role: seat.shaker, channel: 3}]\n"
    rig.write_text(ears, encoding="utf-8")
    assert main(["audio", "test", "--rig", str(rig), "--twin", "--language", "zh"]) == 0
    said = capsys.readouterr().out
    assert (
        "左耳" in said and "声道   3  振动器  振动器" in said and "left" not in said and "shaker" not in said
    )


@pytest.mark.parametrize(
    ("words", "layout", "why"),
    [
        (["test", "--twin", "--level", "-3"], "stereo", "--level -3: -80 to -6 dBFS"),
        (["test", "--twin", "--output", "wall"], "stereo", "has no output 'wall'; it has main"),
        (["test", "--twin"], "ambisonic", "its channels are a decoder's"),
        (["measure", "--twin"], "binaural", "there is nothing to measure"),
        (["measure", "--twin", "--out", "none/such.json"], "stereo", "name a file in a folder that is there"),
        (["commission", "--twin", "--identify", "ear"], "stereo", "nobody can hear a simulated room"),
    ],
)
def test_what_makes_no_sense_is_said(
    words: list[str], layout: str, why: str, rig: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rig.write_text(RIG.replace("stereo", layout), encoding="utf-8")
    assert main(["audio", *words, "--rig", str(rig)]) == 2
    assert why in capsys.readouterr().err


def test_a_rig_of_the_engines_own_is_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audio", "commission", "--rig", "studio", "--twin", "--write"]) == 2
    assert "comes with the engine; copy it" in capsys.readouterr().err


def devices(*rows: SoundDevice) -> object:
    return lambda: rows


def test_devices_are_listed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    one = SoundDevice(0, "system", "JACK Audio Connection Kit", 16, 2, 48000.0, 0.0107, True)
    monkeypatch.setattr(command, "list_devices", devices(one))
    assert main(["audio", "devices"]) == 0
    assert capsys.readouterr().out.startswith("* JACK Audio Connection Kit system")
    assert main(["audio", "devices", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["outputs"] == 16
    monkeypatch.setattr(command, "list_devices", devices())
    assert main(["audio", "devices"]) == 0
    assert "no sound device: a show runs silently" in capsys.readouterr().err


def test_without_a_device_or_a_microphone_the_next_step_is_said(
    monkeypatch: pytest.MonkeyPatch, rig: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "list_devices", devices())
    assert main(["audio", "test", "--rig", str(rig), "--yes"]) == 1
    assert "there are: none" in capsys.readouterr().err
    one = SoundDevice(0, "system", "JACK", 16, 2, 48000.0, 0.0107, True)
    monkeypatch.setattr(command, "list_devices", devices(one))
    assert main(["audio", "measure", "--rig", str(rig)]) == 2
    assert "measuring needs a microphone: --input" in capsys.readouterr().err
    assert main(["audio", "measure", "--rig", str(rig), "--input", "system/0"]) == 2
    assert "a channel from 1" in capsys.readouterr().err


def test_a_walk_that_nobody_answers_ends(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("  M+030 \n"))
    terminal = command.Terminal()
    assert terminal.ask("? ") == "M+030"
    with pytest.raises(command.UsageError, match="nobody is there to answer"):
        terminal.ask("? ")
    assert capsys.readouterr().out == "? ? "
