"""What the certificate says of loudness, peak and dose is never less than what is heard of the scenes one after the other."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from scipy.signal import sosfilt

from engine.audio.assembly import make_mix, settings_of
from engine.audio.block import SAMPLE_RATE_HZ
from engine.audio.book import book_of
from engine.audio.clips import ClipCache
from engine.audio.grid import Grid
from engine.audio.hearing import a_weighting
from engine.audio.loudness.meter import LoudnessMeter
from engine.errors import Problem
from engine.experience import Package, Rig, load_package, load_rig
from engine.experience.audio_rig import MixSpec
from engine.safety.certificate.contributions import sound
from engine.safety.certificate.contributions.sound import _Loud, _loudest, sound_costs
from engine.safety.certificate.contributions.values import SILENCE_DB, Contribution, Material
from engine.safety.certificate.pieces import Piece, Pieces, PieceWay, pieces_of
from engine.safety.certificate.routes import path_graph
from engine.safety.paths.bounds import bound
from engine.safety.paths.values import Windowed
from engine.story.graph import Edge
from engine.time import NO_SCENE, LocalBlock, TransportWriter
from engine.time.flicks import fl_to_ns
from engine.time.segments import ROOM
from engine.timeline.compile import compile_scene
from engine.timeline.evaluate import Evaluator
from engine.timeline.parse import parse_scene
from engine.timeline.program import Program
from engine.timeline.roles import RoleTable
from engine.timeline.yamlsource import load_yaml_text

Floats = NDArray[np.float64]

FS = SAMPLE_RATE_HZ
ROLES = RoleTable.of([])
FULL_SCALE_DB = 112.0
#: As authored, whatever the package measures.
AS_IT_IS = MixSpec(loudness_lufs=None)
MEASURES = ("loudness_short", "loudness_momentary", "true_peak", "noise_dose")


def tone(seconds: float, level_db: float, hertz: float = 1000.0) -> Floats:
    """A sine, decibels of full scale by its peak."""
    return np.asarray(
        10.0 ** (level_db / 20.0) * np.sin(2.0 * np.pi * hertz * np.arange(round(seconds * FS)) / FS)
    )


def silence(seconds: float) -> Floats:
    return np.zeros(round(seconds * FS))


@cache
def loaded() -> tuple[Package, Rig]:
    return load_package("first_light", hashed=False), load_rig("studio")


def scene(number: int, name: str, seconds: float, more: str = "") -> Program:
    problems: list[Problem] = []
    cues = f"[{{at: 0s, file: {name}.wav, bed: true}}]"
    text = f"duration: {seconds}s\ntracks:\n  - {{kind: audio, cues: {cues}}}\n{more}"
    data, places = load_yaml_text(text, "scene.yaml", problems)
    program = compile_scene(
        parse_scene(data, places, problems), scene_id=name, index=number, roles=ROLES, problems=problems
    )
    assert program is not None, problems
    return program


def material(
    folder: Path,
    sounds: dict[str, tuple[float, Floats]],
    path: Sequence[str],
    *,
    more: str = "",
    mix: MixSpec = AS_IT_IS,
) -> Material:
    """Scenes with one sound each, by name: seconds and samples, the same in both channels; the story is one path."""
    for name, (_, samples) in sounds.items():
        soundfile.write(folder / f"{name}.wav", np.stack([samples, samples], axis=1), FS, subtype="FLOAT")
    names = list(sounds)
    scenes = tuple(scene(number, name, sounds[name][0], more) for number, name in enumerate(names))
    stops = ["", *path, ""]
    edges = [Edge(one, other) for one, other in pairwise(stops)]
    pieces = pieces_of(scenes, {name: number for number, name in enumerate(names)}, edges)
    package, rig = loaded()
    rig = replace(rig, audio=replace(rig.audio, mix=mix))
    package = replace(package, path=folder, scenes=scenes, roles=ROLES)
    return Material(package, rig, pieces, Evaluator(scenes, ROLES), (), rig.tick_hz)


def certified(made: Material) -> dict[str, float]:
    """What no play exceeds, by measure, as it is told."""
    return told(made, sound_costs(made, FULL_SCALE_DB))


def told(made: Material, found: Contribution) -> dict[str, float]:
    names = [program.id for program in made.package.scenes]
    graph = path_graph(made.pieces, names, dict.fromkeys(names, 2))
    return {row.measure: row.reading.told(bound(graph, row.costs).value) for row in found.measured}


def heard(made: Material, path: Sequence[str], reaction_s: float | None = None) -> Floats:
    """The scenes one after the other in one go, until the show ends; a reaction of the first one at an instant."""
    mix = settings_of(made.rig.audio.mix, made.package.manifest.loudness)
    ceiling_dbtp = made.rig.audio.mix.ceiling_dbtp
    mixer = make_mix(
        book_of(made.package), ClipCache(made.package.path), settings=mix, ceiling_dbtp=ceiling_dbtp
    )
    block = LocalBlock()
    writer = TransportWriter(block)
    at_ns = 0
    for beat, name in enumerate(path):
        program = made.package.scene(name)
        writer.append(from_ns=at_ns, scene=program.index, at_fl=0, rate=1, beat=beat)
        at_ns += fl_to_ns(program.duration.nominal_fl)
    writer.append(from_ns=at_ns, scene=NO_SCENE, at_fl=0, rate=1, beat=len(path))
    if reaction_s is not None:
        writer.react(
            scene=made.package.scene(path[0]).index, reaction=0, seat=ROOM, from_ns=round(reaction_s * 1e9)
        )
    transport, grid = block.read(), Grid(0)
    total = grid.first(at_ns)
    step = FS // 2
    return np.concatenate(
        [
            mixer.render(transport, grid.ns(first), min(step, total - first)).astype(np.float64)[:, :2]
            for first in range(0, total, step)
        ]
    )


def measured(samples: Floats) -> dict[str, float]:
    """The same figures of a whole recording, by the meter and the plain definition of a dose."""
    meter = LoudnessMeter()
    meter.add(samples.astype(np.float32))
    found = meter.result()
    weighted = sosfilt(a_weighting(), samples, axis=0)
    # A sine at full scale, whose mean square is a half, is as loud as `FULL_SCALE_DB`; 85 dB for eight hours is all.
    relative = 2.0 * float((weighted**2).sum()) / FS * 10.0 ** ((FULL_SCALE_DB - 85.0) / 10.0)
    return {
        "loudness_short": found.short_term_lufs,
        "loudness_momentary": found.momentary_lufs,
        "true_peak": found.peak_dbtp,
        "noise_dose": 100.0 * relative / (8.0 * 3600.0),
    }


@pytest.fixture(autouse=True)
def _no_rooms(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here rings for longer than a second after its scene."""
    monkeypatch.setattr(sound, "_TAIL_S", 1.2)


