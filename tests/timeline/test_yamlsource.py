"""YAML 1.2 by the core schema, with places and without surprises."""

from __future__ import annotations

import importlib.util
import math
import sys
from pathlib import Path

import pytest

from engine.errors import PackageError, Problem
from engine.timeline.yamlsource import MAX_DEPTH, load_yaml, load_yaml_text, resolve_core


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", "on"), ("no", "no"), ("yes", "yes"), ("off", "off"), ("y", "y"),
        ("true", True), ("True", True), ("false", False), ("FALSE", False),
        ("null", None), ("~", None), ("", None), ("Null", None), ("nULL", "nULL"),
        ("12", 12), ("-3", -3), ("+3", 3), ("0o14", 12), ("014", 14), ("0x1F", 31), ("0b1", "0b1"),
        ("1_000", "1_000"), ("12e3", 12000.0), ("1.5", 1.5), (".5", 0.5), ("5.", 5.0), ("-1.5e-3", -0.0015),
        ("2026-11-22", "2026-11-22"), ("12:30:45", "12:30:45"), ("1.2.3", "1.2.3"), ("=", "="), ("<<", "<<"),
        ("18s", "18s"), ("-30deg", "-30deg"), ("#x", "#x"), ("1e", "1e"), (".", "."), ("-", "-"),
        ("灯街", "灯街"),
    ],
)  # fmt: skip
def test_core_schema(text: str, value: object) -> None:
    resolved = resolve_core(text)
    assert resolved == value
    assert type(resolved) is type(value)


def test_infinities() -> None:
    assert resolve_core(".inf") == float("inf")
    assert resolve_core("-.INF") == float("-inf")
    nan = resolve_core(".nan")
    assert isinstance(nan, float)
    assert math.isnan(nan)


def test_numbers_of_any_length_are_read() -> None:
    assert resolve_core("9" * 18) == 10**18 - 1
    assert resolve_core("9" * 5000) == float("inf")
    assert resolve_core("0x" + "f" * 5000) == "0x" + "f" * 5000


def test_quoted_scalars_stay_text() -> None:
    data, _ = load_yaml_text("a: '12'\nb: \"true\"\nc: |\n  12\nd: !!str 5\ne: !!float 5\n", "x.yaml")
    assert data == {"a": "12", "b": "true", "c": "12\n", "d": "5", "e": 5.0}


def test_keys_are_text_whatever_they_look_like() -> None:
    data, _ = load_yaml_text("on: 1\n1: 2\nno: 3\n~: 4\n", "x.yaml")
    assert data == {"on": 1, "1": 2, "no": 3, "~": 4}


def test_duplicate_keys_name_both_places() -> None:
    problems: list[Problem] = []
    data, _ = load_yaml_text("a:\n  x: 1\n  y: 2\n  x: 3\nb: {k: 1, k: 2}\n", "x.yaml", problems)
    assert [str(problem) for problem in problems] == [
        "x.yaml:4: the key `x` occurs twice in one mapping (first at x.yaml:2). keep one of the two",
        "x.yaml:5: the key `k` occurs twice in one mapping (first at x.yaml:5). keep one of the two",
    ]
    assert data == {"a": {"x": 1, "y": 2}, "b": {"k": 1}}


