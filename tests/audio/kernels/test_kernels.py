"""The inner loops: what they do, and that both versions of them agree."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

from engine.audio.binaural import SphereHead
from engine.audio.block import AFTER, BEFORE
from engine.audio.kernels import Kernels, compiled, kernels, loops, mix_ramped
from engine.audio.kernels.compiled import CompiledKernels
from engine.audio.kernels.sinc import sinc_powers
from engine.errors import MissingExtra, UsageError

N = 256
HAS_NUMBA = importlib.util.find_spec("numba") is not None
BOTH = ["numpy", *(["numba"] if HAS_NUMBA else [])]


@pytest.fixture(params=BOTH)
def made(request: pytest.FixtureRequest) -> Kernels:
    return kernels(request.param)


def emitted(
    using: Kernels,
    pcm: np.ndarray,
    delay: object,
    gain: object = 1.0,
    pole: object = 0.0,
    shape: np.ndarray | None = None,
) -> np.ndarray:
    count = pcm.shape[0]
    out = np.empty((count, N), np.float32)

    def ends(value: object, kind: type) -> np.ndarray:
        return np.ascontiguousarray(np.broadcast_to(np.asarray(value, kind).reshape(-1, 1), (2, count)))

    state = np.zeros(count, np.float32)
    using.emit_rows(
        pcm,
        BEFORE,
        ends(delay, np.float64),
        ends(gain, np.float32),
        ends(pole, np.float32),
        shape,
        state,
        out,
    )
    return out


def tone(hz: float, at: np.ndarray) -> np.ndarray:
    return np.sin(2 * np.pi * hz * at / 48_000)


def around(hz: float) -> np.ndarray:
    return tone(hz, np.arange(-BEFORE, N + AFTER))[None].astype(np.float32)


def test_gains_glide_from_block_end_to_block_end(made: Kernels) -> None:
    signals = np.ones((2, N), np.float32)
    mixed = made.mix_ramped(
        signals, np.array([[0.0, 1], [0, 0]], np.float32), np.array([[1.0, 1], [0, 2]], np.float32)
    )
    assert mixed.shape == (2, N)
    np.testing.assert_allclose(mixed[0], np.arange(N) / N, atol=1e-6)
    np.testing.assert_allclose(mixed[1], 1 + 2 * np.arange(N) / N, atol=1e-6)


def test_nothing_to_mix_is_silence(made: Kernels) -> None:
    none = np.zeros((0, 3), np.float32)
    assert not made.mix_ramped(np.zeros((0, N), np.float32), none, none).any()
    assert mix_ramped(np.zeros((0, N), np.float32), none, none).shape == (3, N)


def test_whole_delays_are_copies_to_the_bit(made: Kernels) -> None:
    pcm = np.random.default_rng(1).standard_normal((3, BEFORE + N + AFTER)).astype(np.float32)
    np.testing.assert_array_equal(emitted(made, pcm, 0.0), pcm[:, BEFORE : BEFORE + N])
    np.testing.assert_array_equal(emitted(made, pcm, -64.0), pcm[:, BEFORE + 64 : BEFORE + 64 + N])
    np.testing.assert_array_equal(emitted(made, pcm, 64.0), pcm[:, BEFORE - 64 : BEFORE - 64 + N])


@pytest.mark.parametrize("hz", [1_000.0, 5_000.0, 10_000.0, 15_000.0])
@pytest.mark.parametrize("delay", [(10.37, 10.37), (10.37, 10.34), (-60.0, 63.9)])
def test_reading_between_samples_is_clean_to_80_db(
    made: Kernels, hz: float, delay: tuple[float, float]
) -> None:
    got = emitted(made, around(hz), delay)[0]
    at = np.arange(N)
    wanted = tone(hz, at - (delay[0] + (delay[1] - delay[0]) * at / N))
    error_db = 10 * np.log10(np.mean((got - wanted) ** 2) / np.mean(wanted**2))
    assert error_db < -80


def test_a_constant_stays_one_wherever_it_is_read(made: Kernels) -> None:
    got = emitted(made, np.ones((1, BEFORE + N + AFTER), np.float32), (3.3, -20.77))
    np.testing.assert_allclose(got, 1.0, atol=2e-6)


def test_level_and_shape_multiply(made: Kernels) -> None:
    shape = np.linspace(1, 0, N, dtype=np.float32)[None]
    got = emitted(made, np.ones((1, BEFORE + N + AFTER), np.float32), 0.0, (0.25, 0.75), shape=shape)
    np.testing.assert_allclose(got[0], (0.25 + 0.5 * np.arange(N) / N) * shape[0], atol=1e-6)


def test_the_low_pass_glides(made: Kernels) -> None:
    pcm = np.random.default_rng(2).standard_normal((1, BEFORE + N + AFTER)).astype(np.float32)
    got = emitted(made, pcm, 0.0, pole=(0.3, 0.9))[0]
    y, wanted = 0.0, []
    for i, x in enumerate(pcm[0, BEFORE : BEFORE + N].astype(np.float64)):
        a = 0.3 + 0.6 * i / N
        y = a * y + (1 - a) * x
        wanted.append(y)
    np.testing.assert_allclose(got, wanted, atol=2e-6)


def test_a_row_that_is_no_number_is_silent_alone(made: Kernels) -> None:
    pcm = np.ones((3, BEFORE + N + AFTER), np.float32)
    pcm[0, 200], pcm[2, 210] = np.nan, np.inf
    out = np.empty((3, N), np.float32)
    zeros, ones = np.zeros((2, 3)), np.ones((2, 3), np.float32)
    state = np.zeros(3, np.float32)
    unsound = made.emit_rows(pcm, BEFORE, zeros, ones, 0.5 * ones, None, state, out)
    assert unsound == 2
    assert not out[[0, 2]].any() and not state[[0, 2]].any()
    assert out[1, -1] == pytest.approx(1.0)


@pytest.mark.skipif(not HAS_NUMBA, reason="compares the compiled kernels with NumPy's; Numba is an extra")
def test_compiled_and_plain_agree() -> None:
    rng = np.random.default_rng(3)
    count = 37
    pcm = rng.standard_normal((count, BEFORE + N + AFTER)).astype(np.float32)
    delay = rng.uniform(-64, 64, (2, count))
    delay[:, ::3] = np.rint(delay[0, ::3])
    delay[1, ::5] = delay[0, ::5]
    gain = rng.uniform(0, 1, (2, count)).astype(np.float32)
    pole = (rng.uniform(0, 0.99, (2, count)) * (rng.random(count) < 0.5)).astype(np.float32)
    shape = rng.uniform(0, 1, (count, N)).astype(np.float32)
    outs, states = [], []
    for which in BOTH:
        out, state = np.empty((count, N), np.float32), rng.standard_normal(count).astype(np.float32) * 0 + 0.5
        kernels(which).emit_rows(pcm, BEFORE, delay, gain, pole, shape, state, out)
        outs.append(out)
        states.append(state)
    np.testing.assert_allclose(outs[0], outs[1], atol=1e-5)
    np.testing.assert_allclose(states[0], states[1], atol=1e-5)
    gains = rng.uniform(-1, 1, (2, count, 24)).astype(np.float32)
    mixes = [kernels(which).mix_ramped(outs[0], gains[0], gains[1]) for which in BOTH]
    np.testing.assert_allclose(mixes[0], mixes[1], atol=1e-5)


def test_the_loops_stand_for_themselves_uncompiled() -> None:
    pcm = around(997.0)
    n = 16
    out = np.empty((1, n), np.float32)
    ramp = (np.arange(n) / n).astype(np.float32)
    two = np.ones((2, 1), np.float32)
    none = np.zeros((0, 1), np.float32)
    at = np.full((2, 1), 0.5)
    loops.emit_rows(pcm, BEFORE, at, two, 0 * two, none, np.zeros(1, np.float32), ramp, sinc_powers(), out)
    np.testing.assert_allclose(out[0], tone(997.0, np.arange(n) - 0.5), atol=1e-4)


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"'fortran'.*numba, numpy"):
        kernels("fortran")


def test_without_numba_its_name_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numba", None)
    with pytest.raises(MissingExtra, match=r"sensorama\[numba\]"):
        CompiledKernels()


@pytest.mark.skipif(not HAS_NUMBA, reason="is about the compiled kernels' cache; Numba is an extra")
def test_a_cache_that_is_broken_is_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[bool] = []

    def compile_once(self: CompiledKernels, numba: object, *, keep: bool) -> None:
        tried.append(keep)
        if keep:
            raise EOFError("the index is cut short")

    monkeypatch.setattr(CompiledKernels, "_compile", compile_once)
    monkeypatch.setattr(compiled, "_writable", lambda folder: True)
    CompiledKernels()
    assert tried == [True, False]


def test_a_folder_that_cannot_be_made_keeps_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert not compiled._writable(tmp_path / "file" / "kernels")
    assert compiled._writable(tmp_path / "new" / "kernels")


def test_the_cache_is_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SENSORAMA_CACHE", str(tmp_path))
    assert compiled.cache_folder() == tmp_path / "kernels"


def random_spectra(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Of real signals: real at both ends."""
    made = rng.standard_normal(shape) + 1j * rng.standard_normal(shape)
    made[..., [0, -1]] = made[..., [0, -1]].real
    return made.astype(np.complex64)


