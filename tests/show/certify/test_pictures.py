"""Pictures for the judgement: each scene drawn once, kept, never believed when damaged, averaged as light is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.experience import Package, load_package
from engine.show.certify import pictures
from engine.show.certify.pictures import SIZE_PX, ScenePictures
from engine.time.flicks import FLICKS_PER_SECOND
from tests.show.certify.shows import Strobe, make_show


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Package:
    return load_package(make_show(tmp_path_factory.mktemp("pictures")))


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SENSORAMA_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(Strobe, "drawn", [])
    monkeypatch.setattr(pictures, "Viewer", Strobe)
    return tmp_path / "cache/pictures"


def water(package: Package) -> int:
    return package.scene_index["water"]


def test_a_scene_is_drawn_at_its_instants_once(package: Package) -> None:
    source = ScenePictures(package, 10.0)
    instants, frames = source.frames(water(package))
    assert list(instants) == [number * FLICKS_PER_SECOND // 10 for number in range(20)]
    assert [frame.shape for frame in frames] == [(SIZE_PX[1], SIZE_PX[0], 3)] * 20
    assert [int(frame.max()) for frame in frames] == [20, 255] * 10
    drawn = list(Strobe.drawn)
    assert drawn == [("water", 0), *(("water", number) for number in range(20))]
    source.frames(water(package))
    source.close()
    source.close()
    assert Strobe.drawn == [*drawn, ("closed", -1)]


def test_what_was_drawn_once_is_read_the_next_time(package: Package) -> None:
    _, first = ScenePictures(package, 10.0).frames(water(package))
    Strobe.drawn.clear()
    source = ScenePictures(package, 10.0)
    _, again = source.frames(water(package))
    source.close()
    assert not Strobe.drawn and all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))


@pytest.mark.parametrize(
    ("hz", "changed"),
    [(5.0, lambda package: package), (10.0, lambda package: replace(package, hash="0" * 64))],
)
def test_another_rate_or_another_content_is_drawn_anew(
    package: Package, hz: float, changed: Callable[[Package], Package]
) -> None:
    ScenePictures(package, 10.0).frames(water(package))
    Strobe.drawn.clear()
    ScenePictures(changed(package), hz).frames(water(package))
    assert len(Strobe.drawn) == 1 + round(2 * hz)


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 no archive", b"{}"])
def test_a_damaged_file_is_drawn_anew_and_mended(package: Package, cache: Path, damage: bytes) -> None:
    ScenePictures(package, 10.0).frames(water(package))
    (file,) = cache.iterdir()
    whole = file.read_bytes()
    file.write_bytes(damage)
    Strobe.drawn.clear()
    ScenePictures(package, 10.0).frames(water(package))
    assert len(Strobe.drawn) == 21 and len(file.read_bytes()) == len(whole)


def test_a_file_of_another_shape_is_not_believed(package: Package, cache: Path) -> None:
    ScenePictures(package, 10.0).frames(water(package))
    (file,) = cache.iterdir()
    np.savez_compressed(file, frames=np.zeros((3, SIZE_PX[1], SIZE_PX[0], 3), dtype=np.uint8))
    _, frames = ScenePictures(package, 10.0).frames(water(package))
    assert len(frames) == 20


def test_a_folder_that_cannot_be_written_to_costs_nothing_else(
    package: Package, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    monkeypatch.setenv("SENSORAMA_CACHE", str(tmp_path / "file"))
    _, frames = ScenePictures(package, 10.0).frames(water(package))
    assert len(frames) == 20 and (tmp_path / "file").read_text(encoding="utf-8") == "no folder"


def test_a_checkered_tile_is_as_bright_as_its_light(
    package: Package, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half black and half white is half the light: code 188, not 128."""

    def grab(self: Strobe) -> np.ndarray:
        rows, columns = np.indices((self._height, self._width))
        return np.repeat((((rows + columns) % 2) * 255).astype(np.uint8)[:, :, None], 4, axis=2)

    monkeypatch.setattr(Strobe, "grab", grab)
    _, frames = ScenePictures(package, 1.0).frames(water(package))
    assert {int(value) for frame in frames for value in np.unique(frame)} == {188}
