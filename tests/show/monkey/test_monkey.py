"""A broken story is found, told where it breaks, and every failure has a journal that replays it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from engine.cli import main
from engine.show.monkey.command import Report, json_of, lines_of, monkey
from engine.show.monkey.coverage import NOBODY, Coverage
from engine.show.monkey.devices import device_findings
from engine.show.options import PlayOptions
from engine.show.setup import Phases, produce
from engine.story.graph import build_graph
from engine.time import ManualClock


def option(text: str, name: str, number: int, *, default: bool = False) -> list[object]:
    words: list[object] = ["ev", "str", f"^{text} ", "#", f"^id: {name}", "/#"]
    if default:
        words += ["#", "^default", "/#"]
    return [*words, "/str", "/ev", {"*": f".^.c-{number}", "flg": 4}]


def scene(name: str, then: list[object]) -> list[object]:
    return ["#", f"^scene: {name}", "/#", f"^{name} ", "#", f"^id: {name}_1", "/#", "\n", *then, None]


def decision(name: str, ways: dict[str, str]) -> list[object]:
    options = [
        part for number, key in enumerate(ways) for part in option(key, key, number, default=not number)
    ]
    targets = {
        f"c-{number}": ["^ ", {"->": target}, "\n", None] for number, target in enumerate(ways.values())
    }
    return [
        ["#", f"^scene: {name}", "/#", f"^{name} ", "#", f"^id: {name}_1", "/#", "\n", *options, targets],
        None,
    ]


def package(folder: Path, knots: dict[str, list[object]], first: str) -> Path:
    """Scenes of three seconds, those with a decision open for one."""
    root = [[{"->": first}, ["done", {"#n": "g-0"}], None], "done", knots]
    folder.mkdir()
    (folder / "experience.yaml").write_text(
        "sensorama: 1\nid: broken\ntitle: {en: Broken}\nlanguages: [en]\n"
        "roles:\n  seat.motion: {kind: motion, per: seat, modality: motion}\n",
        encoding="utf-8",
    )
    story = {"inkVersion": 21, "root": root, "listDefs": {}}
    (folder / "story.ink.json").write_text(json.dumps(story), encoding="utf-8")
    (folder / "captions").mkdir()
    options = {
        part[5:]: "x"
        for knot in knots.values()
        for part in json_strings(knot)
        if part.startswith("^id: ") and "_" not in part
    }
    lines = "".join(f"  {name}_1: x\n" for name in knots)
    chosen = "".join(f"  {name.strip()}: x\n" for name in options)
    (folder / "captions" / "en.yaml").write_text(
        f"lines:\n{lines}" + (f"options:\n{chosen}" if chosen else ""), encoding="utf-8"
    )
    (folder / "scenes").mkdir()
    for name, knot in knots.items():
        window = (
            "window: {show: 0.5s, open: 1s, close: 2s, commit: 3s, inputs: [key]}\n"
            if isinstance(knot[0], list)
            else ""
        )
        text = (
            "duration: 3s\ntracks:\n  - {role: seat.motion, kind: motion, cues: [{at: 0s, for: 3s, "
            f"wave: {{hz: 0.5, amplitude: {{heave: 5mm}}}}}}]}}\n{window}"
        )
        (folder / "scenes" / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


def json_strings(row: object) -> list[str]:
    if isinstance(row, str):
        return [row]
    if isinstance(row, dict):
        row = list(row.values())
    return [text for part in row for text in json_strings(part)] if isinstance(row, list) else []


def played(
    folder: Path, plays: int = 40, seed: int = 3, out: Path | None = None, *, devices: bool = False
) -> Report:
    options = PlayOptions(str(folder), picture=False, sound=False)
    production = produce(options, Phases(ManualClock()))
    graph = build_graph(production.package.story_json)
    return monkey(production, options, graph, plays=plays, seed=seed, out=out, devices=devices)


SOUND = {
    "gate": decision("gate", {"left": "hall", "right": "roof"}),
    "hall": scene("hall", ["end"]),
    "roof": scene("roof", ["end"]),
}
#: The roof runs out of content; the cellar divides by nothing.
BROKEN = {
    "gate": decision("gate", {"left": "hall", "right": "roof", "down": "cellar"}),
    "hall": scene("hall", ["end"]),
    "roof": scene("roof", []),
    "cellar": scene("cellar", ["ev", 1, 0, "/", "out", "/ev", "\n", "end"]),
    "attic": scene("attic", ["end"]),
}


def test_a_sound_story_is_seen_whole_and_nothing_is_found(tmp_path: Path) -> None:
    report = played(package(tmp_path / "p", SOUND, "gate"), devices=True)
    assert not report.findings and not report.never and report.shares == (1.0, 1.0, 1.0)
    assert sum(report.endings.values()) == 40 and set(report.endings) == {"hall", "roof"}


def test_a_broken_one_is_told_and_its_journals_replay(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = package(tmp_path / "p", BROKEN, "gate")
    report = played(folder, out=tmp_path / "out")
    kinds = {(finding.kind, finding.scene): (count, journal) for finding, count, journal in report.findings}
    assert {kind for kind, _ in kinds} >= {"story-error", "fault-ahead"}
    failing = next(journal for (kind, _), (_, journal) in kinds.items() if kind == "story-error")
    assert Path(failing).is_file()
    assert main(["replay", failing, "--experience", str(folder)]) == 0
    assert "the same" in capsys.readouterr().out
    assert '"how":"failed"' in Path(failing).read_text(encoding="utf-8")


def test_a_dead_end_is_told_with_its_scene(tmp_path: Path) -> None:
    knots = {**SOUND, "roof": scene("roof", [])}
    report = played(package(tmp_path / "p", knots, "gate"))
    told = {finding.kind: finding.scene for finding, _, _ in report.findings}
    assert told.get("dead-end") == "roof" or told.get("story-error") in ("gate", "roof"), report.findings


def test_the_same_seed_finds_the_same(tmp_path: Path) -> None:
    folder = package(tmp_path / "p", BROKEN, "gate")
    assert played(folder) == played(folder)
    assert played(folder).table != played(folder, seed=4).table or played(folder, plays=7) != played(
        folder, plays=7, seed=4
    )
    text = "\n".join(lines_of(played(folder), "broken"))
    assert "40 plays" in text and "story-error" in text
    json.dumps(json_of(played(folder)))


def test_the_command_says_what_broke_by_its_exit_status(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = package(tmp_path / "good", SOUND, "gate"), package(tmp_path / "bad", BROKEN, "gate")
    words = ["--plays", "12", "--no-devices"]
    assert main(["monkey", str(good), *words, "--out", str(tmp_path / "o")]) == 0
    assert "nothing broke" in capsys.readouterr().out and (tmp_path / "o" / "monkey.json").is_file()
    assert main(["monkey", str(bad), *words]) == 1
    assert main(["monkey", str(good), "--plays", "0"]) == 2


def test_what_was_done_least_comes_first() -> None:
    seen = Coverage()
    seen.taken["gate", "left"] = 2
    seen.taken["gate", NOBODY] = 1
    assert seen.least("gate", ["left", "right"]) == "right"
    seen.taken["gate", "right"] = 3
    assert seen.least("gate", ["left", "right"]) == NOBODY


def test_devices_that_fail_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options = PlayOptions(str(package(tmp_path / "p", SOUND, "gate")), picture=False, sound=False)
    production = produce(options, Phases(ManualClock()))
    assert not list(device_findings(production, [("", "gate"), ("gate", "hall")]))
    driver = next(device.driver for device in production.devices if device.driver.name == "seat_a")
    encode = type(driver).encode

    def breaks(self: object, values: Sequence[float]) -> object:
        if any(values):
            raise ValueError("no such value")
        return encode(self, values)  # type: ignore[arg-type]

    monkeypatch.setattr(type(driver), "encode", breaks)
    found = list(device_findings(production, [("gate", "hall")]))
    assert found and found[0].kind == "device" and "gate -> hall" in found[0].scene
