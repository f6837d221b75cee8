"""Convert one model with panda3d-gltf into the cache: ``python -m engine.render.convert FILE CACHE``.

A process of its own, started by the viewer: converting takes seconds and touches Panda3D, which must not
happen beside the thread that draws.
"""

from __future__ import annotations

import sys
from pathlib import Path

from engine.errors import SensoramaError


def main(arguments: list[str]) -> int:
    """Convert; 0 when the cache now has it."""
    from engine.render.models import load_model

    path, cache = arguments
    try:
        load_model(Path(path), Path(cache))
    except SensoramaError as error:
        print(error, file=sys.stderr)
        return error.exit_status
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
