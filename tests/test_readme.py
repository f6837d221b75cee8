"""README says nothing that is not so: its commands are known to the command line, its paths exist, its package plays."""

from __future__ import annotations

import argparse
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.cli import _parser

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROGRAM = re.compile(r"^(?:\.venv[/\\](?:bin|Scripts)[/\\])?(sensorama|python3?|py|pip|make|git|cd)(?=\s|$)")


def command_lines() -> list[str]:
    """Every command of an indented or fenced block, and of code inside a sentence or a table."""
    lines = [line.strip() for line in README.splitlines() if line.startswith(("    ", "\t"))]
    for block in re.findall(
        r"^```(?:sh|console|bash|shell|text)?\n(.*?)^```", README, re.MULTILINE | re.DOTALL
    ):
        lines += [line.strip().removeprefix("$ ") for line in block.splitlines()]
    lines += [
        code
        for span in re.findall(r"(?<!`)`([^`\n]+)`(?!`)", README)
        if (code := span.strip()).startswith("sensorama ")
    ]
    return [line for line in lines if PROGRAM.match(line)]


def words_of(line: str) -> list[str]:
    """The words of a command line, its comment left out."""
    return shlex.split(line.replace("\\", "/"), comments=True)


def subcommands() -> dict[str, argparse.ArgumentParser]:
    parser = _parser()
    (action,) = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    return dict(action.choices)


def paths_linked() -> Iterator[str]:
    for target in re.findall(r"\]\(([^)\s]+)\)", README):
        if not re.match(r"[a-z]+:", target):
            yield target.partition("#")[0]


def test_there_are_commands_to_check() -> None:
    lines = command_lines()
    assert any(line.startswith("make play") for line in lines)
    assert any(line.startswith("make test") for line in lines)
    assert sum("sensorama play" in line for line in lines) >= 5


@pytest.mark.parametrize(
    "line", sorted({line for line in command_lines() if re.search(r"\bsensorama\b", line.split("#")[0])})
)
def test_the_command_line_knows_the_command(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = words_of(line)
    words = words[next(i for i, word in enumerate(words) if word.rpartition("/")[2] == "sensorama") + 1 :]
    named = [word for word in re.split(r"[|;&]", " ".join(words))[0].split() if word]
    if named and all(not word.startswith("-") for word in named) and len(named) == 1:
        assert named[0] in subcommands(), line  # a command named in a sentence, without its arguments
        return
    try:
        _parser().parse_args(named)
    except SystemExit as ended:
        assert ended.code == 0, f"{line}\n{capsys.readouterr().err}"


@pytest.mark.parametrize("line", [line for line in command_lines() if line.startswith("make ")])
def test_make_knows_the_target(line: str) -> None:
    targets = re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    wanted = [word for word in words_of(line)[1:] if "=" not in word]
    assert set(wanted) <= set(targets)


def test_the_table_of_commands_is_complete() -> None:
    """Each sub-command has its place in README, and README names no other."""
    in_table = {
        word
        for row in re.findall(r"^\| (`sensorama [^|]+) \|", README, re.MULTILINE)
        for span in re.findall(r"`([^`]+)`", row)
        for word in span.replace("sensorama ", "").split()[:1]
    }
    assert in_table == set(subcommands())


def parsers_below(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """A parser and those of its commands, however deep."""
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for inner in action.choices.values():
                yield from parsers_below(inner)


def test_every_option_named_is_an_option() -> None:
    known = {
        option
        for parser in parsers_below(_parser())
        for action in parser._actions
        for option in action.option_strings
    }
    lines = [line for line in README.splitlines() if "sensorama" in line or "`--" in line]
    named = {option for line in lines for option in re.findall(r"(?<![\w-])--[a-z][a-z-]*", line)}
    assert named and named <= known, named - known


def test_every_exit_status_is_the_one_given() -> None:
    from engine.safety.certificate.gate import Uncertified
    from engine.show.play import EXIT_STATUS

    said = re.search(r"Exit status: (.*?)\.\n", README, re.DOTALL)
    assert said is not None
    numbers = {int(number) for number in re.findall(r"\b(\d+)\b", said[1])}
    assert numbers == {*EXIT_STATUS.values(), 2, Uncertified.exit_status}


@pytest.mark.parametrize("target", sorted(set(paths_linked())))
def test_a_linked_path_exists(target: str) -> None:
    assert (ROOT / target).exists()


def test_paths_in_code_spans_exist() -> None:
    spans = {
        span
        for span in re.findall(r"`([\w./-]+/[\w./-]+)`", README)
        if not span.startswith((".venv", "runs/", "udp:"))
    }
    for span in sorted(spans):
        # The walk through the smallest experience names files within it.
        assert (ROOT / span).exists() or (ROOT / "experiences" / "first_light" / span).exists(), span


def test_no_placeholder_was_left() -> None:
    assert not re.findall(r"@@\w+@@", README)


def test_the_smallest_experience_is_the_bundled_one() -> None:
    """README walks through first_light: what it shows is what is there, and it is as small as it says."""
    folder = ROOT / "experiences" / "first_light"
    sources = [path for pattern in ("*.yaml", "*.ink", "*/*.yaml") for path in sorted(folder.glob(pattern))]
    total = sum(len(path.read_text(encoding="utf-8").splitlines()) for path in sources)
    assert total < 60
    shown = [line.strip() for line in README.splitlines()]
    for path in (folder / "experience.yaml", folder / "story.ink", folder / "scenes" / "shore.yaml"):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.strip() and not line.lstrip().startswith(("#", "//")):
                assert line.strip() in shown, f"README does not show this line of {path.name}: {line}"
