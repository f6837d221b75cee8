"""Motion effects: the patterns of a rigid body motion as cues of a seat, samples and forces as curves.

The schema names no units. Those of the standard's text are taken: centimetres, centimetres per second, degrees, degrees per
second, and milliseconds for intervals; `Units` changes the length. Directions: azimuth 0 is ahead and grows to the left, elevation
grows upward. An axis of a spin or an incline is the engine's: x to the right (pitch), y ahead (roll), z up (yaw). Samples are
rows of surge, sway, heave in metres and roll, pitch, yaw in degrees.

Speeds and accelerations are kept: a move gathers speed at its acceleration and brakes as it gathered. What moves a seat away
brings it back, at the pace it went: every pattern ends at rest, samples within `RETURN_S` of the effect's end.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.experience.scene_writer import Cue, Fl, pose
from engine.experience.sem.moves import (
    LONGEST_S,
    Move,
    move_in,
    move_over,
    move_within,
    there_and_back,
)
from engine.experience.sem.names import PATTERNS, term_name
from engine.experience.sem.read import Effect
from engine.experience.sem.tree import Element
from engine.time.flicks import FLICKS_PER_SECOND
from engine.timeline.model_cues import MAX_WAVE_CYCLES

RETURN_S = 0.5
"""How long samples take back to rest that end away from it."""

DEFAULT_S = 1.0
"""How long something takes that says neither how fast nor how long."""

JOLT_S = 0.1
"""How long the speed of an impact takes to be spent."""

JOLT_M = 0.05
"""Farthest way of a jolt."""

JOLT_BACK_S = 0.2
DEFAULT_RATE_HZ = 25.0
MAX_SAMPLES = 200_000
AXES = ("surge", "sway", "heave", "roll", "pitch", "yaw")
_FARTHEST_M = 100.0

Say = Callable[[Element, str, str], None]
Row = tuple[float, ...]
Pace = tuple[float | None, float | None]
"""Speed and acceleration, in the engine's units; None where the file says nothing."""


@dataclass(frozen=True, slots=True)
class Units:
    """What the file's numbers count. `length_m` is one unit of length in metres."""

    length_m: float = 0.01


@dataclass(frozen=True, slots=True)
class _Context:
    effect: Effect
    end_fl: int | None
    units: Units
    say: Say

    @property
    def length_s(self) -> float | None:
        """How long the effect lasts, None for as long as it takes."""
        if self.end_fl is None:
            return None
        return (self.end_fl - self.effect.at_fl) / FLICKS_PER_SECOND


def motion_cues(effect: Effect, end_fl: int | None, units: Units, say: Say) -> list[Cue]:
    """Cues of a rigid body motion or a passive kinesthetic motion, each for a track of its own (tracks add).

    Parameters
    ----------
    effect : Effect
    end_fl : int or None
        Where it ends, by its duration or because something takes over; None for as long as it takes.
    units : Units
    say : callable
        Takes ``(element, message, hint)`` for what had to be assumed.
    """
    context = _Context(effect, end_fl, units, say)
    found: list[Cue] = []
    for child in effect.element.children:
        if child.name == "SupplementalInformation":
            continue
        if child.name not in PATTERNS:
            say(child, f"pattern {child.name!r} is none of the schema", "left out")
            continue
        maker = _MAKERS[child.name]
        found.extend(cue for cue in maker(child, context) if cue)
    if not found:
        say(effect.element, "a motion without a pattern", "nothing moves")
    return found


# ---- patterns ------------------------------------------------------------------------------------------------


def _move_toward(element: Element, context: _Context) -> list[Cue]:
    unit = context.units.length_m
    distance_m, speed, acceleration = (
        _size(element, name, context, unit) for name in ("distance", "speed", "acceleration")
    )
    length_s = context.length_s
    default_s = DEFAULT_S if length_s is None else length_s
    if distance_m is None:
        move = move_within(default_s, speed, acceleration)
        move = (
            move if move.distance <= _FARTHEST_M else move_over(_FARTHEST_M, speed, acceleration, default_s)
        )
    else:
        move = move_over(min(distance_m, _FARTHEST_M), speed, acceleration, default_s)
    return _moved(element, context, move, (speed, acceleration), _direction(element))


