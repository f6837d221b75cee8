"""Files of many channels in a scene: every channel is heard from where it belongs."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.audio.adm.build import Builder, Part
from engine.audio.adm.model import ObjectBlock
from engine.audio.adm.write import axml_of, chna_of
from engine.audio.ambisonics.conversion import to_fuma
from engine.audio.clips import PAD, decode, length_samples
from engine.audio.formats import WaveFormat, WaveWriter
from engine.audio.formats.channels import NAMED
from engine.audio.multichannel import MOST_BYTES, parts_of
from engine.errors import InputError
from tests.audio.adm.masters import make_master

RATE_HZ = 48_000


def noise(channels: int, frames: int = 500) -> np.ndarray:
    return np.random.default_rng(channels).uniform(-0.5, 0.5, (frames, channels)).astype(np.float32)


def wave(path: Path, sound: np.ndarray, *, mask: int = 0, rate_hz: int = RATE_HZ) -> Path:
    with WaveWriter(path, WaveFormat(sound.shape[1], rate_hz, 32, "float", mask)) as out:
        out.write(sound)
    return path


def test_one_and_two_channels_are_as_ever(tmp_path: Path) -> None:
    for channels in (1, 2):
        assert parts_of(wave(tmp_path / "a.wav", noise(channels))) == ("", ())


@pytest.mark.parametrize(
    ("count", "said", "mask", "labels"),
    [
        (6, "", 0, NAMED["5.1"]),
        (6, "", 0b111111, NAMED["5.1"]),
        (8, "5.1.2", 0, NAMED["5.1.2"]),
        (12, "7.1.4", 0, NAMED["7.1.4"]),
        (24, "22.2", 0, NAMED["22.2"]),
        (4, "ambix", 0, ("ACN0", "ACN1", "ACN2", "ACN3")),
    ],
)
def test_loudspeakers_and_fields_by_mask_or_by_word(
    tmp_path: Path, count: int, said: str, mask: int, labels: tuple[str, ...]
) -> None:
    _, (part,) = parts_of(wave(tmp_path / "a.wav", noise(count), mask=mask), said)
    assert (part.channel, part.labels, part.place) == (-1, labels, None)


def test_fields_are_brought_to_one_form(tmp_path: Path) -> None:
    field = noise(9)
    fuma = wave(tmp_path / "f.wav", np.asarray(field @ to_fuma(9).T, np.float32))
    n3d = wave(tmp_path / "n.wav", field * np.sqrt(np.repeat([1, 3, 5], [1, 3, 5])).astype(np.float32))
    for path, what in ((fuma, "fuma"), (n3d, "n3d"), (wave(tmp_path / "a.wav", field), "ambix")):
        mark, (part,) = parts_of(path, what)
        clip = decode(path.with_name(path.name + mark))
        assert np.allclose(clip.samples[:, PAD:-PAD], field.T, atol=1e-6)
        assert len(part.labels) == 9


@pytest.mark.parametrize(("suffix", "subtype"), [("ogg", "VORBIS"), ("opus", "OPUS"), ("flac", "PCM_16")])
def test_compressed_files_have_their_own_order(tmp_path: Path, suffix: str, subtype: str) -> None:
    path = tmp_path / f"a.{suffix}"
    with soundfile.SoundFile(
        path, "w", RATE_HZ, 6, subtype, format=None if suffix != "opus" else "OGG"
    ) as out:
        for part in np.split(noise(6, 9600), 4):
            out.write(part)
    _, (bed,) = parts_of(path)
    assert sorted(bed.labels) == sorted(NAMED["5.1"])
    assert (bed.labels[1] == "M+000") == (suffix != "flac")
    assert decode(path).channels == 6
    assert length_samples(path) == 9600


def test_a_master_is_objects_beds_and_a_field(tmp_path: Path) -> None:
    builder = Builder()
    left = ObjectBlock(Fraction(0), Fraction(1, 2), (90.0, 0.0, 1.0), gain=0.5)
    ahead = ObjectBlock(Fraction(1, 2), Fraction(1, 2), (0.0, 0.0, 1.0), size=(40.0, 0.0, 0.0))
    builder.add_object(Part("o", start_s=Fraction(1), duration_s=Fraction(1)), (left, ahead))
    builder.add_bed(Part("b"), NAMED["5.1"])
    builder.add_field(Part("f"), 1)
    document = builder.finish("t")
    sound = noise(11, 3 * RATE_HZ)
    with WaveWriter(tmp_path / "m.wav", WaveFormat(11, RATE_HZ, 24)) as out:
        out.write(sound)
        out.add_adm(chna_of(document), axml_of(document))
    mark, (thing, bed) = parts_of(tmp_path / "m.wav")
    assert (mark, thing.channel, thing.spread_deg) == ("::adm", 0, 20.0)
    assert bed.labels == ("", *NAMED["5.1"], *(f"ACN{acn}" for acn in range(16)))
    assert thing.place is not None
    for sample, at in (
        (0, (-2, 0, 0)),
        (RATE_HZ, (-2, 0, 0)),
        (RATE_HZ * 7 // 4, (-1, 1, 0)),
        (9 * RATE_HZ, (0, 2, 0)),
    ):
        assert thing.place.at(sample) == pytest.approx(at, abs=1e-6)
    clip = decode(tmp_path / "m.wav::adm")
    heard = clip.samples[:, PAD:-PAD]
    assert heard.shape == (23, 3 * RATE_HZ)
    assert not heard[0, :RATE_HZ].any() and not heard[0, 2 * RATE_HZ :].any()
    assert np.allclose(heard[0, RATE_HZ : RATE_HZ + 100], 0.5 * sound[RATE_HZ : RATE_HZ + 100, 0], atol=1e-6)
    assert np.allclose(heard[1:11], sound[:, 1:].T, atol=1e-6) and not heard[11:].any()


def test_every_kind_of_master_becomes_a_clip(tmp_path: Path) -> None:
    make_master(tmp_path / "m.wav", frames=4800)
    mark, parts = parts_of(tmp_path / "m.wav")
    clip = decode(tmp_path / f"m.wav{mark}")
    assert clip.channels == len(parts[-1].labels)
    assert np.isfinite(clip.samples).all()


@pytest.mark.parametrize(
    ("sound", "said", "what"),
    [
        (noise(3), "", "3 channels, and the file does not say what they are; write `channels:`"),
        (noise(6), "7.1.4", "6 channels, 7.1.4 has 12"),
        (noise(5), "ambix", "5 channels are no whole Ambisonic order"),
        (noise(2), "fuma", "no Furse-Malham file"),
    ],
)
def test_what_cannot_be_meant_is_said(tmp_path: Path, sound: np.ndarray, said: str, what: str) -> None:
    with pytest.raises(InputError, match="a\\.wav") as error:
        parts_of(wave(tmp_path / "a.wav", sound), said)
    assert what in str(error.value)


def test_too_long_and_too_slow_are_told_before_they_fill_the_memory(tmp_path: Path) -> None:
    path = wave(tmp_path / "a.wav", noise(1))
    data = bytearray(path.read_bytes())
    place = data.index(b"fmt ") + 12
    data[place : place + 4] = (1).to_bytes(4, "little")
    path.write_bytes(data)
    with pytest.raises(InputError, match="1 samples a second"):
        decode(path)
    long = tmp_path / "long.wav"
    with WaveWriter(long, WaveFormat(1, RATE_HZ, 8)) as out:
        out.write(np.zeros((1, 1), np.float32))
    data = bytearray(long.read_bytes())
    frames = MOST_BYTES // 4 + 1
    at = data.index(b"data") + 4
    data[at : at + 4] = frames.to_bytes(4, "little")
    data[4:8] = (frames + 100).to_bytes(4, "little")
    long.write_bytes(data[: at + 4])
    with long.open("r+b") as file:
        file.truncate(at + 4 + frames)  # a hole: no disk is filled
    with pytest.raises(InputError, match=r"5592 s of 1 channels take 1\.1 GB"):
        decode(long)


def test_no_number_is_silence(tmp_path: Path) -> None:
    sound = noise(1)
    path = wave(tmp_path / "a.wav", sound)
    data = bytearray(path.read_bytes())
    data[-4:] = np.float32(np.nan).tobytes()
    path.write_bytes(data)
    clip = decode(path)
    assert np.isfinite(clip.samples).all() and clip.samples[0, PAD + 498] == sound[498, 0]