def test_a_stereo_tone_at_minus_23_dbfs_is_minus_23_lufs(tmp_path: Path) -> None:
    # EBU Tech 3341, case 1. A whole dose is 85 dB(A) for eight hours, and A-weighting takes nothing from 1 kHz.
    found = certified(material(tmp_path, {"tone": (3.0, tone(3.0, -23.0))}, ["tone"]))
    assert found["loudness_short"] == pytest.approx(-23.0, abs=0.1)
    assert found["loudness_momentary"] == pytest.approx(-23.0, abs=0.1)
    assert found["true_peak"] == pytest.approx(-23.0, abs=0.1)
    # Two channels of that are 3 dB more than one.
    level_db = FULL_SCALE_DB - 23.0 + 10.0 * np.log10(2.0)
    assert found["noise_dose"] == pytest.approx(
        100.0 * 3.0 / (8 * 3600) * 10 ** ((level_db - 85.0) / 10), rel=0.01
    )


def test_a_shorter_sound_has_less_energy_in_its_window_and_the_venues_level_counts(tmp_path: Path) -> None:
    sounds = {"tone": (2.0, np.concatenate([silence(0.5), tone(0.2, -26.0), silence(1.3)]))}
    found = certified(material(tmp_path, sounds, ["tone"], mix=replace(AS_IT_IS, volume_db=6.0)))
    assert found["loudness_momentary"] == pytest.approx(-20.0 + 10 * np.log10(0.2 / 0.4), abs=0.2)
    assert found["loudness_short"] == pytest.approx(-20.0 + 10 * np.log10(0.2 / 3.0), abs=0.2)


ENDS_LOUD = (1.0, np.concatenate([silence(0.7), tone(0.3, -10.0)]))
BEGINS_LOUD = (1.0, np.concatenate([tone(0.2, -12.0), silence(0.8)]))
RINGS_ON = (1.0, np.concatenate([silence(0.5), tone(1.5, -20.0)]))
LOUD = (1.2, tone(0.7, -20.0))
BLIP = (0.2, tone(0.2, -14.0))


@pytest.mark.parametrize(
    ("sounds", "path", "more_db"),
    [
        # What it may ring over is counted at its first visit too.
        ({"a": RINGS_ON, "b": LOUD}, "aab", 3.0),
        # Over a piece shorter than the window the most of both its neighbours is taken.
        ({"a": ENDS_LOUD, "b": BLIP, "c": BEGINS_LOUD}, "abc", 2.0),
    ],
    ids=["rings over its own beginning and the next", "over a short one"],
)
def test_no_seam_is_louder_than_certified(
    tmp_path: Path, sounds: dict[str, tuple[float, Floats]], path: str, more_db: float
) -> None:
    made = material(tmp_path, sounds, path)
    bounds, real = certified(made), measured(np.concatenate([heard(made, path), np.zeros((3 * FS, 2))]))
    for name in MEASURES:
        assert bounds[name] >= real[name] - 1e-6, name
    for name in ("loudness_momentary", "loudness_short"):
        assert bounds[name] <= real[name] + more_db, name


