"""The weightings against the gains that the formula of ISO 2631-1 gives at nominal frequencies, computed independently."""

import numpy as np
import pytest

from engine.motion.exposure.weightings import WEIGHTINGS, gain, response, sos, sos_slow

#: Gain times 1000 at nominal frequencies, Hz.
VECTORS = {
    "Wk": {
        1: 482.5,
        2: 531.4,
        4: 967.2,
        5: 1038.8,
        6.3: 1054.4,
        8: 1036.4,
        16: 768.7,
        31.5: 404.8,
        80: 132.4,
    },
    "Wd": {1: 1011.0, 2: 890.2, 4: 511.9, 8: 253.1, 10: 201.7, 31.5: 63.2},
    "Wf": {
        0.1: 695.1,
        0.125: 895.1,
        0.16: 1006.0,
        0.2: 992.0,
        10**-0.7: 992.8,
        0.25: 854.3,
        0.5: 223.9,
        1: 23.5,
    },
    "Wc": {8: 890.9},
    "We": {1: 879.8},
    "Wj": {4: 628.1},
}


@pytest.mark.parametrize("name", VECTORS)
def test_the_formula_gives_the_published_gains(name: str) -> None:
    found = 1000.0 * np.abs(response(name, list(VECTORS[name])))
    np.testing.assert_allclose(found, list(VECTORS[name].values()), atol=0.06)


@pytest.mark.parametrize("name", WEIGHTINGS)
def test_the_filters_are_within_half_a_percent_to_80_hz(name: str) -> None:
    f_hz = np.geomspace(0.05, 80.0, 500)
    for rate_hz in (2000.0, 4000.0):
        wanted = np.abs(response(name, f_hz))
        # Wf has fallen to a millionth at 80 Hz: half a percent of a thousandth of its highest gain is the floor.
        np.testing.assert_allclose(gain(sos(name, rate_hz), f_hz, rate_hz), wanted, rtol=0.005, atol=5e-6)


@pytest.mark.parametrize(("rate_hz", "percent"), [(500.0, -5.7), (1000.0, -1.4), (2000.0, -0.35)])
def test_slower_sampling_is_as_wrong_as_it_is_said_to_be(rate_hz: float, percent: float) -> None:
    made = gain(sos("Wk", rate_hz), 80.0, rate_hz) / np.abs(response("Wk", 80.0))
    assert float(100.0 * (made - 1.0)) == pytest.approx(percent, abs=0.06)


def test_what_is_too_slow_or_unknown_is_refused() -> None:
    with pytest.raises(ValueError, match="500 Hz or more"):
        sos("Wk", 250.0)
    with pytest.raises(ValueError, match="Wk, Wd, Wf"):
        sos("Wz", 2000.0)


@pytest.mark.parametrize(
    ("name", "rate_hz", "most"), [("Wf", 100.0, 0.01), ("Wd", 200.0, 0.2), ("Wk", 1000.0, 0.02)]
)
def test_a_slow_filter_says_how_wrong_it_is(name: str, rate_hz: float, most: float) -> None:
    made, error = sos_slow(name, rate_hz)
    f_hz = np.geomspace(0.2, min(80.0, rate_hz / 4.0), 50)
    real = np.abs(gain(made, f_hz, rate_hz) / np.abs(response(name, f_hz)) - 1.0)
    heard = np.abs(response(name, f_hz)) > 1e-2
    assert real[heard].max() <= error * 1.01 <= most
