"""Inputs of all shaders, kept in arrays that the shaders go on pointing at."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from panda3d.core import (
    LVecBase3f,
    LVecBase4f,
    NodePath,
    PTA_float,
    PTA_int,
    PTA_LVecBase3f,
    PTA_LVecBase4f,
)

from engine.render import sidecar
from engine.render.look import DYNAMIC_LIGHTS_MAX

_FLOATS = (
    "u_time_s",
    "u_exposure",
    "u_dither",
    "u_grain",
    "u_clouds",
    "u_has_water",
    "u_wet",
    "u_pixel_rad",
    "u_mist",
    "u_shadow_on",
)
_VEC3 = (
    "u_head",
    "u_moon_dir",
    "u_moon",
    "u_sky_light",
    "u_ground_light",
    "u_fog_warm",
    "u_fog_cool",
    "u_bow",
    "u_gain_a",
    "u_gain_b",
    "u_gain_c",
    "u_zenith",
    "u_horizon",
    "u_glow",
    "u_water_color",
)
_VEC4 = ("u_fog", "u_water", "u_moon_disc")


class Uniforms:
    """Shader inputs as arrays that the shaders keep pointing at."""

    def __init__(self, root: NodePath) -> None:
        self._floats = {name: PTA_float([0.0]) for name in _FLOATS}
        self._vec3 = {name: PTA_LVecBase3f([LVecBase3f(0)]) for name in _VEC3}
        self._vec4 = {name: PTA_LVecBase4f([LVecBase4f(0)]) for name in _VEC4}
        self._arrays = {
            "u_light_at": PTA_LVecBase4f([LVecBase4f(0)] * DYNAMIC_LIGHTS_MAX),
            "u_light_color": PTA_LVecBase4f([LVecBase4f(0)] * DYNAMIC_LIGHTS_MAX),
            "u_lamp_at": PTA_LVecBase4f([LVecBase4f(0)] * sidecar.STREAKS_MAX),
            "u_lamp_color": PTA_LVecBase4f([LVecBase4f(0)] * sidecar.STREAKS_MAX),
        }
        self._counts = {"u_light_count": PTA_int([0]), "u_lamp_count": PTA_int([0])}
        for table in (self._floats, self._vec3, self._vec4, self._arrays, self._counts):
            for name, values in table.items():
                root.set_shader_input(name, values)

    def number(self, name: str, value: float) -> None:
        """Set a float."""
        self._floats[name][0] = float(value)

    def vec3(self, name: str, value: Sequence[float] | npt.NDArray[np.float64]) -> None:
        """Set a vec3."""
        self._vec3[name][0] = LVecBase3f(float(value[0]), float(value[1]), float(value[2]))

    def vec4(self, name: str, x: float, y: float, z: float, w: float) -> None:
        """Set a vec4."""
        self._vec4[name][0] = LVecBase4f(x, y, z, w)

    def row(self, name: str, number: int, x: float, y: float, z: float, w: float) -> None:
        """Set one row of an array."""
        self._arrays[name][number] = LVecBase4f(x, y, z, w)

    def count(self, name: str, value: int) -> None:
        """Set how many rows of an array hold."""
        self._counts[name][0] = value
