"""Measures loudspeakers one after another at one place, as quietly as it can be done."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.audio.block import SAMPLE_RATE_HZ
from engine.audio.commission.link import SoundLink
from engine.audio.commission.response import Response, impulse_response, judge
from engine.audio.commission.signals import FULL_BAND_HZ, LOW_BAND_HZ, Sweep
from engine.audio.speakers.alignment import Alignment
from engine.errors import DeviceError
from engine.experience.audio_rig import SpeakerSpec
from engine.units import db_to_gain

Samples = NDArray[np.float32]

TAIL_S = 0.6
"""Recorded after a sweep: the way through the device, the air and the room."""
LOW_TAIL_S = 1.2
"""After a low one, whose noise is judged once the room is quiet again."""
CLEAR_DB = 35.0
"""A response stands this far out of the noise, or the sweep is repeated more loudly."""
QUIETER_DB = 18.0
STEP_DB = 6.0
_SAME_S = 1.0 / SAMPLE_RATE_HZ
_MARGIN_DB = 4.0
_BASE_SAMPLES = 16.0
_SILENT_DB = -190.0
_UNHEARD_DB = -80.0
"""Taken for a channel that was not heard in the middle, so that it does not win by what it lacked there."""

Heard = Callable[[str, Response], None]


def measure(
    link: SoundLink,
    speakers: Sequence[SpeakerSpec],
    *,
    level_dbfs: float,
    seconds: float = 1.0,
    corrected: bool = False,
    told: Heard | None = None,
) -> dict[str, Response]:
    """Measure loudspeakers.

    Parameters
    ----------
    link : SoundLink
    speakers : sequence of SpeakerSpec
        Their channels are played on; delays, gains and wiring are applied only when `corrected`.
    level_dbfs : float
        Peak that no sweep exceeds. The first is 18 dB quieter; one that does not stand out of the noise is repeated 6 dB louder.
    seconds : float
        Of a sweep.
    corrected : bool
        Through the rig's corrections, to see what is left.
    told : callable, optional
        Hears of each loudspeaker as it was measured.

    Returns
    -------
    dict of str to Response

    Raises
    ------
    Clipped, DeviceGone
    DeviceError
        When the first loudspeaker, measured once more at the end, arrives at another time: the device has lost samples.
    """
    found: dict[str, Response] = {}
    loud_dbfs: dict[str, float] = {}
    for speaker in speakers:
        level = level_dbfs - QUIETER_DB
        while True:
            one = _one(link, speaker, level, seconds, corrected)
            if one.clearance_db >= CLEAR_DB or level >= level_dbfs:
                break
            level = min(level_dbfs, level + STEP_DB)
        found[speaker.name], loud_dbfs[speaker.name] = one, level
        if told is not None:
            told(speaker.name, one)
    first = next((speaker for speaker in speakers if found[speaker.name].heard and not speaker.lfe), None)
    if first is not None and len(speakers) > 1:
        again = _one(link, first, loud_dbfs[first.name], seconds, corrected)
        late_s = again.arrival_s - found[first.name].arrival_s
        if again.heard and abs(late_s) > _SAME_S:
            raise DeviceError(
                f"{first.name} arrived {late_s * 1e3:+.2f} ms otherwise when it was measured again: the sound device lost samples, or "
                "the microphone was moved. Close other programs, take a larger buffer, and measure again"
            )
    return found


def levels_near(
    link: SoundLink, channels: Sequence[int], *, level_dbfs: float, seconds: float = 0.25
) -> Mapping[int, float]:
    """How loud each channel is at the microphone, dB; -200 where it is not heard. To find which one it is held close to."""
    found: dict[int, float] = {}
    for channel in channels:
        heard = _one(link, SpeakerSpec("", channel, 0.0, 0.0), level_dbfs, seconds, False)
        low = heard.low
        if not heard.heard:  # a subwoofer says nothing in the band that the others are heard by
            deep = _one(
                link, SpeakerSpec("", channel, 0.0, 0.0, lfe=True), level_dbfs, max(seconds, 0.5), False
            )
            found[channel] = deep.level_db
        else:
            found[channel] = (
                heard.level_db if low is None or not low.heard else max(heard.level_db, low.level_db)
            )
    return found


def nearest(levels_db: Mapping[int, float], elsewhere_db: Mapping[int, float] | None = None) -> int | None:
    """The channel whose loudspeaker the microphone is held close to; None where none stands out by 4 dB.

    Parameters
    ----------
    levels_db : mapping of int to float
        From `levels_near`, by channel.
    elsewhere_db : mapping of int to float, optional
        The same in the middle of the room: what counts is what closeness adds, or a subwoofer that is set loud is always the nearest.
    """
    gained = {
        channel: level - max((elsewhere_db or {}).get(channel, 0.0), _UNHEARD_DB)
        for channel, level in levels_db.items()
        if level > _SILENT_DB
    }
    ordered = sorted(gained, key=lambda channel: -gained[channel])
    if not ordered or (len(ordered) > 1 and gained[ordered[0]] - gained[ordered[1]] < _MARGIN_DB):
        return None
    return ordered[0]


def _one(
    link: SoundLink, speaker: SpeakerSpec, level_dbfs: float, seconds: float, corrected: bool
) -> Response:
    band = LOW_BAND_HZ if speaker.lfe else FULL_BAND_HZ
    # A rig may turn a loudspeaker up; what it is given then is no louder for that.
    own_dbfs = level_dbfs - max(0.0, speaker.gain_db) if corrected else level_dbfs
    sweep = Sweep(*band, max(seconds, 1.0) if speaker.lfe else seconds, own_dbfs)
    played = sweep.samples()
    tail = round((LOW_TAIL_S if speaker.lfe else TAIL_S) * SAMPLE_RATE_HZ)
    sound = np.zeros((sweep.frames + tail, link.channels), np.float32)
    sound[: played.size, speaker.channel - 1] = played
    if corrected:
        own = sound[:, speaker.channel - 1]
        sound[:, speaker.channel - 1] = _corrected(own, speaker)
    response = judge(impulse_response(link.play(sound), sweep), low=speaker.lfe)
    if corrected and response.heard:
        return replace(response, arrival_s=response.arrival_s - _BASE_SAMPLES / SAMPLE_RATE_HZ)
    return response


def _corrected(sound: Samples, speaker: SpeakerSpec) -> Samples:
    """As the loudspeaker stage corrects it; all of them 16 samples later."""
    delay = speaker.delay_ns * SAMPLE_RATE_HZ / 1e9 + _BASE_SAMPLES
    gain = db_to_gain(speaker.gain_db) * (-1.0 if speaker.inverted else 1.0)
    return Alignment([delay], [gain]).process(sound[None, :])[0]
