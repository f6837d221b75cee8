"""When a finger touches something of the scene: at its reaching in, once. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Touched:
    """What each hand's finger is in, and when it was in it last."""

    inside: tuple[str, str] = ("", "")
    left_ns: Mapping[tuple[int, str], int] = field(default_factory=dict)


def touches(
    found: Mapping[int, str], at_ns: int, before: Touched, *, again_ns: int = 400_000_000
) -> tuple[tuple[tuple[int, str], ...], Touched]:
    """Fingers that have newly reached into something.

    Parameters
    ----------
    found : mapping
        By hand, the name of what its fingertip is in now; nothing or "" for none.
    at_ns : int
    before : Touched
    again_ns : int
        A finger that trembles on the edge of a thing touches it once: it must have been out for this long.

    Returns
    -------
    tuple of (hand, name)
        New touches.
    Touched
        For the next call.
    """
    new: list[tuple[int, str]] = []
    left = {key: ns for key, ns in before.left_ns.items() if 0 <= at_ns - ns < again_ns}
    inside = (found.get(0, ""), found.get(1, ""))
    for hand, name in enumerate(inside):
        was = before.inside[hand]
        if was and was != name:
            left[(hand, was)] = at_ns
        if name and name != was and (hand, name) not in left:
            new.append((hand, name))
    return tuple(new), Touched(inside, left)
