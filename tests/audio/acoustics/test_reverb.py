"""Late reverberation measured on its own impulse responses: decay by octave, level, how diffuse it is, what it remembers."""

from __future__ import annotations

import numpy as np
import pytest

from engine.audio.acoustics.fdn import Tail
from engine.audio.acoustics.fdn_design import CHUNK, RING, Network, network
from engine.audio.acoustics.reverb import Reverberation
from engine.audio.acoustics.room import room_of
from engine.timeline.acoustics import OCTAVES_HZ, RoomSpec

FS = 48_000
VAULT_S = np.array([2.0, 1.9, 1.7, 1.5, 1.2, 0.85, 0.5])
"""A stone bridge's, 4.2 x 14 x 3 m."""
VAULT = RoomSpec("vault", (0.0, 18.0, 1.5), (4.2, 14.0, 3.0), 0.0, tuple(VAULT_S.tolist()))
SMALL = RoomSpec("small", (0.0, 0.0, 0.0), (3.0, 4.0, 2.5), 0.0, (0.3,) * 7)


def impulse_response(design: Network, seconds: float, which: str = "numpy", block: int = CHUNK) -> np.ndarray:
    tail, found, send = Tail(design, which), [], np.zeros(block, np.float32)
    send[0] = 1.0
    for number in range(int(seconds * FS / block)):
        found.append(tail.run(send if number == 0 else np.zeros(block, np.float32)))
    return design.field @ np.concatenate(found).T


def octave(hoa: np.ndarray, hz: float) -> np.ndarray:
    from scipy.signal import butter, sosfiltfilt

    return sosfiltfilt(butter(3, [hz / 2**0.5, hz * 2**0.5], "band", fs=FS, output="sos"), hoa, axis=-1)


def decay_s(hoa: np.ndarray) -> float:
    """T30 by Schroeder's backward integration (ISO 3382-1)."""
    left = np.cumsum(np.sum(hoa**2, axis=0)[::-1])[::-1]
    level_db = 10 * np.log10(left / left[0] + 1e-14)
    span = np.flatnonzero((level_db < -5) & (level_db > -35))
    return float(-60.0 / np.polyfit(span / FS, level_db[span], 1)[0])


def test_a_vault_decays_as_it_should_in_every_octave() -> None:
    response = impulse_response(network(VAULT_S, 3.1 / 343), 1.5)
    found = [decay_s(octave(response[:2], hz)) for hz in OCTAVES_HZ]
    print("asked", VAULT_S, "found", np.round(found, 2))
    assert found == pytest.approx(VAULT_S, rel=0.10)


@pytest.mark.parametrize(
    "rt60_s", [(0.3,) * 7, (0.6, 0.8, 1.0, 1.0, 0.9, 0.7, 0.5), (0.4, 0.35, 0.3, 0.3, 0.3, 0.3, 0.3)]
)
def test_rooms_decay_as_they_should(rt60_s: tuple[float, ...]) -> None:
    response = impulse_response(network(np.array(rt60_s), 0.008), 0.9)
    assert decay_s(octave(response[:4], 1000.0)) == pytest.approx(rt60_s[3], rel=0.07)
    assert decay_s(octave(response[:4], 4000.0)) == pytest.approx(rt60_s[5], rel=0.12)


def test_its_level_is_the_diffuse_fields() -> None:
    """Energy of the response at 1 kHz, against that of the impulse in the same octave: 0 dB by design, `Room.late_gain` does the rest."""
    response = impulse_response(network(np.full(7, 0.5), 0.008), 0.8)
    click = np.zeros(8192)
    click[4096] = 1.0
    level_db = 10 * np.log10(np.sum(octave(response[0], 1000.0) ** 2) / np.sum(octave(click, 1000.0) ** 2))
    print(f"{level_db:+.2f} dB")
    assert abs(level_db) < 1.0


def test_it_comes_from_everywhere_alike() -> None:
    response = impulse_response(network(np.full(7, 0.6), 0.008), 0.8)[:, 4000:]
    weight = np.sqrt(np.repeat([1, 3, 5, 7], [1, 3, 5, 7]))[
        :, None
    ]  # SN3D to N3D: a diffuse field is as loud in every channel
    together = np.corrcoef(response)
    level_db = 10 * np.log10(np.sum((weight * response) ** 2, axis=1))
    print("spread", np.ptp(level_db), "dB, highest correlation", np.max(np.abs(together - np.eye(16))))
    assert np.ptp(level_db) < 1.0
    assert np.max(np.abs(together - np.eye(16))) < 0.15


def test_it_is_dense_within_a_tenth_of_a_second() -> None:
    """Echo density after Abel and Huang 2006 (AES 121): share of samples beyond one deviation, against that of Gaussian noise."""
    response = impulse_response(network(VAULT_S, 3.1 / 343), 0.4)[0]
    window = 960

    def density(at_s: float) -> float:
        part = response[int(at_s * FS) : int(at_s * FS) + window]
        return float(np.mean(np.abs(part) > part.std()) / 0.3173)

    found = [density(at_s) for at_s in (0.02, 0.05, 0.1, 0.2)]
    print("at 20, 50, 100, 200 ms", np.round(found, 2))
    assert found[0] > 0.5 and min(found[2:]) > 0.85


