"""The head as the renderer asks for it, against what was measured, and against the closed form of a made-up one."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from engine.audio.block import BED_CHANNELS
from engine.audio.hrtf import HeadGrid, MeasuredHead
from engine.audio.hrtf.hull import around
from engine.audio.hrtf.itd import itd_s
from engine.audio.hrtf.minimum_phase import CEPSTRUM, log_magnitude, minimum_phase
from engine.audio.hrtf.shipped import shipped_head
from engine.audio.hrtf.sofa import read_sofa
from engine.audio.hrtf.table import _heard
from engine.bench.audio_hrtf import left_out, some_of
from engine.errors import InputError
from tests.audio.hrtf import sofas

_LENGTH = 4096
_HZ = np.fft.rfftfreq(_LENGTH, 1 / 48_000)


@pytest.fixture(scope="module")
def measured() -> MeasuredHead:
    return shipped_head()


@pytest.fixture(scope="module")
def grid(measured: MeasuredHead) -> HeadGrid:
    """Not equalised: as measured."""
    return HeadGrid(measured, equalise=False)


def unit(count: int, seed: int = 5) -> np.ndarray:
    v = np.random.default_rng(seed).normal(size=(count, 3))
    return np.asarray(v / np.linalg.norm(v, axis=1, keepdims=True))


def ears_of(grid: HeadGrid, directions: np.ndarray) -> np.ndarray:
    """Spectra with the time between the ears put in half and half, shape (S, 2, F)."""
    index, weight = grid.lookup(directions)
    blended = np.einsum("sk,skef->sef", weight, grid.spectra(_LENGTH)[index])
    late = np.einsum("sk,sk->s", weight, grid.itd_samples[index])[:, None]
    turns = -2j * np.pi * _HZ / 48_000
    return np.stack(
        [blended[:, 0] * np.exp(turns * late / 2), blended[:, 1] * np.exp(-turns * late / 2)], axis=1
    )


def test_time_level_and_spectrum_of_the_table(grid: HeadGrid, measured: MeasuredHead) -> None:
    up_deg = np.degrees(np.arcsin(measured.directions[:, 2]))
    some = np.flatnonzero((up_deg >= -30) & (up_deg <= 60))[::5]
    ears = ears_of(grid, measured.directions[some])
    truth = np.fft.rfft(measured.responses[some], _LENGTH)
    low, mid, all_of_it = (
        (lo <= _HZ) & (hi >= _HZ) for lo, hi in ((300, 1200), (1500, 10_000), (200, 16_000))
    )

    def time_us(x: np.ndarray) -> np.ndarray:
        phase = np.unwrap(np.angle(x[:, 0] * np.conj(x[:, 1]))[:, low], axis=-1)
        turn = 2 * np.pi * _HZ[low]
        return np.asarray(-1e6 * (phase * turn).sum(axis=-1) / (turn**2).sum())

    def level_db(x: np.ndarray) -> np.ndarray:
        power = (np.abs(x[..., mid]) ** 2).sum(axis=-1)
        return np.asarray(10 * np.log10(power[:, 0] / power[:, 1]))

    off_db = 20 * np.log10(np.abs(ears[..., all_of_it]) / np.maximum(np.abs(truth[..., all_of_it]), 1e-9))
    p95 = {
        "itd_us": np.quantile(np.abs(time_us(ears) - time_us(truth)), 0.95),
        "ild_db": np.quantile(np.abs(level_db(ears) - level_db(truth)), 0.95),
        "lsd_db": np.quantile(off_db.std(axis=-1), 0.95),
    }
    print(f"table, {len(some)} directions, p95: {p95}")
    assert p95["itd_us"] < 20 and p95["ild_db"] < 0.5 and p95["lsd_db"] < 2.5


def test_what_is_looked_up_lies_around(grid: HeadGrid) -> None:
    wanted = np.concatenate([unit(2000), np.eye(3), -np.eye(3)])
    index, weight = grid.lookup(wanted)
    assert index.dtype == np.int32 and weight.dtype == np.float32
    assert weight.min() >= -1e-5 and weight.sum(axis=1) == pytest.approx(1.0, abs=1e-5)
    middle = np.einsum("sk,skx->sx", weight, grid.directions[index])
    off_deg = np.degrees(np.linalg.norm(middle - wanted, axis=1))
    assert off_deg.max() < 0.2
    for point in ([0.0, 0.0, 0.0], [np.nan, 0.0, 1.0], [np.inf, np.inf, 0.0]):
        index, weight = grid.lookup(np.array([point]))
        assert index.min() >= 0 and index.max() < len(grid.directions) and np.isfinite(weight).all()


def test_no_step_between_neighbouring_directions(grid: HeadGrid) -> None:
    turn = np.radians(np.arange(0.0, 360.0, 0.5))
    ring = np.stack([np.cos(turn), np.sin(turn), np.full_like(turn, 0.1)], axis=1)
    index, weight = grid.lookup(ring)
    late = np.einsum("sk,sk->s", weight, grid.itd_samples[index])
    assert (
        np.abs(np.diff(late)).max() < 0.5
    )  # 0.5 degrees of a head of 9 cm: about 0.13 samples at most, and the ripple measured
    assert late.max() - late.min() > 50


def test_left_is_left_and_below_is_answered(grid: HeadGrid) -> None:
    left, right, below = np.array([[-1.0, 0, 0]]), np.array([[1.0, 0, 0]]), np.array([[0.0, 0, -1.0]])
    late = [
        float((grid.itd_samples[grid.lookup(d)[0]] * grid.lookup(d)[1]).sum()) for d in (left, right, below)
    ]
    assert late[0] < -25 and late[1] > 25 and abs(late[2]) < 5
    ears = np.abs(ears_of(grid, np.concatenate([left, right, below])))
    assert ears[0, 0].mean() > 2 * ears[0, 1].mean() and ears[1, 1].mean() > 2 * ears[1, 0].mean()
    assert 0.3 < ears[2, 0].mean() / ears[2, 1].mean() < 3


def test_a_larger_head_hears_later_and_the_same_colours(measured: MeasuredHead, grid: HeadGrid) -> None:
    larger = HeadGrid(measured, head_radius_m=1.1 * grid.radius_m, equalise=False)
    assert larger.itd_samples == pytest.approx(1.1 * grid.itd_samples, rel=1e-5, abs=1e-4)
    assert np.array_equal(larger.responses, grid.responses)
    assert 0.08 < grid.radius_m < 0.15


def test_a_made_up_head_comes_out_as_it_was_made(tmp_path: Path) -> None:
    made = HeadGrid(
        read_sofa(sofas.write(tmp_path / "head.sofa", around_deg=sofas.directions(10.0))), equalise=False
    )
    index, weight = made.lookup(some := unit(300)[np.abs(unit(300)[:, 2]) < 0.8])
    late = np.einsum("sk,sk->s", weight, made.itd_samples[index])
    assert late == pytest.approx(2 * sofas.RADIUS_SAMPLES * some[:, 0], abs=0.3)


def test_the_bed_hears_what_lies_ahead_alike_on_both_sides(grid: HeadGrid) -> None:
    bed = grid.bed_spectra(384)
    assert bed.shape == (BED_CHANNELS, 2, 193) and bed.dtype == np.complex64 and np.isfinite(bed).all()
    # A source of order 0 alone comes from everywhere: both ears alike within 1 dB up to 8 kHz.
    alike = 20 * np.log10(np.abs(bed[0, 0, 2:64]) / np.abs(bed[0, 1, 2:64]))
    assert np.abs(alike).max() < 1.0
    # ACN 1 is left minus right: the ears hear it with opposite signs where a head is small.
    ratio = bed[1, 0, 1:4] / bed[1, 1, 1:4]
    assert ratio.real.max() < 0


def test_the_shipped_head_needs_no_h5py(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "h5py", None)
    head = shipped_head()
    assert head.responses.shape[:2] == (710, 2) and "cited" in head.licence


def test_a_broken_installation_is_named(tmp_path: Path) -> None:
    bad = tmp_path / "kemar.npz"
    for content in (None, b"no archive", b"PK\x03\x04 cut"):
        if content is not None:
            bad.write_bytes(content)
        with pytest.raises(InputError, match="install it again"):
            shipped_head(bad)


def test_hull_weights_reach_the_direction_and_below_the_lowest_ring_too() -> None:
    a, e = np.radians(sofas.directions(lowest_deg=-30.0)).T
    known = np.stack([-np.cos(e) * np.sin(a), np.cos(e) * np.cos(a), np.sin(e)], axis=1)
    wanted = unit(500)
    index, weight = around(known, wanted)
    middle = np.einsum("sk,skx->sx", weight, known[index])
    middle /= np.linalg.norm(middle, axis=1, keepdims=True)
    assert weight.min() >= 0 and weight.sum(axis=1) == pytest.approx(1.0)
    assert middle == pytest.approx(wanted, abs=1e-6)


def test_minimum_phase_keeps_magnitude_and_comes_first() -> None:
    late = np.zeros(256)
    late[60:63] = (1.0, -0.5, 0.2)
    made = minimum_phase(log_magnitude(late), 128)
    assert made[:3] == pytest.approx([1.0, -0.5, 0.2], abs=1e-4) and np.abs(made[3:]).max() < 1e-4


@pytest.mark.parametrize("samples", [-30.0, -0.25, 0.0, 7.5])
def test_time_between_the_ears_is_found_to_a_microsecond(samples: float) -> None:
    turns = -2j * np.pi * np.fft.rfftfreq(512)
    pair = np.fft.irfft(np.exp(turns * np.array([[100.0 + samples], [100.0]])), 512, axis=-1)
    assert 1e6 * itd_s(pair, 48_000.0) == pytest.approx(samples / 48_000 * 1e6, abs=1.0)


def test_directions_that_are_left_out_are_found_between_the_others(measured: MeasuredHead) -> None:
    figures = left_out(measured, some_of(measured, 24))
    print(figures)
    ours, nearest = figures["log magnitude"], figures["nearest"]
    assert ours["lsd_db"] < 2.5 and ours["lsd_p95_db"] < 5.0 and ours["itd_us"] < 10.0
    assert ours["lsd_db"] < nearest["lsd_db"] < figures["responses"]["lsd_db"]
    assert ours["itd_us"] < 0.5 * nearest["itd_us"]


def test_a_head_measured_from_afar_is_not_cut_off(measured: MeasuredHead) -> None:
    """30 ms of nothing before what arrives, and more of it behind: more than the cepstrum's transform takes."""
    few = measured.responses[::40]
    nothing = np.zeros((*few.shape[:2], 1440))
    heard = _heard(np.concatenate([nothing, few, nothing], axis=-1))
    assert heard.shape[-1] == CEPSTRUM
    start = int(np.argmax(np.abs(heard).max(axis=(0, 1)) > 0.0)) - int(
        np.argmax(np.abs(few).max(axis=(0, 1)) > 0.0)
    )
    assert 0 <= start <= 32
    assert np.array_equal(heard[..., start : start + few.shape[-1]], few)
    assert np.array_equal(_heard(few), few)


def test_time_is_found_where_the_lowest_band_is_noise() -> None:
    """A whole turn lost in one bin would be heard as a millisecond."""
    turns = -2j * np.pi * np.fft.rfftfreq(512)
    hz = np.fft.rfftfreq(512, 1 / 48_000)
    gain = np.where((hz > 450) & (hz < 20_000), 1.0, 1e-4)
    noise = 2e-4 * np.random.default_rng(3).normal(size=(40, 2, 512))
    pairs = np.fft.irfft(gain * np.exp(turns * np.array([[100.0], [120.0]])), 512, axis=-1) + noise
    assert 1e6 * itd_s(pairs, 48_000.0) == pytest.approx(-20 / 48_000 * 1e6, abs=60.0)
