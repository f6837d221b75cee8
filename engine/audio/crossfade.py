"""What crosses over a seam without getting louder or quieter, however alike its two sides are: beds of two scenes, a sound and itself.

Equal-power fades (a, b with a^2 + b^2 = 1) keep the level of two sounds that have nothing in common. Two that are alike, the same music
in two scenes, add by amplitude, and bulge by 3 dB in the middle. With the correlation rho of what is heard over the seam, dividing by
sqrt(a^2 + b^2 + 2 rho a b) keeps the level whatever rho is (M. Fink, M. Holters, U. Zoelzer, "Signal-matched power-complementary
cross-fading and dry-wet mixing", DAFx-16). rho is measured on the very stretches of the two files, once per seam, so the same seam is
the same to the bit live, offline and after a seek.

Who meets whom follows from the plan. Measuring takes a millisecond for a second of sound, so whoever loads sounds does it, ahead of the
seam, and never where a block is due. Where it is not known in time, the fade is the plain one from its first sample to its last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.audio.clips import SAMPLE_RATE_HZ, Clip, ClipCache
from engine.audio.grid import FOREVER
from engine.audio.reading import read_into
from engine.audio.sounds import SeatPlace
from engine.errors import SensoramaError

if TYPE_CHECKING:
    from engine.audio.plan import Voice

Samples = NDArray[np.float32]
Values = NDArray[np.float64]
Kept = TypeVar("Kept")

_MOST = 2.0
"""Sounds of opposite sign cancel each other; what is left is raised by no more than 6 dB."""
_LONGEST = 2 * SAMPLE_RATE_HZ
_SLACK = 1
"""Samples between a cut and the start that follows it: an instant need not lie on the grid."""
_KEPT = 1024
_QUARTERS = 4
"""Places around the listener from which a mono loop is heard that is a bed, each a quarter of its length apart."""


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


class Stretch(NamedTuple):
    """What of a file is heard over a seam.

    Attributes
    ----------
    file : str
    at : int
        Clip sample of the first.
    loop : bool
    channel : int
        Of the file; -1 the mean of all, `_BED` every one by itself.
    gain : float
        Linear.
    """

    file: str
    at: int
    loop: bool
    channel: int
    gain: float


class Pair(NamedTuple):
    """Two stretches that are heard together for `samples` samples: one goes, one comes."""

    out: Stretch
    into: Stretch
    samples: int


@dataclass(frozen=True, slots=True, eq=False)
class Meeting:
    """Whom a voice meets at a seam.

    Attributes
    ----------
    other : Voice
    pair : Pair
    begin, end : int
        Grid samples [begin, end) of the crossfade.
    goes : bool
        It is the other that comes.
    """

    other: Voice
    pair: Pair
    begin: int
    end: int
    goes: bool


LikenessOf = Callable[[Pair], Likeness | None]
"""How alike a pair is; None where that is not known."""

_BED = -2


def measured(pair: Pair, out: Clip, into: Clip) -> Likeness:
    """How alike a pair is.

    Parameters
    ----------
    pair : Pair
    out, into : Clip
        Its files, decoded.
    """
    count = min(pair.samples, _LONGEST)
    first, second = _signals(pair.out, out), _signals(pair.into, into)
    if len(first) != len(second):  # a mono loop all around and a pair of channels: nobody hears them as one
        return Likeness(0.0, 0.0, 0.0)
    x, y = (np.empty((len(first), count), np.float32) for _ in range(2))
    for row, ((channel, at), (channel_into, at_into)) in enumerate(zip(first, second, strict=True)):
        read_into(x[row], out, channel, at, pair.out.loop)
        read_into(y[row], into, channel_into, at_into, pair.into.loop)
    return likeness(x * np.float32(pair.out.gain), y * np.float32(pair.into.gain))


def _signals(stretch: Stretch, clip: Clip) -> list[tuple[int, int]]:
    """Channels, and the places they are read at."""
    if stretch.channel != _BED:
        return [(min(stretch.channel, clip.channels - 1), stretch.at)]
    if clip.channels == 1 and stretch.loop:
        return [(0, stretch.at + clip.length * part // _QUARTERS) for part in range(_QUARTERS)]
    return [(min(channel, clip.channels - 1), stretch.at) for channel in range(max(2, clip.channels))]


class Likenesses:
    """How alike pairs are, measured once.

    Parameters
    ----------
    clips : ClipCache
    live : bool
        True: `of` never measures. False: it does, on the spot.

    Attributes
    ----------
    late : int
        Pairs that met before it was known how alike they are.

    Notes
    -----
    `measure` may be called by another thread than `of`.
    """

    def __init__(self, clips: ClipCache, *, live: bool) -> None:
        self._clips = clips
        self._live = live
        self._known: dict[Pair, Likeness] = {}
        self._used: dict[Pair, Likeness | None] = {}
        self.late = 0

    def of(self, pair: Pair) -> Likeness | None:
        """How alike a pair is: the same answer for as long as the crossfade lasts, None where it was not known when it began."""
        if pair not in self._used:
            if not self._live:
                self.measure((pair,))
            found = self._known.get(pair)
            self.late += found is None
            _keep(self._used, pair, found)
        return self._used[pair]

    def measure(self, pairs: Iterable[Pair]) -> None:
        """Measures those that are not known yet, decoding what is not decoded; what cannot be read is silent and like nothing."""
        for pair in pairs:
            if pair in self._known:
                continue
            try:
                found = measured(pair, self._clips.get(pair.out.file), self._clips.get(pair.into.file))
            except SensoramaError:
                found = Likeness(
                    0.0, 0.0, 0.0
                )  # whoever loads that file for itself says what is wrong with it
            _keep(self._known, pair, found)


def _keep(kept: dict[Pair, Kept], pair: Pair, value: Kept) -> None:
    if len(kept) >= _KEPT:
        del kept[next(iter(kept))]
    kept[pair] = value


# ---- who meets whom


def meeting(voices: Iterable[Voice]) -> list[Voice]:
    """The same voices; those that go, and those that come in their place, know of each other.

    Where one fades out and another begins to fade in at the same sample, they meet when they are the same sound, else of the same file
    and place, else beds of one bus. Everybody meets one other at each end.

    Parameters
    ----------
    voices : iterable of Voice
    """
    found = list(voices)
    rises: dict[int, list[int]] = {}
    falls: dict[int, tuple[int, int]] = {}
    for i, voice in enumerate(found):
        rise, fall = _rise(voice), _fall(voice)
        if rise is not None:
            rises.setdefault(rise, []).append(i)
        if fall is not None:
            falls[i] = fall
    met: dict[int, list[Meeting]] = {}
    taken: set[int] = set()
    for alike in (_same_sound, _same_file, _same_bed):
        for i, (begin, end) in list(falls.items()):
            near = (k for at in range(begin - _SLACK, begin + _SLACK + 1) for k in rises.get(at, ()))
            for k in near:
                out, into = found[i], found[k]
                # Who comes stays until the other is gone: where its file just ends, that would be heard in the other.
                if k != i and k not in taken and _lasts(into, end) and alike(out, into):
                    start = max(begin, into.begin)
                    pair = Pair(_stretch(out, start), _stretch(into, start), end - start)
                    met.setdefault(i, []).append(Meeting(into, pair, start, end, True))
                    met.setdefault(k, []).append(Meeting(out, pair, start, end, False))
                    taken.add(k)
                    del falls[i]
                    break
    for i, meets in met.items():
        found[i] = replace(found[i], meets=tuple(meets))
    return found


def _rise(voice: Voice) -> int | None:
    """Where a voice begins to fade in; None where it begins by itself."""
    if voice.entry:
        return voice.begin
    return (
        voice.own_begin if voice.sound.fade_in_samples and voice.own_begin >= voice.begin - _SLACK else None
    )


def _fall(voice: Voice) -> tuple[int, int] | None:
    """Samples over which a voice fades out; None where it ends by itself.

    A fade of its own that has begun is the one that counts: whether a branch cuts it short was not known then.
    """
    begin = voice.own_end - voice.sound.fade_out_samples
    if voice.own_end < FOREVER and voice.begin < begin < min(voice.own_end, voice.end):
        return begin, voice.own_end
    return (voice.end, voice.end + voice.release) if voice.release and voice.end < FOREVER else None


def _lasts(voice: Voice, until: int) -> bool:
    """Whether there is enough of a voice's file; a branch that cuts it lets it fade, and is not known yet."""
    sound = voice.sound
    lengths = (length for file, length in sound.by_language.values() if file == voice.file)
    return sound.loop or voice.zero + next(lengths, sound.length_samples) >= until


def _same_sound(out: Voice, into: Voice) -> bool:
    return out.sound is into.sound and out.file == into.file


def _same_file(out: Voice, into: Voice) -> bool:
    a, b = out.sound, into.sound
    if out.file != into.file or a.channel != b.channel or a.labels != b.labels or a.bus != b.bus:
        return False
    return a.place is b.place or (isinstance(a.place, SeatPlace) and a.place == b.place)


def _same_bed(out: Voice, into: Voice) -> bool:
    a, b = out.sound, into.sound
    return a.place is None and b.place is None and a.bus == b.bus and a.labels == b.labels


def _stretch(voice: Voice, begin: int) -> Stretch:
    sound = voice.sound
    channel = _BED if sound.place is None else sound.channel
    return Stretch(voice.file, begin - voice.zero, sound.loop, channel, sound.gain)
