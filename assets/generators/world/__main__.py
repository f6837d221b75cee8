"""Build stages: `python -m assets.generators.world [stage ...] [--rays 24] [--out folder]`."""

from __future__ import annotations

import argparse
import importlib
import logging
from pathlib import Path

from .stage import build, save

STAGES = (
    "boat",
    "lock",
    "market",
    "tea_house",
    "drum_square",
    "bridge",
    "willow",
    "garden",
    "river",
    "lake",
    "lane",
)
HOME = Path(__file__).resolve().parents[3] / "experiences" / "lantern_street" / "models"


def main() -> None:
    """Build the stages named on the command line, or all."""
    parser = argparse.ArgumentParser(prog="python -m assets.generators.world", description=__doc__)
    parser.add_argument("stage", nargs="*", help=f"of {', '.join(STAGES)}; all when none is given")
    parser.add_argument("--rays", type=int, default=24, help="sky rays a vertex (24)")
    parser.add_argument("--out", type=Path, default=HOME, help="folder for the files")
    options = parser.parse_args()
    unknown = sorted(set(options.stage) - set(STAGES))
    if unknown:
        parser.error(f"unknown stage {', '.join(unknown)}; known are {', '.join(STAGES)}")
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    log = logging.getLogger("world")
    for name in options.stage or STAGES:
        scene = importlib.import_module(f".scenes.{name}", __package__)
        written = build(scene.stage(), rays=options.rays)
        save(written, options.out, name)
        sizes = ", ".join(f"{file} {len(data) / 1e6:.2f} MB" for file, data in written.files.items())
        log.info("%s: %d triangles; %s", name, written.triangles, sizes)


if __name__ == "__main__":
    main()
