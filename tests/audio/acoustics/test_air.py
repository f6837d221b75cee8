"""Absorption by air against the figures of ISO 9613, and its shape as a first-order low-pass."""

import numpy as np
import pytest

from engine.audio.acoustics.air import absorption_db_per_m, air
from engine.audio.acoustics.low_pass import NONE_HZ, response_db

OCTAVES = (63, 125, 250, 500, 1000, 2000, 4000, 8000)


@pytest.mark.parametrize(
    ("temperature_c", "humidity_percent", "db_per_km"),
    [  # ISO 9613-2:1996, table 2, computed there by ISO 9613-1 at the exact midband frequencies
        (10, 70, (0.1, 0.4, 1.0, 1.9, 3.7, 9.7, 32.8, 117)),
        (20, 70, (0.1, 0.3, 1.1, 2.8, 5.0, 9.0, 22.9, 76.6)),
        (30, 70, (0.1, 0.3, 1.0, 3.1, 7.4, 12.7, 23.1, 59.3)),
        (15, 20, (0.3, 0.6, 1.2, 2.7, 8.2, 28.2, 88.8, 202)),
        (15, 80, (0.1, 0.3, 1.1, 2.4, 4.1, 8.3, 23.7, 82.8)),
    ],
)
def test_absorption_is_the_standards(
    temperature_c: float, humidity_percent: float, db_per_km: tuple[float, ...]
) -> None:
    exact_hz = 1000.0 * 10.0 ** (0.3 * np.arange(-4, 4))
    found = 1000.0 * absorption_db_per_m(exact_hz, temperature_c, humidity_percent)
    assert found == pytest.approx(db_per_km, rel=0.01, abs=0.055)  # the table has one decimal


def test_the_low_pass_comes_near_to_the_air() -> None:
    made = air()
    hz = np.array(OCTAVES[3:], float)
    for far_m in (5.0, 10.0, 20.0, 50.0, 100.0):
        off_db = response_db(hz, made.low_pass_hz(far_m)) + far_m * absorption_db_per_m(hz)
        print(far_m, np.round(off_db, 2))
        assert np.max(np.abs(off_db)) < 0.15 * far_m**0.7


def test_it_falls_with_distance_and_never_jumps() -> None:
    made = air(-5.0, 20.0)
    far_m = np.linspace(0.0, 300.0, 30_001)
    hz = made.low_pass_hz(far_m)
    assert hz[0] == pytest.approx(NONE_HZ) and np.all(np.diff(hz) <= 0.0)
    assert (
        np.max(np.abs(np.diff(np.log2(hz)))) < 0.02
    )  # a centimetre further: a fiftieth of an octave at most
