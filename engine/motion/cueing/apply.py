"""A package and a rig meet: every derived motion is fitted into what the rig's seats can do, once, and becomes ordinary channels.

Nothing else changes: bus, viewers, seeks and replays evaluate the package that comes out like any other. Each course is computed once for
its content, its source, the seats' limits and the version of this code, and kept in the user's cache folder; a course from there has the
same bits as one computed anew on the machine that computed it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from engine.errors import InputError, PackageError, Place, Problem
from engine.experience.bundled import shown_file
from engine.experience.resolve import Bindings, resolve
from engine.motion.cueing import cache
from engine.motion.cueing.channels import Stretch, with_motion
from engine.motion.cueing.fit import Weights, excess, fit_course, fit_poses
from engine.motion.cueing.perception import FeltError, felt_error
from engine.motion.cueing.sources import log_length_s, wanted_of
from engine.motion.cueing.specific_force import felt
from engine.motion.cueing.spline import at_knots
from engine.motion.cueing.values import GRAVITY_MPS2, KNOT_HZ, Course, Fitted, Floats, Workspace
from engine.motion.cueing.washout import WashoutParameters, washed_out
from engine.motion.cueing.workspace import room_left, shrink_to_legs, workspace_of
from engine.time.flicks import FLICKS_PER_SECOND
from engine.timeline.program import DerivedMotion, Program
from engine.timeline.yamlsource import load_yaml

if TYPE_CHECKING:
    from engine.experience.package import Package
    from engine.experience.rig import Rig

_KNOT_FL = FLICKS_PER_SECOND // KNOT_HZ

POOR = 0.9
"""A fit whose felt error is more than this share of a seat's that stands still is said to be poor."""


@dataclass(frozen=True, slots=True, eq=False)
class MotionFit:
    """One stretch of one derived motion, wanted and given.

    Attributes
    ----------
    scene, reaction : str
        Ids; reaction "" for the scene's own.
    track : int
        Number of the track.
    role : str
    from_fl : int
        Program time of the first knot.
    cueing : str
        ``fit``, ``washout`` or ``pose``.
    wanted, given : Course
        What is to be felt, and what the seat gives at the guest's head.
    fitted : Fitted
    workspace : Workspace
    error, standing : FeltError
        What a guest would feel wrong, and what somebody on a seat that stands still would.
    """

    scene: str
    reaction: str
    track: int
    role: str
    from_fl: int
    cueing: str
    wanted: Course
    given: Course
    fitted: Fitted
    workspace: Workspace
    error: FeltError
    standing: FeltError


@dataclass(frozen=True, slots=True, eq=False)
class _Seats:
    workspace: Workspace
    check: Callable[[Floats], float] | None
    legs_of: tuple[Callable[[Floats], Floats], ...]
    key: str


def has_derived(package: Package) -> bool:
    """Whether anything of a package waits to be fitted."""
    return any(program.derived for scene in package.scenes for program in (scene, *scene.reactions))


def fitted(package: Package, rig: Rig, *, bindings: Bindings | None = None) -> Package:
    """A package whose derived motion is fitted to a rig.

    Parameters
    ----------
    package : Package
    rig : Rig
    bindings : Bindings, optional
        Who plays what; default `resolve(rig, package.roles)`, as if every device were there. Give none where runs are to be replayed:
        what a seat is sent must not depend on which of them answered this morning.

    Returns
    -------
    Package
        The same object where nothing is derived, and so a second time.

    Raises
    ------
    PackageError
        For logs that cannot be read, all of them.
    """
    if not has_derived(package):
        return package
    fitter = _Fitter(package, rig, bindings)
    problems: list[Problem] = []
    scenes = tuple(fitter.scene(scene, problems) for scene in package.scenes)
    if problems:
        raise PackageError(problems)
    return replace(package, scenes=scenes)


def motion_fits(package: Package, rig: Rig, *, bindings: Bindings | None = None) -> Iterator[MotionFit]:
    """Every derived motion of a package beside what a rig makes of it, for reports and checks.

    Parameters
    ----------
    package : Package
        As it was loaded: of one that `fitted` has given back there is nothing to say any more.
    rig, bindings
        As in `fitted`.

    Raises
    ------
    InputError
        For a log that cannot be read.
    """
    if not has_derived(package):
        return
    fitter = _Fitter(package, rig, bindings)
    for scene in package.scenes:
        for program, reaction in ((scene, ""), *((found, found.id) for found in scene.reactions)):
            for motion in program.derived:
                for from_fl, count in fitter.stretches(program, motion):
                    yield fitter.report(scene, reaction, program, motion, from_fl, count)


