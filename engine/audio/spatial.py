"""The plain spatialiser: distance, direction, head, all feed-forward, so that a seek sounds like having
played on.

A source is heard twice, once an ear. The time between the ears follows Woodworth's sphere, the far ear is
duller and a little quieter, distance follows 1/d from one metre and dulls too. Nothing here has a memory:
each block reads the
file itself at the shifted place, with the parameters at its two ends crossfaded. A full spatialiser (HRTF)
takes the same `Ears` per block in place of `heard`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.audio.clips import SAMPLE_RATE_HZ
from engine.audio.sounds import Pose, SeatPlace, Vec3

Samples = NDArray[np.float32]

HEAD_RADIUS_M = 0.0875
SOUND_MPS = 343.0
REFERENCE_M = 1.0
FURTHEST_M = 150.0
# Broadband level between the ears at 90 degrees, each side of the middle; the dull far ear adds the rest.
# Kept low: a sphere shadows little below 500 Hz (Duda and Martens 1998).
_SIDE_DB = 2.5
_FAR_EAR_DULL = 0.72
_BEHIND_DULL = 0.22
# ISO 9613-1 at 20 C, 50 % humidity takes 105 dB/km at 8 kHz; a street full of people and leaves takes far
# more.
_DULL_PER_M = 0.006
_MOST_DULL = 0.92

# The dull version of a sound: a 31-point Hann-windowed low-pass, 6 dB down near 1.3 kHz.
_DULL_HALF = 15
READ_BEFORE = 16 + _DULL_HALF + 2
READ_AFTER = 16 + _DULL_HALF + 3


def _dull_kernel() -> Samples:
    k = np.arange(-_DULL_HALF, _DULL_HALF + 1)
    kernel = np.sinc(2 * 900 / SAMPLE_RATE_HZ * k) * (0.5 + 0.5 * np.cos(np.pi * k / (_DULL_HALF + 1)))
    return np.asarray(kernel / kernel.sum(), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Ears:
    """How a source reaches the two ears at one instant; index 0 left, 1 right.

    Attributes
    ----------
    gain : tuple of float
    lead_samples : tuple of float
        How much earlier than the head's middle; about -16..16.
    dull : tuple of float
        0..1: share of the dull version.
    """

    gain: tuple[float, float]
    lead_samples: tuple[float, float]
    dull: tuple[float, float]


def direction(pose: Pose, at_m: Vec3) -> SeatPlace:
    """A place of the scene as seen from a listener."""
    dx, dy, dz = at_m[0] - pose.x_m, at_m[1] - pose.y_m, at_m[2] - pose.z_m
    flat = math.hypot(dx, dy)
    azimuth_deg = math.degrees(math.atan2(-dx, dy)) - pose.heading_deg
    return SeatPlace(azimuth_deg, math.degrees(math.atan2(dz, flat)), math.hypot(flat, dz))


def ears(place: SeatPlace, head_yaw_deg: float = 0.0) -> Ears:
    """Distance, time, level and dullness of a place relative to the seat.

    Parameters
    ----------
    place : SeatPlace
    head_yaw_deg : float
        How far the head is turned in the seat, + = left.
    """
    azimuth = math.radians(place.azimuth_deg - head_yaw_deg)
    elevation = math.radians(place.elevation_deg)
    left = math.sin(azimuth) * math.cos(elevation)
    ahead = math.cos(azimuth) * math.cos(elevation)
    lateral = math.asin(max(-1.0, min(1.0, left)))
    lead = 0.5 * HEAD_RADIUS_M / SOUND_MPS * (lateral + math.sin(lateral)) * SAMPLE_RATE_HZ
    distance = max(REFERENCE_M, min(FURTHEST_M, place.distance_m))
    side = 10 ** (_SIDE_DB * left / 20)
    level = REFERENCE_M / distance / math.hypot(side, 1 / side)
    common = _BEHIND_DULL * max(0.0, -ahead) + _DULL_PER_M * (distance - REFERENCE_M)
    return Ears(
        (level * side, level / side),
        (lead, -lead),
        (
            min(_MOST_DULL, common + _FAR_EAR_DULL * max(0.0, -left)),
            min(_MOST_DULL, common + _FAR_EAR_DULL * max(0.0, left)),
        ),
    )


class PlainHead:
    """Applies `Ears` to a stretch of a file. Stateless but for constants."""

    def __init__(self) -> None:
        self._dull = _dull_kernel()
        self._width = READ_BEFORE + 1 + READ_AFTER

    def taps(self, lead: float, dull: float) -> Samples:
        """One filter that reads at `lead` samples ahead (cubic Lagrange) and blends in the dull version."""
        taps = np.zeros(self._width, np.float32)
        base = math.floor(lead)
        f = lead - base
        points = (
            (
                -f * (f - 1) * (f - 2) / 6,
                (f + 1) * (f - 1) * (f - 2) / 2,
                -(f + 1) * f * (f - 2) / 2,
                (f + 1) * f * (f - 1) / 6,
            )
            if f
            else (0.0, 1.0, 0.0, 0.0)
        )
        center = READ_BEFORE + base
        for offset, weight in enumerate(points, -1):
            if weight:
                taps[center + offset] += weight * (1 - dull)
                if dull:
                    start = center + offset - _DULL_HALF
                    taps[start : start + self._dull.size] += weight * dull * self._dull
        return taps

    def filters(self, at: Ears) -> tuple[Samples, Samples]:
        """Each ear's filter, gain included."""
        left, right = (self.taps(at.lead_samples[e], at.dull[e]) * np.float32(at.gain[e]) for e in (0, 1))
        return left, right

    def heard(
        self, read: Samples, start: tuple[Samples, Samples], stop: tuple[Samples, Samples], ramp: Samples
    ) -> Samples:
        """The two ears' signal of one block.

        Parameters
        ----------
        read : ndarray, shape (READ_BEFORE + n + READ_AFTER,)
            The file around the block.
        start, stop : pair of ndarray
            `filters` at the block's first sample and at the sample after its last; the same object when
            nothing moves.
        ramp : ndarray, shape (n,)
            0 at the first sample, rising to almost 1 at the last.

        Returns
        -------
        ndarray of float32, shape (2, n)
        """
        out = np.empty((2, ramp.size), np.float32)
        for ear in (0, 1):
            # Three times faster than one product of a strided window with all four filters (5 against 15 us).
            here = np.correlate(read, start[ear], "valid")
            out[ear] = (
                here if start is stop else here + (np.correlate(read, stop[ear], "valid") - here) * ramp
            )
        return out
