"""What the parts of a scene file must agree on: overlaps, the window law, references, roles.

Each check appends `Problem` rows; none stops the others.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

from engine.errors import Problem
from engine.time.flicks import format_fl
from engine.timeline.checks_acoustics import acoustics_rows
from engine.timeline.checks_bars import bars_rows
from engine.timeline.model import SceneFile, Window
from engine.timeline.model_cues import CurveCue, HapticCue
from engine.timeline.model_stage import RoleRef, Stage
from engine.timeline.model_tracks import (
    AudioCue,
    AudioTrack,
    EventTrack,
    HapticTrack,
    LevelTrack,
    LineTrack,
    MotionTrack,
    PathTrack,
    Track,
)
from engine.timeline.parse import Path, PlaceFinder, shown_path
from engine.timeline.roles import RoleKind, RoleTable


@dataclass(frozen=True, slots=True)
class Checker:
    """Collects the problems of one scene file.

    Attributes
    ----------
    file
        The scene.
    roles
        Roles the package declares.
    places
        Where things stand.
    problems
        Receives the rows.
    declared
        Names written under ``targets`` and ``reactions``, sound or not.
    """

    file: SceneFile
    roles: RoleTable
    places: PlaceFinder
    problems: list[Problem]
    declared: Mapping[str, frozenset[str]]

    def run(self) -> None:
        """All checks."""
        nominal_fl = self.file.duration.nominal_fl
        self._durations()
        self._tracks(self.file.tracks, (), nominal_fl, "scene")
        for name, reaction in self.file.reactions.items():
            self._tracks(reaction.tracks, ("reactions", name), reaction.duration_fl, "reaction")
        if self.file.window is not None:
            self._window(self.file.window, nominal_fl)
        self._triggers(nominal_fl)
        for path, message, hint, code in (*acoustics_rows(self.file), *bars_rows(self.file)):
            self.say(path, message, hint, code, "warning")
        if self.file.stage is not None:
            for path, ref, sizes in stage_refs(self.file.stage):
                self._binding(("stage", *path), ref, sizes)

    def say(
        self,
        path: Path,
        message: str,
        hint: str = "",
        code: str = "",
        severity: Literal["error", "warning"] = "error",
    ) -> None:
        """Append one row."""
        self.problems.append(Problem(self.places.of(path), message, hint, severity, code))

    def _durations(self) -> None:
        duration, window = self.file.duration, self.file.window
        nominal_fl = duration.nominal_fl
        if nominal_fl <= 0:
            self.say(("duration",), "the scene lasts 0s", "give it some time", "duration")
        if duration.min_fl is not None and duration.min_fl > nominal_fl:
            self.say(
                ("duration", "min"),
                f"min {format_fl(duration.min_fl)} is longer than nominal {format_fl(nominal_fl)}",
                code="duration",
            )
        least_max = max_duration_fl(self.file)
        if duration.max_fl is not None and duration.max_fl < least_max:
            self.say(
                ("duration", "max"),
                f"max {format_fl(duration.max_fl)} is shorter than nominal with every lap of the hold,"
                f" {format_fl(least_max)}",
                "leave max out to have it computed",
                "duration",
            )
        early = window is not None and window.leave == "early"
        if early and (duration.min_fl is None or duration.min_fl >= nominal_fl):
            self.say(
                ("window", "leave"),
                "leave: early never happens, since the scene's least duration is its nominal one",
                "write duration: {min: ..., nominal: ...}",
                "leave-early",
                "warning",
            )

    def _tracks(self, tracks: Sequence[Track], prefix: Path, length_fl: int, what: str) -> None:
        path_at: Path | None = None
        for number, track in enumerate(tracks):
            here: Path = (*prefix, "tracks", number)
            if isinstance(track, PathTrack):
                if what == "reaction":
                    self.say(here, "a reaction cannot move the vehicle", "leave the path track out", "path")
                elif path_at is not None:
                    self.say(
                        here,
                        f"a scene has one path; the first is at {self.places.of(path_at)}",
                        "join the two",
                        "path",
                    )
                path_at = here
                self._path(track, here, length_fl)
                continue
            if isinstance(track, LevelTrack | MotionTrack | HapticTrack):
                self._role(track, here)
            if isinstance(track, MotionTrack) and track.from_ is not None:
                self._derived(track, here, length_fl, what, tracks)
            if not isinstance(track, EventTrack):
                self._overlaps(track, here)
            for index, cue in enumerate(track.cues):
                self._inside(cue, (*here, "cues", index), length_fl, what, isinstance(track, AudioTrack))

    def _derived(
        self, track: MotionTrack, here: Path, length_fl: int, what: str, tracks: Sequence[Track]
    ) -> None:
        """Motion that follows from the guest's path or a log."""
        if track.from_ == "path" and not any(isinstance(other, PathTrack) for other in tracks):
            self.say(
                (*here, "from"),
                f"the motion follows the path, but the {what} has none",
                "add a track of kind path, or draw the motion with cues"
                if what == "scene"
                else "derive it in the scene; a reaction may have cues or a log",
                "derived-motion",
            )
        if track.at_fl >= length_fl:
            self.say(
                (*here, "at"),
                f"the motion begins at {format_fl(track.at_fl)}, the {what} lasts {format_fl(length_fl)}",
                f"begin earlier or make the {what} longer",
                "beyond-end",
            )
        elif track.for_fl is not None and track.at_fl + track.for_fl > length_fl:
            self.say(
                (*here, "for"),
                f"the motion ends at {format_fl(track.at_fl + track.for_fl)}, after the {what}"
                f" ({format_fl(length_fl)}); it comes to rest with it",
                "",
                "beyond-end",
                "warning",
            )

    def _path(self, track: PathTrack, here: Path, length_fl: int) -> None:
        last = -1
        for index, point in enumerate(track.keys):
            at_fl = path_time_fl(point.position, length_fl)
            if at_fl <= last:
                self.say((*here, "keys", index), f"point {index + 1} does not come after the one before it")
            elif at_fl > length_fl:
                self.say(
                    (*here, "keys", index),
                    f"the point at {format_fl(at_fl)} lies beyond the scene's {format_fl(length_fl)}",
                    severity="warning",
                    code="beyond-end",
                )
            last = at_fl

    def _role(self, track: LevelTrack | MotionTrack | HapticTrack, here: Path) -> None:
        role = self.roles.get(track.role)
        if role is None:
            self.say((*here, "role"), *self._unknown("role", track.role, self.roles.names), "unknown-role")
            return
        wanted = {
            LevelTrack: (RoleKind.LEVEL, RoleKind.COLOR),
            MotionTrack: (RoleKind.MOTION,),
            HapticTrack: (RoleKind.HAPTIC,),
        }[type(track)]
        if role.kind not in wanted:
            fitting = "level" if role.kind is RoleKind.COLOR else role.kind.value
            self.say(
                (*here, "kind"),
                f"the role {track.role} is of kind {role.kind.value}, the track is of kind {track.kind}",
                f"write kind: {fitting}",
                "role-kind",
            )
        elif role.kind in (RoleKind.LEVEL, RoleKind.HAPTIC):
            for index, cue in enumerate(track.cues):
                if any(len(value) != 1 for value in _level_values(cue)):
                    self.say(
                        (*here, "cues", index),
                        f"a colour on the {role.kind.value} role {track.role}",
                        "write single numbers",
                        "role-kind",
                    )

    def _unknown(self, what: str, name: str, known: Iterable[str]) -> tuple[str, str]:
        names = sorted(known)
        near = difflib.get_close_matches(name, names, 1, 0.5)
        hint = f"did you mean {near[0]}? " if near else ""
        there = f"known: {', '.join(names)}" if names else f"no {what} is declared"
        return f"unknown {what} {name!r}", hint + there

    def _overlaps(self, track: Any, here: Path) -> None:
        if isinstance(track, AudioTrack):
            return
        spans = sorted(
            (cue.at_fl, cue.at_fl + _known_length_fl(cue), index)
            for index, cue in enumerate(track.cues)
            if not (isinstance(cue, HapticCue) and cue.transient is not None)
        )
        for (at_fl, end_fl, index), (next_fl, _, later) in pairwise(spans):
            if next_fl < end_fl or (next_fl == at_fl and not isinstance(track, LineTrack)):
                self.say(
                    (*here, "cues", later),
                    f"the cue at {format_fl(next_fl)} begins before the one at {format_fl(at_fl)}"
                    f" ({self.places.of((*here, 'cues', index))}) has ended, at {format_fl(end_fl)}",
                    "move one of them, or put it on a track of its own",
                    "overlap",
                )

    def _inside(self, cue: Any, here: Path, length_fl: int, what: str, sound: bool) -> None:
        if cue.at_fl >= length_fl:
            self.say(
                (*here, "at"),
                f"the cue begins at {format_fl(cue.at_fl)}, the {what} lasts {format_fl(length_fl)}",
                f"begin earlier or make the {what} longer",
                "beyond-end",
            )
        elif cue.at_fl + _known_length_fl(cue) > length_fl and not (sound and _rings_on(cue)):
            self.say(
                here,
                f"the cue ends at {format_fl(cue.at_fl + _known_length_fl(cue))}, after the {what}"
                f" ({format_fl(length_fl)}); the rest is cut",
                "",
                "beyond-end",
                "warning",
            )

    def _window(self, window: Window, nominal_fl: int) -> None:
        order = (
            ("show", window.show_fl, "<"),
            ("open", window.open_fl, "<"),
            ("close", window.close_fl, "<="),
            ("commit", window.commit_fl, "<="),
            ("the scene's duration", nominal_fl, ""),
        )
        for (name, at_fl, sign), (later, later_fl, _) in pairwise(order):
            if at_fl > later_fl or (sign == "<" and at_fl == later_fl):
                self.say(
                    ("window", name),
                    f"`{name}` {format_fl(at_fl)} must be {sign} {later} {format_fl(later_fl)}",
                    "the order is show < open < close <= commit <= duration",
                    "window-order",
                )
        hold = window.hold
        if hold is not None:
            if hold.to_fl <= hold.from_fl:
                self.say(("window", "hold"), "the hold's `to` must come after its `from`", code="window-hold")
            elif hold.from_fl < window.open_fl or hold.to_fl > window.close_fl:
                self.say(
                    ("window", "hold"),
                    f"the hold {format_fl(hold.from_fl)}..{format_fl(hold.to_fl)} leaves the time in which"
                    f" votes count, {format_fl(window.open_fl)}..{format_fl(window.close_fl)}",
                    "open <= from < to <= close",
                    "window-hold",
                )

    def _triggers(self, nominal_fl: int) -> None:
        first: dict[str, int] = {}
        targets = self.declared.get("targets", frozenset()) | set(self.file.targets)
        reactions = self.declared.get("reactions", frozenset()) | set(self.file.reactions)
        for number, trigger in enumerate(self.file.triggers):
            here: Path = ("triggers", number)
            name = trigger_id(trigger.id, trigger.on, number)
            if name in first:
                before = self.places.of(("triggers", first[name]))
                self.say((*here, "id"), f"a second trigger {name!r}; the first is at {before}", code="twice")
            first.setdefault(name, number)
            if trigger.target is not None and trigger.target not in targets:
                self.say(
                    (*here, "target"), *self._unknown("target", trigger.target, targets), "unknown-target"
                )
            if trigger.do.reaction is not None and trigger.do.reaction not in reactions:
                self.say(
                    (*here, "do", "reaction"),
                    *self._unknown("reaction", trigger.do.reaction, reactions),
                    "unknown-reaction",
                )
            if trigger.from_fl >= nominal_fl:
                self.say(
                    (*here, "from"),
                    f"the trigger begins at {format_fl(trigger.from_fl)},"
                    f" the scene lasts {format_fl(nominal_fl)}",
                    code="beyond-end",
                )
            if trigger.do.vote is not None and self.file.window is None:
                self.say(
                    (*here, "do", "vote"),
                    f"votes for {trigger.do.vote!r}, but the scene has no decision window",
                    "add a window or do something else",
                    "vote-without-window",
                )

    def _binding(self, path: Path, ref: RoleRef, sizes: tuple[int, ...]) -> None:
        role = self.roles.get(ref.role)
        if role is None:
            self.say((*path, "role"), *self._unknown("role", ref.role, self.roles.names), "unknown-role")
        elif role.size not in sizes:
            kinds = " or ".join({1: "level", 3: "color"}[size] for size in sizes)
            self.say(
                (*path, "role"),
                f"`{shown_path(path)}` needs a {kinds} role, {ref.role} is of kind {role.kind.value}",
                code="role-kind",
            )


