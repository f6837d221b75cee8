"""A caption points to where its line is heard: the picture's and the sound's direction are one."""

from __future__ import annotations

import math
from typing import cast

import pytest

from engine.audio.book import book_of
from engine.audio.places import beside_seat, from_pose
from engine.audio.sounds import SeatPlace, Sound
from engine.audio.standin import StandIns
from engine.experience.bundled import find_package
from engine.experience.package import load_package
from engine.render.frames import frame_state
from engine.timeline.evaluate import Evaluator
from tests.render.show import held


def test_every_spoken_line_of_a_show_is_shown_where_it_is_heard() -> None:
    package = load_package(find_package("lantern_street"), hashed=False)
    evaluator, book = Evaluator(package.scenes, package.roles), book_of(package, StandIns(package.lines))
    looked, moved = 0, 0
    for index, program in enumerate(package.scenes):
        spoken = {cue.at_fl: cue for cue in program.media.cues if cue.kind == "line"}
        for sound in book.scenes[index].sounds:
            cue = spoken.get(sound.at_fl)
            if sound.bus != "voice" or cue is None:
                continue
            for at_fl in (sound.at_fl, (sound.at_fl + cue.end_fl) // 2):
                x, y, _ = heard_at(sound, at_fl, book.scenes[index].pose(at_fl))
                state = frame_state(package, evaluator, held(package, program.id, at_fl / 705_600_000), 0)
                (caption,) = [one for one in state.captions if one.text == package.lines.line(cue.line, "en")]
                assert caption.azimuth_deg is not None
                off_deg = math.remainder(caption.azimuth_deg - math.degrees(math.atan2(-x, y)), 360.0)
                assert off_deg == pytest.approx(0.0, abs=0.5)  # the sound's path is read at steps of 20 ms
                looked += 1
                moved += cue.position_m is not None
    assert looked >= 10 and moved >= 2


def heard_at(sound: Sound, at_fl: int, pose: object) -> tuple[float, float, float]:
    if isinstance(sound.place, SeatPlace):
        return beside_seat(sound.place)
    assert sound.place is not None
    at_m = sound.place(at_fl - sound.at_fl)
    return at_m if sound.rides_seat else from_pose(cast("object", pose), at_m)  # type: ignore[arg-type]
