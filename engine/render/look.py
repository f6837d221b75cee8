"""A scene's `stage:` and the show's roles, resolved to the plain numbers of one picture. Pure; no graphics.

Any number or colour of the stage may be bound to a role (`{role: light.street}`), so a cue dims the street in
the picture and on the DMX rig by the same channel.

Colours: sky, fog, water, particles and lamps are painted colours (sRGB display values, as "#RRGGBB" or three
of 0..1); `ambient` and `gains` are amounts of light and count linearly, and so does whatever comes from a
role.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from engine.errors import InputError

Color = tuple[float, float, float]
Vector = tuple[float, float, float]
RoleValues = Mapping[str, Sequence[float]]

DYNAMIC_LIGHTS_MAX = 4

FOG_ROLE = "look.fog"
"""A role of this name, where a package declares it, multiplies the fog of every scene."""


class ParticleKind(IntEnum):
    """Kinds of particles; the numbers are the shader's."""

    sparks = 0
    petals = 1
    fireflies = 2
    sky_lanterns = 3
    spray = 4
    mist = 5
    rain = 6
    smoke = 7


@dataclass(frozen=True, slots=True)
class SkyLook:
    """Sky: linear colours, the moon's place (azimuth + = left; size 0: no moon in the sky), stars, clouds."""

    zenith: Color
    horizon: Color
    glow: Color
    moon_azimuth_deg: float
    moon_elevation_deg: float
    moon_size_deg: float
    moon_color: Color
    stars: int
    clouds: float

    @property
    def moon_direction(self) -> Vector:
        """Unit vector towards the moon, engine axes."""
        return direction(self.moon_azimuth_deg, self.moon_elevation_deg)


@dataclass(frozen=True, slots=True)
class FogLook:
    """Height fog: density 1/m, fall-off 1/m, colours low and high, base height in metres."""

    density: float
    falloff: float
    warm: Color
    cool: Color
    base_m: float


@dataclass(frozen=True, slots=True)
class WaterLook:
    """Water: surface height, ripple strength, flow in m/s, body colour."""

    height_m: float
    ripple: float
    flow_mps: tuple[float, float]
    color: Color


@dataclass(frozen=True, slots=True)
class LightLook:
    """A dynamic light; `node` names what it hangs on ("" = the world, "vehicle" = the boat)."""

    at: Vector
    color: Color
    intensity: float
    radius_m: float
    range_m: float
    node: str


@dataclass(frozen=True, slots=True)
class ParticleLook:
    """A box of particles; `gain` 0 hides it."""

    kind: ParticleKind
    count: int
    at: Vector
    size: Vector
    color: Color
    rate: float
    gain: float


@dataclass(frozen=True, slots=True)
class SceneLook:
    """Everything about the look of one frame that comes from the scene file and the roles."""

    sky: SkyLook
    fog: FogLook
    ambient_sky: Color
    ambient_ground: Color
    moonlight: Color
    water: WaterLook | None
    exposure: float
    gains: tuple[Color, Color, Color]
    lights: tuple[LightLook, ...]
    particles: tuple[ParticleLook, ...]
    shadows: bool


def direction(azimuth_deg: float, elevation_deg: float) -> Vector:
    """Unit vector at an azimuth (+ = left) and elevation (+ = up): (0, 0) is straight ahead, +Y."""
    azimuth, elevation = math.radians(azimuth_deg), math.radians(elevation_deg)
    return (
        -math.sin(azimuth) * math.cos(elevation),
        math.cos(azimuth) * math.cos(elevation),
        math.sin(elevation),
    )


def linear(text: str) -> Color:
    """A written colour "#RRGGBB" (sRGB) as linear light.

    Raises
    ------
    InputError
        When the text is no such colour.
    """
    digits = text.removeprefix("#")
    try:
        if len(digits) != 6:
            raise ValueError
        values = [int(digits[i : i + 2], 16) / 255.0 for i in (0, 2, 4)]
    except ValueError:
        raise InputError(f"colour {text!r}: expected #RRGGBB, such as #FF9550") from None
    return (_decoded(values[0]), _decoded(values[1]), _decoded(values[2]))


def _decoded(value: float) -> float:
    """One sRGB component as linear light (IEC 61966-2-1)."""
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)


def stage_tree(stage: Any) -> Mapping[str, Any]:
    """A stage as nested mappings, whichever form the scene model gives it in."""
    if stage is None:
        return {}
    dump = getattr(stage, "model_dump", None)
    return dump() if dump is not None else stage


_UNITS: Mapping[str, float] = {"deg": 1.0, "mm": 1e-3, "cm": 1e-2, "m": 1.0, "": 1.0}


def _get(tree: Mapping[str, Any], name: str) -> Any:
    """A field by the author's word or by the scene model's name with its unit."""
    for suffix in ("", "_m", "_deg", "_mps"):
        value = tree.get(name + suffix)
        if value is not None:
            return value
    return None


def _role_of(value: Any) -> str | None:
    """The role a value is bound to, if it is."""
    name = value.get("role") if isinstance(value, Mapping) else getattr(value, "role", None)
    return None if name is None else str(name)


def _number(value: Any, roles: RoleValues, default: float = 0.0) -> float:
    if value is None:
        return default
    role = _role_of(value)
    if role is not None:
        state = roles.get(role)
        return default if state is None else max(float(v) for v in state)
    if isinstance(value, str):
        number = value.rstrip("abcdefghijklmnopqrstuvwxyz")
        return float(number) * _UNITS.get(value[len(number) :], 1.0)
    return float(value)


