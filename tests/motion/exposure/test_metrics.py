"""Doses and ratios of signals whose figures can be written down, and the envelope by hand."""

import numpy as np
import pytest

from engine.motion.exposure.envelope import EnvelopeRow, low_passed, reversals, share, sustained
from engine.motion.exposure.meter import WITHIN, DoseMeter
from engine.motion.exposure.metrics import (
    HEALTH_K,
    comfort,
    measured,
    predicted_sickness,
    running_mean_square,
    total_value,
    vibration,
)
from engine.motion.exposure.weightings import response

RATE_HZ = 2000.0


def test_a_steady_sine() -> None:
    t = np.arange(int(30 * RATE_HZ)) / RATE_HZ
    found = vibration(
        np.stack((np.sin(2 * np.pi * 8 * t), 0.5 * np.sin(2 * np.pi * 8 * t))) * np.sqrt(2), "Wk", RATE_HZ
    )
    np.testing.assert_allclose(found.rms, [1.0364, 0.5182], rtol=2e-3)
    np.testing.assert_allclose(found.mtvv / found.rms, 1.0, rtol=0.01)
    np.testing.assert_allclose(found.vdv, (1.5 * found.rms**4 * 30) ** 0.25, rtol=5e-3)
    np.testing.assert_allclose(found.crest, np.sqrt(2), rtol=0.2)  # the filter starts from rest
    assert not found.jolting.any()


def test_a_jolt_is_told_by_its_dose_and_not_by_its_mean() -> None:
    weighted = np.zeros(int(60 * RATE_HZ))
    weighted[1000:1100] = 4.0
    found = measured(weighted, RATE_HZ)
    assert found.mtvv == pytest.approx(4.0 * np.sqrt(0.05))
    assert found.vdv == pytest.approx((256.0 * 0.05) ** 0.25)
    assert found.dose == pytest.approx(np.sqrt(16 * 0.05)) and found.crest > 9.0 and bool(found.jolting)
    assert not measured(np.zeros(100), RATE_HZ).jolting


def test_the_running_mean_forgets_after_its_second() -> None:
    square = np.zeros(400)
    square[10:20] = 1.0
    found = running_mean_square(square, 100.0)
    assert found.max() == pytest.approx(0.1) and found[110:].max() < found.max() and found[120:].max() == 0.0


def test_combined_predicted_and_put_into_words() -> None:
    assert total_value([0.3, 0.0, 0.4]) == pytest.approx(0.5)
    assert total_value([0.3, 0.0, 0.4], HEALTH_K) == pytest.approx(np.hypot(0.42, 0.4))
    assert predicted_sickness(17.18) == pytest.approx(5.73, abs=0.01)
    assert predicted_sickness(1e6) == 100.0
    assert [comfort(value) for value in (0.1, 0.5, 0.9, 1.5, 2.0, 3.0)] == [
        "not uncomfortable",
        "a little uncomfortable",
        "fairly uncomfortable",
        "uncomfortable",
        "very uncomfortable",
        "extremely uncomfortable",
    ]


def test_what_is_no_acceleration_is_refused() -> None:
    with pytest.raises(ValueError, match="2 samples"):
        vibration([0.0, np.nan, np.inf], "Wk", RATE_HZ)
    with pytest.raises(ValueError, match="without a sample"):
        vibration([], "Wk", RATE_HZ)


def test_a_level_counts_as_long_as_it_lasts() -> None:
    signal = np.array([0.0, 1, 3, 3, 3, 1, 5, 0])
    assert [sustained(signal, n) for n in (0, 1, 2, 3, 4, 5, 6, 9)] == [
        5.0,
        5.0,
        3.0,
        3.0,
        1.0,
        1.0,
        1.0,
        0.0,
    ]
    rng = np.random.default_rng(2)
    for n in (2, 3, 4, 7):
        row = rng.standard_normal(60)
        windows = np.lib.stride_tricks.sliding_window_view(row, n)
        assert sustained(row, n) == pytest.approx(max(0.0, windows.min(axis=1).max()))


def test_an_envelope_is_shared_out_by_axis_direction_and_time() -> None:
    acceleration = np.zeros((3, 400))
    acceleration[2, 100:160] = -0.3
    acceleration[0, 50] = 0.5
    rows = [EnvelopeRow(2, -1, 0.5, 0.4), EnvelopeRow(0, 0, 0.0, 1.0)]
    assert share(acceleration, 100.0, rows) == pytest.approx(0.75)
    assert share(acceleration, 100.0, [EnvelopeRow(2, 1, 0.5, 0.4)]) == 0.0
    assert share(acceleration, 100.0, [EnvelopeRow(2, -1, 0.7, 0.4)]) == 0.0
    assert 0.0 < share(low_passed(acceleration, 100.0, 5.0), 100.0, rows[1:]) < 0.25
    assert reversals(np.array([0.0, 2, 0.5, -2, 2, 2, -0.5]), 1.0) == 2


