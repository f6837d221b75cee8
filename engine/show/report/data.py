"""What a report shows, as plain values: the page knows nothing of engines, and tests need no run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Bilingual = tuple[str, str]
"""English and Chinese."""


@dataclass(frozen=True, slots=True)
class Curve:
    """One commanded quantity over the run.

    ``times_s`` and ``values`` have the same length; ``low`` and ``high`` are the limits the rig allows, in `unit`.
    """

    group: str
    label: str
    unit: str
    times_s: Sequence[float]
    values: Sequence[float]
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Histogram:
    """How late a device's frames left, counted in bins: ``counts[i]`` frames in ``edges_us[i]..edges_us[i+1]``."""

    device: str
    edges_us: Sequence[float]
    counts: Sequence[int]
    p50_us: float
    p99_us: float
    max_us: float
    frames: int
    simulated: bool


@dataclass(frozen=True, slots=True)
class GraphEdge:
    """A way from one scene to another; `option` is empty where the story goes on by itself."""

    source: str
    target: str
    option: str


@dataclass(frozen=True, slots=True)
class Still:
    """A picture of the run."""

    png: bytes
    at_s: float
    caption: str
    kind: str
    """``beat``, ``choice`` or ``sheet``."""


@dataclass(frozen=True, slots=True)
class ReportData:
    """Everything on the page."""

    title: Bilingual
    outcome: Bilingual
    ok: bool
    facts: Sequence[tuple[Bilingual, str]]
    beats: Sequence[tuple[float, str]]
    duration_s: float
    choices: Sequence[tuple[str, str, str]]
    scenes: Sequence[str]
    edges: Sequence[GraphEdge]
    warnings: Sequence[str] = ()
    stills: Sequence[Still] = ()
    curves: Sequence[Curve] = ()
    lateness: Sequence[Histogram] = ()
    motions: Sequence[str] = ()
    """Derived motion, as HTML: a table, then its figures (`engine.show.motion_figures`)."""
    scene_titles: Mapping[str, str] = field(default_factory=dict)
