"""`python -m assets.generators.sound [--out FOLDER] [--index] [stem ...]`: makes the sounds of Lantern
Street.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .catalog import STEMS, by_name, index_markdown

DEFAULT_FOLDER = Path("experiences/lantern_street/audio")


def main(arguments: list[str]) -> int:
    """Renders the named stems (all of them by default) and prints the index."""
    parser = argparse.ArgumentParser(prog="python -m assets.generators.sound", description=__doc__)
    parser.add_argument("stems", nargs="*", metavar="stem", help="names; a prefix* works")
    parser.add_argument("--out", type=Path, default=DEFAULT_FOLDER, help="where the files go")
    parser.add_argument("--index", action="store_true", help="only write INDEX.md")
    chosen = parser.parse_args(arguments)
    chosen.out.mkdir(parents=True, exist_ok=True)
    (chosen.out / "INDEX.md").write_text(index_markdown(), encoding="utf-8")
    if chosen.index:
        return 0
    table = by_name()
    wanted = []
    for name in chosen.stems or [stem.name for stem in STEMS]:
        found = [s for s in STEMS if s.name == name or (name.endswith("*") and s.name.startswith(name[:-1]))]
        if not found:
            parser.error(f"no stem {name!r}; the catalogue has: {', '.join(table)}")
        wanted += found
    from .render import write

    total = 0
    for stem in wanted:
        size = write(stem, chosen.out)
        total += size
        print(f"{stem.name:28s} {stem.length_s:6.2f} s {size / 1e3:8.0f} kB", flush=True)
    print(f"{len(wanted)} files, {total / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
