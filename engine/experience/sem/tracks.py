"""From effects to tracks: one role a kind, place and scent, and the rules of what ends what.

An effect lasts for its duration, or until a later effect of the same kind and place: one that is not activated ends it, one that
is takes over. Intensities become levels (shares of their range); the range, the place and what has no form of its own in a scene are
kept in the track's note, so that an export gives them back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from engine.errors import Place, Problem
from engine.experience.scene_writer import Cue, Fl, RoleRow, TrackOut
from engine.experience.sem.motion import DEFAULT_RATE_HZ, Units, motion_cues, read_matrix
from engine.experience.sem.names import term_name
from engine.experience.sem.read import Effect
from engine.experience.sem.snippet import note_of
from engine.experience.sem.tree import Element
from engine.experience.single_scene import identifier
from engine.time.flicks import FLICKS_PER_SECOND

_MAX_FLASHES = 10_000
_DEFAULT_FLASH_HZ = 1.0
_MAX_TACTORS = 32
FORCES = ("force_x", "force_y", "force_z", "torque_x", "torque_y", "torque_z")

_ROLES = {
    "Light": ("light.hero", "color", "room", "light"),
    "Flash": ("light.strike", "color", "room", "light"),
    "Temperature": ("air.temperature", "level", "room", "temperature"),
    "Wind": ("air.wind", "level", "room", "wind"),
    "Vibration": ("seat.shaker", "haptic", "seat", "haptic"),
    "Spraying": ("air.mist", "level", "room", "water"),
    "Scent": ("scent.unnamed", "level", "room", "scent"),
    "Fog": ("air.fog", "level", "room", "fog"),
    "ColorCorrection": ("look.color_correction", "level", "room", ""),
    "RigidBodyMotion": ("seat.motion", "motion", "seat", "motion"),
    "PassiveKinestheticMotion": ("seat.motion", "motion", "seat", "motion"),
    "PassiveKinestheticForce": ("hand.force_x", "level", "seat", "haptic"),
    "ActiveKinesthetic": ("hand.force_x", "level", "seat", "haptic"),
    "Tactile": ("hand.tactile", "haptic", "seat", "haptic"),
}
_MOVING = {"RigidBodyMotion", "PassiveKinestheticMotion"}
_FORCING = {"PassiveKinestheticForce", "ActiveKinesthetic"}

Vector = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Imported:
    """Tracks of a scene, how long it is, and what a person should know."""

    tracks: tuple[TrackOut, ...]
    duration_fl: int
    notices: tuple[Problem, ...]


@dataclass(slots=True)
class _Step:
    at_fl: int
    value: Vector
    fade_fl: int


@dataclass(slots=True)
class _Weaver:
    """What has been woven so far."""

    units: Units
    end_fl: int
    place: Place
    notices: list[Problem] = field(default_factory=list)
    steps: dict[RoleRow, list[_Step]] = field(default_factory=dict)
    notes: dict[RoleRow, str] = field(default_factory=dict)
    lanes: dict[tuple[str, str], list[RoleRow]] = field(default_factory=dict)
    """Roles that effects of one kind and place play on: several for scents and sprays."""
    whole: list[TrackOut] = field(default_factory=list)
    events: list[Cue] = field(default_factory=list)

    def say(self, element: Element, message: str, hint: str) -> None:
        """Keep a notice; the same one about many effects is told for the first."""
        if not any(notice.message == message for notice in self.notices):
            line = element.line or self.place.line
            self.notices.append(
                Problem(Place(self.place.path, line), message, hint, "warning", code="sem-mended")
            )

    def lane(self, effect: Effect, role: RoleRow) -> list[_Step]:
        """Steps of a role, which is known from now on to belong to the effect's kind and place."""
        self.notes.setdefault(role, note_of(effect))
        roles = self.lanes.setdefault((effect.kind, effect.location), [])
        if role not in roles:
            roles.append(role)
        return self.steps.setdefault(role, [])