def _incline(element: Element, context: _Context) -> list[Cue]:
    cues: list[Cue] = []
    for axis in ("pitch", "roll", "yaw"):
        angle = _number(element, axis, context) or 0.0
        pace = (
            _size(element, f"{axis}Speed", context),
            _size(element, f"{axis}Acceleration", context),
        )
        cues.extend(_turned(element, context, axis, angle, pace))
    return cues


def _shake(element: Element, context: _Context) -> list[Cue]:
    axis = _axis(element, "direction", {"heave": "heave", "sway": "sway", "surge": "surge"}, "heave", context)
    amplitude_m = (_size(element, "distance", context, context.units.length_m) or context.units.length_m) / 2
    return [_oscillation(element, context, {axis: min(amplitude_m, _FARTHEST_M)}, {})]


def _wave(element: Element, context: _Context) -> list[Cue]:
    """A wave that passes under the seat: it lifts the seat and tilts it with its slope, a quarter of a cycle ahead.

    Of a wave that runs to the right the left side rises first: where it starts upward the seat rolls to the right at once.
    """
    axis, sign = _WAVES[_choice(element, "direction", tuple(_WAVES), "front-rear", context)]
    down = _choice(element, "startDirection", ("up", "down"), "up", context) == "down"
    half_m = (_size(element, "distance", context, context.units.length_m) or context.units.length_m) / 2
    half_m = min(half_m, _FARTHEST_M)
    # A wave whose slope lifts the edge of a platform, a metre from its centre, by half the distance.
    amplitude = {"heave": half_m, axis: math.degrees(math.atan(half_m))}
    phase = {axis: 0.25 if (sign > 0) != down else 0.75}
    if down:
        phase["heave"] = 0.5
    return [_oscillation(element, context, amplitude, phase)]


def _spin(element: Element, context: _Context) -> list[Cue]:
    axis, sign = _SPINS[_choice(element, "direction", tuple(_SPINS), "zf", context)]
    count = _size(element, "count", context) or 1.0
    interval_ms = _size(element, "interval", context)
    time_s = count * interval_ms / 1000 if interval_ms else context.length_s or count * DEFAULT_S
    move = move_in(min(max(time_s, 1e-3), LONGEST_S), 360.0 * min(count, 1000.0))
    return [_away(context, move, {axis: sign})]


def _turn(element: Element, context: _Context) -> list[Cue]:
    angle = _number(element, "direction", context) or 0.0
    return _turned(element, context, "yaw", angle, (_size(element, "speed", context), None))


def _collide(element: Element, context: _Context) -> list[Cue]:
    """A jolt: at once at the speed of the impact, spent evenly over `JOLT_S` (a shorter way where that led too far), and back."""
    unit = context.units.length_m
    speed = _size(element, "speed", context, unit) or 100.0 * unit
    spent_s = max(min(JOLT_S, 2.0 * JOLT_M / speed), 1e-3)
    speed = min(speed, 2.0 * JOLT_M / spent_s)
    direction = _direction(element)
    reached = pose(**{axis: 0.5 * speed * spent_s * part for axis, part in direction.items()})
    hit = pose(**{axis: speed * part for axis, part in direction.items()})
    keys = [
        [Fl(0), {}, {}, hit],
        [Fl(_fl(spent_s)), {}, reached, {}],
        [Fl(_fl(spent_s + JOLT_BACK_S)), {}, {}, {}],
    ]
    return [{"at": Fl(context.effect.at_fl), "keys": keys, "shape": "spline"}]


def _samples(element: Element, context: _Context) -> list[Cue]:
    rows = read_matrix(element, context.say)
    if not rows:
        return []
    if len(rows[0]) not in (3, 6):
        if len(rows) not in (3, 6):
            context.say(
                element, f"samples of {len(rows)} by {len(rows[0])}", "3 or 6 to a sample are read; left out"
            )
            return []
        rows = [list(row) for row in zip(*rows, strict=True)]
    rate_hz = context.effect.rate_hz
    if not rate_hz:
        length_s = context.length_s
        rate_hz = (len(rows) - 1) / length_s if length_s and len(rows) > 1 else DEFAULT_RATE_HZ
    moments = [(round(n * FLICKS_PER_SECOND / rate_hz), _bounded(row)) for n, row in enumerate(rows)]
    last_fl = moments[-1][0] if context.end_fl is None else max(context.end_fl - context.effect.at_fl, 1)
    if moments[-1][0] > last_fl:
        context.say(element, f"{len(rows)} samples are longer than the effect", "the rest is left out")
        moments = _cut(moments, last_fl)
    moments.append((last_fl, moments[-1][1]))
    if any(moments[-1][1]):
        moments.append((last_fl + _fl(RETURN_S), (0.0,) * 6))
    keys = [[Fl(at_fl), pose(**dict(zip(AXES, row, strict=True)))] for at_fl, row in dict(moments).items()]
    return [{"at": Fl(context.effect.at_fl), "keys": keys, "shape": "cubic"}]


