"""The whole way through the mixer: a click in a room, a tone behind a wall, a ship that passes, heard at an Ambisonic output."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest

from engine.audio.acoustics.courses import Courses
from engine.audio.acoustics.doppler import SOUND_MPS
from engine.audio.acoustics.reflections import image_sources
from engine.audio.acoustics.scene import scene_acoustics
from engine.audio.assembly import make_mix
from engine.audio.sounds import Pose, Sound, SoundBook
from engine.experience.audio_rig import AudioOutput
from engine.time.segments import SegmentKind
from engine.timeline.acoustics import AcousticsSpec, BlockSpec, RoomSpec, SoundSpace
from tests.audio.rooms import PLAIN, S_FL, Room, run, tone

FS = 48_000
FIELD = AudioOutput("field", "ambisonic", channels=tuple(range(1, 17)))
BOX = RoomSpec("box", (1.0, 2.0, 1.5), (6.0, 8.0, 3.4), 0.0, (0.3,) * 7, ((0.2,) * 7,) * 6)
LISTENER = Pose(0.0, 1.0, 1.7, 25.0)


def heard(
    spec: AcousticsSpec, seconds: float, *sounds: Callable[[Room], Sound], pose: Callable[[int], Pose]
) -> np.ndarray:
    """The field's channels, shape (n, 16)."""
    room = Room()
    room.scene(*(sound(room) for sound in sounds), seconds=seconds + 1.0, pose=pose)
    (acoustics,), rooms = scene_acoustics([spec])
    book = SoundBook(
        tuple(dataclasses.replace(scene, acoustics=acoustics) for scene in room.book.scenes), rooms
    )
    mix = make_mix(book, room.clips, (FIELD,), settings=PLAIN)
    return mix.render(run((0.0, 0, 0.0, 1, SegmentKind.START)), 0, round(seconds * FS))


def click_at(at_m: tuple[float, float, float], **more: object) -> Callable[[Room], Sound]:
    samples = np.zeros(4800, np.float32)
    samples[0] = 0.5
    return lambda room: room.sound("click", samples, at_s=0.1, place=lambda _: at_m, **more)


def test_a_click_comes_back_from_every_wall_and_then_from_everywhere() -> None:
    source = (2.0, 4.0, 1.0)
    field = heard(AcousticsSpec(rooms=(BOX,)), 0.6, click_at(source), pose=lambda _: LISTENER)[:, 0]
    direct = int(np.argmax(np.abs(field)))
    assert direct == pytest.approx(4800, abs=1)
    (acoustics,), _ = scene_acoustics([AcousticsSpec(rooms=(BOX,))])
    listener = np.array([LISTENER.x_m, LISTENER.y_m, LISTENER.z_m])
    images = image_sources(acoustics.rooms[0], [source], listener)
    far = np.linalg.norm(images.at_m[0] - listener, axis=1)
    for delay, way, gain in zip(images.delay_samples[0], far, images.gain[0], strict=True):
        at = direct + round(float(delay))
        # Between two samples, and dulled by six to nine metres of air: its energy, against what the laws say.
        found = float(np.sqrt(np.sum(field[at - 8 : at + 24] ** 2)))
        assert found == pytest.approx(0.5 * gain / way, rel=0.45), (delay, way)
    late = field[direct + 4800 : direct + 9600]
    assert 0.0 < np.std(late) < 0.01 and np.std(field[-4800:]) < 0.1 * np.std(late)
    dry = heard(
        AcousticsSpec(rooms=(BOX,)),
        0.6,
        click_at(source, space=SoundSpace(reverb_db=None)),
        pose=lambda _: LISTENER,
    )[:, 0]
    assert np.max(np.abs(dry[direct + 64 :])) < 1e-4


