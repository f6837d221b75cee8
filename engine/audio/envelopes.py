"""Fades of a voice: how loud it is by its own edges at every sample of a block."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from engine.audio.crossfade import LikenessOf, level_keeping

if TYPE_CHECKING:
    from engine.audio.plan import Voice

Samples = NDArray[np.float32]


def edges(voice: Voice, first: int, n: int, alike: LikenessOf | None = None) -> Samples | None:
    """Gain of the voice's fades over samples [first, first + n), equal power; None where none of them is under way.

    Parameters
    ----------
    voice : Voice
    first, n : int
        Grid samples.
    alike : callable, optional
        How alike it and those it meets are; left out: not at all.

    Returns
    -------
    ndarray of float32, shape (n,), or None
        0..1; up to 2 where what meets cancels.
    """
    gain = alone = _alone(voice, first, n)
    if alike is not None:
        for met in voice.meets:
            likeness = alike(met.pair) if met.begin < first + n and first < met.end else None
            if likeness is not None:
                own, other = (np.ones(n) if g is None else g for g in (alone, _alone(met.other, first, n)))
                level = (
                    level_keeping(own, other, likeness) if met.goes else level_keeping(other, own, likeness)
                )
                gain = level if gain is None else gain * level
    return None if gain is None else gain.astype(np.float32)


def _alone(voice: Voice, first: int, n: int) -> NDArray[np.float64] | None:
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
    return gain


def _rise(since: NDArray[np.int64], length: int) -> NDArray[np.float64]:
    if length == 0:
        return (since >= 0).astype(np.float64)
    return np.asarray(np.sin(math.pi / 2 * np.clip(since / length, 0, 1)))
