"""The bundled experiences as works: every path ends, fits its time, is captioned, legible and gentle."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.errors import Problem
from engine.experience.manifest import Manifest
from engine.story.ink import Settled, Story
from engine.time.flicks import FLICKS_PER_SECOND
from engine.timeline.compile import load_scene
from engine.timeline.model import SceneFile
from engine.timeline.model_tracks import LineCue, LineTrack
from engine.timeline.parse import parse_scene, read_model
from engine.timeline.program import Program
from engine.timeline.roles import RoleTable
from engine.timeline.yamlsource import load_yaml

REPOSITORY = Path(__file__).resolve().parents[2]
EXPERIENCES = REPOSITORY / "experiences"
LANTERN_STREET = EXPERIENCES / "lantern_street"
NAMES = ("first_light", "lantern_street")
LOCALES = ("en", "zh")

# Reading speed and size of a caption (facts from reading tests): letters or hanzi a second, and on two lines.
SPEED = {"en": 15.0, "zh": 5.0}
LONGEST = {"en": 64, "zh": 28}


@dataclass(frozen=True, slots=True)
class Work:
    """One experience, read part by part: a model not yet built does not hide a mistake in the story."""

    folder: Path
    manifest: Manifest
    roles: RoleTable
    files: dict[str, SceneFile]
    programs: dict[str, Program]
    captions: dict[str, dict[str, dict[str, object]]]

    def story(self) -> Story:
        """A fresh story."""
        return Story.load((self.folder / "story.ink.json").read_text(encoding="utf-8"), "story.ink.json")

    def caption(self, line: str, locale: str) -> str:
        """Text of a caption."""
        found = self.captions[locale]["lines"][line]
        return str(found["text"]) if isinstance(found, dict) else str(found)

    def label(self, line: str, speaker: str | None, locale: str) -> str:
        """Name shown before a caption, or nothing."""
        found = self.captions[locale]["lines"][line]
        if isinstance(found, dict) and found.get("speaker"):
            return str(found["speaker"])
        return str(self.captions[locale].get("speakers", {}).get(speaker, "")) if speaker else ""

    def line_cues(self, scene: str) -> list[LineCue]:
        """The spoken lines of a scene."""
        tracks = (track for track in self.files[scene].tracks if isinstance(track, LineTrack))
        return [cue for track in tracks for cue in track.cues]

    def state(self, scene: str, times_fl: NDArray[np.int64]) -> NDArray[np.float64]:
        """Every role's value at these times, of the scene alone."""
        program = self.programs[scene]
        channels = program.bank.evaluate_many(times_fl)
        state = np.tile(self.roles.rest, (len(times_fl), 1))
        seen: set[int] = set()
        for part in program.contributions:
            start = self.roles.starts[part.role]
            for component, channel in zip(part.components, part.channels, strict=True):
                column, values = start + component, channels[:, channel]
                if part.mix == "add":
                    state[:, column] += values
                else:
                    state[:, column] = np.fmax(state[:, column], values) if column in seen else values
                seen.add(column)
        return state


def read(name: str) -> Work:
    folder = EXPERIENCES / name
    problems: list[Problem] = []
    data, places = load_yaml(folder / "experience.yaml", problems=problems)
    manifest = read_model(Manifest, data, places, problems)
    assert manifest is not None, problems
    roles = RoleTable.of([role.spec(role_name) for role_name, role in manifest.roles.items()])
    files: dict[str, SceneFile] = {}
    programs: dict[str, Program] = {}
    for path in sorted((folder / "scenes").glob("*.yaml")):
        parsed = parse_scene(*load_yaml(path, problems=problems), problems)
        program = load_scene(path, roles, problems=problems)
        assert parsed.file is not None and program is not None, [str(problem) for problem in problems]
        files[path.stem], programs[path.stem] = parsed.file, program
    assert not problems, [str(problem) for problem in problems]
    captions = {locale: load_yaml(folder / "captions" / f"{locale}.yaml")[0] for locale in LOCALES}
    return Work(folder, manifest, roles, files, programs, captions)


@pytest.fixture(scope="module", params=NAMES)
def work(request: pytest.FixtureRequest) -> Work:
    return read(request.param)


@pytest.fixture(scope="module")
def lantern_street() -> Work:
    return read("lantern_street")


def walks(story: Story) -> Iterator[tuple[tuple[str, ...], list[Settled]]]:
    """Every path through a story: the options taken, and what each settle gave."""
    first = story.settle()
    pending: list[tuple[tuple[str, ...], list[Settled], str]] = [((), [first], story.snapshot())]
    while pending:
        taken, settled, snapshot = pending.pop()
        if not settled[-1].options:
            yield taken, settled
            continue
        for option in settled[-1].options:
            story.restore(snapshot)
            after = story.choose(option.id)
            pending.append(((*taken, option.id), [*settled, after], story.snapshot()))


