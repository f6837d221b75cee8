"""Rooms, domes and fields as stages of the mixer."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pytest

from engine.audio.ambisonics import harmonics
from engine.audio.block import AFTER, BED_CHANNELS, BEFORE, BLOCK, RESTING, STAGE_LATENCY, Beds, ObjectBlock
from engine.audio.speakers import PointSourcePanner, directions, free_layout, layout
from engine.audio.speakers.low import LowPass
from engine.audio.speakers.stage import AmbisonicStage, Correction, SpeakerStage

HEADS = (RESTING, RESTING)
ROOM = layout("4+7+0")
TIME = np.arange(8 * BLOCK)


@pytest.fixture(scope="module")
def room() -> SpeakerStage:
    return SpeakerStage(ROOM)


def block(
    places: Sequence[Sequence[float]],
    until: Sequence[Sequence[float]] | None = None,
    *,
    in_bed: tuple[float, float] = (0.0, 0.0),
    spread_deg: float = 0.0,
) -> ObjectBlock:
    count = len(places)
    ends = np.zeros((2, count), np.float32)
    return ObjectBlock(
        first=0,
        keys=np.arange(count),
        pcm=np.zeros((count, BEFORE + BLOCK + AFTER), np.float32),
        delay=np.zeros((2, count)),
        gain=ends + 1,
        shape=None,
        low_pass_hz=ends + 24_000,
        at_m=np.array([places, until or places], np.float64),
        in_bed=ends + np.array(in_bed, np.float32)[:, None],
        spread_deg=np.full(count, spread_deg, np.float32),
        priority=np.zeros(count, np.float32),
    )


def silence() -> Beds:
    return Beds(np.zeros((BED_CHANNELS, BLOCK), np.float32))


def at(azimuth_deg: float, elevation_deg: float = 0.0, distance_m: float = 2.0) -> list[float]:
    return [float(v) for v in directions(azimuth_deg, elevation_deg) * distance_m]


def steady(
    stage: SpeakerStage | AmbisonicStage, one: ObjectBlock, beds: Beds, level: float = 1.0
) -> np.ndarray:
    """Last sample of each channel after a constant has filled the stage."""
    stage.forget()
    emission = np.full((one.count, BLOCK), level, np.float32)
    stage.render(one, emission, beds, HEADS)
    return stage.render(one, emission, beds, HEADS)[:, -1]


def test_an_object_is_panned_and_comes_as_late_as_every_stage(room: SpeakerStage) -> None:
    room.forget()
    emission = np.zeros((1, BLOCK), np.float32)
    emission[0, 10] = 1.0
    out = room.render(block([at(20, 10)]), emission, silence(), HEADS)
    wanted = PointSourcePanner(ROOM).gains(directions(20.0, 10.0))
    assert out.shape == (room.channels, BLOCK)
    assert out[:, 10 + STAGE_LATENCY] == pytest.approx(wanted, abs=2e-3)
    out[:, 10 + STAGE_LATENCY] = 0
    assert not out.any()


def test_a_moving_object_glides_and_ends_where_the_next_block_starts(room: SpeakerStage) -> None:
    room.forget()
    path = [at(angle) for angle in np.linspace(0, 60, 5)]
    emission = np.ones((1, BLOCK), np.float32)
    out = np.concatenate(
        [
            room.render(block([here], [there]), emission, silence(), HEADS)
            for here, there in itertools.pairwise(path)
        ],
        axis=1,
    )
    assert np.abs(np.diff(out[:, STAGE_LATENCY:], axis=1)).max() < 0.01


def test_what_is_in_the_bed_is_not_heard_twice(room: SpeakerStage) -> None:
    assert not steady(room, block([at(20)], in_bed=(1.0, 1.0)), silence()).any()
    half = steady(room, block([at(20)], in_bed=(0.5, 0.5)), silence())
    assert half == pytest.approx(steady(room, block([at(20)]), silence()) / 2)


@pytest.mark.parametrize("azimuth_deg", [0, 55, 120, 180])
def test_the_bed_is_as_loud_as_an_object_and_from_the_same_side(
    room: SpeakerStage, azimuth_deg: float
) -> None:
    bed = Beds(
        np.repeat(harmonics(directions(azimuth_deg, 0.0), 3)[:, None], BLOCK, axis=1).astype(np.float32)
    )
    heard = steady(room, block([at(0)], in_bed=(1.0, 1.0)), bed)
    power = heard**2
    energy = power @ ROOM.directions()
    error_deg = np.degrees(np.arccos(energy @ directions(azimuth_deg, 0.0) / np.linalg.norm(energy)))
    print(
        f"bed at {azimuth_deg} deg: {10 * np.log10(power.sum()):.2f} dB of an object, {error_deg:.1f} deg off"
    )
    assert abs(10 * np.log10(power.sum())) < 2
    assert error_deg < 20


def test_channel_beds_go_where_their_name_says(room: SpeakerStage) -> None:
    ones = np.ones(BLOCK, np.float32)
    beds = Beds(silence().hoa, {"M+030": ones, "LFE1": ones, "U+090": ones})
    heard = steady(room, block([at(0)], in_bed=(1.0, 1.0)), beds)
    wanted = dict.fromkeys(ROOM.names, 0.0) | {"M+030": 1, "LFE1": 1, "U+045": 0.5**0.5, "U+135": 0.5**0.5}
    assert heard == pytest.approx(list(wanted.values()), abs=1e-6)


def test_a_wide_object_is_heard_from_many_and_no_louder(room: SpeakerStage) -> None:
    point, wide, around = (
        steady(room, block([at(0)], spread_deg=spread), silence()) for spread in (0.0, 60.0, 180.0)
    )
    assert [(gains > 0.05).sum() for gains in (point, wide, around)] == [1, 9, 11]
    assert [(gains**2).sum() for gains in (point, wide, around)] == pytest.approx([1, 1, 1], abs=0.01)


def test_through_the_listener_nothing_jumps(room: SpeakerStage) -> None:
    room.forget()
    path = [[0.0, y, 0.0] for y in np.linspace(0.6, -0.6, 41)]
    emission = np.ones((1, BLOCK), np.float32)
    out = np.concatenate(
        [
            room.render(block([here], [there]), emission, silence(), HEADS)
            for here, there in itertools.pairwise(path)
        ],
        axis=1,
    )
    # 6 m/s; in a jump the front loudspeaker would fall by 1 within a sample.
    assert np.abs(np.diff(out[:, STAGE_LATENCY:], axis=1)).max() < 2e-3
    assert (out[:, STAGE_LATENCY:] ** 2).sum(axis=0).min() > 0.5


def test_corrections_are_the_venues() -> None:
    stage = SpeakerStage(
        layout("0+2+0"), [Correction(delay_ns=1_000_000, gain_db=-6.0206), Correction(inverted=True)]
    )
    emission = np.zeros((1, BLOCK), np.float32)
    emission[0, 0] = 1.0
    out = stage.render(block([at(0)]), emission, silence(), HEADS)
    level = 0.5**0.5
    assert np.argmax(np.abs(out[0])) == STAGE_LATENCY + 48
    assert out[0, STAGE_LATENCY + 48] == pytest.approx(level / 2, abs=1e-3)
    assert out[1, STAGE_LATENCY] == pytest.approx(-level, abs=1e-3)
    with pytest.raises(ValueError, match="1 corrections for 2 loudspeakers"):
        SpeakerStage(layout("0+2+0"), [Correction()])


def test_a_dome_by_way_of_a_field_keeps_power_and_side() -> None:
    dome = free_layout(
        [(f"h{k}", k * 45.0, 0.0, False) for k in range(8)]
        + [(f"u{k}", 45 + k * 90.0, 45.0, False) for k in range(4)]
    )
    stage = SpeakerStage(dome, decoder="allrad")
    for azimuth_deg in (0.0, 30.0, 100.0):
        power = steady(stage, block([at(azimuth_deg, 10)]), silence()) ** 2
        energy = power @ dome.directions()
        assert power.sum() == pytest.approx(1, abs=0.01)
        assert np.degrees(np.arctan2(-energy[0], energy[1])) == pytest.approx(azimuth_deg, abs=6)


def test_low_ends_are_sent_where_a_venue_wants_it() -> None:
    stage = SpeakerStage(layout("0+5+0"), lfe_send_db=-6.0206)
    low = layout("0+5+0").names.index("LFE1")
    levels = []
    for hz in (40, 1000):
        tone = np.sin(2 * np.pi * hz * np.arange(20 * BLOCK) / 48000).astype(np.float32)[None]
        stage.forget()
        out = [
            stage.render(block([at(0)]), tone[:, k : k + BLOCK], silence(), HEADS)[low]
            for k in range(0, tone.size, BLOCK)
        ]
        levels.append(np.concatenate(out)[3000:].max())
    assert levels[0] == pytest.approx(0.5, rel=0.02)
    assert levels[1] < 1e-3


def test_the_low_pass_is_butterworths_in_blocks_of_any_length() -> None:
    impulse = np.zeros(4800, np.float32)
    impulse[0] = 1
    low = LowPass(120.0, 48_000)
    response = np.concatenate(
        [low.process(impulse[:100]), low.process(impulse[100:3000]), low.process(impulse[3000:])]
    )
    spectrum = 20 * np.log10(np.abs(np.fft.rfft(response, 48000))[[10, 120, 240, 480]])
    assert spectrum == pytest.approx([0, -3.01, -24.1, -48.2], abs=0.1)
    low.forget()
    assert low.process(impulse[1:]).any() == np.False_


def test_an_ambisonic_output_holds_objects_beds_and_channels() -> None:
    stage = AmbisonicStage(2)
    bed = silence()
    bed.hoa[:] = 0.25
    bed.channels = {"M+030": np.ones(BLOCK, np.float32), "LFE1": np.ones(BLOCK, np.float32)}
    heard = steady(stage, block([at(70, 20)]), bed)
    wanted = harmonics(directions(70.0, 20.0), 2) + 0.25 + harmonics(directions(30.0, 0.0), 2)
    assert stage.channels == 9
    assert heard == pytest.approx(wanted, abs=1e-5)
    with pytest.raises(ValueError, match="order 8; 0 to 7"):
        AmbisonicStage(8)


def test_a_place_that_is_no_number_does_no_harm(room: SpeakerStage) -> None:
    heard = steady(room, block([[float("nan"), 0.0, 0.0], [0.0, 0.0, 0.0]]), silence())
    assert np.isfinite(heard).all()
    assert np.abs(heard).max() <= 2


def high_share_db(out: np.ndarray) -> float:
    """Energy above 4 kHz against all of it, over all channels."""
    spectrum = np.abs(np.fft.rfft(out * np.hanning(out.shape[1]))) ** 2
    high = np.fft.rfftfreq(out.shape[1], 1 / 48_000) > 4000
    return float(10 * np.log10(spectrum[:, high].sum() / spectrum.sum()))


def sung(stage: SpeakerStage, ends: Sequence[tuple[float, float]]) -> np.ndarray:
    """A tone of 500 Hz that moves from azimuth to azimuth, a block each."""
    stage.forget()
    out = []
    for number, (here, there) in enumerate(ends):
        time = number * BLOCK + np.arange(BLOCK)
        tone = np.sin(2 * np.pi * 500 * time / 48_000).astype(np.float32)[None]
        out.append(stage.render(block([at(here)], [at(there)]), tone, silence(), HEADS))
    return np.concatenate(out[2:], axis=1)


def test_moving_objects_do_not_click(room: SpeakerStage) -> None:
    step = 360 * BLOCK / 48_000
    circling = high_share_db(sung(room, [(k * step, (k + 1) * step) for k in range(190)]))
    leap = high_share_db(sung(room, [(10, 10)] * 30 + [(10, -120)] + [(-120, -120)] * 30))
    print(f"above 4 kHz: circling at 360 deg/s {circling:.0f} dB, leaping by 130 deg {leap:.0f} dB")
    assert circling < -80
    assert leap < -65
