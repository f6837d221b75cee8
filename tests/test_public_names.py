"""What packages re-export exists, is listed once and in order, and is not forgotten."""

import importlib
import inspect

import pytest


@pytest.mark.parametrize("package", ["engine.time", "engine.story"])
def test_the_public_surface_is_listed(package: str) -> None:
    module = importlib.import_module(package)
    names = module.__all__
    assert len(names) == len(set(names))
    assert [name for name in names if not hasattr(module, name)] == []
    public = {
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and not inspect.ismodule(value) and name != "annotations"
    }
    assert public == set(names)