def fit_problems(package: Package, rig: Rig) -> list[Problem]:
    """What an author should hear of derived motion on a rig: what is wrong with logs, and motion its seats hardly give."""
    if not has_derived(package):
        return []
    found: list[Problem] = []
    fitter = _Fitter(package, rig, None)
    heard: set[tuple[str, str]] = set()
    for scene in package.scenes:
        for program, reaction in ((scene, ""), *((found, found.id) for found in scene.reactions)):
            for motion in program.derived:
                place = partial(_place_of, package, scene.id, reaction, motion.track)
                try:
                    found += _log_notices(package, motion, heard)
                    rows = [
                        fitter.report(scene, reaction, program, motion, from_fl, count)
                        for from_fl, count in fitter.stretches(program, motion)
                    ]
                except InputError as error:
                    found += _told(error, place)
                    continue
                found += _poor(rows, rig, place)
    return found


def _poor(rows: Sequence[MotionFit], rig: Rig, place: Callable[[], Place]) -> list[Problem]:
    """A warning where a seat hardly gives what a track asks."""
    felt_wrong = _whole([row.error for row in rows])
    standing = _whole([row.standing for row in rows])
    if standing <= 1e-9 or felt_wrong <= POOR * standing:
        return []
    message = (
        f"on {rig.path.name} the seats of {rows[0].role} can hardly give what is asked: a guest would feel an error"
        f" of {felt_wrong:.2g} thresholds (r.m.s.), {standing:.2g} if the seat stood still"
    )
    hint = "ask for less (`gain`), smooth the source (`smooth`), or draw the motion with cues"
    return [Problem(place(), message, hint, "warning", "derived-motion")]


def _log_notices(package: Package, motion: DerivedMotion, heard: set[tuple[str, str]]) -> list[Problem]:
    """What had to be assumed or mended in a log, once for each."""
    log = motion.file, motion.frame
    if motion.source != "telemetry" or log in heard:
        return []
    heard.add(log)
    from engine.experience.telemetry import read_telemetry

    return list(read_telemetry(package.file(motion.file), frame=motion.frame).notices)


def _told(error: InputError, place: Callable[[], Place]) -> list[Problem]:
    """Every mistake of an error; of one without a place the track's."""
    problems = getattr(error, "problems", None)
    return (
        list(problems)
        if problems
        else [Problem(error.place or place(), error.message, code="derived-motion")]
    )


def _place_of(package: Package, scene: str, reaction: str, track: int) -> Place:
    """The line of a track; the file is read again, since there is something to say."""
    path = Path(package.path) / "scenes" / f"{scene}.yaml"
    where: tuple[str | int, ...] = ("tracks", track)
    _, places = load_yaml(path, shown=shown_file(path))
    return places.of(("reactions", reaction, *where) if reaction else where)


def _whole(errors: list[FeltError]) -> float:
    """Root mean square over stretches of different length."""
    total = sum(len(row.force_mps2) for row in errors)
    return float(np.sqrt(sum(row.over_rms**2 * len(row.force_mps2) for row in errors) / max(total, 1)))


