import sys
from pathlib import Path

import pytest

from engine.xr import outlook as outlooks
from engine.xr.outlook import manifest_places, outlook


def test_a_named_runtime_that_is_not_there_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "gone.json"
    assert str(missing) in outlook({"XR_RUNTIME_JSON": str(missing)})
    missing.write_text("{}")
    assert outlook({"XR_RUNTIME_JSON": str(missing)}) == ""


@pytest.mark.skipif(sys.platform != "linux", reason="the order of folders is Linux's")
def test_the_loaders_folders_are_looked_through_in_its_order(tmp_path: Path) -> None:
    environ = {"HOME": "/home/g", "XDG_CONFIG_DIRS": f"/nowhere:{tmp_path}"}
    assert [str(place) for place in manifest_places(environ)] == [
        "/home/g/.config/openxr/1/active_runtime.json",
        "/nowhere/openxr/1/active_runtime.json",
        f"{tmp_path}/openxr/1/active_runtime.json",
        "/usr/local/etc/openxr/1/active_runtime.json",
        "/etc/openxr/1/active_runtime.json",
    ]
    assert "no OpenXR runtime" in outlook({**environ, "XDG_CONFIG_DIRS": "/nowhere"})
    manifest = tmp_path / "openxr/1/active_runtime.json"
    manifest.parent.mkdir(parents=True)
    manifest.write_text("{}")
    assert outlook(environ) == ""


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outlooks, "find_spec", lambda _name: None)
    assert "sensorama[xr]" in outlook({})
