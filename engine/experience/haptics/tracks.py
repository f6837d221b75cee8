"""Between clips and scenes: a clip as haptic tracks, what a scene does on a haptic role as a clip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from engine.errors import Problem, UsageError
from engine.experience.haptics.clip import (
    HapticClip,
    HapticFile,
    Knock,
    Point,
    hz_of,
    sharpness_of,
)
from engine.experience.haptics.files import read_haptic
from engine.experience.package import load_package
from engine.experience.role_curves import role_edges, straight_parts
from engine.experience.scene_writer import Cue, Fl, RoleRow, TrackOut, scene_text
from engine.experience.single_scene import identifier, refuse_taken, write_scene_or_package
from engine.time.flicks import FLICKS_PER_SECOND
from engine.timeline.evaluate import Evaluator
from engine.timeline.program import Program
from engine.timeline.roles import RoleKind, RoleTable

DEFAULT_ROLE = "seat.shaker"
_NO_ONE_SHOTS_FL = 1 << 62
_AT_ONCE_S = 2e-6


@dataclass(frozen=True, slots=True)
class ImportedHaptics:
    """What an import made."""

    place: Path
    tracks: int
    duration_fl: int
    notices: tuple[Problem, ...]


def import_haptic(
    path: Path, out: Path | None = None, *, role: str = DEFAULT_ROLE, at_fl: int = 0
) -> ImportedHaptics:
    """Turn a haptic file into an experience of one scene, or (`out` ending in ``.yaml``) into a scene file.

    Parameters
    ----------
    path : Path
    out : Path, optional
        Default a folder named after the file, here.
    role : str
        Role of the first clip; further places of the body get their name after it.
    at_fl : int
        Where in the scene it begins.

    Raises
    ------
    PackageError, UsageError, OutputError
    """
    file = read_haptic(path)
    tracks = [track for clip in file.clips for track in tracks_of(clip, role, at_fl)]
    length_s = max((clip.length_s for clip in file.clips), default=0.0)
    last_fl = at_fl + round(length_s * FLICKS_PER_SECOND)
    duration_fl = (last_fl // FLICKS_PER_SECOND + 2) * FLICKS_PER_SECOND
    target = Path(identifier(path.stem)) if out is None else out
    refuse_taken(target)
    about = f"Imported from {path.name}: {len(file.clips)} haptic clips."
    write_scene_or_package(target, file.title or path.stem, tracks, scene_text(tracks, duration_fl, about))
    return ImportedHaptics(target, len(tracks), duration_fl, file.notices)


def tracks_of(clip: HapticClip, role: str = DEFAULT_ROLE, at_fl: int = 0) -> list[TrackOut]:
    """Haptic tracks of a clip: the envelope with its frequency, and the knocks."""
    name = f"{role}_{identifier(clip.name)}" if clip.name else role
    row = RoleRow(name, "haptic", "seat", "haptic")
    tracks = []
    cue = _envelope_cue(clip, at_fl)
    if cue is not None:
        tracks.append(TrackOut(row, "haptic", (cue,)))
    knocks: list[Cue] = [
        {
            "at": Fl(at_fl + _fl(knock.t_s)),
            "transient": {"intensity": round(knock.amplitude, 9), "sharpness": round(knock.sharpness, 9)},
        }
        for knock in clip.knocks
    ]
    if knocks:
        tracks.append(TrackOut(row, "haptic", tuple(knocks)))
    return tracks


def _envelope_cue(clip: HapticClip, at_fl: int) -> Cue | None:
    points = _rising([(_fl(point.t_s), point.value) for point in clip.amplitude])
    if len(points) < 2:
        return None  # one point lasts for no time: nothing is felt
    first_fl, last_fl = points[0][0], points[-1][0]
    cue: Cue = {
        "at": Fl(at_fl + first_fl),
        "keys": [[Fl(t - first_fl), round(value, 9)] for t, value in points],
    }
    if clip.sharpness:
        inside = [p for p in clip.sharpness if clip.amplitude[0].t_s < p.t_s < clip.amplitude[-1].t_s]
        ends = (clip.amplitude[0].t_s, clip.amplitude[-1].t_s)
        row = [
            Point(ends[0], clip.sharpness_at(ends[0])),
            *inside,
            Point(ends[1], clip.sharpness_at(ends[1])),
        ]
        bends = _rising([(_fl(p.t_s) - first_fl, hz_of(p.value)) for p in row])
        bends = [(t, hz) for t, hz in bends if t <= last_fl - first_fl]
        if len({round(hz, 6) for _, hz in bends}) == 1:
            cue["hz"] = round(bends[0][1], 6)
        else:
            cue["hz"] = [[Fl(t), round(hz, 6)] for t, hz in bends]
    return cue


def _rising(points: Sequence[tuple[int, float]]) -> list[tuple[int, float]]:
    """Points with times that grow: a step takes one flick."""
    made: list[tuple[int, float]] = []
    for t, value in points:
        made.append((max(t, made[-1][0] + 1) if made else t, value))
    return made


def _fl(seconds: float) -> int:
    return round(seconds * FLICKS_PER_SECOND)


# ---- out -----------------------------------------------------------------------------------------------------


def clips_of_scene(experience: str | Path, scene: str | None, role: str | None) -> HapticFile:
    """What a scene does on its haptic roles, a clip each.

    Parameters
    ----------
    experience : str or Path
    scene : str, optional
        Needed where there are several.
    role : str, optional
        Only this one.

    Raises
    ------
    PackageError
        When the experience has mistakes.
    UsageError
        For an unknown scene or role, or one without haptics.
    """
    package = load_package(experience)
    names = ", ".join(sorted(package.scene_index))
    if scene is None:
        if len(package.scenes) != 1:
            raise UsageError(f"{package.id} has several scenes; give --scene, one of {names}")
        scene = package.scenes[0].id
    if scene not in package.scene_index:
        raise UsageError(f"--scene {scene}: there is no such scene; there are {names}")
    program = package.scene(scene)
    haptic = [
        index
        for index, spec in enumerate(package.roles)
        if spec.kind is RoleKind.HAPTIC and index in program.roles_used() and role in (None, spec.name)
    ]
    if not haptic:
        wanted = f"role {role}" if role else "a haptic role"
        raise UsageError(f"scene {scene} plays nothing on {wanted}")
    show = Evaluator(package.scenes, package.roles)
    clips = tuple(_clip(show, program, package.roles, index, len(haptic) > 1) for index in haptic)
    return HapticFile(clips, (), f"{package.title.get('en', package.id)}, {scene}")


def _clip(show: Evaluator, program: Program, roles: RoleTable, index: int, named: bool) -> HapticClip:
    start = roles.starts[index]
    role = roles.roles[index].name

    def at(at_fl: int) -> tuple[float, float]:
        state = show.levels_at(program.index, at_fl, run_from_fl=_NO_ONE_SHOTS_FL)
        return min(max(float(state[start]), 0.0), 1.0), sharpness_of(float(state[start + 1]))

    times, _ = role_edges(program, index)
    samples: list[tuple[int, float, float]] = []
    for a_fl, b_fl in pairwise(times):
        samples.extend((begin_fl, *at(begin_fl)) for begin_fl, _ in straight_parts(at, a_fl, b_fl))
        samples.append((b_fl - 1, *at(b_fl - 1)))
    amplitude = _needed([Point(t / FLICKS_PER_SECOND, a) for t, a, _ in samples])
    sharpness = _needed([Point(t / FLICKS_PER_SECOND, s) for t, a, s in samples if a > 0.0])
    knocks = tuple(
        Knock(cue.at_fl / FLICKS_PER_SECOND, float(cue.value or 0.0), float(cue.detail or 0.0))
        for cue in program.events.cues
        if cue.kind == "transient" and cue.name == role
    )
    if all(point.value == 0.0 for point in amplitude):
        amplitude = []
    return HapticClip(role if named else "", tuple(amplitude), tuple(sharpness), knocks)


def _needed(points: Sequence[Point]) -> list[Point]:
    """Points that say something: those on the line between their neighbours do not."""
    made: list[Point] = []
    for point in points:
        if made and point.t_s <= made[-1].t_s:
            continue
        while len(made) > 1:
            a, b = made[-2], made[-1]
            straight = a.value + (point.value - a.value) * (b.t_s - a.t_s) / (point.t_s - a.t_s)
            if abs(straight - b.value) > 1e-9:
                break
            made.pop()
        made.append(point)
    # Silence before and after needs no points, but for the one from which it rises.
    while len(made) > 1 and made[0].value == 0.0 and made[1].value == 0.0:
        made.pop(0)
    while len(made) > 1 and made[-1].value == 0.0 and made[-2].value == 0.0:
        made.pop()
    # An envelope that begins or ends with a step needs no point at zero either: outside itself it is zero.
    if len(made) > 1 and made[0].value == 0.0 and made[1].t_s - made[0].t_s < _AT_ONCE_S:
        made.pop(0)
    if len(made) > 1 and made[-1].value == 0.0 and made[-1].t_s - made[-2].t_s < _AT_ONCE_S:
        last = made.pop()
        made[-1] = Point(last.t_s, made[-1].value)
    # Six decimals: a value is read a flick before a piece ends, and must not drift by it from trip to trip.
    return [Point(point.t_s, round(point.value, 6)) for point in made]