def test_the_meter_of_a_running_show_agrees_with_the_analysis() -> None:
    """Two seats at 100 Hz over a minute of swell and bumps; within a few percent of the whole analysis at 2 kHz."""
    from engine.motion.exposure.guest import guest_motion

    tick_s, n = 0.01, 6000
    t = np.arange(n) * tick_s
    fade = np.minimum(1.0, np.minimum(t, t[-1] - t) / 3.0)
    poses = np.zeros((n, 2, 6))
    poses[:, 0, 2] = fade * (0.03 * np.sin(2 * np.pi * 0.2 * t) + 0.002 * np.sin(2 * np.pi * 3 * t))
    poses[:, 0, 0] = fade * 0.01 * np.sin(2 * np.pi * 1.1 * t)
    meter = DoseMeter(2, 1.0 / tick_s, np.zeros((2, 3)))
    for block in np.split(poses, 20):
        meter.push(block)
    found = meter.doses()
    felt = guest_motion(poses[:, 0], tick_s)
    assert found.vdv_x[0] == pytest.approx(
        float(vibration(felt.acceleration[0], "Wd", felt.rate_hz).vdv), rel=0.03
    )
    assert found.vdv_z[0] == pytest.approx(
        float(vibration(felt.acceleration[2], "Wk", felt.rate_hz).vdv), rel=0.03
    )
    assert found.msdv_z[0] == pytest.approx(
        float(vibration(felt.acceleration[2], "Wf", felt.rate_hz).dose), rel=0.03
    )
    assert found.vdv_x[1] == found.msdv_z[1] == 0.0
    meter.reset(0)
    assert meter.doses().vdv_z[0] == 0.0


@pytest.mark.parametrize("rate_hz", [60.0, 100.0, 200.0, 500.0, 1000.0])
def test_the_meter_is_within_its_word_up_to_a_quarter_of_the_rate(rate_hz: float) -> None:
    """Seats that heave a sine each: what a whole number of cycles adds, against the formula."""
    wanted_hz = np.array([0.2, 0.5, 3.0, 8.0, 12.0, 20.0, 25.0, 40.0, 80.0])
    cycles = np.maximum(1, np.round(wanted_hz * 5.0))
    f_hz = (cycles / 5.0)[wanted_hz <= 0.25 * rate_hz]
    t = np.arange(round(25 * rate_hz)) / rate_hz
    poses = np.zeros((len(t), len(f_hz), 6))
    level = 2.0  # m/s2
    poses[:, :, 2] = level / (2 * np.pi * f_hz) ** 2 * np.sin(2 * np.pi * np.outer(t, f_hz))
    meter = DoseMeter(len(f_hz), rate_hz, np.zeros((len(f_hz), 3)))
    settled = round(20 * rate_hz)
    meter.push(poses[:settled])
    before = meter.doses()
    meter.push(poses[settled:])
    after = meter.doses()
    seconds = (len(t) - settled) / rate_hz
    vdv = (after.vdv_z**4 - before.vdv_z**4) ** 0.25
    assert vdv == pytest.approx(level * np.abs(response("Wk", f_hz)) * (0.375 * seconds) ** 0.25, rel=WITHIN)
    msdv = np.sqrt(after.msdv_z**2 - before.msdv_z**2)
    heard = np.abs(response("Wf", f_hz)) > 1e-3
    assert msdv[heard] == pytest.approx(
        (level * np.abs(response("Wf", f_hz)) * (0.5 * seconds) ** 0.5)[heard], rel=WITHIN
    )


def test_blocks_of_any_length_give_one_dose() -> None:
    rows = np.cumsum(np.cumsum(np.random.default_rng(3).standard_normal((300, 2, 6)), axis=0), axis=0) * 1e-5
    at_once, by_one, by_seven = (DoseMeter(2, 100.0, np.zeros((2, 3))) for _ in range(3))
    at_once.push(rows)
    for number in range(300):
        by_one.push(rows[number])
    for number in range(0, 300, 7):
        by_seven.push(rows[number : number + 7])
    for other in (by_one, by_seven):
        assert other.doses().vdv_y == pytest.approx(at_once.doses().vdv_y, rel=1e-9)
        assert other.doses().msdv_z == pytest.approx(at_once.doses().msdv_z, rel=1e-9)