def scenes_of(settled: list[Settled]) -> list[str]:
    return [beat.scene for part in settled for beat in part.beats]


def test_every_path_ends(work: Work) -> None:
    for taken, settled in walks(work.story()):
        assert settled[-1].ended, taken
        assert len(set(scenes_of(settled))) == len(scenes_of(settled)), f"{taken}: a scene comes twice"


def test_graph_of_lantern_street(lantern_street: Work) -> None:
    paths = {taken: scenes_of(settled) for taken, settled in walks(lantern_street.story())}
    assert len(paths) == 14
    assert {path[-1] for path in paths.values()} == {"end_river", "end_lanterns", "end_home"}
    assert {scene for path in paths.values() for scene in path} == set(lantern_street.files)
    # The bridge is reached from both sides of the first decision.
    assert {path[path.index("bridge") - 1] for path in paths.values()} == {"tea_house", "drum_tower"}


EXPECTED_AT_HOME = [("cup", True), ("song", False), ("strike", True), ("pass", False)]


@pytest.mark.parametrize(("choice", "expected"), EXPECTED_AT_HOME)
def test_an_early_choice_pays_off_late(lantern_street: Work, choice: str, expected: bool) -> None:
    """Who is expected may go straight home, and brings the flame there; who is not is met on the river."""
    story = lantern_street.story()
    story.settle()
    story.choose("flute" if choice in ("cup", "song") else "drum")
    at_the_fork = story.choose(choice)
    assert ("home" in [option.id for option in at_the_fork.options]) is expected
    story.choose("garden")
    ending = "end_home" if expected else "end_river"
    assert story.peek("stay").beats[-1].scene == ending
    assert story.peek("release").beats[-1].scene == "end_lanterns"


def test_every_path_lasts_four_to_six_minutes(lantern_street: Work) -> None:
    for taken, settled in walks(lantern_street.story()):
        durations = [lantern_street.programs[scene].duration for scene in scenes_of(settled)]
        shortest_s = sum(duration.min_fl for duration in durations) / FLICKS_PER_SECOND
        longest_s = sum(duration.max_fl for duration in durations) / FLICKS_PER_SECOND
        assert 240 <= shortest_s <= longest_s <= 360, taken


def test_scenes_last_whole_phrases(lantern_street: Work) -> None:
    """15 s are four bars at 64 and five at 80 beats a minute: the score of any path stays on its grid."""
    for scene, program in lantern_street.programs.items():
        assert program.duration.nominal_fl % (15 * FLICKS_PER_SECOND) == 0, scene


def test_lines_of_story_scene_and_captions_are_the_same(work: Work) -> None:
    for _, settled in walks(work.story()):
        for beat in (beat for part in settled for beat in part.beats):
            cues = sorted(work.line_cues(beat.scene), key=lambda cue: cue.at_fl)
            assert [cue.line for cue in cues] == [line.id for line in beat.lines]
            for line in beat.lines:
                assert work.caption(line.id, "en") == line.text
                assert work.caption(line.id, "zh").strip()


def test_options_of_story_window_and_captions_are_the_same(work: Work) -> None:
    for _, settled in walks(work.story()):
        for part in settled[:-1]:
            scene = part.beats[-1].scene
            window = work.programs[scene].window
            assert window is not None, f"{scene} offers options but has no window"
            ids = [option.id for option in part.options]
            assert [option.is_default for option in part.options].count(True) == 1, scene
            assert not window.options or set(ids) <= set(window.options), scene
            for locale in LOCALES:
                assert all(work.captions[locale]["options"][option] for option in ids)
        last = settled[-1].beats[-1].scene
        assert work.programs[last].window is None, f"{last} ends a path but has a window"


@pytest.mark.parametrize("locale", LOCALES)
def test_captions_fit_and_can_be_read(work: Work, locale: str) -> None:
    speakers = {
        line.id: dict(tag.split(": ") for tag in line.tags if ": " in tag).get("speaker")
        for _, settled in walks(work.story())
        for part in settled
        for beat in part.beats
        for line in beat.lines
    }
    for scene in work.files:
        for cue in work.line_cues(scene):
            text = work.caption(cue.line, locale)
            label = work.label(cue.line, speakers[cue.line], locale)
            shown = f"{label}: {text}" if label else text
            assert len(shown) <= LONGEST[locale], f"{scene} {cue.line}: {len(shown)} characters"
            assert cue.for_fl is not None
            seconds = cue.for_fl / FLICKS_PER_SECOND
            assert len(text) / seconds <= SPEED[locale], f"{scene} {cue.line}: too fast to read"


