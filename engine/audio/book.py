"""Reads the sounds out of a compiled package."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from engine.audio.acoustics.courses import Courses
from engine.audio.acoustics.scene import scene_acoustics
from engine.audio.clips import SAMPLE_RATE_HZ, length_samples
from engine.audio.grid import FL_PER_SAMPLE
from engine.audio.multichannel import MovingPlace, Part, parts_of
from engine.audio.sounds import (
    PlaceAt,
    Pose,
    ReactionSounds,
    SceneSounds,
    SeatPlace,
    Sound,
    SoundBook,
    Vec3,
    still,
)
from engine.errors import InputError
from engine.timeline.acoustics import PLAIN
from engine.timeline.program import VEHICLE
from engine.units import db_to_gain

if TYPE_CHECKING:
    from engine.audio.standin import StandIns
    from engine.experience.package import Package
    from engine.timeline.media import MediaCue
    from engine.timeline.program import Program

VOICE_FOLDER = "audio/voice"
FURTHEST_M = 150.0
_VOICE_SUFFIXES = (".flac", ".wav", ".ogg", ".opus")


def book_of(
    package: Package, stand_ins: StandIns | None = None, *, say: Callable[[str], None] | None = None
) -> SoundBook:
    """The sounds of every scene and reaction of a package.

    Parameters
    ----------
    package : Package
    stand_ins : StandIns, optional
        Speaks lines that nobody has recorded; for rehearsals.
    say : callable, optional
        Told once of every file that cannot be read; it stays silent and the show goes on. Without it that is an error.

    Returns
    -------
    SoundBook
        Lines without a voice file are left out: their captions speak for them.

    Raises
    ------
    InputError
        Without `say`: a sound file that a scene names cannot be read, or a model that stands in its sounds' way.
    """
    reader = _Reader(package.path, package.languages, stand_ins, say)
    acoustics, rooms = scene_acoustics([program.acoustics for program in package.scenes])
    scenes = [reader.scene(program) for program in package.scenes]
    return SoundBook(
        tuple(replace(scene, acoustics=a) for scene, a in zip(scenes, acoustics, strict=True)), rooms
    )


@dataclass(frozen=True, slots=True)
class _Fixed:
    at_m: Vec3

    def __call__(self, _: int) -> Vec3:
        return self.at_m


class _Reader:
    def __init__(
        self,
        root: Path,
        languages: tuple[str, ...],
        stand_ins: StandIns | None,
        say: Callable[[str], None] | None,
    ) -> None:
        self._root = root
        self._stand_ins = stand_ins
        self._languages = languages
        self._say = say
        self._said: set[str] = set()
        self._lengths: dict[str, int] = {}
        self._known_parts: dict[tuple[str, str], tuple[str, tuple[Part, ...]]] = {}

    def scene(self, program: Program) -> SceneSounds:
        pose = pose_of(program)
        models = () if program.stage is None else program.stage.model
        paths = [self._root / name for name in models]
        nominal_fl = program.duration.nominal_fl
        try:
            courses = Courses(program.acoustics, paths, pose, nominal_fl)
        except InputError as error:
            self._go_on(error, "nothing stands in the way of its scene's sounds")
            courses = Courses(program.acoustics, [], pose, nominal_fl)
        return SceneSounds(
            self._sounds(program, courses),
            tuple(
                ReactionSounds(self._sounds(r, courses, reaction=True), r.duration.nominal_fl)
                for r in program.reactions
            ),
            program.duration.nominal_fl,
            pose,
        )

    def _go_on(self, error: InputError, without: str) -> None:
        if self._say is None:
            raise error
        text = f"{error}; {without}"
        if text not in self._said:
            self._said.add(text)
            self._say(text)

    def _length(self, file: str) -> int:
        if file not in self._lengths:
            self._lengths[file] = length_samples(self._root / file)
        return self._lengths[file]

    def _sounds(self, program: Program, courses: Courses, *, reaction: bool = False) -> tuple[Sound, ...]:
        found: list[Sound] = []
        for cue in program.media.cues:
            sound = None
            if cue.kind == "audio":
                try:
                    mark, parts = self._parts(cue)
                    if parts:
                        found += self._many(cue, program, mark, parts)
                        continue
                    sound = self._audio(cue, program)
                except InputError as error:
                    self._go_on(error, "it stays silent")
            elif cue.kind == "line":
                sound = self._line(cue, program)
            if sound is not None:
                if sound.place is not None and not isinstance(sound.place, SeatPlace):
                    at_fl = None if reaction else cue.at_fl
                    sight, nearest_m = courses.of(
                        cue.space, sound.place, at_fl, cue.end_fl, rides=sound.rides_seat
                    )
                    sound = replace(sound, sight=sight, nearest_m=nearest_m)
                found.append(replace(sound, space=cue.space))
        return tuple(found)

    def _parts(self, cue: MediaCue) -> tuple[str, tuple[Part, ...]]:
        """What a file of many channels holds; nothing for an ordinary one."""
        key = (cue.file, cue.channels)
        if key not in self._known_parts:
            mark, parts = parts_of(self._root / cue.file, cue.channels)
            if parts and not cue.bed and not any(part.place is not None for part in parts):
                raise InputError(
                    f"{self._root / cue.file}: many channels and one place; write `bed: true`, or mix it down to one channel"
                )
            self._known_parts[key] = mark, parts
        return self._known_parts[key]

    def _many(self, cue: MediaCue, program: Program, mark: str, parts: tuple[Part, ...]) -> list[Sound]:
        """The sounds of a file of many channels, which ride with the guest: they are one to the cue."""
        plain = replace(self._audio(cue, program), file=cue.file + mark, place=None, rides_seat=False)
        found = []
        for part in parts:
            if part.place is None:
                found.append(replace(plain, labels=part.labels))
                continue
            # The master says how loud it is at every place: distance takes nothing away.
            space = replace(
                PLAIN, spread_deg=part.spread_deg, reference_m=FURTHEST_M, reverb_db=None, occlude=False
            )
            place = _InFile(part.place, plain.skip_samples, plain.length_samples if cue.loop else 0)
            found.append(replace(plain, channel=part.channel, place=place, rides_seat=True, space=space))
        return found

    def _audio(self, cue: MediaCue, program: Program) -> Sound:
        length = self._length(cue.file)
        place, rides = _place(cue, program)
        return Sound(
            cue.file, cue.at_fl, cue.end_fl - cue.at_fl, length, round(cue.skip_fl / FL_PER_SAMPLE), cue.loop,
            cue.tail, cue.resume, cue.bus or "effects", db_to_gain(cue.gain_db),
            round(cue.fade_in_fl / FL_PER_SAMPLE), round(cue.fade_out_fl / FL_PER_SAMPLE), place, rides,
        )  # fmt: skip

    def _line(self, cue: MediaCue, program: Program) -> Sound | None:
        voices: dict[int, tuple[str, int]] = {}
        for number, language in enumerate(self._languages):
            for suffix in _VOICE_SUFFIXES:
                file = f"{VOICE_FOLDER}/{language}/{cue.line}{suffix}"
                if (self._root / file).is_file():
                    try:
                        voices[number] = (file, self._length(file))
                    except InputError as error:
                        self._go_on(error, "it stays silent")
                    break
            else:
                if self._stand_ins is not None:
                    longest = (cue.end_fl - cue.at_fl) // FL_PER_SAMPLE
                    voices[number] = self._stand_ins.name(language, cue.line, longest)
        if not voices:
            return None
        # Without a voice in its language a line stays silent rather than speak another one.
        silent = next(iter(voices.values()))
        by_language = {n: voices.get(n, (silent[0], 0)) for n in range(len(self._languages))}
        place, rides = _place(cue, program)
        file, length = voices.get(0, (silent[0], 0))
        return Sound(
            file, cue.at_fl, None, length, tail=True, bus=cue.bus or "voice", gain=db_to_gain(cue.gain_db),
            place=place, rides_seat=rides, by_language=by_language,
        )  # fmt: skip


def _place(cue: MediaCue, program: Program) -> tuple[SeatPlace | PlaceAt | None, bool]:
    """Where a cue is, and whether that is meant in the vehicle's frame."""
    if cue.bed:
        return None, False
    rides = cue.node == VEHICLE
    if cue.move_channel is not None:
        return _Moving(program, cue.move_channel, cue.at_fl), rides
    if cue.position_m is not None:
        return _Fixed(cue.position_m), rides
    return SeatPlace(cue.azimuth_deg, cue.elevation_deg, cue.distance_m), False


