"""Rooms to commission: what stands where in truth, and what a rig believes."""

from __future__ import annotations

import math

from engine.audio.commission.room import SOUND_MPS, RoomSpeaker
from engine.experience.audio_rig import SpeakerSpec


def at(azimuth_deg: float, distance_m: float) -> tuple[float, float, float]:
    azimuth = math.radians(azimuth_deg)
    return (-math.sin(azimuth) * distance_m, math.cos(azimuth) * distance_m, 0.0)


VENUE = (
    RoomSpeaker("M+030", 1, at(30, 2.1)),
    RoomSpeaker("M-030", 2, at(-30, 2.4), gain_db=-2.0, inverted=True),
    RoomSpeaker("LFE1", 4, at(20, 2.2), gain_db=18.0, lfe=True),
    RoomSpeaker("M+110", 5, at(110, 1.5), gain_db=-3.0, late_s=0.0013),
)


def specs(speakers: tuple[RoomSpeaker, ...] = VENUE) -> tuple[SpeakerSpec, ...]:
    return tuple(SpeakerSpec(one.name, one.channel, 0.0, 0.0, lfe=one.lfe) for one in speakers)


def arrival_s(speaker: RoomSpeaker, latency: int = 512) -> float:
    return math.dist(speaker.at_m, (0, 0, 0)) / SOUND_MPS + speaker.late_s + latency / 48_000
