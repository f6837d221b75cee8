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
