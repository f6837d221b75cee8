"""What a walk wrote, played by the stage that a show plays through: a venue's loudspeakers then arrive together and equally loud."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engine.audio.block import AFTER, BEFORE, BLOCK, RESTING, Beds, ObjectBlock
from engine.audio.commission.measure import TAIL_S, measure
from engine.audio.commission.proposal import propose
from engine.audio.commission.response import impulse_response, judge
from engine.audio.commission.room import RoomSpeaker, SimulatedRoom
from engine.audio.commission.signals import FULL_BAND_HZ, Sweep
from engine.audio.speakers.venue import speaker_stage
from engine.experience.audio_rig import STEREO
from tests.audio.commission.rooms import at

ROOM = (
    RoomSpeaker("M+030", 2, at(30, 2.1), gain_db=1.5, late_s=0.0007),
    RoomSpeaker("M-030", 1, at(-30, 2.4), inverted=True),
)


def nothing(n: int) -> ObjectBlock:
    zero = np.zeros
    return ObjectBlock(
        0, zero(0, np.int64), zero((0, BEFORE + n + AFTER), np.float32), zero((2, 0)), zero((2, 0), np.float32), None,
        zero((2, 0), np.float32), zero((2, 0, 3)), zero((2, 0), np.float32), zero(0, np.float32),
        zero(0, np.float32),
    )  # fmt: skip


def test_the_show_plays_as_it_was_measured() -> None:
    room = SimulatedRoom(ROOM, 2, noise_dbfs=-75)
    wired = tuple(
        replace(speaker, channel=one.channel) for speaker, one in zip(STEREO.speakers, ROOM, strict=True)
    )
    made = propose(wired, measure(room, wired, level_dbfs=-20.0, seconds=0.25)).speakers
    sweep = Sweep(*FULL_BAND_HZ, 0.25, -30.0)
    played = np.concatenate([sweep.samples(), np.zeros(round(TAIL_S * 48_000), np.float32)])
    played = played[: played.size // BLOCK * BLOCK]
    found = {}
    for speaker in made:
        stage = speaker_stage(replace(STEREO, speakers=made))
        blocks = [
            stage.render(
                nothing(BLOCK),
                np.zeros((0, BLOCK), np.float32),
                Beds(np.zeros((16, BLOCK), np.float32), {speaker.name: part}),
                (RESTING, RESTING),
            )
            for part in played.reshape(-1, BLOCK)
        ]
        out = np.concatenate(blocks, axis=1)
        sound = np.zeros((out.shape[1], 2), np.float32)
        for row, one in zip(out, made, strict=True):
            sound[:, one.channel - 1] = row
        found[speaker.name] = judge(impulse_response(room.play(sound), sweep))
    left, right = found["M+030"], found["M-030"]
    print(f"{(left.arrival_s - right.arrival_s) * 1e6:+.2f} us, {left.level_db - right.level_db:+.2f} dB")
    assert abs(left.arrival_s - right.arrival_s) < 3e-6
    assert abs(left.level_db - right.level_db) < 0.15
    assert left.sign == right.sign == 1
