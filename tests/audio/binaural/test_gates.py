"""The shipped head through the renderer, against what was measured on it: the gates on rendered samples."""

from __future__ import annotations

import numpy as np
import pytest

from engine.audio.binaural import BinauralStage
from engine.audio.block import BED_CHANNELS
from engine.audio.hrtf import HeadGrid, MeasuredHead
from engine.audio.hrtf.shipped import shipped_head
from engine.audio.hrtf.table import STEP_DEG
from engine.audio.kernels import kernels
from tests.audio.binaural.heads import impulse_at
from tests.audio.binaural.test_stage import click_db, heard, tone, unit

_LENGTH = 4096
HZ = np.fft.rfftfreq(_LENGTH, 1 / 48_000)


@pytest.fixture(scope="module")
def measured() -> MeasuredHead:
    return shipped_head()


class WithoutBed(HeadGrid):
    """Its decoding filters, which take half a second, are not listened to here."""

    def bed_spectra(self, length: int) -> np.ndarray:
        return np.zeros((BED_CHANNELS, 2, length // 2 + 1), np.complex64)


@pytest.fixture(scope="module")
def stage(measured: MeasuredHead) -> BinauralStage:
    """Not equalised for headphones: as measured."""
    return BinauralStage(WithoutBed(measured, equalise=False))


def itd_us(ears: np.ndarray) -> float:
    """By a straight line through the origin, fitted to the phase between the ears at 300-1200 Hz."""
    band = (HZ >= 300) & (HZ <= 1_200)
    turn = 2 * np.pi * HZ[band]
    phase = np.unwrap(np.angle(ears[0] * np.conj(ears[1]))[band])
    return float(np.sum(turn * phase) / np.sum(turn**2) * -1e6)


def ild_db(ears: np.ndarray) -> float:
    band = (HZ >= 1_500) & (HZ <= 10_000)
    power = (np.abs(ears[:, band]) ** 2).sum(axis=1)
    return float(10 * np.log10(power[0] / power[1]))


def lsd_db(ears: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Log-spectral distortion of each ear, 0.2-16 kHz, level removed."""
    band = (HZ >= 200) & (HZ <= 16_000)
    off_db = 20 * np.log10(np.abs(ears[:, band]) / np.maximum(np.abs(truth[:, band]), 1e-9))
    return np.asarray(np.std(off_db, axis=1))


def test_time_level_and_spectrum_at_the_ears(stage: BinauralStage, measured: MeasuredHead) -> None:
    elevation_deg = np.degrees(np.arcsin(measured.directions[:, 2]))
    some = np.flatnonzero((elevation_deg >= -30) & (elevation_deg <= 60))[::10]
    itd, ild, lsd = [], [], []
    for row in some:
        stage.forget()
        ears = np.fft.rfft(impulse_at(stage, 2 * measured.directions[row]), _LENGTH)
        truth = np.fft.rfft(measured.responses[row], _LENGTH)
        itd.append(abs(itd_us(ears) - itd_us(truth)))
        ild.append(abs(ild_db(ears) - ild_db(truth)))
        lsd.extend(lsd_db(ears, truth))
    p95 = {
        "itd_us": np.quantile(itd, 0.95),
        "ild_db": np.quantile(ild, 0.95),
        "lsd_db": np.quantile(lsd, 0.95),
    }
    assert len(some) > 50
    assert p95["itd_us"] < 20, p95
    assert p95["ild_db"] < 0.5, p95
    assert p95["lsd_db"] < 2.5, p95


@pytest.mark.parametrize("deg_per_s", [30.0, 90.0, 360.0, 1440.0])
def test_circling_does_not_click(stage: BinauralStage, deg_per_s: float) -> None:
    stage.forget()
    blocks = 100
    azimuth = np.arange(blocks + 1) * 256 / 48_000 * deg_per_s
    assert click_db(heard(stage, tone(blocks), 2 * unit(azimuth))) < -90


def test_a_leap_glides(stage: BinauralStage) -> None:
    stage.forget()
    azimuth = np.where(np.arange(81) % 20 < 10, -30.0, 90.0)
    assert click_db(heard(stage, tone(80), 2 * unit(azimuth))) < -65


def test_the_compiled_way_about_the_grid_is_the_tables_own(measured: MeasuredHead) -> None:
    table = HeadGrid.__new__(HeadGrid)  # its lookup needs nothing that takes time to make
    directions = measured.directions
    index, weight = table.lookup(directions)
    grid = (round(360 / STEP_DEG), round(180 / STEP_DEG) + 1)
    itd = np.zeros(grid[0] * grid[1], np.float32)
    found, share, _ = kernels().on_grid(directions, *grid, itd, 0.0)
    ours, theirs = (np.zeros((len(directions), itd.size), np.float32) for _ in range(2))
    row = np.arange(len(directions))[:, None]
    np.add.at(ours, (row, found[:, 0]), share[:, 0])
    np.add.at(theirs, (row, index), weight)
    # Where a direction lies on an edge, either triangle is right; round the poles all azimuths are one.
    np.testing.assert_allclose(ours[:-1], theirs[:-1], atol=1e-4)
