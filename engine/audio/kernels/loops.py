"""The kernels as plain loops, for a compiler: each stands for itself and uses nothing but arrays and numbers.

Uncompiled they run too, some thousand times slower.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
Places = NDArray[np.float64]

_LARGEST = 3.0e38


def mix_ramped(signals: Samples, gains0: Samples, gains1: Samples, ramp: Samples, out: Samples) -> None:
    """Adds to `out`. Gains that are 0 at both ends cost nothing: a panner's rows have three of 24."""
    n = signals.shape[1]
    for row in range(signals.shape[0]):
        for channel in range(out.shape[0]):
            gain0 = gains0[row, channel]
            rise = gains1[row, channel] - gain0
            if rise != 0.0:
                for i in range(n):
                    out[channel, i] += (gain0 + rise * ramp[i]) * signals[row, i]
            elif gain0 != 0.0:
                for i in range(n):
                    out[channel, i] += gain0 * signals[row, i]


def emit_rows(
    pcm: Samples,
    before: int,
    delay: Places,
    gain: Samples,
    pole: Samples,
    shape: Samples,
    state: Samples,
    ramp: Samples,
    reader: Samples,
    out: Samples,
) -> int:
    """`shape` has no rows when there is none; `reader` is `engine.audio.kernels.sinc.sinc_powers`.

    The reader's 16 weights are powers of the fraction and come in pairs; all of it is spelled out, since that is what goes through wide
    registers: 0.5 us for 256 samples, where weights out of a table took 2.1.
    """
    count = out.shape[0]
    n = out.shape[1]
    pole_at, given = np.empty(n, np.float32), np.empty(n, np.float32)
    unsound = 0
    for row in range(count):
        source = pcm[row]
        made = out[row]
        start = before - delay[0, row]
        slope = (delay[0, row] - delay[1, row]) / n
        if slope == 0.0 and start == np.floor(start):
            window = source[int(start) : int(start) + n]
            for i in range(n):
                made[i] = window[i]
        else:
            # In stretches that stay between the same two samples but for going on: sample i is read at base + i and a fraction.
            begin = 0
            while begin < n:
                sample = int(start + slope * begin + begin)
                base = sample - begin
                end = n
                if slope < 0.0:
                    end = min(n, int((start - base) / -slope) + 1)
                elif slope > 0.0:
                    end = min(n, int(np.ceil((base + 1 - start) / slope)))
                end = max(end, begin + 1)
                x = source[sample - 7 : sample + 9 + end - begin]
                to = made[begin:end]
                from_middle = np.float32(start + slope * begin - base - 0.5)
                rising = np.float32(slope)
                for i in range(end - begin):
                    f = from_middle + rising * np.float32(i)
                    a0, b0 = x[i + 0] + x[i + 15], x[i + 0] - x[i + 15]
                    a1, b1 = x[i + 1] + x[i + 14], x[i + 1] - x[i + 14]
                    a2, b2 = x[i + 2] + x[i + 13], x[i + 2] - x[i + 13]
                    a3, b3 = x[i + 3] + x[i + 12], x[i + 3] - x[i + 12]
                    a4, b4 = x[i + 4] + x[i + 11], x[i + 4] - x[i + 11]
                    a5, b5 = x[i + 5] + x[i + 10], x[i + 5] - x[i + 10]
                    a6, b6 = x[i + 6] + x[i + 9], x[i + 6] - x[i + 9]
                    a7, b7 = x[i + 7] + x[i + 8], x[i + 7] - x[i + 8]
                    c0 = (
                        reader[0, 0] * a0
                        + reader[0, 1] * a1
                        + reader[0, 2] * a2
                        + reader[0, 3] * a3
                        + reader[0, 4] * a4
                        + reader[0, 5] * a5
                        + reader[0, 6] * a6
                        + reader[0, 7] * a7
                    )
                    c1 = (
                        reader[1, 0] * b0
                        + reader[1, 1] * b1
                        + reader[1, 2] * b2
                        + reader[1, 3] * b3
                        + reader[1, 4] * b4
                        + reader[1, 5] * b5
                        + reader[1, 6] * b6
                        + reader[1, 7] * b7
                    )
                    c2 = (
                        reader[2, 0] * a0
                        + reader[2, 1] * a1
                        + reader[2, 2] * a2
                        + reader[2, 3] * a3
                        + reader[2, 4] * a4
                        + reader[2, 5] * a5
                        + reader[2, 6] * a6
                        + reader[2, 7] * a7
                    )
                    c3 = (
                        reader[3, 0] * b0
                        + reader[3, 1] * b1
                        + reader[3, 2] * b2
                        + reader[3, 3] * b3
                        + reader[3, 4] * b4
                        + reader[3, 5] * b5
                        + reader[3, 6] * b6
                        + reader[3, 7] * b7
                    )
                    c4 = (
                        reader[4, 0] * a0
                        + reader[4, 1] * a1
                        + reader[4, 2] * a2
                        + reader[4, 3] * a3
                        + reader[4, 4] * a4
                        + reader[4, 5] * a5
                        + reader[4, 6] * a6
                        + reader[4, 7] * a7
                    )
                    c5 = (
                        reader[5, 0] * b0
                        + reader[5, 1] * b1
                        + reader[5, 2] * b2
                        + reader[5, 3] * b3
                        + reader[5, 4] * b4
                        + reader[5, 5] * b5
                        + reader[5, 6] * b6
                        + reader[5, 7] * b7
                    )
                    c6 = (
                        reader[6, 0] * a0
                        + reader[6, 1] * a1
                        + reader[6, 2] * a2
                        + reader[6, 3] * a3
                        + reader[6, 4] * a4
                        + reader[6, 5] * a5
                        + reader[6, 6] * a6
                        + reader[6, 7] * a7
                    )
                    c7 = (
                        reader[7, 0] * b0
                        + reader[7, 1] * b1
                        + reader[7, 2] * b2
                        + reader[7, 3] * b3
                        + reader[7, 4] * b4
                        + reader[7, 5] * b5
                        + reader[7, 6] * b6
                        + reader[7, 7] * b7
                    )
                    to[i] = c0 + f * (c1 + f * (c2 + f * (c3 + f * (c4 + f * (c5 + f * (c6 + f * c7))))))
                begin = end
        pole0 = pole[0, row]
        turn = pole[1, row] - pole0
        if pole0 > 0.0 or turn > 0.0:
            # Two samples at a step, so that the chain of sums is half as long: y[i] = a b y[i-2] + (x[i] + a x[i-1]), where a is the pole
            # at i and b the one at i - 1; x has its factor 1 - a already.
            for i in range(n):
                pole_at[i] = pole0 + turn * ramp[i]
                given[i] = made[i] * (np.float32(1.0) - pole_at[i])
            made[0] = given[0] + pole0 * state[row]
            for i in range(1, n):
                made[i] = given[i] + pole_at[i] * given[i - 1]
            made[1] += pole_at[1] * pole0 * state[row]
            for i in range(2, n):
                made[i] += pole_at[i] * pole_at[i - 1] * made[i - 2]
            y = made[n - 1]
            state[row] = y
        else:
            state[row] = made[n - 1]
        gain0 = gain[0, row]
        climb = gain[1, row] - gain0
        total = np.float32(0.0)
        if shape.shape[0] > 0:
            for i in range(n):
                made[i] *= (gain0 + climb * ramp[i]) * shape[row, i]
                total += made[i]
        else:
            for i in range(n):
                made[i] *= gain0 + climb * ramp[i]
                total += made[i]
        # Not isfinite: a compiler that may reorder sums takes x - x for 0.
        if not abs(total + state[row]) < _LARGEST:
            unsound += 1
            state[row] = 0.0
            for i in range(n):
                made[i] = 0.0
    return unsound