@pytest.mark.parametrize(("ears", "points", "coloured"), [(1, 3, False), (2, 4, True), (1, 7, True)])
def test_filters_of_both_versions_agree(ears: int, points: int, coloured: bool) -> None:
    rng = np.random.default_rng(5)
    length, rows = 64, 5
    bank = random_spectra(rng, 11, 2, length // 2 + 1)
    index = rng.integers(0, 11, (rows, ears, points)).astype(np.int32)
    weight = rng.random((rows, ears, points)).astype(np.float32)
    delay = rng.uniform(10, 20, (rows, 2)).astype(np.float32)
    delay[0] = 12.0
    colour = random_spectra(rng, rows, 2, length // 2 + 1) if coloured else None
    signals = random_spectra(rng, rows, length // 2 + 1)
    slots = np.array([3, 0, 6, 2, 5])
    heard = []
    for which in BOTH:
        using = kernels(which)
        filters = using.filters_of(7, length // 2 + 1)
        using.build_filters(using.bank_of(bank), index, weight, delay, length, colour, slots, filters)
        out = np.zeros((2, length // 2 + 1), np.complex64)
        using.add_filtered(signals, np.arange(4), slots[:4], filters, out)
        using.add_filtered(signals, np.array([4]), slots[4:], filters, out)
        heard.append(out)
    np.testing.assert_allclose(heard[0], heard[-1], atol=2e-5 * np.abs(heard[0]).max())
    assert np.abs(heard[0]).max() > 1


def test_a_delay_between_samples_ends_after_the_readers_width(made: Kernels) -> None:
    length = 256
    bins = length // 2 + 1
    filters = made.filters_of(1, bins)
    one = np.ones((1, 1, 1), np.float32)
    flat = made.bank_of(np.ones((1, 2, bins), np.complex64))
    delay = np.array([[40.0, 40.5]], np.float32)
    made.build_filters(flat, np.zeros((1, 1, 1), np.int32), one, delay, length, None, np.array([0]), filters)
    out = np.zeros((2, bins), np.complex64)
    made.add_filtered(np.ones((1, bins), np.complex64), np.array([0]), np.array([0]), filters, out)
    responses = np.fft.irfft(out, length)
    whole = np.zeros(length)
    whole[40] = 1.0
    np.testing.assert_allclose(responses[0], whole, atol=1e-6)
    assert np.abs(np.delete(responses[1], np.arange(33, 49))).max() < 1e-6
    np.testing.assert_allclose(responses[1, 33:49], responses[1, 33:49][::-1], atol=1e-6)


def test_the_grid_is_walked_as_the_table_says(made: Kernels) -> None:
    table = SphereHead(15.0)
    rng = np.random.default_rng(6)
    directions = np.concatenate(
        [rng.standard_normal((200, 3)), table.directions, [[-1e-300, 1.0, 0.0], [0.0, -1.0, 0.0]]]
    )
    directions /= np.sqrt((directions**2).sum(axis=1, keepdims=True))
    index, weight, delay = made.on_grid(directions, *table.grid, table.itd_samples, 32.0)
    assert index.min() >= 0 and index.max() < len(table.directions)
    np.testing.assert_allclose(weight.sum(axis=2), 1.0, atol=1e-6)
    assert weight.min() > -1e-6
    found, share = table.lookup(directions)
    itd = (share * table.itd_samples[found]).sum(axis=1)
    np.testing.assert_allclose(delay[:, 0] - delay[:, 1], itd, atol=1e-3)
    np.testing.assert_allclose(delay.mean(axis=1), 32.0, atol=1e-5)
    middle = (weight[:, 0, :, None] * table.directions[index[:, 0]]).sum(axis=1)
    assert (
        np.sum(middle * directions, axis=1) > np.cos(np.radians(12.0)) * np.linalg.norm(middle, axis=1) - 1e-9
    ).all()