def _light(value: Any, roles: RoleValues, default: Color) -> Color:
    """Light: numbers are linear as they stand, "#RRGGBB" is decoded."""
    if value is None:
        return default
    role = _role_of(value)
    if role is not None:
        state = roles.get(role)
        if state is None:
            return default
        if len(state) == 3:
            return (float(state[0]), float(state[1]), float(state[2]))
        level = float(state[0])
        return (level, level, level)
    if isinstance(value, str):
        return linear(value)
    if isinstance(value, (int, float)):
        return (float(value), float(value), float(value))
    r, g, b = (float(v) for v in value)
    return (r, g, b)


def _color(value: Any, roles: RoleValues, default: Color) -> Color:
    """A painted colour: display values, "#RRGGBB" or three of 0..1; what comes from a role stays linear."""
    found = _light(value, roles, default)
    if value is None or isinstance(value, str) or _role_of(value) is not None:
        return found
    return (_decoded(found[0]), _decoded(found[1]), _decoded(found[2]))


def _fog_share(roles: RoleValues) -> float:
    state = roles.get(FOG_ROLE)
    return 1.0 if state is None else max(float(state[0]), 0.0)


def _vector(value: Any, roles: RoleValues, default: Vector = (0.0, 0.0, 0.0)) -> Vector:
    if value is None:
        return default
    x, y, z = (_number(v, roles) for v in value)
    return (x, y, z)


def resolve_look(stage: Any, roles: RoleValues) -> SceneLook:
    """The look of a stage while the roles have these values.

    Parameters
    ----------
    stage : mapping or model or None
        The scene's `stage:`.
    roles : mapping of str to sequence of float
        Components of each role now; a role that is missing leaves the default.

    Returns
    -------
    SceneLook
    """
    tree = stage_tree(stage)
    sky = tree.get("sky") or {}
    moon = sky.get("moon") or {}
    fog = tree.get("fog") or {}
    ambient = tree.get("ambient") or {}
    gains = tree.get("gains") or {}
    water = tree.get("water")
    return SceneLook(
        sky=SkyLook(
            zenith=_color(sky.get("zenith"), roles, linear("#08112a")),
            horizon=_color(sky.get("horizon"), roles, linear("#22345c")),
            glow=_color(sky.get("glow"), roles, (0.0, 0.0, 0.0)),
            moon_azimuth_deg=_number(_get(moon, "azimuth"), roles, -20.0),
            moon_elevation_deg=_number(_get(moon, "elevation"), roles, 28.0),
            moon_size_deg=_number(_get(moon, "size"), roles, 2.8) if moon else 0.0,
            moon_color=_color(moon.get("color"), roles, linear("#f4ecd8")),
            stars=int(_number(sky.get("stars"), roles, 300.0)),
            clouds=_number(sky.get("clouds"), roles, 0.3),
        ),
        fog=FogLook(
            density=_number(fog.get("density"), roles, 0.010) * _fog_share(roles),
            falloff=_number(fog.get("falloff"), roles, 0.12),
            warm=_color(fog.get("warm"), roles, linear("#4a3428")),
            cool=_color(fog.get("cool"), roles, linear("#31466e")),
            base_m=_number(fog.get("base"), roles, 0.0),
        ),
        ambient_sky=_light(ambient.get("sky"), roles, (0.05, 0.07, 0.11)),
        ambient_ground=_light(ambient.get("ground"), roles, (0.03, 0.025, 0.03)),
        moonlight=_light(ambient.get("moon"), roles, (0.34, 0.42, 0.58)),
        water=None if water is None else _water(water, roles),
        exposure=_number(tree.get("exposure"), roles, 1.0),
        gains=(
            _light(gains.get("a"), roles, linear("#FF9550")),
            _light(gains.get("b"), roles, linear("#FF9550")),
            _light(gains.get("c"), roles, linear("#FF9550")),
        ),
        lights=tuple(_lamp(light, roles) for light in tree.get("lights") or ())[:DYNAMIC_LIGHTS_MAX],
        particles=tuple(_particles(item, roles) for item in tree.get("particles") or ()),
        shadows=bool(tree.get("shadows", False)),
    )


def _water(water: Mapping[str, Any], roles: RoleValues) -> WaterLook:
    flow = _get(water, "flow") or (0.0, 0.0)
    return WaterLook(
        height_m=_number(_get(water, "height"), roles),
        ripple=_number(water.get("ripple"), roles, 1.0),
        flow_mps=(_number(flow[0], roles), _number(flow[1], roles)),
        color=_color(water.get("color"), roles, linear("#0a1424")),
    )


def _lamp(light: Mapping[str, Any], roles: RoleValues) -> LightLook:
    intensity = _number(light.get("intensity"), roles, 1.0)
    return LightLook(
        at=_vector(_get(light, "at"), roles),
        color=_color(light.get("color"), roles, linear("#ff9550")),
        intensity=intensity,
        radius_m=max(_number(_get(light, "radius"), roles, 0.3), 0.05),
        range_m=_number(_get(light, "range"), roles, 16.0),
        node=str(light.get("node") or ""),
    )


def _particles(item: Mapping[str, Any], roles: RoleValues) -> ParticleLook:
    kind = item["kind"]
    return ParticleLook(
        kind=ParticleKind[str(getattr(kind, "value", kind))],
        count=int(_number(item.get("count"), roles, 100.0)),
        at=_vector(_get(item, "at"), roles),
        size=_vector(_get(item, "size"), roles, (10.0, 10.0, 6.0)),
        color=_color(item.get("color"), roles, linear("#ffb060")),
        rate=_number(item.get("rate"), roles, 1.0),
        gain=_number(item.get("gain"), roles, 1.0),
    )