def test_places_with_bom_crlf_and_chinese(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(
        "\ufefftitle: 灯街\r\ntracks:\r\n  - kind: level\r\n    cues: [{at: 1s}, {at: 2s}]\r\n".encode()
    )
    data, places = load_yaml(path, shown="x.yaml")
    assert data == {"title": "灯街", "tracks": [{"kind": "level", "cues": [{"at": "1s"}, {"at": "2s"}]}]}
    place = places.of(("tracks", 0, "cues", 1, "at"))
    assert (place.line, place.column) == (4, 23)
    assert places.of(("tracks", 0)).line == 3
    assert places.of(("title",)).line == 1


def test_a_place_that_does_not_exist_is_that_of_its_parent() -> None:
    _, places = load_yaml_text("a:\n  b: 1\n", "x.yaml")
    assert places.of(("a", "c", 4)).line == 1
    assert places.of(()).line == 1
    assert str(load_yaml_text("", "x.yaml")[1].of(("a",))) == "x.yaml"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: [1, 2\nb: 3\n", 2),
        ("a: 1\n b: 2\n", 2),
        ("a: 1\n\t- x\n", 2),
        ("a: *nowhere\n", 1),
        ("a: 'x\n", 2),
    ],
)
def test_broken_yaml_says_where(text: str, line: int) -> None:
    with pytest.raises(PackageError) as caught:
        load_yaml_text(text, "x.yaml")
    (problem,) = caught.value.problems
    assert problem.place.line == line
    assert problem.message.startswith("not valid YAML")


def test_control_characters_and_second_documents_are_refused() -> None:
    for text in ("a: \x07\n", "a: 1\n---\nb: 2\n"):
        with pytest.raises(PackageError, match="not valid YAML"):
            load_yaml_text(text, "x.yaml")


@pytest.mark.parametrize(
    "text", ["[" * 100_000, "{a: " * 5_000, "- " * 5_000, "\n".join(" " * i + "a:" for i in range(500))]
)
def test_deep_nesting_is_refused_and_does_not_crash(text: str) -> None:
    with pytest.raises(PackageError, match=f"deeper than {MAX_DEPTH}"):
        load_yaml_text(text, "x.yaml")


def test_brackets_in_text_are_no_nesting() -> None:
    text = "a: '" + "[" * 300 + "'\n"
    assert load_yaml_text(text, "x.yaml")[0] == {"a": "[" * 300}


def test_aliases_that_grow_without_bound_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.timeline.yamlsource.MAX_VALUES", 10_000)
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 9)]
    with pytest.raises(PackageError, match="aliases expand"):
        load_yaml_text("\n".join(lines), "x.yaml")
    with pytest.raises(PackageError, match="aliases expand"):
        load_yaml_text("a: &a [*a]\n", "x.yaml")


def test_aliases_work() -> None:
    data, _ = load_yaml_text("a: &wave {hz: 1}\nb: *wave\n", "x.yaml")
    assert data == {"a": {"hz": 1}, "b": {"hz": 1}}


def test_unknown_tags_and_complex_keys_are_reported_together() -> None:
    problems: list[Problem] = []
    load_yaml_text("a: !python/name:os.system x\n? [1, 2]\n: 3\nc: !!int x\n", "x.yaml", problems)
    assert [problem.place.line for problem in problems] == [1, 2, 4]


def test_a_yaml_library_without_its_c_parser_reads_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml.cyaml", None)
    spec = importlib.util.find_spec("engine.timeline.yamlsource")
    assert spec is not None
    assert spec.loader is not None
    pure = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "engine.timeline.yamlsource", pure)
    spec.loader.exec_module(pure)
    text = "a: &x {at: 1s, on: [1, 'q', 2.5, ~, 0o14]}\nb: *x\n"
    data, places = pure.load_yaml_text(text, "x.yaml")
    assert data == load_yaml_text(text, "x.yaml")[0]
    assert places.of(("b",)).line == 2
    for broken in ("a: 1\na: 2\n", "a: [1\n", "[" * 5000):
        with pytest.raises(PackageError):
            pure.load_yaml_text(broken, "x.yaml")


def test_missing_folder_and_encoding(tmp_path: Path) -> None:
    with pytest.raises(PackageError, match="does not exist"):
        load_yaml(tmp_path / "none.yaml")
    with pytest.raises(PackageError, match="cannot be read"):
        load_yaml(tmp_path)
    path = tmp_path / "latin.yaml"
    path.write_bytes(b"a: 1\nb: caf\xe9\n")
    with pytest.raises(PackageError, match=r"latin.yaml:2: byte 0xe9 is not UTF-8"):
        load_yaml(path)
