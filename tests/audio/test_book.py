"""Sounds read out of a compiled package: places, tails, voices in two languages, the boat's path."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from engine.audio.book import book_of, pose_of
from engine.audio.sounds import SeatPlace
from engine.errors import InputError
from engine.timeline.media import MediaBank, MediaCue

S_FL = 705_600_000


class Bank:
    """A boat that goes 2 m/s ahead and turns 10 degrees a second; channels 6..8 hold a moving sound."""

    def evaluate(self, at_fl: int) -> np.ndarray:
        s = at_fl / S_FL
        return np.array([0.0, 2 * s, 0.0, 10 * s, 0.0, 0.0, s, 1.0, 2.0])

    def evaluate_many(self, at_fl: np.ndarray) -> np.ndarray:
        return np.array([self.evaluate(int(t)) for t in at_fl])


def program(*cues: MediaCue, reactions: tuple[object, ...] = ()) -> SimpleNamespace:
    return SimpleNamespace(
        media=MediaBank.of(cues),
        reactions=reactions,
        duration=SimpleNamespace(nominal_fl=10 * S_FL),
        bank=Bank(),
        path_channel=0,
        stage=SimpleNamespace(eye_m=(0.0, -1.0, 1.5), model=()),
        acoustics=None,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "audio" / "voice" / "en").mkdir(parents=True)
    soundfile.write(tmp_path / "audio" / "bell.flac", np.zeros(96_000), 48_000)
    soundfile.write(tmp_path / "audio" / "voice" / "en" / "lock_A1.flac", np.zeros(24_000), 48_000)
    return tmp_path


def package(folder: Path, *scenes: SimpleNamespace) -> SimpleNamespace:
    return SimpleNamespace(path=folder, languages=("en", "zh"), scenes=scenes)


BELL = MediaCue("audio", S_FL, 3 * S_FL, 0, 0, file="audio/bell.flac", gain_db=-6.0, tail=True, bus="effects")


def test_a_sound_keeps_its_level_place_and_length(folder: Path) -> None:
    placed = dataclasses.replace(BELL, position_m=(1.0, 2.0, 3.0), fade_in_fl=S_FL // 10)
    seated = dataclasses.replace(BELL, azimuth_deg=-30.0, distance_m=4.0)
    bed = dataclasses.replace(BELL, bed=True, loop=True)
    moving = dataclasses.replace(BELL, move_channel=6)
    riding = dataclasses.replace(BELL, position_m=(0.0, 3.0, 1.0), node="vehicle")
    book = book_of(package(folder, program(placed, seated, bed, moving, riding)))  # type: ignore[arg-type]
    a, b, c, d, e = book.scenes[0].sounds
    assert (a.length_samples, a.fade_in_samples, a.at_fl) == (96_000, 4800, S_FL)
    assert a.gain == pytest.approx(0.501, abs=1e-3)
    assert callable(a.place) and a.place(0) == (1.0, 2.0, 3.0)
    assert b.place == SeatPlace(-30.0, 0.0, 4.0)
    assert c.place is None and c.loop
    assert callable(d.place) and d.place(S_FL) == (2.0, 1.0, 2.0)
    assert e.rides_seat


def test_a_line_speaks_in_the_languages_that_have_a_voice(folder: Path) -> None:
    spoken = MediaCue("line", 0, 4 * S_FL, 0, 0, line="lock_A1", bus="voice", azimuth_deg=20.0)
    silent = dataclasses.replace(spoken, line="lock_A2")
    book = book_of(package(folder, program(spoken, silent)))  # type: ignore[arg-type]
    (sound,) = book.scenes[0].sounds
    assert sound.file == "audio/voice/en/lock_A1.flac"
    assert sound.by_language[0] == (sound.file, 24_000)
    assert sound.by_language[1][1] == 0, "no Chinese voice: silent, not English"


@pytest.mark.parametrize(("suffix", "subtype"), [(".ogg", "VORBIS"), (".opus", "OPUS"), (".wav", None)])
def test_a_voice_may_be_packed(suffix: str, subtype: str | None, folder: Path) -> None:
    voices = folder / "audio" / "voice" / "en"
    (voices / "lock_A1.flac").unlink()
    packed = None if subtype is None else "OGG"
    soundfile.write(voices / f"lock_A1{suffix}", np.zeros(4_800), 48_000, format=packed, subtype=subtype)
    spoken = MediaCue("line", 0, 4 * S_FL, 0, 0, line="lock_A1", bus="voice", azimuth_deg=20.0)
    (sound,) = book_of(package(folder, program(spoken))).scenes[0].sounds  # type: ignore[arg-type]
    assert (sound.file, sound.length_samples) == (f"audio/voice/en/lock_A1{suffix}", 4_800)


def test_reactions_are_read_too(folder: Path) -> None:
    book = book_of(package(folder, program(reactions=(program(BELL),))))  # type: ignore[arg-type]
    assert book.scenes[0].reactions[0].sounds[0].file == "audio/bell.flac"
    assert book.scenes[0].files() == ["audio/bell.flac"]


def test_a_missing_file_is_said(folder: Path) -> None:
    gone = dataclasses.replace(BELL, file="audio/gong.flac")
    with pytest.raises(InputError, match=r"gong\.flac"):
        book_of(package(folder, program(gone)))  # type: ignore[arg-type]


def test_who_listens_is_told_once_and_everything_else_is_there(folder: Path) -> None:
    (folder / "audio" / "text.wav").write_text("bread, milk")
    (folder / "audio" / "voice" / "zh").mkdir()
    (folder / "audio" / "voice" / "zh" / "lock_A1.flac").write_text("bread, milk")
    broken = dataclasses.replace(BELL, file="audio/text.wav")
    spoken = MediaCue("line", 0, 4 * S_FL, 0, 0, line="lock_A1", bus="voice", azimuth_deg=20.0)
    said: list[str] = []
    scenes = [program(broken, BELL, spoken), program(broken)]
    book = book_of(package(folder, *scenes), say=said.append)  # type: ignore[arg-type]
    voice, bell = book.scenes[0].sounds  # in the order of their cues
    assert bell.file == "audio/bell.flac"
    assert voice.by_language[0][1] == 24_000
    assert voice.by_language[1][1] == 0, "the broken voice is silent, the other speaks"
    assert book.scenes[1].sounds == ()
    assert len(said) == 2
    assert all(text.endswith("it stays silent") for text in said)


def test_the_listener_sits_in_the_boat() -> None:
    pose = pose_of(program())  # type: ignore[arg-type]
    assert pose(0) == pytest.approx((0.0, -1.0, 1.5, 0.0))
    later = pose(9 * S_FL)
    assert later.heading_deg == pytest.approx(90.0)
    # Turned left by 90 degrees, behind the boat's middle lies on its right.
    assert (later.x_m, later.y_m) == pytest.approx((1.0, 18.0), abs=1e-6)
    assert pose(99 * S_FL) == pose(11 * S_FL)
