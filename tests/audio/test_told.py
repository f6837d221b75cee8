"""Objects as another renderer is told of them."""

from __future__ import annotations

import pytest

from engine.audio.block import SAMPLE_RATE_HZ
from engine.audio.sounds import Pose, ReactionSounds, SeatPlace
from engine.audio.told import ToldObjects, scene_at
from engine.time.publisher import TransportWriter
from engine.time.segments import SegmentKind, Transport
from engine.time.shared import LocalBlock
from tests.audio.rooms import S_FL, S_NS, Room, run, tone


def moving(cue_fl: int) -> tuple[float, float, float]:
    return 2.0 * cue_fl / S_FL, 8.0, 0.0


def theatre() -> tuple[ToldObjects, Room]:
    room = Room()
    room.scene(
        room.sound("audio/bell.wav", tone(2), 1.0, place=SeatPlace(90.0, 0.0, 4.0), gain=0.5),
        room.sound("audio/river.wav", tone(5), 0.0),
        room.sound("audio/bell.wav", tone(2), 7.0, place=SeatPlace(90.0, 0.0, 4.0)),
        room.sound("audio/boat.wav", tone(5), 2.0, place=moving, fade_in_samples=SAMPLE_RATE_HZ),
        room.sound("audio/rumble.wav", tone(5), 0.0, place=SeatPlace(0.0, 0.0, 1.0), bus="shakers"),
        reactions=(
            ReactionSounds((room.sound("audio/tap.wav", tone(1), place=SeatPlace(0.0, 0.0, 1.0)),), S_FL),
        ),
        pose=lambda at_fl: Pose(0.0, at_fl / S_FL, 0.0, 0.0),
    )
    room.scene(room.sound("audio/bell.wav", tone(2), 0.0, place=SeatPlace(-90.0, 0.0, 1.0)))
    return ToldObjects(room.book, ("gate", "garden")), room


def playing() -> Transport:
    return run((10.0, 0, 0.0, 1, SegmentKind.START), (16.0, 1, 0.0, 1, SegmentKind.START))


def test_every_placed_cue_has_a_number_and_a_name() -> None:
    objects, _ = theatre()
    assert [(one.number, one.name) for one in objects.names] == [
        (1, "gate/bell"),
        (2, "gate/bell 2"),
        (3, "gate/boat"),
        (4, "gate/tap"),
        (5, "garden/bell"),
    ]


def test_what_sounds_is_told_from_where_it_is_and_as_loud() -> None:
    objects, _ = theatre()
    transport = playing()
    assert objects.at(transport, round(10.5 * S_NS)) == {}
    heard = objects.at(transport, round(11.5 * S_NS))
    assert list(heard) == [1]
    assert heard[1].at_m == pytest.approx((-4, 0, 0), abs=1e-9)
    assert heard[1].gain == pytest.approx(0.5 / 4)
    boat = objects.at(transport, round(14.0 * S_NS))[3]
    # Two seconds on its way, four on the guest's.
    assert boat.at_m == pytest.approx((4.0, 4.0, 0.0), abs=1e-3)
    assert boat.gain == pytest.approx(32**-0.5, rel=1e-3)
    half = objects.at(transport, round(12.5 * S_NS))[3]
    assert half.gain == pytest.approx(0.5**0.5 / (1 + (8 - 2.5) ** 2) ** 0.5, rel=1e-3)


def test_the_next_scene_has_numbers_of_its_own() -> None:
    objects, _ = theatre()
    transport = playing()
    heard = objects.at(transport, round(16.5 * S_NS))
    assert 5 in heard
    assert heard[5].at_m == pytest.approx((1, 0, 0), abs=1e-9)
    assert scene_at(transport, round(16.5 * S_NS), ("gate", "garden")) == "garden"
    assert scene_at(Transport(), 0, ("gate", "garden")) == ""


def test_a_seek_tells_what_playing_would_have() -> None:
    objects, _ = theatre()
    sought = run((10.0, 0, 0.0, 1, SegmentKind.START), (10.2, 0, 4.0, 1, SegmentKind.SEEK))
    there = objects.at(sought, round(10.7 * S_NS))
    played = theatre()[0].at(playing(), round(14.5 * S_NS))
    assert there[3].at_m == pytest.approx(played[3].at_m, abs=1e-4)
    assert there[3].gain == pytest.approx(played[3].gain, rel=1e-3)


def test_reactions_of_the_room_are_told() -> None:
    objects, _ = theatre()
    block = LocalBlock()
    writer = TransportWriter(block)
    writer.append(from_ns=10 * S_NS, scene=0, at_fl=0, rate=1, kind=SegmentKind.START)
    writer.react(from_ns=11 * S_NS, scene=0, reaction=0, seat=-1)
    assert 4 in objects.at(block.read(), round(11.5 * S_NS))
