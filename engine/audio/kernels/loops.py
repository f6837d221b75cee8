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
    weights: Samples,
    rise: Samples,
    out: Samples,
) -> int:
    """`shape` has no rows when there is none."""
    count = out.shape[0]
    n = out.shape[1]
    taps = weights.shape[1]
    first = taps // 2 - 1
    steps = weights.shape[0]
    unsound = 0
    fixed = np.empty(taps, np.float32)
    for row in range(count):
        source = pcm[row]
        made = out[row]
        delay0, delay1 = delay[0, row], delay[1, row]
        if delay0 == delay1:
            place = before - delay0
            sample = int(place)
            fine = (place - sample) * steps
            step = int(fine)
            if fine == 0.0:
                for i in range(n):
                    made[i] = source[sample + i]
            else:
                between = np.float32(fine - step)
                for k in range(taps):
                    fixed[k] = weights[step, k] + between * rise[step, k]
                for i in range(n):
                    made[i] = 0.0
                for k in range(taps):
                    weight = fixed[k]
                    at = sample - first + k
                    for i in range(n):
                        made[i] += weight * source[at + i]
        else:
            slope = (delay1 - delay0) / n
            for i in range(n):
                place = before + i - (delay0 + slope * i)
                sample = int(place)
                fine = (place - sample) * steps
                step = int(fine)
                between = np.float32(fine - step)
                at = sample - first
                total = np.float32(0.0)
                for k in range(taps):
                    total += source[at + k] * (weights[step, k] + between * rise[step, k])
                made[i] = total
        pole0 = pole[0, row]
        turn = pole[1, row] - pole0
        if pole0 > 0.0 or turn > 0.0:
            y = state[row]
            for i in range(n):
                y = made[i] + (pole0 + turn * ramp[i]) * (y - made[i])
                made[i] = y
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
