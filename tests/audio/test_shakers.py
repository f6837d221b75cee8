"""Audio-band shakers: a role becomes a sine, within limits, on its channel; the ears do not hear it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.audio.assembly import ShakerSetup, make_mix
from engine.audio.clips import SAMPLE_RATE_HZ
from engine.audio.device_mix import DeviceMix
from engine.audio.shakers import SLEW_PER_S, STEP, Shakers
from engine.experience.rig import ShakerSpec
from engine.time.segments import Controls, SegmentKind, Transport
from engine.timeline.roles import RoleKind, RoleSpec, RoleTable
from engine.units import MODALITIES
from tests.audio.rooms import PLAIN, S_NS, Room, run, tone

ROLES = RoleTable.of((RoleSpec("seat.shaker", RoleKind.HAPTIC, "seat", "haptic", rest=(0.0, 40.0)),))
SPEC = ShakerSpec("seat.shaker", 3, gain_db=0.0)
RUNNING = Transport()


@dataclass(frozen=True)
class Rumbling:
    """Amplitude and frequency as a function of host time in seconds."""

    at: Callable[[float], tuple[float, float]]

    def levels(self, transport: Transport, host_ns: int, seat: int) -> tuple[float, float]:
        return self.at(host_ns / S_NS)


def shaken(
    at: Callable[[float], tuple[float, float]], seconds: float, *specs: ShakerSpec, block: int = 512
) -> np.ndarray:
    shakers = Shakers(specs or (SPEC,), Rumbling(at), ROLES)
    parts, done, total = [], 0, round(seconds * SAMPLE_RATE_HZ)
    while done < total:
        count = min(block, total - done)
        parts.append(shakers.render(RUNNING, -(-done * 62_500 // 3), count))
        done += count
    return np.concatenate(parts)


def test_a_role_becomes_a_sine_of_its_frequency_and_level() -> None:
    made = shaken(lambda t: (0.5, 50.0), 2.0)[SAMPLE_RATE_HZ:, 0].astype(float)
    spectrum = np.abs(np.fft.rfft(made)) / (made.size / 2)
    assert int(spectrum.argmax()) == 50  # a second long: bins are hertz
    assert spectrum[50] == pytest.approx(0.5, abs=1e-4)
    spectrum[50] = 0.0
    assert spectrum.max() < 1e-3


@given(st.integers(1, 4000), st.integers(1, 4000))
def test_the_same_samples_whatever_the_blocks(a: int, b: int) -> None:
    def at(t: float) -> tuple[float, float]:
        return (0.5 + 0.5 * math.sin(9 * t), 60 + 40 * math.cos(5 * t))

    assert np.array_equal(shaken(at, 0.25, block=a), shaken(at, 0.25, block=b))


wild = st.floats(allow_nan=True, allow_infinity=True)


@given(st.lists(st.tuples(wild, wild), min_size=1, max_size=40))
def test_whatever_is_wanted_amplitude_and_frequency_stay_civil(wanted: list[tuple[float, float]]) -> None:
    made = shaken(lambda t: wanted[int(t / 0.002) % len(wanted)], 0.1)[:, 0].astype(float)
    assert np.isfinite(made).all()
    assert np.abs(made).max() <= 1.0
    # The steepest a civil sine can be: full amplitude at the highest frequency, plus the slew itself.
    steepest = (2 * math.pi * SPEC.high_hz + SLEW_PER_S) / SAMPLE_RATE_HZ
    assert np.abs(np.diff(made)).max() <= steepest * 1.001


def test_a_stop_a_mute_and_a_silent_conductor_are_silence_within_a_slew() -> None:
    bound = round(SAMPLE_RATE_HZ / SLEW_PER_S) + 2 * STEP
    for transport, alive in (
        (Transport(controls=(Controls(version=1, stopped=True),)), True),
        (Transport(controls=(Controls(version=1, muted_roles_mask=1),)), True),
        (RUNNING, False),
    ):
        shakers = Shakers((SPEC,), Rumbling(lambda t: (1.0, 60.0)), ROLES)
        before = shakers.render(RUNNING, 0, 4800)
        assert np.abs(before[-2400:]).max() > 0.9
        after = shakers.render(transport, 100_000_000, 9600, alive=alive)
        assert np.abs(after[bound:]).max() == 0.0


def test_intensity_and_gain_scale_it() -> None:
    intensities = tuple(0.5 if name == "haptic" else 1.0 for name in MODALITIES)
    shakers = Shakers((ShakerSpec("seat.shaker", 3, gain_db=-6.0),), Rumbling(lambda t: (1.0, 60.0)), ROLES)
    made = shakers.render(Transport(controls=(Controls(version=1, intensities=intensities),)), 0, 9600)
    assert np.abs(made[4800:]).max() == pytest.approx(0.5 * 10 ** (-6 / 20), rel=1e-3)


def test_the_exciter_is_asked_as_early_as_it_is_late() -> None:
    late = ShakerSpec("seat.shaker", 3, gain_db=0.0, latency_ns=50_000_000)
    made = shaken(lambda t: (1.0 if t >= 0.1 else 0.0, 60.0), 0.2, late)
    first = int(np.flatnonzero(made[:, 0])[0])
    assert abs(first / SAMPLE_RATE_HZ - 0.05) < 0.0041


def seat_mix(room: Room) -> DeviceMix:
    setup = ShakerSetup(
        (SPEC, ShakerSpec("gone.role", 5, gain_db=-6.0)), Rumbling(lambda t: (0.0, 40.0)), ROLES
    )
    return make_mix(room.book, room.clips, settings=PLAIN, shakers=setup)


def test_sounds_for_the_shakers_reach_them_and_not_the_ears() -> None:
    room = Room()
    room.scene(room.sound("low", tone(2.0, 50.0), bus="shakers"), room.sound("high", tone(2.0, 1000.0)))
    mix = seat_mix(room)
    assert mix.channels == 5
    transport = run((0.0, 0, 0.0, 1, SegmentKind.START))
    made = mix.render(transport, 0, 2 * SAMPLE_RATE_HZ)[SAMPLE_RATE_HZ:].astype(float)
    spectrum = np.abs(np.fft.rfft(made, axis=0)) / (made.shape[0] / 2)
    assert spectrum[50, 0] < 1e-4
    assert spectrum[1000, 0] > 0.05
    assert spectrum[50, 2] > 0.05
    assert spectrum[1000, 2] < 1e-3
    assert spectrum[50, 4] == pytest.approx(spectrum[50, 2] * 10 ** (-6 / 20), rel=1e-3)
    assert np.abs(made[:, 3]).max() == 0.0


def test_a_rig_without_shakers_has_the_channels_of_its_outputs() -> None:
    room = Room()
    room.scene()
    assert make_mix(room.book, room.clips).channels == 2
