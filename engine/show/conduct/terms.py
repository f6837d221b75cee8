"""What the conductor and those around it share: leads, where events go, how a run ends, what a guest may see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

#: How far ahead of now an unplanned change (hold, seek, reaction) is published: time enough for every follower to
#: read it before it holds, and well below what a person notices between a key and its effect.
LEAD_NS = 20_000_000
#: How far before the end of a hold lap the conductor looks whether anybody has decided.
LAP_LEAD_NS = 50_000_000


class Recorder(Protocol):
    """Where events go; `engine.story.journal` keeps them."""

    def __call__(self, kind: str, now_ns: int, /, **fields: Any) -> None: ...


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended: ``how`` is ``ending``, ``stopped``, ``interrupted`` or ``failed``."""

    how: str
    scene: str
    at_ns: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class WindowView:
    """What a guest may see of a decision right now."""

    options: tuple[str, ...]
    default: str
    dwell_ratio: tuple[float, ...]
    time_left_ratio: float
    is_open: bool
    locked: str | None
