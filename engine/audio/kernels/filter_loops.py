"""The kernels of ears as plain loops, for a compiler: see `engine.audio.kernels.loops`.

A spectrum of length 2 bins is its real parts, then its imaginary ones; the real number at half the sampling rate stands where bin 0 has no
imaginary one. Slices rather than sums as indices: an index that might be negative keeps a loop out of wide registers.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
Places = NDArray[np.float64]


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
    """`colour` has no rows when there is none."""
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