def tracks_of(effects: Sequence[Effect], units: Units | None = None) -> Imported:
    """Tracks for effects.

    Parameters
    ----------
    effects : sequence of Effect
        By instant.
    units : Units, optional
        What lengths of motion patterns count.
    """
    last_fl = max((max(effect.end_fl, effect.at_fl + effect.fade_fl) for effect in effects), default=0)
    # A whole second after the last thing, so that it is seen to have ended.
    end_fl = (last_fl // FLICKS_PER_SECOND + 2) * FLICKS_PER_SECOND
    weaver = _Weaver(units or Units(), end_fl, effects[0].place if effects else Place("sem"))
    lanes: dict[tuple[str, str], list[Effect]] = {}
    for effect in effects:
        kind = "RigidBodyMotion" if effect.kind in _MOVING else effect.kind
        lanes.setdefault((kind, effect.location), []).append(effect)
    for lane in lanes.values():
        for index, effect in enumerate(lane):
            following = lane[index + 1] if index + 1 < len(lane) else None
            _weave(weaver, effect, following)
    tracks = [
        TrackOut(role, "haptic" if role.kind == "haptic" else "level", cues_of(steps), weaver.notes[role])
        for role, steps in weaver.steps.items()
    ]
    tracks.extend(weaver.whole)
    longest_fl = max((_cue_end(cue) for track in weaver.whole for cue in track.cues), default=0)
    end_fl = max(end_fl, (longest_fl // FLICKS_PER_SECOND + 1) * FLICKS_PER_SECOND)
    if weaver.events:
        tracks.append(TrackOut(None, "event", tuple(weaver.events)))
    return Imported(tuple(tracks), end_fl, tuple(weaver.notices))


def role_of(effect: Effect, part: str = "") -> RoleRow:
    """The role an effect plays on: its kind's, with its scent or spray and its place in the name."""
    name, kind, per, modality = _ROLES[effect.kind]
    if effect.kind == "Scent" and effect.term:
        name = f"scent.{identifier(effect.term)}"
    elif effect.kind == "Spraying" and identifier(effect.term) not in ("x", "water", "purified_water"):
        name = f"air.mist_{identifier(effect.term)}"
    if part:
        name = f"{name.split('.', maxsplit=1)[0]}.{part}"
    if effect.location:
        name = f"{name}_{identifier(term_name(effect.location))}"
    return RoleRow(name, kind, per, modality)


def _weave(weaver: _Weaver, effect: Effect, following: Effect | None) -> None:
    weaver.place = effect.place
    over_fl = None if following is None else following.at_fl
    if effect.auto and effect.level is None and effect.active:
        # Nothing to play by: the player is asked to derive it from the content. Kept as a named event.
        weaver.events.append(
            {"at": Fl(effect.at_fl), "name": f"auto_{identifier(effect.kind)}", "value": effect.auto}
        )
        weaver.say(
            effect.element,
            f"{effect.kind} is to be derived from the content (autoExtraction {effect.auto})",
            "kept as an event; draw a track for it, or feed the role live",
        )
        return
    if effect.kind in _MOVING:
        _moving(weaver, effect, over_fl)
    elif effect.kind in _FORCING:
        _forcing(weaver, effect, over_fl)
    elif effect.kind == "Tactile" and effect.element.child("ArrayIntensity") is not None:
        _tactile(weaver, effect, over_fl)
    elif effect.kind == "Flash":
        _flash(weaver, effect, over_fl)
    else:
        if effect.kind == "Tactile" and effect.active:
            resource = effect.element.child("TactileResource")
            weaver.say(
                effect.element,
                f"a tactile resource {None if resource is None else resource.get('ref')!r}",
                "played as a plain vibration; `sensorama import haptic` reads such files",
            )
        _level(weaver, effect, following)


# ---- levels --------------------------------------------------------------------------------------------------


def _level(weaver: _Weaver, effect: Effect, following: Effect | None) -> None:
    role = role_of(effect)
    known = list(weaver.lanes.get((effect.kind, effect.location), ()))
    # What takes over ends the others of its kind and place; an end, named or not, is the end of them all.
    ended = (known or [role]) if not effect.active else [other for other in known if other != role]
    for other in ended:
        steps = weaver.lane(effect, other)
        if len(ended) > 1 and steps and not any(steps[-1].value):
            continue  # it is off already
        steps.append(_Step(effect.at_fl, _off(other), effect.fade_fl))
    if not effect.active:
        return
    steps = weaver.lane(effect, role)
    level = 1.0 if effect.level is None else effect.level
    value: Vector = (level,)
    if role.kind == "color":
        value = tuple(round(part * level, 9) for part in effect.color or (1.0, 1.0, 1.0))
    steps.append(_Step(effect.at_fl, value, effect.fade_fl))
    if effect.duration_fl is not None and (following is None or following.at_fl > effect.end_fl):
        steps.append(_Step(effect.end_fl, _off(role), 0))


def _off(role: RoleRow) -> Vector:
    return (0.0, 0.0, 0.0) if role.kind == "color" else (0.0,)


def cues_of(steps: Sequence[_Step]) -> tuple[Cue, ...]:
    """Cues for steps: `set` where they are at once, a linear ramp where they fade; a ramp that is overtaken is cut where it is."""
    ordered: list[_Step] = []
    for step in sorted(steps, key=lambda step: step.at_fl):
        if ordered and ordered[-1].at_fl == step.at_fl:
            ordered.pop()  # of two at one instant the later in the file counts
        ordered.append(step)
    cues: list[Cue] = []
    now: Vector | None = None
    for index, step in enumerate(ordered):
        until_fl = ordered[index + 1].at_fl if index + 1 < len(ordered) else None
        before = now if now is not None else (0.0,) * len(step.value)
        now = step.value
        if step.fade_fl <= 0 or before == step.value:
            if index == 0 or before != step.value or step.fade_fl <= 0:
                cues.append({"at": Fl(step.at_fl), "set": _plain(step.value)})
            continue
        over_fl = step.fade_fl
        if until_fl is not None and step.at_fl + over_fl > until_fl:
            share = (until_fl - step.at_fl) / over_fl
            now = tuple(round(a + (b - a) * share, 9) for a, b in zip(before, step.value, strict=True))
            over_fl = until_fl - step.at_fl
        cues.append({"at": Fl(step.at_fl), "to": _plain(now), "over": Fl(over_fl), "ease": "linear"})
    return tuple(cues)


def _plain(value: Vector) -> float | list[float]:
    return value[0] if len(value) == 1 else list(value)


# ---- flashes, motion, forces, tactors ------------------------------------------------------------------------


def _flash(weaver: _Weaver, effect: Effect, over_fl: int | None) -> None:
    role = role_of(effect)
    steps = weaver.lane(effect, role)
    if not effect.active:
        steps.append(_Step(effect.at_fl, _off(role), 0))
        return
    ends = [weaver.end_fl]
    if effect.duration_fl is not None:
        ends.append(effect.end_fl)
    if over_fl is not None:
        ends.append(over_fl)
    end_fl = min(ends)
    hz = effect.frequency_hz or _DEFAULT_FLASH_HZ
    level = 1.0 if effect.level is None else effect.level
    lit: Vector = tuple(round(part * level, 9) for part in effect.color or (1.0, 1.0, 1.0))
    half_fl = FLICKS_PER_SECOND / (2 * hz)
    count = int((end_fl - effect.at_fl) / half_fl) + 1
    if count > 2 * _MAX_FLASHES:
        weaver.say(
            effect.element, f"{count // 2} flashes", f"more than {_MAX_FLASHES}; shown as steady light"
        )
        count = 1
    for index in range(count):
        at_fl = effect.at_fl + round(index * half_fl)
        if at_fl < end_fl:
            steps.append(_Step(at_fl, lit if index % 2 == 0 else _off(role), 0))
    if over_fl is None or over_fl > end_fl:
        steps.append(_Step(end_fl, _off(role), 0))


def _moving(weaver: _Weaver, effect: Effect, over_fl: int | None) -> None:
    if not effect.active:
        return
    end_fl = effect.end_fl if effect.duration_fl is not None else None
    if over_fl is not None:
        end_fl = over_fl if end_fl is None else min(end_fl, over_fl)
    for number, cue in enumerate(motion_cues(effect, end_fl, weaver.units, weaver.say)):
        length_fl = None if end_fl is None else end_fl - effect.at_fl
        note = note_of(effect, length_fl=length_fl, number=number, units=weaver.units)
        weaver.whole.append(TrackOut(role_of(effect), "motion", (cue,), note))


def _forcing(weaver: _Weaver, effect: Effect, over_fl: int | None) -> None:
    """Newtons and newton metres, one level role a component."""
    if effect.active:
        if effect.kind == "ActiveKinesthetic":
            child = effect.element.child("ActiveKinesthetic")
            row = [_attribute(child, name) for name in ("fx", "fy", "fz", "tx", "ty", "tz")]
            rows, rate_hz = [row], DEFAULT_RATE_HZ
        else:
            child = effect.element.child("PassiveKinestheticForce")
            rows = [] if child is None else read_matrix(child, weaver.say)
            rate_hz = effect.rate_hz or DEFAULT_RATE_HZ
            if rows and len(rows[0]) not in (3, 6) and len(rows) in (3, 6):
                rows = [list(row) for row in zip(*rows, strict=True)]
    else:
        rows, rate_hz = [[0.0] * 6], DEFAULT_RATE_HZ
    if not rows:
        weaver.say(effect.element, "a force without samples", "nothing is played")
        return
    _columns(
        weaver, effect, over_fl, [list(row) for row in zip(*rows, strict=True)][:6], list(FORCES), rate_hz
    )


def _tactile(weaver: _Weaver, effect: Effect, over_fl: int | None) -> None:
    child = effect.element.child("ArrayIntensity")
    rows = [] if child is None else read_matrix(child, weaver.say)
    if not rows:
        return
    if not effect.active:
        rows = [[0.0] * len(rows[0])]
    # With a sample rate each row is an instant of all tactors; without, the rows are rows of tactors.
    frames = rows if effect.rate_hz else [[value for row in rows for value in row]]
    if len(frames[0]) > _MAX_TACTORS:
        weaver.say(effect.element, f"{len(frames[0])} tactors", f"the first {_MAX_TACTORS} are played")
    peak = max((abs(value) for frame in frames for value in frame), default=0.0)
    scale = 1.0 if peak <= 1.0 else 100.0 if peak <= 100.0 else peak
    columns = [
        [min(max(value / scale, 0.0), 1.0) for value in column] for column in zip(*frames, strict=True)
    ]
    names = ["tactile"] if len(columns) == 1 else [f"tactile_{index + 1}" for index in range(len(columns))]
    _columns(weaver, effect, over_fl, columns[:_MAX_TACTORS], names, effect.rate_hz or DEFAULT_RATE_HZ)


def _columns(
    weaver: _Weaver,
    effect: Effect,
    over_fl: int | None,
    columns: Sequence[Sequence[float]],
    names: Sequence[str],
    rate_hz: float,
) -> None:
    """Samples of several components, each a role of its own, linear in between."""
    end_fl = effect.end_fl if effect.duration_fl is not None else None
    if over_fl is not None:
        end_fl = over_fl if end_fl is None else min(end_fl, over_fl)
    for column, name in zip(columns, names, strict=False):
        role = role_of(effect, name)
        if role not in weaver.steps and not any(column):
            continue  # nothing ever pushes this way
        steps = weaver.lane(effect, role)
        step_fl = FLICKS_PER_SECOND / rate_hz
        for index, value in enumerate(column):
            at_fl = effect.at_fl + round(max(index - 1, 0) * step_fl)
            if end_fl is not None and at_fl >= end_fl:
                break
            fade_fl = 0 if index == 0 else round(index * step_fl) - round((index - 1) * step_fl)
            if index == 1:
                # The first sample is there at once, the way to the second begins there: two things at one instant.
                steps[-1] = _Step(effect.at_fl, (round(column[0], 9),), 0)
                at_fl += 1
                fade_fl -= 1
            steps.append(_Step(at_fl, (round(value, 9),), fade_fl))
        if effect.active and end_fl is not None and (over_fl is None or over_fl > end_fl):
            steps.append(_Step(end_fl, (0.0,), 0))


def _attribute(element: Element | None, name: str) -> float:
    try:
        return float((element.get(name) if element is not None else None) or 0.0)
    except ValueError:
        return 0.0


def _cue_end(cue: Cue) -> int:
    at: Fl = cue["at"]
    if "for" in cue:
        length: Fl = cue["for"]
        return at.fl + length.fl
    if "keys" in cue:
        last: Fl = cue["keys"][-1][0]
        return at.fl + last.fl
    return at.fl
