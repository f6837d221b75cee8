"""Whatever happens to a package's files, its author reads a message, never a traceback."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from engine.errors import InputError
from engine.experience import load_package, load_rig
from engine.experience.check import check_package
from engine.story.graph import build_graph
from tests.experience.packages import good_package

SURPRISES = (
    "null", "[]", "{}", "-1", "1e999", ".nan", "true", '"x"', "0", "[1, 2, 3]", "{a: 1}", "9" * 20,
    "18s", "-5s", "&a", "*a", "!!float 3", "\t", "#FF", "é", "1deg", "none", "灯",
)  # fmt: skip


def mangled(text: str, rng: random.Random) -> str:
    """Damage a text in one of the ways in which people, editors and disks do."""
    if not text:
        return rng.choice(SURPRISES)
    lines = text.split("\n")
    at, line = rng.randrange(len(text)), rng.randrange(len(lines))
    word = rng.choice(list(re.finditer(r'[\w.#"-]+|[\[\]{},:]', text)) or [re.search("(?s:.)", text)])
    assert word is not None
    return rng.choice(
        [
            text[:at],
            text[:at] + text[at + 1 :],
            "\n".join(lines[:line] + lines[line + 1 :]),
            "\n".join([*lines[: line + 1], rng.choice(lines), *lines[line + 1 :]]),
            text[: word.start()] + rng.choice(SURPRISES) + text[word.end() :],
            text[: word.start()] + rng.choice("[]{},:") + text[word.end() :],
        ]
    )


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_a_mangled_package_loads_or_says_what_is_wrong(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    folder = good_package(tmp_path)
    good = {path: path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*")) if path.is_file()}
    for _ in range(12):
        for path, text in good.items():
            path.write_text(text, encoding="utf-8")
        for _ in range(rng.choice((1, 1, 2, 4))):
            path = rng.choice(list(good))
            path.write_text(mangled(path.read_text(encoding="utf-8"), rng), encoding="utf-8")
        try:
            package = load_package(folder)
            check_package(package, load_rig(), build_graph(package.story_json))
        except InputError as error:
            assert str(error)


@pytest.mark.parametrize("seed", range(8))
def test_a_mangled_rig_loads_or_says_what_is_wrong(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    good = load_rig("cinema4d").path.read_text(encoding="utf-8")
    path = tmp_path / "rig.yaml"
    for _ in range(6):
        path.write_text(mangled(mangled(good, rng), rng), encoding="utf-8")
        try:
            load_rig(path)
        except InputError as error:
            assert str(error)
