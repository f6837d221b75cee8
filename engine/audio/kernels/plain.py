"""The kernels in NumPy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.audio.kernels.sinc import FIRST_TAP, FRACTIONS, STEPS, TAPS, fraction_spectra, sinc_table

Samples = NDArray[np.float32]
Places = NDArray[np.float64]
Spectra = NDArray[np.complex64]


def mix_ramped(signals: Samples, gains0: Samples, gains1: Samples) -> Samples:
    """See `engine.audio.kernels.mix_ramped`."""
    n = signals.shape[1]
    if np.array_equal(gains0, gains1):
        return np.asarray(gains0.T @ signals, np.float32)
    ramp = (np.arange(n) / n).astype(np.float32)
    return np.asarray(gains0.T @ signals + (gains1 - gains0).T @ (signals * ramp), np.float32)


def emit_rows(
    pcm: Samples,
    before: int,
    delay: Places,
    gain: Samples,
    pole: Samples,
    shape: Samples | None,
    state: Samples,
    out: Samples,
) -> int:
    """See `engine.audio.kernels.choice.Kernels.emit_rows`."""
    n = out.shape[1]
    _read(pcm, before, delay, out)
    dull = np.flatnonzero((pole[0] > 0) | (pole[1] > 0))
    if dull.size == out.shape[0]:
        _low_pass(out, pole, state)
    else:
        state_after = out[:, -1].copy()
        if dull.size:
            part = out[dull]
            state_after[dull] = _low_pass(part, pole[:, dull], state[dull])
            out[dull] = part
        state[:] = state_after
    if not np.array_equal(gain[0], gain[1]):
        ramp = (np.arange(n) / n).astype(np.float32)
        out *= gain[0][:, None] + (gain[1] - gain[0])[:, None] * ramp
    else:
        out *= gain[0][:, None]
    if shape is not None:
        out *= shape
    # One sum tells of every NaN and infinity of a row.
    unsound = ~np.isfinite(out.sum(axis=1) + state)
    count = int(np.count_nonzero(unsound))
    if count:
        out[unsound] = 0.0
        state[unsound] = 0.0
    return count


def _read(pcm: Samples, before: int, delay: Places, out: Samples) -> None:
    """The files at the delayed places, into `out`."""
    n = out.shape[1]
    whole = (delay[0] == delay[1]) & (delay[0] == np.floor(delay[0]))
    if whole.all():
        shifts = np.unique(delay[0])
        if shifts.size == 1:
            at = before - int(shifts[0])
            out[:] = pcm[:, at : at + n]
            return
    windows = np.lib.stride_tricks.sliding_window_view(pcm, n, axis=1)
    rows = np.flatnonzero(whole)
    out[rows] = windows[rows, before - delay[0, rows].astype(np.intp)]
    rows = np.flatnonzero(~whole)
    if not rows.size:
        return
    weights, rise = sinc_table()
    steps = np.arange(n)
    place = before + steps - (delay[0, rows, None] + ((delay[1, rows] - delay[0, rows]) / n)[:, None] * steps)
    sample = place.astype(np.intp)
    fine = (place - sample) * STEPS
    step = fine.astype(np.intp)
    taken = np.lib.stride_tricks.sliding_window_view(pcm, TAPS, axis=1)[rows[:, None], sample - FIRST_TAP]
    weight = np.take(rise, step, axis=0)
    weight *= (fine - step).astype(np.float32)[..., None]
    weight += np.take(weights, step, axis=0)
    out[rows] = np.einsum("rik,rik->ri", taken, weight)


def _low_pass(out: Samples, pole: Samples, state: Samples) -> Samples:
    """y[i] = a[i] y[i-1] + (1 - a[i]) x[i] in place, by doubling: as many steps as n has binary digits. Returns and keeps the last."""
    n = out.shape[1]
    ramp = (np.arange(n) / n).astype(np.float32)
    a = pole[0][:, None] + (pole[1] - pole[0])[:, None] * ramp
    out *= 1.0 - a
    out[:, 0] += a[:, 0] * state
    reach = 1
    while reach < n:
        out[:, reach:] += a[:, reach:] * out[:, :-reach]
        a[:, reach:] *= a[:, :-reach].copy()
        reach *= 2
    state[:] = out[:, -1]
    return state


def bank_of(spectra: Spectra) -> Spectra:
    """See `engine.audio.kernels.choice.Kernels.bank_of`."""
    return np.ascontiguousarray(spectra, np.complex64)


def filters_of(slots: int, bins: int) -> Spectra:
    """See `engine.audio.kernels.choice.Kernels.filters_of`."""
    return np.zeros((slots, 2, bins), np.complex64)


def build_filters(
    bank: Spectra,
    index: NDArray[np.int32],
    weight: Samples,
    delay: Samples,
    length: int,
    colour: Spectra | None,
    slots: NDArray[np.int64],
    filters: Spectra,
) -> None:
    """See `engine.audio.kernels.choice.Kernels.build_filters`."""
    bins = bank.shape[2]
    if index.shape[1] == 1:
        made = _weighted(bank.reshape(bank.shape[0], -1), index[:, 0], weight[:, 0]).reshape(-1, 2, bins)
    else:
        made = np.stack([_weighted(bank[:, ear], index[:, ear], weight[:, ear]) for ear in range(2)], axis=1)
    ticks = np.rint(delay * FRACTIONS).astype(np.intp)
    whole = -(-ticks // FRACTIONS)
    turn = (-2j * np.pi / length) * whole[..., None]
    steps = np.exp(turn * np.arange(16)).astype(np.complex64)
    starts = np.exp(turn * np.arange(0, bins, 16)).astype(np.complex64)
    made *= (starts[..., :, None] * steps[..., None, :]).reshape(*delay.shape, -1)[..., :bins]
    made *= fraction_spectra(length)[whole * FRACTIONS - ticks]
    if colour is not None:
        made *= colour
    filters[slots] = made


def _weighted(bank: Spectra, index: NDArray[np.int32], weight: Samples) -> Spectra:
    """Rows of `bank` (D, F) summed by weight: index and weight (R, K), result (R, F)."""
    made = weight[:, 0, None] * bank[index[:, 0]]
    for k in range(1, index.shape[1]):
        made += weight[:, k, None] * bank[index[:, k]]
    return made


def add_filtered(
    spectra: Spectra, rows: NDArray[np.int64], slots: NDArray[np.int64], filters: Spectra, out: Spectra
) -> None:
    """See `engine.audio.kernels.choice.Kernels.add_filtered`."""
    out += np.einsum("rf,ref->ef", spectra[rows], filters[slots])


def on_grid(
    directions: Places, around: int, up: int, itd: Samples, late: float
) -> tuple[NDArray[np.int32], Samples, Samples]:
    """See `engine.audio.kernels.choice.Kernels.on_grid`."""
    x, y, z = directions.T
    azimuth = np.arctan2(-x, y) * (around / (2.0 * np.pi)) % around
    elevation = (np.arctan2(z, np.sqrt(x * x + y * y)) / np.pi + 0.5) * (up - 1)
    column = np.minimum(azimuth.astype(np.int32), around - 1)
    line = np.clip(elevation.astype(np.int32), 0, up - 2)
    across, over = azimuth - column, elevation - line
    right, here = line * around + (column + 1) % around, line * around + column
    upper = across + over > 1.0
    index = np.stack([np.where(upper, right + around, here), right, here + around], axis=1).astype(np.int32)
    beyond = np.abs(1.0 - across - over)
    weight = np.stack(
        [beyond, np.where(upper, 1.0 - over, across), np.where(upper, 1.0 - across, over)], axis=1
    )
    half = 0.5 * np.einsum("sk,sk->s", weight, itd[index])
    delay = np.stack([late + half, late - half], axis=1).astype(np.float32)
    return index[:, None], weight[:, None].astype(np.float32), delay
