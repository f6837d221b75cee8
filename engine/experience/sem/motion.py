"""Motion effects: the patterns of a rigid body motion as cues of a seat, samples and forces as curves.

The schema names no units. Those of the standard's text are taken: centimetres, centimetres per second, degrees, degrees per
second, and milliseconds for intervals; `Units` changes the length. Directions: azimuth 0 is ahead and grows to the left, elevation
grows upward. An axis of a spin or an incline is the engine's: x to the right (pitch), y ahead (roll), z up (yaw). Samples are
rows of surge, sway, heave in metres and roll, pitch, yaw in degrees.

What moves a seat away brings it back: an effect that ends leaves the seat at rest, within `RETURN_S`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.experience.scene_writer import Cue, Fl, pose
from engine.experience.sem.names import PATTERNS, term_name
from engine.experience.sem.read import Effect
from engine.experience.sem.tree import Element
from engine.time.flicks import FLICKS_PER_SECOND

RETURN_S = 0.5
"""Longest time of the way back to rest."""

DEFAULT_S = 1.0
"""How long something takes that says neither how fast nor how long."""

DEFAULT_RATE_HZ = 25.0
MAX_SAMPLES = 200_000
AXES = ("surge", "sway", "heave", "roll", "pitch", "yaw")
_LONGEST_S = 24 * 3600.0
_FARTHEST_M = 100.0

Say = Callable[[Element, str, str], None]


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
    direction = _direction(element)
    unit = context.units.length_m
    distance_m, speed, acceleration = (
        _number(element, name, context) for name in ("distance", "speed", "acceleration")
    )
    length_s = context.length_s
    away = None if distance_m is None else abs(distance_m) * unit
    speed_m = None if speed is None else abs(speed) * unit
    accel_m = None if acceleration is None else abs(acceleration) * unit
    if away is None:
        time_s = DEFAULT_S if length_s is None else length_s
        away = speed_m * time_s if speed_m else 0.5 * accel_m * time_s**2 if accel_m else 0.0
    elif speed_m:
        time_s = away / speed_m
    elif accel_m:
        time_s = math.sqrt(2 * away / accel_m)
    else:
        time_s = DEFAULT_S if length_s is None else length_s
    away = min(away, _FARTHEST_M)
    return [_there_and_back(context, time_s, {axis: away * part for axis, part in direction.items()})]


def _incline(element: Element, context: _Context) -> list[Cue]:
    cues = []
    for axis in ("pitch", "roll", "yaw"):
        angle = _number(element, axis, context) or 0.0
        if angle == 0.0:
            continue
        speed = abs(_number(element, f"{axis}Speed", context) or 0.0)
        acceleration = abs(_number(element, f"{axis}Acceleration", context) or 0.0)
        if speed:
            time_s = abs(angle) / speed
        elif acceleration:
            time_s = math.sqrt(2 * abs(angle) / acceleration)
        else:
            time_s = min(DEFAULT_S, context.length_s or DEFAULT_S)
        cues.append(_there_and_back(context, time_s, {axis: angle}))
    return cues


def _shake(element: Element, context: _Context) -> list[Cue]:
    axis = _axis(element, "direction", {"heave": "heave", "sway": "sway", "surge": "surge"}, "heave", context)
    amplitude_m = abs(_number(element, "distance", context) or 1.0) * context.units.length_m / 2
    return [_oscillation(element, context, {axis: min(amplitude_m, _FARTHEST_M)}, 0.0)]


def _wave(element: Element, context: _Context) -> list[Cue]:
    sides = {"left-right": "roll", "right-left": "roll", "front-rear": "pitch", "rear-front": "pitch"}
    axis = _axis(element, "direction", sides, "pitch", context)
    start = term_name(element.get("startDirection") or "up").lower()
    half_m = min(abs(_number(element, "distance", context) or 1.0) * context.units.length_m / 2, _FARTHEST_M)
    # A platform a metre from centre to edge, whose edge rises by half the distance.
    amplitude = {"heave": half_m, axis: math.degrees(math.atan(half_m))}
    return [_oscillation(element, context, amplitude, 0.5 if start == "down" else 0.0)]


def _spin(element: Element, context: _Context) -> list[Cue]:
    axes = {"xf": "pitch", "xb": "pitch", "yf": "roll", "yb": "roll", "zf": "yaw", "zb": "yaw"}
    axis = _axis(element, "direction", axes, "yaw", context)
    sign = -1.0 if term_name(element.get("direction") or "").lower().endswith("b") else 1.0
    count = abs(_number(element, "count", context) or 1.0)
    interval = _number(element, "interval", context)
    if interval:
        time_s = count * interval / 1000
    else:
        time_s = context.length_s or count * DEFAULT_S
    time_fl = _fl(time_s)
    turned = sign * 360.0 * min(count, 1000.0)
    return [
        {
            "at": Fl(context.effect.at_fl),
            "keys": [[Fl(0), {}], [Fl(time_fl), pose(**{axis: turned})]],
            "shape": "linear",
        }
    ]


def _turn(element: Element, context: _Context) -> list[Cue]:
    angle = _number(element, "direction", context) or 0.0
    speed = abs(_number(element, "speed", context) or 0.0)
    time_s = abs(angle) / speed if speed else min(DEFAULT_S, context.length_s or DEFAULT_S)
    return [_there_and_back(context, time_s, {"yaw": angle})] if angle else []


def _collide(element: Element, context: _Context) -> list[Cue]:
    """A jolt: for 50 ms at the speed of the impact, then back in four times that."""
    speed_m = abs(_number(element, "speed", context) or 100.0) * context.units.length_m
    away_m = min(speed_m * 0.05, 0.05)
    reached = pose(**{axis: away_m * part for axis, part in _direction(element).items()})
    return [
        {
            "at": Fl(context.effect.at_fl),
            "keys": [[Fl(0), {}], [Fl(_fl(0.05)), reached], [Fl(_fl(0.25)), {}]],
            "shape": "smooth",
        }
    ]


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
    keys = []
    for index, row in enumerate(rows):
        values = {axis: _bounded(axis, value) for axis, value in zip(AXES, row, strict=False)}
        keys.append([Fl(round(index * FLICKS_PER_SECOND / rate_hz)), pose(**values)])
    if len(keys) == 1:
        return [{"at": Fl(context.effect.at_fl), "set": keys[0][1]}]
    return [{"at": Fl(context.effect.at_fl), "keys": keys, "shape": "linear"}]


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


def _there_and_back(context: _Context, time_s: float, values: dict[str, float]) -> Cue:
    """Reach a pose in a time, stay until the effect ends, come back."""
    there_fl = max(_fl(time_s), 1)
    stay_fl = there_fl if context.end_fl is None else max(there_fl, context.end_fl - context.effect.at_fl)
    back_fl = stay_fl + min(there_fl, _fl(RETURN_S))
    reached = pose(**values)
    keys: list[list[object]] = [[Fl(0), {}], [Fl(there_fl), reached]]
    if stay_fl > there_fl:
        keys.append([Fl(stay_fl), reached])
    keys.append([Fl(back_fl), {}])
    return {"at": Fl(context.effect.at_fl), "keys": keys, "shape": "smooth"}


def _oscillation(element: Element, context: _Context, amplitude: dict[str, float], phase: float) -> Cue:
    count = abs(_number(element, "count", context) or 0.0)
    interval_ms = abs(_number(element, "interval", context) or 0.0)
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
    wave: dict[str, object] = {"hz": round(hz, 6), "amplitude": pose(**amplitude)}
    if phase:
        wave["phase"] = phase
    return {"at": Fl(context.effect.at_fl), "for": Fl(max(_fl(time_s), 1)), "wave": wave}


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
    text = element.get(name)
    if text is None:
        return default
    found = known.get(term_name(text).lower().replace("_", "-"))
    if found is None:
        context.say(element, f"{name} {text!r} of {element.name} is not known", f"read as {default}")
        return default
    return found


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


def _bounded(axis: str, value: float) -> float:
    most = _FARTHEST_M if axis in AXES[:3] else 1e6
    return min(max(value, -most), most)


def _fl(seconds: float) -> int:
    return round(min(seconds, _LONGEST_S) * FLICKS_PER_SECOND)


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
