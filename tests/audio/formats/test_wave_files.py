"""WAV, RF64 and BW64: what is written is read, what is untidy is read and noted, what cannot be meant is explained."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from engine.audio.formats import ChnaRow, WaveFormat, WaveReader, WaveWriter
from engine.audio.formats.channels import BY_COUNT, NAMED, from_mask
from engine.errors import InputError, OutputError

ROWS = (
    ChnaRow(1, "ATU_00000001", "AT_00010001_01", "AP_00010002"),
    ChnaRow(2, "ATU_00000002", "AT_00010002_01", ""),
)


def noise(frames: int, channels: int) -> np.ndarray:
    return np.random.default_rng(frames).uniform(-0.9, 0.9, (frames, channels)).astype(np.float32)


def written(path: Path, form: WaveFormat, sound: np.ndarray, limit: int = 1 << 32) -> Path:
    with WaveWriter(path, form, plain_limit=limit) as out:
        out.add_adm(ROWS, b"<adm/>")
        out.write(sound[:7])
        out.write(sound[7:])
    return path


@pytest.mark.parametrize("limit", [1 << 32, 100], ids=["plain", "64 bits"])
@pytest.mark.parametrize(
    ("bits", "coding", "error"),
    [
        (8, "pcm", 2**-7),
        (16, "pcm", 2**-15),
        (24, "pcm", 2**-23),
        (32, "pcm", 2**-24),
        (32, "float", 0),
        (64, "float", 0),
    ],
)
def test_what_is_written_is_read(tmp_path: Path, bits: int, coding: str, error: float, limit: int) -> None:
    form = WaveFormat(2, 48_000, bits, coding)  # type: ignore[arg-type]
    sound = noise(1001, 2)
    with WaveReader(written(tmp_path / "a.wav", form, sound, limit)) as file:
        assert (file.format, file.frames, file.notes) == (form, 1001, [])
        assert np.abs(file.read(0, 1001) - sound).max() <= error * 0.51
        assert file.chna() == ROWS
        assert file.axml() == b"<adm/>"
    magic = (tmp_path / "a.wav").read_bytes()[:4]
    assert magic == (b"RIFF" if limit > 100 else b"BW64")


def test_outside_of_the_file_is_silence(tmp_path: Path) -> None:
    sound = noise(50, 2)
    with WaveReader(written(tmp_path / "a.wav", WaveFormat(2, 48_000, 32, "float"), sound)) as file:
        assert np.array_equal(file.read(-10, 80)[10:60], sound)
        assert not file.read(-10, 80)[:10].any() and not file.read(-10, 80)[60:].any()
        assert not file.read(900, 5).any()


def test_a_mask_says_which_loudspeakers(tmp_path: Path) -> None:
    mask = 0b11000111111
    path = written(tmp_path / "a.wav", WaveFormat(8, 48_000, 24, mask=mask), noise(9, 8))
    with WaveReader(path) as file:
        assert file.format.mask == mask
    assert from_mask(mask, 8) == ("M+030", "M-030", "M+000", "LFE1", "M+135", "M-135", "M+090", "M-090")
    assert from_mask(0b1111, 6) is None
    assert from_mask(0b11000001111, 6) == BY_COUNT[6]
    assert all(len(set(labels)) == len(labels) for labels in NAMED.values())


def parts(path: Path) -> bytearray:
    """A good file's bytes, to be spoiled."""
    return bytearray(written(path, WaveFormat(2, 48_000, 16), noise(100, 2)).read_bytes())


def at(data: bytearray, name: bytes) -> int:
    return data.index(name) + 8


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda d: d[:200], "is cut off"),
        (lambda d: d[:201], "ends within a sample"),
        (
            lambda d: d.replace(b"data" + struct.pack("<I", 400), b"data" + b"\0\0\0\0"),
            "does not say how long",
        ),
        (
            lambda d: d.replace(b"data" + struct.pack("<I", 400), b"data" + b"\xff" * 4),
            "does not say how long",
        ),
    ],
)
def test_what_is_untidy_is_read_and_noted(tmp_path: Path, spoil: object, said: str) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(spoil(parts(path)))  # type: ignore[operator]
    with WaveReader(path) as file:
        assert said in " ".join(file.notes)
        assert file.read(0, 20).any()


