"""``sensorama check`` opens every sound file, and tells all that cannot be played."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.audio.formats import WaveFormat, WaveWriter
from engine.audio.hrtf import apart
from engine.audio.hrtf.sofa import read_sofa
from engine.cli import main
from engine.errors import InputError, PackageError
from engine.experience.scaffold import new_package
from engine.show.sound_check import all_said, sound_file_problems
from engine.time import ManualClock

CUES = {
    "good": ("bed: true", 6),
    "five_one": ("channels: 5.1", 6),  # a number to YAML
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
        ("placed.wav", "6 channels and one place"),
        ("wrong.wav", "6 channels, 7.1.4 has 12"),
        ("empty.wav", "0 channels"),
    ):
        lines = [line for line in told.splitlines() if name in line]
        assert len(lines) == 1 and any(words in lines[0] for words in what.split("|")), (name, lines)
    assert len(told.splitlines()) == 5, told


def broken(folder: Path) -> dict[str, int]:
    """Puts broken sounds into a package; gives the line of the cue that names each."""
    (folder / "audio" / "voice" / "en").mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(1).uniform(-0.5, 0.5, 9_600).astype(np.float32)
    for name in ("cut.flac", "voice/en/lamp.flac"):
        soundfile.write(folder / "audio" / name, noise, 48_000)
        data = (folder / "audio" / name).read_bytes()
        (folder / "audio" / name).write_bytes(data[: len(data) * 2 // 3])
    noise[7] = np.nan
    soundfile.write(folder / "audio" / "nan.wav", noise, 48_000, subtype="FLOAT")
    scene = folder / "scenes" / "quay.yaml"
    cues = "tracks:\n  - kind: audio\n    cues:\n      - {at: 0s, file: audio/cut.flac}\n      - {at: 1s, file: audio/nan.wav}\n"
    scene.write_text(scene.read_text(encoding="utf-8").replace("tracks:\n", cues, 1), encoding="utf-8")
    rows = "\n".join(scene.read_text(encoding="utf-8").splitlines()).split("\n")
    return {name: next(n for n, row in enumerate(rows, 1) if name in row) for name in ("cut.flac", "nan.wav")}


def test_sounds_are_read_although_the_package_and_the_rig_have_mistakes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        apart, "read_sofa_apart", read_sofa
    )  # no process of its own for a file of seven letters
    folder = new_package("my_show", tmp_path)
    lines = broken(folder)  # and no row in assets, so the manifest is wrong
    (tmp_path / "my.sofa").write_bytes(b"no HDF5")
    rig = tmp_path / "rig.yaml"
    rig.write_text(
        "sensorama_rig: 1\nname: {en: v}\nseats: {a: {}}\nwrong: 1\naudio:\n  outputs:\n"
        "    - {name: ears, layout: binaural, hrtf: my.sofa}\n",
        encoding="utf-8",
    )
    assert main(["check", str(folder), "--rig", str(rig)]) == 2
    told = capsys.readouterr().err.splitlines()
    quay = folder / "scenes" / "quay.yaml"
    for begins, says in (
        (f"{quay}:{lines['cut.flac']}: audio/cut.flac: ", "cut off; export it again"),
        (f"{quay}:{lines['nan.wav']}: audio/nan.wav: ", "no numbers (NaN or infinity), the first at 0.0 s"),
        (f"{folder / 'audio/voice/en/lamp.flac'}: audio/voice/en/lamp.flac: ", "cut off"),
        (f"{folder / 'experience.yaml'}:", "audio/cut.flac has no row in assets"),
        (f"{rig}:4: ", "wrong"),
        (f"{rig}:7: my.sofa: ", "no SOFA file"),
    ):
        assert [line for line in told if line.startswith(begins) and says in line], (begins, told)


def test_loudness_says_all_broken_sounds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = new_package("my_show", tmp_path)
    broken(folder)
    manifest = folder / "experience.yaml"
    row = '\n  "audio/**": {source: noise, licence: CC0-1.0, made_by: generator}'
    manifest.write_text(
        manifest.read_text(encoding="utf-8").replace("assets: {}", f"assets:{row}"), encoding="utf-8"
    )
    (folder / "audio" / "nan.wav").write_bytes(b"no sound at all")
    for command in (["loudness"], ["mixdown", "--to", "binaural", "--out", str(tmp_path / "o.wav")]):
        assert main([command[0], str(folder), *command[1:]]) == 2
        told = capsys.readouterr().err
        assert "audio/cut.flac" in told and "audio/nan.wav" in told and "lamp.flac" in told
    assert not (tmp_path / "o.wav").exists()
    with pytest.raises(PackageError), all_said(folder, tmp_path / "half.wav"):
        (tmp_path / "half.wav").write_bytes(b"half")
        raise InputError("the first of them")
    assert not (tmp_path / "half.wav").exists()


def test_what_there_was_no_time_to_read_is_said(tmp_path: Path) -> None:
    folder = new_package("my_show", tmp_path)
    broken(folder)
    clock = ManualClock()
    found = sound_file_problems(folder, clock, read_s=0.0)
    (unread,) = [problem for problem in found if problem.severity == "warning"]
    assert "audio/nan.wav" in unread.message and "--full" in unread.hint
    assert not [problem for problem in found if "no numbers" in problem.message]
    found = sound_file_problems(folder, clock, read_s=None)
    assert [problem for problem in found if "no numbers" in problem.message]
    assert not [problem for problem in found if problem.severity == "warning"]


@pytest.mark.long
def test_a_rehearsal_off_line_goes_on_without_a_broken_sound_and_says_what_is_not_in_its_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = new_package("my_show", tmp_path)
    broken(folder)
    manifest = folder / "experience.yaml"
    row = '\n  "audio/**": {source: noise, licence: CC0-1.0, made_by: generator}'
    manifest.write_text(
        manifest.read_text(encoding="utf-8").replace("assets: {}", f"assets:{row}"), encoding="utf-8"
    )
    rig = tmp_path / "rig.yaml"
    rig.write_text(
        "sensorama_rig: 1\nname: {en: v}\nseats: {a: {}}\naudio:\n  outputs:\n"
        "    - {name: room, layout: stereo, device: Card}\n    - {name: ears, layout: binaural}\n",
        encoding="utf-8",
    )
    words = ["play", str(folder), "--rig", str(rig), "--headless", "--no-picture", "--stand-ins"]
    assert main([*words, "--seed", "1", "--out", str(tmp_path / "run")]) == 0
    out, err = capsys.readouterr()
    said = out + err
    assert "cut.flac" in said and "it stays silent" in said
    assert "stands in for" in said
    assert "audio.wav is what one device plays (room); ears of other devices is not in it" in said
    assert "Traceback" not in said
