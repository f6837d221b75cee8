"""The shipped sounds: what the ear would complain about, measured on the decoded samples."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
import pyloudnorm
import pytest
import soundfile

from assets.generators.sound.catalog import STEMS, Stem, by_name, index_markdown
from assets.generators.sound.core import generator, loudness_lufs
from assets.generators.sound.notation import above, notes
from assets.generators.sound.people import SPEECH_OCTAVES_DB
from assets.generators.sound.score import BELLS, DIZI, DRUM_BELLS, GROUND, GUQIN, PIPA
from assets.generators.sound.water import VAULT_T60_S, vault_answer

FOLDER = Path(__file__).parents[2] / "experiences" / "lantern_street" / "audio"
FS = 48_000
OCTAVES_HZ = (125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0)
LOOPS = [stem.name for stem in STEMS if stem.loop]
SHOTS = [stem.name for stem in STEMS if stem.level[0] == "peak" and not stem.loop]


@lru_cache(maxsize=4)
def pcm(name: str) -> np.ndarray:
    samples, rate_hz = soundfile.read(FOLDER / f"{name}.flac", dtype="float64", always_2d=True)
    assert rate_hz == FS
    return samples


def mono(name: str) -> np.ndarray:
    return pcm(name).mean(axis=1)


def db(ratio: float) -> float:
    return 20 * float(np.log10(ratio))


def octaves_db(x: np.ndarray) -> np.ndarray:
    """Energy per octave, dB of all octaves together."""
    power = np.abs(np.fft.rfft(x)) ** 2
    f = np.fft.rfftfreq(x.size, 1 / FS)
    energy = np.array([power[(f >= c / 2**0.5) & (f < c * 2**0.5)].sum() for c in OCTAVES_HZ])
    return 10 * np.log10(energy / energy.sum())


def slope_db_per_octave(x: np.ndarray) -> float:
    """Tilt of the power spectrum between 100 Hz and 10 kHz."""
    power = np.abs(np.fft.rfft(x)) ** 2
    f = np.fft.rfftfreq(x.size, 1 / FS)
    centers = 100 * 2 ** np.arange(0, 6.6, 1 / 3)
    level = [10 * np.log10(power[(f >= c / 2 ** (1 / 6)) & (f < c * 2 ** (1 / 6))].mean()) for c in centers]
    return float(np.polyfit(np.log2(centers), level, 1)[0])


def centroid_hz(x: np.ndarray) -> float:
    magnitude = np.abs(np.fft.rfft(x * np.hanning(x.size)))
    return float(np.sum(magnitude * np.fft.rfftfreq(x.size, 1 / FS)) / np.sum(magnitude))


def test_every_file_is_in_the_catalogue_and_the_index_is_fresh() -> None:
    assert {path.stem for path in FOLDER.glob("*.flac")} == set(by_name())
    fresh = (FOLDER / "INDEX.md").read_text(encoding="utf-8") == index_markdown()
    assert fresh, "INDEX.md is stale; run: python -m assets.generators.sound --index"


def test_the_set_stays_small() -> None:
    sizes = [path.stat().st_size for path in FOLDER.rglob("*.flac")]
    assert max(sizes) < 4_000_000
    assert sum(sizes) < 30_000_000


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(by_name()))
def test_shape_level_and_edges(name: str) -> None:
    stem: Stem = by_name()[name]
    info = soundfile.info(FOLDER / f"{name}.flac")
    assert (info.subtype, info.channels, info.frames) == ("PCM_16", stem.channels, round(stem.length_s * FS))
    x = pcm(name)
    assert np.abs(x).max() <= 10 ** (-2.9 / 20), "clipped or too hot"
    assert np.abs(x.mean(axis=0)).max() < 3e-4, "DC"
    kind, value = stem.level
    if kind == "peak":
        assert db(np.abs(x).max()) == pytest.approx(value, abs=0.2)
    else:
        assert loudness_lufs(x) == pytest.approx(value, abs=0.5)
    if not stem.loop:
        assert np.abs(x[0]).max() < 1e-3 and np.abs(x[-8:]).max() < 1e-3, "starts or ends with a step"


@pytest.mark.parametrize("name", LOOPS)
def test_loops_have_no_seam_and_do_not_repeat(name: str) -> None:
    x = mono(name)
    step = np.diff(x)
    assert abs(x[0] - x[-1]) < 3 * np.std(step)
    # The join must be no brighter than the rest: treble of its 2 ms among that of all other stretches.
    ring = np.concatenate([x[-48:], x[:48]])
    high = np.diff(ring, 3)
    others = np.diff(x[: x.size // 96 * 96].reshape(-1, 96), 3, axis=1)
    rank = np.mean(np.sum(others**2, axis=1) < np.sum(high**2))
    assert rank < 0.995 or name == "music_tea_tremolo", "this one has a stroke exactly there"
    third = x.size // 3
    parts = [x[k * third : (k + 1) * third] for k in range(3)]
    cross = [abs(np.corrcoef(parts[i], parts[j])[0, 1]) for i, j in ((0, 1), (1, 2), (0, 2))]
    assert max(cross) < (0.15 if name == "wind_chime" else 0.1)


@pytest.mark.parametrize(
    ("name", "low", "high", "crest_db", "spread_db"),
    [
        ("bed_river", -8, -5, 18, 4),
        ("bed_vault", -8, -5, 18, 4),
        ("bed_crowd", -8, -5, 18, 5),
        ("bed_roar", -8, -5, 18, 5),
        ("bed_wash", -9, -5, 18, 8),
        ("bed_willow", -4, 1, 18, 8),
        ("water_curtain", -4, 0, 20, 3),
        ("fire", -6, -2, 24, 8),
    ],
)
def test_beds_have_the_tilt_crest_and_calm_of_their_kind(
    name: str, low: float, high: float, crest_db: float, spread_db: float
) -> None:
    x = mono(name)
    assert low <= slope_db_per_octave(x) <= high
    assert db(np.abs(x).max() / np.std(x)) <= crest_db
    eighths = [np.std(part) for part in np.array_split(x, 8)]
    assert db(max(eighths) / min(eighths)) <= spread_db


def test_the_river_moves_as_water_does_and_not_as_noise() -> None:
    # Envelopes of octaves: noise has a depth of 0.33 and a kurtosis of 3; water is deeper and peaks.
    x = mono("bed_river")
    spectrum = np.fft.rfft(x)
    f = np.fft.rfftfreq(x.size, 1 / FS)
    depths = []
    for center in OCTAVES_HZ[1:]:
        band = np.where((f >= center / 2**0.5) & (f < center * 2**0.5), spectrum, 0)
        envelope = np.abs(np.fft.ifft(np.pad(band, (0, x.size - band.size)))) * 2
        smooth = envelope[: x.size // 960 * 960].reshape(-1, 960).mean(axis=1)
        depths.append(np.std(smooth) / np.mean(smooth))
    assert 0.3 < np.mean(depths) < 0.75


def test_crowds_have_the_spectrum_of_speech() -> None:
    wanted = np.array(SPEECH_OCTAVES_DB) - 10 * np.log10(sum(10 ** (v / 10) for v in SPEECH_OCTAVES_DB))
    assert np.abs(octaves_db(mono("bed_crowd")) - wanted).max() < 3


@pytest.mark.parametrize("name", ["bed_crowd", "bed_roar", "fire", "bed_willow", "bed_night"])
def test_what_has_no_business_in_the_seat_stays_out_of_it(name: str) -> None:
    power = np.abs(np.fft.rfft(mono(name))) ** 2
    f = np.fft.rfftfreq(mono(name).size, 1 / FS)
    assert 10 * np.log10(power[(f > 20) & (f < 75)].sum() / power.sum()) < -18


def test_a_drum_cracks_first_and_then_booms() -> None:
    x = mono("drum_hit_hard")
    assert centroid_hz(x[: int(0.02 * FS)]) >= 3 * centroid_hz(x[int(0.12 * FS) : int(0.6 * FS)])
    soft, hard = mono("drum_hit_soft"), x
    assert centroid_hz(hard[: FS // 5]) > 1.3 * centroid_hz(soft[: FS // 5])


@pytest.mark.parametrize("name", SHOTS)
def test_one_shots_have_the_crest_of_a_single_event(name: str) -> None:
    x = mono(name)
    assert db(np.abs(x).max() / np.std(x)) > 10


def test_the_vault_decays_as_stone_does() -> None:
    # Room on both sides: the octave filters ring ahead, and must not ring round into the tail.
    answer = np.pad(vault_answer("bed_vault"), FS)
    spectrum = np.fft.rfft(answer)
    f = np.fft.rfftfreq(answer.size, 1 / FS)
    for center, wanted_s in zip(OCTAVES_HZ[:6], VAULT_T60_S[:6], strict=True):
        band = np.fft.irfft(
            np.where((f >= center / 2**0.5) & (f < center * 2**0.5), spectrum, 0), answer.size
        )
        left = 10 * np.log10(np.cumsum(band[::-1] ** 2)[::-1] / np.sum(band**2) + 1e-12)
        begin, end = np.argmax(left < -5), np.argmax(left < -25)
        t60_s = 60 / 20 * (end - begin) / FS
        assert t60_s == pytest.approx(wanted_s, rel=0.15)


@pytest.mark.parametrize("name", [*GUQIN, *GROUND, *DIZI, *PIPA, *BELLS])
def test_every_phrase_fills_its_bars(name: str) -> None:
    line = notes({**GUQIN, **GROUND, **DIZI, **PIPA, **BELLS}[name])
    assert line[-1].beat + line[-1].beats == (8 if name == "music_hint_flute" else 16)


def test_notation_refuses_what_does_not_add_up() -> None:
    assert notes(DRUM_BELLS)[-1].beat == 16
    assert above("B3") == "D4"
    with pytest.raises(ValueError, match="bar 2 has 3 beats"):
        notes("D4 D4 D4 D4 | D4 D4 D4")
    with pytest.raises(ValueError, match="'C4:4' is no note"):
        notes("C4:4")


@pytest.mark.parametrize("name", ["music_market_dizi_a", "music_end_dizi", "music_hint_flute"])
def test_the_flute_plays_what_is_written(name: str) -> None:
    x = mono(name)
    for note in notes(DIZI[name]):
        if not note.pitches or note.beats < 1.5:
            continue
        middle = int((note.beat + 0.45 * note.beats) * 60 / 64 * FS)
        part = x[middle - 4096 : middle + 4096] * np.hanning(8192)
        magnitude = np.abs(np.fft.rfft(part, 65_536))
        f = np.fft.rfftfreq(65_536, 1 / FS)
        near = (f > note.hertz / 1.3) & (f < note.hertz * 1.3)
        found_hz = f[near][np.argmax(magnitude[near])]
        assert abs(1200 * np.log2(found_hz / note.hertz)) < 20


def test_phrases_begin_on_their_beat() -> None:
    x = mono("music_drum_roll")
    last = x[15 * FS - 480 : 15 * FS + 2400]
    assert np.abs(last[480:]).max() > 2 * np.abs(last[:480]).max()
    assert np.argmax(np.abs(np.diff(last)) > 0.05) == pytest.approx(480, abs=96)


def test_seeds_follow_the_name_alone() -> None:
    assert generator("bed_river").integers(1 << 30) == generator("bed_river").integers(1 << 30)
    assert generator("bed_river").integers(1 << 30) != generator("bed_wash").integers(1 << 30)


@pytest.mark.parametrize("name", ["cup", "drum_hit_mid", "drip_2"])
def test_shipped_samples_are_what_the_generators_make(name: str) -> None:
    from assets.generators.sound.render import rendered

    made = rendered(by_name()[name]).astype(np.int32)
    shipped = soundfile.read(FOLDER / f"{name}.flac", dtype="int16")[0].astype(np.int32)
    # Libraries may round the last bit differently; dither then moves a sample by one more step.
    assert np.abs(made - shipped).max() <= 2


def test_spoken_lines_are_levelled_and_belong_to_captions() -> None:
    from assets.generators.sound.voices import LEVEL_LUFS, LINES, RATE_HZ, VOICES, caption

    for locale in VOICES:
        files = sorted((FOLDER / "voice" / locale).glob("*.flac"))
        assert {path.stem for path in files} == set(LINES)
        for path in files:
            x, rate_hz = soundfile.read(path)
            assert rate_hz == RATE_HZ and x.ndim == 1
            assert pyloudnorm.Meter(rate_hz).integrated_loudness(x) == pytest.approx(LEVEL_LUFS, abs=0.5)
            assert np.abs(x).max() < 10 ** (-2.9 / 20) and np.abs(x[[0, -1]]).max() < 1e-3
            # Too short or too long for its words means that the text has changed since it was spoken.
            words = caption(locale, path.stem)
            syllables = len(words) if locale == "zh" else len(words) / 3.0
            assert 0.09 < x.size / rate_hz / syllables < 0.40, words
