"""What a mixer sounds like, object by object: a mixer's output that takes down objects, beds and field instead of playing them.

A show is mixed twice, which gives the same samples twice: once to see who sounds when and from where (`Survey`), once to write down how
(`Tracks`). So nothing has to be kept but places.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.audio.ambisonics.harmonics import encode
from engine.audio.block import BED_CHANNELS, BED_ORDER, SAMPLE_RATE_HZ, Beds, Head, ObjectBlock
from engine.audio.kernels import mix_ramped
from engine.audio.speakers.layouts import angles

Samples = NDArray[np.float32]

_PAUSE = 2 * SAMPLE_RATE_HZ
"""Silence after which the same voice is an object of its own again, so that its track may be somebody else's meanwhile."""
_HEARD = 1e-5
_LEAST_PRIORITY = 0.5
"""What matters less, such as the four stretches of a loop that is a bed, is in the Ambisonic field."""
_SUB_ROWS = 64
"""Rows of a voice; the first is itself, the others its reflections, which belong to the field too."""
_STEP_DEG = 2.0
_STEP_SAMPLES = SAMPLE_RATE_HZ // 10
_STILL_DEG = 0.05


@dataclass(slots=True)
class Heard:
    """A voice that is to become an object.

    Attributes
    ----------
    key : int
    first, last : int
        Grid samples.
    path : list of (sample, azimuth_deg, elevation_deg, spread_deg)
        Where it is at some samples, the first among them; in between it goes straight.
    track : int
        Among the objects' tracks; -1 in the field, because there were none left.
    """

    key: int
    first: int
    last: int
    path: list[tuple[int, float, float, float]] = field(default_factory=list)
    track: int = -1


def is_object(block: ObjectBlock) -> NDArray[np.bool_]:
    """Rows of a block that become objects; the others are in the field."""
    by_itself = (block.in_bed < 1).any(axis=0)
    return np.asarray(by_itself & (block.priority >= _LEAST_PRIORITY) & (block.keys % _SUB_ROWS == 0))


class _Taker(ABC):
    """An output of no channels anybody hears; the mixer sees one, silent."""

    name = "capture"
    channels = 1
    deepest_limit_db = 0.0
    unsound = 0

    def render(self, block: ObjectBlock, emission: Samples, beds: Beds, heads: tuple[Head, Head]) -> Samples:
        """Takes the block down; silence."""
        self.take(block, emission, beds)
        return np.zeros((1, block.frames), np.float32)

    @abstractmethod
    def take(self, block: ObjectBlock, emission: Samples, beds: Beds) -> None:
        """What a block holds."""

    def forget(self) -> None:  # noqa: B027 - all that needs it is said below
        """Nothing is carried that a seek would spoil."""


