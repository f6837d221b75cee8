"""Every mistake an author can make is named with its file and line, and all of them in one run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from engine.errors import PackageError, Problem
from engine.experience import load_package
from tests.experience.packages import Break, append, good_package, line_of, remove, rename, replace, write

MANIFEST = "experience.yaml"
QUAY = "scenes/quay.yaml"
LAMP = "scenes/lamp.yaml"


@dataclass(frozen=True)
class Mistake:
    """One way to break a package.

    `at` is text on the line that the message has to point to ("" = the file as a whole).
    """

    name: str
    break_it: Break
    file: str
    at: str
    said: str


MISTAKES = (
    # The manifest.
    Mistake("unknown key", append(MANIFEST, "titel: x\n"), MANIFEST, "titel", "titel"),
    Mistake("missing id", replace(MANIFEST, "id: small\n", ""), MANIFEST, "sensorama: 1", "`id` is missing"),
    Mistake("id", replace(MANIFEST, "id: small", "id: My Show"), MANIFEST, "id: My", "small letters, digits"),
    Mistake("format", replace(MANIFEST, "sensorama: 1", "sensorama: 7"), MANIFEST, "sensorama: 7", "7"),
    Mistake(
        "role kind", replace(MANIFEST, "kind: level, per", "kind: leval, per"), MANIFEST, "leval", "level"
    ),
    Mistake("modality", replace(MANIFEST, ", modality: wind", ""), MANIFEST, "air.wind", "needs a modality"),
    Mistake(
        "rest", replace(MANIFEST, "[0.02, 0.02, 0.04]", "[0, 0]"), MANIFEST, "light.hero", "not a colour"
    ),
    Mistake(
        "rest of motion",
        replace(MANIFEST, "modality: motion", "modality: motion, rest: 1"),
        MANIFEST,
        "seat.motion",
        "always 0",
    ),
    Mistake("role name", replace(MANIFEST, "  air.wind:", "  wind:"), MANIFEST, "  wind:", "family.name"),
    Mistake("title", replace(MANIFEST, ", zh: Small", ""), MANIFEST, "title:", "no text for zh"),
    Mistake(
        "language",
        replace(MANIFEST, "[en, zh]", "[en, zh, fr]"),
        MANIFEST,
        "languages:",
        "captions/fr.yaml",
    ),
    Mistake(
        "locale", replace(MANIFEST, "[en, zh]", "[en, zh, Français]"), MANIFEST, "languages:", "not a locale"
    ),
    Mistake("font", append(MANIFEST, "font: fonts/x.ttf\n"), MANIFEST, "font:", "fonts/x.ttf does not exist"),
    Mistake("duplicate key", append(MANIFEST, "id: other\n"), MANIFEST, "id: other", "occurs twice"),
    Mistake(
        "asset without row", write("audio/a.flac", b"fLaC"), MANIFEST, "assets:", "audio/a.flac has no row"
    ),
    Mistake(
        "asset row",
        replace(MANIFEST, "assets: {}", 'assets: {"audio/*": {source: me, licence: X, made_by: cat}}'),
        MANIFEST,
        "assets:",
        "'cat' is not one of human, generator, ai",
    ),
    Mistake(
        "row without licence",
        replace(MANIFEST, "assets: {}", 'assets: {"audio/*": {source: me, made_by: ai}}'),
        MANIFEST,
        "assets:",
        "`licence` is missing",
    ),
    # The story.
    Mistake("no compiled story", remove("story.ink.json"), MANIFEST, "story:", "sensorama compile"),
    Mistake(
        "ink version",
        replace("story.ink.json", '"inkVersion":21', '"inkVersion":17'),
        "story.ink.json",
        "",
        "inkVersion 17; this engine runs 18 to 21",
    ),
    Mistake("story is no JSON", write("story.ink.json", "=== hall"), "story.ink.json", "", "is not JSON"),
    Mistake("story is no ink", write("story.ink.json", "{}"), "story.ink.json", "", "no inkVersion"),
    Mistake(
        "story cut short",
        write("story.ink.json", '{"inkVersion":21}'),
        "story.ink.json",
        "",
        "without a root",
    ),
    Mistake(
        "story in another encoding", write("story.ink.json", b'"\xff"'), "story.ink.json", "", "not UTF-8"
    ),
    Mistake("scene missing", remove(LAMP), "story.ink", "# scene: lamp", "scenes/lamp.yaml does not exist"),
    # Captions.
    Mistake(
        "caption missing",
        replace("captions/zh.yaml", "  quay_A2: 有人一直在等你。\n", ""),
        "captions/zh.yaml",
        "lines:",
        "no zh caption for quay_A2",
    ),
    Mistake(
        "option text missing",
        replace("captions/en.yaml", "  stay: Stay with the water\n", ""),
        "captions/en.yaml",
        "options:",
        "no en text for stay",
    ),
    Mistake(
        "captions missing", remove("captions/zh.yaml"), MANIFEST, "languages:", "captions/zh.yaml does not"
    ),
    Mistake(
        "captions as list",
        write("captions/en.yaml", "- one\n"),
        "captions/en.yaml",
        "- one",
        "mapping",
    ),
    Mistake(
        "captions in another encoding",
        write("captions/en.yaml", b"lines:\n  a: \xc0\xc1\n"),
        "captions/en.yaml",
        "  a:",
        "not UTF-8",
    ),
    # Scenes.
    Mistake("scene named .yml", rename(LAMP, "scenes/lamp.yml"), "scenes/lamp.yml", "", "end in .yaml"),
    Mistake("duplicate key in a scene", append(LAMP, "duration: 9s\n"), LAMP, "duration: 9s", "occurs twice"),
    Mistake("no YAML", append(QUAY, "targets: {a: [}\n"), QUAY, "targets: {a", "not valid YAML"),
    Mistake("unknown role", replace(QUAY, "role: air.wind", "role: air.wnid"), QUAY, "air.wnid", "air.wind"),
    Mistake(
        "unknown role in the picture",
        replace(QUAY, "gains: {a: {role: light.hero", "gains: {a: {role: light.x"),
        QUAY,
        "light.x",
        "light.x",
    ),
    Mistake(
        "role of another kind",
        replace(QUAY, "role: air.wind, kind: level", "role: seat.motion, kind: level"),
        QUAY,
        "role: seat.motion, kind: level",
        "kind",
    ),
    Mistake("track kind", replace(QUAY, "kind: line", "kind: lines"), QUAY, "kind: lines", "line"),
    Mistake(
        "misspelt field", replace(QUAY, "line: quay_A1, for:", "lien: quay_A1, for:"), QUAY, "lien", "line"
    ),
    Mistake(
        "missing model", replace(QUAY, "stage:\n", "stage:\n  model: models/q.glb\n"), QUAY, "q.glb", "q.glb"
    ),
    Mistake(
        "missing sound",
        replace(QUAY, "tracks:\n", "tracks:\n  - {kind: audio, cues: [{at: 0s, file: audio/x.flac}]}\n"),
        QUAY,
        "audio/x.flac",
        "audio/x.flac does not exist",
    ),
    Mistake(
        "absolute path",
        replace(QUAY, "stage:\n", "stage:\n  vehicle: /srv/boat.glb\n"),
        QUAY,
        "/srv/boat.glb",
        "from the package's folder",
    ),
    Mistake(
        "path out of the package",
        replace(QUAY, "stage:\n", "stage:\n  vehicle: ../boat.glb\n"),
        QUAY,
        "../boat.glb",
        "from the package's folder",
    ),
    Mistake("time without unit", replace(QUAY, "duration: 18s", "duration: 18"), QUAY, "duration:", "18s"),
    Mistake("window order", replace(QUAY, "open: 8s", "open: 6s"), QUAY, "show: 7s", "show < open < close"),
    Mistake("late commit", replace(QUAY, "commit: 18s", "commit: 20s"), QUAY, "commit: 20s", "duration"),
    Mistake("unknown rule", replace(QUAY, "type: first", "type: fist"), QUAY, "rule:", "first"),
    Mistake(
        "no caption for a line",
        replace(QUAY, "line: quay_A2", "line: quay_A9"),
        "captions/en.yaml",
        "lines:",
        "no en caption for quay_A9",
    ),
    Mistake(
        "overlap",
        replace(QUAY, "{at: 4.5s, line: quay_A2", "{at: 2s, line: quay_A2"),
        QUAY,
        "{at: 2s",
        "before",
    ),
    Mistake(
        "unknown option",
        replace(QUAY, "    stay: {azimuth", "    stray: {azimuth"),
        QUAY,
        "stray:",
        "did you mean stay?",
    ),
    Mistake(
        "unknown target",
        append(QUAY, "triggers:\n  - {on: touch, target: bell, do: {vote: stay}}\n"),
        QUAY,
        "target: bell",
        "bell",
    ),
)


def _problems(folder: Path) -> list[Problem]:
    with pytest.raises(PackageError) as caught:
        load_package(folder, cwd=folder)
    assert caught.value.exit_status == 2
    return [problem for problem in caught.value.problems if problem.severity == "error"]


def _expected(folder: Path, mistake: Mistake) -> tuple[str, int | None]:
    return mistake.file, line_of(folder / mistake.file, mistake.at) if mistake.at else None


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_a_mistake_is_named_with_file_line_and_remedy(tmp_path: Path, mistake: Mistake) -> None:
    folder = good_package(tmp_path)
    mistake.break_it(folder)
    problems = _problems(folder)
    path, line = _expected(folder, mistake)
    fitting = [p for p in problems if (p.place.path, p.place.line) == (path, line) and mistake.said in str(p)]
    assert fitting, "\n".join(map(str, problems))


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_one_mistake_makes_no_crowd(tmp_path: Path, mistake: Mistake) -> None:
    """What follows from a mistake is at most said per language or per scene, not once per place of use."""
    folder = good_package(tmp_path)
    mistake.break_it(folder)
    problems = _problems(folder)
    assert len(problems) <= 3, "\n".join(map(str, problems))


def test_all_mistakes_come_in_one_run(tmp_path: Path) -> None:
    """Break every file at once, in as many places as can be broken independently."""
    chosen = [
        mistake
        for mistake in MISTAKES
        if mistake.name
        in {
            "unknown key",
            "role kind",
            "font",
            "asset without row",
            "language",
            "ink version",
            "caption missing",
            "option text missing",
            "unknown role",
            "missing model",
            "missing sound",
            "window order",
            "unknown target",
            "unknown option",
        }
    ]
    # A scene that is no YAML, beside one that is only wrong.
    chosen.append(
        Mistake("no YAML", append(LAMP, "targets: {a: [}\n"), LAMP, "targets: {a", "not valid YAML")
    )
    folder = good_package(tmp_path)
    for mistake in chosen:
        mistake.break_it(folder)
    problems = _problems(folder)
    text = "\n".join(map(str, problems))
    for mistake in chosen:
        if mistake.name in {"font", "asset without row", "unknown option"}:
            continue  # these need a manifest, or a story, that could be read
        path, line = _expected(folder, mistake)
        assert any(
            (p.place.path, p.place.line) == (path, line) and mistake.said in str(p) for p in problems
        ), f"{mistake.name} is missing in\n{text}"


def test_a_problem_prints_as_file_line_message_hint(tmp_path: Path) -> None:
    folder = good_package(tmp_path)
    replace(QUAY, "role: air.wind", "role: air.wnid")(folder)
    (problem,) = _problems(folder)
    line = line_of(folder / QUAY, "air.wnid")
    assert str(problem).startswith(
        f"scenes/quay.yaml:{line}: unknown role 'air.wnid'. did you mean air.wind?"
    )


def test_an_unreadable_manifest_hides_no_other_file_and_makes_no_crowd(tmp_path: Path) -> None:
    folder = good_package(tmp_path)
    append(MANIFEST, "comfort: {flashes: [}\n")(folder)
    replace(QUAY, "duration: 18s", "duration: 18")(folder)
    replace("captions/zh.yaml", "  lamp_A1: 它带你回家。\n", "")(folder)
    remove("story.ink.json")(folder)
    found = [(problem.place.path, problem.code) for problem in _problems(folder)]
    assert found == [
        ("captions/zh.yaml", "missing-caption"),
        (MANIFEST, "missing-file"),
        (MANIFEST, "yaml-syntax"),
        (QUAY, "value"),
    ]


def test_a_misread_kind_is_said_once(tmp_path: Path) -> None:
    """The role is declared, though with a mistake: its tracks are judged by the kind that was meant."""
    folder = good_package(tmp_path)
    replace(MANIFEST, "light.hero: {kind: color", "light.hero: {kind: colour")(folder)
    assert [problem.place.path for problem in _problems(folder)] == [MANIFEST]


def test_no_scene_at_all(tmp_path: Path) -> None:
    folder = good_package(tmp_path)
    for path in (folder / "scenes").iterdir():
        path.unlink()
    assert [problem.code for problem in _problems(folder)] == ["missing-scene"]


@pytest.mark.parametrize(
    ("break_it", "code"),
    [
        (write("scenes/attic.yaml", "duration: 5s\n"), "unused-scene"),
        (
            replace(MANIFEST, "assets: {}", 'assets: {"video/*": {source: me, licence: X, made_by: ai}}'),
            "unused-row",
        ),
        (append("story.ink", "\n=== roof\n# scene: roof\nHigh. # id: roof_A1\n-> END\n"), "stale-story"),
    ],
)
def test_what_does_not_stop_a_show_is_a_warning(tmp_path: Path, break_it: Break, code: str) -> None:
    folder = good_package(tmp_path)
    break_it(folder)
    assert [problem.code for problem in load_package(folder).warnings] == [code]
