"""Compiling ink: which compiler is taken, what its messages become; the real ones where installed."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from engine.errors import InputError, PackageError
from engine.story import compile as compiling
from engine.story.compile import (
    NodeInkjs,
    QuickjsInkjs,
    compile_ink,
    find_compiler,
    float_literals,
    gather_sources,
)


class FakeCompiler:
    name = "a compiler"

    def __init__(self, text: str | None, *messages: str) -> None:
        self.text, self.messages, self.files = text, list(messages), {}

    def compile(self, source: Path, files: Mapping[str, str]) -> tuple[str | None, list[str]]:
        self.files = dict(files)
        return self.text, self.messages


def ink_file(folder: Path, text: str, name: str = "story.ink") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_the_result_is_the_compilers_text_with_its_warnings(tmp_path: Path) -> None:
    source = ink_file(tmp_path, "-> END\n")
    fake = FakeCompiler('\ufeff{"inkVersion":21}', "WARNING: 'story.ink' line 3: Apparent loose end")
    result = compile_ink(source, compiler=fake)
    assert result.text == '{"inkVersion":21}\n'
    assert result.compiler == "a compiler"
    assert [str(problem) for problem in result.warnings] == [f"{source}:3: warning: Apparent loose end"]


def test_all_mistakes_come_at_once_as_file_and_line(tmp_path: Path) -> None:
    source = ink_file(tmp_path, "-> nowhere\n")
    fake = FakeCompiler(
        None,
        "ERROR: line 7: Expected some kind of logic",
        "ERROR: 'market/stalls.ink' line 2: Divert target not found: '-> nowhere'",
        "TODO: 'story.ink' line 1: write this",
    )
    with pytest.raises(PackageError) as caught:
        compile_ink(source, compiler=fake)
    assert str(caught.value).splitlines() == [
        f"{tmp_path / 'market/stalls.ink'}:2: Divert target not found: '-> nowhere'",
        f"{source}:7: Expected some kind of logic",
        f"{source}:1: warning: write this",
    ]


def test_a_compiler_that_gives_nothing_is_named(tmp_path: Path) -> None:
    with pytest.raises(PackageError, match="a compiler gave no result"):
        compile_ink(ink_file(tmp_path, ""), compiler=FakeCompiler(None))


def test_included_files_travel_with_the_story(tmp_path: Path) -> None:
    (tmp_path / "market").mkdir()
    ink_file(tmp_path, "\ufeffINCLUDE market/stalls.ink\nINCLUDE end.ink\n")
    ink_file(tmp_path, "INCLUDE end.ink\n", "market/stalls.ink")
    ink_file(tmp_path, "-> END", "end.ink")
    files = gather_sources(tmp_path / "story.ink")
    assert set(files) == {"story.ink", "market/stalls.ink", "end.ink"}
    assert not files["story.ink"].startswith("\ufeff")


def test_a_missing_include_names_the_line_that_asks_for_it(tmp_path: Path) -> None:
    source = ink_file(tmp_path, "-> a\n\nINCLUDE gone.ink\n")
    with pytest.raises(InputError, match=rf"{source}:3: cannot read .*gone\.ink: No such file"):
        gather_sources(source)
    with pytest.raises(InputError, match=r"cannot read .*absent"):
        gather_sources(tmp_path / "absent.ink")


def test_a_source_in_another_encoding_is_refused(tmp_path: Path) -> None:
    (tmp_path / "story.ink").write_bytes("灯街".encode("gb18030"))
    with pytest.raises(InputError, match="is not UTF-8"):
        gather_sources(tmp_path / "story.ink")


@pytest.mark.parametrize(
    ("line", "literals"),
    [
        ("{7/3.0} prints 2", ["3.0"]),
        ("~ temp x = 2.0 * 10.00", ["2.0", "10.00"]),
        ("VAR speed = 1.0", ["1.0"]),
        ("VAR speed = 1.5", []),
        ("It was 3.0 degrees.", []),
        ("~ x = FLOAT(3) // not 3.0", []),
        ("~ x = 13.05", []),
        ("{a > 1.0: yes", ["1.0"]),
    ],
)
def test_float_literals_in_logic_are_found(line: str, literals: list[str]) -> None:
    problems = float_literals(f"\n{line}\n", "story.ink")
    assert [problem.message.split()[2] for problem in problems] == literals
    assert all(str(problem).startswith("story.ink:2: warning: the literal") for problem in problems)


def test_float_literals_are_reported_for_every_file(tmp_path: Path) -> None:
    source = ink_file(tmp_path, "INCLUDE end.ink\n")
    ink_file(tmp_path, "\n{1/2.0}", "end.ink")
    result = compile_ink(source, compiler=FakeCompiler("{}"))
    assert [str(problem) for problem in result.warnings] == [
        f"{tmp_path / 'end.ink'}:2: warning: "
        "the literal 2.0 is compiled by inkjs to the whole number 2. write FLOAT(2)"
    ]


# Which compiler is taken


def program(folder: Path, name: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / (name + (".exe" if os.name == "nt" else ""))
    path.write_text("#!/bin/sh\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def library(folder: Path) -> Path:
    path = folder / "inkjs" / "dist" / "ink-full.js"
    path.parent.mkdir(parents=True)
    path.write_text("", encoding="utf-8")
    return path


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "show" / "deep").mkdir(parents=True)
    return tmp_path


def test_inklecate_comes_first(place: Path) -> None:
    path = program(place / "bin", "inklecate")
    library(place / "node_modules")
    found = find_compiler(place / "show" / "story.ink", {"PATH": str(place / "bin")})
    assert found.name == f"inklecate ({path})"


def test_inkjs_is_found_in_any_folder_above_the_story(place: Path) -> None:
    node, path = program(place / "bin", "node"), library(place / "show" / "node_modules")
    found = find_compiler(place / "show" / "deep" / "story.ink", {"PATH": str(place / "bin")})
    assert found == NodeInkjs(node, path)


def test_inkjs_is_found_through_node_path_and_beside_node(place: Path) -> None:
    node = program(place / "prefix" / "bin", "node")
    beside = library(place / "prefix" / "lib" / "node_modules")
    env = {"PATH": str(node.parent)}
    assert find_compiler(place / "story.ink", env) == NodeInkjs(node, beside)
    named = library(place / "elsewhere")
    env["NODE_PATH"] = os.pathsep.join(["", str(place / "elsewhere")])
    assert find_compiler(place / "story.ink", env) == NodeInkjs(node, named)


def test_without_node_quickjs_runs_the_same_library(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = library(place / "somewhere")
    env = {"PATH": "", "SENSORAMA_INKJS": str(path)}
    monkeypatch.setattr(QuickjsInkjs, "available", staticmethod(lambda: True))
    assert find_compiler(place / "story.ink", env) == QuickjsInkjs(path)
    monkeypatch.setattr(QuickjsInkjs, "available", staticmethod(lambda: False))
    with pytest.raises(InputError, match="no ink compiler found"):
        find_compiler(place / "story.ink", env)


def test_with_none_the_message_says_how_to_get_one(place: Path) -> None:
    with pytest.raises(InputError) as caught:
        find_compiler(place / "story.ink", {"PATH": ""})
    for words in ("npm install inkjs@2.4.0", "pip install 'sensorama[compile]'", "inkle/ink/releases"):
        assert words in str(caught.value)


def test_a_wrong_setting_is_not_passed_over(place: Path) -> None:
    with pytest.raises(InputError, match=r"SENSORAMA_INKJS names /absent\.js, which is no file"):
        find_compiler(place / "story.ink", {"PATH": "", "SENSORAMA_INKJS": "/absent.js"})


@pytest.mark.skipif(os.name == "nt", reason="the stand-in for inklecate is a shell script")
def test_inklecates_messages_and_result_are_read(tmp_path: Path) -> None:
    source = ink_file(tmp_path, "-> END\n")
    path = program(tmp_path / "bin", "inklecate")
    path.write_text(
        "#!/bin/sh\necho \"WARNING: 'story.ink' line 1: odd\"\n"
        'printf \'\\357\\273\\277{"inkVersion":21}\' > "$2"\n',
        encoding="utf-8",
    )
    result = compile_ink(source, compiler=compiling.Inklecate(path))
    assert result.text == '{"inkVersion":21}\n'
    assert [problem.place.line for problem in result.warnings] == [1]
    path.write_text("#!/bin/sh\necho \"ERROR: 'story.ink' line 1: bad\"\nexit 1\n", encoding="utf-8")
    with pytest.raises(PackageError, match=r"story\.ink:1: bad"):
        compile_ink(source, compiler=compiling.Inklecate(path))
    path.write_text("#!/bin/sh\necho boom >&2\nexit 3\n", encoding="utf-8")
    with pytest.raises(PackageError, match="boom"):
        compile_ink(source, compiler=compiling.Inklecate(path))


def installed_compilers() -> list[compiling.Compiler]:
    """Every real compiler on this machine; on a bare one there is none, and the fakes above must do."""
    try:
        first = find_compiler(Path(__file__))
    except InputError:
        return []
    found = [first]
    if isinstance(first, NodeInkjs) and QuickjsInkjs.available():
        found.append(QuickjsInkjs(first.library))
    return found


@pytest.mark.parametrize("name", ["hall", "faults", "external", "dice", "shapes"])
def test_the_compiled_fixtures_are_what_their_sources_give(data: Path, name: str) -> None:
    """Fixtures must not go stale: compile them again with  sensorama compile, or inkjs."""
    for compiler in installed_compilers():
        compiled = compile_ink(data / f"{name}.ink", compiler=compiler).text
        assert compiled == (data / f"{name}.ink.json").read_text(encoding="utf-8").rstrip() + "\n", (
            compiler.name
        )


def test_real_compilers_report_mistakes_with_their_place(tmp_path: Path) -> None:
    ink_file(tmp_path, "-> stall\n=== stall\n-> nowhere\n", "market.ink")
    source = ink_file(tmp_path, "INCLUDE market.ink\n")
    for compiler in installed_compilers():
        with pytest.raises(PackageError, match=r"market\.ink:3: Divert target not found"):
            compile_ink(source, compiler=compiler)
