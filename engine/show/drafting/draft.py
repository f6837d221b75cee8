"""Puts what films and sounds say together: a scene's tracks, marked as machine-made, for a person to edit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.errors import InputError, Place, UsageError
from engine.experience.scene_writer import Cue, Fl, RoleRow, TrackOut, pose, scene_text
from engine.experience.single_scene import refuse_taken, write_scene_or_package
from engine.show.drafting.film import camera_motion
from engine.show.drafting.keys import simplified
from engine.show.drafting.seat import seat_course
from engine.show.drafting.sound import sound_shape
from engine.show.drafting.values import SEAT_AXES, CameraMotion, Floats, SoundShape
from engine.time.flicks import FLICKS_PER_SECOND

SEAT = RoleRow("seat.motion", "motion", "seat", "motion")
SHAKER = RoleRow("seat.shaker", "haptic", "seat", "haptic")
SOUND_SUFFIXES = {
    ".wav",
    ".flac",
    ".ogg",
    ".opus",
    ".mp3",
    ".aif",
    ".aiff",
    ".w64",
    ".rf64",
    ".bwf",
    ".caf",
    ".au",
}

MOVE_TOLERANCE = 0.03
"""How far keys may leave the measured course, as a share of the largest excursion."""
LEVEL_TOLERANCE = 0.05


@dataclass(frozen=True, slots=True)
class DraftOptions:
    """What a draft may do.

    Attributes
    ----------
    travel_m, tilt_deg
        Largest excursion of the seat.
    field_deg
        Horizontal field of view of the films' cameras.
    sensitivity
        For beats; 1 is usual.
    """

    travel_m: float = 0.05
    tilt_deg: float = 4.0
    field_deg: float = 60.0
    sensitivity: float = 1.0

    def __post_init__(self) -> None:
        if not 0.001 <= self.travel_m <= 1.0:
            raise UsageError(f"--travel {self.travel_m:g} m: 1 mm to 1 m")
        if not 0.1 <= self.tilt_deg <= 30.0:
            raise UsageError(f"--tilt {self.tilt_deg:g} degrees: 0.1 to 30")


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft before it is written.

    Attributes
    ----------
    tracks
        All marked as machine-made.
    duration_fl
        Of the longest input.
    found
        What there is to tell, a line each.
    """

    tracks: tuple[TrackOut, ...]
    duration_fl: int
    found: tuple[str, ...]


def draft_motion(inputs: Sequence[Path], options: DraftOptions | None = None) -> Draft:
    """Draft seat motion from films and shaker tracks from sounds; all of them begin at once.

    Parameters
    ----------
    inputs : sequence of Path
        Sounds by their suffix (`SOUND_SUFFIXES`), anything else is taken for a film. Of several of a kind each has tracks of its own.
    options : DraftOptions, optional

    Raises
    ------
    InputError
        An input that cannot be read.
    MissingExtra
        A film without the extra ``video``.
    UsageError
        No input, or the same twice.
    """
    options = DraftOptions() if options is None else options
    if not inputs:
        raise UsageError("nothing to draft from; name films and sounds")
    if len({path.resolve() for path in inputs}) != len(inputs):
        raise UsageError("the same file is named twice; once is enough")
    missing = [str(path) for path in inputs if not path.is_file()]
    if missing:
        raise InputError(f"there is no such file: {', '.join(missing)}")
    tracks: list[TrackOut] = []
    found: list[str] = []
    longest_s = 0.0
    for path in inputs:
        if path.suffix.lower() in SOUND_SUFFIXES:
            sound = sound_shape(path, sensitivity=options.sensitivity)
            made, told = sound_tracks(sound, path.name)
            longest_s = max(longest_s, sound.duration_s)
        else:
            camera = camera_motion(path, field_deg=options.field_deg)
            if not camera.times_s[-1] > 0.0:
                raise InputError("a film without any length", Place(str(path)))
            made, told = film_tracks(camera, path.name, options)
            longest_s = max(longest_s, film_length_s(camera))
        tracks += made
        found += told
    return Draft(tuple(tracks), max(1, round(longest_s * FLICKS_PER_SECOND)), tuple(found))


def write_draft(draft: Draft, inputs: Sequence[Path], out: Path) -> None:
    """Write a draft as a scene file (``.yaml``) or as an experience around it.

    Raises
    ------
    UsageError
        Where something is there already: a draft never overwrites.
    OutputError
        When it cannot be written.
    """
    refuse_taken(out)
    names = ", ".join(path.name for path in inputs)
    about = f"A machine-made draft from {names}. Edit it, and take `made_by: machine` out of what a person has been through."
    about = " ".join(about.split())  # a file's name may hold anything, a comment is one line
    text = scene_text(draft.tracks, draft.duration_fl, about)
    write_scene_or_package(out, inputs[0].stem, draft.tracks, text)


