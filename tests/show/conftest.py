"""One offline run that many tests look at: playing is what costs."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.experience.bundled import find_package
from engine.experience.scaffold import new_package
from tests.show.runs import Run, play_offline


@pytest.fixture(scope="session")
def first_light(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """`first_light` with the guest of seed 1."""
    return play_offline(tmp_path_factory.mktemp("first_light") / "run", "first_light", "--seed", "1")


@pytest.fixture(scope="session")
def scaffold(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package as `sensorama new` makes it. Nobody writes into this one."""
    return new_package("small_show", tmp_path_factory.mktemp("scaffold"))


@pytest.fixture(scope="session")
def scaffold_run(scaffold: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The scaffold with its second option."""
    return play_offline(tmp_path_factory.mktemp("scaffold_run") / "run", str(scaffold), "--choices", "stay")


@pytest.fixture
def copy_of(tmp_path: Path) -> Callable[[Path | str], Path]:
    """Copies an experience so that a test may change it."""

    def copy(experience: Path | str) -> Path:
        source = find_package(experience)
        return Path(shutil.copytree(source, tmp_path / "packages" / source.name))

    return copy
