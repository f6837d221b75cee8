"""The guest's own boat."""

from __future__ import annotations

from ..boat import own_boat
from ..stage import Stage


def stage() -> Stage:
    """The boat with its prow lantern as node `lantern_prow`."""
    mesh, prow, hang = own_boat()
    return Stage("boat", mesh, {"lantern_prow": (prow, hang)}, waterline=False)