def test_compiled_and_plain_agree() -> None:
    pytest.importorskip("numba", reason="the extra numba is not installed: there is only one kernel")
    design = network(VAULT_S, 3.1 / 343)
    rng = np.random.default_rng(3)
    plain, compiled = Tail(design, "numpy"), Tail(design, "numba")
    for n in (256, 256, 100, 7, 256, 256, 1, 512, 256):
        send = rng.standard_normal(n).astype(np.float32)
        assert np.max(np.abs(plain.run(send) - compiled.run(send))) < 1e-5


def test_blocks_of_any_length_give_the_same() -> None:
    design = network(np.full(7, 0.3), 0.005)
    send = np.random.default_rng(4).standard_normal(3000).astype(np.float32)
    whole, parts, found, at = Tail(design, "numpy"), Tail(design, "numpy"), [], 0
    for n in (1, 255, 300, 17, 1000, 1427):
        found.append(parts.run(send[at : at + n]))
        at += n
    assert np.max(np.abs(whole.run(send) - np.concatenate(found))) < 2e-6


def test_it_forgets_to_the_last_bit() -> None:
    design = network(np.full(7, 0.15), 0.004)
    tail, fresh = Tail(design, "numpy"), Tail(design, "numpy")
    noise = np.random.default_rng(5).standard_normal(256).astype(np.float32)
    tail.run(noise)
    silence = np.zeros(256, np.float32)
    for _ in range(design.memory // 256 + 1):
        last = tail.run(silence)
    assert not tail.ringing and np.max(np.abs(last)) < 1e-4
    assert not np.any(tail.run(silence))
    assert np.array_equal(tail.run(noise), fresh.run(noise))


def test_what_went_before_its_memory_is_not_heard() -> None:
    """A mixer that feeds it `memory` samples after a seek hears what playing would have given, to 100 dB."""
    design = network(np.full(7, 0.15), 0.004)
    noise = np.random.default_rng(6).standard_normal(2 * design.memory).astype(np.float32)
    played, sought = Tail(design, "numpy"), Tail(design, "numpy")
    whole = played.run(noise)
    late = sought.run(noise[design.memory :])
    ratio_db = 20 * np.log10(np.std(whole[-256:] - late[-256:]) / np.std(whole[-256:]))
    print(f"{ratio_db:.0f} dB")
    assert ratio_db < -98.0


def test_no_room_makes_it_grow() -> None:
    rng = np.random.default_rng(7)
    for _ in range(12):
        rt60_s = np.exp(rng.uniform(np.log(0.1), np.log(30.0), 7))
        design = network(rt60_s, float(rng.uniform(0.001, 0.2)))
        assert (
            design.delay.min() > CHUNK
            and design.delay.max() <= RING - CHUNK + 64
            and len(set(design.delay.tolist())) == 16
        )
        hz = np.linspace(0.0, FS / 2, 400)
        low = (1 - design.poles) / (1 - design.poles * np.exp(-2j * np.pi * hz / FS)[:, None])
        high = design.high.T[:, None]
        loop = design.first[:, None] * np.prod(np.abs(high + (1 - high) * low), axis=2)
        assert np.max(loop) <= 1.0


def test_what_is_no_number_is_silent() -> None:
    tail = Tail(network(np.full(7, 0.3), 0.005), "numpy")
    send = np.full(256, np.nan, np.float32)
    assert not np.any(tail.run(send))
    send[:] = 1.0
    send[3] = np.inf
    assert np.all(np.isfinite(tail.run(send))) and not tail.ringing


def test_rooms_fill_and_ring_on_as_one_walks_from_one_to_the_other() -> None:
    made = Reverberation([room_of(SMALL), room_of(VAULT)], "numpy")
    noise = np.random.default_rng(8).standard_normal((2, 256)).astype(np.float32)
    send = np.zeros((2, 2, 2), np.float32)
    send[:, 0, 1] = 1.0  # the first source feeds the vault, the second nothing

    def block(heard: dict[int, tuple[float, float]], sending: bool = True) -> np.ndarray:
        hoa = np.zeros((16, 256), np.float32)
        made.add(noise, send if sending else np.zeros_like(send), heard, hoa)
        return hoa

    for _ in range(20):
        inside = block({0: (0.0, 0.0), 1: (1.0, 1.0)})
    fading = block({0: (0.0, 0.0), 1: (1.0, 0.5)})
    next_scene = [
        block({0: (1.0, 1.0)}, sending=False) for _ in range(60)
    ]  # the vault's scene is over: its tail rings on
    level = [float(np.std(part)) for part in (inside, fading, next_scene[0], next_scene[-1])]
    assert level[0] > level[1] > level[2] > 4.0 * level[3] > 0.0
    assert level[2] == pytest.approx(0.5 * level[0], rel=0.3)
    assert made.ringing and made.memory > 3 * FS
    made.forget()
    assert not made.ringing and not np.any(block({1: (1.0, 1.0)}, sending=False))


def test_without_rooms_there_is_nothing_to_do() -> None:
    hoa = np.zeros((16, 256), np.float32)
    Reverberation([]).add(np.ones((1, 256), np.float32), np.zeros((2, 1, 0), np.float32), {}, hoa)
    assert not np.any(hoa)