def on_grid(
    directions: Places,
    around: int,
    up: int,
    itd: Samples,
    late: float,
    index: NDArray[np.int32],
    weight: Samples,
    delay: Samples,
) -> None:
    """The three directions of a grid around each given one, their weights, and the delay of each ear."""
    for row in range(directions.shape[0]):
        x, y, z = directions[row, 0], directions[row, 1], directions[row, 2]
        azimuth = np.arctan2(-x, y) * (around / (2.0 * np.pi))
        if azimuth < 0.0:
            azimuth += around
        elevation = (np.arctan2(z, np.sqrt(x * x + y * y)) / np.pi + 0.5) * (up - 1)
        column = max(0, min(int(azimuth), around - 1))
        line = max(0, min(int(elevation), up - 2))
        across, over = azimuth - column, elevation - line
        after = (column + 1) % around
        index[row, 0, 1] = line * around + after
        index[row, 0, 2] = (line + 1) * around + column
        if across + over > 1.0:
            index[row, 0, 0] = (line + 1) * around + after
            weight[row, 0, 0] = across + over - 1.0
            weight[row, 0, 1] = 1.0 - over
            weight[row, 0, 2] = 1.0 - across
        else:
            index[row, 0, 0] = line * around + column
            weight[row, 0, 0] = 1.0 - across - over
            weight[row, 0, 1] = across
            weight[row, 0, 2] = over
        total = np.float32(0.0)
        for k in range(3):
            total += weight[row, 0, k] * itd[index[row, 0, k]]
        delay[row, 0] = late + 0.5 * total
        delay[row, 1] = late - 0.5 * total


