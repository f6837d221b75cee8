"""A scene's ``# visits: N`` in a show: options withdrawn, the default among the rest, an end that is said, replays that agree."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.cli import main
from engine.show.conduct.conductor import Conductor
from engine.show.conduct.inputs import Pick
from engine.story import Story
from engine.time import LocalBlock, TransportWriter
from tests.show.fakes import make_package, make_scene, make_window, seconds_ns
from tests.show.runs import play_offline

STORY = Path(__file__).parents[1] / "story" / "data" / "visits.ink.json"


def show(
    picks: dict[int, str], until_s: float = 200
) -> tuple[Conductor, list[tuple[str, int, dict[str, Any]]]]:
    """A run of the story in which somebody picks these options, by the number of the beat."""
    package = make_package(
        make_scene("gate", 0, window=make_window()),
        make_scene("yard", 1, window=make_window()),
        make_scene("shed", 2, seconds=4),
        make_scene("cellar", 3, window=make_window()),
    )
    log: list[tuple[str, int, dict[str, Any]]] = []
    conductor = Conductor(
        package=package,
        story=Story.load(STORY.read_text(encoding="utf-8"), STORY.name),
        writer=TransportWriter(LocalBlock()),
        record=lambda kind, now_ns, /, **fields: log.append((kind, now_ns, fields)),
    )
    conductor.start(0, from_ns=0)
    now_s = 0.0
    picked: set[int] = set()
    while conductor.ended is None and now_s < until_s:
        now_s += 0.5
        conductor.advance(seconds_ns(now_s))
        view = conductor.window_view(seconds_ns(now_s))
        beat = len(conductor.beats) - 1
        if view is not None and view.is_open and beat in picks and beat not in picked:
            picked.add(beat)
            conductor.handle(Pick(0, picks[beat], by="mouse"), seconds_ns(now_s))
    return conductor, log


def notices(log: list[tuple[str, int, dict[str, Any]]]) -> list[str]:
    return [fields["text"] for kind, _, fields in log if kind == "notice"]


def test_a_withdrawn_option_is_not_shown_and_a_vote_for_it_does_not_count() -> None:
    conductor, log = show({0: "round", 1: "round"}, until_s=13)
    shown = [fields["options"] for kind, _, fields in log if kind == "window" and fields["state"] == "shown"]
    assert shown == [["round", "yard", "shed"], ["yard", "shed"]]
    assert conductor.choices == [("gate", "round", "first vote, guest 0")]
    assert notices(log) == [
        "option 'round' is withdrawn: scene 'gate' has been visited as often as it may be (2)"
    ]


def test_where_the_default_is_withdrawn_the_first_that_is_left_is_taken() -> None:
    conductor, _ = show({}, until_s=17)
    assert [(scene, option) for scene, option, _ in conductor.choices] == [
        ("gate", "round"),
        ("gate", "yard"),
    ]


def test_where_the_story_runs_into_a_full_scene_the_show_ends_and_says_why() -> None:
    conductor, log = show({0: "shed"})
    assert [scene for scene, _ in conductor.beats] == ["gate", "shed", "cellar", "shed"]
    assert conductor.ended is not None
    assert (conductor.ended.how, conductor.ended.scene) == ("ending", "shed")
    said = "the story ends here: scene 'cellar' has been visited as often as it may be (1), and it leads there again"
    assert notices(log)[-1] == conductor.ended.reason == said
    # It ends when the scene has been played, not when it was decided.
    assert conductor.ended.at_ns == conductor.beats[-1][1] + seconds_ns(4)


def test_every_run_takes_the_same_way() -> None:
    first, second = show({0: "yard"}), show({0: "yard"})
    assert first[1] == second[1]
    assert first[0].beats == second[0].beats


@pytest.fixture
def shore_twice(tmp_path: Path, request: pytest.FixtureRequest) -> Callable[[str], Path]:
    """first_light with a way back to the shore, and with this tag beside the shore's."""

    def make(tag: str) -> Path:
        folder = tmp_path / "first_light"
        shutil.copytree(request.config.rootpath / "experiences" / "first_light", folder)
        source, compiled = folder / "story.ink", folder / "story.ink.json"
        source.write_text(
            source.read_text(encoding="utf-8")
            .replace("# id: wait] -> away", "# id: wait] -> shore")
            .replace("# scene: shore", f"# scene: shore # {tag}"),
            encoding="utf-8",
        )
        first, second, rest = compiled.read_text(encoding="utf-8").split('{"->":"away"}')
        compiled.write_text(
            f'{first}{{"->":"away"}}{second}{{"->":"shore"}}{rest}'.replace(
                '"^scene: shore","/#"', f'"^scene: shore ","/#","#","^{tag}","/#"'
            ),
            encoding="utf-8",
        )
        return folder

    return make


@pytest.mark.long
def test_a_run_with_limits_replays_the_same(
    shore_twice: Callable[[str], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    package = shore_twice("visits: 2")
    run = play_offline(tmp_path / "run", str(package), "--choices", "wait,moon")
    assert run.status == 0
    assert [scene for scene, _ in run.beats()] == ["shore", "shore", "away"]
    said = [
        event.fields["text"] for event in run.journal.of_kind("notice") if "withdrawn" in event.fields["text"]
    ]
    assert said == ["option 'wait' is withdrawn: scene 'shore' has been visited as often as it may be (2)"]
    capsys.readouterr()
    assert main(["replay", str(run.folder)]) == 0
    assert "the same" in capsys.readouterr().out


def test_a_script_cannot_choose_what_is_withdrawn(
    shore_twice: Callable[[str], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    package = shore_twice("visits: 1")
    run = play_offline(tmp_path / "run", str(package), "--choices", "wait")
    assert run.status != 0
    assert "offers moon, not 'wait'" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("tag", "status", "said"),
    [
        ("visits: 2", 0, ""),
        (
            "mood: calm",
            0,
            "loop of scene 'shore' (shore -> shore) has no limit; a certificate will refuse it",
        ),
        ("visits: many", 2, "scene 'shore' has '# visits: many'; allowed: a whole number from 1 on"),
    ],
)
def test_check_names_loops_without_a_limit_and_limits_that_are_none(
    shore_twice: Callable[[str], Path], capsys: pytest.CaptureFixture[str], tag: str, status: int, said: str
) -> None:
    assert main(["check", str(shore_twice(tag))]) == status
    captured = capsys.readouterr()
    found = [
        line for line in (captured.out + captured.err).splitlines() if "loop of" in line or "visits:" in line
    ]
    assert bool(found) == bool(said)
    assert said in "".join(found)
    assert all("story.ink:3: " in line for line in found), "at the line of the scene's tag"
