"""Fades of a voice: how loud it is by its own edges at every sample of a block."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from engine.audio.plan import Voice

Samples = NDArray[np.float32]


def edges(voice: Voice, first: int, n: int) -> Samples | None:
    """Gain of the voice's fades over samples [first, first + n), equal power; None where none of them is under way.

    Parameters
    ----------
    voice : Voice
    first, n : int
        Grid samples.

    Returns
    -------
    ndarray of float32, shape (n,), or None
        0..1.
    """
    last = first + n
    sound = voice.sound
    fades_in = first < voice.begin + voice.entry or first < voice.begin
    own_in = first < voice.own_begin + sound.fade_in_samples
    own_out = last > voice.own_end - sound.fade_out_samples
    fades_out = last > voice.end
    if not (fades_in or own_in or own_out or fades_out):
        return None
    at = np.arange(first, last)
    gain = np.ones(n)
    quarter = math.pi / 2
    if fades_in:
        gain *= _rise(at - voice.begin, voice.entry)
    if own_in:
        gain *= _rise(at - voice.own_begin, sound.fade_in_samples)
    if own_out and sound.fade_out_samples:
        gain *= np.cos(quarter * np.clip((at - voice.own_end) / sound.fade_out_samples + 1, 0, 1))
    if fades_out:
        beyond = at - voice.end
        gain *= beyond < voice.release
        if voice.release:
            gain *= np.cos(quarter * np.clip(beyond / voice.release, 0, 1))
    return gain.astype(np.float32)


def _rise(since: NDArray[np.int64], length: int) -> NDArray[np.float64]:
    if length == 0:
        return (since >= 0).astype(np.float64)
    return np.asarray(np.sin(math.pi / 2 * np.clip(since / length, 0, 1)))
