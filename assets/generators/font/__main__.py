"""Write assets/fonts/sensorama-caption.ttf: `python -m assets.generators.font [--source FONT]`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from assets.generators.font.subset import build, wanted_characters

REPOSITORY = Path(__file__).resolve().parents[3]
# Where Debian's package fonts-lxgw-wenkai puts it.
DEFAULT_SOURCE = Path("/usr/share/fonts/truetype/lxgw-wenkai/LXGWWenKai-Regular.ttf")
TARGET = REPOSITORY / "assets" / "fonts" / "sensorama-caption.ttf"


def main() -> int:
    """Build the font and say what it holds."""
    parser = argparse.ArgumentParser(prog="python -m assets.generators.font", description=__doc__)
    parser.add_argument("--source", type=Path, default=DEFAULT_SOURCE, help="the full LXGW WenKai Regular")
    parser.add_argument("--target", type=Path, default=TARGET)
    given = parser.parse_args()
    if not given.source.is_file():
        print(
            f"{given.source}: no such font. Install fonts-lxgw-wenkai, or fetch LXGWWenKai-Regular.ttf from "
            "https://github.com/lxgw/LxgwWenKai and name it with --source",
            file=sys.stderr,
        )
        return 2
    template = REPOSITORY / "engine" / "experience" / "template"
    characters = wanted_characters([REPOSITORY / "experiences", template])
    data, missing = build(given.source, characters)
    given.target.parent.mkdir(parents=True, exist_ok=True)
    given.target.write_bytes(data)
    print(f"{given.target}: {len(characters) - len(missing)} characters, {len(data) / 1e6:.2f} MB")
    if missing:
        print(f"not in the source font, left out: {' '.join(f'U+{ord(c):04X}' for c in missing)}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