def path_time_fl(position: int | float, length_fl: int) -> int:
    """Time of a path point: flicks, or a share of the scene's nominal duration."""
    return position if isinstance(position, int) else round(position * length_fl)


def trigger_id(given: str | None, on: str, number: int) -> str:
    """Id of a trigger: its own, or its kind and ordinal."""
    return given if given is not None else f"{on}_{number + 1}"


def max_duration_fl(file: SceneFile) -> int:
    """Nominal duration plus every lap of the hold."""
    hold = file.window.hold if file.window is not None else None
    lap_fl = max(hold.to_fl - hold.from_fl, 0) * hold.laps if hold is not None else 0
    return file.duration.nominal_fl + lap_fl


def _known_length_fl(cue: Any) -> int:
    if isinstance(cue, CurveCue):
        return cue.length_fl
    return getattr(cue, "for_fl", None) or 0


def _rings_on(cue: Any) -> bool:
    if not isinstance(cue, AudioCue):
        return False
    return cue.tail if cue.tail is not None else not cue.loop


def _level_values(cue: Any) -> list[tuple[float, ...]]:
    values = [value for value in (cue.to, cue.set_to) if value is not None]
    for point in cue.points or ():
        values += [value for value in (point.value, point.in_tangent, point.out_tangent) if value is not None]
    if cue.wave is not None:
        values += [cue.wave.low, cue.wave.high]
    return values


_SIZES: dict[str, tuple[int, ...]] = {
    "zenith": (3,), "horizon": (3,), "glow": (3,), "warm": (3,), "cool": (3,), "color": (3,),
    "a": (1, 3), "b": (1, 3), "c": (1, 3),
}  # fmt: skip


def stage_refs(stage: Stage) -> list[tuple[Path, RoleRef, tuple[int, ...]]]:
    """Every value of a stage that follows a role: path by the author's words, the reference, sizes that
    fit.
    """
    found: list[tuple[Path, RoleRef, tuple[int, ...]]] = []

    def walk(value: Any, path: Path) -> None:
        if isinstance(value, RoleRef):
            colors = ("ambient", "moon", "sky", "ground")
            sizes = _SIZES.get(str(path[-1]), (3,) if path[0] == "ambient" and path[-1] in colors else (1,))
            found.append((path, value, sizes))
        elif isinstance(value, tuple):
            for index, item in enumerate(value):
                walk(item, (*path, index))
        elif hasattr(type(value), "model_fields"):
            for name, info in type(value).model_fields.items():
                walk(getattr(value, name), (*path, info.alias or name))

    walk(stage, ())
    return found
