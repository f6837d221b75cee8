"""Platforms for tests."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from engine.experience.platform import ActuatorSpec, PlatformSpec, Vector

PIVOT = (0.05, 0.1, 0.3)
POSTS: dict[str, tuple[Vector, ...]] = {
    "heave_pitch_roll": ((0.0, 0.4, 0.0), (-0.4, -0.3, 0.0), (0.4, -0.3, 0.0)),
    "four_post": ((-0.4, 0.5, 0.0), (0.4, 0.5, 0.0), (-0.4, -0.5, 0.0), (0.4, -0.5, 0.0)),
    "two_post": ((-0.3, -0.4, 0.0), (0.3, -0.4, 0.0)),
}
#: What a pose of a test has at most: a wide workspace for a seat.
WIDE = np.array([0.1, 0.1, 0.1, 15.0, 15.0, 15.0])


def circle(radius: float, azimuths: tuple[float, ...]) -> list[Vector]:
    """Joints by their azimuths, + = left."""
    return [(-radius * math.sin(math.radians(a)), radius * math.cos(math.radians(a)), 0.0) for a in azimuths]


def struts(base: Any, moving: Any, **limits: Any) -> tuple[ActuatorSpec, ...]:
    """Actuators between joints."""
    known = {"low": 0.4, "high": 1.2, "velocity": 0.5, "acceleration": 5.0} | limits
    return tuple(
        ActuatorSpec(f"leg_{i + 1}", tuple(b), tuple(m), **known)
        for i, (b, m) in enumerate(zip(base, moving, strict=True))
    )


def hexapod(**changes: Any) -> PlatformSpec:
    """A hexapod of a seat's size: 620 mm high, circles of 700 and 500 mm."""
    base = circle(0.7, (10, 110, 130, 230, 250, 350))
    moving = circle(0.5, (50, 70, 170, 190, 290, 310))
    return PlatformSpec(
        **{"kind": "hexapod", "actuators": struts(base, moving), "pivot_m": PIVOT, "home_m": (0.0, 0.0, 0.62)}
        | changes
    )


def posts(kind: str, **changes: Any) -> PlatformSpec:
    """A plate on posts of 200 mm."""
    actuators = tuple(
        ActuatorSpec(f"post_{i + 1}", at, at, 0.0, 0.2, 0.5, 5.0, home=0.1)
        for i, at in enumerate(POSTS[kind])
    )
    return PlatformSpec(
        **{"kind": kind, "actuators": actuators, "pivot_m": PIVOT, "home_m": (0.0, 0.0, 0.4)} | changes
    )


def rotary(kind: str, **changes: Any) -> PlatformSpec:
    """A yaw base or a tilt table of +-30 deg."""
    names = {"yaw_base": ("yaw",), "tilt_table": ("pitch", "roll")}[kind]
    nowhere = (0.0, 0.0, 0.0)
    actuators = tuple(
        ActuatorSpec(name, nowhere, nowhere, -30.0, 30.0, 40.0, 200.0, home=0.0) for name in names
    )
    return PlatformSpec(**{"kind": kind, "actuators": actuators} | changes)


def everything() -> dict[str, PlatformSpec]:
    """One of each kind, in both orders of turns where it matters."""
    found: dict[str, PlatformSpec] = {}
    for convention in ("RzRyRx", "RxRyRz"):
        found[f"hexapod {convention}"] = hexapod(convention=convention)
        for kind in POSTS:
            for on in ("floor", "seat"):
                found[f"{kind} {on} {convention}"] = posts(kind, posts_on=on, convention=convention)
    found["tilt_table"] = rotary("tilt_table", under=rotary("yaw_base"))
    found["posts on a yaw base"] = posts("heave_pitch_roll", under=rotary("yaw_base"))
    return found
