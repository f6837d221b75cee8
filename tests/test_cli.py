"""The command line itself: help, version, small commands, and that it is quick to say so."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import engine
from engine.cli import main

ROOT = Path(__file__).resolve().parents[1]


def said(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(words) == 0
    return capsys.readouterr().out


def test_help_names_every_command_and_the_exit_statuses(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    text = " ".join(capsys.readouterr().out.split())
    for command in (
        "play",
        "replay",
        "check",
        "draft",
        "new",
        "compile",
        "list",
        "devices",
        "schema",
        "bench",
    ):
        assert re.search(rf"\b{command}\b", text)
    assert (
        "Exit status: 0 the show ended, 1 it failed, 2 wrong input, 3 not certified, 4 stopped by a person, 130 interrupted"
        in text
    )


@pytest.mark.parametrize("command", ["play", "replay", "check", "new", "compile", "bench"])
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0 and command in capsys.readouterr().out


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out.strip() == f"sensorama {engine.__version__}"


def test_list_names_the_bundled_experiences(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "list")
    for name in ("first_light", "lantern_street"):
        assert f"{name} " in text and str(ROOT / "experiences" / name) in text


def test_devices_names_every_family_with_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    rows = said(capsys, "devices").splitlines()
    named = {row.split()[0]: row for row in rows if row}
    assert {"amc", "artnet", "shaker", "sample"} <= set(named)
    assert all(
        len(named[name]) > 30 and "no description" not in named[name]
        for name in ("amc", "artnet", "shaker", "sample")
    )


def test_schema_names_files_that_are_there(capsys: pytest.CaptureFixture[str]) -> None:
    paths = [Path(line) for line in said(capsys, "schema").splitlines()]
    assert paths and all(path.is_file() and path.suffix == ".json" for path in paths)


def test_check_has_nothing_to_say_about_what_is_bundled_and_new(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["new", "my_show", "--folder", str(tmp_path)]) == 0
    assert f"made {tmp_path / 'my_show'}" in capsys.readouterr().out
    for name in ("first_light", str(tmp_path / "my_show")):
        assert "no mistakes found" in said(capsys, "check", name)


def test_an_internal_error_is_said_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the sky fell")

    monkeypatch.setattr("engine.experience.bundled.bundled_experiences", broken)
    assert main(["list"]) == 1
    err = capsys.readouterr().err
    assert (
        err.startswith("internal error: RuntimeError: the sky fell")
        and "--debug" in err
        and len(err.splitlines()) == 1
    )
    with pytest.raises(RuntimeError):
        main(["list", "--debug"])


def test_ctrl_c_in_a_command_is_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("engine.experience.bundled.bundled_experiences", interrupted)
    assert main(["list"]) == 130
    assert capsys.readouterr().err == "interrupted\n"


def test_a_pipe_that_closes_early_is_no_error() -> None:
    """`sensorama list | head -0`"""
    reader = subprocess.Popen(["true"], stdin=subprocess.PIPE)
    reader.wait()
    done = subprocess.run(
        [sys.executable, "-u", "-m", "engine", "list"],
        cwd=ROOT,
        stdout=reader.stdin,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert reader.stdin is not None
    reader.stdin.close()
    assert "Traceback" not in done.stderr and "internal error" not in done.stderr


def test_help_does_not_wait_for_what_a_show_needs() -> None:
    """Importing the command line loads no numpy, no graphics, no story runtime."""
    heavy = ("numpy", "panda3d", "inkpython", "pydantic", "yaml", "rich")
    code = f"import sys, engine.cli; engine.cli._parser(); print(*(m for m in {heavy} if m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
