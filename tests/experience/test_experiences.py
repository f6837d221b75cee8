"""Every experience that ships is complete: two languages, a licence for each asset, no open question."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.experience import load_package, load_rig
from engine.experience.asset_rows import is_asset
from engine.experience.check import check_package
from engine.experience.content_hash import content_files
from engine.story.compile import float_literals
from engine.story.graph import build_graph

EXPERIENCES = Path(__file__).resolve().parents[2] / "experiences"
FOLDERS = sorted(path.parent for path in EXPERIENCES.glob("*/experience.yaml"))


def test_both_bundled_experiences_are_here() -> None:
    assert {"first_light", "lantern_street"} <= {folder.name for folder in FOLDERS}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
@pytest.mark.parametrize("rig", ["studio", "cinema4d"])
def test_an_experience_checks_clean(folder: Path, rig: str) -> None:
    package = load_package(folder)
    source = package.path / "story.ink"
    problems = check_package(
        package,
        load_rig(rig),
        build_graph(package.story_json, str(package.story_path)),
        story_problems=float_literals(source.read_text(encoding="utf-8-sig"), str(source)),
    )
    assert problems == [], "\n".join(map(str, problems))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_an_experience_speaks_two_languages_and_names_its_sources(folder: Path) -> None:
    package = load_package(folder)
    assert package.id == folder.name
    assert {"en", "zh"} <= set(package.title) and {"en", "zh"} <= set(package.languages)
    assets = {path.as_posix() for path in content_files(folder) if is_asset(path.as_posix())}
    assert set(package.assets) == assets
