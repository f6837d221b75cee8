"""Every experience is itself a test: it plays as it did when somebody last looked, and looks as it did then.

After a change that is meant: look at a run, then `python -m tests.experiences.refresh`, and read the difference.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.experience.package import Package, load_package
from engine.render.stills import png_bytes, read_png
from engine.render.viewer import Viewer, ViewerOptions
from tests.experiences import frames, golden

NAMES = golden.names()


def test_every_experience_has_a_golden_file_and_a_picture_of_every_scene() -> None:
    assert NAMES
    for name in NAMES:
        assert golden.golden_path(name).is_file(), f"{name} has none; make it with: {golden.REFRESH} {name}"
        scenes = {path.stem for path in (golden.EXPERIENCES / name / "scenes").glob("*.yaml")}
        pictures = {path.stem for path in (golden.DATA / name).glob("*.png")}
        assert pictures == scenes, f"{name}; make them with: {golden.REFRESH} {name}"


#: Five minutes of show and its sound take seven seconds here; the endings of the same show are played in CI too.
PLAYED = [pytest.param(name, marks=[pytest.mark.long] if name == "lantern_street" else []) for name in NAMES]


@pytest.mark.slow
@pytest.mark.parametrize("name", PLAYED)
def test_it_plays_as_it_did(name: str) -> None:
    expected = json.loads(golden.golden_path(name).read_text(encoding="utf-8"))
    found = golden.first_difference(expected, json.loads(golden.golden_text(golden.observe(name))))
    assert not found, (
        f"{name} plays differently: {found}. If that is meant, look at a run, then: {golden.REFRESH} {name}"
    )


def test_a_golden_file_of_nothing_is_not_kept() -> None:
    assert {path.stem for path in golden.DATA.glob("*.json")} == set(NAMES)


def test_differences_are_named() -> None:
    was = {"story": [[1, "beat", {"scene": "a"}], [2, "end", {}]], "devices": {"5 s": {"seat": [0.1, 0.2]}}}
    assert golden.first_difference(was, was) == ""
    assert golden.first_difference(was, {**was, "devices": {"5 s": {"seat": [0.1, 0.2000005]}}}) == ""
    assert golden.first_difference(was, {**was, "devices": {"5 s": {"seat": [0.1, 0.21]}}}) == (
        "devices.5 s.seat[1]: it was 0.2, it is now 0.21"
    )
    assert "story[1] is missing now" in golden.first_difference(was, {**was, "story": was["story"][:1]})
    assert golden.first_difference(was, {"story": was["story"]}) == "devices is missing now"


@pytest.fixture(scope="module", params=NAMES)
def seen(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Package, Viewer]]:
    package = load_package(golden.EXPERIENCES / request.param)
    cache = tmp_path_factory.mktemp("cache")
    with Viewer(
        package, ViewerOptions(size=frames.SIZE, headless=True, quality="test", cache=cache)
    ) as viewer:
        yield request.param, package, viewer


@pytest.mark.slow
def test_it_looks_as_it_did(seen: tuple[str, Package, Viewer], tmp_path: Path) -> None:
    name, package, viewer = seen
    if "llvmpipe" not in viewer.renderer:
        return  # other renderers round otherwise; tests/render asserts that continuous integration draws on llvmpipe
    wrong = []
    for scene in package.scenes:
        pixels = frames.draw(viewer, package, scene.id)
        assert pixels.std() > 4.0, f"{name}/{scene.id} is blank"
        share = frames.share_apart(read_png(frames.frame_path(name, scene.id).read_bytes()), pixels)
        if share > frames.OUTLIERS:
            (tmp_path / f"{scene.id}.png").write_bytes(png_bytes(pixels))
            wrong.append(f"{scene.id}: {share:.1%} of its pixels")
    assert not wrong, (
        f"{name} looks different ({'; '.join(wrong)}); see {tmp_path}. If that is meant: {golden.REFRESH} {name}"
    )
