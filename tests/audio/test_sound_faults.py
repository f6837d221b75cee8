"""Sound files that are broken in one way each, and what is said of them."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.audio.formats import WaveFormat, WaveWriter
from engine.audio.sound_faults import Fault, header_faults, sample_faults

NOISE = np.random.default_rng(3).uniform(-0.5, 0.5, 30_000).astype(np.float32)

NOTHING = [Fault("nothing was found")]


def written(path: Path, samples: np.ndarray = NOISE, subtype: str | None = None) -> Path:
    with soundfile.SoundFile(
        str(path), "w", 48_000, 1, subtype=subtype, format="OGG" if path.suffix in (".ogg", ".opus") else None
    ) as out:
        for first in range(0, len(samples), 4_800):
            out.write(samples[first : first + 4_800])
    return path


def cut(path: Path, share: float) -> Path:
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path


def always() -> bool:
    return True


@pytest.mark.parametrize(
    ("name", "subtype"),
    [("a.flac", None), ("a.ogg", "VORBIS"), ("a.opus", "OPUS"), ("a.wav", "PCM_16"), ("a.wav", "FLOAT")],
)
def test_a_whole_file_has_no_fault_and_a_cut_one_is_known_by_its_end(
    name: str, subtype: str | None, tmp_path: Path
) -> None:
    path = written(tmp_path / name, subtype=subtype)
    assert header_faults(path, placed=True) == []
    assert sample_faults(path, always) == []
    whole = path.read_bytes()
    for share in (0.97, 0.6):
        path.write_bytes(whole)
        (fault,) = header_faults(cut(path, share))
        assert fault.serious and ("cut off" in fault.text or "malformed" in fault.text), fault


def test_damage_in_the_middle_is_found_by_reading(tmp_path: Path) -> None:
    path = written(tmp_path / "a.flac")
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 9000] = bytes(9000)
    path.write_bytes(data)
    assert header_faults(path) == []
    faults = sample_faults(path, always)
    assert faults and all(fault.serious for fault in faults), faults


def test_what_is_no_number_is_counted_and_another_scale_noticed(tmp_path: Path) -> None:
    bad = NOISE.copy()
    bad[24_000:24_003] = (np.nan, np.inf, -np.inf)
    (fault,) = sample_faults(written(tmp_path / "nan.wav", bad, "FLOAT"), always) or NOTHING
    assert (
        fault is not None
        and fault.serious
        and fault.text.startswith("3 samples are no numbers (NaN or infinity), the first at 0.5 s")
    )
    (fault,) = sample_faults(written(tmp_path / "loud.wav", NOISE * 32_768, "FLOAT"), always) or NOTHING
    assert not fault.serious and "+84 dB over full scale" in fault.text


def test_reading_stops_when_told(tmp_path: Path) -> None:
    assert sample_faults(written(tmp_path / "a.flac"), lambda: False) is None


def header(channels: int, rate_hz: int, frames: int) -> bytes:
    """A WAV file that announces what it has not."""
    fmt = struct.pack("<HHIIHH", 1, channels, rate_hz, rate_hz * channels * 2, channels * 2, 16)
    return (
        b"RIFF\0\0\0\0WAVEfmt "
        + struct.pack("<I", 16)
        + fmt
        + b"data"
        + struct.pack("<I", frames * channels * 2)
    )


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (header(0, 48_000, 0), "channels"),
        (header(1, 1, 2) + bytes(4), "4000 to 768000"),
        (b"", "0 bytes|cannot be read"),
        (b"RIFF, but only in words", "cannot be read|no WAV"),
        (header(2, 48_000, 0), "the sound is empty"),
    ],
)
def test_headers_that_nobody_can_mean(data: bytes, says: str, tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(data)
    faults = header_faults(path)
    assert faults and all(fault.serious for fault in faults)
    assert any(word in fault.text for fault in faults for word in says.split("|")), faults


def test_hours_of_sound_are_refused_by_the_header_alone(tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    with path.open("wb") as out:
        out.write(header(2, 48_000, 48_000 * 7_200))
        out.truncate(44 + 48_000 * 7_200 * 4)  # a hole: it takes no room
    (fault,) = header_faults(path)
    assert "7200 s of 2 channels take 2.8 GB" in fault.text and "at most 1.1 are held" in fault.text


def test_one_place_for_many_channels_is_no_place(tmp_path: Path) -> None:
    with WaveWriter(tmp_path / "six.wav", WaveFormat(6, 48_000, 16)) as out:
        out.write(np.zeros((480, 6)))
    (fault,) = header_faults(tmp_path / "six.wav", placed=True)
    assert fault.text.startswith("6 channels and one place; write `bed: true`")
    assert header_faults(tmp_path / "six.wav") == []
    (fault,) = header_faults(tmp_path / "six.wav", "7.1.4")
    assert "6 channels, 7.1.4 has 12" in fault.text