def _cut(moments: Sequence[tuple[int, Row]], last_fl: int) -> list[tuple[int, Row]]:
    """What is up to a time, with the value of that time between two samples."""
    kept = [moment for moment in moments if moment[0] < last_fl]
    (from_fl, a), (to_fl, b) = kept[-1], moments[len(kept)]
    part = (last_fl - from_fl) / (to_fl - from_fl)
    return [*kept, (last_fl, tuple(x + (y - x) * part for x, y in zip(a, b, strict=True)))]


_WAVES = {
    "left-right": ("roll", 1.0),
    "right-left": ("roll", -1.0),
    "front-rear": ("pitch", 1.0),
    "rear-front": ("pitch", -1.0),
}
"""Axis of the tilt, and its sign a quarter of a cycle ahead of a wave that starts upward."""

_SPINS = {
    "xf": ("pitch", 1.0),
    "xb": ("pitch", -1.0),
    "yf": ("roll", 1.0),
    "yb": ("roll", -1.0),
    "zf": ("yaw", 1.0),
    "zb": ("yaw", -1.0),
}

_MAKERS: dict[str, Callable[[Element, _Context], list[Cue]]] = {
    "MoveToward": _move_toward,
    "TrajectorySamples": _samples,
    "Incline": _incline,
    "Shake": _shake,
    "Wave": _wave,
    "Spin": _spin,
    "Turn": _turn,
    "Collide": _collide,
}


# ---- pieces of patterns --------------------------------------------------------------------------------------


def _moved(element: Element, context: _Context, move: Move, pace: Pace, axes: dict[str, float]) -> list[Cue]:
    """A move and its way back; no farther than its pace gets in the time that the effect lasts."""
    length_s = context.length_s
    if length_s is not None and move.time_s > length_s * (1.0 + 1e-9) and any(pace):
        reached = move_within(length_s, *pace)
        context.say(
            element,
            f"{element.name} needs {move.time_s:.3g} s for its {move.distance:.3g}, and lasts {length_s:.3g} s",
            f"it turns back after {reached.distance:.3g}; a longer duration or a higher speed gets it there",
        )
        move = reached
    return [_away(context, move, axes)] if move.distance > 0.0 else []


def _turned(element: Element, context: _Context, axis: str, angle_deg: float, pace: Pace) -> list[Cue]:
    default_s = min(DEFAULT_S, context.length_s or DEFAULT_S)
    move = move_over(abs(angle_deg), *pace, default_s)
    return _moved(element, context, move, pace, {axis: math.copysign(1.0, angle_deg)})


def _away(context: _Context, move: Move, axes: dict[str, float]) -> Cue:
    """Away from rest, a stay until the effect ends, and back as it came."""
    leave_fl = None if context.end_fl is None else context.end_fl - context.effect.at_fl
    keys = there_and_back(move, axes, leave_fl)
    return {"at": Fl(context.effect.at_fl), "keys": keys, "shape": "spline"}


