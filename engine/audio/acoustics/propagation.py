"""From where sources are to how they arrive: one call a block for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.audio.acoustics.air import Air
from engine.audio.acoustics.directivity import all_round, directivity, facing_cos
from engine.audio.acoustics.distance import distance_gain, distances_m
from engine.audio.acoustics.doppler import delay_samples
from engine.audio.acoustics.low_pass import joined
from engine.timeline.acoustics import SoundSpace

Values = NDArray[np.float64]

# Behind a cardioid there is nothing that a room could be fed with; from 20 dB down on it is fed less.
_LEAST_SIDE = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Spaces:
    """`SoundSpace` of S sources as arrays, made by `spaces`.

    Attributes
    ----------
    reference_m, furthest_m, rolloff, pattern, sharpness, behind_hz : ndarray, shape (S,)
    nearest_m : ndarray, shape (S,)
        Distance that is in step with the picture; NaN: no Doppler.
    reverb : ndarray, shape (S,)
        Linear; 0: none. With the power a source gives off all round, against what it gives ahead.
    """

    reference_m: Values
    furthest_m: Values
    rolloff: Values
    pattern: Values
    sharpness: Values
    behind_hz: Values
    nearest_m: Values
    reverb: Values


@dataclass(frozen=True, slots=True, eq=False)
class Arrival:
    """How S sources arrive; every array of shape (2, S), the two ends of a block.

    Attributes
    ----------
    gain : ndarray
        Linear: distance, directivity, what stands in between.
    low_pass_hz : ndarray
        Air, directivity, what stands in between; 24000: none.
    delay : ndarray
        Samples, from Doppler; 0 without.
    direct_gain : ndarray
        The part of `gain` that the direct sound alone has lost, by distance and by facing elsewhere: what `Room.send` gives back.
    """

    gain: Values
    low_pass_hz: Values
    delay: Values
    direct_gain: Values


def spaces(sources: Sequence[tuple[SoundSpace, float]]) -> Spaces:
    """Arrays of sources.

    Parameters
    ----------
    sources : sequence of (SoundSpace, nearest_m)
        The nearest distance on the source's path (`Sound.nearest_m`); used where it has Doppler.
    """
    rows = [
        (
            s.reference_m, s.furthest_m, s.rolloff, s.pattern, s.sharpness, s.behind_hz,
            nearest_m if s.doppler == "pitch" else 0.0 if s.doppler == "travel" else np.nan,
            0.0 if s.reverb_db is None else 10.0 ** (s.reverb_db / 20.0) * all_round(s.pattern, s.sharpness),
        )
        for s, nearest_m in sources
    ]  # fmt: skip
    columns = np.asarray(rows, np.float64).reshape(-1, 8).T
    return Spaces(*columns)


def arrive(
    at_m: Values,
    facing: Values | None,
    of: Spaces,
    air: Air,
    seen_gain: Values | float = 1.0,
    seen_hz: Values | float = 24_000.0,
) -> Arrival:
    """How sources arrive at the listener.

    Parameters
    ----------
    at_m : ndarray, shape (2, S, 3)
        In the resting listener's frame, at both ends of the block.
    facing : ndarray, shape (2, S, 3), or None
        Where they face, in the same frame; all 0: the listener. None: all of them.
    of : Spaces
    air : Air
    seen_gain, seen_hz : ndarray, shape (2, S)
        What gets past what stands in between (`Sight`).

    Returns
    -------
    Arrival

    Notes
    -----
    Early reflections are sources too: their places with their source's `Spaces`, and their own gain and low-pass as `seen_gain` and
    `seen_hz`.
    """
    far_m = distances_m(at_m)
    near = distance_gain(far_m, of.reference_m, of.furthest_m, of.rolloff)
    direct = near
    gain, low_pass_hz = near * seen_gain, joined(air.low_pass_hz(far_m), seen_hz)
    if facing is not None and (np.any(of.pattern > 0.0) or np.any(of.behind_hz < 24_000.0)):
        side, dull_hz = directivity(facing_cos(at_m, facing), of.pattern, of.sharpness, of.behind_hz)
        gain, low_pass_hz = gain * side, joined(low_pass_hz, dull_hz)
        direct = near * np.maximum(side, _LEAST_SIDE)
    moves = np.isfinite(of.nearest_m)
    delay = np.zeros(far_m.shape)
    if np.any(moves):
        delay[:, moves] = delay_samples(far_m[:, moves], of.nearest_m[moves])
    return Arrival(gain, low_pass_hz, delay, direct)
