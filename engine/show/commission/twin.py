"""A rig's output as a simulated room, to practise the walk without a sound card."""

from __future__ import annotations

import math
from collections.abc import Sequence

from engine.audio.commission.room import RoomSpeaker, SimulatedRoom
from engine.experience.audio_rig import SpeakerSpec


def practice_room(speakers: Sequence[SpeakerSpec], channels: int) -> SimulatedRoom:
    """A room with the mistakes that venues have: the first two channels are swapped, the last main loudspeaker is wired the wrong way
    round, and everybody stands and plays a little otherwise than planned.
    """
    wired = [speaker.channel for speaker in speakers]
    if len(wired) > 1:
        wired[0], wired[1] = wired[1], wired[0]
    last_main = max((n for n, speaker in enumerate(speakers) if not speaker.lfe), default=-1)
    made: list[RoomSpeaker] = []
    for number, (speaker, channel) in enumerate(zip(speakers, wired, strict=True)):
        azimuth, elevation = math.radians(speaker.azimuth_deg), math.radians(speaker.elevation_deg)
        away = speaker.distance_m * (1.0 + 0.07 * ((number * 5) % 4))
        made.append(
            RoomSpeaker(
                speaker.name,
                channel,
                (
                    -math.sin(azimuth) * math.cos(elevation) * away,
                    math.cos(azimuth) * math.cos(elevation) * away,
                    math.sin(elevation) * away,
                ),
                gain_db=-0.5 * ((number * 3) % 5) + (12.0 if speaker.lfe else 0.0),
                inverted=number == last_main,
                lfe=speaker.lfe,
            )
        )
    return SimulatedRoom(made, channels)
