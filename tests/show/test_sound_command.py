"""``mixdown`` and ``export adm`` as a person types them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.audio.adm import programme_of
from engine.audio.adm.files import document_of
from engine.audio.adm.items import HoaItem, ObjectItem, SpeakerItem
from engine.audio.formats import WaveFormat, WaveReader, WaveWriter
from engine.cli import main
from engine.experience.scaffold import new_package
from tests.audio.adm.masters import make_master


def test_a_master_is_mixed_down(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_master(tmp_path / "m.wav", ("plain", "near"), fields=False, frames=4800)
    words = ["mixdown", str(tmp_path / "m.wav"), "--to", "5.1", "--out", str(tmp_path / "o.wav")]
    assert main(words) == 0
    assert "M+030 M-030 M+000 LFE1 M+110 M-110; 0.1 s at 48000 Hz" in capsys.readouterr().out
    with WaveReader(tmp_path / "o.wav") as file:
        assert (file.frames, file.format.channels) == (4800, 6)
    assert main(words) == 2
    assert "--force replaces it" in capsys.readouterr().err
    before = (tmp_path / "m.wav").read_bytes()
    assert main([*words[:-1], str(tmp_path / "m.wav"), "--force"]) == 2
    assert "is the master itself" in capsys.readouterr().err
    assert (tmp_path / "m.wav").read_bytes() == before
    assert main([*words, "--force", "--programme", "x"]) == 2
    assert "there is APR_1001 'rich'" in capsys.readouterr().err
    assert main([*words, "--force", "--gain", "60"]) == 0
    assert "it was clipped" in capsys.readouterr().out


def test_what_cannot_be_mixed_down_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with WaveWriter(tmp_path / "a.wav", WaveFormat(1, 48_000, 16)) as out:
        out.write(np.zeros((10, 1)))
    words = ["mixdown", str(tmp_path / "a.wav"), "--out", str(tmp_path / "o.wav"), "--to"]
    assert main([*words, "5.1"]) == 2
    assert "no ADM master" in capsys.readouterr().err
    make_master(tmp_path / "a.wav", ("plain",), beds=False, fields=False, frames=480)
    assert main([*words, "9.9"]) == 2
    said = capsys.readouterr().err
    assert (
        "--to 9.9: no such layout; there are binaural, ambisonic, " in said
        and "7.1.4" in said
        and "4+7+0" in said
    )
    assert main([*words, "ambisonic"]) == 2
    assert "only a show to Ambisonics" in capsys.readouterr().err


def test_options_that_would_do_nothing_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    to = ["--out", str(tmp_path / "o.wav")]
    for words, says in (
        (["mixdown", "first_light", "--to", "5.1", *to, "--gain", "3"], "are for an ADM master"),
        (["mixdown", "first_light", "--to", "5.1", *to, "--gain", "nan"], "--gain nan: -120 to 60 dB"),
        (
            ["mixdown", "first_light", "--to", "5.1", "--out", str(tmp_path / "no" / "o.wav")],
            "there is no folder",
        ),
        (["mixdown", "first_light", "--to", "5.1", "--out", str(tmp_path), "--force"], "is a folder"),
        (["export", "adm", "first_light", *to, "--tracks", "-5"], "--tracks -5: 17 to 1024"),
    ):
        assert main(words) == 2
        assert says in capsys.readouterr().err
    assert not (tmp_path / "o.wav").exists()


@pytest.mark.long
def test_a_show_with_a_master_and_beds_in_it_becomes_a_master_and_a_mixdown(tmp_path: Path) -> None:
    folder = new_package("my_show", tmp_path)
    (folder / "audio").mkdir(exist_ok=True)
    make_master(folder / "audio" / "street.wav", ("plain", "cube"), fields=True, frames=48_000)
    for name, channels in (("five", 6), ("field", 4)):
        with WaveWriter(folder / "audio" / f"{name}.wav", WaveFormat(channels, 48_000, 24)) as out:
            out.write(np.random.default_rng(channels).normal(0, 0.05, (48_000, channels)).astype(np.float32))
    cues = [
        "{at: 1s, file: audio/street.wav}",
        "{at: 3s, file: audio/five.wav, bed: true}",
        "{at: 5s, file: audio/field.wav, channels: ambix}",
    ]
    scene = folder / "scenes" / "quay.yaml"
    text = scene.read_text(encoding="utf-8")
    scene.write_text(
        text.replace("tracks:", f"tracks:\n  - {{kind: audio, cues: [{', '.join(cues)}]}}", 1),
        encoding="utf-8",
    )
    rows = "".join(
        f'\n  "audio/{name}.wav": {{source: noise, licence: CC0-1.0, made_by: generator}}'
        for name in ("street", "five", "field")
    )
    manifest = folder / "experience.yaml"
    manifest.write_text(
        manifest.read_text(encoding="utf-8").replace("assets: {}", f"assets:{rows}"), encoding="utf-8"
    )
    assert main(["check", str(folder)]) == 0
    master, mix = tmp_path / "m.wav", tmp_path / "mix.wav"
    assert main(["export", "adm", str(folder), "--out", str(master), "--seed", "1"]) == 0
    assert main(["mixdown", str(folder), "--to", "7.1.4", "--out", str(mix), "--seed", "1"]) == 0
    with WaveReader(master) as file, WaveReader(mix) as mixed:
        items = programme_of(document_of(file)).items
        assert sum(isinstance(item, ObjectItem) for item in items) >= 2
        assert {
            item.blocks[0].labels[0].rpartition(":")[2] for item in items if isinstance(item, SpeakerItem)
        } >= {
            *("M+030", "M-030", "M+000", "LFEL", "M+110", "M-110"),
        }
        assert isinstance(items[-1], HoaItem)
        assert (file.frames, mixed.format.channels) == (mixed.frames, 12)
        sounds = [
            float(np.abs(mixed.read(first, 48_000)).max()) for first in (0, 48_000, 3 * 48_000, 5 * 48_000)
        ]
        assert sounds[0] < 1e-3 < min(sounds[1:])
