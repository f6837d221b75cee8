"""``sensorama check`` opens every sound file, and tells all that cannot be played."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.audio.formats import WaveFormat, WaveWriter
from engine.cli import main
from engine.experience.scaffold import new_package

CUES = {
    "good": ("bed: true", 6),
    "text": ("", 1),
    "three": ("bed: true", 3),
    "placed": ("", 6),
    "wrong": ("channels: 7.1.4", 6),
    "empty": ("", 0),
}


def test_all_sounds_that_cannot_be_played_are_told_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = new_package("my_show", tmp_path)
    (folder / "audio").mkdir(exist_ok=True)
    for name, (_, channels) in CUES.items():
        with WaveWriter(folder / "audio" / f"{name}.wav", WaveFormat(max(1, channels), 48_000, 16)) as out:
            out.write(np.zeros((480, max(1, channels))))
    (folder / "audio" / "text.wav").write_text("RIFF, but only in words")
    data = bytearray((folder / "audio" / "empty.wav").read_bytes())
    data[data.index(b"fmt ") + 10] = 0  # channels
    (folder / "audio" / "empty.wav").write_bytes(data)
    cues = ", ".join(
        f"{{at: {k}s, for: 1s, file: audio/{name}.wav{', ' + more if more else ''}}}"
        for k, (name, (more, _)) in enumerate(CUES.items())
    )
    scene = folder / "scenes" / "quay.yaml"
    scene.write_text(
        scene.read_text(encoding="utf-8").replace(
            "tracks:", f"tracks:\n  - {{kind: audio, cues: [{cues}]}}", 1
        ),
        encoding="utf-8",
    )
    rows = "".join(
        f'\n  "audio/{name}.wav": {{source: made here, licence: CC0-1.0, made_by: generator}}'
        for name in CUES
    )
    manifest = folder / "experience.yaml"
    manifest.write_text(
        manifest.read_text(encoding="utf-8").replace("assets: {}", f"assets:{rows}"), encoding="utf-8"
    )
    assert main(["check", str(folder)]) == 2
    told = capsys.readouterr().err
    for name, what in (
        ("text.wav", "cannot be read as sound|no WAV file"),
        ("three.wav", "3 channels, and the file does not say what they are"),
        ("placed.wav", "many channels and one place"),
        ("wrong.wav", "6 channels, 7.1.4 has 12"),
        ("empty.wav", "0 channels"),
    ):
        lines = [line for line in told.splitlines() if name in line]
        assert len(lines) == 1 and any(words in lines[0] for words in what.split("|")), (name, lines)
    assert not [line for line in told.splitlines() if "good.wav" in line]
