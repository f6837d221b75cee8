"""The objects of a show as somebody else's renderer needs to know them: which are heard at an instant, from where, how loud.

A pure function of (book, transport, instant), by the same plan as the mixer's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from engine.audio.acoustics.facing import THE_GUEST, facing_at
from engine.audio.acoustics.propagation import arrive, spaces
from engine.audio.acoustics.scene import scene_acoustics
from engine.audio.envelopes import edges
from engine.audio.grid import FL_PER_SAMPLE, Grid
from engine.audio.places import beside_seat, from_pose
from engine.audio.plan import Plan, Voice, plan
from engine.audio.sounds import Pose, SceneSounds, SeatPlace, Sound, SoundBook, Vec3
from engine.time.segments import NO_SCENE, ROOM, Transport


@dataclass(frozen=True, slots=True)
class NamedObject:
    """A cue of the package that is an object.

    Attributes
    ----------
    number : int
        From 1; the same for as long as the package is.
    name : str
        Scene and file, each one's own: ``drum_tower/dagu_low``, ``drum_tower/dagu_low 2``.
    """

    number: int
    name: str


@dataclass(frozen=True, slots=True)
class HeardObject:
    """An object at one instant.

    Attributes
    ----------
    at_m : tuple of 3 float
        In the resting listener's frame: right, ahead, up.
    gain : float
        Linear: the cue's level, its fades, distance, and what stands in between. Not the venue's: buses, ducking, volume.
    spread_deg : float
        0 a point, 180 all around.
    """

    at_m: Vec3
    gain: float
    spread_deg: float


class ToldObjects:
    """The objects of a package.

    Parameters
    ----------
    book : SoundBook
    scenes : sequence of str
        Their names, in the book's order.
    seat : int
        Whose reactions are told besides the room's; -1 the room's alone.

    Notes
    -----
    Every cue with a place has a number of its own, scene by scene, its reactions' after its own, so that a renderer elsewhere can be
    patched once. Beds and shakers are no objects. One thread.
    """

    def __init__(self, book: SoundBook, scenes: Sequence[str], *, seat: int = ROOM) -> None:
        self._book = book
        self._seat = seat
        self._numbers: dict[int, int] = {}
        found: list[NamedObject] = []
        used: Counter[str] = Counter()
        for scene, name in zip(book.scenes, scenes, strict=True):
            for sound in _sounds(scene):
                if sound.place is not None and sound.bus != "shakers":
                    called = f"{name}/{_stem(sound.file)}"
                    used[called] += 1
                    again = f" {used[called]}" if used[called] > 1 else ""
                    found.append(NamedObject(len(found) + 1, called + again))
                    self._numbers[id(sound)] = len(found)
        self.names = tuple(found)
        ((self._open,), _) = scene_acoustics([None])
        self._grid: Grid | None = None
        self._transport: Transport | None = None
        self._plan = Plan((), ())

    def at(self, transport: Transport, host_ns: int) -> Mapping[int, HeardObject]:
        """The objects that are heard, by number.

        Parameters
        ----------
        transport : Transport
            The newest there is.
        host_ns : int
        """
        if self._grid is None:
            self._grid = Grid(host_ns)
        if transport is not self._transport:
            self._transport = transport
            self._grid = self._grid.following(transport, host_ns)
            self._plan = plan(transport, self._book, self._grid, seat=self._seat)
        sample = round(self._grid.place(host_ns))
        by_scene: dict[int, dict[int, tuple[Voice, float]]] = {}
        for voice in self._plan.voices:
            number = self._numbers.get(id(voice.sound))
            if number is None or not voice.begin <= sample < voice.over:
                continue
            shape = edges(voice, sample, 1)
            level = voice.sound.gain * (1.0 if shape is None else float(shape[0]))
            # A cue that a seek has cut still fades while it begins again: the louder one has the number.
            there = by_scene.setdefault(voice.scene, {}).get(number)
            if there is None or level > there[1]:
                by_scene[voice.scene][number] = (voice, level)
        heard: dict[int, HeardObject] = {}
        for scene, voices in by_scene.items():
            heard.update(self._arriving(self._book.scenes[scene], voices, sample))
        return heard

    def _arriving(
        self, scene: SceneSounds, voices: Mapping[int, tuple[Voice, float]], sample: int
    ) -> dict[int, HeardObject]:
        """What distance, direction and obstacles leave of a scene's voices."""
        at_m, facing, seen = [], [], []
        for voice, _ in voices.values():
            sound = voice.sound
            cue_fl = round(voice.cue_samples(sample) * FL_PER_SAMPLE)
            scene_fl = round((sample - voice.origin_at(sample)) * FL_PER_SAMPLE)
            scene_fl = min(max(0, scene_fl), scene.duration_fl)
            pose = scene.pose(scene_fl)
            place = None if isinstance(sound.place, SeatPlace) else sound.place
            rides = sound.rides_seat or place is None
            at_m.append(_place(sound, cue_fl, pose))
            way = facing_at(sound.space, place, cue_fl)
            if way != THE_GUEST and not rides:
                way = from_pose(Pose(0.0, 0.0, 0.0, pose.heading_deg), way)
            facing.append(way)
            seen.append(1.0 if sound.sight is None else sound.sight(scene_fl)[0])
        arrival = arrive(
            np.array([at_m, at_m], np.float64),
            np.array([facing, facing], np.float64),
            spaces([(voice.sound.space, voice.sound.nearest_m) for voice, _ in voices.values()]),
            (scene.acoustics or self._open).air,
            np.array([seen, seen], np.float64),
        )
        return {
            number: HeardObject(at, level * float(gain), voice.sound.space.spread_deg)
            for (number, (voice, level)), at, gain in zip(voices.items(), at_m, arrival.gain[0], strict=True)
        }


def scene_at(transport: Transport, host_ns: int, scenes: Sequence[str]) -> str:
    """Name of the scene at an instant; "" between shows."""
    scene = transport.segment_at(host_ns).scene
    return "" if scene == NO_SCENE else scenes[scene]


def _sounds(scene: SceneSounds) -> list[Sound]:
    return [*scene.sounds, *(sound for reaction in scene.reactions for sound in reaction.sounds)]


def _place(sound: Sound, cue_fl: int, pose: Pose) -> Vec3:
    if isinstance(sound.place, SeatPlace):
        return beside_seat(sound.place)
    if sound.place is None:
        raise ValueError(f"{sound.file} is a bed and has no place")
    at_m = sound.place(cue_fl)
    return at_m if sound.rides_seat else from_pose(pose, at_m)


def _stem(file: str) -> str:
    return file.rpartition("/")[2].rpartition(".")[0] or file