class Survey(_Taker):
    """First time: who is heard, when, and from where.

    Attributes
    ----------
    heard : list of Heard
        In order of time.
    beds : set of str
        Loudspeakers' channels that sound.
    field : bool
        Whether there is anything in the Ambisonic field.
    peak : float
        Highest magnitude of any track.
    """

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.beds: set[str] = set()
        self.field = False
        self.peak = 0.0
        self._now: dict[int, Heard] = {}

    def take(self, block: ObjectBlock, emission: Samples, beds: Beds) -> None:
        """Notes a block."""
        loud = np.abs(emission).max(axis=1) if block.count else np.zeros(0, np.float32)
        objects = is_object(block)
        azimuth, elevation, _ = angles(block.at_m)
        for row in np.flatnonzero(objects & (loud > _HEARD)):
            self._note(block, int(row), azimuth, elevation)
        self.peak = max(self.peak, float(loud[objects].max(initial=0.0)))
        self.field = (
            self.field
            or bool((loud[~objects] > _HEARD).any())
            or bool(np.abs(beds.hoa).max(initial=0.0) > _HEARD)
        )
        for name, samples in beds.channels.items():
            most = float(np.abs(samples).max(initial=0.0))
            self.peak = max(self.peak, most)
            if most > _HEARD:
                self.beds.add(name)

    def _note(
        self, block: ObjectBlock, row: int, azimuth: NDArray[np.float64], elevation: NDArray[np.float64]
    ) -> None:
        key, end = int(block.keys[row]), block.first + block.frames
        one = self._now.get(key)
        spread = float(block.spread_deg[row])
        if one is None or block.first - one.last > _PAUSE:
            one = self._now[key] = Heard(key, block.first, end)
            one.path.append((block.first, float(azimuth[0, row]), float(elevation[0, row]), spread))
            self.heard.append(one)
        one.last = end
        sample, at, up, wide = one.path[-1]
        across = (float(azimuth[1, row]) - at + 180) % 360 - 180
        moved = max(
            abs(across) * float(np.cos(np.radians(up))),
            abs(float(elevation[1, row]) - up),
            abs(spread - wide),
        )
        if moved > _STEP_DEG or (moved > _STILL_DEG and end - sample >= _STEP_SAMPLES):
            one.path.append((end, float(azimuth[1, row]), float(elevation[1, row]), spread))

    def allot(self, most: int) -> int:
        """Gives each object a track, those that are over handing theirs on; returns how many tracks that are.

        Parameters
        ----------
        most : int
            Tracks there may be; who finds none is in the field.
        """
        free_from: list[int] = []
        for one in self.heard:
            spare = [(end, track) for track, end in enumerate(free_from) if end <= one.first]
            if spare:
                one.track = max(spare)[1]
                free_from[one.track] = one.last
            elif len(free_from) < most:
                one.track = len(free_from)
                free_from.append(one.last)
            else:
                self.field = True
        return len(free_from)


class Tracks(_Taker):
    """Second time: the samples.

    Parameters
    ----------
    heard : list of Heard
        With their tracks.
    objects : int
        How many tracks these are.
    beds : tuple of str
        Loudspeakers' channels, after the objects.
    with_field : bool
        Whether the field's 16 follow.
    """

    def __init__(self, heard: list[Heard], objects: int, beds: tuple[str, ...], with_field: bool) -> None:
        self._objects = objects
        self._beds = {name: objects + number for number, name in enumerate(beds)}
        self._field = objects + len(beds) if with_field else None
        self.count = objects + len(beds) + (BED_CHANNELS if with_field else 0)
        self._by_key: dict[int, list[Heard]] = {}
        for one in heard:
            self._by_key.setdefault(one.key, []).append(one)
        self._made: list[tuple[int, Samples]] = []

    def take(self, block: ObjectBlock, emission: Samples, beds: Beds) -> None:
        """Adds a block to the tracks."""
        out = np.zeros((block.frames, self.count), np.float32)
        objects = is_object(block)
        in_field = ~objects & (block.in_bed < 1).any(axis=0)  # what is wholly in the bed, the mixer put there
        for row in np.flatnonzero(objects):
            one = self._of(int(block.keys[row]), block.first)
            if one is None:
                continue
            if one.track < 0:
                in_field[row] = True
            else:
                out[:, one.track] += emission[row]
        for name, samples in beds.channels.items():
            column = self._beds.get(name)
            if column is not None:
                out[:, column] += samples
        if self._field is not None:
            hoa = beds.hoa
            rows = np.flatnonzero(in_field)
            if rows.size:
                ends = [
                    encode(block.at_m[end, rows], BED_ORDER, spread_deg=block.spread_deg[rows])
                    for end in (0, 1)
                ]
                hoa = hoa + mix_ramped(np.ascontiguousarray(emission[rows]), *map(np.ascontiguousarray, ends))
            out[:, self._field :] = hoa.T
        self._made.append((block.first, out))

    def taken(self) -> list[tuple[int, Samples]]:
        """What was added since the last call: first grid sample, samples of shape (n, tracks)."""
        made, self._made = self._made, []
        return made

    def _of(self, key: int, sample: int) -> Heard | None:
        for one in self._by_key.get(key, ()):
            if one.first <= sample < one.last:
                return one
        return None
