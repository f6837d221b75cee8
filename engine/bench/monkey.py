"""The monkey: plays a second of a half-hour show with a decision every two and a half minutes.

Run ``python -m engine.bench.monkey``. Prints one JSON line. One thread, the show generated here: twelve decisions of two options, each
followed by a scene of its own and one in common, fifty seconds each; the control is the story alone, without a conductor.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from random import Random
from typing import Any, TextIO

from engine.show.monkey.coverage import Coverage
from engine.show.monkey.play import Player
from engine.show.options import PlayOptions
from engine.show.setup import Phases, produce
from engine.story.graph import build_graph
from engine.story.ink import Story
from engine.time import ManualClock
from engine.time.clocks import Clock, MonotonicClock

STAGES = 12
SCENE_S = 50


def write_show(folder: Path, stages: int = STAGES) -> Path:
    """An experience of `stages` decisions, as files."""
    knots: dict[str, list[Any]] = {}
    for stage in range(stages):
        following = f"s{stage + 1}" if stage + 1 < stages else ""
        onward: list[Any] = [{"->": following}] if following else ["end"]
        knots[f"s{stage}"] = _decision(f"s{stage}", {"left": f"l{stage}", "right": f"r{stage}"})
        for name in (f"l{stage}", f"r{stage}"):
            knots[name] = _scene(name, [{"->": f"m{stage}"}])
        knots[f"m{stage}"] = _scene(f"m{stage}", onward)
    story = {
        "inkVersion": 21,
        "root": [[{"->": "s0"}, ["done", {"#n": "g-0"}], None], "done", knots],
        "listDefs": {},
    }
    folder.mkdir(parents=True)
    (folder / "scenes").mkdir()
    (folder / "captions").mkdir()
    (folder / "story.ink.json").write_text(json.dumps(story), encoding="utf-8")
    (folder / "experience.yaml").write_text(
        "sensorama: 1\nid: half_hour\ntitle: {en: Half an hour}\nlanguages: [en]\n"
        "roles:\n  seat.motion: {kind: motion, per: seat, modality: motion}\n",
        encoding="utf-8",
    )
    lines = "".join(f"  {name}_1: x\n" for name in knots)
    (folder / "captions" / "en.yaml").write_text(
        f"lines:\n{lines}options:\n  left: x\n  right: x\n", encoding="utf-8"
    )
    for name, knot in knots.items():
        window = ""
        if isinstance(knot[0], list):
            window = (
                f"window: {{show: 20s, open: 25s, close: 45s, commit: {SCENE_S}s, inputs: [gaze, key]}}\n"
            )
        swell = "{at: 0s, for: 50s, wave: {hz: 0.2, amplitude: {heave: 5mm}}}"
        text = f"duration: {SCENE_S}s\ntracks:\n  - {{role: seat.motion, kind: motion, cues: [{swell}]}}\n{window}"
        (folder / "scenes" / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


def _tags(name: str) -> list[Any]:
    return ["#", f"^scene: {name}", "/#", f"^{name} ", "#", f"^id: {name}_1", "/#", "\n"]


def _scene(name: str, then: list[Any]) -> list[Any]:
    return [*_tags(name), *then, None]


def _decision(name: str, ways: dict[str, str]) -> list[Any]:
    options: list[Any] = []
    for number, option in enumerate(ways):
        options += ["ev", "str", f"^{option} ", "#", f"^id: {option}", "/#"]
        options += ["#", "^default", "/#"] if not number else []
        options += ["/str", "/ev", {"*": f".^.c-{number}", "flg": 4}]
    targets = {
        f"c-{number}": ["^ ", {"->": target}, "\n", None] for number, target in enumerate(ways.values())
    }
    return [[*_tags(name), *options, targets], None]


def measure(plays: int, clock: Clock | None = None) -> dict[str, Any]:
    """Play so often, and the story alone as often."""
    watch = MonotonicClock() if clock is None else clock
    with tempfile.TemporaryDirectory() as folder:
        path = write_show(Path(folder) / "half_hour")
        production = produce(PlayOptions(str(path), picture=False, sound=False), Phases(ManualClock()))
        graph = build_graph(production.package.story_json)
        player = Player(production, graph.endings(), Coverage())
        player.play(0, 0)
        begin_ns = watch.now_ns()
        found = [player.play(number, 1) for number in range(plays)]
        taken_s = max((watch.now_ns() - begin_ns) / 1e9, 1e-9)
        begin_ns = watch.now_ns()
        for number in range(plays):
            _story_alone(production.package.story_json, number)
        alone_s = max((watch.now_ns() - begin_ns) / 1e9, 1e-9)
    lengths = [play.ended.at_ns / 60e9 for play in found if play.ended is not None]
    return {
        "bench": "monkey",
        "plays": plays,
        "minutes_of_show_a_play": round(sum(lengths) / max(len(lengths), 1), 1),
        "scenes_a_play": round(sum(len(play.path) for play in found) / plays, 1),
        "plays_per_second": round(plays / taken_s, 1),
        "wanted": 20,
        "story_alone_per_second": round(plays / alone_s, 1),
        "of_that": round(alone_s / taken_s, 2),
        "options_seen": round(player.coverage.share(graph)[1], 3),
        "findings": sum(len(play.findings) for play in found),
    }


def _story_alone(story_json: str, number: int) -> None:
    """The ink runtime with no conductor around it."""
    draw = Random(number)
    story = Story.load(story_json, seed=number)
    settled = story.settle()
    while settled.options:
        settled = story.choose(draw.choice(settled.options).id)


def main(arguments: list[str] | None = None, out: TextIO = sys.stdout) -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--plays", type=int, default=100)
    asked = parser.parse_args(arguments)
    out.write(json.dumps(measure(asked.plays)) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