def test_reverberation_is_as_loud_as_the_room_says() -> None:
    """Late energy of a click against the level of its source at 1 m: 16 pi / A."""
    spec = AcousticsSpec(rooms=(dataclasses.replace(BOX, rt60_s=(0.4,) * 7, order=0),))
    field = heard(spec, 1.2, click_at((1.0, 2.0, 1.5)), pose=lambda _: Pose(1.0, 3.0, 1.5, 0.0))[:, 0]
    direct = int(np.argmax(np.abs(field)))
    ratio_db = 10 * np.log10(np.sum(field[direct + 64 :] ** 2) / 0.5**2)
    area_m2 = 0.161 * 6.0 * 8.0 * 3.4 / 0.4
    wanted_db = 10 * np.log10(16 * np.pi / area_m2) - 10 / np.log(10) * 0.04 / 0.4
    print(f"{ratio_db:.1f} dB, by the diffuse field {wanted_db:.1f} dB")
    assert ratio_db == pytest.approx(wanted_db, abs=2.0)


def test_a_wall_is_heard_as_the_boat_passes_it() -> None:
    wall = AcousticsSpec(blocks=(BlockSpec((0.0, 6.0, 0.0), (6.0, 0.5, 6.0)),))

    def pose(at_fl: int) -> Pose:
        return Pose(-8.0 + 8.0 * at_fl / S_FL, 0.0, 0.0, 0.0)

    def place(_: int) -> tuple[float, float, float]:
        return 0.0, 13.0, 0.0

    sight, _ = Courses(wall, [], pose, 3 * S_FL).of(SoundSpace(), place, 0, 3 * S_FL, rides=False)
    samples = tone(2.0, 4000.0)
    behind = lambda room: room.sound("tone", samples, place=place, sight=sight)  # noqa: E731
    free = lambda room: room.sound("tone", samples, place=place)  # noqa: E731
    walled, plain = (heard(wall, 2.0, one, pose=pose)[:, 0] for one in (behind, free))
    taken_db = [
        20
        * np.log10(np.std(walled[int(t * FS) - 2400 :][:4800]) / np.std(plain[int(t * FS) - 2400 :][:4800]))
        for t in (0.1, 1.0, 1.9)
    ]
    print("before, behind, after", np.round(taken_db, 1), "dB")
    assert taken_db[1] < -12.0 and max(abs(taken_db[0]), abs(taken_db[2])) < 1.5


def test_a_ship_that_passes_changes_its_pitch_and_not_its_time() -> None:
    def place(at_fl: int) -> tuple[float, float, float]:
        return -20.0 + 20.0 * at_fl / S_FL, 5.0, 0.0

    space = SoundSpace(doppler="pitch", rolloff=0.0)
    ship = lambda room: room.sound("ship", tone(2.0, 1000.0), place=place, space=space, nearest_m=5.0)  # noqa: E731
    found = heard(AcousticsSpec(), 2.0, ship, pose=lambda _: Pose(0.0, 0.0, 0.0, 0.0))[:, 0]

    def pitch_hz(at_s: float) -> float:
        part = found[int(at_s * FS) :][:9600]
        rising = np.flatnonzero((part[:-1] < 0) & (part[1:] >= 0))
        fine = rising + part[rising] / (part[rising] - part[rising + 1])
        return float((len(fine) - 1) / (fine[-1] - fine[0]) * FS)

    before, after = pitch_hz(0.2), pitch_hz(1.6)
    speed = 20.0 * np.cos(np.arctan2(5.0, 14.0))
    print(
        f"{before:.1f} and {after:.1f} Hz, by Doppler {1000 * (1 + speed / SOUND_MPS):.1f} and {1000 * (1 - speed / SOUND_MPS):.1f}"
    )
    assert before == pytest.approx(1000 * (1 + speed / SOUND_MPS), rel=0.004)
    assert after == pytest.approx(1000 * (1 - speed / SOUND_MPS), rel=0.004)
    near = found[FS - 24 : FS + 24]  # at 1 s it is nearest: in step, so the file's own phase, 0
    assert np.abs(np.interp(0.0, near[12:36], np.arange(12, 36)) - 24) < 3.0
