"""Two ears: where things are heard, that nothing clicks, and what the stage does with what comes and goes."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from engine.audio.ambisonics import encode
from engine.audio.binaural import BinauralStage, ObjectEmitter
from engine.audio.block import AFTER, BEFORE, BLOCK, STAGE_LATENCY, Beds, Head
from engine.audio.kernels import kernels
from tests.audio.binaural.heads import block_at, head, heard, impulse_at, nothing, unit

BOTH = ["numpy", *(["numba"] if importlib.util.find_spec("numba") else [])]


def stage(which: str = "") -> BinauralStage:
    return BinauralStage(head(), using=kernels(which))


def turned(azimuth_deg: float, at_m: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> Head:
    """A head that looks to a side; + = left."""
    c, s = np.cos(np.radians(azimuth_deg)), np.sin(np.radians(azimuth_deg))
    return Head(at_m, (c, -s, 0.0, s, c, 0.0, 0.0, 0.0, 1.0))


def tone(blocks: int, hz: float = 500.0) -> np.ndarray:
    return np.sin(2 * np.pi * hz * np.arange(blocks * BLOCK) / 48_000)


def click_db(ears: np.ndarray, above_hz: float = 4_000.0) -> float:
    """Energy above, over all of it, at the worse ear; without the beginning."""
    settled = ears[:, 4 * BLOCK :]
    power = np.abs(np.fft.rfft(settled * np.hanning(settled.shape[1]))) ** 2
    above = np.fft.rfftfreq(settled.shape[1], 1 / 48_000) > above_hz
    return float(10 * np.log10((power[:, above].sum(axis=1) / power.sum(axis=1)).max()))


def delay_samples(ear: np.ndarray) -> float:
    """Arrival by the phase of 300-1200 Hz."""
    spectrum = np.fft.rfft(ear, 4096)
    hz = np.fft.rfftfreq(4096, 1 / 48_000)
    band = (hz > 300) & (hz < 1_200)
    return float(np.polyfit(hz[band], np.unwrap(np.angle(spectrum[band])), 1)[0] / (-2 * np.pi) * 48_000)


@pytest.mark.parametrize("azimuth_deg", [0.0, 30.0, 97.5, -60.0, 180.0])
def test_a_still_source_is_heard_through_the_tables_own_response(azimuth_deg: float) -> None:
    ears = impulse_at(stage(), 2 * unit(azimuth_deg))
    index, weight = head().lookup(unit(azimuth_deg)[None])
    spectra = np.einsum("k,kef->ef", weight[0], head().spectra(512)[index[0]])
    level = np.abs(np.fft.rfft(ears)) / np.abs(spectra)
    up_to_16_khz = slice(2, 170)
    assert np.abs(20 * np.log10(level[:, up_to_16_khz])).max() < 0.1
    itd = float(weight[0] @ head().itd_samples[index[0]])
    own = np.fft.irfft(spectra, 512)
    for ear, sign in ((0, 1), (1, -1)):
        late = delay_samples(ears[ear]) - delay_samples(own[ear])
        assert late == pytest.approx(STAGE_LATENCY + sign * itd / 2, abs=1 / 64)


def test_left_is_left() -> None:
    ears = impulse_at(stage(), 2 * unit(90.0))
    assert (ears[0] ** 2).sum() > 5 * (ears[1] ** 2).sum()
    assert delay_samples(ears[1]) - delay_samples(ears[0]) > 25


def test_a_turned_head_hears_the_world_turned_against_it() -> None:
    looking = [turned(40.0)] * 3
    np.testing.assert_allclose(
        impulse_at(stage(), 2 * unit(70.0), heads=looking), impulse_at(stage(), 2 * unit(30.0)), atol=1e-4
    )
    moved = [Head((1.0, 2.0, 0.0))] * 3
    np.testing.assert_allclose(
        impulse_at(stage(), np.array([1.0, 5.0, 0.0]), heads=moved),
        impulse_at(stage(), np.array([0, 3.0, 0])),
        atol=1e-6,
    )


@pytest.mark.parametrize("which", BOTH)
@pytest.mark.parametrize(("deg_per_s", "most_db"), [(90.0, -80.0), (360.0, -80.0), (1440.0, -80.0)])
def test_circling_does_not_click(which: str, deg_per_s: float, most_db: float) -> None:
    blocks = 80
    azimuth = np.arange(blocks + 1) * BLOCK / 48_000 * deg_per_s
    assert click_db(heard(stage(which), tone(blocks), 2 * unit(azimuth))) < most_db


def test_a_turning_head_does_not_click() -> None:
    blocks = 80
    heads = [turned(b * BLOCK / 48_000 * 360) for b in range(blocks + 1)]
    path = np.repeat(2 * unit(20.0)[None], blocks + 1, axis=0)
    assert click_db(heard(stage(), tone(blocks), path, heads=heads)) < -80


def test_a_leap_glides() -> None:
    azimuth = np.where(np.arange(81) % 20 < 10, -30.0, 90.0)
    assert click_db(heard(stage(), tone(80), 2 * unit(azimuth))) < -65


def test_flying_through_the_head_does_not_click() -> None:
    x = np.linspace(-2.0, 2.0, 301)
    path = np.stack([x, 0.02 + 0 * x, 0 * x], axis=1)  # 2.5 m/s
    assert click_db(heard(stage(), tone(300), path)) < -65


def test_coming_nearer_than_a_metre_is_seamless_and_louder_at_the_near_ear() -> None:
    outside, inside = impulse_at(stage(), 1.0001 * unit(60.0)), impulse_at(stage(), 0.9999 * unit(60.0))
    assert np.abs(outside - inside).max() < 1e-3
    near = impulse_at(stage(), 0.5 * unit(90.0))
    far = impulse_at(stage(), 2.0 * unit(90.0))

    def ild_db(ears: np.ndarray) -> float:
        power = (np.abs(np.fft.rfft(ears))[:, 3:12] ** 2).sum(axis=1)  # 300-1100 Hz
        return float(10 * np.log10(power[0] / power[1]))

    assert 1.5 < ild_db(near) - ild_db(far) < 12.0


def test_in_the_middle_of_the_head_both_ears_hear_the_same() -> None:
    ears = impulse_at(stage(), np.zeros(3))
    np.testing.assert_allclose(ears[0], ears[1], atol=1e-6)
    assert (ears**2).sum() > 0.5


def test_a_wide_source_is_less_to_one_side_and_less_alike_at_the_ears() -> None:
    def coherence(ears: np.ndarray) -> float:
        left, right = np.fft.rfft(ears)[:, 20:120]
        return float(
            abs(np.vdot(left, right)) / np.sqrt(np.vdot(left, left).real * np.vdot(right, right).real)
        )

    point, wide = (impulse_at(stage(), 2 * unit(0.0), spread_deg=spread) for spread in (0.0, 90.0))
    assert coherence(wide) < 0.9 < coherence(point)
    side, broad = (impulse_at(stage(), 2 * unit(90.0), spread_deg=spread) for spread in (0.0, 180.0))
    ratios = [(ears[0] ** 2).sum() / (ears[1] ** 2).sum() for ears in (side, broad)]
    assert ratios[1] < 0.3 * ratios[0]
    power_db = 10 * np.log10((wide**2).sum() / (point**2).sum())
    assert abs(power_db) < 3.0


def test_who_ends_dies_away() -> None:
    """A row that is gone leaves the end of its response in the next block, and no longer."""
    one = stage()
    file = np.zeros((1, 8 * BLOCK), np.float32)
    file[0, BEFORE + BLOCK - 1] = 1.0
    place = np.broadcast_to(2 * unit(30.0), (2, 1, 3))
    block = block_at(0, file, place)
    emission = ObjectEmitter().emit(block)
    nobody = block_at(BLOCK, file[:0], place[:, :0], keys=[])
    heads = (Head(), Head())
    one.render(block, emission, nothing(), heads)
    tail = one.render(nobody, np.zeros((0, BLOCK), np.float32), nothing(), heads)
    whole = impulse_at(stage(), 2 * unit(30.0))
    np.testing.assert_allclose(tail[:, : BLOCK - 1], whole[:, 1:BLOCK], atol=1e-6)
    after = one.render(nobody, np.zeros((0, BLOCK), np.float32), nothing(), heads)
    assert not after.any()


@pytest.mark.parametrize("which", BOTH)
def test_rows_keep_their_ears_when_others_come_and_go(which: str) -> None:
    rng = np.random.default_rng(1)
    files = rng.standard_normal((3, 8 * BLOCK)).astype(np.float32)
    paths = {key: unit(np.linspace(0, 100 + 30 * key, 7)) * 2 for key in range(3)}
    emitters = {key: ObjectEmitter() for key in (0, 1, 2, 9)}
    alone = {key: stage(which) for key in range(3)}
    together = stage(which)
    orders = [[0], [1, 0], [2, 0, 1], [0, 2], [1, 2, 0], [2]]
    for b, order in enumerate(orders):
        places = np.stack([np.stack([paths[key][b + e] for key in order]) for e in (0, 1)])
        block = block_at(b * BLOCK, files[order], places, keys=order)
        got = together.render(block, emitters[9].emit(block), nothing(), (Head(), Head()))
        wanted = np.zeros((2, BLOCK))
        for key in range(3):
            here = [key] if key in order else []
            own = block_at(
                b * BLOCK,
                files[here],
                np.stack([paths[key][None, b + e] for e in (0, 1)])[:, : len(here)],
                keys=here,
            )
            wanted += alone[key].render(own, emitters[key].emit(own), nothing(), (Head(), Head()))
        np.testing.assert_allclose(got, wanted, atol=2e-5)


def test_both_versions_of_the_kernels_sound_alike() -> None:
    rng = np.random.default_rng(2)
    file = rng.standard_normal(6 * BLOCK)
    x = np.linspace(-1.0, 1.5, 7)
    path = np.stack([x, 0.3 + 0 * x, 0.2 * x], axis=1)
    ears = [heard(stage(which), file, path, spread_deg=spread) for which in BOTH for spread in (0.0, 30.0)]
    if len(BOTH) == 2:
        np.testing.assert_allclose(ears[0], ears[2], atol=1e-5)
        np.testing.assert_allclose(ears[1], ears[3], atol=1e-5)
    assert np.abs(ears[0]).max() > 0.1


def test_many_rows_find_room() -> None:
    count = 700
    files = np.zeros((count, 4 * BLOCK), np.float32)
    files[-1, BEFORE] = 1.0
    one = stage()
    places = np.broadcast_to(2 * unit(np.linspace(0, 30, count)), (2, count, 3))
    block = block_at(0, files, places)
    got = one.render(block, ObjectEmitter().emit(block), nothing(), (Head(), Head()))
    np.testing.assert_allclose(got, impulse_at(stage(), 2 * unit(30.0))[:, :BLOCK], atol=1e-5)


# ---- beds


def through_beds(beds: list[Beds], heads: Head | None = None) -> np.ndarray:
    one = stage()
    nobody = block_at(0, np.zeros((0, BEFORE + BLOCK + AFTER), np.float32), np.zeros((2, 0, 3)), keys=[])
    none = np.zeros((0, BLOCK), np.float32)
    at = heads or Head()
    return np.concatenate([one.render(nobody, none, bed, (at, at)).copy() for bed in beds], axis=1)


def test_a_stereo_bed_reaches_the_ears_as_it_is() -> None:
    rng = np.random.default_rng(3)
    left, right = rng.standard_normal((2, 2 * BLOCK)).astype(np.float32)
    beds = [nothing(), nothing(), nothing()]
    for b in range(2):
        beds[b].channels = {"M+030": left[b * BLOCK :][:BLOCK], "M-030": right[b * BLOCK :][:BLOCK]}
    got = through_beds(beds)
    np.testing.assert_array_equal(got[0, STAGE_LATENCY : STAGE_LATENCY + 2 * BLOCK], left)
    np.testing.assert_array_equal(got[1, STAGE_LATENCY : STAGE_LATENCY + 2 * BLOCK], right)
    assert not got[:, :STAGE_LATENCY].any() and not got[:, STAGE_LATENCY + 2 * BLOCK :].any()


def test_other_channels_are_heard_from_where_their_loudspeaker_would_stand() -> None:
    beds = [nothing(), nothing()]
    impulse = np.zeros(BLOCK, np.float32)
    impulse[0] = 1.0
    beds[0].channels = {"M+110": impulse}
    wanted = impulse_at(stage(), 2 * unit(110.0))
    np.testing.assert_allclose(through_beds(beds), wanted, atol=1e-6)
    beds[0].channels = {"LFE1": impulse}
    both = through_beds(beds)
    assert both[0, STAGE_LATENCY] == both[1, STAGE_LATENCY] == 1.0


def test_the_ambisonic_bed_is_turned_against_the_head_and_is_in_time() -> None:
    def ears(azimuth_deg: float, looking: Head) -> np.ndarray:
        beds = [nothing(), nothing()]
        beds[0].hoa[:, 0] = encode(unit(azimuth_deg)[None], 3)[0]
        return through_beds(beds, looking)

    np.testing.assert_allclose(ears(80.0, turned(50.0)), ears(30.0, Head()), atol=1e-4)
    left, ahead = ears(90.0, Head()), ears(0.0, Head())
    low = [(np.abs(np.fft.rfft(one))[:, 8:40] ** 2).sum(axis=1) for one in (left, ahead)]
    assert low[0][0] > 2 * low[0][1]
    assert low[1][0] == pytest.approx(low[1][1], rel=0.05)
    point = impulse_at(stage(), 2 * unit(0.0))
    assert delay_samples(ahead[0]) == pytest.approx(delay_samples(point[0]), abs=1.0)


def test_a_row_on_its_way_into_the_bed_is_heard_by_the_rest_of_it() -> None:
    file = np.zeros((1, 4 * BLOCK), np.float32)
    file[0, BEFORE:] = 1.0
    place = np.broadcast_to(2 * unit(0.0), (2, 1, 3))
    whole, half, none = (block_at(0, file, place, in_bed=share) for share in (0.0, 0.5, 1.0))
    got = [
        stage().render(one, ObjectEmitter().emit(one), nothing(), (Head(), Head()))
        for one in (whole, half, none)
    ]
    np.testing.assert_allclose(got[1], 0.5 * got[0], atol=1e-6)
    assert not got[2].any()


# ---- bad input


def test_no_number_comes_out_of_bad_beds_or_places() -> None:
    bed = nothing()
    bed.hoa[3, 7] = np.nan
    bed.channels = {"M+030": np.full(BLOCK, np.inf, np.float32), "M+110": np.full(BLOCK, np.nan, np.float32)}
    file = np.ones((2, 4 * BLOCK), np.float32)
    places = np.full((2, 2, 3), 2.0)
    places[1, 0] = np.nan
    one = stage()
    block = block_at(0, file, places)
    got = one.render(block, ObjectEmitter().emit(block), bed, (Head(), Head()))
    assert np.isfinite(got).all()
    after = one.render(
        block_at(BLOCK, file, places), np.ones((2, BLOCK), np.float32), nothing(), (Head(), Head())
    )
    assert np.isfinite(after).all() and after.any()


def test_a_block_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="made for 256"):
        stage().render(
            block_at(0, np.zeros((0, 512)), np.zeros((2, 0, 3)), keys=[]),
            np.zeros((0, 128)),
            nothing(),
            (Head(), Head()),
        )