def with_field(data: bytearray, offset: int, value: bytes) -> bytearray:
    place = at(data, b"fmt ") + offset
    data[place : place + len(value)] = value
    return data


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda d: b"", "0 bytes are no sound file"),
        (lambda d: b"OggS" + d[4:], "begins with"),
        (lambda d: b"RIFX" + d[4:], "big-endian"),
        (lambda d: d[:8] + b"AVI " + d[12:], "whatever its name says"),
        (lambda d: with_field(d, 2, b"\0\0"), "0 channels"),
        (lambda d: with_field(d, 4, struct.pack("<I", 1)), "1 samples a second"),
        (lambda d: with_field(d, 0, b"\x55\0"), "0x0055"),
        (lambda d: with_field(with_field(d, 14, b"\x05\0"), 12, b"\0\0"), "5 bits"),
        (lambda d: d.replace(b"data", b"dada"), "no data chunk"),
        (lambda d: d.replace(b"fmt ", b"fmt_"), "no format chunk"),
        (lambda d: d.replace(b"fmt " + struct.pack("<I", 16), b"fmt " + struct.pack("<I", 8)), "8 bytes"),
    ],
)
def test_what_cannot_be_meant_is_explained(tmp_path: Path, spoil: object, said: str) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(spoil(parts(path)))  # type: ignore[operator]
    with pytest.raises(InputError, match=r"a\.wav") as error:
        WaveReader(path)
    assert said in str(error.value)


def test_a_channel_table_that_lies_is_explained(tmp_path: Path) -> None:
    data = parts(tmp_path / "a.wav")
    data[at(data, b"chna") + 4] = 9
    (tmp_path / "a.wav").write_bytes(data)
    with (
        WaveReader(tmp_path / "a.wav") as file,
        pytest.raises(InputError, match="names track 9, the file has 2"),
    ):
        file.chna()


def test_what_is_no_number_is_silent_and_said_once(tmp_path: Path) -> None:
    sound = noise(100, 1)
    path = tmp_path / "a.wav"
    with WaveWriter(path, WaveFormat(1, 48_000, 32, "float")) as out:
        out.write(sound)
    data = bytearray(path.read_bytes())
    data[-8:] = struct.pack("<ff", np.nan, np.inf)
    path.write_bytes(data)
    with WaveReader(path) as file:
        for _ in range(2):
            read = file.read(0, 100)
        assert np.array_equal(read[:98], sound[:98]) and not read[98:].any()
        assert len(file.notes) == 1 and "no numbers" in file.notes[0]


def test_no_such_file_and_no_such_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        WaveReader(tmp_path / "a.wav")
    with pytest.raises(OutputError, match="choose another folder"):
        WaveWriter(tmp_path / "none" / "a.wav", WaveFormat(1, 48_000, 16))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a disk that is full comes with Linux")
def test_a_disk_that_is_full_is_said_also_when_the_last_bytes_go_out() -> None:
    with (
        pytest.raises(OutputError, match="the disk is full"),
        WaveWriter(Path("/dev/full"), WaveFormat(1, 48_000, 16)),
    ):
        pass


def test_clipped_at_full_scale_not_wrapped(tmp_path: Path) -> None:
    with WaveWriter(tmp_path / "a.wav", WaveFormat(1, 48_000, 24)) as out:
        out.write(np.array([[2.0], [-2.0], [np.nan]], np.float32))
        assert out.peak == 2.0
    with WaveReader(tmp_path / "a.wav") as file:
        assert np.allclose(file.read(0, 3)[:, 0], [1, -1, 0], atol=1e-6)