class Cut:
    """Of a material, its pieces alone."""

    def __init__(self, pieces: Pieces) -> None:
        self.pieces = pieces


def test_a_window_over_a_seam_holds_at_most_what_is_said_wherever_it_lies() -> None:
    rng = np.random.default_rng(7)
    second = 705_600_000
    pieces = Pieces(
        (Piece("a", 0, 0, 2 * second, 2 * second), Piece("b", 1, 0, second, second)),
        (PieceWay(-1, 0), PieceWay(0, 1), PieceWay(1, -1)),
    )
    for _ in range(30):
        # Power of every hundredth: a window may begin at any of them.
        fine = [rng.random(200) ** 8, rng.random(100) ** 8]
        loud = [
            _Loud(row.reshape(-1, 10).mean(axis=1), row.reshape(-1, 10).mean(axis=1), 1.0) for row in fine
        ]
        costs = _loudest(Cut(pieces), "loudness_momentary", 0.4, loud).costs  # type: ignore[arg-type]
        assert isinstance(costs, Windowed)
        energy = np.convolve(np.concatenate(fine), np.ones(40), "valid") / 100.0
        over = energy[161:200].max()  # begins in the first, ends in the second
        assert over <= costs.across[1] <= costs.tail[0] + costs.head[1]
        # On the grid of the tenths it is the plain sum.
        assert costs.inside[0] == pytest.approx(energy[:161:10].max())


SPLASH = """
triggers:
  - {id: splash, on: key, key: s, from: 0.3s, to: 0.8s, do: {reaction: wet}, cooldown: 2s}
reactions:
  wet: {duration: 0.3s, tracks: [{kind: audio, cues: [{at: 0s, file: wet.wav, bed: true}]}]}
"""


def test_a_reaction_is_counted_at_every_instant_at_which_it_may_come(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "wet.wav", np.stack([tone(0.3, -16.0)] * 2, axis=1), FS, subtype="FLOAT")
    made = material(tmp_path, {"a": (1.5, tone(1.5, -20.0))}, "a", more=SPLASH)
    bounds = certified(made)
    for at_s in (0.3, 0.7999):
        real = measured(heard(made, "a", at_s))
        assert real["loudness_momentary"] > -17.0  # the scene alone has -20
        for name in MEASURES:
            assert bounds[name] >= real[name] - 1e-6, name


@pytest.mark.parametrize("ceiling_db", [0.0, -6.0])
def test_the_peak_is_that_of_the_rigs_own_limiter(tmp_path: Path, ceiling_db: float) -> None:
    mix = replace(AS_IT_IS, volume_db=12.0, ceiling_dbtp=ceiling_db)
    made = material(tmp_path, {"a": (0.5, tone(0.5, -3.0))}, "a", mix=mix)
    bounds, real = certified(made), measured(heard(made, "a"))
    assert real["true_peak"] - 1e-6 <= bounds["true_peak"] <= ceiling_db + 1e-9
    assert real["true_peak"] == pytest.approx(ceiling_db, abs=0.6)
    assert bounds["loudness_momentary"] >= real["loudness_momentary"] - 1e-6


def test_without_full_scale_no_dose_is_said_and_silence_is_silence(tmp_path: Path) -> None:
    made = material(tmp_path, {"a": (0.5, silence(0.5))}, "a")
    found = sound_costs(made, None)
    assert any("full_scale_db" in note for note in found.notes)
    assert told(made, found) == dict.fromkeys(MEASURES[:3], SILENCE_DB)


def test_what_was_heard_of_a_package_with_a_hash_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = material(tmp_path, {"a": (0.2, tone(0.2, -20.0))}, "a")
    kept = tmp_path / "kept"
    monkeypatch.setattr(sound, "_folder", lambda: kept)
    first = certified(made)
    assert not kept.exists()  # what has no hash could be anything
    hashed = replace(made, package=replace(made.package, hash="0" * 64))
    assert certified(hashed) == first
    (file,) = kept.iterdir()
    (tmp_path / "a.wav").unlink()
    assert certified(hashed) == first
    file.write_bytes(b"bread, milk")
    soundfile.write(tmp_path / "a.wav", np.zeros((FS // 2, 2)), FS)
    assert certified(hashed)["loudness_short"] == SILENCE_DB
