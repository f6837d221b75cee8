"""The sphere that near sources are shadowed by: against its limits, and what is made of it."""

from __future__ import annotations

import numpy as np
import pytest

from engine.audio.binaural.near import HEAD_RADIUS_M, NearField, in_head_share, minimum_phase, sphere_gain

ANGLES = np.array([0.0, 45.0, 90.0, 135.0, 180.0])


def test_far_away_and_low_the_head_is_not_there() -> None:
    gain = sphere_gain(np.array([100.0]), ANGLES, np.array([5.0]))
    np.testing.assert_allclose(gain, 1.0, atol=0.02)


def test_high_and_ahead_the_pressure_doubles() -> None:
    """A rigid wall: +6 dB (Duda and Martens 1998, figure 2)."""
    gain = sphere_gain(np.array([3.0]), np.array([0.0]), np.array([15_000.0]))
    assert 20 * np.log10(gain[0, 0, 0]) == pytest.approx(6.0, abs=0.4)


@pytest.mark.parametrize("distance_m", [0.15, 0.25, 0.6])
def test_at_lowest_frequencies_it_is_the_potential_of_a_charge(distance_m: float) -> None:
    """k -> 0 of the series: sum of (2 m + 1) / (m + 1) rho^-m P_m(cos)."""
    m = np.arange(200)
    legendre = np.polynomial.legendre.legvander(np.cos(np.radians(ANGLES)), m[-1])
    wanted = legendre @ ((2 * m + 1) / (m + 1) * (HEAD_RADIUS_M / distance_m) ** m)
    got = sphere_gain(np.array([distance_m]), ANGLES, np.array([5.0]))[0, :, 0]
    np.testing.assert_allclose(got, wanted, rtol=0.01)


def test_at_a_metre_nothing_changes_and_nearer_the_near_ear_gains() -> None:
    near = NearField(512)
    at_1_m = near.spectra(np.array([1.0]), np.array([[30.0, 150.0]]))
    np.testing.assert_allclose(at_1_m, 1.0, atol=1e-5)
    close = 20 * np.log10(np.abs(near.spectra(np.array([0.25]), np.array([[0.0, 180.0]]))))[0, :, 5]
    assert close[0] > 2.0
    assert close[0] - close[1] > 4.0


def test_the_closest_there_is_holds_nearer_still() -> None:
    near = NearField(512)
    one, other = (near.spectra(np.array([d]), np.array([[20.0, 160.0]])) for d in (0.15, 0.01))
    np.testing.assert_array_equal(one, other)


def test_minimum_phase_keeps_the_magnitude_and_comes_first() -> None:
    magnitude = 1.0 + 0.5 * np.cos(np.linspace(0, np.pi, 257))
    spectrum = minimum_phase(magnitude)
    np.testing.assert_allclose(np.abs(spectrum), magnitude, rtol=1e-6)
    response = np.fft.irfft(spectrum)
    assert np.argmax(np.abs(response)) == 0
    assert np.sum(response[:16] ** 2) > 0.999 * np.sum(response**2)


def test_the_middle_of_the_head_takes_over_smoothly() -> None:
    distance_m = np.linspace(0, 0.6, 601)
    share = in_head_share(distance_m)
    assert share[0] == 1.0 and share[-1] == 0.0
    assert (np.diff(share) <= 0).all()
    assert np.abs(np.diff(share)).max() < 0.005
