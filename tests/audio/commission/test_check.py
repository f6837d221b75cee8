"""Noise, hum, clicks and lost samples."""

from __future__ import annotations

import numpy as np
import pytest

from engine.audio.commission.check import judge_noise, judge_tone, noise_floor, steadiness
from engine.audio.commission.room import SimulatedRoom
from engine.audio.commission.signals import tone
from tests.audio.commission.rooms import VENUE


def recording(noise: float = 1e-4) -> np.ndarray:
    rng = np.random.Generator(np.random.PCG64(2))
    made = noise * rng.standard_normal(120_000)
    played = tone(2.0, -30.0)
    made[600 : 600 + played.size] += played
    return made


def test_a_steady_tone_is_clean() -> None:
    assert judge_tone(recording()).clean
    assert judge_tone(recording(0.0)).clean
    assert judge_tone(recording(2e-3)).clean, "noise is no click"


@pytest.mark.parametrize("lost", [1, 3, 7])
def test_samples_that_are_lost_or_repeated_are_counted(lost: int) -> None:
    made = recording()
    gone = np.concatenate([made[:48_000], made[48_000 + lost :], np.zeros(lost)])
    repeated = np.concatenate([made[:48_000], made[48_000 - lost : -lost]])
    for heard, samples in ((gone, lost), (repeated, -lost)):
        found = judge_tone(heard)
        assert len(found.slips) == 1
        at_s, torn = found.slips[0]
        assert at_s == pytest.approx(1.0, abs=0.05)
        assert torn == pytest.approx(samples, abs=0.1)


def test_clicks_are_found_where_they_are() -> None:
    made = recording()
    made[40_000] += 0.01
    made[60_000:60_003] -= 0.004
    found = judge_tone(made)
    assert found.clicks_s == pytest.approx((40_000 / 48_000, 60_000 / 48_000), abs=2e-4)
    assert not found.slips


def test_a_tone_that_is_not_there_is_not_judged() -> None:
    rng = np.random.Generator(np.random.PCG64(2))
    assert not judge_tone(0.1 * rng.standard_normal(100_000)).heard
    assert not judge_tone(np.zeros(100_000)).heard
    assert not judge_tone(np.zeros(10)).heard


def test_noise_and_hum() -> None:
    rng = np.random.Generator(np.random.PCG64(2))
    noise = 1e-3 * rng.standard_normal(48_000)
    found = judge_noise(noise)
    assert found.rms_dbfs == pytest.approx(-60, abs=0.1)
    assert found.hum_hz == 0.0
    t = np.arange(48_000) / 48_000
    for hz in (50.0, 60.0):
        humming = noise + 2e-3 * np.sin(2 * np.pi * hz * t) + 1e-3 * np.sin(2 * np.pi * 3 * hz * t)
        assert judge_noise(humming).hum_hz == hz
    assert judge_noise(np.zeros(0)).rms_dbfs == -200


def test_a_device_that_stumbles_is_caught_in_the_room() -> None:
    room = SimulatedRoom(VENUE, 5, noise_dbfs=-80)
    assert noise_floor(room, 0.5).rms_dbfs == pytest.approx(-80, abs=0.2)
    assert steadiness(room, 1, -24.0).clean
    room.glitch = (50_000,)
    found = steadiness(room, 1, -24.0)
    assert found.slips[0][1] == pytest.approx(2, abs=0.2)