@dataclass(frozen=True, slots=True)
class _InFile:
    """A place that a master holds over its own time."""

    place: MovingPlace
    skip_samples: int
    lap_samples: int

    def __call__(self, cue_fl: int) -> Vec3:
        sample = cue_fl // FL_PER_SAMPLE + self.skip_samples
        return self.place.at(sample % self.lap_samples if self.lap_samples else sample)


class _Moving:
    """A place that three channels of the scene's bank hold over time."""

    def __init__(self, program: Program, channel: int, at_fl: int) -> None:
        self._program = program
        self._channel = channel
        self._at_fl = at_fl

    def __call__(self, cue_fl: int) -> Vec3:
        levels = self._program.bank.evaluate(self._at_fl + cue_fl)[self._channel : self._channel + 3]
        return float(levels[0]), float(levels[1]), float(levels[2])


# The boat's path is sampled at this step and read linearly in between: 20 ms is far below what an ear can
# tell, and the mixer asks for a pose with every block of every sound.
_POSE_STEP_FL = SAMPLE_RATE_HZ // 50 * FL_PER_SAMPLE


def pose_of(program: Program) -> Callable[[int], Pose]:
    """The listener's pose over scene time: the vehicle's path and the eye in it.

    Parameters
    ----------
    program : Program

    Returns
    -------
    callable
        Pose at a time in flicks; the last pose from the scene's end on.
    """
    eye = (0.0, 0.0, 0.0) if program.stage is None else program.stage.eye_m
    if program.path_channel is None:
        return still if eye == (0.0, 0.0, 0.0) else _Still(Pose(eye[0], eye[1], eye[2], 0.0))
    import numpy as np

    steps = program.duration.nominal_fl // _POSE_STEP_FL + 2
    at_fl = np.arange(steps, dtype=np.int64) * _POSE_STEP_FL
    levels = program.bank.evaluate_many(at_fl)[:, program.path_channel : program.path_channel + 4]
    poses = []
    for x, y, z, heading_deg in levels.tolist():
        cos, sin = math.cos(math.radians(heading_deg)), math.sin(math.radians(heading_deg))
        poses.append(
            Pose(x + eye[0] * cos - eye[1] * sin, y + eye[0] * sin + eye[1] * cos, z + eye[2], heading_deg)
        )
    return _Path(tuple(poses))


@dataclass(frozen=True, slots=True)
class _Still:
    pose: Pose

    def __call__(self, _: int) -> Pose:
        return self.pose


@dataclass(frozen=True, slots=True)
class _Path:
    poses: tuple[Pose, ...]

    def __call__(self, at_fl: int) -> Pose:
        step, rest = divmod(max(0, at_fl), _POSE_STEP_FL)
        if step >= len(self.poses) - 1:
            return self.poses[-1]
        a, b, x = self.poses[step], self.poses[step + 1], rest / _POSE_STEP_FL
        return Pose(*(p + (q - p) * x for p, q in zip(a, b, strict=True)))