def film_length_s(camera: CameraMotion) -> float:
    """With the last picture's own time."""
    return float(camera.times_s[-1] + np.median(np.diff(camera.times_s)))


def film_tracks(camera: CameraMotion, name: str, options: DraftOptions) -> tuple[list[TrackOut], list[str]]:
    """A seat's track of a film, and what to tell of it; no track where nothing moves."""
    times_s, poses = seat_course(camera, travel_m=options.travel_m, tilt_deg=options.tilt_deg)
    told = [
        f"{name}: {len(camera.times_s)} pictures of {camera.size[0]} x {camera.size[1]}, {film_length_s(camera):.2f} s; "
        f"{len(camera.cuts_s)} cuts or stretches that no camera's motion explains{_listed(camera.cuts_s)}; "
        f"the camera's motion explains {camera.trust.mean():.0%} of the picture"
    ]
    excursion = np.abs(poses).max(axis=0)
    if not excursion.any():
        return [], [*told, f"{name}: the camera stands still; no seat track"]
    tolerance = np.array([MOVE_TOLERANCE * options.travel_m] * 3 + [MOVE_TOLERANCE * options.tilt_deg] * 3)
    keys, errors = simplified(times_s, poses, tolerance)
    rows = [[Fl(_at_fl(times_s[at])), pose(**_rounded(poses[at]))] for at in keys]
    cue: Cue = {"at": Fl(0), "keys": rows, "shape": "cubic"}
    off = f"within {1000 * errors[:3].max() + 0.05:.1f} mm and {errors[3:].max() + 0.005:.2f} deg of what was measured"
    moving = ", ".join(axis for axis, most in zip(SEAT_AXES, excursion, strict=True) if most > 0.0)
    note = f"draft from the film {name}: {len(keys)} keys, {off}"
    told.append(f"{name}: seat {moving}; {len(keys)} keys for {len(times_s)} samples, {off}")
    return [TrackOut(SEAT, "motion", (cue,), note, machine_made=True)], told


def sound_tracks(sound: SoundShape, name: str) -> tuple[list[TrackOut], list[str]]:
    """A shaker's tracks of a sound, and what to tell of them; none where there is nothing to feel."""
    told = [
        f"{name}: {sound.duration_s:.2f} s; 20 to 120 Hz reach {sound.low_db:.1f} dB below full scale, around {sound.hz:.0f} Hz; "
        f"{len(sound.onsets)} beats"
    ]
    tracks: list[TrackOut] = []
    if sound.levels.any():
        times_s, levels = sound.times_s, sound.levels[:, None]
        keys, errors = simplified(times_s, levels, np.array([LEVEL_TOLERANCE]))
        rows = [[Fl(_at_fl(times_s[at])), round(float(levels[at, 0]), 3)] for at in keys]
        hz = float(min(max(round(sound.hz), 20), 120))
        end_fl = _at_fl(times_s[-1])
        off = f"within {errors[0] + 0.0005:.3f} of the measured envelope"
        cues: list[Cue] = [{"at": Fl(0), "keys": rows, "shape": "cubic", "hz": hz}]
        if rows[-1][1]:  # what is on is switched off
            cues.append({"at": Fl(end_fl), "to": 0.0, "over": Fl(FLICKS_PER_SECOND // 50), "ease": "linear"})
        note = f"draft from the sound {name}, 20 to 120 Hz: {len(keys)} keys, {off}"
        tracks.append(TrackOut(SHAKER, "haptic", tuple(cues), note, machine_made=True))
        told.append(f"{name}: shaker at {hz:.0f} Hz; {len(keys)} keys for {len(times_s)} samples, {off}")
    if sound.onsets:
        knocks: tuple[Cue, ...] = tuple(
            {
                "at": Fl(_at_fl(one.at_s)),
                "transient": {"intensity": round(one.intensity, 2), "sharpness": round(one.sharpness, 2)},
            }
            for one in sound.onsets
        )
        note = f"draft from the sound {name}: {len(knocks)} beats by spectral flux"
        tracks.append(TrackOut(SHAKER, "haptic", knocks, note, machine_made=True))
    if not tracks:
        told.append(f"{name}: nothing to feel; no shaker track")
    return tracks, told


def _rounded(row: Floats) -> dict[str, float]:
    """To a tenth of a millimetre and a hundredth of a degree: what a person reads."""
    digits = (4, 4, 4, 2, 2, 2)
    return {
        axis: round(float(value), places) for axis, value, places in zip(SEAT_AXES, row, digits, strict=True)
    }


def _at_fl(seconds: float) -> int:
    return round(round(float(seconds), 5) * FLICKS_PER_SECOND)


def _listed(instants_s: Sequence[float]) -> str:
    if not instants_s:
        return ""
    shown = ", ".join(f"{at_s:.2f} s" for at_s in instants_s[:8])
    return f" ({shown}{', ...' if len(instants_s) > 8 else ''})"
