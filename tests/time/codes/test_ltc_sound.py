"""Linear timecode as sound, there and back."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.time.codes.ltc_decoder import LtcDecoder, LtcFrame
from engine.time.codes.ltc_encoder import LtcEncoder
from engine.time.rates import RATES
from engine.time.timecode import frames_per_day

Samples = NDArray[np.float32]
START = 17_978  # four frames before 00:10:00;00 at 29.97df


def sound_of(
    rate: str,
    frames: int,
    *,
    sample_rate_hz: int = 48_000,
    speed: Fraction = Fraction(1),
    start: int = START,
    level_db: float = -6.0,
) -> tuple[Samples, float]:
    """Sound of some frames, and samples per frame (negative in reverse)."""
    encoder = LtcEncoder(RATES[rate], sample_rate_hz, level_db=level_db, user_bits=bytes(range(8)))
    step = encoder.step * speed
    return encoder.block(Fraction(start), math.ceil(frames / abs(step)), step), float(1 / step)


def read(
    sound: Samples, rate: str | None, *, sample_rate_hz: int = 48_000, block: int = 0
) -> tuple[list[LtcFrame], LtcDecoder]:
    decoder = LtcDecoder(sample_rate_hz, RATES[rate] if rate else None)
    found: list[LtcFrame] = []
    for at in range(0, len(sound), block or len(sound)):
        found += decoder.push(sound[at : at + (block or len(sound))])
    return found + decoder.flush(), decoder


@pytest.mark.parametrize("rate", ["23.976", "24", "25", "29.97", "29.97df", "30"])
@pytest.mark.parametrize("speed", [Fraction(1), Fraction(-1), Fraction(1, 2), Fraction(-2)])
def test_first_to_last_frame_in_either_direction(rate: str, speed: Fraction) -> None:
    sound, samples_per_frame = sound_of(rate, 12, speed=speed)
    found, decoder = read(sound, rate, block=1000)
    wanted = list(range(START, START + 12)) if speed > 0 else list(range(START - 1, START - 13, -1))
    assert [frame.index for frame in found] == wanted
    assert decoder.refused == decoder.flag_conflicts == 0
    for frame in found:
        assert frame.at_sample == pytest.approx((frame.index - START) * samples_per_frame, abs=0.3)
        assert frame.direction == (1 if speed > 0 else -1)
        assert frame.speed == pytest.approx(float(abs(speed)), rel=3e-3)
        assert frame.word.user_bits == bytes(range(8))


@pytest.mark.parametrize("sample_rate_hz", [8_000, 22_050, 44_100, 96_000, 192_000])
def test_any_sample_rate(sample_rate_hz: int) -> None:
    sound, samples_per_frame = sound_of("25", 12, sample_rate_hz=sample_rate_hz)
    found, _ = read(sound, "25", sample_rate_hz=sample_rate_hz)
    assert [frame.index for frame in found] == list(range(START, START + 12))
    worst = max(abs(frame.at_sample - (frame.index - START) * samples_per_frame) for frame in found)
    assert worst / sample_rate_hz < 12e-6


@given(st.integers(0, 2**32 - 1), st.sampled_from(["24", "25", "29.97df", "30"]), st.sampled_from([1, -1]))
@settings(max_examples=5, deadline=None)
def test_noise_hum_offset_polarity_and_a_low_level_do_no_harm(seed: int, rate: str, polarity: int) -> None:
    rng = np.random.default_rng(seed)
    sound, samples_per_frame = sound_of(
        rate, 25, speed=Fraction(int(rng.integers(50, 200)), 100), level_db=-40.0
    )
    level = float(np.std(sound))
    instants = np.arange(len(sound)) / 48_000
    spoilt = polarity * sound + 0.1 * level * rng.standard_normal(len(sound)) + 0.3 * level
    spoilt += 0.5 * level * np.sin(2 * np.pi * (50 * instants + rng.random()))
    found, _ = read(spoilt.astype(np.float32), rate, block=int(rng.integers(100, 5000)))
    assert [frame.index for frame in found] == list(range(START, START + 25))
    assert max(abs(frame.at_sample - (frame.index - START) * samples_per_frame) for frame in found) < 1.0


@pytest.mark.parametrize("speed", [Fraction(1), Fraction(2), Fraction(-1)])
def test_a_line_of_two_kilohertz(speed: Fraction) -> None:
    sound, _ = sound_of("30", 30, speed=speed)
    sound = np.concatenate([sound, np.zeros(48, dtype=np.float32)])
    response = np.exp(-np.arange(100) / (48_000 / (2 * np.pi * 2000)))
    found, _ = read(np.convolve(sound, response / response.sum()).astype(np.float32), "30")
    assert sorted(frame.index for frame in found) == sorted(
        range(START, START + 30) if speed > 0 else range(START - 30, START)
    )


def test_the_speed_may_change_all_the_way() -> None:
    encoder = LtcEncoder(RATES["25"], 48_000)
    blocks, position = [], Fraction(START)
    for number in range(300):  # 3 s from half speed to double
        step = encoder.step * Fraction(100 + number, 200)
        blocks.append(encoder.block(position, 480, step))
        position += 480 * step
    found, _ = read(np.concatenate(blocks), "25", block=480)
    assert [frame.index for frame in found] == list(range(START, math.floor(position)))
    assert found[0].speed == pytest.approx(0.5, abs=0.02) and found[-1].speed == pytest.approx(2.0, abs=0.03)


def test_a_gap_and_another_speed_after_it() -> None:
    one, _ = sound_of("25", 10)
    two, _ = sound_of("25", 10, speed=Fraction(17, 10), start=500)
    found, _ = read(
        np.concatenate([np.zeros(3333, np.float32), one, np.zeros(9999, np.float32), two]), "25", block=700
    )
    assert [frame.index for frame in found] == [*range(START, START + 10), *range(500, 510)]


def test_turning_round() -> None:
    encoder = LtcEncoder(RATES["25"], 48_000)
    there = encoder.block(Fraction(100), 1920 * 10, encoder.step)
    back = encoder.block(Fraction(110), 1920 * 10, -encoder.step)
    found, _ = read(np.concatenate([there, back]), "25")
    forward = [frame.index for frame in found if frame.direction > 0]
    reverse = [frame.index for frame in found if frame.direction < 0]
    assert forward == list(range(100, 100 + len(forward))) and len(forward) >= 9
    assert reverse == list(range(99 + len(reverse), 99, -1)) and len(reverse) >= 9


def test_labels_that_cannot_be_are_counted_and_dropped() -> None:
    sound, _ = sound_of(
        "30", 30, start=1790
    )  # 00:00:59:20 to 00:01:00:19, of which :00 and :01 do not exist in drop-frame
    found, decoder = read(sound, "29.97df")
    assert len(found) == 28 and decoder.refused == 2 and decoder.flag_conflicts == 28
    found, decoder = read(sound, "25")
    assert decoder.refused == sum(index % 30 >= 25 for index in range(1790, 1820))


@pytest.mark.parametrize("rate", ["24", "25", "29.97df", "30"])
def test_the_rate_is_found(rate: str) -> None:
    sound, _ = sound_of(rate, 40)
    found, _ = read(sound, None)
    assert {frame.label.rate.label for frame in found} == {rate} and len(found) == 40


def test_the_rate_is_found_at_another_speed_once_a_second_has_passed() -> None:
    sound, _ = sound_of("25", 80, speed=Fraction(19, 20), start=0)
    found, _ = read(sound, None)
    assert {frame.label.rate.label for frame in found[25:]} == {"25"}


def test_bits_stay_in_time_for_days_and_midnight_wraps() -> None:
    rate = RATES["29.97df"]
    encoder = LtcEncoder(rate, 44_100)
    day = frames_per_day(rate)
    late = Fraction(4 * day)
    assert np.array_equal(encoder.block(late, 5000), encoder.block(Fraction(0), 5000))
    whole = encoder.block(Fraction(day - 3), 9000)
    cut = [encoder.block(day - 3 + at * encoder.step, 100) for at in range(0, 9000, 100)]
    assert np.abs(whole - np.concatenate(cut)).max() < 1e-5
    found, _ = read(whole, "29.97df", sample_rate_hz=44_100)
    assert [frame.index for frame in found] == [day - 3, day - 2, day - 1, 0, 1, 2][: len(found)] and len(
        found
    ) >= 5


def test_an_edge_rises_as_the_standard_wants() -> None:
    encoder = LtcEncoder(RATES["25"], 192_000, level_db=0.0)
    edge = encoder.block(Fraction(1) - 40 * encoder.step, 80)
    assert edge.min() == pytest.approx(-1.0) and edge.max() == pytest.approx(1.0)
    inner = np.count_nonzero(np.abs(edge) < 0.8) / 192_000
    assert 25e-6 < inner < 50e-6


@given(st.lists(st.floats(width=32), max_size=300), st.integers(0, 2**32 - 1))
@settings(max_examples=5, deadline=None)
def test_no_sound_breaks_it_and_little_is_kept(head: list[float], seed: int) -> None:
    rng = np.random.default_rng(seed)
    decoder = LtcDecoder(48_000)
    decoder.push(np.array(head, dtype=np.float32))
    kinds = (rng.standard_normal(12_000), np.sign(rng.standard_normal(12_000)), np.full(12_000, np.nan))
    words = 0
    for kind in kinds:
        words += len(decoder.push((kind * 10.0 ** rng.uniform(-5, 30)).astype(np.float32)))
    words += len(decoder.flush())
    assert words == 0
    assert len(decoder._held) < 40_000


def test_no_sound_at_all() -> None:
    decoder = LtcDecoder(48_000)
    assert decoder.flush() == [] and decoder.push([]) == []
    assert decoder.push(np.zeros(100_000, np.float32)) == [] and decoder.flush() == []


@pytest.mark.parametrize(
    ("sample_rate_hz", "level_db"), [(7999, -6.0), (200_000, -6.0), (48_000, 1.0), (48_000, math.nan)]
)
def test_what_the_encoder_refuses(sample_rate_hz: int, level_db: float) -> None:
    with pytest.raises(ValueError, match="allowed"):
        LtcEncoder(RATES["25"], sample_rate_hz, level_db=level_db)