class _Fitter:
    """Fits the derived motions of one package to one rig."""

    def __init__(self, package: Package, rig: Rig, bindings: Bindings | None) -> None:
        self._package = package
        self._rig = rig
        self._bindings = resolve(rig, package.roles) if bindings is None else bindings
        self._seats: dict[int, _Seats] = {}
        self._weights = Weights()
        self._washout = WashoutParameters(rate_hz=KNOT_HZ)

    def scene(self, scene: Program, problems: list[Problem]) -> Program:
        """A scene and its reactions, fitted."""
        reactions = tuple(self._program(reaction, scene, True, problems) for reaction in scene.reactions)
        whole = self._program(scene, scene, False, problems)
        return whole if reactions == scene.reactions else replace(whole, reactions=reactions)

    def _program(
        self, program: Program, scene: Program, is_reaction: bool, problems: list[Problem]
    ) -> Program:
        if not program.derived:
            return program
        motions: list[tuple[DerivedMotion, list[Stretch]]] = []
        for motion in program.derived:
            try:
                found = [
                    Stretch(from_fl, self.fit(program, motion, from_fl, count)[1])
                    for from_fl, count in self.stretches(program, motion)
                ]
            except InputError as error:
                reaction = program.id if is_reaction else ""
                problems += _told(error, partial(_place_of, self._package, scene.id, reaction, motion.track))
                continue
            motions.append((motion, found))
        rest = [self._package.roles.roles[motion.role].rest_values for motion, _ in motions]
        return with_motion(program, motions, rest, is_reaction=is_reaction)

    def stretches(self, program: Program, motion: DerivedMotion) -> list[tuple[int, int]]:
        """Where a motion is fitted by itself: program time of the first knot, and number of knots.

        A seat is at home, at rest, at the ends of each: of the scene, so that any scene can follow any other, and of a hold, so that
        its laps join.
        """
        end_fl = program.duration.nominal_fl
        if motion.source == "telemetry":
            length_s = log_length_s(self._package.file(motion.file), motion.frame)
            end_fl = min(end_fl, motion.at_fl + max(round(length_s * FLICKS_PER_SECOND) - motion.skip_fl, 0))
        if motion.for_fl:
            end_fl = min(end_fl, motion.at_fl + motion.for_fl)
        cuts = {motion.at_fl, end_fl}
        hold = program.window.hold if program.window is not None else None
        if hold is not None:
            cuts |= {cut for cut in (hold.from_fl, hold.to_fl) if motion.at_fl < cut < end_fl}
        edges = sorted(cut for cut in cuts if motion.at_fl <= cut <= end_fl)
        return [
            (low, (high - low) // _KNOT_FL + 1) for low, high in pairwise(edges) if high - low >= _KNOT_FL
        ]

    def fit(self, program: Program, motion: DerivedMotion, from_fl: int, count: int) -> tuple[Course, Fitted]:
        """Wanted and fitted course of one stretch."""
        wanted, stand = wanted_of(
            program, motion, Path(self._package.path), from_fl=from_fl, count=count, rate_hz=KNOT_HZ
        )
        seats = self._of_role(motion.role)
        workspace = room_left(seats.workspace, program, motion.role)
        name = cache.name_of(
            (motion.cueing, workspace, seats.key, self._weights, self._washout),
            wanted.force_mps2,
            wanted.turn_dps,
            stand,
        )
        known = cache.load(name, count)
        if known is not None and excess(known.control, workspace) <= 1.0:
            return wanted, known
        if motion.cueing == "fit":
            found = fit_course(
                wanted, workspace, self._weights, scale_to_fit=seats.check, legs_of=seats.legs_of
            )
        else:
            poses = stand if motion.cueing == "pose" else washed_out(wanted, self._washout)
            found = fit_poses(poses, workspace, scale_to_fit=seats.check)
        cache.save(name, found)
        return wanted, found

    def report(
        self, scene: Program, reaction: str, program: Program, motion: DerivedMotion, from_fl: int, count: int
    ) -> MotionFit:
        """One stretch, wanted and given."""
        wanted, found = self.fit(program, motion, from_fl, count)
        workspace = self._of_role(motion.role).workspace
        given = Course(KNOT_HZ, *felt(*at_knots(found.control, KNOT_HZ), head_m=workspace.head_m))
        still = Course(KNOT_HZ, np.tile([0.0, 0.0, GRAVITY_MPS2], (count, 1)), np.zeros((count, 3)))
        return MotionFit(
            scene.id,
            reaction,
            motion.track,
            self._package.roles.roles[motion.role].name,
            from_fl,
            motion.cueing,
            wanted,
            given,
            found,
            workspace,
            felt_error(wanted, given),
            felt_error(wanted, still),
        )

    def _of_role(self, role: int) -> _Seats:
        if role not in self._seats:
            name = self._package.roles.roles[role].name
            workspace, platforms = workspace_of(self._rig, self._bindings, name)
            specs = [
                device.platform
                for device in self._rig.devices
                if device.name in {row.device for row in self._bindings.of_role(name)}
            ]
            self._seats[role] = _Seats(
                workspace,
                shrink_to_legs(platforms),
                tuple(platform.legs for platform in platforms),
                repr(specs),
            )
        return self._seats[role]
