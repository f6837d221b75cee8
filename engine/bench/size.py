"""How much disk the base install takes: the package itself, its content, and everything it depends on.

python -m engine.bench.size
"""

from __future__ import annotations

import json
import re
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import engine


def _bytes_of(found: Distribution) -> int:
    return sum(
        path.stat().st_size for file in found.files or () if (path := Path(str(file.locate()))).is_file()
    )


def _needs(found: Distribution) -> list[str]:
    """Names a distribution requires, extras left out."""
    return [
        re.split(r"[\s<>=!~;\[(]", row, maxsplit=1)[0]
        for row in found.requires or ()
        if "extra ==" not in row
    ]


def _tree_bytes(folder: Path) -> int:
    return sum(
        path.stat().st_size
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    )


def main() -> int:
    """Print one line a part and one for the whole."""
    sizes: dict[str, int] = {}
    waiting = ["sensorama"]
    while waiting:
        name = waiting.pop().lower()
        if name in sizes:
            continue
        try:
            found = distribution(name)
        except PackageNotFoundError:
            continue
        sizes[name] = _bytes_of(found)
        waiting.extend(_needs(found))
    code = Path(engine.__file__).parent
    # A checkout or an editable install keeps the content beside the package, a wheel inside it.
    beside = [code.parent / part for part in ("devices", "experiences", "assets/fonts")]
    own = _tree_bytes(code) + sum(_tree_bytes(part) for part in beside if part.is_dir())
    sizes["sensorama"] = max(own, sizes.get("sensorama", 0))
    for name, size in sorted(sizes.items(), key=lambda row: -row[1]):
        if size > 1_000_000:
            print(json.dumps({"bench": "size", "part": name, "mb": round(size / 1e6, 1)}))
    print(
        json.dumps({"bench": "size", "part": "base install", "mb": round(sum(sizes.values()) / 1e6, 1)}),
        flush=True,
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
