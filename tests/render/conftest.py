"""One package and one viewer for all picture tests: opening a graphics context is what costs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.experience.package import Package
from engine.render.viewer import Viewer, ViewerOptions
from tests.render.show import write_package


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Package:
    return write_package(tmp_path_factory.mktemp("show") / "small_show")


@pytest.fixture(scope="session")
def viewer(package: Package, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Viewer]:
    cache: Path = tmp_path_factory.mktemp("cache")
    options = ViewerOptions(size=(320, 180), headless=True, quality="test", second_language="zh", cache=cache)
    with Viewer(package, options) as made:
        yield made