def build_filters(
    bank: Samples,
    index: NDArray[np.int32],
    weight: Samples,
    delay: Samples,
    length: int,
    fractions: Samples,
    colour: Samples,
    slots: NDArray[np.int64],
    filters: Samples,
) -> None:
    """A spectrum of length 2 bins is its real parts, then its imaginary ones; the real number at half the sampling rate stands where bin
    0 has no imaginary one. `colour` has no rows when there is none.
    """
    bins = bank.shape[2] // 2
    ears_apart = index.shape[1] > 1
    points = index.shape[2]
    step_re, step_im = np.empty(16, np.float32), np.empty(16, np.float32)
    for row in range(index.shape[0]):
        for ear in range(2):
            of = ear if ears_apart else 0
            made = filters[slots[row], ear]
            at = index[row, of, 0]
            if points == 3:
                one, two, three = bank[at, ear], bank[index[row, of, 1], ear], bank[index[row, of, 2], ear]
                weight0, weight1, weight2 = weight[row, of, 0], weight[row, of, 1], weight[row, of, 2]
                for j in range(2 * bins):
                    made[j] = weight0 * one[j] + weight1 * two[j] + weight2 * three[j]
            else:
                for j in range(2 * bins):
                    made[j] = 0.0
                for k in range(points):
                    share = weight[row, of, k]
                    if share != 0.0:
                        one = bank[index[row, of, k], ear]
                        for j in range(2 * bins):
                            made[j] += share * one[j]
            # A delay by whole samples turns bin b by b steps: the turns of 16 bins times that of the first of them. By products, in
            # double precision: a cosine apiece took more time than all the rest. What remains of a sample is in a table.
            ticks = int(np.rint(delay[row, ear] * fractions.shape[0]))
            whole = -(-ticks // fractions.shape[0])
            early = fractions[whole * fractions.shape[0] - ticks]
            turn = -2.0 * np.pi * whole / length
            lowest, highest = made[0] * early[0], made[bins] * early[bins]
            if whole % 2 == 1:
                highest = -highest
            one_re, one_im = np.cos(turn), np.sin(turn)
            far_re, far_im = 1.0, 0.0
            for b in range(16):
                step_re[b] = np.float32(far_re)
                step_im[b] = np.float32(far_im)
                far_re, far_im = far_re * one_re - far_im * one_im, far_re * one_im + far_im * one_re
            to_re, to_im = 1.0, 0.0
            for first in range(0, bins, 16):
                turn_re, turn_im = np.float32(to_re), np.float32(to_im)
                own_re, own_im = made[first : first + 16], made[bins + first : bins + first + 16]
                by_re, by_im = early[first : first + 16], early[bins + first : bins + first + 16]
                for b in range(16):
                    c = step_re[b] * turn_re - step_im[b] * turn_im
                    s = step_re[b] * turn_im + step_im[b] * turn_re
                    re = own_re[b] * by_re[b] - own_im[b] * by_im[b]
                    im = own_re[b] * by_im[b] + own_im[b] * by_re[b]
                    own_re[b] = re * c - im * s
                    own_im[b] = re * s + im * c
                to_re, to_im = to_re * far_re - to_im * far_im, to_re * far_im + to_im * far_re
            if colour.shape[0] > 0:
                own_re, own_im = made[:bins], made[bins:]
                by_re, by_im = colour[row, ear, :bins], colour[row, ear, bins:]
                lowest, highest = lowest * by_re[0], highest * by_im[0]
                for j in range(bins):
                    re = own_re[j] * by_re[j] - own_im[j] * by_im[j]
                    own_im[j] = own_re[j] * by_im[j] + own_im[j] * by_re[j]
                    own_re[j] = re
            made[0], made[bins] = lowest, highest


def add_filtered(
    spectra: Samples,
    rows: NDArray[np.int64],
    slots: NDArray[np.int64],
    filters: Samples,
    sums: Samples,
    out: Samples,
) -> None:
    """`spectra` and `out` are complex numbers as pairs; `sums`, shape (2, 2 bins), is room to work in."""
    bins = filters.shape[2] // 2
    for ear in range(2):
        for j in range(2 * bins):
            sums[ear, j] = 0.0
    re, im = np.empty(bins, np.float32), np.empty(bins, np.float32)
    for i in range(rows.shape[0]):
        given = spectra[rows[i]]
        for j in range(bins):
            re[j] = given[2 * j]
            im[j] = given[2 * j + 1]
        im[0] = given[2 * bins]
        for ear in range(2):
            by_re, by_im = filters[slots[i], ear, :bins], filters[slots[i], ear, bins:]
            to_re, to_im = sums[ear, :bins], sums[ear, bins:]
            lowest, highest = to_re[0] + re[0] * by_re[0], to_im[0] + im[0] * by_im[0]
            for j in range(bins):
                to_re[j] += re[j] * by_re[j] - im[j] * by_im[j]
            for j in range(bins):
                to_im[j] += re[j] * by_im[j] + im[j] * by_re[j]
            to_re[0], to_im[0] = lowest, highest
    for ear in range(2):
        made = out[ear]
        # The two packed numbers of bin 0 part.
        made[0] += sums[ear, 0]
        made[2 * bins] += sums[ear, bins]
        for j in range(1, bins):
            made[2 * j] += sums[ear, j]
            made[2 * j + 1] += sums[ear, bins + j]