def _oscillation(
    element: Element, context: _Context, amplitude: dict[str, float], phase: dict[str, float]
) -> Cue:
    """Whole cycles at full size, but for the first and the last quarter, in which they rise from rest and settle to it."""
    count = _size(element, "count", context) or 0.0
    interval_ms = _size(element, "interval", context) or 0.0
    length_s = context.length_s
    if interval_ms:
        hz = 1000.0 / interval_ms
    elif count and length_s:
        hz = count / length_s
    else:
        hz = 1.0
    hz = min(max(hz, 0.001), 100.0)
    time_s = count / hz if count else length_s or DEFAULT_S
    if length_s is not None:
        time_s = min(time_s, length_s)
    for_fl = max(_fl(min(time_s, MAX_WAVE_CYCLES / hz)), 2)
    fade_fl = min(_fl(0.25 / hz), for_fl // 2)
    wave: dict[str, object] = {"hz": round(hz, 6), "amplitude": pose(**amplitude)}
    if phase:
        wave["phase"] = phase
    wave |= {"fade_in": Fl(fade_fl), "fade_out": Fl(fade_fl)}
    return {"at": Fl(context.effect.at_fl), "for": Fl(for_fl), "wave": wave}


def _direction(element: Element) -> dict[str, float]:
    """Unit vector of directionH and directionV."""
    horizontal = math.radians(_float(element.get("directionH")) or 0.0)
    vertical = math.radians(_float(element.get("directionV")) or 0.0)
    flat = math.cos(vertical)
    parts = {
        "surge": flat * math.cos(horizontal),
        "sway": -flat * math.sin(horizontal),
        "heave": math.sin(vertical),
    }
    return {axis: round(value, 12) for axis, value in parts.items()}


def _axis(element: Element, name: str, known: dict[str, str], default: str, context: _Context) -> str:
    return known[_choice(element, name, tuple(known), default, context)]


def _choice(element: Element, name: str, known: Sequence[str], default: str, context: _Context) -> str:
    """The last word of a term, one of those known."""
    text = element.get(name)
    if text is None:
        return default
    found = term_name(text).lower().replace("_", "-")
    if found not in known:
        context.say(element, f"{name} {text!r} of {element.name} is not known", f"read as {default}")
        return default
    return found


def _size(element: Element, name: str, context: _Context, unit: float = 1.0) -> float | None:
    """A number without its sign, in the engine's unit; None where there is none, or where it is 0."""
    found = _number(element, name, context)
    return abs(found) * unit if found else None


def _number(element: Element, name: str, context: _Context) -> float | None:
    text = element.get(name)
    found = _float(text)
    if text is not None and found is None:
        context.say(element, f"{name} of {element.name} is {text!r}, not a number", "left out")
    return found


def _float(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        found = float(text)
    except ValueError:
        return None
    return found if math.isfinite(found) and abs(found) < 1e6 else None


def _bounded(row: Sequence[float]) -> Row:
    """A pose from a row of three or six, within what a cue can say."""
    most = (_FARTHEST_M,) * 3 + (1e6,) * 3
    whole = (*row, 0.0, 0.0, 0.0)[:6]
    return tuple(min(max(value, -limit), limit) for value, limit in zip(whole, most, strict=True))


def _fl(seconds: float) -> int:
    return round(min(seconds, LONGEST_S) * FLICKS_PER_SECOND)


# ---- matrices ------------------------------------------------------------------------------------------------


def read_matrix(element: Element, say: Say) -> list[list[float]]:
    """Rows of an MPEG-7 FloatMatrix: numbers, and ``dim`` with rows and columns.

    More than two dimensions are rows of everything but the first.
    """
    words = element.text.split()[: MAX_SAMPLES + 1]
    if len(words) > MAX_SAMPLES:
        say(element, f"more than {MAX_SAMPLES} numbers", "the rest is left out")
        words = words[:MAX_SAMPLES]
    numbers = [_float(word) for word in words]
    if not numbers or any(number is None for number in numbers):
        say(element, f"{element.name} holds no plain numbers", "left out")
        return []
    values = [number for number in numbers if number is not None]
    dim = next((text for (_, name), text in element.attributes.items() if name == "dim"), "")
    sizes = [int(word) for word in dim.split() if word.isdigit() and int(word) > 0]
    columns = len(values)
    if sizes:
        columns = max(1, math.prod(sizes[1:]))
    elif len(values) % 6 == 0:
        columns = 6
    if len(values) % columns:
        say(element, f"{len(values)} numbers do not fill rows of {columns}", "the last row is left out")
    whole = len(values) - len(values) % columns
    return [values[at : at + columns] for at in range(0, whole, columns)]


def matrix_text(rows: Sequence[Sequence[float]]) -> str:
    """Numbers of a matrix, row by row."""
    return " ".join(f"{value:.9g}" for row in rows for value in row)
