"""Beds that cross over a seam without getting louder or quieter, however alike they are.

Equal-power fades (a, b with a^2 + b^2 = 1) keep the level of two sounds that have nothing in common. Two that are alike, the same music
in two scenes, add by amplitude, and bulge by 3 dB in the middle. With the correlation rho of what is heard over the seam, dividing by
sqrt(a^2 + b^2 + 2 rho a b) keeps the level whatever rho is (M. Fink, M. Holters, U. Zoelzer, "Signal-matched power-complementary
cross-fading and dry-wet mixing", DAFx-16). rho is measured on the very stretches of the two files, once per seam, so the same seam is
the same to the bit live, offline and after a seek.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.audio.clips import SAMPLE_RATE_HZ, Clip
from engine.audio.envelopes import edges
from engine.audio.grid import FOREVER
from engine.audio.plan import Voice
from engine.audio.reading import read_into

Samples = NDArray[np.float32]
Values = NDArray[np.float64]

_MOST = 2.0
"""Sounds of opposite sign cancel each other; what is left is raised by no more than 6 dB."""
_LONGEST = 2 * SAMPLE_RATE_HZ
_SLACK = 1
"""Samples between a cut and the start that follows it: an instant need not lie on the grid."""
_KEPT = 256


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two stretches are.

    Attributes
    ----------
    rho : float
        Their correlation, -1..1; 0 where one of them is silent.
    power_a, power_b : float
        Their mean squares.
    """

    rho: float
    power_a: float
    power_b: float


def likeness(a: Samples, b: Samples) -> Likeness:
    """Correlation and powers of two stretches of equal shape; not corrected for their means, since levels are not either."""
    x, y = a.astype(np.float64).ravel(), b.astype(np.float64).ravel()
    if x.size == 0:
        return Likeness(0.0, 0.0, 0.0)
    power_a, power_b = float(x @ x) / x.size, float(y @ y) / y.size
    both = (power_a * power_b) ** 0.5
    rho = float(x @ y) / x.size / both if both > 1e-20 else 0.0
    return Likeness(min(1.0, max(-1.0, rho)), power_a, power_b)


def level_keeping(a: Values, b: Values, alike: Likeness) -> Values:
    """What both sides of a crossfade are multiplied with, so that its power is a^2 Pa + b^2 Pb.

    Parameters
    ----------
    a, b : ndarray of float64
        Gains of the two sides, 0 or more.
    alike : Likeness

    Returns
    -------
    ndarray of float64
        0.5..2. For equal powers 1 / sqrt(a^2 + b^2 + 2 rho a b) with a^2 + b^2 = 1. 1 where one side is silent.
    """
    wanted = a * a * alike.power_a + b * b * alike.power_b
    made = wanted + 2 * alike.rho * a * b * (alike.power_a * alike.power_b) ** 0.5
    floor = wanted / _MOST**2
    ratio = wanted / np.maximum(np.maximum(made, floor), 1e-30)
    return np.asarray(np.where(wanted > 1e-30, np.sqrt(ratio), 1.0))


class Seams:
    """Finds the beds that cross at a seam and keeps their level. What it remembers is a cache."""

    def __init__(self) -> None:
        self._pairs: dict[int, tuple[int, Likeness]] = {}

    def corrections(
        self, voices: Mapping[int, Voice], clip_of: Callable[[str], Clip | None], first: int, n: int
    ) -> dict[int, Samples]:
        """By key of a voice, what it is multiplied with over grid samples [first, first + n).

        Parameters
        ----------
        voices : mapping of int to Voice
        clip_of : callable
            A file's sound, or None while it is not decoded.
        first, n : int
        """
        leaving = {key: v for key, v in voices.items() if _leaves(v) and v.end < first + n and v.over > first}
        found: dict[int, Samples] = {}
        if not leaving:
            return found
        for key, voice in voices.items():
            if not _comes(voice):
                continue
            old = [(k, v) for k, v in leaving.items() if _cross(v, voice) and k not in found]
            if not old:
                continue
            if key not in self._pairs:
                self._remember(key, voice, old, clip_of)
            pair = self._pairs.get(key)
            # By key: a plan that is made anew in the middle of a crossfade has other voices of the same keys.
            if pair is None or all(k != pair[0] for k, _ in old):
                continue
            partner, alike = pair
            a, b = edges(leaving[partner], first, n), edges(voice, first, n)
            one = np.ones(n, np.float32)
            gain = level_keeping(
                (one if a is None else a).astype(np.float64),
                (one if b is None else b).astype(np.float64),
                alike,
            ).astype(np.float32)
            found[partner] = found[key] = gain
        return found

    def _remember(
        self, key: int, voice: Voice, old: list[tuple[int, Voice]], clip_of: Callable[[str], Clip | None]
    ) -> None:
        """The one of `old` that is most like it."""
        new = clip_of(voice.file)
        clips = [(k, v, clip_of(v.file)) for k, v in old]
        if new is None or any(clip is None for _, _, clip in clips):
            return
        if len(self._pairs) >= _KEPT:
            self._pairs.clear()
        best: tuple[int, Likeness] | None = None
        for k, v, clip in clips:
            assert clip is not None
            alike = _measure(v, clip, voice, new)
            if best is None or abs(alike.rho) > abs(best[1].rho):
                best = (k, alike)
        if best is not None:
            self._pairs[key] = best


def _leaves(voice: Voice) -> bool:
    """A bed that a branch cuts, and that fades after the cut."""
    return voice.sound.place is None and voice.release > 0 and voice.own_end == FOREVER


def _comes(voice: Voice) -> bool:
    return voice.sound.place is None and voice.sound.fade_in_samples > 0 and voice.begin == voice.own_begin


def _cross(a: Voice, b: Voice) -> bool:
    return a is not b and a.sound.bus == b.sound.bus and abs(b.begin - a.end) <= _SLACK


def _measure(a: Voice, clip_a: Clip, b: Voice, clip_b: Clip) -> Likeness:
    length = max(0, min(a.over, b.over, b.begin + _LONGEST) - b.begin)
    channels = clip_a.channels if clip_a.channels == clip_b.channels else 0
    x, y = (np.empty((max(1, channels), length), np.float32) for _ in range(2))
    for row in range(x.shape[0]):
        channel = row if channels else -1
        read_into(x[row], clip_a, channel, b.begin - a.zero, a.sound.loop)
        read_into(y[row], clip_b, channel, b.begin - b.zero, b.sound.loop)
    gain_a, gain_b = np.float32(a.sound.gain), np.float32(b.sound.gain)
    return likeness(x * gain_a, y * gain_b)
