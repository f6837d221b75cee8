"""Write the golden files anew, after a look at what changed.

python -m tests.experiences.refresh                 # every experience
python -m tests.experiences.refresh lantern_street  # one
python -m tests.experiences.refresh --no-frames     # the logs only
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from engine.experience.package import load_package
from engine.render.stills import png_bytes
from engine.render.viewer import Viewer, ViewerOptions
from tests.experiences import frames, golden


def refresh_log(name: str) -> None:
    """Write one experience's golden log."""
    path = golden.golden_path(name)
    path.parent.mkdir(exist_ok=True)
    path.write_text(golden.golden_text(golden.observe(name)), encoding="utf-8")
    print(f"wrote {path}")


def refresh_frames(name: str) -> None:
    """Write one experience's reference pictures."""
    package = load_package(golden.EXPERIENCES / name)
    with tempfile.TemporaryDirectory() as cache:
        options = ViewerOptions(size=frames.SIZE, headless=True, quality="test", cache=Path(cache))
        with Viewer(package, options) as viewer:
            if "llvmpipe" not in viewer.renderer:
                print(
                    f"{name}: this machine draws with {viewer.renderer}; reference pictures are those of llvmpipe, left as they are"
                )
                return
            for scene in package.scenes:
                path = frames.frame_path(name, scene.id)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(png_bytes(frames.draw(viewer, package, scene.id)))
    print(f"wrote {len(package.scenes)} pictures to {golden.DATA / name}")


def main() -> None:
    """Read the command line and write."""
    parser = argparse.ArgumentParser(
        prog=golden.REFRESH, description="Writes golden files anew. Look at what changed first."
    )
    parser.add_argument("names", nargs="*", help="experiences (default: all)")
    parser.add_argument("--no-frames", action="store_true", help="leave the reference pictures as they are")
    chosen = parser.parse_args()
    for name in chosen.names or golden.names():
        refresh_log(name)
        if not chosen.no_frames:
            refresh_frames(name)


if __name__ == "__main__":
    main()
