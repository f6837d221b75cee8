"""A seam of beds: no sample slips, the level stays within 0.1 dB, whether they are alike or not."""

from __future__ import annotations

import numpy as np
import pytest

from engine.audio.clips import clip_of
from engine.audio.crossfade import Likeness, Likenesses, Pair, Stretch, level_keeping, likeness
from engine.time.segments import SegmentKind
from tests.audio.rooms import TONE_HZ, Room, heard, noise, run, tone

FS = 48_000
START = SegmentKind.START


def crossing(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Two beds of 4 s, one second of crossfade after the seam at 4 s; host seconds 1 to 6, shape (n, 2)."""
    room = Room()
    for name, samples in (("one", first), ("two", second)):
        bed = room.sound(
            name,
            samples,
            loop=True,
            tail=False,
            for_s=4.0,
            bus="music",
            fade_in_samples=FS,
            fade_out_samples=FS,
        )
        room.scene(bed, seconds=4.0)
    transport = run((0.0, 0, 0.0, 1, START), (4.0, 1, 0.0, 1, START))
    return heard(room.mixer(), transport, 1.0, 6.0)


def level_db(x: np.ndarray, from_s: float, to_s: float) -> float:
    return float(10 * np.log10(np.mean(x[round(from_s * FS) : round(to_s * FS)] ** 2)))


def test_the_same_music_in_two_scenes_goes_on_without_a_slip_or_a_bulge() -> None:
    out = crossing(tone(8.0), tone(8.0))[:, 0].astype(np.float64)
    steps_db = [level_db(out, at, at + 0.1) - level_db(out, 1.0, 2.0) for at in np.arange(1.5, 4.9, 0.1)]
    print(f"level over the seam: {max(map(abs, steps_db)):.4f} dB")
    assert max(map(abs, steps_db)) < 0.1
    # Phase of 997 Hz before and after: a slip of one sample is 0.13 rad.
    at = np.arange(FS)
    phases = [np.angle(out[k : k + FS] @ np.exp(-2j * np.pi * TONE_HZ * (at + k) / FS)) for k in (FS, 4 * FS)]
    print(f"slip: {abs(phases[1] - phases[0]) / (2 * np.pi * TONE_HZ) * FS:.6f} samples")
    assert abs(phases[1] - phases[0]) < 1e-3
    w = 2 * np.pi * TONE_HZ / FS
    assert np.abs(out[2:] - 2 * np.cos(w) * out[1:-1] + out[:-2]).max() < 5e-6


@pytest.mark.parametrize("share", [-0.5, 0.0, 0.6, 1.0])
def test_the_level_stays_however_alike_they_are(share: float) -> None:
    common, other = noise(8.0, 1), noise(8.0, 2)
    second = (share * common + np.sqrt(1 - share**2) * other).astype(np.float32)
    a, b = common[:FS], second[:FS]
    alike = likeness(a, b)
    assert alike.rho == pytest.approx(share, abs=0.02)
    x = np.linspace(0, np.pi / 2, FS)
    gain = level_keeping(np.cos(x), np.sin(x), alike)
    mixed = gain * (np.cos(x) * a + np.sin(x) * b)
    assert level_db(mixed, 0.25, 0.75) == pytest.approx(level_db(a.astype(float), 0.25, 0.75), abs=0.1)


def test_what_cancels_is_not_blown_up_and_silence_stays() -> None:
    x = np.linspace(0, np.pi / 2, 101)
    a = noise(0.1, 3)
    gain = level_keeping(np.cos(x), np.sin(x), likeness(a, -a))
    assert np.isfinite(gain).all()
    assert gain.max() <= 2.0
    assert gain[0] == gain[-1] == pytest.approx(1.0)
    assert np.all(level_keeping(np.cos(x), np.sin(x), likeness(a, np.zeros_like(a))) == pytest.approx(1.0))
    assert likeness(a[:0], a[:0]).rho == 0.0


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_rendered_beds_keep_their_level(share: float) -> None:
    # Two tones whose phases differ by acos(share): their correlation is exact over any stretch of the seam.
    at = np.arange(8 * FS)
    second = 0.25 * np.sin(2 * np.pi * TONE_HZ * at / FS + np.arccos(share))
    out = crossing(tone(8.0), second.astype(np.float32))
    steps_db = [level_db(out, at, at + 0.05) - level_db(out, 1.0, 2.0) for at in np.arange(2.9, 4.2, 0.05)]
    print(f"rho {share}: {max(map(abs, steps_db)):.4f} dB over the seam")
    assert max(map(abs, steps_db)) < 0.1


def test_live_what_is_not_measured_in_time_fades_plainly_to_its_end() -> None:
    room = Room()
    for name in ("one", "two"):
        room.clips.put(name, clip_of(tone(1.0)))
    pair = Pair(Stretch("one", 0, True, -2, 1.0), Stretch("two", 0, True, -2, 1.0), 4800)
    known = Likenesses(room.clips, live=True)
    known.measure([pair])
    found = known.of(pair)
    assert found is not None
    assert found.rho == pytest.approx(1.0)
    late = Likenesses(room.clips, live=True)
    assert late.of(pair) is None
    late.measure([pair])
    assert late.of(pair) is None, "the same answer to the fade's end"
    assert late.late == 1
    assert Likenesses(room.clips, live=False).of(pair) == found
    broken = Pair(Stretch("no_such_file.flac", 0, True, -2, 1.0), pair.into, 4800)
    assert Likenesses(room.clips, live=False).of(broken) == Likeness(0.0, 0.0, 0.0)
