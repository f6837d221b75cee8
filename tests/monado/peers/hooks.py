"""Where a peer's frame begins and ends: at the runtime's own functions, which every wrapper of pyopenxr calls in the end."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from engine.bench.xr_meter import FrameMeter


def watch_frames(meter: FrameMeter) -> None:
    """Have `meter` told of each `xrWaitFrame` and `xrEndFrame` of this process, on their return."""
    from xr import raw_functions

    raw_functions.xrWaitFrame = _then(raw_functions.xrWaitFrame, meter.awake)
    raw_functions.xrEndFrame = _then(raw_functions.xrEndFrame, meter.ended)


def _then(function: Callable[..., Any], told: Callable[[], None]) -> Callable[..., Any]:
    def called(*arguments: Any) -> Any:
        result = function(*arguments)
        told()
        return result

    return called


def options(text: str | None) -> argparse.Namespace:
    """What every program under measurement is told."""
    parser = argparse.ArgumentParser(description=text)
    parser.add_argument("--warm", type=int, default=20, help="frames before the first that counts")
    parser.add_argument("--frames", type=int, default=60, help="that count")
    parser.add_argument("--nodes", type=int, default=100, help="boxes before the eyes")
    return parser.parse_args()