def test_the_shared_font_has_every_character(work: Work) -> None:
    ttfont = pytest.importorskip("fontTools.ttLib").TTFont
    font = ttfont(REPOSITORY / "assets" / "fonts" / "sensorama-caption.ttf")
    held = {chr(code) for code in font.getBestCmap()}
    for locale in LOCALES:
        part = work.captions[locale]
        texts = [work.caption(line, locale) for line in part["lines"]]
        texts += [str(text) for text in part["options"].values()]
        texts += [str(text) for text in part.get("speakers", {}).values()]
        texts.append(work.manifest.title[locale])
        missing = {char for text in texts for char in text} - held
        assert not missing, f"run python -m assets.generators.font; missing {missing}"


def test_levels_meet_at_every_seam(lantern_street: Work) -> None:
    """Whatever the way, each room level ends where the next scene begins it, so no lamp or fan jumps."""
    paths = [scenes_of(settled) for _, settled in walks(lantern_street.story())]
    seams = {pair for path in paths for pair in itertools.pairwise(path)}
    for before, after in sorted(seams):
        end_fl = lantern_street.programs[before].duration.nominal_fl
        end = lantern_street.state(before, np.array([end_fl - 1]))[0]
        start = lantern_street.state(after, np.array([0]))[0]
        for role in lantern_street.roles:
            # The frequency of a shaker at rest says nothing.
            part = lantern_street.roles.slice_of(role.name)
            width = 1 if role.kind.value == "haptic" else role.size
            gap = np.abs(end[part] - start[part])[:width].max()
            assert gap < 0.01, f"{before} -> {after}: {role.name} jumps by {gap:.3f}"


def test_a_held_phrase_ends_where_it_begins(lantern_street: Work) -> None:
    for scene, program in lantern_street.programs.items():
        hold = program.window.hold if program.window is not None else None
        if hold is None:
            continue
        levels = program.bank.evaluate_many(np.array([hold.from_fl, hold.to_fl]))
        # A wave's frequency has eight decimals in the file: good to a micrometre over a scene.
        assert np.allclose(levels[0], levels[1], atol=1e-4, equal_nan=True), scene
        said = [cue.line for cue in lantern_street.line_cues(scene) if hold.from_fl <= cue.at_fl < hold.to_fl]
        assert not said, "these lines would be said again"


def test_the_seat_is_gentle(work: Work) -> None:
    """Heave within 40 mm, tilt within 2 degrees, slow enough for the default rig with room to spare."""
    motion = work.roles.slice_of("seat.motion")
    step_fl = FLICKS_PER_SECOND // 50
    for scene, program in work.programs.items():
        pose = work.state(scene, np.arange(0, program.duration.nominal_fl, step_fl))[:, motion]
        peak = np.abs(pose).max(axis=0)
        assert (peak[:3] <= 0.04).all() and (peak[3:] <= 2.0).all(), f"{scene}: {peak}"
        rate = np.abs(np.gradient(np.gradient(pose, 0.02, axis=0), 0.02, axis=0)).max(axis=0)
        assert (rate[:3] <= 0.5).all() and (rate[3:] <= 25.0).all(), f"{scene}: {rate} m/s2, deg/s2"


def test_no_light_flashes(work: Work) -> None:
    """No lamp goes back and forth by a tenth more than once a second (WCAG 2.3.1 allows three)."""
    step_fl = FLICKS_PER_SECOND // 50
    for scene, program in work.programs.items():
        state = work.state(scene, np.arange(0, program.duration.nominal_fl, step_fl))
        for role in work.roles:
            if role.modality != "light":
                continue
            for values in state[:, work.roles.slice_of(role.name)].T:
                turns = turning_points(values, least=0.1)
                for a, b, c in zip(turns, turns[1:], turns[2:], strict=False):
                    assert c - a >= 50, f"{scene}: {role.name} swings at {a / 50}, {b / 50}, {c / 50} s"


def turning_points(values: NDArray[np.float64], *, least: float) -> list[int]:
    """Indices where a signal turns after having moved by at least so much."""
    turns: list[int] = []
    extreme, direction = 0, 0
    for index, value in enumerate(values):
        moved = value - values[extreme]
        if direction == 0:
            if abs(moved) >= least:
                turns.append(extreme)
                direction, extreme = (1 if moved > 0 else -1), index
        elif moved * direction > 0:
            extreme = index
        elif abs(moved) >= least:
            turns.append(extreme)
            direction, extreme = -direction, index
    return turns


def test_first_light_stays_small() -> None:
    everything = (EXPERIENCES / "first_light").rglob("*")
    files = [path for path in everything if path.is_file() and not path.name.endswith(".ink.json")]
    assert sum(len(path.read_text(encoding="utf-8").splitlines()) for path in files) < 60
