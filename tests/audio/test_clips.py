"""Decoding and the cache: exact, bounded, and clear about what is wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.audio.clips import PAD, ClipCache, clip_of, decode, length_samples, resampled
from engine.errors import InputError


def write(path: Path, samples: np.ndarray, rate_hz: int = 48_000) -> Path:
    soundfile.write(path, samples, rate_hz, subtype="PCM_16")
    return path


def test_flac_is_decoded_to_the_sample(tmp_path: Path) -> None:
    pcm = (np.arange(-500, 500) * 30).astype(np.int16)
    clip = decode(write(tmp_path / "a.flac", pcm))
    assert clip.length == 1000 == length_samples(tmp_path / "a.flac")
    assert np.array_equal(clip.samples[0, PAD : PAD + 1000] * 32768, pcm)
    assert not clip.samples[:, :PAD].any() and not clip.samples[:, -PAD:].any()


def test_other_rates_are_brought_to_48_khz(tmp_path: Path) -> None:
    t = np.arange(44_100) / 44_100
    clip = decode(write(tmp_path / "a.wav", 0.5 * np.sin(2 * np.pi * 5000 * t), 44_100))
    assert clip.length == 48_000
    middle = clip.samples[0, PAD + 1000 : PAD + 47_000]
    expected = 0.5 * np.sin(2 * np.pi * 5000 * np.arange(1000, 47_000) / 48_000)
    assert np.abs(middle - expected).max() < 1e-3


def test_resampling_down_keeps_what_fits_and_drops_the_rest() -> None:
    t = np.arange(9600) / 96_000
    high = resampled(np.sin(2 * np.pi * 30_000 * t)[:, None].astype(np.float32), 96_000)
    low = resampled(np.sin(2 * np.pi * 3_000 * t)[:, None].astype(np.float32), 96_000)
    assert np.std(high[200:-200]) < 0.01
    assert np.std(low[200:-200]) == pytest.approx(np.sqrt(0.5), rel=0.01)


def test_the_cache_stays_within_its_budget_and_drops_the_oldest(tmp_path: Path) -> None:
    for k in range(5):
        write(tmp_path / f"{k}.flac", np.zeros(10_000, np.int16))
    size = clip_of(np.zeros(10_000, np.float32)).size_bytes
    cache = ClipCache(tmp_path, budget_bytes=3 * size + 100)
    for k in range(5):
        cache.get(f"{k}.flac")
        assert cache.size_bytes <= 3 * size + 100
    assert cache.ready("1.flac") is None
    assert cache.ready("4.flac") is not None
    cache.prefetch(["4.flac", "0.flac"])
    assert cache.size_bytes == 3 * size


def test_what_cannot_be_played_is_said(tmp_path: Path) -> None:
    write(tmp_path / "a.wav", np.zeros((0, 1)))
    with pytest.raises(InputError, match="empty"):
        decode(tmp_path / "a.wav")


def test_a_missing_file_is_said_with_its_path(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"bell\.flac.*FLAC or WAV"):
        ClipCache(tmp_path).get("bell.flac")
    with pytest.raises(InputError, match=r"bell\.flac"):
        length_samples(tmp_path / "bell.flac")


def test_a_show_off_line_hears_silence_for_what_cannot_be_read_and_says_so_once(tmp_path: Path) -> None:
    (tmp_path / "bad.flac").write_bytes(b"bread, milk")
    told: list[str] = []
    cache = ClipCache(tmp_path, say=told.append)
    assert cache.heard("bad.flac") is None and cache.heard("bad.flac") is None
    assert len(told) == 1 and "bad.flac: cannot be read as sound" in told[0]
    assert told[0].endswith("it stays silent")
    with pytest.raises(InputError):
        ClipCache(tmp_path).heard("bad.flac")
