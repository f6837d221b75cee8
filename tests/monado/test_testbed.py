"""The testbed's own parts that need no runtime: what it is made of, its cache, what it carries over from the host."""

import fcntl
import os
import shutil
from pathlib import Path

import pytest

from tests.monado import __main__ as testbed
from tests.monado import build, carried
from tests.monado.recipe import recipe_of
from tests.monado.store import Store

ROOT = Path(__file__).resolve().parents[2]

PROJECT = """
[build-system]
requires = ["hatchling"]
[project]
name = "show"
version = "1"
dependencies = ["numpy"]
[project.optional-dependencies]
xr = ["pyopenxr>=1"]
test = ["pytest>=8", "hypothesis>=6", "ruff"]
"""


def checkout(folder: Path, text: str) -> Path:
    (folder / "pyproject.toml").write_text(text)
    return folder


def test_the_python_folder_follows_what_the_project_needs_and_the_system_does_not(tmp_path: Path) -> None:
    before = recipe_of(checkout(tmp_path, PROJECT))
    after = recipe_of(checkout(tmp_path, PROJECT.replace("pyopenxr>=1", "pyopenxr>=2")))
    assert before.python_key != after.python_key
    assert before.system_key == after.system_key


def test_a_tool_that_is_not_used_inside_and_a_comment_build_nothing_anew(tmp_path: Path) -> None:
    before = recipe_of(checkout(tmp_path, PROJECT))
    after = recipe_of(checkout(tmp_path, "# ours\n" + PROJECT.replace('"ruff"', '"ruff", "mypy"')))
    assert before.python_key == after.python_key


def test_versions_of_the_test_tools_come_from_the_project(tmp_path: Path) -> None:
    assert "pytest>=8" in recipe_of(checkout(tmp_path, PROJECT)).requirements
    with pytest.raises(ValueError, match="lists no hypothesis"):
        recipe_of(checkout(tmp_path, PROJECT.replace('"hypothesis>=6", ', "")))


def test_the_checkout_itself_has_a_recipe() -> None:
    assert any(line.startswith("pytest") for line in recipe_of(ROOT).requirements)


def test_a_folder_is_built_once(tmp_path: Path) -> None:
    built: list[Path] = []

    def build(folder: Path) -> None:
        built.append(folder)
        (folder / "whole").touch()

    store = Store(tmp_path / "cache", lambda _: None)
    first = store.hold("system", "a", build)
    again = store.hold("system", "a", build)
    assert len(built) == 1
    assert first.path == again.path
    assert (again.path / "whole").exists()


def test_what_a_failed_build_left_is_neither_used_nor_kept(tmp_path: Path) -> None:
    store = Store(tmp_path, lambda _: None)

    def fail(folder: Path) -> None:
        (folder / "half").touch()
        raise OSError("the network went away")

    with pytest.raises(OSError, match="went away"):
        store.hold("system", "a", fail)
    assert [path.name for path in tmp_path.iterdir()] == ["lock"]
    assert not (store.hold("system", "a", lambda folder: None).path / "half").exists()


def test_a_build_that_was_killed_is_swept_away(tmp_path: Path) -> None:
    (tmp_path / ".building-x1").mkdir()
    (tmp_path / ".building-x1" / "half").touch()
    Store(tmp_path, lambda _: None).hold("system", "a", lambda folder: None)
    assert not (tmp_path / ".building-x1").exists()


def test_a_fresh_one_leaves_the_one_in_use_alone_until_its_user_is_gone(tmp_path: Path) -> None:
    store = Store(tmp_path, lambda _: None)
    old = store.hold("system", "a", lambda folder: None)
    new = store.hold("system", "a", lambda folder: None, fresh=True)
    assert new.path != old.path
    store.hold("system", "a", lambda folder: None)
    assert old.path.exists(), "somebody still runs on it"
    os.close(old.descriptor)
    store.hold("system", "a", lambda folder: None)
    assert not old.path.exists()
    assert new.path.exists()


def test_a_folder_in_use_carries_a_lock_that_a_session_inherits(tmp_path: Path) -> None:
    held = Store(tmp_path, lambda _: None).hold("system", "a", lambda folder: None)
    assert os.get_inheritable(held.descriptor)
    other = os.open(held.path, os.O_RDONLY)
    with pytest.raises(BlockingIOError):
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(other)


def test_who_comes_second_waits_for_the_build_and_says_so(tmp_path: Path) -> None:
    said: list[str] = []
    with (tmp_path / "lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)

        def let_go(text: str) -> None:
            said.append(text)
            fcntl.flock(file, fcntl.LOCK_UN)

        Store(tmp_path, let_go).hold("system", "a", lambda folder: None)
    assert said == ["another build is under way; waiting for it"]


def test_pips_configuration_points_at_the_hosts_files_from_inside(tmp_path: Path) -> None:
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    listed = (
        f"global.find-links='{wheels}'\n"
        f"global.extra-index-url='file://{wheels} https://example.org/simple'\n"
        "global.cache-dir='/home/somebody/pip'\n"
        "install.trusted-host='example.org'\n"
        f":env:.cert='{wheels}'\n"
    )
    assert carried.configuration_inside(listed) == (
        "[global]\n"
        f"find-links = /host{wheels}\n"
        f"extra-index-url = file:///host{wheels}\n    https://example.org/simple\n"
        f"cert = /host{wheels}\n"
        "[install]\n"
        "trusted-host = example.org\n"
    )


def test_proxies_go_along_in_either_case() -> None:
    found = carried.proxies(
        {"HTTPS_PROXY": "http://proxy:1", "http_proxy": "http://proxy:2", "HOME": "/root"}
    )
    assert found == {"HTTPS_PROXY": "http://proxy:1", "http_proxy": "http://proxy:2"}


def test_the_cache_lies_where_its_variables_say() -> None:
    assert testbed.cache_folder({"SENSORAMA_CACHE": "/big", "XDG_CACHE_HOME": "/x"}) == Path("/big/monado")
    assert testbed.cache_folder({"XDG_CACHE_HOME": "/x"}) == Path("/x/sensorama/monado")
    assert testbed.cache_folder({}) == Path.home() / ".cache" / "sensorama" / "monado"


def test_where_it_cannot_be_had_it_fails_and_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert testbed.main([]) == testbed.CANNOT
    assert "apt-get install debootstrap" in capsys.readouterr().err
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert testbed.main([]) == testbed.CANNOT
    assert "it needs root" in capsys.readouterr().err


def test_a_container_without_the_right_to_namespaces_is_told_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(build, "_NAMESPACES", ("false",))
    assert "--privileged" in build.needs_of_host()


def test_a_host_without_monado_says_so_where_only_its_own_was_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert testbed.main(["--native"]) == testbed.CANNOT
    assert "no monado-service on PATH" in capsys.readouterr().err
