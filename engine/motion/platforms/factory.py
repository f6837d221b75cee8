"""From what a rig says of a platform to one that can be asked."""

from __future__ import annotations

from engine.experience.platform import ROTARY_KINDS, PlatformSpec
from engine.motion.platforms.actuated import Actuated
from engine.motion.platforms.posts import Posts
from engine.motion.platforms.rotary import Rotary
from engine.motion.platforms.stack import Stack
from engine.motion.platforms.struts import Struts
from engine.motion.platforms.values import Platform


def make_platform(spec: PlatformSpec) -> Platform:
    """Give the platform of a rig's device.

    Parameters
    ----------
    spec : PlatformSpec
        As `engine.experience.rig.DeviceSpec.platform` has it. Whether it makes sense is for `check.problems_of` to say.

    Raises
    ------
    ValueError
        When two platforms on one another move the same axis.
    """
    parts: list[Actuated] = []
    layer: PlatformSpec | None = spec
    while layer is not None:
        parts.insert(0, _one(layer))
        layer = layer.under
    return parts[0] if len(parts) == 1 else Stack(parts)


def _one(spec: PlatformSpec) -> Actuated:
    if spec.kind == "hexapod":
        return Struts(spec)
    return Rotary(spec) if spec.kind in ROTARY_KINDS else Posts(spec)
