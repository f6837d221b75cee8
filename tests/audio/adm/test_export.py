"""A show taken down as a master: what the master plays is what the show plays."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.audio.adm import programme_of, read_document
from engine.audio.adm.capture import Heard, Survey, Tracks
from engine.audio.adm.export import Exported, Titles, _Measured, blocks_of, export_adm
from engine.audio.adm.files import render_file
from engine.audio.adm.items import HoaItem, ObjectItem, SpeakerItem
from engine.audio.block import BLOCK
from engine.audio.formats import WaveReader
from engine.audio.grid import Grid
from engine.audio.outputs import Output
from engine.audio.sounds import SeatPlace
from engine.audio.speakers import layout
from engine.audio.speakers.stage import SpeakerStage
from engine.time.segments import SegmentKind
from tests.audio.rooms import Room, noise, run

START_NS = 1_000_000_000
FRAMES = 28_800


class Show:
    """A mixer of a made-up room around a capture."""

    def __init__(self, room: Room, capture: object) -> None:
        self.mixer = room.mixer(outputs=(capture,))
        self._transport = run((1.0, 0, 0.0, 1, SegmentKind.START))
        self._grid = Grid(START_NS)

    def render(self, first: int, frames: int) -> None:
        for sample in range(first, first + frames, BLOCK):
            self.mixer.render(self._transport, self._grid.ns(sample), min(BLOCK, first + frames - sample))


def turning(at_fl: int) -> tuple[float, float, float]:
    turn = at_fl / 705_600_000
    return float(3 * np.sin(turn)), float(3 * np.cos(turn)), 0.0


def room() -> Room:
    made = Room()
    made.scene(
        made.sound("voice", noise(0.2, 1), 0.05, bus="voice", place=SeatPlace(40.0, 10.0, 1.0)),
        made.sound("later", noise(0.15, 2), 0.4, place=SeatPlace(-100.0, 0.0, 2.0)),
        made.sound("mover", noise(0.5, 3), 0.05, place=turning, rides_seat=True),
        made.sound("stereo", np.stack([noise(0.5, 4), noise(0.5, 5)], axis=1), bus="music"),
        made.sound("hiss", noise(0.5, 6, 0.01), loop=True),
        seconds=10.0,
    )
    return made


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    path = tmp_path_factory.mktemp("export") / "a.wav"
    show = room()
    titles = Titles("Test", {"en": "Test", "zh": "试"}, "en")
    return export_adm(path, lambda capture: Show(show, capture), FRAMES, titles)


def test_a_show_is_objects_a_bed_and_a_field(exported: Exported) -> None:
    made = exported
    assert (made.objects, made.beds, made.field, made.in_field) == (3, ("M+030", "M-030"), True, 0)
    assert made.tracks == 2 + 2 + 16, "who comes later has the track of who is over"
    with WaveReader(made.path) as file:
        assert file.frames == FRAMES
        document = read_document(file.axml(), file.chna())
        programme = programme_of(document)
        sound = file.read(0, FRAMES)
    kinds = [type(item) for item in programme.items]
    assert kinds == [ObjectItem] * 3 + [SpeakerItem] * 2 + [HoaItem]
    assert next(iter(document.programmes.values())).labels == {"en": "Test", "zh": "试"}
    loudness = next(iter(document.programmes.values())).loudness
    assert loudness == made.loudness and loudness is not None
    assert loudness.integrated_lufs is not None and -40 < loudness.integrated_lufs < -10
    places = [item.blocks[0].position for item in programme.items if isinstance(item, ObjectItem)]
    assert any(place == pytest.approx((40.0, 10.0, 1.0)) for place in places)
    assert np.abs(sound[:, :2]).max() > 0.01


def test_its_loudness_is_that_of_beds_and_field_as_well(exported: Exported) -> None:
    with WaveReader(exported.path) as file:
        measured = _Measured(read_document(file.axml(), file.chna()))
        measured.add(file.read(0, FRAMES), 0)
    assert exported.loudness is not None
    assert exported.loudness.integrated_lufs == pytest.approx(measured.result().integrated_lufs, abs=0.02)


def test_the_master_plays_what_the_show_plays(exported: Exported, tmp_path: Path) -> None:
    render_file(exported.path, tmp_path / "b.wav", layout("0+5+0"))
    with WaveReader(tmp_path / "b.wav") as file:
        master = file.read(0, FRAMES)
    mixer = room().mixer(outputs=(Output("five", SpeakerStage(layout("0+5+0"))),))
    live = np.concatenate(
        [
            mixer.render(run((1.0, 0, 0.0, 1, SegmentKind.START)), Grid(START_NS).ns(first), BLOCK)
            for first in range(0, FRAMES, BLOCK)
        ]
    )[:FRAMES]
    error_db = 10 * np.log10(np.mean((master - live) ** 2) / np.mean(live**2))
    print(f"master against show: {error_db:.1f} dB")
    assert error_db < -30, "what differs is the field's decoder and how a gain glides between two places"


def test_a_still_voice_is_one_place_and_a_moving_one_many() -> None:
    still = Heard(0, 100, 48_000, [(100, 30.0, 0.0, 0.0)])
    assert [block.position[0] for block in blocks_of(still, 48_000)[2]] == [30.0, 30.0]
    mover = Heard(0, -50, 4800, [(-50, 0.0, 0.0, 0.0), (1000, 10.0, 0.0, 0.0), (2000, 20.0, 0.0, 0.0)])
    first, last, blocks = blocks_of(mover, 48_000)
    assert (first, last) == (0, 4800)
    edges = [(block.rtime_s * 48_000, block.duration_s * 48_000) for block in blocks]  # type: ignore[operator]
    assert edges == [(0, 1), (1, 999), (1000, 1000), (2000, 2800)]
    assert [block.position[0] for block in blocks] == [0.0, 10.0, 20.0, 20.0]


def test_voices_share_tracks_when_one_is_over_and_overflow_into_the_field() -> None:
    survey = Survey()
    survey.heard = [Heard(0, 0, 100), Heard(64, 50, 150), Heard(128, 100, 200), Heard(192, 110, 140)]
    assert survey.allot(2) == 2
    assert [one.track for one in survey.heard] == [0, 1, 0, -1]
    assert survey.field


def test_a_silent_show_is_a_file_all_the_same(tmp_path: Path) -> None:
    quiet = Room()
    quiet.scene(quiet.sound("none", np.zeros(480, np.float32)), seconds=1.0)
    made = export_adm(tmp_path / "a.wav", lambda capture: Show(quiet, capture), 4800, Titles("t"))
    assert (made.tracks, made.objects) == (0, 0)
    with WaveReader(tmp_path / "a.wav") as file:
        assert (file.frames, file.format.channels) == (4800, 1)
    assert Tracks([], 0, (), False).count == 0
