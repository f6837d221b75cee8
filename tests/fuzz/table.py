"""Everything that is fuzzed, in one table."""

from __future__ import annotations

from tests.fuzz.codecs import CODECS
from tests.fuzz.files import FILES
from tests.fuzz.heads import HEADS
from tests.fuzz.lines import DRIVER_TARGETS, SOURCE_TARGETS, TWIN_TARGETS
from tests.fuzz.masters import MASTERS
from tests.fuzz.models import MODELS
from tests.fuzz.target import Target
from tests.fuzz.timecodes import TIMECODES

TARGETS: tuple[Target, ...] = (
    *CODECS,
    *TIMECODES,
    *FILES,
    *MODELS,
    *MASTERS,
    *HEADS,
    *SOURCE_TARGETS,
    *TWIN_TARGETS,
    *DRIVER_TARGETS,
)


def target_named(name: str) -> Target:
    """The row of a name. Raises KeyError with the names there are."""
    for target in TARGETS:
        if target.name == name:
            return target
    raise KeyError(f"no target {name!r}; there are {', '.join(target.name for target in TARGETS)}")
