"""What a conductor has before it: the next scene, and what is due on the way there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from engine.time import Segment


@dataclass(slots=True)
class Planned:
    """What follows the present scene, at which position of it, and the row that announces it."""

    scene: int
    leave_fl: int
    row: Segment | None = None


@dataclass(order=True, slots=True)
class Task:
    """Something to do when the scene reaches a position; `once`: a jump back does not bring it again."""

    at_fl: int
    order: int
    run: Callable[[int], None]
    done: bool = False
    once: bool = False
